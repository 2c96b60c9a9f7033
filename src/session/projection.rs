//! What a session tells others: KV about its keys, the organization's directory about everything listed.
//!
//! Messages carry the current state, so they may be late, doubled or out of order; receivers keep the latest
//! generation.

use crate::domain::api_key::ApiKey;
use crate::domain::id::ApiKeyId;
use crate::domain::key_hash::KeyHash;
use crate::domain::session::Session;
use crate::domain::timestamp::Timestamp;
use crate::hash_index;
use crate::object::outbox::{self, Delivery, EntryKey, Message};
use crate::object::rows::execute;
use crate::object::{Context, audit_log};
use crate::organization::protocol::{Command as OrganizationCommand, Feed};
use crate::ports::{Address, Sql, SqlError};

use super::policy::Memory;
use super::store::{self, State};
use super::{acceptance, alerts, erasure, idempotency, outcomes, usage};

const KV: &str = "kv";
/// KV under the name that a key had under an older pepper; the subject is the key's id, a colon, and that hash.
const KV_FORMER: &str = "kv_former";
pub(super) const DIRECTORY: &str = "directory";
const AUDIT: &str = "audit";
/// The organization, about what was counted within an hour; the subject is its beginning.
pub(super) const USAGE: &str = "usage";
/// The organization, about what is worth an alert; the subject is its kind, a colon, and whose counts it was found in.
pub(super) const ALERTS: &str = "alerts";
const SESSION: &str = "session";

/// How many messages one batch may hold, and how many records one feed.
pub(crate) const BATCH: i64 = 32;
pub(crate) const FEED: i64 = 100;
/// How many hashes are moved to a new pepper in one go.
pub(crate) const REHASH: i64 = 200;

/// A key has changed: KV and the directory are told.
pub fn announce_key(sql: &dyn Sql, key: &ApiKey, now: Timestamp) -> Result<(), SqlError> {
    outbox::put(sql, KV, key.id.as_str(), key.generation, now)?;
    outbox::put(sql, DIRECTORY, key.id.as_str(), key.generation, now)?;
    Ok(())
}

/// The record in KV is to accept the key for a while.
pub fn announce_acceptance(sql: &dyn Sql, memory: &mut Memory, key: &ApiKey, now: Timestamp) -> Result<(), SqlError> {
    memory.leaves_work();
    outbox::put(sql, KV, key.id.as_str(), key.generation, now).map(drop)
}

/// A key of an erased session has been blanked: KV is told.
pub fn announce_blank(sql: &dyn Sql, key: &ApiKey, now: Timestamp) -> Result<(), SqlError> {
    outbox::put(sql, KV, key.id.as_str(), key.generation, now).map(drop)
}

/// A key has been used: the directory is told by `due_at`.
pub fn announce_use(sql: &dyn Sql, key: &ApiKey, due_at: Timestamp) -> Result<(), SqlError> {
    outbox::put(sql, DIRECTORY, key.id.as_str(), key.generation, due_at).map(drop)
}

/// The session has changed: the directory is told.
pub fn announce_session(sql: &dyn Sql, session: &Session, now: Timestamp) -> Result<EntryKey, SqlError> {
    outbox::put(sql, DIRECTORY, SESSION, session.generation, now)
}

/// All keys have changed at once, as they do when their session ends.
pub fn announce_all_keys(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO outbox (lane, subject, version, due_at)
         SELECT ?, id, json_extract(record, '$.generation'), ? FROM api_keys WHERE true
         ON CONFLICT (lane, subject) DO UPDATE SET version = version + 1, attempts = 0, due_at = excluded.due_at",
        &[KV.into(), now.into()],
    )
}

