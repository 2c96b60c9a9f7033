//! Accounts through the front door: registering, signing in and out, cookies, the own name and the own sign-ins.

use serde_json::{Value, json};

use crate::support::people::{assert_same, ids, someone};
use crate::support::*;

const NULL: Value = Value::Null;
/// What a page of ours sends along.
const PAGE: [(&str, &str); 4] = [
    ("host", "latchkey.test"),
    ("origin", "https://latchkey.test"),
    ("x-requested-with", "fetch"),
    ("content-type", "application/json"),
];

fn user(house: &House, token: &str) -> Response {
    house.call(token, "GET", "/auth/user", &NULL)
}

const SIGNED_OUT: (u16, &str) = (401, "auth_invalid_key");

fn signed_out(house: &House, token: &str) -> bool {
    user(house, token).refusal() == (SIGNED_OUT.0, SIGNED_OUT.1.to_owned())
}

#[test]
fn whoever_registers_has_an_account_an_organization_a_session_and_a_key_shown_once() {
    let house = House::new();
    let response = house.visit("/auth/register", &House::registration("Ada@People.test"));
    let body = response.json();
    assert_eq!((response.status, response.header("location")), (201, Some("/auth/user")));
    let ada = someone(&body);
    assert!(ada.token.starts_with("lkat_") && ada.key.starts_with("sk_live_"), "{body}");
    assert_eq!(body["organization"]["name"], "Ada's organization");
    assert_eq!((&body["organization"]["membersCount"], &body["organization"]["status"]), (&json!(1), &json!("active")));
    assert_eq!(
        (&body["apiKey"]["name"], &body["apiKey"]["permission"]),
        (&json!("Default API Key"), &json!("full_access"))
    );
    let by_ada = json!({ "type": "user", "id": ada.user_id });
    assert_eq!(body["apiKey"]["createdBy"], by_ada);
    assert_eq!(body["organizations"][0]["role"], "owner");
    // Everything is there at once, for the token and for the key.
    assert_eq!(house.call(&ada.key, "GET", "/v1/whoami", &NULL).status, 200);
    let account = house.see(&ada, "/auth/user");
    assert_eq!(account["organizations"], body["organizations"]);
    assert_eq!((&account["email"], &account["totpEnabled"]), (&body["user"]["email"], &json!(false)));
    assert_eq!(house.see(&ada, "/organizations")["data"], body["organizations"]);
    let sessions = house.see(&ada, &ada.path("/sessions"));
    assert_eq!(ids(&sessions, "id"), [text(&body["organization"], "defaultSessionId")]);
    assert_eq!(sessions.as_array().unwrap_or(&vec![sessions["data"][0].clone()])[0]["environment"], "production");
    let member = &house.see(&ada, &ada.path("/members"))["data"][0];
    assert_eq!((&member["userId"], &member["role"]), (&json!(ada.user_id), &json!("owner")));
    let keys = house.see(&ada, &ada.path("/api_keys"));
    assert_eq!(ids(&keys, "id"), [text(&body["apiKey"], "id")]);
    let stored = format!("{}{keys}{account}{:?}", house.dump(&[]), house.log.lines());
    for secret in [ada.token.as_str(), &ada.key, PASSWORD] {
        assert!(!stored.contains(secret), "{secret}");
    }
    house.advance(5_000);
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn an_address_registers_once_however_it_is_written() {
    let house = House::new();
    house.register("ada");
    let before = house.dump(&[]);
    for email in ["ada@people.test", "ADA@people.test", "Ada@PEOPLE.TEST"] {
        let mut body = House::registration(email);
        body["password"] = json!("quite another password");
        assert_eq!(house.visit("/auth/register", &body).refusal(), (409, "email_taken".into()), "{email}");
    }
    assert_same(&before, &house.dump(&[]), "somebody else's attempt left a trace");
    assert_eq!(house.login("aDa@people.test", PASSWORD).status, 200);
}

/// Every route of `/auth` that takes a body, with a good one.
fn bodies() -> [(&'static str, &'static str, Value); 12] {
    let password = || json!({ "password": PASSWORD });
    [
        ("POST", "/auth/register", House::registration("new@people.test")),
        ("POST", "/auth/login", json!({ "email": "ada@people.test", "password": PASSWORD })),
        ("PATCH", "/auth/user", json!({ "firstName": "Augusta" })),
        ("POST", "/auth/password", json!({ "currentPassword": PASSWORD, "newPassword": "quite another password" })),
        ("POST", "/auth/password/forgot", json!({ "email": "ada@people.test" })),
        ("POST", "/auth/password/reset", json!({ "token": "x", "newPassword": "quite another password" })),
        ("POST", "/auth/totp", password()),
        ("POST", "/auth/totp/confirm", json!({ "totp": "000000" })),
        ("POST", "/auth/totp/recovery_codes", password()),
        ("DELETE", "/auth/totp", password()),
        ("POST", "/auth/invitations/accept", json!({ "token": "x" })),
        ("POST", "/organizations", json!({ "name": "Another" })),
    ]
}

#[test]
fn nobody_assigns_what_the_service_decides() {
    let house = House::new();
    let ada = house.register("ada");
    let before = house.dump(&[]);
    for (method, path, body) in bodies() {
        let needs_token = !["/register", "/login", "/forgot", "/reset"].iter().any(|end| path.ends_with(end));
        for field in [
            "id",
            "userId",
            "role",
            "plan",
            "createdAt",
            "updatedAt",
            "totpEnabled",
            "organizationId",
            "organizations",
            "active",
            "hash",
            "key",
            "accessToken",
            "expiresAt",
            "generation",
            "first_name",
            "Email",
            "isOwner",
            "status",
        ] {
            let mut body = body.clone();
            body[field] = json!("owner");
            let response = match needs_token {
                true => house.call(&ada.token, method, path, &body),
                false => house.visit(path, &body),
            };
            let errors = response.json()["details"]["errors"].clone();
            assert_eq!(response.refusal(), (400, "invalid_request".into()), "{method} {path} {field}");
            let pointer = json!(format!("/{field}"));
            assert_eq!((&errors[0]["code"], &errors[0]["pointer"]), (&json!("unknown_field"), &pointer), "{errors}");
        }
    }
    for field in ["email", "password", "id"] {
        let response = house.call(&ada.token, "PATCH", "/auth/user", &json!({ field: "eve@people.test" }));
        assert_eq!(response.status, 400, "{field}");
    }
    assert_same(&before, &house.dump(&[]), "an unknown field");
}

#[test]
fn signing_out_ends_one_token_and_no_other() {
    let house = House::new();
    let ada = house.register("ada");
    let other = house.another_token(&ada);
    assert_ne!(ada.token, other);
    let response = house.call(&ada.token, "POST", "/auth/logout", &NULL);
    assert_eq!(response.status, 204);
    assert!(response.header("set-cookie").unwrap().starts_with("__Host-latchkey=; Path=/;"));
    assert!(signed_out(&house, &ada.token));
    assert_eq!(house.call(&ada.token, "GET", &ada.path(""), &NULL).refusal().0, 401);
    assert_eq!(user(&house, &other).status, 200);
    assert_eq!(house.call(&ada.token, "POST", "/auth/logout", &NULL).refusal().0, 401, "ended is ended");
}

#[test]
fn a_token_ends_after_a_week_without_use_and_after_a_month_with_it() {
    let house = House::new();
    let (ada, idle) = (house.register("ada"), house.register("idle"));
    for day in 1..30 {
        house.advance(DAY);
        assert_eq!(user(&house, &ada.token).status, 200, "day {day}");
    }
    assert!(signed_out(&house, &idle.token));
    house.advance(DAY);
    assert!(signed_out(&house, &ada.token), "a month, however often it is used");
    assert_eq!(house.login(&ada.email, PASSWORD).status, 200);
}

#[test]
fn a_browser_gets_its_token_in_a_cookie_that_no_script_reads_and_no_other_page_sends() {
    let house = House::new();
    let mut body = House::registration("ada@people.test");
    body["cookie"] = json!(true);
    let before = house.dump(&[]);
    assert_eq!(house.visit("/auth/register", &body).refusal(), (403, "csrf_refused".into()), "no page of ours");
    assert_same(&before, &house.dump(&[]), "a refused registration");
    for (path, status) in [("/auth/register", 201), ("/auth/login", 200)] {
        if path == "/auth/login" {
            body = json!({ "email": "ada@people.test", "password": PASSWORD, "cookie": true });
        }
        let response = house.request("POST", path, &PAGE, &body.to_string());
        assert_eq!((response.status, &response.json()["accessToken"]), (status, &NULL), "{path}");
        let cookie = response.header("set-cookie").unwrap();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000");
        let token = pair.strip_prefix("__Host-latchkey=").unwrap();
        assert!(token.starts_with("lkat_") && !String::from_utf8_lossy(&response.body).contains(token));
        let cookie = [&PAGE[..3], &[("cookie", pair)]].concat();
        assert_eq!(house.request("GET", "/auth/user", &cookie, "").status, 200);
        let sign_ins = house.request("GET", "/auth/sign_ins", &cookie, "").json();
        let current: Vec<_> =
            sign_ins["data"].as_array().unwrap().iter().filter(|row| row["current"] == true).collect();
        assert_eq!((current.len(), &current[0]["cookie"]), (1, &json!(true)));
        let foreign = [("host", "latchkey.test"), ("origin", "https://evil.test"), ("cookie", pair), PAGE[2]];
        assert_eq!(house.request("POST", "/auth/logout", &foreign, "").refusal(), (403, "csrf_refused".into()));
        assert_eq!(house.request("GET", "/auth/user", &cookie, "").status, 200, "still signed in");
        assert_eq!(house.request("POST", "/auth/logout", &cookie, "").status, 204);
        assert_eq!(house.request("GET", "/auth/user", &cookie, "").status, 401);
    }
}

#[test]
fn a_user_sees_and_ends_the_own_sign_ins_and_nobody_elses() {
    let house = House::new();
    let (ada, eve) = (house.register("ada"), house.register("eve"));
    house.advance(1_000);
    let headers =
        [("content-type", "application/json"), ("user-agent", "Spinner/1"), ("cf-connecting-ip", "2001:db8::7")];
    let body = json!({ "email": ada.email, "password": PASSWORD }).to_string();
    let phone = text(&house.request("POST", "/auth/login", &headers, &body).json(), "accessToken");
    let list = house.see(&ada, "/auth/sign_ins");
    let [newest, own] = list["data"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!((&newest["ip"], &newest["client"]), (&json!("2001:db8::7"), &json!("Spinner/1")));
    assert_eq!((&newest["current"], &own["current"], &own["ip"]), (&json!(false), &json!(true), &json!("192.0.2.1")));
    assert!(!list.to_string().contains("lkat_") && !list.to_string().contains("h1:"), "{list}");
    let end = |token: &str, id: &str| house.call(token, "DELETE", &format!("/auth/sign_ins/{id}"), &NULL);
    let before = house.dump(&[]);
    for id in [text(newest, "id"), text(own, "id"), "sin_none".to_owned(), eve.user_id.clone()] {
        assert_eq!(end(&eve.token, &id).refusal(), (404, "sign_in_not_found".into()), "{id}");
    }
    assert_same(&before, &house.dump(&[]), "somebody else's sign-in");
    assert_eq!(end(&ada.token, &text(newest, "id")).status, 204);
    assert!(signed_out(&house, &phone));
    assert_eq!(end(&ada.token, &text(newest, "id")).refusal().0, 404);
    assert_eq!(end(&ada.token, &text(own, "id")).status, 204);
    assert!(signed_out(&house, &ada.token));
}

#[test]
fn a_new_name_reaches_every_organization_of_the_user() {
    let house = House::new();
    let (ada, bob) = (house.register("ada"), house.register("bob"));
    house.join(&bob, &ada, "viewer");
    let change = json!({ "lastName": "Lovelace" });
    let changed = house.call(&ada.token, "PATCH", "/auth/user", &change).json();
    assert_eq!((&changed["firstName"], &changed["lastName"]), (&json!("Ada"), &json!("Lovelace")));
    for owner in [&ada, &bob] {
        assert_eq!(house.see(owner, &owner.member(&ada))["lastName"], "Lovelace");
    }
    house.call(&bob.token, "DELETE", &bob.member(&ada), &NULL);
    house.call(&ada.token, "PATCH", "/auth/user", &json!({ "lastName": "King" }));
    house.join(&bob, &ada, "viewer");
    house.advance(10_000);
    assert_eq!(house.see(&bob, &bob.member(&ada))["lastName"], "King");
}

#[test]
fn a_key_opens_nothing_for_people_and_a_token_nothing_for_keys() {
    let house = House::new();
    let ada = house.register("ada");
    let before = house.dump(&[]);
    for (method, path, body) in bodies() {
        if ["/register", "/login", "/forgot", "/reset"].iter().any(|end| path.ends_with(end)) {
            continue;
        }
        for key in [ada.key.as_str(), OPERATOR_TOKEN] {
            assert_eq!(house.call(key, method, path, &body).refusal(), (401, "auth_invalid_key".into()), "{path}");
            let header = [("x-api-key", key), ("content-type", "application/json")];
            let refused = house.request(method, path, &header, &body.to_string()).refusal();
            assert_eq!(refused, (401, "auth_missing_credentials".into()), "{path}");
        }
    }
    for (method, path) in [
        ("GET", "/v1/whoami"),
        ("GET", "/v1/organization"),
        ("GET", "/v1/api_keys"),
        ("POST", "/v1/api_keys"),
        ("GET", "/v1/sessions"),
        ("GET", "/v1/audit_log"),
        ("POST", "/v1/keys/verify"),
        ("GET", "/operator/organizations"),
        ("GET", "/operator/users"),
    ] {
        let body = if method == "POST" { json!({ "name": "Key", "key": ada.token }) } else { NULL };
        assert_eq!(house.call(&ada.token, method, path, &body).refusal(), (401, "auth_invalid_key".into()), "{path}");
    }
    assert_same(&before, &house.dump(&[]), "a credential of the wrong kind");
    let verified = house.call(&ada.key, "POST", "/v1/keys/verify", &json!({ "key": ada.token }));
    assert_eq!(verified.json()["code"], "NOT_FOUND", "a token is no key");
}
