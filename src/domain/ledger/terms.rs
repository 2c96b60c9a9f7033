//! What a ledger is asked: what is to be held to, and what there is.

use crate::domain::credits::CreditSettings;
use crate::domain::rate_limit::{Level, LimitUse, RateLimit};

/// What is to be held to.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Whose limits these are.
    pub level: Level,
    /// The limits, each under a name of its own.
    pub limits: &'a [RateLimit],
    /// Whether credits are counted, and how they are filled up.
    pub credits: Option<CreditSettings>,
}

/// What somebody sees who wants to spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Each limit, in the order of the terms; those that refuse say so.
    pub limits: Vec<LimitUse>,
    /// How many tokens of each were spent a moment ago, or are given out to be spent.
    pub lately: Vec<u32>,
    /// Credits left, if they are counted.
    pub credits: Option<u64>,
    /// What there is too little of, if anything.
    pub shortage: Option<Shortage>,
}

/// What there is too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// A limit, whatever the credits.
    Limit,
    /// Credits only.
    Credits,
}
