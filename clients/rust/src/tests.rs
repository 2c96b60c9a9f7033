//! The client before a server that answers as a script says, also with what the real one cannot be made to say. Before the
//! real one it is in tests/client of the repository.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed"
)]

mod cache;
mod description;
mod guard;
mod readme;
mod retries;
mod scripted;
mod secrecy;
mod unavailable;

use serde_json::Value;

/// The behaviour of any client of Latchkey, whatever it is written in.
fn vectors(section: &str) -> Vec<Value> {
    let text = include_str!("../../../tests/vectors/client.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let found = all[section].as_array().unwrap().clone();
    assert!(found.len() > 10, "{section}");
    found
}

/// What a vector asks for.
fn demand(vector: &Value) -> crate::Demand {
    let text = |name: &str| vector[name].as_str().map(str::to_owned);
    let mut demand = crate::Demand::new();
    match &vector["permissions"] {
        Value::String(one) => demand.permissions.push(one.clone()),
        Value::Array(all) => demand.permissions.extend(all.iter().map(|each| each.as_str().unwrap().to_owned())),
        _ => {}
    }
    demand.domain = text("domain");
    demand.session_id = text("sessionId");
    demand.environment = vector.get("environment").map(|value| serde_json::from_value(value.clone()).unwrap());
    demand.ip = text("ip").map(|address| address.parse().unwrap());
    demand.cost = vector["cost"].as_u64();
    demand.consistency = text("consistency").map(|word| {
        assert_eq!(word, "strict");
        crate::Consistency::Strict
    });
    demand.tags = vector["tags"].as_array().into_iter().flatten().map(|tag| tag.as_str().unwrap().to_owned()).collect();
    let known = ["permissions", "domain", "sessionId", "environment", "ip", "cost", "consistency", "tags"];
    for name in vector.as_object().into_iter().flat_map(|fields| fields.keys()) {
        assert!(known.contains(&name.as_str()), "{name}");
    }
    demand
}
