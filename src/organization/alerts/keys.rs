//! What time does to keys: they expire, are not used, or are due to be replaced. Looked at when a session tells of a key
//! and when its next moment has come, so nobody ever goes through all keys but after a change of the rules.

use crate::domain::alert::rules::Rules;
use crate::domain::alert::{Kind, Severity, Signal};
use crate::domain::api_key::{ApiKey, Status};
use crate::domain::timestamp::Timestamp;
use crate::object::Context;
use crate::object::rows::{execute, query, query_one};
use crate::organization::store;
use crate::ports::{Sql, SqlError, SqlValue};

use super::{hear, rows, ruling};

/// When to look at a key next.
pub const SCHEMA: &str = "CREATE TABLE key_dues (
    id TEXT PRIMARY KEY,
    due_at INTEGER
) WITHOUT ROWID";
/// Finds the next.
pub const INDEX_BY_TIME: &str = "CREATE INDEX key_dues_by_time ON key_dues (due_at) WHERE due_at IS NOT NULL";
/// How far a look at all keys has come; no row if there is none under way.
pub const SCHEMA_SWEEP: &str =
    "CREATE TABLE key_sweep (only INTEGER PRIMARY KEY CHECK (only = 1), after TEXT NOT NULL)";
/// Keys from before there were alerts are looked at once.
pub const FIRST_SWEEP: &str = "INSERT INTO key_sweep (only, after) SELECT 1, '' FROM organization";

/// How to forget a portion, and whether anything is left.
pub const FORGET: (&str, &str) =
    ("DELETE FROM key_dues WHERE id IN (SELECT id FROM key_dues LIMIT ?)", "SELECT 1 FROM key_dues LIMIT 1");

/// How many keys are looked at at once.
pub(crate) const PORTION: i64 = 100;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// The kinds that are found here.
const KINDS: [Kind; 3] = [Kind::KeyExpiring, Kind::KeyUnused, Kind::RotationDue];

/// Whether alerts of this kind are found here.
pub(super) fn looks_at(kind: Kind) -> bool {
    KINDS.contains(&kind)
}

/// A session has told of a key.
pub(in crate::organization) fn heard(
    sql: &dyn Sql,
    context: &Context<'_>,
    rules: &Rules,
    id: &str,
) -> Result<(), SqlError> {
    look(sql, context, rules, id)
}

/// Looks at the keys whose moment has come and, after a change of the rules, at a portion of all.
pub(super) fn tidy(sql: &dyn Sql, context: &Context<'_>) -> Result<(), SqlError> {
    let due = query(sql, "SELECT id FROM key_dues WHERE due_at <= ? LIMIT ?", &[context.now.into(), PORTION.into()])?;
    let sweep = query_one(sql, "SELECT after FROM key_sweep", &[])?;
    if due.is_empty() && sweep.is_none() {
        return Ok(());
    }
    let rules = ruling::rules(sql)?;
    for row in &due {
        look(sql, context, &rules, row.text(0)?)?;
    }
    if let Some(sweep) = sweep {
        let after = sweep.text(0)?;
        let statement = "SELECT id FROM api_keys WHERE id > ? ORDER BY id LIMIT ?";
        let portion = query(sql, statement, &[after.into(), PORTION.into()])?;
        for row in &portion {
            look(sql, context, &rules, row.text(0)?)?;
        }
        match portion.last() {
            Some(last) => execute(sql, "UPDATE key_sweep SET after = ?", &[last.text(0)?.into()])?,
            None => execute(sql, "DELETE FROM key_sweep", &[])?,
        }
    }
    Ok(())
}

/// All keys are to be looked at again.
pub(super) fn look_at_all(sql: &dyn Sql) -> Result<(), SqlError> {
    execute(sql, "INSERT OR REPLACE INTO key_sweep (only, after) VALUES (1, '')", &[])
}

/// When there are keys to look at.
pub(super) fn tidy_at(sql: &dyn Sql, now: Timestamp) -> Result<Option<Timestamp>, SqlError> {
    if query_one(sql, "SELECT 1 FROM key_sweep", &[])?.is_some() {
        return Ok(Some(now));
    }
    let row = query_one(sql, "SELECT min(due_at) FROM key_dues WHERE due_at IS NOT NULL", &[] as &[SqlValue])?;
    row.map_or(Ok(None), |row| row.optional_timestamp(0))
}

fn look(sql: &dyn Sql, context: &Context<'_>, rules: &Rules, id: &str) -> Result<(), SqlError> {
    let Some(row) = query_one(sql, "SELECT record, revoked_at FROM api_keys WHERE id = ?", &[id.into()])? else {
        return execute(sql, "DELETE FROM key_dues WHERE id = ?", &[id.into()]);
    };
    let key = store::key(&row)?;
    let before = query_one(sql, "SELECT due_at FROM key_dues WHERE id = ?", &[id.into()])?;
    let due = before.as_ref().map_or(Ok(None), |row| row.optional_timestamp(0))?;
    signal_all(sql, context, rules, &key)?;
    let next = next_look(&key, rules, context.now);
    // A use moves the moment on; to look too early does no harm, and saves a row for each use.
    let stands = due.is_some_and(|due| due > context.now && next.is_some_and(|next| due <= next));
    if before.is_some() && (stands || due == next) {
        return Ok(());
    }
    let statement = "INSERT INTO key_dues (id, due_at) VALUES (?, ?)
        ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at";
    execute(sql, statement, &[id.into(), if stands { due } else { next }.into()])
}

