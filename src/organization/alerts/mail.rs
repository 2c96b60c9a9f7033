//! Alerts by e-mail: what the hook of the deployment is asked to send to the addresses that the organization has named.
//!
//! The outbox names the alert, so what is sent is how it stands by then: of one that was over before the hook took the
//! first message, it is told once. An hour has an end, because the addresses have agreed to nothing.

use serde_json::json;

use crate::domain::alert::record::{Alert, AlertStatus};
use crate::domain::email::Email;
use crate::domain::id::AlertId;
use crate::domain::organization::Organization;
use crate::domain::session::OrganizationStatus;
use crate::object::Context;
use crate::object::outbox::{self, Delivery, EntryKey, Message};
use crate::object::rows::{execute, query_one};
use crate::organization::store;
use crate::ports::{Sql, SqlError};

use super::rows;

/// Messages to the hook; the subject is the alert's id.
pub const MAIL: &str = "mail";
/// How many addresses an organization names at most.
pub const ADDRESSES_MAX: usize = 5;
/// How many messages there are in an hour at most; what comes then is listed and told by webhooks only.
pub const MAILS_AN_HOUR: i64 = 60;
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// How many there were in an hour (ms of its beginning); only the last hour in which there was one has a row.
pub const SCHEMA: &str = "CREATE TABLE alert_mails (hour INTEGER PRIMARY KEY, count INTEGER NOT NULL)";

/// An alert has been opened, or is over: if somebody wants it by mail, that is to be sent.
pub(super) fn note(sql: &dyn Sql, context: &Context<'_>, alert: &Alert) -> Result<(), SqlError> {
    if context.rules.link_hook.is_none() || !store::organization(sql)?.is_some_and(|known| is_wanted(&known)) {
        return Ok(());
    }
    let now = context.now.as_millis();
    let hour = now.saturating_sub(now.rem_euclid(HOUR_MS));
    let row = query_one(sql, "SELECT count FROM alert_mails WHERE hour = ?", &[hour.into()])?;
    if row.map_or(Ok(0), |row| row.integer(0))? >= MAILS_AN_HOUR {
        return Ok(());
    }
    execute(sql, "DELETE FROM alert_mails WHERE hour <> ?", &[hour.into()])?;
    let statement =
        "INSERT INTO alert_mails (hour, count) VALUES (?, 1) ON CONFLICT (hour) DO UPDATE SET count = count + 1";
    execute(sql, statement, &[hour.into()])?;
    let version = match alert.status() {
        AlertStatus::Open => 1,
        AlertStatus::Resolved => 2,
    };
    outbox::put(sql, MAIL, alert.id.as_str(), version, context.now).map(drop)
}

fn is_wanted(organization: &Organization) -> bool {
    organization.policy.status != OrganizationStatus::Deleted && !organization.alert_emails.is_empty()
}

/// The mail that the hook is to write. One that has become pointless settles without being sent.
pub(in crate::organization) fn delivery(
    sql: &dyn Sql,
    organization: &Organization,
    entry: EntryKey,
) -> Result<Delivery, SqlError> {
    let kept = rows::by_id(sql, &AlertId::from_trusted(entry.subject.clone()))?;
    let alert = kept.map(|kept| kept.alert).filter(|_| is_wanted(organization));
    // Each of the two that there may be has a name of its own.
    let status = alert.as_ref().map_or("", |alert| alert.status().as_str());
    let id = format!("msg_{}_{status}", entry.subject);
    let body = alert.map(|alert| {
        let at = alert.resolved_at.unwrap_or(alert.opened_at);
        let to: Vec<&str> = organization.alert_emails.iter().map(Email::as_str).collect();
        json!({
            "type": "alert",
            "timestamp": at.to_string(),
            "data": {
                "to": to,
                "organization": organization.name.as_str(),
                "organizationId": organization.id,
                "alert": alert.described(),
            },
        })
        .to_string()
    });
    Ok(Delivery { settles: vec![entry], message: Message::Notify { id, body } })
}
