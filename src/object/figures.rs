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

/// How many pauses are shorter than the longest one.
const SHORT_PAUSES: i64 = 6;

/// How long (ms) so many failures take: the pauses between them.
fn tried_for_ms(attempts: i64) -> i64 {
    let pauses = attempts.saturating_sub(1).max(0);
    let short = (0..pauses.min(SHORT_PAUSES)).map(|failed| FIRST_PAUSE_MS << failed);
    let longest = pauses.saturating_sub(SHORT_PAUSES).max(0).saturating_mul(MAX_PAUSE_MS);
    short.fold(longest, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_take_as_long_as_the_pauses_between_them() {
        let pause = |failed: i64| MAX_PAUSE_MS.min(FIRST_PAUSE_MS << failed.min(10));
        for attempts in 1..40 {
            assert_eq!(tried_for_ms(attempts), (0..attempts - 1).map(pause).sum::<i64>(), "{attempts}");
        }
        assert_eq!((tried_for_ms(0), tried_for_ms(1), tried_for_ms(2)), (0, 0, 1_100));
        assert!(tried_for_ms(i64::MAX) > 0, "and no number overflows");
    }
}
