//! The secret key: how its text is made, taken apart, recognised and hidden.
//!
//! ```text
//! sk_live_ │ 23 random │ 11 locator │ 8 tag │ 6 CRC-32
//!           137 bits     the session   keyed   over all before it
//! ```
//! The checksum tells typing errors without any secret, the tag tells forgeries without any look-up. Neither
//! proves that a key is good: only the session's authority knows that. Plaintext does not leave this type but
//! by [`SecretKey::expose`] (H3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::base62;
use super::environment::Environment;
use super::key_hash::KeyHash;
use super::keyring::{Keyring, TAG_CHARACTERS, TagKind};
use super::locator::{LOCATOR_CHARACTERS, Locator};

const RANDOM_CHARACTERS: usize = 23;
const CHECKSUM_CHARACTERS: usize = 6;
/// How many characters follow the prefix.
pub const BODY_CHARACTERS: usize = RANDOM_CHARACTERS + LOCATOR_CHARACTERS + TAG_CHARACTERS + CHECKSUM_CHARACTERS;
const SHOWN_CHARACTERS: usize = 4;

/// A secret key in plaintext. It cannot be cloned, compared, printed or serialised.
pub struct SecretKey {
    text: String,
    prefix_length: usize,
    environment: Option<Environment>,
    locator: Locator,
}

/// The first word of every key of a deployment, `sk` unless configured otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrefixWord(String);

/// The text is not a lower-case letter followed by at most 15 lower-case letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a lower-case letter followed by at most 15 lower-case letters or digits")]
pub struct PrefixWordError;

/// What stands before the 48 characters: the word and, if the session has one, its environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyPrefix {
    /// The deployment's word.
    pub word: PrefixWord,
    /// The session's environment.
    pub environment: Option<Environment>,
}

/// Why a text is not a secret key of this deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseKeyError {
    /// It does not begin with the word and, if any, an environment.
    #[error("unknown prefix")]
    Prefix,
    /// The prefix is not followed by 48 characters.
    #[error("wrong length")]
    Length,
    /// A character is not a letter or digit.
    #[error("character outside base62")]
    Alphabet,
    /// The checksum does not match: a typing error, or a cut or swapped prefix.
    #[error("checksum does not match")]
    Checksum,
    /// The tag was not made here: a forgery.
    #[error("tag does not match")]
    Tag,
}

impl SecretKey {
    /// Makes a new key for the session at `locator`; `None` if the seed had too many biased bytes (never, in practice).
    #[must_use]
    pub fn generate(prefix: &KeyPrefix, locator: Locator, seed: &[u8; 64], keyring: &Keyring) -> Option<Self> {
        let random = base62::sample(seed, RANDOM_CHARACTERS)?;
        let mut text = format!("{prefix}{random}{locator}");
        text += &keyring.tag(TagKind::SecretKey, text.as_bytes());
        text += &checksum(&text);
        let prefix_length = text.len() - BODY_CHARACTERS;
        Some(Self { text, prefix_length, environment: prefix.environment, locator })
    }

    /// Recognises a key of this deployment, without any look-up.
    ///
    /// # Errors
    /// Names the first thing that is wrong, from left to right, the cheapest check first.
    pub fn parse(text: &str, word: &PrefixWord, keyring: &Keyring) -> Result<Self, ParseKeyError> {
        let rest =
            text.strip_prefix(word.as_str()).and_then(|rest| rest.strip_prefix('_')).ok_or(ParseKeyError::Prefix)?;
        // The body holds no underscore, so one that is left belongs to the prefix.
        let (environment, body) = match rest.rsplit_once('_') {
            Some((segment, body)) => (Some(Environment::from_key_segment(segment).ok_or(ParseKeyError::Prefix)?), body),
            None => (None, rest),
        };
        if body.len() != BODY_CHARACTERS {
            return Err(ParseKeyError::Length);
        }
        if !base62::is_base62(body) {
            return Err(ParseKeyError::Alphabet);
        }
        let (summed, sum) = base62::split_last(text, CHECKSUM_CHARACTERS).ok_or(ParseKeyError::Length)?;
        if checksum(summed) != sum {
            return Err(ParseKeyError::Checksum);
        }
        let (tagged, tag) = base62::split_last(summed, TAG_CHARACTERS).ok_or(ParseKeyError::Length)?;
        if !keyring.accepts_tag(TagKind::SecretKey, tagged.as_bytes(), tag) {
            return Err(ParseKeyError::Tag);
        }
        let (_, locator) = base62::split_last(tagged, LOCATOR_CHARACTERS).ok_or(ParseKeyError::Length)?;
        // We tag no locator beyond 64 bits, so one that is there was not tagged by us.
        let locator = Locator::parse(locator).map_err(|_| ParseKeyError::Tag)?;
        Ok(Self { text: text.to_owned(), prefix_length: text.len() - body.len(), environment, locator })
    }

    /// The plaintext. Only for the one answer that shows a key to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Where the session of this key lives.
    #[must_use]
    pub const fn locator(&self) -> Locator {
        self.locator
    }

    /// The environment that the prefix names.
    #[must_use]
    pub const fn environment(&self) -> Option<Environment> {
        self.environment
    }

    /// What people see at the start: the prefix and 4 random characters.
    #[must_use]
    pub fn start(&self) -> &str {
        self.text.get(..self.prefix_length + SHOWN_CHARACTERS).unwrap_or_default()
    }

    /// What people see at the end: the last 4 characters.
    #[must_use]
    pub fn last4(&self) -> &str {
        base62::split_last(&self.text, SHOWN_CHARACTERS).map_or("", |(_, last)| last)
    }

    /// SHA-256 of the whole text; the only form in which a key enters a hash.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }

    /// Under which hashes this key may be stored, oldest pepper first.
    #[must_use]
    pub fn hashes(&self, keyring: &Keyring) -> Vec<KeyHash> {
        keyring.hashes(&self.digest())
    }

    /// The hash under the newest pepper.
    #[must_use]
    pub fn hash(&self, keyring: &Keyring) -> KeyHash {
        keyring.hash(&self.digest())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}

impl PrefixWord {
    /// Reads `[a-z][a-z0-9]{0,15}`.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, PrefixWordError> {
        let fits = (1..=16).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        fits.then(|| Self(text.to_owned())).ok_or(PrefixWordError)
    }

    /// The word itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for PrefixWord {
    fn default() -> Self {
        Self("sk".to_owned())
    }
}

impl FromStr for PrefixWord {
    type Err = PrefixWordError;

    fn from_str(text: &str) -> Result<Self, PrefixWordError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PrefixWord {
    type Error = PrefixWordError;

    fn try_from(text: String) -> Result<Self, PrefixWordError> {
        Self::parse(&text)
    }
}

impl From<PrefixWord> for String {
    fn from(word: PrefixWord) -> Self {
        word.0
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_", self.word.as_str())?;
        self.environment.map_or(Ok(()), |environment| write!(formatter, "{}_", environment.key_segment()))
    }
}

/// CRC-32/ISO-HDLC of a text as 6 base62 characters: GitHub's algorithm.
#[must_use]
pub fn checksum(text: &str) -> String {
    base62::encode(u128::from(crc32fast::hash(text.as_bytes())), CHECKSUM_CHARACTERS)
}

#[cfg(test)]
mod tests;
