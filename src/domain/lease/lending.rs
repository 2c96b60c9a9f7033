//! How many tokens a grantor lends, and for how long.
//!
//! Whoever has tokens ahead need not ask; but they are missing for everybody else until he has spent them, or says that he will
//! not. So far from a limit much is lent for long, and near it next to nothing. How near that is, what goes in a moment tells as
//! well as what is left: a crowd that takes all at once is to find the last token. To whoever asks alone more is lent near it,
//! too: there is nobody else who could miss it.

use super::bank::Outstanding;
use crate::domain::rate_limit::{LimitUse, RateLimit};

/// Into how many parts a window is divided of which a bank may last one, where little is left.
const PARTS: u32 = 256;
/// Banks that would last less (ms) are not worth their asking: tokens are single then.
const SHORTEST_MS: i64 = 100;
/// Which part of a limit may be out in banks, however little is left of it; and which part may be out of those that are over
/// and not reported, however much is left.
const SHARE: u32 = 200;
/// Which part of a limit may be out, however little is left of it, in the banks of somebody who asks alone: more than is spent in
/// a 128th of the window at three times the limit.
const SHARE_ALONE: u32 = 32;
/// Which part of what is left may be out in banks.
const SHARE_OF_LEFT: u32 = 4;

/// How long (ms) a bank of tokens of all these limits may last, as they stand; none if tokens have to be single. Each quarter of
/// a limit that is left adds once as much, and so does asking alone: what counts for a moment longer than it should is missed
/// where little is left, and by the more the more there are who wait for it.
#[must_use]
pub fn lasts_ms<'a>(limits: impl IntoIterator<Item = &'a LimitUse>, is_alone: bool, ttl_ms: i64) -> Option<i64> {
    let mut lasts = ttl_ms;
    for LimitUse { limit, remaining, .. } in limits {
        let part = i64::from(limit.window_ms / PARTS);
        if !is_worth_it(part) {
            return None;
        }
        let quarters = i64::from(*remaining).saturating_mul(4) / i64::from(limit.limit.max(1));
        let least = if is_alone { 2 } else { 1 };
        lasts = lasts.min(part.saturating_mul(quarters.saturating_add(least)));
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

/// What those who spend a limit have of it, and who they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Claims {
    /// How many tokens were spent a moment ago, or are out.
    pub lately: u32,
    /// How many are out.
    pub out: Outstanding,
    /// Whether whoever asks is the only one who has of late.
    pub is_alone: bool,
}

/// How many tokens a bank may have of a limit that stands so.
///
/// Of what may be out it gets half, so that there is something for the next one, but all of the least share, which would be gone
/// at once. Far from the limit much may be out, and near it the least share; near is, too, whoever goes through half of what is
/// left in a moment. Where that is out there are no banks: tokens are single then, so that nobody is refused for what others
/// might not spend. Neither are there where too many are lost: whoever has them does not report. Who asks alone gets all that may
/// be out, down to the last token.
#[must_use]
pub fn allotment(LimitUse { limit, remaining: left, .. }: &LimitUse, claims: Claims) -> u32 {
    let least = least_share(limit);
    if claims.out.lost >= least {
        return 0;
    }
    let out = claims.out.live.saturating_add(claims.out.lost);
    let far = if claims.lately <= left / 2 { left / SHARE_OF_LEFT } else { 0 };
    if claims.is_alone {
        return far.max(limit.limit / SHARE_ALONE).saturating_sub(out).min(*left);
    }
    let half = far.max(least).saturating_sub(out).div_ceil(2);
    half.max(least.saturating_sub(out)).min(left / 2)
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
        let limits = |left, window_ms| [stands(left, window_ms), stands(10_000, 3_600_000)];
        let lasts = |left, window_ms| lasts_ms(&limits(left, window_ms), false, 5_000);
        assert_eq!(
            [0, 2_499, 2_500, 9_999, 10_000].map(|left| lasts(left, 60_000)),
            [234, 234, 468, 936, 1_170].map(Some)
        );
        let alone = |left| lasts_ms(&limits(left, 60_000), true, 5_000);
        assert_eq!([0, 10_000].map(alone), [468, 1_404].map(Some), "and one more of whoever asks alone");
        assert_eq!((lasts(10_000, 86_400_000), lasts(0, 86_400_000)), (Some(5_000), Some(5_000)));
        assert_eq!((lasts(10_000, 1_000), lasts(10_000, 25_000)), (None, None), "single tokens");
    }

    fn allotted(left: u32, lately: u32, live: u32, lost: u32) -> u32 {
        allotment(&stands(left, 60_000), Claims { lately, out: Outstanding { live, lost }, is_alone: false })
    }

    #[test]
    fn near_a_limit_tokens_are_single_and_far_from_it_there_are_more() {
        let near = [(400, 0), (400, 30), (400, 60), (30, 0), (1, 0)].map(|(left, live)| allotted(left, live, live, 0));
        assert_eq!(near, [50, 35, 20, 15, 0]);
        assert_eq!([10_000, 5_000].map(|left| allotted(left, 0, 0, 0)), [1_250, 625]);
        let small = LimitUse { limit: limit(199, 60_000), ..stands(199, 60_000) };
        let alone = Claims { is_alone: true, ..Claims::default() };
        assert_eq!([Claims::default(), alone].map(|claims| allotment(&small, claims)), [0, 0], "its share is none");
        assert_eq!(most_share(&small.limit), 0);
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

    #[test]
    fn who_asks_alone_leaves_nothing_for_others_and_has_more_near_the_limit() {
        let alone = |left, lately, live, lost| {
            allotment(&stands(left, 60_000), Claims { lately, out: Outstanding { live, lost }, is_alone: true })
        };
        assert_eq!([alone(10_000, 0, 0, 0), alone(5_000, 0, 100, 0)], [2_500, 1_150]);
        assert_eq!(
            [alone(5_000, 2_501, 0, 0), alone(400, 0, 0, 0), alone(400, 0, 200, 0), alone(400, 0, 313, 0)],
            [312, 312, 112, 0]
        );
        assert_eq!([alone(30, 0, 0, 0), alone(1, 0, 0, 0), alone(0, 0, 0, 0)], [30, 1, 0]);
        assert_eq!([alone(400, 0, 0, 49), alone(400, 0, 0, 50)], [263, 0], "nor has he any who does not report");
    }
}
