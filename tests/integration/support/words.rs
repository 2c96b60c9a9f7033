//! Short words for values that tests need often.

use latchkey::app::{Error, Idempotency, IssueKey, SessionChoice, Settings};
use latchkey::domain::api_key::KeySettings;
use latchkey::domain::change::Change;
use latchkey::domain::domain_name::DomainName;
use latchkey::domain::environment::Environment;
use latchkey::domain::id::SessionId;
use latchkey::domain::ip_network::IpAllowList;
use latchkey::domain::keyring::Keyring;
use latchkey::domain::permission::{Permission, Permissions};
use latchkey::domain::text::Name;
use latchkey::object::Rejection;
use latchkey::organization::protocol::{KeyQuery, Page};
use latchkey::ports::Rules;
use sha2::{Digest, Sha256};

/// The operator's token in every house.
pub const OPERATOR_TOKEN: &str = "operator-token-of-the-tests";

/// An hour, in milliseconds.
pub const HOUR: i64 = 60 * 60 * 1_000;
/// A day, in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// A root secret, the same for the same number.
pub fn root_secret(number: u8) -> String {
    hex::encode([number; 32])
}

/// What a deployment has that sets nothing but its root secrets.
pub fn settings_of(root_secrets: &str) -> (Keyring, Rules, Settings) {
    Settings::parse(|name| (name == "ROOT_SECRETS").then(|| root_secrets.to_owned())).unwrap()
}

/// SHA-256.
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// A name.
pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A set of permissions.
pub fn permissions(texts: &[&str]) -> Permissions {
    Permissions::parse(texts.iter().copied()).unwrap()
}

/// One permission.
pub fn permission(text: &str) -> Permission {
    Permission::parse(text).unwrap()
}

/// A list of networks.
pub fn networks(texts: &[&str]) -> IpAllowList {
    IpAllowList::parse(texts.iter().copied()).unwrap()
}

/// A domain.
pub fn domain(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

/// Settings without restrictions.
pub fn settings(granted: &[&str]) -> KeySettings {
    KeySettings::new(name("Key"), permissions(granted))
}

/// A key to issue in the caller's own session.
pub fn key(granted: &[&str]) -> IssueKey {
    with(settings(granted))
}

/// A key with these settings to issue in the caller's own session.
pub fn with(settings: KeySettings) -> IssueKey {
    IssueKey { settings, unnamed: false, session: SessionChoice { id: None, environment: None }, credits: None }
}

/// A key to issue in a session.
pub fn key_in(session: &SessionId, granted: &[&str]) -> IssueKey {
    IssueKey { session: SessionChoice { id: Some(session.clone()), environment: None }, ..key(granted) }
}

/// A key to issue in the default session of an environment.
pub fn key_for(environment: Environment, granted: &[&str]) -> IssueKey {
    IssueKey { session: SessionChoice { id: None, environment: Some(environment) }, ..key(granted) }
}

/// The `Idempotency-Key` of a create with this body.
pub fn header(header: &str, body: &str) -> Idempotency {
    Idempotency { header: header.to_owned(), route: "POST /v1/api_keys".to_owned(), body_digest: sha256(body) }
}

/// A first page.
pub fn page(limit: u32) -> Page {
    Page { after: None, limit }
}

/// All keys, one page of them.
pub fn all_keys(page: Page) -> KeyQuery {
    KeyQuery { status: None, environment: None, session_id: None, external_id: None, search: None, idle: None, page }
}

/// The refusal in an error, or a panic that shows what it was instead.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Rejection {
    match result {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Whether somebody could not be asked.
pub fn is_unavailable<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Unavailable(_)))
}

/// A secret key for scanners to miss: built from parts, so that none stands in the tree.
pub fn key_like(environment: &str) -> String {
    ["sk", environment, &"A1b2C3d4".repeat(6)].join("_")
}

/// A field of a change that is given a value.
pub fn set<T>(value: T) -> Change<T> {
    Change::Set(value)
}

/// A field of a change that is null.
pub fn clear<T>() -> Change<T> {
    Change::Clear
}

/// A session that is like any other.
pub fn wanted_session(label: &str) -> latchkey::app::WantedSession {
    latchkey::app::WantedSession {
        name: name(label),
        environment: None,
        region: None,
        rate_limits: Default::default(),
        consistency: Default::default(),
        leak_policy: Default::default(),
    }
}
