//! What becomes of a deleted organization: kept for a while, so that it can be copied out, then forgotten.
//!
//! In portions, since there may be a million keys. What stays is the id, and that it is deleted.

use crate::domain::audit::Action;
use crate::domain::organization::Organization;
use crate::domain::session::OrganizationStatus;
use crate::domain::text::Name;
use crate::domain::timestamp::Timestamp;
use crate::object::rows::{execute, query_one};
use crate::object::{Abort, Authority, Context, Step, audit_log, usage};
use crate::ports::{Sql, SqlError};

use super::alerts::mail::MAIL;
use super::changes::{announce, require_organization};
use super::domains::checking::DOMAIN;
use super::members::{Admission, admit, tell};
use super::projection::{ERASE, HOOK};
use super::protocol::Reply;
use super::usage::FORGET_SESSIONS;
use super::webhooks::sending::WEBHOOK;
use super::webhooks::store as webhooks;
use super::{OrganizationObject, alerts, domains, gateway, imports, people, store};

/// How many rows of a table go at once.
pub(crate) const PORTION: i64 = 2_000;

/// What goes in portions: how, and whether anything is left. Sessions go last, because they are still told to forget.
const TABLES: [(&str, &str); 17] = [
    alerts::rows::FORGET,
    alerts::keys::FORGET,
    alerts::pools::FORGET,
    usage::FORGET,
    webhooks::FORGET[0],
    webhooks::FORGET[1],
    webhooks::FORGET[2],
    domains::store::FORGET,
    gateway::store::FORGET,
    imports::FORGET[0],
    imports::FORGET[1],
    FORGET_SESSIONS,
    ("DELETE FROM ledgers WHERE subject IN (SELECT subject FROM ledgers LIMIT ?)", "SELECT 1 FROM ledgers LIMIT 1"),
    ("DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys LIMIT ?)", "SELECT 1 FROM api_keys LIMIT 1"),
    ("DELETE FROM audit_log WHERE seq IN (SELECT seq FROM audit_log LIMIT ?)", "SELECT 1 FROM audit_log LIMIT 1"),
    (
        "DELETE FROM audit_origins WHERE seq IN (SELECT seq FROM audit_origins LIMIT ?)",
        "SELECT 1 FROM audit_origins LIMIT 1",
    ),
    ("DELETE FROM invitations WHERE id IN (SELECT id FROM invitations LIMIT ?)", "SELECT 1 FROM invitations LIMIT 1"),
];

/// Notes that everything is about to be copied out.
pub fn note_export(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_organization(sql)?;
    if let Admission::Ask(question) = admit(sql, context, &organization, authority)? {
        return Ok(Step::Confirm(question));
    }
    let id = organization.id.as_str();
    audit_log::record(sql, context, authority.actor(), Action::OrganizationExported, id, &[])?;
    Ok(Step::done(Reply::Organization { organization: Box::new(organization), pools: Vec::new(), excess: None }))
}

/// When the data of a deleted organization goes.
pub fn due_at(organization: &Organization, retention_ms: i64) -> Option<Timestamp> {
    // One that was deleted before that was written down has not changed since.
    let deleted_at = organization.deleted_at.unwrap_or(organization.updated_at);
    (organization.policy.status == OrganizationStatus::Deleted).then(|| deleted_at.plus_millis(retention_ms))
}

/// Forgets the next portion, if it is time.
pub fn tidy(sql: &dyn Sql, context: &Context<'_>) -> Result<(), SqlError> {
    let Some(mut organization) = store::organization(sql)? else { return Ok(()) };
    if due_at(&organization, context.rules.retention_ms).is_none_or(|due_at| due_at > context.now) {
        return Ok(());
    }
    if !organization.erased {
        begin(sql, context, &mut organization)?;
    }
    for (forget, _) in TABLES {
        execute(sql, forget, &[PORTION.into()])?;
    }
    if query_one(sql, "SELECT 1 FROM outbox LIMIT 1", &[])?.is_none() {
        execute(sql, "DELETE FROM sessions", &[])?;
        execute(sql, "DELETE FROM members", &[])?;
    }
    Ok(())
}

/// When there is another portion.
pub fn tidy_at(sql: &dyn Sql, context: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
    let Some(organization) = store::organization(sql)? else { return Ok(None) };
    let due_at = due_at(&organization, context.rules.retention_ms);
    if !organization.erased {
        return Ok(due_at);
    }
    for (_, left) in TABLES {
        if query_one(sql, left, &[])?.is_some() {
            return Ok(Some(context.now));
        }
    }
    let left = query_one(sql, "SELECT 1 FROM sessions LIMIT 1", &[])?.is_some();
    let waiting = query_one(sql, "SELECT 1 FROM outbox LIMIT 1", &[])?.is_some();
    // While something is waiting the outbox rings.
    Ok(if left && !waiting { Some(context.now) } else { None })
}

fn begin(sql: &dyn Sql, context: &Context<'_>, organization: &mut Organization) -> Result<(), SqlError> {
    execute(
        sql,
        "DELETE FROM outbox WHERE lane IN (?, ?, ?, ?)",
        &[HOOK.into(), WEBHOOK.into(), MAIL.into(), DOMAIN.into()],
    )?;
    execute(sql, "DELETE FROM alert_mails", &[])?;
    execute(sql, "DELETE FROM alert_rules", &[])?;
    execute(sql, "DELETE FROM alerts_dropped", &[])?;
    execute(sql, "DELETE FROM key_sweep", &[])?;
    // From here on nothing is told to anybody outside, and nothing is written down to be told.
    execute(sql, "UPDATE webhook_deliveries SET due_at = NULL", &[])?;
    execute(sql, "DELETE FROM webhook_endpoints", &[])?;
    execute(sql, "DELETE FROM webhook_state", &[])?;
    for user_id in people::everybody(sql)? {
        people::end(sql, &user_id)?;
        tell(sql, &user_id, context.now)?;
    }
    execute(
        sql,
        "INSERT OR REPLACE INTO outbox (lane, subject, version, due_at) SELECT ?, id, 1, ? FROM sessions",
        &[ERASE.into(), context.now.into()],
    )?;
    execute(sql, "UPDATE sessions SET first_key = NULL, record = json_set(record, '$.name', 'deleted')", &[])?;
    organization.name = Name::of("deleted");
    organization.members_count = 0;
    organization.alert_emails.clear();
    organization.erased = true;
    announce(sql, organization, context.now)
}
