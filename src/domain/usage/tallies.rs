//! The isolate's side of usage: what it has decided by its leases, tallied by session, key and minute.
//!
//! What is new is frozen as the next report of its session and sent, again and again with the same content, until the
//! authority says that it is written down. Numbers of reports only rise, over all sessions of an isolate: so a session
//! of which nothing is left to report can be forgotten, and one that comes back begins above what it had.
//!
//! Memory is bounded. When it is full, the lists of recent verifications shrink first; then the minutes of each key are
//! folded into its latest; then whole sessions are dropped, the heaviest first, and counted as lost. Nothing that was
//! frozen is ever frozen again under another number, because it may have been counted already.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::{Report, Seen, Tally, add, minute_of};
use crate::domain::id::ApiKeyId;
use crate::domain::lease::grant::IsolateId;
use crate::domain::locator::Locator;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;

/// How many verifications one tally describes one by one.
pub const RECENT_MAX: usize = 10;
/// How many reports of one session may be under way; what is new meanwhile waits for the next one.
pub const REPORTS_MAX: usize = 4;
/// How many tallies one report holds.
pub const TALLIES_MAX: usize = 256;
/// How much memory holds: one for each tally and each verification described, which is some 300 bytes.
pub const WEIGHT_MAX: usize = 16_384;

/// What an isolate has decided and nobody has written down yet.
#[derive(Debug, Default)]
pub struct Tallies {
    sessions: HashMap<Locator, Session>,
    weight: usize,
    /// The highest number that any report of a session has had that is forgotten.
    last: u64,
    lost: u64,
}

#[derive(Debug, Default)]
struct Session {
    /// The number of the last report.
    seq: u64,
    frozen: VecDeque<(u64, Vec<Tally>)>,
    /// By key, the earliest minute first.
    open: BTreeMap<ApiKeyId, Vec<Cell>>,
}

#[derive(Debug)]
struct Cell {
    minute: Timestamp,
    counts: Vec<(Code, u64)>,
    recent: VecDeque<Seen>,
}

impl Cell {
    fn weight(&self) -> usize {
        self.recent.len().saturating_add(1)
    }

    fn total(&self) -> u64 {
        total(&self.counts)
    }

    fn tally(self, key_id: ApiKeyId) -> Tally {
        Tally { key_id, minute: self.minute, counts: self.counts, recent: self.recent.into() }
    }
}

impl Session {
    fn weight(&self) -> usize {
        let frozen = self.frozen.iter().flat_map(|(_, tallies)| tallies).map(weight);
        frozen.chain(self.cells().map(Cell::weight)).sum()
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.open.values().flatten()
    }

    fn is_empty(&self) -> bool {
        self.open.is_empty() && self.frozen.is_empty()
    }

    /// Freezes the earliest minutes of what is new.
    fn freeze(&mut self) {
        if self.open.is_empty() || self.frozen.len() >= REPORTS_MAX {
            return;
        }
        let mut tallies: Vec<Tally> = std::mem::take(&mut self.open)
            .into_iter()
            .flat_map(|(key_id, cells)| cells.into_iter().map(move |cell| cell.tally(key_id.clone())))
            .collect();
        tallies.sort_by_key(|tally| tally.minute);
        for tally in tallies.split_off(tallies.len().min(TALLIES_MAX)) {
            let cell = Cell { minute: tally.minute, counts: tally.counts, recent: tally.recent.into() };
            self.open.entry(tally.key_id).or_default().push(cell);
        }
        self.seq = self.seq.saturating_add(1);
        self.frozen.push_back((self.seq, tallies));
    }
}

