//! What a key has to be good for.

use std::net::IpAddr;

use serde::Serialize;

use crate::words::Environment;

/// What a key has to be good for; an empty one asks only whether it is good at all.
///
/// ```
/// use latchkey_client::Demand;
///
/// let demand = Demand::new().permission("emails:send").domain("example.com").cost(3);
/// assert_eq!(demand.cost, Some(3));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Demand {
    /// The key must have all of them (`resource:action`); at most 64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// The domain it is to act for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The session it must belong to (`ses_…`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The environment it must belong to; `Some(None)` for a session without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Option<Environment>>,
    /// The address it was used from; a key with an `ipAllowList` is refused without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// How much it spends of limits and credits: 1 if absent, at most 1,000,000; 0 spends nothing, and passes all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
    /// Who may decide this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Consistency>,
    /// Words of your own, kept with the verification for a while: at most 20 of 64 characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Who may decide on a key; it can only be narrower than its session allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Consistency {
    /// The authority itself, for this request.
    Strict,
    /// A promise of the authority that lasts a few seconds.
    Leased,
    /// A published record, where the session has one.
    Edge,
}

impl Demand {
    /// Asks whether a key is good at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// It must have this permission too (`resource:action`).
    #[must_use]
    pub fn permission(mut self, permission: impl Into<String>) -> Self {
        self.permissions.push(permission.into());
        self
    }

    /// The domain it is to act for.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// The session it must belong to (`ses_…`).
    #[must_use]
    pub fn session(mut self, id: impl Into<String>) -> Self {
        self.session_id = Some(id.into());
        self
    }

    /// The environment it must belong to; `None` for a session without one.
    #[must_use]
    pub fn environment(mut self, environment: Option<Environment>) -> Self {
        self.environment = Some(environment);
        self
    }

    /// The address it was used from.
    #[must_use]
    pub fn ip(mut self, address: IpAddr) -> Self {
        self.ip = Some(address);
        self
    }

    /// How much it spends of limits and credits; 0 spends nothing.
    #[must_use]
    pub fn cost(mut self, cost: u64) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Who may decide this time.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = Some(consistency);
        self
    }

    /// A word of your own that is kept with the verification.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Whether it says what it spends, so that sending it twice would spend twice.
    pub(crate) fn spends_expressly(&self) -> bool {
        self.cost.is_some_and(|cost| cost > 0)
    }
}
