//! What is counted of verifications: everything once, whoever decided it, over crashes, and in few rows.

use latchkey::domain::caller::Caller;
use latchkey::domain::id::VerificationId;
use latchkey::domain::lease::grant::IsolateId;
use latchkey::domain::operation::Operation;
use latchkey::domain::usage::series::{Grain, Slab, total};
use latchkey::domain::usage::tallies::Tallies;
use latchkey::domain::usage::{Origin, Report, Seen, UsageQuery};
use latchkey::domain::verification::{Code, Demand};
use latchkey::object::Answer;
use latchkey::ports::{Address, Objects};
use latchkey::session::protocol::{Command, Renewal, Reply, Verify};
use serde_json::{Value, json};

use crate::support::house::{Afterwards, Home};
use crate::support::*;

const NULL: Value = Value::Null;

/// A house with one key that everything is about.
pub struct Scene {
    pub house: House,
    pub home: Home,
    pub held: Held,
    caller: Caller,
}

impl Scene {
    pub fn new() -> Self {
        let house = House::timeless();
        // What the authority counts; isolates report what they have decided.
        house.be_strict();
        let home = house.found("Acme");
        let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
        let caller = (*house.authenticate(&home.secret, Operation::ReadApiKeys).unwrap().caller).clone();
        // Whatever was counted up to here is written down.
        house.advance(30_000);
        Self { house, home, held, caller }
    }

    pub fn at(&self) -> Address {
        self.home.session_address()
    }

    pub fn ask(&self, command: &Command) -> Reply {
        let request = serde_json::to_vec(command).unwrap();
        let answer = self.house.run(self.house.objects.call(&self.at(), None, request)).unwrap();
        match serde_json::from_slice(&answer).unwrap() {
            Answer::Done { reply, .. } => reply,
            other => panic!("{other:?}"),
        }
    }

    pub fn verify(&self, number: u64) -> Code {
        self.verify_key(&self.held.text, number, &["emails:send"])
    }

    fn verify_key(&self, secret: &str, number: u64, needs: &[&str]) -> Code {
        match self.ask(&self.command(secret, number, needs)) {
            Reply::Verified(verified) => verified.code,
            other => panic!("{other:?}"),
        }
    }

    pub fn command(&self, secret: &str, number: u64, needs: &[&str]) -> Command {
        let (keyring, _, settings) = settings_of(&root_secret(1));
        let secret = latchkey::domain::secret_key::SecretKey::parse(secret, &settings.prefix, &keyring).unwrap();
        let demand = Demand {
            permissions: needs.iter().map(|needed| permission(needed)).collect(),
            ip: "10.1.2.3".parse().ok(),
            ..Demand::default()
        };
        Command::Verify(Box::new(Verify {
            hashes: secret.hashes(&keyring),
            demand,
            caller: None,
            explain: false,
            dry_run: false,
            cost: 1,
            wish: None,
            id: Some(id(number)),
            origin: japan(),
            tags: vec!["blue".to_owned()],
        }))
    }

    /// Sends reports; up to which one the session has written down.
    pub fn report(&self, reports: Vec<Report>) -> Option<u64> {
        let isolate = reports.first().map_or(IsolateId(1), |report| report.isolate);
        match self.ask(&Command::Renew(Box::new(Renewal { isolate, keys: vec![], reports }))) {
            Reply::Renewed { durable, .. } => durable,
            other => panic!("{other:?}"),
        }
    }

    pub fn read(&self, of_key: bool, granularity: Grain) -> Slab {
        let caller = self.caller.clone();
        let key_id = of_key.then(|| self.held.id().clone());
        let (from, to) = (self.house.after(-500 * DAY), self.house.after(DAY));
        let query = UsageQuery { from, to, granularity };
        match self.ask(&Command::ReadUsage { caller, key_id, query }) {
            Reply::Usage { usage } => *usage,
            other => panic!("{other:?}"),
        }
    }

    pub fn counted(&self) -> u64 {
        total(&self.read(true, Grain::Minute).steps.sum())
    }

    pub fn in_rows(&self) -> i64 {
        let disk = self.house.objects.disk(&self.at());
        let counts = "SELECT coalesce(sum(json_extract(count.value, '$[1]')), 0) FROM usage_heads,
            json_each(record, '$.minutes') AS minute, json_each(minute.value, '$[1]') AS count WHERE subject = ";
        disk.number(&format!("{counts} '{}'", self.held.id()))
    }

    fn get(&self, secret: &str, path: &str) -> Value {
        let answer = self.house.call(secret, "GET", path, &NULL);
        assert_eq!(answer.status, 200, "{path}: {}", answer.json());
        answer.json()
    }
}

fn id(number: u64) -> VerificationId {
    VerificationId::from_trusted(format!("ver_{number:022}"))
}

fn japan() -> Origin {
    let text = |text: &str| Some(text.to_owned());
    Origin { country: text("JP"), colo: text("NRT"), client: text("curl/8") }
}

