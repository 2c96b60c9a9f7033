//! The tour of domains, as keys and as members make it.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::{Visitor, text};

/// Shows everything about domains.
pub(super) fn tour(visitor: &Visitor, by: &str, at: &str) {
    let all = format!("{at}/domains");
    let new = json!({ "domain": "Bücher.example", "includeSubdomains": true, "onLoss": "refuse" });
    let domain = visitor.expect(201, "POST", &all, by, Some(new.clone()));
    let one = format!("{all}/{}", text(&domain, "id"));
    visitor.expect(409, "POST", &all, by, Some(new));
    for body in [json!({}), json!({ "domain": "localhost" }), json!({ "domain": "example.com", "onLoss": "shrug" })] {
        visitor.expect(400, "POST", &all, by, Some(body));
    }
    let bound = json!({ "name": "Early", "domain": "xn--bcher-kva.example" });
    visitor.expect(409, "POST", &format!("{at}/api_keys"), by, Some(bound.clone()));
    visitor.expect(200, "POST", &format!("{one}/verify"), by, None);
    visitor.house.web.resolver.failing.store(true, Ordering::Relaxed);
    visitor.expect(503, "POST", &format!("{one}/verify"), by, None);
    visitor.house.web.resolver.failing.store(false, Ordering::Relaxed);
    visitor.house.publish(&domain);
    let verified = visitor.expect(200, "POST", &format!("{one}/verify"), by, None);
    assert_eq!(verified["status"], "verified");
    let key = visitor.expect(201, "POST", &format!("{at}/api_keys"), by, Some(bound));
    assert_eq!(key["domainVerified"], true);
    visitor.expect(200, "GET", &format!("{all}?limit=1"), by, None);
    visitor.expect(200, "GET", &one, by, None);
    visitor.expect(200, "PATCH", &one, by, Some(json!({ "includeSubdomains": false, "onLoss": "warn" })));
    visitor.expect(400, "PATCH", &one, by, Some(json!({ "onLoss": null })));
    visitor.expect(200, "DELETE", &one, by, None);
    visitor.expect(404, "GET", &one, by, None);
    visitor.expect(404, "POST", &format!("{all}/dom_none/verify"), by, None);
}
