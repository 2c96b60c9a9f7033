//! The promises of a ledger under arrivals, restarts and clocks of all kinds, against a log that forgets nothing.

use proptest::prelude::*;

use super::*;
use crate::domain::sample::at;

fn limit(name: &str, limit: u32, window_ms: u32) -> RateLimit {
    RateLimit { name: LimitName::parse(name).unwrap(), limit, window_ms }
}

fn terms(limits: &[RateLimit]) -> Terms<'_> {
    Terms { level: Level::Key, limits, credits: None }
}

/// An object with its disk, and an observer who writes down everything.
struct World {
    ledger: Ledger,
    disk: Option<Snapshot>,
    limits: [Option<RateLimit>; 3],
    now: Timestamp,
    /// The time that has passed for the observer: all that the clock has ever gone forward.
    elapsed: i64,
    shown: Timestamp,
    log: Vec<Entry>,
    holds: Vec<(Hold, usize)>,
    /// Of each limit, the moment before which spendings had left its window at some look.
    forgotten: [i64; 3],
    /// The lengths of the windows when somebody last asked, and when a row was last written.
    asked_by: [Option<u32>; 3],
    saved_by: [Option<u32>; 3],
    is_calm: bool,
}

struct Entry {
    at: i64,
    cost: u32,
    counts_for: [bool; 3],
}

#[derive(Clone, Debug)]
enum Event {
    Wait(i64),
    SetClock(i64),
    /// Somebody asks, and is answered at once.
    Ask(u32),
    /// Somebody asks, and the answer depends on others.
    Begin(u32),
    /// Which one, and whether they agreed.
    Finish(usize, bool),
    Alarm,
    Evict,
    Crash,
    Change(usize, Option<(u32, u32)>),
}

const NAMES: [&str; 3] = ["a", "b", "c"];
const WINDOWS_MS: [u32; 4] = [1_000, 1_500, 10_000, 60_000];

fn any_limit() -> impl Strategy<Value = (u32, u32)> {
    (prop_oneof![1..8_u32, 1..100_u32], proptest::sample::select(&WINDOWS_MS[..]))
}

fn calm() -> BoxedStrategy<Event> {
    prop_oneof![
        4 => prop_oneof![0..30_i64, 0..30_i64, 0..700_i64, 0..20_000_i64].prop_map(Event::Wait),
        // Until a bucket is on its way out.
        1 => prop_oneof![990..1_001_i64, 1_490..1_501_i64, 9_950..10_001_i64, 59_750..60_001_i64].prop_map(Event::Wait),
        9 => prop_oneof![Just(1_u32), 0..12_u32].prop_map(Event::Ask),
        2 => (0..12_u32).prop_map(Event::Begin),
        2 => (0..4_usize, any::<bool>()).prop_map(|(which, good)| Event::Finish(which, good)),
        1 => Just(Event::Alarm),
        1 => Just(Event::Evict),
    ]
    .boxed()
}

fn rough() -> BoxedStrategy<Event> {
    prop_oneof![
        14 => calm(),
        1 => prop_oneof![-1_500..1_500_i64, -90_000..90_000_i64].prop_map(Event::SetClock),
        1 => Just(Event::Crash),
        1 => (0..3_usize, proptest::option::weighted(0.8, any_limit())).prop_map(|(slot, to)| Event::Change(slot, to)),
    ]
    .boxed()
}

impl World {
    fn new(limits: [Option<(u32, u32)>; 3], is_calm: bool) -> Self {
        let mut world = Self {
            ledger: Ledger::new(at(0)),
            disk: None,
            limits: [None, None, None],
            now: at(0),
            elapsed: 0,
            shown: at(0),
            log: Vec::new(),
            holds: Vec::new(),
            forgotten: [i64::MIN; 3],
            asked_by: [None; 3],
            saved_by: [None; 3],
            is_calm,
        };
        for (slot, numbers) in limits.into_iter().enumerate() {
            world.change(slot, numbers);
        }
        world
    }

