//! The tour of what people do: they register, sign in, look after their accounts and their organizations.

use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use super::{Visitor, text};
use crate::support::contract::CONTRACT;
use crate::support::*;

const PASSWORD: &str = "a lamp, a ladder, a lemon";
const OTHER: &str = "three trams and a tulip";
const ORIGIN: (&str, &str) = ("origin", "https://latchkey.test");
const PAGE: [(&str, &str); 4] =
    [("host", "latchkey.test"), ORIGIN, ("x-requested-with", "fetch"), ("content-type", "application/json")];

/// Somebody with an account: access token, user, and the organization founded along with it.
pub(super) struct Somebody {
    pub(super) token: String,
    pub(super) user: String,
    pub(super) organization: String,
}

impl Somebody {
    /// A path below the own organization.
    pub(super) fn at(&self, rest: &str) -> String {
        format!("/organizations/{}{rest}", self.organization)
    }

    fn member(&self, who: &Self) -> String {
        self.at(&format!("/members/{}", who.user))
    }
}

/// What a new user sends.
fn profile(email: &str) -> Value {
    json!({ "email": email, "password": PASSWORD, "firstName": "Ada", "lastName": "King" })
}

fn with(mut body: Value, more: &Value) -> Option<Value> {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Some(body)
}

/// Registers somebody who founds an organization, or joins one by invitation.
pub(super) fn register(visitor: &Visitor, email: &str, more: &Value) -> Somebody {
    let answer = visitor.expect(201, "POST", "/auth/register", "", with(profile(email), more));
    Somebody {
        token: text(&answer, "accessToken"),
        user: text(&answer["user"], "id"),
        organization: text(&answer["organizations"][0], "id"),
    }
}

fn sign_in(visitor: &Visitor, status: u16, email: &str, password: &str, more: &Value) -> Value {
    let body = with(json!({ "email": email, "password": password }), more);
    visitor.expect(status, "POST", "/auth/login", "", body)
}

/// Shows everything that people do, and leaves an owner behind.
pub(super) fn tour(visitor: &Visitor) -> Somebody {
    let owner = register(visitor, "ada@example.com", &json!({ "organizationName": "Engines" }));
    door_tour(visitor);
    account_tour(visitor, &owner);
    browser_tour(visitor);
    let owner = password_tour(visitor, owner);
    second_factor_tour(visitor, &owner);
    let helper = invitation_tour(visitor, &owner);
    member_tour(visitor, &owner, &helper);
    operator_tour(visitor, &owner, &helper);
    organization_tour(visitor, &owner);
    owner
}

fn door_tour(visitor: &Visitor) {
    let path = "/auth/register";
    for (status, more) in [
        (409, json!({})),
        (403, json!({ "setupToken": "guess" })),
        (400, json!({ "invitation": "guess" })),
        (400, json!({ "invitation": "guess", "organizationName": "Both" })),
        (400, json!({ "email": "nowhere", "password": "short", "firstName": "", "lastName": null, "cookie": 1 })),
        (400, json!({ "password": "ada@example.com", "role": "owner" })),
        (403, json!({ "email": "new@example.com", "cookie": true })),
    ] {
        visitor.expect(status, "POST", path, "", with(profile("ada@example.com"), &more));
    }
    sign_in(visitor, 200, "ADA@example.com", PASSWORD, &json!({}));
    for (email, password) in [("ada@example.com", OTHER), ("eve@example.com", PASSWORD), ("nobody", "x")] {
        sign_in(visitor, 401, email, password, &json!({}));
    }
    sign_in(visitor, 400, "ada@example.com", PASSWORD, &json!({ "totp": "1", "recoveryCode": "2" }));
    visitor.house.limiter.strict.store(true, std::sync::atomic::Ordering::Relaxed);
    sign_in(visitor, 429, "ada@example.com", PASSWORD, &json!({}));
    visitor.expect(429, "GET", "/auth/user", "guess", None);
    visitor.house.limiter.strict.store(false, std::sync::atomic::Ordering::Relaxed);
}

