//! Routes of the gateway as clients read them, and what they send about them.

use serde::Serialize;

use super::fields::consistency::mode;
use super::fields::plain::{boolean, integer, text};
use super::fields::values::{environment, name, one_or_more_permissions};
use super::fields::{FieldCode, FieldError, Fields, ids};
use super::json::Json;
use super::key_body::{ActorBody, time};
use super::problem::Problem;
use super::verification::COST_MAX;
use crate::domain::consistency::Mode;
use crate::domain::environment::Environment;
use crate::domain::gateway::path::{PathError, RoutePath};
use crate::domain::gateway::{Origin, Route, TIMEOUT_MS, TIMEOUT_MS_DEFAULT, Terms};
use crate::domain::keyring::Keyring;
use crate::domain::timestamp::Timestamp;
use crate::organization::gateway::protocol::RouteChange;

/// A route of the gateway.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GatewayRouteBody {
    /// The id of the route.
    id: String,
    /// Which paths it is for: this one, and all below it.
    path: String,
    /// Where they lead.
    origin: String,
    /// What people call it.
    description: Option<String>,
    /// The permissions that a key needs, all of them.
    permissions: Vec<String>,
    /// The session that a key must belong to; null for any.
    session_id: Option<String>,
    /// The environment that a key must belong to; null for any.
    environment: Option<&'static str>,
    /// What a request costs of limits and credits.
    cost: u32,
    /// Who may decide.
    consistency: &'static str,
    /// Whether the origin is asked for what follows `path`, instead of for the whole path.
    strip_path: bool,
    /// Whether it is in use.
    active: bool,
    /// How long (ms) the origin may take until it begins to answer.
    timeout_ms: u32,
    /// Until when the secret before the newest signs as well; null if there is only one.
    previous_secret_until: Option<String>,
    /// Who created it.
    created_by: ActorBody,
    /// When it was created.
    created_at: String,
    /// When its settings last changed.
    updated_at: String,
}

/// A route with its secret, in the one answer that has it. No `Debug`: it would print the secret.
#[derive(Serialize)]
pub(super) struct SecretGatewayRouteBody {
    /// The record.
    #[serde(flatten)]
    record: GatewayRouteBody,
    /// The secret by which requests to the origin are signed, `gwsec_` and base64. It is shown this once.
    secret: String,
}

impl GatewayRouteBody {
    /// Writes the record as it stands at `now`.
    pub(super) fn new(route: &Route, now: Timestamp) -> Self {
        let terms = &route.terms;
        let former = route.secrets.iter().filter_map(|secret| secret.until).filter(|until| *until > now);
        Self {
            id: route.id.to_string(),
            path: terms.path.as_str().to_owned(),
            origin: terms.origin.as_str().to_owned(),
            description: terms.description.as_ref().map(ToString::to_string),
            permissions: terms.permissions.iter().map(ToString::to_string).collect(),
            session_id: terms.session_id.as_ref().map(ToString::to_string),
            environment: terms.environment.map(Environment::as_str),
            cost: terms.cost,
            consistency: terms.consistency.as_str(),
            strip_path: terms.strip_path,
            active: terms.active,
            timeout_ms: terms.timeout_ms,
            previous_secret_until: time(former.max()),
            created_by: ActorBody::new(&route.created_by),
            created_at: route.created_at.to_string(),
            updated_at: route.updated_at.to_string(),
        }
    }
}

impl SecretGatewayRouteBody {
    /// Writes the record with its secret.
    pub(super) fn new(route: &Route, secret: String, now: Timestamp) -> Self {
        Self { record: GatewayRouteBody::new(route, now), secret }
    }
}

/// Reads the body of a new route. `loopback`: whether its origin may be on this very machine.
pub(super) fn new_route(json: &Json, keyring: &Keyring, loopback: bool) -> Result<Terms, Problem> {
    let mut fields = Fields::of(json);
    let path = fields.required("path", text(path));
    let origin = fields.required("origin", text(origin(loopback)));
    let description = fields.optional("description", text(name));
    let permissions = fields.optional("permissions", one_or_more_permissions).unwrap_or_default();
    let session_id = fields.optional("sessionId", text(ids::session_to_match(keyring)));
    let environment = fields.optional("environment", text(environment));
    let cost = fields.optional("cost", integer(0..=COST_MAX)).map_or(1, number);
    let consistency = fields.optional("consistency", text(mode)).unwrap_or(Mode::Edge);
    let strip_path = fields.optional("stripPath", boolean).unwrap_or(false);
    let active = fields.optional("active", boolean).unwrap_or(true);
    let timeout_ms = fields.optional("timeoutMs", integer(TIMEOUT_MS)).map_or(TIMEOUT_MS_DEFAULT, number);
    Ok(fields.finish_with(|| {
        let (path, origin) = (path?, origin?);
        Some(Terms {
            path,
            origin,
            description,
            permissions,
            session_id,
            environment,
            cost,
            consistency,
            strip_path,
            active,
            timeout_ms,
        })
    })?)
}

/// Reads the body of a change.
pub(super) fn route_change(json: &Json, keyring: &Keyring, loopback: bool) -> Result<RouteChange, Problem> {
    let mut fields = Fields::of(json);
    fields.at_least_one();
    let change = RouteChange {
        path: fields.given("path", text(path)),
        origin: fields.given("origin", text(origin(loopback))),
        description: fields.nullable("description", text(name)),
        permissions: fields.given("permissions", one_or_more_permissions),
        session_id: fields.nullable("sessionId", text(ids::session_to_match(keyring))),
        environment: fields.nullable("environment", text(environment)),
        cost: fields.given("cost", integer(0..=COST_MAX)).map(number),
        consistency: fields.given("consistency", text(mode)),
        strip_path: fields.given("stripPath", boolean),
        active: fields.given("active", boolean),
        timeout_ms: fields.given("timeoutMs", integer(TIMEOUT_MS)).map(number),
    };
    fields.finish()?;
    Ok(change)
}

fn path(text: &str) -> Result<RoutePath, FieldError> {
    RoutePath::parse(text).map_err(|error| {
        let code = match error {
            PathError::TooLong => FieldCode::TooLong,
            PathError::Relative | PathError::Empty | PathError::Spelling => FieldCode::InvalidFormat,
        };
        FieldError::explained(code, &error)
    })
}

fn origin(loopback: bool) -> impl Fn(&str) -> Result<Origin, FieldError> {
    move |text| {
        let refused = |error| FieldError::explained(FieldCode::InvalidFormat, &error);
        Origin::parse(text, loopback).map_err(refused)
    }
}

/// A number that was found to lie within bounds far below.
fn number(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
