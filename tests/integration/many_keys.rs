//! A session with a million keys: what is asked all the time costs what it costs with a thousand.
//!
//! Cost is what the databases of the session and of its organization do, in steps of SQLite's own machine, which are the
//! same on every machine. The quick form compares a thousand keys with twenty thousand.

use std::collections::BTreeMap;
use std::time::Instant;

use latchkey::app::VerifyKey;
use latchkey::domain::consistency::Mode;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::verification::Code;
use serde_json::{Value, json};

use crate::support::*;

const FEW: u32 = 1_000;
/// Steps that may come on top: a page of the tree more, a flush that is due.
const SLACK: u64 = 400;
/// Reading all keys takes a few steps for each.
const CONTROL: u64 = 10_000;

fn figure(name: &str, value: impl serde::Serialize, unit: &str) {
    println!("FIGURE {}", json!({ "name": name, "value": value, "unit": unit }));
}

struct Crowd {
    house: House,
    home: held::Home,
    sample: Held,
    seeded: u32,
}

impl Crowd {
    fn new() -> Self {
        let house = if is_full() { House::on_disk("many-keys") } else { House::new() };
        // A plan that bounds them, so that they are counted whenever one more is to come.
        let plan = Plan { keys_per_session: Some(2_000_000), ..Plan::preset(PlanName::Enterprise) };
        let home = house.found_on("Crowd", plan);
        let sample = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
        house.advance(MINUTE);
        Self { house, home, sample, seeded: 0 }
    }

    /// As many keys as that, each like the sample: rows as the session and its organization write them.
    fn grow(&mut self, to: u32) {
        let (from, id) = (self.seeded, self.sample.id().as_str().to_owned());
        let numbers = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n < {})",
            to - 1
        );
        // Spread over the index as drawn ids would be, and of their length.
        let name = format!("'key_seed' || printf('%08x', (n * 2654435761) & 4294967295) || substr('{id}', 17)");
        let record =
            format!("json_set(record, '$.id', {name}, '$.created_at', json_extract(record, '$.created_at') - n - 1)");
        let session = self.house.objects.disk(&self.home.session_address());
        session.tamper(&format!(
            "{numbers} INSERT INTO api_keys (id, hash, hash_version, record, expires_at, counts)
             SELECT {name}, substr(hash, 1, length(hash) - 16) || printf('%016x', ((n * 2654435761) & 4294967295) | (n << 32)),
                hash_version, {record}, expires_at, counts FROM numbers, api_keys WHERE id = '{id}'"
        ));
        let organization = self.house.objects.disk(&self.home.address());
        organization.tamper(&format!(
            "{numbers} INSERT INTO api_keys (id, session_id, environment, external_id, search, record, generation, created_at,
                expires_at, not_before, disabled, revoked_at)
             SELECT {name}, session_id, environment, external_id, search, {record}, generation, created_at - n - 1,
                expires_at, not_before, disabled, revoked_at FROM numbers, api_keys WHERE id = '{id}'"
        ));
        self.seeded = to;
    }

    fn take_work(&self) -> (u64, String) {
        let (mut steps, mut most) = (0, (0, String::new()));
        for (_, disk) in self.house.objects.disks() {
            let (some, statement) = disk.take_work();
            steps += some;
            most = most.max((some, statement));
        }
        (steps, most.1)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.house.call(&self.home.secret, method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// What each call costs, and the statement that costs the most.
    fn costs(&self) -> BTreeMap<&'static str, (u64, String)> {
        let mut costs = BTreeMap::new();
        let mut cost = |name: &'static str, work: &dyn Fn()| {
            // Once before, so that whatever is written down only now and then has been.
            work();
            self.house.advance(MINUTE);
            self.take_work();
            work();
            costs.insert(name, self.take_work());
        };
        let session = self.home.session_id.as_str();
        let id = self.sample.id().as_str();
        cost("verification", &|| {
            let strict = VerifyKey { mode: Mode::Strict, ..VerifyKey::default() };
            assert_eq!(self.house.verify_for(&self.sample.text, strict).unwrap().code, Code::Valid);
        });
        cost("verification with a lease", &|| {
            assert_eq!(self.house.verify(&self.sample.text).unwrap().code, Code::Valid)
        });
        cost("page of a list", &|| drop(self.ask("GET", "/v1/api_keys?limit=50", &Value::Null)));
        cost("page of a session's list", &|| {
            drop(self.ask("GET", &format!("/v1/api_keys?limit=50&sessionId={session}"), &Value::Null));
        });
        cost("creation", &|| drop(self.ask("POST", "/v1/api_keys", &json!({ "name": "One more" }))));
        cost("reading a key", &|| drop(self.ask("GET", &format!("/v1/api_keys/{id}"), &Value::Null)));
        cost("change", &|| drop(self.ask("PATCH", &format!("/v1/api_keys/{id}"), &json!({ "name": "Changed" }))));
        cost("creation, rotation and revocation", &|| {
            let made = self.ask("POST", "/v1/api_keys", &json!({ "name": "Passing" }));
            let path = format!("/v1/api_keys/{}", made["id"].as_str().unwrap());
            let next = self.ask("POST", &format!("{path}/rotate"), &json!({ "overlapSeconds": 0 }));
            drop(self.ask("DELETE", &format!("/v1/api_keys/{}", next["id"].as_str().unwrap()), &Value::Null));
        });
        cost("reading the session", &|| drop(self.ask("GET", &format!("/v1/sessions/{session}"), &Value::Null)));
        cost("health of the session", &|| {
            drop(self.ask("GET", &format!("/v1/sessions/{session}/health"), &Value::Null))
        });
        costs
    }

    /// Microseconds that the middle one of many verifications takes.
    fn median(&self) -> u128 {
        let strict = || VerifyKey { mode: Mode::Strict, ..VerifyKey::default() };
        let mut times: Vec<u128> = (0..2_000)
            .map(|_| {
                let started = Instant::now();
                assert!(self.house.verify_for(&self.sample.text, strict()).unwrap().code == Code::Valid);
                started.elapsed().as_nanos() / 1_000
            })
            .collect();
        times.sort_unstable();
        times[times.len() / 2]
    }
}