fn account_tour(visitor: &Visitor, owner: &Somebody) {
    let by = owner.token.as_str();
    let account = visitor.expect(200, "GET", "/auth/user", by, None);
    assert_eq!((text(&account, "id"), account["totpEnabled"].clone()), (owner.user.clone(), false.into()));
    visitor.expect(200, "PATCH", "/auth/user", by, Some(json!({ "firstName": "Augusta", "lastName": "Byron" })));
    for body in [json!({}), json!({ "firstName": null }), json!({ "email": "x@example.com" })] {
        visitor.expect(400, "PATCH", "/auth/user", by, Some(body));
    }
    let all = visitor.expect(200, "GET", "/auth/sign_ins", by, None);
    let others = all["data"].as_array().unwrap().iter().filter(|one| one["current"] == false);
    for id in others.map(|one| text(one, "id")) {
        visitor.expect(204, "DELETE", &format!("/auth/sign_ins/{id}"), by, None);
        visitor.expect(404, "DELETE", &format!("/auth/sign_ins/{id}"), by, None);
    }
    visitor.expect(404, "DELETE", "/auth/sign_ins/sgn_none", by, None);
    let log = visitor.expect(200, "GET", "/auth/audit_log?limit=1", by, None);
    let cursor = text(&log["pagination"], "nextCursor");
    visitor.expect(200, "GET", &format!("/auth/audit_log?limit=2&cursor={cursor}"), by, None);
    visitor.expect(400, "GET", "/auth/audit_log?cursor=guess", by, None);
    visitor.expect(200, "GET", "/auth/audit_log/export", by, None);
    visitor.expect(400, "GET", "/auth/audit_log/export?after=x", by, None);
    for token in ["guess", ""] {
        visitor.expect(401, "GET", "/auth/user", token, None);
    }
}

/// The cookie of an answer, as a browser sends it back.
fn cookie_of(response: &Response) -> String {
    response.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn browser_tour(visitor: &Visitor) {
    let house = &visitor.house;
    let body = with(profile("grace@example.com"), &json!({ "cookie": true })).unwrap();
    let registered = house.request("POST", "/auth/register", &PAGE, &body.to_string());
    let login = json!({ "email": "grace@example.com", "password": PASSWORD, "cookie": true });
    let signed_in = house.request("POST", "/auth/login", &PAGE, &login.to_string());
    for (response, status) in [(&registered, 201), (&signed_in, 200)] {
        assert_eq!((response.status, &response.json()["accessToken"]), (status, &Value::Null));
    }
    let first = cookie_of(&registered);
    let cookie = [&PAGE[..3], &[("cookie", first.as_str())]].concat();
    assert_eq!(house.request("GET", "/auth/user", &cookie, "").status, 200);
    let foreign = [PAGE[0], ("origin", "https://evil.test"), PAGE[2], cookie[3]];
    assert_eq!(house.request("POST", "/auth/logout", &foreign, "").refusal(), (403, "csrf_refused".to_owned()));
    let all = house.request("GET", "/auth/sign_ins", &cookie, "").json();
    let own = all["data"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap();
    let ended = house.request("DELETE", &format!("/auth/sign_ins/{}", text(own, "id")), &cookie, "");
    assert_eq!((ended.status, cookie_of(&ended).as_str()), (204, "__Host-latchkey="));
    let second = cookie_of(&signed_in);
    let out = house.request("POST", "/auth/logout", &[&PAGE[..3], &[("cookie", second.as_str())]].concat(), "");
    assert_eq!((out.status, cookie_of(&out).as_str()), (204, "__Host-latchkey="));
}

/// The newest message of the hook, which must be as the document shows.
fn message(visitor: &Visitor, schema: &str) -> Value {
    let posted = visitor.house.web.posted.lock().unwrap();
    let (url, headers, body) = posted.last().unwrap();
    assert_eq!(url, "https://mail.example/hook");
    let parameters = &CONTRACT.0["webhooks"]["invitation"]["post"]["parameters"];
    let documented: Vec<&str> =
        parameters.as_array().unwrap().iter().map(|named| named["name"].as_str().unwrap()).collect();
    assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), documented);
    let body = serde_json::from_str(body).unwrap();
    assert_eq!(CONTRACT.violation(&format!("/components/schemas/{schema}"), &body), None, "{body}");
    body
}

