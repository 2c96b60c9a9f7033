//! The tables of a session object, and the only statements that touch keys.
//!
//! A key is its record as JSON plus the few columns that are searched. A deleted session does not rewrite its
//! keys: that they are revoked follows from the session row.

use crate::domain::api_key::{ApiKey, Revocation, Status};
use crate::domain::id::ApiKeyId;
use crate::domain::key_hash::KeyHash;
use crate::domain::session::{Policy, Session, SessionStatus};
use crate::domain::text::Reason;
use crate::domain::timestamp::Timestamp;
use crate::object::rows::{Row, execute, json, query, query_one};
use crate::object::{audit_log, ballast, ledgers, outbox};
use crate::ports::{Sql, SqlError, SqlValue};

use super::{alerts, domains, outcomes, tally, usage};

/// The schema, step by step.
pub const MIGRATIONS: &[&str] = &[
    outbox::SCHEMA,
    outbox::INDEX_BY_LANE,
    outbox::INDEX_BY_TIME,
    audit_log::SCHEMA,
    "CREATE TABLE session (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        record TEXT NOT NULL,
        policy TEXT NOT NULL,
        keys_issued INTEGER NOT NULL
    )",
    "CREATE TABLE api_keys (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        hash_version INTEGER NOT NULL,
        record TEXT NOT NULL,
        expires_at INTEGER,
        counts INTEGER NOT NULL,
        last_used_at INTEGER
    ) WITHOUT ROWID",
    "CREATE INDEX api_keys_by_hash_version ON api_keys (hash_version)",
    "CREATE TABLE claims (
        header_hash TEXT PRIMARY KEY,
        request_hash TEXT NOT NULL,
        nonce TEXT NOT NULL,
        key_id TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        busy_until INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE INDEX claims_by_age ON claims (created_at)",
    "ALTER TABLE session ADD COLUMN erased INTEGER NOT NULL DEFAULT 0",
    ledgers::SCHEMA,
    // Sessions of the version before gave no leases: no row stands for none.
    "CREATE TABLE lease_horizon (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        until INTEGER NOT NULL,
        longest_ms INTEGER NOT NULL
    )",
    "ALTER TABLE session ADD COLUMN effective_at INTEGER",
    "ALTER TABLE api_keys ADD COLUMN effective_at INTEGER",
    "ALTER TABLE api_keys ADD COLUMN accept_until INTEGER",
    "ALTER TABLE api_keys ADD COLUMN published_at INTEGER",
    crate::object::usage::SCHEMA,
    usage::SCHEMA_HEADS,
    usage::SCHEMA_ISOLATES,
    audit_log::SCHEMA_ANCHOR,
    outcomes::SCHEMA_MARKS,
    outcomes::SCHEMA_HORIZON,
    alerts::rules::SCHEMA,
    alerts::watched::SCHEMA,
    alerts::watched::INDEX_BY_TIME,
    domains::SCHEMA,
    ballast::SCHEMA,
    tally::SCHEMA,
    tally::FIRST,
    tally::INDEX_BY_END,
    tally::INDEX_OF_OLD_HALVES,
    tally::ON_INSERT,
    tally::ON_UPDATE,
    tally::ON_DELETE,
];

/// The row of the session.
#[derive(Debug, Clone)]
pub struct State {
    /// The record.
    pub session: Session,
    /// The organization's policy as last heard.
    pub policy: Policy,
    /// How many keys were ever issued; names unnamed ones.
    pub keys_issued: i64,
}

/// Reads the session; none before it was initialized.
pub fn state(sql: &dyn Sql) -> Result<Option<State>, SqlError> {
    query_one(sql, "SELECT record, policy, keys_issued FROM session", &[])?
        .map(|row| Ok(State { session: row.json(0)?, policy: row.json(1)?, keys_issued: row.integer(2)? }))
        .transpose()
}

/// Writes the session.
pub fn save_state(sql: &dyn Sql, state: &State) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO session (only, record, policy, keys_issued) VALUES (1, ?, ?, ?)
         ON CONFLICT (only) DO UPDATE SET record = excluded.record, policy = excluded.policy,
            keys_issued = excluded.keys_issued",
        &[json(&state.session)?, json(&state.policy)?, state.keys_issued.into()],
    )
}

// The column stands for uses before usage was counted.
const KEY_COLUMNS: &str = "record, coalesce(
    (SELECT usage_heads.last_used_at FROM usage_heads WHERE subject = api_keys.id), api_keys.last_used_at), hash";

