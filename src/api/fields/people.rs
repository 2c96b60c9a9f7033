//! Parsers for what people send about themselves. No error says anything about a secret but what rule it breaks.

use super::{FieldCode, FieldError};
use crate::domain::email::Email;
use crate::domain::password::{Password, PasswordError};
use crate::domain::role::Role;

/// The longest token or code that is looked at.
const PRESENTED_BYTES_MAX: usize = 512;

/// An e-mail address.
pub fn email(text: &str) -> Result<Email, FieldError> {
    Email::parse(text).map_err(|error| FieldError::explained(FieldCode::InvalidFormat, &error))
}

/// A password to be, of the user with this address if it is known.
pub fn new_password(email: Option<&Email>) -> impl Fn(&str) -> Result<Password, FieldError> {
    move |text| {
        Password::choose(text, email).map_err(|error| {
            let code = match error {
                PasswordError::TooShort => FieldCode::TooShort,
                PasswordError::TooLong => FieldCode::TooLong,
                PasswordError::Control => FieldCode::InvalidFormat,
                PasswordError::Email | PasswordError::Common | PasswordError::Pattern => FieldCode::TooCommon,
            };
            FieldError::explained(code, &error)
        })
    }
}

/// A password presented to sign in. None for one that is too long to be anybody's, which is refused like a wrong one.
pub fn presented_password(text: &str) -> Result<Option<Password>, FieldError> {
    Ok(Password::present(text))
}

/// A password that has to be given once more.
pub fn own_password(text: &str) -> Result<Password, FieldError> {
    let too_long = || FieldError::new(FieldCode::TooLong, "is longer than any password");
    Password::present(text).ok_or_else(too_long)
}

/// The token of a one-time link.
pub fn presented_token(text: &str) -> Result<String, FieldError> {
    bounded(text)
}

/// A code of a second factor, or one to recover with.
pub fn presented_code(text: &str) -> Result<String, FieldError> {
    bounded(text)
}

/// A role.
pub fn role(text: &str) -> Result<Role, FieldError> {
    let found = Role::ALL.into_iter().find(|role| role.as_str() == text);
    found.ok_or_else(|| FieldError::new(FieldCode::InvalidFormat, "must be owner, admin, member or viewer"))
}

fn bounded(text: &str) -> Result<String, FieldError> {
    if text.len() > PRESENTED_BYTES_MAX {
        return Err(FieldError::too(FieldCode::TooLong, PRESENTED_BYTES_MAX, "bytes"));
    }
    Ok(text.to_owned())
}
