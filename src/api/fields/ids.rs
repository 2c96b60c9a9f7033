//! Parsers for ids in bodies and queries.
//!
//! An id with a wrong tag was never given out. It must be answered like one that belongs to somebody else (a 404), so it is
//! no violation here; what does not even look like an id is.

use super::{FieldCode, FieldError};
use crate::domain::id::{ApiKeyId, IdError, SessionId, UserId, VerificationId};
use crate::domain::keyring::Keyring;
use crate::domain::timestamp::Timestamp;

/// A session id. `None` has the look of one, but was never given out: answer it like a session out of reach.
pub fn session_id(keyring: &Keyring) -> impl Fn(&str) -> Result<Option<SessionId>, FieldError> {
    move |text| routed(SessionId::parse(text, keyring), "must be the id of a session")
}

/// A session id that is only compared with others: one that was never given out equals none of them.
pub fn session_to_match(keyring: &Keyring) -> impl Fn(&str) -> Result<SessionId, FieldError> {
    move |text| session_id(keyring)(text).map(|id| id.unwrap_or_else(|| SessionId::from_trusted(text.to_owned())))
}

/// A user id, `None` as with [`session_id`].
pub fn user_id(keyring: &Keyring) -> impl Fn(&str) -> Result<Option<UserId>, FieldError> {
    move |text| routed(UserId::parse(text, keyring), "must be the id of a user")
}

/// An API key id, `None` as with [`session_id`].
pub fn api_key_id(keyring: &Keyring) -> impl Fn(&str) -> Result<Option<ApiKeyId>, FieldError> {
    move |text| routed(ApiKeyId::parse(text, keyring), "must be the id of an API key")
}

/// The id of a verification: its key, when it was, and what tells it from others of the key. `None` as with
/// [`session_id`], and for a verification that found no key.
pub fn verification_id(
    keyring: &Keyring,
) -> impl Fn(&str) -> Result<Option<(ApiKeyId, Timestamp, String)>, FieldError> {
    move |text| match VerificationId::parse(text, keyring) {
        Err(IdError::Length) if VerificationId::is_without_key(text) => Ok(None),
        parsed => routed(parsed, "must be the id of a verification"),
    }
}

fn routed<T>(parsed: Result<T, IdError>, message: &'static str) -> Result<Option<T>, FieldError> {
    match parsed {
        Ok(id) => Ok(Some(id)),
        Err(IdError::Tag) => Ok(None),
        Err(IdError::Prefix | IdError::Length | IdError::Alphabet) => {
            Err(FieldError::new(FieldCode::InvalidFormat, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locator::Locator;

    #[test]
    fn an_id_nobody_gave_out_is_not_malformed() {
        let keyring = Keyring::parse(&"0f".repeat(32)).unwrap();
        let forged = ["ses_", &"A".repeat(19)].concat();
        let real = SessionId::mint(Locator::from_seed(&[7; 8]), &keyring);
        assert_eq!(session_id(&keyring)(real.as_str()), Ok(Some(real.clone())));
        assert_eq!(session_id(&keyring)(&forged), Ok(None));
        assert_eq!(session_to_match(&keyring)(&forged).unwrap().as_str(), forged);
        for text in ["", "ses_", "ses_!", &["key_", &"A".repeat(31)].concat(), &format!("{real}A")] {
            assert_eq!(session_id(&keyring)(text).unwrap_err().code(), FieldCode::InvalidFormat);
        }
        assert_eq!(api_key_id(&keyring)(&["key_", &"A".repeat(31)].concat()), Ok(None));
    }
}
