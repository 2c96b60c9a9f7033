//! A tour of what is done about keys that somebody still uses, or has found.

use serde_json::json;

use super::Visitor;

/// Keys that lie idle, that somebody still uses, and that were found elsewhere.
pub(super) fn tour(visitor: &Visitor, by: &str, at: &str) {
    visitor.expect(200, "GET", &format!("{at}/api_keys/unused?days=1&limit=5"), by, None);
    visitor.expect(400, "GET", &format!("{at}/api_keys/unused?days=0"), by, None);
    let none = json!({ "filter": { "search": "nothing is called like that" } });
    visitor.expect(409, "POST", &format!("{at}/api_keys/revoke"), by, Some(none.clone()));
    visitor.expect(
        200,
        "POST",
        &format!("{at}/api_keys/revoke"),
        by,
        Some(json!({ "filter": none["filter"], "confirm": 0 })),
    );
    let made = visitor.expect(201, "POST", &format!("{at}/api_keys"), by, Some(json!({ "name": "Found" })));
    let one = format!("{at}/api_keys/{}", made["id"].as_str().unwrap());
    visitor.expect(200, "GET", &format!("{one}/evidence"), by, None);
    visitor.expect(200, "GET", &format!("{at}/audit_log/export"), by, None);
    visitor.expect(
        202,
        "POST",
        "/v1/keys/report-leak",
        "",
        Some(json!({ "key": made["key"], "url": "https://paste.example" })),
    );
    visitor.expect(400, "POST", "/v1/keys/report-leak", "", Some(json!({})));
    visitor.expect(400, "POST", "/v1/leaks/github", "", Some(json!([])));
    let signing = crate::leaks::listed(&visitor.house, "k1", true);
    visitor.note("POST", "/v1/leaks/github", &crate::leaks::reported(&visitor.house, "k1", &signing, "[]"));
    visitor.expect(200, "GET", "/leaks/gitleaks.toml", "", None);
    visitor.expect(200, "DELETE", &one, by, None);
}
