//! What the strings in answers about outcomes and health are.

use serde_json::{Value, json};

use super::one_of;
use crate::api::outcomes::reasons;
use crate::domain::health::{Cause, Condition};
use crate::domain::id::VERIFICATION_CHARACTERS;

/// What the strings of a member are, if it is one of these answers.
pub(super) fn text(owner: &str, member: &str) -> Value {
    match (owner, member) {
        ("HealthBody", "health") => one_of(Condition::ALL.map(Condition::as_str)),
        ("HealthBody", "reasons") => one_of(Cause::ALL.map(Cause::as_str)),
        ("RejectedOutcomeBody", "code") => one_of(reasons()),
        ("OutcomesBody", "by_status") => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[1-5][0-9]{2}$" },
            "additionalProperties": { "type": "integer", "minimum": 1 },
        }),
        _ => Value::Null,
    }
}

/// The id of a verification, with its key and without.
pub(super) fn verification_id() -> Value {
    let [with_key, without] = VERIFICATION_CHARACTERS;
    json!({ "type": "string", "pattern": format!("^ver_([0-9A-Za-z]{{{with_key}}}|[0-9A-Za-z]{{{without}}})$") })
}
