//! Credits: a number of verifications that a key may still be used for, and when it is filled up again.
//!
//! A refill brings the balance up to its amount and never takes anything away. It happens once a period, when the
//! balance is next looked at: nobody has to be woken for it, and none can be done twice or forgotten.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime};
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
        midnight(self.first_day(now))
    }

    /// When the period after it begins.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let first = self.first_day(now);
        midnight(match self.interval {
            Interval::Daily => first.and_then(|day| day.checked_add_days(Days::new(1))),
            Interval::Weekly => first.and_then(|day| day.checked_add_days(Days::new(7))),
            Interval::Monthly => {
                first.and_then(|day| day.checked_add_months(Months::new(1))).and_then(|day| self.in_month_of(day))
            }
        })
    }

    /// The day (UTC) that the period of `now` began on.
    fn first_day(&self, now: Timestamp) -> Option<NaiveDate> {
        let today = DateTime::from_timestamp_millis(now.as_millis())?.date_naive();
        match self.interval {
            Interval::Daily => Some(today),
            Interval::Weekly => {
                let days_since = (today.weekday().number_from_monday() + 7).saturating_sub(self.day.into()) % 7;
                today.checked_sub_days(Days::new(days_since.into()))
            }
            Interval::Monthly => self.in_month_of(today).filter(|day| *day <= today).or_else(|| {
                // This month's day is still to come.
                today.checked_sub_months(Months::new(1)).and_then(|before| self.in_month_of(before))
            }),
        }
    }

    /// The chosen day of this month, or the last one that it has.
    fn in_month_of(&self, any: NaiveDate) -> Option<NaiveDate> {
        (1..=self.day).rev().find_map(|day| any.with_day(day.into()))
    }
}

