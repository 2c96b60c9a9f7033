//! What has to be true of every answer, whatever was asked.

use std::panic::{AssertUnwindSafe, catch_unwind};

use latchkey::api::envelope::ALWAYS;
use serde_json::Value;

use super::request::{Draft, Operation};
use super::support::contract::CONTRACT;
use super::support::{PASSWORD, Response};
use super::town::Town;

/// What is wrong with an answer.
pub(crate) fn judge(town: &Town, operation: &Operation, draft: &Draft, response: &Response) -> Option<String> {
    let status = response.status;
    // GitHub is told to come again while nobody knows whether it has signed.
    let may_wait = status == 503 && operation.path == "/v1/leaks/github";
    if status >= 500 && !may_wait {
        return Some(format!("{status}"));
    }
    if response.broken_off {
        return Some("the body breaks off".to_owned());
    }
    envelope(response).or_else(|| echo(town, status, response)).or_else(|| description(draft, response))
}

/// The headers of every answer.
fn envelope(response: &Response) -> Option<String> {
    for (name, value) in ALWAYS {
        let all: Vec<_> = response.headers.get_all(&name).iter().collect();
        if all != [value] {
            return Some(format!("{name}: {all:?}"));
        }
    }
    let id = response.header("x-request-id").unwrap_or_default();
    let is_ours = id.len() == 26 && id.starts_with("req_") && id[4..].bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_ours {
        return Some(format!("x-request-id: {id}"));
    }
    if response.headers.len() > 24 || response.headers.contains_key("x-injected") {
        return Some(format!("headers: {:?}", response.headers));
    }
    let is_error = response.status >= 400 && !response.body.is_empty();
    let named = is_error.then(|| serde_json::from_slice::<Value>(&response.body).ok()).flatten();
    if is_error && named.is_none_or(|body| body["details"]["requestId"] != id) {
        return Some("an error that is not in our shape".to_owned());
    }
    None
}

/// Secrets in the answer.
fn echo(town: &Town, status: u16, response: &Response) -> Option<String> {
    let mut seen: Vec<u8> = response.body.clone();
    for (name, value) in &response.headers {
        seen.extend_from_slice(name.as_str().as_bytes());
        seen.extend_from_slice(value.as_bytes());
        seen.push(b'\n');
    }
    let seen = String::from_utf8_lossy(&seen);
    // What was taken as a name may be shown as one; of a refusal nothing comes back.
    let bait = (status >= 400).then(|| secret_part(&town.bait));
    let credentials = town.credentials().into_iter().map(secret_part);
    let found = credentials.chain(bait).chain([PASSWORD]).find(|secret| seen.contains(secret));
    found.map(|secret| format!("a secret comes back: {secret}"))
}

/// The part of a key or token that nobody else's has.
pub(crate) fn secret_part(text: &str) -> &str {
    let body = text.rsplit('_').next().unwrap();
    body.get(..20).unwrap_or(body)
}

/// What the description shows.
fn description(draft: &Draft, response: &Response) -> Option<String> {
    let target = draft.target();
    let path = target.split('?').next().unwrap();
    // No id is empty: such a path is none of the description's.
    if path.split('/').skip(1).any(str::is_empty) {
        return (!(400..500).contains(&response.status)).then(|| "a path with a hole".to_owned());
    }
    let method = draft.method.to_lowercase();
    let pointer = CONTRACT.template(path).map(|template| format!("/paths/{}/{method}", template.replace('/', "~1")));
    let takes_body = pointer.is_some_and(|pointer| {
        CONTRACT.0.pointer(&pointer).is_some_and(|operation| !operation["requestBody"].is_null())
    });
    let body = if takes_body { String::from_utf8_lossy(&draft.body) } else { "".into() };
    let check = AssertUnwindSafe(|| CONTRACT.check(&draft.method, path, &body, response));
    catch_unwind(check).err().map(|panic| reason(&*panic))
}

/// The message of a panic.
pub(crate) fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").chars().take(1_500).collect()
}
