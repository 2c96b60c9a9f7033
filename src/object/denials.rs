//! Denials, as objects write them down: one an hour of a kind, so that whoever tries again and again fills no log.

use std::collections::HashMap;

use super::{Context, Memory, audit_log};
use crate::domain::audit::{Action, Actor};
use crate::domain::timestamp::Timestamp;
use crate::ports::{Sql, SqlError};

/// For how long (ms) another of the same kind is not written down.
pub(crate) const SILENCE_MS: i64 = 60 * 60 * 1_000;
/// How many kinds are remembered, and so how many rows may be written within that time.
const KINDS_MAX: usize = 256;

/// Who was refused, with which code, and what.
type Kind = (String, String, String);

/// The kinds that were written down lately. Memory is enough: an object that is evicted and brought back all the time
/// writes more rows than these.
#[derive(Debug, Default)]
pub struct Denials {
    lately: HashMap<Kind, Timestamp>,
    /// Those of this step. If it is taken back, so are they.
    now: Vec<Kind>,
}

impl Memory for Denials {
    fn begin(&mut self) {
        self.now.clear();
    }

    fn roll_back(&mut self) {
        for kind in self.now.drain(..) {
            self.lately.remove(&kind);
        }
    }
}

impl Denials {
    /// Writes down that `actor` was refused a route with this code, unless that was written down lately. The place of the
    /// entry in the log.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note(
        &mut self,
        sql: &dyn Sql,
        context: &Context<'_>,
        actor: Actor,
        target: &str,
        (code, route): (&str, &str),
    ) -> Result<Option<i64>, SqlError> {
        if !self.is_new(target, (code, route), context.now) {
            return Ok(None);
        }
        let seq = audit_log::record(sql, context, actor, Action::AccessDenied, target, &[code, route])?;
        Ok(Some(seq))
    }

    /// Whether a kind was not written down lately. It is from now on.
    pub fn is_new(&mut self, target: &str, (code, route): (&str, &str), now: Timestamp) -> bool {
        let kind = (target.to_owned(), code.to_owned(), route.to_owned());
        let since = now.plus_millis(-SILENCE_MS);
        if self.lately.get(&kind).is_some_and(|noted| *noted > since) {
            return false;
        }
        if self.lately.len() >= KINDS_MAX {
            self.lately.retain(|_, noted| *noted > since);
        }
        if self.lately.len() >= KINDS_MAX {
            return false;
        }
        self.lately.insert(kind.clone(), now);
        self.now.push(kind);
        true
    }
}
