//! What became of verified requests: counted once each, durable when the answer leaves.
//!
//! The counts stand beside those of verifications and are written with them, in the transaction that also remembers which
//! outcomes were counted (`counted`). So a batch that is sent again, whatever has become of the first answer, adds nothing.

mod counted;

use std::collections::{HashMap, HashSet};

use crate::domain::caller::Caller;
use crate::domain::id::ApiKeyId;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::outcomes::{Outcome, Verdict};
use crate::object::{Abort, Context, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::erasure::is_erased;
use super::policy::Memory;
use super::protocol::Reply;
use super::{store, usage};

pub use counted::{Counted, FORGET_STATEMENTS, MARKS_MAX, SCHEMA_HORIZON, SCHEMA_MARKS, tidy_at};
use counted::{NewMark, mark};

/// Counts what became of requests that were made with keys of this session, and says of each what was done with it.
///
/// # Errors
/// Those of the database. Whatever else is wrong is said of the outcome that it is wrong with.
pub fn count(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    caller: &Caller,
    outcomes: &[Outcome],
) -> Result<Step<SessionObject>, Abort> {
    let is_over = is_erased(sql)?;
    let state = store::state(sql)?.filter(|state| caller.reaches(&state.session.organization_id, &state.session.id));
    let Some(state) = state.filter(|_| !is_over) else {
        return Ok(answer(vec![Verdict::NotFound; outcomes.len()]));
    };
    let (mut keys, mut fresh, mut news) = (HashMap::new(), HashSet::new(), Vec::new());
    let mut verdicts = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let at = match checked(sql, memory, context, &mut keys, outcome)? {
            Ok(at) => at,
            Err(verdict) => {
                verdicts.push(verdict);
                continue;
            }
        };
        if let Some(mark) = mark(outcome) {
            if memory.outcomes.knows(sql, mark)? || !fresh.insert(mark) {
                verdicts.push(Verdict::Duplicate);
                continue;
            }
            news.push(NewMark { mark, named_at: outcome.named_at().unwrap_or(context.now) });
        }
        memory.usage.count_outcome(at, outcome);
        verdicts.push(Verdict::Accepted);
    }
    if verdicts.contains(&Verdict::Accepted) {
        memory.outcomes.remember(sql, &news, context.now)?;
        usage::write_step(sql, memory, &state, context)?;
    }
    Ok(answer(verdicts))
}

/// When an outcome is to be counted, if it may be as far as others do not matter.
fn checked<'o>(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    keys: &mut HashMap<&'o ApiKeyId, bool>,
    outcome: &'o Outcome,
) -> Result<Result<Timestamp, Verdict>, SqlError> {
    let is_known = match keys.get(&outcome.key_id) {
        Some(is_known) => *is_known,
        None => {
            let is_known = store::has_key(sql, &outcome.key_id)?;
            keys.insert(&outcome.key_id, is_known);
            is_known
        }
    };
    if !is_known {
        return Ok(Err(Verdict::NotFound));
    }
    let horizon = memory.outcomes.horizon(sql)?;
    if outcome.name.is_some() && outcome.named_at().is_some_and(|at| at <= horizon) {
        return Ok(Err(Verdict::TooLate));
    }
    Ok(outcome.counted_at(context.now))
}

fn answer(verdicts: Vec<Verdict>) -> Step<SessionObject> {
    Step::done(Reply::Outcomes { verdicts })
}
