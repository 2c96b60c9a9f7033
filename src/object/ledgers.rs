//! The ledgers of an object: what its subjects have spent. They are in memory, as many as fit, and a row each stands
//! for them: exact where it was quiet, with a block of tokens ahead of the spending where it is busy.
//!
//! A crash counts such a block as spent; an alarm closes it before an object that has become quiet is evicted.

use std::collections::BTreeSet;

use lru::LruCache;
use serde::{Deserialize, Serialize};

use super::Memory;
use super::rows::{execute, json, query_one};
use crate::domain::credits::Balance;
use crate::domain::ledger::{BLOCK_IDLE_MS, Hold, Ledger, Snapshot, Terms, View};
use crate::domain::timestamp::Timestamp;
use crate::ports::{Sql, SqlError};

/// The table, for the migrations of the objects that have ledgers.
pub const SCHEMA: &str = "CREATE TABLE ledgers (subject TEXT PRIMARY KEY, snapshot TEXT NOT NULL) WITHOUT ROWID";

/// How much all ledgers in memory may weigh together: about 16 bytes each, so a megabyte.
const WEIGHT_MAX: usize = 65_536;
/// What a ledger weighs beside its buckets.
const LEDGER_WEIGHT: usize = 64;
/// How many blocks are closed at once.
const CLOSED_AT_ONCE: usize = 100;

/// The ledgers of one object.
pub struct Ledgers {
    held: LruCache<String, Held>,
    weight: usize,
    /// Those with an open block.
    open: BTreeSet<String>,
    /// Whether one has been opened that the alarm does not know of.
    opened: bool,
    /// How those were that this step has changed or let go, in case it is taken back.
    before: Vec<(String, Held)>,
    lives: i64,
}

/// A ledger in memory. Its life ends when it is let go: what was debited in it can then no longer be told from what the
/// row says.
#[derive(Clone)]
struct Held {
    life: i64,
    ledger: Ledger,
}

impl Held {
    fn weight(&self) -> usize {
        self.ledger.weight().saturating_add(LEDGER_WEIGHT)
    }
}

impl Default for Ledgers {
    fn default() -> Self {
        let (open, before) = (BTreeSet::new(), Vec::new());
        Self { held: LruCache::unbounded(), weight: 0, open, opened: false, before, lives: 0 }
    }
}

impl Memory for Ledgers {
    fn begin(&mut self) {
        self.before.clear();
    }

    fn roll_back(&mut self) {
        for (subject, held) in std::mem::take(&mut self.before) {
            self.hold(subject, held);
        }
    }
}

impl Ledgers {
    /// What there is to spend, as if `cost` were wanted. Spends nothing.
    ///
    /// # Errors
    /// Those of the database, like all functions here.
    pub fn view(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        terms: &Terms<'_>,
        cost: u32,
        now: Timestamp,
    ) -> Result<View, SqlError> {
        self.with(sql, subject, now, |held| held.ledger.view(terms, cost, now))
    }

    /// Debits, in memory, and notes in `debit` what was taken from where. Whoever calls has looked before, and writes it
    /// down with `keep` before anybody hears of it.
    pub fn spend(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        terms: &Terms<'_>,
        cost: u32,
        now: Timestamp,
        debit: &mut Debit,
    ) -> Result<(), SqlError> {
        let (life, hold) = self.change(sql, subject, now, |held| (held.life, held.ledger.spend(terms, cost, now)))?;
        debit.0.push((subject.to_owned(), life, hold));
        Ok(())
    }

    /// The same for so many tokens that somebody may spend until so long (ms) from now.
    pub fn spend_ahead(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        terms: &Terms<'_>,
        (tokens, ahead_ms): (u32, i64),
        now: Timestamp,
        debit: &mut Debit,
    ) -> Result<(), SqlError> {
        let (life, hold) = self.change(sql, subject, now, |held| {
            let hold = held.ledger.spend_ahead(terms, tokens, ahead_ms, now);
            (held.life, hold)
        })?;
        debit.0.push((subject.to_owned(), life, hold));
        Ok(())
    }

