//! One fault at a time, of every kind, at every call that a decision makes: whoever was refused is let in by none of them,
//! whoever is good is never told otherwise, and every answer is one of the document's (which `House::request` checks).

use std::sync::atomic::Ordering;

use latchkey::domain::api_key::KeySettings;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::session::OrganizationStatus;
use serde_json::{Value, json};

use crate::support::house::House;
use crate::support::*;

const NULL: Value = Value::Null;
const FAULTS: [Fault; 9] = [
    Fault::Unreachable,
    Fault::AnswerLost,
    Fault::Hanging,
    Fault::Overloaded,
    Fault::Retryable,
    Fault::Doubled,
    Fault::Late,
    Fault::Garbled,
    Fault::Strange,
];
/// More calls, or statements, than any of these requests makes.
const ENOUGH: u64 = 200;

/// What somebody asks, and with which credential.
struct Attempt {
    what: String,
    good: bool,
    method: &'static str,
    path: String,
    bearer: String,
    body: Value,
}

struct Town {
    house: House,
    attempts: Vec<Attempt>,
}

impl Town {
    fn new() -> Self {
        let house = House::new();
        let owner = house.register("ada");
        let other = house.register("bob");
        let admin = house.principal(&owner.key);
        let issue = || house.issue(&admin, key(&["*"])).unwrap();
        let (good, revoked, disabled) = (issue(), issue(), issue());
        house.revoke(&admin, revoked.id()).unwrap();
        let off = KeyChange { active: Some(false), ..KeyChange::default() };
        house.change(&admin, disabled.id(), off).unwrap();
        let soon = KeySettings { expires_at: Some(house.after(1_000)), ..settings(&["*"]) };
        let expired = house.issue(&admin, with(soon)).unwrap();
        let later = KeySettings { not_before: Some(house.after(900 * DAY)), ..settings(&["*"]) };
        let not_yet = house.issue(&admin, with(later)).unwrap();
        let session = |label: &str| house.create_session(&admin, label, None).unwrap().id;
        let (off, gone) = (session("Off"), session("Gone"));
        let disconnected = house.issue(&admin, key_in(&off, &["*"])).unwrap();
        let deleted = house.issue(&admin, key_in(&gone, &["*"])).unwrap();
        let body = json!({ "status": "disconnected" });
        assert_eq!(house.call(&owner.key, "PATCH", &format!("/v1/sessions/{off}"), &body).status, 200);
        house.delete_session(&admin, &gone).unwrap();
        let suspended = house.register("eve");
        let id = latchkey::domain::id::OrganizationId::parse(&suspended.organization, house.app.keyring()).unwrap();
        house.set_status(&id, OrganizationStatus::Suspended).unwrap();
        // Under the same root secret, and nobody here has heard of it.
        let unknown = House::seeded(99).found("Elsewhere").secret;
        let signed_out = house.another_token(&owner);
        assert!(house.call(&signed_out, "POST", "/auth/logout", &NULL).status < 300);
        let removed = house.hire(&owner, "cy", "admin");
        assert!(house.call(&owner.token, "DELETE", &owner.member(&removed), &NULL).status < 300);
        house.advance(2_000);

        let mut attempts = Vec::new();
        let mut add = |what: String, good, method, path: &str, bearer: &str, body| {
            attempts.push(Attempt { what, good, method, path: path.to_owned(), bearer: bearer.to_owned(), body });
        };
        for (what, good, secret) in [
            ("good", true, &good.text),
            ("revoked", false, &revoked.text),
            ("disabled", false, &disabled.text),
            ("expired", false, &expired.text),
            ("not yet valid", false, &not_yet.text),
            ("disconnected", false, &disconnected.text),
            ("deleted", false, &deleted.text),
            ("suspended", false, &suspended.key),
            ("unknown", false, &unknown),
        ] {
            add(format!("gate, {what}"), good, "GET", "/v1/whoami", secret, NULL);
            add(format!("verify, {what}"), good, "POST", "/v1/keys/verify", &owner.key, json!({ "key": secret }));
            add(format!("manage, {what}"), good, "GET", "/v1/api_keys?limit=1", secret, NULL);
            add(format!("create, {what}"), good, "POST", "/v1/api_keys", secret, json!({ "name": "Made" }));
        }
        add("verify, foreign".to_owned(), false, "POST", "/v1/keys/verify", &owner.key, json!({ "key": other.key }));
        for (what, good, token, home) in [
            ("owner", true, &owner.token, &owner),
            ("signed out", false, &signed_out, &owner),
            ("removed", false, &removed.token, &owner),
            ("stranger", false, &other.token, &owner),
        ] {
            add(format!("person, {what}"), good, "GET", &home.path("/api_keys?limit=1"), token, NULL);
            add(
                format!("person creates, {what}"),
                good,
                "POST",
                &home.path("/api_keys"),
                token,
                json!({ "name": "Made" }),
            );
        }
        let body = json!({ "name": "Made" });
        add(
            "person creates, suspended".to_owned(),
            false,
            "POST",
            &suspended.path("/api_keys"),
            &suspended.token,
            body,
        );
        Self { house, attempts }
    }

