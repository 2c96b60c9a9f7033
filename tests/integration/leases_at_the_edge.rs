//! Sessions that let KV decide: what is published, how often, and that a change waits for it like for any lease.

use latchkey::domain::consistency::{Consistency, Mode};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::timestamp::Timestamp;
use latchkey::hash_index::{self, Acceptance};

use crate::support::house::Home;
use crate::support::*;

struct Yard {
    house: House,
    home: Home,
    held: Held,
}

fn yard_in(mode: Mode) -> Yard {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Other", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    house.relax(&home.secret, &session.id, Consistency { mode, ttl_ms: 60_000, stale_seconds: 0 });
    house.advance(10 * MINUTE);
    Yard { house, home, held }
}

impl Yard {
    /// What KV says of the key.
    fn accepted(&self) -> Option<Acceptance> {
        let name = hash_index::name(self.house.hashes(&self.held).last().unwrap());
        let value = self.house.kv.latest().get(&name).cloned()?;
        let found = hash_index::accepted(&value, self.held.key.session_id.locator());
        found.map(|(record, acceptance)| {
            assert_eq!(record.id, *self.held.id());
            acceptance
        })
    }

    fn until(&self) -> Option<Timestamp> {
        self.accepted().map(|acceptance| acceptance.until)
    }
}

#[test]
fn a_key_that_is_asked_for_is_published_with_an_end_that_is_covered() {
    let yard = yard_in(Mode::Edge);
    assert_eq!(yard.accepted(), None);
    let lease = yard.house.heat(&yard.held).unwrap();
    let accepted = yard.accepted().unwrap();
    // As long as the policy is known: 60 s less a margin.
    assert_eq!(accepted.until, yard.house.after(60_000 - 310));
    assert_eq!((accepted.edition, accepted.reach), (lease.edition, lease.reach));
    assert!(yard.house.horizon(&yard.held.authority()) >= accepted.until);
    let writes = yard.house.kv.writes();
    yard.house.advance(60_000);
    assert_eq!(yard.house.kv.writes(), writes, "only while it is asked for");
}

#[test]
fn however_often_a_key_is_asked_for_it_is_published_every_20_seconds() {
    let yard = yard_in(Mode::Edge);
    // Shorter than the policy is known, so that each moment would give a later end.
    let consistency = Consistency { mode: Mode::Edge, ttl_ms: 25_000, stale_seconds: 0 };
    yard.house.relax(&yard.home.secret, &yard.held.key.session_id, consistency);
    yard.house.heat(&yard.held).unwrap();
    let (begun, writes) = (yard.house.now(), yard.house.kv.writes());
    for second in 1..20 {
        yard.house.clock.set(begun.plus_millis(second * 1_000));
        yard.house.ask(&yard.held, 1);
        assert_eq!((yard.house.kv.writes(), yard.until()), (writes, Some(begun.plus_millis(25_000))), "{second} s");
    }
    yard.house.clock.set(begun.plus_millis(20_000));
    yard.house.ask(&yard.held, 1);
    assert_eq!((yard.house.kv.writes(), yard.until()), (writes + 1, Some(begun.plus_millis(45_000))));
}

#[test]
fn only_sessions_that_want_it_publish_and_only_keys_that_need_not_be_counted() {
    let yard = yard_in(Mode::Leased);
    yard.house.heat(&yard.held).unwrap();
    assert_eq!(yard.accepted(), None);
    let yard = yard_in(Mode::Edge);
    let admin = yard.house.principal(&yard.home.secret);
    yard.house.change(&admin, yard.held.id(), relimit(&[("day", 1_000_000, 86_400_000)])).unwrap();
    yard.house.heat(&yard.held).unwrap();
    assert_eq!(yard.accepted(), None);
}

#[test]
fn a_change_waits_for_what_is_in_kv_and_takes_it_back() {
    for forgets in [false, true] {
        let yard = yard_in(Mode::Edge);
        yard.house.heat(&yard.held).unwrap();
        let until = yard.until().unwrap();
        if forgets {
            yard.house.objects.restart_one(&yard.held.authority());
        }
        let admin = yard.house.principal(&yard.home.secret);
        let fewer = KeyChange { permissions: Some(permissions(&["emails:read"])), ..KeyChange::default() };
        let outcome = yard.house.run(yard.house.app.change_key(&admin, yard.held.id(), fewer)).unwrap();
        assert!(!outcome.settled && outcome.in_force_at.unwrap() >= until.plus_millis(250));
        yard.house.catch_up();
        assert_eq!(yard.accepted(), None, "the record says nothing of itself until it is published again");
        let old = yard.house.now();
        yard.house.clock.set(old.plus_millis(20_000));
        yard.house.heat(&yard.held).unwrap();
        assert_eq!(yard.accepted().unwrap().edition.key, 2);
    }
}

#[test]
fn a_session_that_is_stopped_publishes_nothing_any_more() {
    let yard = yard_in(Mode::Edge);
    yard.house.heat(&yard.held).unwrap();
    let until = yard.until().unwrap();
    let secret = &yard.home.secret;
    let path = format!("/v1/sessions/{}", yard.held.key.session_id);
    let response = yard.house.call(secret, "PATCH", &path, &serde_json::json!({ "status": "disconnected" }));
    assert_eq!(response.status, 202, "{response:?}");
    let admin = yard.house.principal(secret);
    let renamed = KeyChange { name: Some(name("Renamed")), ..KeyChange::default() };
    yard.house.run(yard.house.app.change_key(&admin, yard.held.id(), renamed)).unwrap();
    assert_eq!(yard.accepted(), None, "whatever else has the record written");
    assert!(response.json()["effectiveAt"].as_str().unwrap() > until.to_string().as_str());
}
