//! One organization: its plan and status, and the directory of its sessions and keys.
//!
//! The truth about a key is its session's; what stands here is for lists and search, fed by the sessions.
//! Synchronous, like every object room.

pub mod changes;
pub mod lists;
pub mod projection;
pub mod protocol;
pub mod store;

use crate::domain::session::OrganizationStatus;
use crate::domain::timestamp::Timestamp;
use crate::object::outbox::Delivery;
use crate::object::{Abort, Context, Object, Rejection, Step};
use crate::ports::{Sql, SqlError};

use protocol::{Command, Reply};

/// The rules of an organization object.
pub struct OrganizationObject;

impl Object for OrganizationObject {
    type Command = Command;
    type Reply = Reply;

    const MIGRATIONS: &'static [&'static str] = store::MIGRATIONS;

    fn writes(command: &Command) -> bool {
        match command {
            Command::Read { .. }
            | Command::ListKeys { .. }
            | Command::ListSessions { .. }
            | Command::ListAudit { .. } => false,
            Command::Found(_)
            | Command::Feed(_)
            | Command::CreateSession { .. }
            | Command::DefaultSession { .. }
            | Command::Change { .. }
            | Command::Suspend
            | Command::Resume
            | Command::Delete => true,
        }
    }

    fn handle(sql: &dyn Sql, context: &Context<'_>, command: &Command) -> Result<Step<Self>, Abort> {
        match command {
            Command::Found(new) => changes::found(sql, context, new),
            Command::Feed(feed) => changes::hear(sql, feed),
            Command::Read { caller } => {
                let organization = changes::require_organization(sql)?;
                if caller.as_ref().is_some_and(|caller| caller.organization_id != organization.id) {
                    return Err(Rejection::OrganizationNotFound.into());
                }
                Ok(Step::done(Reply::Organization { organization: Box::new(organization) }))
            }
            Command::ListKeys { caller, query } => Ok(Step::done(lists::keys(sql, caller, query, context.now)?)),
            Command::ListSessions { caller, page } => Ok(Step::done(lists::sessions(sql, caller, page)?)),
            Command::ListAudit { caller, query } => Ok(Step::done(lists::audit(sql, caller, query)?)),
            Command::CreateSession { authority, session } => {
                changes::create_session(sql, context, authority, session, false)
            }
            Command::DefaultSession { authority, session } => {
                changes::create_session(sql, context, authority, session, true)
            }
            Command::Change { change } => changes::change(sql, context, change),
            Command::Suspend => changes::set_status(sql, context, OrganizationStatus::Suspended),
            Command::Resume => changes::set_status(sql, context, OrganizationStatus::Active),
            Command::Delete => changes::set_status(sql, context, OrganizationStatus::Deleted),
        }
    }

    fn deliveries(sql: &dyn Sql, _: &Context<'_>, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
        projection::deliveries(sql, due_by)
    }

    fn tidy(_: &dyn Sql, _: &Context<'_>) -> Result<(), SqlError> {
        Ok(())
    }

    fn tidy_at(_: &dyn Sql, _: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
        Ok(None)
    }
}
