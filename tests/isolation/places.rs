//! Where ids can stand: read off the description. What a place is for is said here, once for each name, and a name that
//! is not here fails the suite.

use serde_json::Value;

use crate::support::contract::CONTRACT;

/// What an id, or a word that stands for something, is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Organization,
    Session,
    ApiKey,
    User,
    Invitation,
    SignIn,
    Alert,
    Endpoint,
    GatewayRoute,
    Delivery,
    Domain,
    Verification,
    /// A secret key that is presented to be looked at.
    SecretKey,
    /// The one-time token of an invitation that is over: to fill a body with, as it stands in no place of the matrix.
    Token,
    /// An owner's own name for a customer.
    ExternalId,
    /// What a list is searched for.
    Name,
    /// A domain somebody has proved.
    DomainName,
    /// An e-mail address that only the operator may ask for.
    Email,
    /// A page of a list.
    Cursor,
}

/// A place in a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    Path(String),
    Query(String),
    /// A JSON pointer.
    Body(String),
}

/// A place, and what belongs there.
#[derive(Debug, Clone)]
pub struct Place {
    pub spot: Spot,
    pub kind: Kind,
}

/// An operation of the description.
#[derive(Debug)]
pub struct Route {
    pub method: String,
    pub template: String,
    pub operation: &'static Value,
    pub places: Vec<Place>,
}

/// All of them.
pub fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    for (template, item) in CONTRACT.0["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let places = places(template, operation);
            routes.push(Route { method: method.to_uppercase(), template: template.clone(), operation, places });
        }
    }
    routes
}

