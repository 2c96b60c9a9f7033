//! What a session leases to isolates: which keys, for how long, and how that is written down.

use latchkey::app::Call as Purpose;
use latchkey::domain::consistency::{Consistency, Mode};
use latchkey::domain::credits::CreditChange;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::lease::grant::{Edition, Lease};
use latchkey::domain::permission::Permission;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::rate_limit::Level;
use latchkey::domain::session::{OrganizationStatus, SessionStatus};
use latchkey::domain::verification::Code;
use latchkey::object::{Answer, Rejection};
use latchkey::session::protocol::{Command, Reply, SessionChange, Verify};

use serde_json::{Value, json};

use crate::support::house::Home;
use crate::support::leases::*;
use crate::support::*;

struct Yard {
    house: House,
    home: Home,
    held: Held,
}

/// An organization with a key in a session beside the default one.
fn yard_on(plan: Plan, wanted: latchkey::domain::api_key::KeySettings) -> Yard {
    let house = House::timeless();
    let home = house.found_on("Acme", plan);
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Other", None).unwrap();
    let mut request = with(wanted);
    request.session.id = Some(session.id);
    let held = house.issue(&admin, request).unwrap();
    house.advance(10 * MINUTE);
    Yard { house, home, held }
}

fn yard() -> Yard {
    yard_on(Plan::preset(PlanName::Enterprise), settings(&["emails:send"]))
}

impl Yard {
    fn change(&self, change: KeyChange) {
        self.house.change(&self.house.principal(&self.home.secret), self.held.id(), change).unwrap();
    }

    fn change_session(&self, change: SessionChange) {
        let admin = self.house.principal(&self.home.secret);
        self.house.run(self.house.app.change_session(&admin, &self.held.key.session_id, change)).unwrap();
    }

    fn relax(&self, consistency: Consistency) {
        self.house.relax(&self.home.secret, &self.held.key.session_id, consistency);
    }
}

#[test]
fn a_key_that_is_asked_for_again_is_leased_with_all_that_a_decision_takes() {
    let Yard { house, held, .. } = yard();
    assert!(house.ask(&held, 1).lease.is_none(), "nobody knows yet that it will be asked for again");
    house.clock.set(house.after(5_000));
    let answer = house.ask(&held, 1);
    let session =
        house.objects.disk(&held.authority()).number("SELECT json_extract(record, '$.generation') FROM session");
    let Lease { edition, key, reach, mode, decided_at, ttl_ms, stale_ms, counts, shares, limits, bank } =
        *answer.lease.unwrap();
    assert_eq!(edition, Edition { key: 1, session, policy: 1 });
    assert_eq!((key, answer.key.map(|key| key.id), answer.reach), (None, Some(held.id().clone()), Some(reach)));
    assert_eq!((mode, decided_at, ttl_ms, stale_ms), (Mode::Leased, house.now(), TTL, 0));
    assert_eq!((counts, shares, limits, bank), (false, false, Vec::new(), None));
    house.clock.set(house.after(5_001));
    assert!(house.ask(&held, 1).lease.is_none(), "it is not asked for often enough");
}

#[test]
fn what_is_not_good_or_must_be_exact_is_never_leased() {
    type Make = fn(&Yard);
    let cases: &[(&str, Make)] = &[
        ("strict", |yard| yard.relax(Consistency { mode: Mode::Strict, ..Consistency::default() })),
        ("no time", |yard| yard.relax(Consistency { ttl_ms: 0, ..Consistency::default() })),
        ("credits", |yard| yard.change(recredit(Some(CreditChange::Set(1_000)), clear()))),
        ("disabled", |yard| yard.change(KeyChange { active: Some(false), ..KeyChange::default() })),
        ("pending", |yard| {
            let not_before = set(yard.house.after(HOUR));
            yard.change(KeyChange { not_before, ..KeyChange::default() });
        }),
        ("expired", |yard| {
            yard.change(KeyChange { expires_at: set(yard.house.after(1)), ..KeyChange::default() });
            yard.house.clock.set(yard.house.after(1));
        }),
        ("about to expire", |yard| {
            yard.change(KeyChange { expires_at: set(yard.house.after(200)), ..KeyChange::default() });
        }),
        ("revoked", |yard| {
            yard.house.revoke(&yard.house.principal(&yard.home.secret), yard.held.id()).unwrap();
        }),
        ("disconnected", |yard| {
            let status = Some(SessionStatus::Disconnected);
            yard.change_session(SessionChange { status, ..SessionChange::default() });
        }),
        ("suspended", |yard| {
            yard.house.set_status(&yard.home.organization.id, OrganizationStatus::Suspended).unwrap();
        }),
    ];
    for (name, make) in cases {
        let yard = yard();
        make(&yard);
        assert_eq!(yard.house.heat(&yard.held), None, "{name}");
        assert_eq!(yard.house.horizon(&yard.held.authority()).as_millis(), 0, "{name}");
    }
    let Yard { house, held, .. } = yard();
    for (dry_run, explain) in [(true, false), (false, true)] {
        let dry = Verify { dry_run, explain, ..wishing(house.hashes(&held), 1) };
        for _ in 0..3 {
            let answer = house.tell(&held.authority(), &Command::Verify(Box::new(dry.clone())));
            let Answer::Done { reply: Reply::Verified(verified), .. } = answer else { panic!("{answer:?}") };
            assert_eq!((verified.code, verified.lease), (Code::Valid, None));
        }
    }
}

