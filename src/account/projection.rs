//! What an account tells others: the organizations of its user what the user is called and what its log says, the
//! directory that an organization is to be founded, the hook for links that one is to be sent.
//!
//! Messages carry the current state, so they may be late, doubled or out of order.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::directory::protocol::Command as DirectoryCommand;
use crate::domain::audit::{Action, Actor, ChainedEntry};
use crate::domain::id::OrganizationId;
use crate::domain::timestamp::Timestamp;
use crate::domain::user::User;
use crate::object::outbox::{self, Delivery, EntryKey, Message};
use crate::object::rows::execute;
use crate::object::{Context, audit_log};
use crate::organization::protocol::Command as OrganizationCommand;
use crate::ports::{Address, Sql, SqlError};

use super::{memberships, resets, sign_ins, store};

/// Messages to the directory; the subject is the organization to be founded.
pub const FOUNDING: &str = "founding";
/// Messages to the hook for links; the subject is the hash of the link.
pub const HOOK: &str = "hook";
const ORGANIZATION: &str = "organization";
const AUDIT: &str = "audit";

/// How many receivers one batch may have.
pub(crate) const BATCH: i64 = 32;
/// How many audit entries one batch may carry.
pub(crate) const FEED: i64 = 100;
/// How many entries of an account's log its organizations get within an hour; the account keeps all.
pub(crate) const COPIES_AN_HOUR: i64 = 120;
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// How long (ms) copies of the log wait for others to go along. No answer waits for them: how long a failed sign-in
/// takes must not tell that there is an account, and that it belongs to organizations.
pub(crate) const FEED_PAUSE_MS: i64 = 1_000;

/// Reports a change of the account in its own log, and to the organizations that the user belongs to now.
pub fn report(
    sql: &dyn Sql,
    context: &Context<'_>,
    user: &User,
    actor: Actor,
    action: Action,
    details: &[&str],
) -> Result<(), SqlError> {
    let seq = audit_log::record(sql, context, actor, action, user.id.as_str(), details)?;
    if is_noisy(sql, context, seq)? {
        return Ok(());
    }
    execute(
        sql,
        "INSERT INTO outbox (lane, subject, version, due_at)
         SELECT ?, organization_id || ':' || ?, ?, ? FROM memberships
         WHERE json_extract(membership, '$.status') <> 'deleted'",
        // The number as text: the platform binds numbers as floating ones, which read `1.0`.
        &[AUDIT.into(), seq.to_string().into(), seq.into(), context.now.plus_millis(FEED_PAUSE_MS).into()],
    )
}

/// Whether so much has happened within an hour that others are spared it: somebody who signs in and out in a loop must
/// not fill the logs of organizations.
fn is_noisy(sql: &dyn Sql, context: &Context<'_>, seq: i64) -> Result<bool, SqlError> {
    let before = audit_log::after(sql, seq.saturating_sub(COPIES_AN_HOUR).saturating_sub(1), 1)?;
    let hour_ago = context.now.plus_millis(-HOUR_MS);
    Ok(seq > COPIES_AN_HOUR && before.first().is_some_and(|before| before.entry.at > hour_ago))
}

/// The name has changed: the organizations are told.
pub fn announce_profile(sql: &dyn Sql, user: &User, now: Timestamp) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO outbox (lane, subject, version, due_at)
         SELECT ?, organization_id, ?, ? FROM memberships WHERE json_extract(membership, '$.status') <> 'deleted'
         ON CONFLICT (lane, subject) DO UPDATE SET
            version = max(version + 1, excluded.version), attempts = 0, due_at = min(due_at, excluded.due_at)",
        &[ORGANIZATION.into(), user.generation.into(), now.into()],
    )
}

/// A membership has begun: the organization is told what the user is called now, which may have changed since it asked.
/// Not at once: it is waiting for the answer to its news.
pub fn introduce(sql: &dyn Sql, organization_id: &OrganizationId, now: Timestamp) -> Result<(), SqlError> {
    let due_at = now.plus_millis(FEED_PAUSE_MS);
    outbox::put(sql, ORGANIZATION, organization_id.as_str(), 1, due_at).map(drop)
}

