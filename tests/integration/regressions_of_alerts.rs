//! What once went wrong with alerts: storms, flapping, work without bounds, and what nobody was told of.

use latchkey::domain::alert::{Kind, Severity, Sighting, Signal};
use latchkey::domain::api_key::KeySettings;
use latchkey::domain::verification::Code;
use serde_json::{Value, json};

use crate::alerts::{row, sighting};
use crate::support::*;
use crate::usage::Scene;

const NULL: Value = Value::Null;
const OPEN: &str = "SELECT count(*) FROM alerts WHERE is_open = 1";
const MADE_UP: &str = "SELECT count(*) FROM alerts WHERE is_open = 1 AND length(id) < 12";

impl Scene {
    fn in_organization(&self, statement: &str) -> i64 {
        self.house.objects.disk(&self.home.address()).number(statement)
    }

    /// Puts so many alerts where the organization keeps them, about keys that are not there.
    fn put(&self, count: i64, kind: &str, severity: (&str, i64), session: Option<&str>, resolved_at: Option<i64>) {
        let record = json!({ "id": "", "kind": kind, "subject": "", "session_id": session, "severity": severity.0,
            "opened_at": 1, "updated_at": 1, "resolved_at": resolved_at });
        let record = record.to_string().replace("\"session_id\":null,", "").replace(",\"resolved_at\":null", "");
        let session = session.map_or("NULL".to_owned(), |id| format!("'{id}'"));
        let (is_open, due_at) = resolved_at.map_or((1, "NULL".to_owned()), |at| (0, format!("{at} + n")));
        self.house.objects.disk(&self.home.address()).tamper(&format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
             INSERT INTO alerts (id, kind, subject, session_id, severity, opened_at, is_open, due_at, version, record)
             SELECT 'alr_' || n, '{kind}', 'key_' || n, {session}, {}, n, {is_open}, {due_at}, 0,
                json_set('{record}', '$.id', 'alr_' || n, '$.subject', 'key_' || n) FROM numbers",
            severity.1
        ));
    }

    fn dropped(&self) -> i64 {
        self.in_organization("SELECT sum(count) FROM alerts_dropped")
    }
}

fn about(told: Sighting, kind: Kind, severity: Severity) -> Sighting {
    Sighting { signal: Signal { kind, severity, ..told.signal }, ..told }
}

#[test]
fn where_a_thousand_are_open_another_as_severe_is_dropped_and_moves_none() {
    let scene = Scene::new();
    let id = scene.held.id().to_string();
    scene.put(1_000, "near_limit", ("warning", 1), None, None);
    scene.tell(vec![sighting(1, true, 0, &scene)]);
    assert_eq!((scene.in_organization(MADE_UP), scene.seen(Kind::ErrorRate).len()), (1_000, 0));
    scene.tell(vec![sighting(2, true, 0, &scene)]);
    assert_eq!((scene.in_organization(MADE_UP), scene.dropped()), (1_000, 2));
    // That it is over is told as a whole, for which nothing has to go.
    scene.tell(vec![sighting(3, false, 0, &scene)]);
    assert_eq!(scene.seen(Kind::ErrorRate), [row(&id, "warning", "resolved")]);
    assert_eq!((scene.in_organization(MADE_UP), scene.dropped()), (1_000, 2));
}

#[test]
fn what_makes_room_resolves_and_does_not_come_back_as_long_as_it_goes_on() {
    let scene = Scene::new();
    let id = scene.held.id().to_string();
    let quiet = |version, is_open, at| about(sighting(version, is_open, at, &scene), Kind::ErrorRate, Severity::Info);
    let loud = |version, is_open| about(sighting(version, is_open, 0, &scene), Kind::TrafficSpike, Severity::Warning);
    scene.tell(vec![quiet(1, true, 0)]);
    scene.put(999, "near_limit", ("warning", 1), None, None);
    scene.tell(vec![loud(1, true)]);
    assert_eq!(scene.seen(Kind::ErrorRate), [row(&id, "info", "resolved")], "told, not gone");
    assert_eq!(scene.alerts(Kind::ErrorRate)[0]["facts"]["dropped"], "true");
    assert_eq!((scene.seen(Kind::TrafficSpike), scene.dropped()), (vec![row(&id, "warning", "open")], 1));
    scene.tell(vec![loud(2, false)]);
    scene.tell(vec![quiet(2, true, 0)]);
    scene.tell(vec![quiet(3, false, 0)]);
    assert_eq!(scene.seen(Kind::ErrorRate), [row(&id, "info", "resolved")], "though there is room");
    scene.tell(vec![quiet(4, true, MINUTE)]);
    assert_eq!(scene.seen(Kind::ErrorRate).len(), 2, "another time is another alert");
    assert_eq!(scene.in_organization(OPEN), 1_000);
}

