//! What `docs/openapi.json` promises: every answer that any test gets is compared with it, by a validator that is
//! not ours (JSON Schema, draft 2020-12).
//!
//! Objects are closed before the comparison, so a member that the document does not show is a failure too.

use std::cell::RefCell;
use std::sync::LazyLock;

use boon::{Compiler, Draft, Schemas};
use serde_json::Value;

use super::http::Response;

const BASE: &str = "https://latchkey.test/openapi.json";

/// The committed document.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let mut document = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
    close(&mut document);
    Contract(document)
});

thread_local! {
    /// What has been compiled of the document: a schema is needed many times in a test.
    static COMPILED: RefCell<(Schemas, Compiler)> = RefCell::new({
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource(BASE, CONTRACT.0.clone()).unwrap();
        (Schemas::new(), compiler)
    });
}

/// A description of the API, its objects closed.
pub struct Contract(pub Value);

impl Contract {
    /// The path of the document that a request's path belongs to.
    pub fn template(&self, path: &str) -> Option<&str> {
        let path = path.split('?').next().unwrap();
        let fits = |template: &&String| {
            let (ours, theirs) = (template.split('/'), path.split('/'));
            template.matches('/').count() == path.matches('/').count()
                && ours.zip(theirs).all(|(ours, theirs)| ours == theirs || ours.starts_with('{'))
        };
        self.0["paths"].as_object().unwrap().keys().find(fits).map(String::as_str)
    }

    /// Compares a request and its answer with the document.
    pub fn check(&self, method: &str, path: &str, body: &str, response: &Response) {
        let method = method.to_lowercase();
        let template = self.template(path);
        let operation = template.map(|template| format!("/paths/{}/{method}", escaped(template)));
        let operation = operation.filter(|pointer| self.0.pointer(pointer).is_some());
        let shown = format!("{method} {path}: {response:?}");
        match operation {
            Some(operation) => {
                self.check_request(&operation, body, response.status, &shown);
                self.check_response(&format!("{operation}/responses/{}", response.status), response, &shown);
            }
            // HEAD is answered like GET, without a body.
            None if method == "head" => {}
            None if response.status == 405 => {
                self.check_response("/components/responses/405.method_not_allowed", response, &shown);
            }
            None => assert!(response.status >= 400, "undocumented: {shown}"),
        }
    }

    /// What the service takes, the document allows.
    fn check_request(&self, operation: &str, body: &str, status: u16, shown: &str) {
        if body.is_empty() || status >= 400 {
            return;
        }
        let schema = format!("{operation}/requestBody/content/application~1json/schema");
        let violation = self.violation(&schema, &serde_json::from_str(body).unwrap());
        assert_eq!(violation, None, "the document forbids {body}: {shown}");
    }

    fn check_response(&self, pointer: &str, response: &Response, shown: &str) {
        let documented = self.0.pointer(pointer).unwrap_or_else(|| panic!("undocumented status: {shown}"));
        let pointer = documented["$ref"].as_str().map_or(pointer, |reference| reference.trim_start_matches('#'));
        let documented = self.0.pointer(pointer).unwrap();
        let body = match response.header("content-type") {
            _ if response.body.is_empty() => Value::Null,
            // Lines of JSON are described as the text that they are.
            Some("application/x-ndjson" | "application/toml") => {
                String::from_utf8(response.body.clone()).unwrap().into()
            }
            _ => response.json(),
        };
        if let Some(codes) = documented["x-codes"].as_array() {
            assert!(codes.contains(&body["code"]), "undocumented code: {shown}");
        }
        let headers = documented["headers"].as_object().unwrap();
        for name in [
            "x-request-id",
            "location",
            "link",
            "set-cookie",
            "retry-after",
            "www-authenticate",
            "allow",
            "ratelimit",
            "ratelimit-policy",
            "preference-applied",
        ] {
            let known = headers.keys().any(|header| header.eq_ignore_ascii_case(name));
            assert!(known || response.header(name).is_none(), "undocumented {name}: {shown}");
        }
        // A limit that never lets the request pass, however long one waits.
        let is_hopeless = body["details"].get("retryAfterMs").is_some_and(Value::is_null);
        for (name, needed) in [
            ("x-request-id", true),
            ("location", response.status == 201),
            ("www-authenticate", response.status == 401),
            ("retry-after", [429, 503].contains(&response.status) && !is_hopeless),
            ("allow", response.status == 405),
        ] {
            assert!(!needed || response.header(name).is_some(), "no {name}: {shown}");
        }
        if documented["content"].is_null() {
            assert!(response.body.is_empty() && response.header("content-type").is_none(), "a body: {shown}");
            return;
        }
        let media_type = response.header("content-type").unwrap().replace('/', "~1");
        assert_eq!(self.violation(&format!("{pointer}/content/{media_type}/schema"), &body), None, "{shown}");
    }

    /// What is wrong with a value by the schema at a pointer of the document.
    pub fn violation(&self, pointer: &str, value: &Value) -> Option<String> {
        let location = format!("{BASE}#{}", pointer.replace('{', "%7B").replace('}', "%7D"));
        COMPILED.with_borrow_mut(|(schemas, compiler)| {
            let schema = compiler.compile(&location, schemas).unwrap();
            schemas.validate(value, schema).err().map(|error| format!("{error:#}"))
        })
    }
}

/// Lets no object have members that the document does not show.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(elements) => elements.iter_mut().for_each(close),
        Value::Object(members) => {
            members.values_mut().for_each(close);
            // A schema of an object, not an object that happens to have a member called `properties`.
            if members.contains_key("type") && members.get("properties").is_some_and(Value::is_object) {
                members.entry("additionalProperties").or_insert(false.into());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}
