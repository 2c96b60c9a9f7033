//! The schemas of bodies and query parameters. Bodies are read field by field rather than into structs, so what is
//! read is told here; a test sends every field and every parameter to its route.

mod alerts;
mod bulk;
mod domains;
mod gateway;
mod imports;
mod outcomes;
mod parameters;
mod people;
mod sessions;
mod webhooks;

pub(super) use parameters::parameter;

use serde_json::{Map, Value, json};

use super::answers::{environment, interval, limit_name, nullable, one_of, plan_name, preset, reference, time};
use crate::api::fields::values::TAGS_MAX;
use crate::api::key_requests::OVERLAP_SECONDS_MAX;
use crate::api::operator::CUSTOM_LIMIT_MAX;
use crate::api::verification::COST_MAX;
use crate::domain::consistency::Mode;
use crate::domain::credits::CREDITS_MAX;
use crate::domain::ip_network::MAX_NETWORKS;
use crate::domain::metadata::{MAX_METADATA_BYTES, MAX_METADATA_DEPTH, MAX_METADATA_KEYS};
use crate::domain::permission::MAX_PERMISSIONS;
use crate::domain::rate_limit::{RATE_LIMITS_MAX, RateLimit};
use crate::domain::text::{ExternalId, Name, Reason, Tag};

/// A field of a body: its name, whether it must be there, whether it may be null, its schema, what it means.
type Field = (&'static str, Presence, Value, &'static str);

/// Whether a field must be there, and what null means.
#[derive(Clone, Copy, PartialEq)]
enum Presence {
    /// Must be there, and not null.
    Required,
    /// May be absent or null.
    Optional,
    /// May be absent, but not null.
    NotNull,
}
use Presence::{NotNull, Optional, Required};

/// The schemas of all bodies.
pub(super) fn schemas() -> Map<String, Value> {
    let create = body("A new API key.", created(Required), &json!({ "name": "CI pipeline" }));
    let create_in = body("A new API key of a session.", created_in(), &json!({ "expiresAt": "2030-01-01T00:00:00Z" }));
    let schemas = [
        ("CreateApiKey", exclusive(create)),
        ("CreateSessionApiKey", exclusive(create_in)),
        ("ChangeApiKey", change(exclusive(body("Changes to an API key.", changed(), &json!({ "active": false }))))),
        ("RotateApiKey", body("How to replace an API key.", rotated(), &json!({ "overlapSeconds": 3600 }))),
        ("RevokeApiKey", body("Why an API key is revoked.", revoked(), &json!({ "reason": "Laptop lost" }))),
        (
            "VerifyKey",
            body(
                "A key, and what it is wanted for.",
                verified(),
                &json!({ "key": "KEY", "permissions": "emails:send" }),
            ),
        ),
        (
            "CreateOrganization",
            body("A new organization.", organization(Required, Optional), &json!({ "name": "Acme" })),
        ),
        (
            "ChangeOrganization",
            change(body(
                "Changes to an organization.",
                organization(NotNull, NotNull),
                &json!({ "plan": { "name": "pro" } }),
            )),
        ),
    ];
    schemas
        .into_iter()
        .chain(outcomes::schemas())
        .chain(people::schemas())
        .chain(sessions::schemas())
        .chain(alerts::schemas())
        .chain(bulk::schemas())
        .chain(webhooks::schemas())
        .chain(domains::schemas())
        .chain(gateway::schemas())
        .chain(imports::schemas())
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect()
}