/// Looks at every key of the session, at what it is at the moment.
const COUNTING: &str = "health of the session";

#[test]
fn what_is_asked_all_the_time_costs_the_same_with_any_number_of_keys() {
    let many = if is_full() { 1_000_000 } else { 20_000 };
    let mut crowd = Crowd::new();
    crowd.grow(FEW);
    let (few, few_micros) = (crowd.costs(), crowd.median());
    crowd.grow(many);
    let (lots, lots_micros) = (crowd.costs(), crowd.median());
    for (name, (steps, costliest)) in &lots {
        let before = few[name].0;
        figure(&format!("{name}, with {FEW} keys"), before, "steps");
        figure(&format!("{name}, with {many} keys"), steps, "steps");
        if *name != COUNTING {
            assert!(
                *steps < before + before / 4 + SLACK,
                "{name}: {before} steps became {steps}, most of them for {costliest}"
            );
        }
    }
    figure(&format!("verification, half of them within, with {FEW} keys"), few_micros, "µs");
    figure(&format!("verification, half of them within, with {many} keys"), lots_micros, "µs");
    let size = |address| crowd.house.objects.disk(&address).size() / 1_000_000;
    let (session, organization) = (size(crowd.home.session_address()), size(crowd.home.address()));
    figure(&format!("database of the session, with {many} keys"), session, "MB");
    figure(&format!("database of the organization, with {many} keys"), organization, "MB");
    if is_full() {
        // A fifth of what the platform gives an object.
        assert!(session <= 2_000 && organization <= 2_000, "{session} MB and {organization} MB");
    }

    // Whether it would be seen.
    let disk = crowd.house.objects.disk(&crowd.home.session_address());
    for statement in [
        "SELECT count(*) FROM api_keys",
        "SELECT count(*) FROM api_keys WHERE counts = 1",
        "SELECT id FROM api_keys ORDER BY id LIMIT 50 OFFSET 15000",
        "SELECT max(last_used_at) FROM api_keys",
    ] {
        crowd.take_work();
        drop(disk.worked(statement));
        let (steps, _) = crowd.take_work();
        assert!(steps > CONTROL, "{statement}: {steps} steps");
    }
}
