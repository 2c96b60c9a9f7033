//! Credits: a number of verifications that a key may still be used for, and when it is filled up again.
//!
//! A refill brings the balance up to its amount and never takes anything away. It happens once a period, when the
//! balance is next looked at: nobody has to be woken for it, and none can be done twice or forgotten.

use serde::{Deserialize, Serialize};

use super::timestamp::Timestamp;

/// The most credits (and the most one refill gives).
pub const CREDITS_MAX: u64 = 1_000_000_000_000;

/// How often a balance is filled up; each period begins at 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Every day.
    Daily,
    /// Once a week, on a day of the week.
    Weekly,
    /// Once a month, on a day of the month; the last day where the month is shorter.
    Monthly,
}

impl Interval {
    /// All intervals.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// The word that clients read and write.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// The days it may happen on: none if there is nothing to choose, else 1 to the last.
    #[must_use]
    pub fn last_day(self) -> Option<u8> {
        match self {
            Self::Daily => None,
            Self::Weekly => Some(7),
            Self::Monthly => Some(31),
        }
    }
}

/// When and how far a balance is filled up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refill {
    /// How often.
    pub interval: Interval,
    /// Up to how many credits, from 1 to `CREDITS_MAX`.
    pub amount: u64,
    /// On which day: of the week, 1 for Monday to 7 (ISO 8601); of the month, 1 to 31. 1 for a daily one.
    pub day: u8,
}

impl Refill {
    /// When the period began that `now` lies in.
    #[must_use]
    pub fn period_start(&self, now: Timestamp) -> Timestamp {
        todo!("{now:?}")
    }

    /// When the period after it begins.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Timestamp {
        todo!("{now:?}")
    }
}

/// What the owner has chosen about the credits of a key. How many are left is a `Balance`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditSettings {
    /// When the balance is filled up, if it is.
    pub refill: Option<Refill>,
}

/// How many credits are left, as of the last time that anybody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Credits left.
    pub remaining: u64,
    /// Up to which moment refills have been done.
    pub refilled_at: Timestamp,
}

impl Balance {
    /// A balance that begins now: the first refill is that of the next period.
    #[must_use]
    pub fn new(remaining: u64, now: Timestamp) -> Self {
        Self { remaining, refilled_at: now }
    }

    /// The balance at a later moment, filled up if a period has begun in between.
    #[must_use]
    pub fn at(self, settings: CreditSettings, now: Timestamp) -> Self {
        let Some(refill) = settings.refill else { return Self { refilled_at: self.refilled_at.max(now), ..self } };
        if refill.period_start(now) <= self.refilled_at {
            return self;
        }
        Self { remaining: self.remaining.max(refill.amount), refilled_at: now }
    }
}

/// What a change asks of a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditChange {
    /// So many are left.
    Set(u64),
    /// So many more, or fewer for a negative number; never below 0 nor above `CREDITS_MAX`.
    Add(i64),
}

impl CreditChange {
    /// What is left afterwards.
    #[must_use]
    pub fn apply(self, remaining: u64) -> u64 {
        match self {
            Self::Set(remaining) => remaining,
            Self::Add(more) => remaining.saturating_add_signed(more).min(CREDITS_MAX),
        }
    }
}
