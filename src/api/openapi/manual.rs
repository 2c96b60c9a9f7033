//! `docs/API.md` is written by hand; what can be compared with the code is compared here.

use serde_json::Value;

use super::operations::OPERATIONS;
use super::source::{self, Source};
use super::{document, needed};
use crate::api::fields::FieldCode;
use crate::api::limits::{LIMITS, Limit};
use crate::api::mount::MEMBERS;
use crate::api::problem::Code;
use crate::domain::operation::Operation;
use crate::domain::role::Role;
use crate::domain::verification;

const MANUAL: &str = include_str!("../../../docs/API.md");

/// The rows of the first table under a heading, without its two head lines.
fn table(heading: &str) -> Vec<&'static str> {
    let (_, section) = MANUAL.split_once(&format!("\n## {heading}\n")).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).collect()
}

/// The manual's rows must be these, in this order.
fn agree(heading: &str, shown: &[impl AsRef<str>], rows: &[String]) {
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    let missing: Vec<_> = rows.iter().filter(|row| !shown.contains(&row.as_str())).collect();
    let wrong: Vec<_> = shown.iter().filter(|row| !rows.iter().any(|known| known == *row)).collect();
    assert!(shown == rows, "docs/API.md, {heading}: missing {missing:#?}, wrong {wrong:#?}, or another order");
}

fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

#[test]
fn the_manual_has_the_table_of_limits() {
    let rows: Vec<String> = LIMITS
        .iter()
        .map(|Limit { name, value, unit, beyond }| format!("| {name} | {} {unit} | {beyond} |", grouped(*value)))
        .collect();
    agree("Limits", &table("Limits"), &rows);
}

#[test]
fn the_manual_has_the_table_of_error_codes() {
    let row =
        |code: &Code| format!("| {} | `{}` | {} |", code.status().as_u16(), code.as_str(), code.default_message());
    let rows: Vec<String> = Code::ALL.iter().map(row).collect();
    agree("Errors", &table("Errors"), &rows);
}

#[test]
fn the_manual_has_the_table_of_verification_codes() {
    let row = |code: &verification::Code| match Code::of_refusal(*code) {
        None => format!("| `{}` | 200 |", code.as_str()),
        Some(problem) => format!("| `{}` | {} `{}` |", code.as_str(), problem.status().as_u16(), problem.as_str()),
    };
    let rows: Vec<String> = verification::Code::ALL.iter().map(row).collect();
    let shown: Vec<String> = table("Verification codes")
        .iter()
        .map(|row| row.rsplit_once(" | ").map_or_else(String::new, |(row, _)| format!("{row} |")))
        .collect();
    agree("Verification codes", &shown, &rows);
}

#[test]
fn the_manual_has_the_table_of_what_keys_and_members_do_alike() {
    let (routes, source) = (source::routes(), Source::read());
    let row = |route: &source::Route| {
        let (method, path, handler) = route;
        let method = method.to_uppercase();
        let twin = source::twin(&routes, route)?;
        assert!(OPERATIONS.iter().any(|operation| operation.handler == handler));
        let role = Role::needed_for(needed(&source.handlers[handler].takes_for("By").unwrap())).as_str();
        Some(format!("| `{method} {path}` | `{method} {twin}` | {role} |"))
    };
    let rows: Vec<String> = routes.iter().filter_map(row).collect();
    agree("Keys and members alike", &table("Keys and members alike"), &rows);
}

#[test]
fn the_manual_has_the_table_of_roles() {
    let cell = |allowed: bool| if allowed { " yes |" } else { " |" };
    let row = |operation: Operation| {
        let cells: String = Role::ALL.map(|role| cell(role.allows(operation))).concat();
        format!("| `{}` |{cells}", operation.permission())
    };
    // Reach over the organization is a matter of keys: members always have it.
    let of_members = Operation::ALL.into_iter().filter(|operation| *operation != Operation::AllApiKeys);
    let rows: Vec<String> = of_members.map(row).collect();
    let shown: Vec<String> = table("Roles")
        .iter()
        .map(|row| row.trim_end_matches(" |").rsplit_once("| ").map_or_else(String::new, |(row, _)| format!("{row}|")))
        .collect();
    agree("Roles", &shown, &rows);
}

#[test]
fn the_manual_names_the_role_for_every_route_of_members() {
    let (routes, source) = (source::routes(), Source::read());
    let rows = table("Organizations and members");
    let mut compared = 0;
    for route @ (method, path, handler) in &routes {
        if !path.starts_with(MEMBERS) || source::twin(&routes, route).is_some() {
            continue;
        }
        let needs = source.handlers[handler].takes_for("By").unwrap();
        let start = format!("| `{} {path}` | {} |", method.to_uppercase(), Role::needed_for(needed(&needs)).as_str());
        assert!(rows.iter().any(|row| row.starts_with(&start)), "docs/API.md has no row {start}");
        compared += 1;
    }
    assert!(compared >= 12, "{compared}");
}

#[test]
fn the_manual_lists_the_actions_of_the_audit_log_the_words_of_violations_and_the_settings() {
    let (_, rest) = MANUAL.split_once("\nActions: ").unwrap();
    let shown: Vec<&str> = rest.split("\n\n").next().unwrap().split('`').skip(1).step_by(2).collect();
    assert_eq!(shown, source::words(include_str!("../../domain/audit.rs"), "Action"));
    for code in FieldCode::ALL.map(FieldCode::as_str) {
        assert!(MANUAL.contains(&format!("`{code}`")), "docs/API.md does not name {code}");
    }
    let settings = table("Settings").concat();
    let code = include_str!("../../app/settings.rs").split("mod tests").next().unwrap();
    let is_name =
        |text: &&str| text.len() > 2 && text.chars().all(|c| c.is_ascii_uppercase() || "_0123456789".contains(c));
    let names: Vec<&str> = code.split('"').skip(1).step_by(2).filter(is_name).collect();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        assert!(settings.contains(&format!("`{name}`")), "docs/API.md, Settings: no {name}");
    }
}

#[test]
fn the_manual_names_every_operation_and_every_field_of_a_request() {
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let operation = format!("`{} {path}`", method.to_uppercase());
            assert!(MANUAL.contains(&operation), "docs/API.md does not name {operation}");
        }
    }
    for (name, schema) in super::requests::schemas() {
        for (field, _) in schema["properties"].as_object().into_iter().flatten() {
            assert!(MANUAL.contains(&format!("`{field}`")), "docs/API.md does not name {field} of {name}");
        }
    }
}

#[test]
fn the_examples_of_the_manual_have_the_members_of_the_schemas() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let shapes: Vec<Vec<String>> = schemas
        .values()
        .filter(|schema| schema["properties"].is_object())
        .map(|schema| members(&schema["properties"]))
        .collect();
    let examples = MANUAL.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    for example in examples {
        let value: Value = serde_json::from_str(example).unwrap();
        assert!(shapes.contains(&members(&value)), "docs/API.md: no schema has the members of {example}");
    }
}
