//! The doors through which the house asks the world, each with the ways in which it may disappoint.
//!
//! Two sets of adapters exist: the platform's in `cloudflare`, the tests' in `tests/integration/support`.
//! Nothing in here is implemented.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::keyring::Keyring;
use crate::domain::link_hook::LinkHook;
use crate::domain::locator::Locator;
use crate::domain::session::Region;
use crate::domain::timestamp::Timestamp;

/// A door that did not open: which operation, and what the other side said. For the log, never for clients.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {detail}")]
pub struct PortError {
    /// What was tried.
    pub operation: &'static str,
    /// What came of it.
    pub detail: String,
    /// Whether the other side says that a second attempt may succeed at once. Never when it is overloaded.
    pub retryable: bool,
}

impl PortError {
    /// An ordinary failure.
    pub fn new(operation: &'static str, detail: impl Into<String>) -> Self {
        Self { operation, detail: detail.into(), retryable: false }
    }

    /// Whether the other side had no room for what it was to write.
    pub fn is_full(&self) -> bool {
        says_full(&self.detail)
    }
}

/// Workers KV. A read may be stale and may miss a name that exists; a write that returns `Err` may
/// nevertheless have happened, now or later.
#[async_trait]
pub trait KeyValue: Send + Sync {
    /// Reads the value under a name.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError>;
    /// Writes a value under a name. At most one write a second is accepted for one name.
    async fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError>;
}

/// Names one Durable Object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// The authority of one session.
    Session(Locator),
    /// The one object of an organization.
    Organization(Locator),
    /// The account of one user.
    Account(Locator),
    /// The one object of the deployment.
    Directory,
}

/// Durable Objects. A call that returns `Err` may have been carried out; only commands that bear repetition
/// are sent again.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Hands a request to an object and waits for its answer. `region` counts on an object's first contact only.
    async fn call(&self, address: &Address, region: Option<Region>, request: Vec<u8>) -> Result<Vec<u8>, PortError>;
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlValue {
    /// NULL.
    Null,
    /// A whole number within ±2^53, beyond which the platform loses digits.
    Integer(i64),
    /// Text.
    Text(String),
}

/// What the database said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sql: {0}")]
pub struct SqlError(pub String);

impl SqlError {
    /// Whether there was no room for what was to be written.
    pub fn is_full(&self) -> bool {
        says_full(&self.0)
    }
}

/// SQLite's own words, with which the platform passes it on.
fn says_full(detail: &str) -> bool {
    detail.contains("database or disk is full")
}

/// The SQLite of one object. Synchronous on purpose: what happens between two awaits is one step for
/// everybody else.
pub trait Sql {
    /// Runs one statement and returns its rows.
    fn exec(&self, sql: &str, params: &[SqlValue]) -> Result<Vec<Vec<SqlValue>>, SqlError>;

    /// How many bytes the database has.
    fn bytes(&self) -> i64;
}

/// The time, by this machine's clock. It may step, and inside Workers it stands still between I/O.
pub trait Clock: Send + Sync {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// Waits.
#[async_trait]
pub trait Timer: Send + Sync {
    /// Returns no earlier than `ms` milliseconds from now.
    async fn sleep(&self, ms: u64);
}

/// The operating system's random numbers.
pub trait Entropy: Send + Sync {
    /// Fills a seed for one name or one secret.
    fn seed(&self) -> Result<[u8; 64], PortError>;
}

/// What the platform's approximate limiters count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limited {
    /// Authentications that failed.
    Authentication,
    /// Attempts to sign in, to register, or to have a password set anew.
    SignIn,
}

/// The platform's approximate limiters, counted per location.
#[async_trait]
pub trait FailureLimiter: Send + Sync {
    /// Counts one more for `source`; false once it has had too many.
    async fn tolerates(&self, what: Limited, source: &str) -> Result<bool, PortError>;
}

/// What came back from the world outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// HTTP to the world outside. Redirects are not followed: where they lead, nobody has allowed.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Posts a JSON body, reads no answer but its status.
    async fn post(&self, url: &str, headers: &[(&str, String)], body: &str) -> Result<u16, PortError>;
    /// Gets what is there; an error if the body has more than `most_bytes`.
    async fn get(&self, url: &str, headers: &[(&str, String)], most_bytes: usize) -> Result<Fetched, PortError>;
}

/// The static assets that were deployed with the service.
#[async_trait]
pub trait Assets: Send + Sync {
    /// Reads the asset of this path, which begins with a slash; `None` if there is none.
    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, PortError>;
}

/// The operator's log: one line, one JSON object.
pub trait Log: Send + Sync {
    /// Writes a line. Nothing secret may be in it.
    fn line(&self, line: &str);

    /// Writes a line that tells of nothing bad.
    fn info(&self, line: &str) {
        self.line(line);
    }
}

/// What the operator has set for the objects.
#[derive(Debug, Clone)]
pub struct Rules {
    /// How long (ms) the data of a deleted organization is kept.
    pub retention_ms: i64,
    /// How long (ms) entries of audit logs are kept; none for ever.
    pub audit_retention_ms: Option<i64>,
    /// Where links lead people to; without it they get a token and no URL.
    pub dashboard_url: Option<String>,
    /// What sends links to people, if anything does.
    pub link_hook: Option<LinkHook>,
    /// Whether webhooks may be sent to this very machine: on a developer's own, never in a deployment.
    pub loopback_webhooks: bool,
    /// Where the DNS is asked, over HTTPS.
    pub resolver_url: String,
    /// For how long (ms) the proof of a domain has to be missing before it is lost.
    pub domain_loss_ms: i64,
}

impl Rules {
    /// The page of the dashboard that sends in the token of a link. The token stands behind `#`, so that it reaches no
    /// server log.
    pub fn page(&self, page: &str, token: &str) -> Option<String> {
        self.dashboard_url.as_ref().map(|base| format!("{base}/{page}#token={token}"))
    }
}

/// All doors but those that only the edge has (limiter, assets), and the secrets of the deployment.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port it is typed as")]
pub struct World {
    pub kv: Arc<dyn KeyValue>,
    pub objects: Arc<dyn Objects>,
    pub clock: Arc<dyn Clock>,
    pub timer: Arc<dyn Timer>,
    pub entropy: Arc<dyn Entropy>,
    pub log: Arc<dyn Log>,
    pub outbound: Arc<dyn Outbound>,
    pub keyring: Arc<Keyring>,
    pub rules: Arc<Rules>,
}
