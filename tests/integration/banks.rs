//! Limits under leases: however many isolates have tokens, and whatever becomes of them, no window holds more than its
//! limit; and nobody asks for each verification.

use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::verification::Code;

use crate::support::house::Home;
use crate::support::isolates::{Isolate, Outcome};
use crate::support::*;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn ms(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(most).unwrap())).unwrap()
    }

    fn one_of<'a, T>(&mut self, all: &'a mut [T]) -> &'a mut T {
        let count = u64::try_from(all.len()).unwrap();
        &mut all[usize::try_from(self.below(count)).unwrap()]
    }
}

fn check(log: &[(i64, u32)], bound: u32, window: i64, of: &str) {
    let (mut begin, mut within) = (0, 0);
    for (end, cost) in log {
        within += cost;
        while log[begin].0 <= end - window {
            within -= log[begin].1;
            begin += 1;
        }
        assert!(within <= bound, "{of}: {within} of {bound} within {window} ms up to {end}");
    }
}

/// So many evenly spaced requests, each at one of the isolates in turn. Returns how many went through.
fn load(house: &House, isolates: &mut [Isolate], count: i64, span_ms: i64) -> i64 {
    let begun = house.now();
    let all = i64::try_from(isolates.len()).unwrap();
    let mut good = 0;
    for nth in 0..count {
        house.advance(begun.plus_millis(nth * span_ms / count).millis_since(house.now()));
        let isolate = &mut isolates[usize::try_from(nth * 7_919 % 104_729 % all).unwrap()];
        good += i64::from(isolate.request(house, 1).is_valid());
    }
    good
}

fn isolates(count: u64, held: &Held) -> Vec<Isolate> {
    (0..count).map(|number| Isolate::new(number, held)).collect()
}

fn asked(isolates: &[Isolate]) -> i64 {
    isolates.iter().map(|isolate| i64::from(isolate.asked)).sum()
}

fn limited_by(all: &[(&str, u32, u32)], plan: Plan) -> (House, Home, Held) {
    let house = House::new();
    let home = house.found_on("Acme", plan);
    let held = house.limited_key(&house.principal(&home.secret), all);
    house.advance(MINUTE);
    (house, home, held)
}

fn without_pool() -> Plan {
    Plan::preset(PlanName::Enterprise)
}

#[test]
fn most_requests_of_a_busy_key_are_paid_for_from_banks() {
    for (tokens, plan) in [(1_000_000, without_pool()), (120_000, requests(240_000))] {
        let (house, home, held) = limited_by(&[("minute", tokens, 60_000)], plan);
        let mut all = isolates(3, &held);
        house.count_rows(&home.session_address());
        let good = load(&house, &mut all, 20_000, 20_000);
        let rows = house.counted_rows(&home.session_address());
        let (asked, draws) = (asked(&all), house.objects.told(Kind::Organization, "draw"));
        println!("{tokens}/min, {plan:?}: {good} good, {asked} asked, {draws} draws, {rows} rows");
        assert_eq!(good, 20_000);
        assert!(asked < 2_000, "{asked} of 20,000 asked");
        assert!(draws < 400, "{draws} draws");
        assert!(rows <= 60, "{rows} rows of the key's ledger for 20,000");
    }
}

#[test]
fn tokens_of_a_small_limit_of_a_short_window_and_of_credits_are_single() {
    for (all, plan) in [
        (&[("minute", 60, 60_000)][..], without_pool()),
        (&[("second", 100_000, 1_000)], without_pool()),
        (&[("minute", 100_000, 60_000)], requests(60)),
        (&[("minute", 100_000, 60_000), ("ten", 10_000, 10_000)], without_pool()),
    ] {
        let (house, _, held) = limited_by(all, plan);
        let mut isolates = isolates(2, &held);
        load(&house, &mut isolates, 100, 10_000);
        assert_eq!(asked(&isolates), 100, "{all:?}");
    }
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, with_credits(limited(&[("minute", 100_000, 60_000)]), 1_000, None)).unwrap();
    let mut isolates = isolates(2, &held);
    load(&house, &mut isolates, 100, 1_000);
    assert_eq!(asked(&isolates), 100);
}

