//! How long requests took: a histogram that can be merged, from which percentiles are read.
//!
//! DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", PVLDB
//! 12(12), 2019), over whole milliseconds: bucket by bucket the highest value is at most 1019/981 of the lowest, so what is
//! read of a bucket is at most 1.9 % off. The bounds are computed in whole numbers, so that every build and every
//! platform puts a value into the same bucket; and there are few enough of them that none has ever to be collapsed.
//!
//! Stored as text: pairs of the distance from the bucket before and a count, as the variable-length quantities in base64
//! of source maps (ECMA-426), without a sign.

use serde::{Deserialize, Serialize};

use super::steps::Summed;

/// The longest time (ms) that is told apart; what takes longer counts as this.
pub const LATENCY_MS_MAX: u32 = 600_000;

/// How many buckets there are.
pub const BUCKETS: usize = count_buckets();

/// The lowest value of each bucket.
static LOWS: [u32; BUCKETS] = lows();

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The lowest value beyond the bucket that begins here.
const fn next(low: u32) -> u32 {
    low * 1_019 / 981 + 1
}

const fn count_buckets() -> usize {
    let (mut low, mut count) = (0, 0);
    while low <= LATENCY_MS_MAX {
        low = next(low);
        count += 1;
    }
    count
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn lows() -> [u32; BUCKETS] {
    let (mut low, mut bucket, mut lows) = (0, 0, [0; BUCKETS]);
    while bucket < BUCKETS {
        lows[bucket] = low;
        low = next(low);
        bucket += 1;
    }
    lows
}

/// How long requests took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u64, String)", into = "(u64, String)")]
pub struct Latency {
    /// All times (ms) together.
    sum_ms: u64,
    /// How many, by bucket, the lowest first; none is empty.
    buckets: Vec<(u16, u64)>,
}

impl Latency {
    /// Counts one request that took so long (ms).
    pub fn record(&mut self, ms: u32) {
        let ms = ms.min(LATENCY_MS_MAX);
        self.sum_ms = self.sum_ms.saturating_add(ms.into());
        self.add(bucket_of(ms), 1);
    }

    fn add(&mut self, bucket: u16, more: u64) {
        match self.buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => {
                if let Some((_, count)) = self.buckets.get_mut(place) {
                    *count = count.saturating_add(more);
                }
            }
            Err(place) => self.buckets.insert(place, (bucket, more)),
        }
    }

    /// How many requests.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| *count).fold(0, u64::saturating_add)
    }

    /// The average time (ms), which is exact; none without any.
    #[must_use]
    pub fn average(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum_ms as f64 / count as f64)
    }

    /// The time (ms) that so many of a hundred requests did not exceed: the nearest rank, ⌈n · q⌉ from 1, where the publication
    /// has ⌊(n − 1) · q⌋ from 0, which of a few requests leaves out the slowest. At most 1.9 % off. None without any.
    #[must_use]
    pub fn percentile(&self, per_cent: u8) -> Option<f64> {
        let rank = (u128::from(self.count()) * u128::from(per_cent.min(100))).div_ceil(100).max(1);
        let mut below = 0_u128;
        for (bucket, count) in &self.buckets {
            below += u128::from(*count);
            if below >= rank {
                return Some(middle(*bucket));
            }
        }
        None
    }

    /// What has come on top of what was there before.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let of = |wanted: u16| match before.buckets.binary_search_by_key(&wanted, |(bucket, _)| *bucket) {
            Ok(place) => before.buckets.get(place).map_or(0, |(_, count)| *count),
            Err(_) => 0,
        };
        let more = self.buckets.iter().map(|(bucket, count)| (*bucket, count.saturating_sub(of(*bucket))));
        let buckets = more.filter(|(_, count)| *count > 0).collect();
        Self { sum_ms: self.sum_ms.saturating_sub(before.sum_ms), buckets }
    }
}

impl Summed for Latency {
    fn absorb(&mut self, other: &Self) {
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
        other.buckets.iter().for_each(|(bucket, more)| self.add(*bucket, *more));
    }
}

fn bucket_of(ms: u32) -> u16 {
    let place = LOWS.partition_point(|low| *low <= ms).saturating_sub(1);
    u16::try_from(place).unwrap_or(u16::MAX)
}

/// What is read of a bucket: the value that is equally far, in relation, from its lowest and its highest.
fn middle(bucket: u16) -> f64 {
    let low = LOWS.get(usize::from(bucket)).copied().unwrap_or(LATENCY_MS_MAX);
    let high = (next(low) - 1).min(LATENCY_MS_MAX);
    let (low, high) = (f64::from(low), f64::from(high));
    if low + high == 0.0 { 0.0 } else { 2.0 * low * high / (low + high) }
}

impl From<Latency> for (u64, String) {
    fn from(latency: Latency) -> Self {
        let (mut text, mut expected) = (String::new(), 0);
        for (bucket, count) in latency.buckets {
            write(&mut text, u64::from(bucket).saturating_sub(expected));
            write(&mut text, count);
            expected = u64::from(bucket) + 1;
        }
        (latency.sum_ms, text)
    }
}

impl TryFrom<(u64, String)> for Latency {
    type Error = &'static str;

    fn try_from((sum_ms, text): (u64, String)) -> Result<Self, Self::Error> {
        const DAMAGED: &str = "a histogram does not decode";
        let (mut digits, mut buckets, mut expected) = (text.bytes(), Vec::new(), 0_u64);
        while digits.len() > 0 {
            let distance = read(&mut digits).ok_or(DAMAGED)?;
            let count = read(&mut digits).filter(|count| *count > 0).ok_or(DAMAGED)?;
            let bucket = expected.checked_add(distance).and_then(|bucket| u16::try_from(bucket).ok());
            let bucket = bucket.filter(|bucket| usize::from(*bucket) < BUCKETS).ok_or(DAMAGED)?;
            buckets.push((bucket, count));
            expected = u64::from(bucket) + 1;
        }
        Ok(Self { sum_ms, buckets })
    }
}

