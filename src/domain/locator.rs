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
        u64::try_from(value).map(Self).map_err(|_| LocatorError::Range)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_form_is_pinned() {
        let locator = Locator::from_seed(&[0, 0, 0, 0, 0, 0, 0, 62]);
        assert_eq!(locator.to_string(), "00000000010");
        assert_eq!(serde_json::to_string(&locator).unwrap(), "\"00000000010\"");
        assert_eq!(serde_json::from_str::<Locator>("\"00000000010\"").unwrap(), locator);
        assert_eq!(Locator::from_seed(&[255; 8]).to_string(), "LygHa16AHYF");
    }

    #[test]
    fn every_way_to_be_malformed_is_named() {
        for (text, error) in [
            ("", LocatorError::Length),
            ("0000000001", LocatorError::Length),
            ("000000000010", LocatorError::Length),
            ("0000000001_", LocatorError::Alphabet),
            ("000000000é", LocatorError::Alphabet),
            ("LygHa16AHYG", LocatorError::Range),
            ("zzzzzzzzzzz", LocatorError::Range),
        ] {
            assert_eq!(Locator::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(seed: [u8; 8]) {
            let locator = Locator::from_seed(&seed);
            prop_assert_eq!(Locator::parse(&locator.to_string()), Ok(locator));
            prop_assert_eq!(locator.as_u64().to_be_bytes(), seed);
        }
    }
}
