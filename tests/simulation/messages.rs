//! What nodes say to each other: calls, what they ask for, replies, and what a session hears of its organization.

use std::sync::Arc;

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::lease::grant::{IsolateId, KeyWish, Lease};
use latchkey::domain::rate_limit::LimitUse;
use latchkey::domain::session::Policy;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::Report;
use latchkey::domain::verification::Code;
use latchkey::object::Heard as Told;
use latchkey::object::ledgers::Debit;
use latchkey::organization::protocol::Draw;

use crate::change::Change;
use crate::limits::Cap;
use crate::purse::{Holds, Tokens};
use crate::till::Answer;

/// What was heard of the organization; no grant if it has not answered.
pub(crate) struct Heard {
    pub(crate) asked_at: Timestamp,
    pub(crate) steps: u64,
    pub(crate) grant: Option<Box<Answer>>,
    pub(crate) before: Vec<ApiKey>,
    pub(crate) draw: Option<Draw>,
    /// What was debited here before it was asked; when in true time, and what was allowed then.
    pub(crate) holds: Holds,
    pub(crate) debited_at: i64,
    pub(crate) caps: Vec<Cap>,
}

impl Heard {
    /// The same as the pool's banks hear it.
    pub(crate) fn told(&self) -> Told {
        let grant = self.grant.as_ref().map(|answer| answer.grant.clone());
        let &Self { asked_at, steps, .. } = self;
        Told { asked_at, grant, draw: self.draw.clone(), debit: Debit::default(), steps }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) from: From,
    pub(crate) ask: Ask,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum From {
    Isolate { isolate: usize, question: u64 },
    Admin(u64),
    Organization { session: usize, life: u64 },
}

#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Verify {
        key: usize,
        demand: usize,
        isolate: IsolateId,
        tokens: Tokens,
    },
    Renew {
        isolate: IsolateId,
        wishes: Vec<KeyWish>,
        reports: Vec<Report>,
    },
    Change(Change),
    Policy(Policy),
    /// A look at the clock, and nothing else.
    Look,
}

#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Verified { code: Code, key: Arc<ApiKey>, lease: Option<Lease>, at: Timestamp, limits: Vec<LimitUse> },
    Renewed(Vec<(usize, Option<Lease>)>, Option<u64>),
    Changed { generation: i64, wait_ms: u64 },
    Unavailable,
}