impl Tallies {
    /// Nothing to report yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one verification of a key of this session.
    pub fn note(&mut self, session: Locator, key_id: &ApiKeyId, seen: Seen) {
        let last = self.last;
        let of = self.sessions.entry(session).or_insert_with(|| Session { seq: last, ..Session::default() });
        let minute = minute_of(seen.at);
        if !of.open.contains_key(key_id) {
            of.open.insert(key_id.clone(), Vec::new());
        }
        let Some(cells) = of.open.get_mut(key_id) else { return };
        let place = match cells.last() {
            Some(latest) if latest.minute == minute => cells.len().saturating_sub(1),
            _ => cells.binary_search_by_key(&minute, |cell| cell.minute).unwrap_or_else(|place| {
                cells.insert(place, Cell { minute, counts: Vec::new(), recent: VecDeque::new() });
                self.weight = self.weight.saturating_add(1);
                place
            }),
        };
        let Some(cell) = cells.get_mut(place) else { return };
        add(&mut cell.counts, seen.code, 1);
        if cell.recent.len() < RECENT_MAX {
            self.weight = self.weight.saturating_add(1);
        } else {
            cell.recent.pop_front();
        }
        cell.recent.push_back(seen);
        if self.weight > WEIGHT_MAX {
            self.make_room();
        }
    }

    /// Whether something of this session is not known to be written down.
    #[must_use]
    pub fn has_unreported(&self, session: Locator) -> bool {
        self.sessions.contains_key(&session)
    }

    /// The sessions of which something is not known to be written down.
    #[must_use]
    pub fn sessions(&self) -> Vec<Locator> {
        self.sessions.keys().copied().collect()
    }

    /// All that has to be sent to this session: what was sent before and is not known to be written down, as it was,
    /// and what is new, as the next report.
    pub fn reports(&mut self, session: Locator, isolate: IsolateId) -> Vec<Report> {
        let Some(of) = self.sessions.get_mut(&session) else { return Vec::new() };
        of.freeze();
        let report = |(seq, tallies): &(u64, Vec<Tally>)| Report { isolate, seq: *seq, tallies: tallies.clone() };
        of.frozen.iter().map(report).collect()
    }

    /// The session has written down all reports up to this one.
    pub fn settled(&mut self, session: Locator, durable: u64) {
        let Some(of) = self.sessions.get_mut(&session) else { return };
        while of.frozen.front().is_some_and(|(seq, _)| *seq <= durable)
            && let Some((_, tallies)) = of.frozen.pop_front()
        {
            self.weight = self.weight.saturating_sub(tallies.iter().map(weight).sum());
        }
        if of.is_empty() {
            self.last = self.last.max(of.seq);
            self.sessions.remove(&session);
        }
    }

    /// How many verifications were dropped, uncounted, since this was last asked.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// Frees a quarter of the memory, what matters least first.
    fn make_room(&mut self) {
        let enough = WEIGHT_MAX / 4 * 3;
        for shorten in [keep_one as fn(&mut Vec<Cell>), fold] {
            self.sessions.values_mut().flat_map(|of| of.open.values_mut()).for_each(shorten);
            self.weight = self.sessions.values().map(Session::weight).sum();
            if self.weight <= enough {
                return;
            }
        }
        let mut by_weight: Vec<(usize, Locator)> = self.sessions.iter().map(|(at, of)| (of.weight(), *at)).collect();
        by_weight.sort_unstable();
        while let Some((weight, session)) = by_weight.pop()
            && self.weight > enough
        {
            self.weight = self.weight.saturating_sub(weight);
            self.drop_content(session);
        }
    }

    fn drop_content(&mut self, session: Locator) {
        let Some(of) = self.sessions.remove(&session) else { return };
        let open: u64 = of.cells().map(Cell::total).sum();
        let frozen: u64 = of.frozen.iter().flat_map(|(_, tallies)| tallies).map(|tally| total(&tally.counts)).sum();
        self.lost = self.lost.saturating_add(open).saturating_add(frozen);
        self.last = self.last.max(of.seq);
    }
}

fn weight(tally: &Tally) -> usize {
    tally.recent.len().saturating_add(1)
}

fn total(counts: &[(Code, u64)]) -> u64 {
    counts.iter().map(|(_, count)| *count).fold(0, u64::saturating_add)
}

/// Of each tally the last verification only.
fn keep_one(cells: &mut Vec<Cell>) {
    for cell in cells {
        cell.recent.drain(..cell.recent.len().saturating_sub(1));
        cell.recent.shrink_to_fit();
    }
}

