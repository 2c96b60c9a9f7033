//! Whether anything of an organization has changed: the rows of all of its objects, its people's accounts, its alarms, and
//! its values in KV.

use std::collections::BTreeMap;
use std::sync::Arc;

use latchkey::ports::Address;

use crate::support::disk::Disk;
use crate::support::people::assert_same;
use crate::support::*;

/// Where calls of keys leave a trace that change nothing: they were calls.
pub const CALLS: [&str; 6] =
    ["key_dues", "lease_horizon", "usage", "usage_heads", "usage_isolates", "usage_of_sessions"];

/// The state of some objects as it was.
pub struct Watch<'a> {
    house: &'a House,
    disks: Vec<(Address, Arc<Disk>)>,
    counts: Vec<i64>,
    state: String,
    values: BTreeMap<String, Vec<u8>>,
    without: &'a [&'a str],
}

impl<'a> Watch<'a> {
    /// Of all objects that there are now and that fit; tables named in `without` are left out.
    pub fn of(house: &'a House, without: &'a [&'a str], fits: impl Fn(&Address) -> bool) -> Self {
        house.catch_up();
        let disks: Vec<_> = house.objects.disks().into_iter().filter(|(address, _)| fits(address)).collect();
        assert!(!disks.is_empty());
        let values = house.kv.latest();
        let mut watch = Self { house, disks, counts: Vec::new(), state: String::new(), values, without };
        watch.counts = watch.count();
        watch.state = watch.dump();
        watch
    }

    /// How many rows were ever written, which is soon asked.
    fn count(&self) -> Vec<i64> {
        self.disks.iter().map(|(_, disk)| disk.number("SELECT total_changes()")).collect()
    }

    fn dump(&self) -> String {
        let dumped = |(address, disk): &(Address, Arc<Disk>)| {
            // What is counted arms an alarm.
            let alarm = disk.alarm().filter(|_| self.without.is_empty()).map(|at| at.as_millis());
            format!("{address:?} {alarm:?}\n{}", disk.dump(self.without))
        };
        self.disks.iter().map(dumped).collect()
    }

    /// The first row that is another one than before. It is told once.
    pub fn change(&mut self) -> Option<String> {
        let counts = self.count();
        if counts == self.counts {
            return None;
        }
        self.counts = counts;
        let now = self.dump();
        if now == self.state {
            return None;
        }
        let different = self.state.lines().zip(now.lines()).find(|(before, after)| before != after);
        let told = different.map_or_else(
            || format!("{} rows became {}", self.state.lines().count(), now.lines().count()),
            |(before, after)| format!("{before} became {after}"),
        );
        self.state = now;
        Some(told)
    }

    /// Insists that no row is another one than before.
    pub fn is_unchanged(&mut self, after: &str) {
        let change = self.change();
        assert!(change.is_none(), "{after}: {change:?}");
    }

    /// The same in full, with KV.
    pub fn is_all_unchanged(&self, after: &str) {
        assert_same(&self.state, &self.dump(), after);
        let now = self.house.kv.latest();
        for (name, value) in &self.values {
            assert_eq!(now.get(name), Some(value), "{after}: KV {name}");
        }
    }

    /// The values in KV that were not there before.
    pub fn new_values(&self) -> Vec<String> {
        let now = self.house.kv.latest();
        now.into_iter()
            .filter(|(name, _)| !self.values.contains_key(name))
            .map(|(_, value)| String::from_utf8_lossy(&value).into_owned())
            .collect()
    }
}
