//! The tables of an account object, and the row of the account itself.
//!
//! Nothing in here lets anybody in by itself: passwords are hashes that need a root secret, the secret of a second
//! factor is derived from one, tokens and recovery codes are keyed hashes.

use crate::domain::id::SignInId;
use crate::domain::key_hash::KeyHash;
use crate::domain::keyring::Keyring;
use crate::domain::password::PasswordHash;
use crate::domain::user::User;
use crate::object::rows::{execute, json, query_one};
use crate::object::{audit_log, ballast, outbox};
use crate::ports::{Sql, SqlError, SqlValue};

use super::gates;
use serde::{Deserialize, Serialize};

/// The schema, step by step.
pub const MIGRATIONS: &[&str] = &[
    outbox::SCHEMA,
    outbox::INDEX_BY_LANE,
    outbox::INDEX_BY_TIME,
    audit_log::SCHEMA,
    "CREATE TABLE account (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        record TEXT NOT NULL,
        password TEXT NOT NULL,
        totp TEXT
    )",
    gates::SCHEMA,
    "CREATE TABLE sign_ins (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        last_used_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        cookie INTEGER NOT NULL,
        ip TEXT,
        client TEXT
    ) WITHOUT ROWID",
    "CREATE TABLE recovery_codes (hash TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE resets (
        hash TEXT PRIMARY KEY,
        nonce TEXT NOT NULL,
        version INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        send INTEGER NOT NULL,
        issuer TEXT
    ) WITHOUT ROWID",
    "CREATE TABLE memberships (
        organization_id TEXT PRIMARY KEY,
        membership TEXT,
        generation INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE TABLE foundings (organization_id TEXT PRIMARY KEY, founding TEXT NOT NULL) WITHOUT ROWID",
    audit_log::SCHEMA_ANCHOR,
    ballast::SCHEMA,
];

/// The row of the account.
pub struct State {
    /// The user record.
    pub user: User,
    /// What a presented password is compared with.
    pub password: PasswordHash,
    /// The second factor, if one is set up or being set up.
    pub totp: Option<Totp>,
}

/// A second factor. Its secret is derived again from what stands here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Totp {
    /// The nonce of the derivation, hexadecimal.
    pub nonce: String,
    /// The root of the derivation.
    pub version: u8,
    /// Whether a first code has shown that the user has the secret.
    pub confirmed: bool,
    /// The time step of the last code that was accepted: a code is good once.
    pub last_step: Option<i64>,
    /// The sign-in that was shown the secret.
    pub begun_by: SignInId,
}

/// Reads the account; none before it was created.
pub fn state(sql: &dyn Sql) -> Result<Option<State>, SqlError> {
    let statement = "SELECT record, password, totp FROM account";
    let Some(row) = query_one(sql, statement, &[])? else {
        return Ok(None);
    };
    Ok(Some(State {
        user: row.json(0)?,
        password: row.json(1)?,
        totp: if row.optional_text(2)?.is_some() { Some(row.json(2)?) } else { None },
    }))
}

/// Writes the account.
pub fn save(sql: &dyn Sql, state: &State) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT OR REPLACE INTO account (only, record, password, totp) VALUES (1, ?, ?, ?)",
        &[json(&state.user)?, json(&state.password)?, state.totp.as_ref().map_or(Ok(SqlValue::Null), json)?],
    )
}

/// All hashes under which a row may be found whose secret has been presented. Whoever presents them may be one root
/// behind, and not know the hash under which the row was written.
pub fn candidates(keyring: &Keyring, hashes: &[KeyHash]) -> Vec<SqlValue> {
    let later = hashes.last().map(|hash| keyring.later(hash)).unwrap_or_default();
    hashes.iter().chain(&later).map(|hash| hash.to_string().into()).collect()
}
