//! Which leases belong to one session: for a renewal, which is about all of them.

use std::collections::BTreeMap;

use crate::domain::key_hash::KeyHash;
use crate::domain::locator::Locator;

/// The keys of each session that has leases, in the order in which they came.
#[derive(Default)]
pub(super) struct Index {
    next: u64,
    sessions: BTreeMap<Locator, BTreeMap<u64, KeyHash>>,
}

impl Index {
    /// Adds a key. Its place is what it is removed by.
    pub(super) fn add(&mut self, session: Locator, hash: KeyHash) -> u64 {
        self.next = self.next.saturating_add(1);
        self.sessions.entry(session).or_default().insert(self.next, hash);
        self.next
    }

    /// Removes a key. Tells whether it was the last one of its session.
    pub(super) fn remove(&mut self, session: Locator, place: u64) -> bool {
        let Some(keys) = self.sessions.get_mut(&session) else { return false };
        keys.remove(&place);
        let is_last = keys.is_empty();
        if is_last {
            self.sessions.remove(&session);
        }
        is_last
    }

    /// The keys of a session.
    pub(super) fn of(&self, session: Locator) -> impl Iterator<Item = &KeyHash> {
        self.sessions.get(&session).into_iter().flat_map(BTreeMap::values)
    }
}
