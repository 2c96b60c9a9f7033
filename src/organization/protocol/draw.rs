//! What sessions ask of their organization again and again: under which policy they live, and tokens of its pools.

use serde::{Deserialize, Serialize};

use crate::domain::alert::rules::Rules;
use crate::domain::audit::Actor;
use crate::domain::lease::bank::{BankGrant, BankReport};
use crate::domain::owned_domain::book::Book;
use crate::domain::plan::Pool;
use crate::domain::rate_limit::LimitUse;
use crate::domain::session::Policy;
use crate::object::ledgers::Debit;

/// What a session wants of a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Which pool.
    pub pool: Pool,
    /// How many tokens.
    pub cost: u32,
    /// What to do with them.
    pub action: DrawAction,
    /// How many tokens it would like to have beyond that, to spend them without asking.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wish: u32,
    /// Whether one isolate alone has asked the session of late.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// What has become of tokens that it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub banks: Vec<BankReport>,
}

impl Draw {
    /// Nothing beside the tokens themselves.
    #[must_use]
    pub fn new(pool: Pool, cost: u32, action: DrawAction) -> Self {
        Self { pool, cost, action, wish: 0, alone: false, banks: Vec::new() }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What is done with tokens of a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawAction {
    /// Tell whether they could be spent.
    Look,
    /// Spend them, all or none.
    Spend,
    /// Take them back: what they were spent for was refused after all.
    Return(Debit),
}

/// What a session hears: its policy, for a time, and what has come of its draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// The policy.
    pub policy: Policy,
    /// Who changed it last; none stands for the operator.
    pub policy_by: Option<Actor>,
    /// How long (ms) it may be acted on, from the moment of the question.
    pub ttl_ms: i64,
    /// The pool; none if the plan has no limit, or nothing was wanted.
    pub pool: Option<Drawn>,
    /// The rules for alerts, if there are later ones than the session knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Box<Rules>>,
    /// The domains of the organization, if they have changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Box<Book>>,
}

/// What has come of a draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// The pool as it stands, with the refusal if it has refused.
    pub limit: LimitUse,
    /// What was debited, so that it can be returned.
    pub debit: Debit,
    /// Tokens beyond that, if they were wished for and given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<BankGrant>,
}
