//! Two organizations with one of everything, and a third in another deployment, whose ids nobody here has ever had.

use std::collections::BTreeMap;

use latchkey::domain::role::Role;
use serde_json::{Value, json};

use crate::places::{Kind, Route};
use crate::support::people::ids;
use crate::support::*;

pub const NULL: Value = Value::Null;

/// An organization, and whatever belongs to it. Its name stands in all of its texts.
pub struct Party {
    pub name: &'static str,
    pub owner: Someone,
    pub staff: Vec<(Role, Someone)>,
    /// One of each kind.
    pub ids: BTreeMap<Kind, String>,
    /// One of each kind that has been deleted, revoked or removed.
    pub gone: BTreeMap<Kind, String>,
    /// All ids there are.
    pub all: Vec<String>,
}

/// Sends as somebody who may.
pub fn made(house: &House, credential: &str, method: &str, path: &str, body: &Value) -> Value {
    let response = house.call(credential, method, path, body);
    assert!(response.status < 300, "{method} {path}: {response:?}");
    if response.body.is_empty() { NULL } else { response.json() }
}

/// An alert that nobody has seen yet.
fn alert(house: &House, name: &str, organization: &str, number: i64) -> String {
    let id = format!("alr_{:0>22}", format!("{}{number}", &name[..1]));
    let record = json!({
        "id": id, "kind": "key_leaked", "subject": format!("{name}-{number}"), "severity": "critical",
        "opened_at": 1_800_000_000_000_i64, "updated_at": 1_800_000_000_000_i64,
    });
    house.objects.disk(&house.organization_at(organization)).tamper(&format!(
        "INSERT INTO alerts (id, kind, subject, severity, opened_at, is_open, version, record)
         VALUES ('{id}', 'key_leaked', '{name}-{number}', 2, 1800000000000, 1, 0, '{record}')"
    ));
    id
}

