//! Which session has a key that came from another system: its text does not say so.
//!
//! One place per hash and organization. It is claimed before the session takes the key over and never given to another,
//! so however often and however parallel the same key is brought along, there is one. What stands here is a way, not an
//! answer: whether there is such a key at all, and whether it is good, only its session knows.

pub mod protocol;

use crate::domain::id::ApiKeyId;
use crate::domain::imported_key::ForeignPrefix;
use crate::domain::key_hash::KeyHash;
use crate::domain::timestamp::Timestamp;
use crate::object::rows::{execute, query, query_one};
use crate::object::{Abort, Context, Effect, Rejection, Step};
use crate::ports::{Sql, SqlError, SqlValue};

use super::OrganizationObject;
use super::changes::require_open;
use super::members::{Admission, admit};
use super::protocol::{Feed, Reply};
use protocol::{Claimed, ImportCommand, ImportReply, Place};

/// Where imported keys are.
pub const SCHEMA: &str = "CREATE TABLE imported_keys (
    hash TEXT PRIMARY KEY,
    hash_version INTEGER NOT NULL,
    key_id TEXT NOT NULL UNIQUE
) WITHOUT ROWID";
/// For moving them to a newer pepper.
pub const INDEX_BY_HASH_VERSION: &str = "CREATE INDEX imported_keys_by_hash_version ON imported_keys (hash_version)";
/// How they begin.
pub const SCHEMA_PREFIXES: &str = "CREATE TABLE imported_prefixes (prefix TEXT PRIMARY KEY) WITHOUT ROWID";

/// How to forget a portion, and whether anything is left.
pub const FORGET: [(&str, &str); 2] = [
    (
        "DELETE FROM imported_keys WHERE hash IN (SELECT hash FROM imported_keys LIMIT ?)",
        "SELECT 1 FROM imported_keys LIMIT 1",
    ),
    (
        "DELETE FROM imported_prefixes WHERE prefix IN (SELECT prefix FROM imported_prefixes LIMIT ?)",
        "SELECT 1 FROM imported_prefixes LIMIT 1",
    ),
];

/// In how many ways the imported keys of an organization may begin.
pub(crate) const PREFIXES_MAX: usize = 64;
/// How many hashes are moved to a new pepper in one go.
const REHASH: i64 = 200;

/// What a command may do to the rows.
pub fn effect(command: &ImportCommand) -> Effect {
    match command {
        ImportCommand::Claim { dry_run: false, .. } => Effect::Writes,
        ImportCommand::Claim { .. } | ImportCommand::Route { .. } | ImportCommand::Prefixes => Effect::Reads,
    }
}

/// Carries out a command about keys of another system.
pub fn handle(
    sql: &dyn Sql,
    context: &Context<'_>,
    command: &ImportCommand,
) -> Result<Step<OrganizationObject>, Abort> {
    let reply = match command {
        ImportCommand::Claim { authority, prefix, keys, dry_run } => {
            let organization = require_open(sql)?;
            if let Admission::Ask(question) = admit(sql, context, &organization, authority)? {
                return Ok(Step::Confirm(question));
            }
            let declared = prefixes(sql)?;
            if !declared.contains(prefix) && declared.len() >= PREFIXES_MAX {
                return Err(Rejection::TooManyPrefixes.into());
            }
            if !dry_run {
                declare(sql, prefix)?;
            }
            let places = keys.iter().map(|key| claim(sql, context, key, *dry_run)).collect::<Result<_, _>>()?;
            ImportReply::Places { places }
        }
        ImportCommand::Route { hashes } => ImportReply::Route { id: find(sql, context, hashes)? },
        ImportCommand::Prefixes => ImportReply::Prefixes { prefixes: prefixes(sql)? },
    };
    Ok(Step::done(Reply::Imports { imports: Box::new(reply) }))
}

