//! Everybody who may knock: keys of every permission and reach, members of every role, the operator, nobody, and whoever
//! has lost what they had.

use serde_json::{Value, json};

use crate::party::{NULL, Party, made};
use crate::support::*;

/// Whoever sends.
pub struct Caller {
    pub who: String,
    /// What stands behind `Bearer`; empty for nobody.
    pub credential: String,
    /// A key of one session, to which the others of its own organization are foreign, too.
    pub in_session: bool,
}

/// What can be granted to a key.
const PERMISSIONS: [&str; 16] = [
    "api_keys:read",
    "api_keys:write",
    "api_keys:*",
    "keys:verify",
    "sessions:read",
    "sessions:write",
    "organization:read",
    "audit_log:read",
    "alerts:read",
    "alerts:write",
    "webhooks:read",
    "webhooks:write",
    "domains:read",
    "domains:write",
    "gateway_routes:read",
    "gateway_routes:write",
];

/// What ended before the matrix begins: made first, as a month has to pass.
pub struct Former {
    pub token: String,
    pub key: String,
    pub organization: String,
}

/// Somebody whose organization is erased, and whose sign-in is over.
pub fn former(house: &House) -> Former {
    let somebody = house.register("former");
    made(house, &somebody.token, "DELETE", &somebody.path(""), &NULL);
    house.advance(31 * DAY);
    Former { token: somebody.token, key: somebody.key, organization: somebody.organization }
}

/// All callers of an organization, those without any, and the dead credentials of the other one.
pub fn callers(house: &House, ours: &Party, theirs: &Party, former: &Former) -> Vec<Caller> {
    let mut all = Vec::new();
    let mut add = |who: &str, credential: &str, in_session: bool| {
        all.push(Caller { who: who.to_owned(), credential: credential.to_owned(), in_session });
    };
    let issue = |extra: Value| {
        let mut body = json!({ "name": "Caller" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        made(house, &ours.owner.key, "POST", "/v1/api_keys", &body)
    };
    let issued = |extra: Value| text(&issue(extra), "key");
    let session =
        |name: &str| text(&made(house, &ours.owner.key, "POST", "/v1/sessions", &json!({ "name": name })), "id");
    let own = session("Own");

    add("nobody", "", false);
    add("the operator", OPERATOR_TOKEN, false);
    add("something made up", &key_like("live"), false);
    add("key · full access", &ours.owner.key, false);
    add("key · sending access", &issued(json!({ "permission": "sending_access" })), false);
    for permission in PERMISSIONS {
        add(&format!("key · {permission}"), &issued(json!({ "permissions": [permission] })), false);
    }
    add("key of staging · full access", &issued(json!({ "environment": "staging" })), true);
    add("key of a session · full access", &issued(json!({ "sessionId": own })), true);
    let grants = json!({ "sessionId": own, "permissions": ["api_keys:*", "sessions:*", "keys:*"] });
    add("key of a session · keys and sessions", &issued(grants), true);
    add("key of a session · reading", &issued(json!({ "sessionId": own, "permissions": ["*:read"] })), true);

    let revoked = issue(json!({}));
    made(house, &ours.owner.key, "DELETE", &format!("/v1/api_keys/{}", text(&revoked, "id")), &NULL);
    add("key · revoked", &text(&revoked, "key"), false);
    let disabled = issue(json!({}));
    let path = format!("/v1/api_keys/{}", text(&disabled, "id"));
    made(house, &ours.owner.key, "PATCH", &path, &json!({ "active": false }));
    add("key · disabled", &text(&disabled, "key"), false);
    let expired = issued(json!({ "expiresAt": house.after(1_000).to_string() }));
    house.advance(2_000);
    add("key · expired", &expired, false);
    add("key · not yet valid", &issued(json!({ "notBefore": house.after(DAY).to_string() })), false);
    add("key · for another address", &issued(json!({ "ipAllowList": ["198.51.100.1"] })), false);
    let closed = session("Closed");
    let shut_in = issued(json!({ "sessionId": closed }));
    made(house, &ours.owner.key, "DELETE", &format!("/v1/sessions/{closed}"), &NULL);
    add("key of a session that is deleted", &shut_in, false);
    add("key of an organization that is erased", &former.key, false);
    add("their key · revoked", &theirs.gone[&crate::places::Kind::SecretKey], false);

    for (role, person) in &ours.staff {
        add(&format!("member · {}", role.as_str()), &person.token, false);
    }
    let removed = house.hire(&ours.owner, "callers-removed", "admin");
    made(house, &ours.owner.token, "DELETE", &ours.owner.member(&removed), &NULL);
    add("member · removed", &removed.token, false);
    let left = house.another_token(&ours.owner);
    made(house, &left, "POST", "/auth/logout", &NULL);
    add("access token · signed out", &left, false);
    add("access token · expired", &former.token, false);
    add("stranger · a member of nothing here", &house.register("stranger").token, false);
    add("an invitation as a token", &house.invite(&ours.owner, "owner").1, false);

    let suspended = house.register("suspended");
    let path = format!("/operator/organizations/{}/suspend", suspended.organization);
    made(house, OPERATOR_TOKEN, "POST", &path, &NULL);
    add("key of an organization that is suspended", &suspended.key, false);
    add("owner of an organization that is suspended", &suspended.token, false);
    all
}
