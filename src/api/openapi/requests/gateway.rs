//! The schemas of what people send about routes of the gateway.

use serde_json::{Value, json};

use super::{COST_MAX, Field, MAX_PERMISSIONS, NotNull, Optional, Presence, Required, body, change, list, text};
use crate::api::openapi::answers::{environment, mode, reference};
use crate::domain::egress::URL_CHARACTERS_MAX;
use crate::domain::gateway::TIMEOUT_MS;
use crate::domain::gateway::path::PATH_CHARACTERS_MAX;
use crate::domain::text::Name;

/// The schemas of the bodies of the gateway's routes.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let example = json!({ "path": "/orders", "origin": "https://orders.example.com", "permissions": ["orders:read"] });
    vec![
        ("CreateGatewayRoute", body("A new route of the gateway.", route(Required, Optional), &example)),
        (
            "ChangeGatewayRoute",
            change(body("Changes to a route.", route(NotNull, NotNull), &json!({ "active": false }))),
        ),
    ]
}

fn route(place: Presence, others: Presence) -> Vec<Field> {
    let flag = || json!({ "type": "boolean" });
    let path = json!({
        "type": "string", "maxLength": PATH_CHARACTERS_MAX, "pattern": "^/([A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*)?$",
    });
    let origin = json!({ "type": "string", "format": "uri", "maxLength": URL_CHARACTERS_MAX });
    let wanted = reference("Permission");
    let (least, most) = TIMEOUT_MS.into_inner();
    vec![
        ("path", place, path, "Which paths it is for: this one, and all below it; the longest route wins."),
        ("origin", place, origin, "Where they lead: https, a public DNS name, port 443, without a query."),
        ("description", Optional, text(Name::MAX_CHARACTERS), "What people call it, on one line."),
        (
            "permissions",
            others,
            json!({ "anyOf": [wanted, list(&wanted, MAX_PERMISSIONS)] }),
            "One permission or a list; a key must have all of them. None by default.",
        ),
        ("sessionId", Optional, reference("SessionId"), "The session a key must belong to; any by default."),
        ("environment", Optional, environment(), "The environment a key must belong to; any by default."),
        (
            "cost",
            others,
            json!({ "type": "integer", "minimum": 0, "maximum": COST_MAX }),
            "What a request costs of limits and credits; 1 by default.",
        ),
        ("consistency", others, mode(), "Who may decide, at most; `edge` by default."),
        (
            "stripPath",
            others,
            flag(),
            "Whether the origin is asked for what follows `path`, instead of for the whole path; false by default.",
        ),
        ("active", others, flag(), "Whether it is in use; true by default."),
        (
            "timeoutMs",
            others,
            json!({ "type": "integer", "minimum": least, "maximum": most }),
            "How long the origin may take until it begins to answer; 30,000 by default.",
        ),
    ]
}