#[test]
fn a_lease_ends_before_its_key_and_before_the_policy_that_it_was_drawn_from() {
    let Yard { house, home, held } = yard();
    let admin = house.principal(&home.secret);
    let expires_at = set(house.after(31_500));
    house.change(&admin, held.id(), KeyChange { expires_at, ..KeyChange::default() }).unwrap();
    house.relax(&home.secret, &held.key.session_id, Consistency { stale_seconds: 30, ..Consistency::default() });
    let of = |lease: Option<Lease>| lease.map(|lease| (lease.ttl_ms, lease.stale_ms));
    assert_eq!(of(house.heat(&held)), Some((TTL, 29_500)));
    house.clock.set(house.after(30_000));
    assert_eq!(of(house.heat(&held)), Some((1_500, 0)));

    let Yard { house, home, held } = yard();
    assert_eq!(house.code(&held.text), Code::Valid);
    let heard = house.now();
    house.no_draws(&home);
    house.clock.set(heard.plus_millis(58_000));
    assert_eq!(of(house.heat(&held)), Some((1_690, 0)), "nobody answers: what is left of the policy's lease");
    house.objects.heal();
    house.clock.set(heard.plus_millis(59_500));
    assert_eq!(of(house.heat(&held)), None, "one question is enough for a while");
}

#[test]
fn the_policy_is_asked_for_ahead_where_a_lease_would_end_with_it() {
    let Yard { house, held, .. } = yard();
    let draws = || house.objects.told(Kind::Organization, "draw");
    house.heat(&held);
    let (heard, before) = (house.now(), draws());
    for at in [20_000, 54_600] {
        house.clock.set(heard.plus_millis(at));
        house.heat(&held);
        assert_eq!(draws(), before, "after {at} ms");
    }
    house.clock.set(heard.plus_millis(54_800));
    house.ask(&held, 1);
    assert_eq!(draws() - before, 1);
    house.clock.set(heard.plus_millis(59_600));
    let edition = house.ask(&held, 1).lease.unwrap().edition;
    assert_eq!(draws() - before, 1);
    house.clock.set(heard.plus_millis(54_800 + 59_600));
    assert!(house.renewed(&held, edition).is_some());
    assert_eq!(draws() - before, 2, "a renewal asks as well");
}

#[test]
fn the_horizon_is_ahead_of_every_lease_and_comes_down_when_it_is_quiet() {
    let Yard { house, held, .. } = yard();
    let there = held.authority();
    house.ask(&held, 1);
    assert_eq!(house.horizon(&there).as_millis(), 0, "nothing is written for a key that is not leased");
    let mut rows = std::collections::BTreeSet::new();
    for _ in 0..600 {
        house.advance(200);
        house.ask(&held, 1).lease.unwrap();
        assert!(house.horizon(&there) >= house.after(GRANTED));
        rows.insert(house.horizon(&there));
    }
    assert!(rows.len() <= 3, "about a row a minute: {rows:?}");
    let end = house.after(GRANTED);
    house.advance(7_000);
    assert_eq!(house.horizon(&there), end, "where the last lease ends");
}

#[test]
fn a_lease_is_never_given_on_the_strength_of_a_row_that_was_taken_back() {
    for n in 1..40 {
        let Yard { house, held, .. } = yard();
        let there = held.authority();
        house.ask(&held, 1);
        let disk = house.objects.disk(&there);
        disk.fail_statement(n);
        drop(house.run(latchkey::delivery::call::<_, Reply>(
            &*house.objects,
            &there,
            &Command::Verify(Box::new(wishing(house.hashes(&held), 1))),
        )));
        disk.no_failure();
        house.heat(&held).unwrap();
        assert!(house.horizon(&there) >= house.after(GRANTED), "statement {n}");
    }
}

