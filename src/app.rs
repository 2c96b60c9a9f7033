//! The use cases at the edge: what the service does, without HTTP and without the platform.
//!
//! `App` holds the doors and the settings of the deployment; every use case is a method of it, in the file
//! that is named after it.

mod authenticate;
mod call;
mod error;
mod issue;
mod keys;
mod operator;
mod organization;
mod sessions;
mod verify;

use std::sync::Arc;

use futures_util::future::{Either, select};

use crate::domain::keyring::{Keyring, KeyringError};
use crate::domain::locator::Locator;
use crate::domain::plan::PlanName;
use crate::domain::secret_key::PrefixWord;
use crate::domain::timestamp::Timestamp;
use crate::ports::{FailureLimiter, World};

pub use authenticate::Principal;
pub use call::Outcome;
pub(crate) use call::{LONGEST_WAIT_MS, PATIENCE_MS, RETRIES};
pub use error::Error;
pub use issue::{Idempotency, IssueKey, Issued, RotateKey, SessionChoice};
pub use operator::Founded;
pub use organization::AuditPage;
pub(crate) use verify::TOMBSTONE_PATIENCE_MS;
pub use verify::{Freshness, Verification, VerifyKey};

/// How long (ms) the limiter of failures may take.
const LIMITER_PATIENCE_MS: u64 = 200;

/// What the operator of a deployment has set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The word that secret keys begin with.
    pub prefix: PrefixWord,
    /// SHA-256 of the operator token; without it there are no operator routes.
    pub operator_digest: Option<[u8; 32]>,
    /// The plan of new organizations.
    pub default_plan: PlanName,
}

/// Why a deployment cannot work. The reason is for its operator's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The root secrets are missing or unusable.
    #[error("ROOT_SECRETS: {0}")]
    RootSecrets(#[from] KeyringError),
    /// The prefix word cannot stand in a key.
    #[error("KEY_PREFIX must be 1 to 16 lower-case letters and digits, beginning with a letter")]
    Prefix,
    /// The operator token's digest is not one.
    #[error("OPERATOR_TOKEN_SHA256 must be 64 hex digits")]
    OperatorDigest,
    /// The default plan is not one.
    #[error("DEFAULT_PLAN must be free, starter, pro or enterprise")]
    DefaultPlan,
}

impl Settings {
    /// Reads the settings as the deployment's environment has them; an empty text counts as absent.
    ///
    /// # Errors
    /// Names the first setting that cannot be used.
    pub fn parse(
        root_secrets: Option<&str>,
        prefix: Option<&str>,
        operator_digest: Option<&str>,
        default_plan: Option<&str>,
    ) -> Result<(Keyring, Self), SettingsError> {
        let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let keyring = Keyring::parse(root_secrets.unwrap_or_default())?;
        let prefix = given(prefix).unwrap_or_else(|| "sk".to_owned());
        let operator_digest = given(operator_digest)
            .map(|text| {
                let mut digest = [0; 32];
                hex::decode_to_slice(text, &mut digest).map(|()| digest)
            })
            .transpose()
            .map_err(|_| SettingsError::OperatorDigest)?;
        let plan = given(default_plan).unwrap_or_else(|| PlanName::Enterprise.as_str().to_owned());
        let settings = Self {
            prefix: PrefixWord::parse(&prefix).map_err(|_| SettingsError::Prefix)?,
            operator_digest,
            default_plan: PlanName::parse(&plan).ok_or(SettingsError::DefaultPlan)?,
        };
        Ok((keyring, settings))
    }
}

/// The service at the edge.
pub struct App {
    world: World,
    limiter: Arc<dyn FailureLimiter>,
    settings: Settings,
}

impl App {
    /// The service behind these doors.
    pub fn new(world: World, limiter: Arc<dyn FailureLimiter>, settings: Settings) -> Self {
        Self { world, limiter, settings }
    }

    /// The deployment's derived secrets.
    pub fn keyring(&self) -> &Keyring {
        &self.world.keyring
    }

    /// The doors.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The current moment.
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    fn seed(&self) -> Result<[u8; 64], Error> {
        Ok(self.world.entropy.seed()?)
    }

    fn new_locator(&self) -> Result<Locator, Error> {
        let [a, b, c, d, e, f, g, h, ..] = self.seed()?;
        Ok(Locator::from_seed(&[a, b, c, d, e, f, g, h]))
    }

    /// Counts a failed authentication of an address; false once it has had too many. Callers without an
    /// address share one count. A limiter that does not answer stops nobody: it only sheds load.
    pub async fn tolerates_failure(&self, source: Option<std::net::IpAddr>) -> bool {
        let source = source.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string());
        let asking = self.limiter.tolerates(&source);
        match select(asking, self.world.timer.sleep(LIMITER_PATIENCE_MS)).await {
            Either::Left((tolerated, _)) => tolerated.unwrap_or(true),
            Either::Right(_) => true,
        }
    }
}
