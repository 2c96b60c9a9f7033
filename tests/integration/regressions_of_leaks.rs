//! What a second reading of leak reports, revocations of many keys, copies of the log and denials has found.

use latchkey::domain::plan::{Plan, PlanName};
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};

use crate::leaks::{listed, reported};
use crate::support::house::Home;
use crate::support::webhooks::listening;
use crate::support::*;

const NULL: Value = Value::Null;
const REVOKE: &str = "/v1/api_keys/revoke";

fn report_at(house: &House, key: &str, place: &str) {
    let response = house.call("", "POST", "/v1/keys/report-leak", &json!({ "key": key, "url": place }));
    assert_eq!(response.status, 202, "{response:?}");
    house.afterwork.settle(house, &house.app);
    house.advance(60_000);
}

#[test]
fn a_key_in_the_place_where_it_was_found_is_kept_nowhere() {
    let to = listening(&json!(["*"]));
    let house = &to.house;
    let disguises: [fn(&str) -> String; 8] = [
        |key| format!("https://paste.test/a?api_key={key}"),
        |key| format!("https://paste.test/a#{key}"),
        |key| format!("https://paste.test/{key}/raw"),
        |key| format!("https://{key}@paste.test/"),
        |key| format!("https://paste.test/{}", key.replace('_', "%5F").replace('a', "%61")),
        |key| format!("https://{}.paste.test/", key.replace('_', "-").to_lowercase()),
        |key| format!("https://paste.test/{}", &key[..key.len() - 9]),
        |key| format!("somewhere: {key}"),
    ];
    let mut secrets = Vec::new();
    for disguise in disguises {
        let secret = text(&to.key("Found"), "key");
        report_at(house, &secret, &disguise(&secret));
        secrets.push(secret);
    }
    // Nor is somebody else's.
    let other = text(&to.key("Other"), "key");
    let reported_key = text(&to.key("Reported"), "key");
    report_at(house, &reported_key, &format!("https://paste.test/{other}"));
    secrets.push(other);
    let signing = listed(house, "k1", true);
    let far = format!("https://github.test/{}/{}", "x/".repeat(225), secrets[0]);
    let found = json!([{ "token": secrets[0], "type": "latchkey", "url": far }]).to_string();
    house.advance(2 * HOUR);
    assert_eq!(reported(house, "k1", &signing, &found).status, 200);
    house.advance(60_000);
    let posted: String = to.posted().iter().map(|message| message.text.clone()).collect();
    let seen = [
        house.dump(&[]),
        posted,
        house.log.lines().concat(),
        house.log.told().concat(),
        to.call("GET", "/v1/alerts?limit=100", &NULL).to_string(),
        to.call("GET", "/v1/audit_log?limit=100", &NULL).to_string(),
    ];
    assert!(seen[4].contains("paste.test") && seen[0].contains("github.test"), "the rest of the place is kept");
    for secret in &secrets {
        let random = secret.rsplit('_').next().unwrap()[4..23].to_owned();
        for piece in (0..=11).map(|from| &random[from..from + 8]) {
            for (place, text) in seen.iter().enumerate() {
                let stands = text.to_lowercase().contains(&piece.to_lowercase());
                assert!(!stands, "a piece of a secret key stands in place {place}");
            }
        }
    }
}

#[test]
fn a_report_that_was_accepted_is_not_lost_when_the_session_is_away_for_a_moment() {
    let house = House::new();
    let home = house.found("Acme");
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let session = format!("/v1/sessions/{}", home.session_id);
    house.call(&home.secret, "PATCH", &session, &json!({ "leakPolicy": "revoke" }));
    for _ in 0..2 {
        house.objects.fault_once(Whom::Command(home.session_address(), "report_leak"), Fault::Unreachable);
    }
    report_at(&house, &held.text, "https://paste.test/");
    assert_eq!(house.call(&held.text, "GET", "/v1/whoami", &NULL).status, 401);
}

/// A house with a list of GitHub's keys that was read a moment ago.
fn scanned() -> (House, SigningKey) {
    let house = House::new();
    let signing = listed(&house, "k1", true);
    assert_eq!(reported(&house, "k1", &signing, "[]").status, 200);
    (house, signing)
}

