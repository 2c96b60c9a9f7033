//! Which outcomes were counted: a mark of each, in chunks, for as long as it may come again.
//!
//! An outcome that names a moment is accepted for an hour after it, so a mark has to be remembered for an hour after
//! its arrival, and a little longer for clocks that are ahead. When a chunk goes, in time or because there are too many,
//! the *horizon* moves to the latest moment that any outcome in it has named, and nothing up to there is accepted any
//! more: it could have been counted. So what names a moment is never counted twice, whatever has been forgotten and
//! however clocks have run.

use std::collections::{HashSet, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::domain::timestamp::Timestamp;
use crate::domain::usage::outcomes::{AHEAD_MS, LATE_MS, Outcome};
use crate::object::rows::{execute, query, query_one};
use crate::ports::{Sql, SqlError};

/// The table of marks.
pub const SCHEMA_MARKS: &str = "CREATE TABLE outcome_marks (
    chunk INTEGER PRIMARY KEY,
    began_at INTEGER NOT NULL,
    latest_at INTEGER NOT NULL,
    named_at INTEGER NOT NULL,
    marks TEXT NOT NULL
)";

/// The table of the horizon.
pub const SCHEMA_HORIZON: &str = "CREATE TABLE outcome_horizon (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    at INTEGER NOT NULL
)";

/// How to forget a portion, and whether anything is left.
pub const FORGET_STATEMENTS: [(&str, &str); 1] = [(
    "DELETE FROM outcome_marks WHERE chunk IN (SELECT chunk FROM outcome_marks LIMIT ?)",
    "SELECT 1 FROM outcome_marks LIMIT 1",
)];

/// How many outcomes are remembered at most; with more the horizon moves up.
pub const MARKS_MAX: usize = 200_000;
/// How many marks a chunk holds before the next one begins, and how long (ms) it takes any.
const CHUNK_MARKS: usize = 1_000;
const CHUNK_MS: i64 = 5 * 60 * 1_000;
/// For how long (ms) after the last arrival a chunk is kept.
const KEPT_MS: i64 = LATE_MS + AHEAD_MS;
/// How many characters a mark has in a row.
const CHARACTERS: usize = 11;

/// A mark to be remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewMark {
    pub(super) mark: u64,
    /// The earliest moment that the outcome names.
    pub(super) named_at: Timestamp,
}

/// The mark of an outcome; none if nothing tells it from others.
pub(super) fn mark(outcome: &Outcome) -> Option<u64> {
    let name = outcome.name.as_ref()?;
    let digest: [u8; 32] = Sha256::digest(format!("{}\n{name}", outcome.key_id)).into();
    digest.first_chunk().copied().map(u64::from_be_bytes)
}

/// Which outcomes were counted, as rows say; read when it is needed first.
#[derive(Default)]
pub struct Counted {
    known: Option<Known>,
    /// Whether the step that runs has changed it.
    changed: bool,
}

struct Known {
    marks: HashSet<u64>,
    chunks: VecDeque<Chunk>,
    horizon: Timestamp,
}

struct Chunk {
    number: i64,
    began_at: Timestamp,
    /// When the last one arrived.
    latest_at: Timestamp,
    /// The latest moment that one of them names.
    named_at: Timestamp,
    marks: Vec<u64>,
}

impl Counted {
    /// A step begins.
    pub fn begin(&mut self) {
        self.changed = false;
    }

    /// The step has been taken back: rows are what they were, and are read again.
    pub fn roll_back(&mut self) {
        if std::mem::take(&mut self.changed) {
            self.known = None;
        }
    }

    /// Whether an outcome of this mark was counted.
    pub(super) fn knows(&mut self, sql: &dyn Sql, mark: u64) -> Result<bool, SqlError> {
        Ok(self.known(sql)?.marks.contains(&mark))
    }

    /// What names this moment or an earlier one may have been counted and forgotten.
    pub(super) fn horizon(&mut self, sql: &dyn Sql) -> Result<Timestamp, SqlError> {
        Ok(self.known(sql)?.horizon)
    }

    /// Remembers what is counted now.
    pub(super) fn remember(&mut self, sql: &dyn Sql, news: &[NewMark], now: Timestamp) -> Result<(), SqlError> {
        self.changed = true;
        let known = self.known(sql)?;
        if let (Some(named_at), false) = (news.iter().map(|new| new.named_at).max(), news.is_empty()) {
            known.add(sql, news, named_at, now)?;
        }
        known.forget(sql, now)
    }