    /// An isolate that knows nothing of anybody.
    fn forget(&mut self) {
        let app = self.house.edge().app.clone();
        self.house.app = app;
    }

    /// Whether somebody is let in.
    fn accepts(&self, attempt: &Attempt) -> (bool, Response) {
        let response = self.house.call(&attempt.bearer, attempt.method, &attempt.path, &attempt.body);
        let verifies = attempt.path == "/v1/keys/verify";
        let accepts = response.status < 300 && (!verifies || response.json()["valid"] == true);
        (accepts, response)
    }

    /// Makes an attempt while something is wrong; what is wrong with the answer, if anything is.
    fn judge(&self, attempt: &Attempt) -> Option<String> {
        let (accepts, response) = self.accepts(attempt);
        let shown =
            || Some(format!("{}: {} {}", attempt.what, response.status, String::from_utf8_lossy(&response.body)));
        match attempt.good {
            false if accepts => shown(),
            // Nobody knows, or nothing can be written: that says nothing about the key.
            true if !accepts && ![503, 507].contains(&response.status) => shown(),
            _ => None,
        }
    }

    fn everybody_is_who_he_was(&mut self, after: &str) {
        self.forget();
        for attempt in &self.attempts {
            let (accepts, response) = self.accepts(attempt);
            assert_eq!(accepts, attempt.good, "after {after}: {}: {response:?}", attempt.what);
        }
    }
}

#[test]
fn no_fault_of_a_call_to_an_object_lets_anybody_in_who_is_refused_or_calls_a_good_key_bad() {
    let mut judged = 0;
    for fault in FAULTS {
        let mut town = Town::new();
        for stays in [false, true] {
            for place in 0..town.attempts.len() {
                for n in 1..ENOUGH {
                    town.forget();
                    let before = town.house.objects.all_calls();
                    match stays {
                        true => town.house.objects.fault_from(n, fault),
                        false => town.house.objects.fault_nth(n, fault),
                    }
                    let wrong = town.judge(&town.attempts[place]);
                    assert_eq!(wrong, None, "{fault:?} of call {n}, staying: {stays}");
                    let calls = town.house.objects.all_calls() - before;
                    town.house.objects.heal();
                    judged += 1;
                    if calls < n || (stays && !is_full()) {
                        break;
                    }
                }
            }
        }
        futures_executor::block_on(town.house.objects.deliver_late());
        town.everybody_is_who_he_was(&format!("{fault:?}"));
    }
    println!("FIGURE {{\"name\":\"requests with a fault at one call of an object\",\"value\":{judged}}}");
}

