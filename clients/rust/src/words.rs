//! Words of the service as types that a newer service does not break: what is not known yet is kept as it came.

/// Makes an enum of words with a place for those of later.
macro_rules! open_words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A word that this version of the client does not know.
            Other(String),
        }

        impl $name {
            /// The word as the service writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use open_words;

open_words! {
    /// Why a key is good, or why not.
    Code {
        /// The key is good for what was asked, now.
        Valid = "VALID",
        /// No such key within reach; also a malformed one.
        NotFound = "NOT_FOUND",
        /// Ended for good.
        Revoked = "REVOKED",
        /// Switched off, and may be switched on again.
        Disabled = "DISABLED",
        /// Its time is over.
        Expired = "EXPIRED",
        /// Its time has not begun.
        NotYetValid = "NOT_YET_VALID",
        /// The organization that owns it is suspended.
        OrganizationSuspended = "ORGANIZATION_SUSPENDED",
        /// The session it belongs to is disconnected.
        SessionDisconnected = "SESSION_DISCONNECTED",
        /// It belongs to another session than the one asked for.
        WrongSession = "WRONG_SESSION",
        /// It belongs to another environment than the one asked for.
        WrongEnvironment = "WRONG_ENVIRONMENT",
        /// It may not be used from this address.
        Forbidden = "FORBIDDEN",
        /// It lacks a permission.
        InsufficientPermissions = "INSUFFICIENT_PERMISSIONS",
        /// It may not act for this domain.
        DomainNotAllowed = "DOMAIN_NOT_ALLOWED",
        /// A rate limit is reached.
        RateLimited = "RATE_LIMITED",
        /// Its credits are spent.
        UsageExceeded = "USAGE_EXCEEDED",
        /// Let through although nobody could be asked, because the client was told so: nothing is known of the key. No
        /// service answers this.
        Unverified = "UNVERIFIED",
    }
}

open_words! {
    /// The environment of a session.
    Environment {
        /// Development, prefix `sk_dev_`.
        Development = "development",
        /// Staging, prefix `sk_staging_`.
        Staging = "staging",
        /// Production, prefix `sk_live_`.
        Production = "production",
    }
}
