//! The schemas of what is sent about alerts: filters, and changes of the rules.

use serde_json::{Value, json};

use super::{Field, NotNull, Optional, body, change};
use crate::api::openapi::answers::alerts::{severity, status};
use crate::api::openapi::answers::reference;
use crate::api::pages::FILTER_CHARACTERS_MAX;
use crate::domain::alert::Kind;
use crate::domain::alert::rules::{DAYS_MAX, MINIMUM_MAX, Rule};

/// The query parameters, by the names they have in the table of operations: name, schema, what it means.
pub(super) fn parameter(name: &str) -> Option<(&'static str, Value, &'static str)> {
    let text = json!({ "type": "string", "maxLength": FILTER_CHARACTERS_MAX });
    Some(match name {
        "alerts/status" => ("status", status(), "Only alerts that are open, or over."),
        "alerts/kind" => ("kind", reference("AlertKind"), "Only alerts of this kind."),
        "alerts/severity" => ("severity", severity(), "Only alerts of this severity."),
        "alerts/subject" => ("subject", text, "Only alerts about the thing with this id."),
        "alerts/sessionId" => ("sessionId", reference("SessionId"), "Only alerts about this session and its keys."),
        _ => return None,
    })
}

/// The schemas of bodies.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    vec![("ChangeAlertRule", change(body("Changes to a rule.", changed(), &json!({ "enabled": false }))))]
}

fn changed() -> Vec<Field> {
    let ranges = Kind::ALL.into_iter().filter_map(Rule::threshold_range);
    let (least, most) = ranges.fold((u32::MAX, 0), |(least, most), (from, to)| (least.min(from), most.max(to)));
    let within = |least: u32, most: u32| json!({ "type": "integer", "minimum": least, "maximum": most });
    let days = |name, description| -> Field { (name, Optional, within(1, DAYS_MAX), description) };
    let environments = vec![
        days("production", "In production; null for never."),
        days("staging", "In staging; null for never."),
        days("development", "In development; null for never."),
        days("none", "In sessions without an environment; null for never."),
    ];
    vec![
        ("enabled", NotNull, json!({ "type": "boolean" }), "Whether alerts of this kind are opened."),
        ("threshold", NotNull, within(least, most), "From which measure on; only where the kind has a threshold."),
        ("minimum", NotNull, within(1, MINIMUM_MAX), "Of how many requests at least; only where the kind has it."),
        (
            "environments",
            NotNull,
            change(body("Days by environment.", environments, &Value::Null)),
            "After how many days, by environment; what is left out stays. Only for `rotation_due`.",
        ),
    ]
}
