//! The tour of the gateway's routes, as keys and as members make it.

use serde_json::json;

use super::{Visitor, text};

/// Shows everything about routes of the gateway.
pub(super) fn tour(visitor: &Visitor, by: &str, at: &str) {
    let all = format!("{at}/gateway_routes");
    let full = json!({
        "path": "/tour", "origin": "https://origin.example.com/base", "description": "Tour",
        "permissions": ["orders:read"], "sessionId": null, "environment": "production", "cost": 2,
        "consistency": "leased", "stripPath": true, "active": true, "timeoutMs": 5_000,
    });
    let route = text(&visitor.expect(201, "POST", &all, by, Some(full.clone())), "id");
    let one = format!("{all}/{route}");
    visitor.expect(409, "POST", &all, by, Some(full));
    for body in [
        json!({}),
        json!({ "path": "/b", "origin": "http://example.com/" }),
        json!({ "path": "b", "origin": "https://example.com/" }),
        json!({ "path": "/b", "origin": "https://example.com/", "timeoutMs": 1 }),
    ] {
        visitor.expect(400, "POST", &all, by, Some(body));
    }
    let elsewhere =
        json!({ "path": "/b", "origin": "https://example.com/", "sessionId": format!("ses_{}", "0".repeat(19)) });
    visitor.expect(404, "POST", &all, by, Some(elsewhere));
    visitor.expect(200, "GET", &format!("{all}?limit=1"), by, None);
    visitor.expect(200, "GET", &one, by, None);
    let change = json!({ "permissions": "orders:write", "description": null, "environment": null });
    visitor.expect(200, "PATCH", &one, by, Some(change));
    visitor.expect(400, "PATCH", &one, by, Some(json!({ "origin": null })));
    visitor.expect(200, "POST", &format!("{one}/rotate_secret"), by, None);
    visitor.expect(204, "DELETE", &one, by, None);
    visitor.expect(404, "GET", &one, by, None);
    visitor.expect(404, "PATCH", &one, by, Some(json!({ "cost": 1 })));
    visitor.expect(404, "DELETE", &one, by, None);
    visitor.expect(404, "POST", &format!("{one}/rotate_secret"), by, None);
}
