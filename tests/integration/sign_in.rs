//! Signing in: failures that tell nothing, the lock, the bounds, and what happens when somebody cannot be asked.

use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use latchkey::app::Attempt;
use latchkey::domain::email::Email;
use latchkey::domain::password::Password;
use latchkey::object::Rejection;
use latchkey::ports::Address;
use serde_json::{Value, json};

use crate::support::people::{assert_same, timeless};
use crate::support::*;

const NULL: Value = Value::Null;
const WRONG: &str = "not the right password";
const FLOOR_MS: u64 = 700;

type Seen = ((u16, Vec<(String, String)>, String), u64);

/// What a failed attempt looks like from outside: the answer, and how long it was held back.
fn seen(house: &House, email: &str, password: &str) -> Seen {
    let before = house.timer.slept().len();
    let response = house.login(email, password);
    (timeless(&response), house.timer.slept()[before..].iter().sum())
}

#[test]
fn failures_are_alike_whether_there_is_an_account_or_it_is_locked() {
    let house = House::timeless();
    house.register("ada");
    let invited = house.register("half");
    // An address that was claimed and whose account never came about.
    house.objects.fault_once(Whom::Kind(Kind::Account), Fault::Unreachable);
    assert_eq!(house.visit("/auth/register", &House::registration("ghost@people.test")).status, 503);
    let unknown = seen(&house, "nobody@people.test", WRONG);
    assert_eq!((unknown.0.0, unknown.1), (401, FLOOR_MS));
    assert!(unknown.0.2.contains("sign_in_failed"));
    assert!(!unknown.0.1.iter().any(|(name, _)| name == "retry-after"));
    let long = "x".repeat(2_000);
    for (email, password) in [
        ("ada@people.test", WRONG),
        ("ADA@people.test", WRONG),
        ("ada@people.test", ""),
        ("ada@people.test", &long),
        ("ghost@people.test", PASSWORD),
        ("no address at all", PASSWORD),
        ("", ""),
        (&invited.user_id, PASSWORD),
    ] {
        assert_eq!(seen(&house, email, password), unknown, "{email:?}");
    }
    for _ in 0..10 {
        house.login("ada@people.test", WRONG);
    }
    assert_eq!(seen(&house, "ada@people.test", WRONG), unknown, "locked");
    assert_eq!(seen(&house, "ada@people.test", PASSWORD), unknown, "locked, and the right password");
    house.advance(HOUR);
    assert_eq!(house.login("ada@people.test", PASSWORD).status, 200);
}

#[test]
fn the_work_of_an_attempt_is_part_of_the_time_that_its_failure_takes() {
    for (work_ms, rest_ms) in [(0, 700), (300, 400), (699, 1), (700, 0), (5_000, 0)] {
        for email in ["ada@people.test", "nobody@people.test"] {
            let house = House::timeless();
            house.register("ada");
            let clock = house.clock.clone();
            let later = house.after(work_ms);
            house.objects.interrupt(1, Box::pin(async move { clock.set(later) }));
            assert_eq!(seen(&house, email, WRONG).1, rest_ms, "{email} after {work_ms}");
        }
    }
}

#[test]
fn ten_thousand_unknown_addresses_reach_no_account_and_make_no_object() {
    let house = House::timeless();
    house.register("ada");
    house.advance(5_000);
    let (objects, accounts) = (house.objects.addresses().len(), house.objects.calls(Kind::Account));
    let before = house.dump(&[]);
    let attempt = Attempt { ip: None, client: None, cookie: false };
    for number in 0..10_000 {
        let email = Email::parse(&format!("nobody-{number}@people.test")).unwrap();
        let tried = house.run(house.app.sign_in(Some(&email), Password::present(PASSWORD), None, &attempt));
        assert_eq!(refusal(tried), Rejection::SignInRefused);
    }
    assert_eq!((house.objects.addresses().len(), house.objects.calls(Kind::Account)), (objects, accounts));
    assert_same(&before, &house.dump(&[]), "an attempt with an unknown address");
    // The same from outside, with what else has no account behind it.
    for token in ["lkat_", "lkat_guess", &house.register("eve").token.replace("lkat_", "lkpr_")] {
        assert_eq!(house.call(token, "GET", "/auth/user", &NULL).status, 401);
        house.visit("/auth/password/reset", &json!({ "token": token, "newPassword": PASSWORD }));
    }
    assert_eq!(house.objects.addresses().len(), objects + 3, "eve's account, organization and session");
}

