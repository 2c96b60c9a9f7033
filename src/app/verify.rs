//! Is this key good, for this, now?
//!
//! A forged key ends at the parser, and one that this isolate has a lease on at the lease: without I/O, and in a function
//! that cannot wait. For any other the authority is asked, and KV beside it: a tombstone there is final and may answer
//! first, and so may a record that accepts the key until some moment, where its session allows that. KV empty, slow or
//! down changes nothing else.

use std::sync::Arc;

use futures_util::future::{Either, select};

use super::call::{ask_session, unexpected};
use super::leases::{Answering, Asked, Job};
use super::verification::{Basis, Freshness, Verification, VerifyKey, Waited, dead, known};
use super::{App, Error, Patience};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::{Caller, Reach};
use crate::domain::consistency::Mode;
use crate::domain::id::VerificationId;
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::book::{Decision, Question};
use crate::domain::lease::grant::{Lease, Wish};
use crate::domain::locator::Locator;
use crate::domain::secret_key::SecretKey;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;
use crate::hash_index::{self, Acceptance};
use crate::object::Rejection;
use crate::session::protocol::{Command, Reply, Verified, Verify};

/// How long (ms) KV may take once the authority has failed.
pub(crate) const TOMBSTONE_PATIENCE_MS: u64 = 300;

/// One verification that asks somebody.
pub(super) struct Asking<'a> {
    /// Where the key is.
    pub(super) locator: Locator,
    /// Under which hashes it may be there.
    pub(super) hashes: Vec<KeyHash>,
    /// The newest of them.
    pub(super) hash: KeyHash,
    pub(super) caller: Option<&'a Caller>,
    pub(super) request: &'a VerifyKey,
    pub(super) id: VerificationId,
    pub(super) question: Question,
}

impl App {
    /// Verifies a presented key; for a caller within its reach, or for the bearer itself.
    ///
    /// # Errors
    /// `Unavailable` if the authority cannot be asked. A refusal is not an error.
    pub async fn verify(
        &self,
        presented: &str,
        caller: Option<&Caller>,
        request: VerifyKey,
    ) -> Result<Verification, Error> {
        let mut id = VerificationId::new(self.now(), &self.seed()?);
        let Ok(secret) = SecretKey::parse(presented, &self.settings.prefix, self.keyring()) else {
            return match caller {
                // Whoever speaks for itself has a key of ours, or none.
                None => Ok(Verification::unknown(id, request.explain, self.now())),
                Some(caller) => Box::pin(self.verify_imported(presented, caller, &request, id)).await,
            };
        };
        let (hash, locator) = (secret.hash(self.keyring()), secret.locator());
        if let Some(decision) = self.decide_here(Some(locator), hash, caller, &request, &mut id) {
            return Ok(Verification::here(id, decision, self.now()));
        }
        let question = self.leases.lock().book.ask(self.now());
        let hashes = secret.hashes(self.keyring());
        let asking = Asking { locator, hashes, hash, caller, request: &request, id, question };
        Box::pin(self.ask(asking)).await.map(Verification::of_its_key)
    }

    /// The same as far as it can be decided without asking anybody, and so without waiting; none if it cannot. What goes
    /// on afterwards is in the background of the request.
    pub fn verify_here(&self, presented: &str, caller: Option<&Caller>, request: &VerifyKey) -> Option<Verification> {
        // Without entropy there is no service, which whoever asks the authority says.
        let mut id = VerificationId::new(self.now(), &self.seed().ok()?);
        let Ok(secret) = SecretKey::parse(presented, &self.settings.prefix, self.keyring()) else {
            return Some(Verification::unknown(id, request.explain, self.now()));
        };
        let hash = secret.hash(self.keyring());
        let decision = self.decide_here(Some(secret.locator()), hash, caller, request, &mut id)?;
        Some(Verification::here(id, decision, self.now()))
    }

    pub(super) fn decide_here(
        &self,
        locator: Option<Locator>,
        hash: KeyHash,
        caller: Option<&Caller>,
        request: &VerifyKey,
        id: &mut VerificationId,
    ) -> Option<Decision> {
        if request.is_dry() || request.mode == Mode::Strict {
            return None;
        }
        let now = self.now();
        let mut memory = self.leases.lock();
        let decided = memory.book.decide(&hash, &request.inquiry(caller), now);
        if let Some((decision, key)) = decided.as_ref().and_then(|decision| Some((decision, decision.key.as_ref()?))) {
            if decision.code != Code::NotFound {
                *id = id.of(&key.id);
            }
            memory.note(key.session_id.locator(), &key.id, request.seen(id, decision.code, now), &request.background);
        }
        let known = || decided.as_ref().and_then(|decision| Some(decision.key.as_ref()?.session_id.locator()));
        // Also if there were no tokens left: the next ones may be paid from a bank again.
        if let Some(locator) = locator.or_else(known) {
            memory.renew_if_due(&hash, locator, now, &request.background);
        }
        decided
    }