fn password_tour(visitor: &Visitor, owner: Somebody) -> Somebody {
    let (by, path) = (owner.token.as_str(), "/auth/password");
    visitor.expect(200, "POST", path, by, Some(json!({ "currentPassword": PASSWORD, "newPassword": OTHER })));
    visitor.expect(403, "POST", path, by, Some(json!({ "currentPassword": PASSWORD, "newPassword": OTHER })));
    visitor.expect(400, "POST", path, by, Some(json!({ "currentPassword": OTHER, "newPassword": "password" })));
    for email in ["ada@example.com", "eve@example.com"] {
        let told = visitor.expect(202, "POST", "/auth/password/forgot", "", Some(json!({ "email": email })));
        assert_eq!(told, json!({}));
    }
    let token = text(&message(visitor, "PasswordResetMessage")["data"], "token");
    let reset = json!({ "token": token, "newPassword": PASSWORD });
    visitor.expect(204, "POST", "/auth/password/reset", "", Some(reset.clone()));
    visitor.expect(400, "POST", "/auth/password/reset", "", Some(reset));
    visitor.expect(401, "GET", "/auth/user", by, None);
    let token = text(&sign_in(visitor, 200, "ada@example.com", PASSWORD, &json!({})), "accessToken");
    Somebody { token, ..owner }
}

fn second_factor_tour(visitor: &Visitor, owner: &Somebody) {
    let (by, path) = (owner.token.as_str(), "/auth/totp");
    let password = |text: &str| Some(json!({ "password": text }));
    visitor.expect(409, "DELETE", path, by, password(PASSWORD));
    visitor.expect(409, "POST", "/auth/totp/confirm", by, Some(json!({ "totp": "000000" })));
    visitor.expect(403, "POST", path, by, password(OTHER));
    let begun = visitor.expect(200, "POST", path, by, password(PASSWORD));
    visitor.expect(400, "POST", "/auth/totp/confirm", by, Some(json!({ "totp": "x" })));
    let secret = Secret::try_from_base32(text(&begun, "secret")).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let code = || totp.generate(visitor.house.now().as_millis().unsigned_abs() / 1_000).to_string();
    visitor.expect(200, "POST", "/auth/totp/confirm", by, Some(json!({ "totp": code() })));
    visitor.expect(409, "POST", path, by, password(PASSWORD));
    let codes = visitor.expect(200, "POST", "/auth/totp/recovery_codes", by, password(PASSWORD));
    let recovery = json!({ "recoveryCode": codes["recoveryCodes"][0] });
    visitor.expect(403, "POST", "/auth/totp/recovery_codes", by, password(OTHER));
    let missing = sign_in(visitor, 401, "ada@example.com", PASSWORD, &json!({}));
    assert_eq!(missing["code"], "second_factor_required");
    sign_in(visitor, 200, "ada@example.com", PASSWORD, &recovery);
    sign_in(visitor, 401, "ada@example.com", PASSWORD, &recovery);
    visitor.house.advance(60_000);
    sign_in(visitor, 200, "ada@example.com", PASSWORD, &json!({ "totp": code() }));
    visitor.expect(403, "DELETE", path, by, password(OTHER));
    visitor.expect(204, "DELETE", path, by, password(PASSWORD));
}

