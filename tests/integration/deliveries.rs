//! What a hostile reading once found between objects: answers that claimed too much, writes that overtook each other,
//! work without bounds. None of it may come back.

use std::pin::pin;
use std::task::{Context, Poll};

use futures_util::task::noop_waker;
use latchkey::domain::metadata::Metadata;
use latchkey::domain::operation::Operation;
use latchkey::domain::organization::Organization;
use latchkey::domain::session::Session;
use latchkey::domain::verification::Code;
use latchkey::hash_index;
use latchkey::object::{Authority, Credential};
use latchkey::organization::protocol::{Command as OrganizationCommand, Feed};
use latchkey::ports::{Address, Objects};
use latchkey::session::protocol::Command as SessionCommand;
use serde_json::{Value, json};

use crate::support::house::{Afterwards, Home};
use crate::support::*;

const NULL: Value = Value::Null;

/// How many names in KV say that their key is revoked.
fn tombstones(house: &House) -> usize {
    let values = house.kv.latest();
    values.values().filter(|value| hash_index::decode(value).unwrap().revocation.is_some()).count()
}

fn listed(house: &House, home: &Home, id: &str) -> Value {
    let keys = house.call(&home.secret, "GET", "/v1/api_keys?limit=1000", &NULL).json();
    keys["data"].as_array().unwrap().iter().find(|key| key["id"] == id).unwrap().clone()
}

#[test]
fn a_page_of_large_keys_ends_early_and_no_key_is_missing_or_shown_twice() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let large = json!({ "x": "y".repeat(4_000) }).as_object().unwrap().clone();
    let mut large_settings = settings(&["emails:send"]);
    large_settings.metadata = Metadata::new(large).unwrap();
    let mut expected: Vec<String> =
        (0..300).map(|_| house.issue(&admin, with(large_settings.clone())).unwrap().id().to_string()).collect();
    expected.push(home.key_id.to_string());
    expected.sort();
    let ids = |keys: &Value| -> Vec<String> {
        keys.as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect()
    };
    let bare = house.call(&home.secret, "GET", "/v1/api_keys", &NULL);
    let link = bare.header("link").expect("there is more").to_owned();
    let mut seen = ids(&bare.json());
    let mut next = Some(link[1..].split_once('>').unwrap().0.to_owned());
    let mut pages = 1;
    while let Some(path) = next {
        let page = house.call(&home.secret, "GET", &path, &NULL);
        assert!(page.body.len() < 1_024 * 1_024, "{} bytes", page.body.len());
        let page = page.json();
        seen.extend(ids(&page["data"]));
        let cursor = page["pagination"]["nextCursor"].as_str().map(str::to_owned);
        assert_eq!(page["pagination"]["hasMore"], json!(cursor.is_some()));
        next = cursor.map(|cursor| format!("/v1/api_keys?limit=1000&cursor={cursor}"));
        pages += 1;
    }
    assert!(bare.body.len() < 1_024 * 1_024 && pages >= 3, "{pages} pages");
    seen.sort();
    assert_eq!(seen, expected);
}

#[test]
fn a_founding_whose_session_cannot_be_reached_is_accepted_and_not_done() {
    for doubled in [false, true] {
        let house = House::new();
        house.objects.fault(Whom::Kind(Kind::Session), Fault::Unreachable);
        if doubled {
            house.objects.fault_once(Whom::One(Address::Directory), Fault::Doubled);
        }
        let founded = house.operate("POST", "/operator/organizations", &json!({"name": "Acme"}));
        assert_eq!(founded.status, 202, "doubled {doubled}: its key is not good for anything yet");
        let body = founded.json();
        let secret = body["apiKey"]["key"].as_str().unwrap();
        house.advance(30_000);
        assert_ne!(house.objects.disk(&Address::Directory).number("SELECT count(*) FROM outbox"), 0, "still waiting");
        house.objects.heal();
        house.advance(70_000);
        assert_eq!(house.code(secret), Code::Valid);
        house.advance(3 * 60_000);
        assert_eq!((house.undelivered(), house.next_work()), (0, None));
    }
}

