//! What keys have been used for: of one key, of a session, of all that the caller reaches.

use super::call::unexpected;
use super::{App, Error, Principal};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::{Caller, Reach};
use crate::domain::evidence::Evidence;
use crate::domain::id::{ApiKeyId, SessionId};
use crate::domain::usage::series::Slab;
use crate::domain::usage::{Seen, UsageQuery};
use crate::organization::protocol::{Command as OrganizationCommand, EnvironmentFilter, Reply as OrganizationReply};
use crate::session::protocol::{Command, Reply};

impl App {
    /// Reads what a key has been used for, and when last.
    ///
    /// # Errors
    /// `KeyNotFound` for a key that does not exist or is out of reach: the two are one.
    pub async fn key_usage(&self, by: &Principal, key_id: &ApiKeyId, query: UsageQuery) -> Result<Slab, Error> {
        super::keys::within_reach(by, key_id)?;
        let command = Command::ReadUsage { caller: (*by.caller).clone(), key_id: Some(key_id.clone()), query };
        let Reply::Usage { usage } = self.session(key_id.locator(), command).await?.reply else {
            return unexpected();
        };
        Ok(*usage)
    }

    /// Reads what all keys of a session have been used for.
    ///
    /// # Errors
    /// `SessionNotFound` for one that does not exist or is out of reach.
    pub async fn session_usage(&self, by: &Principal, id: &SessionId, query: UsageQuery) -> Result<Slab, Error> {
        super::sessions::within_reach(by, id)?;
        let command = Command::ReadUsage { caller: (*by.caller).clone(), key_id: None, query };
        let Reply::Usage { usage } = self.session(id.locator(), command).await?.reply else {
            return unexpected();
        };
        Ok(*usage)
    }

    /// Reads what all keys within reach have been used for, of one environment or of all: of an organization as its
    /// sessions have told it, a minute or two ago.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be reached.
    pub async fn usage(
        &self,
        by: &Principal,
        environment: Option<EnvironmentFilter>,
        query: UsageQuery,
    ) -> Result<Slab, Error> {
        if by.caller.reach == Reach::Session {
            let usage = self.session_usage(by, &by.caller.session_id, query).await?;
            return Ok(if is_of(&by.caller, environment) { usage } else { Slab::default() });
        }
        let command = OrganizationCommand::ReadUsage { environment, query };
        let OrganizationReply::Usage { usage } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(*usage)
    }

    /// Reads who uses a key that is to go, or that has ended.
    ///
    /// # Errors
    /// `KeyNotFound`.
    pub async fn key_evidence(&self, by: &Principal, key_id: &ApiKeyId) -> Result<(ApiKey, Evidence), Error> {
        super::keys::within_reach(by, key_id)?;
        let command = Command::ReadEvidence { caller: (*by.caller).clone(), key_id: key_id.clone() };
        let reply = self.session(key_id.locator(), command).await.map_err(super::keys::hide_session)?.reply;
        let Reply::Evidence { key, evidence } = reply else {
            return unexpected();
        };
        Ok((*key, *evidence))
    }

    /// Reads the last verifications of a key, the latest first.
    ///
    /// # Errors
    /// `KeyNotFound`.
    pub async fn key_requests(&self, by: &Principal, key_id: &ApiKeyId, limit: u32) -> Result<Vec<Seen>, Error> {
        super::keys::within_reach(by, key_id)?;
        let command = Command::ReadRequests { caller: (*by.caller).clone(), key_id: key_id.clone(), limit };
        let Reply::Requests { requests } = self.session(key_id.locator(), command).await?.reply else {
            return unexpected();
        };
        Ok(requests)
    }
}

fn is_of(caller: &Caller, environment: Option<EnvironmentFilter>) -> bool {
    match environment {
        None => true,
        Some(EnvironmentFilter::None) => caller.environment.is_none(),
        Some(EnvironmentFilter::Of(environment)) => caller.environment == Some(environment),
    }
}
