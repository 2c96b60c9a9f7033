//! Usage under leases: what isolates decide by themselves, and what the authority has written down of it. Each decision
//! counts once; nothing is lost but with the isolate that has not reported it.

use std::collections::BTreeMap;

use latchkey::domain::id::{ApiKeyId, VerificationId};
use latchkey::domain::lease::grant::IsolateId;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::series::total;
use latchkey::domain::usage::{Origin, Report, Seen};
use latchkey::domain::verification::Code;

use crate::plan::{Flaw, Plan};
use crate::session::{Memory, Rows};
use crate::world::{Event, World};

/// How long (ms) what was decided waits for a renewal that takes it along, and how often that is tried.
const REPORT_MS: i64 = 10_000;
pub(crate) const ROUNDS: usize = 2;
/// How long (ms) somebody waits who finds a renewal under way.
const BUSY_MS: i64 = 500;
/// For how long (ms) counts stay in an object's memory.
const FLUSH_MS: i64 = 9_000;
/// By when (ms) a decision is written down if nothing is broken: 20 s for its report, and 10 s in memory.
const WRITTEN_MS: i64 = 30_000;

/// How many decisions of which isolate about which key.
type Counts = BTreeMap<(IsolateId, usize), u64>;

/// What a session has counted, and the last report of each isolate.
#[derive(Clone, Default)]
pub(crate) struct Counted {
    counts: Counts,
    durable: BTreeMap<IsolateId, u64>,
}

/// The same in memory: with what is not written down yet.
#[derive(Clone)]
pub(crate) struct Counting {
    all: Counted,
    is_clean: bool,
    flushed_at: Option<Timestamp>,
}

impl Counting {
    pub(crate) fn restore(rows: &Counted) -> Self {
        Self { all: rows.clone(), is_clean: true, flushed_at: None }
    }

    /// When it has to be written down.
    pub(crate) fn flush_at(&self) -> Option<Timestamp> {
        self.flushed_at.filter(|_| !self.is_clean).map(|at| at.plus_millis(FLUSH_MS))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        // A clock that was set back tells nothing.
        self.flushed_at.is_none_or(|at| at > now || at.plus_millis(FLUSH_MS) <= now)
    }

    pub(crate) fn flush(&mut self, rows: &mut Counted, now: Timestamp) {
        if !self.is_clean && self.is_due(now) {
            *rows = self.all.clone();
            (self.is_clean, self.flushed_at) = (true, Some(now));
        }
    }
}

/// Counts what an isolate reports, and tells up to which of its reports everything is written down.
pub(crate) fn apply(
    rows: &mut Rows,
    memory: &mut Memory,
    plan: &Plan,
    (isolate, reports): (IsolateId, &[Report]),
    now: Timestamp,
) -> Option<u64> {
    let counting = &mut memory.usage;
    for report in reports {
        let last = counting.all.durable.get(&isolate).copied().unwrap_or(0);
        if report.seq <= last && !plan.has(Flaw::CountsReportsTwice) {
            continue;
        }
        for tally in &report.tallies {
            let key = tally.key_id.as_str().trim_start_matches("key_").parse().unwrap();
            *counting.all.counts.entry((isolate, key)).or_default() += total(&tally.counts);
        }
        counting.all.durable.insert(isolate, last.max(report.seq));
        counting.is_clean = false;
    }
    counting.flush(&mut rows.usage, now);
    let told = if plan.has(Flaw::DurableBeforeWritten) { &counting.all } else { &rows.usage };
    told.durable.get(&isolate).copied()
}

impl World {
    /// An isolate has decided something by itself.
    pub(crate) fn note_use(&mut self, isolate: usize, key: usize, code: Code) {
        let session = key / self.plan.keys_each;
        let one = &mut self.isolates[isolate];
        let at = one.clock.read(self.time);
        let (origin, tags) = (Origin::default(), Vec::new());
        let seen = Seen { id: self.verification.clone(), at, code, cost: 1, origin, ip: None, tags };
        one.tallies.note(self.locators[session], &ApiKeyId::from_trusted(format!("key_{key}")), seen);
        self.decided.entry((one.name, key)).or_default().push(self.time);
        if !one.reporting[session] && !self.plan.has(Flaw::ReportsOnlyWithRenewals) {
            one.reporting[session] = true;
            let life = one.name;
            self.plan_in(REPORT_MS, Event::Report { isolate, life, session, rounds: ROUNDS });
        }
    }

