//! What is answered to those who look after people.

use crate::command::{By, Role};
use crate::flaw::Flaw;
use crate::judge::Reasons;
use crate::model::Model;
use crate::roles::Deed;

impl Model {
    pub(crate) fn admit_person(&mut self, by: By, deed: Deed, reasons: &mut Reasons) -> bool {
        let By::Person(..) = by else { panic!("keys look after no people") };
        self.admit(by, deed, reasons).is_some()
    }

    fn is_owner(&self, by: By) -> bool {
        let By::Person(person, organization) = by else { return false };
        self.organizations[organization].members.get(&person) == Some(&Role::Owner)
    }

    pub(crate) fn must_be_owner(&self, by: By, needed: bool, reasons: &mut Reasons) {
        reasons.if_so(needed && !self.is_owner(by), 403, "insufficient_role");
    }

    pub(crate) fn judge_acceptance(&mut self, person: usize, invitation: usize, reasons: &mut Reasons) {
        // Without any invitation nothing is asked.
        let Some(invitation) = self.invitation(invitation).cloned() else { return };
        let organization = &self.organizations[invitation.organization];
        let author = organization.members.get(&invitation.author).copied();
        let could =
            author.is_some_and(|role| role >= Role::Admin && (role == Role::Owner || invitation.role < Role::Owner));
        reasons.if_so(invitation.used || !could, 409, "invitation_ended");
        reasons.if_so(organization.suspended, 409, "organization_suspended");
        reasons.if_so(organization.members.contains_key(&person), 409, "already_member");
    }

    pub(crate) fn judge_members(&mut self, by: By, person: usize, role: Option<Role>, reasons: &mut Reasons) {
        let By::Person(actor, organization) = by else { panic!("keys look after no people") };
        let leaves = role.is_none() && actor == person;
        let deed = if role.is_some() { Deed::WriteMembers } else { Deed::ReadMembers };
        if !self.admit_person(by, deed, reasons) {
            return;
        }
        let place = &self.organizations[organization];
        if role.is_none() && !leaves {
            reasons.if_so(place.members[&actor] < Role::Admin, 403, "insufficient_role");
            reasons.if_so(place.suspended, 409, "organization_suspended");
        }
        let Some(before) = place.members.get(&person) else {
            return reasons.if_so(true, 404, "member_not_found");
        };
        let touches_owners = *before == Role::Owner || role == Some(Role::Owner);
        self.must_be_owner(by, touches_owners && !leaves, reasons);
        let owners = place.members.values().filter(|role| **role == Role::Owner).count();
        let is_last = *before == Role::Owner && owners == 1 && role != Some(Role::Owner);
        reasons.if_so(is_last && !self.has(Flaw::LastOwnerMayGo), 409, "last_owner");
    }
}