#[test]
fn a_report_by_a_key_that_may_be_new_at_github_is_sent_again_later_and_not_refused() {
    let (house, signing) = scanned();
    listed(&house, "k2", true);
    assert_eq!(reported(&house, "k2", &signing, "[]").status, 503, "the list was read a moment ago");
    house.web.pages.lock().unwrap().clear();
    house.advance(10 * 60_000);
    assert_eq!(reported(&house, "k2", &signing, "[]").status, 503, "the list cannot be read");
    assert_eq!(reported(&house, "k1", &signing, "[]").status, 200, "the one before stands");
    listed(&house, "k2", true);
    house.advance(10 * 60_000);
    assert_eq!(reported(&house, "k2", &signing, "[]").status, 200);
    house.advance(10 * 60_000);
    assert_eq!(reported(&house, "k3", &signing, "[]").refusal(), (400, "leak_signature_invalid".to_owned()));
}

#[test]
fn who_says_that_he_is_github_again_and_again_is_told_to_pause() {
    let (house, signing) = scanned();
    let other = SigningKey::from_slice(&[9; 32]).unwrap();
    // Whoever names a key that is not on the list yet counts as well.
    let counted = || house.limiter.sources.lock().unwrap().len() - 1;
    assert_eq!((reported(&house, "k1", &signing, "[]").status, counted()), (200, 0), "what is signed is not counted");
    assert_eq!((reported(&house, "k1", &other, "[]").status, counted()), (400, 1));
    house.limiter.strict.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(reported(&house, "k1", &other, "[]").refusal(), (429, "auth_too_many_failures".to_owned()));
    house.advance(10 * 60_000);
    house.web.pages.lock().unwrap().clear();
    assert_eq!(reported(&house, "k9", &other, "[]").status, 429, "nothing is fetched for him");
    assert_eq!(reported(&house, "k1", &signing, "[]").status, 200);
}

#[test]
fn github_does_not_wait_until_what_its_report_ends_has_ended_everywhere() {
    let (house, signing) = scanned();
    let home = house.found("Acme");
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let session = format!("/v1/sessions/{}", home.session_id);
    house.call(&home.secret, "PATCH", &session, &json!({ "leakPolicy": "revoke" }));
    house.heat(&held).unwrap();
    let slept = house.timer.slept().len();
    let found = json!([{ "token": held.text, "type": "latchkey", "url": "" }]).to_string();
    assert_eq!(reported(&house, "k1", &signing, &found).status, 200);
    assert_eq!(house.timer.slept()[slept..], [0_u64; 0]);
}

fn everything(house: &House, secret: &str) -> Value {
    let count = house.call(secret, "POST", REVOKE, &json!({ "filter": {}, "dryRun": true })).json()["count"].clone();
    let done = house.call(secret, "POST", REVOKE, &json!({ "filter": {}, "confirm": count }));
    assert_eq!(done.status, 200, "{done:?}");
    done.json()
}

#[test]
fn a_key_that_revokes_all_keys_goes_last() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    (0..30).for_each(|_| drop(house.issue(&admin, key(&["emails:send"])).unwrap()));
    // The newest, so that a list begins with it.
    house.advance(1_000);
    let chief = house.issue(&admin, key(&["*"])).unwrap();
    let done = everything(&house, &chief.text);
    let results: Vec<&str> =
        done["data"].as_array().unwrap().iter().map(|key| key["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["revoked"; 32]);
    assert_eq!(done["data"][0]["keyId"], chief.id().as_str(), "the order is that of the list");
}

#[test]
fn of_many_keys_all_are_revoked_before_anybody_waits() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let keys: Vec<Held> = (0..40).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    keys.iter().for_each(|held| drop(house.heat(held)));
    let slept = house.timer.slept().len();
    let ids: Vec<_> = keys.iter().map(Held::id).collect();
    let done = house.call(&home.secret, "POST", REVOKE, &json!({ "ids": ids }));
    assert_eq!(done.status, 200);
    assert!(done.json()["data"].as_array().unwrap().iter().all(|key| key["settled"] == true));
    let waited = house.timer.slept()[slept..].to_vec();
    assert!(waited.len() == 1 && waited[0] >= 1_000, "{waited:?}");
    let at = |held: &Held| house.read(&admin, held.id()).unwrap().revocation.unwrap().at;
    assert!(keys.iter().all(|held| at(held) == at(&keys[0])), "at the same moment");
}

#[test]
fn revoking_many_keys_is_not_counted_either() {
    let house = House::new();
    let home = house.found_on("Acme", Plan::preset(PlanName::Free));
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    while house.call(&home.secret, "GET", "/v1/sessions", &NULL).status == 200 {}
    let done = house.call(&home.secret, "POST", REVOKE, &json!({ "ids": [held.id()] }));
    assert_eq!((done.status, done.json()["data"][0]["result"].clone()), (200, json!("revoked")));
}

