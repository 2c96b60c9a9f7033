//! Who did what, and from where; what was refused; and a log that can be copied, checked elsewhere, and grows old.

use latchkey::domain::audit::{GENESIS, chain_hash};
use serde_json::{Value, json};

use crate::support::http::Response;
use crate::support::*;

const NULL: Value = Value::Null;

/// A request from somewhere: the answer, and the name that it has.
fn from_paris(house: &House, secret: &str, method: &str, path: &str, body: &Value) -> (Response, String) {
    let bearer = format!("Bearer {secret}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("cf-connecting-ip", "2001:db8::7"),
        ("cf-ipcountry", "FR"),
        ("user-agent", "acme-backend/2"),
    ];
    let text = if body.is_null() { String::new() } else { body.to_string() };
    if !body.is_null() {
        headers.push(("content-type", "application/json"));
    }
    let response = house.request(method, path, &headers, &text);
    let id = response.header("x-request-id").unwrap().to_owned();
    (response, id)
}

/// The entries of an action, newest first.
fn entries(house: &House, secret: &str, action: &str) -> Vec<Value> {
    house.advance(5_000);
    let path = format!("/v1/audit_log?action={action}&limit=100");
    house.call(secret, "GET", &path, &NULL).json()["data"].as_array().unwrap().clone()
}

fn came_from_paris(entry: &Value, id: &str) {
    assert_eq!(entry["requestId"], id, "{entry}");
    assert_eq!(entry["origin"], json!({ "ip": "2001:db8::7", "country": "FR", "client": "acme-backend/2" }), "{entry}");
}

#[test]
fn an_entry_names_the_request_behind_it_and_where_that_came_from() {
    let house = House::new();
    let home = house.found("Acme");
    let body = json!({ "name": "CI", "permissions": ["emails:send"] });
    let (issued, id) = from_paris(&house, &home.secret, "POST", "/v1/api_keys", &body);
    came_from_paris(&entries(&house, &home.secret, "api_key.created")[0], &id);
    let key = format!("/v1/api_keys/{}", issued.json()["id"].as_str().unwrap());
    let (_, id) = from_paris(&house, &home.secret, "PATCH", &key, &json!({ "name": "CI 2" }));
    came_from_paris(&entries(&house, &home.secret, "api_key.updated")[0], &id);
    let (_, id) = from_paris(&house, &home.secret, "DELETE", &key, &NULL);
    came_from_paris(&entries(&house, &home.secret, "api_key.revoked")[0], &id);
    // The organization tells the session that it exists, perhaps long after the answer.
    let (_, id) = from_paris(&house, &home.secret, "POST", "/v1/sessions", &json!({ "name": "Customer" }));
    came_from_paris(&entries(&house, &home.secret, "session.created")[0], &id);
}

#[test]
fn the_request_behind_a_founding_is_known_wherever_it_is_written_down() {
    let house = House::new();
    let owner = house.register("owner");
    let body = json!({ "name": "Second" });
    let (founded, id) = from_paris(&house, &owner.token, "POST", "/organizations", &body);
    house.advance(5_000);
    let path = format!("/organizations/{}/audit_log", founded.json()["organization"]["id"].as_str().unwrap());
    let page = house.see(&owner, &path);
    let actions: Vec<_> = page["data"].as_array().unwrap().iter().map(|entry| text(entry, "action")).collect();
    assert_eq!(actions, ["session.created", "organization.created"]);
    page["data"].as_array().unwrap().iter().for_each(|entry| came_from_paris(entry, &id));
}

#[test]
fn what_a_good_key_is_refused_is_written_down_once_an_hour() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let sender = house.issue(&admin, key(&["emails:send"])).unwrap();
    let try_it = || from_paris(&house, &sender.text, "POST", "/v1/api_keys", &json!({ "name": "More" }));
    let (refused, id) = try_it();
    assert_eq!(refused.refusal(), (403, "insufficient_permissions".to_owned()));
    (0..20).for_each(|_| assert_eq!(try_it().0.status, 403));
    let denied = entries(&house, &home.secret, "access.denied");
    assert_eq!(denied.len(), 1, "a flood of them is one");
    came_from_paris(&denied[0], &id);
    assert_eq!(denied[0]["actor"], json!({ "type": "api_key", "id": sender.id().as_str() }));
    assert_eq!(denied[0]["details"], json!(["insufficient_permissions", "POST /v1/api_keys"]));
    house.advance(HOUR);
    try_it();
    assert_eq!(entries(&house, &home.secret, "access.denied").len(), 2);
    // Another route is another kind.
    from_paris(&house, &sender.text, "GET", "/v1/sessions", &NULL);
    assert_eq!(entries(&house, &home.secret, "access.denied").len(), 3);
}