#[test]
fn a_key_that_could_not_be_used_yet_has_not_been_idle() {
    let scene = Scene::new();
    let settings = KeySettings { not_before: Some(scene.house.after(80 * DAY)), ..settings(&["emails:send"]) };
    let id = scene.key_with(settings).id().to_string();
    let evidence = || scene.call("GET", &format!("/v1/api_keys/{id}/evidence"), &NULL);
    let is_listed = || {
        let unused = scene.call("GET", "/v1/api_keys/unused?days=60", &NULL);
        unused["data"].as_array().unwrap().iter().any(|key| key["id"] == id.as_str())
    };
    let is_found = || scene.seen(Kind::KeyUnused).iter().any(|(subject, ..)| *subject == id);
    scene.house.advance(70 * DAY);
    let pending = evidence();
    assert_eq!((&pending["safeToDelete"], &pending["reason"]), (&json!(false), &json!("too_early")));
    assert!(!is_listed());
    scene.house.advance(30 * DAY);
    assert!(!is_listed() && !is_found(), "for 20 days it could have been used");
    assert_eq!(evidence()["reason"], "in_use");
    scene.house.advance(41 * DAY);
    assert!(is_listed() && !is_found());
    assert_eq!(evidence()["reason"], "idle");
    scene.house.advance(30 * DAY);
    assert!(is_found());
}

#[test]
fn an_error_rate_is_of_one_population_and_what_clients_get_wrong_is_none() {
    let scene = Scene::new();
    let mut told = 0;
    let mut tell = |count: usize, status: u16| {
        let id = scene.held.id().as_str();
        let outcomes: Vec<Value> = (told..told + count)
            .map(|number| json!({ "keyId": id, "id": number.to_string(), "status": status, "latencyMs": 1 }))
            .collect();
        told += count;
        scene.call("POST", "/v1/outcomes", &json!({ "outcomes": outcomes }));
        scene.house.advance(15_000);
    };
    for number in 0..60 {
        assert_eq!(scene.verify(number), Code::Valid);
    }
    tell(60, 404);
    assert_eq!(scene.seen(Kind::ErrorRate), [], "nothing is wrong with the backend");
    tell(110, 200);
    tell(30, 503);
    assert_eq!(scene.seen(Kind::ErrorRate), [], "30 of 200, though 60 were verified");
    tell(20, 500);
    let found = scene.alerts(Kind::ErrorRate);
    assert_eq!(found.len(), 2, "50 of 220, of the key and of the session");
    assert_eq!((&found[0]["facts"]["requests"], &found[0]["facts"]["failed"]), (&json!("220"), &json!("50")));
}

#[test]
fn a_key_that_has_ended_is_found_where_it_is_used_for_calls_of_its_own() {
    let scene = Scene::new();
    let by = scene.house.principal(&scene.home.secret);
    let call = |held: &Held| scene.house.call(&held.text, "GET", "/v1/api_keys", &NULL).status;
    let revoked = scene.key_with(settings(&["api_keys:read"]));
    scene.house.revoke(&by, revoked.id()).unwrap();
    scene.house.advance(MINUTE);
    assert_eq!(scene.seen(Kind::RevokedKeyUsed), []);
    for _ in 0..20 {
        assert_eq!(call(&revoked), 401);
        scene.house.advance(10_000);
    }
    assert_eq!(scene.seen(Kind::RevokedKeyUsed), [row(revoked.id().as_str(), "warning", "open")]);
    let facts = scene.alerts(Kind::RevokedKeyUsed)[0]["facts"].clone();
    assert_eq!((&facts["reason"], &facts["count"]), (&json!("revoked"), &json!("1")), "written down once an hour");
    // Such a call is no verification.
    let usage = scene.call("GET", &format!("/v1/api_keys/{}/usage", revoked.id()), &NULL);
    assert_eq!(usage["totals"]["requests"], 0);

    let replaced = scene.key_with(settings(&["api_keys:read"]));
    assert_eq!(call(&replaced), 200);
    scene.house.rotate(&by, replaced.id(), HOUR).unwrap();
    scene.house.advance(MINUTE);
    let latest = || scene.seen(Kind::RevokedKeyUsed)[0].clone();
    assert_eq!(latest(), row(revoked.id().as_str(), "warning", "open"), "not used since");
    assert_eq!(call(&replaced), 200);
    scene.house.advance(2 * MINUTE);
    assert_eq!(latest(), row(replaced.id().as_str(), "info", "open"));
    scene.house.advance(HOUR);
    assert_eq!(call(&replaced), 401);
    scene.house.advance(2 * MINUTE);
    assert_eq!(latest(), row(replaced.id().as_str(), "warning", "open"));
}

