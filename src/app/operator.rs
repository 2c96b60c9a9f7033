//! What the operator of a deployment does: found organizations and decide over them.

use super::call::{Outcome, Patience, unexpected};
use super::{App, Error};
use crate::directory::protocol::{Command as DirectoryCommand, Registered, Reply as DirectoryReply};
use crate::domain::api_key::{ApiKey, KeySettings};
use crate::domain::audit::Actor;
use crate::domain::consistency::Consistency;
use crate::domain::email::Email;
use crate::domain::environment::Environment;
use crate::domain::id::{OrganizationId, SessionId, UserId};
use crate::domain::organization::Organization;
use crate::domain::permission::PermissionPreset;
use crate::domain::plan::Plan;
use crate::domain::rate_limit::RateLimits;
use crate::domain::secret_key::SecretKey;
use crate::domain::session::{LeakPolicy, OrganizationStatus, Policy, Session, SessionStatus};
use crate::domain::text::Name;
use crate::object::Authority;
use crate::organization::protocol::{Command, Excess, Founding, OrganizationChange, Owner, Page, Reply};
use crate::session::protocol::NewKey;

/// A new organization with the first key of its default session.
#[derive(Debug)]
pub struct Founded {
    /// The organization.
    pub organization: Organization,
    /// The first key of its production default session.
    pub key: ApiKey,
    /// That key's plaintext.
    pub secret: SecretKey,
}

/// An organization after a change.
#[derive(Debug)]
pub struct ChangedOrganization {
    /// The record.
    pub organization: Organization,
    /// What exceeds its plan, and stays.
    pub excess: Option<Excess>,
}

impl App {
    /// Founds an organization: record, production default session and a first key with full access.
    ///
    /// # Errors
    /// `Unavailable` if the directory cannot be reached; nothing exists then, or it comes into being later
    /// and can be seen in the list.
    pub async fn found_organization(&self, name: Name, plan: Option<Plan>) -> Result<Outcome<Founded>, Error> {
        let (founding, founded) = self.draw_founding(name, plan, None)?;
        let outcome = self.directory(DirectoryCommand::Found(Box::new(founding))).await?;
        Ok(Outcome { reply: founded, settled: outcome.settled, in_force_at: None })
    }

    /// Draws everything that a new organization begins with; `owner` is its first member.
    pub(super) fn draw_founding(
        &self,
        name: Name,
        plan: Option<Plan>,
        owner: Option<Owner>,
    ) -> Result<(Founding, Founded), Error> {
        let now = self.world.clock.now();
        let (organization_locator, session_locator) = (self.new_locator()?, self.new_locator()?);
        let organization_id = OrganizationId::mint(organization_locator, self.keyring());
        let session_id = SessionId::mint(session_locator, self.keyring());
        let plan = plan.unwrap_or_else(|| Plan::preset(self.settings.default_plan));
        let actor = owner.as_ref().map_or(Actor::Operator, |owner| Actor::User { id: owner.user_id.clone() });
        let organization = Organization {
            id: organization_id.clone(),
            name,
            policy: Policy { version: 1, status: OrganizationStatus::Active, plan, domains: Default::default() },
            default_session_id: session_id.clone(),
            created_at: now,
            updated_at: now,
            generation: 1,
            policy_at: None,
            policy_by: None,
            members_count: 0,
            deleted_at: None,
            erased: false,
            alert_emails: Vec::new(),
        };
        let session = Session {
            id: session_id,
            organization_id,
            name: Name::of("Production"),
            environment: Some(Environment::Production),
            region: None,
            is_default: true,
            status: SessionStatus::Connected,
            created_at: now,
            updated_at: now,
            generation: 1,
            rate_limits: RateLimits::default(),
            consistency: Consistency::default(),
            leak_policy: LeakPolicy::default(),
        };
        let (secret, described) = self.draw_secret(session_locator, session.environment)?;
        let settings = KeySettings::new(Name::of("Default API Key"), PermissionPreset::FullAccess.into());
        let first_key = NewKey { secret: described, settings, unnamed: false, credits: None };
        let key = first_key.clone().record(&session, actor.clone(), now);
        let members_count = u32::from(owner.is_some());
        let founding = Founding { organization: organization.clone(), session, first_key, actor, owner, trace: None };
        Ok((founding, Founded { organization: Organization { members_count, ..organization }, key, secret }))
    }

