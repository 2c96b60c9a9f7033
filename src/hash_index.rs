//! How a key looks in Workers KV: its name and its value.
//!
//! KV is a projection that may lag (H4). A value names a route and the record as it was last published. It
//! may decide one thing alone, because that can never change back: that the key is revoked.

use serde::{Deserialize, Serialize};

use crate::domain::api_key::ApiKey;
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::grant::Lease;
use crate::domain::locator::Locator;
use crate::domain::timestamp::Timestamp;

/// The KV name of a key.
pub fn name(hash: &KeyHash) -> String {
    format!("key/{hash}")
}

/// The value under that name. Versioned: a reader that meets an unknown version treats the name as absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
enum Value {
    #[serde(rename = "1")]
    V1 {
        session: Locator,
        record: ApiKey,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accept: Option<Accept>,
    },
}

/// What lets a record decide by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Accept {
    until: Timestamp,
    lease: Lease,
}

/// Encodes the record of a key for KV.
pub fn encode(record: &ApiKey) -> Option<Vec<u8>> {
    serde_json::to_vec(&Value::V1 { session: record.session_id.locator(), record: record.clone(), accept: None }).ok()
}

/// Reads a value; `None` where it is not one of ours, or not yet one we know.
pub fn decode(bytes: &[u8]) -> Option<ApiKey> {
    let Value::V1 { record, .. } = serde_json::from_slice(bytes).ok()?;
    Some(record)
}

/// The record in `bytes`, if it proves that the key presented with `locator` is revoked. A value that names
/// another session proves nothing.
pub fn tombstone(bytes: &[u8], locator: Locator) -> Option<ApiKey> {
    let Value::V1 { session, record, .. } = serde_json::from_slice(bytes).ok()?;
    (session == locator && record.revocation.is_some()).then_some(record)
}

/// A record that accepts the key by itself, for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The record.
    pub key: ApiKey,
    /// What its authority has said of it.
    pub lease: Lease,
    /// Until when it may be accepted, by the clock of its authority.
    pub until: Timestamp,
}

/// The record in `bytes`, if it accepts the key presented with `locator` until some moment.
pub fn accepted(bytes: &[u8], locator: Locator) -> Option<Accepted> {
    let Value::V1 { session, record, accept } = serde_json::from_slice(bytes).ok()?;
    let accept = accept.filter(|_| session == locator)?;
    Some(Accepted { key: record, lease: accept.lease, until: accept.until })
}