#[test]
fn a_renewal_gives_what_has_changed_and_nothing_where_nobody_knows_the_policy() {
    let Yard { house, home, held } = yard();
    let edition = house.heat(&held).unwrap().edition;
    house.clock.set(house.after(60_000 * 10));
    let same = house.renewed(&held, edition).unwrap();
    assert_eq!((same.key, same.edition, same.ttl_ms), (None, edition, TTL), "however long ago it was asked for");
    let admin = house.principal(&home.secret);
    house.change(&admin, held.id(), KeyChange { name: Some(name("Renamed")), ..KeyChange::default() }).unwrap();
    let other = house.renewed(&held, edition).unwrap();
    assert_eq!(other.key.unwrap().settings.name, name("Renamed"));
    assert_eq!(other.edition, Edition { key: 2, ..edition });
    house.no_draws(&home);
    house.clock.set(house.after(MINUTE));
    assert_eq!(house.renew(&held, edition), Answer::Rejected(Rejection::PolicyUnknown));
    house.objects.heal();
    house.revoke(&admin, held.id()).unwrap();
    assert_eq!(house.renewed(&held, edition), None);
    let stranger = house.issue(&admin, key(&["emails:send"])).unwrap();
    let elsewhere = Held {
        key: latchkey::domain::api_key::ApiKey { session_id: held.key.session_id.clone(), ..stranger.key },
        ..stranger
    };
    assert_eq!(house.renewed(&elsewhere, edition), None, "a key of another session");
}

#[test]
fn a_caller_that_verifies_is_leased_with_its_record_and_one_that_manages_is_not() {
    let Yard { house, held, .. } = yard();
    let ask = |call| {
        let needs = Some(Permission::parse("emails:send").unwrap());
        let command = Command::Authenticate { hashes: house.hashes(&held), ip: None, needs, call, wish: Some(wish(1)) };
        let answer = house.tell(&held.authority(), &command);
        let Answer::Done { reply: Reply::Authenticated { lease, .. }, .. } = answer else { panic!("{answer:?}") };
        lease
    };
    assert_eq!((ask(Purpose::Manage), ask(Purpose::Manage), ask(Purpose::Verify)), (None, None, None));
    assert_eq!(ask(Purpose::Verify).unwrap().key.unwrap().id, *held.id());
    assert_eq!(ask(Purpose::Manage), None);
}

#[test]
fn a_lease_tells_of_all_limits_and_an_answer_without_a_wish_of_those_that_its_reader_may_see() {
    let Yard { house, held, .. } = yard_on(requests(1_000), limited(&[("burst", 100, 60_000)]));
    let levels =
        |limits: &[latchkey::domain::rate_limit::LimitUse]| limits.iter().map(|one| one.level).collect::<Vec<_>>();
    house.ask(&held, 1);
    let answer = house.ask(&held, 1);
    let lease = answer.lease.unwrap();
    assert!(lease.counts);
    assert_eq!(levels(&lease.limits), [Level::Key, Level::Organization]);
    assert_eq!(levels(&answer.limits), [Level::Key, Level::Organization]);
    let plain = Verify { wish: None, ..wishing(house.hashes(&held), 1) };
    let answer = house.tell(&held.authority(), &Command::Verify(Box::new(plain)));
    let Answer::Done { reply: Reply::Verified(verified), .. } = answer else { panic!("{answer:?}") };
    assert_eq!(levels(&verified.limits), [Level::Key]);
}

#[test]
fn consistency_is_chosen_part_by_part_and_not_by_a_key_that_it_binds() {
    let house = House::timeless();
    let home = house.found("Acme");
    let shown = |body: &Value| body["consistency"].clone();
    let standard = json!({ "mode": "leased", "ttlMs": 5000, "staleSeconds": 0 });
    let plain = house.call(&home.secret, "POST", "/v1/sessions", &json!({ "name": "Plain" })).json();
    assert_eq!(shown(&plain), standard);
    let body = json!({ "name": "Wide", "consistency": { "mode": "edge", "ttlMs": 60000 } });
    let session = house.call(&home.secret, "POST", "/v1/sessions", &body).json();
    assert_eq!(shown(&session), json!({ "mode": "edge", "ttlMs": 60000, "staleSeconds": 0 }));
    let path = format!("/v1/sessions/{}", text(&session, "id"));
    for (change, after) in [
        (json!({ "staleSeconds": 30 }), json!({ "mode": "edge", "ttlMs": 60000, "staleSeconds": 30 })),
        (json!({ "mode": "strict", "ttlMs": null }), json!({ "mode": "strict", "ttlMs": 5000, "staleSeconds": 30 })),
        (Value::Null, standard),
    ] {
        let changed = house.call(&home.secret, "PATCH", &path, &json!({ "consistency": change }));
        assert_eq!((changed.status, shown(&changed.json())), (200, after.clone()));
        assert_eq!(shown(&house.call(&home.secret, "GET", &path, &Value::Null).json()), after);
    }
    let body = json!({ "name": "Own", "sessionId": session["id"], "permission": "full_access" });
    let own = house.call(&home.secret, "POST", "/v1/api_keys", &body).json();
    for change in [json!({ "mode": "strict" }), Value::Null] {
        let refused = house.call(&text(&own, "key"), "PATCH", &path, &json!({ "consistency": change }));
        assert_eq!(refused.status, 403, "{refused:?}");
    }
}
