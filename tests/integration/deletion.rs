//! The end of an organization: every key is fenced at once, everything can be copied out for a while, then it is gone.

use latchkey::delivery;
use latchkey::domain::verification::Code;
use latchkey::object::Answer;
use latchkey::organization::protocol::{Command, Feed, Reply};
use latchkey::ports::Address;
use serde_json::{Value, json};

use crate::support::people::ids;
use crate::support::*;

const NULL: Value = Value::Null;

/// Words that stand nowhere but in the data of one organization.
const WORDS: [&str; 6] =
    ["Acme-organization", "Acme-session", "Acme-key", "acme-external", "acme-metadata", "acme-reason"];

struct Firm {
    house: House,
    owner: Someone,
    viewer: Someone,
    /// All keys with their sessions.
    keys: Vec<(String, Value)>,
    sessions: Vec<String>,
}

fn firm(vars: &[(&str, &str)]) -> Firm {
    let house = House::configured(vars);
    let owner = house.register("owner");
    let viewer = house.hire(&owner, "viewer", "viewer");
    house.register("bystander");
    house.call(&owner.token, "PATCH", &owner.path(""), &json!({ "name": WORDS[0] }));
    let mut sessions = ids(&house.see(&owner, &owner.path("/sessions")), "id");
    let mut keys = vec![(owner.key.clone(), house.see(&owner, &owner.path("/api_keys")))];
    for _ in 0..2 {
        let session = house.call(&owner.token, "POST", &owner.path("/sessions"), &json!({ "name": WORDS[1] })).json();
        sessions.push(text(&session, "id"));
        let body = json!({
            "name": WORDS[2], "externalId": WORDS[3], "metadata": { "note": WORDS[4] }, "sessionId": session["id"],
        });
        for _ in 0..2 {
            let key = house.call(&owner.token, "POST", &owner.path("/api_keys"), &body).json();
            keys.push((text(&key, "key"), key));
        }
    }
    let revoked = text(&keys.last().unwrap().1, "id");
    house.call(&owner.token, "DELETE", &owner.path(&format!("/api_keys/{revoked}")), &json!({ "reason": WORDS[5] }));
    house.invite(&owner, "member");
    house.advance(5_000);
    Firm { house, owner, viewer, keys, sessions }
}

impl Firm {
    fn delete(&self) {
        let deleted = self.house.call(&self.owner.token, "DELETE", &self.owner.path(""), &NULL);
        assert_eq!((deleted.status, &deleted.json()["status"]), (200, &json!("deleted")));
    }

    /// The objects that belong to the organization alone.
    fn own_dump(&self) -> String {
        let own = self.sessions.iter().map(|id| self.house.session_at(id));
        let own: Vec<_> = own.chain([self.house.organization_at(&self.owner.organization)]).collect();
        own.iter().map(|address| format!("{address:?}\n{}", self.house.objects.disk(address).dump(&[]))).collect()
    }

    /// What still stands somewhere of the data of the organization.
    fn traces(&self) -> Vec<String> {
        let kv: String =
            self.house.kv.latest().values().map(|value| String::from_utf8_lossy(value).into_owned()).collect();
        let all = (self.house.dump(&[]) + &kv).replace('\\', "");
        let mut traces: Vec<_> =
            WORDS.iter().filter(|word| all.contains(**word)).map(|word| (*word).to_owned()).collect();
        let own = self.own_dump() + &kv;
        let personal = ["people.test", "Byron", "lkiv_", "inv_", &self.viewer.user_id];
        traces.extend(personal.iter().filter(|word| own.contains(**word)).map(|word| (*word).to_owned()));
        for (_, key) in &self.keys[1..] {
            let (start, last4) = (text(key, "start"), format!("\"last4\":\"{}\"", text(key, "last4")));
            traces.extend([start.to_lowercase(), start, last4].into_iter().filter(|hint| all.contains(hint)));
        }
        traces
    }
}

