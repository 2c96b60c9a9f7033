//! The description of the API, made from the code and committed as `docs/openapi.json`.
//!
//! Routes, callers, summaries and answers are read from the sources of this room (`source`, `answers`); what no
//! signature tells stands in two tables (`operations`, `requests`). Only tests come here: what ships is the file. So
//! whatever does not fit panics, in all files of this room: a source that cannot be read is a test that fails.
//! `UPDATE_OPENAPI=1 cargo test openapi` writes it anew.

mod answers;
mod manual;
mod operations;
mod refusals;
mod requests;
mod security;
mod source;
mod tags;
mod tests;
mod webhooks;

use serde_json::{Map, Value, json};

use super::audit_export::NDJSON;
use super::identity::IDENTITY_HEADERS;
use super::mount::MEMBERS;
use super::problem::Code;
use crate::domain::operation::Operation as Needed;
use operations::{OPERATIONS, Operation, Success};
use refusals::{LIMIT_HEADERS, Refusals};
use source::{Handler, Source};
use tags::{TAGS, tag};

/// The routes that need no credential (H12), besides those of a `Visitor`.
const PUBLIC: [&str; 5] =
    ["/healthz", "/openapi.json", "/leaks/gitleaks.toml", "/v1/keys/report-leak", "/v1/leaks/github"];

/// What no member is refused with: members reach their whole organization, and are bound to nothing that a key is.
const ONLY_KEYS: [Code; 2] = [Code::OutsideReach, Code::ExceedsOwnPermissions];
/// What no key is refused with, because it is refused before.
const ONLY_MEMBERS: [Code; 1] = [Code::OrganizationSuspended];

/// An operation at one of its places.
struct Place<'s> {
    method: &'s str,
    operation: &'s Operation,
    handler: &'s Handler,
    path: &'s str,
    /// Whether keys have the same operation at another path.
    is_doubled: bool,
}

impl Place<'_> {
    /// Its `operationId`.
    fn id(&self) -> String {
        format!("{}{}", self.operation.id, if self.is_doubled { "AsMember" } else { "" })
    }

    /// Whether members call it.
    fn is_for_members(&self) -> bool {
        self.handler.takes("By") && self.path.starts_with(MEMBERS)
    }

    /// Whether a plan's pool for management counts it.
    fn is_counted(&self) -> bool {
        let needs = self.handler.takes_for("By").map(|needs| needed(&needs));
        !self.is_for_members() && self.method != "delete" && needs.is_some_and(|needs| needs != Needed::VerifyKeys)
    }

    /// Whether somebody who is signed in calls it.
    fn is_for_people(&self) -> bool {
        self.is_for_members() || self.handler.takes("SignedIn")
    }
}

/// The whole document.
fn document() -> Value {
    let source = Source::read();
    let mut refusals = Refusals::default();
    let mut paths = Map::new();
    let routes = source::routes();
    for route @ (method, path, handler) in &routes {
        let place = Place {
            method,
            operation: OPERATIONS
                .iter()
                .find(|operation| operation.handler == handler)
                .expect("a row for each handler"), // A handler without one is not described: that is what fails here.
            handler: &source.handlers[handler],
            path,
            is_doubled: source::twin(&routes, route).is_some(),
        };
        let described = describe(&source, &place, &mut refusals);
        paths.entry(path).or_insert_with(|| json!({}))[method] = described;
    }
    let mut schemas = answers::schemas(&source);
    schemas.extend(requests::schemas());
    schemas.extend(webhooks::schemas());
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
        "webhooks": webhooks::webhooks(),
        "components": {
            "schemas": schemas,
            "responses": refusals.into_components(),
            "headers": refusals::headers(),
            "securitySchemes": security::schemes(),
        },
    })
}

const ABOUT: &str = "JSON in camelCase; times are ISO 8601 in UTC; unknown fields and parameters are refused. Every \
    answer has `x-request-id` and `cache-control: no-store`. GET routes answer HEAD too. A path that does not exist \
    is answered with 404 `not_found`, another method with 405 `method_not_allowed` and `Allow`. Errors are \
    `application/json`, or `application/problem+json` (RFC 9457) for clients that ask for it.";

