//! What a verification asks for, and what it answers.

use std::sync::Arc;

use super::leases::Background;
use crate::domain::api_key::ApiKey;
use crate::domain::caller::Caller;
use crate::domain::consistency::Mode;
use crate::domain::id::VerificationId;
use crate::domain::lease::book::{Decision, Inquiry};
use crate::domain::rate_limit::LimitUse;
use crate::domain::session::{OrganizationStatus, SessionStatus};
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::{Origin, Seen};
use crate::domain::verification::{Check, Code, Demand, Outcome as CheckOutcome, Spent, Standing, explain};

/// A verification to make.
#[derive(Debug)]
pub struct VerifyKey {
    /// What the key is wanted for.
    pub demand: Demand,
    /// Whether to write down the checks; it spends nothing then.
    pub explain: bool,
    /// Whether to leave no trace and to spend nothing.
    pub dry_run: bool,
    /// How many tokens and credits it costs.
    pub cost: u32,
    /// Who may decide, at most. What the session allows is not widened by it.
    pub mode: Mode,
    /// Where it comes from.
    pub origin: Origin,
    /// The caller's own words for it.
    pub tags: Vec<String>,
    /// Takes what goes on after the answer.
    pub background: Background,
}

impl Default for VerifyKey {
    fn default() -> Self {
        Self {
            demand: Demand::default(),
            explain: false,
            dry_run: false,
            cost: 1,
            mode: Mode::Edge,
            origin: Origin::default(),
            tags: Vec::new(),
            background: Background::default(),
        }
    }
}

impl VerifyKey {
    /// Whether it is asked only to be seen.
    pub(super) fn is_dry(&self) -> bool {
        self.dry_run || self.explain
    }

    pub(super) fn inquiry<'a>(&'a self, caller: Option<&'a Caller>) -> Inquiry<'a> {
        Inquiry { demand: &self.demand, caller, cost: Some(self.cost), mode: self.mode }
    }

    /// How it is counted.
    pub(super) fn seen(&self, id: &VerificationId, code: Code, now: Timestamp) -> Seen {
        Seen {
            id: id.clone(),
            at: now,
            code,
            cost: self.cost,
            origin: self.origin.clone(),
            ip: self.demand.ip,
            tags: self.tags.clone(),
        }
    }
}

/// Who has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The authority, for this request; or arithmetic, which never changes its mind.
    Strict,
    /// The authority, by a lease that lasts.
    Leased,
    /// The authority, by a record in KV that lasts.
    Edge,
    /// The authority, by a lease that has ended; it cannot be reached, and its session allows that for a while.
    Stale,
}

impl Basis {
    /// The word that clients read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Leased => "leased",
            Self::Edge => "edge",
            Self::Stale => "stale",
        }
    }
}

/// How fresh a decision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Who has decided.
    pub basis: Basis,
    /// When: no later than this.
    pub as_of: Timestamp,
    /// How long (ms) from now on the decision may be relied on; 0 means for this request only.
    pub max_staleness_ms: u64,
}

/// What was waited for (ms).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waited {
    /// For KV.
    pub kv_ms: Option<u64>,
    /// For objects.
    pub objects_ms: Option<u64>,
}

/// A decision on a presented key.
#[derive(Debug)]
pub struct Verification {
    /// Names this decision.
    pub id: VerificationId,
    /// The decision.
    pub code: Code,
    /// The key, unless the code is `NOT_FOUND`.
    pub key: Option<Arc<ApiKey>>,
    /// The checks that were made, if that was asked for.
    pub trace: Vec<Check>,
    /// The limits that were looked at, with what is left of them.
    pub limits: Vec<LimitUse>,
    /// The credits that are left, if the key has any.
    pub credits: Option<u64>,
    /// How fresh it is.
    pub freshness: Freshness,
    /// What it cost.
    pub waited: Waited,
}

impl Verification {
    /// A decision that was made here.
    pub(super) fn here(id: VerificationId, decision: Decision, now: Timestamp) -> Self {
        let Decision { code, key, mode, is_stale, as_of, rest_ms, limits } = decision;
        if code == Code::NotFound {
            // Nobody is to tell a key that he cannot see from one that there is not.
            return Self::unknown(id, false, now);
        }
        let basis = match mode {
            _ if is_stale => Basis::Stale,
            Mode::Edge => Basis::Edge,
            Mode::Leased => Basis::Leased,
            Mode::Strict => Basis::Strict,
        };
        let freshness = Freshness { basis, as_of, max_staleness_ms: rest_ms };
        let waited = Waited::default();
        Self { id, code, key, trace: Vec::new(), limits, credits: None, freshness, waited }
    }

    /// That there is no such key, which a look at its text has told.
    pub(super) fn unknown(id: VerificationId, explained: bool, now: Timestamp) -> Self {
        let freshness = Freshness { basis: Basis::Strict, as_of: now, max_staleness_ms: 0 };
        let trace = if explained { vec![known(Code::NotFound)] } else { Vec::new() };
        let (limits, waited) = (Vec::new(), Waited::default());
        Self { id, code: Code::NotFound, key: None, trace, limits, credits: None, freshness, waited }
    }

    /// Names its key in its id, if the key may be known.
    pub(super) fn of_its_key(self) -> Self {
        let id = self.key.as_ref().map_or(self.id.clone(), |key| self.id.of(&key.id));
        Self { id, ..self }
    }

    pub(super) fn waiting(self, waited: Waited) -> Self {
        Self { waited, ..self }
    }
}

/// What a tombstone says.
pub(super) fn dead(id: VerificationId, key: Arc<ApiKey>, request: &VerifyKey, now: Timestamp) -> Verification {
    let mut trace = Vec::new();
    if request.explain {
        let standing = Standing {
            session: SessionStatus::Connected,
            organization: OrganizationStatus::Active,
            domain_refused: false,
        };
        trace.push(known(Code::Revoked));
        trace.extend(explain(&key, standing, &request.demand, Spent::default(), now));
    }
    let as_of = key.revocation.as_ref().map_or(now, |revocation| revocation.at.min(now));
    let freshness = Freshness { basis: Basis::Edge, as_of, max_staleness_ms: 0 };
    let (limits, waited) = (Vec::new(), Waited::default());
    Verification { id, code: Code::Revoked, key: Some(key), trace, limits, credits: None, freshness, waited }
}

/// The first check: whether there is such a key.
pub(super) fn known(code: Code) -> Check {
    let outcome = if code == Code::NotFound { CheckOutcome::Refused } else { CheckOutcome::Passed };
    Check { name: "known".to_owned(), outcome }
}
