//! Alerts: what is found opens one, once, is brought up to date and resolves, over crashes, repetition and disorder.

use latchkey::domain::alert::{Kind, Severity, Sighting, Signal};
use latchkey::domain::api_key::KeySettings;
use latchkey::domain::usage::Origin;
use latchkey::domain::verification::Code;
use latchkey::object::Answer;
use latchkey::organization::protocol::{Command as OrganizationCommand, Feed, Reply as Told};
use latchkey::ports::Objects;
use latchkey::session::protocol::{Command, Reply};
use serde_json::{Value, json};

use crate::support::*;
use crate::usage::Scene;

const NULL: Value = Value::Null;

impl Scene {
    /// Verifies a key from a country.
    pub fn verify_from(&self, held: &Held, country: &str, times: u64) -> Code {
        let mut code = Code::NotFound;
        for number in 0..times {
            let mut command = self.command(&held.text, number, &["emails:send"]);
            if let Command::Verify(verify) = &mut command {
                verify.origin = Origin { country: Some(country.to_owned()), ..Origin::default() };
            }
            code = match self.ask(&command) {
                Reply::Verified(verified) => verified.code,
                other => panic!("{other:?}"),
            };
        }
        code
    }

    pub fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.house.call(&self.home.secret, method, path, body);
        assert!(answer.status < 300, "{method} {path}: {}", answer.json());
        answer.json()
    }

    /// The alerts of a kind, the latest first.
    pub fn alerts(&self, kind: Kind) -> Vec<Value> {
        let found = self.call("GET", &format!("/v1/alerts?kind={}", kind.as_str()), &NULL);
        found["data"].as_array().unwrap().clone()
    }

    /// Of the alerts of a kind: what they are about, how bad, and whether they are open.
    pub fn seen(&self, kind: Kind) -> Vec<(String, String, String)> {
        let word = |alert: &Value, field: &str| text(alert, field);
        let seen = |alert: &Value| (word(alert, "subject"), word(alert, "severity"), word(alert, "status"));
        self.alerts(kind).iter().map(seen).collect()
    }

    pub fn key_with(&self, settings: KeySettings) -> Held {
        self.house.issue(&self.house.principal(&self.home.secret), with(settings)).unwrap()
    }

    pub fn watches(&self) -> i64 {
        self.house.objects.disk(&self.at()).number("SELECT count(*) FROM alert_watches")
    }

    /// Tells the organization what a session says it has found.
    pub fn tell(&self, sightings: Vec<Sighting>) {
        let by = self.house.principal(&self.home.secret);
        let session = self.house.run(self.house.app.read_session(&by, &self.home.session_id)).unwrap().reply.0;
        let feed = Feed { session, keys: vec![], audit: vec![], usage: None, alerts: sightings, imported: vec![] };
        let request = serde_json::to_vec(&OrganizationCommand::Feed(Box::new(feed))).unwrap();
        let answer = self.house.run(self.house.objects.call(&self.home.address(), None, request)).unwrap();
        let answer: Answer<Told> = serde_json::from_slice(&answer).unwrap();
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }
}

pub fn row(subject: &str, severity: &str, status: &str) -> (String, String, String) {
    (subject.to_owned(), severity.to_owned(), status.to_owned())
}

#[test]
fn many_more_requests_than_usual_open_one_alert_of_the_key_and_one_of_the_session_and_resolve() {
    let scene = Scene::new();
    let (key, session) = (scene.held.id().to_string(), scene.home.session_id.to_string());
    scene.verify_from(&scene.held, "JP", 99);
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::TrafficSpike), []);
    for _ in 0..3 {
        scene.verify_from(&scene.held, "JP", 1);
        scene.house.advance(MINUTE);
    }
    let mut open = scene.seen(Kind::TrafficSpike);
    open.sort();
    assert_eq!(open, [row(&key, "warning", "open"), row(&session, "warning", "open")]);
    assert!(scene.watches() > 0);
    scene.house.advance(30 * MINUTE);
    let resolved = scene.seen(Kind::TrafficSpike);
    assert!(resolved.iter().all(|(.., status)| status == "resolved") && resolved.len() == 2, "{resolved:?}");
    assert_eq!(scene.watches(), 0, "nobody looks at an idle session");
    // What was much yesterday is usual.
    for _ in 0..6 {
        scene.verify_from(&scene.held, "JP", 60);
        scene.house.advance(10 * MINUTE);
    }
    assert_eq!(scene.seen(Kind::TrafficSpike).len(), 2);
    scene.verify_from(&scene.held, "JP", 300);
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::TrafficSpike).len(), 4, "five times as many");
}

