//! Is this key good, for this, now?
//!
//! A forged key ends at the parser, without I/O. For any other the authority is asked, and KV beside it: a
//! tombstone there is final and may answer first. KV empty, stale, slow or down changes nothing else.

use futures_util::future::{Either, select};

use super::call::unexpected;
use super::{App, Error};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::Caller;
use crate::domain::id::VerificationId;
use crate::domain::rate_limit::LimitUse;
use crate::domain::secret_key::SecretKey;
use crate::domain::session::{OrganizationStatus, SessionStatus};
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::Origin;
use crate::domain::verification::{Check, Code, Demand, Outcome as CheckOutcome, Spent, Standing, explain};
use crate::hash_index;
use crate::session::protocol::{Command, Reply, Verified, Verify};

/// How long (ms) KV may take once the authority has failed.
pub(crate) const TOMBSTONE_PATIENCE_MS: u64 = 300;

/// A verification to make.
#[derive(Debug)]
pub struct VerifyKey {
    /// What the key is wanted for.
    pub demand: Demand,
    /// Whether to write down the checks; it spends nothing then.
    pub explain: bool,
    /// Whether to leave no trace and to spend nothing.
    pub dry_run: bool,
    /// How many tokens and credits it costs.
    pub cost: u32,
}

impl Default for VerifyKey {
    fn default() -> Self {
        Self { demand: Demand::default(), explain: false, dry_run: false, cost: 1 }
    }
}

/// How fresh a decision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// When the decision was made.
    pub as_of: Timestamp,
    /// How long (ms) ago the authority may have changed its mind without this answer knowing.
    pub max_staleness_ms: u64,
}

/// A decision on a presented key.
#[derive(Debug)]
pub struct Verification {
    /// Names this decision.
    pub id: VerificationId,
    /// The decision.
    pub code: Code,
    /// The key, unless the code is `NOT_FOUND`.
    pub key: Option<ApiKey>,
    /// The checks that were made, if that was asked for.
    pub trace: Vec<Check>,
    /// The limits that were looked at, with what is left of them.
    pub limits: Vec<LimitUse>,
    /// The credits that are left, if the key has any.
    pub credits: Option<u64>,
    /// How fresh it is.
    pub freshness: Freshness,
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
        let id = VerificationId::from_seed(&self.seed()?);
        let as_of = self.world.clock.now();
        let mut verified = match SecretKey::parse(presented, &self.settings.prefix, self.keyring()) {
            Ok(secret) => self.decide(&secret, caller, &request).await?,
            Err(_) => ended(Code::NotFound, None, Vec::new()),
        };
        if request.explain {
            verified.trace.insert(0, Check { name: "known".to_owned(), outcome: known(verified.code) });
        }
        let Verified { code, key, trace, limits, credits, .. } = verified;
        Ok(Verification { id, code, key, trace, limits, credits, freshness: Freshness { as_of, max_staleness_ms: 0 } })
    }

    async fn decide(
        &self,
        secret: &SecretKey,
        caller: Option<&Caller>,
        request: &VerifyKey,
    ) -> Result<Verified, Error> {
        let verify = Verify {
            hashes: secret.hashes(self.keyring()),
            demand: request.demand.clone(),
            caller: caller.cloned(),
            explain: request.explain,
            dry_run: request.dry_run,
            cost: request.cost,
            wish: None,
            id: None,
            origin: Origin::default(),
            tags: Vec::new(),
        };
        let tombstone = Box::pin(self.tombstone(secret, &verify));
        let authority = Box::pin(self.session(secret.locator(), Command::Verify(Box::new(verify.clone()))));
        let outcome = match select(authority, tombstone).await {
            Either::Left((Ok(outcome), _)) => outcome,
            Either::Left((Err(error), tombstone)) => {
                let patience = self.world.timer.sleep(TOMBSTONE_PATIENCE_MS);
                return match select(tombstone, patience).await {
                    Either::Left((Some(revoked), _)) => Ok(revoked),
                    Either::Left((None, _)) | Either::Right(_) => Err(error),
                };
            }
            Either::Right((Some(revoked), _)) => return Ok(revoked),
            Either::Right((None, authority)) => authority.await?,
        };
        let Reply::Verified(verified) = outcome.reply else {
            return unexpected();
        };
        Ok(*verified)
    }

    /// What KV may decide alone: that the key is revoked.
    async fn tombstone(&self, secret: &SecretKey, verify: &Verify) -> Option<Verified> {
        let name = hash_index::name(verify.hashes.last()?);
        // A failing KV is no news about the key; the authority decides.
        let value = self.world.kv.get(&name).await.ok().flatten()?;
        let key = hash_index::tombstone(&value, secret.locator())?;
        let seen = verify.caller.as_ref().is_none_or(|caller| caller.reaches(&key.organization_id, &key.session_id));
        if !seen {
            return None;
        }
        let standing = Standing { session: SessionStatus::Connected, organization: OrganizationStatus::Active };
        let (spent, now) = (Spent::default(), self.world.clock.now());
        let trace = if verify.explain { explain(&key, standing, &verify.demand, spent, now) } else { Vec::new() };
        Some(ended(Code::Revoked, Some(key), trace))
    }
}

/// A decision that no limit has to do with.
fn ended(code: Code, key: Option<ApiKey>, trace: Vec<Check>) -> Verified {
    Verified { code, key, trace, limits: Vec::new(), credits: None, reach: None, lease: None }
}

fn known(code: Code) -> CheckOutcome {
    if code == Code::NotFound { CheckOutcome::Refused } else { CheckOutcome::Passed }
}
