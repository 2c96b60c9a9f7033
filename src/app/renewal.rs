//! What an isolate does after its answers: it renews leases before they end, and reports what it has decided by them.
//!
//! One call per session carries both. What is reported is kept until its authority has written it down.

use std::collections::BTreeMap;

use super::call::ask_session;
use super::leases::{AT_WORK_MS, Asked, Job, Renewing};
use super::{App, Error, Patience};
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::book::Question;
use crate::domain::lease::grant::{KeyWish, RenewedKey};
use crate::domain::locator::Locator;
use crate::session::protocol::{Command, Renewal, Reply};

/// How long (ms) what was decided waits for a renewal that takes it along.
pub(crate) const REPORT_WITHIN_MS: u64 = 10_000;
/// How often it is tried to have a report written down, before it waits for the next use. The platform gives an
/// invocation 30 s after its answer.
const REPORT_ROUNDS: usize = 2;

impl App {
    /// Does what is left to do after an answer. It must be started in the request that the job belongs to.
    pub async fn carry_out(&self, job: Job) {
        match job {
            Job::Renew(renewing) => self.renew(renewing).await,
            Job::Report(session) => self.report(session).await,
            Job::HearOut(asked) => self.hear_out(*asked).await,
        }
    }

    /// Asks a session to renew the leases on its keys that were used, and reports what was decided by them.
    async fn renew(&self, renewing: Renewing) {
        let outcome = self.try_renew(renewing.session).await;
        if let Err(error) = &outcome {
            let line = serde_json::json!({ "level": "warn", "event": "renewal failed", "cause": error.to_string() });
            self.world.log.line(&line.to_string());
        }
        let now = self.now();
        self.leases.lock().end(renewing, outcome.is_err(), now);
    }

    async fn try_renew(&self, session: Locator) -> Result<(), Error> {
        let (wishes, question, renewal) = {
            let now = self.now();
            let mut memory = self.leases.lock();
            let isolate = memory.isolate(|| self.seed())?;
            let wishes = memory.book.wishes(session, now);
            let reports = memory.tallies.reports(session, isolate);
            let keys = wishes.iter().map(|(_, wish)| wish.clone()).collect();
            (wishes, memory.book.ask(now), Renewal { isolate, keys, reports })
        };
        if renewal.keys.is_empty() && renewal.reports.is_empty() {
            return Ok(());
        }
        let outcome = ask_session(&self.world, session, Command::Renew(Box::new(renewal)), Patience::Wait).await?;
        let Reply::Renewed { keys, durable } = outcome.reply else {
            return super::call::unexpected();
        };
        self.take(&wishes, &keys, question);
        if let Some(durable) = durable {
            self.leases.lock().tallies.settled(session, durable);
        }
        Ok(())
    }

    fn take(&self, wishes: &[(KeyHash, KeyWish)], keys: &[RenewedKey], question: Question) {
        let leases: BTreeMap<_, _> = keys.iter().map(|key| (&key.key_id, key.lease.as_deref())).collect();
        let now = self.now();
        let mut memory = self.leases.lock();
        for (hash, wish) in wishes.iter().filter(|(_, wish)| wish.wants) {
            memory.book.renewed(*hash, leases.get(&wish.key_id).copied().flatten(), question, now);
        }
    }

    /// Waits for a renewal that takes along what was decided, and reports it if there was none.
    async fn report(&self, session: Locator) {
        for _ in 0..REPORT_ROUNDS {
            self.world.timer.sleep(REPORT_WITHIN_MS).await;
            let begun = {
                let now = self.now();
                let mut memory = self.leases.lock();
                if !memory.tallies.has_unreported(session) {
                    break;
                }
                memory.reporting(session, now.plus_millis(AT_WORK_MS));
                memory.begin(session, now)
            };
            if let Some(renewing) = begun {
                self.renew(renewing).await;
            }
        }
        let now = self.now();
        self.leases.lock().reporting(session, now);
    }

    /// Hears out an authority that was asked while the answer came from KV: the next one is decided by its lease.
    async fn hear_out(&self, asked: Asked) {
        let Asked { answer, hash, question, cost, seen, session } = asked;
        match answer.await {
            Ok(outcome) => {
                if let Reply::Verified(verified) = outcome.reply {
                    self.learn(hash, &verified, cost, question);
                }
            }
            // It has not counted it.
            Err(_) => {
                if let Some((key_id, seen)) = seen {
                    self.leases.lock().tallies.note(session, &key_id, seen);
                    self.report(session).await;
                }
            }
        }
    }
}
