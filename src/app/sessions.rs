//! Sessions: create, list, read, change, delete, and how they are doing.

use futures_util::future::{Either, select};
use futures_util::join;

use super::call::{Outcome, Patience, unexpected};
use super::{App, Error, Principal};
use crate::domain::alert::record::AlertStatus;
use crate::domain::caller::Reach;
use crate::domain::consistency::Consistency;
use crate::domain::environment::Environment;
use crate::domain::health::Recent;
use crate::domain::id::SessionId;
use crate::domain::operation::Operation;
use crate::domain::rate_limit::{LimitUse, RateLimits};
use crate::domain::session::{LeakPolicy, Region, Session};
use crate::domain::text::Name;
use crate::domain::timestamp::Timestamp;
use crate::object::Rejection;
use crate::organization::protocol::{
    AlertQuery, Command as OrganizationCommand, NewSession, Page, Reply as OrganizationReply,
};
use crate::session::protocol::{Command, Health, Reply, SessionChange, SessionUsage};

/// What a session is to be like.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are those of the session")]
pub struct WantedSession {
    pub name: Name,
    pub environment: Option<Environment>,
    pub region: Option<Region>,
    pub rate_limits: RateLimits,
    pub consistency: Consistency,
    pub leak_policy: LeakPolicy,
}

/// How a session is doing.
#[derive(Debug)]
pub struct SessionHealth {
    /// What it says itself.
    pub health: Health,
    /// What happened lately, and what is left of its limits and, for callers that reach the organization, of its pools.
    pub recent: Recent,
    /// How many alerts about it and its keys are open.
    pub open_alerts: Option<usize>,
}

/// How many open alerts are counted.
const OPEN_ALERTS_MAX: u32 = 100;
/// How long (ms) the answer waits for what it can do without.
const EXTRA_PATIENCE_MS: u64 = 1_000;

impl App {
    /// Creates a session.
    ///
    /// # Errors
    /// `OutsideReach` for a caller that is bound to its own session.
    pub async fn create_session(&self, by: &Principal, wanted: WantedSession) -> Result<Outcome<Session>, Error> {
        if by.caller.reach == Reach::Session {
            return Err(Rejection::OutsideReach.into());
        }
        let id = SessionId::mint(self.new_locator()?, self.keyring());
        let WantedSession { name, environment, region, rate_limits, consistency, leak_policy } = wanted;
        let session = NewSession { id, name, environment, region, rate_limits, consistency, leak_policy };
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
    pub async fn session_health(&self, by: &Principal, id: &SessionId) -> Result<Outcome<SessionHealth>, Error> {
        within_reach(by, id)?;
        let command = Command::Health { caller: (*by.caller).clone() };
        let asking = self.session_with(id.locator(), command, by.patience);
        // What only the organization knows is left out if it does not answer at once: this is asked for in trouble.
        let (alerts, pool) = (self.at_once(self.open_alerts(by, id)), self.at_once(self.pool_headroom(by)));
        let (health, open_alerts, pool) = join!(asking, alerts, pool);
        health?.map(|reply| {
            let Reply::Health(health) = reply else {
                return unexpected();
            };
            let mut health = *health;
            let mut recent = *health.recent.take().unwrap_or_default();
            recent.headroom = [recent.headroom, pool].into_iter().flatten().min();
            Ok(SessionHealth { health, recent, open_alerts })
        })
    }

    /// What is answered within `EXTRA_PATIENCE_MS`.
    async fn at_once<T>(&self, asking: impl Future<Output = Option<T>>) -> Option<T> {
        match select(self.world.timer.sleep(EXTRA_PATIENCE_MS), Box::pin(asking)).await {
            Either::Left(_) => None,
            Either::Right((answer, _)) => answer,
        }
    }

    /// How many alerts about a session and its keys are open, counted up to `OPEN_ALERTS_MAX`; none if nobody knows.
    async fn open_alerts(&self, by: &Principal, id: &SessionId) -> Option<usize> {
        let page = Page { after: None, limit: OPEN_ALERTS_MAX };
        let (status, session_id) = (Some(AlertStatus::Open), Some(id.clone()));
        let query = AlertQuery { status, kind: None, severity: None, subject: None, session_id, page };
        self.list_alerts(by, query).await.ok().map(|page| page.alerts.len())
    }

    /// How much (per cent) is left of the tightest pool of the organization; none without one, and for whoever is bound to a
    /// session, whom it is none of the business of.
    async fn pool_headroom(&self, by: &Principal) -> Option<u64> {
        let (_, pools) = self.read_organization(by).await.ok()?;
        pools.iter().map(LimitUse::percent_left).min()
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
        if by.caller.reach == Reach::Session
            && (change.rate_limits.is_some() || change.consistency.is_some() || change.leak_policy.is_some())
        {
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
