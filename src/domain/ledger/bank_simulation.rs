//! The promises of a ledger whose tokens are given out in banks, against a log of the moments at which holders spend
//! them: whatever they do, report or not, and however often the object loses its memory.

use proptest::prelude::*;

use super::*;
use crate::domain::lease::askers::Askers;
use crate::domain::lease::bank::{Bank, BankGrant, BankReport, Banks, spent_after_ms};
use crate::domain::lease::lending::{Claims, allotment, lasts_ms};
use crate::domain::sample::at;

fn limit(name: &str, limit: u32, window_ms: u32) -> RateLimit {
    RateLimit { name: LimitName::parse(name).unwrap(), limit, window_ms }
}

fn terms(limits: &[RateLimit]) -> Terms<'_> {
    Terms { level: Level::Key, limits, credits: None }
}

/// Tokens in the hands of a holder, who may spend them as long as any clock could be off.
struct Holder {
    grant: BankGrant,
    until: i64,
    spent: u32,
    reported: bool,
}

#[derive(Clone, Debug)]
enum Event {
    Wait(i64),
    SetClock(i64),
    Single(u32),
    Grant(u32),
    Spend(usize, u32),
    /// Which one, and whether its report arrives at once; others arrive later, or never.
    Report(usize, bool),
    /// A report arrives: for the first time, or once more.
    Arrive(usize),
    Alarm,
    Crash,
}

struct World {
    ledger: Ledger,
    banks: Banks<Hold>,
    disk: Option<Snapshot>,
    limits: Vec<RateLimit>,
    now: Timestamp,
    shown: Timestamp,
    /// The time that has passed: all that the clock has ever gone forward.
    elapsed: i64,
    lives: u64,
    holders: Vec<Holder>,
    on_the_way: Vec<BankReport>,
    log: Vec<(i64, u32)>,
}

impl World {
    fn new(limits: Vec<RateLimit>) -> Self {
        let (now, elapsed) = (at(0), 0);
        let (ledger, banks) = (Ledger::new(now), Banks::new(0));
        let (holders, on_the_way, log) = (Vec::new(), Vec::new(), Vec::new());
        Self { ledger, banks, disk: None, limits, now, shown: now, elapsed, lives: 0, holders, on_the_way, log }
    }

    fn look(&mut self) {
        self.elapsed += self.now.millis_since(self.shown).max(0);
        self.shown = self.now;
    }

    fn keep(&mut self) {
        if self.ledger.needs_saving() {
            self.disk = Some(self.ledger.save(&terms(&self.limits), self.now));
        }
    }

    fn single(&mut self, cost: u32) {
        if self.ledger.view(&terms(&self.limits), cost, self.now).shortage.is_none() {
            self.ledger.spend(&terms(&self.limits), cost, self.now);
            self.keep();
            self.log.push((self.elapsed, cost));
        }
    }

    /// As many as there are, without regard to shares: exactness does not rest on them.
    fn grant(&mut self, wish: u32) {
        let view = self.ledger.view(&terms(&self.limits), 0, self.now);
        let tokens = view.limits.iter().fold(wish, |tokens, limit| tokens.min(limit.remaining));
        let Some(lasts) = lasts_ms(&view.limits, true, 5_000).filter(|_| tokens > 0) else { return };
        let ahead = spent_after_ms(lasts);
        let hold = self.ledger.spend_ahead(&terms(&self.limits), tokens, ahead, self.now);
        self.keep();
        let grant = self.banks.grant(tokens, lasts, hold, self.now);
        self.holders.push(Holder { grant, until: self.elapsed + ahead, spent: 0, reported: false });
    }

    fn arrive(&mut self, report: BankReport) {
        if let Some(out) = self.banks.settle(&report) {
            self.ledger.settle(&out.debit, report.spent, self.now);
        }
    }