/// Answers a member who belongs to no other organization.
fn invitation_tour(visitor: &Visitor, owner: &Somebody) -> Somebody {
    let (by, all) = (owner.token.as_str(), owner.at("/invitations"));
    let invite = |body: Value| visitor.expect(201, "POST", &all, by, Some(body));
    let mailed = invite(json!({ "email": "alan@example.com", "role": "member" }));
    assert!(text(&mailed, "url").starts_with("https://keys.example/invitation#token="));
    assert_eq!(message(visitor, "InvitationMessage")["data"]["token"], mailed["token"]);
    for body in [json!({}), json!({ "role": "boss" }), json!({ "role": "member", "email": "x", "name": "x" })] {
        visitor.expect(400, "POST", &all, by, Some(body));
    }
    visitor.expect(409, "POST", &all, by, Some(json!({ "role": "viewer", "email": "ada@example.com" })));
    let open = invite(json!({ "email": null, "role": "viewer" }));
    visitor.expect(200, "GET", &format!("{all}?limit=1"), by, None);
    let helper = register(visitor, "alan@example.com", &json!({ "invitation": mailed["token"] }));
    let guest = register(visitor, "eve@example.com", &json!({}));
    let accept = |who: &Somebody, status: u16, token: &Value| {
        visitor.expect(status, "POST", "/auth/invitations/accept", &who.token, Some(json!({ "token": token })))
    };
    accept(&guest, 409, &mailed["token"]);
    accept(&guest, 400, &json!("guess"));
    let joined = accept(&guest, 200, &open["token"]);
    assert_eq!((&joined["id"], &joined["role"]), (&owner.organization.clone().into(), &"viewer".into()));
    let other = invite(json!({ "email": "other@example.com", "role": "admin" }));
    accept(&helper, 403, &other["token"]);
    let one = format!("{all}/{}", text(&other["invitation"], "id"));
    visitor.expect(204, "DELETE", &one, by, None);
    visitor.expect(204, "DELETE", &one, by, None);
    let used = format!("{all}/{}", text(&open["invitation"], "id"));
    visitor.expect(409, "DELETE", &used, by, None);
    visitor.expect(404, "DELETE", &format!("{all}/inv_none"), by, None);
    let list = visitor.expect(200, "GET", &all, by, None);
    assert_eq!(list["data"].as_array().unwrap().len(), 3);
    let row = owner.member(&guest);
    let elsewhere = visitor.expect(409, "POST", &format!("{row}/password_reset"), by, None);
    assert_eq!(elsewhere["code"], "member_elsewhere");
    visitor.expect(403, "POST", &owner.at("/api_keys"), &guest.token, Some(json!({ "name": "Mine" })));
    visitor.expect(204, "DELETE", &row, &guest.token, None);
    visitor.expect(404, "GET", &owner.at(""), &guest.token, None);
    helper
}

fn member_tour(visitor: &Visitor, owner: &Somebody, helper: &Somebody) {
    let (by, all, one) = (owner.token.as_str(), owner.at("/members"), owner.member(helper));
    let page = visitor.expect(200, "GET", &format!("{all}?limit=1"), by, None);
    let cursor = text(&page["pagination"], "nextCursor");
    visitor.expect(200, "GET", &format!("{all}?limit=1&cursor={cursor}"), by, None);
    visitor.expect(200, "GET", &one, by, None);
    visitor.expect(200, "PATCH", &one, by, Some(json!({ "role": "admin" })));
    visitor.expect(400, "PATCH", &one, by, Some(json!({ "role": "boss" })));
    visitor.expect(403, "PATCH", &owner.member(owner), &helper.token, Some(json!({ "role": "viewer" })));
    visitor.expect(409, "PATCH", &owner.member(owner), by, Some(json!({ "role": "viewer" })));
    visitor.expect(409, "DELETE", &owner.member(owner), by, None);
    for method in ["GET", "DELETE"] {
        visitor.expect(404, method, &format!("{all}/usr_none"), by, None);
    }
    let link = visitor.expect(200, "POST", &format!("{one}/password_reset"), by, None);
    assert!(text(&link, "url").starts_with("https://keys.example/password-reset#token="));
    let transfer = owner.at("/transfer");
    let nobody = format!("usr_{}", "0".repeat(19));
    visitor.expect(400, "POST", &transfer, by, Some(json!({ "userId": "usr_none" })));
    visitor.expect(404, "POST", &transfer, by, Some(json!({ "userId": nobody })));
    visitor.expect(200, "POST", &transfer, by, Some(json!({ "userId": helper.user })));
    visitor.expect(403, "POST", &transfer, by, Some(json!({ "userId": owner.user })));
    visitor.expect(200, "POST", &transfer, &helper.token, Some(json!({ "userId": owner.user })));
}

