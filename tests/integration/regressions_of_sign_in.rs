//! What reviews of signing in found: locks that strangers could set, what the time of an answer told, logs that could be
//! filled, and messages and cookies that outlived what they were good for.

use serde_json::{Value, json};

use crate::passwords::{code, enable_totp};
use crate::support::house::Afterwards;
use crate::support::people::{assert_same, ids};
use crate::support::*;

const NULL: Value = Value::Null;
const WRONG: &str = "not the right password";
const SETUP: &str = "setup-token-of-the-tests";
const HOOK: [(&str, &str); 2] =
    [("LINK_HOOK_URL", "https://hook.test"), ("LINK_HOOK_SECRET", "a secret of the hook's and ours")];

#[test]
fn no_organization_is_called_before_a_stranger_has_an_answer() {
    let house = House::configured(&HOOK);
    let ada = house.register("ada");
    house.join(&house.register("bob"), &ada, "viewer");
    house.advance(10_000);
    house.login(&ada.email, WRONG);
    house.set_afterwards(Afterwards::Queued);
    // The copies of that failure are due, and nobody has sent them.
    house.clock.set(house.after(5_000));
    for (path, body, status) in [
        ("/auth/login", json!({ "email": ada.email, "password": WRONG }), 401),
        ("/auth/login", json!({ "email": ada.email, "password": "" }), 401),
        ("/auth/password/forgot", json!({ "email": ada.email }), 202),
    ] {
        let (organizations, slept) = (house.objects.calls(Kind::Organization), house.timer.slept().len());
        assert_eq!(house.visit(path, &body).status, status);
        assert_eq!(house.objects.calls(Kind::Organization), organizations, "{path}");
        let slept: u64 = house.timer.slept()[slept..].iter().sum();
        assert_eq!(slept, 700, "{path}: nothing was waited for but the floor");
    }
    let before = house.objects.calls(Kind::Organization);
    house.catch_up();
    assert!(house.objects.calls(Kind::Organization) > before, "there was something to tell");
}

#[test]
fn an_unchanged_name_writes_no_row() {
    let house = House::timeless();
    let ada = house.register("ada");
    house.see(&ada, "/auth/user");
    house.advance(10_000);
    let before = house.dump(&[]);
    let asked = house.limiter.sources.lock().unwrap().len();
    for body in [json!({ "firstName": "Ada" }), json!({ "firstName": "Ada", "lastName": "Byron" })] {
        let changed = house.call(&ada.token, "PATCH", "/auth/user", &body);
        assert_eq!((changed.status, text(&changed.json(), "firstName")), (200, "Ada".to_owned()));
    }
    house.advance(10_000);
    assert_same(&before, &house.dump(&[]), "a name that is the same");
    assert_eq!(house.limiter.sources.lock().unwrap().len(), asked + 2, "and whoever does so in a loop is slowed down");
    house.call(&ada.token, "PATCH", "/auth/user", &json!({ "firstName": "Ada", "lastName": "King" }));
    let log = house.see(&ada, "/auth/audit_log");
    assert_eq!(
        (&log["data"][0]["action"], &log["data"][0]["details"]),
        (&json!("user.updated"), &json!(["last_name"]))
    );
}

#[test]
fn somebody_who_signs_in_and_out_all_the_time_fills_no_organizations_log() {
    let house = House::timeless();
    let ada = house.register("ada");
    let bob = house.hire(&ada, "bob", "viewer");
    let disk = house.objects.disk(&house.organization_at(&ada.organization));
    let own = house.objects.disk(&house.account_of(&bob.user_id));
    house.advance(2 * HOUR);
    let rows = |disk: &disk::Disk| disk.number("SELECT count(*) FROM audit_log");
    let (before, own_before) = (rows(&disk), rows(&own));
    for _ in 0..200 {
        let token = house.another_token(&bob);
        assert_eq!(house.call(&token, "POST", "/auth/logout", &NULL).status, 204);
    }
    house.advance(10_000);
    assert_eq!(rows(&own) - own_before, 400, "the own log has all");
    let copied = rows(&disk) - before;
    assert!((100..=120).contains(&copied), "{copied}");
    house.advance(2 * HOUR);
    let before = rows(&disk);
    house.login(&bob.email, WRONG);
    house.advance(10_000);
    assert_eq!(rows(&disk) - before, 1, "an hour later others hear again");
}