#[test]
fn a_share_of_refusals_is_found_and_a_few_are_not() {
    let scene = Scene::new();
    for number in 0..40 {
        assert_eq!(scene.verify(number), Code::Valid);
    }
    let refused = |times| {
        for number in 0..times {
            scene.ask(&scene.command(&scene.held.text, number, &["emails:read"]));
        }
        scene.house.advance(MINUTE);
    };
    refused(9);
    assert_eq!(scene.seen(Kind::ErrorRate), [], "49 are too few");
    refused(1);
    assert_eq!(scene.seen(Kind::ErrorRate).len(), 2, "10 of 50, of the key and of the session");
    assert_eq!(scene.alerts(Kind::ErrorRate)[0]["facts"]["failed"], "10");
    scene.house.advance(HOUR);
    assert!(scene.seen(Kind::ErrorRate).iter().all(|(.., status)| status == "resolved"));
}

#[test]
fn a_limit_that_is_almost_used_up_is_one_alert_that_gets_worse_and_resolves() {
    let scene = Scene::new();
    let held = scene.key_with(limited(&[("hour", 10, 3_600_000)]));
    let id = held.id().to_string();
    scene.verify_from(&held, "JP", 7);
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::NearLimit), []);
    scene.verify_from(&held, "JP", 1);
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::NearLimit), [row(&id, "warning", "open")]);
    scene.verify_from(&held, "JP", 2);
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::NearLimit), [row(&id, "critical", "open")]);
    let facts = &scene.alerts(Kind::NearLimit)[0]["facts"];
    assert_eq!((&facts["limit"], &facts["usedPercent"]), (&json!("key.hour"), &json!("100")));
    scene.house.advance(90 * MINUTE);
    assert_eq!(scene.seen(Kind::NearLimit), [row(&id, "critical", "resolved")]);
    assert_eq!(scene.watches(), 0);
}

#[test]
fn a_pool_that_is_almost_used_up_is_an_alert_of_the_organization() {
    let scene = Scene::new();
    let id = scene.home.organization.id.clone();
    scene.house.put_on(&scene.home, requests(100));
    scene.verify_from(&scene.held, "JP", 85);
    scene.house.advance(5_000);
    assert_eq!(scene.seen(Kind::NearLimit), [row(id.as_str(), "warning", "open")]);
    assert_eq!(scene.alerts(Kind::NearLimit)[0]["facts"]["limit"], "organization.requests");
    scene.house.advance(20 * MINUTE);
    assert_eq!(scene.seen(Kind::NearLimit), [row(id.as_str(), "warning", "resolved")]);
}

#[test]
fn a_country_that_a_key_was_never_used_from_is_told_once_and_the_first_one_never() {
    let scene = Scene::new();
    let id = scene.held.id().to_string();
    scene.verify_from(&scene.held, "JP", 2);
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::NewCountry), []);
    scene.verify_from(&scene.held, "DE", 2);
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::NewCountry), [row(&id, "warning", "open")]);
    scene.verify_from(&scene.held, "JP", 1);
    scene.verify_from(&scene.held, "FR", 1);
    scene.house.advance(2 * MINUTE);
    assert_eq!(scene.seen(Kind::NewCountry), [row(&id, "warning", "open")], "the same alert, brought up to date");
    let facts = &scene.alerts(Kind::NewCountry)[0]["facts"];
    assert_eq!((&facts["country"], &facts["countries"]), (&json!("FR"), &json!("JP, DE, FR")));
    scene.house.crash();
    scene.house.advance(27 * HOUR);
    assert_eq!(scene.seen(Kind::NewCountry), [row(&id, "warning", "resolved")]);
    scene.verify_from(&scene.held, "DE", 1);
    scene.house.advance(2 * MINUTE);
    assert_eq!(scene.seen(Kind::NewCountry).len(), 1, "it was used from there before");
}

