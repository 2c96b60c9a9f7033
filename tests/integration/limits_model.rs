//! Several limits at once against a log that is counted from the beginning each time: every number of every answer, in
//! ten thousand random sequences. A refusal by one limit shows in no other.

use latchkey::app::{Principal, VerifyKey};
use latchkey::domain::consistency::Mode;
use latchkey::domain::rate_limit::RateLimit;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::Code;

use crate::support::*;

/// Further apart than a bucket of any window here, so that each spending is counted to the millisecond.
const STEP_MS: i64 = 240;
const POOL: u32 = 25;
const STEPS: usize = 3;

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn small(&mut self, sides: u64) -> u32 {
        u32::try_from(self.below(sides)).unwrap()
    }
}

/// A limit with everything that was ever spent of it.
struct Log {
    limit: RateLimit,
    spent: Vec<(Timestamp, u32)>,
}

impl Log {
    fn new(limit: RateLimit) -> Self {
        Self { limit, spent: Vec::new() }
    }

    fn left(&self, now: Timestamp) -> u32 {
        let counts = |at: Timestamp| now.millis_since(at) < i64::from(self.limit.window_ms);
        let spent = self.spent.iter().rev().take_while(|(at, _)| counts(*at));
        self.limit.limit - spent.map(|(_, cost)| cost).sum::<u32>()
    }
}

struct Owner {
    held: Held,
    logs: Vec<Log>,
    credits: Option<u64>,
}

fn owner(house: &House, admin: &Principal, dice: &mut Dice) -> Owner {
    let windows = [1_000, 2_000, 5_000, 60_000];
    let names = ["a", "b", "c", "d"];
    let count = usize::try_from(dice.below(4)).unwrap();
    let all: Vec<_> = (0..count)
        .map(|at| (names[at], 1 + dice.small(12), windows[usize::try_from(dice.below(4)).unwrap()]))
        .collect();
    let credits = (dice.below(3) == 0).then(|| dice.below(60));
    let request = match credits {
        Some(credits) => with_credits(limited(&all), credits, None),
        None => with(limited(&all)),
    };
    let held = house.issue(admin, request).unwrap();
    let logs = all.iter().map(|(label, tokens, window)| Log::new(limit(label, *tokens, *window))).collect();
    Owner { held, logs, credits }
}

fn sequences(seed: u64, count: usize) {
    let mut dice = Dice(seed);
    let house = House::seeded(seed);
    let home = house.found_on("Acme", requests(POOL));
    let admin = house.principal(&home.secret);
    let change = latchkey::session::protocol::SessionChange {
        rate_limits: Some(limits(&[("all", 14, 3_000), ("total", 40, 60_000)])),
        ..Default::default()
    };
    house.run(house.app.change_session(&admin, &home.session_id, change)).unwrap();
    let mut session = [Log::new(limit("all", 14, 3_000)), Log::new(limit("total", 40, 60_000))];
    let mut pool = [Log::new(limit("requests", POOL, 60_000))];
    let mut owners: Vec<Owner> = (0..40).map(|_| owner(&house, &admin, &mut dice)).collect();
    let mut refusals = [0_u32; 3];
    for sequence in 0..count {
        for log in session.iter_mut().chain(&mut pool) {
            // Of the past no more than a window is needed.
            let recent = log.spent.len().saturating_sub(200);
            log.spent.drain(..recent);
        }
        let pause = [STEP_MS, 1_200, 6_000, 70_000][usize::try_from(dice.below(4)).unwrap()];
        house.clock.set(house.after(pause));
        let chosen = usize::try_from(dice.below(40)).unwrap();
        for step in 0..STEPS {
            let other = usize::try_from(dice.below(40)).unwrap();
            let owner = &mut owners[if dice.below(4) == 0 { other } else { chosen }];
            if dice.below(2) == 0 {
                house.clock.set(house.after(STEP_MS * i64::try_from(dice.below(8)).unwrap()));
            }
            let cost = if dice.below(8) == 0 { 0 } else { dice.small(7) };
            let now = house.now();
            let logs = || owner.logs.iter().chain(&session);
            let is_short = |log: &Log| cost > 0 && log.left(now) < cost;
            let expected = if logs().any(is_short) {
                refusals[0] += 1;
                Code::RateLimited
            } else if is_short(&pool[0]) {
                refusals[2] += 1;
                Code::RateLimited
            } else if owner.credits.is_some_and(|credits| credits < cost.into()) {
                refusals[1] += 1;
                Code::UsageExceeded
            } else {
                Code::Valid
            };
            // What the authority does; isolates have tests of their own.
            let request = VerifyKey { mode: Mode::Strict, ..costing(cost) };
            let verified = house.run(house.app.verify(&owner.held.text, Some(&admin.caller), request)).unwrap();
            let shown = format!("seed {seed}, sequence {sequence}, step {step}, cost {cost}");
            assert_eq!(verified.code, expected, "{shown}");
            if expected == Code::Valid {
                for log in owner.logs.iter_mut().chain(&mut session).chain(&mut pool).filter(|_| cost > 0) {
                    log.spent.push((now, cost));
                }
                owner.credits = owner.credits.map(|credits| credits - u64::from(cost));
            }
            let all = owner.logs.iter().chain(&session).chain(&pool).map(|log| (&log.limit, log.left(now)));
            let seen: Vec<_> = verified.limits.iter().map(|one| (&one.limit, one.remaining)).collect();
            assert_eq!(seen, all.collect::<Vec<_>>(), "{shown}");
            assert_eq!(verified.credits, owner.credits, "{shown}");
        }
    }
    println!("refused by key or session, credits, pool: {refusals:?}");
    assert!(refusals.iter().all(|times| usize::try_from(*times).unwrap() > count / 50), "{refusals:?}");
}

#[test]
fn no_refusal_shows_in_any_other_limit_in_the_first_half_of_all_sequences() {
    (0..as_many(2, 10)).for_each(|seed| sequences(seed, 500));
}

#[test]
fn no_refusal_shows_in_any_other_limit_in_the_second_half_of_all_sequences() {
    (10..as_many(12, 20)).for_each(|seed| sequences(seed, 500));
}