fn describe(source: &Source, place: &Place<'_>, refusals: &mut Refusals) -> Value {
    let Place { operation, handler, .. } = place;
    let (summary, rest) = handler.doc.split_once(". ").unwrap_or((&handler.doc, ""));
    let mut responses = successes(source, place);
    responses.extend(refusals.responses(&place.id(), &codes(place)));
    let mut described = json!({
        "operationId": place.id(),
        "tags": [tag(operation.handler)],
        "summary": summary.trim_end_matches('.'),
        "security": security::of(place),
        "responses": responses,
    });
    if !rest.is_empty() {
        described["description"] = rest.into();
    }
    let parameters = parameters(place);
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

/// What `By` is for bears the name of its operation.
fn needed(name: &str) -> Needed {
    // The name was read from a signature that compiles.
    Needed::ALL.into_iter().find(|operation| format!("{operation:?}") == name).expect("`By` names an operation")
}

/// Everything an operation can refuse with: what every request meets, what its extractors refuse, its own.
fn codes(place: &Place<'_>) -> Vec<Code> {
    use Code::*;
    let Place { operation, handler, .. } = place;
    let mut codes = vec![InvalidRequest, UriTooLong, InternalError, ServiceUnavailable, NotConfigured];
    let keyed = handler.takes("By") && !place.is_for_members();
    if keyed || place.is_for_people() || handler.takes("Presented") || handler.takes("Operator") {
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
    if place.method != "get" && !place.operation.handler.starts_with("verification::") {
        codes.push(StorageFull);
    }
    if place.is_counted() {
        codes.push(RateLimited);
    }
    if place.is_for_people() {
        codes.push(CsrfRefused);
    }
    if place.is_for_members() {
        codes.extend([OrganizationNotFound, InsufficientRole]);
    }
    if handler.takes("Visitor") {
        codes.extend([AuthConflictingCredentials, AuthMalformedHeader, CsrfRefused]);
    }
    if handler.takes("Operator") {
        codes.push(NotFound);
    }
    if operation.body.is_some() {
        codes.extend([InvalidJson, PayloadTooLarge, UnsupportedMediaType]);
    }
    codes.extend(operation.refuses.iter().filter(|code| !(place.is_for_members() && ONLY_KEYS.contains(code))));
    if keyed {
        codes.retain(|code| !ONLY_MEMBERS.contains(code));
    }
    codes
}

fn successes(source: &Source, place: &Place<'_>) -> Map<String, Value> {
    let Place { operation, handler, .. } = place;
    let schema = match operation.handler {
        // These write their responses themselves.
        "keys::list" | "session_keys::list" => json!({ "anyOf": [
            { "type": "array", "items": answers::reference("ApiKey") },
            // The text stands here.
            answers::answer(source, &syn::parse_str("PageBody<ApiKeyBody>").expect("a type")),
        ] }),
        "meta::openapi" => json!({ "type": "object" }),
        "export::export" => answers::reference("Export"),
        "audit_export::export" | "sign_ins::export_audit_log" => answers::reference("AuditExport"),
        "leaks::github" => answers::github_labels(),
        "leaks::gitleaks" => json!({ "type": "string", "description": "A rule for gitleaks, in TOML." }),
        _ if operation.success == Success::Empty => Value::Null,
        // One that does not say is not described: that is what fails here.
        _ => answers::answer(source, handler.answers.as_ref().expect("the handler says what it answers")),
    };
    let statuses: &[(&str, &str)] = match operation.success {
        Success::Done => &[("200", "Done.")],
        Success::Settled => &[("200", "Done, and in force."), ("202", ACCEPTED)],
        Success::Created => &[("201", "Created."), ("202", ON_ITS_WAY)],
        Success::Made => &[("201", "Created.")],
        Success::Accepted => &[("202", "Taken; the answer is the same whatever comes of it.")],
        Success::Empty => &[("204", "Done; there is nothing to say.")],
    };
    let mut names = vec!["x-request-id"];
    if [Success::Created, Success::Made].contains(&operation.success) {
        names.push("Location");
    }
    if operation.handler.ends_with("keys::list") {
        names.push("Link");
    }
    if operation.handler == "export::export" {
        names.push("Content-Disposition");
    }
    if operation.sets_cookie {
        names.push("Set-Cookie");
    }
    if place.is_counted() || operation.handler.starts_with("verification::") {
        names.extend(LIMIT_HEADERS);
    }
    if operation.handler.starts_with("verification::") {
        names.push("Server-Timing");
    }
    if operation.handler == "verification::whoami" {
        names.extend(IDENTITY_HEADERS);
    }
    let responses = statuses.iter().map(|(status, description)| {
        let applied = (*status == "202" && handler.takes("Prefer")).then_some("Preference-Applied");
        let headers = refusals::header_references(&[names.as_slice(), applied.as_slice()].concat());
        let mut response = json!({ "description": description, "headers": headers });
        if !schema.is_null() {
            let media = match operation.handler {
                "audit_export::export" | "sign_ins::export_audit_log" => NDJSON,
                "leaks::gitleaks" => "application/toml",
                _ => "application/json",
            };
            response["content"] = json!({ media: { "schema": schema } });
        }
        ((*status).to_owned(), response)
    });
    responses.collect()
}

const ACCEPTED: &str =
    "The change stands, but not everybody concerned has confirmed it yet. Repeat the request to learn when.";

const ISSUED_ONCE: &str = "A retry with the same value and body answers the same key instead of issuing another.";
const COUNTED_ONCE: &str =
    "Within an hour, a retry with the same value counts no outcome again, also none without an id.";

const ON_ITS_WAY: &str = "Created, but not everybody concerned has confirmed it yet: for a moment it may be unknown.";

/// The ids that stand in paths: the name of the parameter, the extractor, the schema, what it is.
fn ids() -> [(&'static str, &'static str, &'static str, &'static str); 14] {
    [
        ("organizationId", "By", "OrganizationId", "The id of the organization; the caller must be a member."),
        ("id", "KeyPath", "ApiKeyId", "The id of the API key."),
        ("id", "SessionPath", "SessionId", "The id of the session."),
        ("id", "OrganizationPath", "OrganizationId", "The id of the organization."),
        ("id", "AlertPath", "AlertId", "The id of the alert."),
        ("kind", "AlertKindPath", "AlertKind", "The kind of alerts."),
        ("id", "InvitationPath", "InvitationId", "The id of the invitation."),
        ("id", "SignInPath", "SignInId", "The id of the sign-in."),
        ("id", "EndpointPath", "WebhookEndpointId", "The id of the webhook endpoint."),
        ("id", "DomainPath", "DomainId", "The id of the domain."),
        ("id", "RoutePath", "GatewayRouteId", "The id of the route of the gateway."),
        ("deliveryId", "DeliveryPath", "WebhookDeliveryId", "The id of the delivery."),
        ("userId", "UserPath", "UserId", "The id of the user."),
        ("userId", "MemberPath", "UserId", "The id of the member."),
    ]
}

fn parameters(place: &Place<'_>) -> Vec<Value> {
    let Place { operation, handler, path, .. } = place;
    let mut parameters = Vec::new();
    for segment in path.split('/').filter(|segment| segment.starts_with('{')) {
        let name = segment.trim_matches(['{', '}']);
        let known = ids().into_iter().find(|(known, extractor, ..)| *known == name && handler.takes(extractor));
        // A route whose handler reads none of its path is a mistake in the table of routes.
        let (.., schema, description) = known.unwrap_or_else(|| panic!("{} reads no {name}", operation.handler));
        let schema = answers::reference(schema);
        parameters.push(
            json!({ "name": name, "in": "path", "required": true, "schema": schema, "description": description }),
        );
    }
    parameters.extend(operation.query.iter().map(|name| requests::parameter(name)));
    let counts_once = operation.handler == "outcomes::create";
    if counts_once || operation.refuses.contains(&Code::IdempotencyMismatch) {
        let characters = super::idempotency::IDEMPOTENCY_KEY_CHARACTERS;
        let schema = json!({ "type": "string", "minLength": characters.start(), "maxLength": characters.end() });
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "schema": schema,
            "description": if counts_once { COUNTED_ONCE } else { ISSUED_ONCE },
        }));
    }
    if handler.takes("Prefer") {
        parameters.push(json!({
            "name": "Prefer",
            "in": "header",
            "schema": { "type": "string" },
            "description": "`respond-async` (RFC 7240): 202 with `effectiveAt` at once, instead of waiting until then.",
        }));
    }
    parameters
}
