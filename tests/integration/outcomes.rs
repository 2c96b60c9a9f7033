//! What became of verified requests: counted once each, durable when the answer is there, and told with its usage.

use latchkey::app::{IssueKey, SessionChoice};
use latchkey::domain::id::SessionId;
use latchkey::domain::operation::Operation;
use latchkey::domain::usage::outcomes::{Outcome, Verdict};
use latchkey::object::Answer;
use latchkey::ports::{Address, Objects};
use latchkey::session::outcomes::MARKS_MAX;
use latchkey::session::protocol::{Command, Reply};
use serde_json::{Value, json};

use crate::support::house::Home;
use crate::support::*;

const NULL: Value = Value::Null;

/// A house with one key that everything is about.
struct Scene {
    house: House,
    home: Home,
    held: Held,
}

impl Scene {
    fn new() -> Self {
        let house = House::timeless();
        let home = house.found("Acme");
        let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
        Self { house, home, held }
    }

    fn at(&self) -> Address {
        self.home.session_address()
    }

    fn verification(&self, secret: &str) -> String {
        // Strict, so that the session knows of it at once.
        let body = json!({ "key": secret, "consistency": "strict" });
        let body = self.house.call(&self.home.secret, "POST", "/v1/keys/verify", &body).json();
        body["verificationId"].as_str().unwrap().to_owned()
    }

    fn send(&self, outcomes: &[Value]) -> Value {
        let answer = self.house.call(&self.home.secret, "POST", "/v1/outcomes", &json!({ "outcomes": outcomes }));
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()
    }

    /// What was done with outcomes: accepted, duplicates, and the reasons of the rest with their places.
    fn tell(&self, outcomes: &[Value]) -> (u64, u64, Vec<String>) {
        let body = self.send(outcomes);
        let refused = body["rejected"].as_array().unwrap().iter();
        let refused = refused.map(|one| format!("{} {}", one["index"], one["code"].as_str().unwrap()));
        (body["accepted"].as_u64().unwrap(), body["duplicates"].as_u64().unwrap(), refused.collect())
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.house.call(&self.home.secret, "GET", path, &NULL);
        assert_eq!(answer.status, 200, "{path}: {}", answer.json());
        answer.json()
    }

    fn of_key(&self) -> Value {
        self.get(&format!("/v1/api_keys/{}/usage?granularity=minute", self.held.id()))
    }

    fn total(&self) -> u64 {
        self.of_key()["totals"]["outcomes"]["totalRequests"].as_u64().unwrap()
    }

    /// One outcome by the key, with the caller's own id and perhaps a time.
    fn own(&self, id: &str, time: Option<String>) -> Value {
        json!({ "keyId": self.held.id().as_str(), "id": id, "status": 200, "latencyMs": 5, "time": time })
    }

    /// Tells the session directly.
    fn count(&self, outcomes: Vec<Outcome>) -> Vec<Verdict> {
        let caller = (*self.house.authenticate(&self.home.secret, Operation::VerifyKeys).unwrap().caller).clone();
        let request = serde_json::to_vec(&Command::CountOutcomes { caller, outcomes }).unwrap();
        let answer = self.house.run(self.house.objects.call(&self.at(), None, request)).unwrap();
        match serde_json::from_slice(&answer).unwrap() {
            Answer::Done { reply: Reply::Outcomes { verdicts }, .. } => verdicts,
            other => panic!("{other:?}"),
        }
    }

    fn outcome(&self, name: &str, age_ms: i64) -> Outcome {
        Outcome {
            key_id: self.held.id().clone(),
            name: Some(name.to_owned()),
            verified_at: Some(self.house.after(-age_ms)),
            at: None,
            status: 200,
            latency_ms: 7,
        }
    }
}

