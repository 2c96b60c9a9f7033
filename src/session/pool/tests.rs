//! What a session does with the tokens it has of the pool.

use super::*;
use crate::domain::lease::bank::{BankGrant, BankReport};
use crate::domain::plan::{Plan, PlanName};
use crate::domain::rate_limit::{Level, LimitName, Refusal};
use crate::domain::sample;
use crate::domain::session::{OrganizationStatus, Policy};
use crate::object::ledgers::Debit;
use crate::organization::protocol::{Drawn, Grant};

const VERSION: i64 = 1;

fn at(ms: i64) -> Timestamp {
    sample::at(0).plus_millis(ms)
}

fn limit() -> RateLimit {
    RateLimit { name: LimitName::parse("requests").unwrap(), limit: 10_000, window_ms: 60_000 }
}

fn spending(cost: u32) -> Draw {
    Draw::new(Pool::Requests, cost, DrawAction::Spend)
}

fn ask(pool: &mut PoolBanks, cost: u32, ms: i64) -> Draw {
    pool.draw(spending(cost), (VERSION, &limit()), 0, at(ms), |_| false)
}

fn answer(pool: &mut PoolBanks, draw: Draw, asked: i64, came: i64, bank: Option<(u64, u32)>) {
    let bank = bank.map(|(id, tokens)| BankGrant { id, tokens, lasts_ms: 234 });
    let limit =
        LimitUse { level: Level::Organization, limit: limit(), remaining: 900, restores_in_ms: Some(5), refusal: None };
    let plan = Plan::preset(PlanName::Enterprise);
    let policy = Policy { version: VERSION, status: OrganizationStatus::Active, plan, domains: Default::default() };
    let drawn = Some(Drawn { limit, debit: Debit::default(), bank });
    let grant = Some(Grant { policy, policy_by: None, ttl_ms: 60_000, pool: drawn, rules: None, domains: None });
    pool.hear(&Heard { asked_at: at(asked), grant, draw: Some(draw), debit: Debit::default(), steps: 0 }, at(came));
}

/// With a bank of five that was asked for at 0 and has come at 10.
fn stocked() -> PoolBanks {
    let mut pool = PoolBanks::default();
    let draw = ask(&mut pool, 1, 0);
    answer(&mut pool, draw, 0, 10, Some((7, 5)));
    pool
}

#[test]
fn a_bank_pays_until_it_ends_by_the_clock_that_asked() {
    let mut pool = stocked();
    assert!(pool.pay(VERSION, 3, at(20)) && !pool.pay(VERSION, 3, at(20)) && pool.pay(VERSION, 1, at(233)));
    assert!(!pool.pay(VERSION, 1, at(234)));
    assert_eq!(
        pool.view(VERSION, at(234)).map(|limit| limit.remaining),
        Some(901),
        "one is taken for spent, and is not"
    );
    let mut pool = stocked();
    assert_eq!(pool.view(VERSION, at(20)).map(|limit| limit.remaining), Some(905));
    assert!(!pool.pay(VERSION + 1, 1, at(20)), "it was given under another policy");
    assert!(!pool.pay(VERSION, 1, at(9)), "the clock runs backwards");
    assert!(!pool.pay(VERSION, 1, at(20)), "so nobody knows how long it lasts");
    assert_eq!(ask(&mut pool, 1, 30).banks, [BankReport { id: 7, spent: 0 }]);
}

#[test]
fn a_bank_that_came_before_it_was_asked_for_is_none() {
    let mut pool = PoolBanks::default();
    answer(&mut pool, spending(1), 20, 10, Some((7, 5)));
    assert!(!pool.pay(VERSION, 1, at(20)));
    assert_eq!(ask(&mut pool, 1, 30).banks, [BankReport { id: 7, spent: 0 }]);
}

#[test]
fn the_wish_grows_with_what_was_spent_a_moment_ago_and_is_nothing_after_a_pause() {
    let mut pool = stocked();
    pool.change(at(11)).spent = 0;
    assert_eq!(ask(&mut pool, 1, 11).wish, 0);
    assert_eq!(ask(&mut pool, 4, 100).wish, 2);
    assert_eq!(ask(&mut pool, 1, 600).wish, 7);
    assert_eq!(ask(&mut pool, 1, 1_101).wish, 0);
    assert_eq!(pool.draw(spending(1), (VERSION, &limit()), 9_000, at(1_200), |_| false).wish, 2_500, "a share at most");
}

#[test]
fn what_is_over_is_reported_until_it_was_heard_and_spent_no_more() {
    let mut pool = stocked();
    assert!(pool.pay(VERSION, 2, at(20)));
    assert_eq!(ask(&mut pool, 1, 30).banks, [], "three are left");
    let draw = ask(&mut pool, 4, 40);
    assert_eq!(draw.banks, [BankReport { id: 7, spent: 2 }], "too few are better there");
    assert!(!pool.pay(VERSION, 1, at(40)));
    assert_eq!(ask(&mut pool, 1, 50).banks, draw.banks, "nobody has answered");
    answer(&mut pool, draw, 40, 60, None);
    assert_eq!(ask(&mut pool, 1, 70).banks, []);
}

