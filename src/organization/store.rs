//! The tables of an organization object: its record, and the directory of sessions and keys.
//!
//! The directory repeats what the sessions own, so that lists and search need one object. A row keeps the
//! latest generation it has heard of.

use crate::domain::api_key::{ApiKey, Revocation};
use crate::domain::audit::{Actor, ChainedEntry, Trace};
use crate::domain::environment::Environment;
use crate::domain::id::SessionId;
use crate::domain::organization::Organization;
use crate::domain::session::{Session, SessionStatus};
use crate::domain::text::Reason;
use crate::domain::timestamp::Timestamp;
use crate::object::rows::{Row, execute, json, query, query_one};
use crate::object::{audit_log, ballast, ledgers, outbox};
use crate::ports::{Sql, SqlError};
use crate::session::protocol::NewKey;

use super::alerts::{keys, pools, rows, ruling};
use super::protocol::Excess;
use super::usage;

/// The schema, step by step.
pub const MIGRATIONS: &[&str] = &[
    outbox::SCHEMA,
    outbox::INDEX_BY_LANE,
    outbox::INDEX_BY_TIME,
    audit_log::SCHEMA,
    "CREATE TABLE organization (only INTEGER PRIMARY KEY CHECK (only = 1), record TEXT NOT NULL)",
    "CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        record TEXT NOT NULL,
        generation INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        default_of TEXT UNIQUE,
        actor TEXT NOT NULL,
        first_key TEXT
    ) WITHOUT ROWID",
    "CREATE INDEX sessions_by_age ON sessions (created_at, id)",
    "CREATE TABLE api_keys (
        id TEXT PRIMARY KEY,
        session_id TEXT NOT NULL,
        environment TEXT,
        external_id TEXT,
        search TEXT NOT NULL,
        record TEXT NOT NULL,
        generation INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER,
        not_before INTEGER,
        disabled INTEGER NOT NULL,
        revoked_at INTEGER
    ) WITHOUT ROWID",
    "CREATE INDEX api_keys_by_age ON api_keys (created_at, id)",
    "CREATE INDEX api_keys_by_session ON api_keys (session_id, created_at, id)",
    "CREATE TABLE audit_origins (
        session_id TEXT NOT NULL,
        session_seq INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (session_id, session_seq)
    ) WITHOUT ROWID",
    "CREATE INDEX audit_origins_by_seq ON audit_origins (seq)",
    // A member who has left keeps a row without record: what is still on its way to the account has a version.
    "CREATE TABLE members (
        user_id TEXT PRIMARY KEY,
        record TEXT,
        role TEXT,
        email TEXT,
        joined_at INTEGER NOT NULL,
        version INTEGER NOT NULL,
        profile_generation INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID",
    "CREATE TABLE invitations (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        nonce TEXT NOT NULL,
        pepper INTEGER NOT NULL,
        record TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE INDEX invitations_by_age ON invitations (created_at, id)",
    ledgers::SCHEMA,
    "CREATE TABLE lease_horizon (only INTEGER PRIMARY KEY CHECK (only = 1), until INTEGER NOT NULL)",
    // Sessions of the version before act on what they heard for as long as they run: ten minutes are more than that.
    "INSERT INTO lease_horizon (only, until) SELECT 1, (unixepoch() + 600) * 1000 FROM organization",
    crate::object::usage::SCHEMA,
    usage::SCHEMA_SESSIONS,
    "ALTER TABLE sessions ADD COLUMN trace TEXT",
    audit_log::SCHEMA_ANCHOR,
    usage::OUTCOMES_OF_SESSIONS,
    ruling::SCHEMA,
    rows::SCHEMA,
    rows::INDEX_BY_SUBJECT,
    rows::INDEX_BY_AGE,
    rows::INDEX_OPEN,
    rows::INDEX_BY_TIME,
    rows::SCHEMA_DROPPED,
    keys::SCHEMA,
    keys::INDEX_BY_TIME,
    keys::SCHEMA_SWEEP,
    keys::FIRST_SWEEP,
    pools::SCHEMA,
    WEBHOOKS[0],
    WEBHOOKS[1],
    WEBHOOKS[2],
    WEBHOOKS[3],
    WEBHOOKS[4],
    WEBHOOKS[5],
    super::webhooks::watch::INDEX_BY_EXPIRY,
    super::alerts::mail::SCHEMA,
    super::domains::store::SCHEMA,
    ballast::SCHEMA,
    super::gateway::store::SCHEMA[0],
    super::gateway::store::SCHEMA[1],
    super::imports::SCHEMA,
    super::imports::INDEX_BY_HASH_VERSION,
    super::imports::SCHEMA_PREFIXES,
];