fn text(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

fn in_session(id: &str) -> IssueKey {
    let session = SessionChoice { id: Some(SessionId::from_trusted(id.to_owned())), environment: None };
    IssueKey { session, ..key(&["keys:verify"]) }
}

fn by_verification(id: &str, status: u16, latency_ms: u32) -> Value {
    json!({ "verificationId": id, "status": status, "latencyMs": latency_ms })
}

#[test]
fn outcomes_are_counted_once_and_told_of_the_key_its_session_and_its_organization() {
    let scene = Scene::new();
    let ids: Vec<String> = (0..4).map(|_| scene.verification(&scene.held.text)).collect();
    let batch: Vec<Value> = [(200, 10), (200, 20), (404, 30), (503, 1_000)]
        .iter()
        .zip(&ids)
        .map(|((status, latency), id)| by_verification(id, *status, *latency))
        .collect();
    assert_eq!(scene.tell(&batch), (4, 0, vec![]));
    assert_eq!(scene.tell(&batch), (0, 4, vec![]), "sent again");
    assert_eq!(scene.tell(&[batch[0].clone(), scene.own("1", None), scene.own("1", None)]), (1, 2, vec![]));

    let told = json!({
        "totalRequests": 5,
        "failedRequests": 2,
        "successRate": 0.6,
        "errorRate": 0.4,
        "byStatus": { "200": 3, "404": 1, "503": 1 },
        "latencyMs": { "average": 213.0, "p50": 20.0, "p95": 981.15, "p99": 981.15 },
    });
    let check = |body: &Value| {
        assert_eq!(body["totals"]["outcomes"], told);
    };
    let body = scene.of_key();
    check(&body);
    let steps: Vec<&Value> =
        body["series"].as_array().unwrap().iter().filter(|step| !step["outcomes"].is_null()).collect();
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0]["outcomes"], body["totals"]["outcomes"]);
    assert_eq!(body["totals"]["requests"], 4, "verifications are counted apart");
    check(&scene.get(&format!("/v1/sessions/{}/usage", scene.home.session_id)));
    scene.house.advance(150_000);
    for path in ["/v1/usage", "/v1/usage?environment=production"] {
        check(&scene.get(path));
    }
    assert_eq!(scene.get("/v1/usage?environment=staging")["totals"]["outcomes"]["totalRequests"], 0);
    // The organization hears the hour again, and adds only what is new.
    assert_eq!(scene.tell(&[by_verification(&scene.verification(&scene.held.text), 200, 10)]), (1, 0, vec![]));
    scene.house.advance(150_000);
    let totals = &scene.get("/v1/usage")["totals"];
    assert_eq!(totals["outcomes"]["byStatus"], json!({ "200": 4, "404": 1, "503": 1 }));
    assert_eq!(totals["outcomes"]["latencyMs"]["average"], 179.17);
}

#[test]
fn what_cannot_be_counted_is_told_with_its_place_and_keeps_back_nothing_else() {
    let scene = Scene::new();
    let stranger = scene.house.found("Other");
    let theirs = scene.house.issue(&scene.house.principal(&stranger.secret), key(&["emails:send"])).unwrap();
    let foreign = json!({ "keyId": theirs.id().as_str(), "status": 200, "latencyMs": 1 });
    let unknown = scene.verification("guess");
    assert_eq!(unknown.len(), 26);
    let id = scene.verification(&scene.held.text);
    let made_up = format!("{}{}", id.split_at(34).0, "0".repeat(18));
    let batch = [
        by_verification(&unknown, 200, 1),
        foreign,
        by_verification(&made_up, 200, 1),
        by_verification(&id, 200, 1),
        scene.own("late", Some(scene.house.after(-61 * MINUTE).to_string())),
        scene.own("early", Some(scene.house.after(31_000).to_string())),
        scene.own("soon", Some(scene.house.after(29_000).to_string())),
    ];
    let refused = ["0 not_found", "1 not_found", "2 not_found", "4 too_late", "5 in_future"].map(str::to_owned);
    assert_eq!(scene.tell(&batch), (2, 0, refused.to_vec()));
    assert_eq!(scene.total(), 2);
    let theirs = format!("/v1/api_keys/{}/usage", theirs.id());
    let theirs = scene.house.call(&stranger.secret, "GET", &theirs, &NULL).json();
    assert_eq!(theirs["totals"]["outcomes"]["totalRequests"], 0);
}

