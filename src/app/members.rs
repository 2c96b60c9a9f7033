//! The members of an organization.

use super::call::{Outcome, unexpected};
use super::{App, Error, Principal};
use crate::domain::id::UserId;
use crate::domain::operation::Operation;
use crate::domain::role::Role;
use crate::domain::user::Member;
use crate::organization::protocol::{Command, Page, Reply};

impl App {
    /// A page of members, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `Unavailable` if the organization cannot be reached.
    pub async fn list_members(&self, by: &Principal, page: Page) -> Result<(Vec<Member>, bool), Error> {
        let command = Command::ListMembers { caller: (*by.caller).clone(), page };
        let Reply::Members { members, more } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok((members, more))
    }

    /// Reads a member.
    ///
    /// # Errors
    /// `MemberNotFound`.
    pub async fn read_member(&self, by: &Principal, user_id: &UserId) -> Result<Member, Error> {
        let command = Command::ReadMember { caller: (*by.caller).clone(), user_id: user_id.clone() };
        self.command_member(by, command).await.map(|outcome| outcome.reply)
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// `MemberNotFound`, `RoleInsufficient`, `LastOwner`.
    pub async fn change_member(&self, by: &Principal, user_id: &UserId, role: Role) -> Result<Outcome<Member>, Error> {
        let authority = by.authority(Operation::WriteMembers);
        self.command_member(by, Command::ChangeMember { authority, user_id: user_id.clone(), role }).await
    }

    /// Ends a membership, one's own or another's.
    ///
    /// # Errors
    /// `MemberNotFound`, `RoleInsufficient`, `LastOwner`.
    pub async fn remove_member(&self, by: &Principal, user_id: &UserId) -> Result<Outcome<()>, Error> {
        // The organization decides what goes beyond being a member: to remove somebody else.
        let authority = by.authority(Operation::ReadMembers);
        let command = Command::RemoveMember { authority, user_id: user_id.clone() };
        self.organization(by.caller.organization_id.locator(), command).await?.map(|_| Ok(()))
    }

    /// Makes a member the owner in place of the caller, who stays as an admin.
    ///
    /// # Errors
    /// `MemberNotFound`, `RoleInsufficient`.
    pub async fn transfer_organization(&self, by: &Principal, user_id: &UserId) -> Result<Outcome<Member>, Error> {
        let authority = by.authority(Operation::TransferOrganization);
        self.command_member(by, Command::Transfer { authority, user_id: user_id.clone() }).await
    }

    async fn command_member(&self, by: &Principal, command: Command) -> Result<Outcome<Member>, Error> {
        self.organization(by.caller.organization_id.locator(), command).await?.map(|reply| {
            let Reply::Member { member } = reply else {
                return unexpected();
            };
            Ok(*member)
        })
    }
}
