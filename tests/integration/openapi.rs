//! A tour of all operations. Every request and answer in here, as in any other test, is compared with
//! `docs/openapi.json` on its way (`support::contract`).

mod alerts;
mod domains;
mod gateway;
mod imports;
mod leaks;
mod people;
mod shared;
mod upkeep;
mod webhooks;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::support::contract::CONTRACT;
use super::support::*;

/// A house, and what has been seen of it: method, path of the document, status.
struct Visitor {
    house: House,
    seen: RefCell<BTreeSet<(String, String, u16)>>,
}

impl Visitor {
    fn new() -> Self {
        let house = House::configured(&[
            ("LINK_HOOK_URL", "https://mail.example/hook"),
            ("LINK_HOOK_SECRET", "a secret of the tests, long enough"),
            ("DASHBOARD_URL", "https://keys.example"),
        ]);
        Self { house, seen: RefCell::default() }
    }

    /// Sends, and insists on a status.
    fn expect(&self, status: u16, method: &str, path: &str, by: &str, body: Option<Value>) -> Value {
        let response = self.house.call(by, method, path, &body.unwrap_or_default());
        let is_json =
            response.header("content-type").is_some_and(|media| media.contains("json") && !media.contains("nd"));
        let answer = if is_json { response.json() } else { Value::Null };
        assert_eq!(response.status, status, "{method} {path}: {answer}");
        self.note(method, path, &response);
        answer
    }

    /// Notes what was answered.
    fn note(&self, method: &str, path: &str, response: &super::support::http::Response) {
        let template = CONTRACT.template(path).unwrap().to_owned();
        self.seen.borrow_mut().insert((method.to_lowercase(), template, response.status));
    }
}

fn text(body: &Value, member: &str) -> String {
    body[member].as_str().unwrap_or_else(|| panic!("no {member} in {body}")).to_owned()
}

#[test]
fn a_tour_of_every_operation_finds_what_the_document_shows() {
    let visitor = Visitor::new();
    let (root, organization) = operator_tour(&visitor);
    let own = visitor.expect(200, "GET", "/v1/organization", &root, None);
    assert_eq!(text(&own, "id"), organization);
    let session = session_tour(&visitor, &root);
    let customer = key_tour(&visitor, &root, &session);
    verification_tour(&visitor, &root, &customer);
    visitor.expect(200, "GET", "/v1/audit_log?limit=3&action=api_key.created", &root, None);
    let key = visitor.expect(200, "GET", "/v1/api_keys?limit=1", &root, None);
    let one = format!("/v1/api_keys/{}", text(&key["data"][0], "id"));
    for (path, status) in [(one.as_str(), 200), ("/v1/api_keys/key_none", 404)] {
        visitor.expect(status, "GET", &format!("{path}/usage"), &root, None);
        visitor.expect(status, "GET", &format!("{path}/requests?limit=3"), &root, None);
    }
    visitor.expect(400, "GET", &format!("{one}/usage?from=never"), &root, None);
    let outcome = json!({ "keyId": text(&key["data"][0], "id"), "id": "1", "status": 503, "latencyMs": 40 });
    let outcomes =
        json!({ "outcomes": [outcome, outcome, { "keyId": format!("key_{:031}", 0), "status": 200, "latencyMs": 0 }] });
    visitor.expect(200, "POST", "/v1/outcomes", &root, Some(outcomes));
    visitor.expect(400, "POST", "/v1/outcomes", &root, Some(json!({ "outcomes": [{ "status": 99 }] })));
    visitor.expect(200, "GET", &format!("{one}/usage"), &root, None);
    visitor.expect(400, "GET", &format!("{one}/requests?limit=0"), &root, None);
    let log = visitor.expect(200, "GET", "/v1/audit_log?limit=2", &root, None);
    let cursor = log["pagination"]["nextCursor"].as_str().unwrap();
    visitor.expect(200, "GET", &format!("/v1/audit_log?limit=2&cursor={cursor}"), &root, None);
    shared::tours(&visitor, &root, "/v1", &organization);
    farewell_tour(&visitor, &root, &session, &organization);
    visitor.expect(200, "GET", "/healthz", "", None);
    visitor.expect(200, "GET", "/openapi.json", "", None);
    let owner = people::tour(&visitor);
    people::keys_tour(&visitor, &owner);
    shared::tours(&visitor, &owner.token, &owner.at(""), &owner.organization);
    people::farewell(&visitor, &owner);
    let seen = visitor.seen.borrow();
    for (path, item) in CONTRACT.0["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let success = operation["responses"].as_object().unwrap().keys().next().unwrap().parse().unwrap();
            assert!(seen.contains(&(method.clone(), path.clone(), success)), "not visited: {method} {path} {success}");
        }
    }
}