fn key(sql: &dyn Sql, row: &Row, session: &Session) -> Result<ApiKey, SqlError> {
    let mut key: ApiKey = row.json(0)?;
    key.last_used_at = row.optional_timestamp(1)?;
    if key.settings.credits.is_some() {
        key.balance = ledgers::stored_balance(sql, key.ledger().as_str())?;
    }
    if session.status == SessionStatus::Deleted && key.revocation.is_none() {
        key.revocation = Some(Revocation { at: session.updated_at, reason: Some(Reason::of("session deleted")) });
        key.updated_at = session.updated_at;
    }
    Ok(key)
}

/// Finds a key by its id.
pub fn key_by_id(sql: &dyn Sql, session: &Session, id: &ApiKeyId) -> Result<Option<ApiKey>, SqlError> {
    let statement = format!("SELECT {KEY_COLUMNS} FROM api_keys WHERE id = ?");
    query_one(sql, &statement, &[id.as_str().into()])?.map(|row| key(sql, &row, session)).transpose()
}

/// Whether there is such a key.
pub fn has_key(sql: &dyn Sql, id: &ApiKeyId) -> Result<bool, SqlError> {
    Ok(query_one(sql, "SELECT 1 FROM api_keys WHERE id = ?", &[id.as_str().into()])?.is_some())
}

/// Finds a key by the hashes of what was presented, one per pepper version.
pub fn key_by_hashes(sql: &dyn Sql, session: &Session, hashes: &[KeyHash]) -> Result<Option<ApiKey>, SqlError> {
    let places = vec!["?"; hashes.len()].join(", ");
    let statement = format!("SELECT {KEY_COLUMNS} FROM api_keys WHERE hash IN ({places})");
    let params: Vec<SqlValue> = hashes.iter().map(|hash| hash.to_string().into()).collect();
    query_one(sql, &statement, &params)?.map(|row| key(sql, &row, session)).transpose()
}

/// The stored hash of a key.
pub fn hash_of(sql: &dyn Sql, id: &ApiKeyId) -> Result<Option<KeyHash>, SqlError> {
    query_one(sql, "SELECT hash FROM api_keys WHERE id = ?", &[id.as_str().into()])?
        .map(|row| parse_hash(row.text(0)?))
        .transpose()
}

fn parse_hash(text: &str) -> Result<KeyHash, SqlError> {
    KeyHash::parse(text).map_err(|_| SqlError("a stored hash does not decode".to_owned()))
}

/// Adds a key.
pub fn insert_key(sql: &dyn Sql, key: &ApiKey, hash: &KeyHash) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO api_keys (id, hash, hash_version, record, expires_at, counts) VALUES (?, ?, ?, ?, ?, ?)",
        &[
            key.id.as_str().into(),
            hash.to_string().into(),
            i64::from(hash.version()).into(),
            json(key)?,
            key.settings.expires_at.into(),
            counts(key).into(),
        ],
    )
}

/// Writes a changed key back. Uses are a column of their own, so a change never undoes one.
pub fn update_key(sql: &dyn Sql, key: &ApiKey) -> Result<(), SqlError> {
    execute(
        sql,
        "UPDATE api_keys SET record = ?, expires_at = ?, counts = ? WHERE id = ?",
        &[json(key)?, key.settings.expires_at.into(), counts(key).into(), key.id.as_str().into()],
    )
}

/// Whether a key takes a place in the plan as long as it has not expired.
fn counts(key: &ApiKey) -> bool {
    key.revocation.is_none() && key.rotated_to.is_none()
}

/// Keys whose hash was made before the newest pepper.
pub fn outdated_hashes(sql: &dyn Sql, newest: u8, limit: i64) -> Result<Vec<(ApiKeyId, KeyHash)>, SqlError> {
    query(
        sql,
        "SELECT id, hash FROM api_keys WHERE hash_version < ? LIMIT ?",
        &[i64::from(newest).into(), limit.into()],
    )?
    .iter()
    .map(|row| Ok((ApiKeyId::from_trusted(row.text(0)?.to_owned()), parse_hash(row.text(1)?)?)))
    .collect()
}

/// Replaces the hash of a key by the same one under a newer pepper.
pub fn replace_hash(sql: &dyn Sql, id: &ApiKeyId, hash: &KeyHash) -> Result<(), SqlError> {
    execute(
        sql,
        "UPDATE api_keys SET hash = ?, hash_version = ? WHERE id = ?",
        &[hash.to_string().into(), i64::from(hash.version()).into(), id.as_str().into()],
    )
}

/// Until when isolates may act on leases on these keys, and how long (ms) a lease has lasted at most.
pub fn lease_horizon(sql: &dyn Sql) -> Result<(Timestamp, i64), SqlError> {
    let row = query_one(sql, "SELECT until, longest_ms FROM lease_horizon", &[])?;
    row.map_or(Ok((Timestamp::MIN, 0)), |row| Ok((row.timestamp(0)?, row.integer(1)?)))
}

