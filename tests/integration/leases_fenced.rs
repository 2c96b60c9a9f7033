//! A change that takes something away is answered when nobody can act any more on what was before: not earlier, and not
//! later than that. Whoever repeats it, or reads what came of it, waits as well.

use latchkey::app::{Patience, RotateKey, VerifyKey};
use latchkey::domain::consistency::{Consistency, ConsistencyChange, Mode};
use latchkey::domain::credits::CreditChange;
use latchkey::domain::id::ApiKeyId;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::metadata::Metadata;
use latchkey::domain::rate_limit::RateLimits;
use latchkey::domain::session::SessionStatus;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::Code;
use latchkey::session::protocol::SessionChange;
use serde_json::{Value, json};

use crate::support::house::Home;
use crate::support::leases::*;
use crate::support::*;

const NULL: Value = Value::Null;

struct Yard {
    house: House,
    home: Home,
    held: Held,
}

/// A key in a session beside the default one, and nothing that anybody still remembers.
fn yard_with(consistency: Consistency) -> Yard {
    let house = House::timeless();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.own(&home.secret, "a.example.com");
    let session = house.create_session(&admin, "Other", None).unwrap();
    let mut wanted = limited(&[("day", 1_000_000, 86_400_000)]);
    wanted.permissions = permissions(&["emails:send", "emails:read"]);
    wanted.expires_at = Some(house.after(DAY));
    let mut request = with(wanted);
    request.session.id = Some(session.id.clone());
    let held = house.issue(&admin, request).unwrap();
    house.relax(&home.secret, &session.id, consistency);
    house.advance(10 * MINUTE);
    Yard { house, home, held }
}

fn yard() -> Yard {
    yard_with(Consistency::default())
}

impl Yard {
    /// The key is leased, and a little time passes. Answers when the lease was given.
    fn heat(&self) -> Timestamp {
        self.house.heat(&self.held).unwrap();
        let granted = self.house.now();
        self.house.clock.set(granted.plus_millis(100));
        granted
    }

    fn change_of(&self, id: &ApiKeyId, change: KeyChange) -> Option<Timestamp> {
        let admin = self.house.principal(&self.home.secret);
        let outcome = self.house.run(self.house.app.change_key(&admin, id, change)).unwrap();
        assert!(outcome.settled);
        outcome.in_force_at
    }

    fn change(&self, change: KeyChange) -> Option<Timestamp> {
        self.change_of(self.held.id(), change)
    }

    fn change_session(&self, change: SessionChange) -> Option<Timestamp> {
        let admin = self.house.principal(&self.home.secret);
        let id = &self.held.key.session_id;
        self.house.run(self.house.app.change_session(&admin, id, change)).unwrap().in_force_at
    }

    fn relax(&self, consistency: Consistency) -> Option<Timestamp> {
        let change = ConsistencyChange {
            mode: set(consistency.mode),
            ttl_ms: set(consistency.ttl_ms),
            stale_seconds: set(consistency.stale_seconds),
        };
        self.change_session(SessionChange { consistency: Some(change), ..SessionChange::default() })
    }

    fn revoke(&self) -> Option<Timestamp> {
        let admin = self.house.principal(&self.home.secret);
        self.house.run(self.house.app.revoke_key(&admin, self.held.id(), None)).unwrap().in_force_at
    }

    fn rotate(&self, overlap_ms: i64) -> Option<Timestamp> {
        let admin = self.house.principal(&self.home.secret);
        let request = RotateKey { key_id: self.held.id().clone(), overlap_ms, expires_at: None };
        self.house.run(self.house.app.rotate(&admin, request, None)).unwrap().in_force_at
    }

    fn delete_session(&self) -> Option<Timestamp> {
        let admin = self.house.principal(&self.home.secret);
        self.house.run(self.house.app.delete_session(&admin, &self.held.key.session_id)).unwrap().in_force_at
    }
}

type Act = fn(&Yard) -> Option<Timestamp>;