impl Party {
    /// Founds it, with two of most things so that every list has a second page.
    pub fn settle(house: &House, name: &'static str) -> Self {
        let owner = house.register(name);
        let key = owner.key.clone();
        let post = |path: &str, body: Value| made(house, &key, "POST", path, &body);
        let hire = |role: Role| (role, house.hire(&owner, &format!("{name}-{}", role.as_str()), role.as_str()));
        let staff = vec![(Role::Owner, owner.clone()), hire(Role::Admin), hire(Role::Member), hire(Role::Viewer)];
        let removed = house.hire(&owner, &format!("{name}-removed"), "member");
        made(house, &owner.token, "DELETE", &owner.member(&removed), &NULL);

        let session = |label: &str| text(&post("/v1/sessions", json!({ "name": format!("{name} {label}") })), "id");
        let (here, gone, _) = (session("shop"), session("closed"), session("other"));
        let issue = |label: &str, session: Option<&str>| {
            let external = format!("{name}-customer");
            let mut body = json!({ "name": format!("{name} {label}"), "externalId": external });
            if let Some(session) = session {
                body["sessionId"] = json!(session);
            }
            post("/v1/api_keys", body)
        };
        let (live, dead) = (issue("live", None), issue("dead", None));
        for label in ["in session", "in session as well"] {
            issue(label, Some(&here));
        }
        made(house, &key, "DELETE", &format!("/v1/api_keys/{}", text(&dead, "id")), &NULL);
        made(house, &key, "DELETE", &format!("/v1/sessions/{gone}"), &NULL);
        let verified = post("/v1/keys/verify", json!({ "key": live["key"] }));
        let refused = post("/v1/keys/verify", json!({ "key": dead["key"] }));

        let email = format!("guest@{name}.example");
        let invite = |body| made(house, &owner.token, "POST", &owner.path("/invitations"), &body);
        let (open, over) = (invite(json!({ "role": "viewer", "email": email })), invite(json!({ "role": "viewer" })));
        let ended = owner.path(&format!("/invitations/{}", text(&over["invitation"], "id")));
        made(house, &owner.token, "DELETE", &ended, &NULL);

        let endpoint = |label: &str| {
            let body =
                json!({ "url": format!("https://{name}.example/{label}"), "description": format!("{name} hook") });
            let id = text(&post("/v1/webhook_endpoints", body), "id");
            let [_, delivery] = [0, 1].map(|_| text(&post(&format!("/v1/webhook_endpoints/{id}/test"), NULL), "id"));
            (id, delivery)
        };
        let ((hook, sent), (unhooked, unsent), _) = (endpoint("one"), endpoint("two"), endpoint("three"));
        made(house, &key, "DELETE", &format!("/v1/webhook_endpoints/{unhooked}"), &NULL);
        let led = |label: &str| {
            let origin = format!("https://{label}.{name}.example");
            let body = json!({ "path": format!("/{label}"), "origin": origin, "description": format!("{name} route") });
            text(&post("/v1/gateway_routes", body), "id")
        };
        let (route, closed, _) = (led("one"), led("two"), led("three"));
        made(house, &key, "DELETE", &format!("/v1/gateway_routes/{closed}"), &NULL);
        let own = |label: &str| house.own(&key, &format!("{label}.{name}.example"));
        let (domain, lost, _) = (own("one"), own("two"), own("three"));
        made(house, &key, "DELETE", &format!("/v1/domains/{lost}"), &NULL);
        let [seen, _] = [1, 2].map(|number| alert(house, name, &owner.organization, number));

        let (ended, _) = (house.another_token(&owner), house.another_token(&owner));
        let before = ids(&house.see(&owner, "/auth/sign_ins"), "id");
        made(house, &ended, "POST", "/auth/logout", &NULL);
        let left = house.see(&owner, "/auth/sign_ins");
        let kept = ids(&left, "id");
        let signed_out = before.into_iter().find(|id| !kept.contains(id)).unwrap();
        // Not the one that everything here is done with.
        let rows = left.as_array().or(left["data"].as_array()).unwrap();
        let signed_in = text(rows.iter().find(|row| row["current"] == false).unwrap(), "id");

        let ids: BTreeMap<Kind, String> = [
            (Kind::Organization, owner.organization.clone()),
            (Kind::Session, here),
            (Kind::ApiKey, text(&live, "id")),
            (Kind::User, staff[2].1.user_id.clone()),
            (Kind::Invitation, text(&open["invitation"], "id")),
            (Kind::SignIn, signed_in),
            (Kind::Alert, seen),
            (Kind::Endpoint, hook),
            (Kind::GatewayRoute, route),
            (Kind::Delivery, sent),
            (Kind::Domain, domain),
            (Kind::Verification, text(&verified, "verificationId")),
            (Kind::SecretKey, text(&live, "key")),
            (Kind::ExternalId, format!("{name}-customer")),
            (Kind::Name, format!("{name} live")),
            (Kind::DomainName, format!("one.{name}.example")),
            (Kind::Email, owner.email.clone()),
        ]
        .into();
        let gone: BTreeMap<Kind, String> = [
            (Kind::Session, gone),
            (Kind::ApiKey, text(&dead, "id")),
            (Kind::User, removed.user_id),
            (Kind::Invitation, text(&over["invitation"], "id")),
            (Kind::Token, text(&over, "token")),
            (Kind::SignIn, signed_out),
            (Kind::Endpoint, unhooked),
            (Kind::GatewayRoute, closed),
            (Kind::Delivery, unsent),
            (Kind::Domain, lost),
            (Kind::Verification, text(&refused, "verificationId")),
            (Kind::SecretKey, text(&dead, "key")),
            (Kind::DomainName, format!("two.{name}.example")),
        ]
        .into();
        let mut all: Vec<String> = ids.values().chain(gone.values()).cloned().collect();
        all.extend(staff.iter().map(|(_, person)| person.user_id.clone()));
        all.push(text(&open, "token"));
        Self { name, owner, staff, ids, gone, all }
    }

    /// The cursor of the second page of a list, as whoever may read it.
    pub fn cursor(&self, house: &House, Route { template, .. }: &Route) -> String {
        let path = template.replace("{organizationId}", &self.owner.organization);
        let above = path.split("/{").next().unwrap().rsplit('/').next().unwrap().to_owned();
        let kind = if above == "sessions" { Kind::Session } else { Kind::Endpoint };
        let path = path.replace("{id}", &self.ids[&kind]);
        let by = match template.as_str() {
            path if path.starts_with("/v1") => &self.owner.key,
            path if path.starts_with("/operator") => OPERATOR_TOKEN,
            _ => &self.owner.token,
        };
        let days = if template.ends_with("/unused") { "&days=1" } else { "" };
        let page = made(house, by, "GET", &format!("{path}?limit=1{days}"), &NULL);
        let cursor = page["pagination"]["nextCursor"].as_str();
        cursor.unwrap_or_else(|| panic!("{template} has no second page: settle more")).to_owned()
    }
}
