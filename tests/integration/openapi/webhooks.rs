//! The tour of webhooks, as keys and as members make it.

use serde_json::json;

use super::{Visitor, text};

/// A new endpoint, and something that was sent to it.
pub(super) fn made(visitor: &Visitor, by: &str, at: &str) -> (String, String) {
    let all = format!("{at}/webhook_endpoints");
    let new = json!({ "url": "https://hooks.example.com/", "events": ["*"], "description": "Tour", "active": true });
    let endpoint = text(&visitor.expect(201, "POST", &all, by, Some(new)), "id");
    let delivery = visitor.expect(202, "POST", &format!("{all}/{endpoint}/test"), by, None);
    (endpoint, text(&delivery, "id"))
}

/// Shows everything about webhooks.
pub(super) fn tour(visitor: &Visitor, by: &str, at: &str) {
    let (endpoint, delivery) = made(visitor, by, at);
    let all = format!("{at}/webhook_endpoints");
    let one = format!("{all}/{endpoint}");
    for body in
        [json!({}), json!({ "url": "http://example.com/" }), json!({ "url": "https://example.com/", "events": [] })]
    {
        visitor.expect(400, "POST", &all, by, Some(body));
    }
    visitor.expect(200, "GET", &format!("{all}?limit=1"), by, None);
    visitor.expect(200, "GET", &one, by, None);
    visitor.expect(200, "PATCH", &one, by, Some(json!({ "events": ["api_key.created"], "description": null })));
    visitor.expect(400, "PATCH", &one, by, Some(json!({ "events": ["api_key.eaten"] })));
    visitor.expect(200, "POST", &format!("{one}/rotate_secret"), by, None);
    visitor.expect(200, "GET", &format!("{one}/deliveries?status=delivered&limit=1"), by, None);
    visitor.expect(400, "GET", &format!("{one}/deliveries?status=lost"), by, None);
    visitor.expect(200, "GET", &format!("{one}/deliveries/{delivery}"), by, None);
    visitor.expect(404, "GET", &format!("{one}/deliveries/dlv_none"), by, None);
    visitor.expect(202, "POST", &format!("{one}/deliveries/{delivery}/replay"), by, None);
    visitor.expect(200, "PATCH", &one, by, Some(json!({ "active": false })));
    visitor.expect(409, "POST", &format!("{one}/test"), by, None);
    visitor.expect(204, "DELETE", &one, by, None);
    visitor.expect(404, "GET", &one, by, None);
}
