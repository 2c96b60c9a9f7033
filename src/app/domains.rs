//! Domains of an organization. All of it is about the whole organization.

use super::call::{Outcome, unexpected};
use super::{App, Error, Principal};
use crate::domain::id::DomainId;
use crate::domain::operation::Operation;
use crate::domain::owned_domain::{Finding, OwnedDomain};
use crate::organization::domains::protocol::{DomainChange, DomainCommand, DomainReply, NewDomain};
use crate::organization::protocol::{Command, Page, Reply};
use crate::resolver;

impl App {
    /// Names a domain, which is to be proven.
    ///
    /// # Errors
    /// `DomainExists`, `TooManyDomains`, `OutsideReach`, `RoleInsufficient`, `OrganizationDeleted`.
    pub async fn create_domain(&self, by: &Principal, domain: NewDomain) -> Result<OwnedDomain, Error> {
        let authority = by.authority_over_all(Operation::WriteDomains)?;
        Ok(self.domain(by, DomainCommand::Create { authority, domain }).await?.reply)
    }

    /// A page of domains, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `OutsideReach`; `Unavailable` if the organization cannot be reached.
    pub async fn list_domains(&self, by: &Principal, page: Page) -> Result<(Vec<OwnedDomain>, bool), Error> {
        let command = DomainCommand::List { caller: by.reader_of_all()?, page };
        let DomainReply::Domains { domains, more } = self.domains(by, command).await?.reply else {
            return unexpected();
        };
        Ok((domains, more))
    }

    /// Reads a domain.
    ///
    /// # Errors
    /// `DomainNotFound`, `OutsideReach`.
    pub async fn read_domain(&self, by: &Principal, id: &DomainId) -> Result<OwnedDomain, Error> {
        Ok(self.domain(by, DomainCommand::Read { caller: by.reader_of_all()?, id: id.clone() }).await?.reply)
    }

    /// Changes a domain.
    ///
    /// # Errors
    /// `DomainNotFound`, and as for naming one.
    pub async fn change_domain(
        &self,
        by: &Principal,
        id: &DomainId,
        change: DomainChange,
    ) -> Result<Outcome<OwnedDomain>, Error> {
        self.domain(
            by,
            DomainCommand::Change {
                authority: by.authority_over_all(Operation::WriteDomains)?,
                id: id.clone(),
                change,
            },
        )
        .await
    }

    /// Gives a domain up: when this returns settled, no key is bound to it any more.
    ///
    /// # Errors
    /// `DomainNotFound`, and as for naming one.
    pub async fn delete_domain(&self, by: &Principal, id: &DomainId) -> Result<Outcome<OwnedDomain>, Error> {
        self.domain(
            by,
            DomainCommand::Delete { authority: by.authority_over_all(Operation::WriteDomains)?, id: id.clone() },
        )
        .await
    }

    /// Looks for the proof of a domain. None if the DNS could not be asked: then nothing has changed.
    ///
    /// # Errors
    /// `DomainNotFound`, and as for naming one.
    pub async fn verify_domain(&self, by: &Principal, id: &DomainId) -> Result<Option<Outcome<OwnedDomain>>, Error> {
        let authority = by.authority_over_all(Operation::WriteDomains)?;
        let domain = self.read_domain(by, id).await?;
        let finding = resolver::look_up(&self.world, &domain.proof()).await;
        if finding == Finding::Unknown {
            return Ok(None);
        }
        self.domain(by, DomainCommand::Note { authority, id: id.clone(), finding }).await.map(Some)
    }

    async fn domain(&self, by: &Principal, command: DomainCommand) -> Result<Outcome<OwnedDomain>, Error> {
        self.domains(by, command).await?.map(|reply| {
            let DomainReply::Domain { domain } = reply else { return unexpected() };
            Ok(*domain)
        })
    }

    async fn domains(&self, by: &Principal, command: DomainCommand) -> Result<Outcome<DomainReply>, Error> {
        let command = Command::Domains { domains: Box::new(command) };
        self.organization_with(by.caller.organization_id.locator(), command, by.patience).await?.map(|reply| {
            let Reply::Domains { domains } = reply else { return unexpected() };
            Ok(*domains)
        })
    }
}
