//! The committed document is the one that the code describes, and says what such a document has to.

use std::collections::BTreeSet;

use super::*;

const FILE: &str = "docs/openapi.json";

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    operations
}

/// Every operation and every component on a line of its own: small, and a change shows where it is.
fn written(value: &Value, levels: u32) -> String {
    let Some(members) = value.as_object().filter(|_| levels > 0) else { return value.to_string() };
    let line = |(name, member): (&String, &Value)| format!("\"{name}\":{}", written(member, levels - 1));
    format!("{{\n{}\n}}", members.iter().map(line).collect::<Vec<_>>().join(",\n"))
}

#[test]
fn the_committed_openapi_document_is_the_one_the_code_describes() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let described = written(&document(), 3) + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &described).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == described, "{FILE} is out of date: UPDATE_OPENAPI=1 cargo test openapi");
}

#[test]
fn every_route_is_an_operation_of_openapi_and_the_other_way_round() {
    let documented: BTreeSet<_> = operations(&document()).into_iter().map(|(method, path, _)| (method, path)).collect();
    let routed: BTreeSet<_> = source::routes().into_iter().map(|(method, path, _)| (method, path)).collect();
    assert_eq!(documented, routed);
    let handlers: BTreeSet<_> = source::routes().into_iter().map(|(.., handler)| handler).collect();
    assert_eq!(handlers, OPERATIONS.iter().map(|operation| operation.handler.to_owned()).collect());
    assert_eq!(handlers.len(), OPERATIONS.len(), "no handler is described twice");
    assert!(routed.len() >= 78, "the table of routes was not read to its end");
}

#[test]
fn every_openapi_operation_names_its_caller_or_is_public() {
    let source = Source::read();
    for (method, path, operation) in operations(&document()) {
        let open = operation["security"].as_array().unwrap().is_empty();
        let visited = source::routes().into_iter().any(|(by, at, handler)| {
            (by, at) == (method.clone(), path.clone()) && source.handlers[&handler].takes("Visitor")
        });
        assert_eq!(open, visited || PUBLIC.contains(&path.as_str()), "{method} {path}");
        let by_operator = operation["security"][0].get("operator").is_some();
        assert_eq!(by_operator, path.starts_with("/operator/"), "{method} {path}");
        let by_people = operation["security"][0].get("accessToken").is_some();
        let of_people = path.starts_with("/auth/") || path.starts_with("/organizations");
        assert_eq!(by_people, of_people && !open, "{method} {path}");
    }
}

#[test]
fn keys_and_members_have_the_same_operations_in_openapi() {
    let document = document();
    let names = |operation: &Value| -> Vec<Value> {
        operation["parameters"].as_array().into_iter().flatten().map(|named| named["name"].clone()).collect()
    };
    let mut doubled = 0;
    for route in source::routes() {
        let Some(twin) = source::twin(&source::routes(), &route) else { continue };
        let (method, path, _) = route;
        let (ours, theirs) = (&document["paths"][&path][&method], &document["paths"][&twin][&method]);
        assert_eq!(ours["operationId"], format!("{}AsMember", theirs["operationId"].as_str().unwrap()));
        assert_eq!(ours["requestBody"], theirs["requestBody"], "{method} {path}");
        assert_eq!(names(ours), [vec!["organizationId".into()], names(theirs)].concat(), "{method} {path}");
        doubled += 1;
    }
    assert!(doubled >= 17, "{doubled}");
}

#[test]
fn no_member_is_refused_for_a_key_in_openapi() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap().values();
        let references = responses.filter_map(|response| response["$ref"].as_str());
        let listed = references.flat_map(|reference| {
            document.pointer(reference.trim_start_matches('#')).unwrap()["x-codes"].as_array().unwrap()
        });
        let listed: BTreeSet<&str> = listed.map(|code| code.as_str().unwrap()).collect();
        let members = path.starts_with(MEMBERS);
        for (code, expected) in [
            ("insufficient_role", members),
            ("csrf_refused", operation["security"].to_string().contains("cookie") || path.starts_with("/auth/")),
        ] {
            assert_eq!(listed.contains(code), expected, "{method} {path}: {code}");
        }
        assert!(!members || listed.contains("organization_not_found"), "{method} {path}");
        let of_keys = ["auth_key_revoked", "forbidden_ip", "insufficient_permissions", "outside_reach"];
        assert!(!members || of_keys.iter().all(|code| !listed.contains(code)), "{method} {path}: {listed:?}");
    }
}

#[test]
fn no_openapi_credential_stands_in_a_query() {
    let document = document();
    for scheme in document["components"]["securitySchemes"].as_object().unwrap().values() {
        assert_ne!(scheme["in"], "query");
    }
    for (method, path, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let is_credential = super::super::query::holds_credential(&format!("{name}=x"));
            assert!(parameter["in"] != "query" || !is_credential, "{method} {path}: {name}");
        }
    }
}

#[test]
fn openapi_operations_have_names_and_sentences() {
    let mut ids = BTreeSet::new();
    assert!(!document().to_string().contains("Debug"), "clients are told what is for us");
    for (method, path, operation) in operations(&document()) {
        assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}");
        assert!(operation["summary"].as_str().unwrap().len() > 10, "{method} {path}");
        assert!(TAGS.iter().any(|(tag, _)| operation["tags"][0] == *tag), "{method} {path}");
    }
}

#[test]
fn every_error_code_of_openapi_belongs_to_a_response() {
    let document = document();
    let responses = document["components"]["responses"].as_object().unwrap().values();
    let listed: Vec<_> = responses.flat_map(|response| response["x-codes"].as_array().unwrap()).collect();
    let all: Vec<Value> = Code::ALL.iter().map(|code| code.as_str().into()).collect();
    assert_eq!(document["components"]["schemas"]["Error"]["properties"]["code"]["enum"], Value::Array(all.clone()));
    // The first two answer verifications with a body, and the gateway; the others the gateway, which is no operation.
    let never = [
        "wrong_session",
        "wrong_environment",
        "origin_forbidden",
        "origin_unreachable",
        "origin_timeout",
        "gateway_loop",
    ];
    let missing = all.iter().filter_map(Value::as_str).filter(|code| !listed.iter().any(|listed| listed == code));
    assert_eq!(missing.collect::<Vec<_>>(), never);
}

#[test]
fn no_field_is_read_that_openapi_does_not_show() {
    let mut read = BTreeSet::new();
    for call in ["required", "optional", "given", "nullable"].map(|how| format!("fields.{how}(\"")) {
        let calls = source::FILES.iter().flat_map(|(_, source)| source.split(&call).skip(1));
        read.extend(calls.map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    let mut shown = BTreeSet::new();
    for schema in requests::schemas().values() {
        let properties = &schema["properties"];
        let (plan, credits, limit) = (&properties["plan"], &properties["credits"], &properties["rateLimits"]["items"]);
        let (outcome, environments) = (&properties["outcomes"]["items"], &properties["environments"]);
        let row = &properties["keys"]["items"];
        let (refill, filter) = (&credits["properties"]["refill"], &properties["filter"]);
        for holder in [schema, plan, credits, refill, limit, outcome, environments, filter, row] {
            shown.extend(holder["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        }
    }
    assert_eq!(read, shown);
}
