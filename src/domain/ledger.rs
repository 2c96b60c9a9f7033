//! The ledger of one key, session or organization: what has been spent of its limits, and its credits.
//!
//! All limits are looked at, then debited together. What is spent is kept in memory and written down in blocks: a
//! row holds what has been spent exactly, and a block of further tokens that may be spent before the next row. Who
//! finds such a row after a crash counts the block as spent. The busier the ledger, the larger the block, so there is
//! about a row a second and a crash costs about a second of traffic; a quiet ledger writes each spending at once.
//! Credits are written with each spending.
//!
//! Tokens that are given out in a bank are spent ahead, until somebody reports what has become of them. A row says how
//! far ahead its block may reach, so that a crash dates nothing too early.
//!
//! Windows are measured by a clock of the ledger's own: it runs with the clock it is shown, stands still where that
//! one is set back, and goes on from there. It never runs faster, so no step of the clock lets anybody spend more.

mod named_window;
mod records;
mod terms;

use super::credits::Balance;
use super::rate_limit::{Level, LimitName, LimitUse, RATE_LIMITS_MAX, RateLimit, Refusal};
use super::timestamp::Timestamp;
use super::window::SlidingWindow;

use named_window::NamedWindow;
use records::SavedWindow;
pub use records::{Hold, Snapshot};
pub use terms::{Shortage, Terms, View};

/// A clock that goes back by no more than this (ms) is waited for; by more, and it has been set.
const JITTER_MS: i64 = 1_000;
/// A block that lasted less than this (ms) was too small.
const BLOCK_SHORT_MS: i64 = 1_000;
/// One that lasted longer than this (ms) was too large.
const BLOCK_LONG_MS: i64 = 2_000;
/// A ledger that is written to no more often than this (ms) needs none. After so long without a row, an open block is
/// to be closed.
pub const BLOCK_IDLE_MS: i64 = 5_000;
/// A block is never larger than this part of a limit, or than a second of it.
const BLOCK_SHARE: u32 = 16;
/// Into how many moments a window is divided: what was spent in the last one tells how fast a limit goes.
const MOMENTS: u32 = 128;

/// What has been spent of the limits of one subject, and its credits.
#[derive(Clone, Debug)]
pub struct Ledger {
    clock: i64,
    seen: Timestamp,
    windows: Vec<NamedWindow>,
    /// How many windows have been opened.
    opened: u64,
    balance: Option<Balance>,
    /// How many times the balance was filled up or replaced, and by how much the last time filled it up.
    revision: u64,
    filled_up_by: u64,
    /// Credits of holds from before this revision are not given back: somebody has said since how many are left.
    counts_from: u64,
    /// The size of blocks.
    block: u32,
    /// Whether the last row has an open block.
    is_open: bool,
    saves: u64,
    /// When the last row was written, by the ledger's clock, and the credits and revision in it.
    saved_at: Option<i64>,
    saved_credits: (Option<u64>, u64),
}