#[test]
fn a_key_that_could_not_be_revoked_is_not_waited_for() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Away", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    house.objects.fault(Whom::Command(held.authority(), "revoke_key"), Fault::Unreachable);
    let done = house.call(&home.secret, "POST", REVOKE, &json!({ "ids": [held.id()] }));
    assert_eq!((done.status, done.json()["data"][0]["result"].clone()), (200, json!("failed")));
}

#[test]
fn who_may_not_read_keys_finds_none_by_a_filter() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let writer = house.issue(&admin, key(&["api_keys:write"])).unwrap();
    let refused = house.call(&writer.text, "POST", REVOKE, &json!({ "filter": {}, "dryRun": true }));
    assert_eq!(refused.refusal(), (403, "insufficient_permissions".to_owned()));
    let named = house.call(&writer.text, "POST", REVOKE, &json!({ "ids": [writer.id()] }));
    assert_eq!((named.status, named.json()["data"][0]["result"].clone()), (200, json!("revoked")));
}

/// A house with a log of two portions.
fn logged() -> (House, Home) {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    (0..510).for_each(|_| drop(house.issue(&admin, key(&["emails:send"])).unwrap()));
    (house, home)
}

#[test]
fn a_copy_of_the_log_breaks_off_when_its_reader_is_revoked() {
    let (house, home) = logged();
    let admin = house.principal(&home.secret);
    let reader = house.issue(&admin, key(&["*"])).unwrap();
    assert!(!house.call(&reader.text, "GET", "/v1/audit_log/export", &NULL).broken_off);
    let ending = house.meanwhile(&home.secret, "DELETE", &format!("/v1/api_keys/{}", reader.id()), &NULL);
    // Who it is, the first portion; then somebody revokes the key.
    house.objects.interrupt(3, ending);
    let copy = house.begin(&reader.text, "GET", "/v1/audit_log/export");
    assert!(!house.objects.was_not_interrupted());
    assert!(copy.broken_off && copy.status == 200);
    assert_eq!(String::from_utf8(copy.body).unwrap().lines().count(), 501, "the first portion, and no head");
}

#[test]
fn a_copy_of_the_log_ends_where_the_log_ended_when_it_began() {
    let (house, home) = logged();
    let more = house.meanwhile(&home.secret, "POST", "/v1/api_keys", &json!({ "name": "Meanwhile" }));
    house.objects.interrupt(3, more);
    let copy = house.call(&home.secret, "GET", "/v1/audit_log/export", &NULL);
    assert!(!house.objects.was_not_interrupted() && !copy.broken_off);
    let last: Value = serde_json::from_str(String::from_utf8(copy.body).unwrap().lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["seq"]), (&json!("head"), &json!(512)));
}

#[test]
fn a_copy_of_the_log_begins_nowhere_behind_its_end_and_has_no_gaps() {
    let (house, home) = logged();
    let export = |after: i64| house.call(&home.secret, "GET", &format!("/v1/audit_log/export?after={after}"), &NULL);
    assert_eq!(export(513).refusal(), (400, "invalid_request".to_owned()));
    assert_eq!(export(512).status, 200);
    let disk = house.objects.disk(&home.address());
    // What lay between two portions has grown old.
    let pruning = Box::pin(async move { disk.tamper("DELETE FROM audit_log WHERE seq <= 505") });
    house.objects.interrupt(4, pruning);
    let copy = house.begin(&home.secret, "GET", "/v1/audit_log/export");
    assert!(!house.objects.was_not_interrupted() && copy.broken_off);
}

#[test]
fn a_denial_is_told_to_the_authority_once_an_hour() {
    let house = House::new();
    let home = house.found("Acme");
    let sender = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let told = || house.objects.told(Kind::Session, "note_denial");
    let denied = |path: &str| assert_eq!(house.call(&sender.text, "GET", path, &NULL).status, 403);
    (0..20).for_each(|_| denied("/v1/sessions"));
    house.afterwork.settle(&house, &house.app);
    assert_eq!(told(), 1);
    denied("/v1/api_keys");
    house.afterwork.settle(&house, &house.app);
    assert_eq!(told(), 2, "another route is another kind");
    house.advance(HOUR);
    denied("/v1/sessions");
    house.afterwork.settle(&house, &house.app);
    assert_eq!(told(), 3);
    // One that could not be told is told the next time.
    house.objects.fault_once(Whom::Command(home.session_address(), "note_denial"), Fault::Unreachable);
    (0..2).for_each(|_| denied("/v1/organization"));
    house.afterwork.settle(&house, &house.app);
    assert_eq!(told(), 5);
}