#[test]
fn many_alerts_that_are_over_at_once_resolve_a_portion_at_a_time() {
    let scene = Scene::new();
    scene.put(1_000, "error_rate", ("warning", 1), None, None);
    scene.call("PATCH", "/v1/alert_rules/error_rate", &json!({ "enabled": false }));
    assert!(scene.in_organization(OPEN) >= 800, "{}", scene.in_organization(OPEN));
    // What a session goes on saying until it hears of the rule keeps none of them.
    let told = |number: i64| {
        let told = sighting(1, true, 0, &scene);
        Sighting { signal: Signal { subject: format!("key_{number}"), ..told.signal }, ..told }
    };
    scene.tell((1..=100).chain(901..=1_000).map(told).collect());
    scene.house.advance(20_000);
    assert_eq!(scene.in_organization(OPEN), 0);
    assert_eq!(scene.in_organization("SELECT count(*) FROM alerts WHERE record ->> '$.resolved_at' > 1"), 1_000);
}

#[test]
fn alerts_of_a_session_that_ends_resolve_and_that_its_keys_are_used_does_not() {
    let scene = Scene::new();
    let by = scene.house.principal(&scene.home.secret);
    let session = scene.house.create_session(&by, "Short", None).unwrap();
    scene.put(700, "error_rate", ("warning", 1), Some(session.id.as_str()), None);
    let used = "UPDATE alerts SET kind = 'revoked_key_used', record = json_set(record, '$.kind', 'revoked_key_used')
        WHERE opened_at <= 4";
    scene.house.objects.disk(&scene.home.address()).tamper(used);
    scene.house.delete_session(&by, &session.id).unwrap();
    scene.house.advance(20_000);
    assert_eq!(scene.in_organization(OPEN), 4);
}

#[test]
fn no_more_than_fifty_thousand_are_kept_that_are_over() {
    let scene = Scene::new();
    let over = scene.house.after(DAY).as_millis();
    scene.put(50_300, "error_rate", ("info", 0), None, Some(over));
    scene.tell(vec![sighting(1, true, 0, &scene)]);
    scene.house.advance(HOUR);
    scene.tell(vec![sighting(2, true, 0, &scene)]);
    scene.house.advance(MINUTE);
    assert_eq!(scene.in_organization("SELECT count(*) FROM alerts WHERE is_open = 0"), 50_000);
    assert_eq!(scene.in_organization("SELECT min(opened_at) FROM alerts"), 301, "the oldest go");
    assert_eq!(scene.in_organization(OPEN), 1);
}

#[test]
fn what_happens_once_a_day_is_one_alert() {
    let scene = Scene::new();
    let by = scene.house.principal(&scene.home.secret);
    let held = scene.key_with(settings(&["emails:send"]));
    scene.house.revoke(&by, held.id()).unwrap();
    for day in 0..5 {
        assert_eq!(scene.verify_from(&held, "JP", 1), Code::Revoked);
        scene.house.advance(2 * MINUTE);
        let expected = [row(held.id().as_str(), "warning", "open")];
        assert_eq!(scene.seen(Kind::RevokedKeyUsed), expected, "day {day}");
        // A job that starts a little later each time.
        scene.house.advance(DAY + 10 * MINUTE);
    }
    let facts = scene.alerts(Kind::RevokedKeyUsed)[0]["facts"].clone();
    assert_eq!(facts["count"], "5");
    scene.house.advance(2 * HOUR);
    assert_eq!(scene.seen(Kind::RevokedKeyUsed), [row(held.id().as_str(), "warning", "resolved")]);
}