#[test]
fn when_a_deleted_sessions_keys_ended_is_settled_for_good() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    house.advance(HOUR);
    let path = format!("/v1/sessions/{}", session.id);
    let ended = house.call(&home.secret, "DELETE", &path, &NULL).json();
    let at = json!(house.now().to_string());
    assert_eq!(ended["effectiveAt"], at);
    for change in [json!({"plan": {"name": "free"}}), json!({"plan": {"name": "pro"}})] {
        house.advance(DAY);
        let organization = format!("/operator/organizations/{}", home.organization.id);
        assert_eq!(house.operate("PATCH", &organization, &change).status, 200);
        // As from an organization that had not heard of the end when it told its sessions.
        tell_policy(&house, &home, &session);
        let read = house.call(&home.secret, "GET", &format!("/v1/api_keys/{}", held.id()), &NULL).json();
        let shown = listed(&house, &home, held.id().as_str());
        assert_eq!((&read["revokedAt"], &shown["revokedAt"]), (&at, &at));
        let again = house.call(&home.secret, "DELETE", &path, &NULL);
        assert_eq!((again.status, &again.json()["effectiveAt"]), (200, &at));
    }
}

/// Tells a session of its organization's policy, as the organization would.
fn tell_policy(house: &House, home: &Home, session: &Session) {
    let Organization { policy, .. } = house.run(house.app.inspect_organization(&home.organization.id)).unwrap();
    let new = json!({"command": "initialize", "session": session, "policy": policy,
        "actor": {"type": "operator"}, "first_key": null});
    let address = Address::Session(session.id.locator());
    let answer = house.run(house.objects.call(&address, None, serde_json::to_vec(&new).unwrap())).unwrap();
    assert!(String::from_utf8(answer).unwrap().contains("done"), "{new}");
}

#[test]
fn an_organization_that_ends_before_its_session_has_answered_leaves_no_good_key() {
    let house = House::new();
    house.objects.fault(Whom::Kind(Kind::Session), Fault::Unreachable);
    let home = house.found("Acme");
    let gone = house.operate("DELETE", &format!("/operator/organizations/{}", home.organization.id), &NULL);
    assert_eq!(gone.status, 200, "a session that has heard of nothing lets nobody in");
    house.objects.heal();
    house.advance(70_000);
    assert_eq!(house.code(&home.secret), Code::Revoked);
    assert_eq!(tombstones(&house), 1);
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn a_slow_write_of_a_good_key_does_not_land_on_top_of_its_tombstone() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.set_afterwards(Afterwards::Queued);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.kv.writes_are(Mood::Gated);
    let mut slow = house.objects.take_rests();
    let waker = noop_waker();
    slow.retain_mut(|rest| rest.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert_eq!(slow.len(), 1, "the write is under way");
    house.kv.writes_are(Mood::Well);
    house.revoke(&admin, held.id()).unwrap();
    house.catch_up();
    house.kv.open_gate();
    slow.into_iter().for_each(|rest| house.run(rest));
    house.set_afterwards(Afterwards::AtOnce);
    house.advance(70_000);
    assert_eq!(tombstones(&house), 1, "KV ends with the tombstone");
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn one_invocation_sends_a_bounded_number_of_messages_and_the_alarm_the_rest() {
    const MOST: u64 = 16 * 32;
    // More than three invocations send.
    const KEYS: usize = 1_600;
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    for _ in 0..KEYS {
        house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    }
    let address = Address::Session(session.id.locator());
    house.set_afterwards(Afterwards::Queued);
    house.delete_session(&admin, &session.id).unwrap();
    for invocation in 0..3 {
        let before = house.kv.writes();
        if invocation == 0 {
            house.catch_up();
        } else {
            house.ring(&address);
        }
        let sent = house.kv.writes() - before;
        assert!((1..=MOST).contains(&sent), "invocation {invocation} sent {sent}");
        assert!(house.objects.disk(&address).alarm().is_some(), "invocation {invocation}: the alarm goes on");
    }
    house.set_afterwards(Afterwards::AtOnce);
    house.advance(70_000);
    assert_eq!((tombstones(&house), house.undelivered()), (KEYS, 0));
}

#[test]
fn an_object_gives_up_on_an_authority_that_does_not_answer_and_carries_nothing_out_later() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    house.objects.fault(Whom::One(home.session_address()), Fault::Hanging);
    let needs = Operation::WriteApiKeys.permission();
    let authority = Authority::Key(Credential { key_id: home.key_id.clone(), needs, ip: None });
    let command = SessionCommand::RevokeKey { authority, key_id: held.id().clone(), reason: None };
    let request = serde_json::to_vec(&command).unwrap();
    let (before, address) = (house.dump(&[]), held.authority());
    let mut call = pin!(house.objects.call(&address, None, request));
    let waker = noop_waker();
    // The caller went away long ago; the object is on its own.
    let answer = (0..1_000).find_map(|_| match call.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(answer) => Some(String::from_utf8(answer.unwrap()).unwrap()),
        Poll::Pending => None,
    });
    assert!(answer.expect("it gives up").contains("failed"));
    assert_eq!(house.timer.slept(), [5_000], "before its caller does, who waits ten seconds");
    house.objects.heal();
    house.advance(HOUR);
    assert_eq!(house.dump(&[]), before);
    assert_eq!(house.code(&held.text), Code::Valid);
}

