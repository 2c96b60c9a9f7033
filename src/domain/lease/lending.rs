//! How many tokens a grantor lends, and for how long.
//!
//! Whoever has tokens ahead need not ask; but they are missing for everybody else until he has spent them, or says that he will
//! not. So far from a limit much is lent for long, and near it next to nothing. How near that is, what goes in a moment tells as
//! well as what is left: a crowd that takes all at once is to find the last token.

use super::bank::Outstanding;
use crate::domain::rate_limit::{LimitUse, RateLimit};

/// Into how many parts a window is divided of which a bank may last one, where little is left.
const PARTS: u32 = 256;
/// Banks that would last less (ms) are not worth their asking: tokens are single then.
const SHORTEST_MS: i64 = 100;
/// Which part of a limit may be out in banks, however little is left of it; and which part may be out of those that are over
/// and not reported, however much is left.
const SHARE: u32 = 200;
/// Which part of what is left may be out in banks.
const SHARE_OF_LEFT: u32 = 4;

/// How long (ms) a bank of tokens of all these limits may last, as they stand; none if tokens have to be single. Each quarter of
/// a limit that is left adds once as much: what counts for a moment longer than it should is missed where little is left.
#[must_use]
pub fn lasts_ms<'a>(limits: impl IntoIterator<Item = &'a LimitUse>, ttl_ms: i64) -> Option<i64> {
    let mut lasts = ttl_ms;
    for LimitUse { limit, remaining, .. } in limits {
        let part = i64::from(limit.window_ms / PARTS);
        if !is_worth_it(part) {
            return None;
        }
        let quarters = i64::from(*remaining).saturating_mul(4) / i64::from(limit.limit.max(1));
        lasts = lasts.min(part.saturating_mul(quarters.saturating_add(1)));
    }
    is_worth_it(lasts).then_some(lasts)
}

/// Whether a bank that lasts so long (ms) is worth its asking.
#[must_use]
pub fn is_worth_it(lasts_ms: i64) -> bool {
    lasts_ms >= SHORTEST_MS
}

/// How many tokens of a limit may be out however little is left of it.
#[must_use]
pub fn least_share(limit: &RateLimit) -> u32 {
    limit.limit / SHARE
}

/// How many tokens of a limit may be out at most. None of a limit so small that its share would be none.
#[must_use]
pub fn most_share(limit: &RateLimit) -> u32 {
    match least_share(limit) {
        0 => 0,
        least => least.max(limit.limit / SHARE_OF_LEFT),
    }
}

/// How many tokens of a limit may be out, of which so many are left, and so many were spent a moment ago or are out: far from
/// the limit more than near it, where somebody might be refused for what others hold and do not spend. Whoever goes through
/// half of what is left in a moment is near it, too.
fn share(limit: &RateLimit, left: u32, lately: u32) -> u32 {
    let is_far = least_share(limit) > 0 && lately <= left / 2;
    least_share(limit).max(if is_far { left / SHARE_OF_LEFT } else { 0 })
}

/// How many tokens a bank may have of a limit that stands so, of which so many were spent `lately`, and of which these are
/// out: half of what may still be out, so that there is something for the next one, but for the least share, which would be
/// gone at once. Where that is out there are none: tokens are single then, so that nobody is refused for what others might not
/// spend. Neither are there where too many are lost: whoever has them does not report.
#[must_use]
pub fn allotment(LimitUse { limit, remaining: left, .. }: &LimitUse, lately: u32, out: Outstanding) -> u32 {
    if out.lost >= least_share(limit) {
        return 0;
    }
    let (share, out) = (share(limit, *left, lately), out.live.saturating_add(out.lost));
    let half = share.saturating_sub(out).div_ceil(2);
    half.max(least_share(limit).saturating_sub(out)).min(left / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rate_limit::{Level, LimitName};

    fn limit(limit: u32, window_ms: u32) -> RateLimit {
        RateLimit { name: LimitName::parse("a").unwrap(), limit, window_ms }
    }

    fn stands(remaining: u32, window_ms: u32) -> LimitUse {
        let limit = limit(10_000, window_ms);
        LimitUse { level: Level::Key, limit, remaining, restores_in_ms: None, refusal: None }
    }

    #[test]
    fn a_bank_lasts_a_256th_of_the_shortest_window_and_no_longer_than_its_lease() {
        let lasts = |left, window_ms| lasts_ms(&[stands(left, window_ms), stands(10_000, 3_600_000)], 5_000);
        assert_eq!(
            [0, 2_499, 2_500, 9_999, 10_000].map(|left| lasts(left, 60_000)),
            [234, 234, 468, 936, 1_170].map(Some)
        );
        assert_eq!((lasts(10_000, 86_400_000), lasts(0, 86_400_000)), (Some(5_000), Some(5_000)));
        assert_eq!((lasts(10_000, 1_000), lasts(10_000, 25_000)), (None, None), "single tokens");
    }

    fn allotted(left: u32, lately: u32, live: u32, lost: u32) -> u32 {
        allotment(&stands(left, 60_000), lately, Outstanding { live, lost })
    }

    #[test]
    fn near_a_limit_tokens_are_single_and_far_from_it_there_are_more() {
        let near = [(400, 0), (400, 30), (400, 60), (30, 0), (1, 0)].map(|(left, live)| allotted(left, live, live, 0));
        assert_eq!(near, [50, 35, 20, 15, 0]);
        assert_eq!([10_000, 5_000].map(|left| allotted(left, 0, 0, 0)), [1_250, 625]);
        let small = LimitUse { limit: limit(199, 60_000), ..stands(199, 60_000) };
        assert_eq!(
            (allotment(&small, 0, Outstanding::default()), most_share(&small.limit)),
            (0, 0),
            "its share is none"
        );
        assert_eq!(most_share(&limit(10_000, 60_000)), 2_500);
    }

    #[test]
    fn who_goes_through_half_of_what_is_left_in_a_moment_is_near_the_limit() {
        assert_eq!([2_500, 2_501].map(|lately| allotted(5_000, lately, 0, 0)), [625, 50]);
    }

    #[test]
    fn who_loses_tokens_is_given_no_more() {
        assert_eq!([49, 50].map(|lost| allotted(10_000, 0, 10, lost)), [1_221, 0]);
    }
}
