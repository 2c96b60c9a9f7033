//! A tour of taking over keys of another system.

use serde_json::json;

use super::Visitor;

/// Rows of each kind, and a body that has another form.
pub(super) fn tour(visitor: &Visitor, by: &str, at: &str) {
    let rows = json!([
        { "key": "mist_0123456789", "externalId": "customer-7", "permissions": ["emails:send"], "name": "Theirs" },
        { "key": "mist_0123456789" },
        { "hash": "none" },
    ]);
    let path = format!("{at}/imports");
    let body = |dry_run: bool| Some(json!({ "prefix": "mist_", "keys": rows, "dryRun": dry_run }));
    visitor.expect(200, "POST", &path, by, body(true));
    let done = visitor.expect(200, "POST", &path, by, body(false));
    assert_eq!(done["invalid"], 2, "{done}");
    visitor.expect(400, "POST", &path, by, Some(json!({ "prefix": "mist_", "keys": [] })));
    let found =
        visitor.expect(200, "POST", &format!("{at}/keys/verify"), by, Some(json!({ "key": "mist_0123456789" })));
    assert_eq!(found["code"], "VALID", "{found}");
    let key = format!("{at}/api_keys/{}", done["rows"][0]["keyId"].as_str().unwrap_or_default());
    visitor.expect(200, "GET", &key, by, None);
}
