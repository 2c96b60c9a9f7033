//! How long a decision may be relied on without asking again: what the owner of a session chooses, and what a single
//! verification may ask for beyond that.

use serde::{Deserialize, Serialize};

use super::change::Change;

/// Who may decide, from the narrowest to the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The authority alone, each time.
    Strict,
    /// Also an isolate to which the authority has given a lease.
    Leased,
    /// Also a record in KV, until the end that is written in it.
    Edge,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Leased, Self::Edge];

    /// The word that clients read and write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Leased => "leased",
            Self::Edge => "edge",
        }
    }
}

/// What the owner of a session has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    /// Who may decide.
    pub mode: Mode,
    /// How long (ms) a lease may last; 0 is the same as strict.
    pub ttl_ms: u32,
    /// How much longer (s) a decision may be used while the authority cannot be reached.
    pub stale_seconds: u32,
}

impl Consistency {
    /// The longest lease (ms): no longer than the organization's policy is known.
    pub const TTL_MS_MAX: u32 = 60_000;
    /// The longest time (s) for which stale answers may be allowed.
    pub const STALE_SECONDS_MAX: u32 = 30;

    /// Whether each verification asks the authority.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.mode == Mode::Strict || self.ttl_ms == 0
    }

    /// How much longer (ms) a decision may be used while the authority cannot be reached.
    #[must_use]
    pub fn stale_ms(&self) -> i64 {
        i64::from(self.stale_seconds).saturating_mul(1_000)
    }

    /// Whether anything that was allowed under `before` is not any more.
    #[must_use]
    pub fn tightens(&self, before: &Self) -> bool {
        self.mode < before.mode || self.ttl_ms < before.ttl_ms || self.stale_seconds < before.stale_seconds
    }
}

impl Default for Consistency {
    /// Leases of up to five seconds: from there on longer ones save next to nothing.
    fn default() -> Self {
        Self { mode: Mode::Leased, ttl_ms: 5_000, stale_seconds: 0 }
    }
}

/// What a `PATCH` asks for. What it does not name stays; null is as it is without anybody's choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the setting it is named after")]
pub struct ConsistencyChange {
    pub mode: Change<Mode>,
    pub ttl_ms: Change<u32>,
    pub stale_seconds: Change<u32>,
}

impl ConsistencyChange {
    /// Everything as it is without anybody's choice.
    pub const RESET: Self = Self { mode: Change::Clear, ttl_ms: Change::Clear, stale_seconds: Change::Clear };

    /// What stands afterwards.
    #[must_use]
    pub fn apply(&self, before: Consistency) -> Consistency {
        let standard = Consistency::default();
        Consistency {
            mode: self.mode.clone().apply(Some(before.mode)).unwrap_or(standard.mode),
            ttl_ms: self.ttl_ms.clone().apply(Some(before.ttl_ms)).unwrap_or(standard.ttl_ms),
            stale_seconds: self
                .stale_seconds
                .clone()
                .apply(Some(before.stale_seconds))
                .unwrap_or(standard.stale_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_has_the_word_that_it_is_stored_by() {
        for (mode, word) in [(Mode::Strict, "strict"), (Mode::Leased, "leased"), (Mode::Edge, "edge")] {
            assert_eq!((mode.as_str(), serde_json::to_value(mode).unwrap()), (word, word.into()));
        }
    }

    #[test]
    fn it_tightens_if_anything_is_less_than_before() {
        let standard = Consistency::default();
        let wide = Consistency { mode: Mode::Edge, ttl_ms: 6_000, stale_seconds: 3 };
        assert!(standard.tightens(&wide) && !wide.tightens(&standard) && !standard.tightens(&standard));
        for less in [
            Consistency { mode: Mode::Strict, ..standard },
            Consistency { ttl_ms: 4_999, ..standard },
            Consistency { ttl_ms: 0, mode: Mode::Edge, stale_seconds: 30 },
        ] {
            assert!(less.tightens(&standard), "{less:?}");
        }
    }

    #[test]
    fn without_time_there_is_no_lease() {
        assert!(Consistency { ttl_ms: 0, ..Consistency::default() }.is_strict());
        assert!(Consistency { mode: Mode::Strict, ..Consistency::default() }.is_strict());
        assert!(!Consistency::default().is_strict());
    }
}
