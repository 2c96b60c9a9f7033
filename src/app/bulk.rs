//! Revoking many keys at once: those that are named, or those that a filter finds.
//!
//! A filter is applied to the directory, and each key is revoked at its own authority, as if it had been named alone. That
//! nobody acts on what was before is waited for once, when all are revoked.

use futures_util::StreamExt;
use futures_util::stream;

use super::call::{LONGEST_WAIT_MS, Outcome};
use super::{App, Error, Patience, Principal};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::Bearer;
use crate::domain::id::ApiKeyId;
use crate::domain::operation::Operation;
use crate::domain::text::Reason;
use crate::domain::verification::Code;
use crate::object::Rejection;
use crate::organization::protocol::{KeyQuery, Page};

/// How many keys one call revokes.
pub const BULK_MAX: usize = 500;
/// How many authorities are asked at once. Each call may take a minute, and the platform bounds its connections.
const AT_ONCE: usize = 16;

/// Which keys are meant.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These. One that was never given out is none.
    Named(Vec<(String, Option<ApiKeyId>)>),
    /// Those that a query finds; its page is not looked at.
    Found(Box<KeyQuery>),
}

/// A key that is meant: by its id, with its record unless there is none.
#[derive(Debug)]
pub struct Meant {
    /// The id, as it was named.
    pub id: String,
    /// The record.
    pub key: Option<ApiKey>,
}

/// What has become of one key.
#[derive(Debug)]
pub struct Gone {
    /// The id, as it was named.
    pub id: String,
    /// The record, whether it was revoked already, and whether that is in force; or why it is not.
    pub outcome: Result<(ApiKey, bool, bool), Error>,
}

impl App {
    /// The keys that are meant, at most `BULK_MAX`, and whether there are more.
    ///
    /// # Errors
    /// `CallerRefused` for a filter of somebody who may not read keys; `Unavailable` if the directory or an authority cannot
    /// be reached.
    pub async fn select_keys(&self, by: &Principal, selection: &Selection) -> Result<(Vec<Meant>, bool), Error> {
        match selection {
            Selection::Named(ids) => {
                let reading = stream::iter(ids.clone()).map(|(id, key_id)| async move {
                    let key = match key_id {
                        None => None,
                        Some(key_id) => match self.read_key(by, &key_id).await {
                            Ok(outcome) => Some(outcome.reply.0),
                            Err(Error::Rejected(Rejection::KeyNotFound)) => None,
                            Err(error) => return Err(error),
                        },
                    };
                    Ok(Meant { id, key })
                });
                let read: Vec<Result<Meant, Error>> = reading.buffered(AT_ONCE).collect().await;
                Ok((read.into_iter().collect::<Result<_, _>>()?, false))
            }
            Selection::Found(query) => {
                // What it finds is shown.
                let needs = Operation::ReadApiKeys.permission();
                if !by.caller.permissions.allows(&needs) {
                    let code = Code::InsufficientPermissions;
                    return Err(Rejection::CallerRefused { code, needs: Some(needs) }.into());
                }
                let limit = u32::try_from(BULK_MAX).unwrap_or(u32::MAX);
                let mut found: Vec<ApiKey> = Vec::new();
                loop {
                    let after = found.last().map(|key| (key.created_at, key.id.to_string()));
                    let rest = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
                    let query = KeyQuery { page: Page { after, limit: rest }, ..(**query).clone() };
                    let (keys, more) = self.list_keys(by, query).await?;
                    let is_end = keys.is_empty() || !more;
                    found.extend(keys);
                    if is_end || found.len() >= BULK_MAX {
                        let meant = |key: ApiKey| Meant { id: key.id.to_string(), key: Some(key) };
                        return Ok((found.into_iter().map(meant).collect(), more));
                    }
                }
            }
        }
    }

    /// Revokes the keys that were selected. What fails for one fails for no other; the caller's own key goes last, since
    /// nothing can be revoked by it then.
    pub async fn revoke_keys(&self, by: &Principal, meant: Vec<Meant>, reason: Option<&Reason>) -> Vec<Gone> {
        let own = |meant: &Meant| match (&meant.key, &by.caller.bearer) {
            (Some(key), Bearer::Key { key_id }) => key.id == *key_id,
            _ => false,
        };
        let placed = meant.into_iter().enumerate();
        let (own, others): (Vec<_>, Vec<_>) = placed.partition(|(_, meant)| own(meant));
        let mut revoked = Vec::with_capacity(own.len().saturating_add(others.len()));
        for keys in [others, own] {
            let revoking = stream::iter(keys)
                .map(|(place, meant)| async move { (place, self.revoke_one(by, meant, reason.cloned()).await) });
            revoked.extend(revoking.buffered(AT_ONCE).collect::<Vec<_>>().await);
        }
        revoked.sort_unstable_by_key(|(place, _)| *place);
        let now = self.now();
        let wait_ms = |revoked: &Revoked| {
            let wait = revoked.outcome.as_ref().ok()?.0.in_force_at?.millis_since(now);
            u64::try_from(wait.max(0)).ok().filter(|wait| *wait <= LONGEST_WAIT_MS)
        };
        let longest = revoked.iter().filter_map(|(_, revoked)| wait_ms(revoked)).max();
        let waits = by.patience == Patience::Wait;
        if let Some(longest) = longest.filter(|_| waits) {
            self.world.timer.sleep(longest).await;
        }
        let gone = |revoked: Revoked| {
            let has_waited = waits && wait_ms(&revoked).is_some();
            let outcome = revoked
                .outcome
                .map(|(outcome, was_revoked)| (outcome.reply, was_revoked, outcome.settled || has_waited));
            Gone { id: revoked.id, outcome }
        };
        revoked.into_iter().map(|(_, revoked)| gone(revoked)).collect()
    }

    async fn revoke_one(&self, by: &Principal, Meant { id, key }: Meant, reason: Option<Reason>) -> Revoked {
        let Some(key) = key else {
            return Revoked { id, outcome: Err(Rejection::KeyNotFound.into()) };
        };
        let was_revoked = key.revocation.is_some();
        let outcome = self.revoke_key_at_once(by, &key.id, reason).await;
        Revoked { id, outcome: outcome.map(|outcome| (outcome, was_revoked)) }
    }
}

/// A key that was revoked a moment ago, or was before, or could not be.
struct Revoked {
    id: String,
    outcome: Result<(Outcome<ApiKey>, bool), Error>,
}