#[test]
fn at_a_steady_load_no_more_than_the_limit_passes_and_at_least_99_of_a_hundred() {
    for (tokens, plan, count) in
        [(60, without_pool(), 2), (1_000, without_pool(), 3), (10_000, without_pool(), 5), (30_000, requests(1_000), 2)]
    {
        let (house, _, held) = limited_by(&[("minute", tokens, 60_000)], plan);
        let mut all = isolates(count, &held);
        let limit = i64::from(plan.requests_per_minute.map_or(tokens, |pool| pool.min(tokens)));
        for percent in [100, 130] {
            let tries = 2 * limit * percent / 100;
            let good = load(&house, &mut all, tries, 2 * MINUTE);
            let due = tries.min(2 * limit);
            println!("{tokens}/min, {plan:?}, {percent} %: {good} of {due}, {} asked", asked(&all));
            assert!(good * 100 >= due * 99 && good <= due + limit / 100, "{good} of {due}");
            house.advance(2 * MINUTE);
        }
    }
}

#[test]
fn what_is_not_spent_comes_back_with_the_report_and_is_lost_without_one_for_a_window() {
    let (house, _, held) = limited_by(&[("minute", 20_000, 60_000)], without_pool());
    let left = || house.left_of(&held.text)[0].1;
    let mut isolate = Isolate::new(1, &held);
    (0..3).for_each(|_| assert_eq!(isolate.ask(&house, 1), Outcome::Asked(Code::Valid)));
    isolate.spent = 40;
    isolate.ask(&house, 1);
    let out: u32 = isolate.banks.iter().map(|bank| bank.tokens()).sum();
    assert!(out > 20, "{out}");
    assert_eq!(left(), 20_000 - 4 - out);
    house.clock.set(house.after(100));
    assert_eq!(isolate.request(&house, 2), Outcome::Leased);
    house.clock.set(house.after(1_200));
    let granted = house.now();
    assert!(isolate.renew(&house));
    let fresh: u32 = isolate.banks.iter().map(|bank| bank.tokens()).sum();
    assert_eq!(left(), 20_000 - 6 - fresh, "two were spent");
    assert!(isolate.repeat(&house), "saying it twice changes nothing");
    isolate.banks.clear();
    house.clock.set(granted.plus_millis(61_671));
    assert_eq!(left(), 20_000 - fresh, "nobody knows what became of these: they may have been spent until 1,672");
    house.clock.set(granted.plus_millis(61_672));
    assert_eq!(left(), 20_000);
}

#[test]
fn tokens_of_the_pool_that_a_session_has_not_reported_count_until_nobody_could_spend_them() {
    let (house, home, _) = limited_by(&[], requests(20_000));
    let draws = || house.objects.told(Kind::Organization, "draw");
    let (mut before, mut drawn) = (draws(), house.now());
    for _ in 0..20 {
        house.clock.set(house.after(20));
        assert_eq!(house.code(&home.secret), Code::Valid);
        if draws() > before {
            (before, drawn) = (draws(), house.now());
        }
    }
    house.objects.restart_one(&home.session_address());
    let left = || house.left_of(&home.secret)[0].1;
    house.clock.set(drawn.plus_millis(61_922));
    assert!(left() < 20_000, "a bank was out until 1,923 ms after its grant");
    house.clock.set(drawn.plus_millis(61_923));
    assert_eq!(left(), 20_000);
}

#[test]
fn a_crash_of_the_object_forgets_no_token_that_is_out() {
    let (house, home, held) = limited_by(&[("minute", 20_000, 60_000)], requests(20_000));
    let mut isolate = Isolate::new(1, &held);
    load(&house, std::slice::from_mut(&mut isolate), 2_000, 2_000);
    let out: u32 = isolate.banks.iter().map(|bank| bank.left(house.now())).sum();
    assert!(out > 0);
    for address in [home.session_address(), home.address()] {
        house.objects.restart_one(&address);
        let left: Vec<u32> = house.left_of(&held.text).iter().map(|(_, left)| *left).collect();
        println!("{left:?}");
        assert!(left.iter().all(|left| *left <= 18_000 - out && *left >= 18_000 - 1_700), "{left:?}, {out} out");
    }
    isolate.renew(&house);
    let left: Vec<u32> = house.left_of(&held.text).iter().map(|(_, left)| *left).collect();
    assert!(left.iter().all(|left| *left <= 18_000 - out), "a report of a former life changes nothing: {left:?}");
}