const WEBHOOKS: [&str; 6] = super::webhooks::store::SCHEMA;

/// Reads the organization; none before it was founded.
pub fn organization(sql: &dyn Sql) -> Result<Option<Organization>, SqlError> {
    query_one(sql, "SELECT record FROM organization", &[])?.map(|row| row.json(0)).transpose()
}

/// Writes the organization.
pub fn save_organization(sql: &dyn Sql, organization: &Organization) -> Result<(), SqlError> {
    execute(sql, "INSERT OR REPLACE INTO organization (only, record) VALUES (1, ?)", &[json(organization)?])
}

/// Until when sessions may act on a policy that they have heard of.
pub fn lease_horizon(sql: &dyn Sql) -> Result<Timestamp, SqlError> {
    let row = query_one(sql, "SELECT until FROM lease_horizon", &[])?;
    row.map_or(Ok(Timestamp::MIN), |row| row.timestamp(0))
}

/// Raises that moment.
pub fn save_lease_horizon(sql: &dyn Sql, horizon: Timestamp) -> Result<(), SqlError> {
    execute(sql, "INSERT OR REPLACE INTO lease_horizon (only, until) VALUES (1, ?)", &[horizon.into()])
}

/// Whether the organization has, or had, this session.
pub fn has_session(sql: &dyn Sql, id: &SessionId) -> Result<bool, SqlError> {
    Ok(query_one(sql, "SELECT 1 FROM sessions WHERE id = ?", &[id.as_str().into()])?.is_some())
}

/// The sessions that have not acknowledged their policy.
pub fn waiting_sessions(sql: &dyn Sql) -> Result<Vec<SessionId>, SqlError> {
    query(sql, "SELECT subject FROM outbox WHERE lane = 'session'", &[])?
        .iter()
        .map(|row| Ok(SessionId::from_trusted(row.text(0)?.to_owned())))
        .collect()
}

/// What has more keys than `limit` in one session, by what the sessions have reported. As in the session itself, the
/// old half of a rotation shares its successor's place.
pub fn excess(sql: &dyn Sql, limit: u32, now: Timestamp) -> Result<Excess, SqlError> {
    let statement = "SELECT count(*), coalesce(sum(keys - ?1), 0) FROM (
        SELECT count(*) AS keys FROM api_keys AS key
        WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)
            AND NOT EXISTS (SELECT 1 FROM api_keys AS new WHERE new.id = json_extract(key.record, '$.rotated_to')
                AND new.revoked_at IS NULL AND (new.expires_at IS NULL OR new.expires_at > ?2))
        GROUP BY session_id HAVING keys > ?1)";
    let row = query_one(sql, statement, &[i64::from(limit).into(), now.into()])?;
    row.map_or(Ok(Excess { sessions: 0, keys: 0 }), |row| {
        Ok(Excess { sessions: row.integer(0)?, keys: row.integer(1)? })
    })
}

/// A session that is to exist, as its object is told.
pub struct Wanted {
    /// The session record as last heard.
    pub session: Session,
    /// Who created it.
    pub actor: Actor,
    /// The request behind it.
    pub trace: Option<Trace>,
    /// The key it begins with.
    pub first_key: Option<NewKey>,
}

/// Adds a session that its object has yet to hear of.
pub fn insert_session(sql: &dyn Sql, wanted: &Wanted) -> Result<(), SqlError> {
    let session = &wanted.session;
    let first_key = wanted.first_key.as_ref().map(json).transpose()?;
    execute(
        sql,
        "INSERT INTO sessions (id, record, generation, created_at, default_of, actor, first_key, trace)
         VALUES (?, ?, 0, ?, ?, ?, ?, ?)",
        &[
            session.id.as_str().into(),
            json(session)?,
            session.created_at.into(),
            session.is_default.then(|| default_of(session.environment)).into(),
            json(&wanted.actor)?,
            first_key.into(),
            wanted.trace.as_ref().map(json).transpose()?.into(),
        ],
    )
}

/// The name of the place that a default session takes.
pub(super) fn default_of(environment: Option<Environment>) -> &'static str {
    environment.map_or("none", Environment::as_str)
}