#[test]
fn the_tenth_failure_in_a_row_locks_for_a_second_and_each_further_one_for_twice_as_long() {
    let house = House::timeless();
    house.register("ada");
    let tried = |password: &str| house.login("ada@people.test", password).status;
    for _ in 0..9 {
        assert_eq!(tried(WRONG), 401);
    }
    assert_eq!(tried(PASSWORD), 200, "nine are forgiven, and forgotten");
    for _ in 0..9 {
        tried(WRONG);
    }
    for failure in 10..=21 {
        assert_eq!(tried(WRONG), 401);
        let lock = (1_000_i64 << (failure - 10)).min(15 * 60_000);
        house.clock.set(house.after(lock - 1));
        assert_eq!(tried(PASSWORD), 401, "failure {failure}: still locked");
        // What comes while it is locked does not count.
        assert_eq!(tried(WRONG), 401);
        house.clock.set(house.after(1));
    }
    assert_eq!(tried(PASSWORD), 200);
    assert_eq!(tried(WRONG), 401);
    assert_eq!(tried(PASSWORD), 200, "counting begins anew");
}

#[test]
fn a_stolen_cookie_is_no_way_around_the_lock() {
    let house = House::timeless();
    let ada = house.register("ada");
    let change = |current: &str| {
        let body = json!({ "currentPassword": current, "newPassword": "quite another password" });
        house.call(&ada.token, "POST", "/auth/password", &body).status
    };
    for _ in 0..10 {
        assert_eq!(change(WRONG), 403);
    }
    assert_eq!(change(PASSWORD), 403, "locked");
    assert_eq!(house.login(&ada.email, PASSWORD).status, 200, "whoever signs in has a gate of their own");
    assert_eq!(change(PASSWORD), 403, "and opens no other");
    house.advance(1_000);
    assert_eq!(change(PASSWORD), 200);
}

/// Tries to sign in from an address; answers the status.
fn from(house: &House, ip: &str, email: &str, password: &str) -> u16 {
    let headers = [("content-type", "application/json"), ("cf-connecting-ip", ip)];
    let body = json!({ "email": email, "password": password }).to_string();
    house.request("POST", "/auth/login", &headers, &body).status
}

#[test]
fn strangers_lock_out_neither_the_addresses_of_earlier_sign_ins_nor_who_is_signed_in() {
    let house = House::timeless();
    let ada = house.register("ada");
    let tried = |ip: &str, password: &str| from(&house, ip, &ada.email, password);
    let confirmed = || house.call(&ada.token, "POST", "/auth/totp", &json!({ "password": PASSWORD })).status;
    assert_eq!(tried("2001:db8:1:2::3", PASSWORD), 200);
    for n in 0..10 {
        assert_eq!(tried(&format!("198.51.100.{n}"), WRONG), 401);
    }
    assert_eq!(tried("198.51.100.77", PASSWORD), 401, "locked for strangers, wherever they are");
    assert_eq!(tried("2001:db8:1:3::3", PASSWORD), 401, "the network next door is a stranger's");
    assert_eq!(tried("2001:db8:1:2::4", PASSWORD), 200, "of an IPv6 address the network counts");
    assert_eq!(tried("192.0.2.1", PASSWORD), 200, "where the account was made");
    assert_eq!(confirmed(), 200);
    assert_eq!(tried("198.51.100.77", PASSWORD), 401, "these have not opened the strangers' gate");
    house.advance(1_000);
    assert_eq!(tried("198.51.100.77", PASSWORD), 200);
    for _ in 0..10 {
        assert_eq!(tried("192.0.2.1", WRONG), 401);
    }
    assert_eq!(tried("192.0.2.1", PASSWORD), 401, "a known address is locked as well");
    for ip in ["203.0.113.9", "198.51.100.77", "2001:db8:1:2::3"] {
        assert_eq!(tried(ip, PASSWORD), 200, "and no other by it: {ip}");
    }
    assert_eq!(confirmed(), 200);
}

#[test]
fn an_address_that_tries_too_often_is_told_to_pause_before_anything_is_looked_at() {
    let house = House::timeless();
    let ada = house.register("ada");
    house.limiter.strict.store(true, Ordering::Relaxed);
    let calls = house.objects.all_calls();
    let email = json!({ "email": ada.email });
    for (path, body) in [
        ("/auth/login", json!({ "email": ada.email, "password": PASSWORD })),
        ("/auth/register", House::registration("new@people.test")),
        ("/auth/password/reset", json!({ "token": "x", "newPassword": WRONG })),
    ] {
        let response = house.visit(path, &body);
        assert_eq!(response.refusal(), (429, "auth_too_many_failures".into()), "{path}");
        assert_eq!(response.header("retry-after"), Some("60"));
    }
    assert_eq!(house.objects.all_calls(), calls);
    let hook = [("LINK_HOOK_URL", "https://hook.test"), ("LINK_HOOK_SECRET", "a secret of the hook's and ours")];
    let hooked = House::configured(&hook);
    hooked.limiter.strict.store(true, Ordering::Relaxed);
    assert_eq!(hooked.visit("/auth/password/forgot", &email).status, 429);
    for (method, path) in [("POST", "/auth/totp"), ("POST", "/auth/totp/recovery_codes"), ("DELETE", "/auth/totp")] {
        assert_eq!(house.call(&ada.token, method, path, &json!({ "password": PASSWORD })).status, 429, "{path}");
    }
    // Who is signed in goes on, and a limiter that fails stops nobody.
    assert_eq!(house.call(&ada.token, "GET", "/auth/user", &NULL).status, 200);
    house.limiter.strict.store(false, Ordering::Relaxed);
    house.limiter.failing.store(true, Ordering::Relaxed);
    assert_eq!(house.login(&ada.email, PASSWORD).status, 200);
    assert!(house.limiter.sources.lock().unwrap().iter().all(|source| source == "192.0.2.1"));
}

