//! Ids: typed, prefixed, and carrying the way to their object.
//!
//! ```text
//! org_ │ 11 locator │ 8 tag             ses_ │ 11 locator │ 8 tag             usr_ │ 11 locator │ 8 tag
//! key_ │ 12 random │ 11 locator of its session │ 8 tag
//! ```
//! ver_ │ 7 time │ 15 random          ver_ │ id of the key, 31 │ 7 time │ 10 random
//! The tag is checked before the object is contacted, so that a made-up id reaches, and creates, none. It is
//! no authorization. Ids from rows and from our own objects are trusted and not checked again.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use verification::{VERIFICATION_CHARACTERS, VerificationId};

use super::base62;
use super::keyring::{Keyring, TAG_CHARACTERS, TagKind};
use super::locator::{LOCATOR_CHARACTERS, Locator};

const KEY_RANDOM_CHARACTERS: usize = 12;
/// What follows the prefix of a key's id.
const KEY_CHARACTERS: usize = KEY_RANDOM_CHARACTERS + LOCATOR_CHARACTERS + TAG_CHARACTERS;
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

mod verification;

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
    /// The id of a user; it leads to the user's account.
    UserId, "usr_", TagKind::User, 0
);
routed_id!(
    /// The id of an API key; it leads to the key's session.
    ApiKeyId, "key_", TagKind::ApiKey, KEY_RANDOM_CHARACTERS
);

impl OrganizationId {
    /// The id of the organization at this locator.
    #[must_use]
    pub fn mint(locator: Locator, keyring: &Keyring) -> Self {
        Self(Self::PREFIX.to_owned() + &tagged(&locator.to_string(), TagKind::Organization, keyring))
    }
}

impl SessionId {
    /// The id of the session at this locator.
    #[must_use]
    pub fn mint(locator: Locator, keyring: &Keyring) -> Self {
        Self(Self::PREFIX.to_owned() + &tagged(&locator.to_string(), TagKind::Session, keyring))
    }
}

impl UserId {
    /// The id of the user whose account is at this locator.
    #[must_use]
    pub fn mint(locator: Locator, keyring: &Keyring) -> Self {
        Self(Self::PREFIX.to_owned() + &tagged(&locator.to_string(), TagKind::User, keyring))
    }
}