#[test]
fn bodies_that_make_no_sense_are_refused_as_a_whole() {
    let scene = Scene::new();
    let key = scene.held.id().as_str();
    let one = |of: Value| json!({ "outcomes": [of] });
    let many = vec![json!({ "keyId": key, "status": 200, "latencyMs": 1 }); 501];
    for (body, place) in [
        (json!({}), "/outcomes"),
        (json!({ "outcomes": [] }), "/outcomes"),
        (json!({ "outcomes": many }), "/outcomes"),
        (one(json!({ "status": 200, "latencyMs": 1 })), "/outcomes/0/verificationId"),
        (one(json!({ "keyId": key, "status": 99, "latencyMs": 1 })), "/outcomes/0/status"),
        (one(json!({ "keyId": key, "status": 600, "latencyMs": 1 })), "/outcomes/0/status"),
        (one(json!({ "keyId": key, "status": 200, "latencyMs": 600_001 })), "/outcomes/0/latencyMs"),
        (one(json!({ "keyId": key, "status": 200, "latencyMs": -1 })), "/outcomes/0/latencyMs"),
        (one(json!({ "keyId": key, "status": 200, "latencyMs": 1, "id": "" })), "/outcomes/0/id"),
        (one(json!({ "keyId": key, "status": 200, "latencyMs": 1, "id": "x".repeat(65) })), "/outcomes/0/id"),
        (one(json!({ "keyId": key, "status": 200, "latencyMs": 1, "time": "now" })), "/outcomes/0/time"),
        (one(json!({ "keyId": key, "status": 200, "latencyMs": 1, "key": 1 })), "/outcomes/0/key"),
        (one(json!({ "keyId": "ver_1", "status": 200, "latencyMs": 1 })), "/outcomes/0/keyId"),
        (one(json!({ "verificationId": key, "status": 200, "latencyMs": 1 })), "/outcomes/0/verificationId"),
    ] {
        let answer = scene.house.call(&scene.home.secret, "POST", "/v1/outcomes", &body);
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["details"]["errors"][0]["pointer"], place, "{body}");
    }
    let full = vec![
        json!({ "keyId": key, "id": "x".repeat(64), "status": 200, "latencyMs": 600_000, "time": "2026-06-15T12:00:00.000Z" });
        500
    ];
    assert_eq!(scene.house.call(&scene.home.secret, "POST", "/v1/outcomes", &json!({ "outcomes": full })).status, 200);
}

#[test]
fn a_batch_that_is_sent_again_with_its_idempotency_key_adds_nothing() {
    let scene = Scene::new();
    let one = json!({ "keyId": scene.held.id().as_str(), "status": 200, "latencyMs": 1 });
    let body = json!({ "outcomes": [one, one, one] });
    let send = |header: &str| {
        let bearer = format!("Bearer {}", scene.home.secret);
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", header)];
        scene.house.request("POST", "/v1/outcomes", &headers, &body.to_string()).json()
    };
    let counted = |body: &Value| (body["accepted"].as_u64().unwrap(), body["duplicates"].as_u64().unwrap());
    assert_eq!(counted(&send("batch-0123456789")), (3, 0));
    assert_eq!(counted(&send("batch-0123456789")), (0, 3));
    assert_eq!(counted(&send("batch-9876543210")), (3, 0));
    assert_eq!(scene.tell(&[one.clone(), one.clone()]), (2, 0, vec![]), "nothing tells these apart");
    assert_eq!(scene.total(), 8);
}

#[test]
fn what_was_answered_survives_a_crash_and_so_does_the_memory_of_it() {
    let scene = Scene::new();
    let id = scene.verification(&scene.held.text);
    let batch = [by_verification(&id, 200, 9), scene.own("a", None)];
    assert_eq!(scene.tell(&batch), (2, 0, vec![]));
    scene.house.crash();
    assert_eq!(scene.total(), 2);
    assert_eq!(scene.tell(&batch), (0, 2, vec![]));
    assert_eq!(scene.total(), 2);
}