impl Ledger {
    /// A ledger of which nothing has ever been spent.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            clock: 0,
            seen: now,
            windows: Vec::new(),
            opened: 0,
            balance: None,
            revision: 0,
            filled_up_by: 0,
            counts_from: 0,
            block: 0,
            is_open: false,
            saves: 0,
            saved_at: None,
            saved_credits: (None, 0),
        }
    }

    /// The ledger as the last row tells: what was open is spent, as of now, or as far ahead as it may have been.
    #[must_use]
    pub fn restore(snapshot: Snapshot, now: Timestamp) -> Self {
        let mut ledger = Self {
            clock: snapshot.clock,
            seen: snapshot.seen,
            saved_at: Some(snapshot.clock),
            balance: snapshot.balance,
            saved_credits: (snapshot.balance.map(|balance| balance.remaining), 0),
            ..Self::new(now)
        };
        ledger.advance(now);
        for saved in snapshot.windows {
            let mut window = SlidingWindow::restore(saved.window_ms, saved.spent);
            if saved.open > 0 {
                let until = ledger.clock.saturating_add(saved.ahead_ms.max(0));
                window.spend_ahead(ledger.clock, until, saved.open);
                ledger.is_open = true;
            }
            ledger.windows.push(NamedWindow::new(saved.name, window));
        }
        ledger
    }

    /// What there is for somebody who wants to spend `cost`. Nothing is spent; a cost of 0 is never refused.
    pub fn view(&mut self, terms: &Terms<'_>, cost: u32, now: Timestamp) -> View {
        self.advance(now);
        let limits: Vec<LimitUse> = terms.limits.iter().map(|limit| self.look(terms.level, limit, cost, now)).collect();
        let credits =
            terms.credits.map(|settings| self.balance.map_or(0, |balance| balance.at(settings, now).remaining));
        let shortage = if limits.iter().any(|limit| limit.refusal.is_some()) {
            Some(Shortage::Limit)
        } else {
            credits.filter(|left| *left < cost.into()).map(|_| Shortage::Credits)
        };
        let lately = terms.limits.iter().map(|limit| self.lately(limit)).collect();
        View { limits, lately, credits, shortage }
    }

    /// What was spent of a limit a moment ago, or is out.
    fn lately(&mut self, limit: &RateLimit) -> u32 {
        let since = self.clock.saturating_sub(i64::from(limit.window_ms / MOMENTS));
        let spent = self.window_mut(&limit.name).map_or(0, |named| named.window.spent_after(since));
        u32::try_from(spent).unwrap_or(u32::MAX)
    }

    fn look(&mut self, level: Level, limit: &RateLimit, cost: u32, now: Timestamp) -> LimitUse {
        let clock = self.clock;
        // As long as the clock shown is behind, the ledger's stands still.
        let standstill = u64::try_from(self.seen.millis_since(now)).unwrap_or(0);
        let mut untouched = SlidingWindow::new(limit.window_ms, clock);
        let window = self.window_mut(&limit.name).map_or(&mut untouched, |named| &mut named.window);
        window.resize(limit.window_ms);
        let spent = window.spent(clock);
        let remaining = u64::from(limit.limit).saturating_sub(spent);
        let refuses = u64::from(cost) > remaining;
        let wait = |ms: u64| if ms == 0 { 0 } else { ms.saturating_add(standstill) };
        LimitUse {
            level,
            limit: limit.clone(),
            remaining: u32::try_from(remaining).unwrap_or(limit.limit),
            restores_in_ms: window.restores_in_ms(clock, limit.limit).map(wait),
            refusal: refuses.then(|| Refusal { wait_ms: window.wait_ms(clock, limit.limit, cost).map(wait) }),
        }
    }

    /// Debits `cost` from every limit and from the credits. Whether there is enough of it is what `view` tells.
    pub fn spend(&mut self, terms: &Terms<'_>, cost: u32, now: Timestamp) -> Hold {
        self.spend_ahead(terms, cost, 0, now)
    }

    /// The same for tokens that their holder may spend until `ahead_ms` from now: they count as spent then.
    pub fn spend_ahead(&mut self, terms: &Terms<'_>, cost: u32, ahead_ms: i64, now: Timestamp) -> Hold {
        self.advance(now);
        if cost == 0 {
            return Hold::default();
        }
        self.forget(terms);
        self.open_windows(terms);
        let mut hold = Hold { saves: self.saves, ..Hold::default() };
        for limit in terms.limits {
            let clock = self.clock;
            let Some(named) = self.window_mut(&limit.name) else { continue };
            named.window.resize(limit.window_ms);
            named.unsaved = named.unsaved.saturating_add(cost.into());
            named.ahead_ms = named.ahead_ms.max(ahead_ms);
            let debit = named.window.spend_ahead(clock, clock.saturating_add(ahead_ms), cost);
            hold.debits.push((limit.name.clone(), debit));
        }
        if let Some((settings, balance)) = terms.credits.zip(self.balance) {
            let filled = balance.at(settings, now);
            if settings.refill.is_some() && filled != balance {
                self.revision = self.revision.saturating_add(1);
                self.filled_up_by = filled.remaining.saturating_sub(balance.remaining);
            }
            hold.credits = filled.remaining.min(cost.into());
            self.balance = Some(Balance { remaining: filled.remaining.saturating_sub(hold.credits), ..filled });
        }
        hold.revision = self.revision;
        hold
    }

    /// Undoes a spending. What has gone into a row already stays in it until the next one is written; as long as it does,
    /// the row counts as open.
    pub fn give_back(&mut self, hold: &Hold) {
        let saves = self.saves;
        self.is_open |= hold.saves != saves && !hold.debits.is_empty();
        for (name, debit) in &hold.debits {
            let Some(named) = self.window_mut(name) else { continue };
            named.window.give_back(debit);
            if hold.saves == saves {
                named.unsaved = named.unsaved.saturating_sub(debit.tokens().into());
            }
        }
        let mut credits = if hold.revision < self.counts_from { 0 } else { hold.credits };
        if hold.revision != self.revision {
            // The balance was filled up to the brim in the meantime: a part of it has come back that way.
            let came_back = credits.min(self.filled_up_by);
            credits = credits.saturating_sub(came_back);
            self.filled_up_by = self.filled_up_by.saturating_sub(came_back);
        }
        if let Some(balance) = &mut self.balance {
            balance.remaining = balance.remaining.saturating_add(credits);
        }
    }

    /// Of tokens that were spent ahead, so many have been spent by now, and no more will be: these count from now, and
    /// the others are free again. A row that has them all as of their end has enough.
    pub fn settle(&mut self, hold: &Hold, spent: u32, now: Timestamp) {
        self.advance(now);
        let (saves, clock) = (self.saves, self.clock);
        self.is_open |= hold.saves != saves && !hold.debits.is_empty();
        for (name, debit) in &hold.debits {
            let Some(named) = self.window_mut(name) else { continue };
            named.window.settle(debit, spent, clock);
            if hold.saves == saves {
                named.unsaved = named.unsaved.saturating_sub(debit.tokens().saturating_sub(spent).into());
            }
        }
    }

    /// The credits, as they were when they were last spent or set.
    #[must_use]
    pub fn balance(&self) -> Option<Balance> {
        self.balance
    }

    /// Replaces the credits by what somebody has reckoned from them. What is given back afterwards is added to them.
    pub fn change_balance(&mut self, balance: Balance) {
        self.balance = Some(balance);
        self.revision = self.revision.saturating_add(1);
        self.filled_up_by = 0;
    }

    /// Sets the credits, whatever they were. What is given back of before is not added to them.
    pub fn set_balance(&mut self, balance: Option<Balance>) {
        self.balance = balance;
        self.revision = self.revision.saturating_add(1);
        self.filled_up_by = 0;
        self.counts_from = self.revision;
    }

    /// Whether more has been spent than the last row allows for. A spending is not to be answered before that is
    /// written down.
    #[must_use]
    pub fn needs_saving(&self) -> bool {
        self.windows.iter().any(NamedWindow::needs_saving) || self.saved_credits != self.credits()
    }

    /// The row to be written now: what has been spent, and a new block.
    pub fn save(&mut self, terms: &Terms<'_>, now: Timestamp) -> Snapshot {
        self.advance(now);
        self.block = self.next_block(terms);
        self.snapshot(|name, block| if terms.limits.iter().any(|limit| limit.name == *name) { block } else { 0 })
    }

    /// The row to be written when nothing has been for a while: what has been spent, and no block.
    pub fn close(&mut self, now: Timestamp) -> Snapshot {
        self.advance(now);
        self.block = 0;
        self.snapshot(|_, _| 0)
    }

    /// Whether the last row has an open block, which a crash would cost.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// When the last row was written, by the clock as it is set now.
    #[must_use]
    pub fn saved_at(&self) -> Timestamp {
        self.seen.plus_millis(self.saved_at.unwrap_or(self.clock).saturating_sub(self.clock))
    }

    /// How many buckets are held.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.windows.iter().map(|named| named.window.weight()).sum()
    }

    fn advance(&mut self, now: Timestamp) {
        let step = now.millis_since(self.seen);
        self.clock = self.clock.saturating_add(step.max(0));
        let trembles = -JITTER_MS..=0;
        if !trembles.contains(&step) {
            self.seen = now;
        }
    }

    fn window_mut(&mut self, name: &LimitName) -> Option<&mut NamedWindow> {
        self.windows.iter_mut().find(|named| named.name == *name)
    }

    /// Adds a window for each limit that has none.
    fn open_windows(&mut self, terms: &Terms<'_>) {
        for limit in terms.limits {
            let clock = self.clock;
            if self.window_mut(&limit.name).is_none() {
                self.opened = self.opened.saturating_add(1);
                let window = SlidingWindow::new(limit.window_ms, clock).numbered(self.opened);
                self.windows.push(NamedWindow::new(limit.name.clone(), window));
            }
        }
    }

    /// Drops windows of limits that are gone once nothing in them counts any more: a limit that comes back remembers.
    /// Of more than there can be limits, those go first that were left first.
    fn forget(&mut self, terms: &Terms<'_>) {
        let clock = self.clock;
        let is_gone = |named: &NamedWindow| terms.limits.iter().all(|limit| limit.name != named.name);
        self.windows.retain_mut(|named| !is_gone(named) || named.window.spent(clock) > 0);
        while self.windows.iter().filter(|named| is_gone(named)).count() > RATE_LIMITS_MAX {
            let gone = self.windows.iter().enumerate().filter(|(_, named)| is_gone(named));
            let Some((place, _)) = gone.min_by_key(|(_, named)| named.window.last()) else { break };
            self.windows.remove(place);
        }
    }

    fn credits(&self) -> (Option<u64>, u64) {
        (self.balance.map(|balance| balance.remaining), self.revision)
    }

    /// The size of the next block, by how long the former has lasted.
    fn next_block(&self, terms: &Terms<'_>) -> u32 {
        // Credits are written with each spending, and the windows along with them.
        let Some(cap) = terms.limits.iter().map(block_max).min().filter(|_| terms.credits.is_none()) else { return 0 };
        let lasted = self.saved_at.map_or(i64::MAX, |saved| self.clock.saturating_sub(saved));
        let block = if lasted < BLOCK_SHORT_MS {
            self.block.saturating_mul(2).saturating_add(1)
        } else if lasted > BLOCK_IDLE_MS {
            0
        } else if lasted > BLOCK_LONG_MS {
            self.block / 2
        } else {
            self.block
        };
        block.min(cap)
    }

    fn snapshot(&mut self, block: impl Fn(&LimitName, u32) -> u32) -> Snapshot {
        let clock = self.clock;
        self.saves = self.saves.saturating_add(1);
        self.saved_at = Some(clock);
        self.saved_credits = self.credits();
        for named in &mut self.windows {
            named.open = block(&named.name, self.block);
            // What was given ahead since the last row is given ahead in this block as well.
            named.open_ahead_ms = named.ahead_ms;
            (named.unsaved, named.ahead_ms) = (0, 0);
            named.window.spent(clock);
        }
        self.is_open = self.windows.iter().any(|named| named.open > 0);
        let counting = self.windows.iter().filter(|named| named.open > 0 || named.window.weight() > 0);
        let windows = counting.map(|named| SavedWindow {
            name: named.name.clone(),
            window_ms: named.window.window_ms(),
            spent: named.window.buckets(),
            open: named.open,
            ahead_ms: if named.open > 0 { named.open_ahead_ms } else { 0 },
        });
        Snapshot { clock, seen: self.seen, windows: windows.collect(), balance: self.balance }
    }
}

/// The largest block of a limit: a sixteenth of it, or a second of it if that is more.
fn block_max(limit: &RateLimit) -> u32 {
    let second = u64::from(limit.limit).saturating_mul(1_000) / u64::from(limit.window_ms.max(1));
    (limit.limit / BLOCK_SHARE).max(u32::try_from(second).unwrap_or(limit.limit))
}

#[cfg(test)]
mod bank_simulation;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
