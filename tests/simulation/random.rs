//! Chance and clocks: everything in a schedule that is not decided by the machines themselves, drawn from one seed.

use latchkey::domain::timestamp::Timestamp;

/// A stream of numbers that depends on its seed and on nothing else (SplitMix64; Steele, Lea & Flood, 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of 0 to `bound` - 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    /// One of `from` to `to`, both included.
    pub(crate) fn within(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.next() % u64::try_from(to - from + 1).unwrap()).unwrap()
    }

    pub(crate) fn per_mille(&mut self, chance: u32) -> bool {
        self.next() % 1_000 < chance.into()
    }

    pub(crate) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// The clock of one isolate or object: another zero, a drift, and steps.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    pub(crate) offset: i64,
    /// Parts in a million that it is fast.
    pub(crate) drift: i64,
    /// How far it has been set forward, by more than it may.
    pub(crate) set: i64,
    /// How far it is off by steps that it may take.
    pub(crate) step: i64,
}

/// What a clock without any fault shows at the beginning.
const BEGINNING: i64 = 1_800_000_000_000;
/// How far two readings of one clock may be off from each other by steps: what `margin_ms` allows beside the drift.
/// Half of it to each side.
const STEP_MS: i64 = 125;

impl Clock {
    /// A clock of which only durations can be compared with others'.
    pub(crate) fn of_its_own(random: &mut Random) -> Self {
        Self { offset: random.within(-9_000_000, 9_000_000), drift: random.within(-900, 900), ..Self::default() }
    }

    pub(crate) fn read(&self, time: i64) -> Timestamp {
        Timestamp::from_millis(BEGINNING + self.offset + time + time * self.drift / 1_000_000 + self.set + self.step)
    }

    /// Steps, as far as the promise allows for.
    pub(crate) fn tremble(&mut self, random: &mut Random) {
        let far = random.per_mille(600);
        self.step = if far { random.pick(&[-STEP_MS, STEP_MS]) } else { random.within(-STEP_MS, STEP_MS) };
    }

    /// Steps as far to one side as it may.
    pub(crate) fn lean(&mut self, forward: bool) {
        self.step = if forward { STEP_MS } else { -STEP_MS };
    }

    /// Whether it has never been set back by more than it may.
    pub(crate) fn is_steady(&self) -> bool {
        self.set == 0
    }

    /// Is set back by seconds.
    pub(crate) fn set_back(&mut self, seconds: i64) {
        self.set -= seconds * 1_000;
    }
}
