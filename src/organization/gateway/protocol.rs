//! What an organization can be told about routes of the gateway, and what it answers.

use serde::{Deserialize, Serialize};

use crate::domain::caller::Caller;
use crate::domain::change::Change;
use crate::domain::consistency::Mode;
use crate::domain::environment::Environment;
use crate::domain::gateway::path::RoutePath;
use crate::domain::gateway::{Origin, Route, RouteTable, Terms};
use crate::domain::id::{RouteId, SessionId};
use crate::domain::permission::Permission;
use crate::domain::tagged::tagged;
use crate::domain::text::Name;
use crate::object::Authority;
use crate::organization::protocol::{OneTime, Page};

/// A command about routes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum GatewayCommand {
    /// Create a route; the answer has its secret.
    Create { authority: Authority, terms: Box<Terms> },
    /// A page of routes, the newest first.
    List { caller: Caller, page: Page },
    /// One route.
    Read { caller: Caller, id: RouteId },
    /// Change a route.
    Change { authority: Authority, id: RouteId, change: Box<RouteChange> },
    /// Delete a route.
    Delete { authority: Authority, id: RouteId },
    /// Make a new secret; the one before goes on to sign for a day.
    RotateSecret { authority: Authority, id: RouteId },
    /// What a gateway acts on, for a time.
    Table,
}
tagged!(GatewayCommand);

/// What a `PATCH` asks for. What it does not name stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the setting it is named after")]
pub struct RouteChange {
    pub path: Option<RoutePath>,
    pub origin: Option<Origin>,
    pub description: Change<Name>,
    pub permissions: Option<Vec<Permission>>,
    pub session_id: Change<SessionId>,
    pub environment: Change<Environment>,
    pub cost: Option<u32>,
    pub consistency: Option<Mode>,
    pub strip_path: Option<bool>,
    pub active: Option<bool>,
    pub timeout_ms: Option<u32>,
}

impl RouteChange {
    /// The names of the fields it sets, as the audit log shows them.
    pub fn fields(&self) -> Vec<&'static str> {
        [
            ("path", self.path.is_some()),
            ("origin", self.origin.is_some()),
            ("description", !self.description.is_keep()),
            ("permissions", self.permissions.is_some()),
            ("sessionId", !self.session_id.is_keep()),
            ("environment", !self.environment.is_keep()),
            ("cost", self.cost.is_some()),
            ("consistency", self.consistency.is_some()),
            ("stripPath", self.strip_path.is_some()),
            ("active", self.active.is_some()),
            ("timeoutMs", self.timeout_ms.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, set)| set.then_some(name))
        .collect()
    }

    /// The terms after it.
    #[must_use]
    pub fn applied(self, before: Terms) -> Terms {
        Terms {
            path: self.path.unwrap_or(before.path),
            origin: self.origin.unwrap_or(before.origin),
            description: self.description.apply(before.description),
            permissions: self.permissions.unwrap_or(before.permissions),
            session_id: self.session_id.apply(before.session_id),
            environment: self.environment.apply(before.environment),
            cost: self.cost.unwrap_or(before.cost),
            consistency: self.consistency.unwrap_or(before.consistency),
            strip_path: self.strip_path.unwrap_or(before.strip_path),
            active: self.active.unwrap_or(before.active),
            timeout_ms: self.timeout_ms.unwrap_or(before.timeout_ms),
        }
    }
}

/// An answer about routes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum GatewayReply {
    /// Done, and there is nothing to say about it.
    Done,
    /// A route; with its secret where that was just made.
    Route { route: Box<Route>, secret: Option<OneTime> },
    /// A page of routes.
    Routes { routes: Vec<Route>, more: bool },
    /// What a gateway may act on from its question on, for so long.
    Table { table: Box<RouteTable>, ttl_ms: i64 },
}
tagged!(GatewayReply);
