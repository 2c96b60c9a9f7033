//! Passwords and second factors through the front door: changing, resetting by links, forgetting; and TOTP.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::support::people::assert_same;
use crate::support::*;

const NULL: Value = Value::Null;
const OTHER: &str = "quite another password";
const MINUTE: i64 = 60_000;

fn status(house: &House, token: &str) -> u16 {
    house.call(token, "GET", "/auth/user", &NULL).status
}

fn reset(house: &House, token: &str, new: &str) -> Response {
    house.visit("/auth/password/reset", &json!({ "token": token, "newPassword": new }))
}

#[test]
fn a_new_password_ends_every_other_token_and_the_old_password() {
    let house = House::new();
    let ada = house.register("ada");
    let other = house.another_token(&ada);
    let link = house.operate("POST", &format!("/operator/users/{}/password_reset", ada.user_id), &NULL).json();
    let change = |current: &str, new: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        house.call(&ada.token, "POST", "/auth/password", &body)
    };
    assert_eq!(change(OTHER, "a third password").refusal(), (403, "wrong_password".into()));
    for weak in ["short", "password", "ada@people.test"] {
        assert_eq!(change(PASSWORD, weak).refusal(), (400, "invalid_request".into()), "{weak}");
    }
    assert_eq!(status(&house, &other), 200);
    assert_eq!(change(PASSWORD, OTHER).status, 200);
    assert_eq!((status(&house, &ada.token), status(&house, &other)), (200, 401));
    assert_eq!(house.login(&ada.email, PASSWORD).refusal(), (401, "sign_in_failed".into()));
    assert_eq!(house.login(&ada.email, OTHER).status, 200);
    assert_eq!(reset(&house, &text(&link, "token"), PASSWORD).refusal(), (400, "link_invalid".into()), "links end too");
    assert!(!house.dump(&[]).contains(OTHER) && !format!("{:?}", house.log.lines()).contains(OTHER));
}

#[test]
fn a_link_of_the_operators_works_once_for_a_day_and_signs_everybody_out() {
    let house = House::configured(&[("DASHBOARD_URL", "https://keys.test/app/")]);
    let (ada, eve) = (house.register("ada"), house.register("eve"));
    let path = format!("/operator/users/{}/password_reset", ada.user_id);
    let link = || house.operate("POST", &path, &NULL).json();
    let first = link();
    let token = text(&first, "token");
    assert!(token.starts_with("lkpr_"));
    assert_eq!(first["url"], json!(format!("https://keys.test/app/password-reset#token={token}")));
    for wrong in ["", "x", &ada.token, &format!("{token}0"), &token.replace("lkpr_", "lkiv_")] {
        assert_eq!(reset(&house, wrong, OTHER).refusal(), (400, "link_invalid".into()), "{wrong:?}");
    }
    assert_eq!(reset(&house, &token, "short").refusal(), (400, "invalid_request".into()), "the link is not used up");
    assert_eq!(reset(&house, &token, OTHER).status, 204);
    assert_eq!((status(&house, &ada.token), status(&house, &eve.token)), (401, 200));
    assert_eq!(house.login(&ada.email, PASSWORD).status, 401);
    assert_eq!(house.login(&ada.email, OTHER).status, 200);
    assert_eq!(reset(&house, &token, PASSWORD).refusal(), (400, "link_invalid".into()), "once");
    let late = text(&link(), "token");
    house.advance(DAY);
    assert_eq!(reset(&house, &late, PASSWORD).refusal(), (400, "link_invalid".into()), "for a day");
    let good = text(&link(), "token");
    house.advance(DAY - 1);
    assert_eq!(reset(&house, &good, PASSWORD).status, 204);
    assert_eq!(house.login(&ada.email, PASSWORD).status, 200);
    for nobody in ["usr_none", &House::seeded(99).register("nobody").user_id] {
        let path = format!("/operator/users/{nobody}/password_reset");
        assert_eq!(house.operate("POST", &path, &NULL).refusal(), (404, "user_not_found".into()), "{nobody}");
    }
}

