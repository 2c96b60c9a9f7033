//! `POST …/keys/verify`, and the bare gate `GET /v1/whoami`: the same decision in two shapes.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};

use super::around::Around;
use super::body::JsonBody;
use super::callers::{By, VerifyKeys, unknown, waited_since};
use super::client_ip::ClientIp;
use super::credentials::Presented;
use super::fields::plain::{boolean, integer, one_of, string, text};
use super::fields::values::{domain, environment, ip, one_or_more_permissions, permission, tags};
use super::fields::{Fields, ids};
use super::identity::identity;
use super::json::Json;
use super::key_body::time;
use super::limit_body::{LeftCreditsBody, LimitedByBody, MetLimitBody};
use super::problem::{Code, Problem};
use super::query::{Query, number};
use super::refusal::POLICY_UNKNOWN;
use super::reply::Reply;
use crate::app::{App, Basis, Error, Verification, VerifyKey, Waited};
use crate::domain::caller::Caller;
use crate::domain::change::Change;
use crate::domain::consistency::Mode;
use crate::domain::environment::Environment;
use crate::domain::keyring::Keyring;
use crate::domain::rate_limit::LimitUse;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::{self, Check, Demand};
use crate::object::Rejection;

/// The most one verification may cost.
pub(super) const COST_MAX: i64 = 1_000_000;

/// Who may decide, by the words that narrow it for one verification.
const MODES: [(&str, Mode); 3] =
    [(Mode::Strict.as_str(), Mode::Strict), (Mode::Leased.as_str(), Mode::Leased), (Mode::Edge.as_str(), Mode::Edge)];

/// A decision on a key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerificationBody {
    /// Whether the key is good, for what was asked, now.
    valid: bool,
    /// Why, or why not.
    code: &'static str,
    /// The id of the key; null if it is not known.
    key_id: Option<String>,
    /// Its name.
    name: Option<String>,
    /// The organization it belongs to.
    organization_id: Option<String>,
    /// The session it is a credential of.
    session_id: Option<String>,
    /// The environment of that session.
    environment: Option<&'static str>,
    /// What it may do.
    permissions: Option<Vec<String>>,
    /// The one domain it may act for.
    domain: Option<String>,
    /// The owner's own name for whom the key belongs to.
    external_id: Option<String>,
    /// Free data of the owner.
    metadata: Option<Map<String, Value>>,
    /// When it stops to verify.
    expires_at: Option<String>,
    /// The limits that were looked at, with what is left of them.
    rate_limits: Vec<MetLimitBody>,
    /// The credits that are left; null if nobody counts.
    credits: Option<LeftCreditsBody>,
    /// The limit that has refused; null unless the code is `RATE_LIMITED`.
    limited_by: Option<LimitedByBody>,
    /// Names this decision.
    verification_id: String,
    /// How fresh the decision is.
    freshness: FreshnessBody,
    /// The checks in their order, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<Check>>,
}

/// How fresh a decision is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FreshnessBody {
    /// Who decided: `strict` is the authority itself, for this request; the others are its word that lasts for a while.
    mode: &'static str,
    /// When it was decided, or a little earlier.
    as_of: String,
    /// For how long (ms) from this answer on the decision may be relied on; 0 means for this request only.
    max_staleness_ms: u64,
}