/// The keys behind `after` up to `last` are told of once more: to KV, and to the directory unless `only_kv`.
pub fn announce_portion(
    sql: &dyn Sql,
    after: Option<&ApiKeyId>,
    last: Option<&ApiKeyId>,
    only_kv: bool,
    now: Timestamp,
) -> Result<(), SqlError> {
    for lane in [KV, DIRECTORY].into_iter().take(if only_kv { 1 } else { 2 }) {
        execute(
            sql,
            "INSERT INTO outbox (lane, subject, version, due_at)
             SELECT ?1, id, json_extract(record, '$.generation'), ?2 FROM api_keys
                WHERE id > ?3 AND (?4 IS NULL OR id <= ?4)
             ON CONFLICT (lane, subject) DO UPDATE SET
                version = max(version + 1, excluded.version), attempts = 0, due_at = min(due_at, excluded.due_at)",
            &[lane.into(), now.into(), after.map_or("", ApiKeyId::as_str).into(), last.map(ApiKeyId::as_str).into()],
        )?;
    }
    Ok(())
}

/// An audit entry is there to be copied into the organization's log.
pub fn announce_audit(sql: &dyn Sql, seq: i64, now: Timestamp) -> Result<(), SqlError> {
    outbox::put(sql, AUDIT, &seq.to_string(), seq, now).map(drop)
}

/// The messages that are due.
pub fn deliveries(sql: &dyn Sql, now: Timestamp, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
    let Some(state) = store::state(sql)? else {
        return Ok(Vec::new());
    };
    let mut batch: Vec<Delivery> = feed(sql, &state.session, due_by)?.into_iter().collect();
    for entry in outbox::due(sql, KV, due_by, BATCH)? {
        batch.extend(publication(sql, &state, now, entry)?);
    }
    for entry in outbox::due(sql, KV_FORMER, due_by, BATCH)? {
        batch.extend(former_publication(sql, &state.session, entry)?);
    }
    Ok(batch)
}

fn publication(sql: &dyn Sql, state: &State, now: Timestamp, entry: EntryKey) -> Result<Option<Delivery>, SqlError> {
    let id = ApiKeyId::from_trusted(entry.subject.clone());
    let (Some(key), Some(hash)) = (store::key_by_id(sql, &state.session, &id)?, store::hash_of(sql, &id)?) else {
        return Ok(None);
    };
    let acceptance = acceptance::of(sql, state, &key, now)?;
    let value = hash_index::encode(&key, acceptance).ok_or_else(|| SqlError("a record does not encode".to_owned()))?;
    Ok(Some(Delivery { settles: vec![entry], message: Message::Publish { name: hash_index::name(&hash), value } }))
}

/// What stands under a name that a key no longer has says nothing of the key, and cannot be told to change later.
fn former_publication(sql: &dyn Sql, session: &Session, entry: EntryKey) -> Result<Option<Delivery>, SqlError> {
    let Some((id, hash)) = entry.subject.split_once(':') else { return Ok(None) };
    let hash = KeyHash::parse(hash).map_err(|_| SqlError("a former hash does not decode".to_owned()))?;
    let Some(key) = store::key_by_id(sql, session, &ApiKeyId::from_trusted(id.to_owned()))? else {
        return Ok(None);
    };
    let value = hash_index::encode(&erasure::blank(key), None)
        .ok_or_else(|| SqlError("a record does not encode".to_owned()))?;
    Ok(Some(Delivery { settles: vec![entry], message: Message::Publish { name: hash_index::name(&hash), value } }))
}