const TIGHTENING: &[(&str, Act)] = &[
    ("revoke", Yard::revoke),
    ("disable", |yard| yard.change(KeyChange { active: Some(false), ..KeyChange::default() })),
    ("earlier expiry", |yard| {
        yard.change(KeyChange { expires_at: set(yard.house.after(1_000)), ..KeyChange::default() })
    }),
    ("later beginning", |yard| {
        yard.change(KeyChange { not_before: set(yard.house.after(1_000)), ..KeyChange::default() })
    }),
    ("fewer permissions", |yard| {
        yard.change(KeyChange { permissions: Some(permissions(&["emails:send"])), ..KeyChange::default() })
    }),
    ("a domain", |yard| yard.change(KeyChange { domain: set(domain("a.example.com")), ..KeyChange::default() })),
    ("networks", |yard| {
        yard.change(KeyChange { ip_allow_list: Some(networks(&["10.0.0.0/8"])), ..KeyChange::default() })
    }),
    ("lower limits", |yard| yard.change(relimit(&[("day", 999_999, 86_400_000)]))),
    ("credits", |yard| yard.change(recredit(Some(CreditChange::Set(5)), clear()))),
    ("rotate at once", |yard| yard.rotate(0)),
    ("rotate with hardly an overlap", |yard| yard.rotate(2_000)),
    ("disconnect", |yard| {
        let status = Some(SessionStatus::Disconnected);
        yard.change_session(SessionChange { status, ..SessionChange::default() })
    }),
    ("limits of the session", |yard| {
        let rate_limits = Some(limits(&[("all", 10, 1_000)]));
        yard.change_session(SessionChange { rate_limits, ..SessionChange::default() })
    }),
    ("strict", |yard| yard.relax(Consistency { mode: Mode::Strict, ..Consistency::default() })),
    ("shorter leases", |yard| yard.relax(Consistency { ttl_ms: 4_999, ..Consistency::default() })),
    ("delete the session", Yard::delete_session),
];

const LOOSENING: &[(&str, Act)] = &[
    ("name", |yard| yard.change(KeyChange { name: Some(name("Renamed")), ..KeyChange::default() })),
    ("metadata", |yard| yard.change(KeyChange { metadata: Some(Metadata::default()), ..KeyChange::default() })),
    ("more permissions", |yard| {
        yard.change(KeyChange { permissions: Some(permissions(&["emails:*"])), ..KeyChange::default() })
    }),
    ("an expiry after all leases", |yard| {
        yard.change(KeyChange { expires_at: set(yard.house.after(HOUR)), ..KeyChange::default() })
    }),
    ("no expiry", |yard| yard.change(KeyChange { expires_at: clear(), ..KeyChange::default() })),
    ("no limits", |yard| yard.change(relimit(&[]))),
    ("rotate with an overlap", |yard| yard.rotate(HOUR)),
    ("name of the session", |yard| {
        yard.change_session(SessionChange { name: Some(name("Renamed")), ..SessionChange::default() })
    }),
    ("longer leases", |yard| yard.relax(Consistency { ttl_ms: 60_000, ..Consistency::default() })),
    ("no limits of the session", |yard| {
        let rate_limits = Some(RateLimits::default());
        yard.change_session(SessionChange { rate_limits, ..SessionChange::default() })
    }),
];

#[test]
fn what_takes_something_away_waits_for_the_leases_that_are_out() {
    for (name, act) in TIGHTENING {
        let yard = yard();
        let granted = yard.heat();
        assert_eq!(act(&yard), Some(granted.plus_millis(GRANTED)), "{name}");
        assert_eq!(yard.house.waited(), [u64::try_from(GRANTED - 100).unwrap()], "{name}");
    }
}

#[test]
fn nobody_is_waited_for_who_has_no_lease() {
    for (name, act) in TIGHTENING {
        let yard = yard();
        yard.heat();
        yard.house.clock.set(yard.house.after(GRANTED));
        assert_eq!(act(&yard), None, "{name}: the lease is over");
        assert!(yard.house.waited().is_empty(), "{name}");
    }
    let yard = yard();
    yard.heat();
    let admin = yard.house.principal(&yard.home.secret);
    let idle = yard.house.issue(&admin, key_in(&yard.held.key.session_id, &["emails:send"])).unwrap();
    yard.house.revoke(&admin, idle.id()).unwrap();
    assert!(yard.house.waited().is_empty(), "another key of the session");
}

#[test]
fn what_gives_more_waits_for_nobody_unless_something_is_still_being_taken_away() {
    for (name, act) in LOOSENING {
        let yard = yard();
        yard.heat();
        assert_eq!(act(&yard), None, "{name}");
        assert!(yard.house.waited().is_empty(), "{name}");
    }
    let yard = yard();
    let granted = yard.heat();
    yard.change(KeyChange { active: Some(false), ..KeyChange::default() });
    yard.house.clock.set(yard.house.after(400));
    assert_eq!(
        yard.change(KeyChange { active: Some(true), ..KeyChange::default() }),
        Some(granted.plus_millis(GRANTED)),
        "the answer tells of a key that some still hold to be what it was"
    );
    assert_eq!(yard.house.waited(), [2_152, 1_752]);
}

