//! The description of the API, made from the code and committed as `docs/openapi.json`.
//!
//! Routes, callers, summaries and answers are read from the sources of this room (`source`, `answers`); what no
//! signature tells stands in two tables (`operations`, `requests`). Only tests come here: what ships is the file.
//! `UPDATE_OPENAPI=1 cargo test openapi` writes it anew.

mod answers;
mod manual;
mod operations;
mod refusals;
mod requests;
mod source;

use serde_json::{Map, Value, json};

use super::problem::Code;
use crate::domain::operation::Operation as Needed;
use operations::{OPERATIONS, Operation, Success};
use refusals::Refusals;
use source::{Handler, Source};

/// The routes that need no credential (H12).
const PUBLIC: [&str; 2] = ["/healthz", "/openapi.json"];

/// The whole document.
fn document() -> Value {
    let source = Source::read();
    let mut refusals = Refusals::default();
    let mut paths = Map::new();
    for (method, path, handler) in source::routes() {
        let operation = OPERATIONS.iter().find(|operation| operation.handler == handler).unwrap();
        let described = describe(&source, operation, &path, &mut refusals);
        paths.entry(path).or_insert_with(|| json!({}))[method] = described;
    }
    let mut schemas = answers::schemas(&source);
    schemas.extend(requests::schemas());
    json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Latchkey",
            "summary": "Issues, manages and verifies API keys.",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": refusals.into_components(),
            "headers": headers(),
            "securitySchemes": security_schemes(),
        },
    })
}

const ABOUT: &str = "JSON in camelCase; times are ISO 8601 in UTC; unknown fields and parameters are refused. Every \
    answer has `x-request-id` and `cache-control: no-store`. GET routes answer HEAD too. A path that does not exist \
    is answered with 404 `not_found`, another method with 405 `method_not_allowed` and `Allow`. Errors are \
    `application/json`, or `application/problem+json` (RFC 9457) for clients that ask for it.";

const TAGS: [(&str, &str); 6] = [
    ("Verification", "Is this key good, for this, now?"),
    ("API keys", "Issue, list, change, rotate and revoke keys."),
    ("Sessions", "The units of isolation that keys belong to."),
    ("Organization", "The caller's own organization and its audit log."),
    ("Operator", "For the operator of the deployment; absent without a configured operator token."),
    ("Service", "The service itself."),
];

fn describe(source: &Source, operation: &Operation, path: &str, refusals: &mut Refusals) -> Value {
    let handler = &source.handlers[operation.handler];
    let (summary, rest) = handler.doc.split_once(". ").unwrap_or((&handler.doc, ""));
    let codes = codes(operation, handler);
    let mut responses = successes(source, operation, handler);
    responses.extend(refusals.responses(operation.id, &codes));
    let mut described = json!({
        "operationId": operation.id,
        "tags": [tag(operation.handler)],
        "summary": summary.trim_end_matches('.'),
        "security": security(handler),
        "responses": responses,
    });
    if !rest.is_empty() {
        described["description"] = rest.into();
    }
    let parameters = parameters(operation, handler, path);
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(body) = operation.body {
        described["requestBody"] = json!({
            "required": handler.takes("JsonBody"),
            "content": { "application/json": { "schema": answers::reference(body) } },
        });
    }
    described
}

fn tag(handler: &str) -> &'static str {
    match handler.split_once("::").unwrap() {
        ("verification", _) => "Verification",
        ("keys" | "session_keys", _) => "API keys",
        ("sessions", _) => "Sessions",
        ("organization", _) => "Organization",
        ("operator", _) => "Operator",
        _ => "Service",
    }
}

/// How the caller proves itself: read from the signature (H12). The permission stands as the scheme's role.
fn security(handler: &Handler) -> Value {
    if let Some(needs) = handler.takes_for("By") {
        let permission = needed(&needs).permission().to_string();
        json!([{ "bearer": [permission] }, { "apiKey": [permission] }])
    } else if handler.takes("Operator") {
        json!([{ "operator": [] }])
    } else if handler.takes("Presented") {
        json!([{ "bearer": [] }, { "apiKey": [] }])
    } else {
        json!([])
    }
}

