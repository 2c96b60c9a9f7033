//! The gateway: what stands in front of an origin, and on which terms. A route says which keys get through to where; how
//! paths are read stands in [`path`], what an origin is sent in [`handover`], how it is signed in [`signature`].

pub mod handover;
pub mod path;
pub mod signature;

use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::consistency::Mode;
use super::egress::{EgressError, ReceiverUrl};
use super::environment::Environment;
use super::id::{RouteId, SessionId};
use super::permission::Permission;
use super::text::Name;
use super::timestamp::Timestamp;
use super::webhook::SecretSource;
use path::{RequestPath, RoutePath};

/// The most routes of one organization.
pub const ROUTES_MAX: u32 = 100;
/// How long (ms) an origin may take until it begins to answer.
pub const TIMEOUT_MS: std::ops::RangeInclusive<i64> = 100..=100_000;
/// The same, if nobody says.
pub const TIMEOUT_MS_DEFAULT: u32 = 30_000;

/// The base URL of an origin: what webhooks may be sent to, without a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origin(ReceiverUrl);

/// Why a URL is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Nothing may be sent there.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// It has a query, and requests bring their own.
    #[error("must not have a query")]
    Query,
}

impl Origin {
    /// Reads a base URL. `loopback` lets this very machine pass.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn parse(text: &str, loopback: bool) -> Result<Self, OriginError> {
        let url = ReceiverUrl::parse(text, loopback)?;
        if url.as_str().contains('?') { Err(OriginError::Query) } else { Ok(Self(url)) }
    }

    /// The same, if it may still be spoken to under the rules of now.
    #[must_use]
    pub fn allowed(&self, loopback: bool) -> Option<&str> {
        let text = self.as_str();
        Self::parse(text, loopback).ok().filter(|again| again == self).map(|_| text)
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A route: which requests go to which origin, and what their keys have to be good for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Its public name.
    pub id: RouteId,
    /// What it says.
    #[serde(flatten)]
    pub terms: Terms,
    /// Where its secrets come from, the newest first.
    pub secrets: Vec<SecretSource>,
    /// Who created it, and in whose name keys are verified.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
}

/// What people say of a route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Which paths it is for: this one, and all below it.
    pub path: RoutePath,
    /// Where they lead.
    pub origin: Origin,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Name>,
    /// The permissions that a key needs, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// The session that a key must belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The environment that a key must belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// What a request costs of limits and credits.
    pub cost: u32,
    /// Who may decide, at most.
    pub consistency: Mode,
    /// Whether the origin is asked for what follows `path`, instead of for the whole path.
    pub strip_path: bool,
    /// Whether it is in use.
    pub active: bool,
    /// How long (ms) the origin may take until it begins to answer.
    pub timeout_ms: u32,
}

/// The routes of an organization, as a gateway knows them for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTable {
    /// The session in whose name keys are verified: the production default session.
    pub session_id: SessionId,
    /// All routes that are in use.
    pub routes: Vec<Route>,
}

impl RouteTable {
    /// The route of a path: the longest that it lies below.
    #[must_use]
    pub fn find(&self, path: &RequestPath<'_>) -> Option<&Route> {
        let active = self.routes.iter().filter(|route| route.terms.active && route.terms.path.covers(path));
        active.max_by_key(|route| route.terms.path.depth())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::id::UserId;

    /// A route of this path to this origin, which everybody may take who has a key.
    pub(crate) fn route(path: &str, origin: &str) -> Route {
        let terms = Terms {
            path: RoutePath::parse(path).unwrap(),
            origin: Origin::parse(origin, true).unwrap(),
            description: None,
            permissions: Vec::new(),
            session_id: None,
            environment: None,
            cost: 1,
            consistency: Mode::Edge,
            strip_path: false,
            active: true,
            timeout_ms: TIMEOUT_MS_DEFAULT,
        };
        Route {
            id: RouteId::from_seed(&[1; 64]),
            terms,
            secrets: Vec::new(),
            created_by: Actor::User { id: UserId::from_trusted("usr_1".to_owned()) },
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn the_longest_route_that_is_in_use_wins_whole_segments_at_a_time() {
        let mut routes =
            ["/", "/orders", "/orders/admin", "/ordersize"].map(|path| route(path, "https://example.com/")).to_vec();
        let mut off = route("/orders/admin/keys", "https://example.com/");
        off.terms.active = false;
        routes.insert(0, off);
        let table = RouteTable { session_id: SessionId::from_trusted("ses_1".to_owned()), routes };
        for (path, expected) in [
            ("/", "/"),
            ("/order", "/"),
            ("/orders", "/orders"),
            ("/orders/", "/orders"),
            ("/orders/7", "/orders"),
            ("/orders/administrator", "/orders"),
            ("/orders/admin/keys", "/orders/admin"),
            // Spelled otherwise, and the same to many an origin.
            ("/%6frders/%61dmin", "/orders/admin"),
            ("/orders;v=1/admin;x/y", "/orders/admin"),
            ("/ORDERS", "/"),
        ] {
            let found = table.find(&RequestPath::parse(path).unwrap()).unwrap();
            assert_eq!(found.terms.path.as_str(), expected, "{path}");
        }
    }

    #[test]
    fn an_origin_is_what_webhooks_may_be_sent_to_without_a_query_and_is_looked_at_again() {
        assert_eq!(Origin::parse("https://example.com/?a=1", false), Err(OriginError::Query));
        assert_eq!(Origin::parse("https://10.0.0.1/", false), Err(OriginError::Egress(EgressError::Address)));
        let here = Origin::parse("http://127.0.0.1:9000/base", true).unwrap();
        assert_eq!(here.allowed(true), Some("http://127.0.0.1:9000/base"));
        assert_eq!(here.allowed(false), None);
        let stored: Origin = serde_json::from_str("\"https://metadata.google.internal/\"").unwrap();
        assert_eq!(stored.allowed(true), None);
    }
}
