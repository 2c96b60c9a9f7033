//! How a webhook is signed: Standard Webhooks, symmetric scheme `v1`, HMAC-SHA-256 over `id.timestamp.body`.
//!
//! A secret is 32 bytes, shown as `whsec_` and base64. It is derived from a root secret, a nonce and the id of the
//! endpoint whenever it is needed, and stored nowhere. While two are good, both sign; a receiver needs one of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::SecretSource;
use crate::domain::id::EndpointId;
use crate::domain::keyring::{Keyring, Purpose};
use crate::domain::timestamp::Timestamp;

/// What secrets begin with.
pub const SECRET_PREFIX: &str = "whsec_";
/// How many bytes a secret has; the specification asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// A secret for signing. `{:?}` hides it.
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// Derives it; none if the root secret is not there any more.
    #[must_use]
    pub fn derive(keyring: &Keyring, endpoint_id: &EndpointId, source: &SecretSource) -> Option<Self> {
        let info = endpoint_id.as_str().as_bytes();
        let derived = keyring.derived(source.root, Purpose::Webhook, source.nonce.as_bytes(), info)?;
        derived.first_chunk().copied().map(Self)
    }

    /// As its receiver gets to know it.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{SECRET_PREFIX}{}", STANDARD.encode(self.0))
    }

    fn sign(&self, message: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(message.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// The headers of a message: `webhook-id`, `webhook-timestamp` (s) and `webhook-signature`.
#[must_use]
pub fn headers(secrets: &[Secret], id: &str, at: Timestamp, body: &str) -> Vec<(&'static str, String)> {
    let seconds = at.as_millis().div_euclid(1_000).to_string();
    let message = format!("{id}.{seconds}.{body}");
    let signatures: Vec<String> = secrets.iter().filter_map(|secret| secret.sign(&message)).collect();
    vec![("webhook-id", id.to_owned()), ("webhook-timestamp", seconds), ("webhook-signature", signatures.join(" "))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::keyring::tests::keyring;

    /// The example of the specification's own libraries.
    #[test]
    fn a_message_is_signed_as_the_reference_libraries_do() {
        // MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, as the libraries' tests have it, has 24 bytes: HMAC takes any length.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut padded = [0; SECRET_BYTES];
        padded[..24].copy_from_slice(&key);
        // HMAC pads a short key with zeros (RFC 2104), so the padded one is the same.
        let at = Timestamp::from_millis(1_614_265_330_000);
        let signed = headers(&[Secret(padded)], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#);
        assert_eq!(signed[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_derived_from_every_part_of_its_source() {
        let keyring = keyring();
        let source = |root, nonce: &str| SecretSource { root, nonce: nonce.to_owned(), until: None };
        let id = EndpointId::from_seed(&[1; 64]);
        let derive = |id: &EndpointId, source| Secret::derive(&keyring, id, &source).map(|secret| secret.shown());
        let first = derive(&id, source(1, "n")).unwrap();
        assert_eq!(derive(&id, source(1, "n")).as_ref(), Some(&first));
        for other in [
            derive(&id, source(2, "n")),
            derive(&id, source(1, "m")),
            derive(&EndpointId::from_seed(&[2; 64]), source(1, "n")),
        ] {
            assert_ne!(other.unwrap(), first);
        }
        assert_eq!(derive(&id, source(9, "n")), None);
        assert_eq!(STANDARD.decode(first.strip_prefix(SECRET_PREFIX).unwrap()).unwrap().len(), 32);
        assert_eq!(format!("{:?}", Secret([7; 32])), "Secret(…)");
    }

    #[test]
    fn every_secret_signs_and_a_blank_stands_between() {
        let signed = headers(&[Secret([1; 32]), Secret([2; 32])], "evt_1", Timestamp::from_millis(0), "{}");
        let signatures: Vec<&str> = signed[2].1.split(' ').collect();
        assert!(signatures.len() == 2 && signatures[0] != signatures[1]);
        assert!(signatures.iter().all(|signature| signature.starts_with("v1,")));
    }
}
