//! How an origin knows that a request comes from the gateway, and that nobody has touched what counts: HTTP Message
//! Signatures (RFC 9421) with `hmac-sha256`.
//!
//! A secret is 32 bytes, shown as `gwsec_` and base64. It is derived from a root secret, a nonce and the id of the route
//! whenever it is needed, and stored nowhere. While two are good, both sign; an origin needs one of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Route;
use crate::domain::id::RouteId;
use crate::domain::keyring::{Keyring, Purpose};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::SecretSource;

/// What secrets begin with.
pub const SECRET_PREFIX: &str = "gwsec_";
/// How long (s) a signature is good for.
pub const EXPIRES_SECONDS: i64 = 60;
/// What signatures are called, the newest secret's first.
const LABELS: [&str; 4] = ["latchkey", "latchkey-1", "latchkey-2", "latchkey-3"];
/// What tells these signatures from others (RFC 9421 section 2.3, `tag`).
pub const TAG: &str = "latchkey-gateway";
/// How many characters of a nonce tell the secrets of a route apart.
const NONCE_CHARACTERS: usize = 8;

/// A secret for signing. `{:?}` hides it.
pub struct Secret([u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl Secret {
    /// Derives it; none if the root secret is not there any more.
    #[must_use]
    pub fn derive(keyring: &Keyring, route_id: &RouteId, source: &SecretSource) -> Option<Self> {
        let info = route_id.as_str().as_bytes();
        let derived = keyring.derived(source.root, Purpose::Gateway, source.nonce.as_bytes(), info)?;
        derived.first_chunk().copied().map(Self)
    }

    /// As the origin gets to know it.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{SECRET_PREFIX}{}", STANDARD.encode(self.0))
    }

    fn sign(&self, text: &str) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// What is signed.
pub struct Message<'a> {
    /// The method.
    pub method: &'a str,
    /// The path that the origin is asked for.
    pub path: &'a str,
    /// The query, if there is one, without its question mark.
    pub query: Option<&'a str>,
    /// Header fields, by their names in lower case.
    pub fields: &'a [(&'static str, String)],
}

impl Message<'_> {
    fn covered(&self) -> String {
        let derived = ["@method", "@path", "@query"].into_iter();
        let names = derived.chain(self.fields.iter().map(|(name, _)| *name));
        names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" ")
    }

    /// The signature base (RFC 9421 section 2.5) under these parameters.
    fn base(&self, parameters: &str) -> String {
        let query = self.query.unwrap_or_default();
        let mut base = format!("\"@method\": {}\n\"@path\": {}\n\"@query\": ?{query}\n", self.method, self.path);
        for (name, value) in self.fields {
            for part in ["\"", name, "\": ", value, "\n"] {
                base.push_str(part);
            }
        }
        base + "\"@signature-params\": " + parameters
    }
}