pub fn seen(house: &House, number: u64, code: Code) -> Seen {
    Seen { id: id(number), at: house.now(), code, cost: 1, origin: japan(), ip: None, tags: vec![] }
}

#[test]
fn verifications_of_the_object_are_counted_once_by_outcome_and_told_with_where_they_came_from() {
    let scene = Scene::new();
    for number in 0..3 {
        assert_eq!(scene.verify(number), Code::Valid);
    }
    assert_eq!(scene.verify_key(&scene.held.text, 3, &["emails:read"]), Code::InsufficientPermissions);
    let body = scene.get(&scene.home.secret, &format!("/v1/api_keys/{}/usage", scene.held.id()));
    let by_code = json!({ "VALID": 3, "INSUFFICIENT_PERMISSIONS": 1 });
    let totals = &body["totals"];
    assert_eq!((&totals["requests"], &totals["refused"], &totals["byCode"]), (&json!(4), &json!(1), &by_code));
    assert_eq!((&totals["successRate"], &totals["errorRate"]), (&json!(0.75), &json!(0.25)));
    let last = json!({ "at": scene.house.now().to_string(), "country": "JP", "colo": "NRT", "client": "curl/8" });
    assert_eq!(body["lastUsed"], last);
    let steps: Vec<&Value> = body["series"].as_array().unwrap().iter().filter(|step| step["requests"] != 0).collect();
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0]["byCode"], by_code);

    let body = scene.get(&scene.home.secret, &format!("/v1/api_keys/{}/requests?limit=2", scene.held.id()));
    let codes: Vec<&Value> = body["data"].as_array().unwrap().iter().map(|request| &request["code"]).collect();
    assert_eq!(codes, ["INSUFFICIENT_PERMISSIONS", "VALID"], "the latest first");
    let request = &body["data"][1];
    assert_eq!(
        (&request["verificationId"], &request["ip"]),
        (&json!(id(2).of(scene.held.id()).as_str()), &json!("10.1.2.3"))
    );
    assert_eq!((&request["country"], &request["tags"]), (&json!("JP"), &json!(["blue"])));
}

#[test]
fn a_key_that_nobody_knows_counts_for_the_session_and_a_dry_run_for_nobody() {
    let scene = Scene::new();
    let before = total(&scene.read(false, Grain::Minute).steps.sum());
    let elsewhere = House::seeded(8).found("Other").secret;
    assert_eq!(scene.verify_key(&elsewhere, 1, &[]), Code::NotFound);
    assert_eq!(total(&scene.read(false, Grain::Minute).steps.sum()), before + 1);
    let Command::Verify(verify) = scene.command(&scene.held.text, 2, &[]) else { panic!() };
    scene.ask(&Command::Verify(Box::new(Verify { dry_run: true, ..*verify.clone() })));
    scene.ask(&Command::Verify(Box::new(Verify { explain: true, ..*verify })));
    assert_eq!((scene.counted(), total(&scene.read(false, Grain::Minute).steps.sum())), (0, before + 1));
}

#[test]
fn where_it_is_quiet_nothing_is_lost_and_where_it_is_busy_at_most_ten_seconds() {
    let scene = Scene::new();
    for number in 0..5 {
        scene.verify(number);
        scene.house.crash();
        assert_eq!(scene.counted(), number + 1, "quiet: written behind the answer");
        scene.house.advance(10_000);
    }
    let mut verified = 5;
    let begun = scene.house.now();
    while scene.house.now().millis_since(begun) < 60_000 {
        verified += 1;
        scene.verify(verified);
        scene.house.advance(100);
    }
    assert_eq!(scene.counted(), verified, "what waits is read as well");
    scene.house.crash();
    let lost = verified - scene.counted();
    assert!(lost > 0 && lost <= 100, "{lost} of ten a second");
}

#[test]
fn an_object_that_has_become_quiet_is_not_left_with_counts_in_memory() {
    let scene = Scene::new();
    for number in 0..7 {
        scene.verify(number);
        scene.house.advance(500);
    }
    assert!(scene.in_rows() < 7);
    scene.house.advance(10_000);
    assert_eq!(scene.in_rows(), 7, "the alarm has written them down before the platform evicts the object");
}

#[test]
fn no_row_is_written_for_a_verification_under_load_but_one_for_each_key_and_pause() {
    let scene = Scene::new();
    let disk = scene.house.objects.disk(&scene.at());
    disk.tamper("CREATE TABLE counted (name TEXT NOT NULL)");
    for table in ["usage", "usage_heads", "usage_isolates", "outbox", "api_keys"] {
        for event in ["INSERT", "UPDATE", "DELETE"] {
            disk.tamper(&format!(
                "CREATE TRIGGER counted_{table}_{event} AFTER {event} ON {table}
                 BEGIN INSERT INTO counted VALUES ('{table}'); END"
            ));
        }
    }
    let rows = |name: &str| disk.number(&format!("SELECT count(*) FROM counted WHERE name LIKE '{name}'"));
    for (every_ms, verifications, heads, all) in [(1, 60_000, 20, 40), (10, 6_000, 20, 40), (1_000, 60, 20, 40)] {
        disk.tamper("DELETE FROM counted");
        for number in 0..verifications {
            scene.verify(number);
            scene.house.advance(every_ms);
        }
        scene.house.advance(10_000);
        let (of_heads, of_all) = (rows("usage_heads"), rows("%"));
        println!("{verifications} in a minute: {of_heads} rows of heads, {of_all} in all");
        assert!(of_heads <= heads && of_all <= all, "{every_ms} ms: {of_heads} of {of_all}");
    }
}

