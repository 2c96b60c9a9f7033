//! What an organization can be told about its domains, and what it answers.

use serde::{Deserialize, Serialize};

use crate::domain::caller::Caller;
use crate::domain::domain_name::DomainName;
use crate::domain::id::DomainId;
use crate::domain::owned_domain::{Finding, OnLoss, OwnedDomain};
use crate::domain::tagged::tagged;
use crate::object::Authority;
use crate::organization::protocol::Page;

/// A command about domains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum DomainCommand {
    /// Name a domain, which is to be proven.
    Create { authority: Authority, domain: NewDomain },
    /// A page of domains, the newest first.
    List { caller: Caller, page: Page },
    /// One domain.
    Read { caller: Caller, id: DomainId },
    /// Change a domain.
    Change { authority: Authority, id: DomainId, change: DomainChange },
    /// Give a domain up.
    Delete { authority: Authority, id: DomainId },
    /// Somebody had the proof looked for; the edge has.
    Note { authority: Authority, id: DomainId, finding: Finding },
}
tagged!(DomainCommand);

/// A domain to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewDomain {
    /// The domain.
    pub name: DomainName,
    /// Whether keys may be bound to its subdomains as well.
    pub include_subdomains: bool,
    /// What its loss does.
    pub on_loss: OnLoss,
}

/// What a `PATCH` asks for. What it does not name stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the setting it is named after")]
pub struct DomainChange {
    pub include_subdomains: Option<bool>,
    pub on_loss: Option<OnLoss>,
}

impl DomainChange {
    /// The names of the fields it sets, as the audit log shows them.
    pub fn fields(&self) -> Vec<&'static str> {
        let named = [("includeSubdomains", self.include_subdomains.is_some()), ("onLoss", self.on_loss.is_some())];
        named.into_iter().filter_map(|(name, set)| set.then_some(name)).collect()
    }
}

/// An answer about domains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum DomainReply {
    /// One domain; one that was deleted as it was.
    Domain { domain: Box<OwnedDomain> },
    /// A page of domains.
    Domains { domains: Vec<OwnedDomain>, more: bool },
}
tagged!(DomainReply);
