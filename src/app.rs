//! The use cases at the edge: what the service does, without HTTP and without the platform.
//!
//! `App` holds the doors and the settings of the deployment; every use case is a method of it, in the file
//! that is named after it.

mod account;
mod alerts;
mod authenticate;
mod bulk;
mod call;
mod denials;
mod domains;
mod error;
mod export;
mod gateway;
mod imported;
mod imports;
mod invitations;
mod issue;
mod keys;
mod leaks;
mod leases;
mod links;
mod members;
mod operator;
mod organization;
mod outcomes;
mod register;
mod renewal;
mod sessions;
mod settings;
mod sign_in;
pub(crate) mod trace;
mod upkeep;
mod usage;
mod verification;
mod verify;
mod webhooks;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use futures_util::future::{Either, select};

use crate::domain::keyring::Keyring;
use crate::domain::locator::Locator;
use crate::domain::timestamp::Timestamp;
use crate::ports::{Assets, FailureLimiter, Limited, World};

pub use crate::session::protocol::Call;
pub use authenticate::{Person, Principal};
pub use bulk::{BULK_MAX, Gone, Meant, Selection};
pub(crate) use call::{LONGEST_WAIT_MS, PATIENCE_MS, RETRIES};
pub use call::{Outcome, Patience};
pub use denials::{Denial, Denied};
pub use error::Error;
pub use gateway::{Admitted, Passing, Refused, ShownRoute};
pub(crate) use gateway::{OUTCOMES_MAX as GATEWAY_OUTCOMES_MAX, REPORT_WITHIN_MS as GATEWAY_REPORT_WITHIN_MS};
pub(crate) use imported::PREFIXES_MS;
pub use imports::{Become, IMPORT_MAX, ImportKeys, NewImport, Row};
pub(crate) use invitations::MEMBERSHIPS_MAX;
pub use issue::{Idempotency, IssueKey, Issued, RotateKey, SessionChoice};
pub use leaks::LeakReport;
pub use leases::{Background, Job};
pub use links::Link;
pub use operator::{ChangedOrganization, Founded};
pub use organization::AuditPage;
pub use outcomes::Fate;
pub use register::{Register, Registered};
pub(crate) use renewal::REPORT_WITHIN_MS;
pub use sessions::{SessionHealth, WantedSession};
pub use settings::{Logged, Logging, PlanChanges, Registration, Settings, SettingsError};
pub(crate) use sign_in::{ATTEMPTS_AT_ONCE_MAX, ATTEMPTS_OF_ONE_MAX, FAILURE_FLOOR_MS};
pub use sign_in::{Attempt, SignedIn};
pub use upkeep::{Object, Republished};
pub use verification::{Basis, Freshness, Verification, VerifyKey, Waited};
pub(crate) use verify::TOMBSTONE_PATIENCE_MS;
pub use webhooks::ShownEndpoint;

/// How long (ms) the limiter of failures may take.
const LIMITER_PATIENCE_MS: u64 = 200;

/// The asset in which the API is described.
const DESCRIPTION: &str = "/openapi.json";

/// The service at the edge.
pub struct App {
    world: World,
    limiter: Arc<dyn FailureLimiter>,
    assets: Arc<dyn Assets>,
    settings: Settings,
    attempts: sign_in::Attempts,
    leases: leases::Leases,
    github: leaks::GithubKeys,
    denials: denials::Told,
    gateway: gateway::Gateway,
    prefixes: imported::Prefixes,
}

impl App {
    /// The service behind these doors.
    pub fn new(world: World, limiter: Arc<dyn FailureLimiter>, assets: Arc<dyn Assets>, settings: Settings) -> Self {
        let (attempts, leases) = (sign_in::Attempts::default(), leases::Leases::default());
        let (github, denials) = (leaks::GithubKeys::default(), denials::Told::default());
        let (gateway, prefixes) = (gateway::Gateway::default(), imported::Prefixes::default());
        Self { world, limiter, assets, settings, attempts, leases, github, denials, gateway, prefixes }
    }

    /// The deployment's derived secrets.
    pub fn keyring(&self) -> &Keyring {
        &self.world.keyring
    }

    /// The doors.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What is logged.
    pub fn logging(&self) -> Logging {
        self.settings.logging
    }

    /// The current moment.
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// The description of the API, JSON in UTF-8.
    pub async fn description(&self) -> Result<Vec<u8>, Error> {
        let asset = self.assets.read(DESCRIPTION).await?;
        asset.ok_or_else(|| Error::Failed(format!("there is no asset {DESCRIPTION}")))
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
    pub async fn tolerates_failure(&self, source: Option<IpAddr>) -> bool {
        self.tolerates(Limited::Authentication, source).await
    }

    async fn tolerates(&self, what: Limited, source: Option<IpAddr>) -> bool {
        let source = source.map_or_else(|| "unknown".to_owned(), |ip| network(ip).to_string());
        let asking = self.limiter.tolerates(what, &source);
        match select(asking, self.world.timer.sleep(LIMITER_PATIENCE_MS)).await {
            Either::Left((tolerated, _)) => tolerated.unwrap_or(true),
            Either::Right(_) => true,
        }
    }
}

/// What one client has to itself: an IPv4 address, or the /64 of an IPv6 address.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
    }
}