#[test]
fn a_change_of_plan_makes_the_tokens_of_the_former_one_void() {
    let (house, home, held) = limited_by(&[("minute", 20_000, 60_000)], requests(20_000));
    let mut isolate = Isolate::new(1, &held);
    load(&house, std::slice::from_mut(&mut isolate), 1_000, 1_000);
    house.put_on(&home, requests(500));
    isolate.banks.clear();
    assert_eq!(isolate.ask(&house, 1), Outcome::Asked(Code::RateLimited));
    house.advance(2 * MINUTE);
    let good = load(&house, std::slice::from_mut(&mut isolate), 1_000, 30_000);
    assert!((495..=500).contains(&good), "{good}");
}

/// Random requests, costs, crashes, lost answers, repeated reports, isolates that die, and clocks that differ.
#[test]
fn no_window_of_time_ever_holds_more_than_its_limit_whatever_becomes_of_banks() {
    for seed in 0..4_u64 {
        let mut dice = Dice(seed);
        let house = House::seeded(seed);
        let home = house.found_on("Acme", requests(2_400));
        let admin = house.principal(&home.secret);
        let session = house.limited_session(&admin, &[("all", 1_500, 40_000)]);
        let held = [(); 2].map(|()| {
            let mut request = with(limited(&[("half", 900, 30_000), ("minute", 1_400, 60_000)]));
            request.session.id = Some(session.id.clone());
            house.issue(&admin, request).unwrap()
        });
        let other = house.limited_key(&admin, &[("minute", 1_800, 60_000)]);
        let there = latchkey::ports::Address::Session(session.id.locator());
        let keys = [&held[0], &held[0], &held[1], &held[1], &other, &other];
        let mut all: Vec<(usize, Isolate)> =
            keys.iter().enumerate().map(|(at, held)| (at / 2, Isolate::new(dice.below(1 << 40), held))).collect();
        house.advance(MINUTE);
        let begun = house.now();
        let mut logs: [Vec<(i64, u32)>; 3] = Default::default();
        let mut counts = [0_u32; 3];
        for _ in 0..6_000 {
            let (key, isolate) = dice.one_of(&mut all);
            match dice.ms(300) {
                0 => house.crash(),
                1 => house.objects.restart_one(&home.address()),
                2 => house.objects.restart_one(&there),
                3 => house.advance(dice.ms(9_000)),
                4 => *isolate = Isolate::new(dice.below(1 << 40), keys[*key * 2]),
                5 => house.objects.fault_once(Whom::One(there.clone()), Fault::AnswerLost),
                6 => house.objects.fault_once(Whom::One(home.address()), Fault::AnswerLost),
                7..=17 => drop(isolate.renew(&house)),
                18..=20 => drop(isolate.repeat(&house)),
                // Another isolate's clock: only durations are compared, and they may be a little off.
                21 => isolate.offset_ms = dice.ms(200),
                _ => house.clock.set(house.after(dice.ms(40))),
            }
            let (key, isolate) = dice.one_of(&mut all);
            let cost = u32::try_from(dice.ms(4)).unwrap();
            let outcome = isolate.request(&house, cost);
            if outcome.is_valid() {
                logs[*key].push((house.now().millis_since(begun), cost));
            }
            counts[match outcome {
                Outcome::Leased => 0,
                Outcome::Asked(_) => 1,
                Outcome::Unknown => 2,
            }] += 1;
        }
        let merge = |which: &[usize]| {
            let mut log: Vec<_> = which.iter().flat_map(|at| logs[*at].clone()).collect();
            log.sort_by_key(|(at, _)| *at);
            log
        };
        for key in [0, 1] {
            check(&logs[key], 900, 30_000, "key");
            check(&logs[key], 1_400, 60_000, "key");
        }
        check(&logs[2], 1_800, 60_000, "other key");
        check(&merge(&[0, 1]), 1_500, 40_000, "session");
        check(&merge(&[0, 1, 2]), 2_400, 60_000, "pool");
        println!("seed {seed}: {counts:?}");
        assert!(counts[0] > 500 && counts[1] > 500, "{counts:?}");
    }
}