#[test]
fn nothing_is_said_of_a_bank_while_somebody_may_have_tokens_of_it() {
    let mut pool = stocked();
    let part = pool.part(VERSION, at(20)).unwrap();
    assert_eq!(part, Part { bank: 7, tokens: 5, rest_ms: 214 });
    pool.pass_on(7, 5, at(20));
    let mut reports = |ms: i64| pool.draw(spending(1), (VERSION, &limit()), 0, at(ms), |id| id == 7).banks;
    assert_eq!((reports(300), reports(2_233)), (Vec::new(), Vec::new()));
    assert_eq!(reports(2_234), [BankReport { id: 7, spent: 5 }], "nobody has any more");
    let mut pool = stocked();
    pool.pass_on(7, 5, at(20));
    pool.take_back(7, 3, at(50));
    assert!(pool.pay(VERSION, 3, at(60)) && !pool.pay(VERSION, 1, at(60)));
    assert_eq!(pool.part(VERSION, at(135)), None, "too short to be passed on");
}

#[test]
fn a_step_that_is_taken_back_has_changed_nothing() {
    let mut pool = stocked();
    pool.begin();
    assert!(pool.pay(VERSION, 5, at(20)));
    let draw = ask(&mut pool, 1, 30);
    answer(&mut pool, draw, 30, 40, Some((8, 9)));
    pool.roll_back();
    assert_eq!(pool.left(VERSION, at(20)), 5);
}

#[test]
fn a_rest_that_is_much_less_than_what_is_wished_for_is_as_good_as_none() {
    let mut pool = stocked();
    let left = pool.left(VERSION, at(70));
    assert!(left > 1 && !pool.wants_fresh(VERSION, 0, at(70)) && !pool.wants_fresh(VERSION, 2 * left + 1, at(70)));
    assert!(pool.wants_fresh(VERSION, 2 * left + 2, at(70)));
}

#[test]
fn of_many_that_come_at_once_one_asks_for_a_bank() {
    let mut pool = stocked();
    let expecting =
        |pool: &mut PoolBanks, cost, ms| pool.draw(spending(cost), (VERSION, &limit()), 30, at(ms), |_| false).wish;
    assert_eq!([49, 50, 51, 99].map(|ms| expecting(&mut pool, 1, ms)), [0, 30, 0, 0]);
    assert_eq!(expecting(&mut pool, 40, 100), 30, "what others expect, or");
    let mut wish = |cost, ms| ask(&mut pool, cost, ms).wish;
    assert_eq!([wish(7, 120), wish(8, 130)], [0, 0]);
    assert_eq!(wish(1, 150), 50, "half as much again as all have spent, and for itself a two-hundredth at most");
    assert_eq!(wish(1, 200), 2);
}

#[test]
fn tokens_that_nobody_can_spend_any_more_are_owed() {
    let mut pool = stocked();
    let owes = |pool: &PoolBanks, ms, is_passed_on: bool| pool.owes(VERSION, at(ms), |_| is_passed_on);
    assert_eq!([233, 234].map(|ms| owes(&pool, ms, false)), [false, true]);
    assert_eq!([2_233, 2_234].map(|ms| owes(&pool, ms, true)), [false, true], "somebody else may have some");
    assert!(pool.owes(VERSION + 1, at(20), |_| false), "it was given under another policy");
    assert!(pool.pay(VERSION, 5, at(20)));
    assert!(!owes(&pool, 234, false), "all are spent");
}

#[test]
fn where_there_are_too_many_banks_the_one_goes_with_which_least_is_lost() {
    let mut pool = PoolBanks::default();
    for id in 0..=BANKS_MAX {
        let tokens = if id == 3 { 1 } else { 5 };
        answer(&mut pool, spending(1), 0, 10, Some((u64::try_from(id).unwrap(), tokens)));
    }
    let draw = pool.draw(spending(9), (VERSION, &limit()), 0, at(20), |_| false);
    let kept: Vec<u64> = draw.banks.iter().map(|report| report.id).collect();
    assert_eq!(kept, [0, 1, 2].into_iter().chain(4..17).collect::<Vec<_>>());
}

#[test]
fn who_is_refused_hears_of_what_he_may_spend_and_others_of_what_is_not_spent() {
    let pool = stocked();
    let told = pool.view(VERSION, at(20)).unwrap();
    let refused = LimitUse { refusal: Some(Refusal { wait_ms: Some(9) }), remaining: 0, ..told };
    assert_eq!([20, 234].map(|ms| pool.with_left(refused.clone(), VERSION, at(ms)).remaining), [5, 0]);
}
