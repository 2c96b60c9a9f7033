//! What once went wrong with what is counted: evidence that forgets, writes that grow, and health that waits.

use latchkey::domain::lease::grant::IsolateId;
use latchkey::domain::usage::tallies::Tallies;
use latchkey::domain::verification::Code;
use serde_json::{Value, json};

use crate::support::*;
use crate::usage::{Scene, seen};

const NULL: Value = Value::Null;

impl Scene {
    fn evidence(&self) -> Value {
        self.call("GET", &format!("/v1/api_keys/{}/evidence", self.held.id()), &NULL)
    }

    fn verdict(&self) -> (bool, String) {
        let found = self.evidence();
        (found["safeToDelete"].as_bool().unwrap(), found["reason"].as_str().unwrap().to_owned())
    }

    /// Presents the key for what it must not do.
    fn present(&self) {
        let answer = self.ask(&self.command(&self.held.text, 9, &["emails:read"]));
        let latchkey::session::protocol::Reply::Verified(verified) = answer else { panic!("{answer:?}") };
        assert_eq!(verified.code, Code::InsufficientPermissions);
    }

    fn rotate(&self, overlap_ms: i64) {
        self.house.rotate(&self.house.principal(&self.home.secret), self.held.id(), overlap_ms).unwrap();
    }
}

fn is(safe: bool, reason: &str) -> (bool, String) {
    (safe, reason.to_owned())
}

#[test]
fn who_presents_a_key_uses_it_though_every_request_is_refused() {
    let scene = Scene::new();
    scene.present();
    scene.house.advance(HOUR);
    scene.rotate(10 * DAY);
    scene.house.advance(2 * HOUR);
    assert_eq!(scene.verdict(), is(true, "unused_since_rotation"), "presented before only");
    scene.present();
    scene.house.advance(30 * MINUTE);
    assert_eq!(scene.verdict(), is(false, "in_use"));
    scene.house.advance(DAY);
    assert_eq!(scene.verdict(), is(true, "quiet"));
    let idle = Scene::new();
    idle.house.advance(40 * DAY);
    assert_eq!(idle.verdict(), is(true, "idle"));
    idle.present();
    idle.house.advance(DAY);
    assert_eq!(idle.verdict(), is(false, "in_use"));
}

#[test]
fn uses_from_before_usage_was_counted_are_uses() {
    let scene = Scene::new();
    scene.house.advance(40 * DAY);
    let at = scene.house.after(-HOUR);
    let disk = scene.house.objects.disk(&scene.at());
    disk.tamper(&format!("UPDATE api_keys SET last_used_at = {}", at.as_millis()));
    disk.tamper(&format!("DELETE FROM usage_heads WHERE subject = '{}'", scene.held.id()));
    scene.house.crash();
    assert_eq!(scene.verdict(), is(false, "in_use"));
    let last = json!({ "at": at.to_string(), "country": null, "colo": null, "client": null });
    assert_eq!(scene.evidence()["lastUsed"], last);
}

#[test]
fn the_uses_since_a_rotation_do_not_become_fewer_as_time_passes() {
    let scene = Scene::new();
    // Within an hour, and within a minute.
    let into = scene.house.now().as_millis().rem_euclid(HOUR);
    scene.house.advance(HOUR - into + 30 * MINUTE + 10_000);
    scene.rotate(100 * DAY);
    scene.house.advance(5_000);
    for number in 0..3 {
        assert_eq!(scene.verify(number), Code::Valid);
    }
    assert_eq!(scene.evidence()["uses"], 3);
    for day in 1..=70 {
        scene.house.advance(DAY);
        // What has become old moves when the key is used.
        assert_eq!(scene.verify(3 + day), Code::Valid);
        scene.house.advance(MINUTE);
        if [1, 2, 4, 70].contains(&day) {
            assert_eq!(scene.evidence()["uses"], 3 + day, "after {day} days");
        }
    }
}

#[test]
fn an_outcome_writes_down_what_it_counts_and_nothing_else() {
    let scene = Scene::new();
    let others = [0; 3].map(|_| scene.key_with(settings(&["emails:send"])));
    scene.house.advance(MINUTE);
    // Written down behind the answer, so that what follows waits.
    scene.verify(0);
    assert!(others.iter().all(|held| scene.verify_from(held, "JP", 1) == Code::Valid));
    scene.house.advance(10_000);
    scene.verify(1);
    let mut tallies = Tallies::new();
    tallies.note(scene.home.session_id.locator(), scene.held.id(), seen(&scene.house, 7, Code::Valid));
    let reports = tallies.reports(scene.home.session_id.locator(), IsolateId(1));
    assert!(others.iter().all(|held| scene.verify_from(held, "JP", 1) == Code::Valid));
    assert_eq!(scene.report(reports.clone()), None);
    let disk = scene.house.objects.disk(&scene.at());
    disk.tamper("CREATE TABLE counted (subject TEXT NOT NULL)");
    for event in ["INSERT", "UPDATE"] {
        disk.tamper(&format!(
            "CREATE TRIGGER counted_{event} AFTER {event} ON usage_heads
             BEGIN INSERT INTO counted VALUES (new.subject); END"
        ));
    }
    let outcome = json!({ "keyId": scene.held.id().as_str(), "id": "1", "status": 200, "latencyMs": 1 });
    let tell = || scene.call("POST", "/v1/outcomes", &json!({ "outcomes": [outcome] }));
    assert_eq!(tell()["accepted"], 1);
    let written = disk.rows("SELECT subject FROM counted ORDER BY subject");
    assert_eq!(written.len(), 2, "the key and the session: {written:?}");
    assert_eq!(scene.counted(), 3, "what waits is read as well");
    // What was reported is not durable yet: who reports it again after a crash has it counted, once.
    scene.house.crash();
    assert_eq!((scene.counted(), tell()["duplicates"].clone()), (2, json!(1)));
    scene.report(reports.clone());
    scene.house.advance(10_000);
    assert_eq!((scene.report(reports), scene.counted()), (Some(1), 3));
    let usage = scene.call("GET", &format!("/v1/api_keys/{}/usage", scene.held.id()), &NULL);
    assert_eq!(usage["totals"]["outcomes"]["totalRequests"], 1);
}

#[test]
fn health_does_not_wait_for_an_organization_that_hangs() {
    let house = House::new();
    let home = house.found("Acme");
    let health = || {
        let before = house.now();
        let answer = house.call(&home.secret, "GET", &format!("/v1/sessions/{}/health", home.session_id), &NULL);
        assert_eq!(answer.status, 200, "{answer:?}");
        (answer.json()["openAlerts"].clone(), house.now().millis_since(before))
    };
    assert_eq!(health().0, 0);
    house.objects.fault(Whom::One(house.organization_at(&home.organization.id.to_string())), Fault::Hanging);
    let (alerts, took) = health();
    assert!(alerts.is_null() && took <= 1_500, "{alerts} after {took} ms");
}