fn at_once(house: &House, path: &str, token: Option<&str>, bodies: &[Value]) -> Vec<(u16, String)> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    let sent = bodies.iter().map(|body| house.sent("POST", path, &headers, &body.to_string()));
    house.run(join_all(sent)).iter().map(Response::refusal).collect()
}

#[test]
fn one_address_has_few_attempts_under_way_and_nobody_learns_whether_it_has_an_account() {
    let house = House::timeless();
    house.register("ada");
    for email in ["ada@people.test", "nobody@people.test"] {
        let body = json!({ "email": email, "password": WRONG });
        let mut answers = at_once(&house, "/auth/login", None, &vec![body; 7]);
        answers.sort();
        let (failed, busy) = ((401, "sign_in_failed".to_owned()), (503, "sign_in_busy".to_owned()));
        assert_eq!(answers[..4], vec![failed; 4], "{email}");
        assert_eq!(answers[4..], vec![busy; 3], "{email}");
    }
    let others: Vec<_> = (0..7).map(|n| json!({ "email": format!("{n}@people.test"), "password": WRONG })).collect();
    assert!(at_once(&house, "/auth/login", None, &others).iter().all(|(status, _)| *status == 401));
    assert_eq!(house.login("ada@people.test", PASSWORD).status, 200, "the places are free again");
}

#[test]
fn an_account_lets_few_passwords_wait_and_tells_the_others_to_come_back() {
    let house = House::timeless();
    let ada = house.register("ada");
    let body = json!({ "currentPassword": WRONG, "newPassword": "quite another password" });
    let answers = at_once(&house, "/auth/password", Some(&ada.token), &vec![body; 12]);
    let busy = answers.iter().filter(|answer| **answer == (503, "sign_in_busy".into())).count();
    let wrong = answers.iter().filter(|answer| **answer == (403, "wrong_password".into())).count();
    assert_eq!((wrong, busy), (4, 8), "{answers:?}");
    assert_eq!(house.call(&ada.token, "GET", "/auth/user", &NULL).status, 200);
    house.advance(HOUR);
    assert_eq!(house.login(&ada.email, PASSWORD).status, 200);
}

#[test]
fn whoever_cannot_be_asked_is_no_reason_to_refuse_a_token_or_a_password() {
    for fault in [Fault::Unreachable, Fault::AnswerLost, Fault::Hanging, Fault::Overloaded, Fault::Retryable] {
        for kind in [Kind::Directory, Kind::Account, Kind::Organization] {
            let house = House::timeless();
            let ada = house.register("ada");
            house.objects.fault(Whom::Kind(kind), fault);
            let shown = format!("{fault:?} of {kind:?}");
            if kind != Kind::Organization {
                assert_eq!(house.login(&ada.email, PASSWORD).status, 503, "{shown}");
                assert_eq!(house.login(&ada.email, WRONG).status, 503, "{shown}");
            }
            if kind == Kind::Account {
                assert_eq!(house.call(&ada.token, "GET", "/auth/user", &NULL).status, 503, "{shown}");
                assert_eq!(house.call(&ada.token, "POST", "/auth/logout", &NULL).status, 503, "{shown}");
            }
            if kind != Kind::Directory {
                assert_eq!(house.call(&ada.token, "GET", &ada.path("/members"), &NULL).status, 503, "{shown}");
                assert_eq!(house.call(&ada.token, "POST", &ada.path("/export"), &NULL).status, 503, "{shown}");
            }
            house.objects.heal();
            assert_eq!(house.login(&ada.email, PASSWORD).status, 200, "{shown}");
        }
    }
}

#[test]
fn a_database_that_fails_is_no_reason_to_refuse_either() {
    let house = House::timeless();
    let ada = house.register("ada");
    for address in [house.account_of(&ada.user_id), Address::Directory] {
        let disk = house.objects.disk(&address);
        disk.set_broken(true);
        let refusal = house.login(&ada.email, PASSWORD).refusal();
        assert!([500, 503].contains(&refusal.0), "{address:?}: {refusal:?}");
        disk.set_broken(false);
        for n in 1..30 {
            disk.fail_statement(n);
            let status = house.login(&ada.email, PASSWORD).status;
            assert!([200, 500, 503].contains(&status), "{address:?}, statement {n}: {status}");
            disk.no_failure();
        }
    }
}