/// Takes over what a session tells of imported keys: one of the two may have been set back to an earlier time.
pub fn hear(sql: &dyn Sql, feed: &Feed) -> Result<(), SqlError> {
    for (id, hash) in &feed.imported {
        insert(sql, hash, id)?;
        let prefix = feed.keys.iter().find(|key| key.id == *id).and_then(|key| key.imported.as_ref());
        if let Some(prefix) = prefix {
            declare(sql, prefix)?;
        }
    }
    Ok(())
}

/// Moves a portion of the hashes to the newest pepper.
pub fn tidy(sql: &dyn Sql, context: &Context<'_>) -> Result<(), SqlError> {
    for former in outdated(sql, context, REHASH)? {
        let newest = KeyHash::parse(&former).ok().and_then(|hash| context.keyring.advance(&hash));
        let newest = newest.ok_or_else(|| SqlError("a stored hash does not decode".to_owned()))?;
        execute(
            sql,
            "UPDATE imported_keys SET hash = ?, hash_version = ? WHERE hash = ?",
            &[newest.to_string().into(), i64::from(newest.version()).into(), former.into()],
        )?;
    }
    Ok(())
}

/// When there is another portion.
pub fn tidy_at(sql: &dyn Sql, context: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
    Ok((!outdated(sql, context, 1)?.is_empty()).then_some(context.now))
}

fn outdated(sql: &dyn Sql, context: &Context<'_>, limit: i64) -> Result<Vec<String>, SqlError> {
    let newest = i64::from(context.keyring.newest_version());
    let statement = "SELECT hash FROM imported_keys WHERE hash_version < ? LIMIT ?";
    query(sql, statement, &[newest.into(), limit.into()])?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

fn claim(sql: &dyn Sql, context: &Context<'_>, key: &Claimed, dry_run: bool) -> Result<Place, SqlError> {
    if let Some(id) = find(sql, context, &key.hashes)? {
        let is_taken = query_one(sql, "SELECT 1 FROM api_keys WHERE id = ?", &[id.as_str().into()])?.is_some();
        return Ok(Place { id, is_taken });
    }
    if let Some(newest) = key.hashes.last().filter(|_| !dry_run) {
        insert(sql, newest, &key.id)?;
    }
    Ok(Place { id: key.id.clone(), is_taken: false })
}

/// The key under any of these hashes. An edge that is one root behind does not know the one that a row has moved to.
fn find(sql: &dyn Sql, context: &Context<'_>, hashes: &[KeyHash]) -> Result<Option<ApiKeyId>, SqlError> {
    let later = hashes.last().map(|hash| context.keyring.later(hash)).unwrap_or_default();
    let all: Vec<SqlValue> = hashes.iter().chain(&later).map(|hash| hash.to_string().into()).collect();
    let places = vec!["?"; all.len()].join(", ");
    let statement = format!("SELECT key_id FROM imported_keys WHERE hash IN ({places})");
    query_one(sql, &statement, &all)?.map(|row| Ok(ApiKeyId::from_trusted(row.text(0)?.to_owned()))).transpose()
}

fn insert(sql: &dyn Sql, hash: &KeyHash, id: &ApiKeyId) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT OR IGNORE INTO imported_keys (hash, hash_version, key_id) VALUES (?, ?, ?)",
        &[hash.to_string().into(), i64::from(hash.version()).into(), id.as_str().into()],
    )
}

fn declare(sql: &dyn Sql, prefix: &ForeignPrefix) -> Result<(), SqlError> {
    execute(sql, "INSERT OR IGNORE INTO imported_prefixes (prefix) VALUES (?)", &[prefix.as_str().into()])
}

fn prefixes(sql: &dyn Sql) -> Result<Vec<ForeignPrefix>, SqlError> {
    query(sql, "SELECT prefix FROM imported_prefixes ORDER BY prefix", &[])?
        .iter()
        .map(|row| {
            ForeignPrefix::parse(row.text(0)?).map_err(|_| SqlError("a stored prefix does not decode".to_owned()))
        })
        .collect()
}