#[test]
fn the_description_is_the_committed_one_and_only_its_own_route_misses_it() {
    let house = House::new();
    let read = || house.call("", "GET", "/openapi.json", &Value::Null);
    assert_eq!(read().body, include_bytes!("../../docs/openapi.json"));
    assert_eq!(read().header("content-type"), Some("application/json"));
    for (door, cause) in [(&house.assets.failing, "asset: down"), (&house.assets.missing, "there is no asset")] {
        door.store(true, Ordering::Relaxed);
        assert_eq!(read().refusal(), (503, "service_unavailable".to_owned()));
        assert!(house.log.lines().last().unwrap().contains(cause), "{:?}", house.log.lines());
        assert_eq!(house.call("", "GET", "/healthz", &Value::Null).status, 200);
        door.store(false, Ordering::Relaxed);
    }
}

fn operator_tour(visitor: &Visitor) -> (String, String) {
    let all = "/operator/organizations";
    let founded =
        visitor.expect(201, "POST", all, OPERATOR_TOKEN, Some(json!({ "name": "Acme", "plan": { "name": "pro" } })));
    let id = founded["organization"]["id"].as_str().unwrap().to_owned();
    let one = format!("{all}/{id}");
    visitor.expect(201, "POST", all, OPERATOR_TOKEN, Some(json!({ "name": "Other" })));
    let page = visitor.expect(200, "GET", &format!("{all}?limit=1"), OPERATOR_TOKEN, None);
    assert_eq!(page["pagination"]["hasMore"], true);
    visitor.expect(200, "GET", &one, OPERATOR_TOKEN, None);
    let plan =
        json!({ "name": "Acme Corp", "plan": { "name": "pro", "keysPerSession": 100, "requestsPerMinute": null } });
    visitor.expect(200, "PATCH", &one, OPERATOR_TOKEN, Some(plan));
    for body in
        [json!({}), json!({ "plan": {} }), json!({ "plan": { "name": "gold" } }), json!({ "id": id }), json!([])]
    {
        visitor.expect(400, "PATCH", &one, OPERATOR_TOKEN, Some(body));
    }
    visitor.expect(200, "POST", &format!("{one}/suspend"), OPERATOR_TOKEN, None);
    let root = founded["apiKey"]["key"].as_str().unwrap().to_owned();
    let refused = visitor.expect(401, "GET", "/v1/sessions", &root, None);
    assert_eq!(refused["code"], "auth_organization_suspended");
    visitor.expect(200, "POST", &format!("{one}/resume"), OPERATOR_TOKEN, None);
    upkeep::tour(visitor, &one, founded["apiKey"]["sessionId"].as_str().unwrap());
    visitor.expect(404, "GET", &format!("{all}/org_none"), OPERATOR_TOKEN, None);
    visitor.expect(401, "GET", all, "guess", None);
    (root, id)
}

fn session_tour(visitor: &Visitor, root: &str) -> String {
    let all = "/v1/sessions";
    let body = json!({ "name": "Customer A", "environment": "development", "region": "weur" });
    let id = text(&visitor.expect(201, "POST", all, root, Some(body)), "id");
    visitor.expect(201, "POST", all, root, Some(json!({ "name": "Plain", "environment": null })));
    visitor.expect(400, "POST", all, root, Some(json!({ "name": "", "environment": "moon", "region": 1 })));
    visitor.expect(200, "GET", &format!("{all}?limit=2"), root, None);
    let one = format!("{all}/{id}");
    visitor.expect(200, "GET", &one, root, None);
    visitor.expect(200, "PATCH", &one, root, Some(json!({ "name": "Customer B", "status": "connected" })));
    let consistency = json!({ "mode": "edge", "ttlMs": 60_000, "staleSeconds": null });
    visitor.expect(200, "PATCH", &one, root, Some(json!({ "consistency": consistency })));
    visitor.expect(400, "PATCH", &one, root, Some(json!({ "consistency": { "mode": "eventual" } })));
    visitor.expect(400, "PATCH", &one, root, Some(json!({ "status": "deleted" })));
    visitor.expect(200, "GET", &format!("{one}/health"), root, None);
    visitor.expect(200, "GET", &format!("{one}/usage?granularity=minute"), root, None);
    visitor.expect(200, "GET", "/v1/usage?environment=none&granularity=day", root, None);
    visitor.expect(400, "GET", "/v1/usage?granularity=minute", root, None);
    for path in ["ses_none", "ses_none/health", "ses_none/api_keys", "ses_none/usage"] {
        visitor.expect(404, "GET", &format!("{all}/{path}"), root, None);
    }
    id
}

