//! A sliding window: how many tokens have been spent of late.
//!
//! Spendings lie in buckets, each no longer than a 256th of the window. A bucket counts whole until its latest
//! moment has left the window, so no window of time ever holds more than was allowed, and at a steady load less than
//! a hundredth is given away. Spendings that are further apart than a bucket are exact to the millisecond.
//!
//! A spending may be dated ahead: tokens that somebody has been given to spend until then.
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
    /// The latest moment of the last bucket that has left.
    gone: i64,
    /// How many spendings there were.
    count: u64,
    /// Tells it from another window that stood for the same limit before.
    number: u64,
}

/// One spending, as it is needed to give it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debit {
    /// As of when it counts.
    at: i64,
    /// How much.
    tokens: u32,
    /// The latest moment of its bucket before that, if there was such a bucket.
    before: Option<i64>,
    /// Which one it was.
    count: u64,
    /// Of which window.
    #[serde(default)]
    window: u64,
}

impl Debit {
    /// How many tokens were spent.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.tokens
    }
}

impl SlidingWindow {
    /// A window of so many milliseconds in which nothing has been spent before now.
    #[must_use]
    pub fn new(window_ms: u32, now: i64) -> Self {
        Self { window_ms, buckets: VecDeque::new(), spent: 0, gone: now.saturating_sub(1), count: 0, number: 0 }
    }

    /// A window with what `buckets` told.
    #[must_use]
    pub fn restore(window_ms: u32, mut buckets: Vec<(i64, u32)>) -> Self {
        buckets.sort_unstable();
        let spent = buckets.iter().fold(0, |sum: u64, (_, tokens)| sum.saturating_add((*tokens).into()));
        Self { window_ms, buckets: buckets.into(), spent, gone: i64::MIN, count: 0, number: 0 }
    }

    /// The same window with a number of its own.
    #[must_use]
    pub fn numbered(self, number: u64) -> Self {
        Self { number, ..self }
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
        let begin = now.saturating_sub(self.window_ms.into());
        while let Some((latest, tokens)) = self.buckets.front().copied().filter(|(latest, _)| *latest <= begin) {
            self.buckets.pop_front();
            self.gone = self.gone.max(latest);
            self.spent = self.spent.saturating_sub(tokens.into());
        }
        if self.buckets.is_empty() {
            self.buckets.shrink_to_fit();
        }
        self.spent
    }

    /// How many tokens count as spent as of later than `since`, those ahead included.
    #[must_use]
    pub fn spent_after(&self, since: i64) -> u64 {
        let later = self.buckets.iter().rev().take_while(|(latest, _)| *latest > since);
        later.fold(0, |sum, (_, tokens)| sum.saturating_add((*tokens).into()))
    }

    /// Spends tokens, whether they are within a limit or not: who spends has looked before.
    pub fn spend(&mut self, now: i64, tokens: u32) -> Debit {
        self.spend_ahead(now, now, tokens)
    }

    /// Spends tokens that count as spent at `at`, which is no earlier than now: their holder has until then.
    pub fn spend_ahead(&mut self, now: i64, at: i64, tokens: u32) -> Debit {
        self.spent(now);
        let at = at.max(now);
        let width = i64::from((self.window_ms / BUCKETS).max(1));
        let is_near = |(latest, _): &&(i64, u32)| latest.div_euclid(width) == at.div_euclid(width);
        // What lies further ahead keeps its own bucket: nothing is to count for longer because of it.
        let place = self.buckets.partition_point(|(latest, _)| *latest < at);
        let before_it = place.checked_sub(1).filter(|_| self.buckets.get(place).filter(is_near).is_none());
        let near = before_it.filter(|place| self.buckets.get(*place).filter(is_near).is_some()).unwrap_or(place);
        let mut before = None;
        match self.buckets.get_mut(near).filter(|bucket| is_near(&&**bucket)) {
            Some((latest, held)) => {
                before = Some(*latest);
                *latest = (*latest).max(at);
                let sum = held.saturating_add(tokens);
                self.spent = self.spent.saturating_add((sum - *held).into());
                *held = sum;
            }
            None if tokens > 0 => {
                self.spent = self.spent.saturating_add(tokens.into());
                self.buckets.insert(place, (at, tokens));
            }
            None => {}
        }
        self.count = self.count.saturating_add(1);
        Debit { at, tokens, before, count: self.count, window: self.number }
    }

