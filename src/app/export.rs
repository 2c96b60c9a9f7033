//! Taking a copy of an organization: noted in its log before the first page goes out.

use super::call::unexpected;
use super::{App, Error, Principal};
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::object::{Authority, Rejection};
use crate::organization::protocol::{Command, Reply};

impl App {
    /// Notes that everything is about to be copied out; the pages are read as lists are. Works until the data of a
    /// deleted organization is gone.
    ///
    /// # Errors
    /// `RoleInsufficient`, `OrganizationNotFound`.
    pub async fn begin_export(&self, by: &Principal) -> Result<Organization, Error> {
        let command = Command::NoteExport { authority: by.authority(Operation::ExportOrganization) };
        let Reply::Organization { organization, .. } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(*organization)
    }

    /// Whether the caller may still take it: asked again before each page, since a reader may take its time.
    ///
    /// # Errors
    /// `SignedOut`, `RoleInsufficient`; `OrganizationNotFound` for somebody who has left, or when the data has gone.
    pub async fn continue_export(&self, by: &Principal) -> Result<(), Error> {
        let Authority::User(seat) = by.authority(Operation::ExportOrganization) else {
            return Err(Rejection::OrganizationNotFound.into());
        };
        self.organization(by.caller.organization_id.locator(), Command::Confirm { seat }).await.map(drop)
    }
}
