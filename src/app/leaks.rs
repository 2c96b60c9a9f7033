//! Keys that were found where they should not be: reported by whoever has them, or by GitHub, which scans what is pushed.
//!
//! Nobody learns from a report whether a key is good: to a person the answer is always the same, and leaves before anything
//! is done. GitHub signs what it reports (ECDSA over P-256 with SHA-256, over the body as it came), and is told whether each
//! token was ours, as its partner programme asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use futures_util::stream;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use serde::Deserialize;

use super::call::unexpected;
use super::{App, Error, Patience, trace};
use crate::domain::audit::Trace;
use crate::domain::environment::Environment;
use crate::domain::leak_place;
use crate::domain::secret_key::{BODY_CHARACTERS, SecretKey};
use crate::domain::timestamp::Timestamp;
use crate::session::protocol::{Command, Reply};

/// For how long (ms) a list of GitHub's keys is taken as it is when a report names a key that is not on it, and for how
/// long nobody tries again to read one that could not be read.
const LIST_PAUSE_MS: i64 = 5 * 60_000;
const FAILED_PAUSE_MS: i64 = 60_000;
/// How long (bytes) that list may be.
const LIST_BYTES_MAX: usize = 256 * 1024;
/// How many sessions are told at once.
const AT_ONCE: usize = 16;
/// The pauses (ms) after which a session is told again behind an answer. The platform gives an invocation 30 s there.
const PAUSES_MS: [u64; 3] = [500, 2_000, 5_000];

/// A key of ours that was reported.
pub struct LeakReport {
    secret: SecretKey,
    place: Option<String>,
    trace: Option<Arc<Trace>>,
}

/// What GitHub signs with, as far as it is known.
#[derive(Default)]
pub(super) struct GithubKeys(Mutex<Known>);

#[derive(Default)]
struct Known {
    keys: Vec<(String, VerifyingKey)>,
    tried_at: Option<Timestamp>,
    /// Whether there was none to be read then.
    failed: bool,
}

impl GithubKeys {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &str) -> Option<VerifyingKey> {
        self.known().keys.iter().find(|(known, _)| known == id).map(|(_, key)| *key)
    }

    /// Whether the list is to be read now. It counts as tried from here on.
    fn is_due(&self, now: Timestamp) -> bool {
        let mut known = self.known();
        let pause = if known.failed { FAILED_PAUSE_MS } else { LIST_PAUSE_MS };
        let is_due = known.tried_at.is_none_or(|tried| now < tried || now.millis_since(tried) >= pause);
        if is_due {
            // Until it is read.
            (known.tried_at, known.failed) = (Some(now), true);
        }
        is_due
    }

    fn take(&self, keys: Vec<(String, VerifyingKey)>) {
        let mut known = self.known();
        (known.keys, known.failed) = (keys, false);
    }
}

#[derive(Deserialize)]
struct List {
    public_keys: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    key_identifier: String,
    key: String,
    is_current: bool,
}

/// What a public key on P-256 begins with in DER (RFC 5480): what it is, then the point, not compressed, of 65 bytes.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Reads a public key (PEM). There is only one way to write one, so nothing is needed that reads every other.
fn read_key(pem: &str) -> Option<VerifyingKey> {
    let inner = pem.trim().strip_prefix("-----BEGIN PUBLIC KEY-----")?.strip_suffix("-----END PUBLIC KEY-----")?;
    let base64: String = inner.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = STANDARD.decode(base64).ok()?;
    VerifyingKey::from_sec1_bytes(der.strip_prefix(&SPKI)?).ok()
}

/// The keys of GitHub's list that are in use and can be read.
fn read_list(body: &[u8]) -> Option<Vec<(String, VerifyingKey)>> {
    let list: List = serde_json::from_slice(body).ok()?;
    let current = list.public_keys.into_iter().filter(|listed| listed.is_current);
    let keys: Vec<_> = current.filter_map(|listed| Some((listed.key_identifier, read_key(&listed.key)?))).collect();
    (!keys.is_empty()).then_some(keys)
}

/// Whether a signature (DER) over a body is that of a key.
fn is_signed(key: &VerifyingKey, body: &[u8], signature: &[u8]) -> bool {
    DerSignature::try_from(signature).is_ok_and(|signature| key.verify(body, &signature).is_ok())
}

impl App {
    /// A report about this text, if it is a key that may be ours. Of the place nothing is kept that may be a key.
    pub fn leak_report(&self, presented: &str, place: Option<&str>) -> Option<LeakReport> {
        let secret = self.recognised(presented)?;
        let place = place.and_then(|place| leak_place::kept(place, presented));
        Some(LeakReport { secret, place, trace: trace::current() })
    }

    /// Tells the session of a reported key. Whether there is, or was, such a key. Nobody waits until what that ends has
    /// ended everywhere.
    ///
    /// # Errors
    /// `Unavailable` if the session cannot be reached.
    pub async fn report_leak(&self, report: &LeakReport) -> Result<bool, Error> {
        let LeakReport { secret, place, trace } = report;
        let command = Command::ReportLeak { hashes: secret.hashes(self.keyring()), place: place.clone() };
        let telling = self.session_with(secret.locator(), command, Patience::RespondAsync);
        let told = match trace {
            Some(trace) => trace::within(Arc::clone(trace), telling).await,
            None => telling.await,
        };
        let Reply::Leaked { known } = told?.reply else { return unexpected() };
        Ok(known)
    }

