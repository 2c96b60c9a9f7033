//! Sums over time: what was counted, by the beginning of each step.
//!
//! What is counted may be anything that can be added up, so that the same steps hold outcomes of verifications and what
//! became of the requests behind them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::series::Grain;
use crate::domain::timestamp::Timestamp;

/// What can be added up, in any order.
pub trait Summed: Clone + Default {
    /// Adds all of another.
    fn absorb(&mut self, other: &Self);
}

/// What was counted, by the beginning of each step, the earliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps<C>(Vec<(Timestamp, C)>);

impl<C> Default for Steps<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C> Steps<C> {
    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, &C)> {
        self.0.iter().map(|(start, counts)| (*start, counts))
    }

    /// What is counted in the step that begins here.
    #[must_use]
    pub fn at(&self, start: Timestamp) -> Option<&C> {
        let place = self.0.binary_search_by_key(&start, |(start, _)| *start).ok()?;
        self.0.get(place).map(|(_, counts)| counts)
    }

    /// Only what begins from `from` on and before `to`.
    #[must_use]
    pub fn within(mut self, from: Timestamp, to: Timestamp) -> Self {
        self.0.retain(|(start, _)| (from..to).contains(start));
        self
    }
}

impl<C: Summed> Steps<C> {
    /// Changes what is counted in the step that begins here.
    pub fn change(&mut self, start: Timestamp, work: impl FnOnce(&mut C)) {
        match self.0.binary_search_by_key(&start, |(start, _)| *start) {
            Ok(place) => {
                if let Some((_, counts)) = self.0.get_mut(place) {
                    work(counts);
                }
            }
            Err(place) => {
                let mut counts = C::default();
                work(&mut counts);
                self.0.insert(place, (start, counts));
            }
        }
    }

    /// Replaces what is counted in the step that begins here.
    pub fn set(&mut self, start: Timestamp, counts: C) {
        self.change(start, |step| *step = counts);
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(start, counts)| self.change(start, |step| step.absorb(counts)));
    }

    /// The same in larger steps.
    #[must_use]
    pub fn in_steps_of(&self, grain: Grain) -> Self {
        let mut coarse = Self::default();
        self.iter().for_each(|(start, counts)| coarse.change(grain.start_of(start), |step| step.absorb(counts)));
        coarse
    }

    /// By stretches of this size.
    #[must_use]
    pub fn by(&self, grain: Grain) -> BTreeMap<Timestamp, Self> {
        let mut stretches: BTreeMap<Timestamp, Self> = BTreeMap::new();
        for (start, counts) in self.iter() {
            let stretch = stretches.entry(grain.start_of(start)).or_default();
            stretch.change(start, |step| step.absorb(counts));
        }
        stretches
    }

    /// All steps together.
    #[must_use]
    pub fn sum(&self) -> C {
        let mut sum = C::default();
        self.0.iter().for_each(|(_, counts)| sum.absorb(counts));
        sum
    }
}