/// 00:00 UTC of a day. One that cannot be told lies before all others: nothing is filled up by mistake.
fn midnight(day: Option<NaiveDate>) -> Timestamp {
    day.map_or(Timestamp::MIN, |day| Timestamp::from_millis(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn on(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn refill(interval: Interval, day: u8) -> Refill {
        Refill { interval, amount: 100, day }
    }

    fn any_refill() -> impl Strategy<Value = Refill> {
        (0..3_usize, 1..=31_u8).prop_map(|(interval, day)| {
            let interval = Interval::ALL[interval];
            refill(interval, day.min(interval.last_day().unwrap_or(1)))
        })
    }

    fn any_moment() -> impl Strategy<Value = Timestamp> {
        // 2000 to 2100: short and long months, leap years, and a century that is none.
        (946_684_800_000_i64..4_133_980_800_000).prop_map(Timestamp::from_millis)
    }

    #[test]
    fn each_period_begins_at_midnight_of_its_day() {
        let daily = refill(Interval::Daily, 1);
        let monday = refill(Interval::Weekly, 1);
        let sunday = refill(Interval::Weekly, 7);
        let monthly = |day| refill(Interval::Monthly, day);
        for (refill, now, start, next) in [
            (daily, "2026-03-01T00:00:00Z", "2026-03-01", "2026-03-02"),
            (daily, "2026-12-31T23:59:59.999Z", "2026-12-31", "2027-01-01"),
            // 2026-11-16 is a Monday.
            (monday, "2026-11-16T00:00:00Z", "2026-11-16", "2026-11-23"),
            (monday, "2026-11-15T23:59:59.999Z", "2026-11-09", "2026-11-16"),
            (sunday, "2026-11-16T12:00:00Z", "2026-11-15", "2026-11-22"),
            (monday, "2026-01-02T00:00:00Z", "2025-12-29", "2026-01-05"),
            (monthly(1), "2026-01-01T00:00:00Z", "2026-01-01", "2026-02-01"),
            (monthly(15), "2026-01-14T23:59:59.999Z", "2025-12-15", "2026-01-15"),
            (monthly(31), "2026-02-27T12:00:00Z", "2026-01-31", "2026-02-28"),
            (monthly(31), "2026-02-28T00:00:00Z", "2026-02-28", "2026-03-31"),
            (monthly(31), "2026-03-30T23:00:00Z", "2026-02-28", "2026-03-31"),
            (monthly(31), "2026-04-30T00:00:00Z", "2026-04-30", "2026-05-31"),
            (monthly(30), "2024-02-28T23:59:59Z", "2024-01-30", "2024-02-29"),
            (monthly(30), "2024-02-29T00:00:00Z", "2024-02-29", "2024-03-30"),
            (monthly(29), "2100-02-28T00:00:00Z", "2100-02-28", "2100-03-29"),
        ] {
            let at = on(now);
            let midnight = |day: &str| on(&format!("{day}T00:00:00Z"));
            assert_eq!(refill.period_start(at), midnight(start), "{refill:?} {now}");
            assert_eq!(refill.next(at), midnight(next), "{refill:?} {now}");
        }
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        for interval in Interval::ALL {
            for now in [Timestamp::MIN, Timestamp::MAX] {
                for day in [0, 1, 31, u8::MAX] {
                    let refill = refill(interval, day);
                    let _ = (refill.period_start(now), refill.next(now));
                }
            }
        }
    }

    #[test]
    fn a_refill_tops_up_and_takes_nothing_away() {
        let settings = CreditSettings { refill: Some(refill(Interval::Daily, 1)) };
        let yesterday = on("2026-11-20T12:00:00Z");
        let today = on("2026-11-21T00:00:00Z");
        assert_eq!(Balance::new(3, yesterday).at(settings, today.plus_millis(-1)).remaining, 3);
        assert_eq!(Balance::new(3, yesterday).at(settings, today).remaining, 100);
        assert_eq!(Balance::new(101, yesterday).at(settings, today).remaining, 101);
        assert_eq!(Balance::new(3, yesterday).at(CreditSettings::default(), today).remaining, 3);
    }

    #[test]
    fn a_refill_that_is_agreed_on_later_begins_with_the_next_period() {
        let settings = CreditSettings { refill: Some(refill(Interval::Monthly, 1)) };
        let until_then =
            Balance::new(3, on("2026-01-05T00:00:00Z")).at(CreditSettings::default(), on("2026-03-05T00:00:00Z"));
        assert_eq!(until_then.at(settings, on("2026-03-31T23:59:59Z")).remaining, 3);
        assert_eq!(until_then.at(settings, on("2026-04-01T00:00:00Z")).remaining, 100);
    }

    #[test]
    fn a_change_stays_within_the_bounds() {
        assert_eq!(CreditChange::Set(7).apply(3), 7);
        assert_eq!(CreditChange::Add(-7).apply(3), 0);
        assert_eq!(CreditChange::Add(7).apply(3), 10);
        assert_eq!(CreditChange::Add(i64::MAX).apply(CREDITS_MAX), CREDITS_MAX);
        assert_eq!(CreditChange::Add(i64::MIN).apply(CREDITS_MAX), 0);
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_without_a_gap(refill in any_refill(), now in any_moment()) {
            let (start, next) = (refill.period_start(now), refill.next(now));
            prop_assert!(start <= now && now < next);
            prop_assert_eq!(refill.period_start(start), start);
            prop_assert_eq!(refill.period_start(next), next);
            prop_assert_eq!(refill.period_start(next.plus_millis(-1)), start);
            let day = 86_400_000;
            let length = next.millis_since(start) / day;
            let lengths = match refill.interval {
                Interval::Daily => 1..=1,
                Interval::Weekly => 7..=7,
                Interval::Monthly => 28..=31,
            };
            prop_assert!(lengths.contains(&length));
            prop_assert_eq!(next.millis_since(start) % day, 0);
        }

        /// Everything is spent after each look; how often it was full again is how many refills there were.
        #[test]
        fn a_balance_is_filled_up_once_a_period_in_whatever_order_it_is_looked_at(
            refill in any_refill(),
            begin in any_moment(),
            looks in proptest::collection::vec(-40_i64..40, 1..60),
        ) {
            let settings = CreditSettings { refill: Some(refill) };
            let mut balance = Balance::new(0, begin);
            let mut seen = std::collections::BTreeSet::from([refill.period_start(begin)]);
            let mut now = begin;
            for hours in looks {
                now = now.plus_millis(hours * 3_600_000 * 7);
                balance = balance.at(settings, now);
                // A period that is new and later than all before it brings one refill; any other look brings none.
                let period = refill.period_start(now);
                let is_due = seen.last().is_none_or(|last| period > *last);
                prop_assert_eq!(balance.remaining, if is_due { 100 } else { 0 });
                seen.insert(period);
                balance.remaining = 0;
            }
        }
    }
}