/// Writes both down.
pub fn save_lease_horizon(sql: &dyn Sql, horizon: Timestamp, longest_ms: i64) -> Result<(), SqlError> {
    let statement = "INSERT OR REPLACE INTO lease_horizon (only, until, longest_ms) VALUES (1, ?, ?)";
    execute(sql, statement, &[horizon.into(), longest_ms.into()])
}

/// A narrower key is in force from `at` on; no record in KV accepts it until it is published again.
pub fn fence_key(sql: &dyn Sql, id: &ApiKeyId, at: Timestamp) -> Result<(), SqlError> {
    execute(
        sql,
        "UPDATE api_keys SET effective_at = max(coalesce(effective_at, ?1), ?1), accept_until = NULL WHERE id = ?2",
        &[at.into(), id.as_str().into()],
    )
}

/// The same for all keys at once.
pub fn fence_all(sql: &dyn Sql, at: Timestamp) -> Result<(), SqlError> {
    execute(sql, "UPDATE session SET effective_at = max(coalesce(effective_at, ?1), ?1)", &[at.into()])?;
    execute(sql, "UPDATE api_keys SET accept_until = NULL WHERE accept_until IS NOT NULL", &[])
}

/// From when on what was taken from the session, and from this key or all keys, is in force.
pub fn effective_at(sql: &dyn Sql, keys: Keys<'_>) -> Result<Option<Timestamp>, SqlError> {
    let session = query_one(sql, "SELECT effective_at FROM session", &[])?;
    let keys = match keys {
        Keys::None => None,
        Keys::One(id) => query_one(sql, "SELECT effective_at FROM api_keys WHERE id = ?", &[id.as_str().into()])?,
        Keys::All => query_one(sql, "SELECT max(effective_at) FROM api_keys", &[])?,
    };
    let moments = [session, keys].into_iter().flatten().map(|row| row.optional_timestamp(0));
    moments.collect::<Result<Vec<_>, _>>().map(|moments| moments.into_iter().flatten().max())
}

/// Of which keys an answer tells.
#[derive(Debug, Clone, Copy)]
pub enum Keys<'a> {
    /// Of none.
    None,
    /// Of this one.
    One(&'a ApiKeyId),
    /// Of all.
    All,
}

/// Until when the record of a key in KV accepts it, and when that was published.
#[derive(Debug, Clone, Copy, Default)]
pub struct Accepting {
    /// Until when; none if it does not.
    pub until: Option<Timestamp>,
    /// When it last began to.
    pub published_at: Option<Timestamp>,
}

/// Reads until when the record of a key in KV accepts it.
pub fn acceptance(sql: &dyn Sql, id: &ApiKeyId) -> Result<Accepting, SqlError> {
    let row = query_one(sql, "SELECT accept_until, published_at FROM api_keys WHERE id = ?", &[id.as_str().into()])?;
    row.map_or(Ok(Accepting::default()), |row| {
        Ok(Accepting { until: row.optional_timestamp(0)?, published_at: row.optional_timestamp(1)? })
    })
}

/// The record in KV is to accept the key until then.
pub fn save_acceptance(sql: &dyn Sql, id: &ApiKeyId, now: Timestamp, until: Timestamp) -> Result<(), SqlError> {
    execute(
        sql,
        "UPDATE api_keys SET accept_until = ?, published_at = ? WHERE id = ?",
        &[until.into(), now.into(), id.as_str().into()],
    )
}

/// Number of keys by status, in the order of `Status::ALL`, and the latest use.
pub fn health(sql: &dyn Sql, session: &Session, now: Timestamp) -> Result<(Vec<i64>, Option<Timestamp>), SqlError> {
    let deleted = session.status == SessionStatus::Deleted;
    let rows = query(
        sql,
        "SELECT
            CASE
                WHEN ? OR json_extract(record, '$.revocation') IS NOT NULL THEN 4
                WHEN json_extract(record, '$.disabled') THEN 2
                WHEN expires_at <= ? THEN 3
                WHEN json_extract(record, '$.settings.not_before') > ? THEN 1
                ELSE 0
            END AS status, count(*), max(last_used_at)
         FROM api_keys GROUP BY status",
        &[deleted.into(), now.into(), now.into()],
    )?;
    let mut counts = vec![0; Status::ALL.len()];
    let mut last_used_at = None;
    for row in &rows {
        let place = usize::try_from(row.integer(0)?).ok();
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count = row.integer(1)?;
        }
        last_used_at = last_used_at.max(row.optional_timestamp(2)?);
    }
    Ok((counts, last_used_at.max(usage::last_use(sql)?)))
}
