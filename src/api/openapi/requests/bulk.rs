//! The schema of what is revoked at once.

use serde_json::{Value, json};

use super::{Field, Optional, Required, body, one_of, reference, text, time};
use crate::api::bulk::UNUSED_DAYS_MAX;
use crate::api::leaks::{GITHUB_TOKENS_MAX, PLACE_CHARACTERS_MAX};
use crate::api::pages::FILTER_CHARACTERS_MAX;
use crate::app::BULK_MAX;
use crate::domain::environment::Environment;
use crate::domain::text::Reason;

/// The schema of the body.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let mut schema = body("Which API keys are revoked.", fields(), &json!({ "ids": ["KEY_ID"], "dryRun": true }));
    schema["oneOf"] = json!([
        { "required": ["ids"], "properties": { "ids": { "type": "array" }, "filter": { "type": "null" } } },
        { "required": ["filter"], "properties": { "filter": { "type": "object" }, "ids": { "type": "null" } } },
    ]);
    vec![("RevokeApiKeys", schema), ("ReportLeak", leak()), ("GithubLeaks", github())]
}

fn fields() -> Vec<Field> {
    let ids = json!({ "type": "array", "items": reference("ApiKeyId"), "maxItems": BULK_MAX });
    let filter = body("Which keys are meant, of those that are not revoked.", conditions(), &Value::Null);
    let whether = json!({ "type": "boolean", "default": false });
    let count = json!({ "type": "integer", "minimum": 0, "maximum": BULK_MAX });
    vec![
        ("ids", Optional, ids, "The keys."),
        ("filter", Optional, filter, "Instead: all keys within reach that meet these conditions."),
        ("dryRun", Optional, whether, "Whether only to show which keys are meant."),
        ("confirm", Optional, count, "With `filter`: how many keys that must be, as a dry run has counted them."),
        ("reason", Optional, text(Reason::MAX_CHARACTERS), "Why, for the record."),
    ]
}

fn conditions() -> Vec<Field> {
    let days = json!({ "type": "integer", "minimum": 1, "maximum": UNUSED_DAYS_MAX });
    let environments = one_of(Environment::ALL.map(Environment::as_str).into_iter().chain(["none"]));
    vec![
        ("status", Optional, one_of(["active", "pending", "disabled", "expired"]), "Only keys of this status."),
        ("environment", Optional, environments, "Only keys of this environment; `none` for those without one."),
        ("sessionId", Optional, reference("SessionId"), "Only keys of this session."),
        ("externalId", Optional, text(FILTER_CHARACTERS_MAX), "Only keys with exactly this `externalId`."),
        (
            "search",
            Optional,
            text(FILTER_CHARACTERS_MAX),
            "Only keys whose name, id, start or last four characters contain this.",
        ),
        ("unusedForDays", Optional, days, "Only keys that were neither used nor issued for so many days."),
        ("createdBefore", Optional, time(), "Only keys that were issued before."),
    ]
}

fn leak() -> Value {
    // A report is not refused for saying nothing about the place.
    let place = json!({ "type": "string", "maxLength": PLACE_CHARACTERS_MAX });
    let fields = vec![
        ("key", Required, json!({ "type": "string" }), "The key that was found."),
        ("url", Optional, place, "Where it was found."),
    ];
    body(
        "A key that was found where it should not be.",
        fields,
        &json!({ "key": "KEY", "url": "https://example.com/paste" }),
    )
}

/// As GitHub's partner programme has it: other members may be there.
fn github() -> Value {
    let token = json!({
        "type": "object",
        "required": ["token"],
        "additionalProperties": true,
        "properties": {
            "token": { "type": "string", "description": "What was found." },
            "type": { "type": "string", "description": "The name of the pattern." },
            "url": { "type": "string", "description": "Where it was found." },
        },
    });
    json!({
        "type": "array", "items": token, "maxItems": GITHUB_TOKENS_MAX,
        "description": "What GitHub has found; signed in `Github-Public-Key-Identifier` and `Github-Public-Key-Signature`.",
        "examples": [[{ "token": "some_token", "type": "some_type", "url": "some_url" }]],
    })
}
