//! Keys of another system on their way into a session.

use serde::{Deserialize, Serialize};

use super::NewKey;
use crate::domain::id::ApiKeyId;
use crate::domain::imported_key::ForeignPrefix;
use crate::domain::key_hash::KeyHash;

/// Keys that are to be taken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// Whether only to tell what would become of them.
    pub dry_run: bool,
    /// How they begin.
    pub prefix: ForeignPrefix,
    /// The keys.
    pub keys: Vec<ImportedKey>,
}

/// One of them. Its `secret` has the hash under which it is found from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportedKey {
    /// The key.
    pub key: NewKey,
    /// Its hash at every pepper version.
    pub hashes: Vec<KeyHash>,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It was taken over.
    Imported(ApiKeyId),
    /// It was before, whatever has become of it since.
    Exists(ApiKeyId),
    /// It was not, and will not be as it is.
    Refused(NotImported),
}

/// Why a key was not taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotImported {
    /// The plan allows no further key.
    Quota,
    /// It has more than the caller.
    ExceedsOwnPermissions,
    /// It would never verify.
    EmptyLifetime,
    /// Its domain is no verified one of the organization.
    DomainNotVerified,
}
