//! Domains as clients read them, and what they send about them.

use serde::Serialize;

use super::fields::plain::{boolean, one_of, text};
use super::fields::values::domain;
use super::fields::{FieldCode, FieldError, Fields};
use super::json::Json;
use super::key_body::{ActorBody, time};
use super::keys::in_force;
use super::problem::Problem;
use crate::app::Outcome;
use crate::domain::domain_name::DomainName;
use crate::domain::owned_domain::{Finding, NAME_CHARACTERS_MAX, OnLoss, OwnedDomain};
use crate::domain::timestamp::Timestamp;
use crate::organization::domains::protocol::{DomainChange, NewDomain};

/// A domain of an organization.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DomainBody {
    /// The id of the domain.
    id: String,
    /// The domain, in lower-case ASCII.
    domain: String,
    /// Whether it is `pending`, `verified` or `lost`.
    status: &'static str,
    /// Whether keys may be bound to its subdomains as well.
    include_subdomains: bool,
    /// What its loss does to keys that are bound to it.
    on_loss: &'static str,
    /// What has to stand in the DNS.
    record: DomainRecordBody,
    /// When it was verified last.
    verified_at: Option<String>,
    /// When it was lost; null if it is not.
    lost_at: Option<String>,
    /// When the record was looked for last.
    last_checked_at: Option<String>,
    /// What came of it: `found`, `missing`, or `unknown` where the DNS could not be asked.
    last_result: Option<&'static str>,
    /// Since when the record is missing; null while it is there.
    missing_since: Option<String>,
    /// When it is looked for next without being asked; null before it was ever found.
    next_check_at: Option<String>,
    /// Who named it.
    created_by: ActorBody,
    /// When it was named.
    created_at: String,
    /// When its settings or its status last changed.
    updated_at: String,
}

/// A record of the DNS that proves a domain.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DomainRecordBody {
    /// Its type, `TXT`.
    r#type: &'static str,
    /// Under which name it has to stand.
    name: String,
    /// What it has to say.
    value: String,
}

/// A domain after a change, with the moment from which nobody acts on the state before.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangedDomainBody {
    /// The record.
    #[serde(flatten)]
    record: DomainBody,
    /// From when on the change is in force everywhere.
    effective_at: String,
}

impl DomainBody {
    /// Writes the record.
    pub(super) fn new(domain: &OwnedDomain) -> Self {
        let proof = domain.proof();
        Self {
            id: domain.id.to_string(),
            domain: domain.name.to_string(),
            status: domain.status.as_str(),
            include_subdomains: domain.include_subdomains,
            on_loss: domain.on_loss.as_str(),
            record: DomainRecordBody { r#type: "TXT", name: proof.name, value: proof.text },
            verified_at: time(domain.verified_at),
            lost_at: time(domain.lost_at),
            last_checked_at: time(domain.checked_at),
            last_result: domain.finding.map(Finding::as_str),
            missing_since: time(domain.missing_since),
            next_check_at: time(domain.due_at),
            created_by: ActorBody::new(&domain.created_by),
            created_at: domain.created_at.to_string(),
            updated_at: domain.updated_at.to_string(),
        }
    }
}

impl ChangedDomainBody {
    /// Writes the record after a change that was answered at `now`.
    pub(super) fn new(outcome: &Outcome<OwnedDomain>, now: Timestamp) -> Self {
        let committed_at = outcome.reply.updated_at.min(now);
        Self { record: DomainBody::new(&outcome.reply), effective_at: in_force(outcome, committed_at) }
    }
}

/// Reads the body of a new domain.
pub(super) fn new_domain(json: &Json) -> Result<NewDomain, Problem> {
    let mut fields = Fields::of(json);
    let name = fields.required("domain", text(provable));
    let include_subdomains = fields.optional("includeSubdomains", boolean).unwrap_or(false);
    let on_loss = fields.optional("onLoss", text(on_loss)).unwrap_or_default();
    Ok(fields.finish_with(|| Some(NewDomain { name: name?, include_subdomains, on_loss }))?)
}

/// Reads the body of a change.
pub(super) fn domain_change(json: &Json) -> Result<DomainChange, Problem> {
    let mut fields = Fields::of(json);
    fields.at_least_one();
    let change = DomainChange {
        include_subdomains: fields.given("includeSubdomains", boolean),
        on_loss: fields.given("onLoss", text(on_loss)),
    };
    fields.finish()?;
    Ok(change)
}

/// A domain that leaves room for the label of the record.
fn provable(text: &str) -> Result<DomainName, FieldError> {
    let name = domain(text)?;
    if name.as_str().len() > NAME_CHARACTERS_MAX {
        return Err(FieldError::new(FieldCode::TooLong, "must leave room for the label of its record"));
    }
    Ok(name)
}

fn on_loss(word: &str) -> Result<OnLoss, FieldError> {
    one_of(&OnLoss::ALL.map(|on_loss| (on_loss.as_str(), on_loss)))(word)
}