fn needed(name: &str) -> Needed {
    let operations = [
        ("ReadApiKeys", Needed::ReadApiKeys),
        ("WriteApiKeys", Needed::WriteApiKeys),
        ("VerifyKeys", Needed::VerifyKeys),
        ("ReadSessions", Needed::ReadSessions),
        ("WriteSessions", Needed::WriteSessions),
        ("ReadOrganization", Needed::ReadOrganization),
        ("ReadAuditLog", Needed::ReadAuditLog),
    ];
    operations.into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// Everything an operation can refuse with: what every request meets, what its extractors refuse, its own.
fn codes(operation: &Operation, handler: &Handler) -> Vec<Code> {
    use Code::*;
    let mut codes = vec![InvalidRequest, UriTooLong, InternalError, ServiceUnavailable, NotConfigured];
    let keyed = handler.takes("By");
    if keyed || handler.takes("Presented") || handler.takes("Operator") {
        codes.extend([AuthConflictingCredentials, AuthMalformedHeader, AuthMissingCredentials, AuthInvalidKey]);
        codes.push(AuthTooManyFailures);
    }
    if keyed || handler.takes("Presented") {
        codes.extend([AuthKeyRevoked, AuthKeyDisabled, AuthKeyExpired, AuthKeyNotYetValid]);
        codes.extend([AuthOrganizationSuspended, AuthSessionDisconnected]);
    }
    if keyed {
        codes.extend([ForbiddenIp, InsufficientPermissions]);
    }
    if handler.takes("Operator") {
        codes.push(NotFound);
    }
    if operation.body.is_some() {
        codes.extend([InvalidJson, PayloadTooLarge, UnsupportedMediaType]);
    }
    codes.extend(operation.refuses);
    codes
}

fn successes(source: &Source, operation: &Operation, handler: &Handler) -> Map<String, Value> {
    let schema = match operation.handler {
        // These two write their responses themselves.
        "keys::list" | "session_keys::list" => json!({ "anyOf": [
            { "type": "array", "items": answers::reference("ApiKey") },
            answers::answer(source, &syn::parse_str("PageBody<ApiKeyBody>").unwrap()),
        ] }),
        "meta::openapi" => json!({ "type": "object" }),
        _ => answers::answer(source, handler.answers.as_ref().unwrap()),
    };
    let statuses: &[(&str, &str)] = match operation.success {
        Success::Done => &[("200", "Done.")],
        Success::Settled => &[("200", "Done, and in force."), ("202", ACCEPTED)],
        Success::Created => &[("201", "Created."), ("202", ON_ITS_WAY)],
    };
    let mut names = vec!["x-request-id"];
    if operation.success == Success::Created {
        names.push("Location");
    }
    if operation.handler.ends_with("keys::list") {
        names.push("Link");
    }
    let headers = refusals::header_references(&names);
    let responses = statuses.iter().map(|(status, description)| {
        let content = json!({ "application/json": { "schema": schema } });
        ((*status).to_owned(), json!({ "description": description, "headers": headers, "content": content }))
    });
    responses.collect()
}

const ACCEPTED: &str =
    "The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when.";

const ON_ITS_WAY: &str = "Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown.";

fn parameters(operation: &Operation, handler: &Handler, path: &str) -> Vec<Value> {
    let mut parameters = Vec::new();
    if path.contains("{id}") {
        let (schema, description) = if handler.takes("KeyPath") {
            ("ApiKeyId", "The id of the API key.")
        } else if handler.takes("SessionPath") {
            ("SessionId", "The id of the session.")
        } else {
            ("OrganizationId", "The id of the organization.")
        };
        let schema = answers::reference(schema);
        parameters.push(
            json!({ "name": "id", "in": "path", "required": true, "schema": schema, "description": description }),
        );
    }
    parameters.extend(operation.query.iter().map(|name| requests::parameter(name)));
    if operation.refuses.contains(&Code::IdempotencyMismatch) {
        let characters = super::idempotency::IDEMPOTENCY_KEY_CHARACTERS;
        let schema = json!({ "type": "string", "minLength": characters.start(), "maxLength": characters.end() });
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "schema": schema,
            "description": "A retry with the same value and body answers the same key instead of issuing another.",
        }));
    }
    parameters
}

fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "x-request-id": {
            "description": "Names the request; the same as `details.requestId` of an error.",
            "schema": { "type": "string", "pattern": "^req_[0-9A-Za-z]{22}$" },
        },
        "Location": text("The path of what was created."),
        "Link": text("The next page (`rel=\"next\"`), when a bare array does not hold all rows."),
        "WWW-Authenticate": text("The challenge of RFC 6750, with the permission that was missing."),
        "Allow": text("The methods that the path has."),
        "Retry-After": {
            "description": "After how many seconds another try makes sense.",
            "schema": { "type": "integer", "minimum": 1 },
        },
    })
}

fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key. The role is the permission it needs.",
        },
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "x-api-key",
            "description": "The same key, for clients that cannot set `Authorization`.",
        },
        "operator": {
            "type": "http",
            "scheme": "bearer",
            "description": "The operator token of the deployment.",
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const FILE: &str = "docs/openapi.json";

    fn operations(document: &Value) -> Vec<(String, String, Value)> {
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                operations.push((method.clone(), path.clone(), operation.clone()));
            }
        }
        operations
    }

    /// Every operation and every component on a line of its own: small, and a change shows where it is.
    fn written(value: &Value, levels: u32) -> String {
        let Some(members) = value.as_object().filter(|_| levels > 0) else { return value.to_string() };
        let line = |(name, member): (&String, &Value)| format!("\"{name}\":{}", written(member, levels - 1));
        format!("{{\n{}\n}}", members.iter().map(line).collect::<Vec<_>>().join(",\n"))
    }

    #[test]
    fn the_committed_openapi_document_is_the_one_the_code_describes() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        let described = written(&document(), 3) + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(&path, &described).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap();
        assert!(committed == described, "{FILE} is out of date: UPDATE_OPENAPI=1 cargo test openapi");
    }

    #[test]
    fn every_route_is_an_operation_of_openapi_and_the_other_way_round() {
        let documented: BTreeSet<_> =
            operations(&document()).into_iter().map(|(method, path, _)| (method, path)).collect();
        let routed: BTreeSet<_> = source::routes().into_iter().map(|(method, path, _)| (method, path)).collect();
        assert_eq!(documented, routed);
        assert_eq!(OPERATIONS.len(), routed.len());
        assert!(routed.len() >= 27, "the table of routes was not read to its end");
    }

    #[test]
    fn every_openapi_operation_names_its_caller_or_is_public() {
        for (method, path, operation) in operations(&document()) {
            let open = operation["security"].as_array().unwrap().is_empty();
            assert_eq!(open, PUBLIC.contains(&path.as_str()), "{method} {path}");
            let by_operator = operation["security"][0].get("operator").is_some();
            assert_eq!(by_operator, path.starts_with("/operator/"), "{method} {path}");
        }
    }

    #[test]
    fn no_openapi_credential_stands_in_a_query() {
        let document = document();
        for scheme in document["components"]["securitySchemes"].as_object().unwrap().values() {
            assert_ne!(scheme["in"], "query");
        }
        for (method, path, operation) in operations(&document) {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                let is_credential = super::super::query::holds_credential(&format!("{name}=x"));
                assert!(parameter["in"] != "query" || !is_credential, "{method} {path}: {name}");
            }
        }
    }

    #[test]
    fn openapi_operations_have_names_and_sentences() {
        let mut ids = BTreeSet::new();
        for (method, path, operation) in operations(&document()) {
            assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}");
            assert!(operation["summary"].as_str().unwrap().len() > 10, "{method} {path}");
            assert!(TAGS.iter().any(|(tag, _)| operation["tags"][0] == *tag), "{method} {path}");
        }
    }

    #[test]
    fn every_error_code_of_openapi_belongs_to_a_response() {
        let document = document();
        let responses = document["components"]["responses"].as_object().unwrap().values();
        let listed: Vec<_> = responses.flat_map(|response| response["x-codes"].as_array().unwrap()).collect();
        let all: Vec<Value> = Code::ALL.iter().map(|code| code.as_str().into()).collect();
        assert_eq!(document["components"]["schemas"]["Error"]["properties"]["code"]["enum"], Value::Array(all.clone()));
        assert_eq!(
            all.iter().filter(|code| !listed.contains(code)).collect::<Vec<_>>(),
            [&Value::from("wrong_session"), &Value::from("wrong_environment")]
        );
    }

    #[test]
    fn no_field_is_read_that_openapi_does_not_show() {
        let sources = [
            include_str!("key_requests.rs"),
            include_str!("operator.rs"),
            include_str!("sessions.rs"),
            include_str!("verification.rs"),
        ];
        let mut read = BTreeSet::new();
        for call in ["required", "optional", "given", "nullable"].map(|how| format!("fields.{how}(\"")) {
            let calls = sources.iter().flat_map(|source| source.split(&call).skip(1));
            read.extend(calls.map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
        let mut shown = BTreeSet::new();
        for schema in requests::schemas().values() {
            let plan = &schema["properties"]["plan"];
            for properties in [&schema["properties"], &plan["properties"]] {
                shown.extend(properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
            }
        }
        assert_eq!(read, shown);
    }
}
