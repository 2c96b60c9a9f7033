//! The responses of errors: one component for every set of codes that share a status.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answers::reference;
use crate::api::problem::Code;

/// The header fields of limits.
pub(super) const LIMIT_HEADERS: [&str; 2] = ["RateLimit", "RateLimit-Policy"];

/// The components that operations have referred to so far.
#[derive(Default)]
pub(super) struct Refusals(BTreeMap<String, Value>);

impl Refusals {
    /// References to the responses for these codes, by status.
    pub(super) fn responses(&mut self, operation: &str, codes: &[Code]) -> Map<String, Value> {
        let mut statuses: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in Code::ALL.iter().copied().filter(|code| codes.contains(code)) {
            statuses.entry(code.status().as_u16()).or_default().push(code);
        }
        if codes.contains(&Code::UsageExceeded) {
            // The gate answers limits with 403 on demand (`on_limit`).
            statuses.entry(403).or_default().extend([
                Code::AuthTooManyFailures,
                Code::RateLimited,
                Code::UsageExceeded,
            ]);
        }
        statuses
            .into_iter()
            .map(|(status, codes)| (status.to_string(), self.response(operation, status, &codes)))
            .collect()
    }

    /// All of them, with the two that belong to no operation.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        for code in [Code::NotFound, Code::MethodNotAllowed] {
            self.response("", code.status().as_u16(), &[code]);
        }
        self.0.into_iter().collect()
    }

    /// The same codes are the same component. It is named by them, or, if they are many, by who needed it first.
    fn response(&mut self, operation: &str, status: u16, codes: &[Code]) -> Value {
        let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        let known = self.0.iter().find(|(name, known)| named_for(name, status) && known["x-codes"] == json!(words));
        let name = match known {
            Some((name, _)) => name.clone(),
            None if words.len() > 3 => format!("{status}.{operation}"),
            None => format!("{status}.{}", words.join(".")),
        };
        self.0.entry(name.clone()).or_insert_with(|| component(status, codes, &words));
        json!({ "$ref": format!("#/components/responses/{name}") })
    }
}

fn named_for(name: &str, status: u16) -> bool {
    name.starts_with(&format!("{status}."))
}

fn component(status: u16, codes: &[Code], words: &[&str]) -> Value {
    let lines = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.default_message()));
    let mut headers = vec!["x-request-id"];
    if [401, 403].contains(&status) || codes.contains(&Code::AuthMalformedHeader) {
        headers.push("WWW-Authenticate");
    }
    let limits = codes.contains(&Code::RateLimited);
    if [429, 503].contains(&status) || limits || codes.contains(&Code::IdempotencyInFlight) {
        headers.push("Retry-After");
    }
    if limits {
        headers.extend(LIMIT_HEADERS);
    }
    if status == 401 && codes.contains(&Code::AuthInvalidKey) && !codes.contains(&Code::AuthKeyRevoked) {
        // A cookie whose sign-in has ended is taken away.
        headers.push("Set-Cookie");
    }
    if status == 405 {
        headers.push("Allow");
    }
    json!({
        "description": lines.collect::<Vec<_>>().join("\n"),
        "headers": header_references(&headers),
        "content": {
            "application/json": { "schema": reference("Error") },
            "application/problem+json": { "schema": reference("Problem") },
        },
        "x-codes": words,
    })
}

/// References to headers.
pub(super) fn header_references(names: &[&str]) -> Map<String, Value> {
    let named =
        names.iter().map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })));
    named.collect()
}

/// All headers that answers have, successes and refusals.
pub(super) fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "x-request-id": {
            "description": "Names the request; the same as `details.requestId` of an error.",
            "schema": { "type": "string", "pattern": "^req_[0-9A-Za-z]{22}$" },
        },
        "Location": text("The path of what was created."),
        "Set-Cookie": text("The access token for browsers, if `cookie` was asked for; or the end of it."),
        "Content-Disposition": text("The name of the file to keep it in."),
        "Link": text("The next page (`rel=\"next\"`), when a bare array does not hold all rows."),
        "WWW-Authenticate": text("The challenge of RFC 6750, with the permission that was missing."),
        "Allow": text("The methods that the path has."),
        "Preference-Applied": text("`respond-async`, if the answer came before the end because of it (RFC 7240)."),
        "RateLimit": text(
            "The limit to look out for (draft-ietf-httpapi-ratelimit-headers-10): `r` is left, and in `t` seconds there is \
             more; if there are any limits.",
        ),
        "Server-Timing": text(
            "Who has decided, and what was waited for (ms): `kv` and `do` (objects), each only if it was.",
        ),
        "latchkey-key-id": text("The id of the key, if `identity=headers` was asked for."),
        "latchkey-session-id": text("The session that it is a credential of, likewise."),
        "latchkey-organization-id": text("The organization that it belongs to, likewise."),
        "latchkey-environment": text("The environment of its session, likewise; empty if it has none."),
        "latchkey-external-id": text("Its `externalId`, percent-encoded as UTF-8, likewise; empty if it has none."),
        "RateLimit-Policy": text("The same limit: `q` within `w` seconds."),
        "Retry-After": {
            "description": "After how many seconds another try makes sense; absent if a limit never lets the request pass.",
            "schema": { "type": "integer", "minimum": 1 },
        },
    })
}