impl VerificationBody {
    fn new(verification: Verification, limits: &[LimitUse], explain: bool) -> Self {
        let limited_by = LimitedByBody::new(verification.code, limits);
        let Verification { id, code, key, trace, freshness, credits, .. } = verification;
        let settings = key.as_ref().map(|key| &key.settings);
        Self {
            valid: code == verification::Code::Valid,
            code: code.as_str(),
            key_id: key.as_ref().map(|key| key.id.to_string()),
            name: settings.map(|settings| settings.name.to_string()),
            organization_id: key.as_ref().map(|key| key.organization_id.to_string()),
            session_id: key.as_ref().map(|key| key.session_id.to_string()),
            environment: key.as_ref().and_then(|key| key.environment).map(Environment::as_str),
            permissions: settings.map(|settings| settings.permissions.iter().map(ToString::to_string).collect()),
            domain: settings.and_then(|settings| settings.domain.as_ref()).map(ToString::to_string),
            external_id: settings.and_then(|settings| settings.external_id.as_ref()).map(ToString::to_string),
            metadata: settings.map(|settings| settings.metadata.as_map().clone()),
            expires_at: time(settings.and_then(|settings| settings.expires_at)),
            rate_limits: limits.iter().map(MetLimitBody::new).collect(),
            credits: credits.map(LeftCreditsBody::new),
            limited_by,
            verification_id: id.to_string(),
            freshness: FreshnessBody {
                mode: freshness.basis.as_str(),
                as_of: freshness.as_of.to_string(),
                max_staleness_ms: freshness.max_staleness_ms,
            },
            trace: explain.then_some(trace),
        }
    }
}

/// Verifies a key of one of the caller's customers. The answer is 200 whatever is decided about the key.
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    By(caller, ..): By<VerifyKeys>,
    around: Around,
    query: Query,
    body: JsonBody,
) -> Result<Reply<VerificationBody>, Problem> {
    query.finish()?;
    let (presented, request) = read(body.json(), app.keyring(), &around)?;
    let explain = request.explain;
    let verification = verified(&app, &presented, Some(&caller.caller), request, &around).await?;
    Ok(answered(verification, explain))
}

async fn verified(
    app: &App,
    presented: &Presented,
    caller: Option<&Caller>,
    request: VerifyKey,
    around: &Around,
) -> Result<Verification, Problem> {
    let began = app.now();
    let outcome = app.verify(presented.expose(), caller, request).await;
    noted(outcome, around, began, app)
}

/// Notes what a verification has come to, and what was waited for since it began.
pub(super) fn noted(
    outcome: Result<Verification, Error>,
    around: &Around,
    began: Timestamp,
    app: &App,
) -> Result<Verification, Problem> {
    if let (Some(facts), Ok(verification)) = (&around.facts, &outcome) {
        facts.verification(verification.code.as_str());
    }
    match &outcome {
        // Nobody is to tell a key that he cannot see from one that there is not.
        Ok(verification) if verification.code == verification::Code::NotFound => {
            around.timing.note(Some(Basis::Strict), Waited::default());
        }
        Ok(verification) => around.timing.note(Some(verification.freshness.basis), verification.waited),
        Err(_) => around.timing.note(None, waited_since(began, app.now())),
    }
    outcome.map_err(unavailable)
}

/// Verifies the bearer itself: 200 with the key's context, or 401, 403, 429.
pub(super) async fn whoami(
    State(app): State<Arc<App>>,
    presented: Presented,
    around: Around,
    ClientIp(ip): ClientIp,
    mut query: Query,
) -> Result<Reply<VerificationBody>, Problem> {
    let permission = query.optional("permission", permission);
    let domain = query.optional("domain", domain);
    let limits_as_forbidden = query.optional("on_limit", one_of(&[("403", true), ("429", false)])).unwrap_or(false);
    let cost = query.optional("cost", number(0..=COST_MAX)).map_or(1, units);
    let mode = query.optional("consistency", one_of(&MODES)).unwrap_or(Mode::Edge);
    let identified = query.optional("identity", one_of(&[("headers", true)])).unwrap_or(false);
    query.finish()?;
    let needed = permission.clone();
    let demand = Demand { permissions: permission.into_iter().collect(), domain, ip, ..Demand::default() };
    let (origin, background) = (around.origin.clone(), around.background.clone());
    let request = VerifyKey { demand, cost, mode, origin, background, ..VerifyKey::default() };
    let verification = verified(&app, &presented, None, request, &around).await?;
    let problem = match Code::of_refusal(verification.code) {
        None => {
            // Only where they are asked for: each header costs more than the decision does.
            let fields: Vec<_> = verification.key.iter().filter(|_| identified).flat_map(|key| identity(key)).collect();
            return Ok(answered(verification, false).with_all(fields));
        }
        Some(Code::AuthInvalidKey) => unknown(&app, ip).await,
        Some(code) => refused(code, &verification, cost, app.now()),
    };
    let problem = if limits_as_forbidden { problem.limits_as_forbidden() } else { problem };
    Err(needed.map_or(problem.clone(), |needed| problem.requiring(&needed)))
}

