//! Endpoints for webhooks and deliveries as clients read them, and what they send about them.

use serde::Serialize;
use serde_json::Value;

use super::fields::plain::{boolean, list, text};
use super::fields::values::name;
use super::fields::{FieldCode, FieldError, FieldErrors, Fields};
use super::json::Json;
use super::key_body::{ActorBody, time};
use super::problem::Problem;
use crate::domain::egress::ReceiverUrl;
use crate::domain::event::EventKind;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::{Dead, Delivery, Endpoint, EventFilter, Failure};
use crate::organization::webhooks::protocol::{EndpointChange, NewEndpoint};

/// Stands for all events.
pub(super) const ALL_EVENTS: &str = "*";
/// The most entries of `events`: every kind, and some by mistake twice.
pub(super) const EVENTS_MAX: usize = 50;

/// An endpoint for webhooks.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookEndpointBody {
    /// The id of the endpoint.
    id: String,
    /// Where it listens.
    url: String,
    /// What it is told: names of events, or `*` for all.
    events: Vec<&'static str>,
    /// What people call it.
    description: Option<String>,
    /// Whether it is told anything.
    active: bool,
    /// Why the service has switched it off: `gone` (it answered 410) or `failing`; null if it has not.
    disabled_reason: Option<&'static str>,
    /// Since when everything fails; null while the last message was taken.
    failing_since: Option<String>,
    /// When it last took a message.
    last_delivered_at: Option<String>,
    /// Until when the secret before the newest signs as well; null if there is only one.
    previous_secret_until: Option<String>,
    /// Who created it.
    created_by: ActorBody,
    /// When it was created.
    created_at: String,
    /// When its settings last changed.
    updated_at: String,
}

/// An endpoint with its secret, in the one answer that has it. No `Debug`: it would print the secret.
#[derive(Serialize)]
pub(super) struct SecretWebhookEndpointBody {
    /// The record.
    #[serde(flatten)]
    record: WebhookEndpointBody,
    /// The secret by which messages are signed, `whsec_` and base64. It is shown this once.
    secret: String,
}

/// The delivery of one event to one endpoint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookDeliveryBody {
    /// The id of the delivery.
    id: String,
    /// The endpoint.
    webhook_endpoint_id: String,
    /// The id of the event: the header `webhook-id` of every attempt.
    event_id: String,
    /// What has happened.
    event: &'static str,
    /// The number of the event in its organization.
    seq: i64,
    /// Whether it is `pending`, `delivered` or `failed`.
    status: &'static str,
    /// How often it was tried.
    attempts: u32,
    /// What the endpoint answered last; null if it has not.
    last_status: Option<u32>,
    /// What went wrong last: `status`, `redirect`, `gone`, `unreachable`, `timeout`, `forbidden` or `disabled`.
    last_error: Option<&'static str>,
    /// When it was last tried.
    last_attempt_at: Option<String>,
    /// When it is tried next.
    next_attempt_at: Option<String>,
    /// When the endpoint took it.
    delivered_at: Option<String>,
    /// When the event was written down.
    created_at: String,
}

/// A delivery with what it says.
#[derive(Debug, Serialize)]
pub(super) struct ReadWebhookDeliveryBody {
    /// The record.
    #[serde(flatten)]
    record: WebhookDeliveryBody,
    /// The message, as it is sent.
    payload: Value,
}

impl WebhookEndpointBody {
    /// Writes the record as it stands at `now`.
    pub(super) fn new(endpoint: &Endpoint, now: Timestamp) -> Self {
        let events = match &endpoint.events {
            EventFilter::All => vec![ALL_EVENTS],
            EventFilter::Only(kinds) => kinds.iter().map(|kind| kind.as_str()).collect(),
        };
        let former = endpoint.secrets.iter().filter_map(|secret| secret.until).filter(|until| *until > now);
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url.as_str().to_owned(),
            events,
            description: endpoint.description.as_ref().map(ToString::to_string),
            active: endpoint.active,
            disabled_reason: endpoint.dead.map(Dead::as_str),
            failing_since: time(endpoint.failing_since),
            last_delivered_at: time(endpoint.delivered_at),
            previous_secret_until: time(former.max()),
            created_by: ActorBody::new(&endpoint.created_by),
            created_at: endpoint.created_at.to_string(),
            updated_at: endpoint.updated_at.to_string(),
        }
    }
}