#[test]
fn the_new_decision_is_given_at_once_and_leases_on_it_hold_nobody_back() {
    let yard = yard();
    let granted = yard.heat();
    yard.change(KeyChange { permissions: Some(permissions(&["emails:send"])), ..KeyChange::default() });
    let lease = yard.house.ask(&yard.held, 2).lease.unwrap();
    assert_eq!(lease.edition.key, 2);
    yard.house.clock.set(granted.plus_millis(GRANTED));
    yard.change(KeyChange { name: Some(name("Renamed")), ..KeyChange::default() });
    assert_eq!(yard.house.waited().len(), 1);
    assert_eq!(yard.revoke(), Some(granted.plus_millis(100 + GRANTED)), "until the last lease has ended");
    assert_eq!(yard.house.code(&yard.held.text), Code::Revoked);
}

#[test]
fn who_repeats_a_change_or_reads_what_came_of_it_waits_for_the_rest() {
    for forgets in [false, true] {
        let yard = yard();
        let house = &yard.house;
        let granted = yard.heat();
        let end = granted.plus_millis(GRANTED);
        assert_eq!(yard.revoke(), Some(end));
        house.clock.set(house.after(500));
        if forgets {
            house.objects.restart_one(&yard.held.authority());
        }
        assert_eq!(yard.revoke(), Some(end), "the same moment");
        let admin = house.principal(&yard.home.secret);
        house.read(&admin, yard.held.id()).unwrap();
        house.run(house.app.session_health(&admin, &yard.held.key.session_id)).unwrap();
        house.run(house.app.read_session(&admin, &yard.held.key.session_id)).unwrap();
        let rest = u64::try_from(GRANTED - 600).unwrap();
        assert_eq!(house.waited(), [rest + 500, rest, rest, rest], "the session itself is what it was");
        assert_eq!(house.code(&yard.held.text), Code::Revoked, "a verification does not wait");
        house.clock.set(end);
        assert_eq!(yard.revoke(), Some(end), "and still the same moment");
        house.read(&admin, yard.held.id()).unwrap();
        assert_eq!(house.waited().len(), 4);
    }
    let yard = yard();
    yard.heat();
    yard.change_session(SessionChange { status: Some(SessionStatus::Disconnected), ..SessionChange::default() });
    let admin = yard.house.principal(&yard.home.secret);
    yard.house.run(yard.house.app.read_session(&admin, &yard.held.key.session_id)).unwrap();
    yard.house.read(&admin, yard.held.id()).unwrap();
    assert_eq!(yard.house.waited(), [2_152; 3]);
}

#[test]
fn a_rotation_that_is_repeated_under_its_key_waits_for_the_rest() {
    let yard = yard();
    let house = &yard.house;
    let granted = yard.heat();
    let admin = house.principal(&yard.home.secret);
    let rotate = || {
        let request = RotateKey { key_id: yard.held.id().clone(), overlap_ms: 0, expires_at: None };
        house.run(house.app.rotate(&admin, request, Some(&header("once-and-for-all", "{}")))).unwrap()
    };
    let first = rotate();
    house.clock.set(house.after(500));
    let again = rotate();
    assert_eq!(first.reply.secret.expose(), again.reply.secret.expose());
    assert_eq!((first.in_force_at, again.in_force_at), (Some(granted.plus_millis(GRANTED)), first.in_force_at));
    assert_eq!(house.waited(), [2_152, 1_652]);
}

#[test]
fn what_a_successor_may_spend_less_is_waited_for_at_the_key_that_it_replaces() {
    let yard = yard();
    let admin = yard.house.principal(&yard.home.secret);
    let successor = yard.house.rotate(&admin, yard.held.id(), HOUR).unwrap();
    let granted = yard.heat();
    let in_force = yard.change_of(successor.id(), relimit(&[("day", 10, 86_400_000)]));
    assert_eq!(in_force, Some(granted.plus_millis(GRANTED)));
}

