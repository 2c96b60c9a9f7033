//! Sessions: create, list, read, change, delete, and how they are doing.

use super::call::{Outcome, Patience, unexpected};
use super::{App, Error, Principal};
use crate::domain::caller::Reach;
use crate::domain::consistency::Consistency;
use crate::domain::environment::Environment;
use crate::domain::id::SessionId;
use crate::domain::operation::Operation;
use crate::domain::rate_limit::RateLimits;
use crate::domain::session::{Region, Session};
use crate::domain::text::Name;
use crate::domain::timestamp::Timestamp;
use crate::object::Rejection;
use crate::organization::protocol::{Command as OrganizationCommand, NewSession, Page, Reply as OrganizationReply};
use crate::session::protocol::{Command, Health, Reply, SessionChange, SessionUsage};

impl App {
    /// Creates a session.
    ///
    /// # Errors
    /// `OutsideReach` for a caller that is bound to its own session.
    pub async fn create_session(
        &self,
        by: &Principal,
        name: Name,
        environment: Option<Environment>,
        region: Option<Region>,
        rate_limits: RateLimits,
        consistency: Consistency,
    ) -> Result<Outcome<Session>, Error> {
        if by.caller.reach == Reach::Session {
            return Err(Rejection::OutsideReach.into());
        }
        let id = SessionId::mint(self.new_locator()?, self.keyring());
        let session = NewSession { id, name, environment, region, rate_limits, consistency };
        let authority = by.authority(Operation::WriteSessions);
        let command = OrganizationCommand::CreateSession { authority, session };
        let outcome = self.organization(by.caller.organization_id.locator(), command).await?;
        outcome.map(|reply| {
            let OrganizationReply::Session { session } = reply else {
                return unexpected();
            };
            Ok(*session)
        })
    }

    /// A page of the sessions within reach, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `Unavailable` if the directory cannot be reached.
    pub async fn list_sessions(&self, by: &Principal, page: Page) -> Result<(Vec<Session>, bool), Error> {
        let command = OrganizationCommand::ListSessions { caller: (*by.caller).clone(), page };
        let OrganizationReply::Sessions { sessions, more } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok((sessions, more))
    }

    /// Reads a session at its authority, with what is used of its limits.
    ///
    /// # Errors
    /// `SessionNotFound` for one that does not exist or is out of reach.
    pub async fn read_session(
        &self,
        by: &Principal,
        id: &SessionId,
    ) -> Result<Outcome<(Session, SessionUsage)>, Error> {
        self.look_at_session(by, id, by.patience).await
    }

    /// Reads a session, for somebody who does not tell what became of it or waits only so long until that is in force.
    pub(super) async fn look_at_session(
        &self,
        by: &Principal,
        id: &SessionId,
        patience: Patience,
    ) -> Result<Outcome<(Session, SessionUsage)>, Error> {
        within_reach(by, id)?;
        let command = Command::ReadSession { caller: (*by.caller).clone() };
        self.session_with(id.locator(), command, patience).await?.map(|reply| {
            let Reply::Session { session, usage: Some(usage), .. } = reply else {
                return unexpected();
            };
            Ok((*session, *usage))
        })
    }

    /// Counts a session's keys by status.
    ///
    /// # Errors
    /// `SessionNotFound` for one that does not exist or is out of reach.
    pub async fn session_health(&self, by: &Principal, id: &SessionId) -> Result<Outcome<Health>, Error> {
        within_reach(by, id)?;
        let command = Command::Health { caller: (*by.caller).clone() };
        self.session_with(id.locator(), command, by.patience).await?.map(|reply| {
            let Reply::Health(health) = reply else {
                return unexpected();
            };
            Ok(*health)
        })
    }

    /// Renames, connects or disconnects a session.
    ///
    /// # Errors
    /// `SessionNotFound`, `SessionDeleted`, `DefaultSession`; `OutsideReach` for a caller that is bound to its own
    /// session and would change its limits or consistency.
    pub async fn change_session(
        &self,
        by: &Principal,
        id: &SessionId,
        change: SessionChange,
    ) -> Result<Outcome<Session>, Error> {
        within_reach(by, id)?;
        if by.caller.reach == Reach::Session && (change.rate_limits.is_some() || change.consistency.is_some()) {
            // They are what holds the session's own keys back, and makes their end wait.
            return Err(Rejection::OutsideReach.into());
        }
        let authority = by.authority(Operation::WriteSessions);
        let command = Command::ChangeSession { authority, change };
        self.session_with(id.locator(), command, by.patience).await?.in_force(session)
    }

    /// Ends a session and all its keys.
    ///
    /// # Errors
    /// `SessionNotFound`, `DefaultSession`; `OutsideReach` for a caller that is bound to its own session.
    pub async fn delete_session(&self, by: &Principal, id: &SessionId) -> Result<Outcome<Session>, Error> {
        within_reach(by, id)?;
        if by.caller.reach == Reach::Session {
            return Err(Rejection::OutsideReach.into());
        }
        let authority = by.authority(Operation::WriteSessions);
        let command = Command::DeleteSession { authority };
        self.session_with(id.locator(), command, by.patience).await?.in_force(session)
    }
}

fn session(reply: Reply) -> Result<(Session, Option<Timestamp>), Error> {
    let Reply::Session { session, effective_at, .. } = reply else {
        return unexpected();
    };
    Ok((*session, effective_at))
}

pub(super) fn within_reach(by: &Principal, id: &SessionId) -> Result<(), Error> {
    if by.caller.reach == Reach::Session && *id != by.caller.session_id {
        return Err(Rejection::SessionNotFound.into());
    }
    Ok(())
}