    /// Of what was debited ahead, so many tokens have been spent by now. Of a life that has ended, all of them stay spent.
    pub fn settle(&mut self, sql: &dyn Sql, debit: &Debit, spent: u32, now: Timestamp) -> Result<(), SqlError> {
        for (subject, life, hold) in &debit.0 {
            self.change(sql, subject, now, |held| {
                if held.life == *life {
                    held.ledger.settle(hold, spent, now);
                }
            })?;
        }
        Ok(())
    }

    /// Writes down what was spent, unless the row is ahead of it.
    pub fn keep(&mut self, sql: &dyn Sql, subject: &str, terms: &Terms<'_>, now: Timestamp) -> Result<(), SqlError> {
        let snapshot = self
            .change(sql, subject, now, |Held { ledger, .. }| ledger.needs_saving().then(|| ledger.save(terms, now)))?;
        snapshot.map_or(Ok(()), |snapshot| write(sql, subject, &snapshot))
    }

    /// Whether a block has been opened since the last question, so that somebody has to close it.
    pub fn take_opened(&mut self) -> bool {
        std::mem::take(&mut self.opened)
    }

    /// Gives back what was debited. Of a life that has ended, nothing: it stays spent.
    pub fn give_back(&mut self, sql: &dyn Sql, debit: &Debit, now: Timestamp) -> Result<(), SqlError> {
        for (subject, life, hold) in &debit.0 {
            let snapshot = self.change(sql, subject, now, |held| {
                if held.life == *life {
                    held.ledger.give_back(hold);
                }
                // A balance is always written through.
                held.ledger.needs_saving().then(|| held.ledger.close(now))
            })?;
            if let Some(snapshot) = snapshot {
                write(sql, subject, &snapshot)?;
            }
        }
        Ok(())
    }

    /// Reads a balance.
    pub fn balance(&mut self, sql: &dyn Sql, subject: &str, now: Timestamp) -> Result<Option<Balance>, SqlError> {
        self.with(sql, subject, now, |held| held.ledger.balance())
    }

    /// Changes a balance.
    pub fn set_balance(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        balance: NewBalance,
        now: Timestamp,
    ) -> Result<(), SqlError> {
        let snapshot = self.change(sql, subject, now, |Held { ledger, .. }| {
            match balance {
                NewBalance::Set(balance) => ledger.set_balance(balance),
                NewBalance::Reckoned(balance) => ledger.change_balance(balance),
            }
            ledger.close(now)
        })?;
        write(sql, subject, &snapshot)
    }

    /// Writes down exactly what was spent where nothing has been for a while, a portion at a time.
    pub fn close_quiet(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        let is_quiet = |subject: &&String| self.closes_at(subject).is_some_and(|at| at <= now);
        let subjects: Vec<String> = self.open.iter().filter(is_quiet).take(CLOSED_AT_ONCE).cloned().collect();
        for subject in subjects {
            let snapshot = self.change(sql, &subject, now, |held| held.ledger.close(now))?;
            write(sql, &subject, &snapshot)?;
        }
        Ok(())
    }

    /// When there will be something to close next.
    pub fn close_at(&self) -> Option<Timestamp> {
        self.open.iter().filter_map(|subject| self.closes_at(subject)).min()
    }

    fn closes_at(&self, subject: &str) -> Option<Timestamp> {
        Some(self.held.peek(subject)?.ledger.saved_at().plus_millis(BLOCK_IDLE_MS))
    }

    fn change<T>(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        now: Timestamp,
        work: impl FnOnce(&mut Held) -> T,
    ) -> Result<T, SqlError> {
        if !self.before.iter().any(|(known, _)| known == subject) {
            let before = self.with(sql, subject, now, |held| held.clone())?;
            self.before.push((subject.to_owned(), before));
        }
        let result = self.with(sql, subject, now, work)?;
        self.make_room(sql, now)?;
        Ok(result)
    }