    /// Undoes a spending, as far as it still counts: directly afterwards, everything is as it was before.
    pub fn give_back(&mut self, debit: &Debit) {
        // Its bucket has left the window; the next one is not to pay for it. What is older than the window but in a
        // bucket with something younger has not left.
        if debit.at <= self.gone || debit.window != self.number {
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

    /// Of tokens that were spent ahead, so many have been spent by now, and no more will be. They count from now, or as
    /// they did if their moment has come already. The others are given back.
    pub fn settle(&mut self, debit: &Debit, spent: u32, now: i64) {
        self.spent(now);
        let spent = spent.min(debit.tokens);
        if debit.window != self.number {
            return;
        }
        if debit.at <= now {
            let rest = Debit { tokens: debit.tokens.saturating_sub(spent), before: None, ..*debit };
            self.give_back(&rest);
        } else {
            self.give_back(debit);
            self.spend(now, spent);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spend_all(window: &mut SlidingWindow, spendings: impl IntoIterator<Item = (i64, u32)>) {
        for (now, tokens) in spendings {
            window.spend(now, tokens);
        }
    }

    #[test]
    fn a_token_counts_until_its_moment_is_a_window_ago() {
        let mut window = SlidingWindow::new(1_000, 0);
        window.spend(5, 2);
        assert_eq!((window.spent(5), window.spent(1_004), window.spent(1_005)), (2, 2, 0));
        assert_eq!(window.weight(), 0);
        window.spend(2_000, 0);
        assert_eq!(window.weight(), 0, "nothing takes no room");
    }

    #[test]
    fn a_bucket_counts_whole_until_its_latest_moment_is_out() {
        // Buckets are 234 ms long.
        let mut window = SlidingWindow::new(60_000, 0);
        spend_all(&mut window, [0, 100, 233, 234].map(|now| (now, 1)));
        assert_eq!(window.buckets(), [(233, 3), (234, 1)]);
        assert_eq!((window.spent(60_232), window.spent(60_233), window.spent(60_234)), (4, 1, 0));
    }

    #[test]
    fn there_are_at_least_256_buckets_and_not_many_more() {
        for window_ms in [1_000, 1_023, 1_024, 60_000, 86_400_000] {
            let mut window = SlidingWindow::new(window_ms, 0);
            let step = usize::try_from(window_ms / 1_000).unwrap();
            spend_all(&mut window, (0..i64::from(window_ms)).step_by(step).map(|now| (now, 1)));
            assert!((256..=342).contains(&window.weight()), "{} in {window_ms} ms", window.weight());
        }
    }

    #[test]
    fn how_long_to_wait_is_counted_from_the_bucket_that_makes_room() {
        let mut window = SlidingWindow::new(1_000, 0);
        spend_all(&mut window, [(0, 2), (100, 3), (200, 1)]);
        for (limit, cost, wait) in [
            (8, 2, Some(0)),
            (6, 0, Some(0)),
            (6, 1, Some(700)),
            (6, 3, Some(800)),
            (6, 6, Some(900)),
            (6, 7, None),
            (2, 1, Some(800)),
            (0, 1, None),
        ] {
            assert_eq!(window.wait_ms(300, limit, cost), wait, "{cost} of {limit}");
        }
        assert_eq!(window.restores_in_ms(300, 6), Some(700));
        assert_eq!(window.restores_in_ms(300, 2), Some(800), "more has been spent than the limit is now");
        assert_eq!(window.restores_in_ms(1_200, 6), None);
    }

    #[test]
    fn what_is_given_back_leaves_no_trace_unless_somebody_has_spent_since() {
        let mut window = SlidingWindow::new(60_000, 0);
        window.spend(10, 1);
        let before = window.buckets();
        for now in [10, 20, 300] {
            let debit = window.spend(now, 2);
            window.give_back(&debit);
            assert_eq!((window.buckets(), window.spent(now)), (before.clone(), 1));
        }
        let first = window.spend(20, 2);
        window.spend(20, 4);
        window.give_back(&first);
        assert_eq!(window.buckets(), [(20, 5)], "the four are not made older than they are");
    }

    #[test]
    fn what_has_left_the_window_is_not_given_back_at_the_cost_of_others() {
        let mut window = SlidingWindow::new(1_000, 0);
        let old = window.spend(0, 1);
        window.spend(1_000, 1);
        window.give_back(&old);
        assert_eq!(window.spent(1_000), 1);
        window.resize(60_000);
        window.give_back(&old);
        assert_eq!(window.spent(1_000), 1, "nor in a window that has become longer");
    }

    #[test]
    fn a_window_of_another_length_keeps_each_bucket_where_it_is() {
        let mut window = SlidingWindow::new(60_000, 0);
        spend_all(&mut window, [0, 100, 30_000].map(|now| (now, 1)));
        window.resize(10_000);
        assert_eq!(window.spent(39_999), 1);
        window.resize(86_400_000);
        window.spend(40_000, 1);
        assert_eq!(window.buckets(), [(40_000, 2)], "the buckets of a day are longer");
    }

    #[test]
    fn what_is_spent_ahead_counts_until_its_moment_has_left_and_dates_nothing_else() {
        // Buckets are 234 ms long.
        let mut window = SlidingWindow::new(60_000, 0);
        window.spend(0, 1);
        window.spend_ahead(0, 734, 10);
        spend_all(&mut window, [(100, 1), (300, 1), (720, 1), (1_000, 1)]);
        assert_eq!(window.buckets(), [(100, 2), (300, 1), (734, 11), (1_000, 1)]);
        assert_eq!((window.spent(60_100), window.spent(60_733), window.spent(60_734)), (13, 12, 1));
        assert_eq!(window.spend_ahead(60_800, 0, 1).at, 60_800, "nothing is spent in the past");
    }

    #[test]
    fn a_report_dates_what_was_spent_and_frees_the_rest() {
        let mut window = SlidingWindow::new(60_000, 0);
        window.spend(0, 1);
        let [early, late, lost] = [0, 1, 2].map(|now| window.spend_ahead(now, now + 734, 10));
        window.settle(&early, 4, 300);
        assert_eq!(window.buckets(), [(0, 1), (300, 4), (736, 20)]);
        window.settle(&late, 3, 800);
        assert_eq!(window.buckets(), [(0, 1), (300, 4), (736, 13)], "its moment has come: it counts as it did");
        window.settle(&lost, 11, 800);
        assert_eq!(window.spent(800), 18, "nobody can spend more than there was");
        window.settle(&lost, 0, 60_736);
        assert_eq!(window.spent(60_736), 0);
        window.spend(70_210, 1);
        let part = window.spend_ahead(70_210, 70_300, 10);
        assert_eq!(window.buckets(), [(70_300, 11)]);
        window.settle(&part, 4, 70_300);
        assert_eq!(window.buckets(), [(70_300, 5)], "the four are not made older than they are");
    }

    #[test]
    fn what_was_spent_after_a_moment_is_told_with_what_lies_ahead() {
        let mut window = SlidingWindow::new(60_000, 0);
        spend_all(&mut window, [(0, 1), (300, 2), (600, 4)]);
        window.spend_ahead(600, 2_000, 8);
        assert_eq!([0, 299, 300, 600, 2_000].map(|since| window.spent_after(since)), [14, 14, 12, 8, 0]);
    }

    #[test]
    fn what_nobody_has_spent_is_free_at_once_however_late_it_is_reported() {
        // Buckets are 234 ms long: one holds both.
        let mut window = SlidingWindow::new(60_000, 0);
        let (first, second) = (window.spend_ahead(0, 734, 1), window.spend_ahead(58, 792, 1));
        assert_eq!((window.buckets(), window.spent(60_734)), (vec![(792, 2)], 2), "it counts until its last moment");
        window.settle(&first, 0, 60_734);
        assert_eq!(window.spent(60_734), 1, "the moment of the first is a window ago, but it was never spent");
        window.settle(&second, 0, 60_734);
        assert_eq!(window.spent(60_734), 0);
    }

    #[test]
    fn what_is_reported_of_a_former_window_is_not_given_back_by_the_next_one() {
        let mut former = SlidingWindow::new(60_000, 0).numbered(1);
        let debit = former.spend_ahead(0, 734, 10);
        let mut window = SlidingWindow::new(60_000, 0).numbered(2);
        window.spend_ahead(1, 735, 10);
        window.settle(&debit, 0, 2);
        window.give_back(&debit);
        assert_eq!(window.spent(2), 10);
    }
}