#[test]
fn a_session_is_no_place_to_look_around_from_and_a_viewer_no_writer() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let bound = house.issue(&admin, key_in(&session.id, &["*"])).unwrap();
    assert_eq!(house.call(&bound.text, "GET", "/v1/organization", &NULL).refusal().1, "outside_reach");
    let denied = entries(&house, &home.secret, "access.denied");
    assert_eq!(denied[0]["details"], json!(["outside_reach", "GET /v1/organization"]));
    assert_eq!(denied[0]["sessionId"], session.id.as_str());
    // The names in a path are not told: only which route it was.
    let owner = house.register("owner");
    let viewer = house.hire(&owner, "viewer", "viewer");
    let refused = house.call(&viewer.token, "PATCH", &owner.member(&owner), &json!({ "role": "viewer" }));
    assert_eq!(refused.status, 403);
    let log = house.see(&owner, &owner.path("/audit_log?action=access.denied"));
    let route = "PATCH /organizations/{organizationId}/members/{userId}";
    assert_eq!(log["data"][0]["details"], json!(["insufficient_role", route]));
    assert_eq!(log["data"][0]["actor"]["id"], viewer.user_id);
}

#[test]
fn who_is_nobody_here_and_who_only_verifies_leave_nothing() {
    let house = House::new();
    let (home, other) = (house.found("Acme"), house.found("Other"));
    let admin = house.principal(&home.secret);
    let sender = house.issue(&admin, key(&["emails:send"])).unwrap();
    let body = json!({ "key": other.secret });
    assert_eq!(house.call(&sender.text, "POST", "/v1/keys/verify", &body).status, 403);
    assert_eq!(house.call(&sender.text, "GET", "/v1/whoami?permission=api_keys:read", &NULL).status, 403);
    let (owner, stranger) = (house.register("owner"), house.register("stranger"));
    assert_eq!(house.call(&stranger.token, "GET", &owner.path("/members"), &NULL).status, 404);
    assert!(entries(&house, &home.secret, "access.denied").is_empty());
    let log = house.see(&owner, &owner.path("/audit_log?action=access.denied"));
    assert!(log["data"].as_array().unwrap().is_empty());
}

/// The lines of a copy.
fn lines(copy: &Response) -> Vec<Value> {
    assert_eq!(copy.header("content-type"), Some("application/x-ndjson"));
    std::str::from_utf8(&copy.body).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How many entries a copy has; each must follow the one before, and the end must be that of the last.
fn unbroken(lines: &[Value]) -> usize {
    let [anchor, entries @ .., head] = lines else { panic!("{lines:?}") };
    assert_eq!((anchor["type"].as_str(), head["type"].as_str()), (Some("anchor"), Some("head")));
    let mut last = (anchor["seq"].as_i64().unwrap(), anchor["hash"].as_str().unwrap().to_owned());
    for line in entries {
        let seq = line["seq"].as_i64().unwrap();
        let hash = chain_hash(&last.1, seq, line["entry"].as_str().unwrap());
        assert_eq!((seq, line["hash"].as_str()), (last.0 + 1, Some(hash.as_str())));
        last = (seq, hash);
    }
    assert_eq!((head["seq"].as_i64(), head["hash"].as_str()), (Some(last.0), Some(last.1.as_str())));
    entries.len()
}

#[test]
fn a_copy_of_the_log_can_be_checked_without_us_and_goes_on_where_another_has_ended() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    // More than one portion.
    (0..510).for_each(|_| drop(house.issue(&admin, key(&["emails:send"])).unwrap()));
    let copy = lines(&house.call(&home.secret, "GET", "/v1/audit_log/export", &NULL));
    assert_eq!((unbroken(&copy), copy[0]["hash"].as_str()), (512, Some(GENESIS)));
    assert_eq!(copy[2]["copiedFrom"], home.session_id.as_str());
    house.issue(&admin, key(&["emails:send"])).unwrap();
    let next = lines(&house.call(&home.secret, "GET", "/v1/audit_log/export?after=512", &NULL));
    assert_eq!((unbroken(&next), &next[0]["hash"]), (1, &copy.last().unwrap()["hash"]));
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let bound = house.issue(&admin, key_in(&session.id, &["*"])).unwrap();
    assert_eq!(house.call(&bound.text, "GET", "/v1/audit_log/export", &NULL).refusal().1, "outside_reach");
}