impl ApiKeyId {
    /// A new id for a key of the session at this locator; `None` if the seed had too many biased bytes.
    #[must_use]
    pub fn mint(locator: Locator, seed: &[u8; 64], keyring: &Keyring) -> Option<Self> {
        let random = base62::sample(seed, KEY_RANDOM_CHARACTERS)?;
        Some(Self(Self::PREFIX.to_owned() + &tagged(&format!("{random}{locator}"), TagKind::ApiKey, keyring)))
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
    /// The id of one sign-in: of the access token, not the token.
    SignInId, "sgn_"
);
event_id!(
    /// The id of an invitation into an organization.
    InvitationId, "inv_"
);
event_id!(
    /// The id of an alert.
    AlertId, "alr_"
);
event_id!(
    /// The id of one row of the audit log.
    AuditEntryId, "evt_"
);

event_id!(
    /// The id of one event that webhooks tell. What stands in the audit log has the id that it has there.
    EventId, "evt_"
);
event_id!(
    /// The id of an endpoint for webhooks.
    EndpointId, "whe_"
);
event_id!(
    /// The id of a domain of an organization.
    DomainId, "dom_"
);
event_id!(
    /// The id of a route of the gateway.
    RouteId, "gwr_"
);
event_id!(
    /// The id of the delivery of one event to one endpoint.
    DeliveryId, "dlv_"
);

fn tagged(body: &str, kind: TagKind, keyring: &Keyring) -> String {
    format!("{body}{}", keyring.tag(kind, body.as_bytes()))
}

fn check(body: &str, tagged_characters: usize, kind: TagKind, keyring: &Keyring) -> Result<(), IdError> {
    if body.len() != tagged_characters + TAG_CHARACTERS {
        return Err(IdError::Length);
    }
    if !base62::is_base62(body) {
        return Err(IdError::Alphabet);
    }
    let (message, tag) = body.split_at_checked(tagged_characters).ok_or(IdError::Length)?;
    keyring.accepts_tag(kind, message.as_bytes(), tag).then_some(()).ok_or(IdError::Tag)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::super::keyring::tests::{bytes, keyring, text, vectors};
    use super::*;

    #[test]
    fn ids_are_those_of_the_published_vectors() {
        let keyring = keyring();
        for vector in vectors()["ids"].as_array().unwrap() {
            let locator = Locator::from_seed(&bytes(&vector["locatorSeed"]));
            let expected = ["prefix", "random", "locator", "tag"].map(|part| text(&vector[part])).concat();
            let (id, short, found) = match text(&vector["kind"]) {
                "organization" => {
                    let id = OrganizationId::mint(locator, &keyring);
                    assert_eq!(OrganizationId::parse(&expected, &keyring).as_ref(), Ok(&id));
                    (id.to_string(), id.short().to_owned(), id.locator())
                }
                "session" => {
                    let id = SessionId::mint(locator, &keyring);
                    assert_eq!(SessionId::parse(&expected, &keyring).as_ref(), Ok(&id));
                    (id.to_string(), id.short().to_owned(), id.locator())
                }
                _ => {
                    let id = ApiKeyId::mint(locator, &bytes(&vector["seed"]), &keyring).unwrap();
                    assert_eq!(ApiKeyId::parse(&expected, &keyring).as_ref(), Ok(&id));
                    (id.to_string(), id.short().to_owned(), id.locator())
                }
            };
            assert_eq!((id.as_str(), short.as_str(), found), (&*expected, text(&vector["short"]), locator));
        }
    }

    #[test]
    fn every_way_to_be_malformed_is_named() {
        let keyring = keyring();
        let session = SessionId::mint(Locator::from_seed(&[3; 8]), &keyring).to_string();
        let body = session.strip_prefix("ses_").unwrap();
        for (text, error) in [
            (String::new(), IdError::Prefix),
            (body.to_owned(), IdError::Prefix),
            (format!("org_{body}"), IdError::Prefix),
            (format!("SES_{body}"), IdError::Prefix),
            ("ses_".to_owned(), IdError::Length),
            (format!("{session}0"), IdError::Length),
            (format!("ses_{}é", body.split_at(2).1), IdError::Alphabet),
            (format!("ses_{}_", body.split_at(1).1), IdError::Alphabet),
            (format!("ses_{}", "0".repeat(19)), IdError::Tag),
        ] {
            assert_eq!(SessionId::parse(&text, &keyring), Err(error), "{text}");
        }
        let disguised = format!("org_{body}");
        assert_eq!(OrganizationId::parse(&disguised, &keyring), Err(IdError::Tag), "kinds have their own tags");
    }

    #[test]
    fn an_id_of_another_deployment_is_refused() {
        let id = SessionId::mint(Locator::from_seed(&[3; 8]), &keyring());
        let stranger = Keyring::parse(&"5a".repeat(32)).unwrap();
        assert_eq!(SessionId::parse(id.as_str(), &stranger), Err(IdError::Tag));
    }

    #[test]
    fn the_stored_form_is_the_text_and_is_trusted() {
        let id = SessionId::from_trusted("ses_0123456789".to_owned());
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"ses_0123456789\"");
        assert_eq!(serde_json::from_str::<SessionId>("\"ses_0123456789\"").unwrap(), id);
        assert_eq!(id.short(), "01234567");
    }

    #[test]
    fn a_damaged_row_leads_to_no_object_and_does_not_panic() {
        for damaged in ["", "key_", "key_é", "ses_ééééééééé", "key_000000000000zzzzzzzzzzz00000000"] {
            let id = ApiKeyId::from_trusted(damaged.to_owned());
            assert_eq!(id.locator(), Locator::from_seed(&[0; 8]), "{damaged}");
            assert!(id.short().len() <= damaged.len());
        }
    }

    #[test]
    fn ids_of_events_hold_128_bits() {
        assert_eq!(RequestId::from_seed(&[0; 64]).as_str(), format!("req_{}", "0".repeat(22)));
        assert_eq!(AuditEntryId::from_seed(&[255; 64]).short(), "7n42DGM5");
    }

    #[test]
    fn a_poor_seed_gives_no_key_id() {
        assert_eq!(ApiKeyId::mint(Locator::from_seed(&[3; 8]), &[250; 64], &keyring()), None);
    }

    proptest! {
        #[test]
        fn every_id_made_is_recognised_and_leads_home(locator: [u8; 8], seed in prop::array::uniform32(0_u8..248)) {
            let (locator, keyring) = (Locator::from_seed(&locator), keyring());
            let mut long = [0; 64];
            long[..32].copy_from_slice(&seed);
            let id = ApiKeyId::mint(locator, &long, &keyring).unwrap();
            prop_assert_eq!(ApiKeyId::parse(id.as_str(), &keyring), Ok(id.clone()));
            prop_assert_eq!(id.locator(), locator);
            prop_assert_eq!(OrganizationId::mint(locator, &keyring).locator(), locator);
        }

        #[test]
        fn no_text_is_accepted_or_panics(text: String, body in "[0-9A-Za-zé_]{17,33}") {
            let keyring = keyring();
            for text in [text, format!("key_{body}"), format!("org_{body}"), format!("ses_{body}")] {
                prop_assert!(ApiKeyId::parse(&text, &keyring).is_err());
                prop_assert!(OrganizationId::parse(&text, &keyring).is_err());
                prop_assert!(SessionId::parse(&text, &keyring).is_err());
            }
        }
    }
}