/// The header fields `signature-input` and `signature`; none without a secret that can still be derived.
#[must_use]
pub fn sign(
    keyring: &Keyring,
    route: &Route,
    message: &Message<'_>,
    now: Timestamp,
) -> Option<[(&'static str, String); 2]> {
    let created = now.as_millis().div_euclid(1_000);
    let covered = message.covered();
    let good = route.secrets.iter().filter(|source| source.until.is_none_or(|until| until > now));
    let (mut inputs, mut signatures) = (Vec::new(), Vec::new());
    for (label, source) in LABELS.into_iter().zip(good) {
        let Some(secret) = Secret::derive(keyring, &route.id, source) else { continue };
        let which = source.nonce.get(..NONCE_CHARACTERS).unwrap_or_default();
        let parameters = format!(
            "({covered});created={created};expires={};keyid=\"{}.{which}\";alg=\"hmac-sha256\";tag=\"{TAG}\"",
            created.saturating_add(EXPIRES_SECONDS),
            route.id,
        );
        signatures.push(format!("{label}=:{}:", secret.sign(&message.base(&parameters))));
        inputs.push(format!("{label}={parameters}"));
    }
    if inputs.is_empty() {
        return None;
    }
    Some([("signature-input", inputs.join(", ")), ("signature", signatures.join(", "))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gateway::tests::route;
    use crate::domain::keyring::tests::keyring;

    /// RFC 9421, appendix B.2.5: the shared secret of B.1.5, and the signature that belongs to it.
    #[test]
    fn a_base_is_signed_as_the_rfc_shows_it() {
        let key = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
        let base = concat!(
            "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n",
            "\"@authority\": example.com\n",
            "\"content-type\": application/json\n",
            "\"@signature-params\": (\"date\" \"@authority\" \"content-type\")",
            ";created=1618884473;keyid=\"test-shared-secret\""
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(key).unwrap()).unwrap();
        mac.update(base.as_bytes());
        assert_eq!(STANDARD.encode(mac.finalize().into_bytes()), "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    }

    #[test]
    fn the_base_has_a_line_for_each_component_and_ends_with_the_parameters() {
        let fields = [("latchkey-key-id", "key_1".to_owned()), ("latchkey-environment", String::new())];
        let message = Message { method: "POST", path: "/a%20b", query: Some("x=1&y"), fields: &fields };
        assert_eq!(
            message.base("(\"@method\");created=1"),
            "\"@method\": POST\n\"@path\": /a%20b\n\"@query\": ?x=1&y\n\"latchkey-key-id\": key_1\n\
             \"latchkey-environment\": \n\"@signature-params\": (\"@method\");created=1"
        );
        let bare = Message { query: None, ..message };
        assert!(bare.base("").contains("\n\"@query\": ?\n"), "section 2.2.7: an absent query is an empty one");
    }

    #[test]
    fn every_secret_that_is_good_signs_under_a_name_of_its_own() {
        let (keyring, mut route) = (keyring(), route("/", "https://example.com/"));
        let at = Timestamp::from_millis(1_800_000_000_999);
        let source = |nonce: &str, until| SecretSource { root: 1, nonce: nonce.repeat(16), until };
        let message = Message { method: "GET", path: "/", query: None, fields: &[] };
        assert!(sign(&keyring, &route, &message, at).is_none(), "without a secret nothing leaves");
        route.secrets =
            vec![source("0a", None), source("0b", Some(at.plus_millis(1))), source("0c", Some(at)), source("0d", None)];
        let [(_, input), (_, signature)] = sign(&keyring, &route, &message, at).unwrap();
        let inputs: Vec<&str> = input.split(", ").collect();
        assert_eq!(inputs.len(), 3);
        assert_eq!(
            inputs[0],
            format!(
                "latchkey=(\"@method\" \"@path\" \"@query\");created=1800000000;expires=1800000060;keyid=\"{}.0a0a0a0a\"\
                 ;alg=\"hmac-sha256\";tag=\"latchkey-gateway\"",
                route.id
            )
        );
        assert!(inputs[1].starts_with("latchkey-1=(") && inputs[2].contains(".0d0d0d0d\""));
        let signatures: std::collections::BTreeSet<&str> =
            signature.split(", ").map(|one| one.split_once('=').unwrap().1).collect();
        assert_eq!(signatures.len(), 3);
    }

    #[test]
    fn a_secret_is_derived_from_every_part_of_its_source_and_is_hidden() {
        let keyring = keyring();
        let source = |root, nonce: &str| SecretSource { root, nonce: nonce.to_owned(), until: None };
        let derive =
            |seed: u8, source| Secret::derive(&keyring, &RouteId::from_seed(&[seed; 64]), &source).map(|s| s.shown());
        let first = derive(1, source(1, "n")).unwrap();
        assert!(first.starts_with(SECRET_PREFIX));
        for other in [derive(1, source(2, "n")), derive(1, source(1, "m")), derive(2, source(1, "n"))] {
            assert_ne!(other.unwrap(), first);
        }
        assert_eq!(derive(1, source(9, "n")), None);
        assert_eq!(format!("{:?}", Secret([7; 32])), "Secret(…)");
    }
}
