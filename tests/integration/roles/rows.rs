//! The table of routes: what each needs, and what it answers whoever may.

use latchkey::domain::operation::Operation;
use serde_json::{Value, json};

/// A route below an organization: method, path, what it takes, what to send, what success looks like.
pub type Row = (&'static str, &'static str, Operation, Value, u16);

const NULL: Value = Value::Null;

/// The table. Somebody else is removed here; what leaving takes is in `members`.
pub fn rows() -> Vec<Row> {
    use Operation::*;
    let key = || json!({ "name": "Key" });
    let session = || json!({ "name": "Session" });
    let outcome = || json!({ "outcomes": [{ "keyId": format!("key_{:031}", 0), "status": 200, "latencyMs": 1 }] });
    let endpoint = || json!({ "url": "https://hooks.example.com/" });
    vec![
        ("GET", "", ReadOrganization, NULL, 200),
        ("PATCH", "", WriteOrganization, json!({ "name": "Renamed" }), 200),
        ("GET", "/members", ReadMembers, NULL, 200),
        ("GET", "/members/{userId}", ReadMembers, NULL, 200),
        ("PATCH", "/members/{userId}", WriteMembers, json!({ "role": "viewer" }), 200),
        ("DELETE", "/members/{userId}", WriteMembers, NULL, 204),
        ("POST", "/members/{userId}/password_reset", WriteOwners, NULL, 200),
        ("GET", "/invitations", ReadMembers, NULL, 200),
        ("POST", "/invitations", WriteMembers, json!({ "role": "member" }), 201),
        ("DELETE", "/invitations/{id}", WriteMembers, NULL, 204),
        ("POST", "/keys/verify", VerifyKeys, json!({ "key": "guess" }), 200),
        ("POST", "/outcomes", VerifyKeys, outcome(), 200),
        ("GET", "/api_keys", ReadApiKeys, NULL, 200),
        ("POST", "/api_keys", WriteApiKeys, key(), 201),
        ("GET", "/api_keys/{id}", ReadApiKeys, NULL, 200),
        ("PATCH", "/api_keys/{id}", WriteApiKeys, key(), 200),
        ("DELETE", "/api_keys/{id}", WriteApiKeys, NULL, 200),
        ("POST", "/api_keys/{id}/rotate", WriteApiKeys, json!({ "overlapSeconds": 60 }), 201),
        ("GET", "/api_keys/{id}/usage", ReadApiKeys, NULL, 200),
        ("GET", "/api_keys/{id}/evidence", ReadApiKeys, NULL, 200),
        ("GET", "/api_keys/unused", ReadApiKeys, NULL, 200),
        ("POST", "/api_keys/revoke", WriteApiKeys, json!({ "ids": [], "dryRun": true }), 200),
        ("POST", "/imports", WriteApiKeys, json!({ "prefix": "mist_", "keys": [{ "key": "mist_0123456789" }] }), 200),
        ("GET", "/api_keys/{id}/requests", ReadApiKeys, NULL, 200),
        ("GET", "/sessions", ReadSessions, NULL, 200),
        ("POST", "/sessions", WriteSessions, session(), 201),
        ("GET", "/sessions/{id}", ReadSessions, NULL, 200),
        ("PATCH", "/sessions/{id}", WriteSessions, session(), 200),
        ("DELETE", "/sessions/{id}", WriteSessions, NULL, 200),
        ("GET", "/sessions/{id}/health", ReadSessions, NULL, 200),
        ("GET", "/sessions/{id}/api_keys", ReadApiKeys, NULL, 200),
        ("POST", "/sessions/{id}/api_keys", WriteApiKeys, NULL, 201),
        ("GET", "/sessions/{id}/usage", ReadSessions, NULL, 200),
        ("GET", "/usage", ReadSessions, NULL, 200),
        ("GET", "/audit_log", ReadAuditLog, NULL, 200),
        ("GET", "/audit_log/export", ReadAuditLog, NULL, 200),
        ("GET", "/alert_rules", ReadAlerts, NULL, 200),
        ("PATCH", "/alert_rules/{kind}", WriteAlerts, json!({ "enabled": false }), 200),
        ("DELETE", "/alert_rules/{kind}", WriteAlerts, NULL, 200),
        ("GET", "/alerts", ReadAlerts, NULL, 200),
        ("GET", "/alerts/{id}", ReadAlerts, NULL, 200),
        ("POST", "/alerts/{id}/acknowledge", WriteAlerts, NULL, 200),
        ("POST", "/webhook_endpoints", WriteWebhooks, endpoint(), 201),
        ("GET", "/webhook_endpoints", ReadWebhooks, NULL, 200),
        ("GET", "/webhook_endpoints/{id}", ReadWebhooks, NULL, 200),
        ("PATCH", "/webhook_endpoints/{id}", WriteWebhooks, endpoint(), 200),
        ("DELETE", "/webhook_endpoints/{id}", WriteWebhooks, NULL, 204),
        ("POST", "/webhook_endpoints/{id}/rotate_secret", WriteWebhooks, NULL, 200),
        ("POST", "/webhook_endpoints/{id}/test", WriteWebhooks, NULL, 202),
        ("GET", "/webhook_endpoints/{id}/deliveries", ReadWebhooks, NULL, 200),
        ("GET", "/webhook_endpoints/{id}/deliveries/{deliveryId}", ReadWebhooks, NULL, 200),
        ("POST", "/webhook_endpoints/{id}/deliveries/{deliveryId}/replay", WriteWebhooks, NULL, 202),
        (
            "POST",
            "/gateway_routes",
            WriteGatewayRoutes,
            json!({ "path": "/a", "origin": "https://a.example.com" }),
            201,
        ),
        ("GET", "/gateway_routes", ReadGatewayRoutes, NULL, 200),
        ("GET", "/gateway_routes/{id}", ReadGatewayRoutes, NULL, 200),
        ("PATCH", "/gateway_routes/{id}", WriteGatewayRoutes, json!({ "cost": 2 }), 200),
        ("DELETE", "/gateway_routes/{id}", WriteGatewayRoutes, NULL, 204),
        ("POST", "/gateway_routes/{id}/rotate_secret", WriteGatewayRoutes, NULL, 200),
        ("POST", "/domains", WriteDomains, json!({ "domain": "example.com" }), 201),
        ("GET", "/domains", ReadDomains, NULL, 200),
        ("GET", "/domains/{id}", ReadDomains, NULL, 200),
        ("PATCH", "/domains/{id}", WriteDomains, json!({ "onLoss": "refuse" }), 200),
        ("DELETE", "/domains/{id}", WriteDomains, NULL, 200),
        ("POST", "/domains/{id}/verify", WriteDomains, NULL, 200),
        ("POST", "/export", ExportOrganization, NULL, 200),
        ("POST", "/transfer", TransferOrganization, json!({ "userId": "{userId}" }), 200),
        ("DELETE", "", DeleteOrganization, NULL, 200),
    ]
}