    fn happen(&mut self, event: Event) {
        self.look();
        match event {
            Event::Wait(ms) | Event::SetClock(ms) => self.now = self.now.plus_millis(ms),
            Event::Single(cost) => self.single(cost),
            Event::Grant(wish) => self.grant(wish),
            Event::Spend(which, tokens) => {
                let elapsed = self.elapsed;
                let live = |holder: &&mut Holder| !holder.reported && elapsed <= holder.until;
                if let Some(holder) = self.holders.iter_mut().filter(live).nth(which) {
                    let tokens = tokens.min(holder.grant.tokens - holder.spent);
                    holder.spent += tokens;
                    self.log.push((elapsed, tokens));
                }
            }
            Event::Report(which, at_once) => {
                if let Some(holder) = self.holders.iter_mut().filter(|holder| !holder.reported).nth(which) {
                    holder.reported = true;
                    let report = BankReport { id: holder.grant.id, spent: holder.spent };
                    self.on_the_way.push(report);
                    if at_once {
                        self.arrive(report);
                    }
                }
            }
            Event::Arrive(which) => {
                if let Some(report) = self.on_the_way.get(which).copied() {
                    self.arrive(report);
                }
            }
            Event::Alarm => self.disk = Some(self.ledger.close(self.now)),
            Event::Crash => {
                self.ledger = match &self.disk {
                    Some(snapshot) => Ledger::restore(snapshot.clone(), self.now),
                    None => Ledger::new(self.now),
                };
                self.lives += 1;
                self.banks = Banks::new(self.lives << 40);
            }
        }
        self.look();
    }

    fn check(&self) {
        for limit in &self.limits {
            let mut begin = 0;
            let mut within = 0_u64;
            for (end, tokens) in &self.log {
                within += u64::from(*tokens);
                while self.log[begin].0 <= end - i64::from(limit.window_ms) {
                    within -= u64::from(self.log[begin].1);
                    begin += 1;
                }
                assert!(within <= limit.limit.into(), "{within} of {limit:?} up to {end}");
            }
        }
    }
}

fn any_limit() -> impl Strategy<Value = (u32, u32)> {
    let windows = proptest::sample::select(vec![25_600_u32, 30_000, 60_000, 300_000]);
    (prop_oneof![1..30_u32, 1..400_u32], windows)
}

fn calm() -> BoxedStrategy<Event> {
    let brink = vec![24_500_i64, 25_600, 29_500, 30_000, 59_200, 59_999, 60_000];
    prop_oneof![
        8 => prop_oneof![0..30_i64, 0..300_i64, 0..1_000_i64, 0..20_000_i64].prop_map(Event::Wait),
        2 => proptest::sample::select(brink).prop_map(Event::Wait),
        6 => (0..6_u32).prop_map(Event::Single),
        5 => (1..60_u32).prop_map(Event::Grant),
        8 => (0..4_usize, 1..40_u32).prop_map(|(which, tokens)| Event::Spend(which, tokens)),
        3 => (0..4_usize, any::<bool>()).prop_map(|(which, at_once)| Event::Report(which, at_once)),
        2 => (0..40_usize).prop_map(Event::Arrive),
        1 => Just(Event::Alarm),
    ]
    .boxed()
}

fn rough() -> BoxedStrategy<Event> {
    prop_oneof![
        30 => calm(),
        1 => prop_oneof![-1_500..1_500_i64, -90_000..90_000_i64].prop_map(Event::SetClock),
        1 => Just(Event::Crash),
    ]
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn no_window_ever_holds_more_than_its_limit_however_banks_are_spent(
        limits in proptest::collection::vec(any_limit(), 1..3),
        events in proptest::collection::vec(rough(), 1..300),
    ) {
        let named = limits.iter().zip(["a", "b"]).map(|((tokens, window_ms), name)| limit(name, *tokens, *window_ms));
        let mut world = World::new(named.collect());
        events.into_iter().for_each(|event| world.happen(event));
        world.check();
    }

    #[test]
    fn tokens_are_neither_lost_nor_made_once_everybody_has_reported(
        numbers in any_limit(),
        events in proptest::collection::vec(calm(), 1..200),
    ) {
        let mut world = World::new(vec![limit("a", numbers.0, numbers.1)]);
        events.into_iter().for_each(|event| world.happen(event));
        (0..world.holders.len()).for_each(|_| world.happen(Event::Report(0, true)));
        (0..world.on_the_way.len()).for_each(|which| world.happen(Event::Arrive(which)));
        let now = world.now;
        let remaining = world.ledger.view(&terms(&world.limits), 0, now).limits[0].remaining;
        let since = |after: i64| -> u32 {
            world.log.iter().filter(|(at, _)| *at > after).map(|(_, tokens)| tokens).sum()
        };
        let window_ms = i64::from(numbers.1);
        prop_assert!(remaining <= numbers.0 - since(world.elapsed - window_ms), "made");
        // A token counts for as long as its bucket, and as of the report or the end of its bank at the latest.
        let late = spent_after_ms(window_ms / 256 * 6) + window_ms / 256;
        let back = window_ms + late;
        prop_assert!(remaining >= numbers.0.saturating_sub(since(world.elapsed - back)), "lost");
    }
}

