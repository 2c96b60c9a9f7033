//! Usage over time, as objects keep it: a row for each subject and stretch of time, finer ones first. What has become old
//! moves into larger steps, a portion at a time, and in the end goes.
//!
//! The start comes before the subject in the key of the table, so that what is old stands together without an index. One
//! subject's rows are found by going from start to start, of which there are few.

use super::rows::{execute, json, query, query_one};
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::series::{Grain, Size, Slab};
use crate::ports::{Sql, SqlError};

/// The table.
pub const SCHEMA: &str = "CREATE TABLE usage (
    stretch TEXT NOT NULL,
    start INTEGER NOT NULL,
    subject TEXT NOT NULL,
    slab TEXT NOT NULL,
    PRIMARY KEY (stretch, start, subject)
) WITHOUT ROWID";

/// How to forget a portion of it, and whether anything is left.
pub const FORGET: (&str, &str) = (
    "DELETE FROM usage WHERE (stretch, start, subject) IN (SELECT stretch, start, subject FROM usage LIMIT ?)",
    "SELECT 1 FROM usage LIMIT 1",
);

/// Of how many subjects the old rows move at once; each has at most 32 of them.
pub(crate) const PORTION: i64 = 20;
/// How many rows that are too old go at once.
const PORTION_OF_ROWS: i64 = 500;

const ROWS_OF_SUBJECT: &str = "WITH RECURSIVE starts (at) AS (
        SELECT min(start) FROM usage WHERE stretch = ?1 AND start >= ?2 AND start < ?3
        UNION ALL
        SELECT (SELECT min(start) FROM usage WHERE stretch = ?1 AND start > at AND start < ?3)
        FROM starts WHERE at IS NOT NULL
    )
    SELECT slab, start FROM starts JOIN usage ON stretch = ?1 AND start = at AND subject = ?4";

/// Adds what was counted to the rows of this stretch, and the last use to each of them.
pub fn add(sql: &dyn Sql, stretch: Grain, subject: &str, counted: &Slab) -> Result<(), SqlError> {
    for (start, more) in counted.by(stretch) {
        let mut slab = slab(sql, stretch, start, subject)?;
        slab.merge(&Slab { last: counted.last.clone(), ..more });
        save(sql, stretch, start, subject, &slab)?;
    }
    Ok(())
}

fn slab(sql: &dyn Sql, stretch: Grain, start: Timestamp, subject: &str) -> Result<Slab, SqlError> {
    let statement = "SELECT slab FROM usage WHERE stretch = ? AND start = ? AND subject = ?";
    let row = query_one(sql, statement, &[stretch.as_str().into(), start.into(), subject.into()])?;
    row.map_or(Ok(Slab::default()), |row| row.json(0))
}

fn save(sql: &dyn Sql, stretch: Grain, start: Timestamp, subject: &str, slab: &Slab) -> Result<(), SqlError> {
    let statement = "INSERT INTO usage (stretch, start, subject, slab) VALUES (?, ?, ?, ?)
        ON CONFLICT (stretch, start, subject) DO UPDATE SET slab = excluded.slab";
    execute(sql, statement, &[stretch.as_str().into(), start.into(), subject.into(), json(slab)?])
}

/// What is counted of a subject from `from` on and before `to`, in the steps in which it is kept; and its last use, where
/// that stands here.
pub fn read(sql: &dyn Sql, subject: &str, from: Timestamp, to: Timestamp) -> Result<Slab, SqlError> {
    let mut found = Slab::default();
    for Size { stretch, .. } in Size::ALL {
        for (_, slab) in rows(sql, stretch, subject, stretch.start_of(from), to)? {
            found.merge(&slab);
        }
    }
    Ok(found.within(from, to))
}

/// The same from the beginning of the step on that holds `since`, as large as that step has become meanwhile.
pub fn read_from_step_of(sql: &dyn Sql, subject: &str, since: Timestamp) -> Result<Slab, SqlError> {
    let mut found = Slab::default();
    for Size { stretch, step, .. } in Size::ALL {
        for (_, slab) in rows(sql, stretch, subject, stretch.start_of(since), Timestamp::MAX)? {
            found.merge(&slab.within(step.start_of(since), Timestamp::MAX));
        }
    }
    Ok(found)
}

fn rows(
    sql: &dyn Sql,
    stretch: Grain,
    subject: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Timestamp, Slab)>, SqlError> {
    let params = [stretch.as_str().into(), from.into(), to.into(), subject.into()];
    query(sql, ROWS_OF_SUBJECT, &params)?.iter().map(|row| Ok((row.timestamp(1)?, row.json(0)?))).collect()
}

/// When an object last looked whether something has become old: once an hour, while it is used. No alarm wakes it for
/// that alone.
#[derive(Debug, Default)]
pub struct Rolling {
    looked_at: Option<Timestamp>,
    /// Whether a portion was not all.
    more: bool,
}

impl Rolling {
    /// Looks, if it is time, and moves a portion. Whether it has looked.
    pub fn tidy(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<bool, SqlError> {
        let hour = Grain::Hour.start_of(now);
        if !self.more && self.looked_at == Some(hour) {
            return Ok(false);
        }
        self.more = roll(sql, now)?;
        self.looked_at = Some(hour);
        Ok(true)
    }

    /// When there is another portion.
    pub fn tidy_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.more.then_some(now)
    }
}

/// Moves a portion of what has become old into larger steps. Whether there may be more.
fn roll(sql: &dyn Sql, now: Timestamp) -> Result<bool, SqlError> {
    let mut more = false;
    for size in Size::ALL {
        let before = size.kept_from(now);
        more |= match size.then {
            Some(larger) => coarsen(sql, size.stretch, larger, before)?,
            None => expire(sql, size.stretch, before)?,
        };
    }
    Ok(more)
}

fn coarsen(sql: &dyn Sql, stretch: Grain, larger: Grain, before: Timestamp) -> Result<bool, SqlError> {
    let statement = "SELECT min(start) FROM usage WHERE stretch = ? AND start < ?";
    let oldest = query_one(sql, statement, &[stretch.as_str().into(), before.into()])?;
    let Some(oldest) = oldest.map_or(Ok(None), |row| row.optional_timestamp(0))? else { return Ok(false) };
    let from = larger.start_of(oldest);
    let to = from.plus_millis(larger.ms());
    let statement = "SELECT subject FROM usage WHERE stretch = ? AND start = ? LIMIT ?";
    for row in query(sql, statement, &[stretch.as_str().into(), oldest.into(), PORTION.into()])? {
        let subject = row.text(0)?;
        let mut whole = slab(sql, larger, from, subject)?;
        for (start, slab) in rows(sql, stretch, subject, from, to)? {
            whole.merge(&slab.in_steps_of(stretch));
            let statement = "DELETE FROM usage WHERE stretch = ? AND start = ? AND subject = ?";
            execute(sql, statement, &[stretch.as_str().into(), start.into(), subject.into()])?;
        }
        save(sql, larger, from, subject, &whole)?;
    }
    Ok(true)
}

fn expire(sql: &dyn Sql, stretch: Grain, before: Timestamp) -> Result<bool, SqlError> {
    let statement = "DELETE FROM usage WHERE (stretch, start, subject) IN
        (SELECT stretch, start, subject FROM usage WHERE stretch = ? AND start < ? LIMIT ?) RETURNING 1";
    let gone = query(sql, statement, &[stretch.as_str().into(), before.into(), PORTION_OF_ROWS.into()])?;
    Ok(i64::try_from(gone.len()).is_ok_and(|gone| gone == PORTION_OF_ROWS))
}
