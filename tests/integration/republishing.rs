//! Making copies anew out of the objects: after KV was emptied, and after an object was set back to an earlier point in
//! time. What was revoked stays revoked.

use std::collections::BTreeMap;

use latchkey::app::VerifyKey;
use latchkey::domain::audit::Action;
use latchkey::domain::consistency::Mode;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::hash_index;
use latchkey::ports::{Address, SqlValue};
use serde_json::{Value, json};

use crate::audit::verify_chain;
use crate::support::dumps::{dump, load};
use crate::support::house::Home;
use crate::support::*;

/// What has come of a whole run, page after page.
#[derive(Debug, Default, PartialEq)]
struct Run {
    calls: usize,
    sessions: u64,
    keys: u64,
    revoked: Vec<Value>,
    set_back: Vec<Value>,
}

impl House {
    fn republished(&self, home: &Home) -> Run {
        let (mut run, mut cursor) = (Run::default(), String::new());
        loop {
            let page = self.republish(home, &cursor);
            assert_eq!(page.status, 200, "{page:?}");
            let body = page.json();
            run.calls += 1;
            run.sessions += body["sessions"].as_u64().unwrap();
            run.keys += body["keys"].as_u64().unwrap();
            run.revoked.extend(body["revoked"].as_array().unwrap().iter().cloned());
            run.set_back.extend(body["setBack"].as_array().unwrap().iter().cloned());
            match body["pagination"]["nextCursor"].as_str() {
                None => return run,
                Some(next) => cursor = format!("?cursor={next}"),
            }
        }
    }

    fn republish(&self, home: &Home, query: &str) -> Response {
        self.operate(
            "POST",
            &format!("/operator/organizations/{}/republish{query}", home.organization.id),
            &Value::Null,
        )
    }

    fn metrics(&self, home: &Home, query: &str) -> Value {
        let path = format!("/operator/organizations/{}/metrics{query}", home.organization.id);
        self.operate("GET", &path, &Value::Null).json()
    }

    fn strictly(&self, secret: &str) -> Code {
        self.edge().verify_for(secret, VerifyKey { mode: Mode::Strict, ..VerifyKey::default() }).unwrap().code
    }
}

/// What KV ought to hold by what the sessions have: name, version and end of each key.
fn projection(house: &House) -> BTreeMap<String, (i64, bool)> {
    let mut names = BTreeMap::new();
    let statement = "SELECT 'key/' || hash, json_extract(record, '$.generation'),
        json_extract(record, '$.revocation') IS NOT NULL
            OR (SELECT json_extract(record, '$.status') = 'deleted' FROM session) FROM api_keys";
    for (address, disk) in house.objects.disks() {
        if Kind::of(&address) != Kind::Session {
            continue;
        }
        for row in disk.rows(statement) {
            let [SqlValue::Text(name), SqlValue::Integer(generation), SqlValue::Integer(ended)] = row.as_slice() else {
                panic!("{row:?}")
            };
            names.insert(name.clone(), (*generation, *ended == 1));
        }
    }
    names
}

fn in_kv(house: &House) -> BTreeMap<String, (i64, bool)> {
    let decoded = |(name, bytes): (String, Vec<u8>)| {
        let record = hash_index::decode(&bytes).unwrap();
        (name, (record.generation, record.revocation.is_some()))
    };
    house.kv.latest().into_iter().map(decoded).collect()
}

/// An organization with keys in all states, in several sessions.
fn settled(house: &House) -> (Home, Held, Held) {
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let (good, dead) = (house.issue(&admin, key(&["a:b"])).unwrap(), house.issue(&admin, key(&["a:b"])).unwrap());
    house.rotate(&admin, good.id(), HOUR).unwrap();
    house.revoke(&admin, dead.id()).unwrap();
    let ended = house.create_session(&admin, "Ended", None).unwrap();
    house.issue(&admin, key_in(&ended.id, &["a:b"])).unwrap();
    house.delete_session(&admin, &ended.id).unwrap();
    house.advance(MINUTE);
    assert_eq!(house.undelivered(), 0);
    (home, good, dead)
}

#[test]
fn what_was_lost_in_kv_is_there_again_in_every_mood_that_it_has_had_meanwhile() {
    for mood in [Mood::Well, Mood::Down, Mood::Hanging, Mood::StoreThenFail] {
        let house = House::new();
        let (home, _, dead) = settled(&house);
        let before = in_kv(&house);
        house.kv.forget_everything();
        house.kv.writes_are(mood);
        let run = house.republished(&home);
        assert_eq!((run.sessions, run.keys, run.calls), (2, 5, 1), "{mood:?}");
        assert!(run.revoked.is_empty() && run.set_back.is_empty(), "{run:?}");
        house.advance(MINUTE);
        if mood != Mood::Well {
            assert!(house.undelivered() > 0, "{mood:?}");
            house.crash();
            house.kv.writes_are(Mood::Well);
            house.advance(70_000);
        }
        assert_eq!(house.undelivered(), 0, "{mood:?}");
        assert_eq!((in_kv(&house), projection(&house)), (before.clone(), before.clone()), "{mood:?}");
        assert_eq!(house.republished(&home), run, "again, with the same result");
        house.advance(MINUTE);
        assert_eq!(in_kv(&house), before);
        house.objects.fault(Whom::Kind(Kind::Session), Fault::Unreachable);
        assert_eq!(house.edge().code(&dead.text), Code::Revoked, "by KV alone");
    }
}