#[test]
fn a_deletion_fences_every_key_at_once_and_is_final() {
    let firm = firm(&[]);
    let (house, owner) = (&firm.house, &firm.owner);
    house.set_afterwards(house::Afterwards::Lost);
    firm.delete();
    for (key, _) in &firm.keys {
        assert_eq!(house.code(key), Code::Revoked);
    }
    assert_eq!(house.call(&owner.key, "GET", "/v1/api_keys", &NULL).refusal(), (401, "auth_key_revoked".into()));
    house.set_afterwards(house::Afterwards::AtOnce);
    firm.delete();
    let record = house.see(&firm.viewer, &owner.path(""));
    let (deleted, erased) = (text(&record, "deletedAt"), text(&record, "erasedAt"));
    assert_eq!((&deleted[..10], &erased[..10]), ("2026-01-02", "2026-02-01"), "stated: thirty days");
    for (method, path, body) in [
        ("PATCH", "", json!({ "name": "Back" })),
        ("POST", "/api_keys", json!({ "name": "Key" })),
        ("POST", "/sessions", json!({ "name": "Session" })),
        ("POST", "/invitations", json!({ "role": "viewer" })),
        ("PATCH", &format!("/members/{}", firm.viewer.user_id), json!({ "role": "owner" })),
        ("DELETE", &format!("/members/{}", firm.viewer.user_id), NULL),
        ("POST", "/transfer", json!({ "userId": firm.viewer.user_id })),
    ] {
        let refusal = house.call(&owner.token, method, &owner.path(path), &body).refusal();
        assert!(
            [(409, "organization_deleted".to_owned()), (409, "session_deleted".to_owned())].contains(&refusal),
            "{method} {path}: {refusal:?}"
        );
    }
    for who in [owner, &firm.viewer] {
        assert_eq!(house.see(who, "/organizations")["data"][0]["status"], "deleted");
    }
    let resume = format!("/operator/organizations/{}/resume", owner.organization);
    assert_eq!(house.operate("POST", &resume, &NULL).refusal(), (409, "organization_deleted".into()));
}

#[test]
fn everything_can_be_copied_out_before_and_after_the_deletion_and_no_secret_is_in_it() {
    let firm = firm(&[]);
    let (house, owner) = (&firm.house, &firm.owner);
    let url = "https://hooks.example.com/latchkey";
    let made = [
        ("/webhook_endpoints", json!({ "url": url, "events": ["*"] })),
        ("/domains", json!({ "domain": "mail.example.com" })),
    ];
    let made = made.map(|(path, body)| house.call(&owner.token, "POST", &owner.path(path), &body).json());
    house.call("", "POST", "/v1/keys/report-leak", &json!({ "key": owner.key }));
    house.afterwork.settle(house, &house.app);
    for _ in 0..130 {
        house.call(&owner.token, "POST", &owner.path("/api_keys"), &json!({ "name": "Many" }));
    }
    house.advance(5_000);
    let copy = |token: &str| {
        let response = house.call(token, "POST", &owner.path("/export"), &NULL);
        assert_eq!(response.status, 200);
        let name = format!("attachment; filename=\"{}.json\"", owner.organization);
        assert_eq!(response.header("content-disposition"), Some(name.as_str()));
        response.json()
    };
    let before = copy(&owner.token);
    for (part, rows) in [("members", 2), ("invitations", 2), ("sessions", 3), ("apiKeys", 135)] {
        assert_eq!(before[part].as_array().unwrap().len(), rows, "{part}");
    }
    assert_eq!(before["organization"]["name"], WORDS[0]);
    assert_eq!(
        [&before["webhookEndpoints"][0]["id"], &before["domains"][0]["id"]],
        made.each_ref().map(|one| &one["id"])
    );
    assert_eq!(before["alerts"][0]["kind"], "key_leaked");
    assert_eq!(ids(&before["alertRules"], "kind"), ids(&house.see(owner, &owner.path("/alert_rules")), "kind"));
    let numbers: Vec<_> =
        before["auditLog"].as_array().unwrap().iter().map(|row| row["seq"].as_i64().unwrap()).collect();
    let all: Vec<_> = (1..=numbers[0]).rev().collect();
    assert_eq!((numbers.len() > 135, &numbers), (true, &all), "the whole log, each entry once");
    assert_eq!(before["auditLog"][0]["action"], "organization.exported", "the copying is in it");
    let written = before.to_string();
    for (key, _) in &firm.keys {
        assert!(!written.contains(key.as_str()));
    }
    assert!(!written.contains(made[0]["secret"].as_str().unwrap()));
    for secret in ["whsec_", "lkiv_", "lkat_", "h1:", "\"hash\":\"h", "nonce"] {
        assert!(!written.contains(secret), "{secret}");
    }
    firm.delete();
    house.clock.set(house.after(7 * DAY - HOUR));
    let after = copy(&owner.token);
    for part in ["members", "invitations", "sessions", "domains", "webhookEndpoints", "alertRules"] {
        let keys = |copy: &Value| copy[part].as_array().unwrap().len();
        assert_eq!(keys(&after), keys(&before), "{part}");
    }
    assert_eq!(ids(&after["apiKeys"], "id"), ids(&before["apiKeys"], "id"));
    assert!(after["apiKeys"].as_array().unwrap().iter().all(|key| key["status"] == "revoked"));
}

