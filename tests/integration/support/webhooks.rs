//! Somebody who listens: an endpoint for webhooks, what was posted to it, and how a receiver verifies that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::house::House;
use super::people::{Someone, text};
use super::ports::Posted;

const NULL: Value = Value::Null;
/// Where it listens.
pub const URL: &str = "https://hooks.example.com/latchkey";

/// A house with somebody in it who has an endpoint.
pub struct Listening {
    pub house: House,
    pub owner: Someone,
    pub endpoint: Value,
    pub secret: String,
}

/// A message as it was posted.
pub struct Message {
    pub url: String,
    pub id: String,
    pub seconds: String,
    pub signatures: Vec<String>,
    pub text: String,
    pub body: Value,
}

impl Message {
    pub fn of((url, headers, text): Posted) -> Self {
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let signatures = header("webhook-signature").split(' ').map(str::to_owned).collect();
        let (id, seconds, body) =
            (header("webhook-id"), header("webhook-timestamp"), serde_json::from_str(&text).unwrap());
        Self { url, id, seconds, signatures, text, body }
    }

    /// Whether one of its signatures was made with this secret, as the specification has it.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id, self.seconds, self.text).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.signatures.contains(&expected)
    }

    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }
}

pub fn listening(events: &Value) -> Listening {
    let house = House::new();
    let owner = house.register("owner");
    let (endpoint, secret) = endpoint(&house, &owner, &json!({ "url": URL, "events": events }));
    Listening { house, owner, endpoint, secret }
}

pub fn endpoint(house: &House, owner: &Someone, body: &Value) -> (Value, String) {
    let response = house.call(&owner.key, "POST", "/v1/webhook_endpoints", body);
    assert_eq!(response.status, 201, "{response:?}");
    let secret = text(&response.json(), "secret");
    (response.json(), secret)
}

impl Listening {
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/webhook_endpoints/{}{rest}", text(&self.endpoint, "id"))
    }

    pub fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let response = self.house.call(&self.owner.key, method, path, body);
        assert!(response.status < 300, "{method} {path}: {response:?}");
        if response.body.is_empty() { NULL } else { response.json() }
    }

    /// What was posted since the last look.
    pub fn posted(&self) -> Vec<Message> {
        std::mem::take(&mut *self.house.web.posted.lock().unwrap()).into_iter().map(Message::of).collect()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.posted().iter().map(|message| message.kind().to_owned()).collect()
    }

    pub fn key(&self, name: &str) -> Value {
        self.call("POST", "/v1/api_keys", &json!({ "name": name }))
    }

    /// The deliveries, the newest first.
    pub fn deliveries(&self, query: &str) -> Vec<Value> {
        self.call("GET", &self.path(&format!("/deliveries{query}")), &NULL)["data"].as_array().unwrap().clone()
    }

    pub fn read(&self) -> Value {
        self.call("GET", &self.path(""), &NULL)
    }

    pub fn answer(&self, status: u16) {
        self.house.web.answers.lock().unwrap().insert(URL.to_owned(), status);
    }
}