fn operator_tour(visitor: &Visitor, owner: &Somebody, helper: &Somebody) {
    let operate = |status, method: &str, path: &str, body| visitor.expect(status, method, path, OPERATOR_TOKEN, body);
    let found = operate(200, "GET", "/operator/users?email=ALAN@example.com", None);
    assert_eq!(found["data"][0]["id"], helper.user);
    operate(200, "GET", "/operator/users?limit=1", None);
    operate(400, "GET", "/operator/users?email=x", None);
    let one = format!("/operator/users/{}", helper.user);
    operate(200, "POST", &format!("{one}/password_reset"), None);
    operate(409, "DELETE", &format!("{one}/totp"), None);
    for (method, rest) in [("POST", "password_reset"), ("DELETE", "totp")] {
        operate(404, method, &format!("/operator/users/usr_none/{rest}"), None);
    }
    let begun = visitor.expect(200, "POST", "/auth/totp", &helper.token, Some(json!({ "password": PASSWORD })));
    let secret = Secret::try_from_base32(text(&begun, "secret")).unwrap();
    let at = visitor.house.now().as_millis().unsigned_abs() / 1_000;
    let code = Builder::new().with_secret(secret).build().unwrap().generate(at).to_string();
    visitor.expect(200, "POST", "/auth/totp/confirm", &helper.token, Some(json!({ "totp": code })));
    operate(204, "DELETE", &format!("{one}/totp"), None);
    let invitations = format!("/operator/organizations/{}/invitations", owner.organization);
    operate(201, "POST", &invitations, Some(json!({ "role": "owner", "email": "boss@example.com" })));
    operate(409, "POST", &invitations, Some(json!({ "role": "owner", "email": "alan@example.com" })));
    operate(404, "POST", "/operator/organizations/org_none/invitations", Some(json!({ "role": "owner" })));
}

fn organization_tour(visitor: &Visitor, owner: &Somebody) {
    let (by, own) = (owner.token.as_str(), owner.at(""));
    visitor.expect(200, "GET", "/organizations", by, None);
    let founded = visitor.expect(201, "POST", "/organizations", by, Some(json!({ "name": "Second" })));
    let second = format!("/organizations/{}", text(&founded["organization"], "id"));
    visitor.expect(200, "PATCH", &own, by, Some(json!({ "name": "Engines & Sons", "plan": "pro" })));
    for body in [json!({}), json!({ "name": null }), json!({ "plan": { "name": "pro" } })] {
        visitor.expect(400, "PATCH", &own, by, Some(body));
    }
    let copy = visitor.expect(200, "POST", &format!("{own}/export"), by, None);
    assert_eq!((copy["members"].as_array().unwrap().len(), copy["apiKeys"].as_array().unwrap().len()), (2, 1));
    visitor.expect(200, "DELETE", &second, by, None);
    visitor.expect(200, "DELETE", &second, by, None);
    visitor.expect(200, "POST", &format!("{second}/export"), by, None);
    visitor.expect(409, "PATCH", &second, by, Some(json!({ "name": "Late" })));
    visitor.expect(409, "POST", &format!("{second}/invitations"), by, Some(json!({ "role": "member" })));
    visitor.expect(404, "GET", "/organizations/org_none", by, None);
}

