//! Keys of another system: taken over once, found by their plaintext in their own organization alone, and from then on
//! keys like any other.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use latchkey::app::VerifyKey;
use latchkey::domain::verification::Code;
use latchkey::hash_index;
use serde_json::{Value, json};

use crate::support::house::Home;
use crate::support::*;

const NULL: Value = Value::Null;

/// The plaintext that another system has given to a customer of theirs.
pub fn foreign(number: usize) -> String {
    format!("mist_{}{number:04}", "abcdefgh".repeat(4))
}

pub fn hex_of(text: &str) -> String {
    hex::encode(sha256(text))
}

pub fn rows(answer: &Value) -> Vec<&str> {
    answer["rows"].as_array().unwrap().iter().map(|row| row["result"].as_str().unwrap()).collect()
}

pub fn reasons(answer: &Value) -> Vec<&str> {
    answer["rows"].as_array().unwrap().iter().map(|row| row["reason"].as_str().unwrap_or("")).collect()
}

pub fn id_at(answer: &Value, place: usize) -> String {
    answer["rows"][place]["keyId"].as_str().unwrap().to_owned()
}

impl House {
    pub fn import(&self, secret: &str, body: &Value) -> Value {
        let response = self.call(secret, "POST", "/v1/imports", body);
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// Takes over these plaintexts by their hashes.
    pub fn import_hashes(&self, secret: &str, texts: &[String]) -> Value {
        let keys: Vec<Value> = texts.iter().map(|text| json!({ "hash": hex_of(text) })).collect();
        self.import(secret, &json!({ "prefix": "mist_", "keys": keys }))
    }

    pub fn verified(&self, secret: &str, presented: &str) -> Value {
        let response = self.call(secret, "POST", "/v1/keys/verify", &json!({ "key": presented }));
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    pub fn code_for(&self, secret: &str, presented: &str) -> String {
        self.verified(secret, presented)["code"].as_str().unwrap().to_owned()
    }
}

#[test]
fn each_way_of_writing_a_hash_and_a_plaintext_give_a_key_with_what_it_had() {
    let house = House::new();
    let home = house.found("Acme");
    let [one, two, three, four] = [1, 2, 3, 4].map(foreign);
    let settings = json!({
        "name": "Of theirs", "externalId": "customer-7", "permissions": ["emails:send"], "metadata": { "plan": "pro" },
        "expiresAt": house.after(DAY).to_string(), "rateLimits": [{ "name": "minute", "limit": 1_000, "windowMs": 60_000 }],
        "hash": hex_of(&one), "start": "mist_abcd", "last4": "0001",
    });
    let keys = json!([
        settings,
        { "hash": STANDARD.encode(sha256(&two)) },
        { "hash": URL_SAFE_NO_PAD.encode(sha256(&three)), "active": false },
        { "key": four },
    ]);
    let done = house.import(&home.secret, &json!({ "prefix": "mist_", "keys": keys }));
    assert_eq!(rows(&done), ["imported"; 4], "{done}");
    assert_eq!((&done["imported"], &done["existing"], &done["invalid"]), (&json!(4), &json!(0), &json!(0)));
    let found = house.verified(&home.secret, &one);
    assert_eq!((&found["valid"], &found["externalId"]), (&json!(true), &json!("customer-7")));
    assert_eq!((&found["permissions"], &found["metadata"]), (&json!(["emails:send"]), &json!({ "plan": "pro" })));
    assert_eq!((&found["keyId"], &found["name"]), (&done["rows"][0]["keyId"], &json!("Of theirs")));
    assert_eq!([&two, &three, &four].map(|text| house.code_for(&home.secret, text)), ["VALID", "DISABLED", "VALID"]);
    let shown = |place| house.call(&home.secret, "GET", &format!("/v1/api_keys/{}", id_at(&done, place)), &NULL).json();
    assert_eq!((&shown(0)["start"], &shown(0)["last4"]), (&json!("mist_abcd"), &json!("0001")));
    assert_eq!(
        (&shown(1)["start"], &shown(1)["last4"], &shown(1)["imported"]),
        (&json!("mist_"), &json!(""), &json!(true))
    );
    assert_eq!((&shown(3)["start"], &shown(3)["last4"]), (&json!("mist_abcd"), &json!("0004")));
    assert_eq!(shown(1)["permissions"], json!([]), "nothing is granted that nobody has named");
    house.advance(2 * DAY);
    assert_eq!(house.code_for(&home.secret, &one), "EXPIRED");
}

#[test]
fn such_a_key_is_good_for_callers_of_its_organization_and_never_for_itself() {
    let house = House::new();
    let home = house.found("Acme");
    let one = foreign(1);
    let body = json!({ "prefix": "mist_", "keys": [{ "hash": hex_of(&one), "permission": "full_access" }] });
    house.import(&home.secret, &body);
    assert_eq!(house.code_for(&home.secret, &one), "VALID");
    assert_eq!(house.code(&one), Code::NotFound, "at the gate");
    assert_eq!(house.call(&one, "GET", "/v1/api_keys", &NULL).refusal(), (401, "auth_invalid_key".to_owned()));
    // A caller that is bound to another session sees no more of it than of a key that there is not.
    let admin = house.principal(&home.secret);
    let bound = house.create_session(&admin, "Customer", None).unwrap();
    let bound = house.issue(&admin, key_in(&bound.id, &["*"])).unwrap();
    let shown = |text: &str| {
        let mut found = house.verified(&bound.text, text);
        found["verificationId"] = NULL;
        found["freshness"]["asOf"] = NULL;
        found
    };
    assert_eq!(shown(&one), shown(&foreign(2)));
    let refused = house.call(&bound.text, "POST", "/v1/imports", &body);
    assert_eq!(refused.refusal(), (403, "outside_reach".to_owned()), "its place would stand in the way of others");
}

#[test]
fn the_same_key_in_two_organizations_is_two_keys() {
    let house = House::new();
    let (ours, theirs) = (house.found("Acme"), house.found("Other"));
    let one = foreign(1);
    let first = house.import_hashes(&ours.secret, std::slice::from_ref(&one));
    assert_eq!(house.code_for(&theirs.secret, &one), "NOT_FOUND", "a key of somebody else is none");
    let second = house.import_hashes(&theirs.secret, std::slice::from_ref(&one));
    assert_ne!(id_at(&first, 0), id_at(&second, 0));
    for (home, done) in [(&ours, &first), (&theirs, &second)] {
        let found = house.verified(&home.secret, &one);
        assert_eq!((&found["code"], &found["keyId"]), (&json!("VALID"), &done["rows"][0]["keyId"]));
        assert_eq!(found["organizationId"], json!(home.organization.id));
    }
    let stored = |home: &Home| {
        let rows = house.objects.disk(&home.address()).rows("SELECT hash FROM imported_keys");
        format!("{rows:?}")
    };
    assert_ne!(stored(&ours), stored(&theirs), "nobody sees by the rows who has the same key");
    let path = format!("/v1/api_keys/{}", id_at(&first, 0));
    assert_eq!(house.call(&ours.secret, "DELETE", &path, &NULL).status, 200);
    assert_eq!(house.code_for(&ours.secret, &one), "REVOKED");
    assert_eq!(house.code_for(&theirs.secret, &one), "VALID");
}

#[test]
fn sending_it_again_changes_nothing_and_a_dry_run_tells_before() {
    let house = House::new();
    let home = house.found("Acme");
    let texts: Vec<String> = (0..40).map(foreign).collect();
    let keys: Vec<Value> = texts.iter().map(|text| json!({ "hash": hex_of(text) })).collect();
    let body = |keys: &[Value], dry_run: bool| json!({ "prefix": "mist_", "keys": keys, "dryRun": dry_run });
    let kept = || {
        let organization = "SELECT (SELECT count(*) FROM imported_keys) + (SELECT count(*) FROM imported_prefixes)";
        let session = "SELECT (SELECT count(*) FROM api_keys) + (SELECT count(*) FROM audit_log)";
        let organization = house.objects.disk(&home.address()).number(organization);
        (organization, house.objects.disk(&home.session_address()).number(session))
    };
    let before = kept();
    let dry = house.import(&home.secret, &body(&keys, true));
    assert_eq!((rows(&dry), &dry["dryRun"], &dry["rows"][0]["keyId"]), (vec!["imported"; 40], &json!(true), &NULL));
    assert_eq!(kept(), before, "a dry run leaves nothing");
    assert_eq!(house.code_for(&home.secret, &texts[0]), "NOT_FOUND");
    let done = house.import(&home.secret, &body(&keys, false));
    assert_eq!(house.code_for(&home.secret, &texts[0]), "VALID", "at once, where nobody knew of the prefix before");
    let again = house.import(&home.secret, &body(&keys, false));
    assert_eq!((rows(&done), rows(&again)), (vec!["imported"; 40], vec!["exists"; 40]));
    (0..40).for_each(|place| assert_eq!(id_at(&done, place), id_at(&again, place)));
    assert_eq!(rows(&house.import(&home.secret, &body(&keys, true))), vec!["exists"; 40]);
    let twice = house.import(&home.secret, &body(&[keys[0].clone(), json!({ "key": texts[0] })], false));
    assert_eq!(reasons(&twice), ["", "duplicate_row"]);
    // In another session as well: there is one key.
    let admin = house.principal(&home.secret);
    let other = house.create_session(&admin, "Other", None).unwrap();
    let mut elsewhere = body(&keys[..1], false);
    elsewhere["sessionId"] = json!(other.id);
    let found = house.import(&home.secret, &elsewhere);
    assert_eq!((rows(&found), id_at(&found, 0)), (vec!["exists"], id_at(&done, 0)));
    let log = house.call(&home.secret, "GET", "/v1/audit_log?limit=100", &NULL).json();
    let entries: Vec<&Value> =
        log["data"].as_array().unwrap().iter().filter(|entry| entry["action"] == "api_keys.imported").collect();
    assert_eq!((entries.len(), &entries[0]["details"]), (1, &json!(["40", "mist_"])), "{log}");
}

#[test]
fn what_is_revoked_is_dead_when_that_is_answered_and_is_not_brought_back() {
    let house = House::new();
    let home = house.found("Acme");
    let one = foreign(1);
    let done = house.import_hashes(&home.secret, std::slice::from_ref(&one));
    for _ in 0..3 {
        assert_eq!(house.code_for(&home.secret, &one), "VALID");
    }
    let calls = house.objects.calls(Kind::Session);
    let found = house.verified(&home.secret, &one);
    assert_eq!((&found["code"], &found["freshness"]["mode"]), (&json!("VALID"), &json!("leased")), "as of any key");
    assert_eq!(house.objects.calls(Kind::Session), calls, "nobody was asked");
    let path = format!("/v1/api_keys/{}", id_at(&done, 0));
    assert_eq!(house.call(&home.secret, "DELETE", &path, &NULL).status, 200);
    assert_eq!(house.code_for(&home.secret, &one), "REVOKED");
    let again = house.import_hashes(&home.secret, std::slice::from_ref(&one));
    assert_eq!((rows(&again), id_at(&again, 0)), (vec!["exists"], id_at(&done, 0)));
    let edge = house.edge();
    let admin = house.principal(&home.secret);
    let fresh = edge.verify_by(&one, Some(&admin.caller), VerifyKey::default()).unwrap();
    assert_eq!(fresh.code, Code::Revoked);
}

#[test]
fn kv_is_a_way_and_nothing_else() {
    let house = House::new();
    let home = house.found("Acme");
    let texts: Vec<String> = (0..3).map(foreign).collect();
    let done = house.import_hashes(&home.secret, &texts);
    house.advance(60_000);
    let admin = house.principal(&home.secret);
    let asked = || house.objects.told(Kind::Organization, "imports");
    let edge = house.edge();
    let code = |edge: &edges::Edge<'_>, text: &str| {
        edge.verify_by(text, Some(&admin.caller), VerifyKey::default()).unwrap().code
    };
    let before = asked();
    assert_eq!(code(&edge, &texts[0]), Code::Valid);
    assert_eq!(code(&edge, &texts[1]), Code::Valid);
    assert_eq!(asked() - before, 1, "how keys begin, and nothing else: KV knows the session");
    for mood in [Mood::Down, Mood::Hanging] {
        house.kv.reads_are(mood);
        assert_eq!(code(&house.edge(), &texts[0]), Code::Valid, "{mood:?}");
    }
    house.kv.reads_are(Mood::Well);
    // One that names a session which has no such key: the organization knows better.
    let other = house.create_session(&admin, "Other", None).unwrap();
    let (name, value) = house
        .kv
        .latest()
        .into_iter()
        .find(|(_, value)| hash_index::decode(value).is_some_and(|key| key.id.as_str() == id_at(&done, 0)))
        .unwrap();
    let (here, there) = (home.session_id.locator(), other.id.locator());
    let value = String::from_utf8(value).unwrap().replace(&format!("\"{here}\""), &format!("\"{there}\""));
    house.kv.plant(&name, value.as_bytes());
    assert_eq!(hash_index::route(value.as_bytes()), Some(there));
    assert_eq!(code(&house.edge(), &texts[0]), Code::Valid);
    let path = format!("/v1/api_keys/{}", id_at(&done, 2));
    house.kv.writes_are(Mood::Losing);
    assert_eq!(house.call(&home.secret, "DELETE", &path, &NULL).status, 200);
    assert_eq!(code(&house.edge(), &texts[2]), Code::Revoked, "KV still has it as it was");
}

#[test]
fn what_begins_otherwise_is_looked_for_nowhere() {
    let house = House::new();
    let home = house.found("Acme");
    house.import_hashes(&home.secret, &[foreign(1)]);
    let admin = house.principal(&home.secret);
    let edge = house.edge();
    let ask = |text: &str| {
        let found = edge.verify_by(text, Some(&admin.caller), VerifyKey::default());
        assert_eq!(found.unwrap().code, Code::NotFound);
    };
    ask("fog_0123456789abcdef");
    let (calls, reads) = (house.objects.all_calls(), house.kv.reads());
    for number in 0..50 {
        ask(&format!("fog_0123456789abcde{number}"));
    }
    ask(&"mist_".repeat(200));
    assert_eq!((house.objects.all_calls(), house.kv.reads()), (calls, reads));
    // With an empty prefix everything is looked for, keys that look like ours included.
    let odd = format!("sk_{}", "Zz9".repeat(16));
    house.import(&home.secret, &json!({ "prefix": "", "keys": [{ "key": odd }] }));
    house.advance(6_000);
    let found = edge.verify_by(&odd, Some(&admin.caller), VerifyKey::default());
    assert_eq!(found.unwrap().code, Code::Valid);
}

#[test]
fn rotated_it_is_a_key_of_ours_and_the_old_one_ends_with_the_overlap() {
    let house = House::new();
    let home = house.found("Acme");
    let one = foreign(1);
    let keys = json!([{ "hash": hex_of(&one), "externalId": "customer-7", "permissions": ["emails:send"] }]);
    let done = house.import(&home.secret, &json!({ "prefix": "mist_", "keys": keys }));
    let path = format!("/v1/api_keys/{}/rotate", id_at(&done, 0));
    let made = house.call(&home.secret, "POST", &path, &json!({ "overlapSeconds": 3_600 }));
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let native = made["key"].as_str().unwrap();
    assert_eq!((&made["imported"], &made["externalId"]), (&json!(false), &json!("customer-7")));
    assert!(native.starts_with("sk_live_"));
    assert_eq!(house.code(native), Code::Valid, "it may speak for itself");
    assert_eq!(house.code_for(&home.secret, &one), "VALID");
    house.advance(HOUR + 1);
    assert_eq!(house.code_for(&home.secret, &one), "EXPIRED");
    assert_eq!(house.code_for(&home.secret, native), "VALID");
}

#[test]
fn a_newer_pepper_takes_them_along_in_both_objects() {
    let old = House::new();
    let home = old.found("Acme");
    let texts: Vec<String> = (0..250).map(foreign).collect();
    old.import_hashes(&home.secret, &texts);
    let new = old.redeployed(&[root_secret(2), root_secret(1)].join(","));
    assert_eq!(new.code_for(&home.secret, &texts[0]), "VALID", "before anything has moved");
    let again = new.import_hashes(&home.secret, &texts[..2]);
    assert_eq!(rows(&again), ["exists", "exists"]);
    new.advance(70_000);
    let organization = new.objects.disk(&home.address());
    for version in [1, 2] {
        let wanted = if version == 2 { 250 } else { 0 };
        let count =
            format!("SELECT count(*) FROM imported_keys WHERE hash LIKE 'h{version}:%' AND hash_version = {version}");
        assert_eq!(organization.number(&count), wanted);
    }
    new.kv.reads_are(Mood::Down);
    assert_eq!(new.code_for(&home.secret, &texts[249]), "VALID");
    assert_eq!(rows(&new.import_hashes(&home.secret, &texts[..2])), ["exists", "exists"]);
}

#[test]
fn a_break_anywhere_leaves_nothing_that_the_same_request_does_not_mend() {
    let texts: Vec<String> = (0..3).map(foreign).collect();
    let keys: Vec<Value> = texts.iter().map(|text| json!({ "hash": hex_of(text) })).collect();
    let body = json!({ "prefix": "mist_", "keys": keys });
    let mut broken = 0;
    for n in 1..10 {
        for fault in [Fault::Unreachable, Fault::AnswerLost] {
            let house = House::new();
            let home = house.found("Acme");
            house.objects.fault_nth(n, fault);
            let first = house.call(&home.secret, "POST", "/v1/imports", &body);
            broken += u32::from(first.status != 200);
            house.objects.heal();
            let done = house.import(&home.secret, &body);
            assert!(rows(&done).iter().all(|result| ["imported", "exists"].contains(result)), "{done}");
            let distinct: std::collections::BTreeSet<String> = (0..3).map(|place| id_at(&done, place)).collect();
            assert_eq!(distinct.len(), 3);
            for text in &texts {
                assert_eq!(house.code_for(&home.secret, text), "VALID", "call {n}, {fault:?}");
            }
            let session = house.objects.disk(&home.session_address());
            assert_eq!(session.number("SELECT count(*) FROM api_keys"), 4, "none twice");
        }
    }
    assert!(broken > 4, "the faults have met something: {broken}");
}

#[test]
fn a_place_that_was_claimed_elsewhere_is_not_given_away() {
    let house = House::new();
    let home = house.found("Acme");
    let one = foreign(1);
    let body = json!({ "prefix": "mist_", "keys": [{ "hash": hex_of(&one) }] });
    // What the session was asked first goes through; what comes after the claim does not.
    house
        .import(&home.secret, &json!({ "prefix": "mist_", "keys": [{ "hash": hex_of(&foreign(2)) }], "dryRun": true }));
    let admin = house.principal(&home.secret);
    let other = house.create_session(&admin, "Other", None).unwrap();
    let session = house.objects.disk(&home.session_address());
    let mut refused = 0;
    for n in 1..8 {
        house.objects.fault_nth(n, Fault::Unreachable);
        refused = house.call(&home.secret, "POST", "/v1/imports", &body).status;
        house.objects.heal();
        let claimed = house.objects.disk(&home.address()).number("SELECT count(*) FROM imported_keys");
        if refused != 200 && claimed == 1 {
            break;
        }
        assert_eq!(
            session.number("SELECT count(*) FROM api_keys WHERE json_extract(record, '$.imported') IS NOT NULL"),
            0
        );
    }
    assert_ne!(refused, 200);
    let mut elsewhere = body.clone();
    elsewhere["sessionId"] = json!(other.id);
    assert_eq!(reasons(&house.import(&home.secret, &elsewhere)), ["in_another_session"]);
    assert_eq!(rows(&house.import(&home.secret, &body)), ["imported"]);
    assert_eq!(rows(&house.import(&home.secret, &elsewhere)), ["exists"]);
    assert_eq!(house.code_for(&home.secret, &one), "VALID");
}
