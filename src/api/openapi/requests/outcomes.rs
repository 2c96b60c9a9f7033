//! The schema of what backends tell about requests.

use serde_json::{Value, json};

use super::{Field, Optional, Required, body, reference, time};
use crate::api::outcomes::{OUTCOME_ID_CHARACTERS_MAX, OUTCOMES_MAX, STATUSES};
use crate::domain::usage::latency::LATENCY_MS_MAX;

/// The schema of the body that tells outcomes.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let mut outcome = body("What became of one request; by its verification, or by its key.", outcome(), &Value::Null);
    outcome["oneOf"] = json!([
        {
            "required": ["verificationId"],
            "properties": {
                "verificationId": { "type": "string" },
                "keyId": { "type": "null" },
                "id": { "type": "null" },
            },
        },
        { "required": ["keyId"], "properties": { "verificationId": { "type": "null" }, "keyId": { "type": "string" } } },
    ]);
    let outcomes = json!({ "type": "array", "items": outcome, "minItems": 1, "maxItems": OUTCOMES_MAX });
    let fields = vec![("outcomes", Required, outcomes, "What became of requests.")];
    let example = json!({ "outcomes": [{ "keyId": "KEY_ID", "id": "req-1", "status": 200, "latencyMs": 42 }] });
    vec![("CountOutcomes", body("What became of verified requests.", fields, &example))]
}

fn outcome() -> Vec<Field> {
    let within = |least: i64, most: i64| json!({ "type": "integer", "minimum": least, "maximum": most });
    let own = json!({ "type": "string", "pattern": format!("^[!-~]{{1,{OUTCOME_ID_CHARACTERS_MAX}}}$") });
    vec![
        (
            "verificationId",
            Optional,
            reference("VerificationId"),
            "The `verificationId` that the verification answered.",
        ),
        ("keyId", Optional, reference("ApiKeyId"), "The id of the key, where there is no `verificationId`."),
        ("id", Optional, own, "With `keyId`: your own id of the request, by which it is counted once."),
        (
            "status",
            Required,
            within(*STATUSES.start(), *STATUSES.end()),
            "The status of HTTP that it was answered with.",
        ),
        ("latencyMs", Required, within(0, LATENCY_MS_MAX.into()), "How long that took, in milliseconds."),
        ("time", Optional, time(), "When it happened; else when it was verified, or now."),
    ]
}
