//! The schemas of what people send about webhooks.

use serde_json::{Value, json};

use super::{Field, NotNull, Optional, Presence, Required, body, change, list, text};
use crate::api::openapi::answers::one_of;
use crate::api::webhook_body::{ALL_EVENTS, EVENTS_MAX};
use crate::domain::egress::URL_CHARACTERS_MAX;
use crate::domain::event::EventKind;
use crate::domain::text::Name;

/// The schemas of the bodies of webhooks' routes.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let example = json!({ "url": "https://hooks.example.com/latchkey", "events": ["api_key.created"] });
    vec![
        ("CreateWebhookEndpoint", body("A new endpoint.", endpoint(Required, Optional), &example)),
        (
            "ChangeWebhookEndpoint",
            change(body("Changes to an endpoint.", endpoint(NotNull, NotNull), &json!({ "active": true }))),
        ),
    ]
}

fn endpoint(url: Presence, others: Presence) -> Vec<Field> {
    let words: Vec<&str> = EventKind::ALL.into_iter().map(EventKind::as_str).chain([ALL_EVENTS]).collect();
    let mut events = list(&one_of(words), EVENTS_MAX);
    events["minItems"] = 1.into();
    vec![
        (
            "url",
            url,
            json!({ "type": "string", "format": "uri", "maxLength": URL_CHARACTERS_MAX }),
            "Where it listens: https, a public DNS name, port 443.",
        ),
        ("events", others, events, "What it is told; `*`, the default, stands for all."),
        ("description", Optional, text(Name::MAX_CHARACTERS), "What people call it, on one line."),
        ("active", others, json!({ "type": "boolean" }), "Whether it is told anything; true by default."),
    ]
}
