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

use super::series::{Counts, Grain, total};
use super::{Report, Seen, Tally, Used, add};
use crate::domain::id::ApiKeyId;
use crate::domain::lease::grant::IsolateId;
use crate::domain::locator::Locator;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;

/// How many verifications one tally describes one by one.
pub const RECENT_MAX: usize = 10;
/// How many verifications one report describes, one of each tally at least.
const DESCRIBED_MAX: usize = 256;
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
    counts: Counts,
    recent: VecDeque<Seen>,
    last: Option<Used>,
}

impl Cell {
    fn weight(&self) -> usize {
        self.recent.len().saturating_add(1)
    }

    fn total(&self) -> u64 {
        total(&self.counts)
    }

    /// Describes at most so many; what goes is still known as a use.
    fn keep(&mut self, most: usize) {
        while self.recent.len() > most
            && let Some(Seen { at, code, origin, .. }) = self.recent.pop_front()
        {
            if code == Code::Valid {
                self.last = Used::later(self.last.take(), Some(Used { at, origin }));
            }
        }
    }

    fn tally(self, key_id: ApiKeyId) -> Tally {
        let let_through = self.recent.iter().rev().find(|seen| seen.code == Code::Valid);
        let used = let_through.map(|seen| Used { at: seen.at, origin: seen.origin.clone() });
        let last = Used::later(self.last, used);
        Tally { key_id, minute: self.minute, counts: self.counts, recent: self.recent.into(), last }
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

    /// Freezes the earliest minutes of what is new. By how much lighter it is then.
    fn freeze(&mut self, most: usize) -> usize {
        if self.open.is_empty() || self.frozen.len() >= most {
            return 0;
        }
        let mut tallies: Vec<Tally> = std::mem::take(&mut self.open)
            .into_iter()
            .flat_map(|(key_id, cells)| cells.into_iter().map(move |cell| cell.tally(key_id.clone())))
            .collect();
        tallies.sort_by_key(|tally| tally.minute);
        for tally in tallies.split_off(tallies.len().min(TALLIES_MAX)) {
            let Tally { key_id, minute, counts, recent, last } = tally;
            let cell = Cell { minute, counts, recent: recent.into(), last };
            self.open.entry(key_id).or_default().push(cell);
        }
        let described = (DESCRIBED_MAX / tallies.len().max(1)).clamp(1, RECENT_MAX);
        let mut freed = 0_usize;
        for Tally { recent, .. } in &mut tallies {
            freed = freed.saturating_add(recent.drain(..recent.len().saturating_sub(described)).count());
        }
        self.seq = self.seq.saturating_add(1);
        self.frozen.push_back((self.seq, tallies));
        freed
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
        let mut described = 0;
        self.cell(session, key_id, seen.at, |cell| {
            add(&mut cell.counts, seen.code, 1);
            if cell.recent.len() < RECENT_MAX {
                described = 1;
            } else {
                cell.keep(RECENT_MAX.saturating_sub(1));
            }
            cell.recent.push_back(seen);
        });
        self.weight = self.weight.saturating_add(described);
        if self.weight > WEIGHT_MAX {
            self.make_room();
        }
    }

    /// Notes that a key of this session was used in a call of its own, which is not counted.
    pub fn used(&mut self, session: Locator, key_id: &ApiKeyId, used: Used) {
        self.cell(session, key_id, used.at, |cell| cell.last = Used::later(cell.last.take(), Some(used)));
        if self.weight > WEIGHT_MAX {
            self.make_room();
        }
    }

    fn cell(&mut self, session: Locator, key_id: &ApiKeyId, at: Timestamp, work: impl FnOnce(&mut Cell)) {
        let last = self.last;
        let of = self.sessions.entry(session).or_insert_with(|| Session { seq: last, ..Session::default() });
        if !of.open.contains_key(key_id) {
            of.open.insert(key_id.clone(), Vec::new());
        }
        let Some(cells) = of.open.get_mut(key_id) else { return };
        let minute = Grain::Minute.start_of(at);
        let place = match cells.last() {
            Some(latest) if latest.minute == minute => cells.len().saturating_sub(1),
            _ => cells.binary_search_by_key(&minute, |cell| cell.minute).unwrap_or_else(|place| {
                cells.insert(place, Cell { minute, counts: Counts::new(), recent: VecDeque::new(), last: None });
                self.weight = self.weight.saturating_add(1);
                place
            }),
        };
        if let Some(cell) = cells.get_mut(place) {
            work(cell);
        }
    }

    /// Whether something of this session is not known to be written down.
    #[must_use]
    pub fn has_unreported(&self, session: Locator) -> bool {
        self.sessions.contains_key(&session)
    }

    /// Whether something of this session has to wait until reports that are under way are written down.
    #[must_use]
    pub fn is_held_up(&self, session: Locator) -> bool {
        self.sessions.get(&session).is_some_and(|of| of.frozen.len() >= REPORTS_MAX && !of.open.is_empty())
    }

    /// All that has to be sent to this session: what was sent before and is not known to be written down, as it was,
    /// and what is new, as the next report.
    pub fn reports(&mut self, session: Locator, isolate: IsolateId) -> Vec<Report> {
        self.send(session, isolate, REPORTS_MAX)
    }

    /// The same along with a renewal, of which there may be many before anything is written down: one report is left for
    /// whoever comes because of the reports.
    pub fn reports_along(&mut self, session: Locator, isolate: IsolateId) -> Vec<Report> {
        self.send(session, isolate, REPORTS_MAX - 1)
    }

    fn send(&mut self, session: Locator, isolate: IsolateId, most: usize) -> Vec<Report> {
        let Some(of) = self.sessions.get_mut(&session) else { return Vec::new() };
        self.weight = self.weight.saturating_sub(of.freeze(most));
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

/// Of each tally the last verification only.
fn keep_one(cells: &mut Vec<Cell>) {
    for cell in cells {
        cell.keep(1);
        cell.recent.shrink_to_fit();
    }
}

/// All minutes in the latest one.
fn fold(cells: &mut Vec<Cell>) {
    let Some(mut latest) = cells.pop() else { return };
    for mut cell in cells.drain(..) {
        cell.keep(0);
        cell.counts.iter().for_each(|(code, more)| add(&mut latest.counts, *code, *more));
        latest.last = Used::later(cell.last, latest.last.take());
    }
    cells.push(latest);
}

#[cfg(test)]
mod tests;
