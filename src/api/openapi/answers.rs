//! The schemas of answers, from the structs that are written out: a member's Rust type gives its JSON type, its
//! comment the description, and what a `String` holds is told by the table below.

pub(super) mod alerts;
mod bulk;
mod copies;
mod domains;
mod gateway;
mod outcomes;
mod webhooks;

pub(super) use bulk::github_labels;

use serde_json::{Map, Value, json};
use syn::Type;

use super::source::{Source, Struct, named, words};
use crate::api::fields::FieldCode;
use crate::api::problem::Code;
use crate::domain::api_key::Status;
use crate::domain::consistency::Mode;
use crate::domain::credits::Interval;
use crate::domain::environment::Environment;
use crate::domain::invitation::InvitationStatus;
use crate::domain::permission::PermissionPreset;
use crate::domain::plan::PlanName;
use crate::domain::rate_limit::Level;
use crate::domain::role::Role;
use crate::domain::session::{OrganizationStatus, Region, SessionStatus};
use crate::domain::usage::series::Grain;
use crate::domain::verification;

/// All schemas that answers need.
pub(super) fn schemas(source: &Source) -> Map<String, Value> {
    let written = source.structs.iter().filter(|(name, _)| is_named(name));
    let mut schemas: Map<String, Value> =
        written.map(|(name, fields)| (public_name(name), object(source, name, fields))).collect();
    for (name, prefix, characters) in [
        ("ApiKeyId", "key", 31),
        ("SessionId", "ses", 19),
        ("OrganizationId", "org", 19),
        ("UserId", "usr", 19),
        ("InvitationId", "inv", 22),
        ("SignInId", "sgn", 22),
    ] {
        schemas.insert(name.to_owned(), id(prefix, characters));
    }
    schemas.extend(copies::schemas());
    schemas.insert("VerificationId".to_owned(), outcomes::verification_id());
    schemas.extend(alerts::schemas().into_iter().map(|(name, schema)| (name.to_owned(), schema)));
    schemas.extend(domains::ids().map(|(name, schema)| (name.to_owned(), schema)));
    schemas.insert("GatewayRouteId".to_owned(), id("gwr", 22));
    schemas.extend(webhooks::ids().map(|(name, schema)| (name.to_owned(), schema)));
    schemas.insert("Permission".to_owned(), permission());
    schemas.insert("Error".to_owned(), own_error());
    schemas.insert("Problem".to_owned(), problem_details());
    schemas.insert("ErrorDetails".to_owned(), error_details());
    schemas
}

/// The schema of a type that a handler answers with.
pub(super) fn answer(source: &Source, r#type: &Type) -> Value {
    typed(source, r#type, &Value::Null)
}

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Structs that have a name in the document: pages are written in place, everything else that is no body is not ours.
fn is_named(name: &str) -> bool {
    let body = name.ends_with("Body") && name != "PageBody";
    body || ["Pagination", "AuditHead", "Check"].contains(&name)
}

fn public_name(name: &str) -> String {
    name.strip_suffix("Body").unwrap_or(name).to_owned()
}

fn object(source: &Source, name: &str, written: &Struct) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    members(source, name, written, None, &mut properties, &mut required);
    // Why it cannot be printed is nothing to clients.
    let description = written.doc.split(" No `Debug`").next();
    json!({ "type": "object", "description": description, "required": required, "properties": properties })
}

