//! What strings of answers about domains are.

use serde_json::{Value, json};

use super::{id, one_of, reference};
use crate::domain::owned_domain::{DomainStatus, Finding, OnLoss, PROOF};

/// The schema of ids.
pub(super) fn ids() -> [(&'static str, Value); 1] {
    [("DomainId", id("dom", 22))]
}

/// What the strings of a member are; none for members of other answers.
pub(super) fn text(owner: &str, member: &str) -> Option<Value> {
    Some(match (owner, member) {
        ("DomainBody", "id") => reference("DomainId"),
        ("DomainBody", "status") => one_of(DomainStatus::ALL.map(DomainStatus::as_str)),
        ("DomainBody", "on_loss") => one_of(OnLoss::ALL.map(OnLoss::as_str)),
        ("DomainBody", "last_result") => one_of(Finding::ALL.map(Finding::as_str)),
        ("DomainBody", "missing_since") => super::time(),
        ("DomainRecordBody", "type") => json!({ "type": "string", "const": "TXT" }),
        ("DomainRecordBody", "value") => json!({ "type": "string", "pattern": format!("^{PROOF}[0-9A-Za-z]{{22}}$") }),
        _ => return None,
    })
}