    async fn ask(&self, asking: Asking<'_>) -> Result<Verification, Error> {
        let answer = self.question(&asking)?;
        let (request, began) = (asking.request, asking.question.at());
        let since = |now: Timestamp| Some(u64::try_from(now.millis_since(began)).unwrap_or(0));
        if request.mode == Mode::Strict {
            let verified = verified(answer.await?)?;
            return Ok(self.asked(&asking, verified, since(self.now())));
        }
        let record = Box::pin(self.look_up(&asking));
        // On a key with a lease KV knows nothing that the lease does not: what is missing is tokens, or only the authority
        // can tell, as with `dryRun` and `explain`. KV is looked at if it fails.
        if self.leases.lock().book.holds(&asking.hash, began) {
            return match answer.await {
                Ok(outcome) => Ok(self.asked(&asking, verified(outcome)?, since(self.now()))),
                Err(error) => self.unanswered(&asking, error, record).await,
            };
        }
        match select(answer, record).await {
            Either::Left((Ok(outcome), _)) => {
                let verified = verified(outcome)?;
                Ok(self.asked(&asking, verified, since(self.now())))
            }
            Either::Left((Err(error), record)) => self.unanswered(&asking, error, record).await,
            Either::Right((Some(verification), answer)) => {
                self.hear_out_later(&asking, answer, &verification);
                Ok(verification.waiting(Waited { kv_ms: since(self.now()), objects_ms: None }))
            }
            Either::Right((None, answer)) => match answer.await {
                Ok(outcome) => {
                    let verified = verified(outcome)?;
                    Ok(self.asked(&asking, verified, since(self.now())))
                }
                Err(error) => {
                    let verification = self.stale(&asking, &error).ok_or(error)?;
                    self.count(&asking, &verification);
                    let waited = since(self.now());
                    Ok(verification.waiting(Waited { kv_ms: None, objects_ms: waited }))
                }
            },
        }
    }

    /// The authority has failed: KV has a moment to say something, and then an ended lease.
    async fn unanswered(
        &self,
        asking: &Asking<'_>,
        error: Error,
        record: impl Future<Output = Option<Verification>> + Unpin,
    ) -> Result<Verification, Error> {
        let since = |now: Timestamp| u64::try_from(now.millis_since(asking.question.at())).ok();
        let objects_ms = since(self.now());
        let found = match select(record, self.world.timer.sleep(TOMBSTONE_PATIENCE_MS)).await {
            Either::Left((found, _)) => found,
            Either::Right(_) => None,
        };
        let kv_ms = since(self.now());
        let verification = match found {
            Some(verification) => verification,
            None => self.stale(asking, &error).ok_or(error)?,
        };
        self.count(asking, &verification);
        Ok(verification.waiting(Waited { kv_ms, objects_ms }))
    }

    /// Asks the authority, and nobody beside it.
    pub(super) async fn ask_alone(&self, asking: Asking<'_>) -> Result<Verification, Error> {
        let answer = self.question(&asking)?.await;
        let waited = u64::try_from(self.now().millis_since(asking.question.at())).ok();
        match answer {
            Ok(outcome) => Ok(self.asked(&asking, verified(outcome)?, waited)),
            Err(error) if asking.request.mode == Mode::Strict => Err(error),
            Err(error) => {
                let verification = self.stale(&asking, &error).ok_or(error)?;
                self.count(&asking, &verification);
                Ok(verification.waiting(Waited { kv_ms: None, objects_ms: waited }))
            }
        }
    }

    /// The question to the authority, on its way. It belongs to nobody, so that it can be heard out later.
    fn question(&self, asking: &Asking<'_>) -> Result<Answering, Error> {
        let Asking { locator, hashes, hash, caller, request, id, question } = asking;
        let leasable = !request.is_dry() && request.mode != Mode::Strict;
        let wish = if leasable {
            let mut memory = self.leases.lock();
            let isolate = memory.isolate(|| self.seed())?;
            let (tokens, banks) = memory.book.wish(hash, request.cost, question.at());
            Some(Wish { isolate, tokens, banks })
        } else {
            None
        };
        let verify = Verify {
            hashes: hashes.clone(),
            demand: request.demand.clone(),
            caller: caller.cloned(),
            explain: request.explain,
            dry_run: request.dry_run,
            cost: request.cost,
            wish,
            id: (!request.is_dry()).then(|| id.clone()),
            origin: request.origin.clone(),
            tags: request.tags.clone(),
        };
        let (world, locator) = (self.world.clone(), *locator);
        Ok(Box::pin(
            async move { ask_session(&world, locator, Command::Verify(Box::new(verify)), Patience::Wait).await },
        ))
    }