#[test]
fn a_command_that_fails_anywhere_has_counted_nothing_and_can_be_sent_again() {
    let scene = Scene::new();
    assert_eq!(scene.count(vec![scene.outcome("first", 0)]), [Verdict::Accepted]);
    let disk = scene.house.objects.disk(&scene.at());
    let mut failures = 0;
    for statement in 1.. {
        let outcomes = vec![scene.outcome("a", 0), scene.outcome("b", 0)];
        let caller = (*scene.house.authenticate(&scene.home.secret, Operation::VerifyKeys).unwrap().caller).clone();
        disk.fail_statement(statement);
        let request = serde_json::to_vec(&Command::CountOutcomes { caller, outcomes }).unwrap();
        let answer = scene.house.run(scene.house.objects.call(&scene.at(), None, request));
        let has_failed = disk.has_failed();
        disk.no_failure();
        let done = answer
            .is_ok_and(|answer| matches!(serde_json::from_slice::<Answer<Reply>>(&answer), Ok(Answer::Done { .. })));
        if done {
            break;
        }
        assert!(has_failed);
        failures += 1;
        // What fails after the commit has counted both.
        assert!([1, 3].contains(&scene.total()), "statement {statement}: {}", scene.total());
    }
    assert!(failures > 5, "{failures}");
    assert_eq!(scene.count(vec![scene.outcome("a", 0), scene.outcome("b", 0)]), [Verdict::Duplicate; 2]);
    assert_eq!(scene.total(), 3);
}

#[test]
fn an_outcome_is_accepted_for_an_hour_and_never_twice_however_late_it_comes_again() {
    let scene = Scene::new();
    let first = scene.outcome("a", 0);
    let early = Outcome { at: Some(scene.house.after(30_000)), ..scene.outcome("b", 0) };
    assert_eq!(scene.count(vec![first.clone(), early.clone()]), [Verdict::Accepted; 2]);
    for minutes in [1, 30, 29, 1, 5, 30, 600] {
        scene.house.advance(minutes * MINUTE);
        let verdicts = scene.count(vec![first.clone(), early.clone()]);
        assert!(
            verdicts.iter().all(|verdict| [Verdict::Duplicate, Verdict::TooLate].contains(verdict)),
            "{verdicts:?}"
        );
        assert_eq!(scene.total(), 2);
    }
    let disk = scene.house.objects.disk(&scene.at());
    assert_eq!(disk.number("SELECT count(*) FROM outcome_marks"), 0, "nothing is remembered for longer");
    // A clock that is set back makes nothing young that was forgotten.
    scene.house.clock.set(scene.house.after(-690 * MINUTE));
    assert_eq!(scene.count(vec![first, early]), [Verdict::TooLate; 2]);
    assert_eq!(scene.count(vec![scene.outcome("c", 0)]), [Verdict::Accepted], "nothing that late was forgotten");
    scene.house.clock.set(scene.house.after(-40 * MINUTE));
    assert_eq!(scene.count(vec![scene.outcome("d", 0)]), [Verdict::TooLate], "until the clock is past it again");
}

#[test]
fn with_more_outcomes_than_are_remembered_the_oldest_are_too_late_rather_than_counted_twice() {
    let scene = Scene::new();
    let name = |number: usize| format!("outcome {number}");
    let total = MARKS_MAX + 2_000;
    let mut sent = Vec::new();
    for first in (0..total).step_by(500) {
        scene.house.advance(10);
        let batch: Vec<Outcome> = (first..first + 500).map(|number| scene.outcome(&name(number), 1_000)).collect();
        assert_eq!(scene.count(batch.clone()), vec![Verdict::Accepted; 500]);
        sent.push(batch);
    }
    let disk = scene.house.objects.disk(&scene.at());
    let (rows, bytes) = (
        disk.number("SELECT count(*) FROM outcome_marks"),
        disk.number("SELECT sum(length(marks)) FROM outcome_marks"),
    );
    println!("{total} outcomes: {rows} rows, {bytes} bytes of marks");
    assert!(rows <= 201 && bytes <= 11 * 200_000, "{rows} {bytes}");
    assert_eq!(scene.count(sent[0].clone()), vec![Verdict::TooLate; 500]);
    assert_eq!(scene.count(sent.last().unwrap().clone()), vec![Verdict::Duplicate; 500]);
    scene.house.crash();
    assert_eq!(scene.count(sent[0].clone()), vec![Verdict::TooLate; 500], "also by another life of the object");
    assert_eq!(scene.count(sent.last().unwrap().clone()), vec![Verdict::Duplicate; 500]);
    assert_eq!(scene.total(), u64::try_from(total).unwrap());
}

