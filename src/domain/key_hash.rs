//! What is stored of a secret key: a keyed hash, with the version of the pepper under which it was made.
//!
//! A dump of hashes can neither be used nor confirmed without the keyring. The text form `h1:9f86…` stands in
//! rows and names the entry in the hash index, and is pinned (H11).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// The hash under which a secret key is known.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyHash {
    version: u8,
    hash: [u8; 32],
}

/// The text is not `h`, a version from 1 to 255, `:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key hash")]
pub struct KeyHashError;

impl KeyHash {
    pub(super) const fn new(version: u8, hash: [u8; 32]) -> Self {
        Self { version, hash }
    }

    /// The version of the pepper that was applied last.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// If the text is anything but what `Display` writes.
    pub fn parse(text: &str) -> Result<Self, KeyHashError> {
        let (version, digits) = text.strip_prefix('h').and_then(|rest| rest.split_once(':')).ok_or(KeyHashError)?;
        let mut hash = [0; 32];
        hex::decode_to_slice(digits, &mut hash).map_err(|_| KeyHashError)?;
        let parsed = Self::new(version.parse().map_err(|_| KeyHashError)?, hash);
        // One text per hash: no upper case, no `h01`, no version 0.
        (parsed.version > 0 && parsed.to_string() == text).then_some(parsed).ok_or(KeyHashError)
    }
}

impl PartialEq for KeyHash {
    /// Takes the same time wherever the first difference lies.
    fn eq(&self, other: &Self) -> bool {
        (self.version.ct_eq(&other.version) & self.hash.ct_eq(&other.hash)).into()
    }
}

impl Eq for KeyHash {}

impl Hash for KeyHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.version);
        state.write(&self.hash);
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyHash(h{}:…)", self.version)
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "h{}:{}", self.version, hex::encode(self.hash))
    }
}

impl FromStr for KeyHash {
    type Err = KeyHashError;

    fn from_str(text: &str) -> Result<Self, KeyHashError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for KeyHash {
    type Error = KeyHashError;

    fn try_from(text: String) -> Result<Self, KeyHashError> {
        Self::parse(&text)
    }
}

impl From<KeyHash> for String {
    fn from(hash: KeyHash) -> Self {
        hash.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_form_is_pinned() {
        let hash = KeyHash::new(2, [0xab; 32]);
        let text = format!("h2:{}", "ab".repeat(32));
        assert_eq!(hash.to_string(), text);
        assert_eq!(serde_json::to_string(&hash).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<KeyHash>(&format!("\"{text}\"")).unwrap(), hash);
    }

    #[test]
    fn there_is_one_text_per_hash() {
        let digits = "ab".repeat(32);
        for refused in [
            String::new(),
            format!("h0:{digits}"),
            format!("h02:{digits}"),
            format!("h+2:{digits}"),
            format!("h256:{digits}"),
            format!("2:{digits}"),
            format!("h2{digits}"),
            format!("h2:{}", digits.to_uppercase()),
            format!("h2:{digits}ab"),
            format!("h2:{}", digits.trim_end_matches("ab")),
        ] {
            assert_eq!(KeyHash::parse(&refused), Err(KeyHashError), "{refused}");
        }
    }

    #[test]
    fn hashes_differ_by_version_and_by_bytes() {
        let hash = KeyHash::new(1, [1; 32]);
        let others = [KeyHash::new(2, [1; 32]), KeyHash::new(1, [2; 32])];
        assert!(!others.contains(&hash));
        assert_eq!(HashSet::from([hash, hash]).len(), 1);
    }

    #[test]
    fn a_log_line_shows_the_version_only() {
        assert_eq!(format!("{:?}", KeyHash::new(3, [7; 32])), "KeyHash(h3:…)");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(version in 1_u8.., hash: [u8; 32]) {
            let hash = KeyHash::new(version, hash);
            prop_assert_eq!(KeyHash::parse(&hash.to_string()), Ok(hash));
        }
    }
}