#[test]
fn news_that_arrive_late_do_not_move_the_last_use_back() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    house.code(&held.text);
    let older = house.read(&admin, held.id()).unwrap();
    house.advance(HOUR);
    house.code(&held.text);
    house.advance(3 * 60_000);
    let newer = house.read(&admin, held.id()).unwrap();
    assert!(newer.last_used_at > older.last_used_at && newer.generation == older.generation);
    let news = |key| {
        OrganizationCommand::Feed(Box::new(Feed {
            session: session.clone(),
            keys: vec![key],
            audit: vec![],
            usage: None,
            alerts: vec![],
            imported: vec![],
        }))
    };
    let unused = latchkey::domain::api_key::ApiKey { last_used_at: None, ..older.clone() };
    for late in [older, unused] {
        let request = serde_json::to_vec(&news(late)).unwrap();
        house.run(house.objects.call(&home.address(), None, request)).unwrap();
        let shown = listed(&house, &home, held.id().as_str());
        assert_eq!(shown["lastUsedAt"], json!(newer.last_used_at.unwrap().to_string()));
    }
}

#[test]
fn a_key_in_steady_use_shows_in_lists_within_a_minute_and_by_itself_within_ten_seconds() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    let shown = |record: &Value| {
        let text = record["lastUsedAt"].as_str().unwrap();
        latchkey::domain::timestamp::Timestamp::parse(text).unwrap()
    };
    let path = format!("/v1/api_keys/{}", held.id());
    for _ in 0..300 {
        assert_eq!(house.code(&held.text), Code::Valid);
        let own = shown(&house.call(&home.secret, "GET", &path, &NULL).json());
        let behind = house.now().millis_since(own);
        assert!(behind <= 10_000, "{behind} ms behind, by itself");
        let list = shown(&listed(&house, &home, held.id().as_str()));
        let behind = house.now().millis_since(list);
        assert!(behind <= 60_000, "{behind} ms behind, in lists");
        house.advance(2_000);
    }
    let own = shown(&house.call(&home.secret, "GET", &path, &NULL).json());
    house.advance(60_000);
    assert!(shown(&listed(&house, &home, held.id().as_str())) >= own);
}