#[test]
fn an_owner_resets_the_password_of_a_member_who_belongs_nowhere_else() {
    let house = House::new();
    let (owner, other) = (house.register("owner"), house.register("other"));
    let member = house.hire(&owner, "member", "member");
    let ask = |by: &Someone, whom: &Someone| {
        house.call(&by.token, "POST", &format!("{}/password_reset", by.member(whom)), &NULL)
    };
    let link = text(&ask(&owner, &member).json(), "token");
    assert_eq!(ask(&owner, &other).refusal(), (404, "member_not_found".into()), "no member");
    assert_eq!(ask(&other, &member).refusal(), (404, "member_not_found".into()), "no member there");
    // Who joins another organization has a password that opens more than the owner's.
    house.join(&other, &member, "viewer");
    assert_eq!(ask(&owner, &member).refusal(), (409, "member_elsewhere".into()));
    assert_eq!(ask(&other, &member).refusal(), (409, "member_elsewhere".into()));
    let before = house.dump(&[]);
    assert_eq!(reset(&house, &link, OTHER).refusal(), (400, "link_invalid".into()), "and the link from before is void");
    assert_same(&before, &house.dump(&[]), "a void link");
    house.call(&other.token, "DELETE", &other.member(&member), &NULL);
    let link = text(&ask(&owner, &member).json(), "token");
    house.call(&owner.token, "DELETE", &owner.member(&member), &NULL);
    assert_eq!(reset(&house, &link, OTHER).refusal(), (400, "link_invalid".into()), "a member no more");
    house.join(&owner, &member, "viewer");
    assert_eq!(reset(&house, &text(&ask(&owner, &member).json(), "token"), OTHER).status, 204);
    assert_eq!((status(&house, &member.token), house.login(&member.email, OTHER).status), (401, 200));
    let founder = house.hire(&owner, "founder", "member");
    house.call(&founder.token, "POST", "/organizations", &json!({ "name": "Own" }));
    assert_eq!(ask(&owner, &founder).refusal(), (409, "member_elsewhere".into()), "an own organization counts");
}

const HOOK: [(&str, &str); 3] = [
    ("LINK_HOOK_URL", "https://hook.test/links"),
    ("LINK_HOOK_SECRET", "a secret that is shared with the hook"),
    ("DASHBOARD_URL", "https://keys.test"),
];

/// What the hook was sent so far: headers and body.
fn posted(house: &House) -> Vec<(Vec<(String, String)>, Value)> {
    let posted = house.web.posted.lock().unwrap();
    posted.iter().map(|(_, headers, body)| (headers.clone(), serde_json::from_str(body).unwrap())).collect()
}

fn forget(house: &House, email: &str) -> Response {
    house.visit("/auth/password/forgot", &json!({ "email": email }))
}

#[test]
fn a_forgotten_password_is_answered_alike_whether_the_address_is_anybodys() {
    let house = House::configured(&HOOK);
    house.register("ada");
    let objects = house.objects.addresses().len();
    let asked = |email: &str| {
        let before = house.timer.slept().len();
        let response = forget(&house, email);
        let slept: u64 = house.timer.slept()[before..].iter().sum();
        (response.status, response.body, slept)
    };
    assert_eq!(asked("nobody@people.test"), (202, b"{}".to_vec(), 700));
    assert_eq!(house.objects.addresses().len(), objects, "nobody's account is made");
    assert_eq!(asked("ada@people.test"), asked("nobody@people.test"));
    assert_eq!(posted(&house).len(), 1);
    assert_eq!(asked("ada@people.test"), asked("nobody@people.test"));
    assert_eq!(posted(&house).len(), 1, "a mailbox is not flooded");
    house.advance(5 * MINUTE);
    forget(&house, "ADA@people.test");
    assert_eq!(posted(&house).len(), 2);
    let without = House::new();
    without.register("ada");
    for email in ["ada@people.test", "nobody@people.test"] {
        assert_eq!(forget(&without, email).refusal(), (409, "link_hook_missing".into()));
    }
}

#[test]
fn a_link_for_the_hook_is_sent_again_until_it_arrives_and_is_the_same() {
    let house = House::configured(&HOOK);
    let ada = house.register("ada");
    house.web.failing.store(true, Ordering::Relaxed);
    assert_eq!(forget(&house, &ada.email).status, 202);
    house.advance(10_000);
    house.web.failing.store(false, Ordering::Relaxed);
    house.advance(10 * MINUTE);
    let posted = posted(&house);
    assert!(posted.len() > 1, "tried again");
    let (first, last) = (&posted[0], posted.last().unwrap());
    assert_eq!(first.1, last.1);
    let header = |headers: &[(String, String)], name: &str| {
        headers.iter().find(|(header, _)| header == name).unwrap_or_else(|| panic!("no {name}")).1.clone()
    };
    assert_eq!(header(&first.0, "webhook-id"), header(&last.0, "webhook-id"));
    assert_ne!(header(&first.0, "webhook-signature"), header(&last.0, "webhook-signature"), "signed anew, later");
    assert_eq!(house.undelivered(), 0, "and no more after that");
    assert_eq!((&last.1["type"], &last.1["data"]["email"]), (&json!("password_reset"), &json!(ada.email)));
    let token = text(&last.1["data"], "token");
    assert!(!house.dump(&[]).contains(&token) && !format!("{:?}", house.log.lines()).contains(&token));
    assert_eq!(reset(&house, &token, OTHER).status, 204);
    assert_eq!(reset(&house, &token, OTHER).refusal(), (400, "link_invalid".into()));
    assert_eq!(house.login(&ada.email, OTHER).status, 200);
    // An hour later a link that was sent is worth nothing.
    assert_eq!(forget(&house, &ada.email).status, 202);
    let late = text(&self::posted(&house).last().unwrap().1["data"], "token");
    assert_ne!(late, token);
    house.advance(HOUR);
    assert_eq!(reset(&house, &late, PASSWORD).refusal(), (400, "link_invalid".into()));
}

