//! A moment, in milliseconds since 1970-01-01T00:00:00Z.
//!
//! One parser for every date that comes in, because the libraries disagree on `+24:00`, on second 60 and on
//! lower case; this one takes the common core of RFC 3339 and refuses the rest. Every `Timestamp` lies in
//! the years 0 to 9999, so each has a text form, and fits the 53 bits that JavaScript and SQL bindings keep.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat};
use serde::{Deserialize, Serialize};

/// A moment in time, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub struct Timestamp(i64);

/// Why a text is not a date that Latchkey accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// The text does not have the shape of a date with a time and an offset.
    #[error("must look like 2026-01-02T03:04:05Z or 2026-01-02T03:04:05.678+09:00")]
    Shape,
    /// The month, day, hour, minute, second or offset does not exist.
    #[error("is not a date and time that exists")]
    Calendar,
    /// The year lies outside 2000 to 9999.
    #[error("must lie between the years 2000 and 9999")]
    Year,
}

impl Timestamp {
    /// 0000-01-01T00:00:00.000Z, the earliest moment with a four-digit year.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// 9999-12-31T23:59:59.999Z, the latest moment with a four-digit year.
    pub const MAX: Self = Self(253_402_300_799_999);
    /// 2000-01-01T00:00:00.000Z, the earliest moment that is accepted from outside.
    const EARLIEST_PARSED: Self = Self(946_684_800_000);

    /// The moment so many milliseconds after 1970; beyond `MIN` and `MAX` it saturates.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment so much later, or earlier for a negative number; saturates.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// How many milliseconds this is after `earlier`; negative if it is before.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads `YYYY-MM-DDThh:mm:ss`, optionally with 1 to 3 decimals, then `Z` or `±hh:mm`.
    ///
    /// # Errors
    /// Names what is wrong: the shape, the calendar, or the year.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let written = Written::read(text.as_bytes()).ok_or(TimestampError::Shape)?;
        let local = NaiveDate::from_ymd_opt(written.year, written.month, written.day)
            .and_then(|date| date.and_hms_milli_opt(written.hour, written.minute, written.second, written.milli))
            .ok_or(TimestampError::Calendar)?;
        let offset_minutes = written.offset_minutes().ok_or(TimestampError::Calendar)?;
        let utc = local.and_utc().timestamp_millis() - offset_minutes * 60_000;
        // Both the year as written and the moment meant: what is read must come out the same when written as UTC.
        if written.year < 2000 || !(Self::EARLIEST_PARSED.0..=Self::MAX.0).contains(&utc) {
            return Err(TimestampError::Year);
        }
        Ok(Self(utc))
    }
}

/// The numbers of a date as they stand in the text, not yet known to exist.
struct Written {
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    milli: u32,
    offset_sign: i64,
    offset_hour: u32,
    offset_minute: u32,
}

impl Written {
    fn read(text: &[u8]) -> Option<Self> {
        let mut rest = Reader(text);
        let year = i32::try_from(rest.number(4)?).ok()?;
        let month = rest.after(b'-')?.number(2)?;
        let day = rest.after(b'-')?.number(2)?;
        let hour = rest.after(b'T')?.number(2)?;
        let minute = rest.after(b':')?.number(2)?;
        let second = rest.after(b':')?.number(2)?;
        let milli = if rest.after(b'.').is_some() { rest.millis()? } else { 0 };
        let offset_sign = match rest.next()? {
            b'Z' => 0,
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (offset_hour, offset_minute) =
            if offset_sign == 0 { (0, 0) } else { (rest.number(2)?, rest.after(b':')?.number(2)?) };
        rest.0.is_empty().then_some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            milli,
            offset_sign,
            offset_hour,
            offset_minute,
        })
    }

    fn offset_minutes(&self) -> Option<i64> {
        let exists = self.offset_hour <= 23 && self.offset_minute <= 59;
        exists.then(|| self.offset_sign * (i64::from(self.offset_hour) * 60 + i64::from(self.offset_minute)))
    }
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Steps over one expected byte; stays where it is if another stands there.
    fn after(&mut self, expected: u8) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(&[expected])?;
        Some(self)
    }

    fn digit(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first()?;
        let digit = char::from(*first).to_digit(10)?;
        self.0 = rest;
        Some(digit)
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |value, _| Some(value * 10 + self.digit()?))
    }

    /// One to three decimals, as milliseconds.
    fn millis(&mut self) -> Option<u32> {
        let tenths = self.digit()?;
        let hundredths = self.digit().unwrap_or(0);
        let thousandths = self.digit().unwrap_or(0);
        Some(tenths * 100 + hundredths * 10 + thousandths)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, always with three decimals, so that texts sort as moments do.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = DateTime::from_timestamp_millis(self.0).ok_or(fmt::Error)?;
        formatter.write_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::parse(text)
    }
}

impl From<i64> for Timestamp {
    fn from(millis: i64) -> Self {
        Self::from_millis(millis)
    }
}