impl Route {
    /// The schema of its body.
    pub fn body(&self) -> Option<(&'static str, &'static Value)> {
        let schema = &self.operation["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        Some((name, &CONTRACT.0["components"]["schemas"][name]))
    }

    /// Method and path, as the description has them.
    pub fn shown(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// Whether it changes something, or may.
    pub fn writes(&self) -> bool {
        self.method != "GET"
    }

    /// Whether it knows `Idempotency-Key`.
    pub fn is_idempotent(&self) -> bool {
        let parameters = self.operation["parameters"].as_array();
        parameters.into_iter().flatten().any(|parameter| parameter["name"] == "Idempotency-Key")
    }
}

fn places(template: &str, operation: &Value) -> Vec<Place> {
    let mut found = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap().to_owned();
        let (kind, spot) = match parameter["in"].as_str().unwrap() {
            "path" => (in_path(template, &name), Spot::Path(name)),
            "query" => (in_query(&name), Spot::Query(name)),
            "header" => (in_header(&name), Spot::Query(name)),
            other => panic!("{template}: a parameter in {other}: say what can stand there"),
        };
        found.extend(kind.map(|kind| Place { spot, kind }));
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let mut fields = Vec::new();
    walk(schema, "", &mut fields);
    fields.sort();
    fields.dedup();
    for pointer in fields {
        found.extend(in_body(schema, &pointer).map(|kind| Place { spot: Spot::Body(pointer), kind }));
    }
    found
}

/// What stands in a path after this segment.
fn in_path(template: &str, name: &str) -> Option<Kind> {
    let before = template.split(&format!("/{{{name}}}")).next().unwrap().rsplit('/').next().unwrap();
    Some(match before {
        "organizations" => Kind::Organization,
        "sessions" => Kind::Session,
        "api_keys" => Kind::ApiKey,
        "members" | "users" => Kind::User,
        "invitations" => Kind::Invitation,
        "sign_ins" => Kind::SignIn,
        "alerts" => Kind::Alert,
        "webhook_endpoints" => Kind::Endpoint,
        "gateway_routes" => Kind::GatewayRoute,
        "deliveries" => Kind::Delivery,
        "domains" => Kind::Domain,
        // A word of the service, the same for everybody.
        "alert_rules" => return None,
        other => panic!("{template}: say what stands after /{other}/"),
    })
}

fn in_query(name: &str) -> Option<Kind> {
    Some(match name {
        "sessionId" => Kind::Session,
        "subject" | "target" => Kind::ApiKey,
        "actor" => Kind::User,
        "externalId" => Kind::ExternalId,
        "search" => Kind::Name,
        "domain" => Kind::DomainName,
        "email" => Kind::Email,
        "cursor" => Kind::Cursor,
        // Numbers, moments and words of the service.
        "limit" | "after" | "status" | "kind" | "severity" | "environment" | "days" | "from" | "to" | "granularity"
        | "action" | "permission" | "cost" | "on_limit" | "consistency" | "identity" => return None,
        other => panic!("say what stands in the query as {other}"),
    })
}

/// `Idempotency-Key` has a test of its own; it is no id.
fn in_header(name: &str) -> Option<Kind> {
    assert!(["Prefer", "Idempotency-Key"].contains(&name), "say what stands in the header {name}");
    None
}

fn in_body(schema: &Value, pointer: &str) -> Option<Kind> {
    let schema = schema["$ref"].as_str().unwrap_or_default().rsplit('/').next().unwrap();
    let name = pointer.rsplit('/').find(|part| *part != "0").unwrap();
    Some(match name {
        "sessionId" => Kind::Session,
        "userId" => Kind::User,
        "ids" | "keyId" => Kind::ApiKey,
        "verificationId" => Kind::Verification,
        // Whoever has found a key may say so, and what follows is the same for everybody.
        "key" => return (schema == "VerifyKey").then_some(Kind::SecretKey),
        "externalId" => return pointer.starts_with("/filter").then_some(Kind::ExternalId),
        "search" => Kind::Name,
        // Each organization proves its domains for itself.
        "domain" => return (schema != "CreateDomain").then_some(Kind::DomainName),
        // A token is a secret and no id: whoever sends it holds it, and is told what has become of what it opens.
        "token" => return None,
        // What belongs to who sends it: names, secrets and addresses of their own, limits, moments, words of the service.
        "active" | "add" | "alertEmails" | "amount" | "confirm" | "consistency" | "cookie" | "cost"
        | "createdBefore" | "credits" | "currentPassword" | "day" | "description" | "development" | "dryRun"
        | "email" | "enabled" | "environment" | "environments" | "events" | "expiresAt" | "explain" | "filter"
        | "firstName" | "hash" | "id" | "includeSubdomains" | "interval" | "invitation" | "ip" | "ipAllowList"
        | "keys" | "keysPerSession" | "last4" | "lastName" | "latencyMs" | "leakPolicy" | "limit" | "metadata"
        | "minimum" | "mode" | "name" | "newPassword" | "none" | "notBefore" | "onLoss" | "organizationName"
        | "origin" | "outcomes" | "overlapSeconds" | "password" | "path" | "permission" | "permissions" | "plan"
        | "prefix" | "production" | "rateLimits" | "reason" | "recoveryCode" | "refill" | "region" | "remaining"
        | "requestsPerMinute" | "role" | "setupToken" | "staging" | "staleSeconds" | "start" | "status"
        | "stripPath" | "tags" | "threshold" | "time" | "timeoutMs" | "totp" | "ttlMs" | "type" | "unusedForDays"
        | "url" | "windowMs" => return None,
        other => panic!("{schema}: say what stands at {pointer} ({other})"),
    })
}

/// The pointers of all fields that a schema shows.
pub fn walk(schema: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return walk(CONTRACT.0.pointer(name.trim_start_matches('#')).unwrap(), at, found);
    }
    for choice in ["oneOf", "anyOf", "allOf"].iter().flat_map(|word| schema[word].as_array()).flatten() {
        walk(choice, at, found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        walk(property, &pointer, found);
        found.push(pointer);
    }
    if schema["items"].is_object() {
        walk(&schema["items"], &format!("{at}/0"), found);
    }
}