#[test]
fn after_the_retention_nothing_of_the_organization_is_left_but_that_it_was() {
    for (days, vars) in
        [(30, vec![]), (3, vec![("ORGANIZATION_RETENTION_DAYS", "3")]), (0, vec![("ORGANIZATION_RETENTION_DAYS", "0")])]
    {
        let firm = firm(&vars);
        let house = &firm.house;
        assert_eq!(firm.traces().len(), WORDS.len() + 4 + 4 * 3, "{:?}", firm.traces());
        firm.delete();
        if days > 0 {
            house.advance(days * DAY - 10_000);
            let kept = firm.traces();
            assert!(WORDS[..5].iter().all(|word| kept.contains(&(*word).to_owned())), "{kept:?}");
        }
        house.advance(15 * 60_000);
        assert_eq!(firm.traces(), Vec::<String>::new(), "after {days} days");
        assert_eq!(house.undelivered(), 0);
        for (key, _) in &firm.keys {
            assert!([Code::Revoked, Code::NotFound].contains(&house.code(key)));
        }
        let disk = house.objects.disk(&house.organization_at(&firm.owner.organization));
        let left: i64 = ["api_keys", "audit_log", "audit_origins", "invitations", "members", "sessions", "outbox"]
            .iter()
            .map(|table| disk.number(&format!("SELECT count(*) FROM {table}")))
            .sum();
        assert_eq!(left, 0);
        let owner = Someone { token: house.another_token(&firm.owner), ..firm.owner.clone() };
        let gone = house.call(&owner.token, "GET", &owner.path(""), &NULL).refusal();
        assert_eq!(gone, (404, "organization_not_found".into()));
        assert_eq!(house.see(&owner, "/organizations")["data"], json!([]));
        let path = format!("/operator/organizations/{}", owner.organization);
        let record = house.operate("GET", &path, &NULL).json();
        assert_eq!((&record["name"], &record["status"]), (&json!("deleted"), &json!("deleted")));
        let quiet = house.dump(&[]);
        house.advance(2 * DAY);
        assert_eq!(house.dump(&[]).len(), quiet.len(), "and nobody is busy with it any more");
    }
}

#[test]
fn a_session_that_is_away_when_it_is_time_forgets_later() {
    for during_deletion in [true, false] {
        let firm = firm(&[("ORGANIZATION_RETENTION_DAYS", "1")]);
        let house = &firm.house;
        let away = house.session_at(&firm.sessions[1]);
        if during_deletion {
            house.objects.fault(Whom::One(away.clone()), Fault::Unreachable);
            let deleted = house.call(&firm.owner.token, "DELETE", &firm.owner.path(""), &NULL);
            assert_eq!(deleted.status, 202, "not everybody knows");
        } else {
            firm.delete();
            house.objects.fault(Whom::One(away.clone()), Fault::Unreachable);
        }
        house.advance(2 * DAY);
        let (there, elsewhere) = (house.objects.disk(&away), house.objects.disk(&house.session_at(&firm.sessions[2])));
        assert!(there.dump(&[]).contains(WORDS[2]) && !elsewhere.dump(&[]).contains(WORDS[2]));
        house.objects.heal();
        house.advance(2 * HOUR);
        assert_eq!(firm.traces(), Vec::<String>::new());
        assert_eq!(house.undelivered(), 0);
    }
}

