//! Ids of verifications. Where the key is known the id begins with the key's, so that what became of the request can be
//! told to the key's session, and is refused without asking anybody if it was made up.
//!
//! ```text
//! ver_ │ 31 id of the key │ 7 time │ 10 random      ver_ │ 7 time │ 15 random, where the key is not known
//! ```
//! The second form comes first: whoever names a verification does not know the key yet. Everybody who learns it derives the
//! first form from the second alike.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ApiKeyId, IdError, KEY_CHARACTERS, SHORT_CHARACTERS};
use crate::domain::base62;
use crate::domain::keyring::Keyring;
use crate::domain::timestamp::Timestamp;

/// 7 base62 characters hold milliseconds until the year 2081.
const TIME_CHARACTERS: usize = 7;
/// The random part of a verification's id, with and without a key: 2^59 for each key and millisecond.
const OF_KEY_CHARACTERS: usize = 10;
const ANY_KEY_CHARACTERS: usize = 15;
/// What follows the prefix of a verification's id, with and without a key.
pub const VERIFICATION_CHARACTERS: [usize; 2] =
    [KEY_CHARACTERS + TIME_CHARACTERS + OF_KEY_CHARACTERS, TIME_CHARACTERS + ANY_KEY_CHARACTERS];

id!(
    /// The id of one verification.
    VerificationId, "ver_"
);

impl VerificationId {
    /// A new id of a verification at `now`, whatever the key, from the first 11 bytes of the seed.
    #[must_use]
    pub fn new(now: Timestamp, seed: &[u8; 64]) -> Self {
        // 88 bits are less than 15 characters can hold.
        let bits = seed.iter().take(11).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let time = u128::try_from(now.as_millis()).unwrap_or(0);
        let (time, random) = (base62::encode(time, TIME_CHARACTERS), base62::encode(bits, ANY_KEY_CHARACTERS));
        Self([Self::PREFIX, &time, &random].concat())
    }

    /// The same verification, of a key that is known. Whoever computes it comes to the same.
    #[must_use]
    pub fn of(&self, key: &ApiKeyId) -> Self {
        let body = self.0.strip_prefix(Self::PREFIX).unwrap_or_default();
        let key = key.0.strip_prefix(ApiKeyId::PREFIX).unwrap_or_default();
        let Some((time, random)) = body.split_at_checked(TIME_CHARACTERS) else { return self.clone() };
        let Some((_, random)) = base62::split_last(random, OF_KEY_CHARACTERS) else { return self.clone() };
        if body.len() != TIME_CHARACTERS + ANY_KEY_CHARACTERS {
            // It tells its key already.
            return self.clone();
        }
        Self([Self::PREFIX, key, time, random].concat())
    }

    /// Whether a text has the form of an id that tells no key.
    #[must_use]
    pub fn is_without_key(text: &str) -> bool {
        text.strip_prefix(Self::PREFIX)
            .is_some_and(|body| body.len() == TIME_CHARACTERS + ANY_KEY_CHARACTERS && base62::is_base62(body))
    }

    /// Reads an id from outside: the key, when it was verified, and what tells this verification from others of the key.
    ///
    /// # Errors
    /// Names the first thing that is wrong. An id that tells no key is of the wrong length.
    pub fn parse(text: &str, keyring: &Keyring) -> Result<(ApiKeyId, Timestamp, String), IdError> {
        let body = text.strip_prefix(Self::PREFIX).ok_or(IdError::Prefix)?;
        let (key, rest) = body.split_at_checked(KEY_CHARACTERS).ok_or(IdError::Length)?;
        if rest.len() != TIME_CHARACTERS + OF_KEY_CHARACTERS {
            return Err(IdError::Length);
        }
        let key = ApiKeyId::parse(&[ApiKeyId::PREFIX, key].concat(), keyring)?;
        let time = rest.get(..TIME_CHARACTERS).and_then(base62::decode).ok_or(IdError::Alphabet)?;
        if !base62::is_base62(rest) {
            return Err(IdError::Alphabet);
        }
        let time = i64::try_from(time).map_err(|_| IdError::Alphabet)?;
        Ok((key, Timestamp::from_millis(time), rest.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::domain::keyring::tests::keyring;
    use crate::domain::locator::Locator;
    use crate::domain::sample::at;

    fn key() -> ApiKeyId {
        ApiKeyId::mint(Locator::from_seed(&[3; 8]), &[7; 64], &keyring()).unwrap()
    }

    #[test]
    fn the_form_without_a_key_holds_time_and_chance() {
        let id = VerificationId::new(at(0), &[255; 64]);
        assert_eq!(id.as_str(), "ver_VgmOYqWOxCfCxAVrGN2P67");
        assert_eq!(VerificationId::new(at(0), &[0; 64]).as_str(), "ver_VgmOYqW000000000000000");
        assert_eq!(id.as_str().len(), 4 + VERIFICATION_CHARACTERS[1]);
        assert_eq!(VerificationId::parse(id.as_str(), &keyring()), Err(IdError::Length), "it leads nowhere");
        assert!(VerificationId::is_without_key(id.as_str()));
        for other in [id.of(&key()).as_str(), "ver_", &id.as_str().replace("ver_", ""), &id.as_str().replace('V', "-")]
        {
            assert!(!VerificationId::is_without_key(other), "{other}");
        }
    }

    #[test]
    fn what_was_made_up_or_changed_leads_nowhere() {
        let id = VerificationId::new(at(0), &[9; 64]).of(&key());
        let text = id.as_str();
        assert!(VerificationId::parse(text, &keyring()).is_ok());
        let (head, tail) = text.split_at(10);
        let other = if tail.starts_with('0') { "1" } else { "0" };
        for (text, error) in [
            (text.replace("ver_", "key_"), IdError::Prefix),
            ([text, "0"].concat(), IdError::Length),
            (text.split_at(51).0.to_owned(), IdError::Length),
            ([head, other, tail.split_at(1).1].concat(), IdError::Tag),
            ([text.split_at(51).0, "_"].concat(), IdError::Alphabet),
            (["ver_", &"é".repeat(24)].concat(), IdError::Length),
        ] {
            assert_eq!(VerificationId::parse(&text, &keyring()), Err(error), "{text}");
        }
        let stranger = Keyring::parse(&"5a".repeat(32)).unwrap();
        assert_eq!(VerificationId::parse(text, &stranger), Err(IdError::Tag));
    }

    proptest! {
        #[test]
        fn an_id_leads_to_its_key_and_tells_when(seed in prop::array::uniform32(any::<u8>()), seconds in 0_i64..1_000_000_000) {
            let mut long = [0; 64];
            long[..32].copy_from_slice(&seed);
            let id = VerificationId::new(at(seconds), &long);
            let named = id.of(&key());
            prop_assert_eq!(named.as_str().len(), 4 + VERIFICATION_CHARACTERS[0]);
            prop_assert_eq!(&named.of(&key()), &named, "once is enough");
            let (of, when, rest) = VerificationId::parse(named.as_str(), &keyring()).unwrap();
            prop_assert_eq!((of, when), (key(), at(seconds)));
            prop_assert!(named.as_str().ends_with(&rest));
        }

        #[test]
        fn no_text_is_accepted_or_panics(text: String, body in "[0-9A-Za-zé_]{40,50}") {
            prop_assert!(VerificationId::parse(&text, &keyring()).is_err());
            let text = ["ver_", &body].concat();
            prop_assert!(VerificationId::parse(&text, &keyring()).is_err());
        }
    }
}
