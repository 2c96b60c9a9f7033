//! Whether a caller may do what it asks, checked in the transaction that does it.

use crate::domain::api_key::ApiKey;
use crate::domain::caller::Caller;
use crate::domain::verification::{Code, Demand, Standing, decide};
use crate::object::{Abort, Authority, Confirmed, Context, Credential, Question, Rejection};
use crate::ports::{Sql, SqlError};

use super::domains;
use super::store::{self, State};

/// A caller who is admitted, or the question that has to be asked first.
pub enum Admission {
    /// Go on. The operator is no caller and may do everything.
    Granted(Option<Caller>),
    /// Another object knows about the caller.
    Ask(Question),
}

/// Reads the session, which must exist.
pub fn require_state(sql: &dyn Sql) -> Result<State, Abort> {
    store::state(sql)?.ok_or(Abort::Rejected(Rejection::SessionNotFound))
}

/// Checks the authority of a command to this session, reach included. `not_found` is what a caller out of
/// reach is told: the same as if there were nothing here.
pub fn admit(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    authority: &Authority,
    not_found: Rejection,
) -> Result<Admission, Abort> {
    let question = match authority {
        Authority::Operator => return Ok(Admission::Granted(None)),
        Authority::Key(credential) if credential.key_id.locator() == state.session.id.locator() => {
            return within_reach(state, &confirm(sql, context, state, credential)?, not_found);
        }
        Authority::Key(credential) => Question::Key(credential.clone()),
        // Whoever acts in another organization gets no question out of this one.
        Authority::User(seat) if seat.organization_id != state.session.organization_id => return Err(not_found.into()),
        Authority::User(seat) => Question::Member(seat.clone()),
    };
    match context.confirmed {
        Some(Confirmed::Caller(caller)) => within_reach(state, caller, not_found),
        _ => Ok(Admission::Ask(question)),
    }
}

fn within_reach(state: &State, caller: &Caller, not_found: Rejection) -> Result<Admission, Abort> {
    if !caller.reaches(&state.session.organization_id, &state.session.id) {
        return Err(not_found.into());
    }
    Ok(Admission::Granted(Some(caller.clone())))
}

/// Checks the authority of a command that only takes away: where the policy in force cannot be heard, the last one will
/// do.
pub fn admit_to_end(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    authority: &Authority,
    not_found: Rejection,
) -> Result<Admission, Abort> {
    Ok(match admit(sql, context, state, authority, not_found)? {
        Admission::Ask(Question::Key(credential)) => Admission::Ask(Question::KeyToEnd(credential)),
        admission @ (Admission::Granted(_) | Admission::Ask(_)) => admission,
    })
}

/// Decides on a caller whose authority is this session.
pub fn confirm(sql: &dyn Sql, context: &Context<'_>, state: &State, credential: &Credential) -> Result<Caller, Abort> {
    let needs = credential.needs.clone();
    let Some(key) = store::key_by_id(sql, &state.session, &credential.key_id)? else {
        return Err(Rejection::CallerRefused { code: Code::NotFound, needs: Some(needs) }.into());
    };
    let demand = Demand { permissions: vec![needs.clone()], ip: credential.ip, ..Demand::default() };
    let code = decide(&key, standing(sql, state, &key)?, &demand, context.now);
    if code != Code::Valid {
        return Err(Rejection::CallerRefused { code, needs: Some(needs) }.into());
    }
    Ok(Caller::new(&key, &state.session))
}

/// What surrounds a key of this session.
pub fn standing(sql: &dyn Sql, state: &State, key: &ApiKey) -> Result<Standing, SqlError> {
    let domain_refused = domains::refuses(sql, state, key)?;
    Ok(Standing { session: state.session.status, organization: state.policy.status, domain_refused })
}
