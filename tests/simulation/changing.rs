//! What an authority does with changes: which of them take something away, what they wait for, and what a rotation makes
//! of two keys.

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::id::ApiKeyId;
use latchkey::domain::timestamp::Timestamp;

use crate::change::{KeyChange, SessionChange};
use crate::desk::{Desk, Outcome};
use crate::messages::Reply;
use crate::plan::Flaw;

impl Desk<'_> {
    /// A key after a change; none if nothing changes, as nothing does of a successor that has not been issued.
    fn changed(&self, place: usize, change: KeyChange) -> Option<ApiKey> {
        let (key, spare) = (&self.rows.keys[place], &self.rows.keys[self.rows.keys.len() - 1]);
        let is_issued = key.id != spare.id || key.rotated_from.is_some();
        let is_free = place == 0 && spare.rotated_from.is_none() && spare.revocation.is_none();
        let successor = if is_free { spare.id.clone() } else { ApiKeyId::from_trusted("key_elsewhere".to_owned()) };
        let may = is_issued || change == KeyChange::Revoke;
        change.apply(key, &successor, self.plan, self.now).filter(|_| may)
    }

    /// The successor takes over what the key may, and spends what it has left.
    fn issue(&mut self, retired: &ApiKey, before: &ApiKey) {
        let place = self.rows.keys.len() - 1;
        let spare = &mut self.rows.keys[place];
        if retired.rotated_to.as_ref() != Some(&spare.id) || spare.rotated_from.is_some() {
            return;
        }
        spare.settings = before.settings.clone();
        spare.disabled = false;
        spare.rotated_from = Some(retired.id.clone());
        spare.spends_as = Some(retired.ledger().clone());
        spare.generation += 1;
        let successor = spare.clone();
        self.publish(self.first + place, successor, None);
    }

    fn tightens(&self, after: &ApiKey, before: &ApiKey, until: Timestamp) -> bool {
        let mut after = after.clone();
        if self.plan.has(Flaw::LowerLimitsDoNotTighten) {
            after.settings.rate_limits = before.settings.rate_limits.clone();
        }
        after.tightens(before, until)
    }

    /// While both halves of a rotation are good, what the successor may spend counts for both.
    fn fence_former(&mut self, after: &ApiKey, before: &ApiKey) -> u64 {
        let is_half = after.rotated_from.is_some() && after.settings.spends_tighter(&before.settings);
        if !is_half {
            return 0;
        }
        self.memory.grantor.tighten(&self.first, self.now);
        let wait_ms = self.memory.grantor.fence_ms(&self.first, self.now);
        let effective = self.now.plus_millis(i64::try_from(wait_ms).unwrap());
        self.rows.effective[0] = self.rows.effective[0].max(effective);
        wait_ms
    }

    pub(crate) fn change_key(&mut self, key: usize, change: KeyChange) -> Outcome {
        let place = key - self.first;
        let settled = until(self.rows.effective[place], self.now);
        let Some(after) = self.changed(place, change) else {
            let at_once = if change == KeyChange::Read { Flaw::AnswersReadAtOnce } else { Flaw::AnswersRepeatAtOnce };
            let wait_ms = if self.plan.has(at_once) { 0 } else { settled };
            return Outcome::Done(Reply::Changed { generation: self.rows.keys[place].generation, wait_ms });
        };
        let mut wait_ms = if self.plan.has(Flaw::AnswersLooseningAtOnce) { 0 } else { settled };
        let before = self.rows.keys[place].clone();
        if self.tightens(&after, &before, self.memory.grantor.end(&key)) {
            self.memory.grantor.tighten(&key, self.now);
            wait_ms = self.memory.grantor.fence_ms(&key, self.now);
            if self.plan.has(Flaw::WaitsForAllKeys) {
                self.memory.grantor.tighten_all(self.now);
                wait_ms = self.memory.grantor.fence_all_ms(self.now);
            }
            wait_ms = wait_ms.max(self.fence_former(&after, &before));
            self.check_wait(
                wait_ms,
                if after.rotated_from.is_some() {
                    self.leased_until[place].max(self.leased_until[0])
                } else {
                    self.leased_until[place]
                },
            );
            wait_ms = wait_ms.max(settled);
            self.rows.effective[place] = self.now.plus_millis(i64::try_from(wait_ms).unwrap());
            if self.plan.has(Flaw::AnswersAtCommit) {
                wait_ms = 0;
            }
        }
        let generation = after.generation;
        self.rows.keys[place] = after.clone();
        self.issue(&after, &before);
        self.publish(key, after, None);
        Outcome::Done(Reply::Changed { generation, wait_ms })
    }

    pub(crate) fn change_session(&mut self, change: SessionChange) -> Outcome {
        let settled = until(self.rows.session_effective, self.now);
        let mut wait_ms = settled;
        if let Some(after) = change.apply(&self.rows.session, self.plan) {
            let limits = after.rate_limits.tightens(&self.rows.session.rate_limits);
            let blind = limits && self.plan.has(Flaw::LowerLimitsDoNotTighten);
            if after.tightens(&self.rows.session) && !blind {
                self.memory.grantor.tighten_all(self.now);
                wait_ms = self.memory.grantor.fence_all_ms(self.now);
                self.check_wait(wait_ms, self.leased_until.iter().copied().max().unwrap());
                wait_ms = wait_ms.max(settled);
                self.rows.session_effective = self.now.plus_millis(i64::try_from(wait_ms).unwrap());
            }
            self.rows.session = after;
        }
        Outcome::Done(Reply::Changed { generation: self.rows.session.generation, wait_ms })
    }

    /// Nobody waits for longer than somebody may have a lease, or than the horizon after a restart; where nobody has
    /// one, nobody waits.
    fn check_wait(&mut self, wait_ms: u64, leased_until: i64) {
        let inherited = until(self.memory.inherited, self.now);
        let leased = u64::try_from(leased_until - self.time).unwrap_or(0);
        if self.is_steady && wait_ms > leased.max(inherited) && !self.plan.has(Flaw::GrantorWithoutMargin) {
            self.complaint = Some(format!("waits {wait_ms} ms for leases of {leased} ms and a horizon of {inherited}"));
        }
    }
}

fn until(end: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(end.millis_since(now)).unwrap_or(0)
}