impl SecretWebhookEndpointBody {
    /// Writes the record with its secret.
    pub(super) fn new(endpoint: &Endpoint, secret: String, now: Timestamp) -> Self {
        Self { record: WebhookEndpointBody::new(endpoint, now), secret }
    }
}

impl WebhookDeliveryBody {
    /// Writes the record.
    pub(super) fn new(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            webhook_endpoint_id: delivery.endpoint_id.to_string(),
            event_id: delivery.event_id.to_string(),
            event: delivery.kind.as_str(),
            seq: delivery.seq,
            status: delivery.status.as_str(),
            attempts: delivery.attempts,
            last_status: delivery.answered.map(u32::from),
            last_error: delivery.failure.map(Failure::as_str),
            last_attempt_at: time(delivery.attempted_at),
            next_attempt_at: time(delivery.due_at),
            delivered_at: time(delivery.delivered_at),
            created_at: delivery.created_at.to_string(),
        }
    }
}

impl ReadWebhookDeliveryBody {
    /// Writes the record with what it says.
    pub(super) fn new(delivery: &Delivery, payload: &str) -> Self {
        let payload = serde_json::from_str(payload).unwrap_or(Value::Null);
        Self { record: WebhookDeliveryBody::new(delivery), payload }
    }
}

/// Reads the body of a new endpoint. `loopback`: whether it may be on this very machine.
pub(super) fn new_endpoint(json: &Json, loopback: bool) -> Result<NewEndpoint, Problem> {
    let mut fields = Fields::of(json);
    let url = fields.required("url", text(receiver(loopback)));
    let events = fields.optional("events", events).unwrap_or(EventFilter::All);
    let description = fields.optional("description", text(name));
    let active = fields.optional("active", boolean).unwrap_or(true);
    Ok(fields.finish_with(|| Some(NewEndpoint { url: url?, events, description, active }))?)
}

/// Reads the body of a change.
pub(super) fn endpoint_change(json: &Json, loopback: bool) -> Result<EndpointChange, Problem> {
    let mut fields = Fields::of(json);
    fields.at_least_one();
    let change = EndpointChange {
        url: fields.given("url", text(receiver(loopback))),
        events: fields.given("events", events),
        description: fields.nullable("description", text(name)),
        active: fields.given("active", boolean),
    };
    fields.finish()?;
    Ok(change)
}

fn receiver(loopback: bool) -> impl Fn(&str) -> Result<ReceiverUrl, FieldError> {
    move |text| {
        let refused = |error| FieldError::explained(FieldCode::InvalidFormat, &error);
        ReceiverUrl::parse(text, loopback).map_err(refused)
    }
}

/// A list of names of events; `*`, alone or among others, stands for all.
fn events(json: &Json) -> Result<EventFilter, FieldErrors> {
    let named = |text: &str| {
        let known = || FieldError::one_of(EventKind::ALL.into_iter().map(EventKind::as_str).chain([ALL_EVENTS]));
        if text == ALL_EVENTS { Ok(None) } else { EventKind::parse(text).map(Some).ok_or_else(known) }
    };
    let kinds = list(EVENTS_MAX, "names", |element| text(named)(element))(json)?;
    if kinds.is_empty() {
        return Err(FieldError::new(FieldCode::TooShort, "must name at least one event, or *").into());
    }
    let listed: Option<Vec<EventKind>> = kinds.into_iter().collect();
    Ok(listed.map_or(EventFilter::All, EventFilter::only))
}
