//! One organization: its plan and status, its members, and the directory of its sessions and keys.
//!
//! The truth about a key is its session's; what stands here is for lists and search, fed by the sessions.
//! Synchronous, like every object room.

pub mod alerts;
pub mod changes;
pub mod domains;
pub mod events;
pub mod gateway;
pub mod imports;
pub mod invitations;
pub mod lists;
pub mod members;
pub mod people;
pub mod policy;
pub mod projection;
pub mod protocol;
pub mod removal;
pub mod store;
pub mod upkeep;
pub mod usage;
pub mod webhooks;

use crate::domain::owned_domain::Finding;
use crate::domain::session::OrganizationStatus;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::Attempt;
use crate::object::audit_log;
use crate::object::outbox::{self, Delivery, EntryKey, Post};
use crate::object::{Abort, Authority, Context, Effect, Object, Rejection, Step};
use crate::ports::{Sql, SqlError};

use policy::Memory;
use protocol::{Command, Reply};

/// The rules of an organization object.
pub struct OrganizationObject;

impl Object for OrganizationObject {
    type Command = Command;
    type Reply = Reply;
    type Memory = Memory;

    const MIGRATIONS: &'static [&'static str] = store::MIGRATIONS;

    fn effect(command: &Command) -> Effect {
        match command {
            Command::Read { .. }
            | Command::ListKeys { .. }
            | Command::ListSessions { .. }
            | Command::ListAudit { .. }
            | Command::ReadChain { .. }
            | Command::ReadUsage { .. }
            | Command::Admit { .. }
            | Command::Confirm { .. }
            | Command::ListMembers { .. }
            | Command::ReadMember { .. }
            | Command::ListInvitations { .. }
            | Command::ReadInvitation { .. }
            | Command::ReadAlertRules { .. }
            | Command::ListAlerts { .. }
            | Command::ReadAlert { .. } => Effect::Reads,
            Command::Found(_)
            | Command::Feed(_)
            | Command::CreateSession { .. }
            | Command::DefaultSession { .. }
            | Command::Change { .. }
            | Command::Suspend
            | Command::Resume
            | Command::Delete { .. }
            | Command::ChangeMember { .. }
            | Command::RemoveMember { .. }
            | Command::Transfer { .. }
            | Command::Invite { .. }
            | Command::RevokeInvitation { .. }
            | Command::KeepInvitation { .. }
            | Command::AcceptInvitation { .. }
            | Command::HearAccount { .. }
            | Command::NoteDenial { .. }
            | Command::NoteExport { .. }
            | Command::ChangeAlertRule { .. }
            | Command::AcknowledgeAlert { .. } => Effect::Writes,
            Command::Draw { .. } => Effect::Counts,
            Command::Webhooks { webhooks } => webhooks::effect(webhooks),
            Command::Domains { domains } => domains::effect(domains),
            Command::Gateway { gateway } => gateway::effect(gateway),
            Command::Imports { imports } => imports::effect(imports),
            Command::Upkeep { upkeep } => upkeep::effect(upkeep),
        }
    }

    fn takes_away(command: &Command) -> bool {
        matches!(
            command,
            Command::Suspend
                | Command::Delete { .. }
                | Command::ChangeMember { .. }
                | Command::RemoveMember { .. }
                | Command::RevokeInvitation { .. }
        )
    }

    fn handle(
        sql: &dyn Sql,
        memory: &mut Memory,
        context: &Context<'_>,
        command: &Command,
    ) -> Result<Step<Self>, Abort> {
        match command {
            Command::Found(new) => changes::found(sql, context, new),
            Command::Feed(feed) => changes::hear(sql, context, feed),
            Command::Read { caller } => {
                let organization = changes::require_organization(sql)?;
                if caller.as_ref().is_some_and(|caller| caller.organization_id != organization.id) {
                    return Err(Rejection::OrganizationNotFound.into());
                }
                let pools = policy::pools(sql, memory, context, &organization)?;
                Ok(Step::done(Reply::Organization { organization: Box::new(organization), pools, excess: None }))
            }
            Command::ListKeys { caller, query } => Ok(Step::done(lists::keys(sql, caller, query, context.now)?)),
            Command::ListSessions { caller, page } => Ok(Step::done(lists::sessions(sql, caller, page)?)),
            Command::ListAudit { caller, query } => Ok(Step::done(lists::audit(sql, caller, query)?)),
            Command::ReadChain { caller, after } => lists::chain(sql, caller, *after),
            Command::ReadUsage { environment, query } => Ok(Step::done(usage::read(sql, *environment, query)?)),
            Command::CreateSession { authority, session } => {
                changes::create_session(sql, context, authority, session, false)
            }
            Command::DefaultSession { authority, session } => {
                changes::create_session(sql, context, authority, session, true)
            }
            Command::Change { change, authority } => changes::change(sql, memory, context, authority, change),
            Command::Suspend => {
                changes::set_status(sql, memory, context, &Authority::Operator, OrganizationStatus::Suspended)
            }
            Command::Resume => {
                changes::set_status(sql, memory, context, &Authority::Operator, OrganizationStatus::Active)
            }
            Command::Delete { authority } => {
                changes::set_status(sql, memory, context, authority, OrganizationStatus::Deleted)
            }
            Command::Admit { seat } => members::caller(sql, context, seat, false),
            Command::Confirm { seat } => members::caller(sql, context, seat, true),
            Command::ListMembers { caller, page } => Ok(Step::done(lists::members(sql, caller, page)?)),
            Command::ReadMember { caller, user_id } => members::read(sql, caller, user_id),
            Command::ChangeMember { authority, user_id, role } => {
                members::change(sql, context, authority, user_id, *role)
            }
            Command::RemoveMember { authority, user_id } => members::remove(sql, context, authority, user_id),
            Command::Transfer { authority, user_id } => members::transfer(sql, context, authority, user_id),
            Command::Invite { authority, invitation } => invitations::invite(sql, context, authority, invitation),
            Command::ListInvitations { caller, page } => Ok(Step::done(lists::invitations(sql, caller, page)?)),
            Command::RevokeInvitation { authority, id } => invitations::revoke(sql, context, authority, id),
            Command::ReadInvitation { hashes } => invitations::read(sql, context, hashes),
            Command::KeepInvitation { hashes, user_id } => invitations::keep(sql, context, hashes, user_id),
            Command::AcceptInvitation { hashes, user_id, profile, sign_in_id } => {
                invitations::accept(sql, context, hashes, user_id, profile, sign_in_id)
            }
            Command::HearAccount { user_id, profile, generation, audit } => {
                changes::hear_account(sql, user_id, profile, *generation, audit)
            }
            Command::NoteDenial { user_id, code, route } => {
                members::note_denial(sql, memory, context, user_id, (code, route))
            }
            Command::NoteExport { authority } => removal::note_export(sql, context, authority),
            Command::Webhooks { webhooks } => webhooks::handle(sql, context, webhooks),
            Command::Domains { domains } => domains::handle(sql, memory, context, domains),
            Command::Gateway { gateway } => gateway::handle(sql, memory, context, gateway),
            Command::Imports { imports } => imports::handle(sql, context, imports),
            Command::Upkeep { upkeep } => upkeep::handle(sql, context, upkeep),
            Command::Draw { session_id, draw, rules, domains } => {
                policy::draw(sql, memory, context, session_id, draw.as_ref(), (*rules, *domains))
            }
            Command::ReadAlertRules { caller } => alerts::ruling::read(sql, caller),
            Command::ChangeAlertRule { authority, kind, change } => {
                alerts::ruling::change(sql, memory, context, authority, *kind, change.as_ref())
            }
            Command::ListAlerts { caller, query } => Ok(Step::done(lists::alerts(sql, caller, query)?)),
            Command::ReadAlert { caller, id } => alerts::reading::read(sql, caller, id),
            Command::AcknowledgeAlert { authority, id } => alerts::reading::acknowledge(sql, context, authority, id),
        }
    }

    fn fence_ms(
        sql: &dyn Sql,
        memory: &Memory,
        context: &Context<'_>,
        entry: &EntryKey,
    ) -> Result<Option<u64>, SqlError> {
        if policy::is_recall(entry) {
            return policy::fence_ms(sql, memory, context);
        }
        Ok(outbox::is_waiting(sql, entry)?.then_some(u64::MAX))
    }

    fn acknowledged(memory: &mut Memory, entry: &EntryKey, until: Timestamp) {
        policy::acknowledged(memory, entry, until);
    }

    fn deliveries(sql: &dyn Sql, context: &Context<'_>, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
        projection::deliveries(sql, context, due_by)
    }

    fn posted(
        sql: &dyn Sql,
        context: &Context<'_>,
        entry: &EntryKey,
        post: Option<&Post>,
        attempt: Attempt,
    ) -> Result<Option<Delivery>, SqlError> {
        webhooks::sending::posted(sql, context, entry, post, attempt)
    }

    fn looked_up(
        sql: &dyn Sql,
        memory: &mut Memory,
        context: &Context<'_>,
        entry: &EntryKey,
        finding: Option<Finding>,
    ) -> Result<(), SqlError> {
        domains::checking::looked_up(sql, memory, context, entry, finding)
    }

    fn tidy(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<(), SqlError> {
        memory.ledgers.close_quiet(sql, context.now)?;
        if memory.rolling.tidy(sql, context.now)? {
            usage::forget_sessions(sql, context.now)?;
        }
        if let Some(last) = audit_log::prune(sql, context)? {
            store::forget_origins(sql, last.seq)?;
        }
        if let Some(organization) = alerts::pools::standing(sql)? {
            alerts::pools::tidy(sql, memory, context, &organization)?;
            alerts::tidy(sql, &mut memory.surplus, context)?;
        }
        imports::tidy(sql, context)?;
        removal::tidy(sql, context)?;
        webhooks::tidy(sql, context)
    }

    fn tidy_at(sql: &dyn Sql, memory: &Memory, context: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
        let rolling = memory.rolling.tidy_at(context.now);
        let pruning = audit_log::is_overdue(sql, context)?.then_some(context.now);
        let (mut alerts, mut pools) = (None, None);
        if alerts::pools::standing(sql)?.is_some() {
            alerts = alerts::tidy_at(sql, &memory.surplus, context.now)?;
            pools = alerts::pools::tidy_at(sql, memory, context.now)?;
        }
        let (removing, sending) = (removal::tidy_at(sql, context)?, webhooks::tidy_at(sql)?);
        let moving = imports::tidy_at(sql, context)?;
        let next = [memory.ledgers.close_at(), rolling, pruning, removing, alerts, pools, sending, moving];
        Ok(next.into_iter().flatten().min())
    }
}
