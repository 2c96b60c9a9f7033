//! `…/api_keys/{id}/evidence`: who still uses a key that is to go, and whether it can.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::callers::{By, ReadApiKeys};
use super::key_body::time;
use super::pages::no_parameters;
use super::paths::KeyPath;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use super::usage::LastUsedBody;
use crate::app::App;
use crate::domain::api_key::ApiKey;
use crate::domain::evidence::{Client, Evidence, Verdict};
use crate::domain::timestamp::Timestamp;

/// Who uses an API key since it was replaced, and whether it can be deleted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EvidenceBody {
    /// The key.
    key_id: String,
    /// The key that replaces it; null if none does.
    rotated_to: Option<String>,
    /// Since when uses are counted here: since it was replaced, else since it was issued.
    counted_since: String,
    /// When it ends by itself, as the old half of a rotation does; null if it does not.
    expires_at: Option<String>,
    /// When it was revoked; null if it was not.
    revoked_at: Option<String>,
    /// How often it was let through.
    uses: u64,
    /// The last time that it was let through, ever; null if never.
    last_used: Option<LastUsedBody>,
    /// How often it was refused because it had expired or was revoked.
    refused_uses: u64,
    /// The last time that it was, as far as single verifications are known; null otherwise.
    last_refused: Option<LastUsedBody>,
    /// Who has presented it, the latest first, as far as single verifications are known: ten at most.
    clients: Vec<EvidenceClientBody>,
    /// Whether deleting it would hurt nobody, as far as can be known.
    safe_to_delete: bool,
    /// Why: `ended`, `unused_since_rotation`, `quiet`, `idle`; or why not: `too_early`, `in_use`.
    reason: &'static str,
}

/// Somebody who has presented an API key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EvidenceClientBody {
    /// What the client calls itself, shortened.
    client: Option<String>,
    /// The country, ISO 3166-1 alpha-2.
    country: Option<String>,
    /// How many of the verifications that are known one by one.
    seen: u64,
    /// When last.
    last_seen_at: String,
}

impl EvidenceBody {
    fn new(key: &ApiKey, evidence: Evidence, now: Timestamp) -> Self {
        let verdict = Verdict::of(key, &evidence, now);
        let Evidence { since, uses, last, refused, last_refused, clients, .. } = evidence;
        Self {
            key_id: key.id.to_string(),
            rotated_to: key.rotated_to.as_ref().map(ToString::to_string),
            counted_since: since.to_string(),
            expires_at: time(key.settings.expires_at),
            revoked_at: time(key.revocation.as_ref().map(|revocation| revocation.at)),
            uses,
            last_used: last.map(LastUsedBody::new),
            refused_uses: refused,
            last_refused: last_refused.map(LastUsedBody::new),
            clients: clients.into_iter().map(EvidenceClientBody::new).collect(),
            safe_to_delete: verdict.is_safe(),
            reason: verdict.as_str(),
        }
    }
}

impl EvidenceClientBody {
    fn new(client: Client) -> Self {
        let Client { client, country, seen, last_seen_at } = client;
        Self { client, country, seen, last_seen_at: last_seen_at.to_string() }
    }
}

/// Tells who still uses an API key, and whether it is safe to delete.
pub(super) async fn of_key(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadApiKeys>,
    KeyPath(id): KeyPath,
    query: Query,
) -> Result<Reply<EvidenceBody>, Problem> {
    no_parameters(query)?;
    let (key, evidence) = app.key_evidence(&caller, &id).await?;
    Ok(Reply::ok(EvidenceBody::new(&key, evidence, app.now())))
}
