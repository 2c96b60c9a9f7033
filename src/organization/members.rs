//! Who belongs to the organization, and what each may do: this object is the authority for both.

use crate::domain::audit::{Action, Actor};
use crate::domain::caller::{Caller, Reach};
use crate::domain::event::{About, Event, EventKind};
use crate::domain::id::UserId;
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::domain::role::Role;
use crate::domain::session::OrganizationStatus;
use crate::domain::timestamp::Timestamp;
use crate::domain::user::{Member, Profile};
use crate::object::outbox::{self, EntryKey};
use crate::object::{Abort, Authority, Confirmed, Context, Question, Rejection, Seat, Step};
use crate::ports::{Sql, SqlError};

use super::OrganizationObject;
use super::changes::{announce, require_open, require_organization};
use super::policy::Memory;
use super::projection::ACCOUNT;
use super::protocol::Reply;
use super::{events, people};

/// Whether a command may be carried out.
pub enum Admission {
    /// Go on; with the member who gives the command, if it is one.
    Granted(Option<Member>),
    /// Another object knows about the caller.
    Ask(Question),
}

/// Checks the authority of a command to this organization.
pub fn admit(
    sql: &dyn Sql,
    context: &Context<'_>,
    organization: &Organization,
    authority: &Authority,
) -> Result<Admission, Abort> {
    match (authority, context.confirmed) {
        (Authority::Operator, _) => Ok(Admission::Granted(None)),
        (Authority::Key(_), Some(Confirmed::Caller(caller))) => {
            require_reach(organization, caller)?;
            Ok(Admission::Granted(None))
        }
        (Authority::Key(credential), _) => Ok(Admission::Ask(Question::Key(credential.clone()))),
        (Authority::User(seat), confirmed) => {
            // Read again after the question: the role may have changed meanwhile.
            let member = require_seat(sql, organization, seat)?;
            match confirmed {
                Some(Confirmed::SignIn) => Ok(Admission::Granted(Some(member))),
                _ => Ok(Admission::Ask(Question::SignIn(seat.clone()))),
            }
        }
    }
}

fn require_reach(organization: &Organization, caller: &Caller) -> Result<(), Abort> {
    if caller.organization_id != organization.id {
        return Err(Rejection::OrganizationNotFound.into());
    }
    match caller.reach {
        Reach::Organization => Ok(()),
        Reach::Session => Err(Rejection::OutsideReach.into()),
    }
}

/// The member in a seat, who must be one and have the role. Who is none is told that there is no organization.
fn require_seat(sql: &dyn Sql, organization: &Organization, seat: &Seat) -> Result<Member, Abort> {
    if seat.organization_id != organization.id {
        return Err(Rejection::OrganizationNotFound.into());
    }
    let member = people::member(sql, &seat.user_id)?.ok_or(Rejection::OrganizationNotFound)?;
    if !member.role.allows(seat.needs) {
        return Err(Rejection::RoleInsufficient.into());
    }
    if organization.policy.status == OrganizationStatus::Suspended && !seat.needs.is_open_to_suspended() {
        return Err(Rejection::OrganizationSuspended.into());
    }
    Ok(member)
}

/// Describes the member in a seat as a caller; `confirm` asks the account as well.
pub fn caller(
    sql: &dyn Sql,
    context: &Context<'_>,
    seat: &Seat,
    confirm: bool,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_organization(sql)?;
    let member = require_seat(sql, &organization, seat)?;
    if confirm && context.confirmed.is_none() {
        return Ok(Step::Confirm(Question::SignIn(seat.clone())));
    }
    let caller = Box::new(Caller::member(member.user_id, &organization));
    Ok(Step::done(Reply::Caller { caller, role: member.role }))
}

/// Writes down that a member was refused something. Who is none is none of the log's business.
pub fn note_denial(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    user_id: &UserId,
    what: (&str, &str),
) -> Result<Step<OrganizationObject>, Abort> {
    if people::member(sql, user_id)?.is_some() {
        let actor = Actor::User { id: user_id.clone() };
        memory.denials.note(sql, context, actor, user_id.as_str(), what)?;
    }
    Ok(Step::done(Reply::Acknowledged))
}

/// Reads a member, for another one.
pub fn read(sql: &dyn Sql, caller: &Caller, user_id: &UserId) -> Result<Step<OrganizationObject>, Abort> {
    if caller.organization_id != require_organization(sql)?.id || caller.reach == Reach::Session {
        return Err(Rejection::OrganizationNotFound.into());
    }
    let member = people::member(sql, user_id)?.ok_or(Rejection::MemberNotFound)?;
    Ok(Step::done(Reply::Member { member: Box::new(member) }))
}

/// Adds a member; the caller of this writes the audit row of the command.
pub fn add(
    sql: &dyn Sql,
    organization: &mut Organization,
    user_id: &UserId,
    profile: &Profile,
    role: Role,
    now: Timestamp,
) -> Result<EntryKey, SqlError> {
    let member = Member { user_id: user_id.clone(), profile: profile.clone(), role, joined_at: now, updated_at: now };
    people::save(sql, &member)?;
    organization.members_count = people::count(sql)?;
    tell(sql, user_id, now)
}

