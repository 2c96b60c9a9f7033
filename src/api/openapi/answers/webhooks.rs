//! What strings of answers about webhooks are.

use serde_json::{Value, json};

use super::{id, one_of, reference};
use crate::api::webhook_body::ALL_EVENTS;
use crate::domain::event::EventKind;
use crate::domain::webhook::{Dead, DeliveryStatus, Failure};

/// The schemas of ids.
pub(super) fn ids() -> [(&'static str, Value); 2] {
    [("WebhookEndpointId", id("whe", 22)), ("WebhookDeliveryId", id("dlv", 22))]
}

/// What the strings of a member are; none for members of other answers.
pub(super) fn text(owner: &str, member: &str) -> Option<Value> {
    Some(match (owner, member) {
        ("WebhookEndpointBody", "id") | (_, "webhook_endpoint_id") => reference("WebhookEndpointId"),
        ("WebhookDeliveryBody", "id") => reference("WebhookDeliveryId"),
        ("WebhookEndpointBody", "events") => one_of(events().chain([ALL_EVENTS])),
        ("WebhookEndpointBody", "disabled_reason") => one_of([Dead::Gone, Dead::Failing].map(Dead::as_str)),
        ("WebhookEndpointBody", "previous_secret_until" | "failing_since") => super::time(),
        ("SecretWebhookEndpointBody", "secret") => json!({ "type": "string", "pattern": "^whsec_[0-9A-Za-z+/]+=*$" }),
        ("WebhookDeliveryBody", "event") => one_of(events()),
        ("WebhookDeliveryBody", "event_id") => id("evt", 22),
        ("WebhookDeliveryBody", "status") => one_of(DeliveryStatus::ALL.map(DeliveryStatus::as_str)),
        ("WebhookDeliveryBody", "last_error") => one_of(Failure::ALL.map(Failure::as_str)),
        _ => return None,
    })
}

fn events() -> impl Iterator<Item = &'static str> {
    EventKind::ALL.into_iter().map(EventKind::as_str)
}
