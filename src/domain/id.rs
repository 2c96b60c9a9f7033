//! Ids: typed, prefixed, and carrying the way to their object.
//!
//! ```text
//! org_ │ 11 locator │ 8 tag             ses_ │ 11 locator │ 8 tag
//! key_ │ 12 random │ 11 locator of its session │ 8 tag
//! ```
//! The tag is checked before the object is contacted, so that a made-up id reaches, and creates, none. It is
//! no authorization. Ids from rows and from our own objects are trusted and not checked again.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::base62;
use super::keyring::{Keyring, TAG_CHARACTERS, TagKind};
use super::locator::{LOCATOR_CHARACTERS, Locator};

const KEY_RANDOM_CHARACTERS: usize = 12;
const SHORT_CHARACTERS: usize = 8;
/// 22 base62 characters hold 128 bits.
const EVENT_CHARACTERS: usize = 22;

/// Why a text is not an id of the kind that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// It begins with the prefix of another kind, or with none.
    #[error("unknown prefix")]
    Prefix,
    /// The prefix is not followed by the right number of characters.
    #[error("wrong length")]
    Length,
    /// A character is not a letter or digit.
    #[error("character outside base62")]
    Alphabet,
    /// The tag was not made by this deployment: a made-up id.
    #[error("tag does not match")]
    Tag,
}

/// What all ids have in common: a prefixed text, stored and sent as it is.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// The id in a row or a message of ours, where it was written after it had been checked.
            #[must_use]
            pub const fn from_trusted(text: String) -> Self {
                Self(text)
            }

            /// The whole text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The short form for people: the first 8 characters after the prefix.
            #[must_use]
            pub fn short(&self) -> &str {
                let body = self.0.strip_prefix(Self::PREFIX).unwrap_or(&self.0);
                body.get(..SHORT_CHARACTERS).unwrap_or(body)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

/// What ids that route themselves have in common: a locator, and a tag over all that stands before it.
macro_rules! routed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $kind:expr, $random:expr) => {
        id!($(#[$doc])* $name, $prefix);

        impl $name {
            /// Reads an id from outside.
            ///
            /// # Errors
            /// Names the first thing that is wrong.
            pub fn parse(text: &str, keyring: &Keyring) -> Result<Self, IdError> {
                let body = text.strip_prefix(Self::PREFIX).ok_or(IdError::Prefix)?;
                check(body, $random + LOCATOR_CHARACTERS, $kind, keyring)?;
                Ok(Self(text.to_owned()))
            }

            /// Where the object lives that knows more; the zero locator, where none lives, for a damaged row.
            #[must_use]
            pub fn locator(&self) -> Locator {
                let from = Self::PREFIX.len() + $random;
                let text = self.0.get(from..from + LOCATOR_CHARACTERS).unwrap_or_default();
                Locator::parse(text).unwrap_or(Locator::from_seed(&[0; 8]))
            }
        }
    };
}

routed_id!(
    /// The id of an organization.
    OrganizationId, "org_", TagKind::Organization, 0
);
routed_id!(
    /// The id of a session.
    SessionId, "ses_", TagKind::Session, 0
);
routed_id!(
    /// The id of an API key; it leads to the key's session.
    ApiKeyId, "key_", TagKind::ApiKey, KEY_RANDOM_CHARACTERS
);

impl OrganizationId {
    /// The id of the organization at this locator.
    #[must_use]
    pub fn mint(locator: Locator, keyring: &Keyring) -> Self {
        Self(
            Self::PREFIX.to_owned() + &tagged(&locator.to_string(), TagKind::Organization, keyring),
        )
    }
}

impl SessionId {
    /// The id of the session at this locator.
    #[must_use]
    pub fn mint(locator: Locator, keyring: &Keyring) -> Self {
        Self(Self::PREFIX.to_owned() + &tagged(&locator.to_string(), TagKind::Session, keyring))
    }
}

impl ApiKeyId {
    /// A new id for a key of the session at this locator; `None` if the seed had too many biased bytes.
    #[must_use]
    pub fn mint(locator: Locator, seed: &[u8; 64], keyring: &Keyring) -> Option<Self> {
        let random = base62::sample(seed, KEY_RANDOM_CHARACTERS)?;
        Some(Self(
            Self::PREFIX.to_owned()
                + &tagged(&format!("{random}{locator}"), TagKind::ApiKey, keyring),
        ))
    }
}

/// What ids of events have in common: 128 random bits that lead nowhere.
macro_rules! event_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        id!($(#[$doc])* $name, $prefix);

        impl $name {
            /// A new id, from the first 16 bytes of the seed.
            #[must_use]
            pub fn from_seed(seed: &[u8; 64]) -> Self {
                let bits = seed.iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
                Self(Self::PREFIX.to_owned() + &base62::encode(bits, EVENT_CHARACTERS))
            }
        }
    };
}

event_id!(
    /// The id of one request, in its answer and in its log line.
    RequestId, "req_"
);
event_id!(
    /// The id of one verification.
    VerificationId, "ver_"
);
event_id!(
    /// The id of one row of the audit log.
    AuditEntryId, "evt_"
);

fn tagged(body: &str, kind: TagKind, keyring: &Keyring) -> String {
    format!("{body}{}", keyring.tag(kind, body.as_bytes()))
}

fn check(
    body: &str,
    tagged_characters: usize,
    kind: TagKind,
    keyring: &Keyring,
) -> Result<(), IdError> {
    if body.len() != tagged_characters + TAG_CHARACTERS {
        return Err(IdError::Length);
    }
    if !base62::is_base62(body) {
        return Err(IdError::Alphabet);
    }
    let (message, tag) = body
        .split_at_checked(tagged_characters)
        .ok_or(IdError::Length)?;
    keyring
        .accepts_tag(kind, message.as_bytes(), tag)
        .then_some(())
        .ok_or(IdError::Tag)
}