/// Gives a member another role.
pub fn change(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    user_id: &UserId,
    role: Role,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_open(sql)?;
    let actor = match admit(sql, context, &organization, authority)? {
        Admission::Granted(actor) => actor,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    let mut member = people::member(sql, user_id)?.ok_or(Rejection::MemberNotFound)?;
    if member.role == Role::Owner || role == Role::Owner {
        require(actor.as_ref(), Operation::WriteOwners)?;
    }
    if member.role == role {
        let waiting = EntryKey { lane: ACCOUNT.to_owned(), subject: user_id.to_string(), version: 0 };
        return Ok(Step::done_after(Reply::Member { member: Box::new(member) }, vec![waiting]));
    }
    if member.role == Role::Owner {
        require_another_owner(sql)?;
    }
    let before = std::mem::replace(&mut member.role, role);
    member.updated_at = context.now;
    people::save(sql, &member)?;
    let waiting = tell(sql, user_id, context.now)?;
    let details = [before.as_str(), role.as_str()];
    events::record_of_member(sql, context, &authority.actor(), Action::MemberRoleChanged, &member, &details)?;
    Ok(Step::done_after(Reply::Member { member: Box::new(member) }, vec![waiting]))
}

/// Ends a membership. Everybody may end their own, unless no owner would be left.
pub fn remove(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    user_id: &UserId,
) -> Result<Step<OrganizationObject>, Abort> {
    let mut organization = require_open(sql)?;
    let actor = match admit(sql, context, &organization, authority)? {
        Admission::Granted(actor) => actor,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    let oneself = actor.as_ref().is_some_and(|actor| actor.user_id == *user_id);
    if !oneself {
        require(actor.as_ref(), Operation::WriteMembers)?;
        if actor.is_some() && organization.policy.status == OrganizationStatus::Suspended {
            return Err(Rejection::OrganizationSuspended.into());
        }
    }
    let member = people::member(sql, user_id)?.ok_or(Rejection::MemberNotFound)?;
    if member.role == Role::Owner {
        if !oneself {
            require(actor.as_ref(), Operation::WriteOwners)?;
        }
        require_another_owner(sql)?;
    }
    people::end(sql, user_id)?;
    organization.members_count = people::count(sql)?;
    let waiting = tell(sql, user_id, context.now)?;
    let details = [member.role.as_str()];
    events::record_of_member(sql, context, &authority.actor(), Action::MemberRemoved, &member, &details)?;
    announce(sql, &mut organization, context.now)?;
    Ok(Step::done_after(Reply::Acknowledged, vec![waiting]))
}

/// Makes a member the owner in place of the one who says so.
pub fn transfer(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    user_id: &UserId,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_open(sql)?;
    let actor = match admit(sql, context, &organization, authority)? {
        Admission::Granted(actor) => actor,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    let mut heir = people::member(sql, user_id)?.ok_or(Rejection::MemberNotFound)?;
    let mut awaiting = Vec::new();
    if let Some(mut owner) = actor.filter(|actor| actor.user_id != *user_id) {
        (owner.role, owner.updated_at) = (Role::Admin, context.now);
        people::save(sql, &owner)?;
        awaiting.push(tell(sql, &owner.user_id, context.now)?);
        let (kind, actor) = (EventKind::MemberRoleChanged, authority.actor());
        let event = Event { kind, at: context.now, actor: Some(&actor), about: About::Member(&owner) };
        events::emit(sql, context, &event)?;
    } else if heir.role == Role::Owner {
        return Ok(Step::done(Reply::Member { member: Box::new(heir) }));
    }
    (heir.role, heir.updated_at) = (Role::Owner, context.now);
    people::save(sql, &heir)?;
    awaiting.push(tell(sql, user_id, context.now)?);
    events::record_of_member(sql, context, &authority.actor(), Action::OrganizationTransferred, &heir, &[])?;
    Ok(Step::done_after(Reply::Member { member: Box::new(heir) }, awaiting))
}

/// What goes beyond the role that a command was admitted with.
pub fn require(actor: Option<&Member>, operation: Operation) -> Result<(), Abort> {
    match actor {
        Some(actor) if !actor.role.allows(operation) => Err(Rejection::RoleInsufficient.into()),
        _ => Ok(()),
    }
}

fn require_another_owner(sql: &dyn Sql) -> Result<(), Abort> {
    if people::owners(sql)? > 1 { Ok(()) } else { Err(Rejection::LastOwner.into()) }
}

/// A membership has changed: the account is told.
pub fn tell(sql: &dyn Sql, user_id: &UserId, now: Timestamp) -> Result<EntryKey, SqlError> {
    outbox::put(sql, ACCOUNT, user_id.as_str(), people::version(sql, user_id)?, now)
}

/// What the organization is called or whether it stands has changed: all accounts are told.
pub fn tell_all(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    for user_id in people::everybody(sql)? {
        people::touch(sql, &user_id)?;
        tell(sql, &user_id, now)?;
    }
    Ok(())
}

/// Whether people may still do something here.
pub fn is_open(organization: &Organization) -> bool {
    organization.policy.status != OrganizationStatus::Deleted
}
