//! Who may do what in an organization: every route, every role, and everybody who has no business there.

use std::collections::BTreeSet;

use latchkey::domain::operation::Operation;
use latchkey::domain::role::Role;
use serde_json::{Value, json};

use crate::support::people::{assert_same, ids, timeless};
use crate::support::*;

mod rows;

use rows::{Row, rows};

const ROUTER: &str = include_str!("../../src/api.rs");
const NULL: Value = Value::Null;
/// Where calls leave a trace that are refused: they were calls, and a lease says until when.
const COUNTED: [&str; 9] = [
    "audit_log",
    "audit_origins",
    "outbox",
    "key_dues",
    "lease_horizon",
    "usage",
    "usage_heads",
    "usage_of_sessions",
    "usage_isolates",
];

/// The routes below an organization, as the router's source has them.
fn routes() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for route in ROUTER.split(".route(").skip(1) {
        let route = route.split(';').next().unwrap().trim_start();
        let literal = route.split('"').nth(1).unwrap();
        let path = if route.starts_with("&below(") {
            literal
        } else if let Some(rest) = literal.strip_prefix("/organizations/{organizationId}") {
            rest
        } else {
            continue;
        };
        let handlers = route.replace(['.', ','], " ").replace('(', "( ");
        for method in ["get", "post", "patch", "put", "delete"] {
            if handlers.split_whitespace().any(|word| word == format!("{method}(")) {
                found.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    found
}

struct Town {
    house: House,
    owner: Someone,
    staff: [(Role, Someone); 4],
    /// A member whom others do something to.
    subject: Someone,
    stranger: Someone,
}

fn town() -> Town {
    let house = House::new();
    let (owner, stranger) = (house.register("owner"), house.register("stranger"));
    let hire = |role: Role| (role, house.hire(&owner, role.as_str(), role.as_str()));
    let staff = [(Role::Owner, owner.clone()), hire(Role::Admin), hire(Role::Member), hire(Role::Viewer)];
    let subject = house.hire(&owner, "subject", "member");
    Town { house, owner, staff, subject, stranger }
}

/// An alert that nobody has seen yet: its id.
pub fn open_alert(house: &House, organization: &str) -> String {
    let disk = house.objects.disk(&house.organization_at(organization));
    let number = disk.number("SELECT count(*) FROM alerts");
    let id = format!("alr_{number:022}");
    let record = json!({
        "id": id, "kind": "key_leaked", "subject": format!("key_{number}"), "severity": "critical",
        "opened_at": 1_800_000_000_000_i64, "updated_at": 1_800_000_000_000_i64,
    });
    disk.tamper(&format!(
        "INSERT INTO alerts (id, kind, subject, severity, opened_at, is_open, version, record)
         VALUES ('{id}', 'key_leaked', 'key_{number}', 2, 1800000000000, 1, 0, '{record}')"
    ));
    id
}

impl Town {
    /// Something that a route can be about: a new key, session or invitation, or the subject.
    fn target(&self, path: &str) -> String {
        let made = |path: &str| {
            let response = self.house.call(&self.owner.key, "POST", path, &json!({ "name": "Target" }));
            text(&response.json(), "id")
        };
        match path {
            _ if path.starts_with("/api_keys/") => made("/v1/api_keys"),
            _ if path.starts_with("/sessions/") => made("/v1/sessions"),
            _ if path.starts_with("/alerts/") => open_alert(&self.house, &self.owner.organization),
            _ if path.starts_with("/webhook_endpoints/") => self.delivery(),
            _ if path.starts_with("/domains") => self.domain(),
            _ if path.starts_with("/gateway_routes") => self.gateway_route(),
            _ if path.starts_with("/invitations/") => self.house.invite(&self.owner, "viewer").0,
            _ => {
                let subject = self.owner.member(&self.subject);
                if self.house.call(&self.owner.token, "GET", &subject, &NULL).status == 404 {
                    self.house.join(&self.owner, &self.subject, "member");
                }
                self.subject.user_id.clone()
            }
        }
    }

    /// A new endpoint for webhooks, and something that was sent to it.
    fn delivery(&self) -> String {
        let post = |path: &str, body| self.house.call(&self.owner.key, "POST", path, &body).json();
        let id = text(&post("/v1/webhook_endpoints", json!({ "url": "https://hooks.example.com/" })), "id");
        let delivery = text(&post(&format!("/v1/webhook_endpoints/{id}/test"), NULL), "id");
        // Everybody may have a turn: there is room for a few at once.
        let all = self.house.see(&self.owner, &self.owner.path("/webhook_endpoints"));
        for old in ids(&all, "id").into_iter().filter(|old| *old != id) {
            self.house.call(&self.owner.key, "DELETE", &format!("/v1/webhook_endpoints/{old}"), &NULL);
        }
        format!("{id} {delivery}")
    }

    /// A new route of the gateway, the only one.
    fn gateway_route(&self) -> String {
        let all = self.house.see(&self.owner, &self.owner.path("/gateway_routes"));
        for old in ids(&all, "id") {
            self.house.call(&self.owner.key, "DELETE", &format!("/v1/gateway_routes/{old}"), &NULL);
        }
        let body = json!({ "path": "/target", "origin": "https://target.example.com" });
        text(&self.house.call(&self.owner.key, "POST", "/v1/gateway_routes", &body).json(), "id")
    }

    /// A new domain, the only one.
    fn domain(&self) -> String {
        let all = self.house.see(&self.owner, &self.owner.path("/domains"));
        for old in ids(&all, "id") {
            self.house.call(&self.owner.key, "DELETE", &format!("/v1/domains/{old}"), &NULL);
        }
        let body = json!({ "domain": "target.example" });
        text(&self.house.call(&self.owner.key, "POST", "/v1/domains", &body).json(), "id")
    }

    fn call(&self, credential: &str, row: &Row, target: &str) -> Response {
        let (method, path, _, body, _) = row;
        let (id, delivery) = target.split_once(' ').unwrap_or((target, "dlv_0000000000000000000000"));
        let fill = |text: &str| {
            let text = text.replace("{id}", id).replace("{userId}", id).replace("{deliveryId}", delivery);
            text.replace("{kind}", "near_limit")
        };
        let path = self.owner.path(&fill(path));
        let body: Value = serde_json::from_str(&fill(&body.to_string())).unwrap();
        if credential.is_empty() {
            let (headers, text) = ([("content-type", "application/json")], body.to_string());
            return if body.is_null() {
                self.house.request(method, &path, &[], "")
            } else {
                self.house.request(method, &path, &headers, &text)
            };
        }
        self.house.call(credential, method, &path, &body)
    }
}

#[test]
fn every_route_of_an_organization_has_a_row_in_the_table() {
    let rows: BTreeSet<_> = rows().iter().map(|row| (row.0.to_owned(), row.1.to_owned())).collect();
    assert_eq!(rows, routes());
    assert_eq!(routes().len(), 67);
}

#[test]
fn the_table_of_roles_is_the_one_that_was_decided() {
    use Operation::*;
    let decided = |operation| match operation {
        ReadOrganization | ReadApiKeys | ReadSessions | ReadMembers | ReadAlerts | ReadDomains => Role::Viewer,
        WriteApiKeys | AllApiKeys | VerifyKeys | WriteSessions | ReadAuditLog | WriteAlerts | ReadWebhooks
        | WriteWebhooks | WriteDomains | ReadGatewayRoutes | WriteGatewayRoutes => Role::Member,
        WriteOrganization | WriteMembers => Role::Admin,
        WriteOwners | ChangePlan | ChangeAlertEmails | TransferOrganization | ExportOrganization
        | DeleteOrganization => Role::Owner,
    };
    for operation in Operation::ALL {
        for role in Role::ALL {
            assert_eq!(role.allows(operation), role >= decided(operation), "{role:?} {operation:?}");
        }
    }
}

fn everybody_meets(town: &Town, row: &Row) {
    let (method, path, operation, _, success) = row;
    let target = town.target(path);
    let before = town.house.dump(&COUNTED);
    for (who, credential, status, code) in [
        ("nobody", "", 401, "auth_missing_credentials"),
        ("a key", town.owner.key.as_str(), 401, "auth_invalid_key"),
        ("the operator", OPERATOR_TOKEN, 401, "auth_invalid_key"),
        ("a stranger", town.stranger.token.as_str(), 404, "organization_not_found"),
    ] {
        let refusal = town.call(credential, row, &target).refusal();
        assert_eq!(refusal, (status, code.to_owned()), "{who}: {method} {path}");
    }
    let (may, may_not): (Vec<_>, Vec<_>) = town.staff.iter().partition(|(role, _)| role.allows(*operation));
    for (role, person) in may_not {
        let refusal = town.call(&person.token, row, &target).refusal();
        assert_eq!(refusal, (403, "insufficient_role".to_owned()), "{role:?}: {method} {path}");
    }
    assert_same(&before, &town.house.dump(&COUNTED), &format!("a refusal of {method} {path} left a trace"));
    for (role, person) in may {
        let response = town.call(&person.token, row, &town.target(path));
        assert_eq!(response.status, *success, "{role:?}: {method} {path}: {response:?}");
    }
}

#[test]
fn everybody_meets_every_route_of_an_organization() {
    let shared = town();
    for row in rows() {
        if matches!(row.2, Operation::TransferOrganization | Operation::DeleteOrganization) {
            everybody_meets(&town(), &row);
        } else {
            everybody_meets(&shared, &row);
        }
    }
}

/// The rows of every object that there is now.
fn snapshot(house: &House) -> impl Fn() -> String {
    let disks = house.objects.disks();
    move || disks.iter().map(|(address, disk)| format!("{address:?}\n{}", disk.dump(&COUNTED))).collect()
}

#[test]
fn an_organization_that_is_not_ones_own_does_not_exist_whichever_it_is() {
    let town = town();
    let elsewhere = House::seeded(99);
    let never = elsewhere.register("nobody").organization;
    let foreign = town.stranger.organization.clone();
    let mut altered = foreign.clone();
    altered.push(if altered.ends_with('a') { 'b' } else { 'a' });
    altered.remove(altered.len() - 2);
    let erased = town.house.register("gone");
    town.house.call(&erased.token, "DELETE", &erased.path(""), &NULL);
    town.house.advance(31 * DAY);
    let [owner, stranger] = [&town.owner, &town.stranger].map(|who| town.house.another_token(who));
    let dump = snapshot(&town.house);
    let before = dump();
    let mut answers = BTreeSet::new();
    let malformed = ["org_none".to_owned(), "x".to_owned(), "%00".to_owned(), "%2e%2e".to_owned(), altered];
    for id in [foreign, never, erased.organization, town.owner.user_id.clone()].into_iter().chain(malformed) {
        for row in rows() {
            let path = row.1.replace("{id}", "key_none").replace("{userId}", "usr_none").replace("{deliveryId}", "x");
            let response = town.house.call(&owner, row.0, &format!("/organizations/{id}{path}"), &row.3);
            assert_eq!(response.status, 404, "{} /organizations/{id}{path}: {response:?}", row.0);
            answers.insert(timeless(&response));
        }
    }
    let existing = town.house.call(&stranger, "GET", &town.owner.path(""), &NULL);
    answers.insert(timeless(&existing));
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_same(&before, &dump(), "a look at what is not there left a trace");
}

#[test]
fn what_belongs_to_another_organization_is_answered_like_what_never_was() {
    let town = town();
    let (house, by) = (&town.house, &town.owner);
    let elsewhere = House::seeded(99);
    let never = elsewhere.register("nobody");
    // Of each kind: one of the stranger's, one that never was.
    let first = |house: &House, who: &Someone, list: &str| ids(&house.see(who, &who.path(list)), "id").remove(0);
    house.invite(&town.stranger, "member");
    let endpoint = json!({ "url": "https://hooks.example.com/" });
    let stranger_endpoint =
        text(&house.call(&town.stranger.key, "POST", "/v1/webhook_endpoints", &endpoint).json(), "id");
    let stranger_domain = house.own(&town.stranger.key, "stranger.example");
    let route = json!({ "path": "/", "origin": "https://a.example.com" });
    let stranger_route = text(&house.call(&town.stranger.key, "POST", "/v1/gateway_routes", &route).json(), "id");
    let kinds = [
        ("/api_keys/", first(house, &town.stranger, "/api_keys"), first(&elsewhere, &never, "/api_keys")),
        ("/sessions/", first(house, &town.stranger, "/sessions"), first(&elsewhere, &never, "/sessions")),
        ("/invitations/", first(house, &town.stranger, "/invitations"), format!("inv_{}", "0".repeat(22))),
        ("/members/", town.stranger.user_id.clone(), never.user_id.clone()),
        ("/webhook_endpoints/", stranger_endpoint, format!("whe_{}", "0".repeat(22))),
        ("/alerts/", open_alert(house, &town.stranger.organization), format!("alr_{}", "9".repeat(22))),
        ("/domains/", stranger_domain, format!("dom_{}", "0".repeat(22))),
        ("/gateway_routes/", stranger_route, format!("gwr_{}", "0".repeat(22))),
    ];
    let dump = snapshot(house);
    let before = dump();
    let mut compared = 0;
    for row in rows() {
        let Some((_, foreign, never)) = kinds.iter().find(|(kind, ..)| row.1.starts_with(kind) && row.1.contains('{'))
        else {
            continue;
        };
        let answers: BTreeSet<_> = [foreign.as_str(), never, "key_none", "%ff", &by.organization]
            .map(|id| timeless(&town.call(&by.token, &row, id)))
            .into();
        assert_eq!(answers.len(), 1, "{} {}: {answers:#?}", row.0, row.1);
        assert_eq!(answers.first().unwrap().0, 404, "{} {}", row.0, row.1);
        compared += 1;
    }
    assert_eq!(compared, 37);
    for (path, body, code) in [
        ("/transfer", json!({ "userId": "{}" }), "member_not_found"),
        ("/api_keys", json!({ "name": "Key", "sessionId": "{}" }), "session_not_found"),
    ] {
        let (_, foreign, never) = if path == "/transfer" { &kinds[3] } else { &kinds[1] };
        let answers: BTreeSet<_> = [foreign.as_str(), never]
            .map(|id| serde_json::from_str(&body.to_string().replace("{}", id)).unwrap())
            .map(|body| timeless(&house.call(&by.token, "POST", &by.path(path), &body)))
            .into();
        assert_eq!(answers.len(), 1, "{answers:#?}");
        assert!(answers.first().unwrap().2.contains(code), "{answers:#?}");
    }
    let verified = house.call(&by.token, "POST", &by.path("/keys/verify"), &json!({ "key": town.stranger.key }));
    assert_eq!(verified.json()["code"], "NOT_FOUND", "a key of another organization is none");
    assert_same(&before, &dump(), "a look at what is not there left a trace");
}

#[test]
fn a_cursor_of_one_organization_is_none_of_another() {
    let town = town();
    let house = &town.house;
    for who in [&town.owner, &town.stranger] {
        for _ in 0..2 {
            house.invite(who, "viewer");
            house.call(&who.key, "POST", "/v1/api_keys", &json!({ "name": "Key" }));
            house.call(&who.key, "POST", "/v1/sessions", &json!({ "name": "Session" }));
        }
    }
    for list in ["/members", "/invitations", "/api_keys", "/sessions", "/audit_log"] {
        let page = house.see(&town.owner, &town.owner.path(&format!("{list}?limit=1")));
        let cursor = text(&page["pagination"], "nextCursor");
        let next = format!("{list}?limit=1&cursor={cursor}");
        house.see(&town.owner, &town.owner.path(&next));
        let elsewhere = house.call(&town.stranger.token, "GET", &town.stranger.path(&next), &NULL);
        assert_eq!(elsewhere.refusal(), (400, "invalid_request".into()), "{list}");
    }
}

#[test]
fn an_idempotency_key_belongs_to_the_token_that_came_with_it() {
    let town = town();
    let issue = |who: &Someone| {
        let bearer = format!("Bearer {}", who.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", "the-same-for-everybody"),
        ];
        let response = town.house.request("POST", &town.owner.path("/api_keys"), &headers, r#"{"name":"Key"}"#);
        assert_eq!(response.status, 201, "{response:?}");
        text(&response.json(), "key")
    };
    let [(_, owner), (_, admin), (_, member), _] = &town.staff;
    let keys: BTreeSet<_> = [owner, admin, member, owner, member].map(issue).into();
    assert_eq!(keys.len(), 3, "one for each of three, and the same again for who repeats");
}