    /// Forgets what cannot come again.
    pub fn tidy(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        if tidy_at(sql)?.is_some_and(|at| at <= now) {
            self.changed = true;
            self.known(sql)?.forget(sql, now)?;
        }
        Ok(())
    }

    fn known(&mut self, sql: &dyn Sql) -> Result<&mut Known, SqlError> {
        let known = match self.known.take() {
            Some(known) => known,
            None => Known::read(sql)?,
        };
        Ok(self.known.insert(known))
    }
}

/// When the oldest chunk can go.
pub fn tidy_at(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let oldest = query_one(sql, "SELECT latest_at FROM outcome_marks ORDER BY chunk LIMIT 1", &[])?;
    oldest.map(|row| Ok(row.timestamp(0)?.plus_millis(KEPT_MS + 1))).transpose()
}

impl Known {
    fn read(sql: &dyn Sql) -> Result<Self, SqlError> {
        let horizon = query_one(sql, "SELECT at FROM outcome_horizon", &[])?;
        let horizon = horizon.map_or(Ok(Timestamp::MIN), |row| row.timestamp(0))?;
        let statement = "SELECT chunk, began_at, latest_at, named_at, marks FROM outcome_marks ORDER BY chunk";
        let mut known = Self { marks: HashSet::new(), chunks: VecDeque::new(), horizon };
        for row in query(sql, statement, &[])? {
            let marks = read(row.text(4)?)?;
            known.marks.extend(&marks);
            known.chunks.push_back(Chunk {
                number: row.integer(0)?,
                began_at: row.timestamp(1)?,
                latest_at: row.timestamp(2)?,
                named_at: row.timestamp(3)?,
                marks,
            });
        }
        Ok(known)
    }

    fn add(&mut self, sql: &dyn Sql, news: &[NewMark], named_at: Timestamp, now: Timestamp) -> Result<(), SqlError> {
        let marks: Vec<u64> = news.iter().map(|new| new.mark).collect();
        let text = write(&marks);
        self.marks.extend(&marks);
        let last = self.chunks.back_mut().filter(|chunk| {
            let has_room = chunk.marks.len().saturating_add(marks.len()) <= CHUNK_MARKS;
            has_room && (0..CHUNK_MS).contains(&now.millis_since(chunk.began_at))
        });
        if let Some(chunk) = last {
            chunk.marks.extend(marks);
            (chunk.latest_at, chunk.named_at) = (chunk.latest_at.max(now), chunk.named_at.max(named_at));
            let statement = "UPDATE outcome_marks SET latest_at = ?, named_at = ?, marks = marks || ? WHERE chunk = ?";
            let params = [chunk.latest_at.into(), chunk.named_at.into(), text.into(), chunk.number.into()];
            return execute(sql, statement, &params);
        }
        let number = self.chunks.back().map_or(1, |chunk| chunk.number.saturating_add(1));
        self.chunks.push_back(Chunk { number, began_at: now, latest_at: now, named_at, marks });
        let statement =
            "INSERT INTO outcome_marks (chunk, began_at, latest_at, named_at, marks) VALUES (?, ?, ?, ?, ?)";
        execute(sql, statement, &[number.into(), now.into(), now.into(), named_at.into(), text.into()])
    }

    fn forget(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        let before = self.horizon;
        while let Some(chunk) = self.chunks.front()
            && (self.marks.len() > MARKS_MAX || now.millis_since(chunk.latest_at) > KEPT_MS)
            && let Some(chunk) = self.chunks.pop_front()
        {
            self.horizon = self.horizon.max(chunk.named_at);
            for mark in &chunk.marks {
                self.marks.remove(mark);
            }
            execute(sql, "DELETE FROM outcome_marks WHERE chunk = ?", &[chunk.number.into()])?;
        }
        if self.horizon == before {
            return Ok(());
        }
        let statement =
            "INSERT INTO outcome_horizon (only, at) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET at = excluded.at";
        execute(sql, statement, &[self.horizon.into()])
    }
}

fn write(marks: &[u64]) -> String {
    marks.iter().map(|mark| URL_SAFE_NO_PAD.encode(mark.to_be_bytes())).collect()
}

fn read(text: &str) -> Result<Vec<u64>, SqlError> {
    let one = |characters: &[u8]| {
        let bytes = URL_SAFE_NO_PAD.decode(characters).ok()?;
        bytes.first_chunk().copied().map(u64::from_be_bytes)
    };
    let marks: Option<Vec<u64>> = text.as_bytes().chunks(CHARACTERS).map(one).collect();
    marks.ok_or_else(|| SqlError("a chunk of marks does not decode".to_owned()))
}