#[test]
fn a_key_that_was_replaced_or_revoked_and_is_still_used_is_found() {
    let scene = Scene::new();
    let (by, id) = (scene.house.principal(&scene.home.secret), scene.held.id().to_string());
    scene.verify_from(&scene.held, "JP", 1);
    scene.house.rotate(&by, scene.held.id(), HOUR).unwrap();
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::RevokedKeyUsed), [], "not used since");
    scene.verify_from(&scene.held, "JP", 1);
    scene.house.advance(2 * MINUTE);
    assert_eq!(scene.seen(Kind::RevokedKeyUsed), [row(&id, "info", "open")], "both overlap");
    scene.house.advance(HOUR);
    assert_eq!(scene.verify_from(&scene.held, "FR", 3), Code::Expired);
    scene.house.advance(2 * MINUTE);
    assert_eq!(scene.seen(Kind::RevokedKeyUsed), [row(&id, "warning", "open")]);
    let facts = scene.alerts(Kind::RevokedKeyUsed)[0]["facts"].clone();
    assert_eq!((&facts["reason"], &facts["country"], &facts["count"]), (&json!("replaced"), &json!("FR"), &json!("4")));
    let other = scene.key_with(settings(&["emails:send"]));
    scene.house.revoke(&by, other.id()).unwrap();
    assert_eq!(scene.verify_from(&other, "JP", 1), Code::Revoked);
    scene.house.advance(2 * MINUTE);
    assert_eq!(scene.seen(Kind::RevokedKeyUsed)[0], row(other.id().as_str(), "warning", "open"));
    scene.house.advance(27 * HOUR);
    assert!(scene.seen(Kind::RevokedKeyUsed).iter().all(|(.., status)| status == "resolved"));
}

#[test]
fn rules_are_those_by_default_until_somebody_changes_them_and_sessions_hear_of_it() {
    let scene = Scene::new();
    let rules = scene.call("GET", "/v1/alert_rules", &NULL);
    assert_eq!(rules["data"].as_array().unwrap().len(), Kind::ALL.len());
    assert!(rules["data"].as_array().unwrap().iter().all(|rule| rule["isDefault"] == true && rule["enabled"] == true));
    let changed = scene.call("PATCH", "/v1/alert_rules/traffic_spike", &json!({ "minimum": 10 }));
    assert_eq!(
        (&changed["minimum"], &changed["threshold"], &changed["isDefault"]),
        (&json!(10), &json!(4), &json!(false))
    );
    // Until its lease on the policy ends, a session goes by what it knows.
    scene.house.advance(2 * MINUTE);
    scene.verify_from(&scene.held, "JP", 10);
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::TrafficSpike).len(), 2);
    let reset = scene.call("DELETE", "/v1/alert_rules/traffic_spike", &NULL);
    assert_eq!((&reset["minimum"], &reset["isDefault"]), (&json!(100), &json!(true)));
    scene.call("DELETE", "/v1/alert_rules/traffic_spike", &NULL);
    scene.call("PATCH", "/v1/alert_rules/new_country", &json!({ "enabled": false }));
    scene.house.advance(2 * MINUTE);
    scene.verify_from(&scene.held, "DE", 2);
    scene.house.advance(2 * MINUTE);
    assert_eq!(scene.seen(Kind::NewCountry), []);
    let log = scene.call("GET", "/v1/audit_log", &NULL);
    let actions: Vec<String> =
        log["data"].as_array().unwrap().iter().take(3).map(|entry| text(entry, "action")).collect();
    assert_eq!(actions, ["alert_rule.updated", "alert_rule.reset", "alert_rule.updated"], "a repeat is no change");
    let unknown =
        scene.house.call(&scene.home.secret, "PATCH", "/v1/alert_rules/gremlins", &json!({ "enabled": true }));
    assert_eq!(unknown.refusal(), (404, "alert_rule_not_found".to_owned()));
}

pub fn sighting(version: i64, is_open: bool, opened_at: i64, scene: &Scene) -> Sighting {
    let signal = Signal {
        kind: Kind::ErrorRate,
        subject: scene.held.id().to_string(),
        session_id: None,
        is_open,
        severity: Severity::Warning,
        at: scene.house.now(),
        facts: vec![("version".to_owned(), version.to_string())],
    };
    Sighting { signal, opened_at: scene.house.after(opened_at), version }
}

