//! The rules by which a design decides without asking, and asks ahead. How long leases last, and who gets one, is decided
//! by `domain::lease` itself.
//!
//! All times are whole milliseconds.

use latchkey::domain::consistency::Consistency;
use latchkey::domain::lease::grantor::{AGAIN_WITHIN_MS, ttl_for};
use latchkey::domain::lease::margin_ms;

/// A session's maximum, where its owner has chosen none: that of `Consistency::default`.
pub(crate) const TTL_MS_DEFAULT: u32 = 5_000;
/// The first use of a lease that nobody knows of is reported within this time.
pub(crate) const REPORT_WITHIN_MS: u32 = 20_000;
/// An isolate counts as being there for so long after it has asked.
pub(crate) const PRESENT_MS: u32 = 15_000;
/// The organization's policy is asked for about once in this time.
pub(crate) const POLICY_MS: u32 = 60_000;
/// The horizon is raised by so much more than is needed.
pub(crate) const HORIZON_STEP_MS: u32 = 60_000;
/// A lease whose use would be shorter is not given.
const SHORTEST_MS: i64 = 20;

/// How long what was learnt is relied on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Memory {
    /// Not at all.
    Nothing,
    /// So long, from the moment of the question; nobody is told, and nobody asks ahead.
    Cache(u32),
    /// As long as the authority says, up to this maximum.
    Lease(u32),
    /// Exactly so long: for the curve.
    LeaseOf(u32),
    /// As by default, and each answer brings leases on so many of the session's busiest keys: not built.
    LeaseAnd(usize),
}

impl Memory {
    /// For how long something is given where so many isolates are present.
    pub(crate) fn ttl_ms(self, isolates: f64) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Cache(ttl_ms) | Self::LeaseOf(ttl_ms) => ttl_ms,
            Self::LeaseAnd(_) => Self::Lease(TTL_MS_DEFAULT).ttl_ms(isolates),
            Self::Lease(maximum) => {
                let consistency = Consistency { ttl_ms: maximum, ..Consistency::default() };
                u32::try_from(ttl_for(isolates as usize, &consistency)).unwrap_or(maximum)
            }
        }
    }

    /// What is left of a ttl in the hands of its holder: none if that is not worth it.
    pub(crate) fn use_ms(self, ttl_ms: u32) -> Option<u32> {
        let left = match self {
            Self::Nothing => return None,
            Self::Cache(_) => i64::from(ttl_ms),
            Self::Lease(_) | Self::LeaseOf(_) | Self::LeaseAnd(_) => i64::from(ttl_ms) - margin_ms(ttl_ms.into()),
        };
        u32::try_from(left).ok().filter(|_| left >= SHORTEST_MS)
    }

    /// For how long its grantor believes it to be in use.
    pub(crate) fn end_ms(self, ttl_ms: u32) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Cache(_) => ttl_ms,
            Self::Lease(_) | Self::LeaseOf(_) | Self::LeaseAnd(_) => {
                ttl_ms + u32::try_from(margin_ms(ttl_ms.into())).unwrap_or(0)
            }
        }
    }

    /// On how many of the busiest keys each answer brings leases.
    pub(crate) fn handed_out(self) -> usize {
        if let Self::LeaseAnd(keys) = self { keys } else { 0 }
    }

    /// Whether holders ask again before the end, and report what they have decided.
    pub(crate) fn is_lease(self) -> bool {
        matches!(self, Self::Lease(_) | Self::LeaseOf(_) | Self::LeaseAnd(_))
    }

    /// Whether a key that was last asked for so long ago is worth remembering.
    pub(crate) fn is_worth_it(self, since_ms: f64) -> bool {
        !self.is_lease() || since_ms <= AGAIN_WITHIN_MS as f64
    }
}

/// What an isolate knows about a key. A new answer does not end what is still good while it is under way.
#[derive(Clone, Copy, Default)]
pub(crate) struct Entry {
    until: u32,
    next_from: u32,
    next_until: u32,
    next_asked: u32,
    /// It has been used since it was last reported.
    pub(crate) is_used: bool,
    /// The isolate has met the key before.
    pub(crate) is_known: bool,
}

