//! Keys that an organization brings from another system: what is known of them is a SHA-256, and how they begin.
//!
//! Such a key has no locator and no tag, so nothing about its text tells whose it is. What bounds the look-ups is the
//! prefix that its organization declares. A plaintext that is brought along becomes a digest and a hint here, and is
//! kept nowhere.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many characters a plaintext may have, at least and at most.
pub const PLAINTEXT_CHARACTERS: std::ops::RangeInclusive<usize> = 8..=512;
/// How many characters of a key may be shown behind its prefix, where another system has kept them.
const HINT_CHARACTERS: usize = 8;
/// How many characters of a plaintext are shown behind its prefix, and at its end.
const SHOWN_CHARACTERS: usize = 4;
/// How many characters of a plaintext stay hidden, else nothing of it is shown.
const HIDDEN_CHARACTERS: usize = 16;

/// How the keys begin that an organization brings along; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ForeignPrefix(String);

/// The text is longer than 32 characters, or has one that is no visible ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be at most 32 visible ASCII characters")]
pub struct ForeignPrefixError;

/// Why a text is no key that can be brought along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignKeyError {
    /// It is no SHA-256 in any of the three ways of writing it.
    #[error("must be a SHA-256: 64 hexadecimal digits, or 43 characters of base64 or base64url")]
    Hash,
    /// A plaintext is too short or too long.
    #[error("must have 8 to 512 characters")]
    Length,
    /// A plaintext has a character that is no visible ASCII.
    #[error("must be visible ASCII characters")]
    Characters,
    /// A plaintext or its hint begins otherwise.
    #[error("does not begin with the prefix")]
    Prefix,
    /// A hint shows more of the key than may be shown.
    #[error("shows too much of the key")]
    Hint,
}

/// What is known of a key of another system. It holds no plaintext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// SHA-256 of the plaintext.
    pub digest: [u8; 32],
    /// How it begins, for people.
    pub start: String,
    /// How it ends, for people; empty if nobody knows.
    pub last4: String,
}

impl ForeignPrefix {
    /// How many characters it may have.
    pub const MAX_CHARACTERS: usize = 32;