#[test]
fn somebody_copies_the_log_of_the_own_account_for_as_long_as_the_sign_in_stands() {
    let house = House::new();
    let (ada, eve) = (house.register("ada"), house.register("eve"));
    for name in (0..510).map(|number| format!("Ada {number}")) {
        house.call(&ada.token, "PATCH", "/auth/user", &json!({ "firstName": name }));
    }
    let export =
        |by: &Someone, query: &str| house.call(&by.token, "GET", &format!("/auth/audit_log/export{query}"), &NULL);
    let copy = lines(&export(&ada, ""));
    assert_eq!((unbroken(&copy), copy[0]["hash"].as_str()), (511, Some(GENESIS)), "more than one portion");
    assert_eq!(unbroken(&lines(&export(&ada, "?after=500"))), 11);
    assert_eq!(export(&ada, "?after=512").status, 400);
    assert_eq!(unbroken(&lines(&export(&eve, ""))), 1, "her own");
    house.call(&eve.token, "POST", "/auth/logout", &NULL);
    assert_eq!(export(&eve, "").status, 401);
    assert_eq!(house.call(&ada.key, "GET", "/auth/audit_log/export", &NULL).status, 401, "a key is nobody");
}

#[test]
fn entries_that_were_kept_long_enough_go_and_the_rest_still_verifies() {
    let house = House::configured(&[("AUDIT_RETENTION_DAYS", "30")]);
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    // More than go at once.
    (0..600).for_each(|_| drop(house.issue(&admin, key(&["emails:send"])).unwrap()));
    let export = || lines(&house.call(&home.secret, "GET", "/v1/audit_log/export", &NULL));
    house.advance(20 * DAY);
    let late = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.advance(9 * DAY);
    assert_eq!(unbroken(&export()), 603, "nothing is old enough yet");
    house.advance(2 * DAY);
    // Nobody wakes an object for that alone; what is done next takes it along.
    house.revoke(&admin, late.id()).unwrap();
    house.advance(60_000);
    let left = export();
    assert_eq!((unbroken(&left), left[0]["seq"].as_i64()), (2, Some(602)));
    let entries = |address| house.objects.disk(&address).number("SELECT count(*) FROM audit_log");
    assert_eq!(entries(house.session_at(home.session_id.as_str())), 2, "the session's own log as well");
    house.advance(40 * DAY);
    house.issue(&admin, key(&["emails:send"])).unwrap();
    house.advance(60_000);
    assert_eq!(unbroken(&export()), 1, "the newest entry always stays: the chain goes on from it");
}

#[test]
fn a_log_of_which_nothing_is_old_enough_is_not_read_again_and_again() {
    let house = House::new();
    let home = house.found("Acme");
    for address in [home.address(), home.session_address()] {
        let disk = house.objects.disk(&address);
        let work = || {
            disk.take_work();
            house.ring(&address);
            disk.take_work()
        };
        work();
        let (before, _) = work();
        disk.tamper(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 500)
             INSERT INTO audit_log (seq, entry, hash)
             SELECT last.seq + n, last.entry, last.hash FROM numbers,
                (SELECT seq, entry, hash FROM audit_log ORDER BY seq DESC LIMIT 1) AS last",
        );
        let (after, costliest) = work();
        assert!(after < before + 200, "{after} steps, {before} before, most of them: {costliest}");
    }
}