#[test]
fn what_a_session_tells_twice_or_out_of_order_opens_one_alert_and_resolves_it_once() {
    let scene = Scene::new();
    let id = scene.held.id().to_string();
    let [first, second, over] =
        [(1, true), (2, true), (3, false)].map(|(version, is_open)| sighting(version, is_open, 0, &scene));
    for told in [&first, &first, &second, &first] {
        scene.tell(vec![told.clone()]);
    }
    assert_eq!(scene.seen(Kind::ErrorRate), [row(&id, "warning", "open")]);
    assert_eq!(scene.alerts(Kind::ErrorRate)[0]["facts"]["version"], "2");
    for told in [&over, &second, &over, &first] {
        scene.tell(vec![told.clone()]);
    }
    assert_eq!(scene.seen(Kind::ErrorRate), [row(&id, "warning", "resolved")]);
    // One that was over before anybody heard of it is told as a whole.
    scene.house.advance(HOUR);
    scene.tell(vec![sighting(5, false, -MINUTE, &scene)]);
    scene.tell(vec![sighting(4, true, -MINUTE, &scene)]);
    assert_eq!(scene.seen(Kind::ErrorRate).len(), 2);
    assert!(scene.seen(Kind::ErrorRate).iter().all(|(.., status)| status == "resolved"));
    scene.tell(vec![sighting(6, true, 0, &scene)]);
    assert_eq!(scene.seen(Kind::ErrorRate)[0], row(&id, "warning", "open"));
}

#[test]
fn what_was_found_survives_a_crash_and_is_told_once_the_organization_can_be_reached() {
    let scene = Scene::new();
    scene.verify_from(&scene.held, "JP", 1);
    scene.house.advance(MINUTE);
    scene.house.objects.fault(Whom::Command(scene.home.address(), "feed"), Fault::Unreachable);
    scene.verify_from(&scene.held, "DE", 1);
    scene.house.advance(MINUTE);
    scene.house.crash();
    scene.house.objects.heal();
    scene.house.advance(5 * MINUTE);
    assert_eq!(scene.house.undelivered(), 0);
    assert_eq!(scene.seen(Kind::NewCountry).len(), 1);
}

#[test]
fn an_alert_is_acknowledged_once_by_whoever_may_and_seen_within_reach() {
    let scene = Scene::new();
    scene.tell(vec![sighting(1, true, 0, &scene)]);
    let id = text(&scene.alerts(Kind::ErrorRate)[0], "id");
    let path = format!("/v1/alerts/{id}");
    let seen = scene.call("POST", &format!("{path}/acknowledge"), &NULL);
    assert_eq!(seen["acknowledgedBy"]["id"], json!(scene.home.key_id.to_string()));
    scene.house.advance(HOUR);
    assert_eq!(scene.call("POST", &format!("{path}/acknowledge"), &NULL)["acknowledgedAt"], seen["acknowledgedAt"]);
    assert_eq!(scene.call("GET", &path, &NULL)["status"], "open", "it is still so");
    let log = scene.call("GET", "/v1/audit_log?action=alert.acknowledged", &NULL);
    assert_eq!(log["data"].as_array().unwrap().len(), 1);
    // A key of another session sees nothing of it, and one of this session may only look.
    let by = scene.house.principal(&scene.home.secret);
    let elsewhere = scene.house.create_session(&by, "Elsewhere", None).unwrap();
    let stranger = scene.house.issue(&by, key_in(&elsewhere.id, &["*"])).unwrap();
    let bound = scene.key_with(settings(&["alerts:read", "alerts:write"]));
    for (held, found, status) in [(&stranger, 0, 404), (&bound, 1, 200)] {
        let list = scene.house.call(&held.text, "GET", "/v1/alerts", &NULL).json();
        assert_eq!((list["data"].as_array().unwrap().len(), &list["dropped"]), (found, &NULL), "{list}");
        assert_eq!(scene.house.call(&held.text, "GET", &path, &NULL).status, status);
        let refused = scene.house.call(&held.text, "POST", &format!("{path}/acknowledge"), &NULL);
        assert_eq!(refused.refusal(), (403, "outside_reach".to_owned()));
        let refused = scene.house.call(&held.text, "GET", "/v1/alert_rules", &NULL);
        assert_eq!(refused.refusal(), (403, "outside_reach".to_owned()));
    }
    let poor = scene.key_with(settings(&["api_keys:read"]));
    assert_eq!(scene.house.call(&poor.text, "GET", "/v1/alerts", &NULL).status, 403);
    let made_up = format!("/v1/alerts/alr_{}", "0".repeat(22));
    assert_eq!(scene.house.call(&scene.home.secret, "GET", &made_up, &NULL).refusal().0, 404);
}