    /// Reads a prefix.
    ///
    /// # Errors
    /// If it is too long, or not all visible ASCII.
    pub fn parse(text: &str) -> Result<Self, ForeignPrefixError> {
        let fits = text.len() <= Self::MAX_CHARACTERS && is_visible(text);
        fits.then(|| Self(text.to_owned())).ok_or(ForeignPrefixError)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ForeignPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for ForeignPrefix {
    type Error = ForeignPrefixError;

    fn try_from(text: String) -> Result<Self, ForeignPrefixError> {
        Self::parse(&text)
    }
}

impl From<ForeignPrefix> for String {
    fn from(prefix: ForeignPrefix) -> Self {
        prefix.0
    }
}

impl ForeignKey {
    /// A key of which another system has kept the hash and, perhaps, how it begins and ends.
    ///
    /// # Errors
    /// If the hash is none, or a hint does not fit.
    pub fn of_hash(
        text: &str,
        prefix: &ForeignPrefix,
        start: Option<&str>,
        last4: Option<&str>,
    ) -> Result<Self, ForeignKeyError> {
        let digest = parse_hash(text).ok_or(ForeignKeyError::Hash)?;
        let start = start.unwrap_or(prefix.as_str());
        let shown = start.strip_prefix(prefix.as_str()).ok_or(ForeignKeyError::Prefix)?;
        let last4 = last4.unwrap_or_default();
        if !is_visible(start) || !is_visible(last4) {
            return Err(ForeignKeyError::Characters);
        }
        if shown.len() > HINT_CHARACTERS || last4.len() > SHOWN_CHARACTERS {
            return Err(ForeignKeyError::Hint);
        }
        Ok(Self { digest, start: start.to_owned(), last4: last4.to_owned() })
    }

    /// A key whose plaintext another system has kept. Of short ones nothing is shown but the prefix.
    ///
    /// # Errors
    /// If the text cannot be presented as a key, or begins otherwise.
    pub fn of_plaintext(text: &str, prefix: &ForeignPrefix) -> Result<Self, ForeignKeyError> {
        if !PLAINTEXT_CHARACTERS.contains(&text.len()) {
            return Err(ForeignKeyError::Length);
        }
        if !is_visible(text) {
            return Err(ForeignKeyError::Characters);
        }
        let rest = text.strip_prefix(prefix.as_str()).ok_or(ForeignKeyError::Prefix)?;
        let is_long = rest.len() >= HIDDEN_CHARACTERS.saturating_add(SHOWN_CHARACTERS.saturating_mul(2));
        let shown = if is_long { SHOWN_CHARACTERS } else { 0 };
        let start = text.get(..prefix.as_str().len().saturating_add(shown)).unwrap_or_default().to_owned();
        let last4 = text.get(text.len().saturating_sub(shown)..).unwrap_or_default().to_owned();
        Ok(Self { digest: digest(text), start, last4 })
    }
}

/// SHA-256 of a presented text; the only form in which it enters a hash.
#[must_use]
pub fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// 32 bytes as other systems write them. The length tells hexadecimal from base64, so nothing can be read in two ways.
fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let decoded = match text.len() {
        64 => hex::decode(text).ok(),
        43 => STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok(),
        44 => STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok(),
        _ => None,
    };
    decoded?.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::super::keyring::Keyring;
    use super::*;

    fn prefix(text: &str) -> ForeignPrefix {
        ForeignPrefix::parse(text).unwrap()
    }

    #[test]
    fn a_prefix_is_shown_and_stored_as_its_text() {
        assert_eq!(
            (prefix("mist_").to_string(), String::from(prefix("mist_"))),
            ("mist_".to_owned(), "mist_".to_owned())
        );
    }

    #[test]
    fn a_hash_is_read_in_each_way_that_others_write_it() {
        let digest = digest("mist_0123456789abcdefghijklmnop");
        let ways = [
            hex::encode(digest),
            hex::encode_upper(digest),
            STANDARD.encode(digest),
            STANDARD_NO_PAD.encode(digest),
            URL_SAFE.encode(digest),
            URL_SAFE_NO_PAD.encode(digest),
        ];
        for way in &ways {
            let key = ForeignKey::of_hash(way, &prefix("mist_"), None, None).unwrap();
            assert_eq!((key.digest, key.start.as_str(), key.last4.as_str()), (digest, "mist_", ""), "{way}");
        }
        for wrong in ["", "abc", &ways[0][1..], &format!("{}0", ways[0]), &ways[3][1..], &format!("g{}", &ways[0][1..])]
        {
            let refused = ForeignKey::of_hash(wrong, &prefix(""), None, None);
            assert_eq!(refused, Err(ForeignKeyError::Hash), "{wrong}");
        }
        // The last character of 32 bytes has two bits that must be zero: else two texts would be one hash.
        let mut twisted = STANDARD_NO_PAD.encode([0; 32]);
        twisted.replace_range(42.., "B");
        assert_eq!(ForeignKey::of_hash(&twisted, &prefix(""), None, None), Err(ForeignKeyError::Hash));
    }

    #[test]
    fn a_plaintext_leaves_its_digest_and_a_hint_that_gives_nothing_away() {
        let long = ForeignKey::of_plaintext("mist_0123456789abcdefghijklmnop", &prefix("mist_")).unwrap();
        assert_eq!((long.start.as_str(), long.last4.as_str()), ("mist_0123", "mnop"));
        let short = ForeignKey::of_plaintext("mist_0123456789abcdefghijklm", &prefix("mist_")).unwrap();
        assert_eq!((short.start.as_str(), short.last4.as_str()), ("mist_", ""));
        for (text, error) in [
            ("mist_01", ForeignKeyError::Length),
            ("fog_0123456789", ForeignKeyError::Prefix),
            ("mist_0123 456789", ForeignKeyError::Characters),
            ("mist_0123é56789", ForeignKeyError::Characters),
        ] {
            assert_eq!(ForeignKey::of_plaintext(text, &prefix("mist_")), Err(error), "{text}");
        }
        assert!(ForeignKey::of_plaintext(&"x".repeat(513), &prefix("")).is_err());
    }

    #[test]
    fn a_hint_shows_little_and_begins_with_the_prefix() {
        let of = |start: &str, last4: &str| {
            ForeignKey::of_hash(&"ab".repeat(32), &prefix("k_"), Some(start), Some(last4)).err()
        };
        assert_eq!(of("k_12345678", "wxyz"), None);
        assert_eq!(of("k_123456789", ""), Some(ForeignKeyError::Hint));
        assert_eq!(of("k_1", "vwxyz"), Some(ForeignKeyError::Hint));
        assert_eq!(of("1234", ""), Some(ForeignKeyError::Prefix));
        assert_eq!(of("k_\n", ""), Some(ForeignKeyError::Characters));
    }

    #[test]
    fn prefixes_are_short_and_visible() {
        for good in ["", "sk_", "sk_live_", "key-", &"x".repeat(32)] {
            assert_eq!(prefix(good).as_str(), good);
        }
        for refused in [" ", "sk ", "é", "a\n", &"x".repeat(33)] {
            assert_eq!(ForeignPrefix::parse(refused), Err(ForeignPrefixError), "{refused}");
        }
    }

    #[test]
    fn one_key_has_other_hashes_in_each_organization_and_none_of_a_key_of_ours() {
        let keyring = Keyring::parse(&["5a", "a5"].map(|byte| byte.repeat(32)).join(",")).unwrap();
        let digest = digest("mist_0123456789abcdefghijklmnop");
        let all = [
            keyring.imported_hashes("org_a", &digest),
            keyring.imported_hashes("org_b", &digest),
            keyring.hashes(&digest),
        ];
        assert!(all.iter().all(|hashes| hashes.len() == 2));
        assert_eq!(all.concat().into_iter().collect::<HashSet<_>>().len(), 6);
        // A stored hash moves to a newer pepper like any other.
        let older = Keyring::parse(&"a5".repeat(32)).unwrap();
        let [first] = older.imported_hashes("org_a", &digest)[..] else { panic!("one pepper, one hash") };
        assert_eq!(keyring.advance(&first), Some(all[0][1]));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_shown_is_never_the_key(text: String, before in "[ -~]{0,40}") {
            let _either = ForeignKey::of_hash(&text, &prefix(""), Some(&before), Some(&text));
            if let Ok(prefix) = ForeignPrefix::parse(&before) {
                let key = format!("{before}{text}");
                if let Ok(found) = ForeignKey::of_plaintext(&key, &prefix) {
                    prop_assert!(found.start.len() + found.last4.len() <= key.len() || found.last4.is_empty());
                    prop_assert!(key.len() - found.start.len() - found.last4.len() >= 16 || found.last4.is_empty());
                }
            }
        }
    }
}
