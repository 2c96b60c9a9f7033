//! Keys that expire: told a week before, a day before, and when it has happened.
//!
//! For each of these there is a mark: up to which expiry (and id) keys have been told about. Nobody is told about what had
//! passed before the first endpoint listened, nor that a key has a week left that never had more, or not even a day. That a
//! key has expired is told a minute later: until then the organization has heard of keys that do not live long.

use serde::{Deserialize, Serialize};

use super::store;
use crate::domain::event::{About, Event, EventKind};
use crate::domain::timestamp::Timestamp;
use crate::object::Context;
use crate::object::rows::{query, query_one};
use crate::organization::domains::store as domains;
use crate::organization::{events, store as directory};
use crate::ports::{Sql, SqlError};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// What is told, and how long (ms) before the expiry.
const STAGES: [(EventKind, i64); 3] =
    [(EventKind::KeyExpiring, 7 * DAY_MS), (EventKind::KeyExpiring, DAY_MS), (EventKind::KeyExpired, -SLACK_MS)];
/// How much later (ms) than it has happened it is told that a key has expired: its session may tell of it that late.
const SLACK_MS: i64 = 60_000;
/// How many keys are told about at once.
const PORTION: i64 = 100;

/// Finds the keys that expire next.
pub const INDEX_BY_EXPIRY: &str = "CREATE INDEX api_keys_by_expiry ON api_keys (expires_at, id)
    WHERE expires_at IS NOT NULL AND revoked_at IS NULL";

/// The marks, in the order of `STAGES`: an expiry, and the last id that was told about with it.
#[derive(Debug, Serialize, Deserialize)]
struct Marks([(Timestamp, String); 3]);

/// After every id.
const LAST: &str = "~";

/// Somebody listens from now on.
pub fn begin(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    if store::is_any_active(sql)? {
        return Ok(());
    }
    write(sql, &Marks(STAGES.map(|(_, before_ms)| (now.plus_millis(before_ms.max(0)), LAST.to_owned()))))
}

fn marks(sql: &dyn Sql) -> Result<Option<Marks>, SqlError> {
    if !store::is_any_active(sql)? {
        return Ok(None);
    }
    let text = store::watched(sql)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).ok())
}

fn write(sql: &dyn Sql, marks: &Marks) -> Result<(), SqlError> {
    let text = serde_json::to_string(marks).map_err(|_| SqlError("marks do not encode".to_owned()))?;
    store::save_watched(sql, &text)
}

/// Tells about a portion of the keys whose time has come.
pub fn tidy(sql: &dyn Sql, context: &Context<'_>) -> Result<(), SqlError> {
    let Some(mut marks) = marks(sql)? else { return Ok(()) };
    let mut has_moved = false;
    let followers = STAGES.iter().skip(1).map(|(_, before_ms)| Some(*before_ms)).chain([None]);
    for (((kind, before_ms), mark), follower_ms) in STAGES.iter().zip(&mut marks.0).zip(followers) {
        let rows = query(
            sql,
            "SELECT record, revoked_at, expires_at FROM api_keys
             WHERE expires_at IS NOT NULL AND revoked_at IS NULL AND (expires_at, id) > (?, ?) AND expires_at <= ?
             ORDER BY expires_at, id LIMIT ?",
            &[mark.0.into(), mark.1.as_str().into(), context.now.plus_millis(*before_ms).into(), PORTION.into()],
        )?;
        for row in rows {
            let (mut key, expires_at) = (directory::key(&row)?, row.timestamp(2)?);
            domains::mark(sql, [&mut key])?;
            let moment = |before_ms: i64| expires_at.plus_millis(before_ms.max(0).saturating_neg());
            let at = moment(*before_ms);
            // Nobody is told of a week or a day that the key has never had, or has no more.
            let is_true = |next_ms| at >= key.created_at && moment(next_ms) > context.now;
            if follower_ms.is_none_or(is_true) {
                events::emit(sql, context, &Event { kind: *kind, at, actor: None, about: About::Key(&key) })?;
            }
            *mark = (expires_at, key.id.to_string());
            has_moved = true;
        }
    }
    if has_moved { write(sql, &marks) } else { Ok(()) }
}

/// When the time of the next key comes.
pub fn tidy_at(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let Some(marks) = marks(sql)? else { return Ok(None) };
    let mut first: Option<Timestamp> = None;
    for ((_, before_ms), (expiry, id)) in STAGES.iter().zip(&marks.0) {
        let row = query_one(
            sql,
            "SELECT expires_at FROM api_keys
             WHERE expires_at IS NOT NULL AND revoked_at IS NULL AND (expires_at, id) > (?, ?)
             ORDER BY expires_at, id LIMIT 1",
            &[(*expiry).into(), id.as_str().into()],
        )?;
        let due = row.map(|row| row.timestamp(0)).transpose()?.map(|at| at.plus_millis(before_ms.saturating_neg()));
        first = [first, due].into_iter().flatten().min();
    }
    Ok(first)
}