#[test]
fn a_reset_forgets_the_failures_of_those_alone_who_have_no_second_factor() {
    const NEW: &str = "another lamp, another ladder";
    for with_factor in [true, false] {
        let house = House::timeless();
        let ada = house.register("ada");
        let secret = with_factor.then(|| enable_totp(&house, &ada).0);
        // The code that has confirmed the set-up is used up.
        house.advance(60_000);
        let sign_in = |password: &str, totp: Option<String>| {
            let mut body = json!({ "email": ada.email, "password": password });
            if let Some(totp) = totp {
                body["totp"] = json!(totp);
            }
            house.visit("/auth/login", &body).status
        };
        let fail = |right: &str| match with_factor {
            true => sign_in(right, Some("000000".to_owned())),
            false => sign_in(WRONG, None),
        };
        for _ in 0..9 {
            assert_eq!(fail(PASSWORD), 401);
        }
        let path = format!("/operator/users/{}/password_reset", ada.user_id);
        let link = text(&house.operate("POST", &path, &NULL).json(), "token");
        assert_eq!(house.reset(&link, NEW).status, 204);
        assert_eq!(fail(NEW), 401, "the tenth, or the first");
        let succeed = || sign_in(NEW, secret.as_ref().map(|secret| code(&house, secret)));
        house.clock.set(house.after(999));
        // Whoever reads the mail guesses at the second factor no faster than before.
        assert_eq!(succeed(), if with_factor { 401 } else { 200 }, "with a second factor: {with_factor}");
        house.clock.set(house.after(1));
        assert_eq!(succeed(), 200);
    }
}

#[test]
fn strangers_who_fail_for_a_day_lock_out_strangers_only() {
    let house = House::timeless();
    let ada = house.register("ada");
    let (known, new) = ("192.0.2.1", "203.0.113.7");
    for attempt in 0..110 {
        let stranger = format!("198.51.100.{}", attempt % 5);
        assert_eq!(house.login_from(&stranger, &ada.email, WRONG).status, 401);
        if attempt > 20 {
            house.advance(15 * 60_000);
        }
    }
    house.login_from("198.51.100.1", &ada.email, WRONG);
    assert_eq!(house.login_from("198.51.100.1", &ada.email, PASSWORD).status, 401, "strangers are locked out");
    assert_eq!(house.login_from(new, &ada.email, PASSWORD).status, 401, "a new address is a stranger");
    assert_eq!(house.login_from(known, &ada.email, PASSWORD).status, 200, "where the user has been before");
    assert_eq!(house.call(&ada.token, "POST", "/auth/totp", &json!({ "password": PASSWORD })).status, 200);
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another lamp, another ladder" });
    assert_eq!(house.call(&ada.token, "POST", "/auth/password", &body).status, 200);
    assert_eq!(house.login_from(new, &ada.email, "another lamp, another ladder").status, 401, "still locked");
    house.advance(15 * 60_000);
    assert_eq!(house.login_from(new, &ada.email, "another lamp, another ladder").status, 200);
}

#[test]
fn a_known_address_and_whoever_is_signed_in_are_locked_apart_from_strangers_too() {
    let house = House::timeless();
    let ada = house.register("ada");
    for _ in 0..10 {
        assert_eq!(house.login_from("192.0.2.1", &ada.email, WRONG).status, 401);
        let body = json!({ "password": WRONG });
        assert_eq!(house.call(&ada.token, "POST", "/auth/totp", &body).status, 403);
    }
    assert_eq!(house.login_from("192.0.2.1", &ada.email, PASSWORD).status, 401, "a known address is not free to guess");
    assert_eq!(house.call(&ada.token, "POST", "/auth/totp", &json!({ "password": PASSWORD })).status, 403);
    assert_eq!(house.login_from("198.51.100.1", &ada.email, PASSWORD).status, 200, "that gate has seen no failure");
}