    /// The same behind an answer, a few times if need be: whoever has reported it was told that it was taken. What comes
    /// of it in the end is only for the log of the operator.
    pub(super) async fn report_leak_afterwards(&self, report: &LeakReport) {
        let mut told = self.report_leak(report).await;
        for pause in PAUSES_MS {
            if !matches!(told, Err(Error::Unavailable(_) | Error::Failed(_))) {
                break;
            }
            self.world.timer.sleep(pause).await;
            told = self.report_leak(report).await;
        }
        if let Err(error) = told {
            let line =
                serde_json::json!({ "level": "error", "event": "leak not reported", "cause": error.to_string() });
            self.world.log.line(&line.to_string());
        }
    }

    /// Tells the sessions of all keys that were reported, in the order of the reports; none stands for a text that is no key
    /// of ours.
    ///
    /// # Errors
    /// `Unavailable` if a session cannot be reached: whoever reports has to come again.
    pub async fn report_leaks(&self, reports: Vec<Option<LeakReport>>) -> Result<Vec<bool>, Error> {
        let telling = stream::iter(reports).map(|report| async move {
            match report {
                Some(report) => self.report_leak(&report).await,
                None => Ok(false),
            }
        });
        let told: Vec<Result<bool, Error>> = telling.buffered(AT_ONCE).collect().await;
        told.into_iter().collect()
    }

    /// A rule with which gitleaks finds the keys of this deployment, in TOML. What is needed beside it to be sure, the
    /// checksum, needs no secret either.
    pub fn gitleaks_rule(&self) -> String {
        let prefix = self.settings.prefix.as_str();
        let environments = Environment::ALL.map(Environment::key_segment).join("|");
        let regex = format!("\\b({prefix}_(?:(?:{environments})_)?[0-9A-Za-z]{{{BODY_CHARACTERS}}})\\b");
        let lines = [
            format!("# Keys of this deployment: {BODY_CHARACTERS} characters after the prefix, the last 6 a checksum."),
            "[[rules]]".to_owned(),
            format!("id = \"latchkey-{prefix}\""),
            "description = \"Latchkey API key\"".to_owned(),
            format!("regex = '''{regex}'''"),
            "secretGroup = 1".to_owned(),
            format!("keywords = [\"{prefix}_\"]"),
        ];
        lines.join("\n") + "\n"
    }

    /// Whether a key of this name is on the list of GitHub's keys that was read last.
    pub fn knows_github_key(&self, signer: &str) -> bool {
        self.github.find(signer).is_some()
    }

    /// Whether GitHub has signed this body, by the key that it names. A list of its keys is kept; one that is not on it has
    /// it read again, every five minutes. Without an answer the last list stands.
    ///
    /// # Errors
    /// `Failed` or `Unavailable` if the key is not on the list, and no newer one could be read now: it may be on that, so
    /// whoever reports has to come again.
    pub async fn is_by_github(&self, body: &[u8], signer: &str, signature: &[u8]) -> Result<bool, Error> {
        let unreadable = || Error::Failed("the list of GitHub's keys cannot be read".to_owned());
        if let Some(key) = self.github.find(signer) {
            return Ok(is_signed(&key, body, signature));
        }
        if !self.github.is_due(self.now()) {
            return Err(unreadable());
        }
        let fetched = self.world.outbound.get(&self.settings.github_keys_url, &user_agent(), LIST_BYTES_MAX).await?;
        let keys = (fetched.status == 200).then(|| read_list(&fetched.body)).flatten();
        self.github.take(keys.ok_or_else(unreadable)?);
        Ok(self.github.find(signer).is_some_and(|key| is_signed(&key, body, signature)))
    }
}

/// GitHub answers nobody who does not say what it is.
fn user_agent() -> [(&'static str, String); 1] {
    [("user-agent", concat!("latchkey/", env!("CARGO_PKG_VERSION")).to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample of GitHub's documentation of its partner programme.
    const BODY: &str = r#"[{"token":"some_token","type":"some_type","url":"some_url"}]"#;
    const SIGNATURE: &str =
        "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=";
    const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq
kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==
-----END PUBLIC KEY-----
";

    fn list(key: &str, is_current: bool) -> Vec<u8> {
        let listed = serde_json::json!({ "key_identifier": "k1", "key": key, "is_current": is_current });
        serde_json::json!({ "public_keys": [listed] }).to_string().into_bytes()
    }

    #[test]
    fn a_list_has_the_keys_that_are_in_use_and_can_be_read() {
        assert_eq!(read_list(&list(KEY, true)).unwrap().len(), 1);
        for unreadable in [list(KEY, false), list("no PEM", true), b"{}".to_vec(), Vec::new()] {
            assert!(read_list(&unreadable).is_none());
        }
    }

    #[test]
    fn the_sample_of_the_partner_programme_verifies_and_nothing_like_it() {
        let (_, key) = read_list(&list(KEY, true)).unwrap().remove(0);
        let signature = STANDARD.decode(SIGNATURE).unwrap();
        assert!(is_signed(&key, BODY.as_bytes(), &signature));
        assert!(!is_signed(&key, BODY.as_bytes(), &signature[1..]));
        for wrong in [&signature[..], &signature[1..], b"", b"0"] {
            assert!(!is_signed(&key, format!("{BODY} ").as_bytes(), wrong));
        }
    }
}
