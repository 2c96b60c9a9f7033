//! What goes wrong besides messages and steps: isolates that die, objects that restart, clocks that are set, and ways that
//! are cut; and how everything is mended in the end.

use crate::change::{Change, KeyChange};
use crate::isolate::Isolate;
use crate::messages::{Ask, Call, From};
use crate::plan::Plan;
use crate::world::{Event, World};

/// How long (ms) after everything is mended nothing may remind of what was broken.
const SETTLING_MS: i64 = 170_000;

/// How long (ms) after that everything has been reported.
const AUDIT_MS: i64 = 200_000;

impl World {
    /// Something goes wrong, and before long something else will.
    pub(crate) fn trouble(&mut self) {
        if self.time >= self.plan.rough_ms {
            return;
        }
        let isolate = self.random.below(self.isolates.len());
        let session = self.random.below(self.sessions.len());
        match self.random.below(11) {
            0 => {
                let (name, clock) = (self.name(), self.plan.clock(&mut self.random));
                self.isolates[isolate] = Isolate::new(name, clock, self.plan.sessions);
            }
            1 => self.restart_session(session),
            2 => self.restart_organization(),
            3 | 4 => self.isolates[isolate].clock.tremble(&mut self.random),
            5 if self.plan.limits.is_none() => self.sessions[session].clock.tremble(&mut self.random),
            6 if self.plan.limits.is_none() => self.organization.clock.tremble(&mut self.random),
            7 => {
                // More than the promise allows for; so somebody looks, before and afterwards.
                let key = self.random.below(self.hashes.len());
                let is_strict = self.random.per_mille(700);
                self.verify(isolate, key, 0, is_strict);
                let seconds = self.random.pick(&[-20, 1, 2, 3, 5, 10, 30]);
                self.isolates[isolate].clock.set_back(seconds);
                self.verify(isolate, key, 0, false);
                if self.random.per_mille(300) {
                    self.want(Change::Key(key, KeyChange::Disable));
                }
            }
            8 if self.plan.limits.is_none() => {
                let look = Call { from: From::Organization { session, life: u64::MAX }, ask: Ask::Look };
                self.step_session(session, look.clone(), None);
                let seconds = self.random.within(2, 30);
                self.sessions[session].clock.set_back(seconds);
                self.step_session(session, look, None);
            }
            9 => self.cut_until[session] = self.time + self.random.within(5_000, 90_000),
            _ if self.plan.limits.is_none() => {
                let seconds = self.random.within(2, 30);
                self.organization.clock.set_back(seconds);
            }
            _ => self.restart_organization(),
        }
        let pause = self.random.within(100, 8_000);
        self.plan_in(pause, Event::Trouble);
    }

    /// Sets clocks as unfavourably as they may be set: those of isolates back, or those of objects forward.
    pub(crate) fn conspire(&mut self, is_about_to_change: bool) {
        if !self.plan.is_adverse || self.time >= self.plan.rough_ms {
            return;
        }
        for node in &mut self.sessions {
            node.clock.lean(is_about_to_change);
        }
        self.organization.clock.lean(is_about_to_change);
        for isolate in &mut self.isolates {
            isolate.clock.lean(is_about_to_change);
        }
    }

    pub(crate) fn mend(&mut self) {
        let Plan { lost, doubled, slow, crashes, .. } = &mut self.plan;
        [*lost, *doubled, *slow, *crashes] = [0; 4];
        self.cut_until.fill(0);
        self.plan_in(SETTLING_MS, Event::Settled);
    }

    /// Everything is asked for everywhere, and then everything is deleted.
    pub(crate) fn settle_down(&mut self) {
        self.has_settled = true;
        for key in 0..self.hashes.len() {
            for isolate in 0..self.isolates.len() {
                for round in 0..3 {
                    let demand = self.random.below(2);
                    self.plan_in(round * 400 + 10, Event::Verify { isolate, key, demand, is_strict: false });
                }
            }
        }
        self.plan_in(3_000, Event::Deletions);
        self.plan_in(AUDIT_MS, Event::Audit);
    }

    pub(crate) fn delete_all(&mut self) {
        self.has_settled = false;
        for key in 0..self.hashes.len() {
            self.want(Change::Key(key, KeyChange::Revoke));
        }
    }
}