fn write(text: &mut String, mut number: u64) {
    loop {
        let rest = number >> 5;
        let digit = (number & 31) | if rest > 0 { 32 } else { 0 };
        let digit = usize::try_from(digit).ok().and_then(|digit| DIGITS.get(digit));
        text.extend(digit.copied().map(char::from));
        if rest == 0 {
            return;
        }
        number = rest;
    }
}

fn read(digits: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(5) {
        let character = digits.next()?;
        let digit = u64::try_from(DIGITS.iter().position(|digit| *digit == character)?).ok()?;
        number = number.checked_add((digit & 31).checked_mul(1 << shift)?)?;
        if digit < 32 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::*;

    /// How far a percentile may be off.
    const ERROR: f64 = 0.02;

    fn of(times: &[u32]) -> Latency {
        let mut latency = Latency::default();
        times.iter().for_each(|ms| latency.record(*ms));
        latency
    }

    /// Times of all sizes, many of them alike.
    fn times() -> impl Strategy<Value = Vec<u32>> {
        let one = prop_oneof![0_u32..30, 20_u32..300, 0..=LATENCY_MS_MAX, Just(LATENCY_MS_MAX), any::<u32>()];
        prop::collection::vec(one, 0..300)
    }

    #[test]
    fn every_time_is_read_at_most_two_per_cent_off() {
        assert!(LOWS.is_sorted() && LOWS.len() == BUCKETS);
        for ms in 0..=LATENCY_MS_MAX {
            let read = middle(bucket_of(ms));
            let off = (read - f64::from(ms)).abs();
            assert!(off <= f64::from(ms) * ERROR, "{ms}: {read}");
        }
        assert_eq!(BUCKETS, 280, "a histogram has an end");
    }

    #[test]
    fn what_is_read_is_within_the_buckets_that_there_are() {
        let written = |bucket: usize| {
            let mut text = String::new();
            write(&mut text, bucket.try_into().unwrap());
            write(&mut text, 1);
            Latency::try_from((1, text))
        };
        assert!(written(BUCKETS - 1).is_ok() && written(BUCKETS).is_err());
    }

    #[test]
    fn the_stored_form_is_small_and_pinned() {
        let latency = of(&[0, 1, 1, 1, 40, 1_000]);
        let text = serde_json::to_string(&latency).unwrap();
        assert_eq!(text, r#"[1043,"ABADfBsCB"]"#);
        assert_eq!(serde_json::from_str::<Latency>(&text).unwrap(), latency);
        assert_eq!(serde_json::to_string(&Latency::default()).unwrap(), r#"[0,""]"#);
    }

    #[test]
    fn what_is_damaged_does_not_decode() {
        for text in ["A", "AA", "A!", "g", "AB ", "hhhhhhhhhhhhhhhhB", "//", "gzBB", "AB_________________D"] {
            let stored = format!(r#"[1,"{text}"]"#);
            assert!(serde_json::from_str::<Latency>(&stored).is_err(), "{text}");
        }
    }

    #[test]
    fn of_a_few_times_the_slowest_is_read() {
        let of_hundred = |times: &[u32], per_cent| of(times).percentile(per_cent).unwrap();
        assert!(of_hundred(&[10, 20, 1_000], 95) > 900.0);
        assert!((of_hundred(&[10, 20, 1_000], 50) - 20.0).abs() < 1.0);
        let mut times = vec![10; 19];
        times.push(1_000);
        assert!(of_hundred(&times, 95) < 11.0 && of_hundred(&times, 96) > 900.0, "19 of 20 are 95 of 100");
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_sorted_times(times in times(), per_cent in 0_u8..=100) {
            let latency = of(&times);
            let mut sorted: Vec<u32> = times.iter().map(|ms| (*ms).min(LATENCY_MS_MAX)).collect();
            sorted.sort_unstable();
            let rank = (sorted.len() * usize::from(per_cent)).div_ceil(100).max(1);
            let exact = sorted.get(rank - 1).copied().map(f64::from);
            match (latency.percentile(per_cent), exact) {
                (Some(read), Some(exact)) => prop_assert!((read - exact).abs() <= exact * ERROR, "{read} {exact}"),
                (read, exact) => prop_assert_eq!(read, exact),
            }
            let sum: u64 = sorted.iter().map(|ms| u64::from(*ms)).sum();
            prop_assert_eq!(latency.average(), (!sorted.is_empty()).then(|| sum as f64 / sorted.len() as f64));
        }

        #[test]
        fn merging_is_the_same_as_counting_all_and_undoes_what_was_before(one in times(), other in times()) {
            let (first, second) = (of(&one), of(&other));
            let mut merged = first.clone();
            merged.absorb(&second);
            prop_assert_eq!(&merged, &of(&[one, other].concat()));
            let mut turned = second.clone();
            turned.absorb(&first);
            prop_assert_eq!(&merged, &turned);
            prop_assert_eq!(&merged.since(&first), &second);
            let text = serde_json::to_string(&merged).unwrap();
            prop_assert_eq!(serde_json::from_str::<Latency>(&text).unwrap(), merged);
        }

        #[test]
        fn no_text_panics(text in "[A-Za-z0-9_-]{0,40}") {
            let _either = Latency::try_from((0, text));
        }
    }
}
