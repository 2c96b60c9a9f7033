//! What the service sends: the messages to the hook for links, as OpenAPI describes webhooks. A test of the whole house
//! compares messages with these schemas.

use serde_json::{Map, Value, json};

use super::answers::{email, reference, role, time};

/// The schemas of the messages.
pub(super) fn schemas() -> Map<String, Value> {
    let text = json!({ "type": "string" });
    let url =
        json!({ "type": ["string", "null"], "description": "The page of the dashboard; null where there is none." });
    let messages = [
        (
            "InvitationMessage",
            "Somebody was invited by address.",
            "invitation",
            json!({ "email": email(), "organization": text, "role": role(), "token": text, "url": url, "expiresAt": time() }),
        ),
        (
            "PasswordResetMessage",
            "Somebody has forgotten the password.",
            "password_reset",
            json!({ "email": email(), "firstName": text, "token": text, "url": url, "expiresAt": time() }),
        ),
    ];
    let alert = (
        "AlertMessage",
        "An alert was opened, or is over.",
        "alert",
        json!({
            "to": { "type": "array", "items": email() },
            "organization": text,
            "organizationId": reference("OrganizationId"),
            "alert": { "type": "object", "description": "The alert, as in webhooks." },
        }),
    );
    let schemas = messages
        .into_iter()
        .chain([alert])
        .map(|(name, description, kind, data)| (name.to_owned(), message(description, kind, data)));
    schemas.collect()
}

fn message(description: &str, kind: &str, data: Value) -> Value {
    let names: Vec<&String> = data.as_object().into_iter().flat_map(Map::keys).collect();
    json!({
        "type": "object",
        "description": description,
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": { "type": "string", "const": kind },
            "timestamp": time(),
            "data": { "type": "object", "required": names, "properties": data },
        },
    })
}

/// The messages, by their type.
pub(super) fn webhooks() -> Value {
    json!({
        "alert": webhook("Tells people of an alert", "AlertMessage"),
        "invitation": webhook("Sends somebody the link of an invitation", "InvitationMessage"),
        "password_reset": webhook("Sends somebody a link that sets the password anew", "PasswordResetMessage"),
    })
}

fn webhook(summary: &str, schema: &str) -> Value {
    let header = |name: &str, description: &str| {
        json!({
            "name": name,
            "in": "header",
            "required": true,
            "schema": { "type": "string" },
            "description": description,
        })
    };
    json!({
        "post": {
            "tags": ["Account"],
            "summary": summary,
            "description": "To `LINK_HOOK_URL`, signed as the Standard Webhooks specification has it.",
            "parameters": [
                header("webhook-id", "Names the message: the same in every attempt to send it."),
                header("webhook-timestamp", "When it was sent, in seconds since 1970."),
                header("webhook-signature", "`v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`."),
            ],
            "requestBody": {
                "required": true,
                "content": { "application/json": { "schema": reference(schema) } },
            },
            "responses": {
                "2XX": { "description": "Taken." },
                "default": { "description": "Not taken; it is sent again later, as long as the link is good." },
            },
        },
    })
}