/// The code that an authenticator shows now.
pub fn code(house: &House, secret: &str) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(u64::try_from(house.now().as_millis() / 1_000).unwrap()).to_string()
}

fn login_with(house: &House, who: &Someone, factor: &str, code: &str) -> Response {
    house.visit("/auth/login", &json!({ "email": who.email, "password": PASSWORD, factor: code }))
}

/// Sets a second factor up: the secret and the recovery codes.
pub fn enable_totp(house: &House, who: &Someone) -> (String, Vec<String>) {
    let begun = house.call(&who.token, "POST", "/auth/totp", &json!({ "password": PASSWORD })).json();
    let secret = text(&begun, "secret");
    assert!(text(&begun, "uri").contains(&secret));
    assert_eq!(house.login(&who.email, PASSWORD).status, 200, "nothing is in force yet");
    let confirm = |code: &str| house.call(&who.token, "POST", "/auth/totp/confirm", &json!({ "totp": code }));
    assert_eq!(confirm("000000").refusal(), (400, "totp_wrong".into()));
    let codes = confirm(&code(house, &secret)).json();
    let codes: Vec<_> =
        codes["recoveryCodes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

#[test]
fn a_second_factor_is_needed_from_its_confirmation_on_and_each_code_is_good_once() {
    let house = House::new();
    let ada = house.register("ada");
    let (secret, codes) = enable_totp(&house, &ada);
    assert_eq!(house.see(&ada, "/auth/user")["totpEnabled"], true);
    assert_eq!(house.login(&ada.email, PASSWORD).refusal(), (401, "second_factor_required".into()));
    assert_eq!(
        house.login(&ada.email, OTHER).refusal(),
        (401, "sign_in_failed".into()),
        "to who knows the password only"
    );
    let failed = (401, "sign_in_failed".to_owned());
    assert_eq!(login_with(&house, &ada, "totp", &code(&house, &secret)).refusal(), failed, "it confirmed the set-up");
    house.advance(30_000);
    let now = code(&house, &secret);
    assert_eq!(login_with(&house, &ada, "totp", &now).status, 200);
    assert_eq!(login_with(&house, &ada, "totp", &now).refusal(), failed, "once");
    assert_eq!(login_with(&house, &ada, "totp", "000000").refusal(), failed);
    assert_eq!(login_with(&house, &ada, "recoveryCode", &codes[0]).status, 200);
    assert_eq!(login_with(&house, &ada, "recoveryCode", &codes[0]).refusal(), failed, "once");
    assert_eq!(login_with(&house, &ada, "recoveryCode", &codes[1].to_uppercase().replace('-', " ")).status, 200);
    let both = json!({ "email": ada.email, "password": PASSWORD, "totp": now, "recoveryCode": codes[2] });
    assert_eq!(house.visit("/auth/login", &both).refusal(), (400, "invalid_request".into()));
    let renewed = house.call(&ada.token, "POST", "/auth/totp/recovery_codes", &json!({ "password": PASSWORD })).json();
    assert_eq!(login_with(&house, &ada, "recoveryCode", &codes[2]).refusal(), failed, "those before are void");
    let fresh = renewed["recoveryCodes"][0].as_str().unwrap();
    assert_eq!(login_with(&house, &ada, "recoveryCode", fresh).status, 200);
    let stored = format!("{}{:?}", house.dump(&[]), house.log.lines());
    assert!(!stored.contains(&secret) && !stored.contains(&codes[3]) && !stored.contains(fresh));
    assert!(!stored.contains(&codes[3].replace('-', "")));
}

#[test]
fn a_second_factor_goes_by_the_password_or_by_the_operator_and_stays_after_a_reset() {
    let house = House::new();
    let ada = house.register("ada");
    let operator = format!("/operator/users/{}/totp", ada.user_id);
    assert_eq!(house.operate("DELETE", &operator, &NULL).refusal(), (409, "totp_not_enabled".into()));
    enable_totp(&house, &ada);
    let take_away = |password: &str| house.call(&ada.token, "DELETE", "/auth/totp", &json!({ "password": password }));
    assert_eq!(take_away(OTHER).refusal(), (403, "wrong_password".into()));
    let again = house.call(&ada.token, "POST", "/auth/totp", &json!({ "password": PASSWORD }));
    assert_eq!(again.refusal(), (409, "totp_enabled".into()));
    assert_eq!(take_away(PASSWORD).status, 204);
    assert_eq!(house.login(&ada.email, PASSWORD).status, 200);
    house.advance(30_000);
    enable_totp(&house, &ada);
    let link = house.operate("POST", &format!("/operator/users/{}/password_reset", ada.user_id), &NULL).json();
    assert_eq!(reset(&house, &text(&link, "token"), PASSWORD).status, 204);
    assert_eq!(house.login(&ada.email, PASSWORD).refusal(), (401, "second_factor_required".into()));
    assert_eq!(house.operate("DELETE", &operator, &NULL).status, 204);
    assert_eq!(house.login(&ada.email, PASSWORD).status, 200);
}
