//! Changes that are under way while their author is removed, demoted or signed out: checked where they commit (A17).

use serde_json::{Value, json};

use crate::support::cluster::Rest;
use crate::support::*;

const NULL: Value = Value::Null;

/// A change, the action in the log that it leaves, and the last call before its commit that asks about the author.
/// The edge asks account and organization (1, 2). A session asks the organization, which asks the account (4, 5); the
/// organization asks the account (4); an account asks as a session does, after the edge has looked for it.
fn changes() -> Vec<(&'static str, &'static str, Value, &'static str, u64)> {
    let name = || json!({ "name": "Changed" });
    vec![
        ("POST", "/sessions/{session}/api_keys", name(), "api_key.created", 7),
        ("PATCH", "/api_keys/{key}", name(), "api_key.updated", 5),
        ("DELETE", "/api_keys/{key}", NULL, "api_key.revoked", 5),
        ("POST", "/api_keys/{key}/rotate", json!({ "overlapSeconds": 60 }), "api_key.rotated", 6),
        ("PATCH", "/sessions/{session}", name(), "session.updated", 6),
        ("DELETE", "/sessions/{session}", NULL, "session.deleted", 6),
        ("POST", "/sessions", name(), "session.created", 4),
        ("PATCH", "", name(), "organization.updated", 4),
        ("POST", "/invitations", json!({ "role": "viewer" }), "invitation.created", 4),
        ("DELETE", "/invitations/{invitation}", NULL, "invitation.revoked", 4),
        ("PATCH", "/members/{other}", json!({ "role": "viewer" }), "member.role_changed", 4),
        ("POST", "/members/{other}/password_reset", NULL, "user.password_reset_requested", 6),
        ("DELETE", "/members/{other}", NULL, "member.removed", 4),
        ("POST", "/export", NULL, "organization.exported", 4),
        ("POST", "/transfer", json!({ "userId": "{other}" }), "organization.transferred", 4),
        ("DELETE", "", NULL, "organization.deleted", 4),
    ]
}

struct Office {
    house: House,
    owner: Someone,
    author: Someone,
    other: Someone,
}

fn office() -> Office {
    let house = House::new();
    let owner = house.register("owner");
    let (author, other) = (house.hire(&owner, "author", "owner"), house.hire(&owner, "other", "member"));
    Office { house, owner, author, other }
}

impl Office {
    fn target(&self, text_with: &str) -> String {
        let made = |path: &str| {
            let response =
                self.house.call(&self.owner.token, "POST", &self.owner.path(path), &json!({ "name": "Target" }));
            text(&response.json(), "id")
        };
        let mut filled = text_with.replace("{other}", &self.other.user_id);
        for (place, path) in [("{session}", "/sessions"), ("{key}", "/api_keys")] {
            if filled.contains(place) {
                filled = filled.replace(place, &made(path));
            }
        }
        if filled.contains("{invitation}") {
            filled = filled.replace("{invitation}", &self.house.invite(&self.owner, "viewer").0);
        }
        filled
    }

    /// The author is an owner who is signed in, whatever happened before.
    fn restore(&mut self) {
        let (house, owner) = (&self.house, &self.owner);
        // Each round finds a session with a fresh policy or a new session without one, and makes as many calls.
        house.advance(120_000);
        match house.call(&owner.token, "GET", &owner.member(&self.author), &NULL).status {
            404 => {
                self.author.token = house.another_token(&self.author);
                house.join(owner, &self.author, "owner");
            }
            _ => {
                house.call(&owner.token, "PATCH", &owner.member(&self.author), &json!({ "role": "owner" }));
            }
        }
        self.author.token = house.another_token(&self.author);
    }

    fn event(&self, event: &str) -> Rest {
        let (house, owner, author) = (&self.house, &self.owner, &self.author);
        match event {
            "removed" => house.meanwhile(&owner.token, "DELETE", &owner.member(author), &NULL),
            "demoted" => house.meanwhile(&owner.token, "PATCH", &owner.member(author), &json!({ "role": "viewer" })),
            _ => house.meanwhile(&author.token, "POST", "/auth/logout", &NULL),
        }
    }

    /// How often the author did something, by all logs.
    fn done(&self, action: &str) -> i64 {
        self.house.advance(5_000);
        let entries = "SELECT count(*) FROM audit_log WHERE json_extract(entry, '$.actor.id') = ";
        let query = format!("{entries}'{}' AND json_extract(entry, '$.action') = '{action}'", self.author.user_id);
        let disks = self.house.objects.disks();
        let logs = disks.iter().filter(|(_, disk)| disk.tables().iter().any(|table| table == "audit_log"));
        logs.map(|(_, disk)| disk.number(&query)).sum()
    }
}

fn a_change_meets(event: &str, refusal: (u16, &str)) {
    for (method, path, body, action, last) in changes() {
        let mut office = office();
        for n in 1..=last + 1 {
            office.restore();
            let (path, body) = (office.target(path), office.target(&body.to_string()));
            let before = office.done(action);
            // A deleted organization has no members to remove any more.
            if n <= last || action != "organization.deleted" {
                office.house.objects.interrupt(n, office.event(event));
            }
            let body = serde_json::from_str(&body).unwrap();
            let (house, token, whole) = (&office.house, &office.author.token, office.owner.path(&path));
            let is_export = action == "organization.exported";
            let response =
                if is_export { house.begin(token, method, &whole) } else { house.call(token, method, &whole, &body) };
            let shown = format!("{method} {path}: {event} before call {n}");
            if n <= last {
                assert_eq!(response.refusal(), (refusal.0, refusal.1.to_owned()), "{shown}");
                assert!(!office.house.objects.was_not_interrupted(), "{shown}");
                assert_eq!(office.done(action), before, "{shown}: it has left a trace");
            } else {
                // It was committed before anything happened: a change can be made, and the calls are counted right.
                assert!(response.status < 300, "{shown}: {response:?}");
                office.house.objects.was_not_interrupted();
                assert!(office.done(action) > before, "{shown}");
                // A copy is noted before it is handed over; it breaks off before any page of a list is.
                assert_eq!(response.broken_off, is_export, "{shown}");
                let handed_over = String::from_utf8_lossy(&response.body);
                assert!(!is_export || !handed_over.contains("\"members\":["), "{shown}: {handed_over}");
            }
        }
    }
}

#[test]
fn a_change_whose_author_is_removed_meanwhile_commits_nothing() {
    a_change_meets("removed", (404, "organization_not_found"));
}

#[test]
fn a_change_whose_author_is_demoted_meanwhile_commits_nothing() {
    a_change_meets("demoted", (403, "insufficient_role"));
}

#[test]
fn a_change_whose_author_is_signed_out_meanwhile_commits_nothing() {
    a_change_meets("signed out", (401, "auth_invalid_key"));
}
