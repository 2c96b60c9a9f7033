//! What origins have answered, told to the sessions of the keys in batches: as `POST …/outcomes` does it, without a call
//! for each request. An outcome is named by its verification, so one that is told twice is counted once.

use std::collections::BTreeMap;

use crate::app::call::ask_session;
use crate::app::leases::{Background, Job};
use crate::app::{App, Patience};
use crate::domain::caller::{Bearer, Caller};
use crate::domain::id::{OrganizationId, SessionId, VerificationId};
use crate::domain::locator::Locator;
use crate::domain::usage::latency::LATENCY_MS_MAX;
use crate::domain::usage::outcomes::Outcome;
use crate::session::protocol::Command;

use super::locked;

/// How long (ms) an outcome waits for others, and a report that has failed for another try.
pub(crate) const REPORT_WITHIN_MS: u64 = 1_000;
/// The most outcomes of one session that wait.
pub(crate) const OUTCOMES_MAX: usize = 10_000;
/// The most sessions whose outcomes wait.
const SESSIONS_MAX: usize = 4_096;
/// How many are told at once.
const BATCH: usize = 500;
/// How often it is tried.
const ROUNDS: usize = 2;

/// Outcomes that are not told yet, by the sessions of their keys.
pub(crate) type Waiting = BTreeMap<Locator, (Caller, Vec<Outcome>)>;

impl App {
    /// Has an outcome counted. `of` names the decision, as [`super::Admitted`] has it.
    pub fn note_outcome(&self, of: &str, status: u16, latency_ms: u32, background: &Background) {
        let mut words = of.split(' ');
        let (Some(verification), Some(organization), Some(session)) = (words.next(), words.next(), words.next()) else {
            return;
        };
        let keyring = self.keyring();
        let (Ok((key_id, at, rest)), Ok(organization), Ok(session)) = (
            VerificationId::parse(verification, keyring),
            OrganizationId::parse(organization, keyring),
            SessionId::parse(session, keyring),
        ) else {
            return;
        };
        let locator = key_id.locator();
        let bearer = Bearer::Key { key_id: key_id.clone() };
        let name = Some(format!("verification {rest}"));
        let latency_ms = latency_ms.min(LATENCY_MS_MAX);
        let outcome = Outcome { key_id, name, verified_at: Some(at), at: None, status, latency_ms };
        let mut waiting = locked(&self.gateway.outcomes);
        if let Some((_, outcomes)) = waiting.get_mut(&locator) {
            if outcomes.len() < OUTCOMES_MAX {
                outcomes.push(outcome);
            }
        } else if waiting.len() < SESSIONS_MAX {
            waiting.insert(locator, (Caller::gateway(bearer, organization, session), vec![outcome]));
            background.add(Job::Outcomes(locator));
        }
    }

    /// Waits a little for others, and tells a session what was noted.
    pub(in crate::app) async fn report_outcomes(&self, session: Locator) {
        self.world.timer.sleep(REPORT_WITHIN_MS).await;
        let Some((caller, outcomes)) = locked(&self.gateway.outcomes).remove(&session) else { return };
        for batch in outcomes.chunks(BATCH) {
            for round in 1..=ROUNDS {
                let command = Command::CountOutcomes { caller: caller.clone(), outcomes: batch.to_vec() };
                match ask_session(&self.world, session, command, Patience::Wait).await {
                    Ok(_) => break,
                    Err(_) if round < ROUNDS => self.world.timer.sleep(REPORT_WITHIN_MS).await,
                    Err(error) => {
                        let (event, lost) = ("outcomes not counted", batch.len());
                        let cause = error.to_string();
                        let line = serde_json::json!({ "level": "warn", "event": event, "lost": lost, "cause": cause });
                        self.world.log.line(&line.to_string());
                    }
                }
            }
        }
    }
}