fn answered(mut verification: Verification, explain: bool) -> Reply<VerificationBody> {
    let limits = std::mem::take(&mut verification.limits);
    Reply::ok(VerificationBody::new(verification, &limits, explain)).within(&limits)
}

/// What the bearer is told. A limit is named, with the time after which the same request can pass it.
pub(super) fn refused(code: Code, verification: &Verification, cost: u32, now: Timestamp) -> Problem {
    let (problem, tightest) = (Problem::new(code), LimitUse::tightest(&verification.limits));
    match (code, tightest) {
        (Code::RateLimited, Some(limit)) => problem.limited_by(limit),
        (Code::UsageExceeded, _) => {
            let settings = verification.key.as_ref().and_then(|key| key.settings.credits);
            // A refill that does not reach so far is not worth waiting for.
            let refill = settings.and_then(|settings| settings.refill).filter(|refill| refill.amount >= cost.into());
            let wait = refill.and_then(|refill| u64::try_from(refill.next(now).millis_since(now)).ok());
            problem.showing(tightest).out_of_credits(verification.credits.unwrap_or(0), wait)
        }
        _ => problem,
    }
}

/// A number within `COST_MAX`.
fn units(cost: i64) -> u32 {
    u32::try_from(cost).unwrap_or(u32::MAX)
}

fn read(json: &Json, keyring: &Keyring, around: &Around) -> Result<(Presented, VerifyKey), Problem> {
    let mut fields = Fields::of(json);
    let key = fields.required("key", string);
    let permissions = fields.optional("permissions", one_or_more_permissions).unwrap_or_default();
    let domain = fields.optional("domain", text(domain));
    let session_id = fields.optional("sessionId", text(ids::session_to_match(keyring)));
    let environment = match fields.nullable("environment", text(environment)) {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(environment) => Some(Some(environment)),
    };
    let ip = fields.optional("ip", text(ip));
    let cost = fields.optional("cost", integer(0..=COST_MAX)).map_or(1, units);
    let tags = fields.optional("tags", tags).unwrap_or_default();
    let mode = fields.optional("consistency", text(one_of(&MODES))).unwrap_or(Mode::Edge);
    let explain = fields.optional("explain", boolean).unwrap_or(false);
    let dry_run = fields.optional("dryRun", boolean).unwrap_or(false);
    let key = fields.finish_with(|| key)?;
    let demand = Demand { permissions, domain, session_id, environment, ip };
    let tags = tags.iter().map(ToString::to_string).collect();
    let (origin, background) = (around.origin.clone(), around.background.clone());
    Ok((Presented::in_body(&key), VerifyKey { demand, explain, dry_run, cost, mode, origin, tags, background }))
}

/// Not to be able to ask says nothing about the key.
pub(super) fn unavailable(error: Error) -> Problem {
    match error {
        Error::Unavailable(cause) => Problem::new(Code::VerificationUnavailable).caused_by(cause.to_string()),
        Error::Failed(cause) => Problem::new(Code::VerificationUnavailable).caused_by(cause),
        Error::Rejected(Rejection::PolicyUnknown) => {
            Problem::new(Code::VerificationUnavailable).caused_by(POLICY_UNKNOWN.to_owned())
        }
        Error::Rejected(rejection) => rejection.into(),
    }
}