#[test]
fn accounts_and_directory_that_are_away_when_it_is_time_hear_of_it_later() {
    for kind in [Kind::Account, Kind::Directory] {
        let firm = firm(&[("ORGANIZATION_RETENTION_DAYS", "1")]);
        let house = &firm.house;
        firm.delete();
        house.objects.fault(Whom::Kind(kind), Fault::Unreachable);
        house.advance(2 * DAY);
        house.objects.heal();
        house.advance(2 * HOUR);
        assert_eq!(firm.traces(), Vec::<String>::new(), "{kind:?}");
        assert_eq!(house.undelivered(), 0, "{kind:?}");
        assert_eq!(house.see(&firm.viewer, "/organizations")["data"], json!([]), "{kind:?}");
    }
}

#[test]
fn a_step_of_the_erasure_that_fails_is_taken_again() {
    let mut n = 1;
    loop {
        let house = House::configured(&[("ORGANIZATION_RETENTION_DAYS", "1")]);
        let owner = house.register("owner");
        house.call(&owner.token, "PATCH", &owner.path(""), &json!({ "name": WORDS[0] }));
        house.call(&owner.token, "DELETE", &owner.path(""), &NULL);
        house.advance(DAY - 60_000);
        let disk = house.objects.disk(&house.organization_at(&owner.organization));
        disk.fail_statement(n);
        house.advance(5 * 60_000);
        let failed = disk.has_failed();
        disk.no_failure();
        house.advance(2 * HOUR);
        assert!(!house.dump(&[]).contains(WORDS[0]), "statement {n}");
        assert_eq!((disk.number("SELECT count(*) FROM members"), house.undelivered()), (0, 0), "statement {n}");
        if !failed {
            break;
        }
        n += 1;
    }
    assert!(n > 40, "{n} statements: nothing was tested");
}

#[test]
fn what_arrives_late_brings_nothing_back() {
    let firm = firm(&[("ORGANIZATION_RETENTION_DAYS", "1")]);
    let house = &firm.house;
    let admin = house.principal(&firm.owner.key);
    let session = house.run(house.app.list_sessions(&admin, page(10))).unwrap().0.remove(0);
    let (keys, _) = house.run(house.app.list_keys(&admin, all_keys(page(10)))).unwrap();
    let late =
        Command::Feed(Box::new(Feed { session, keys, audit: vec![], usage: None, alerts: vec![], imported: vec![] }));
    // Everything that is said during deletion and erasure is said twice.
    house.objects.fault(Whom::Everybody, Fault::Doubled);
    firm.delete();
    house.advance(2 * DAY);
    house.objects.heal();
    assert_eq!(firm.traces(), Vec::<String>::new());
    let address = house.organization_at(&firm.owner.organization);
    let person = house.run(house.app.signed_in(&firm.viewer.token, None)).unwrap();
    let profile = Command::HearAccount {
        user_id: person.user.id.clone(),
        profile: person.user.profile,
        generation: 9,
        audit: vec![],
    };
    for late in [late, profile] {
        // Not even for the moment until the next sweep.
        house.set_afterwards(house::Afterwards::Lost);
        let answer: Answer<Reply> = house.run(delivery::call(&*house.objects, &address, &late)).unwrap();
        assert!(matches!(answer, Answer::Done { reply: Reply::Acknowledged, .. }), "{answer:?}");
        assert_eq!(firm.traces(), Vec::<String>::new());
        house.set_afterwards(house::Afterwards::AtOnce);
    }
    house.call(&firm.owner.token, "PATCH", "/auth/user", &json!({ "lastName": "Byron-King" }));
    house.advance(DAY);
    assert_eq!(firm.traces(), Vec::<String>::new());
    assert!(house.objects.addresses().contains(&Address::Directory));
}
