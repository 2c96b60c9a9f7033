//! One session: the single source of truth for its keys.
//!
//! Everything a verification needs is in this one object, so a hundred thousand sessions are a hundred
//! thousand objects. Synchronous: no `async`, no KV, no HTTP, no plaintext (H2, H3).

pub mod acceptance;
pub mod admission;
pub mod alerts;
pub mod banking;
pub mod domains;
pub mod drawing;
pub mod erasure;
pub mod fence;
pub mod idempotency;
pub mod importing;
pub mod issue;
pub mod leaks;
pub mod leasing;
pub mod lifecycle;
pub mod outcomes;
pub mod policy;
pub mod pool;
pub mod projection;
pub mod protocol;
pub mod spending;
pub mod state;
pub mod store;
pub mod tally;
pub mod upkeep;
pub mod usage;
pub mod verify;

use crate::domain::session::SessionStatus;
use crate::domain::timestamp::Timestamp;
use crate::object::outbox::Delivery;
use crate::object::{Abort, Context, Effect, Object, Step};
use crate::ports::{Sql, SqlError};

use policy::Memory;
use protocol::{Command, Reply};
use verify::Presented;

/// The rules of a session object.
pub struct SessionObject;

impl Object for SessionObject {
    type Command = Command;
    type Reply = Reply;
    type Memory = Memory;

    const MIGRATIONS: &'static [&'static str] = store::MIGRATIONS;

    fn effect(command: &Command) -> Effect {
        match command {
            Command::Authenticate { .. }
            | Command::Confirm { .. }
            | Command::Verify(_)
            | Command::Renew(_)
            | Command::Flush => Effect::Counts,
            Command::ReadKey { .. }
            | Command::ReadSession { .. }
            | Command::Health { .. }
            | Command::ReadUsage { .. }
            | Command::ReadRequests { .. }
            | Command::ReadEvidence { .. } => Effect::Reads,
            Command::Initialize(_)
            | Command::Issue { .. }
            | Command::Import { .. }
            | Command::ChangeKey { .. }
            | Command::RevokeKey { .. }
            | Command::RotateKey { .. }
            | Command::ChangeSession { .. }
            | Command::DeleteSession { .. }
            | Command::CountOutcomes { .. }
            | Command::Claim(_)
            | Command::Release { .. }
            | Command::NoteDenial { .. }
            | Command::ReportLeak { .. }
            | Command::Erase => Effect::Writes,
            Command::Upkeep { upkeep } => upkeep::effect(upkeep),
        }
    }

    fn takes_away(command: &Command) -> bool {
        match command {
            // A narrower policy comes this way.
            Command::Initialize(_)
            | Command::RevokeKey { .. }
            | Command::DeleteSession { .. }
            | Command::ReportLeak { .. }
            | Command::Erase => true,
            Command::ChangeKey { change, .. } => change.active == Some(false),
            Command::ChangeSession { change, .. } => change.status == Some(SessionStatus::Disconnected),
            Command::NoteDenial { .. }
            | Command::Authenticate { .. }
            | Command::Confirm { .. }
            | Command::Verify(_)
            | Command::Renew(_)
            | Command::Flush
            | Command::Issue { .. }
            | Command::Import { .. }
            | Command::ReadKey { .. }
            | Command::RotateKey { .. }
            | Command::ReadSession { .. }
            | Command::Health { .. }
            | Command::ReadUsage { .. }
            | Command::CountOutcomes { .. }
            | Command::ReadEvidence { .. }
            | Command::ReadRequests { .. }
            | Command::Claim(_)
            | Command::Release { .. }
            | Command::Upkeep { .. } => false,
        }
    }

    fn handle(
        sql: &dyn Sql,
        memory: &mut Memory,
        context: &Context<'_>,
        command: &Command,
    ) -> Result<Step<Self>, Abort> {
        memory.look_at(context.now);
        let mut step = match policy::prepare(sql, memory, context, command)? {
            Some(question) => Step::Hear(question),
            None => carry_out(sql, memory, context, command)?,
        };
        if let Step::Hear(question) = &mut step {
            question.steps = memory.steps();
            question.rules = memory.rules_version(sql)?;
        }
        Ok(step)
    }

    fn deliveries(sql: &dyn Sql, context: &Context<'_>, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
        projection::deliveries(sql, context.now, due_by)
    }

    fn tidy(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<(), SqlError> {
        projection::tidy(sql, memory, context)
    }

    fn tidy_at(sql: &dyn Sql, memory: &Memory, context: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
        projection::tidy_at(sql, memory, context)
    }
}

fn carry_out(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    command: &Command,
) -> Result<Step<SessionObject>, Abort> {
    match command {
        Command::Initialize(new) => state::initialize(sql, memory, context, new),
        Command::Authenticate { hashes, ip, needs, call, wish } => {
            let presented = Presented { hashes, ip: *ip, needs: needs.as_ref(), call: *call, wish: wish.as_ref() };
            verify::authenticate(sql, memory, context, &presented)
        }
        Command::Confirm { credential, .. } => {
            let state = admission::require_state(sql)?;
            let caller = admission::confirm(sql, context, &state, credential)?;
            Ok(Step::done(Reply::Caller(Box::new(caller))))
        }
        Command::Verify(request) => verify::verify(sql, memory, context, request),
        Command::Renew(renewal) => leasing::renew(sql, memory, context, renewal),
        Command::Flush => Ok(usage::flush(sql, memory, context)?),
        Command::Issue { authority, key } => issue::issue(sql, memory, context, authority, key),
        Command::Import { authority, import } => importing::import(sql, memory, context, authority, import),
        Command::ReadKey { caller, key_id } => lifecycle::read(sql, memory, context, caller, key_id),
        Command::ChangeKey { authority, key_id, change } => {
            lifecycle::change(sql, memory, context, authority, key_id, change)
        }
        Command::RevokeKey { authority, key_id, reason } => {
            lifecycle::revoke(sql, memory, context, authority, key_id, reason.as_ref())
        }
        Command::RotateKey { authority, key_id, rotation } => {
            issue::rotate(sql, memory, context, authority, key_id, rotation)
        }
        Command::ReadSession { caller } => state::read(sql, memory, context, caller),
        Command::ChangeSession { authority, change } => state::change(sql, memory, context, authority, change),
        Command::DeleteSession { authority } => state::delete(sql, memory, context, authority),
        Command::Health { caller } => state::health(sql, memory, context, caller),
        Command::ReadUsage { caller, key_id, query } => usage::read(sql, memory, caller, key_id.as_ref(), query),
        Command::CountOutcomes { caller, outcomes } => outcomes::count(sql, memory, context, caller, outcomes),
        Command::ReadEvidence { caller, key_id } => usage::evidence(sql, memory, caller, key_id),
        Command::ReadRequests { caller, key_id, limit } => usage::requests(sql, memory, caller, key_id, *limit),
        Command::Claim(claim) => idempotency::claim(sql, context, claim),
        Command::Release { header_hash } => idempotency::release(sql, header_hash),
        Command::ReportLeak { hashes, place } => leaks::report(sql, memory, context, hashes, place.as_deref()),
        Command::NoteDenial { hashes, code, route } => verify::note_denial(sql, memory, context, hashes, (code, route)),
        Command::Erase => erasure::erase(sql, memory),
        Command::Upkeep { upkeep } => upkeep::handle(sql, context, upkeep),
    }
}