fn feed(sql: &dyn Sql, session: &Session, due_by: Timestamp) -> Result<Option<Delivery>, SqlError> {
    let mut settles = outbox::due(sql, DIRECTORY, due_by, FEED)?;
    // Events are told in the order in which entries arrive.
    let audit_due = outbox::due_in_order(sql, AUDIT, due_by, FEED)?;
    let usage_due = outbox::due(sql, USAGE, due_by, FEED)?;
    let alerts_due = outbox::due(sql, ALERTS, due_by, FEED)?;
    if settles.is_empty() && audit_due.is_empty() && usage_due.is_empty() && alerts_due.is_empty() {
        return Ok(None);
    }
    let hours: Vec<Timestamp> =
        usage_due.iter().filter_map(|entry| entry.subject.parse().ok()).map(Timestamp::from_millis).collect();
    let counted = if hours.is_empty() { None } else { Some(usage::hours_to_tell(sql, &hours)?) };
    let mut keys = Vec::with_capacity(settles.len());
    for entry in settles.iter().filter(|entry| entry.subject != SESSION) {
        keys.extend(store::key_by_id(sql, session, &ApiKeyId::from_trusted(entry.subject.clone()))?);
    }
    let mut audit = Vec::with_capacity(audit_due.len());
    for entry in &audit_due {
        audit.extend(audit_log::after(sql, entry.version.saturating_sub(1), 1)?);
    }
    // Whoever reads an entry finds what it is about, even where that is not announced itself any more, or not yet.
    for entry in &audit {
        let id = ApiKeyId::from_trusted(entry.entry.target.clone());
        if id.as_str().starts_with(ApiKeyId::PREFIX) && !keys.iter().any(|key| key.id == id) {
            keys.extend(store::key_by_id(sql, session, &id)?);
        }
    }
    let mut imported = Vec::new();
    for key in keys.iter().filter(|key| key.imported.is_some()) {
        imported.extend(store::hash_of(sql, &key.id)?.map(|hash| (key.id.clone(), hash)));
    }
    settles.extend(audit_due);
    settles.extend(usage_due);
    let alerts = usage::sightings(sql, &alerts_due)?;
    settles.extend(alerts_due);
    let feed = Feed { session: session.clone(), keys, audit, usage: counted, alerts, imported };
    let command = OrganizationCommand::Feed(Box::new(feed));
    let request = serde_json::to_vec(&command).map_err(|_| SqlError("a feed does not encode".to_owned()))?;
    let address = Address::Organization(session.organization_id.locator());
    Ok(Some(Delivery { settles, message: Message::Call { address, region: None, request } }))
}

/// Moves a portion of the hashes to the newest pepper, closes ledgers that have become quiet, writes down what was
/// counted, and removes claims that have had their day.
pub fn tidy(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<(), SqlError> {
    idempotency::prune(sql, context.now)?;
    memory.ledgers.close_quiet(sql, context.now)?;
    memory.usage.tidy(sql, &mut memory.ledgers, context)?;
    memory.outcomes.tidy(sql, context.now)?;
    memory.lower_horizon(sql, context.now)?;
    audit_log::prune(sql, context)?;
    let Some(state) = store::state(sql)? else {
        return Ok(());
    };
    erasure::tidy(sql, context, &state.session)?;
    for (id, hash) in store::outdated_hashes(sql, context.keyring.newest_version(), REHASH)? {
        if let Some(newest) = context.keyring.advance(&hash) {
            store::replace_hash(sql, &id, &newest)?;
            if let Some(key) = store::key_by_id(sql, &state.session, &id)? {
                outbox::put(sql, KV, id.as_str(), key.generation, context.now)?;
                outbox::put(sql, KV_FORMER, &format!("{id}:{hash}"), 1, context.now)?;
            }
        }
    }
    Ok(())
}

/// When there is something to tidy.
pub fn tidy_at(sql: &dyn Sql, memory: &Memory, context: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
    let outdated = store::outdated_hashes(sql, context.keyring.newest_version(), 1)?;
    let outdated = (!outdated.is_empty()).then_some(context.now);
    let erasing = erasure::tidy_at(sql, context.now)?;
    let closing = memory.ledgers.close_at();
    let counting = memory.usage.tidy_at(context.now);
    let lowering = memory.horizon_lowers_at();
    let pruning = audit_log::is_overdue(sql, context)?.then_some(context.now);
    let forgetting = [idempotency::prune_at(sql)?, outcomes::tidy_at(sql)?, pruning, alerts::watched::next_due(sql)?];
    let next = [outdated, erasing, closing, counting, lowering].into_iter().chain(forgetting);
    Ok(next.flatten().min())
}
