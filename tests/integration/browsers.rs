//! What the cookie may do on each route, and what a stranger meets on the routes for people.

use serde_json::Value;

use super::support::contract::CONTRACT;
use super::support::house::Home;
use super::support::*;

const OWN: (&str, &str) = ("origin", "https://latchkey.test");
const HOST: (&str, &str) = ("host", "latchkey.test");
const AJAX: (&str, &str) = ("x-requested-with", "fetch");
const COOKIE: (&str, &str) = ("cookie", "theme=dark; __Host-latchkey=lkat_guess");

/// Who calls an operation.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Key,
    Person,
    Operator,
}

/// Every operation that needs a credential: its caller, its method, its path with ids that exist.
fn operations(home: &Home) -> Vec<(By, String, String)> {
    let mut found = Vec::new();
    for (template, item) in CONTRACT.0["paths"].as_object().unwrap() {
        let id = match template {
            path if path.starts_with("/operator") => home.organization.id.to_string(),
            path if path.contains("/sessions") => home.session_id.to_string(),
            _ => home.key_id.to_string(),
        };
        let path = template
            .replace("{organizationId}", home.organization.id.as_str())
            .replace("{id}", &id)
            .replace("{userId}", "usr_none");
        for (method, operation) in item.as_object().unwrap() {
            let Some(scheme) = operation["security"][0].as_object() else { continue };
            let by = match scheme.keys().next().map(String::as_str) {
                Some("accessToken") => By::Person,
                Some("operator") => By::Operator,
                Some(_) => By::Key,
                None => continue,
            };
            found.push((by, method.to_uppercase(), path.clone()));
        }
    }
    assert!(found.iter().filter(|(by, ..)| *by == By::Person).count() >= 17, "people have routes");
    found
}

fn refusal_of(house: &House, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    house.request(method, path, headers, "").refusal()
}

#[test]
fn a_cookie_beside_another_credential_or_twice_is_a_mistake_on_every_route() {
    let house = House::new();
    let home = house.found("Acme");
    let before = house.dump(&[]);
    for (by, method, path) in operations(&home) {
        let good = if by == By::Operator { OPERATOR_TOKEN } else { &home.secret };
        let bearer = format!("Bearer {good}");
        for other in [("authorization", bearer.as_str()), ("x-api-key", good)] {
            let answer = refusal_of(&house, &method, &path, &[HOST, OWN, AJAX, COOKIE, other]);
            assert_eq!(answer, (400, "auth_conflicting_credentials".into()), "{method} {path} {}", other.0);
        }
        let twice = [HOST, OWN, AJAX, COOKIE, ("cookie", "__Host-latchkey=lkat_other")];
        assert_eq!(
            refusal_of(&house, &method, &path, &twice),
            (400, "auth_malformed_header".into()),
            "{method} {path}"
        );
    }
    assert_eq!(house.dump(&[]), before);
}

#[test]
fn the_cookie_alone_is_no_credential_for_keys_and_for_the_operator() {
    let house = House::new();
    let home = house.found("Acme");
    for (_, method, path) in operations(&home).into_iter().filter(|(by, ..)| *by != By::Person) {
        for value in ["lkat_guess", home.secret.as_str(), OPERATOR_TOKEN, ""] {
            let cookie = format!("__Host-latchkey={value}");
            let answer = refusal_of(&house, &method, &path, &[HOST, OWN, AJAX, ("cookie", &cookie)]);
            assert_eq!(answer, (401, "auth_missing_credentials".into()), "{method} {path}");
        }
    }
}