#[test]
fn a_session_that_is_away_keeps_back_only_its_own() {
    let scene = Scene::new();
    let admin = scene.house.principal(&scene.home.secret);
    let session = text(&scene.house.call(&scene.home.secret, "POST", "/v1/sessions", &json!({ "name": "B" })).json());
    let other = scene.house.issue(&admin, in_session(&session)).unwrap();
    let of = |id: &str| json!({ "keyId": id, "id": "1", "status": 200, "latencyMs": 1 });
    let batch = [of(other.id().as_str()), of(scene.held.id().as_str())];
    scene.house.objects.disk(&Address::Session(other.key.session_id.locator())).set_broken(true);
    assert_eq!(scene.tell(&batch), (1, 0, vec!["0 unavailable".to_owned()]));
    let alone = scene.house.call(&scene.home.secret, "POST", "/v1/outcomes", &json!({ "outcomes": [batch[0]] }));
    assert_eq!(alone.status, 503);
    scene.house.objects.disk(&Address::Session(other.key.session_id.locator())).set_broken(false);
    assert_eq!(scene.tell(&batch), (1, 1, vec![]), "sent again as it was");
}

#[test]
fn whoever_reaches_one_session_tells_outcomes_of_that_one_only() {
    let scene = Scene::new();
    let admin = scene.house.principal(&scene.home.secret);
    let session = text(&scene.house.call(&scene.home.secret, "POST", "/v1/sessions", &json!({ "name": "B" })).json());
    let bound = scene.house.issue(&admin, in_session(&session)).unwrap();
    let of = |id: &str| json!({ "keyId": id, "id": "1", "status": 200, "latencyMs": 1 });
    let body = json!({ "outcomes": [of(scene.held.id().as_str()), of(bound.id().as_str())] });
    let answer = scene.house.call(&bound.text, "POST", "/v1/outcomes", &body).json();
    assert_eq!((&answer["accepted"], &answer["rejected"][0]["code"]), (&json!(1), &json!("not_found")));
    assert_eq!(scene.total(), 0);
    let weak = scene.house.issue(&admin, key(&["emails:send"])).unwrap();
    assert_eq!(scene.house.call(&weak.text, "POST", "/v1/outcomes", &body).status, 403);
}

#[test]
fn health_says_in_one_word_how_a_session_is_doing() {
    let scene = Scene::new();
    let path = format!("/v1/sessions/{}/health", scene.home.session_id);
    scene.house.advance(10 * MINUTE);
    let idle = scene.get(&path);
    assert_eq!((&idle["health"], &idle["reasons"]), (&json!("idle"), &json!(["no_requests"])));
    let outcomes: Vec<Value> = (0..20_u32)
        .map(|number| by_verification(&scene.verification(&scene.held.text), if number < 4 { 502 } else { 200 }, 100))
        .collect();
    assert_eq!(scene.tell(&outcomes).0, 20);
    scene.house.advance(15_000);
    let failing = scene.get(&path);
    assert_eq!((&failing["health"], &failing["reasons"]), (&json!("failing"), &json!(["server_errors"])));
    let recent = &failing["recent"];
    assert_eq!((&recent["requests"], &recent["refusalRate"]), (&json!(20), &json!(0.0)));
    assert_eq!((&recent["outcomes"], &recent["serverErrorRate"]), (&json!(20), &json!(0.2)));
    assert!((recent["latencyP95Ms"].as_f64().unwrap() - 100.0).abs() < 2.0, "{recent}");
    assert_eq!((&failing["status"], &failing["connected"]), (&json!("connected"), &json!(true)), "as ever");
    assert!(failing["lastRequestAt"].as_str() >= failing["lastUsedAt"].as_str());
}
