//! A sliding window: how many tokens have been spent of late.
//!
//! Spendings lie in buckets, each no longer than a 256th of the window. A bucket counts whole until its latest
//! moment has left the window, so no window of time ever holds more than was allowed, and at a steady load less than
//! a hundredth is given away. Spendings that are further apart than a bucket are exact to the millisecond.
//!
//! Moments are milliseconds of whatever clock the caller counts by, as long as it never runs backwards.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Into how many buckets a window is divided, at least.
const BUCKETS: u32 = 256;

/// What has been spent within a window of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlidingWindow {
    window_ms: u32,
    /// The oldest first: the latest moment of each bucket, and its tokens (never 0).
    buckets: VecDeque<(i64, u32)>,
    /// The sum of all buckets.
    spent: u64,
    /// How many spendings there were.
    count: u64,
}

/// One spending, as it is needed to give it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debit {
    /// When.
    at: i64,
    /// How much.
    tokens: u32,
    /// The latest moment of its bucket before that, if there was such a bucket.
    before: Option<i64>,
    /// Which one it was.
    count: u64,
}

impl Debit {
    /// How many tokens were spent.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.tokens
    }
}

impl SlidingWindow {
    /// A window of so many milliseconds in which nothing has been spent.
    #[must_use]
    pub fn new(window_ms: u32) -> Self {
        Self { window_ms, buckets: VecDeque::new(), spent: 0, count: 0 }
    }

    /// A window with what `buckets` told.
    #[must_use]
    pub fn restore(window_ms: u32, mut buckets: Vec<(i64, u32)>) -> Self {
        buckets.sort_unstable();
        let spent = buckets.iter().fold(0, |sum: u64, (_, tokens)| sum.saturating_add((*tokens).into()));
        Self { window_ms, buckets: buckets.into(), spent, count: 0 }
    }

    /// The length (ms).
    #[must_use]
    pub fn window_ms(&self) -> u32 {
        self.window_ms
    }

    /// Gives the window another length. What it remembers stays where it is: each bucket at its latest moment.
    pub fn resize(&mut self, window_ms: u32) {
        self.window_ms = window_ms;
    }

    /// The buckets, the oldest first: latest moment and tokens.
    #[must_use]
    pub fn buckets(&self) -> Vec<(i64, u32)> {
        self.buckets.iter().copied().collect()
    }

    /// How many buckets are held.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.buckets.len()
    }

    /// The moment of the last spending that still counts.
    #[must_use]
    pub fn last(&self) -> Option<i64> {
        self.buckets.back().map(|(latest, _)| *latest)
    }

    /// How many tokens count as spent now.
    pub fn spent(&mut self, now: i64) -> u64 {
        let horizon = now.saturating_sub(self.window_ms.into());
        while let Some((_, tokens)) = self.buckets.front().copied().filter(|(latest, _)| *latest <= horizon) {
            self.buckets.pop_front();
            self.spent = self.spent.saturating_sub(tokens.into());
        }
        self.spent
    }

    /// Spends tokens, whether they are within a limit or not: who spends has looked before.
    pub fn spend(&mut self, now: i64, tokens: u32) -> Debit {
        self.spent(now);
        let width = i64::from((self.window_ms / BUCKETS).max(1));
        let mut before = None;
        match self.buckets.back_mut() {
            Some((latest, held)) if latest.div_euclid(width) >= now.div_euclid(width) => {
                before = Some(*latest);
                *latest = (*latest).max(now);
                let sum = held.saturating_add(tokens);
                self.spent = self.spent.saturating_add((sum - *held).into());
                *held = sum;
            }
            Some(_) | None if tokens > 0 => {
                self.spent = self.spent.saturating_add(tokens.into());
                self.buckets.push_back((now, tokens));
            }
            Some(_) | None => {}
        }
        self.count = self.count.saturating_add(1);
        Debit { at: now, tokens, before, count: self.count }
    }

    /// Undoes a spending, as far as it still counts: directly afterwards, everything is as it was before.
    pub fn give_back(&mut self, now: i64, debit: &Debit) {
        // What has left the window may have taken its bucket along; the next one is not to pay for it.
        if debit.at <= now.saturating_sub(self.window_ms.into()) {
            return;
        }
        // It lies in the first bucket that reaches so far: buckets only ever grow towards later moments.
        let place = self.buckets.partition_point(|(latest, _)| *latest < debit.at);
        let Some((latest, held)) = self.buckets.get_mut(place) else { return };
        let tokens = debit.tokens.min(*held);
        *held = held.saturating_sub(tokens);
        self.spent = self.spent.saturating_sub(tokens.into());
        if *held == 0 {
            self.buckets.remove(place);
        } else if debit.count == self.count
            && let Some(before) = debit.before
        {
            // Nobody has spent since: the rest of the bucket is as old as it was.
            *latest = before;
        }
    }

    /// How long (ms) until `cost` tokens can be spent under a limit: 0 for now, none for never.
    pub fn wait_ms(&mut self, now: i64, limit: u32, cost: u32) -> Option<u64> {
        let room = u64::from(limit.checked_sub(cost)?);
        let mut left = self.spent(now);
        let mut until = now;
        let mut oldest = self.buckets.iter();
        while left > room {
            let (latest, tokens) = oldest.next()?;
            left = left.saturating_sub((*tokens).into());
            until = latest.saturating_add(self.window_ms.into());
        }
        u64::try_from(until.saturating_sub(now)).ok()
    }

    /// How long (ms) until more than now can be spent under a limit; none while nothing is spent.
    pub fn restores_in_ms(&mut self, now: i64, limit: u32) -> Option<u64> {
        let spent = u32::try_from(self.spent(now)).unwrap_or(u32::MAX);
        if spent == 0 {
            return None;
        }
        self.wait_ms(now, limit, limit.saturating_sub(spent).saturating_add(1))
    }
}