impl Entry {
    /// Whether it decides at `now`.
    pub(crate) fn is_live(&self, now: u32) -> bool {
        now < self.until || (self.next_from <= now && now < self.next_until)
    }

    /// Whether it is in the last third of its use.
    pub(crate) fn is_due(&self, now: u32) -> bool {
        let (length, rest) = (self.next_until.saturating_sub(self.next_asked), self.next_until.saturating_sub(now));
        self.next_from <= now && rest.saturating_mul(3) < length
    }

    /// Something that was asked for at `asked_at` will come at `comes_at`, good for `use_ms` since it was asked for.
    pub(crate) fn expect(&mut self, asked_at: u32, comes_at: u32, use_ms: u32) {
        let end = asked_at.saturating_add(use_ms);
        if comes_at >= end {
            return;
        }
        let is_under_way = self.next_from > asked_at && self.next_until > asked_at;
        if is_under_way {
            self.next_until = self.next_until.max(end);
            return;
        }
        if self.next_from <= asked_at {
            self.until = self.until.max(self.next_until);
        }
        (self.next_from, self.next_until, self.next_asked) = (comes_at, end, asked_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_get_longer_with_the_isolates_up_to_the_maximum() {
        let memory = Memory::Lease(TTL_MS_DEFAULT);
        assert_eq!(TTL_MS_DEFAULT, Consistency::default().ttl_ms);
        assert_eq!([1.0, 300.0, 600.0, 750.0, 9_000.0].map(|n| memory.ttl_ms(n)), [2_000, 2_000, 4_000, 5_000, 5_000]);
        assert_eq!(Memory::Lease(700).ttl_ms(9_000.0), 700);
        assert_eq!((Memory::LeaseOf(250).ttl_ms(9_000.0), Memory::Cache(60_000).ttl_ms(1.0)), (250, 60_000));
    }

    #[test]
    fn holders_take_the_margin_off_and_grantors_add_it() {
        let memory = Memory::Lease(TTL_MS_DEFAULT);
        assert_eq!((memory.use_ms(2_000), memory.end_ms(2_000)), (Some(1_748), 2_252));
        assert_eq!(memory.use_ms(250), None, "nothing would be left of it");
        assert_eq!(
            (Memory::Cache(60_000).use_ms(60_000), Memory::Cache(60_000).end_ms(60_000)),
            (Some(60_000), 60_000)
        );
        assert_eq!(Memory::Nothing.use_ms(5_000), None);
    }

    #[test]
    fn an_entry_is_good_from_its_arrival_until_its_end() {
        let mut entry = Entry::default();
        entry.expect(1_000, 1_100, 1_748);
        assert_eq!(
            [1_000, 1_099, 1_100, 2_747, 2_748].map(|now| entry.is_live(now)),
            [false, false, true, true, false]
        );
        assert_eq!([1_100, 2_165, 2_166].map(|now| entry.is_due(now)), [false, false, true]);
    }

    #[test]
    fn a_renewal_under_way_leaves_the_old_one_good_and_no_gap_is_filled() {
        let mut entry = Entry::default();
        entry.expect(0, 100, 1_748);
        entry.expect(1_700, 1_800, 1_748);
        assert_eq!(
            [1_747, 1_748, 1_799, 1_800, 3_447, 3_448].map(|now| entry.is_live(now)),
            [true, false, false, true, true, false]
        );
        entry.expect(3_450, 6_000, 1_748);
        assert!(!entry.is_live(6_000), "it has come after its end");
    }

    #[test]
    fn only_what_is_asked_for_again_is_worth_a_lease_and_a_cache_keeps_everything() {
        let lease = Memory::Lease(TTL_MS_DEFAULT);
        assert!(lease.is_worth_it(5_000.0) && !lease.is_worth_it(5_001.0) && Memory::Cache(60_000).is_worth_it(1e9));
    }
}