#[test]
fn a_run_goes_on_where_it_has_stopped_and_no_call_takes_more_than_its_share() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    for number in 0..25 {
        house.clock.set(house.after(1));
        house.create_session(&admin, &format!("Small {number}"), None).unwrap();
    }
    let large = house.create_session(&admin, "Large", None).unwrap();
    for _ in 0..450 {
        house.issue(&admin, key_in(&large.id, &["a:b"])).unwrap();
    }
    house.advance(10 * MINUTE);
    house.kv.forget_everything();
    let reads = house.kv.reads();
    let run = house.republished(&home);
    assert_eq!((run.sessions, run.keys), (27, 451));
    assert!((4..=6).contains(&run.calls), "{}", run.calls);
    assert_eq!(house.kv.reads() - reads, 451);
    house.advance(10 * MINUTE);
    assert_eq!(in_kv(&house), projection(&house));
    // A cursor is good for its organization only, and for this.
    let first = house.republish(&home, "").json();
    let cursor = first["pagination"]["nextCursor"].as_str().unwrap();
    let other = house.found("Other");
    assert_eq!(house.republish(&other, &format!("?cursor={cursor}")).status, 400);
    assert_eq!(house.republish(&home, &format!("?cursor={}x", cursor)).status, 400);
    assert_eq!(house.operate("GET", &format!("/operator/organizations?cursor={cursor}"), &Value::Null).status, 400);
}

/// Sets an object back to what it was.
fn set_back(house: &House, address: &Address, to: &[String]) {
    load(&house.objects.disk(address), to);
    house.objects.restart_one(address);
}

#[test]
fn a_key_that_was_revoked_after_the_point_that_a_session_is_set_back_to_does_not_come_back_to_life() {
    // Where the revocation is still known: in KV and the list, in KV alone, in the list alone.
    for (kv, list) in [(true, true), (true, false), (false, true)] {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let keys: Vec<Held> = (0..4).map(|_| house.issue(&admin, key(&["a:b"])).unwrap()).collect();
        house.advance(MINUTE);
        let (session, organization) = (home.session_address(), home.address());
        let then = [dump(&house.objects.disk(&session)), dump(&house.objects.disk(&organization))];
        house.revoke(&admin, keys[0].id()).unwrap();
        house.change(&admin, keys[1].id(), KeyChange { name: Some(name("Later")), ..KeyChange::default() }).unwrap();
        let late = house.issue(&admin, key(&["a:b"])).unwrap();
        house.advance(MINUTE);

        set_back(&house, &session, &then[0]);
        if !list {
            set_back(&house, &organization, &then[1]);
        }
        if !kv {
            house.kv.forget_everything();
        }
        assert_eq!(house.strictly(&keys[0].text), Code::Valid, "this is what has to be prevented");
        assert!(house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap());
        assert_eq!(house.strictly(&keys[0].text), Code::OrganizationSuspended, "nothing passes meanwhile");
        let run = house.republished(&home);
        assert_eq!(run.revoked, [json!(keys[0].id())], "KV {kv}, list {list}");
        assert_eq!(run.set_back, if list { vec![json!(home.session_id)] } else { vec![] });
        house.advance(MINUTE);
        assert_eq!((house.undelivered(), in_kv(&house).get(&name_of(&house, &keys[0])).unwrap().1), (0, true));
        assert!(house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap());

        house.crash();
        for held in &keys {
            let expected = if held.id() == keys[0].id() { Code::Revoked } else { Code::Valid };
            assert_eq!((house.strictly(&held.text), house.edge().code(&held.text)), (expected, expected));
        }
        assert_eq!(house.strictly(&late.text), Code::NotFound, "what was issued since is unknown");
        if kv {
            for name in house.kv.latest().keys().filter(|name| projection(&house).contains_key(*name)) {
                assert_eq!(in_kv(&house)[name], projection(&house)[name], "KV follows the session");
            }
        }
        assert_eq!(house.republished(&home).revoked, Vec::<Value>::new(), "once");

        // The list believes the session again, although it had heard of later versions, and so does the log.
        let admin = house.principal(&home.secret);
        let listed =
            |id: &str| house.call(&home.secret, "GET", &format!("/v1/api_keys?search={id}"), &Value::Null).json();
        assert_eq!(listed(keys[1].id().as_str())[0]["name"], "Key", "as it was then");
        assert_eq!(listed(keys[0].id().as_str())[0]["active"], false);
        let change = KeyChange { name: Some(name("Anew")), ..KeyChange::default() };
        house.change(&admin, keys[1].id(), change).unwrap();
        house.advance(MINUTE);
        assert_eq!(listed(keys[1].id().as_str())[0]["name"], "Anew");
        let log = house.call(&home.secret, "GET", "/v1/audit_log?action=api_key.updated", &Value::Null).json();
        let times = log["data"].as_array().unwrap().len();
        assert_eq!(
            times,
            if list { 2 } else { 1 },
            "the entry of then stays, and that of now is not taken for it: {log}"
        );
        let disks = [house.objects.disk(&session), house.objects.disk(&organization)];
        assert!(disks.iter().all(|disk| verify_chain(disk).is_ok()));
        let by = latchkey_action(&house, &session);
        assert_eq!(by, 1, "the revocation is an entry of the operator's");
    }
}

