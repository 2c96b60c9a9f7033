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
/// How long (ms) a reporter waits who finds a renewal under way, or the session left alone.
const BUSY_MS: u64 = 500;
/// How often it is tried to have a report written down, before it waits for the next use. The platform gives an
/// invocation 30 s after its answer.
const REPORT_ROUNDS: usize = 2;

/// What a session is asked for. Either way it is told what was decided, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Leases.
    Renewal,
    /// That it takes what was decided.
    Report,
}

impl App {
    /// Does what is left to do after an answer. It must be started in the request that the job belongs to.
    pub async fn carry_out(&self, job: Job) {
        match job {
            Job::Renew(renewing) => self.renew(renewing, Purpose::Renewal).await,
            Job::Report(session) => self.report(session).await,
            Job::HearOut(asked) => self.hear_out(*asked).await,
            Job::Note(denial) => self.note_denial(*denial).await,
            Job::Routes(organization) => self.renew_routes(organization).await,
            Job::Outcomes(session) => self.report_outcomes(session).await,
            Job::Leak(report) => self.report_leak_afterwards(&report).await,
        }
    }

    /// Asks a session to renew the leases on its keys that were used, and reports what was decided by them.
    async fn renew(&self, renewing: Renewing, purpose: Purpose) {
        let outcome = self.try_renew(renewing.session, purpose).await;
        if let Err(error) = &outcome {
            let line = serde_json::json!({ "level": "warn", "event": "renewal failed", "cause": error.to_string() });
            self.world.log.line(&line.to_string());
        }
        let now = self.now();
        self.leases.lock().end(renewing, outcome.is_err(), now);
    }

    async fn try_renew(&self, session: Locator, purpose: Purpose) -> Result<(), Error> {
        let (wishes, question, renewal) = {
            let now = self.now();
            let mut memory = self.leases.lock();
            let isolate = memory.isolate(|| self.seed())?;
            let wishes = memory.book.wishes(session, now);
            let reports = match purpose {
                Purpose::Renewal => memory.tallies.reports_along(session, isolate),
                Purpose::Report => memory.tallies.reports(session, isolate),
            };
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

    /// Waits for a renewal that takes along what was decided and what has become of tokens, and reports it if there was none.
    async fn report(&self, session: Locator) {
        for round in 1..=REPORT_ROUNDS {
            self.world.timer.sleep(REPORT_WITHIN_MS).await;
            if !self.leases.lock().has_to_report(session) {
                let now = self.now();
                return self.leases.lock().reporting(session, now);
            }
            let is_last = round == REPORT_ROUNDS;
            if !self.report_now(session, is_last).await {
                self.world.timer.sleep(BUSY_MS).await;
                self.report_now(session, is_last).await;
            }
        }
    }

    /// Reports what was decided, and what had to wait for earlier reports if these are written down now. False if
    /// somebody else is at it.
    async fn report_now(&self, session: Locator, is_last: bool) -> bool {
        let (begun, was_held_up) = {
            let now = self.now();
            let mut memory = self.leases.lock();
            // What is decided while the last report is under way needs somebody else to report it.
            memory.reporting(session, if is_last { now } else { now.plus_millis(AT_WORK_MS) });
            (memory.begin(session, now), memory.tallies.is_held_up(session))
        };
        let Some(renewing) = begun else { return false };
        self.renew(renewing, Purpose::Report).await;
        let more = {
            let now = self.now();
            let mut memory = self.leases.lock();
            let goes_on = was_held_up && !memory.tallies.is_held_up(session) && memory.tallies.has_unreported(session);
            if goes_on { memory.begin(session, now) } else { None }
        };
        if let Some(renewing) = more {
            self.renew(renewing, Purpose::Report).await;
        }
        true
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
