//! `/v1/keys/report-leak`, `/v1/leaks/github` and `/leaks/gitleaks.toml`: keys that were found where they should not be, and
//! what finds them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::around::Around;
use super::body::{JsonBody, RawBody};
use super::callers::FAILURE_PAUSE_MS;
use super::client_ip::ClientIp;
use super::credentials::CREDENTIAL_BYTES_MAX;
use super::fields::plain::string;
use super::fields::{FieldCode, FieldError, Fields};
use super::json::Json;
use super::pages::no_parameters;
use super::problem::{Code, Problem};
use super::query::Query;
use super::reply::Reply;
use crate::app::{App, Job};
pub(super) use crate::domain::leak_place::PLACE_CHARACTERS_MAX;

/// The longest report (bytes) of GitHub: a thousand tokens with long addresses.
pub(super) const GITHUB_BYTES_MAX: usize = 1024 * 1024;
/// How many tokens such a report may have.
pub(super) const GITHUB_TOKENS_MAX: usize = 1_000;

/// That a report was taken. It is the same whatever was reported.
#[derive(Debug, Serialize)]
pub(super) struct LeakReportedBody {
    /// Always true.
    reported: bool,
}

/// Takes a report that a key was found where it should not be. Whoever has the key needs no other credential, and learns
/// nothing about it.
pub(super) async fn report(
    State(app): State<Arc<App>>,
    around: Around,
    headers: HeaderMap,
    query: Query,
    body: JsonBody,
) -> Result<Reply<LeakReportedBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let key = fields.required("key", credential);
    let place = fields.optional("url", place);
    let key = fields.finish_with(|| key)?;
    // Every report counts, good or not: it is nothing to ask often.
    if !app.tolerates_failure(ClientIp::find(&headers).0).await {
        return Err(Problem::new(Code::AuthTooManyFailures).retry_after_ms(FAILURE_PAUSE_MS));
    }
    if let Some(report) = app.leak_report(&key, place.as_deref()) {
        around.background.add(Job::Leak(Box::new(report)));
    }
    Ok(Reply::accepted(LeakReportedBody { reported: true }))
}

fn credential(json: &Json) -> Result<String, FieldError> {
    let text = string(json)?;
    if text.len() > CREDENTIAL_BYTES_MAX {
        return Err(FieldError::too(FieldCode::TooLong, CREDENTIAL_BYTES_MAX, "bytes"));
    }
    Ok(text)
}

fn place(json: &Json) -> Result<String, FieldError> {
    let text = string(json)?;
    if text.chars().count() > PLACE_CHARACTERS_MAX {
        return Err(FieldError::too(FieldCode::TooLong, PLACE_CHARACTERS_MAX, "characters"));
    }
    Ok(text)
}

/// A token that GitHub has found.
#[derive(Deserialize)]
struct FoundToken {
    token: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    url: String,
}

/// What GitHub is told of a token, in its own words.
#[derive(Debug, Serialize)]
pub(super) struct Label {
    /// SHA-256 of the token, base64.
    token_hash: String,
    /// Its type, as GitHub named it.
    token_type: String,
    /// `true_positive` if it is, or was, a key of this deployment; else `false_positive`.
    label: &'static str,
}

/// Takes what GitHub's secret scanning has found. The body is signed by GitHub, whose keys are read from its list.
pub(super) async fn github(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Query,
    body: RawBody<GITHUB_BYTES_MAX>,
) -> Result<Reply<Vec<Label>>, Problem> {
    no_parameters(query)?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let refused = || Problem::new(Code::LeakSignatureInvalid);
    let key_id = header("github-public-key-identifier").ok_or_else(refused)?;
    let signature = header("github-public-key-signature").ok_or_else(refused)?;
    let signature = STANDARD.decode(signature).map_err(|_| refused())?;
    let ClientIp(ip) = ClientIp::find(&headers);
    let paused = || Problem::new(Code::AuthTooManyFailures).retry_after_ms(FAILURE_PAUSE_MS);
    // Whoever names a key that is not known may have GitHub's list read again: it is nothing to ask often.
    if !app.knows_github_key(key_id) && !app.tolerates_failure(ip).await {
        return Err(paused());
    }
    if !app.is_by_github(body.bytes(), key_id, &signature).await? {
        return Err(if app.tolerates_failure(ip).await { refused() } else { paused() });
    }
    // A struct alone would be read from an array as well.
    let found: Vec<Map<String, Value>> =
        serde_json::from_slice(body.bytes()).map_err(|_| Problem::new(Code::InvalidJson))?;
    let found: Vec<FoundToken> = serde_json::from_value(found.into()).map_err(|_| Problem::new(Code::InvalidJson))?;
    if found.len() > GITHUB_TOKENS_MAX {
        return Err(Problem::new(Code::PayloadTooLarge));
    }
    let reports = found.iter().map(|found| app.leak_report(&found.token, Some(&found.url)));
    let known = app.report_leaks(reports.collect()).await?;
    let labels = found.iter().zip(known).map(|(found, known)| Label {
        token_hash: STANDARD.encode(Sha256::digest(found.token.as_bytes())),
        token_type: found.r#type.chars().take(PLACE_CHARACTERS_MAX).collect(),
        label: if known { "true_positive" } else { "false_positive" },
    });
    Ok(Reply::ok(labels.collect()))
}

/// The rule with which gitleaks finds the keys of this deployment.
pub(super) async fn gitleaks(State(app): State<Arc<App>>, query: Query) -> Result<Response, Problem> {
    no_parameters(query)?;
    let text = app.gitleaks_rule();
    Ok((StatusCode::OK, [(CONTENT_TYPE, "application/toml")], Body::from(text)).into_response())
}
