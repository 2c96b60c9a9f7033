//! What webhooks tell: each event is written down in the transaction in which it happens.
//!
//! What enters the organization's log is told if its action has the name of an event; alerts and the expiry of keys are
//! told directly. An event has the id of its entry in the log, or one of its own, and a number that grows.

use sha2::{Digest, Sha256};

use super::domains::store as domains;
use super::store;
use super::webhooks::{sending, store as webhooks};
use crate::domain::audit::{Action, Actor, AuditEntry};
use crate::domain::event::{About, Event, EventKind};
use crate::domain::id::{DeliveryId, EventId, SessionId};
use crate::domain::organization::Organization;
use crate::domain::session::{OrganizationStatus, Session};
use crate::domain::user::Member;
use crate::domain::webhook::schedule::LIFE_MS;
use crate::domain::webhook::{Delivery, DeliveryStatus, Endpoint, payload};
use crate::object::rows::query_one;
use crate::object::{Context, audit_log};
use crate::ports::{Sql, SqlError};

/// Writes an event down for every endpoint that wants to hear of it.
///
/// # Errors
/// Those of the database.
pub fn emit(sql: &dyn Sql, context: &Context<'_>, event: &Event<'_>) -> Result<(), SqlError> {
    let Some(organization) = store::organization(sql)? else { return Ok(()) };
    tell(sql, context, &organization, event, None, &[])
}

/// Reports a change of a member in the log, and tells it.
///
/// # Errors
/// Those of the database.
pub fn record_of_member(
    sql: &dyn Sql,
    context: &Context<'_>,
    actor: &Actor,
    action: Action,
    member: &Member,
    details: &[&str],
) -> Result<(), SqlError> {
    audit_log::record(sql, context, actor.clone(), action, member.user_id.as_str(), details)?;
    let Some(kind) = EventKind::of(action) else { return Ok(()) };
    emit(sql, context, &Event { kind, at: context.now, actor: Some(actor), about: About::Member(member) })
}

/// Tells an entry of a session's log that has just entered the organization's. The record is the one that was heard last:
/// it may know of later changes, whose entries follow.
///
/// # Errors
/// Those of the database.
pub fn heard(
    sql: &dyn Sql,
    context: &Context<'_>,
    organization: &Organization,
    session_id: &SessionId,
    entry: &AuditEntry,
) -> Result<(), SqlError> {
    let Some(kind) = EventKind::of(entry.action) else { return Ok(()) };
    if !webhooks::is_any_active(sql)? {
        return Ok(());
    }
    let id = Some(EventId::from_trusted(entry.id.to_string()));
    let event = |about| Event { kind, at: entry.at, actor: Some(&entry.actor), about };
    if entry.target.starts_with(SessionId::PREFIX) {
        let row = query_one(sql, "SELECT record FROM sessions WHERE id = ?", &[session_id.as_str().into()])?;
        let Some(session) = row.map(|row| row.json::<Session>(0)).transpose()? else { return Ok(()) };
        return tell(sql, context, organization, &event(About::Session(&session)), id, &entry.details);
    }
    let statement = "SELECT record, revoked_at FROM api_keys WHERE id = ?";
    let Some(row) = query_one(sql, statement, &[entry.target.as_str().into()])? else { return Ok(()) };
    let mut key = store::key(&row)?;
    domains::mark(sql, [&mut key])?;
    tell(sql, context, organization, &event(About::Key(&key)), id, &entry.details)
}

/// Writes an event down for one endpoint, whatever that is told otherwise.
///
/// # Errors
/// Those of the database.
pub fn tell_one(
    sql: &dyn Sql,
    context: &Context<'_>,
    organization: &Organization,
    event: &Event<'_>,
    endpoint: &Endpoint,
) -> Result<Delivery, SqlError> {
    let (seq, id) = write(sql, context, organization, event, None, &[])?;
    deliver(sql, context, event.kind, seq, &id, endpoint)
}

fn tell(
    sql: &dyn Sql,
    context: &Context<'_>,
    organization: &Organization,
    event: &Event<'_>,
    id: Option<EventId>,
    changed: &[String],
) -> Result<(), SqlError> {
    if organization.policy.status == OrganizationStatus::Deleted {
        return Ok(());
    }
    let mut wanting = webhooks::active(sql)?;
    wanting.retain(|endpoint| endpoint.events.wants(event.kind));
    if wanting.is_empty() {
        return Ok(());
    }
    let (seq, id) = write(sql, context, organization, event, id, changed)?;
    for endpoint in &wanting {
        deliver(sql, context, event.kind, seq, &id, endpoint)?;
    }
    Ok(())
}

fn write(
    sql: &dyn Sql,
    context: &Context<'_>,
    organization: &Organization,
    event: &Event<'_>,
    id: Option<EventId>,
    changed: &[String],
) -> Result<(i64, EventId), SqlError> {
    let seq = webhooks::next_seq(sql)?;
    let own = || EventId::from_seed(&seed_of(&[b"event", context.seed, &seq.to_be_bytes()]));
    let id = id.unwrap_or_else(own);
    let message = payload::message(&organization.id, seq, event, changed).to_string();
    webhooks::insert_event(sql, seq, id.as_str(), &message)?;
    Ok((seq, id))
}

fn deliver(
    sql: &dyn Sql,
    context: &Context<'_>,
    kind: EventKind,
    seq: i64,
    event_id: &EventId,
    endpoint: &Endpoint,
) -> Result<Delivery, SqlError> {
    let seed = seed_of(&[b"delivery", event_id.as_str().as_bytes(), endpoint.id.as_str().as_bytes()]);
    let delivery = Delivery {
        id: DeliveryId::from_seed(&seed),
        endpoint_id: endpoint.id.clone(),
        event_id: event_id.clone(),
        seq,
        kind,
        created_at: context.now,
        deadline_at: context.now.plus_millis(LIFE_MS),
        status: DeliveryStatus::Pending,
        attempts: 0,
        tried: 0,
        attempted_at: None,
        answered: None,
        failure: None,
        due_at: Some(context.now),
        delivered_at: None,
    };
    webhooks::insert_delivery(sql, &delivery)?;
    sending::reschedule(sql, &endpoint.id)?;
    Ok(delivery)
}

/// A seed for an id that follows from what is known: a step may need more of them than it has random draws.
pub(super) fn seed_of(parts: &[&[u8]]) -> [u8; 64] {
    let mut hasher = Sha256::new();
    for part in parts {
        // Each behind its length, so that no two lists read the same.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut seed = [0; 64];
    for (to, byte) in seed.iter_mut().zip(hasher.finalize()) {
        *to = byte;
    }
    seed
}