fn name_of(house: &House, held: &Held) -> String {
    let disk = house.objects.disk(&held.authority());
    let rows = disk.rows(&format!("SELECT 'key/' || hash FROM api_keys WHERE id = '{}'", held.id()));
    let SqlValue::Text(name) = &rows[0][0] else { panic!() };
    name.clone()
}

fn latchkey_action(house: &House, session: &Address) -> i64 {
    let action = serde_json::to_string(&Action::KeyRevoked).unwrap();
    house.objects.disk(session).number(&format!(
        "SELECT count(*) FROM audit_log WHERE entry -> '$.action' = '{action}'
            AND entry ->> '$.actor.type' = 'operator'"
    ))
}

#[test]
fn a_kv_that_says_nothing_stops_the_run_and_nothing_in_it_is_overwritten() {
    for mood in [Mood::Down, Mood::Hanging] {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let held = house.issue(&admin, key(&["a:b"])).unwrap();
        house.advance(MINUTE);
        let then = dump(&house.objects.disk(&home.session_address()));
        house.revoke(&admin, held.id()).unwrap();
        house.advance(MINUTE);
        set_back(&house, &home.session_address(), &then);
        // The list does not know of it either: KV is the only one.
        house.objects.disk(&home.address()).tamper("DELETE FROM api_keys");
        let known = house.kv.latest();
        house.kv.reads_are(mood);
        assert_eq!(house.republish(&home, "").refusal(), (503, "service_unavailable".to_owned()), "{mood:?}");
        house.advance(MINUTE);
        assert_eq!(house.kv.latest(), known, "{mood:?}");
        house.kv.reads_are(Mood::Well);
        assert_eq!(house.republished(&home).revoked, [json!(held.id())]);
        assert_eq!(house.strictly(&held.text), Code::Revoked);
    }
}

#[test]
fn figures_tell_what_waits_and_for_how_long_it_was_tried_and_wake_nobody_else() {
    let house = House::new();
    let (home, ..) = settled(&house);
    house.advance(5 * MINUTE);
    let query = format!("?sessionId={}", home.session_id);
    let at_rest = house.metrics(&home, &query);
    assert_eq!(at_rest["outbox"], json!({ "waiting": {}, "overdueSeconds": 0, "triedForSeconds": 0 }));
    assert_eq!(at_rest["counts"]["apiKeys"], 4);
    assert!(at_rest["databaseBytes"].as_i64().unwrap() > 10_000, "{at_rest}");
    house.kv.is(Mood::Down);
    house.issue(&house.principal(&home.secret), key(&["a:b"])).unwrap();
    house.advance(10 * MINUTE);
    let (sessions, others) = (house.objects.calls(Kind::Session), house.objects.calls(Kind::Organization));
    let late = house.metrics(&home, &query);
    assert_eq!((house.objects.calls(Kind::Session), house.objects.calls(Kind::Organization)), (sessions + 1, others));
    assert_eq!(late["outbox"]["waiting"], json!({ "kv": 1 }));
    assert!((400..=600).contains(&late["outbox"]["triedForSeconds"].as_i64().unwrap()), "{late}");
    house.kv.is(Mood::Well);
    house.advance(70_000);
    assert_eq!(house.metrics(&home, &query)["outbox"], at_rest["outbox"]);

    let whole = house.metrics(&home, "");
    assert_eq!((&whole["counts"]["sessions"], &whole["counts"]["apiKeys"]), (&json!(2), &json!(6)), "{whole}");
    let directory = house.operate("GET", "/operator/metrics", &Value::Null).json();
    assert_eq!(directory["counts"], json!({ "organizations": 1, "users": 0 }));
    let other = house.found("Other");
    let refused = |path: &str| house.operate("GET", path, &Value::Null).refusal();
    let foreign = format!("/operator/organizations/{}/metrics{query}", other.organization.id);
    assert_eq!(refused(&foreign), (404, "session_not_found".to_owned()));
    assert_eq!(refused("/operator/organizations/org_none/metrics"), (404, "organization_not_found".to_owned()));
    let keys = house.call(&home.secret, "GET", "/operator/metrics", &Value::Null);
    assert_eq!(keys.refusal(), (401, "auth_invalid_key".to_owned()));
}
