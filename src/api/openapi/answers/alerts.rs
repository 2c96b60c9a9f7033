//! What the strings of alerts and of the rules for them are.

use serde_json::Value;

use super::{id, one_of, reference};
use crate::domain::alert::record::AlertStatus;
use crate::domain::alert::{Kind, Severity};

/// The schemas that alerts need besides their own.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    vec![("AlertId", id("alr", 22)), ("AlertKind", one_of(Kind::ALL.map(Kind::as_str)))]
}

/// What the strings of a member are, if it is one of an alert.
pub(super) fn text(owner: &str, member: &str) -> Option<Value> {
    Some(match (owner, member) {
        ("AlertBody", "id") => reference("AlertId"),
        ("AlertBody" | "AlertRuleBody", "kind") => reference("AlertKind"),
        ("AlertBody", "severity") => severity(),
        ("AlertBody", "status") => status(),
        ("AlertRuleBody", "unit") => one_of(["times_usual", "percent", "days"]),
        ("AlertBody", "facts") => {
            serde_json::json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
        _ => return None,
    })
}

/// One of the severities.
pub(in crate::api::openapi) fn severity() -> Value {
    one_of(Severity::ALL.map(Severity::as_str))
}

/// Open or not.
pub(in crate::api::openapi) fn status() -> Value {
    one_of(AlertStatus::ALL.map(AlertStatus::as_str))
}
