//! Where an object lives: 64 random bits, written as 11 base62 characters.
//!
//! Keys and ids carry the locator of their object, so that a request goes straight to it without any look-up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::base62;

/// How many characters a locator has.
pub const LOCATOR_CHARACTERS: usize = 11;

/// The address of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Locator(u64);

/// Why a text is not a locator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocatorError {
    /// The text does not have 11 characters.
    #[error("wrong length")]
    Length,
    /// A character is not a letter or digit.
    #[error("character outside base62")]
    Alphabet,
    /// The number does not fit 64 bits.
    #[error("beyond 64 bits")]
    Range,
}

impl Locator {
    /// The locator that these random bytes stand for.
    #[must_use]
    pub const fn from_seed(seed: &[u8; 8]) -> Self {
        Self(u64::from_be_bytes(*seed))
    }

    /// The number itself.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// Reads 11 base62 characters.
    ///
    /// # Errors
    /// Names what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, LocatorError> {
        if text.len() != LOCATOR_CHARACTERS {
            return Err(LocatorError::Length);
        }
        let value = base62::decode(text).ok_or(LocatorError::Alphabet)?;
        u64::try_from(value)
            .map(Self)
            .map_err(|_| LocatorError::Range)
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&base62::encode(u128::from(self.0), LOCATOR_CHARACTERS))
    }
}

impl FromStr for Locator {
    type Err = LocatorError;

    fn from_str(text: &str) -> Result<Self, LocatorError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Locator {
    type Error = LocatorError;

    fn try_from(text: String) -> Result<Self, LocatorError> {
        Self::parse(&text)
    }
}

impl From<Locator> for String {
    fn from(locator: Locator) -> Self {
        locator.to_string()
    }
}