#[test]
fn a_crash_dates_what_was_out_by_the_end_of_its_bank() {
    let limits = [limit("a", 1_600, 60_000)];
    let ms = |ms: i64| at(0).plus_millis(ms);
    let mut ledger = Ledger::new(ms(0));
    for nth in 0..5 {
        ledger.spend(&terms(&limits), 1, ms(nth));
        ledger.save(&terms(&limits), ms(nth));
    }
    ledger.spend_ahead(&terms(&limits), 2, 734, ms(10));
    assert!(ledger.needs_saving(), "the row says that nothing of its block is given ahead");
    let row = ledger.save(&terms(&limits), ms(10));
    ledger.spend_ahead(&terms(&limits), 2, 734, ms(20));
    assert!(!ledger.needs_saving());
    let mut crashed = Ledger::restore(row, ms(20));
    let mut left = |millis: i64| crashed.view(&terms(&limits), 0, ms(millis)).limits[0].remaining;
    assert!(left(60_753) <= 1_598, "two may be spent until 754");
    assert_eq!(left(60_754), 1_600);
}

/// Isolates that spend from banks, ask in the middle of a request when there is none, and report with the next question.
struct Steady {
    limits: [RateLimit; 1],
    ledger: Ledger,
    banks: Banks<Hold>,
    isolates: Vec<(Vec<Bank>, u32)>,
    reports: bool,
    asked: u32,
    askers: Askers<usize>,
}

impl Steady {
    fn new(limit: RateLimit, isolates: usize, reports: bool) -> Self {
        let (ledger, banks) = (Ledger::new(at(0)), Banks::new(0));
        let (isolates, askers) = (vec![(Vec::new(), 0); isolates], Askers::default());
        Self { limits: [limit], ledger, banks, isolates, reports, asked: 0, askers }
    }

    fn request(&mut self, isolate: usize, now: Timestamp) -> bool {
        let (banks, spent) = &mut self.isolates[isolate];
        *spent += 1;
        if banks.iter_mut().any(|bank| bank.spend(1, now)) {
            return true;
        }
        self.asked += 1;
        let wish = *spent + *spent / 2 + 1;
        *spent = 0;
        for bank in banks.drain(..).filter(|_| self.reports) {
            if let Some(out) = self.banks.settle(&bank.report()) {
                self.ledger.settle(&out.debit, bank.spent(), now);
            }
        }
        let terms = terms(&self.limits);
        let good = self.ledger.view(&terms, 1, now).shortage.is_none();
        if good {
            self.ledger.spend(&terms, 1, now);
        }
        let view = self.ledger.view(&terms, 0, now);
        let out = self.banks.tokens_out(self.limits[0].window_ms, now, |_| true);
        self.askers.note(isolate, now);
        let claims = Claims { lately: view.lately[0], out, is_alone: self.askers.is_alone(now) };
        let tokens = wish.min(allotment(&view.limits[0], claims));
        if let Some(lasts) = lasts_ms(&view.limits, claims.is_alone, 5_000).filter(|_| tokens > 0) {
            let hold = self.ledger.spend_ahead(&terms, tokens, spent_after_ms(lasts), now);
            banks.push(Bank::new(&self.banks.grant(tokens, lasts, hold, now), now));
        }
        good
    }
}

#[test]
fn at_a_steady_load_at_least_99_of_a_hundred_tokens_are_spent_reported_or_not() {
    println!("limit/min  load  isolates  reports  used  asked");
    for (tokens, isolates) in [(1_000, 4), (1_000, 1), (12_000, 1), (12_000, 10), (12_000, 100), (100_000, 10)] {
        for (percent, reports) in [(50, true), (95, true), (100, true), (150, true), (100, false), (150, false)] {
            let mut world = Steady::new(limit("a", tokens, 60_000), isolates, reports);
            let windows = 4;
            let count = windows * i64::from(tokens) * percent / 100;
            let due = windows * i64::from(tokens) * percent.min(100) / 100;
            let mut good = 0;
            for nth in 0..count {
                let isolate = usize::try_from(nth * 7_919 % 104_729).unwrap() % isolates;
                good += i64::from(world.request(isolate, at(0).plus_millis(nth * windows * 60_000 / count)));
            }
            let (used, asked) = (good * 1_000 / due, i64::from(world.asked) * 1_000 / count);
            println!("{tokens:>9} {percent:>4}% {isolates:>9} {reports:>8} {used:>5} {asked:>5}");
            assert!(
                good <= due + i64::from(tokens) / 100 && used >= if reports { 990 } else { 980 },
                "{good} of {due}"
            );
        }
    }
}
