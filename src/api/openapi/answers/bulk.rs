//! What the strings of bulk revocations and of evidence are.

use serde_json::{Value, json};

use super::{one_of, reference};
use crate::api::imports::REASONS;
use crate::domain::evidence::Verdict;
use crate::domain::session::LeakPolicy;

/// What the strings of a member are, if it is one of them.
pub(super) fn text(owner: &str, member: &str) -> Option<Value> {
    Some(match (owner, member) {
        ("BulkKeyBody", "result") => one_of(["revoked", "already_revoked", "not_found", "failed"]),
        // As it was given, so perhaps one that nobody gave out.
        ("BulkKeyBody", "key_id") => json!({ "type": "string" }),
        ("ImportedRowBody", "result") => one_of(["imported", "exists", "invalid"]),
        ("ImportedRowBody", "reason") => one_of(REASONS),
        ("EvidenceBody", "reason") => one_of(Verdict::ALL.map(Verdict::as_str)),
        ("EvidenceBody", "rotated_to") => reference("ApiKeyId"),
        ("EvidenceBody", "counted_since") => super::time(),
        ("SessionBody", "leak_policy") => one_of(LeakPolicy::ALL.map(LeakPolicy::as_str)),
        _ => return None,
    })
}

/// What GitHub is told of the tokens that it has found, in the words of its partner programme.
pub(in crate::api::openapi) fn github_labels() -> Value {
    let label = json!({
        "type": "object",
        "required": ["token_hash", "token_type", "label"],
        "properties": {
            "token_hash": { "type": "string", "description": "SHA-256 of the token, base64." },
            "token_type": { "type": "string", "description": "Its type, as it was named." },
            "label": one_of(["true_positive", "false_positive"]),
        },
    });
    json!({ "type": "array", "items": label, "description": "One for each token, in the order of the report." })
}