/// A membership has ended: nothing more is told, and what has not been told yet stays here.
pub fn forget_organization(sql: &dyn Sql, organization_id: &OrganizationId) -> Result<(), SqlError> {
    execute(
        sql,
        "DELETE FROM outbox WHERE (lane = ?1 AND subject = ?3)
            OR (lane = ?2 AND substr(subject, 1, instr(subject, ':') - 1) = ?3)",
        &[ORGANIZATION.into(), AUDIT.into(), organization_id.as_str().into()],
    )
}

/// The messages that are due.
pub fn deliveries(sql: &dyn Sql, context: &Context<'_>, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
    let Some(state) = store::state(sql)? else {
        return Ok(Vec::new());
    };
    let mut batch = feeds(sql, &state.user, due_by)?;
    for entry in outbox::due(sql, FOUNDING, due_by, BATCH)? {
        let id = OrganizationId::from_trusted(entry.subject.clone());
        if let Some(founding) = memberships::founding(sql, &id)? {
            batch.push(call(vec![entry], Address::Directory, &DirectoryCommand::Found(Box::new(founding)))?);
        }
    }
    for entry in outbox::due(sql, HOOK, due_by, BATCH)? {
        batch.push(resets::notification(sql, context, &state.user, entry)?);
    }
    Ok(batch)
}

/// One message for each organization, with everything that is due to it.
fn feeds(sql: &dyn Sql, user: &User, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
    let mut feeds: BTreeMap<String, (Vec<EntryKey>, Vec<ChainedEntry>)> = BTreeMap::new();
    for entry in outbox::due(sql, ORGANIZATION, due_by, BATCH)? {
        feeds.entry(entry.subject.clone()).or_default().0.push(entry);
    }
    let receivers = usize::try_from(BATCH).unwrap_or(usize::MAX);
    for entry in outbox::due(sql, AUDIT, due_by, FEED)? {
        let Some((organization_id, _)) = entry.subject.split_once(':') else { continue };
        if feeds.len() >= receivers && !feeds.contains_key(organization_id) {
            continue;
        }
        let (settles, audit) = feeds.entry(organization_id.to_owned()).or_default();
        audit.extend(audit_log::after(sql, entry.version.saturating_sub(1), 1)?);
        settles.push(entry);
    }
    let feed = |(organization_id, (settles, audit)): (String, (Vec<EntryKey>, Vec<ChainedEntry>))| {
        let address = Address::Organization(OrganizationId::from_trusted(organization_id).locator());
        let (user_id, profile, generation) = (user.id.clone(), user.profile.clone(), user.generation);
        call(settles, address, &OrganizationCommand::HearAccount { user_id, profile, generation, audit })
    };
    feeds.into_iter().map(feed).collect()
}

fn call<C: Serialize>(settles: Vec<EntryKey>, address: Address, command: &C) -> Result<Delivery, SqlError> {
    let request = serde_json::to_vec(command).map_err(|_| SqlError("a command does not encode".to_owned()))?;
    Ok(Delivery { settles, message: Message::Call { address, region: None, request } })
}

/// Removes what has expired or is settled.
pub fn tidy(sql: &dyn Sql, context: &Context<'_>) -> Result<(), SqlError> {
    sign_ins::prune(sql, context.now)?;
    resets::prune(sql, context.now)?;
    audit_log::prune(sql, context)?;
    memberships::settle_foundings(sql)
}

/// When there is something to tidy.
pub fn tidy_at(sql: &dyn Sql, context: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
    let pruning = audit_log::is_overdue(sql, context)?.then_some(context.now);
    Ok([sign_ins::prune_at(sql)?, resets::prune_at(sql)?, pruning].into_iter().flatten().min())
}
