//! The request behind a command, for the audit log: it travels beside the members of the command, as one more member.
//!
//! So no command has to know of it, and an object of the version before passes over it. A message that waits in an outbox
//! can name the request that it goes back to as well.

use serde::Deserialize;

use crate::domain::audit::Trace;

#[derive(Deserialize)]
struct Beside {
    #[serde(default)]
    trace: Option<Trace>,
}

/// An encoded command that names the request behind it, if there is one.
#[must_use]
pub fn name(mut request: Vec<u8>, trace: Option<&Trace>) -> Vec<u8> {
    if let Some(trace) = trace.and_then(|trace| serde_json::to_vec(trace).ok())
        && request.ends_with(b"}")
    {
        request.pop();
        request.extend_from_slice(b",\"trace\":");
        request.extend(trace);
        request.push(b'}');
    }
    request
}

/// The request behind an encoded command, if it is named.
#[must_use]
pub fn named(request: &[u8]) -> Option<Trace> {
    serde_json::from_slice::<Beside>(request).ok()?.trace
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::OrganizationId;
    use crate::session::protocol::Command;

    #[test]
    fn a_command_names_the_request_behind_it_and_reads_as_before() {
        let trace = Trace { request_id: "req_\"1".to_owned(), ip: "::1".parse().ok(), ..Trace::default() };
        let bare = serde_json::to_vec(&Command::Erase).unwrap();
        let request = name(bare.clone(), Some(&trace));
        assert_eq!(named(&request), Some(trace));
        assert_eq!(serde_json::from_slice::<Command>(&request).unwrap(), Command::Erase);
        assert_eq!((named(&bare), name(bare.clone(), None)), (None, bare));
    }

    #[test]
    fn what_a_client_writes_into_a_command_is_no_trace() {
        let organization = OrganizationId::from_trusted("\"},\"trace\":{\"request_id\":\"req_2\"}}".to_owned());
        let inner = serde_json::json!({ "command": "x", "metadata": { "a": 1, "trace": { "request_id": "req_3" } }, "id": organization });
        assert_eq!(named(inner.to_string().as_bytes()), None);
    }
}