    /// What the authority has decided, for this request; and what is to be remembered of it.
    fn asked(&self, asking: &Asking<'_>, verified: Verified, objects_ms: Option<u64>) -> Verification {
        let Asking { hash, caller, request, question, .. } = asking;
        if !request.is_dry() {
            self.learn(*hash, &verified, request.cost, *question);
            if verified.lease.as_ref().is_some_and(|lease| lease.bank.is_some()) {
                self.leases.lock().report_later(asking.locator, self.now(), &request.background);
            }
        }
        let Verified { code, key, mut trace, mut limits, credits, reach, .. } = verified;
        if let Some(viewer) = caller.map(|caller| caller.reach).or(reach) {
            limits.retain(|limit| Reach::sees(viewer, limit));
        }
        if request.explain {
            trace.insert(0, known(code));
        }
        let freshness = Freshness { basis: Basis::Strict, as_of: question.at(), max_staleness_ms: 0 };
        let (id, waited) = (asking.id.clone(), Waited { kv_ms: None, objects_ms });
        Verification { id, code, key: key.map(Arc::new), trace, limits, credits, freshness, waited }
    }

    /// Remembers what an authority has said of a key.
    pub(super) fn learn(&self, hash: KeyHash, verified: &Verified, cost: u32, question: Question) {
        let Some(record) = &verified.key else { return };
        let now = self.now();
        let mut memory = self.leases.lock();
        if let Some(lease) = &verified.lease {
            let key = Arc::new(lease.key.as_deref().unwrap_or(record).clone());
            memory.book.take(hash, key, lease, question, now);
        } else {
            memory.book.note(hash, &Arc::new(record.clone()), verified.code, question, now);
        }
        if verified.code == Code::RateLimited {
            memory.book.refuse(&hash, cost, &verified.limits, question);
        }
    }

    /// What KV may decide: that the key is revoked; or, until some moment, that it is good.
    async fn look_up(&self, asking: &Asking<'_>) -> Option<Verification> {
        let Asking { locator, hash, caller, request, id, question, .. } = asking;
        // A failing KV is no news about the key; the authority decides.
        let value = self.world.kv.get(&hash_index::name(hash)).await.ok().flatten()?;
        let now = self.now();
        if let Some(key) = hash_index::tombstone(&value, *locator) {
            let key = Arc::new(key);
            if !caller.is_none_or(|caller| caller.reaches(&key.organization_id, &key.session_id)) {
                return None;
            }
            self.leases.lock().book.note(*hash, &key, Code::Revoked, *question, now);
            return Some(dead(id.clone(), key, request, now));
        }
        if request.is_dry() || request.mode < Mode::Edge {
            return None;
        }
        let (key, acceptance) = hash_index::accepted(&value, *locator)?;
        let mut memory = self.leases.lock();
        if !memory.book.accept(*hash, Arc::new(key), &lease_of(&acceptance), now) {
            return None;
        }
        let decision = memory.book.decide(hash, &request.inquiry(*caller), now)?;
        Some(Verification::here(id.clone(), decision, now))
    }

    /// What an ended lease may still say while its authority cannot be reached.
    fn stale(&self, asking: &Asking<'_>, error: &Error) -> Option<Verification> {
        if !is_away(error) || asking.request.is_dry() {
            return None;
        }
        let (now, inquiry) = (self.now(), asking.request.inquiry(asking.caller));
        let decision = self.leases.lock().book.decide_stale(&asking.hash, &inquiry, now)?;
        Some(Verification::here(asking.id.clone(), decision, now))
    }

    /// Counts a decision that its authority has not heard of.
    fn count(&self, asking: &Asking<'_>, verification: &Verification) {
        let Some(key) = verification.key.as_ref().filter(|_| !asking.request.is_dry()) else { return };
        let seen = asking.request.seen(&asking.id.of(&key.id), verification.code, self.now());
        self.leases.lock().note(asking.locator, &key.id, seen, &asking.request.background);
    }

    /// The authority was asked and counts; if it has not heard of it after all, this isolate does.
    fn hear_out_later(&self, asking: &Asking<'_>, answer: Answering, verification: &Verification) {
        let Asking { locator, hash, request, id, question, .. } = asking;
        if request.is_dry() {
            return;
        }
        let seen = |key: &Arc<ApiKey>| (key.id.clone(), request.seen(&id.of(&key.id), verification.code, self.now()));
        request.background.add(Job::HearOut(Box::new(Asked {
            answer,
            hash: *hash,
            question: *question,
            cost: request.cost,
            seen: verification.key.as_ref().map(seen),
            session: *locator,
        })));
    }
}

/// Whether somebody who has to be asked is away, which says nothing about the key.
pub(super) fn is_away(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_) | Error::Failed(_) | Error::Rejected(Rejection::PolicyUnknown))
}

/// What a record says of its own goodness, as a lease.
fn lease_of(acceptance: &Acceptance) -> Lease {
    Lease {
        edition: acceptance.edition,
        key: None,
        reach: acceptance.reach,
        mode: Mode::Edge,
        decided_at: acceptance.decided_at,
        ttl_ms: acceptance.until.millis_since(acceptance.decided_at),
        stale_ms: 0,
        counts: false,
        shares: false,
        limits: Vec::new(),
        bank: None,
    }
}

fn verified(outcome: super::Outcome<Reply>) -> Result<Verified, Error> {
    let Reply::Verified(verified) = outcome.reply else {
        return unexpected();
    };
    Ok(*verified)
}