fn body(description: &str, fields: Vec<Field>, example: &Value) -> Value {
    let required: Vec<&str> =
        fields.iter().filter(|(_, presence, ..)| *presence == Required).map(|(name, ..)| *name).collect();
    let mut schema = json!({
        "type": "object",
        "description": description,
        "properties": properties(fields),
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !example.is_null() {
        schema["examples"] = json!([example]);
    }
    schema
}

fn properties(fields: Vec<Field>) -> Map<String, Value> {
    let described = fields.into_iter().map(|(name, presence, schema, description)| {
        let mut schema = if presence == Optional { nullable(schema) } else { schema };
        schema["description"] = description.into();
        (name.to_owned(), schema)
    });
    described.collect()
}

/// `permission` or `permissions`, not both.
fn exclusive(mut schema: Value) -> Value {
    schema["not"] = json!({
        "required": ["permission", "permissions"],
        "properties": { "permission": { "type": "string" }, "permissions": { "type": "array" } },
    });
    schema
}

/// A change that changes nothing is a mistake.
fn change(mut schema: Value) -> Value {
    schema["minProperties"] = 1.into();
    schema
}

fn text(max: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": max })
}

fn list(items: &Value, max: usize) -> Value {
    json!({ "type": "array", "items": items, "maxItems": max })
}

fn metadata() -> Value {
    json!({ "type": "object", "maxProperties": MAX_METADATA_KEYS, "additionalProperties": true })
}

fn about_metadata() -> &'static str {
    assert_eq!((MAX_METADATA_BYTES, MAX_METADATA_KEYS, MAX_METADATA_DEPTH), (4_096, 64, 8));
    "Free data, answered by every verification: at most 4 KiB as JSON, 64 keys in all, 8 levels."
}

fn created(name: Presence) -> Vec<Field> {
    let mut fields = settings(Optional, Optional);
    fields.extend([
        ("name", name, text(Name::MAX_CHARACTERS), "A name for people, on one line."),
        (
            "sessionId",
            Optional,
            reference("SessionId"),
            "The session it belongs to; else the default session of `environment`, else the caller's own.",
        ),
        (
            "environment",
            Optional,
            environment(),
            "The environment of the session; one that contradicts `sessionId` is refused.",
        ),
        credits(),
    ]);
    fields
}

fn created_in() -> Vec<Field> {
    let mut fields = settings(Optional, Optional);
    let name = text(Name::MAX_CHARACTERS);
    fields.extend([("name", Optional, name, "A name for people; one is made up if it is absent."), credits()]);
    fields
}

fn changed() -> Vec<Field> {
    let mut fields = settings(NotNull, Optional);
    fields.extend([
        ("name", NotNull, text(Name::MAX_CHARACTERS), "A name for people, on one line."),
        ("active", NotNull, json!({ "type": "boolean" }), "false disables the key, true enables it again."),
        recredited(),
    ]);
    fields
}

/// What a key is issued with and what may be changed later; null clears.
fn settings(granted: Presence, others: Presence) -> Vec<Field> {
    let network = json!({ "type": "string", "maxLength": 43 });
    vec![
        (
            "permission",
            granted,
            preset(),
            "A preset of permissions; not together with `permissions`. New keys get `full_access` by default.",
        ),
        ("permissions", granted, list(&reference("Permission"), MAX_PERMISSIONS), "What the key may do."),
        (
            "domain",
            others,
            json!({ "type": "string", "minLength": 3, "maxLength": 253 }),
            "The one domain the key may act for, in ASCII or any script.",
        ),
        (
            "ipAllowList",
            others,
            list(&network, MAX_NETWORKS),
            "Addresses and networks (CIDR) the key may be used from; empty means anywhere.",
        ),
        ("metadata", others, metadata(), about_metadata()),
        ("externalId", others, text(ExternalId::MAX_CHARACTERS), "Your own id for whom the key belongs to."),
        ("expiresAt", others, time(), "When the key stops to verify; in the future, and after `notBefore`."),
        ("notBefore", others, time(), "When the key starts to verify."),
        limits("How often the key may be verified, at most; each limit under a name of its own."),
    ]
}

fn limits(description: &'static str) -> Field {
    let within = |min: u32, max: u32| json!({ "type": "integer", "minimum": min, "maximum": max });
    let limit = vec![
        ("name", Required, limit_name(), "What it is called."),
        ("limit", Required, within(1, RateLimit::LIMIT_MAX), "How many tokens."),
        (
            "windowMs",
            Required,
            within(RateLimit::WINDOW_MS_MIN, RateLimit::WINDOW_MS_MAX),
            "Within any window of so many milliseconds.",
        ),
    ];
    ("rateLimits", Optional, list(&body("A rate limit.", limit, &Value::Null), RATE_LIMITS_MAX), description)
}

/// Credits at the beginning.
fn credits() -> Field {
    let fields = vec![("remaining", Required, many(0), "How many credits it begins with."), refill()];
    (
        "credits",
        Optional,
        body("Credits.", fields, &Value::Null),
        "How often it may be used in all; null if nobody counts.",
    )
}

/// A change of credits.
fn recredited() -> Field {
    let more = json!({ "type": "integer", "minimum": -CREDITS_MAX.cast_signed(), "maximum": CREDITS_MAX });
    let fields = vec![
        ("remaining", NotNull, many(0), "How many credits there are now; not together with `add`."),
        ("add", NotNull, more, "How many more, or fewer; never below 0."),
        refill(),
    ];
    let mut change = change(body("A change of credits.", fields, &Value::Null));
    change["not"] = json!({ "type": "object", "required": ["remaining", "add"] });
    ("credits", Optional, change, "How often the key may be used in all; null ends the counting.")
}

fn refill() -> Field {
    let day = json!({ "type": "integer", "minimum": 1, "maximum": 31 });
    let fields = vec![
        ("interval", Required, interval(), "How often, at 00:00 UTC."),
        ("amount", Required, many(1), "Up to how many credits; more than that stay."),
        ("day", Optional, day, "Of the week, 1 for Monday; of the month, or its last; 1 by default. Not for `daily`."),
    ];
    ("refill", Optional, body("When credits are filled up.", fields, &Value::Null), "When they are filled up.")
}

fn many(min: u64) -> Value {
    json!({ "type": "integer", "minimum": min, "maximum": CREDITS_MAX })
}

fn rotated() -> Vec<Field> {
    let overlap = json!({ "type": "integer", "minimum": 0, "maximum": OVERLAP_SECONDS_MAX });
    vec![
        ("overlapSeconds", Required, overlap, "How long the old key goes on to verify; 0 ends it at once."),
        ("expiresAt", Optional, time(), "When the successor stops to verify, in place of the old key's expiry."),
    ]
}

fn revoked() -> Vec<Field> {
    vec![("reason", Optional, text(Reason::MAX_CHARACTERS), "Why, on one line; kept with the key.")]
}

fn verified() -> Vec<Field> {
    let wanted = reference("Permission");
    let flag = || json!({ "type": "boolean" });
    let address = json!({ "anyOf": [{ "type": "string", "format": "ipv4" }, { "type": "string", "format": "ipv6" }] });
    vec![
        ("key", Required, json!({ "type": "string" }), "The key to verify."),
        (
            "permissions",
            Optional,
            json!({ "anyOf": [wanted, list(&wanted, MAX_PERMISSIONS)] }),
            "One permission or a list; the key must have all of them.",
        ),
        (
            "domain",
            Optional,
            json!({ "type": "string", "minLength": 3, "maxLength": 253 }),
            "The domain that the key is to act for.",
        ),
        ("sessionId", Optional, reference("SessionId"), "The session the key must belong to."),
        (
            "environment",
            Optional,
            environment(),
            "The environment the key must belong to; null asks for a session without one.",
        ),
        ("ip", Optional, address, "The address the key was used from; needed for keys with an `ipAllowList`."),
        (
            "cost",
            Optional,
            json!({ "type": "integer", "minimum": 0, "maximum": COST_MAX, "default": 1 }),
            "What the request costs of limits and credits; 0 spends nothing, and passes all of them.",
        ),
        (
            "consistency",
            Optional,
            consistency(),
            "Who may decide this time; it can only be narrower than the session allows.",
        ),
        ("tags", Optional, list(&text(Tag::MAX_CHARACTERS), TAGS_MAX), "Labels for the usage statistics."),
        ("explain", Optional, flag(), "Whether to answer with the checks that were made; that leaves no trace either."),
        ("dryRun", Optional, flag(), "Whether to leave no trace: nothing is spent, `lastUsedAt` stays."),
    ]
}

fn consistency() -> Value {
    one_of(Mode::ALL.map(Mode::as_str))
}

fn organization(name: Presence, others: Presence) -> Vec<Field> {
    let limit = || json!({ "type": "integer", "minimum": 1, "maximum": CUSTOM_LIMIT_MAX });
    let plan = vec![
        ("name", Required, plan_name(), "The preset."),
        ("keysPerSession", Optional, limit(), "Keys that may stand in one session, in place of the preset's number."),
        ("requestsPerMinute", Optional, limit(), "Requests per minute, in place of the preset's number."),
    ];
    vec![
        ("name", name, text(Name::MAX_CHARACTERS), "A name for people, on one line."),
        (
            "plan",
            others,
            body("A plan.", plan, &Value::Null),
            "The plan with its limits; the deployment's default if absent.",
        ),
    ]
}
