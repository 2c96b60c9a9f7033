//! The schemas of what is copied out: their handlers write them piece by piece.

use serde_json::{Value, json};

use super::reference;

/// Their names and schemas.
pub(super) fn schemas() -> [(String, Value); 2] {
    [("Export".to_owned(), export()), ("AuditExport".to_owned(), audit_export())]
}

/// A copy of an organization, which its handler writes row by row.
fn export() -> Value {
    let list = |name: &str| json!({ "type": "array", "items": reference(name) });
    json!({
        "type": "object",
        "description": "Everything about an organization. Every list but that of rules is newest first; no secret is in it.",
        "required": ["organization", "members", "invitations", "sessions", "apiKeys", "domains", "webhookEndpoints", "gatewayRoutes", "alertRules", "alerts", "auditLog"],
        "properties": {
            "organization": reference("Organization"),
            "members": list("Member"),
            "invitations": list("Invitation"),
            "sessions": list("Session"),
            "apiKeys": list("ApiKey"),
            "domains": list("Domain"),
            "webhookEndpoints": list("WebhookEndpoint"),
            "gatewayRoutes": list("GatewayRoute"),
            "alertRules": list("AlertRule"),
            "alerts": list("Alert"),
            "auditLog": list("AuditEntry"),
        },
    })
}

/// The audit log as it is stored, line by line.
fn audit_export() -> Value {
    json!({
        "type": "string",
        "description": "Lines of JSON. First `{type: \"anchor\", seq, hash}`, the place before the first entry; then \
            `{seq, hash, entry, copiedFrom}` for each, where `hash` is the SHA-256 (hexadecimal) over the hash before it, \
            `seq` and the text `entry`, each followed by a line feed; last `{type: \"head\", seq, hash}`.",
    })
}