#[test]
fn an_object_that_has_lost_its_memory_waits_for_the_longest_lease_and_one_that_was_quiet_for_nobody() {
    let yard = yard();
    let granted = yard.heat();
    let there = yard.held.authority();
    let horizon = yard.house.horizon(&there);
    assert!(horizon > granted.plus_millis(60_000));
    yard.house.clock.set(granted.plus_millis(1_000));
    yard.house.objects.restart_one(&there);
    let admin = yard.house.principal(&yard.home.secret);
    let restarted = yard.house.now();
    let outcome = yard.house.run(yard.house.app.revoke_key(&admin, yard.held.id(), None)).unwrap();
    let longest = restarted.plus_millis(GRANTED);
    assert_eq!((outcome.settled, outcome.in_force_at), (true, Some(longest)), "nobody knows better");

    let yard = self::yard();
    yard.heat();
    yard.house.advance(10_000);
    yard.house.objects.restart_one(&yard.held.authority());
    assert_eq!((yard.revoke(), yard.house.waited().len()), (None, 0));
}

#[test]
fn what_takes_longer_than_an_answer_is_held_back_is_accepted() {
    let yard = yard_with(Consistency { stale_seconds: 30, ..Consistency::default() });
    let (house, secret) = (&yard.house, &yard.home.secret);
    let granted = yard.heat();
    let effective_at = granted.plus_millis(32_000 + 282).to_string();
    let path = format!("/v1/api_keys/{}", yard.held.id());
    for _ in 0..2 {
        let response = house.call(secret, "DELETE", &path, &NULL);
        assert_eq!(response.status, 202, "{response:?}");
        assert_eq!(response.json()["effectiveAt"], json!(effective_at));
    }
    assert_eq!(house.call(secret, "GET", &path, &NULL).status, 202, "it is not revoked everywhere yet");
    house.clock.set(granted.plus_millis(20_000));
    let response = house.call(secret, "DELETE", &path, &NULL);
    assert_eq!((response.status, house.waited()), (200, vec![12_282]));
    assert_eq!(response.json()["effectiveAt"], json!(effective_at));
}

#[test]
fn who_does_not_want_to_wait_is_told_from_when_on() {
    type Request<'a> = (&'a str, &'a str, Value);
    let cases: [Request<'_>; 5] = [
        ("DELETE", "/v1/api_keys/{key}", NULL),
        ("PATCH", "/v1/api_keys/{key}", json!({ "active": false })),
        ("POST", "/v1/api_keys/{key}/rotate", json!({ "overlapSeconds": 0 })),
        ("PATCH", "/v1/sessions/{session}", json!({ "status": "disconnected" })),
        ("DELETE", "/v1/sessions/{session}", NULL),
    ];
    for (method, path, body) in cases {
        let yard = yard();
        let house = &yard.house;
        let granted = yard.heat();
        let (key, session) = (yard.held.id().as_str(), yard.held.key.session_id.as_str());
        let path = path.replace("{key}", key).replace("{session}", session);
        let bearer = format!("Bearer {}", yard.home.secret);
        let mut headers = vec![("authorization", bearer.as_str()), ("prefer", "respond-async")];
        let text = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_null() {
            headers.push(("content-type", "application/json"));
        }
        let response = house.request(method, &path, &headers, &text);
        assert_eq!((response.status, response.header("preference-applied")), (202, Some("respond-async")), "{path}");
        assert_eq!(response.json()["effectiveAt"], json!(granted.plus_millis(GRANTED).to_string()), "{path}");
        assert!(house.waited().is_empty());
        let patient = house.principal(&yard.home.secret).waiting(Patience::RespondAsync);
        assert!(!house.run(house.app.read_key(&patient, yard.held.id())).unwrap().settled, "{path}");
    }
}

#[test]
fn a_lease_whose_end_could_not_be_written_down_was_not_given_and_the_next_one_is_written_down() {
    let yard = yard();
    let disk = yard.house.objects.disk(&yard.held.authority());
    disk.tamper("CREATE TRIGGER full BEFORE INSERT ON lease_horizon BEGIN SELECT raise(ABORT, 'full'); END");
    let edge = yard.house.edge();
    for _ in 0..3 {
        let _ = edge.verify_for(&yard.held.text, VerifyKey::default());
    }
    assert!(edge.here(&yard.held.text).is_none());
    disk.tamper("DROP TRIGGER full");
    yard.heat();
    assert!(disk.number("SELECT until FROM lease_horizon") > yard.house.now().as_millis());
}