    fn with<T>(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        now: Timestamp,
        work: impl FnOnce(&mut Held) -> T,
    ) -> Result<T, SqlError> {
        if !self.held.contains(subject) {
            let stored = query_one(sql, "SELECT snapshot FROM ledgers WHERE subject = ?", &[subject.into()])?;
            let ledger = match stored {
                Some(row) => Ledger::restore(row.json::<Snapshot>(0)?, now),
                None => Ledger::new(now),
            };
            // No life is the same as one of this object before it was restarted.
            self.lives = self.lives.saturating_add(1).max(now.as_millis());
            self.hold(subject.to_owned(), Held { life: self.lives, ledger });
            self.make_room(sql, now)?;
        }
        let Some(held) = self.held.get_mut(subject) else {
            return Err(SqlError("a ledger has gone".to_owned()));
        };
        let before = held.weight();
        let result = work(held);
        self.weight = self.weight.saturating_sub(before).saturating_add(held.weight());
        let is_open = held.ledger.is_open();
        self.mark(subject, is_open);
        Ok(result)
    }

    fn hold(&mut self, subject: String, held: Held) {
        self.weight = self.weight.saturating_add(held.weight());
        self.mark(&subject, held.ledger.is_open());
        if let Some((_, former)) = self.held.push(subject, held) {
            self.weight = self.weight.saturating_sub(former.weight());
        }
    }

    fn mark(&mut self, subject: &str, is_open: bool) {
        if !is_open {
            self.open.remove(subject);
        } else if !self.open.contains(subject) {
            self.open.insert(subject.to_owned());
            self.opened = true;
        }
    }

    /// Lets those go that were used longest ago, all but the latest. What was debited in them and not kept yet is spent.
    fn make_room(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        while self.weight > WEIGHT_MAX && self.held.len() > 1 {
            let Some((subject, mut held)) = self.held.pop_lru() else { break };
            self.weight = self.weight.saturating_sub(held.weight());
            self.open.remove(&subject);
            if !self.before.iter().any(|(known, _)| *known == subject) {
                self.before.push((subject.clone(), held.clone()));
            }
            if held.ledger.is_open() || held.ledger.needs_saving() {
                write(sql, &subject, &held.ledger.close(now))?;
            }
        }
        Ok(())
    }
}

/// What becomes of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewBalance {
    /// This, whatever it was; none ends it.
    Set(Option<Balance>),
    /// This, reckoned from what it was.
    Reckoned(Balance),
}

impl NewBalance {
    /// The balance that comes of it.
    pub fn balance(self) -> Option<Balance> {
        match self {
            Self::Set(balance) => balance,
            Self::Reckoned(balance) => Some(balance),
        }
    }
}

fn write(sql: &dyn Sql, subject: &str, snapshot: &Snapshot) -> Result<(), SqlError> {
    let statement = "INSERT INTO ledgers (subject, snapshot) VALUES (?, ?)
        ON CONFLICT (subject) DO UPDATE SET snapshot = excluded.snapshot";
    execute(sql, statement, &[subject.into(), json(snapshot)?])
}

/// What was debited from which ledgers, so that it can be given back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Debit(Vec<(String, i64, Hold)>);

impl Debit {
    /// Whether there is nothing to give back.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something was taken from the ledger of this subject.
    pub fn concerns(&self, subject: &str) -> bool {
        self.0.iter().any(|(known, _, _)| known == subject)
    }
}

/// The balance in the row of a ledger, as it was last written.
pub fn stored_balance(sql: &dyn Sql, subject: &str) -> Result<Option<Balance>, SqlError> {
    let statement = "SELECT json_extract(snapshot, '$.balance') FROM ledgers WHERE subject = ?";
    let row = query_one(sql, statement, &[subject.into()])?;
    row.filter(|row| row.optional_text(0).is_ok_and(|text| text.is_some())).map(|row| row.json(0)).transpose()
}