    fn change(&mut self, slot: usize, numbers: Option<(u32, u32)>) {
        self.limits[slot] = numbers.map(|(tokens, window_ms)| limit(NAMES[slot], tokens, window_ms));
    }

    fn limits(&self) -> Vec<RateLimit> {
        self.limits.iter().flatten().cloned().collect()
    }

    /// Looks at the clock, as every call of the ledger does.
    fn look(&mut self) -> Timestamp {
        self.elapsed += self.now.millis_since(self.shown).max(0);
        self.shown = self.now;
        for slot in 0..3 {
            // The windows are as long as they were when somebody last asked, or as the row says.
            let shortest = self.asked_by[slot].into_iter().chain(self.saved_by[slot]).min();
            let horizon = shortest.map_or(i64::MIN, |window_ms| self.elapsed - i64::from(window_ms));
            self.forgotten[slot] = self.forgotten[slot].max(horizon);
        }
        self.now
    }

    /// What the observer has counted for a limit after that moment.
    fn counted(&self, slot: usize, after: i64) -> u64 {
        let counts = |entry: &&Entry| entry.counts_for[slot] && entry.at > after;
        self.log.iter().filter(counts).map(|entry| u64::from(entry.cost)).sum()
    }

    fn ask(&mut self, cost: u32) -> Option<Hold> {
        let now = self.look();
        let limits = self.limits();
        for slot in 0..3 {
            self.asked_by[slot] = self.limits[slot].as_ref().map(|limit| limit.window_ms).or(self.asked_by[slot]);
        }
        self.look();
        let view = self.ledger.view(&terms(&limits), cost, now);
        if view.shortage.is_some() {
            self.check_refusal(&view, cost);
            return None;
        }
        let hold = self.ledger.spend(&terms(&limits), cost, now);
        if self.ledger.needs_saving() {
            self.disk = Some(self.ledger.save(&terms(&limits), now));
            self.saved_by = self.asked_by;
        }
        let counts_for = [0, 1, 2].map(|slot| self.limits[slot].is_some());
        self.log.push(Entry { at: self.elapsed, cost, counts_for });
        self.check_nothing_is_over();
        Some(hold)
    }

    fn check_nothing_is_over(&self) {
        for slot in 0..3 {
            let Some(limit) = &self.limits[slot] else { continue };
            let since = (self.elapsed - i64::from(limit.window_ms)).max(self.forgotten[slot]);
            let counted = self.counted(slot, since);
            // A limit that was lowered may have been passed already; then nothing more is to be accepted.
            assert!(counted <= limit.limit.into() || self.log.last().unwrap().cost == 0, "{counted} of {limit:?}");
        }
    }

