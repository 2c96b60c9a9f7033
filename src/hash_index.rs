//! How a key looks in Workers KV: its name and its value.
//!
//! KV is a projection that may lag (H4). A value names a route and the record as it was last published. It
//! may decide one thing alone, because that can never change back: that the key is revoked.

use serde::{Deserialize, Serialize};

use crate::domain::api_key::ApiKey;
use crate::domain::key_hash::KeyHash;
use crate::domain::locator::Locator;
use crate::domain::tagged::tagged;

/// The KV name of a key.
pub fn name(hash: &KeyHash) -> String {
    format!("key/{hash}")
}

/// The value under that name. Versioned: a reader that meets an unknown version treats the name as absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "v")]
enum Value {
    #[serde(rename = "1")]
    V1 { session: Locator, record: ApiKey },
}
tagged!(Value);

/// Encodes the record of a key for KV.
pub fn encode(record: &ApiKey) -> Option<Vec<u8>> {
    serde_json::to_vec(&Value::V1 { session: record.session_id.locator(), record: record.clone() }).ok()
}

/// Reads a value; `None` where it is not one of ours, or not yet one we know.
pub fn decode(bytes: &[u8]) -> Option<ApiKey> {
    let Value::V1 { record, .. } = serde_json::from_slice(bytes).ok()?;
    Some(record)
}

/// The record in `bytes`, if it proves that the key presented with `locator` is revoked. A value that names
/// another session proves nothing.
pub fn tombstone(bytes: &[u8], locator: Locator) -> Option<ApiKey> {
    let Value::V1 { session, record } = serde_json::from_slice(bytes).ok()?;
    (session == locator && record.revocation.is_some()).then_some(record)
}
