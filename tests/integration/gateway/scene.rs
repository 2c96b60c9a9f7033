//! Somebody who has a route, requests that take it, and how an origin checks what it is sent.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use latchkey::api::gateway::{Forward, Gated, answer};
use latchkey::ports::Address;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::*;

pub const NULL: Value = Value::Null;
pub const ORIGIN: &str = "https://orders.example.com/base";

/// A house with somebody in it who has a route.
pub struct Scene {
    pub house: House,
    pub owner: Someone,
    pub route: Value,
}

pub fn scene(route: &Value) -> Scene {
    let house = House::new();
    let owner = house.register("owner");
    let route = created(&house, &owner.key, route);
    Scene { house, owner, route }
}

pub fn created(house: &House, by: &str, route: &Value) -> Value {
    let response = house.call(by, "POST", "/v1/gateway_routes", route);
    assert_eq!(response.status, 201, "{response:?}");
    response.json()
}

pub fn orders() -> Value {
    json!({ "path": "/orders", "origin": ORIGIN, "permissions": ["orders:read"], "stripPath": true })
}

impl Scene {
    pub fn key(&self, fields: &Value) -> Value {
        let mut body = json!({ "name": "Customer", "permissions": ["orders:read"] });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let response = self.house.call(&self.owner.key, "POST", "/v1/api_keys", &body);
        assert_eq!(response.status, 201, "{response:?}");
        response.json()
    }

    pub fn one(&self) -> String {
        format!("/v1/gateway_routes/{}", text(&self.route, "id"))
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Forward, Refusal> {
        let uri = format!("https://latchkey.test/gateway/{}{path}", self.owner.organization);
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(self.house.afterwork.background.clone());
        match self.house.run(answer(&self.house.app, request)) {
            Gated::Forwarded(forward) => Ok(*forward),
            Gated::Answered(response) => {
                let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
                let (status, retry, limit) = (response.status().as_u16(), header("retry-after"), header("ratelimit"));
                let id = header("x-request-id").unwrap();
                let body =
                    self.house.run(async { axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap() });
                let body: Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(body["details"]["requestId"], id);
                Err(Refusal { status, code: text(&body, "code"), retry, limit })
            }
        }
    }

    pub fn get(&self, key: &str, path: &str) -> Result<Forward, Refusal> {
        self.send("GET", path, &[("x-api-key", key)])
    }

    pub fn refusal(&self, key: &str, path: &str) -> (u16, String) {
        self.get(key, path).map(|forward| forward.url).unwrap_err().told()
    }

    pub fn asked(&self) -> u64 {
        self.house.objects.told(Kind::Organization, "gateway")
    }

    pub fn address(&self) -> Address {
        self.house.organization_at(&self.owner.organization)
    }
}

#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub retry: Option<String>,
    pub limit: Option<String>,
}

impl Refusal {
    pub fn told(self) -> (u16, String) {
        (self.status, self.code)
    }
}

pub fn set<'f>(forward: &'f Forward, name: &str) -> Option<&'f str> {
    forward.set.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Checks a signature as RFC 9421 section 3.2 has it, from the message and the field `signature-input` alone.
pub fn is_signed(method: &str, forward: &Forward, secret: &str, label: &str) -> bool {
    let member = |field: &str| {
        let members = set(forward, field).unwrap().split(", ");
        members
            .filter_map(|one| one.split_once('='))
            .find(|(name, _)| *name == label)
            .map(|(_, value)| value.to_owned())
    };
    let (Some(input), Some(signature)) = (member("signature-input"), member("signature")) else { return false };
    let url = url::Url::parse(&forward.url).unwrap();
    let list = input.strip_prefix('(').unwrap().split(')').next().unwrap();
    let mut base = String::new();
    for component in list.split(' ') {
        let name = component.trim_matches('"');
        let value = match name {
            "@method" => method.to_owned(),
            "@path" => url.path().to_owned(),
            "@query" => format!("?{}", url.query().unwrap_or_default()),
            field => set(forward, field).unwrap().to_owned(),
        };
        base += &format!("{component}: {value}\n");
    }
    base += &format!("\"@signature-params\": {input}");
    let key = STANDARD.decode(secret.strip_prefix("gwsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(base.as_bytes());
    signature == format!(":{}:", STANDARD.encode(mac.finalize().into_bytes()))
}