fn members(
    source: &Source,
    name: &str,
    written: &Struct,
    parameter: Option<&Type>,
    properties: &mut Map<String, Value>,
    required: &mut Vec<String>,
) {
    for field in &written.fields {
        let (inner, argument) = named(&field.r#type);
        if field.flattened {
            members(source, &inner, &source.structs[&inner], argument, properties, required);
            continue;
        }
        let member = camel_case(&field.name);
        let r#type = parameter.filter(|_| argument.is_some_and(|inner| named(inner).0 == "T"));
        let mut schema = match (r#type, argument) {
            (Some(row), _) => json!({ "type": "array", "items": typed(source, row, &Value::Null) }),
            // What may be left out is never null.
            (None, Some(given)) if field.skippable => typed(source, given, &text(name, &field.name)),
            (None, _) => typed(source, &field.r#type, &text(name, &field.name)),
        };
        schema["description"] = field.doc.clone().into();
        properties.insert(member.clone(), schema);
        if !field.skippable {
            required.push(member);
        }
    }
}

/// The schema of a Rust type; `text` refines the strings in it.
fn typed(source: &Source, r#type: &Type, text: &Value) -> Value {
    match named(r#type) {
        (name, Some(inner)) if name == "Option" => nullable(typed(source, inner, text)),
        (name, Some(inner)) if name == "Vec" => json!({ "type": "array", "items": typed(source, inner, text) }),
        (name, Some(row)) if name == "PageBody" => {
            let (mut properties, mut required) = (Map::new(), Vec::new());
            members(source, &name, &source.structs[&name], Some(row), &mut properties, &mut required);
            json!({ "type": "object", "required": required, "properties": properties })
        }
        (name, _) => match name.as_str() {
            "bool" => json!({ "type": "boolean" }),
            "f64" => json!({ "type": "number", "minimum": 0 }),
            "u32" | "i64" | "u64" => json!({ "type": "integer", "minimum": 0 }),
            "String" | "str" if text.is_null() => json!({ "type": "string" }),
            "String" | "str" | "Outcome" | "Action" => text.clone(),
            "Map" | "Value" if text.is_null() => json!({ "type": "object" }),
            "Map" | "Value" => text.clone(),
            _ => reference(&public_name(&name)),
        },
    }
}

/// The same schema with null; a described reference becomes a choice.
pub(super) fn nullable(mut schema: Value) -> Value {
    match schema.get("type").cloned() {
        Some(kind) => {
            schema["type"] = json!([kind, "null"]);
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
            schema
        }
        None => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// What the strings of a member are.
fn text(owner: &str, member: &str) -> Value {
    if let Some(known) = alerts::text(owner, member)
        .or_else(|| webhooks::text(owner, member))
        .or_else(|| gateway::text(owner, member))
        .or_else(|| bulk::text(owner, member))
        .or_else(|| domains::text(owner, member))
    {
        return known;
    }
    match (owner, member) {
        ("UserBody" | "RegisteredUserBody", "id") | (_, "user_id" | "accepted_by") => reference("UserId"),
        ("InvitationBody", "id") | (_, "invitation_id") => reference("InvitationId"),
        ("SignInBody", "id") => reference("SignInId"),
        ("ApiKeyBody", "id") | (_, "key_id" | "rotated_from" | "rotated_to") => reference("ApiKeyId"),
        ("SessionBody" | "HealthBody", "id") | (_, "session_id" | "default_session_id") => reference("SessionId"),
        ("OrganizationBody" | "MembershipBody", "id") | (_, "organization_id") => reference("OrganizationId"),
        (_, "verification_id") => reference("VerificationId"),
        ("AuditEntryBody", "id") => id("evt", 22),
        ("ApiKeyBody", "status") => one_of(Status::ALL.map(Status::as_str)),
        ("SessionBody" | "HealthBody", "status") => session_status(),
        ("OrganizationBody" | "MembershipBody", "status") => one_of(
            [OrganizationStatus::Active, OrganizationStatus::Suspended, OrganizationStatus::Deleted]
                .map(OrganizationStatus::as_str),
        ),
        ("InvitationBody", "status") => one_of(
            [
                InvitationStatus::Pending,
                InvitationStatus::Accepted,
                InvitationStatus::Revoked,
                InvitationStatus::Expired,
            ]
            .map(InvitationStatus::as_str),
        ),
        ("HealthzBody", "status") => json!({ "const": "ok", "type": "string" }),
        ("PlanBody", "name") => plan_name(),
        ("RateLimitBody" | "MetLimitBody" | "LimitedByBody", "name") => limit_name(),
        (_, "level") => whose(),
        (_, "interval") => interval(),
        ("VerificationBody" | "RequestBody", "code") => one_of(verification::Code::ALL.map(verification::Code::as_str)),
        ("ConsistencyBody", "mode") => mode(),
        ("FreshnessBody", "mode") => one_of(["strict", "leased", "edge", "stale"]),
        ("RepublishedBody", "revoked") => reference("ApiKeyId"),
        ("RepublishedBody", "set_back") => reference("SessionId"),
        ("ActorBody", "type") => one_of(["api_key", "user", "operator", "leak_report", "service"]),
        ("AuditEntryBody", "action") => actions(),
        ("HealthBody", "keys") => counts(),
        (_, "by_code") => counts_by_code(),
        (_, "granularity") => granularity(),
        ("UsageBody", "from" | "to") => time(),
        ("Check", "outcome") => one_of(["passed", "refused", "skipped"]),
        ("ApiKeyBody", "last4") => json!({ "type": "string", "maxLength": 4 }),
        (_, "hash") => json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
        (_, "email") => email(),
        (_, "role") => role(),
        (_, "url" | "uri") => json!({ "type": "string", "format": "uri" }),
        (_, "environment") => environment(),
        (_, "region") => region(),
        (_, "permission") => preset(),
        (_, "permissions") => reference("Permission"),
        (_, "at" | "not_before" | "as_of") => time(),
        (_, member) if member.ends_with("_at") => time(),
        _ => outcomes::text(owner, member),
    }
}

fn counts() -> Value {
    let words = Status::ALL.map(Status::as_str);
    let properties: Map<String, Value> =
        words.iter().map(|word| ((*word).to_owned(), json!({ "type": "integer", "minimum": 0 }))).collect();
    json!({ "type": "object", "required": words, "properties": properties })
}

fn counts_by_code() -> Value {
    let count = || json!({ "type": "integer", "minimum": 1 });
    let codes = verification::Code::ALL.map(verification::Code::as_str);
    let properties: Map<String, Value> = codes.iter().map(|code| ((*code).to_owned(), count())).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// One of the sizes of steps.
pub(super) fn granularity() -> Value {
    one_of([Grain::Minute, Grain::Hour, Grain::Day].map(Grain::as_str))
}

/// One of our words.
pub(super) fn one_of<'w>(words: impl IntoIterator<Item = &'w str>) -> Value {
    json!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}

/// A moment.
pub(super) fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// A permission as clients write it.
pub(super) fn permission() -> Value {
    json!({
        "type": "string",
        "description": "`resource:action`; either may be `*`, and `*` alone is everything.",
        "pattern": "^(\\*|([a-z][a-z0-9_.-]{0,63}|\\*):([a-z][a-z0-9_.-]{0,63}|\\*))$",
    })
}

/// An e-mail address.
pub(super) fn email() -> Value {
    json!({ "type": "string", "format": "idn-email" })
}

/// One of the roles.
pub(super) fn role() -> Value {
    one_of(Role::ALL.map(Role::as_str))
}

/// One of the environments.
pub(super) fn environment() -> Value {
    one_of(Environment::ALL.map(Environment::as_str))
}

/// One of the regions.
pub(super) fn region() -> Value {
    one_of(Region::ALL.map(Region::as_str))
}

/// Who may decide.
pub(super) fn mode() -> Value {
    one_of(Mode::ALL.map(Mode::as_str))
}

/// One of the presets of permissions.
pub(super) fn preset() -> Value {
    one_of(PermissionPreset::ALL.map(PermissionPreset::as_str))
}

/// One of the presets of plans.
pub(super) fn plan_name() -> Value {
    one_of([PlanName::Free, PlanName::Starter, PlanName::Pro, PlanName::Enterprise].map(PlanName::as_str))
}

/// One of the actions in the audit log.
pub(super) fn actions() -> Value {
    let words = words(include_str!("../../domain/audit.rs"), "Action");
    one_of(words.iter().map(String::as_str))
}

/// Whose limit it is.
fn whose() -> Value {
    one_of([Level::Key, Level::Session, Level::Organization].map(Level::as_str))
}

/// The name of a rate limit.
pub(super) fn limit_name() -> Value {
    json!({ "type": "string", "pattern": "^[a-z][a-z0-9_-]{0,31}$" })
}

/// One of the intervals of refills.
pub(super) fn interval() -> Value {
    one_of(Interval::ALL.map(Interval::as_str))
}

fn session_status() -> Value {
    let all = [SessionStatus::Connected, SessionStatus::Disconnected, SessionStatus::Deleted];
    one_of(all.map(SessionStatus::as_str))
}

fn id(prefix: &str, characters: usize) -> Value {
    json!({ "type": "string", "pattern": format!("^{prefix}_[0-9A-Za-z]{{{characters}}}$") })
}

fn codes() -> Value {
    one_of(Code::ALL.iter().map(|code| code.as_str()))
}

fn own_error() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong. Switch on `code`; `message` is for people and may change.",
        "required": ["message", "code", "details"],
        "properties": { "message": { "type": "string" }, "code": codes(), "details": reference("ErrorDetails") },
    })
}

fn problem_details() -> Value {
    json!({
        "type": "object",
        "description": "The same as Error in the form of RFC 9457, for `Accept: application/problem+json`.",
        "required": ["type", "title", "status", "detail", "instance", "code", "details"],
        "properties": {
            "type": { "type": "string", "pattern": "^urn:latchkey:problem:[a-z_]+$" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string" },
            "instance": { "type": "string", "pattern": "^urn:latchkey:request:req_[0-9A-Za-z]{22}$" },
            "code": codes(),
            "details": reference("ErrorDetails"),
        },
    })
}

fn error_details() -> Value {
    let violations = json!({
        "type": "object",
        "description": "One violation, by a field of the body (`pointer`, RFC 6901) or by a parameter or header.",
        "required": ["code", "message"],
        "properties": {
            "pointer": { "type": "string" },
            "parameter": { "type": "string" },
            "code": one_of(FieldCode::ALL.map(FieldCode::as_str)),
            "message": { "type": "string" },
        },
        "oneOf": [{ "required": ["pointer"] }, { "required": ["parameter"] }],
    });
    json!({
        "type": "object",
        "required": ["requestId"],
        "properties": {
            "requestId": { "type": "string", "pattern": "^req_[0-9A-Za-z]{22}$" },
            "count": { "type": "integer", "description": "How many keys the filter finds." },
            "errors": { "type": "array", "maxItems": crate::api::fields::error::VIOLATIONS_MAX, "items": violations },
            "limit": {
                "type": ["integer", "string"],
                "description": "How many keys the plan allows (`key_limit_reached`); or which limit has refused \
                    (`rate_limited`, `usage_exceeded`), as the header `RateLimit` calls it.",
            },
            "level": whose(),
            "name": { "type": "string", "description": "What it is called; `credits` for credits." },
            "quota": { "type": "integer", "description": "How many tokens it has." },
            "windowMs": { "type": "integer", "description": "Within which time, in milliseconds." },
            "remaining": { "type": "integer", "description": "How many tokens or credits there are." },
            "retryAfterMs": {
                "type": ["integer", "null"],
                "description": "In how many milliseconds the same request can pass; null if waiting never helps.",
            },
        },
    })
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |joined, word| joined + &word[..1].to_uppercase() + &word[1..])
}