#[test]
fn no_failing_statement_lets_anybody_in_who_is_refused_or_calls_a_good_key_bad() {
    let mut judged = 0;
    let mut town = Town::new();
    for kind in [Kind::Session, Kind::Organization, Kind::Account] {
        for place in 0..town.attempts.len() {
            for n in 1..ENOUGH {
                town.forget();
                // In the full form objects that have just been started as well, with all that they read then.
                if is_full() {
                    town.house.objects.restart();
                }
                let disks = town.house.objects.disks().into_iter().filter(|(address, _)| Kind::of(address) == kind);
                let disks: Vec<_> = disks.map(|(_, disk)| disk).collect();
                disks.iter().for_each(|disk| disk.fail_statement(i64::try_from(n).unwrap()));
                let wrong = town.judge(&town.attempts[place]);
                assert_eq!(wrong, None, "statement {n} of {kind:?}");
                let failed = disks.iter().any(|disk| disk.has_failed());
                town.house.objects.no_failures();
                judged += 1;
                if !failed {
                    break;
                }
            }
        }
    }
    town.everybody_is_who_he_was("failing statements");
    println!("FIGURE {{\"name\":\"requests with a failing statement\",\"value\":{judged}}}");
}

#[test]
fn nothing_else_that_fails_lets_anybody_in_who_is_refused_or_calls_a_good_key_bad() {
    type Trouble = (&'static str, fn(&House, bool));
    let troubles: [Trouble; 9] = [
        ("KV is down", |house, on| house.kv.is(if on { Mood::Down } else { Mood::Well })),
        ("KV hangs", |house, on| house.kv.is(if on { Mood::Hanging } else { Mood::Well })),
        ("KV finds nothing", |house, on| house.kv.is(if on { Mood::Losing } else { Mood::Well })),
        ("KV is days behind", |house, on| house.kv.lags_by(if on { 5 * DAY } else { 0 })),
        ("there is no chance", |house, on| house.entropy.fails(on)),
        ("the limiter fails", |house, on| house.limiter.failing.store(on, Ordering::Relaxed)),
        ("the world outside fails", |house, on| house.web.failing.store(on, Ordering::Relaxed)),
        ("no database reads", |house, on| house.objects.disks().iter().for_each(|(_, disk)| disk.set_broken(on))),
        ("no alarm is taken", |house, on| house.objects.disks().iter().for_each(|(_, disk)| disk.set_alarm_broken(on))),
    ];
    let mut town = Town::new();
    for (what, trouble) in troubles {
        for away in [false, true] {
            for restarted in [false, true] {
                trouble(&town.house, true);
                if away {
                    town.house.objects.fault(Whom::Everybody, Fault::Unreachable);
                }
                for place in 0..town.attempts.len() {
                    town.forget();
                    if restarted {
                        town.house.objects.restart();
                    }
                    let wrong = town.judge(&town.attempts[place]);
                    assert_eq!(wrong, None, "{what}, objects away: {away}, restarted: {restarted}");
                }
                town.house.objects.heal();
                trouble(&town.house, false);
            }
        }
        town.everybody_is_who_he_was(what);
    }
}

/// The control: whoever believes a failed call to say what the last one said lets dead keys in, and that is seen, in each
/// kind of request.
#[test]
fn a_failure_that_is_taken_for_a_yes_would_be_seen() {
    let mut town = Town::new();
    for kind in ["gate", "verify", "manage", "person"] {
        let of_kind = |good: bool| {
            let fits = |attempt: &&Attempt| attempt.good == good && attempt.what.starts_with(&format!("{kind}, "));
            town.attempts.iter().position(|attempt| fits(&attempt)).unwrap()
        };
        let (good, bad) = (of_kind(true), of_kind(false));
        town.forget();
        assert_eq!(town.judge(&town.attempts[good]), None);
        town.forget();
        let believed = match kind {
            "person" => Whom::Kind(Kind::Account),
            "verify" => Whom::Everybody,
            _ => Whom::Kind(Kind::Session),
        };
        town.house.objects.fault(believed, Fault::Believed);
        assert!(town.judge(&town.attempts[bad]).is_some(), "{kind}: nobody would notice");
        town.house.objects.heal();
    }
}
