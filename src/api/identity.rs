//! Whose request it is, as header fields: what a proxy that has asked the gate hands on to the origin behind it, since
//! proxies read no bodies.

use axum::http::HeaderName;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::api_key::ApiKey;

/// The fields. All of them are always there, empty where there is nothing to say: so what a proxy takes over from the answer
/// is in place of whatever the client has claimed.
pub(super) const IDENTITY_HEADERS: [&str; 5] = [
    "latchkey-key-id",
    "latchkey-session-id",
    "latchkey-organization-id",
    "latchkey-environment",
    "latchkey-external-id",
];

/// Everything but the unreserved characters (RFC 3986 section 2.3): an external id is any text, and a field is not.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The fields of a key that was found good.
pub(super) fn identity(key: &ApiKey) -> impl Iterator<Item = (HeaderName, String)> {
    named(key).map(|(name, value)| (HeaderName::from_static(name), value))
}

/// The same, by their names.
pub(super) fn named(key: &ApiKey) -> impl Iterator<Item = (&'static str, String)> {
    let values = [
        key.id.to_string(),
        key.session_id.to_string(),
        key.organization_id.to_string(),
        key.environment.map_or_else(String::new, |environment| environment.as_str().to_owned()),
        key.settings
            .external_id
            .as_ref()
            .map_or_else(String::new, |id| utf8_percent_encode(id.as_str(), ESCAPED).to_string()),
    ];
    IDENTITY_HEADERS.into_iter().zip(values)
}
