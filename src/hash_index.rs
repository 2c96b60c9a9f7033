//! How a key looks in Workers KV: its name and its value.
//!
//! KV is a projection that may lag (H4). A value names a route and the record as it was last published. It
//! may decide one thing alone, because that can never change back: that the key is revoked. In sessions whose owner
//! wants it, a second one until an end that is written in it: that the key is good.

use serde::{Deserialize, Serialize};

use crate::domain::api_key::ApiKey;
use crate::domain::caller::Reach;
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::grant::Edition;
use crate::domain::locator::Locator;
use crate::domain::tagged::tagged;
use crate::domain::timestamp::Timestamp;

/// The KV name of a key.
pub fn name(hash: &KeyHash) -> String {
    format!("key/{hash}")
}

/// What a record says of its own goodness, in sessions that let KV decide: that the key is good for whatever its record
/// allows, until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Until when, by the authority's clock. Whoever compares it with another takes a margin off.
    pub until: Timestamp,
    /// Which versions of all that the decision rests on.
    pub edition: Edition,
    /// How far the key reaches as a caller.
    pub reach: Reach,
    /// When the authority decided.
    pub decided_at: Timestamp,
}

/// The value under that name. Versioned: a reader that meets an unknown version treats the name as absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "v")]
enum Value {
    #[serde(rename = "1")]
    V1 {
        session: Locator,
        record: ApiKey,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accept: Option<Acceptance>,
    },
}
tagged!(Value);

/// Encodes the record of a key for KV, and until when it may be accepted by that alone.
pub fn encode(record: &ApiKey, accept: Option<Acceptance>) -> Option<Vec<u8>> {
    serde_json::to_vec(&Value::V1 { session: record.session_id.locator(), record: record.clone(), accept }).ok()
}

/// Reads a value; `None` where it is not one of ours, or not yet one we know.
pub fn decode(bytes: &[u8]) -> Option<ApiKey> {
    let Value::V1 { record, .. } = serde_json::from_slice(bytes).ok()?;
    Some(record)
}

/// Where the key in `bytes` was when it was last published: a way to ask, for keys whose text has none.
pub fn route(bytes: &[u8]) -> Option<Locator> {
    let Value::V1 { session, .. } = serde_json::from_slice(bytes).ok()?;
    Some(session)
}

/// The record in `bytes`, if it proves that the key presented with `locator` is revoked. A value that names
/// another session proves nothing.
pub fn tombstone(bytes: &[u8], locator: Locator) -> Option<ApiKey> {
    let Value::V1 { session, record, .. } = serde_json::from_slice(bytes).ok()?;
    (session == locator && record.revocation.is_some()).then_some(record)
}

/// The record in `bytes`, with what it says of its own goodness. Whether the time for that is over is not looked at; that
/// a key is revoked is never a reason to accept it.
pub fn accepted(bytes: &[u8], locator: Locator) -> Option<(ApiKey, Acceptance)> {
    let Value::V1 { session, record, accept } = serde_json::from_slice(bytes).ok()?;
    let is_one = session == locator && record.session_id.locator() == locator && record.revocation.is_none();
    Some((record, accept?)).filter(|_| is_one)
}
