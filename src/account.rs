//! One user: password, second factor, sign-ins, and a copy of the memberships.
//!
//! The single source of truth for who is signed in. Synchronous, like every object room; the only one that hashes
//! passwords, so an attempt to sign in reaches the account that it is for and slows down nobody else.

pub mod gates;
pub mod memberships;
pub mod passwords;
pub mod projection;
pub mod protocol;
pub mod resets;
pub mod second_factor;
pub mod sign_in;
pub mod sign_ins;
pub mod state;
pub mod store;

use crate::domain::timestamp::Timestamp;
use crate::object::outbox::Delivery;
use crate::object::{Abort, Context, Effect, Object, Step};
use crate::ports::{Sql, SqlError};

use protocol::{Command, RemovedBy, Reply, ResetBy};

/// The rules of an account object.
pub struct AccountObject;

impl Object for AccountObject {
    type Command = Command;
    type Reply = Reply;
    type Memory = ();

    const MIGRATIONS: &'static [&'static str] = store::MIGRATIONS;

    fn effect(command: &Command) -> Effect {
        match command {
            Command::Authenticate { .. }
            | Command::Confirm { .. }
            | Command::Read { .. }
            | Command::ListSignIns { .. }
            | Command::ListAudit { .. }
            | Command::ReadChain { .. } => Effect::Reads,
            Command::Create(_)
            | Command::SignIn(_)
            | Command::Touch { .. }
            | Command::ChangeName { .. }
            | Command::ChangePassword { .. }
            | Command::EndSignIn { .. }
            | Command::BeginTotp { .. }
            | Command::ConfirmTotp { .. }
            | Command::RenewRecoveryCodes { .. }
            | Command::RemoveTotp { .. }
            | Command::RequestReset { .. }
            | Command::Reset { .. }
            | Command::FoundOrganization { .. }
            | Command::HearMembership { .. } => Effect::Writes,
        }
    }

    fn is_heavy(command: &Command) -> bool {
        matches!(
            command,
            Command::Create(_)
                | Command::SignIn(_)
                | Command::ChangePassword { .. }
                | Command::BeginTotp { .. }
                | Command::RenewRecoveryCodes { .. }
                | Command::RemoveTotp { by: RemovedBy::User { .. } }
                | Command::Reset { .. }
        )
    }

    fn takes_away(command: &Command) -> bool {
        matches!(command, Command::EndSignIn { .. } | Command::ChangePassword { .. } | Command::Reset { .. })
    }

    fn answers_first(command: &Command) -> bool {
        matches!(command, Command::SignIn(_) | Command::RequestReset { by: ResetBy::Anybody })
    }

    fn handle(sql: &dyn Sql, _: &mut (), context: &Context<'_>, command: &Command) -> Result<Step<Self>, Abort> {
        match command {
            Command::Create(new) => state::create(sql, context, new),
            Command::SignIn(attempt) => sign_in::sign_in(sql, context, attempt),
            Command::Authenticate { hashes } => sign_ins::authenticate(sql, context, hashes),
            Command::Touch { sign_in_id } => sign_ins::touch(sql, context, sign_in_id),
            Command::Confirm { sign_in_id } => {
                sign_ins::require(sql, context, sign_in_id)?;
                Ok(Step::done(Reply::Acknowledged))
            }
            Command::Read { by } => state::read(sql, context, by),
            Command::ChangeName { by, first_name, last_name } => {
                state::change_name(sql, context, by, first_name.as_ref(), last_name.as_ref())
            }
            Command::ChangePassword { by, current, new } => passwords::change(sql, context, by, current, new),
            Command::ListSignIns { by } => sign_ins::list(sql, context, by),
            Command::EndSignIn { by, sign_in_id } => sign_ins::end(sql, context, by, sign_in_id),
            Command::BeginTotp { by, password } => second_factor::begin(sql, context, by, password),
            Command::ConfirmTotp { by, code } => second_factor::confirm(sql, context, by, code),
            Command::RenewRecoveryCodes { by, password } => {
                second_factor::renew_recovery_codes(sql, context, by, password)
            }
            Command::RemoveTotp { by } => second_factor::remove(sql, context, by),
            Command::RequestReset { by } => resets::request(sql, context, by),
            Command::Reset { hashes, new } => resets::reset(sql, context, hashes, new),
            Command::ListAudit { by, before, limit } => state::list_audit(sql, context, by, *before, *limit),
            Command::ReadChain { by, after } => state::chain(sql, context, by, *after),
            Command::FoundOrganization { by, founding } => memberships::found(sql, context, by, founding),
            Command::HearMembership { organization_id, membership, generation } => {
                memberships::hear(sql, context, organization_id, membership.as_ref(), *generation)
            }
        }
    }

    fn deliveries(sql: &dyn Sql, context: &Context<'_>, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
        projection::deliveries(sql, context, due_by)
    }

    fn tidy(sql: &dyn Sql, _: &mut (), context: &Context<'_>) -> Result<(), SqlError> {
        projection::tidy(sql, context)
    }

    fn tidy_at(sql: &dyn Sql, _: &(), context: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
        projection::tidy_at(sql, context)
    }
}