/// Reads a session that is to exist.
pub fn wanted(sql: &dyn Sql, id: &str) -> Result<Option<Wanted>, SqlError> {
    query_one(sql, "SELECT record, actor, first_key, trace FROM sessions WHERE id = ?", &[id.into()])?
        .map(|row| {
            let first_key = if row.optional_text(2)?.is_some() { Some(row.json(2)?) } else { None };
            let trace = if row.optional_text(3)?.is_some() { Some(row.json(3)?) } else { None };
            Ok(Wanted { session: row.json(0)?, actor: row.json(1)?, trace, first_key })
        })
        .transpose()
}

/// The default session of an environment.
pub fn default_session(sql: &dyn Sql, environment: Option<Environment>) -> Result<Option<Session>, SqlError> {
    let statement = "SELECT record FROM sessions WHERE default_of = ?";
    query_one(sql, statement, &[default_of(environment).into()])?.map(|row| row.json(0)).transpose()
}

/// Takes over what a session says of itself. A deleted one gives its place as a default free and ends its keys.
pub fn hear_session(sql: &dyn Sql, session: &Session) -> Result<(), SqlError> {
    let id = session.id.as_str();
    execute(
        sql,
        "UPDATE sessions SET record = ?, generation = ?, first_key = NULL WHERE id = ? AND generation < ?",
        &[json(session)?, session.generation.into(), id.into(), session.generation.into()],
    )?;
    if session.status == SessionStatus::Deleted {
        execute(sql, "UPDATE sessions SET default_of = NULL WHERE id = ?", &[id.into()])?;
        execute(
            sql,
            "UPDATE api_keys SET revoked_at = ? WHERE session_id = ? AND revoked_at IS NULL",
            &[session.updated_at.into(), id.into()],
        )?;
    }
    Ok(())
}

/// Takes over what a session says of a key.
pub fn hear_key(sql: &dyn Sql, key: &ApiKey) -> Result<(), SqlError> {
    let settings = &key.settings;
    execute(
        sql,
        "INSERT INTO api_keys (id, session_id, environment, external_id, search, record, generation, created_at,
            expires_at, not_before, disabled, revoked_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET external_id = excluded.external_id, search = excluded.search,
            record = excluded.record, generation = excluded.generation, expires_at = excluded.expires_at,
            not_before = excluded.not_before, disabled = excluded.disabled,
            revoked_at = coalesce(revoked_at, excluded.revoked_at)
         WHERE excluded.generation > generation OR (excluded.generation = generation
            AND coalesce(json_extract(excluded.record, '$.last_used_at'), 0)
                >= coalesce(json_extract(record, '$.last_used_at'), 0))",
        &[
            key.id.as_str().into(),
            key.session_id.as_str().into(),
            key.environment.map(Environment::as_str).into(),
            settings.external_id.as_ref().map(|id| id.as_str()).into(),
            searchable(key).into(),
            json(key)?,
            key.generation.into(),
            key.created_at.into(),
            settings.expires_at.into(),
            settings.not_before.into(),
            key.disabled.into(),
            key.revocation.as_ref().map(|revocation| revocation.at).into(),
        ],
    )
}

/// What a search looks through, in lower case.
fn searchable(key: &ApiKey) -> String {
    let external_id = key.settings.external_id.as_ref().map_or("", |id| id.as_str());
    format!("{}\n{external_id}\n{}\n{}\n{}", key.settings.name, key.id, key.start, key.last4).to_lowercase()
}

/// Reads `record, revoked_at` of a key. A key that ended with its session learns so here.
pub fn key(row: &Row) -> Result<ApiKey, SqlError> {
    let mut key: ApiKey = row.json(0)?;
    if let (None, Some(at)) = (&key.revocation, row.optional_timestamp(1)?) {
        key.revocation = Some(Revocation { at, reason: Some(Reason::of("session deleted")) });
        key.updated_at = at;
    }
    Ok(key)
}

/// Forgets where entries of the log have come from that are gone.
pub fn forget_origins(sql: &dyn Sql, seq: i64) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM audit_origins WHERE seq <= ?", &[seq.into()])
}

/// Copies an entry of the log of a session or an account, once. Tells whether it was this time.
pub fn hear_audit(sql: &dyn Sql, origin: &str, chained: &ChainedEntry) -> Result<bool, SqlError> {
    let known = query_one(
        sql,
        "SELECT 1 FROM audit_origins WHERE session_id = ? AND session_seq = ?",
        &[origin.into(), chained.seq.into()],
    )?;
    if known.is_some() {
        return Ok(false);
    }
    let place = audit_log::append(sql, &chained.entry)?;
    execute(
        sql,
        "INSERT INTO audit_origins (session_id, session_seq, seq) VALUES (?, ?, ?)",
        &[origin.into(), chained.seq.into(), place.seq.into()],
    )?;
    Ok(true)
}