/// Answers a key of the session, with its plaintext.
fn key_tour(visitor: &Visitor, root: &str, session: &str) -> Value {
    let all = "/v1/api_keys";
    let full = json!({
        "name": "Full", "permissions": ["emails:send", "*:read"], "domain": "example.com",
        "expiresAt": "2030-01-01T00:00:00Z", "notBefore": "2026-01-01T00:00:00+01:00", "environment": "staging",
        "ipAllowList": ["192.0.2.0/24", "2001:db8::1"], "metadata": { "a": { "b": [1, "x", null] } }, "externalId": "u-1",
    });
    visitor.house.own(root, "example.com");
    let key = visitor.expect(201, "POST", all, root, Some(full));
    let one = format!("{all}/{}", text(&key, "id"));
    visitor.expect(200, "GET", &one, root, None);
    for body in [
        json!({ "name": null }),
        json!({ "active": null }),
        json!({ "permissions": null }),
        json!({ "permission": null }),
        json!({ "permission": "full_access", "permissions": [] }),
        json!({ "key": "x" }),
        json!({ "sessionId": session }),
        json!({ "permissions": ["Emails:send"] }),
        json!({ "permissions": ["emails"] }),
        json!({ "externalId": "" }),
        json!({ "expiresAt": "tomorrow" }),
        json!({ "metadata": [] }),
        json!({ "ipAllowList": "192.0.2.1" }),
        json!({}),
    ] {
        visitor.expect(400, "PATCH", &one, root, Some(body));
    }
    let cleared = json!({
        "name": "Changed", "active": false, "permission": "sending_access", "domain": null, "ipAllowList": null,
        "metadata": null, "externalId": null, "expiresAt": null, "notBefore": null,
    });
    visitor.expect(200, "PATCH", &one, root, Some(cleared));
    visitor.expect(409, "POST", &format!("{one}/rotate"), root, Some(json!({ "overlapSeconds": 0 })));
    visitor.expect(200, "PATCH", &one, root, Some(json!({ "active": true })));
    visitor.expect(201, "POST", &format!("{one}/rotate"), root, Some(json!({ "overlapSeconds": 60 })));
    visitor.expect(409, "POST", &format!("{one}/rotate"), root, Some(json!({ "overlapSeconds": 60 })));
    visitor.expect(400, "POST", &format!("{one}/rotate"), root, Some(json!({ "overlapSeconds": -1 })));
    visitor.expect(200, "DELETE", &one, root, Some(json!({ "reason": "tour" })));
    visitor.expect(200, "DELETE", &one, root, None);
    visitor.expect(409, "PATCH", &one, root, Some(json!({ "name": "Late" })));
    visitor.expect(404, "GET", &format!("{all}/key_none"), root, None);
    for query in
        ["", "?limit=1", "?status=revoked&environment=staging", "?environment=none", "?externalId=u-1&search=full"]
    {
        visitor.expect(200, "GET", &format!("{all}{query}"), root, None);
    }
    visitor.expect(400, "GET", &format!("{all}?limit=0&colour=red"), root, None);
    visitor.expect(200, "GET", &format!("{all}?sessionId=ses_{}", "0".repeat(19)), root, None);
    idempotent_tour(visitor, root);
    let tab = format!("/v1/sessions/{session}/api_keys");
    let customer = visitor.expect(201, "POST", &tab, root, None);
    visitor.expect(200, "GET", &tab, root, None);
    visitor.expect(200, "GET", &format!("{tab}?limit=5&status=active"), root, None);
    visitor.expect(403, "POST", "/v1/sessions", &text(&customer, "key"), Some(json!({ "name": "Mine" })));
    visitor.expect(403, "GET", "/v1/organization", &text(&customer, "key"), None);
    customer
}

