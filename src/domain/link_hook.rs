//! The hook of a deployment that sends one-time links to people: where it listens, and how a message to it is signed.
//!
//! Signed after the Standard Webhooks specification, symmetric scheme `v1`: HMAC-SHA-256 over `id.timestamp.body`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::{Host, Url};

use super::timestamp::Timestamp;

const MIN_SECRET_CHARACTERS: usize = 24;

/// Where the hook listens, and the secret shared with it.
#[derive(Clone)]
pub struct LinkHook {
    url: String,
    mac: Hmac<Sha256>,
}

/// Why a hook cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkHookError {
    /// The URL is not one, or would carry links in the clear.
    #[error("LINK_HOOK_URL must be an https URL without user name, or http to this very machine")]
    Url,
    /// The secret is missing or short.
    #[error("LINK_HOOK_SECRET must have at least 24 characters")]
    Secret,
}

/// Reads a URL under which nobody on the way can read along: https, or http to this very machine, without a user name.
#[must_use]
pub fn shielded(url: &str) -> Option<Url> {
    let parsed = Url::parse(url).ok()?;
    let loopback = match parsed.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_private = parsed.scheme() == "https" || (parsed.scheme() == "http" && loopback);
    (is_private && parsed.username().is_empty() && parsed.password().is_none()).then_some(parsed)
}

impl LinkHook {
    /// Reads the settings.
    ///
    /// # Errors
    /// Names what cannot be used.
    pub fn parse(url: &str, secret: &str) -> Result<Self, LinkHookError> {
        let parsed = shielded(url).ok_or(LinkHookError::Url)?;
        if secret.chars().count() < MIN_SECRET_CHARACTERS {
            return Err(LinkHookError::Secret);
        }
        let mac = Hmac::new_from_slice(secret.as_bytes()).map_err(|_| LinkHookError::Secret)?;
        Ok(Self { url: parsed.into(), mac })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers of a message: `webhook-id`, `webhook-timestamp` (s) and `webhook-signature`.
    pub fn headers(&self, id: &str, at: Timestamp, body: &str) -> [(&'static str, String); 3] {
        let seconds = at.as_millis().div_euclid(1_000).to_string();
        let signed = self.mac.clone().chain_update(format!("{id}.{seconds}.{body}")).finalize().into_bytes();
        [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", seconds),
            ("webhook-signature", format!("v1,{}", STANDARD.encode(signed))),
        ]
    }
}

impl fmt::Debug for LinkHook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LinkHook").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a secret of the tests, long enough";

    #[test]
    fn links_travel_encrypted_or_not_at_all() {
        for url in ["https://mail.example/hook?x=1", "http://127.0.0.1:9000/", "http://localhost/x", "http://[::1]:1/"]
        {
            assert!(LinkHook::parse(url, SECRET).is_ok(), "{url}");
        }
        for url in ["", "http://mail.example/", "http://127.0.0.1.example/", "ftp://localhost/", "https://a@b.example/"]
        {
            assert_eq!(LinkHook::parse(url, SECRET).err(), Some(LinkHookError::Url), "{url}");
        }
        assert_eq!(LinkHook::parse("https://mail.example", "short").err(), Some(LinkHookError::Secret));
    }

    #[test]
    fn a_message_is_signed_over_id_time_and_body() {
        let hook = LinkHook::parse("https://mail.example", SECRET).unwrap();
        let at = Timestamp::from_millis(1_614_265_330_999);
        let [id, time, signature] = hook.headers("msg_1", at, "{}");
        assert_eq!((id.1.as_str(), time.1.as_str()), ("msg_1", "1614265330"));
        // printf 'msg_1.1614265330.{}' | openssl dgst -sha256 -hmac "$SECRET" -binary | base64
        assert_eq!(signature.1, "v1,9Cm+TDiCZr0JrkwW+4ZUnFABuPpxaTMVNxgHu4PANV4=");
        assert_ne!(hook.headers("msg_2", at, "{}"), hook.headers("msg_1", at, "{}"));
        let shown = format!("{hook:?}");
        assert!(shown.contains("mail.example") && !shown.contains("secret of"), "{shown}");
    }
}
