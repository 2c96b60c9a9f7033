//! What an organization can be told about keys of another system, and what it answers.

use serde::{Deserialize, Serialize};

use crate::domain::id::ApiKeyId;
use crate::domain::imported_key::ForeignPrefix;
use crate::domain::key_hash::KeyHash;
use crate::domain::tagged::tagged;
use crate::object::Authority;

/// A command about keys of another system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum ImportCommand {
    /// Keep places for keys, and declare how they begin. Repeating it changes nothing.
    Claim { authority: Authority, prefix: ForeignPrefix, keys: Vec<Claimed>, dry_run: bool },
    /// Which key has one of these hashes?
    Route { hashes: Vec<KeyHash> },
    /// How the keys begin that were brought along.
    Prefixes,
}
tagged!(ImportCommand);

/// A key that is to have a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claimed {
    /// Its hash at every pepper version.
    pub hashes: Vec<KeyHash>,
    /// Its id, if there is none yet.
    pub id: ApiKeyId,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The id of the key that has it.
    pub id: ApiKeyId,
    /// Whether that key is there: its session has told of it.
    pub is_taken: bool,
}

/// An answer about keys of another system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum ImportReply {
    /// The places, in the order of the keys.
    Places { places: Vec<Place> },
    /// The key with this hash, if there is one.
    Route { id: Option<ApiKeyId> },
    /// How keys begin.
    Prefixes { prefixes: Vec<ForeignPrefix> },
}
tagged!(ImportReply);
