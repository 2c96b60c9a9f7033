//! Puts the questions of a step to the objects that know. It decides nothing.

use futures_util::future::{Either, select};

use super::questions::{Confirmed, Heard, PolicyQuestion, Question};
use super::{Abort, Answer};
use crate::delivery;
use crate::domain::id::OrganizationId;
use crate::organization::protocol::Grant;
use crate::ports::{Address, PortError, SqlError, World};
use crate::{account, organization, session};

/// How long (ms) another object may take to answer. What comes later must not be carried out: the caller has been told
/// by then that it failed.
const PATIENCE_MS: u64 = 5_000;
/// How long (ms) the organization may take to tell its policy: two who ask for it one inside the other are done in time.
const POLICY_PATIENCE_MS: u64 = 2_000;

/// Asks the object that knows about the caller.
pub(super) async fn confirm(world: &World, question: Question) -> Result<Confirmed, Abort> {
    let asking = Box::pin(ask(world, question));
    match select(asking, world.timer.sleep(PATIENCE_MS)).await {
        Either::Left((Ok(Some(confirmed)), _)) => Ok(confirmed),
        Either::Left((Ok(None), _)) => Err(SqlError("the authority answered something else".to_owned()).into()),
        Either::Left((Err(abort), _)) => Err(abort),
        Either::Right(_) => Err(SqlError("no confirmation in time".to_owned()).into()),
    }
}

/// Asks the organization for its policy. No answer is an answer as well: what was debited has to be given back. Why
/// there was none is the second part.
pub(super) async fn hear(world: &World, question: PolicyQuestion) -> (Heard, Option<PortError>) {
    let PolicyQuestion { organization_id, session_id, draw, debit, steps, rules, domains } = question;
    let asked_at = world.clock.now();
    let command = organization::protocol::Command::Draw { session_id, draw: draw.clone(), rules, domains };
    let asking = Box::pin(ask_for_policy(world, &organization_id, command));
    let answer = match select(asking, world.timer.sleep(POLICY_PATIENCE_MS)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(PortError::new("object call", "no answer in time")),
    };
    let (grant, failure) = answer.map_or_else(|error| (None, Some(error)), |grant| (Some(grant), None));
    (Heard { asked_at, grant, draw, debit, steps }, failure)
}

async fn ask_for_policy(
    world: &World,
    organization_id: &OrganizationId,
    command: organization::protocol::Command,
) -> Result<Grant, PortError> {
    use organization::protocol::Reply;

    let address = Address::Organization(organization_id.locator());
    match delivery::call(&*world.objects, &address, &command).await? {
        Answer::Done { reply: Reply::Granted { grant }, .. } => Ok(*grant),
        Answer::Done { .. } => Err(PortError::new("object call", "the organization answered something else")),
        Answer::Rejected(rejection) => Err(PortError::new("object call", format!("refused: {rejection:?}"))),
        Answer::Failed { detail } => Err(PortError::new("object call", detail)),
    }
}

async fn ask(world: &World, question: Question) -> Result<Option<Confirmed>, Abort> {
    use account::protocol::{Command as AccountCommand, Reply as AccountReply};
    use organization::protocol::{Command as OrganizationCommand, Reply as OrganizationReply};
    use session::protocol::{Command as SessionCommand, Reply as SessionReply};

    let objects = &*world.objects;
    let ends = matches!(question, Question::KeyToEnd(_));
    let (seat, command) = match question {
        Question::Key(credential) | Question::KeyToEnd(credential) => {
            let address = Address::Session(credential.key_id.locator());
            let command = SessionCommand::Confirm { credential, ends };
            let reply = answered(delivery::call(objects, &address, &command).await)?;
            let SessionReply::Caller(caller) = reply else { return Ok(None) };
            return Ok(Some(Confirmed::Caller(*caller)));
        }
        Question::SignIn(seat) => {
            let address = Address::Account(seat.user_id.locator());
            let command = AccountCommand::Confirm { sign_in_id: seat.sign_in_id };
            let reply = answered(delivery::call(objects, &address, &command).await)?;
            return Ok(matches!(reply, AccountReply::Acknowledged).then_some(Confirmed::SignIn));
        }
        Question::Member(seat) => (seat.clone(), OrganizationCommand::Confirm { seat }),
        Question::Role(seat) => (seat.clone(), OrganizationCommand::Admit { seat }),
    };
    let address = Address::Organization(seat.organization_id.locator());
    let reply = answered(delivery::call(objects, &address, &command).await)?;
    let OrganizationReply::Caller { caller, .. } = reply else { return Ok(None) };
    Ok(Some(Confirmed::Caller(*caller)))
}

/// What an object that was asked has said.
fn answered<R>(answer: Result<Answer<R>, PortError>) -> Result<R, Abort> {
    match answer {
        Ok(Answer::Done { reply, .. }) => Ok(reply),
        Ok(Answer::Rejected(rejection)) => Err(Abort::Rejected(rejection)),
        Ok(Answer::Failed { detail }) => Err(SqlError(detail).into()),
        Err(error) => Err(SqlError(error.to_string()).into()),
    }
}
