//! Whether a caller may do what it asks, checked in the transaction that does it.

use crate::domain::caller::Caller;
use crate::domain::verification::{Code, Demand, Standing, decide};
use crate::object::{Abort, Authority, Context, Credential, Rejection};
use crate::ports::Sql;

use super::store::{self, State};

/// A caller who is admitted, or the question that has to be asked first.
pub enum Admission {
    /// Go on. The operator is no caller and may do everything.
    Granted(Option<Caller>),
    /// The caller's authority is another object.
    Ask(Credential),
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
    let Authority::Key(credential) = authority else {
        return Ok(Admission::Granted(None));
    };
    let caller = if credential.key_id.locator() == state.session.id.locator() {
        confirm(sql, context, state, credential)?
    } else if let Some(confirmed) = context.confirmed {
        confirmed.clone()
    } else {
        return Ok(Admission::Ask(credential.clone()));
    };
    if !caller.reaches(&state.session.organization_id, &state.session.id) {
        return Err(not_found.into());
    }
    Ok(Admission::Granted(Some(caller)))
}

/// Decides on a caller whose authority is this session.
pub fn confirm(sql: &dyn Sql, context: &Context<'_>, state: &State, credential: &Credential) -> Result<Caller, Abort> {
    let needs = credential.needs.clone();
    let Some(key) = store::key_by_id(sql, &state.session, &credential.key_id)? else {
        return Err(Rejection::CallerRefused { code: Code::NotFound, needs: Some(needs) }.into());
    };
    let demand = Demand { permissions: vec![needs.clone()], ip: credential.ip, ..Demand::default() };
    let code = decide(&key, standing(state), &demand, context.now);
    if code != Code::Valid {
        return Err(Rejection::CallerRefused { code, needs: Some(needs) }.into());
    }
    Ok(Caller::new(&key, &state.session))
}

/// What surrounds the keys of this session.
pub fn standing(state: &State) -> Standing {
    Standing { session: state.session.status, organization: state.policy.status }
}