/// Whether time does anything to a key: one that is revoked, or switched off, is looked at by nobody.
fn lives(key: &ApiKey, now: Timestamp) -> bool {
    key.status(now) == Status::Active
}

/// How urgent it is that a key expires. What was to last less than the time before its end is not told of ahead: a key for
/// an hour is no news; and one that was replaced ends because somebody wants it to.
fn expiring(key: &ApiKey, rules: &Rules, now: Timestamp) -> Option<Severity> {
    let expires_at = key.settings.expires_at.filter(|_| key.rotated_to.is_none())?;
    let critical = (Severity::Critical, expires_at.plus_millis(-DAY_MS));
    let stages = [critical, (Severity::Warning, soon(rules, expires_at))];
    stages.into_iter().find(|(_, since)| *since >= key.created_at && *since <= now).map(|(severity, _)| severity)
}

fn soon(rules: &Rules, expires_at: Timestamp) -> Timestamp {
    expires_at.plus_millis(-days_ms(rules.of(Kind::KeyExpiring).threshold))
}

fn days_ms(days: Option<u32>) -> i64 {
    i64::from(days.unwrap_or(0)).saturating_mul(DAY_MS)
}

fn unused_from(key: &ApiKey, rules: &Rules) -> Timestamp {
    let last = key.last_used_at.map_or(key.usable_from(), |at| at.max(key.usable_from()));
    last.plus_millis(days_ms(rules.of(Kind::KeyUnused).threshold))
}

fn rotation_due_from(key: &ApiKey, rules: &Rules) -> Option<Timestamp> {
    let days = rules.of(Kind::RotationDue).days.and_then(|days| days.of(key.environment))?;
    key.rotated_to.is_none().then(|| key.created_at.plus_millis(days_ms(Some(days))))
}

/// Something about a key: of which kind, how bad, and what people read of it.
type Found = (Kind, Severity, Vec<(String, String)>);

/// What there is to find about a key now.
fn found(rules: &Rules, key: &ApiKey, now: Timestamp) -> Vec<Found> {
    let mut found = Vec::new();
    if !lives(key, now) {
        return found;
    }
    let fact = |name: &str, value: String| (name.to_owned(), value);
    if let (Some(severity), Some(expires_at)) = (expiring(key, rules, now), key.settings.expires_at) {
        found.push((Kind::KeyExpiring, severity, vec![fact("expiresAt", expires_at.to_string())]));
    }
    if unused_from(key, rules) <= now {
        let mut facts: Vec<_> = key.last_used_at.map(|at| fact("lastUsedAt", at.to_string())).into_iter().collect();
        facts.push(fact("createdAt", key.created_at.to_string()));
        found.push((Kind::KeyUnused, Severity::Info, facts));
    }
    if let Some(since) = rotation_due_from(key, rules).filter(|since| *since <= now) {
        let facts = vec![fact("createdAt", key.created_at.to_string()), fact("dueAt", since.to_string())];
        found.push((Kind::RotationDue, Severity::Warning, facts));
    }
    found.retain(|(kind, ..)| rules.of(*kind).enabled);
    found
}

fn signal_all(sql: &dyn Sql, context: &Context<'_>, rules: &Rules, key: &ApiKey) -> Result<(), SqlError> {
    let found = found(rules, key, context.now);
    let open = rows::open(sql, key.id.as_str())?;
    for kind in KINDS {
        let is_known = open.iter().any(|kept| kept.alert.kind == kind);
        let now = found.iter().find(|(found, ..)| *found == kind);
        if now.is_none() && !is_known {
            continue;
        }
        let (severity, facts) =
            now.map_or((Severity::Info, Vec::new()), |(_, severity, facts)| (*severity, facts.clone()));
        let signal = Signal {
            kind,
            subject: key.id.to_string(),
            session_id: Some(key.session_id.clone()),
            is_open: now.is_some(),
            severity,
            at: context.now,
            facts,
        };
        hear(sql, context, &signal, None)?;
    }
    Ok(())
}

/// The next moment at which something about a key becomes different by itself.
fn next_look(key: &ApiKey, rules: &Rules, now: Timestamp) -> Option<Timestamp> {
    if matches!(key.status(now), Status::Revoked | Status::Disabled) {
        // It ends all the same, if nobody switches it on again.
        return key.settings.expires_at.filter(|at| *at > now && key.revocation.is_none());
    }
    let expires_at = key.settings.expires_at;
    let moments = [
        expires_at,
        expires_at.map(|at| at.plus_millis(-DAY_MS)),
        expires_at.map(|at| soon(rules, at)),
        key.settings.not_before,
        Some(unused_from(key, rules)),
        rotation_due_from(key, rules),
    ];
    if key.status(now) == Status::Expired {
        return None;
    }
    moments.into_iter().flatten().filter(|at| *at > now).min()
}
