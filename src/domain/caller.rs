//! Who is calling, and how far that caller reaches.
//!
//! A key of the production default session with `full_access` or `api_keys:*` acts on the whole
//! organization; any other key sees and manages its own session only. Nobody hands out more than he has.

use serde::{Deserialize, Serialize};

use super::api_key::{ApiKey, KeySettings, outlives};
use super::audit::Actor;
use super::domain_name::DomainName;
use super::environment::Environment;
use super::id::{ApiKeyId, OrganizationId, SessionId};
use super::ip_network::IpAllowList;
use super::operation::Operation;
use super::permission::Permissions;
use super::session::Session;
use super::timestamp::Timestamp;

/// How much of its organization a caller can see and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Every session of the organization.
    Organization,
    /// The caller's own session.
    Session,
}

/// An authenticated API key, as its authority described it a moment ago.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// The key that was presented.
    pub key_id: ApiKeyId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its session.
    pub session_id: SessionId,
    /// The environment of that session.
    pub environment: Option<Environment>,
    /// How far it reaches.
    pub reach: Reach,
    /// What it may do.
    pub permissions: Permissions,
    /// Its own restriction to a domain.
    pub domain: Option<DomainName>,
    /// Its own restriction to networks.
    pub ip_allow_list: IpAllowList,
    /// Its own end.
    pub expires_at: Option<Timestamp>,
}

impl Caller {
    /// Describes the caller that presented `key`, a key of `session`.
    pub fn new(key: &ApiKey, session: &Session) -> Self {
        let everywhere =
            session.is_production_default() && key.settings.permissions.allows(&Operation::AllApiKeys.permission());
        Self {
            key_id: key.id.clone(),
            organization_id: key.organization_id.clone(),
            session_id: key.session_id.clone(),
            environment: key.environment,
            reach: if everywhere { Reach::Organization } else { Reach::Session },
            permissions: key.settings.permissions.clone(),
            domain: key.settings.domain.clone(),
            ip_allow_list: key.settings.ip_allow_list.clone(),
            expires_at: key.settings.expires_at,
        }
    }

    /// Whether a session of some organization lies within reach.
    pub fn reaches(&self, organization: &OrganizationId, session: &SessionId) -> bool {
        self.organization_id == *organization
            && match self.reach {
                Reach::Organization => true,
                Reach::Session => self.session_id == *session,
            }
    }

    /// Whether the caller could do everything that a key with these settings could: the same or fewer
    /// permissions, networks and domains, and no longer life.
    pub fn covers(&self, settings: &KeySettings) -> bool {
        self.permissions.covers(&settings.permissions)
            && (self.domain.is_none() || self.domain == settings.domain)
            && self.ip_allow_list.covers(&settings.ip_allow_list)
            && !outlives(settings.expires_at, self.expires_at)
    }

    /// How the audit log names this caller.
    pub fn actor(&self) -> Actor {
        Actor::ApiKey { id: self.key_id.clone() }
    }
}
