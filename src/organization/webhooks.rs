//! Endpoints for webhooks: created, changed, tried and deleted by those who may. What is sent to them, and what becomes of
//! it, stands in [`sending`]; events are written down by `events`.
//!
//! A secret is shown when it is made. It is derived from a nonce in the row, so that it can sign and is stored nowhere.

pub mod lists;
pub mod protocol;
pub mod sending;
pub mod store;
pub mod watch;

use serde_json::{Map, json};

use crate::domain::alert::{Kind, Severity, Signal};
use crate::domain::audit::Action;
use crate::domain::event::{About, Event, EventKind};
use crate::domain::id::{DeliveryId, EndpointId};
use crate::domain::organization::Organization;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::signature::Secret;
use crate::domain::webhook::{ENDPOINTS_MAX, Endpoint, OVERLAP_MS, SECRETS_MAX, SecretSource, schedule};
use crate::object::{Abort, Authority, Context, Effect, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::changes::require_open;
use super::members::{Admission, admit};
use super::protocol::{OneTime, Reply};
use super::{OrganizationObject, alerts, events};
use protocol::{EndpointChange, NewEndpoint, WebhookCommand, WebhookReply};

/// What a command may do to the rows.
pub fn effect(command: &WebhookCommand) -> Effect {
    match command {
        WebhookCommand::List { .. }
        | WebhookCommand::Read { .. }
        | WebhookCommand::Deliveries { .. }
        | WebhookCommand::Delivery { .. } => Effect::Reads,
        WebhookCommand::Create { .. }
        | WebhookCommand::Change { .. }
        | WebhookCommand::Delete { .. }
        | WebhookCommand::RotateSecret { .. }
        | WebhookCommand::Test { .. }
        | WebhookCommand::Replay { .. } => Effect::Writes,
    }
}

/// Forgets what is old, and tells of keys that expire.
pub fn tidy(sql: &dyn Sql, context: &Context<'_>) -> Result<(), SqlError> {
    if store::prune_at(sql)?.is_some_and(|at| at <= context.now) {
        store::prune(sql, context.now)?;
    }
    watch::tidy(sql, context)
}

/// When there is something to forget or to tell.
pub fn tidy_at(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    Ok([store::prune_at(sql)?, watch::tidy_at(sql)?].into_iter().flatten().min())
}

/// Carries out a command about webhooks.
pub fn handle(
    sql: &dyn Sql,
    context: &Context<'_>,
    command: &WebhookCommand,
) -> Result<Step<OrganizationObject>, Abort> {
    match command {
        WebhookCommand::List { caller, page } => Ok(done(lists::endpoints(sql, caller, page)?)),
        WebhookCommand::Read { caller, id } => Ok(done(lists::endpoint(sql, caller, id)?)),
        WebhookCommand::Deliveries { caller, query } => Ok(done(lists::deliveries(sql, caller, query)?)),
        WebhookCommand::Delivery { caller, id, delivery_id } => {
            Ok(done(lists::delivery(sql, caller, id, delivery_id)?))
        }
        WebhookCommand::Create { authority, endpoint } => {
            admitted(sql, context, authority, |_| create(sql, context, authority, endpoint))
        }
        WebhookCommand::Change { authority, id, change } => {
            admitted(sql, context, authority, |_| self::change(sql, context, authority, id, change))
        }
        WebhookCommand::Delete { authority, id } => {
            admitted(sql, context, authority, |_| delete(sql, context, authority, id))
        }
        WebhookCommand::RotateSecret { authority, id } => {
            admitted(sql, context, authority, |_| rotate_secret(sql, context, authority, id))
        }
        WebhookCommand::Test { authority, id } => {
            admitted(sql, context, authority, |organization| test(sql, context, authority, organization, id))
        }
        WebhookCommand::Replay { authority, id, delivery_id } => {
            admitted(sql, context, authority, |_| replay(sql, context, authority, id, delivery_id))
        }
    }
}

fn done(reply: WebhookReply) -> Step<OrganizationObject> {
    Step::done(Reply::Webhooks { webhooks: Box::new(reply) })
}

/// Checks the authority first: nobody learns which endpoints there are by failing.
fn admitted(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    work: impl FnOnce(&Organization) -> Result<WebhookReply, Abort>,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_open(sql)?;
    match admit(sql, context, &organization, authority)? {
        Admission::Granted(_) => work(&organization).map(done),
        Admission::Ask(question) => Ok(Step::Confirm(question)),
    }
}

fn create(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    new: &NewEndpoint,
) -> Result<WebhookReply, Abort> {
    if store::count(sql)? >= ENDPOINTS_MAX {
        return Err(Rejection::TooManyWebhooks.into());
    }
    let endpoint = Endpoint {
        id: EndpointId::from_seed(&events::seed_of(&[b"endpoint", &context.draw(1)])),
        url: new.url.clone(),
        events: new.events.clone(),
        description: new.description.clone(),
        active: new.active,
        dead: None,
        secrets: vec![new_source(context)],
        failing_since: None,
        given_up: 0,
        delivered_at: None,
        created_by: authority.actor(),
        created_at: context.now,
        updated_at: context.now,
    };
    watch::begin(sql, context.now)?;
    store::save(sql, &endpoint)?;
    note(sql, context, authority, Action::WebhookCreated, &endpoint.id, &[])?;
    shown_once(context, endpoint)
}

fn new_source(context: &Context<'_>) -> SecretSource {
    SecretSource { root: context.keyring.newest_version(), nonce: hex::encode(context.draw(2)), until: None }
}

fn shown_once(context: &Context<'_>, endpoint: Endpoint) -> Result<WebhookReply, Abort> {
    let source = endpoint.secrets.first();
    let secret = source.and_then(|source| Secret::derive(context.keyring, &endpoint.id, source));
    let secret = secret.ok_or_else(|| SqlError("a secret cannot be derived".to_owned()))?;
    Ok(WebhookReply::Endpoint { endpoint: Box::new(endpoint), secret: Some(OneTime(secret.shown())) })
}

fn change(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    id: &EndpointId,
    change: &EndpointChange,
) -> Result<WebhookReply, Abort> {
    let mut endpoint = require(sql, id)?;
    if let Some(url) = &change.url {
        endpoint.url = url.clone();
    }
    if let Some(wanted) = &change.events {
        endpoint.events = wanted.clone();
    }
    endpoint.description = change.description.clone().apply(endpoint.description);
    if let Some(active) = change.active {
        if active && !endpoint.active {
            watch::begin(sql, context.now)?;
        }
        endpoint.active = active;
        (endpoint.dead, endpoint.failing_since, endpoint.given_up) = (None, None, 0);
    }
    endpoint.updated_at = context.now;
    store::save(sql, &endpoint)?;
    if change.active.is_some() {
        resolve(sql, context, id)?;
        if !endpoint.active {
            sending::give_up(sql, id)?;
        }
    }
    note(sql, context, authority, Action::WebhookUpdated, id, &change.fields())?;
    Ok(WebhookReply::Endpoint { endpoint: Box::new(endpoint), secret: None })
}

fn delete(sql: &dyn Sql, context: &Context<'_>, authority: &Authority, id: &EndpointId) -> Result<WebhookReply, Abort> {
    require(sql, id)?;
    store::delete(sql, id)?;
    sending::reschedule(sql, id)?;
    resolve(sql, context, id)?;
    note(sql, context, authority, Action::WebhookDeleted, id, &[])?;
    Ok(WebhookReply::Done)
}

fn rotate_secret(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    id: &EndpointId,
) -> Result<WebhookReply, Abort> {
    let mut endpoint = require(sql, id)?;
    let until = context.now.plus_millis(OVERLAP_MS);
    endpoint.secrets.retain(|secret| secret.until.is_none_or(|until| until > context.now));
    for secret in &mut endpoint.secrets {
        secret.until = Some(secret.until.map_or(until, |before| before.min(until)));
    }
    endpoint.secrets.insert(0, new_source(context));
    endpoint.secrets.truncate(SECRETS_MAX);
    endpoint.updated_at = context.now;
    store::save(sql, &endpoint)?;
    note(sql, context, authority, Action::WebhookSecretRotated, id, &[])?;
    shown_once(context, endpoint)
}

fn test(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    organization: &Organization,
    id: &EndpointId,
) -> Result<WebhookReply, Abort> {
    let endpoint = require_active(sql, id)?;
    let actor = authority.actor();
    let about = Map::from_iter([("webhookEndpointId".to_owned(), json!(id))]);
    let event =
        Event { kind: EventKind::WebhookTest, at: context.now, actor: Some(&actor), about: About::Other(&about) };
    let delivery = events::tell_one(sql, context, organization, &event, &endpoint)?;
    note(sql, context, authority, Action::WebhookTested, id, &[])?;
    Ok(WebhookReply::Delivery { delivery: Box::new(delivery), payload: None })
}

fn replay(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    id: &EndpointId,
    delivery_id: &DeliveryId,
) -> Result<WebhookReply, Abort> {
    require_active(sql, id)?;
    let (mut delivery, _) = store::delivery(sql, id, delivery_id)?.ok_or(Rejection::WebhookDeliveryNotFound)?;
    schedule::replay(&mut delivery, context.now);
    store::save_delivery(sql, &delivery)?;
    sending::reschedule(sql, id)?;
    note(sql, context, authority, Action::WebhookReplayed, id, &[delivery.id.as_str()])?;
    Ok(WebhookReply::Delivery { delivery: Box::new(delivery), payload: None })
}

fn require(sql: &dyn Sql, id: &EndpointId) -> Result<Endpoint, Abort> {
    store::endpoint(sql, id)?.ok_or(Abort::Rejected(Rejection::WebhookNotFound))
}

fn require_active(sql: &dyn Sql, id: &EndpointId) -> Result<Endpoint, Abort> {
    let endpoint = require(sql, id)?;
    if endpoint.active { Ok(endpoint) } else { Err(Rejection::WebhookDisabled.into()) }
}

fn note(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    action: Action,
    id: &EndpointId,
    details: &[&str],
) -> Result<(), SqlError> {
    audit_log::record(sql, context, authority.actor(), action, id.as_str(), details).map(drop)
}

/// An endpoint was switched off because it takes nothing.
pub(super) fn alarm(sql: &dyn Sql, context: &Context<'_>, endpoint: &Endpoint) -> Result<(), SqlError> {
    let reason = endpoint.dead.map_or("", crate::domain::webhook::Dead::as_str);
    let facts = vec![("host".to_owned(), endpoint.url.host()), ("reason".to_owned(), reason.to_owned())];
    alerts::signal(sql, context, &signal(&endpoint.id, true, context.now, facts))
}

fn resolve(sql: &dyn Sql, context: &Context<'_>, id: &EndpointId) -> Result<(), SqlError> {
    alerts::signal(sql, context, &signal(id, false, context.now, Vec::new()))
}

fn signal(id: &EndpointId, is_open: bool, at: Timestamp, facts: Vec<(String, String)>) -> Signal {
    let (kind, subject) = (Kind::WebhookDead, id.to_string());
    Signal { kind, subject, session_id: None, is_open, severity: Severity::Critical, at, facts }
}
