//! The schema of keys of another system.

use serde_json::{Value, json};

use super::{Field, Optional, Required, body, environment, reference};
use crate::app::IMPORT_MAX;
use crate::domain::imported_key::ForeignPrefix;

/// The schema of the body.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let row = body("One key: by its `hash`, or by its `key`.", row(), &Value::Null);
    let prefix = json!({ "type": "string", "pattern": format!("^[!-~]{{0,{}}}$", ForeignPrefix::MAX_CHARACTERS) });
    let keys = json!({ "type": "array", "items": row, "minItems": 1, "maxItems": IMPORT_MAX });
    let fields = vec![
        ("prefix", Required, prefix, "How all of them begin; may be empty, which has every unknown text looked for."),
        ("keys", Required, keys, "The keys. What is wrong with the value of one is told of that one."),
        (
            "dryRun",
            Optional,
            json!({ "type": "boolean", "default": false }),
            "Whether only to tell what would become of them.",
        ),
        (
            "sessionId",
            Optional,
            reference("SessionId"),
            "The session they will belong to; else the default session of `environment`, else the caller's own.",
        ),
        (
            "environment",
            Optional,
            environment(),
            "The environment of the session; one that contradicts `sessionId` is refused.",
        ),
    ];
    let hash = "0123456789abcdef".repeat(4);
    let example = json!({ "prefix": "mist_", "keys": [{ "hash": hash, "externalId": "customer-7" }], "dryRun": true });
    vec![("ImportKeys", body("Keys of another system.", fields, &example))]
}

/// Types alone: which values are good is told of each key.
fn row() -> Vec<Field> {
    let of = |kind: &str| json!({ "type": kind });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let any = || json!({ "type": "object", "additionalProperties": true });
    let objects = json!({ "type": "array", "items": any() });
    vec![
        (
            "hash",
            Optional,
            of("string"),
            "Its SHA-256: 64 hexadecimal digits, or base64 or base64url with or without padding.",
        ),
        (
            "key",
            Optional,
            of("string"),
            "In place of `hash`: its plaintext, 8 to 512 characters. It is hashed at once and kept nowhere.",
        ),
        (
            "start",
            Optional,
            of("string"),
            "With `hash`: how it begins, for people; the prefix and at most 8 characters.",
        ),
        ("last4", Optional, of("string"), "With `hash`: how it ends, for people; at most 4 characters."),
        ("name", Optional, of("string"), "A name for people; one is made up if it is absent."),
        ("active", Optional, json!({ "type": "boolean", "default": true }), "Whether it is switched on."),
        ("permission", Optional, of("string"), "A preset of permissions; not together with `permissions`."),
        ("permissions", Optional, texts.clone(), "What it may do; nothing by default."),
        ("domain", Optional, of("string"), "The one domain it may act for."),
        ("ipAllowList", Optional, texts, "Addresses and networks (CIDR) it may be used from; empty means anywhere."),
        ("metadata", Optional, any(), "Free data, answered by every verification."),
        ("externalId", Optional, of("string"), "Your own id for whom it belongs to."),
        ("expiresAt", Optional, of("string"), "When it stops to verify; in the future."),
        ("notBefore", Optional, of("string"), "When it starts to verify."),
        ("rateLimits", Optional, objects, "How often it may be verified, at most; as in a new key."),
        ("credits", Optional, any(), "How often it may be used in all; as in a new key."),
    ]
}
