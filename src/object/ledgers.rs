//! The ledgers of an object: what its subjects have spent. They are in memory, as many as fit, and a row each stands
//! for them: exact where it was quiet, with a block of tokens ahead of the spending where it is busy.
//!
//! A crash counts such a block as spent; an alarm closes it before an object that has become quiet is evicted.

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

/// How many buckets all ledgers in memory may have together, at about 16 bytes each.
const WEIGHT_MAX: usize = 65_536;

/// The ledgers of one object.
pub struct Ledgers {
    held: LruCache<String, Ledger>,
    weight: usize,
    /// How those were that this step changes, in case it is taken back.
    before: Vec<(String, Ledger)>,
    opened: bool,
}

impl Default for Ledgers {
    fn default() -> Self {
        Self { held: LruCache::unbounded(), weight: 0, before: Vec::new(), opened: false }
    }
}

impl Memory for Ledgers {
    fn begin(&mut self) {
        self.before.clear();
    }

    fn roll_back(&mut self) {
        for (subject, ledger) in std::mem::take(&mut self.before) {
            self.weight = self.weight.saturating_add(ledger.weight());
            if let Some((_, undone)) = self.held.push(subject, ledger) {
                self.weight = self.weight.saturating_sub(undone.weight());
            }
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
        self.with(sql, subject, now, |ledger| ledger.view(terms, cost, now))
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
        let hold = self.change(sql, subject, now, |ledger| ledger.spend(terms, cost, now))?;
        debit.0.push((subject.to_owned(), hold));
        Ok(())
    }

    /// Writes down what was spent, unless the row is ahead of it.
    pub fn keep(&mut self, sql: &dyn Sql, subject: &str, terms: &Terms<'_>, now: Timestamp) -> Result<(), SqlError> {
        let snapshot =
            self.change(sql, subject, now, |ledger| ledger.needs_saving().then(|| ledger.save(terms, now)))?;
        snapshot.map_or(Ok(()), |snapshot| write(sql, subject, &snapshot))
    }

    /// Whether a block has been opened since the last question, so that somebody has to close it.
    pub fn take_opened(&mut self) -> bool {
        std::mem::take(&mut self.opened)
    }

    /// Gives back what was debited.
    pub fn give_back(&mut self, sql: &dyn Sql, debit: &Debit, now: Timestamp) -> Result<(), SqlError> {
        for (subject, hold) in &debit.0 {
            let snapshot = self.change(sql, subject, now, |ledger| {
                ledger.give_back(hold);
                // A balance is always written through.
                ledger.needs_saving().then(|| ledger.close(now))
            })?;
            if let Some(snapshot) = snapshot {
                write(sql, subject, &snapshot)?;
            }
        }
        Ok(())
    }

    /// Reads a balance.
    pub fn balance(&mut self, sql: &dyn Sql, subject: &str, now: Timestamp) -> Result<Option<Balance>, SqlError> {
        self.with(sql, subject, now, |ledger| ledger.balance())
    }

    /// Replaces a balance.
    pub fn set_balance(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        balance: Option<Balance>,
        now: Timestamp,
    ) -> Result<(), SqlError> {
        let snapshot = self.change(sql, subject, now, |ledger| {
            ledger.set_balance(balance);
            ledger.close(now)
        })?;
        write(sql, subject, &snapshot)
    }

    /// Writes down exactly what was spent where nothing has been for a while.
    pub fn close_quiet(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        let quiet = |ledger: &Ledger| ledger.is_open() && now >= ledger.saved_at().plus_millis(BLOCK_IDLE_MS);
        let subjects: Vec<String> =
            self.held.iter().filter(|(_, ledger)| quiet(ledger)).map(|(subject, _)| subject.clone()).collect();
        for subject in subjects {
            let snapshot = self.change(sql, &subject, now, |ledger| ledger.close(now))?;
            write(sql, &subject, &snapshot)?;
        }
        Ok(())
    }

    /// When there will be something to close next.
    pub fn close_at(&self) -> Option<Timestamp> {
        let open = self.held.iter().filter(|(_, ledger)| ledger.is_open());
        open.map(|(_, ledger)| ledger.saved_at().plus_millis(BLOCK_IDLE_MS)).min()
    }

    fn change<T>(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        now: Timestamp,
        work: impl FnOnce(&mut Ledger) -> T,
    ) -> Result<T, SqlError> {
        if !self.before.iter().any(|(known, _)| known == subject) {
            let before = self.with(sql, subject, now, |ledger| ledger.clone())?;
            self.before.push((subject.to_owned(), before));
        }
        self.with(sql, subject, now, work)
    }

    fn with<T>(
        &mut self,
        sql: &dyn Sql,
        subject: &str,
        now: Timestamp,
        work: impl FnOnce(&mut Ledger) -> T,
    ) -> Result<T, SqlError> {
        if !self.held.contains(subject) {
            let stored = query_one(sql, "SELECT snapshot FROM ledgers WHERE subject = ?", &[subject.into()])?;
            let ledger = match stored {
                Some(row) => Ledger::restore(row.json::<Snapshot>(0)?, now),
                None => Ledger::new(now),
            };
            self.weight = self.weight.saturating_add(ledger.weight());
            // A block that a crash has left open counts as spent, once it is closed for good.
            self.opened |= ledger.is_open();
            self.held.push(subject.to_owned(), ledger);
            self.make_room(sql, now)?;
        }
        let Some(ledger) = self.held.get_mut(subject) else {
            return Err(SqlError("a ledger has gone".to_owned()));
        };
        let (before, was_open) = (ledger.weight(), ledger.is_open());
        let result = work(ledger);
        self.opened |= ledger.is_open() && !was_open;
        self.weight = self.weight.saturating_sub(before).saturating_add(ledger.weight());
        Ok(result)
    }

    /// Lets those go that were used longest ago, all but the latest.
    fn make_room(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        while self.weight > WEIGHT_MAX && self.held.len() > 1 {
            let Some((subject, mut ledger)) = self.held.pop_lru() else { break };
            self.weight = self.weight.saturating_sub(ledger.weight());
            if ledger.is_open() {
                let snapshot = ledger.close(now);
                write(sql, &subject, &snapshot)?;
            }
        }
        Ok(())
    }
}

fn write(sql: &dyn Sql, subject: &str, snapshot: &Snapshot) -> Result<(), SqlError> {
    let statement = "INSERT INTO ledgers (subject, snapshot) VALUES (?, ?)
        ON CONFLICT (subject) DO UPDATE SET snapshot = excluded.snapshot";
    execute(sql, statement, &[subject.into(), json(snapshot)?])
}

/// What was debited from which ledgers, so that it can be given back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Debit(Vec<(String, Hold)>);

impl Debit {
    /// Whether there is nothing to give back.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The balance in the row of a ledger, as it was last written.
pub fn stored_balance(sql: &dyn Sql, subject: &str) -> Result<Option<Balance>, SqlError> {
    let statement = "SELECT json_extract(snapshot, '$.balance') FROM ledgers WHERE subject = ?";
    let row = query_one(sql, statement, &[subject.into()])?;
    row.filter(|row| row.optional_text(0).is_ok_and(|text| text.is_some())).map(|row| row.json(0)).transpose()
}