fn idempotent_tour(visitor: &Visitor, root: &str) {
    let bearer = format!("Bearer {root}");
    let json = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let post = |more: &[(&str, &str)], body: &str| {
        let headers: Vec<_> = json.iter().chain(more).copied().collect();
        visitor.house.request("POST", "/v1/api_keys", &headers, body)
    };
    let once = ("idempotency-key", "tour-of-the-house-1");
    let first = post(&[once], r#"{"name": "Once"}"#);
    assert_eq!(post(&[once], r#"{"name": "Once"}"#).json()["key"], first.json()["key"]);
    assert_eq!(post(&[once], r#"{"name": "Twice"}"#).status, 422);
    assert_eq!(post(&[("idempotency-key", "short")], r#"{"name": "Once"}"#).status, 400);
    let problem = post(&[("accept", "application/problem+json")], r#"{"name": 1}"#);
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    assert_eq!(post(&[("x-api-key", root)], r#"{"name": "Both"}"#).status, 400);
    assert_eq!(post(&[], &json!({ "name": "x".repeat(20_000) }).to_string()).status, 413);
    assert_eq!(post(&[], "{").status, 400);
    let anonymous = |headers: &[(&str, &str)]| visitor.house.request("POST", "/v1/api_keys", headers, "{}").status;
    assert_eq!((anonymous(&[]), anonymous(&json[..1])), (401, 415));
}

fn verification_tour(visitor: &Visitor, root: &str, customer: &Value) {
    let path = "/v1/keys/verify";
    let key = text(customer, "key");
    let demand = json!({
        "key": key, "permissions": ["emails:send"], "domain": "example.com", "sessionId": text(customer, "sessionId"),
        "environment": "development", "ip": "192.0.2.1", "cost": 1, "tags": ["tour"], "explain": true, "dryRun": true,
    });
    let verified = visitor.expect(200, "POST", path, root, Some(demand));
    assert_eq!(verified["code"], "VALID");
    for body in [json!({ "key": "guess" }), json!({ "key": key, "permissions": "a:b", "environment": null })] {
        let refused = visitor.expect(200, "POST", path, root, Some(body));
        assert_eq!(refused["valid"], false);
    }
    for body in
        [json!({}), json!({ "key": key, "cost": -1 }), json!({ "key": key, "ip": "here" }), json!({ "key": [key] })]
    {
        visitor.expect(400, "POST", path, root, Some(body));
    }
    let asked = "/v1/whoami?permission=emails:send&domain=example.com&on_limit=403&identity=headers";
    let gate = visitor.expect(200, "GET", asked, &key, None);
    assert_eq!(gate["keyId"], customer["id"]);
    visitor.expect(401, "GET", "/v1/whoami", "guess", None);
}

fn farewell_tour(visitor: &Visitor, root: &str, session: &str, organization: &str) {
    visitor.expect(200, "DELETE", &format!("/v1/sessions/{session}"), root, None);
    visitor.expect(409, "PATCH", &format!("/v1/sessions/{session}"), root, Some(json!({ "name": "Late" })));
    let own = text(&visitor.expect(200, "GET", "/v1/whoami", root, None), "sessionId");
    visitor.expect(409, "DELETE", &format!("/v1/sessions/{own}"), root, None);
    let one = format!("/operator/organizations/{organization}");
    visitor.expect(200, "DELETE", &one, OPERATOR_TOKEN, None);
    visitor.expect(409, "PATCH", &one, OPERATOR_TOKEN, Some(json!({ "name": "Late" })));
    visitor.expect(409, "POST", &format!("{one}/resume"), OPERATOR_TOKEN, None);
}

#[test]
fn every_documented_field_and_parameter_is_read() {
    let visitor = Visitor::new();
    let home = visitor.house.found("Acme");
    let owner = people::register(&visitor, "ada@example.com", &json!({}));
    let session = text(&visitor.expect(200, "GET", &owner.at(""), &owner.token, None), "defaultSessionId");
    let [(endpoint, delivery), (own_endpoint, own_delivery)] =
        [(&home.secret, "/v1"), (&owner.token, &owner.at(""))].map(|(by, at)| webhooks::made(&visitor, by, at));
    for (path, item) in CONTRACT.0["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let by = match operation["security"][0].as_object().and_then(|scheme| scheme.keys().next()) {
                Some(scheme) if scheme == "operator" => OPERATOR_TOKEN,
                Some(scheme) if scheme == "accessToken" => &owner.token,
                Some(_) => &home.secret,
                None => "",
            };
            let id = match path {
                path if path.starts_with("/v1/webhook") => endpoint.clone(),
                path if path.contains("/webhook") => own_endpoint.clone(),
                path if path.starts_with("/operator") => home.organization.id.to_string(),
                path if path.starts_with("/organizations") && path.contains("/sessions") => session.clone(),
                path if path.starts_with("/v1/sessions") => home.session_id.to_string(),
                path => shared::nobody(path).unwrap_or_else(|| home.key_id.to_string()),
            };
            let (method, path) = (method.to_uppercase(), path.replace("{id}", &id).replace("{userId}", &owner.user));
            let path = path.replace("{organizationId}", &owner.organization).replace("{kind}", "traffic_spike");
            let delivery = if path.starts_with("/v1") { &delivery } else { &own_delivery };
            let path = path.replace("{deliveryId}", delivery);
            if let Some(reference) = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
            {
                let schema = CONTRACT.0.pointer(reference.trim_start_matches('#')).unwrap();
                if schema["type"] == "array" {
                    continue;
                }
                let fields: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
                // No field of ours is a list of lists.
                let wrong: Value = fields.iter().map(|name| ((*name).clone(), json!([[]]))).collect();
                let answer = visitor.expect(400, &method, &path, by, Some(wrong));
                let errors = answer["details"]["errors"].as_array().unwrap();
                assert!(errors.iter().all(|error| error["code"] != "unknown_field"), "{method} {path}: {errors:?}");
                for field in fields {
                    let reported = errors.iter().any(|error| {
                        error["pointer"].as_str().is_some_and(|pointer| pointer.split('/').nth(1) == Some(field))
                    });
                    assert!(reported, "{method} {path}: {field} is not read: {errors:?}");
                }
            }
            if path != "/openapi.json" && method == "GET" {
                let named =
                    operation["parameters"].as_array().into_iter().flatten().filter(|named| named["in"] == "query");
                let query: String = named.map(|named| format!("{}=%01&", named["name"].as_str().unwrap())).collect();
                let answer = visitor.expect(400, &method, &format!("{path}?{query}colour=red"), by, None);
                let errors = answer["details"]["errors"].as_array().unwrap();
                let unknown = errors.iter().filter(|error| error["code"] == "unknown_field");
                assert_eq!(unknown.map(|error| &error["parameter"]).collect::<Vec<_>>(), ["colour"], "{method} {path}");
            }
        }
    }
}

#[test]
fn what_creates_keeps_an_idempotency_key_or_refuses_it() {
    let visitor = Visitor::new();
    let owner = people::register(&visitor, "ada@example.com", &json!({}));
    let home = visitor.house.found("Acme");
    let mut refused = 0;
    for (path, item) in CONTRACT.0["paths"].as_object().unwrap() {
        let Some(operation) = item.get("post").filter(|operation| operation["responses"]["201"].is_object()) else {
            continue;
        };
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        if parameters.into_iter().any(|parameter| parameter["name"] == "Idempotency-Key") {
            continue;
        }
        let by = match path {
            path if path.starts_with("/operator") => OPERATOR_TOKEN,
            path if path.starts_with("/v1") => &home.secret,
            _ => &owner.token,
        };
        let path = path.replace("{organizationId}", &owner.organization).replace("{id}", &owner.organization);
        let bearer = format!("Bearer {by}");
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", "x")];
        let answer = visitor.house.request("POST", &path, &headers, "{}");
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{path}");
        assert_eq!(answer.json()["details"]["errors"][0]["parameter"], "Idempotency-Key", "{path}");
        refused += 1;
    }
    assert!(refused >= 6, "{refused}");
}

#[test]
fn the_comparison_notices_what_is_missing_superfluous_or_wrong() {
    let head = |value: Value| CONTRACT.violation("/components/schemas/AuditHead", &value).is_some();
    let hash = "0".repeat(64);
    assert!(!head(json!({ "seq": 1, "hash": hash })));
    for wrong in [
        json!({ "seq": 1 }),
        json!({ "seq": 1, "hash": hash, "more": 1 }),
        json!({ "seq": "1", "hash": hash }),
        json!({ "seq": 1, "hash": "x" }),
    ] {
        assert!(head(wrong.clone()), "{wrong}");
    }
    let session = "/components/schemas/Session/properties";
    assert!(CONTRACT.violation(&format!("{session}/createdAt"), &json!("2026-01-02")).is_some());
    assert!(CONTRACT.violation(&format!("{session}/status"), &json!("asleep")).is_some());
    assert!(CONTRACT.violation(&format!("{session}/environment"), &Value::Null).is_none());
}