#[test]
fn an_invitation_mail_that_waited_across_a_new_root_is_not_sent() {
    for (roots, sent) in [(root_secret(1), true), (format!("{},{}", root_secret(2), root_secret(1)), false)] {
        let old = House::configured(&HOOK);
        let ada = old.register("ada");
        old.web.failing.store(true, std::sync::atomic::Ordering::Relaxed);
        let body = json!({ "role": "viewer", "email": "bob@people.test" });
        let made = old.call(&ada.token, "POST", &ada.path("/invitations"), &body);
        assert_eq!(made.status, 201);
        let token = text(&made.json(), "token");
        let tried = old.web.posted.lock().unwrap().len();
        assert!(tried > 0 && old.undelivered() > 0);
        let new = old.reconfigured(&[HOOK[0], HOOK[1], ("ROOT_SECRETS", &roots)]);
        new.web.failing.store(false, std::sync::atomic::Ordering::Relaxed);
        new.advance(DAY);
        let mails: Vec<_> = new.web.posted.lock().unwrap()[tried..].iter().map(|(.., body)| body.clone()).collect();
        assert_eq!((mails.len() == 1, mails.iter().all(|mail| mail.contains(&token))), (sent, true), "{mails:?}");
        assert_eq!(new.undelivered(), 0);
        let mut body = House::registration("bob@people.test");
        body["invitation"] = json!(token);
        assert_eq!(new.visit("/auth/register", &body).status, 201, "what was handed over stays good");
    }
}

#[test]
fn the_log_of_a_session_names_who_changed_the_plan() {
    let house = House::timeless();
    let ada = house.register("ada");
    let newest = || {
        house.advance(10_000);
        let log = house.see(&ada, &ada.path("/audit_log?action=session.policy_changed"));
        log["data"][0]["actor"].clone()
    };
    assert_eq!(house.call(&ada.token, "PATCH", &ada.path(""), &json!({ "plan": "pro" })).status, 200);
    let actor = newest();
    assert_eq!((&actor["type"], &actor["id"]), (&json!("user"), &json!(ada.user_id)), "{actor}");
    let operator = format!("/operator/organizations/{}", ada.organization);
    house.operate("POST", &format!("{operator}/suspend"), &NULL);
    assert_eq!(newest()["type"], "operator");
    house.operate("POST", &format!("{operator}/resume"), &NULL);
    assert_eq!(house.call(&ada.token, "PATCH", &ada.path(""), &json!({ "name": "New", "plan": "free" })).status, 200);
    assert_eq!(newest()["id"], json!(ada.user_id));
}

#[test]
fn a_cookie_that_has_ended_is_cleared_since_no_script_can() {
    let house = House::timeless();
    let ada = house.register("ada");
    let token = house.another_token(&ada);
    let cookie = format!("__Host-latchkey={token}");
    let bearer = format!("Bearer {token}");
    let with_cookie = [("cookie", cookie.as_str()), ("host", "latchkey.test"), ("sec-fetch-site", "same-origin")];
    let seen = |path: &str| house.request("GET", path, &with_cookie, "");
    let alive = seen("/auth/user");
    assert_eq!((alive.status, alive.header("set-cookie")), (200, None));
    assert_eq!(house.call(&token, "POST", "/auth/logout", &NULL).status, 204);
    for path in ["/auth/user", "/auth/sign_ins", "/organizations", &ada.path(""), &ada.path("/api_keys")] {
        let dead = seen(path);
        assert_eq!(dead.status, 401, "{path}");
        let cleared = dead.header("set-cookie").unwrap_or_default();
        assert!(cleared.starts_with("__Host-latchkey=; ") && cleared.contains("Max-Age=0"), "{path}: {cleared}");
        let dead = house.request("GET", path, &[("authorization", &bearer)], "");
        assert_eq!((dead.status, dead.header("set-cookie")), (401, None), "{path}: a token of a script is its own");
    }
}

#[test]
fn a_mistyped_address_does_not_use_the_setup_token_up() {
    let digest = hex::encode(sha256(SETUP));
    let house = House::configured(&[("REGISTRATION", "closed"), ("SETUP_TOKEN_SHA256", &digest)]);
    let register = |email: &str| {
        let mut body = House::registration(email);
        body["setupToken"] = json!(SETUP);
        house.visit("/auth/register", &body)
    };
    let done = (409, "setup_done".to_owned());
    house.objects.fault_once(Whom::Kind(Kind::Account), Fault::Unreachable);
    assert_eq!(register("aad@people.test").status, 503);
    house.clock.set(house.after(59_999));
    assert_eq!(register("ada@people.test").refusal(), done, "the first may still be at it");
    house.clock.set(house.after(1));
    assert_eq!(register("ada@people.test").status, 201);
    for later in [0, 60_000, DAY] {
        house.advance(later);
        for email in ["aad@people.test", "eve@people.test"] {
            assert_eq!(register(email).refusal(), done, "{email} after {later}");
        }
    }
    assert_eq!(ids(&house.operate("GET", "/operator/organizations", &NULL).json(), "name").len(), 1);
}