    /// It is time to report what nobody has taken along.
    pub(crate) fn report(&mut self, isolate: usize, life: IsolateId, session: usize, rounds: usize) {
        let now = self.look(isolate);
        let one = &mut self.isolates[isolate];
        if one.name != life {
            return;
        }
        if rounds == 0 || !one.tallies.has_unreported(self.locators[session]) {
            one.reporting[session] = false;
            return;
        }
        // What is decided from here on somebody else reports.
        let is_last = rounds <= 1;
        let is_deaf = is_last && self.plan.has(Flaw::LastRoundIsDeaf);
        one.reporting[session] = !is_last || is_deaf;
        if one.renewing[session] {
            one.reporting[session] = true;
            return self.plan_in(BUSY_MS, Event::Report { isolate, life, session, rounds });
        }
        one.held_up[session] =
            one.tallies.is_held_up(self.locators[session]) && !self.plan.has(Flaw::HeldUpReportsWait);
        self.renew(isolate, session, false, now);
        if is_deaf {
            self.plan_in(BUSY_MS, Event::Report { isolate, life, session, rounds: 0 });
        } else if !is_last {
            self.plan_in(REPORT_MS, Event::Report { isolate, life, session, rounds: rounds - 1 });
        }
    }

    /// A session has answered to reports. What had to wait for these follows at once.
    pub(crate) fn report_rest(&mut self, isolate: usize, session: usize, now: Timestamp) {
        let one = &mut self.isolates[isolate];
        let was_held_up = std::mem::take(&mut one.held_up[session]);
        let locator = self.locators[session];
        if was_held_up && !one.tallies.is_held_up(locator) && one.tallies.has_unreported(locator) {
            self.renew(isolate, session, false, now);
        }
    }

    /// What a session has written down is compared with what was decided.
    pub(crate) fn check_written(&mut self, session: usize, before: &Counted) {
        let counted = &self.sessions[session].rows.usage.counts;
        for (of, count) in counted {
            let decided = &self.decided[of];
            let (count, first) = (*count as usize, before.counts.get(of).copied().unwrap_or(0) as usize);
            if count > decided.len() {
                let what = format!("{count} counted of {} decisions of {of:?}", decided.len());
                return self.observer.complain(what);
            }
            let late = decided.get(first).filter(|at| first < count && self.time - *at > WRITTEN_MS);
            if let Some(at) = late.filter(|_| self.plan.is_calm) {
                return self.observer.complain(format!("what was decided at {at} by {of:?} is written down only now"));
            }
        }
    }

    /// Now that nothing has been broken for long: what every isolate that lives has decided is counted, once.
    pub(crate) fn audit(&mut self) {
        for session in 0..self.sessions.len() {
            let written = self.sessions[session].rows.usage.clone();
            for isolate in &mut self.isolates {
                let durable = written.durable.get(&isolate.name).copied().unwrap_or(0);
                // What it still knows: what waits for earlier reports comes once these are out of the way.
                let mut left = 0;
                while let Some(last) = isolate.tallies.reports(self.locators[session], isolate.name).last() {
                    let reports = isolate.tallies.reports(self.locators[session], isolate.name);
                    let new = reports.iter().filter(|report| report.seq > durable).flat_map(|report| &report.tallies);
                    left += new.map(|tally| total(&tally.counts)).sum::<u64>();
                    isolate.tallies.settled(self.locators[session], last.seq);
                }
                let keys = session * self.plan.keys_each..(session + 1) * self.plan.keys_each;
                let of = |key| (isolate.name, key);
                let counted: u64 = keys.clone().filter_map(|key| written.counts.get(&of(key))).sum();
                let decided = keys.filter_map(|key| self.decided.get(&of(key))).flatten();
                let (count, last) = decided.fold((0, i64::MIN), |(count, last), at| (count + 1, last.max(*at)));
                let what =
                    format!("of {count} decisions of {:?}, {counted} are counted and {left} known", isolate.name);
                // What was decided while nobody could be told is told with the next decision.
                let is_late = left > 0 && last > self.plan.rough_ms;
                if counted + left != count || is_late {
                    self.observer.complain(what);
                }
            }
        }
    }
}

/// The name of every verification: what is counted does not look at it.
pub(crate) fn verification() -> VerificationId {
    VerificationId::from_trusted("ver_7".to_owned())
}