impl From<Timestamp> for i64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_as_the_table_says() {
        use TimestampError::{Calendar, Shape, Year};
        let table = [
            ("2026-01-02T03:04:05Z", Ok(1_767_323_045_000)),
            ("2026-01-02T03:04:05.6Z", Ok(1_767_323_045_600)),
            ("2026-01-02T03:04:05.67Z", Ok(1_767_323_045_670)),
            ("2026-01-02T03:04:05.678Z", Ok(1_767_323_045_678)),
            ("2026-01-02T03:04:05+09:00", Ok(1_767_290_645_000)),
            ("2026-01-02T03:04:05-00:30", Ok(1_767_324_845_000)),
            ("2026-01-02T03:04:05-00:00", Ok(1_767_323_045_000)),
            ("2026-01-02T03:04:05+23:59", Ok(1_767_236_705_000)),
            ("2024-02-29T23:59:59.999Z", Ok(1_709_251_199_999)),
            ("2000-01-01T00:00:00Z", Ok(946_684_800_000)),
            ("9999-12-31T23:59:59.999Z", Ok(253_402_300_799_999)),
            ("2000-01-01T00:00:00+00:01", Err(Year)),
            ("9999-12-31T23:59:59-00:01", Err(Year)),
            ("1999-12-31T23:59:59-01:00", Err(Year)),
            ("1970-01-01T00:00:00Z", Err(Year)),
            ("0000-01-01T00:00:00Z", Err(Year)),
            ("2026-01-02T03:04:05+24:00", Err(Calendar)),
            ("2026-01-02T03:04:05+09:60", Err(Calendar)),
            ("2016-12-31T23:59:60Z", Err(Calendar)),
            ("2026-01-02T24:00:00Z", Err(Calendar)),
            ("2026-01-02T03:60:00Z", Err(Calendar)),
            ("2025-02-29T00:00:00Z", Err(Calendar)),
            ("2026-13-01T00:00:00Z", Err(Calendar)),
            ("2026-00-10T00:00:00Z", Err(Calendar)),
            ("2026-01-00T00:00:00Z", Err(Calendar)),
            ("", Err(Shape)),
            ("2026-01-02", Err(Shape)),
            ("2026-01-02T03:04Z", Err(Shape)),
            ("2026-01-02T03:04:05", Err(Shape)),
            ("2026-01-02 03:04:05Z", Err(Shape)),
            ("2026-01-02t03:04:05Z", Err(Shape)),
            ("2026-01-02T03:04:05z", Err(Shape)),
            (" 2026-01-02T03:04:05Z", Err(Shape)),
            ("2026-01-02T03:04:05Z\n", Err(Shape)),
            ("2026-01-02T03:04:05.Z", Err(Shape)),
            ("2026-01-02T03:04:05,678Z", Err(Shape)),
            ("2026-01-02T03:04:05.6789Z", Err(Shape)),
            ("2026-01-02T03:04:05.123456789012Z", Err(Shape)),
            ("2026-01-02T03:04:05+0900", Err(Shape)),
            ("2026-01-02T03:04:05+09", Err(Shape)),
            ("2026-01-02T03:04:05\u{2212}09:00", Err(Shape)),
            ("20260102T030405Z", Err(Shape)),
            ("+002026-01-02T03:04:05Z", Err(Shape)),
            ("-2026-01-02T03:04:05Z", Err(Shape)),
            ("12026-01-02T03:04:05Z", Err(Shape)),
            ("2026-1-2T03:04:05Z", Err(Shape)),
            ("2026-+1-02T03:04:05Z", Err(Shape)),
            ("2026-W01-5T03:04:05Z", Err(Shape)),
            ("٢٠٢٦-01-02T03:04:05Z", Err(Shape)),
            ("1767323045", Err(Shape)),
        ];
        for (text, expected) in table {
            assert_eq!(Timestamp::parse(text).map(Timestamp::as_millis), expected, "{text}");
        }
    }

    #[test]
    fn every_moment_is_shown_with_three_decimals() {
        let check = |millis, text: &str| assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        check(1_767_323_045_678, "2026-01-02T03:04:05.678Z");
        check(0, "1970-01-01T00:00:00.000Z");
        check(-1, "1969-12-31T23:59:59.999Z");
        check(i64::MAX, "9999-12-31T23:59:59.999Z");
        check(i64::MIN, "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX.plus_millis(1), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.plus_millis(i64::MIN), Timestamp::MIN);
        assert_eq!(Timestamp::from_millis(5).plus_millis(-7).as_millis(), -2);
        assert_eq!(Timestamp::from_millis(5).millis_since(Timestamp::from_millis(7)), -2);
    }

    #[test]
    fn the_stored_form_is_a_number_of_milliseconds() {
        let json = serde_json::to_string(&Timestamp::from_millis(1_767_323_045_678)).unwrap();
        assert_eq!(json, "1767323045678");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap().to_string(), "2026-01-02T03:04:05.678Z");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(millis in Timestamp::EARLIEST_PARSED.0..=Timestamp::MAX.0) {
            let timestamp = Timestamp::from_millis(millis);
            prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Ok(timestamp));
        }

        #[test]
        fn texts_sort_as_moments_do(one: i64, other: i64) {
            let (one, other) = (Timestamp::from_millis(one), Timestamp::from_millis(other));
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        }

        #[test]
        fn no_text_panics_and_what_is_accepted_can_be_shown(
            text in r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,4})?(Z|[+-][0-9]{2}:[0-9]{2})",
            any: String,
        ) {
            for text in [text, any] {
                if let Ok(timestamp) = Timestamp::parse(&text) {
                    prop_assert_eq!(Timestamp::parse(&timestamp.to_string()), Ok(timestamp));
                }
            }
        }
    }
}
