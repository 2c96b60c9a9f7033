//! What is going on in an object at this moment, in memory only: heavy commands, and messages under way.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::outbox::{Delivery, EntryKey, Message};

/// How many commands that take long to compute an object lets wait; what comes beyond is told to come back.
pub(crate) const HEAVY_COMMANDS_MAX: usize = 4;

/// A place among the heavy commands, given back when it is dropped.
pub(super) struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    /// Takes one; none where as many are taken as there may be.
    pub(super) fn take(count: &'a AtomicUsize) -> Option<Self> {
        if count.fetch_add(1, Ordering::Relaxed) >= HEAVY_COMMANDS_MAX {
            count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Self(count))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Marks entries as being under way until it is dropped, be it by somebody who has stopped waiting.
pub(super) struct UnderWay<'a> {
    all: &'a Mutex<BTreeSet<EntryKey>>,
    mine: Vec<EntryKey>,
}

impl<'a> UnderWay<'a> {
    /// None where everything that the delivery settles is under way already.
    pub(super) fn begin(all: &'a Mutex<BTreeSet<EntryKey>>, delivery: &Delivery) -> Option<Self> {
        let mut under_way = all.lock().unwrap_or_else(PoisonError::into_inner);
        // Two writes of one KV name at once may land in either order; the later one waits for the earlier.
        let races =
            |entry: &EntryKey| under_way.iter().any(|other| other.lane == entry.lane && other.subject == entry.subject);
        if matches!(delivery.message, Message::Publish { .. }) && delivery.settles.iter().any(races) {
            return None;
        }
        let mine: Vec<EntryKey> =
            delivery.settles.iter().filter(|entry| under_way.insert((*entry).clone())).cloned().collect();
        if mine.is_empty() { None } else { Some(Self { all, mine }) }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut under_way = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in &self.mine {
            under_way.remove(entry);
        }
    }
}
