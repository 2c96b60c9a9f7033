//! `POST …/outcomes`: what became of verified requests, as their backends tell it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::body::{BATCH_BYTES_MAX, JsonBody};
use super::callers::{By, VerifyKeys};
use super::fields::plain::{integer, list, text};
use super::fields::values::timestamp;
use super::fields::{FieldCode, FieldError, FieldErrors, Fields, ids};
use super::idempotency;
use super::json::Json;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::{App, Fate, Principal};
use crate::domain::id::ApiKeyId;
use crate::domain::keyring::Keyring;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::latency::LATENCY_MS_MAX;
use crate::domain::usage::outcomes::{Outcome, Verdict};

/// How many outcomes one request may tell.
pub(super) const OUTCOMES_MAX: usize = 500;
/// How many characters the caller's own id of an outcome may have.
pub(super) const OUTCOME_ID_CHARACTERS_MAX: usize = 64;
/// The statuses of HTTP.
pub(super) const STATUSES: std::ops::RangeInclusive<i64> = 100..=599;

/// What was done with outcomes.
#[derive(Debug, Serialize)]
pub(super) struct CountedOutcomesBody {
    /// How many were counted.
    accepted: u64,
    /// How many had been counted before.
    duplicates: u64,
    /// Those that were not counted, and why.
    rejected: Vec<RejectedOutcomeBody>,
}

/// An outcome that was not counted.
#[derive(Debug, Serialize)]
pub(super) struct RejectedOutcomeBody {
    /// Its place in the list that was sent, from 0.
    index: u64,
    /// Why: there is no such key; it is too old to be counted; it has not happened yet; or nobody could be asked.
    code: &'static str,
    /// The same for people.
    message: &'static str,
}

/// An outcome as it was sent.
struct Entry {
    of: Named,
    /// The caller's own id of it.
    id: Option<String>,
    at: Option<Timestamp>,
    status: u16,
    latency_ms: u32,
}

/// What an outcome names.
enum Named {
    /// Nothing that there is.
    Nothing,
    /// A key.
    Key(ApiKeyId),
    /// A verification of a key.
    Verification(ApiKeyId, Timestamp, String),
}

/// Counts what became of verified requests, each once. Those that cannot be counted do not keep back the others.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, ..): By<VerifyKeys>,
    query: Query,
    headers: HeaderMap,
    body: JsonBody<BATCH_BYTES_MAX>,
) -> Result<Reply<CountedOutcomesBody>, Problem> {
    query.finish()?;
    let header = idempotency::value(&headers)?;
    let entries = read(body.json(), app.keyring())?;
    let request = header.map(|header| request_of(&app, &caller, &header));
    let outcomes = entries.into_iter().enumerate().map(|(index, entry)| entry.outcome(index, request.as_deref()));
    let fates = app.count_outcomes(&caller, outcomes.collect()).await?;
    Ok(Reply::ok(CountedOutcomesBody::new(&fates)))
}

/// What an `Idempotency-Key` of this caller is to its session: a keyed hash.
fn request_of(app: &App, caller: &Principal, header: &str) -> String {
    app.keyring().header_hash(&format!("{}\noutcomes\n{header}", caller.caller.bearer.as_str()))
}

fn read(json: &Json, keyring: &Keyring) -> Result<Vec<Entry>, FieldErrors> {
    let mut fields = Fields::of(json);
    let outcomes = fields.required("outcomes", list(OUTCOMES_MAX, "outcomes", |json| entry(json, keyring)));
    if outcomes.as_ref().is_some_and(Vec::is_empty) {
        fields.fail("outcomes", FieldError::new(FieldCode::Required, "must hold at least one outcome"));
    }
    fields.finish_with(|| outcomes)
}

fn entry(json: &Json, keyring: &Keyring) -> Result<Entry, FieldErrors> {
    let mut fields = Fields::of(json);
    let verification = fields.optional("verificationId", text(ids::verification_id(keyring)));
    let key = fields.optional("keyId", text(ids::api_key_id(keyring)));
    let id = fields.optional("id", text(own_id));
    let at = fields.optional("time", text(timestamp));
    let status = fields.required("status", integer(STATUSES));
    let latency_ms = fields.required("latencyMs", integer(0..=LATENCY_MS_MAX.into()));
    if fields.has("verificationId") {
        fields.exclusive("verificationId", "keyId");
        fields.exclusive("verificationId", "id");
    } else if !fields.has("keyId") {
        fields.fail("verificationId", FieldError::new(FieldCode::Required, "is required, or `keyId`"));
    }
    fields.finish_with(|| {
        let of = match (verification, key) {
            (Some(Some((key, when, rest))), _) => Named::Verification(key, when, rest),
            (None, Some(Some(key))) => Named::Key(key),
            _ => Named::Nothing,
        };
        let (status, latency_ms) = (u16::try_from(status?).ok()?, u32::try_from(latency_ms?).ok()?);
        Some(Entry { of, id, at, status, latency_ms })
    })
}

fn own_id(text: &str) -> Result<String, FieldError> {
    let is_fine =
        (1..=OUTCOME_ID_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let refused = || FieldError::new(FieldCode::InvalidFormat, "must be 1 to 64 visible ASCII characters");
    is_fine.then(|| text.to_owned()).ok_or_else(refused)
}

impl Entry {
    /// What its session is told; none if it names nothing that there is. What tells it from others of its key is the
    /// verification, else the caller's id, else its place in a request with an `Idempotency-Key`.
    fn outcome(self, index: usize, request: Option<&str>) -> Option<Outcome> {
        let Self { of, id, at, status, latency_ms } = self;
        let (key_id, verified_at, name) = match of {
            Named::Nothing => return None,
            Named::Verification(key, when, rest) => (key, Some(when), Some(format!("verification {rest}"))),
            Named::Key(key) => {
                let by_place = || request.map(|request| format!("request {request} {index}"));
                (key, None, id.map(|id| format!("id {id}")).or_else(by_place))
            }
        };
        Some(Outcome { key_id, name, verified_at, at, status, latency_ms })
    }
}

impl CountedOutcomesBody {
    fn new(fates: &[Fate]) -> Self {
        let count = |verdict| fates.iter().filter(|fate| **fate == Fate::Decided(verdict)).map(|_| 1).sum();
        let refused = fates.iter().enumerate().filter_map(|(index, fate)| {
            let (code, message) = reason(*fate)?;
            Some(RejectedOutcomeBody { index: u64::try_from(index).ok()?, code, message })
        });
        Self { accepted: count(Verdict::Accepted), duplicates: count(Verdict::Duplicate), rejected: refused.collect() }
    }
}

/// Why an outcome was not counted.
fn reason(fate: Fate) -> Option<(&'static str, &'static str)> {
    match fate {
        Fate::Decided(Verdict::Accepted | Verdict::Duplicate) => None,
        Fate::Decided(Verdict::NotFound) => Some(("not_found", "There is no such key or verification.")),
        Fate::Decided(Verdict::TooLate) => Some(("too_late", "Outcomes are counted for an hour.")),
        Fate::Decided(Verdict::InFuture) => Some(("in_future", "It names a moment that has not come yet.")),
        Fate::Unavailable => Some(("unavailable", "It could not be counted now. Send it again.")),
    }
}

/// The words for why an outcome was not counted.
#[cfg(test)]
pub(super) fn reasons() -> Vec<&'static str> {
    let decided = [Verdict::NotFound, Verdict::TooLate, Verdict::InFuture].map(Fate::Decided);
    decided.into_iter().chain([Fate::Unavailable]).filter_map(reason).map(|(code, _)| code).collect()
}