    /// A page of all organizations, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `Unavailable` if the directory cannot be reached.
    pub async fn list_organizations(&self, page: Page) -> Result<(Vec<Organization>, bool), Error> {
        let DirectoryReply::Organizations { organizations, more } =
            self.directory(DirectoryCommand::List { page }).await?.reply
        else {
            return unexpected();
        };
        Ok((organizations, more))
    }

    /// Reads any organization.
    ///
    /// # Errors
    /// `OrganizationNotFound`.
    pub async fn inspect_organization(&self, id: &OrganizationId) -> Result<Organization, Error> {
        let Reply::Organization { organization, .. } =
            self.organization(id.locator(), Command::Read { caller: None }).await?.reply
        else {
            return unexpected();
        };
        Ok(*organization)
    }

    /// Changes name or plan.
    ///
    /// # Errors
    /// `OrganizationNotFound`, `OrganizationDeleted`.
    pub async fn change_organization(
        &self,
        id: &OrganizationId,
        change: OrganizationChange,
        patience: Patience,
    ) -> Result<Outcome<ChangedOrganization>, Error> {
        let command = Command::Change { change, authority: Authority::Operator };
        self.command_organization(id, command, patience).await
    }

    /// Suspends, resumes or deletes an organization; settled once no session acts on what was before.
    ///
    /// # Errors
    /// `OrganizationNotFound`, `OrganizationDeleted`.
    pub async fn set_organization_status(
        &self,
        id: &OrganizationId,
        status: OrganizationStatus,
        patience: Patience,
    ) -> Result<Outcome<ChangedOrganization>, Error> {
        let command = match status {
            OrganizationStatus::Active => Command::Resume,
            OrganizationStatus::Suspended => Command::Suspend,
            OrganizationStatus::Deleted => Command::Delete { authority: Authority::Operator },
        };
        self.command_organization(id, command, patience).await
    }

    /// A page of the users of the deployment, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `Unavailable` if the directory cannot be reached.
    pub async fn list_users(&self, page: Page) -> Result<(Vec<Registered>, bool), Error> {
        let DirectoryReply::Users { users, more } = self.directory(DirectoryCommand::ListUsers { page }).await?.reply
        else {
            return unexpected();
        };
        Ok((users, more))
    }

    /// The user of an address.
    ///
    /// # Errors
    /// `Unavailable` if the directory cannot be reached.
    pub async fn find_registered(&self, email: &Email) -> Result<Option<Registered>, Error> {
        let DirectoryReply::Users { users, .. } =
            self.directory(DirectoryCommand::FindRegistered { email: email.clone() }).await?.reply
        else {
            return unexpected();
        };
        Ok(users.into_iter().next())
    }

    /// Whose address this is.
    ///
    /// # Errors
    /// `Unavailable` if the directory cannot be reached.
    pub async fn find_user(&self, email: &Email) -> Result<Option<UserId>, Error> {
        let DirectoryReply::User { user_id } =
            self.directory(DirectoryCommand::FindUser { email: email.clone() }).await?.reply
        else {
            return unexpected();
        };
        Ok(user_id)
    }

    pub(super) async fn command_organization(
        &self,
        id: &OrganizationId,
        command: Command,
        patience: Patience,
    ) -> Result<Outcome<ChangedOrganization>, Error> {
        self.organization_with(id.locator(), command, patience).await?.map(|reply| {
            let Reply::Organization { organization, excess, .. } = reply else {
                return unexpected();
            };
            Ok(ChangedOrganization { organization: *organization, excess })
        })
    }
}