#[test]
fn a_year_of_use_is_kept_in_few_rows_and_no_count_is_lost() {
    let scene = Scene::new();
    let (mut counted, mut most) = (0, 0);
    let disk = scene.house.objects.disk(&scene.at());
    for day in 0..380 {
        for hour in 0..3 {
            counted += 1;
            scene.verify(day * 3 + hour);
            scene.house.advance(61 * MINUTE);
        }
        scene.house.advance(DAY - 183 * MINUTE);
        most = most.max(disk.number("SELECT count(*) FROM usage"));
    }
    assert_eq!(scene.counted(), counted);
    assert_eq!(total(&scene.read(true, Grain::Day).steps.sum()), counted);
    assert!(most <= 3 * 200, "{most} rows at most, of one key, another one and the session");
    scene.house.advance(500 * DAY);
    (0..40).for_each(|number| {
        scene.verify(number);
        scene.house.advance(HOUR);
    });
    assert!(disk.number("SELECT count(*) FROM usage WHERE stretch = 'span'") < 3, "what is too old has gone");
}

#[test]
fn the_organization_hears_sums_by_the_hour_and_adds_each_once() {
    let scene = Scene::new();
    let development = Some(latchkey::domain::environment::Environment::Development);
    let admin = scene.house.principal(&scene.home.secret);
    let other = scene.house.create_session(&admin, "Dev", development).unwrap();
    let theirs = scene.house.issue(&admin, key_in(&other.id, &["emails:send", "sessions:read"])).unwrap();
    let dev = |query: &str| scene.get(&scene.home.secret, &format!("/v1/usage{query}"))["totals"]["requests"].clone();
    for round in 0..5_u64 {
        (0..4).for_each(|number| assert_eq!(scene.verify(round * 4 + number), Code::Valid));
        scene.house.advance(130_000);
        if round % 2 == 0 {
            scene.house.crash();
        }
        assert_eq!(dev(""), json!((round + 1) * 4), "round {round}");
    }
    let mut tallies = Tallies::new();
    tallies.note(other.id.locator(), theirs.id(), seen(&scene.house, 99, Code::Valid));
    let reports = tallies.reports(other.id.locator(), IsolateId(1));
    let renew = Command::Renew(Box::new(Renewal { isolate: IsolateId(1), keys: vec![], reports }));
    let request = serde_json::to_vec(&renew).unwrap();
    scene.house.run(scene.house.objects.call(&Address::Session(other.id.locator()), None, request)).unwrap();
    scene.house.advance(130_000);
    assert_eq!([dev("?environment=production"), dev("?environment=development")], [json!(20), json!(1)]);
    assert_eq!([dev("?environment=none"), dev("?granularity=day")], [json!(0), json!(21)]);

    // Who is bound to a session sees its own sums, and nobody else's.
    let own = scene.get(&theirs.text, "/v1/usage");
    assert_eq!(own["totals"]["requests"], json!(1));
    assert_eq!(own["lastUsed"]["at"], json!(scene.house.now().to_string()), "this very call");
    assert_eq!(scene.get(&theirs.text, "/v1/usage?environment=production")["totals"]["requests"], json!(0));
    let foreign =
        scene.house.call(&theirs.text, "GET", &format!("/v1/sessions/{}/usage", scene.home.session_id), &NULL);
    assert_eq!(foreign.status, 404);
}

#[test]
fn the_end_of_an_organization_takes_usage_along() {
    let scene = Scene::new();
    for number in 0..3 {
        scene.verify(number);
        scene.house.advance(HOUR);
    }
    let id = &scene.home.organization.id;
    scene.house.set_status(id, latchkey::domain::session::OrganizationStatus::Deleted).unwrap();
    scene.house.advance(scene.house.app.retention_ms() + HOUR);
    scene.verify(9);
    scene.house.advance(HOUR);
    for address in [scene.at(), scene.home.address()] {
        let disk = scene.house.objects.disk(&address);
        for table in disk.tables().iter().filter(|table| table.starts_with("usage")) {
            assert_eq!(disk.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
        }
    }
}

#[test]
fn a_verification_that_fails_is_not_counted() {
    let scene = Scene::new();
    scene.house.set_afterwards(Afterwards::Queued);
    scene.verify(0);
    scene.house.crash();
    assert_eq!(scene.counted(), 0, "what follows the answer never happened");
    scene.house.set_afterwards(Afterwards::AtOnce);
    scene.verify(1);
    assert_eq!(scene.counted(), 1);
}
