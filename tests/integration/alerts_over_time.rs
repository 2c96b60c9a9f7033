//! Alerts that time opens and closes, and how many there are and for how long.

use latchkey::domain::alert::{Kind, Sighting, Signal};
use latchkey::domain::api_key::KeySettings;
use latchkey::domain::environment::Environment;
use latchkey::domain::key_change::KeyChange;
use serde_json::{Value, json};

use crate::alerts::{row, sighting};
use crate::support::*;
use crate::usage::Scene;

const NULL: Value = Value::Null;

#[test]
fn a_key_that_expires_is_told_a_week_and_a_day_before_and_one_that_lives_shorter_is_not() {
    let scene = Scene::new();
    let expiring = |ms: i64| KeySettings { expires_at: Some(scene.house.after(ms)), ..settings(&["emails:send"]) };
    let (held, short) = (scene.key_with(expiring(10 * DAY)), scene.key_with(expiring(2 * HOUR)));
    let id = held.id().to_string();
    scene.house.advance(DAY);
    assert_eq!(scene.seen(Kind::KeyExpiring), [], "{}", short.id());
    scene.house.advance(2 * DAY + MINUTE);
    assert_eq!(scene.seen(Kind::KeyExpiring), [row(&id, "warning", "open")]);
    let first = scene.alerts(Kind::KeyExpiring)[0]["id"].clone();
    scene.house.advance(6 * DAY);
    assert_eq!(scene.seen(Kind::KeyExpiring), [row(&id, "critical", "open")]);
    assert_eq!(scene.alerts(Kind::KeyExpiring)[0]["id"], first);
    scene.house.advance(DAY);
    assert_eq!(scene.seen(Kind::KeyExpiring), [row(&id, "critical", "resolved")]);
    // One that is given more time resolves, too, and may come again.
    let other = scene.key_with(expiring(10 * DAY));
    scene.house.advance(4 * DAY);
    assert_eq!(scene.seen(Kind::KeyExpiring)[0], row(other.id().as_str(), "warning", "open"));
    let by = scene.house.principal(&scene.home.secret);
    let later = KeyChange { expires_at: set(scene.house.after(30 * DAY)), ..KeyChange::default() };
    scene.house.change(&by, other.id(), later).unwrap();
    assert_eq!(scene.seen(Kind::KeyExpiring)[0], row(other.id().as_str(), "warning", "resolved"));
}

#[test]
fn keys_that_are_not_used_or_too_old_are_found_by_their_environment() {
    let scene = Scene::new();
    let by = scene.house.principal(&scene.home.secret);
    let development = scene.house.issue(&by, key_for(Environment::Development, &["emails:send"])).unwrap();
    let of =
        |kind: Kind, id: &str| scene.seen(kind).into_iter().filter(|(subject, ..)| subject == id).collect::<Vec<_>>();
    let (old, held) = (development.id().to_string(), scene.held.id().to_string());
    scene.house.advance(30 * DAY + MINUTE);
    assert_eq!(of(Kind::RotationDue, &old), [row(&old, "warning", "open")]);
    assert_eq!(of(Kind::RotationDue, &held), []);
    scene.house.advance(60 * DAY);
    assert_eq!(of(Kind::RotationDue, &held), [row(&held, "warning", "open")]);
    assert_eq!(of(Kind::KeyUnused, &held), [row(&held, "info", "open")]);
    scene.verify_from(&scene.held, "JP", 1);
    scene.house.advance(5 * MINUTE);
    assert_eq!(of(Kind::KeyUnused, &held), [row(&held, "info", "resolved")]);
    scene.house.rotate(&by, scene.held.id(), 0).unwrap();
    assert_eq!(of(Kind::RotationDue, &held), [row(&held, "warning", "resolved")]);
    scene.house.revoke(&by, development.id()).unwrap();
    assert_eq!(of(Kind::RotationDue, &old), [row(&old, "warning", "resolved")]);
    // Where nobody wants to know, what is open resolves; and a rule that is narrower finds more.
    scene.call("PATCH", "/v1/alert_rules/key_unused", &json!({ "threshold": 1 }));
    let used = scene.key_with(settings(&["emails:send"]));
    scene.house.advance(2 * DAY);
    assert_eq!(of(Kind::KeyUnused, used.id().as_str()), [row(used.id().as_str(), "info", "open")]);
    scene.call("PATCH", "/v1/alert_rules/key_unused", &json!({ "enabled": false }));
    assert!(scene.seen(Kind::KeyUnused).iter().all(|(.., status)| status == "resolved"));
}

#[test]
fn no_more_than_a_thousand_are_open_and_the_least_severe_go_first() {
    let scene = Scene::new();
    let disk = scene.house.objects.disk(&scene.home.address());
    let record = json!({ "id": "alr_", "kind": "key_unused", "subject": "", "severity": "info",
        "opened_at": 1, "updated_at": 1 });
    disk.tamper(&format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
         INSERT INTO alerts (id, kind, subject, severity, opened_at, is_open, version, record)
         SELECT 'alr_' || n, 'key_unused', 'key_' || n, CASE WHEN n = 1 THEN 2 ELSE 0 END, n, 1, 0,
            json_set('{record}', '$.id', 'alr_' || n, '$.subject', 'key_' || n) FROM numbers"
    ));
    scene.tell(vec![sighting(1, true, 0, &scene)]);
    let open = "SELECT count(*) FROM alerts WHERE is_open = 1";
    assert_eq!((disk.number(open), scene.seen(Kind::ErrorRate).len()), (1_000, 1));
    let oldest = "SELECT count(*) FROM alerts WHERE is_open = 1 AND id IN ('alr_1', 'alr_2')";
    assert_eq!(disk.number(oldest), 1, "the oldest of the least");
    assert_eq!(scene.call("GET", "/v1/alerts?limit=1", &NULL)["dropped"], 1);
    // Where all are worse, what is new is dropped.
    disk.tamper("UPDATE alerts SET severity = 2");
    let other = Sighting { version: 1, ..sighting(1, true, 0, &scene) };
    let signal = Signal { kind: Kind::TrafficSpike, ..other.signal };
    scene.tell(vec![Sighting { signal, ..other }]);
    assert_eq!((disk.number(open), scene.seen(Kind::TrafficSpike).len()), (1_000, 0));
    assert_eq!(scene.call("GET", "/v1/alerts?limit=1", &NULL)["dropped"], 2);
}

#[test]
fn alerts_go_ninety_days_after_they_are_over_and_with_the_session_that_ends() {
    let scene = Scene::new();
    let by = scene.house.principal(&scene.home.secret);
    let session = scene.house.create_session(&by, "Short", None).unwrap();
    let held = scene.house.issue(&by, key_in(&session.id, &["emails:send"])).unwrap();
    scene.house.advance(91 * DAY);
    let mine = || scene.seen(Kind::KeyUnused).into_iter().filter(|(subject, ..)| subject == held.id().as_str());
    assert_eq!(mine().collect::<Vec<_>>(), [row(held.id().as_str(), "info", "open")]);
    scene.house.delete_session(&by, &session.id).unwrap();
    assert_eq!(mine().collect::<Vec<_>>(), [row(held.id().as_str(), "info", "resolved")]);
    scene.house.advance(89 * DAY);
    assert_eq!(mine().count(), 1);
    scene.house.advance(2 * DAY);
    assert_eq!(mine().count(), 0);
}
