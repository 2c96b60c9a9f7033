//! What an isolate knows of one key: that it has a lease, that it is revoked, or that it was refused a while ago.

use std::sync::Arc;

use super::leased::{Leased, free_bytes};
use super::{Decision, Inquiry};
use crate::domain::api_key::ApiKey;
use crate::domain::consistency::Mode;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;

/// What the place of an entry takes, beside what it holds.
pub(super) const PLACE_BYTES: usize = 192;

/// One key.
pub(super) enum Entry {
    /// Decisions may be made here.
    Leased(Box<Leased>),
    /// It has ended for good.
    Revoked(Revoked),
    /// The authority has refused it, and may have changed its mind since.
    Refused(Refused),
}

/// A key that has ended.
pub(super) struct Revoked {
    key: Arc<ApiKey>,
    learnt_at: Timestamp,
    until: Timestamp,
    bytes: usize,
}

/// A refusal that the authority may take back, as nobody else may.
pub(super) struct Refused {
    /// When the question was asked that was answered so.
    pub(super) asked_at: Timestamp,
    until: Timestamp,
}

impl Entry {
    /// A key that has ended, remembered for a while.
    pub(super) fn revoked(key: Arc<ApiKey>, learnt_at: Timestamp, until: Timestamp) -> Self {
        let bytes = free_bytes(&key);
        Self::Revoked(Revoked { key, learnt_at, until, bytes })
    }

    /// A refusal, remembered for a while.
    pub(super) fn refused(asked_at: Timestamp, until: Timestamp) -> Self {
        Self::Refused(Refused { asked_at, until })
    }

    /// How many bytes it takes, about.
    pub(super) fn bytes(&self) -> usize {
        PLACE_BYTES.saturating_add(match self {
            Self::Leased(leased) => leased.bytes(),
            Self::Revoked(revoked) => revoked.bytes,
            Self::Refused(_) => 0,
        })
    }
}

impl Revoked {
    /// Whether it is still remembered.
    pub(super) fn is_remembered(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// That it has ended, to whoever may see it.
    pub(super) fn decide(&self, inquiry: &Inquiry<'_>, now: Timestamp) -> Option<Decision> {
        let seen = inquiry.sees(&self.key);
        self.is_remembered(now).then(|| Decision {
            code: if seen { Code::Revoked } else { Code::NotFound },
            key: seen.then(|| Arc::clone(&self.key)),
            mode: Mode::Leased,
            is_stale: false,
            as_of: self.learnt_at,
            rest_ms: u64::try_from(self.until.millis_since(now)).unwrap_or(0),
            limits: Vec::new(),
        })
    }
}

impl Refused {
    /// Whether it is still remembered.
    pub(super) fn is_remembered(&self, now: Timestamp) -> bool {
        now < self.until
    }
}
