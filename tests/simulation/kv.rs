//! Workers KV: writes that arrive late and out of order, reads of what was there up to two minutes ago, and now and then
//! of something that ought to be gone.

use std::sync::Arc;

use latchkey::domain::api_key::{ApiKey, Revocation};
use latchkey::domain::lease::grant::Edition;
use latchkey::domain::timestamp::Timestamp;

use crate::world::World;

/// What stands under the name of a key.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) session: usize,
    pub(crate) record: Arc<ApiKey>,
    pub(crate) decided_at: Timestamp,
    pub(crate) edition: Edition,
    /// Until when it accepts; without this it is a route.
    pub(crate) accept_until: Option<Timestamp>,
}

/// How old (ms) may be what is read.
const LAG_MS: i64 = 120_000;

impl World {
    pub(crate) fn write_kv(&mut self, key: usize, value: Value) {
        self.kv[key].push((self.time, value));
    }

    pub(crate) fn read_kv(&mut self, key: usize) -> Option<Value> {
        if self.random.per_mille(3) {
            // Somebody else's, under the wrong name.
            let (_, value) = self.kv[key].first()?;
            let mut record = (*value.record).clone();
            record.revocation = Some(Revocation { at: value.decided_at, reason: None });
            return Some(Value { session: usize::MAX, record: Arc::new(record), ..value.clone() });
        }
        let writes = &self.kv[key];
        if self.random.per_mille(20) && !writes.is_empty() {
            return Some(writes[self.random.below(writes.len())].1.clone());
        }
        let lag = if self.random.per_mille(500) { 0 } else { self.random.within(0, LAG_MS) };
        let visible = writes.partition_point(|(time, _)| *time <= self.time - lag);
        visible.checked_sub(1).map(|last| writes[last].1.clone())
    }
}
