//! Sending webhooks: what is due, how it is signed, and what comes of it.
//!
//! The outbox has one entry for each endpoint with something to send, due when the first of that is. So at most one
//! message to an endpoint is under way, and while all goes well they leave in the order of their events. One that fails
//! waits for its own next time and lets the others pass. Only an organization that is active has anything sent: while it
//! is suspended all of it waits.

use super::store;
use crate::domain::egress::ReceiverUrl;
use crate::domain::id::{DeliveryId, EndpointId};
use crate::domain::organization::Organization;
use crate::domain::session::OrganizationStatus;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::signature::{Secret, headers};
use crate::domain::webhook::{Attempt, DeliveryStatus, Failure, schedule};
use crate::object::Context;
use crate::object::outbox::{self, Delivery, EntryKey, Message, Post};
use crate::object::rows::execute;
use crate::organization::store as rows;
use crate::ports::{Sql, SqlError};

/// Messages to endpoints for webhooks; the subject is the endpoint's id.
pub const WEBHOOK: &str = "webhook";
/// Entries of this lane have one version: what is due stands in the rows of deliveries.
const VERSION: i64 = 1;
/// The most endpoints that are sent something at once: all.
const BATCH: i64 = crate::domain::webhook::ENDPOINTS_MAX as i64;

/// Brings the outbox up to what is due for an endpoint.
pub fn reschedule(sql: &dyn Sql, id: &EndpointId) -> Result<(), SqlError> {
    match next_due(sql, id)? {
        Some(due_at) => execute(
            sql,
            "INSERT INTO outbox (lane, subject, version, due_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (lane, subject) DO UPDATE SET due_at = excluded.due_at",
            &[WEBHOOK.into(), id.as_str().into(), VERSION.into(), due_at.into()],
        ),
        None => outbox::settle(sql, &entry(id)),
    }
}

/// When something may be sent to an endpoint. What an organization may not send must not wake it either.
fn next_due(sql: &dyn Sql, id: &EndpointId) -> Result<Option<Timestamp>, SqlError> {
    if is_sending(sql)? { store::next_due(sql, id) } else { Ok(None) }
}

fn is_sending(sql: &dyn Sql) -> Result<bool, SqlError> {
    Ok(rows::organization(sql)?.is_some_and(|organization| organization.policy.status == OrganizationStatus::Active))
}

/// The organization was suspended, let in again or ended, which its record says already. What is still to be sent waits,
/// goes on, or has come to nothing.
pub fn status_changed(sql: &dyn Sql, organization: &Organization) -> Result<(), SqlError> {
    for id in store::ids(sql)? {
        if organization.policy.status == OrganizationStatus::Deleted {
            store::end_pending(sql, &id)?;
        }
        reschedule(sql, &id)?;
    }
    Ok(())
}

fn entry(id: &EndpointId) -> EntryKey {
    EntryKey { lane: WEBHOOK.to_owned(), subject: id.to_string(), version: VERSION }
}

/// Ends what is still to be sent to an endpoint that was switched off.
pub fn give_up(sql: &dyn Sql, id: &EndpointId) -> Result<(), SqlError> {
    store::end_pending(sql, id)?;
    reschedule(sql, id)
}

/// What is due, one message for each endpoint.
pub fn deliveries(sql: &dyn Sql, context: &Context<'_>, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
    let due = outbox::due(sql, WEBHOOK, due_by, BATCH)?;
    due.into_iter().map(|entry| next(sql, context, entry, due_by)).collect()
}

/// The next message to an endpoint. Without one there is nothing to send, and the entry is put right.
fn next(sql: &dyn Sql, context: &Context<'_>, entry: EntryKey, due_by: Timestamp) -> Result<Delivery, SqlError> {
    let id = EndpointId::from_trusted(entry.subject.clone());
    let post = match (store::endpoint(sql, &id)?, store::next(sql, &id, due_by)?) {
        (Some(endpoint), Some((delivery, body))) if is_sending(sql)? => {
            let secrets: Vec<Secret> = endpoint
                .secrets
                .iter()
                .filter(|source| source.until.is_none_or(|until| until > context.now))
                .filter_map(|source| Secret::derive(context.keyring, &id, source))
                .collect();
            // Checked anew: what was allowed when it was saved may not be any more.
            let url = ReceiverUrl::parse(endpoint.url.as_str(), context.rules.loopback_webhooks).ok();
            Some(Box::new(Post {
                id: delivery.id.to_string(),
                url: url.map(|url| url.as_str().to_owned()),
                headers: headers(&secrets, delivery.event_id.as_str(), context.now, &body),
                body,
            }))
        }
        _ => None,
    };
    Ok(Delivery { settles: vec![entry], message: Message::Post(post) })
}

/// Notes what has come of a message. Answers the next one to the same endpoint, if that has taken this one.
pub fn posted(
    sql: &dyn Sql,
    context: &Context<'_>,
    entry: &EntryKey,
    post: Option<&Post>,
    attempt: Attempt,
) -> Result<Option<Delivery>, SqlError> {
    let id = EndpointId::from_trusted(entry.subject.clone());
    let mut took = false;
    if let Some(post) = post {
        let delivery_id = DeliveryId::from_trusted(post.id.clone());
        // Both may have been deleted meanwhile.
        if let (Some(mut endpoint), Some((mut delivery, _))) =
            (store::endpoint(sql, &id)?, store::delivery(sql, &id, &delivery_id)?)
        {
            let was_active = endpoint.active;
            schedule::note(&mut endpoint, &mut delivery, attempt, context.draw_number(), context.now);
            took = attempt.read().1.is_none();
            if !endpoint.active {
                delivery.due_at = None;
                // It was switched off meanwhile: what is not tried again has failed.
                if delivery.status == DeliveryStatus::Pending {
                    (delivery.status, delivery.failure) = (DeliveryStatus::Failed, Some(Failure::Disabled));
                }
            }
            store::save_delivery(sql, &delivery)?;
            store::save(sql, &endpoint)?;
            if was_active && !endpoint.active {
                store::end_pending(sql, &id)?;
                super::alarm(sql, context, &endpoint)?;
            }
        }
    }
    reschedule(sql, &id)?;
    if !took {
        return Ok(None);
    }
    let is_due = next_due(sql, &id)?.is_some_and(|due_at| due_at <= context.now);
    if is_due { next(sql, context, entry.clone(), context.now).map(Some) } else { Ok(None) }
}
