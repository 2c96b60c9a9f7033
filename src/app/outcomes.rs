//! What became of verified requests: told to the sessions of their keys, each of which counts its own.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};

use super::call::{ask_session, unexpected};
use super::{App, Error, Patience, Principal};
use crate::domain::locator::Locator;
use crate::domain::usage::outcomes::{Outcome, Verdict};
use crate::session::protocol::{Command, Reply};

/// How many sessions are told at once.
const SESSIONS_AT_ONCE: usize = 16;

/// What has become of one outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its session has decided.
    Decided(Verdict),
    /// Its session could not be asked. It may have counted it; telling it again does no harm if that can be recognized.
    Unavailable,
}

/// What one session says of the outcomes that it was told, by their places.
type Told = (Vec<usize>, Result<Vec<Verdict>, Error>);

impl App {
    /// Has outcomes counted by the sessions of their keys, once each. What has become of each, in their order; one that
    /// names no key is not found.
    ///
    /// # Errors
    /// That of a session, if none of those that were asked could be.
    pub async fn count_outcomes(&self, by: &Principal, outcomes: Vec<Option<Outcome>>) -> Result<Vec<Fate>, Error> {
        let mut fates = vec![Fate::Decided(Verdict::NotFound); outcomes.len()];
        let mut sessions: BTreeMap<Locator, (Vec<usize>, Vec<Outcome>)> = BTreeMap::new();
        for (place, outcome) in outcomes.into_iter().enumerate() {
            let Some(outcome) = outcome.filter(|of| super::keys::within_reach(by, &of.key_id).is_ok()) else {
                continue;
            };
            let (places, told) = sessions.entry(outcome.key_id.locator()).or_default();
            places.push(place);
            told.push(outcome);
        }
        let asked: Vec<BoxFuture<'static, Told>> =
            sessions.into_iter().map(|(session, (places, told))| self.tell(by, session, places, told)).collect();
        let mut answers = stream::iter(asked).buffer_unordered(SESSIONS_AT_ONCE);
        let (mut has_answer, mut failure) = (false, None);
        while let Some((places, answer)) = answers.next().await {
            let told = match answer {
                Ok(verdicts) if verdicts.len() == places.len() => {
                    has_answer = true;
                    verdicts.into_iter().map(Fate::Decided).collect()
                }
                Ok(_) => vec![Fate::Unavailable; places.len()],
                Err(error) => {
                    failure = Some(error);
                    vec![Fate::Unavailable; places.len()]
                }
            };
            for (place, fate) in places.into_iter().zip(told) {
                if let Some(slot) = fates.get_mut(place) {
                    *slot = fate;
                }
            }
        }
        match failure {
            Some(error) if !has_answer => Err(error),
            _ => Ok(fates),
        }
    }

    fn tell(
        &self,
        by: &Principal,
        session: Locator,
        places: Vec<usize>,
        outcomes: Vec<Outcome>,
    ) -> BoxFuture<'static, Told> {
        let (world, caller) = (self.world.clone(), (*by.caller).clone());
        Box::pin(async move {
            let command = Command::CountOutcomes { caller, outcomes };
            let answer = match ask_session(&world, session, command, Patience::Wait).await {
                Ok(outcome) => {
                    if let Reply::Outcomes { verdicts } = outcome.reply {
                        Ok(verdicts)
                    } else {
                        unexpected()
                    }
                }
                Err(error) => Err(error),
            };
            (places, answer)
        })
    }
}
