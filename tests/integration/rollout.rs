//! A new root secret while it rolls out: for minutes, isolates and objects that know it work beside others that do
//! not. First everybody learns to accept it (`next:`), then everybody signs with it; nobody may notice either step.

use std::sync::Arc;

use latchkey::domain::verification::Code;
use serde_json::{Value, json};

use crate::support::*;

const NULL: Value = Value::Null;

/// The three stages: nobody knows of the new root; it is accepted; it is the newest.
fn stages() -> [String; 3] {
    let (old, new) = (root_secret(1), root_secret(2));
    [old.clone(), format!("next:{new},{old}"), format!("{new},{old}")]
}

/// Two neighbouring stages of one deployment; which objects are at is decided as the test goes.
struct Rollout {
    /// Keeps the world: whoever goes takes it along.
    _first: House,
    sides: [House; 2],
}

impl Rollout {
    fn between(stages: [&str; 2]) -> Self {
        let first = House::new();
        let sides = stages.map(|stage| first.redeployed(stage));
        Self { _first: first, sides }
    }

    /// An edge at one stage over objects at one stage.
    fn at(&self, edge: usize, objects: usize) -> &House {
        let world = self.sides[objects].app.world().clone();
        self.sides[edge].objects.set_world(Some(world));
        assert!(Arc::ptr_eq(&self.sides[0].objects, &self.sides[1].objects));
        &self.sides[edge]
    }
}

const PAIRS: [(usize, usize); 4] = [(0, 0), (0, 1), (1, 0), (1, 1)];

fn steps() -> [[String; 2]; 2] {
    let [old, next, new] = stages();
    [[old, next.clone()], [next, new]]
}

#[test]
fn what_either_side_of_a_rollout_gives_out_is_good_on_either_side() {
    for step in steps() {
        for (edge, objects) in PAIRS {
            let rollout = Rollout::between([&step[0], &step[1]]);
            let house = rollout.at(edge, objects);
            let home = house.found("Acme");
            let post = |path: &str, body: Value| {
                let response = house.call(&home.secret, "POST", path, &body);
                assert_eq!(response.status, 201, "{response:?}");
                response.json()
            };
            let issued = post("/v1/api_keys", json!({"name": "K"}));
            let session = post("/v1/sessions", json!({"name": "S"}));
            let (id, secret) = (issued["id"].as_str().unwrap(), issued["key"].as_str().unwrap());
            let page = house.call(&home.secret, "GET", "/v1/api_keys?limit=1", &NULL).json();
            let cursor = page["pagination"]["nextCursor"].as_str().unwrap();
            for rested in [false, true] {
                if rested {
                    // Hashes move to the pepper that the objects of this stage think newest.
                    rollout.at(edge, objects).advance(10_000);
                }
                for (edge, objects) in PAIRS {
                    let house = rollout.at(edge, objects);
                    let seen = format!("edge {edge}, objects {objects}, rested {rested}");
                    let get = |secret: &str, path: &str| house.call(secret, "GET", path, &NULL).status;
                    assert_eq!((house.code(&home.secret), house.code(secret)), (Code::Valid, Code::Valid), "{seen}");
                    assert_eq!(get(secret, "/v1/whoami"), 200, "{seen}");
                    assert_eq!(get(secret, &format!("/v1/api_keys/{id}")), 200, "{seen}");
                    let session = session["id"].as_str().unwrap();
                    assert_eq!(get(&home.secret, &format!("/v1/sessions/{session}")), 200, "{seen}");
                    assert_eq!(get(&home.secret, &format!("/v1/api_keys?limit=1&cursor={cursor}")), 200, "{seen}");
                }
            }
        }
    }
}

#[test]
fn an_edge_that_is_one_root_behind_finds_a_key_whose_hash_has_moved() {
    let [_, next, new] = stages();
    let rollout = Rollout::between([&next, &new]);
    let home = rollout.at(0, 0).found("Acme");
    let disk = rollout.at(0, 0).objects.disk(&home.session_address());
    let moved = || disk.number("SELECT count(*) FROM api_keys WHERE hash LIKE 'h2:%'");
    assert_eq!((moved(), rollout.at(0, 0).code(&home.secret)), (0, Code::Valid), "next: signs nothing");
    rollout.at(0, 1).code(&home.secret);
    rollout.at(0, 1).advance(10_000);
    assert_eq!(moved(), 1);
    for objects in [1, 0] {
        let behind = rollout.at(0, objects);
        assert_eq!(behind.code(&home.secret), Code::Valid, "objects {objects}");
        assert_eq!(behind.call(&home.secret, "GET", "/v1/whoami", &NULL).status, 200, "objects {objects}");
    }
    rollout.at(0, 0).advance(10_000);
    assert_eq!(moved(), 1, "whoever is behind moves nothing back");
}

#[test]
fn a_revocation_during_a_rollout_holds_on_either_side() {
    for step in steps() {
        for (edge, objects) in PAIRS {
            let rollout = Rollout::between([&step[0], &step[1]]);
            let home = rollout.at(0, 0).found("Acme");
            let admin = rollout.at(0, 0).principal(&home.secret);
            let held = rollout.at(0, 0).issue(&admin, key(&["emails:send"])).unwrap();
            let house = rollout.at(edge, objects);
            house.revoke(&house.principal(&home.secret), held.id()).unwrap();
            for (edge, objects) in PAIRS {
                assert_eq!(rollout.at(edge, objects).code(&held.text), Code::Revoked);
            }
        }
    }
}
