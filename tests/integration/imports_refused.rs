//! What is not taken over and why, what is left of keys of another system, and how the way to them is found again.

use latchkey::app::VerifyKey;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::ports::Address;
use serde_json::{Value, json};

use crate::imports::{foreign, hex_of, id_at, reasons, rows};
use crate::support::*;

const NULL: Value = Value::Null;

#[test]
fn values_are_told_row_by_row_and_the_form_refuses_the_whole() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let native = house.issue(&admin, key(&["emails:send"])).unwrap();
    let hash = |number| hex_of(&foreign(number));
    let keys = json!([
        { "hash": hash(1) },
        { "hash": "abc" },
        {},
        { "hash": hash(2), "key": foreign(2) },
        { "key": "fog_0123456789" },
        { "key": native.text },
        { "hash": hash(3), "expiresAt": "2001-01-01T00:00:00Z" },
        { "hash": hash(4), "permissions": ["Nonsense"] },
        { "hash": hash(5), "start": "mist_0123456789" },
        { "hash": hash(6), "notBefore": house.after(2 * DAY).to_string(), "expiresAt": house.after(DAY).to_string() },
        { "hash": hash(7), "domain": "mail.example.com" },
        { "hash": hash(8), "name": "" },
        { "hash": hash(8), "permissions": vec!["emails:send"; 500] },
        { "hash": hash(8), "rateLimits": vec![json!({}); 500] },
    ]);
    let done = house.import(&home.secret, &json!({ "prefix": "mist_", "keys": keys }));
    assert_eq!(
        reasons(&done),
        [
            "",
            "invalid_field",
            "invalid_field",
            "invalid_field",
            "invalid_field",
            "native_key",
            "invalid_field",
            "invalid_field",
            "invalid_field",
            "empty_lifetime",
            "domain_not_verified",
            "invalid_field",
            "invalid_field",
            "invalid_field",
        ],
        "{done}"
    );
    let fields: Vec<&Value> = done["rows"].as_array().unwrap().iter().map(|row| &row["field"]).collect();
    assert_eq!(fields[1..5], [&json!("/hash"), &json!("/hash"), &json!("/key"), &json!("/key")]);
    assert_eq!((&done["imported"], &done["invalid"]), (&json!(1), &json!(13)));
    assert!(!done.to_string().contains("fog_0123456789") && !done.to_string().contains(&native.text));
    for wrong in [
        json!({ "keys": [{ "hash": hash(9) }] }),
        json!({ "prefix": "mist_" }),
        json!({ "prefix": "mist_", "keys": [] }),
        json!({ "prefix": "mist_", "keys": ["x"] }),
        json!({ "prefix": "mist_", "keys": [{ "hash": 5 }] }),
        json!({ "prefix": "mist_", "keys": [{ "hash": hash(9), "colour": "red" }] }),
        // Too long to be read, and of the wrong kind nevertheless.
        json!({ "prefix": "mist_", "keys": [{ "hash": hash(9), "permissions": vec![5; 500] }] }),
        json!({ "prefix": "mist_", "keys": [{ "hash": hash(9), "ipAllowList": vec![json!([]); 500] }] }),
        json!({ "prefix": "mist_", "keys": [{ "hash": hash(9), "rateLimits": vec!["x"; 500] }] }),
        json!({ "prefix": "a b", "keys": [{ "hash": hash(9) }] }),
        json!({ "prefix": "mist_", "keys": vec![json!({ "hash": hash(9) }); 501] }),
    ] {
        assert_eq!(house.call(&home.secret, "POST", "/v1/imports", &wrong).status, 400, "{wrong}");
    }
}

#[test]
fn a_plan_takes_what_it_has_room_for_and_nobody_hands_out_more_than_he_has() {
    let house = House::new();
    let home = house.found_on("Acme", Plan::preset(PlanName::Free));
    let texts: Vec<String> = (0..5).map(foreign).collect();
    let done = house.import_hashes(&home.secret, &texts);
    assert_eq!(rows(&done), ["imported", "imported", "invalid", "invalid", "invalid"], "one place was taken before");
    assert_eq!(reasons(&done)[4], "key_limit_reached");
    assert_eq!(house.objects.disk(&home.address()).number("SELECT count(*) FROM imported_keys"), 2, "no place is kept");
    let admin = house.found("Big");
    let lesser =
        house.call(&admin.secret, "POST", "/v1/api_keys", &json!({ "name": "L", "permissions": ["api_keys:*"] }));
    let lesser = lesser.json()["key"].as_str().unwrap().to_owned();
    let keys = json!([{ "hash": hex_of(&texts[0]), "permission": "full_access" }, { "hash": hex_of(&texts[1]) }]);
    let done = house.import(&lesser, &json!({ "prefix": "mist_", "keys": keys }));
    assert_eq!(reasons(&done), ["exceeds_own_permissions", ""]);
}

