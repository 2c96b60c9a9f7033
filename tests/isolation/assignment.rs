//! Mass assignment: whatever answers show, no request sets that is not documented to; and each route does its work for who
//! may, with the very request that the matrix sends about others. A case that never works would show nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::callers::Caller;
use crate::examples;
use crate::party::{Party, made};
use crate::places::{Kind, Route, routes, walk};
use crate::shots::Shot;
use crate::support::contract::CONTRACT;
use crate::support::*;
use crate::watch::{CALLS, Watch};
use crate::{figure, full};

/// Of this many requests the quick form sends one, and the first with each field.
const SAMPLED: usize = 7;

/// Stands for a value that nobody may bring in.
const MARK: &str = "smuggled-in-by-somebody";

/// The names of all fields that any answer shows.
fn shown() -> BTreeSet<String> {
    let mut found = Vec::new();
    for route in routes() {
        for (status, answer) in route.operation["responses"].as_object().unwrap() {
            if status.starts_with('2') {
                walk(&answer["content"]["application/json"]["schema"], "", &mut found);
            }
        }
    }
    found.iter().map(|pointer| pointer.rsplit('/').next().unwrap().to_owned()).filter(|name| name != "0").collect()
}

/// Who may call a route.
fn whoever_may(route: &Route, party: &Party) -> Caller {
    let scheme = route.operation["security"][0].as_object().and_then(|scheme| scheme.keys().next());
    let credential = match scheme.map(String::as_str) {
        None => "",
        Some("operator") => OPERATOR_TOKEN,
        Some("accessToken") => &party.owner.token,
        Some("bearer") => &party.owner.key,
        Some(other) => panic!("{}: whose is {other}?", route.shown()),
    };
    Caller { who: "whoever may".to_owned(), credential: credential.to_owned(), in_session: false }
}

/// The objects in a body whose fields the description names: their pointers, and the names.
fn objects(schema: &Value) -> Vec<(String, BTreeSet<String>)> {
    let mut fields = Vec::new();
    walk(schema, "", &mut fields);
    let mut objects: Vec<(String, BTreeSet<String>)> = Vec::new();
    for field in fields {
        let (above, name) = field.rsplit_once('/').unwrap();
        match objects.iter_mut().find(|(pointer, _)| pointer == above) {
            Some((_, names)) => {
                names.insert(name.to_owned());
            }
            None => objects.push((above.to_owned(), [name.to_owned()].into())),
        }
    }
    objects
}

/// A body with one more field in an object of it.
fn with_field(body: &Value, object: &str, name: &str) -> Value {
    let mut body = body.clone();
    let mut at = &mut body;
    for part in object.split('/').skip(1) {
        at = if part == "0" {
            if !at.is_array() {
                *at = json!([{}]);
            }
            &mut at[0]
        } else {
            if !at.is_object() {
                *at = json!({});
            }
            &mut at[part]
        };
    }
    if !at.is_object() {
        *at = json!({});
    }
    at[name] = json!(MARK);
    body
}

#[test]
fn no_field_of_an_answer_can_be_sent_where_it_is_not_documented() {
    let house = House::new();
    let party = Party::settle(&house, "ours");
    let shown = shown();
    assert!(shown.len() > 150, "{}", shown.len());
    let mut watch = Watch::of(&house, &CALLS, |_| true);
    let (mut tried, mut taking, mut number) = (0, 0, 0);
    let mut met = BTreeSet::new();
    for route in routes() {
        let Some((name, schema)) = route.body() else { continue };
        // GitHub's, and signed: what it adds to it is not refused.
        if name == "GithubLeaks" {
            continue;
        }
        taking += 1;
        let caller = whoever_may(&route, &party);
        let shot = Shot::at(&route, &party);
        for (object, known) in objects(schema) {
            for field in shown.iter().filter(|field| !known.contains(*field)) {
                number += 1;
                if !met.insert(field) && !full() && number % SAMPLED != 0 {
                    continue;
                }
                let body = with_field(&shot.body, &object, field);
                let response = Shot { body, ..shot.clone() }.send(&house, &caller);
                let what = format!("{} {object}/{field}", route.shown());
                assert_eq!(response.refusal(), (400, "invalid_request".to_owned()), "{what}: {response:?}");
                let errors = response.json()["details"]["errors"].clone();
                let expected = json!(format!("{object}/{field}"));
                let named = errors.as_array().unwrap().iter();
                // Or the object does not belong there at all.
                let mut named = named.filter(|error| {
                    let is_whole = error["code"] == "conflict" && !object.is_empty() && error["pointer"] == object;
                    is_whole || (error["code"] == "unknown_field" && error["pointer"] == expected)
                });
                assert!(named.next().is_some(), "{what}: {errors}");
                watch.is_unchanged(&what);
                tried += 1;
            }
        }
    }
    watch.is_all_unchanged("mass assignment");
    assert!(taking >= 40, "{taking}");
    assert!(met.len() == shown.len(), "{} of {} fields tried", met.len(), shown.len());
    figure("fields of answers tried in bodies", shown.len(), "fields");
    figure("requests with a field that is not documented", tried, "requests");
}

