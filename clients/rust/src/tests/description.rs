//! The types against the description of the API: every field of an answer is known, and no field is sent that is not.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{
    ApiKey, ChangedKey, Code, Consistency, CreateKey, Demand, Environment, IssuedKey, Level, Mode, RateLimit,
    RotateKey, Status, Verification,
};

fn schemas() -> Map<String, Value> {
    let description: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    description["components"]["schemas"].as_object().unwrap().clone()
}

/// Something that a schema allows, with every field that it has.
fn sample(schemas: &Map<String, Value>, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return sample(schemas, &schemas[name.rsplit('/').next().unwrap()]);
    }
    if let Some(choice) = schema["anyOf"].as_array() {
        return sample(schemas, &choice[0]);
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    let kind = schema["type"].as_array().map_or(&schema["type"], |kinds| &kinds[0]);
    match kind.as_str().unwrap() {
        "string" => json!("text"),
        "integer" => json!(7),
        "boolean" => json!(true),
        "array" => json!([sample(schemas, &schema["items"])]),
        "object" => {
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            fields.iter().map(|(name, field)| (name.clone(), sample(schemas, field))).collect()
        }
        other => panic!("{other}"),
    }
}

/// That a type keeps all of what it is given, but for the fields `apart`; they are answered.
fn keeps<T: DeserializeOwned>(name: &str, kept: impl Fn(&T) -> Value, apart: &[&str]) -> T {
    let schemas = schemas();
    let mut given = sample(&schemas, &schemas[name]);
    let read: T = serde_json::from_value(given.clone()).unwrap();
    for field in apart {
        assert!(given.as_object_mut().unwrap().remove(*field).is_some(), "{name} has no {field}");
    }
    assert_eq!(kept(&read), given, "{name}");
    read
}

fn shown(read: &impl Serialize) -> Value {
    serde_json::to_value(read).unwrap()
}

#[test]
fn every_field_of_an_answer_is_known() {
    keeps::<Verification>("Verification", shown, &[]);
    keeps::<ApiKey>("ApiKey", shown, &[]);
    let issued = keeps::<IssuedKey>("IssuedKey", |read| shown(&read.record), &["key"]);
    assert_eq!((issued.key.expose(), issued.effective_at), ("text", None));
    let rotated = keeps::<IssuedKey>("RotatedKey", |read| shown(&read.record), &["key", "effectiveAt"]);
    assert_eq!(rotated.effective_at.as_deref(), Some("text"));
    let changed = keeps::<ChangedKey>("ChangedKey", |read| shown(&read.record), &["effectiveAt"]);
    assert_eq!(changed.effective_at, "text");
}

#[test]
fn every_word_of_an_answer_has_its_name() {
    let schemas = schemas();
    let words = |pointer: &str| {
        let field = schemas.get(pointer.split('/').next().unwrap()).unwrap();
        let at = pointer.split_once('/').unwrap().1;
        let found = field.pointer(&format!("/properties/{at}/enum")).unwrap().as_array().unwrap().clone();
        found.into_iter().filter_map(|word| word.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    for word in words("Verification/code") {
        assert!(!matches!(Code::from(word.clone()), Code::Other(_) | Code::Unverified), "{word}");
    }
    for word in words("Verification/environment") {
        assert!(!matches!(Environment::from(word.clone()), Environment::Other(_)), "{word}");
    }
    for word in words("Freshness/mode") {
        assert!(!matches!(Mode::from(word.clone()), Mode::Other(_)), "{word}");
    }
    for word in words("MetLimit/level") {
        assert!(!matches!(Level::from(word.clone()), Level::Other(_)), "{word}");
    }
    for word in words("ApiKey/status") {
        assert!(!matches!(Status::from(word.clone()), Status::Other(_)), "{word}");
    }
}

#[test]
fn words_and_fields_of_later_do_not_break_it() {
    let schemas = schemas();
    let mut given = sample(&schemas, &schemas["Verification"]);
    for (name, word) in
        [("valid", json!(false)), ("code", json!("OF_LATER")), ("environment", json!("preview")), ("later", json!({}))]
    {
        given[name] = word;
    }
    given["freshness"]["mode"] = json!("guessed");
    let read: Verification = serde_json::from_value(given).unwrap();
    assert_eq!((read.code.as_str(), read.environment), ("OF_LATER", Some(Environment::Other("preview".to_owned()))));
    assert_eq!(read.code, Code::Other("OF_LATER".to_owned()));
}

/// The fields that a body has, and those that the description knows.
fn fields(body: &impl Serialize, name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect();
    (names(&serde_json::to_value(body).unwrap()), names(&schemas()[name]["properties"]))
}

#[test]
fn what_is_sent_is_known_and_all_that_may_be_asked_can_be() {
    let demand = Demand::new().permission("a:b").domain("example.com").session("ses_a").environment(None).cost(0);
    let demand = demand.ip([192, 0, 2, 1].into()).consistency(Consistency::Leased).tag("nightly");
    let (sent, known) = fields(&demand, "VerifyKey");
    // The key is beside the demand; what explains and leaves no trace is for people, and goes through `request`.
    let apart = ["key", "dryRun", "explain"].map(str::to_owned);
    assert_eq!(sent.iter().chain(&apart).cloned().collect::<BTreeSet<_>>(), known);

    let text = || Some("text".to_owned());
    let key = CreateKey {
        name: "Made".to_owned(),
        permissions: Some(Vec::new()),
        permission: text(),
        session_id: text(),
        environment: Some(Environment::Staging),
        domain: text(),
        external_id: text(),
        metadata: Some(Map::new()),
        expires_at: text(),
        not_before: text(),
        ip_allow_list: Some(Vec::new()),
        rate_limits: Some(vec![RateLimit::new("burst", 10, 1_000)]),
        credits: Some(json!({ "remaining": 3 })),
    };
    let (sent, known) = fields(&key, "CreateApiKey");
    assert_eq!(sent, known);
    let limit = serde_json::to_value(&key).unwrap()["rateLimits"][0].clone();
    assert_eq!(limit, json!({ "name": "burst", "limit": 10, "windowMs": 1_000 }));
    let (sent, known) = fields(&RotateKey { overlap_seconds: 0, expires_at: text() }, "RotateApiKey");
    assert_eq!(sent, known);
    assert_eq!(fields(&json!({ "reason": "made" }), "RevokeApiKey").0, fields(&json!({}), "RevokeApiKey").1);
}