/// Signs out, after everything, and comes back when the deleted organization is forgotten.
pub(super) fn farewell(visitor: &Visitor, owner: &Somebody) {
    let all = visitor.expect(200, "GET", "/organizations", &owner.token, None);
    let deleted = all["data"].as_array().unwrap().iter().find(|one| one["status"] == "deleted").unwrap();
    let deleted = format!("/organizations/{}", text(deleted, "id"));
    visitor.expect(204, "POST", "/auth/logout", &owner.token, None);
    visitor.expect(401, "POST", "/auth/logout", &owner.token, None);
    visitor.house.advance(31 * DAY);
    let token = text(&sign_in(visitor, 200, "ada@example.com", PASSWORD, &json!({})), "accessToken");
    visitor.expect(404, "GET", &deleted, &token, None);
    visitor.expect(404, "POST", &format!("{deleted}/export"), &token, None);
    let all = visitor.expect(200, "GET", "/organizations", &token, None);
    assert_eq!(all["data"].as_array().unwrap().len(), 1);
    let gone = visitor.expect(200, "GET", &format!("/operator{deleted}"), OPERATOR_TOKEN, None);
    assert_eq!((&gone["status"], &gone["membersCount"]), (&"deleted".into(), &0.into()));
}

/// What keys do below `/v1`, by a member.
pub(super) fn keys_tour(visitor: &Visitor, owner: &Somebody) {
    let by = owner.token.as_str();
    let call = |status, method: &str, rest: &str, body| visitor.expect(status, method, &owner.at(rest), by, body);
    call(200, "GET", "", None);
    let session = text(&call(201, "POST", "/sessions", Some(json!({ "name": "Customer" }))), "id");
    let session = format!("/sessions/{session}");
    call(200, "GET", "/sessions?limit=1", None);
    call(200, "GET", &session, None);
    call(200, "PATCH", &session, Some(json!({ "name": "Customer A" })));
    call(201, "POST", &format!("{session}/api_keys"), None);
    call(200, "GET", &format!("{session}/api_keys"), None);
    call(200, "GET", &format!("{session}/health"), None);
    call(200, "GET", &format!("{session}/usage"), None);
    call(200, "GET", "/usage", None);
    let key = call(201, "POST", "/api_keys", Some(json!({ "name": "Mine" })));
    let one = format!("/api_keys/{}", text(&key, "id"));
    let outcome = json!({ "keyId": text(&key, "id"), "status": 200, "latencyMs": 3 });
    call(200, "POST", "/outcomes", Some(json!({ "outcomes": [outcome] })));
    let verified = call(200, "POST", "/keys/verify", Some(json!({ "key": key["key"] })));
    assert_eq!(verified["code"], "VALID");
    call(200, "GET", "/api_keys?limit=1", None);
    call(200, "GET", &one, None);
    call(200, "GET", &format!("{one}/usage"), None);
    call(200, "GET", &format!("{one}/requests"), None);
    call(200, "PATCH", &one, Some(json!({ "name": "Ours" })));
    call(201, "POST", &format!("{one}/rotate"), Some(json!({ "overlapSeconds": 0 })));
    call(200, "DELETE", &one, Some(json!({ "reason": "tour" })));
    call(200, "DELETE", &session, None);
    let log = call(200, "GET", &format!("/audit_log?limit=5&actor={}", owner.user), None);
    assert_eq!(log["data"].as_array().unwrap().len(), 5);
    let organization = format!("/operator/organizations/{}", owner.organization);
    visitor.expect(200, "POST", &format!("{organization}/suspend"), OPERATOR_TOKEN, None);
    for (path, body) in [
        ("/sessions", json!({ "name": "Late" })),
        ("/api_keys", json!({ "name": "Late", "environment": "staging" })),
        ("/invitations", json!({ "role": "viewer" })),
    ] {
        assert_eq!(call(409, "POST", path, Some(body))["code"], "organization_suspended", "{path}");
    }
    assert_eq!(call(409, "PATCH", "", Some(json!({ "name": "Late" })))["code"], "organization_suspended");
    call(200, "GET", "/members", None);
    visitor.expect(200, "POST", &format!("{organization}/resume"), OPERATOR_TOKEN, None);
}