/// The order in which one party can do everything: what ends something comes last.
fn rank(route: &Route) -> usize {
    let by_method = ["GET", "PATCH", "POST", "DELETE"].iter().position(|method| *method == route.method).unwrap();
    let last = ["/transfer", "/auth/password", "/auth/logout"].iter().position(|end| route.template.ends_with(end));
    // Below something before the thing itself.
    let depth = 9 - route.template.matches('/').count();
    by_method * 100 + depth + last.map_or(0, |place| (place + 1) * 1_000)
}

/// What of these does not answer a success, and why that shows the same: it was found, and it is of the caller's own.
const OTHERWISE: [(&str, u16); 9] = [
    ("POST /auth/password", 403),
    ("POST /auth/invitations/accept", 409),
    ("POST /auth/password/forgot", 409),
    ("POST /auth/password/reset", 400),
    ("POST /auth/totp/confirm", 409),
    ("POST /auth/totp/recovery_codes", 409),
    ("DELETE /auth/totp", 409),
    ("DELETE /operator/users/{userId}/totp", 409),
    ("POST /v1/leaks/github", 400),
];

#[test]
fn what_the_matrix_sends_works_for_who_may_and_takes_nothing_from_a_body_that_is_not_documented() {
    let smuggled: Value =
        shown().into_iter().map(|field| (field, json!(MARK))).collect::<serde_json::Map<_, _>>().into();
    let (mut seen, mut wrong) = (0, Vec::new());
    for mount in ["/v1", "/organizations", "/auth", "/operator", "/"] {
        let house = House::new();
        let mut all: Vec<_> = routes();
        all.retain(|route| match mount {
            "/" => ["/v1", "/organizations", "/auth", "/operator"].iter().all(|at| !route.template.starts_with(at)),
            _ => route.template.starts_with(mount),
        });
        all.sort_by_key(rank);
        let mut party = Party::settle(&house, "ours");
        for route in all {
            if route.template.ends_with("/transfer") || route.shown() == "DELETE /organizations/{organizationId}" {
                let name = if route.method == "POST" { "handed" } else { "ended" };
                party = Party::settle(&house, name);
            }
            let mut shot = Shot::at(&route, &party);
            // What has been found in public ends here.
            if route.template == "/v1/keys/report-leak" {
                let key = made(&house, &party.owner.key, "POST", "/v1/api_keys", &json!({ "name": "Leaked" }));
                shot.body["key"] = key["key"].clone();
            }
            let takes_none = route.body().is_none() && route.writes();
            if takes_none {
                shot.body = smuggled.clone();
            }
            let response = shot.sent(&house, &whoever_may(&route, &party));
            let otherwise = OTHERWISE.iter().find(|(shown, _)| *shown == route.shown()).map(|(_, status)| *status);
            let works = otherwise.map_or((200..300).contains(&response.status), |status| status == response.status);
            if !works {
                wrong.push(format!(
                    "{}: {} {}",
                    route.shown(),
                    response.status,
                    String::from_utf8_lossy(&response.body)
                ));
            }
            if takes_none {
                assert!(!String::from_utf8_lossy(&response.body).contains(MARK), "{}: {response:?}", route.shown());
                assert!(!house.dump(&[]).contains(MARK), "{}", route.shown());
            }
            seen += 1;
        }
    }
    let documented: usize =
        CONTRACT.0["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(seen, documented);
}

#[test]
fn an_idempotency_key_of_theirs_is_another_one_of_ours() {
    let house = House::new();
    let (theirs, ours) = (Party::settle(&house, "zanzibar"), Party::settle(&house, "ours"));
    let mut compared = 0;
    for route in routes().into_iter().filter(Route::is_idempotent) {
        let header = ("idempotency-key".to_owned(), "one-text-for-everybody".to_owned());
        let answers = [&theirs, &ours].map(|party| {
            let mut shot = Shot::at(&route, party);
            // A fresh key, as one is rotated once.
            if route.template.ends_with("/rotate") {
                let fresh = made(&house, &party.owner.key, "POST", "/v1/api_keys", &json!({ "name": "Fresh" }));
                shot.path = shot.path.replace(&party.ids[&Kind::ApiKey], fresh["id"].as_str().unwrap());
            }
            shot.headers.push(header.clone());
            let response = shot.send(&house, &whoever_may(&route, party));
            assert!(response.status < 300, "{}: {response:?}", route.shown());
            response.json()
        });
        let [theirs, ours] = &answers;
        for field in ["id", "key", "sessionId", "organizationId"] {
            assert!(theirs[field].is_null() || theirs[field] != ours[field], "{} {field}: {ours}", route.shown());
        }
        compared += 1;
    }
    assert_eq!(compared, 8);
}
