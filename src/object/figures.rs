//! What an object tells the operator of itself: how large it is, and what it still has to tell others.

use serde::{Deserialize, Serialize};

use super::outbox::{FIRST_PAUSE_MS, MAX_PAUSE_MS};
use super::rows::{query, query_one};
use crate::domain::timestamp::Timestamp;
use crate::ports::{Sql, SqlError};

/// Figures of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How large its database is.
    pub bytes: i64,
    /// How many entries its outbox has, lane by lane. Not all of them are due.
    pub waiting: Vec<(String, i64)>,
    /// For how long (ms) an entry has been due that was not sent.
    pub overdue_ms: i64,
    /// For how long (ms) at least the entry has been tried in vain that was tried most often.
    pub tried_for_ms: i64,
    /// How many rows of each kind it has.
    pub counts: Vec<(String, i64)>,
}

/// Reads the figures of an object; `counts` are names and the statements that count.
pub fn read(sql: &dyn Sql, now: Timestamp, counts: &[(&str, &str)]) -> Result<Figures, SqlError> {
    let lanes = query(sql, "SELECT lane, count(*) FROM outbox GROUP BY lane ORDER BY lane", &[])?;
    let waiting = lanes.iter().map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)?)));
    let waiting = waiting.collect::<Result<_, SqlError>>()?;
    let worst = query_one(sql, "SELECT min(due_at), coalesce(max(attempts), 0) FROM outbox", &[])?;
    let (due_at, attempts) = match worst {
        Some(row) => (row.optional_timestamp(0)?, row.integer(1)?),
        None => (None, 0),
    };
    let mut counted = Vec::with_capacity(counts.len());
    for (name, statement) in counts {
        let count = query_one(sql, statement, &[])?.map_or(Ok(0), |row| row.integer(0))?;
        counted.push(((*name).to_owned(), count));
    }
    Ok(Figures {
        bytes: sql.bytes(),
        waiting,
        overdue_ms: due_at.map_or(0, |due_at| now.millis_since(due_at).max(0)),
        tried_for_ms: tried_for_ms(attempts),
        counts: counted,
    })
}

/// How long (ms) so many failures take: the pauses between them.
fn tried_for_ms(attempts: i64) -> i64 {
    let before_longest = i64::from(MAX_PAUSE_MS.ilog2()) - i64::from(FIRST_PAUSE_MS.ilog2()) + 1;
    let doubling = (0..attempts.min(before_longest)).map(|failed| MAX_PAUSE_MS.min(FIRST_PAUSE_MS << failed));
    let longest = attempts.saturating_sub(before_longest).max(0).saturating_mul(MAX_PAUSE_MS);
    doubling.fold(longest, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_take_as_long_as_the_pauses_after_them() {
        let pauses = |attempts| (0..attempts).map(|failed: i64| MAX_PAUSE_MS.min(FIRST_PAUSE_MS << failed.min(10)));
        for attempts in 0..40 {
            assert_eq!(tried_for_ms(attempts), pauses(attempts).sum::<i64>(), "{attempts}");
        }
        assert_eq!(tried_for_ms(1), 1_100);
        assert!(tried_for_ms(i64::MAX) > 0, "and no number overflows");
    }
}