    /// In a calm world, what is refused would not have fitted into a window that is a 256th longer.
    fn check_refusal(&self, view: &View, cost: u32) {
        for one in view.limits.iter().filter(|one| self.is_calm && one.refusal.is_some()) {
            let slot = NAMES.iter().position(|name| *name == one.limit.name.as_str()).unwrap();
            let window_ms = i64::from(one.limit.window_ms);
            let counted = self.counted(slot, self.elapsed - window_ms - window_ms / 256) + u64::from(cost);
            assert!(counted > one.limit.limit.into(), "{counted} of {one:?}");
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Wait(ms) => self.now = self.now.plus_millis(ms),
            Event::SetClock(ms) => {
                self.now = self.now.plus_millis(ms);
                self.look();
            }
            Event::Ask(cost) => drop(self.ask(cost)),
            Event::Begin(cost) => {
                if let Some(hold) = self.ask(cost) {
                    self.holds.push((hold, self.log.len() - 1));
                }
            }
            Event::Finish(which, agreed) => {
                if which < self.holds.len() {
                    let (hold, entry) = self.holds.remove(which);
                    if !agreed {
                        self.ledger.give_back(&hold);
                        // What is out of a window already counts there for as long as its bucket does.
                        let entry = &mut self.log[entry];
                        entry.counts_for =
                            [0, 1, 2].map(|slot| entry.counts_for[slot] && entry.at <= self.forgotten[slot]);
                    }
                }
            }
            Event::Alarm => {
                let now = self.look();
                self.disk = Some(self.ledger.close(now));
                self.saved_by = self.asked_by;
            }
            Event::Evict => {
                self.happen(Event::Alarm);
                self.happen(Event::Crash);
            }
            Event::Crash => {
                let now = self.look();
                self.ledger = match &self.disk {
                    Some(snapshot) => Ledger::restore(snapshot.clone(), now),
                    None => Ledger::new(now),
                };
                self.asked_by = self.saved_by;
                // Nobody is answered any more. What they asked for counts nevertheless.
                self.holds.clear();
            }
            Event::Change(slot, numbers) => self.change(slot, numbers),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_window_ever_holds_more_than_its_limit(
        limits in proptest::array::uniform3(proptest::option::weighted(0.7, any_limit())),
        events in proptest::collection::vec(rough(), 1..300),
    ) {
        let mut world = World::new(limits, false);
        events.into_iter().for_each(|event| world.happen(event));
    }

    #[test]
    fn nobody_is_refused_who_would_fit_into_a_window_a_256th_longer(
        limits in proptest::array::uniform3(proptest::option::weighted(0.7, any_limit())),
        events in proptest::collection::vec(calm(), 1..300),
    ) {
        let mut world = World::new(limits, true);
        events.into_iter().for_each(|event| world.happen(event));
    }

    #[test]
    fn a_crash_costs_at_most_the_open_block_and_an_eviction_nothing(
        numbers in (1..2_000_u32, proptest::sample::select(&WINDOWS_MS[..])),
        events in proptest::collection::vec(calm(), 1..300),
    ) {
        let mut world = World::new([Some(numbers), None, None], true);
        let limits = world.limits();
        let most = (limits[0].limit / 16).max(limits[0].limit * 1_000 / limits[0].window_ms);
        for event in events {
            // What is given back stays in the row until the next one: that is another test's.
            let event = if let Event::Finish(which, _) = event { Event::Finish(which, true) } else { event };
            world.happen(event);
            let now = world.look();
            let left = |ledger: &mut Ledger| ledger.view(&terms(&limits), 0, now).limits[0].remaining;
            let alive = left(&mut world.ledger);
            let closed = world.ledger.clone().close(now);
            prop_assert_eq!(left(&mut Ledger::restore(closed, now)), alive);
            if let Some(disk) = world.disk.clone() {
                let crashed = left(&mut Ledger::restore(disk, now));
                let lost = alive.saturating_sub(crashed);
                prop_assert!(lost <= most, "{} lost of {:?}", lost, limits);
            }
        }
    }
}

/// How many requests are accepted, and how many would be by a log of every single one.
fn accepted(limit: &RateLimit, arrivals: impl Iterator<Item = i64>) -> (i64, i64) {
    let limits = std::slice::from_ref(limit);
    let mut ledger = Ledger::new(at(0));
    let mut log = std::collections::VecDeque::new();
    let (mut accepted, mut logged) = (0, 0);
    for arrival in arrivals {
        let now = at(0).plus_millis(arrival);
        if ledger.view(&terms(limits), 1, now).shortage.is_none() {
            ledger.spend(&terms(limits), 1, now);
            accepted += 1;
        }
        while log.front().is_some_and(|first| *first <= arrival - i64::from(limit.window_ms)) {
            log.pop_front();
        }
        if log.len() < usize::try_from(limit.limit).unwrap() {
            log.push_back(arrival);
            logged += 1;
        }
    }
    (accepted, logged)
}

#[test]
fn at_a_steady_load_at_most_a_hundredth_is_given_away() {
    for tokens in [5, 60, 300, 1_000] {
        for tenths in [9, 10, 30, 100] {
            let count = 50 * i64::from(tokens) * tenths / 10;
            let due = 50 * i64::from(tokens) * tenths.min(10) / 10;
            let limit = limit("a", tokens, 60_000);
            let even = (0..count).map(|nth| nth * 50 * 60_000 / count);
            let (counted, logged) = accepted(&limit, even);
            assert!(counted <= due && counted * 100 >= due * 99, "{counted} of {due}: {tokens}/min × {tenths}/10");
            assert!(logged <= due && logged * 100 >= due * 99);
            // Any order will do: multiples of a prime, as the fractions of one.
            let mut scattered: Vec<i64> = (0..count).map(|nth| nth * 7_919 * 104_729 % (50 * 60_000)).collect();
            scattered.sort_unstable();
            let (counted, logged) = accepted(&limit, scattered.into_iter());
            assert!(counted * 100 >= logged * 99, "{counted} of {logged}: {tokens}/min × {tenths}/10, scattered");
        }
    }
}

/// An object that serves so many evenly spaced requests a second, for a time: what it accepts, and the rows it writes.
fn rows(limits: &[RateLimit], per_second: i64, seconds: i64) -> (i64, i64) {
    let (mut accepted, mut rows) = (0, 0);
    let mut ledger = Ledger::new(at(0));
    for nth in 0..per_second * seconds {
        let now = at(0).plus_millis(nth * 1_000 / per_second);
        let alarm = ledger.saved_at().plus_millis(BLOCK_IDLE_MS);
        if ledger.is_open() && alarm <= now {
            ledger.close(alarm);
            rows += 1;
        }
        if ledger.view(&terms(limits), 1, now).shortage.is_none() {
            ledger.spend(&terms(limits), 1, now);
            accepted += 1;
            if ledger.needs_saving() {
                ledger.save(&terms(limits), now);
                rows += 1;
            }
        }
    }
    (accepted, rows)
}

#[test]
fn a_ledger_writes_about_a_row_a_second_however_much_is_spent() {
    let wide = [limit("a", 1_000_000, 60_000)];
    let nested = [limit("a", 20, 1_000), limit("b", 1_000, 60_000), limit("c", 1_000_000, 86_400_000)];
    for (limits, per_second, per_thousand) in [
        (&wide[..], 1, 1_000),
        (&wide, 2, 501),
        (&wide, 5, 126),
        (&wide, 10, 63),
        (&wide, 100, 8),
        (&wide, 1_000, 1),
        (&[limit("a", 60, 60_000)], 10, 300),
        (&[limit("a", 300, 60_000)], 10, 76),
        (&[limit("a", 1_000, 60_000)], 100, 22),
        (&[limit("a", 100, 1_000)], 1_000, 10),
        (&nested, 100, 53),
    ] {
        let seconds = 300;
        let (accepted, rows) = rows(limits, per_second, seconds);
        // A few more while the block grows.
        assert!(rows <= seconds + 16, "{rows} rows in {seconds} s at {per_second}/s");
        assert_eq!(rows * 1_000 / accepted, per_thousand, "{accepted} accepted at {per_second}/s of {limits:?}");
    }
}

proptest! {
    #[test]
    fn no_row_and_no_number_is_too_strange(
        clock in any::<i64>(),
        seen in any::<i64>(),
        spent in proptest::collection::vec((any::<i64>(), any::<u32>()), 0..5),
        numbers in any::<[u32; 5]>(),
        moments in any::<[i64; 3]>(),
    ) {
        let [tokens, window_ms, former_ms, cost, open] = numbers;
        let spare = moments[0];
        let name = LimitName::parse("a").unwrap();
        let windows = vec![SavedWindow { name: name.clone(), window_ms: former_ms, spent, open, ahead_ms: spare }];
        let row = Snapshot { clock, seen: Timestamp::from_millis(seen), windows, balance: None };
        let [first, second, third] = moments.map(Timestamp::from_millis);
        let mut ledger = Ledger::restore(row, first);
        let limits = [RateLimit { name, limit: tokens, window_ms }];
        let hold = ledger.spend(&terms(&limits), cost, second);
        ledger.spend(&terms(&limits), cost, second);
        ledger.view(&terms(&limits), cost, third);
        ledger.save(&terms(&limits), first);
        ledger.give_back(&hold);
        let bank = ledger.spend_ahead(&terms(&limits), cost, spare, second);
        ledger.settle(&bank, open, third);
        ledger.close(second);
        }
}