/// All minutes in the latest one.
fn fold(cells: &mut Vec<Cell>) {
    let Some(mut latest) = cells.pop() else { return };
    for cell in cells.drain(..) {
        for (code, count) in cell.counts {
            add(&mut latest.counts, code, count);
        }
    }
    cells.push(latest);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::super::Origin;
    use super::*;
    use crate::domain::id::VerificationId;
    use crate::domain::sample::at;

    const ISOLATE: IsolateId = IsolateId(7);

    fn here(number: u8) -> Locator {
        Locator::from_seed(&[number; 8])
    }

    fn key(number: u32) -> ApiKeyId {
        ApiKeyId::from_trusted(format!("key_{number}"))
    }

    fn seen(seconds: i64, code: Code) -> Seen {
        let id = VerificationId::from_trusted(format!("ver_{seconds}"));
        Seen { id, at: at(seconds), code, cost: 1, origin: Origin::default(), ip: None, tags: Vec::new() }
    }

    fn sum(reports: &[Report]) -> u64 {
        reports.iter().flat_map(|report| &report.tallies).map(|tally| total(&tally.counts)).sum()
    }

    fn numbers(reports: &[Report]) -> Vec<u64> {
        reports.iter().map(|report| report.seq).collect()
    }

    #[test]
    fn verifications_are_tallied_by_key_minute_and_outcome() {
        let mut tallies = Tallies::new();
        for (second, code) in
            [(0, Code::Valid), (1, Code::Valid), (2, Code::Forbidden), (61, Code::Valid), (59, Code::Valid)]
        {
            tallies.note(here(1), &key(1), seen(second, code));
        }
        let reports = tallies.reports(here(1), ISOLATE);
        assert_eq!(numbers(&reports), [1]);
        let [first, second] = &reports[0].tallies[..] else { panic!("{reports:?}") };
        assert_eq!((first.minute, &first.counts), (at(0), &vec![(Code::Valid, 3), (Code::Forbidden, 1)]));
        assert_eq!((second.minute, &second.counts), (at(60), &vec![(Code::Valid, 1)]));
        assert_eq!(first.recent.len(), 4);
    }

    #[test]
    fn what_is_not_written_down_is_sent_again_as_it_was() {
        let mut tallies = Tallies::new();
        tallies.note(here(1), &key(1), seen(0, Code::Valid));
        let first = tallies.reports(here(1), ISOLATE);
        assert_eq!(tallies.reports(here(1), ISOLATE), first, "nothing new, nothing changed");
        tallies.note(here(1), &key(1), seen(1, Code::Valid));
        let both = tallies.reports(here(1), ISOLATE);
        assert_eq!((numbers(&both), &both[..1]), (vec![1, 2], &first[..]));
        tallies.settled(here(1), 1);
        assert_eq!(tallies.reports(here(1), ISOLATE), both[1..]);
        assert!(tallies.has_unreported(here(1)));
        tallies.settled(here(1), 2);
        assert!(!tallies.has_unreported(here(1)) && tallies.sessions().is_empty());
    }

    #[test]
    fn a_session_that_comes_back_begins_above_what_it_had() {
        let mut tallies = Tallies::new();
        for _ in 0..3 {
            tallies.note(here(1), &key(1), seen(0, Code::Valid));
            let seq = tallies.reports(here(1), ISOLATE)[0].seq;
            tallies.settled(here(1), seq);
        }
        tallies.note(here(1), &key(1), seen(0, Code::Valid));
        assert_eq!(numbers(&tallies.reports(here(1), ISOLATE)), [4]);
    }

    #[test]
    fn the_recent_ones_of_a_tally_are_the_last_few() {
        let mut tallies = Tallies::new();
        (0..59).for_each(|second| tallies.note(here(1), &key(1), seen(second, Code::Valid)));
        let recent = &tallies.reports(here(1), ISOLATE)[0].tallies[0].recent;
        assert_eq!(recent.iter().map(|seen| seen.at).collect::<Vec<_>>(), (49..59).map(at).collect::<Vec<_>>());
    }

    #[test]
    fn a_report_is_bounded_and_what_does_not_fit_waits() {
        let mut tallies = Tallies::new();
        (0..1_500).for_each(|number| tallies.note(here(1), &key(number), seen(0, Code::Valid)));
        let mut counted = 0;
        for round in 1..=6 {
            let reports = tallies.reports(here(1), ISOLATE);
            assert!(reports.len() <= REPORTS_MAX, "{round}");
            assert!(reports.iter().all(|report| report.tallies.len() <= TALLIES_MAX));
            counted += sum(&reports[..1]);
            tallies.settled(here(1), reports[0].seq);
        }
        assert_eq!((counted, tallies.has_unreported(here(1))), (1_500, false));
    }

    #[test]
    fn when_memory_is_full_details_go_first_and_counts_last() {
        let mut tallies = Tallies::new();
        // One busy key in more minutes than fit, as when an authority is away for days.
        let minutes = i64::try_from(WEIGHT_MAX).unwrap() * 2;
        (0..minutes).for_each(|minute| tallies.note(here(1), &key(1), seen(minute * 60, Code::Valid)));
        assert!(tallies.weight <= WEIGHT_MAX);
        let mut counted = 0;
        while tallies.has_unreported(here(1)) {
            let reports = tallies.reports(here(1), ISOLATE);
            counted += sum(&reports[..1]);
            tallies.settled(here(1), reports[0].seq);
        }
        assert_eq!((counted, tallies.take_lost()), (u64::try_from(minutes).unwrap(), 0));
    }

    #[test]
    fn what_does_not_fit_at_all_is_counted_as_lost() {
        let mut tallies = Tallies::new();
        let keys = u32::try_from(WEIGHT_MAX).unwrap();
        for number in 0..keys {
            tallies.note(here(u8::try_from(number % 50).unwrap()), &key(number), seen(0, Code::Valid));
        }
        let kept: u64 = tallies.sessions.values().flat_map(Session::cells).map(Cell::total).sum();
        let lost = tallies.take_lost();
        assert!(lost > 0 && lost < u64::from(keys) * 2 / 3, "{lost}");
        assert_eq!(kept + lost, u64::from(keys));
    }

    proptest! {
        #[test]
        fn every_verification_is_in_exactly_one_report(
            steps in prop::collection::vec((0_u8..4, 0_u8..3, 0_i64..400), 1..300)
        ) {
            let mut tallies = Tallies::new();
            let mut by_number: BTreeMap<(u8, u64), Vec<Tally>> = BTreeMap::new();
            let mut noted = 0;
            for (what, session, second) in steps {
                match what {
                    0 | 1 => {
                        noted += 1;
                        tallies.note(here(session), &key(u32::from(what)), seen(second, Code::Valid));
                    }
                    2 => for report in tallies.reports(here(session), ISOLATE) {
                        let before = by_number.insert((session, report.seq), report.tallies.clone());
                        prop_assert!(before.is_none_or(|before| before == report.tallies), "the content has changed");
                    },
                    _ => {
                        // Only what was sent can have been written down.
                        let sent = by_number.keys().filter(|(of, _)| *of == session).map(|(_, seq)| *seq).max();
                        tallies.settled(here(session), sent.unwrap_or(0).saturating_sub(u64::from(second % 2 == 0)));
                    }
                }
                let weight: usize = tallies.sessions.values().map(Session::weight).sum();
                prop_assert_eq!(tallies.weight, weight);
            }
            for session in 0..3 {
                for report in tallies.reports(here(session), ISOLATE) {
                    by_number.insert((session, report.seq), report.tallies);
                }
                tallies.settled(here(session), u64::MAX);
                for report in tallies.reports(here(session), ISOLATE) {
                    by_number.insert((session, report.seq), report.tallies);
                }
            }
            let reported: u64 = by_number.values().flatten().map(|tally| total(&tally.counts)).sum();
            prop_assert_eq!(reported, noted);
        }
    }
}
