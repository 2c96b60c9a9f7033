//! The gateway at the edge: finds the route of a request, has the key verified as for everybody else, and tells the key's
//! session afterwards what its origin has answered. What is sent to the origin is written by `api`, and sent by the platform.
//!
//! Routes are leased, like everything that an isolate acts on (`organization/gateway.rs`); without a lease on them the
//! organization is asked, and where it cannot be, nothing gets through.

mod outcomes;
mod routes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::call::unexpected;
use super::leases::{Background, Job};
use super::{App, Error, Verification, VerifyKey};
use crate::domain::audit::Actor;
use crate::domain::caller::{Bearer, Caller};
use crate::domain::gateway::path::RequestPath;
use crate::domain::gateway::{Route, RouteTable};
use crate::domain::id::OrganizationId;
use crate::domain::lease::Held;
use crate::domain::locator::Locator;
use crate::domain::secret_key::SecretKey;
use crate::domain::timestamp::Timestamp;
use crate::organization::gateway::protocol::{GatewayCommand, GatewayReply};
use crate::organization::protocol::{Command, Reply};

pub(crate) use outcomes::{OUTCOMES_MAX, REPORT_WITHIN_MS};
pub use routes::ShownRoute;

/// For how many organizations an isolate remembers routes.
const TABLES_MAX: usize = 1_024;

/// What the gateway remembers in one isolate.
pub(super) struct Gateway {
    tables: Mutex<LruCache<Locator, Known>>,
    outcomes: Mutex<outcomes::Waiting>,
}

impl Default for Gateway {
    fn default() -> Self {
        Self { tables: Mutex::new(LruCache::unbounded()), outcomes: Mutex::default() }
    }
}

/// Routes, and until when they may be acted on.
struct Known {
    table: Arc<RouteTable>,
    held: Held,
    asked_at: Timestamp,
    /// Whether somebody has been told to ask again.
    is_renewing: bool,
}

/// A request to be let through.
pub struct Passing<'r> {
    /// The key that was presented.
    pub presented: &'r str,
    /// Whose routes are meant.
    pub organization: &'r OrganizationId,
    /// What is asked for.
    pub path: &'r RequestPath<'r>,
    /// How the key is to be verified, but for what its route says.
    pub verify: VerifyKey,
}

/// What was decided on a request that has a route.
pub struct Admitted {
    /// The route.
    pub route: Route,
    /// The decision on the key.
    pub verification: Verification,
    /// What the outcome is told under ([`App::note_outcome`]).
    pub outcome: Option<String>,
}

/// Why there is no decision.
pub enum Refused {
    /// What was presented is no key of this deployment.
    NoKey,
    /// Nothing leads there.
    NoRoute,
    /// The origin of the route is none that may be asked.
    Forbidden,
    /// Somebody who has to be asked cannot be.
    Failed(Error),
}

impl App {
    /// Finds the route of a request, and decides on its key.
    ///
    /// # Errors
    /// Says why nothing was decided; that says nothing about the key, unless it is none.
    pub async fn pass(&self, passing: Passing<'_>) -> Result<Admitted, Refused> {
        let Passing { presented, organization, path, mut verify } = passing;
        // Whoever makes keys up costs nobody a question.
        SecretKey::parse(presented, &self.settings.prefix, self.keyring()).map_err(|_| Refused::NoKey)?;
        let table = match self.routes(organization.locator(), &verify.background).await {
            Ok(table) => table,
            Err(Error::Rejected(_)) => return Err(Refused::NoRoute),
            Err(error) => return Err(Refused::Failed(error)),
        };
        let route = table.find(path).ok_or(Refused::NoRoute)?.clone();
        route.terms.origin.allowed(self.world.rules.loopback_webhooks).ok_or(Refused::Forbidden)?;
        let bearer = match &route.created_by {
            Actor::ApiKey { id } => Bearer::Key { key_id: id.clone() },
            Actor::User { id } => Bearer::User { user_id: id.clone() },
            // Nobody else creates routes.
            Actor::Operator | Actor::LeakReport | Actor::Service => return Err(Refused::NoRoute),
        };
        let caller = Caller::gateway(bearer, organization.clone(), table.session_id.clone());
        verify.demand.permissions.clone_from(&route.terms.permissions);
        verify.demand.session_id.clone_from(&route.terms.session_id);
        verify.demand.environment = route.terms.environment.map(Some);
        verify.cost = route.terms.cost;
        verify.mode = route.terms.consistency;
        let verification = self.verify(presented, Some(&caller), verify).await.map_err(Refused::Failed)?;
        let handle = |session| format!("{} {organization} {session}", verification.id);
        let outcome = verification.key.as_ref().map(|key| handle(&key.session_id));
        Ok(Admitted { route, verification, outcome })
    }

    async fn routes(&self, organization: Locator, background: &Background) -> Result<Arc<RouteTable>, Error> {
        if let Some(table) = self.gateway.find(organization, self.now(), background) {
            return Ok(table);
        }
        self.ask_for_routes(organization).await
    }

    async fn ask_for_routes(&self, organization: Locator) -> Result<Arc<RouteTable>, Error> {
        let asked_at = self.now();
        let command = Command::Gateway { gateway: Box::new(GatewayCommand::Table) };
        let Reply::Gateway { gateway } = self.organization(organization, command).await?.reply else {
            return unexpected();
        };
        let GatewayReply::Table { table, ttl_ms } = *gateway else { return unexpected() };
        let table = Arc::from(table);
        // One that comes after its end serves the request that has asked, and no other.
        if let Some(held) = Held::new(0, asked_at, ttl_ms, self.now()) {
            self.gateway.learn(organization, Known { table: Arc::clone(&table), held, asked_at, is_renewing: false });
        }
        Ok(table)
    }

    /// Asks again before a lease ends, so that nobody has to wait for it.
    pub(super) async fn renew_routes(&self, organization: Locator) {
        if let Err(error) = self.ask_for_routes(organization).await {
            let line =
                serde_json::json!({ "level": "warn", "event": "routes not renewed", "cause": error.to_string() });
            self.world.log.line(&line.to_string());
        }
    }
}

impl Gateway {
    /// The routes, as long as the lease on them lasts. In its second half somebody is told to ask again, once.
    fn find(&self, organization: Locator, now: Timestamp, background: &Background) -> Option<Arc<RouteTable>> {
        let mut tables = locked(&self.tables);
        let known = tables.get_mut(&organization)?;
        if !known.held.is_live(0, now) {
            tables.pop(&organization);
            return None;
        }
        let (used, left) = (now.millis_since(known.asked_at), known.held.until().millis_since(now));
        if used > left && !known.is_renewing {
            known.is_renewing = true;
            background.add(Job::Routes(organization));
        }
        Some(Arc::clone(&known.table))
    }

    /// An answer that has overtaken an earlier one stays.
    fn learn(&self, organization: Locator, known: Known) {
        let mut tables = locked(&self.tables);
        if tables.peek(&organization).is_some_and(|other| other.asked_at > known.asked_at) {
            return;
        }
        if tables.len() >= TABLES_MAX && !tables.contains(&organization) {
            tables.pop_lru();
        }
        tables.push(organization, known);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