#[test]
fn what_a_key_was_brought_along_with_binds_it_as_it_binds_any() {
    let house = House::new();
    let home = house.found("Acme");
    let texts: Vec<String> = (0..3).map(foreign).collect();
    let keys = json!([
        { "hash": hex_of(&texts[0]), "rateLimits": [{ "name": "minute", "limit": 2, "windowMs": 60_000 }] },
        { "hash": hex_of(&texts[1]), "credits": { "remaining": 1 } },
        { "hash": hex_of(&texts[2]), "ipAllowList": ["203.0.113.0/24"] },
    ]);
    assert_eq!(rows(&house.import(&home.secret, &json!({ "prefix": "mist_", "keys": keys }))), ["imported"; 3]);
    let codes = |text: &str, times: usize| (0..times).map(|_| house.code_for(&home.secret, text)).collect::<Vec<_>>();
    assert_eq!(codes(&texts[0], 3), ["VALID", "VALID", "RATE_LIMITED"]);
    assert_eq!(codes(&texts[1], 2), ["VALID", "USAGE_EXCEEDED"]);
    assert_eq!(codes(&texts[2], 1), ["FORBIDDEN"]);
}

#[test]
fn keys_begin_in_so_many_ways_and_in_those_that_are_known_also_then() {
    let house = House::new();
    let home = house.found("Acme");
    house.import_hashes(&home.secret, &[foreign(1)]);
    house.objects.disk(&home.address()).tamper(
        "INSERT INTO imported_prefixes WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 63)
            SELECT 'p' || i FROM n",
    );
    let more = json!({ "prefix": "more_", "keys": [{ "hash": hex_of(&foreign(2)) }] });
    let refused = house.call(&home.secret, "POST", "/v1/imports", &more);
    assert_eq!(refused.refusal(), (409, "too_many_prefixes".to_owned()));
    assert_eq!(rows(&house.import_hashes(&home.secret, &[foreign(2)])), ["imported"]);
}

#[test]
fn no_piece_of_a_plaintext_stays_anywhere() {
    let house = House::on_disk("imports");
    let home = house.found("Acme");
    let texts: Vec<String> = (0..5).map(|number| format!("mist_Zq8{number}Kd0vTw3Lm7Xr5Bn1Hc{number}")).collect();
    let keys: Vec<Value> = texts.iter().map(|text| json!({ "key": text })).collect();
    let done = house.import(&home.secret, &json!({ "prefix": "mist_", "keys": keys }));
    assert_eq!(rows(&done), ["imported"; 5]);
    house.import(&home.secret, &json!({ "prefix": "fog_", "keys": keys }));
    assert_eq!(house.code_for(&home.secret, &texts[0]), "VALID");
    house.advance(HOUR);
    let mut places: Vec<Vec<u8>> = house.objects.disks().iter().map(|(_, disk)| disk.bytes()).collect();
    places.extend(house.kv.latest().into_iter().map(|(name, value)| [name.into_bytes(), value].concat()));
    places.push(house.log.lines().concat().into_bytes());
    let places: Vec<String> = places.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    assert!(places.iter().any(|place| place.contains(&id_at(&done, 0))), "the control: an id is found");
    for (number, text) in texts.iter().enumerate() {
        let (middle, digest) = (format!("8{number}Kd0vTw3Lm7"), hex_of(text));
        assert!(text.contains(&middle));
        assert!(!places.iter().any(|place| place.contains(&middle)), "a piece of {text}");
        assert!(!places.iter().any(|place| place.contains(&digest)), "nor its plain SHA-256");
    }
}

#[test]
fn an_organization_that_was_set_back_learns_the_way_again_from_its_sessions() {
    let house = House::new();
    let home = house.found("Acme");
    let one = foreign(1);
    house.import_hashes(&home.secret, std::slice::from_ref(&one));
    house.advance(60_000);
    let organization = house.objects.disk(&Address::Organization(home.organization.id.locator()));
    organization.tamper("DELETE FROM imported_keys");
    organization.tamper("DELETE FROM imported_prefixes");
    house.kv.reads_are(Mood::Down);
    let admin = house.principal(&home.secret);
    let code = || house.edge().verify_by(&one, Some(&admin.caller), VerifyKey::default()).unwrap().code;
    assert_eq!(code(), Code::NotFound, "the control");
    let path = format!("/operator/organizations/{}/republish", home.organization.id);
    house.kv.reads_are(Mood::Well);
    assert_eq!(house.operate("POST", &path, &NULL).status, 200);
    house.advance(60_000);
    house.kv.reads_are(Mood::Down);
    assert_eq!(code(), Code::Valid);
}

#[test]
fn at_the_end_of_an_organization_nothing_of_them_is_left() {
    let house = House::configured(&[("ORGANIZATION_RETENTION_DAYS", "1")]);
    let home = house.found("Acme");
    // Without a prefix and a hint there is nothing to show, and a record all the same.
    let keys = json!([{ "hash": hex_of(&foreign(1)), "name": "private-name-of-a-key" }]);
    house.import(&home.secret, &json!({ "prefix": "", "keys": keys }));
    house.advance(60_000);
    let named = |house: &House| {
        let values = house.kv.latest();
        values.values().filter(|value| String::from_utf8_lossy(value).contains("private-name")).count()
    };
    assert_eq!(named(&house), 1);
    house.set_status(&home.organization.id, OrganizationStatus::Deleted).unwrap();
    house.advance(2 * DAY);
    assert_eq!(named(&house), 0);
    let organization = house.objects.disk(&home.address());
    let left = "SELECT (SELECT count(*) FROM imported_keys) + (SELECT count(*) FROM imported_prefixes)";
    assert_eq!(organization.number(left), 0);
    assert!(!house.dump(&[]).contains("private-name"));
}