#[test]
fn no_request_with_the_cookie_passes_that_a_page_of_ours_has_not_made() {
    let house = House::new();
    let home = house.found("Acme");
    let before = house.dump(&[]);
    for (_, method, path) in operations(&home).into_iter().filter(|(by, ..)| *by == By::Person) {
        let refused = (403, "csrf_refused".to_owned());
        for foreign in [
            vec![("origin", "https://evil.test"), AJAX],
            vec![("origin", "null"), AJAX],
            vec![("origin", "http://latchkey.test"), AJAX],
            vec![("origin", "https://latchkey.test:8443"), AJAX],
            vec![OWN, OWN, AJAX],
            vec![OWN, ("sec-fetch-site", "cross-site"), AJAX],
            vec![OWN, ("sec-fetch-site", "same-site"), AJAX],
        ] {
            let headers = [&[HOST, COOKIE], foreign.as_slice()].concat();
            assert_eq!(refusal_of(&house, &method, &path, &headers), refused, "{method} {path} {foreign:?}");
        }
        for form in [
            vec![],
            vec![OWN],
            vec![AJAX],
            vec![OWN, ("content-type", "text/plain")],
            vec![OWN, ("content-type", "multipart/form-data; boundary=x")],
            vec![OWN, ("content-type", "application/x-www-form-urlencoded")],
        ] {
            let headers = [&[HOST, COOKIE], form.as_slice()].concat();
            let expected = if method == "GET" { (401, "auth_invalid_key".to_owned()) } else { refused.clone() };
            assert_eq!(refusal_of(&house, &method, &path, &headers), expected, "{method} {path} {form:?}");
        }
        let ours = refusal_of(&house, &method, &path, &[HOST, COOKIE, OWN, AJAX]);
        assert_eq!(ours, (401, "auth_invalid_key".into()), "{method} {path}: a guess, but from our page");
    }
    assert_eq!(house.dump(&[]), before);
}

#[test]
fn a_stranger_learns_nothing_about_organizations() {
    let house = House::new();
    let home = house.found("Acme");
    let (own, calls) = (home.organization.id.to_string(), house.objects.all_calls());
    let bearer = format!("Bearer {}", home.secret);
    for (_, method, path) in operations(&home).into_iter().filter(|(by, ..)| *by == By::Person) {
        for organization in [own.as_str(), "org_none", &format!("org_{}", "A".repeat(19)), "%ff", "x"] {
            let path = path.replace(&own, organization);
            for (headers, code) in [
                (vec![], "auth_missing_credentials"),
                (vec![("x-api-key", home.secret.as_str())], "auth_missing_credentials"),
                (vec![("authorization", bearer.as_str())], "auth_invalid_key"),
                (vec![("authorization", "Bearer lkat_guess")], "auth_invalid_key"),
                (vec![("authorization", "Bearer a b")], "auth_invalid_key"),
            ] {
                let answer = house.request(&method, &path, &headers, "");
                assert_eq!(answer.refusal(), (401, code.to_owned()), "{method} {path} {headers:?}");
                assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "), "{method} {path}");
                assert!(answer.header("set-cookie").is_none());
                let message = answer.json()["message"].as_str().unwrap().to_owned();
                assert!(!message.contains("API key"), "{method} {path}: {message}");
            }
        }
    }
    assert_eq!(house.objects.all_calls(), calls, "and nobody was asked");
}

#[test]
fn no_answer_lets_another_origin_read_it() {
    let house = House::new();
    let home = house.found("Acme");
    let bearer = format!("Bearer {}", home.secret);
    for (_, method, path) in operations(&home) {
        for origin in ["https://latchkey.test", "https://evil.test", "null"] {
            let answer = house.request(&method, &path, &[HOST, ("origin", origin), ("authorization", &bearer)], "");
            let named = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
            assert!(!named, "{method} {path}: {answer:?}");
        }
    }
}

#[test]
fn the_document_says_how_people_prove_themselves() {
    let schemes = &CONTRACT.0["components"]["securitySchemes"];
    assert_eq!(schemes["cookie"]["name"], Value::from("__Host-latchkey"));
    assert_eq!((&schemes["cookie"]["in"], &schemes["accessToken"]["scheme"]), (&"cookie".into(), &"bearer".into()));
}
