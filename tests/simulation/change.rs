//! Changes that somebody asks for: sent until they are answered, and acknowledged once their answer says so.

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::consistency::Consistency;
use latchkey::domain::id::ApiKeyId;
use latchkey::domain::permission::Permissions;
use latchkey::domain::plan::Plan as Tariff;
use latchkey::domain::session::{OrganizationStatus, Policy, Session, SessionStatus};
use latchkey::domain::timestamp::Timestamp;

use crate::messages::{Ask, Call, From};
use crate::plan::{Plan, consistency};
use crate::world::{Event, World};

/// What somebody asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Key(usize, KeyChange),
    Session(usize, SessionChange),
    Policy(PolicyChange),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum KeyChange {
    Revoke,
    Disable,
    Enable,
    Narrow,
    Widen,
    /// To end in so many milliseconds.
    Expire(i64),
    Endless,
    /// Its successor takes over after so many milliseconds.
    Rotate(i64),
    /// To so many hundredths of its limits.
    Limit(u32),
    Read,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SessionChange {
    Disconnect,
    Connect,
    Choose(Consistency),
    Limit(u32),
    Read,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum PolicyChange {
    Status(OrganizationStatus),
    /// Another plan.
    Pool(Tariff),
}

pub(crate) const WIDE: [&str; 2] = ["emails:send", "emails:read"];

impl KeyChange {
    /// The record afterwards; none if nothing changes.
    pub(crate) fn apply(self, before: &ApiKey, successor: &ApiKeyId, plan: &Plan, now: Timestamp) -> Option<ApiKey> {
        let mut settings = before.settings.clone();
        let mut disabled = before.disabled;
        match self {
            Self::Read => return None,
            Self::Revoke => {
                let after = before.clone().revoke(None, now);
                return (after != *before).then_some(after);
            }
            Self::Rotate(overlap_ms) => return before.clone().retire(successor.clone(), overlap_ms, now).ok(),
            Self::Limit(percent) => settings.rate_limits = plan.limits.as_ref()?.part(percent, false),
            Self::Disable => disabled = true,
            Self::Enable => disabled = false,
            Self::Narrow => settings.permissions = Permissions::parse([WIDE[0]]).unwrap(),
            Self::Widen => settings.permissions = Permissions::parse(WIDE).unwrap(),
            Self::Expire(ms) => settings.expires_at = Some(now.plus_millis(ms)),
            Self::Endless => settings.expires_at = None,
        }
        if settings == before.settings && disabled == before.disabled {
            return None;
        }
        before.clone().change(settings, disabled, now).ok()
    }
}

impl SessionChange {
    /// The same for a session.
    pub(crate) fn apply(self, before: &Session, plan: &Plan) -> Option<Session> {
        let mut after = before.clone();
        match self {
            Self::Read => return None,
            Self::Disconnect => after.status = SessionStatus::Disconnected,
            Self::Connect => after.status = SessionStatus::Connected,
            Self::Choose(consistency) => after.consistency = consistency,
            Self::Limit(percent) => after.rate_limits = plan.limits.as_ref()?.part(percent, true),
        }
        if after == *before {
            return None;
        }
        after.generation += 1;
        Some(after)
    }
}

impl PolicyChange {
    /// The same for the policy.
    pub(crate) fn apply(self, before: &Policy) -> Option<Policy> {
        let version = before.version + 1;
        let after = match self {
            Self::Status(status) => Policy { version, status, ..*before },
            Self::Pool(plan) => Policy { version, plan, ..*before },
        };
        (after != Policy { version, ..*before }).then_some(after)
    }
}

/// A change that has not been answered.
pub(crate) struct Wanted {
    change: Change,
    tries: u32,
}

impl World {
    /// Somebody wants something.
    pub(crate) fn want_anything(&mut self) {
        let key = self.random.below(self.hashes.len());
        let session = self.random.below(self.sessions.len());
        let change = match self.random.below(40) {
            limit if limit % 3 == 1 && self.plan.limits.is_some() => self.want_limits(key, session),
            0 => Change::Key(key, KeyChange::Revoke),
            1 | 24 => Change::Key(key, KeyChange::Rotate(self.random.pick(&[0, 3_000, 20_000]))),
            2..8 => Change::Key(key, KeyChange::Disable),
            8..14 => Change::Key(key, KeyChange::Enable),
            14..19 => Change::Key(key, KeyChange::Narrow),
            19..24 => Change::Key(key, KeyChange::Widen),
            25 => Change::Key(key, KeyChange::Expire(self.random.within(-100, 8_000))),
            26 | 27 => Change::Key(key, KeyChange::Endless),
            28 | 29 => Change::Key(key, KeyChange::Read),
            30 => Change::Session(session, SessionChange::Disconnect),
            31 => Change::Session(session, SessionChange::Connect),
            32 => Change::Session(session, SessionChange::Read),
            33..36 => {
                let chosen = consistency(&mut self.random, self.plan.edge);
                Change::Session(session, SessionChange::Choose(chosen))
            }
            36 | 37 => Change::Policy(PolicyChange::Status(OrganizationStatus::Suspended)),
            _ => Change::Policy(PolicyChange::Status(OrganizationStatus::Active)),
        };
        self.want(change);
        // What has been taken away is given back soon, or there would be nothing left to take away.
        let back = match change {
            Change::Key(key, KeyChange::Disable) => Some(Change::Key(key, KeyChange::Enable)),
            Change::Key(key, KeyChange::Narrow) => Some(Change::Key(key, KeyChange::Widen)),
            Change::Key(key, KeyChange::Expire(_)) => Some(Change::Key(key, KeyChange::Endless)),
            Change::Session(session, SessionChange::Disconnect) => {
                Some(Change::Session(session, SessionChange::Connect))
            }
            Change::Policy(PolicyChange::Status(OrganizationStatus::Suspended)) => {
                Some(Change::Policy(PolicyChange::Status(OrganizationStatus::Active)))
            }
            _ => None,
        };
        if let Some(back) = back {
            let delay = self.random.within(500, 12_000);
            self.plan_in(delay, Event::Want(back));
        }
        // Somebody looks at it, or wants something else of it, before it is in force.
        if let Change::Key(key, _) = change {
            let more = self.random.pick(&[KeyChange::Read, KeyChange::Enable, KeyChange::Endless, KeyChange::Disable]);
            let delay = self.random.within(20, 1_500);
            self.plan_in(delay, Event::Want(Change::Key(key, more)));
        }
    }

    /// Other limits, or a rotation, which spends the same.
    fn want_limits(&mut self, key: usize, session: usize) -> Change {
        let percent = self.random.pick(&[25, 50, 75, 100, 100]);
        let pool = self.plan.limits.as_ref().and_then(|limits| limits.part_of_pool(percent));
        let (each, hot) = (self.plan.keys_each, self.random.per_mille(600));
        let key = if hot { key / each * each + self.random.pick(&[0, each - 1]) } else { key };
        match self.random.below(7) {
            0 | 1 => Change::Session(session, SessionChange::Limit(percent)),
            2 if hot => Change::Key(key / each * each, KeyChange::Rotate(self.random.pick(&[10_000, 30_000]))),
            3..5 => pool.map_or(Change::Key(key, KeyChange::Read), |plan| Change::Policy(PolicyChange::Pool(plan))),
            _ => Change::Key(key, KeyChange::Limit(percent)),
        }
    }

    pub(crate) fn want(&mut self, change: Change) {
        self.conspire(true);
        let name = self.name();
        self.wanted.insert(name, Wanted { change, tries: 0 });
        self.attempt(name);
    }

    pub(crate) fn attempt(&mut self, name: u64) {
        let Some(wanted) = self.wanted.get_mut(&name) else { return };
        wanted.tries += 1;
        if wanted.tries > 6 {
            self.wanted.remove(&name);
            return;
        }
        let change = wanted.change;
        let (way, patience) = (self.way(), self.random.within(500, 6_000));
        let from = From::Admin(name);
        match change {
            Change::Key(key, _) => {
                let session = key / self.plan.keys_each;
                self.send(way, Event::ToSession { session, call: Call { from, ask: Ask::Change(change) } });
            }
            Change::Session(session, _) => {
                self.send(way, Event::ToSession { session, call: Call { from, ask: Ask::Change(change) } });
            }
            Change::Policy(wanted) => self.send(way, Event::SetPolicy { change: name, wanted }),
        }
        self.plan_in(patience, Event::Attempt(name));
    }

    /// An answer has arrived. Whoever carries it waits as long as it says, by a clock of his own.
    pub(crate) fn changed(&mut self, name: u64, generation: i64, wait_ms: u64) {
        let Some(wanted) = self.wanted.remove(&name) else { return };
        let wait = i64::try_from(wait_ms).unwrap();
        let drift = self.random.within(-900, 900) * wait / 1_000_000;
        self.waits[usize::from(wait > 0)] += 1;
        if wait > 0 {
            self.conspire(false);
        }
        self.plan_in(wait + drift, Event::Acknowledged { change: wanted.change, generation });
    }

    /// Somebody has been told. Now it has to be so, everywhere.
    pub(crate) fn acknowledge(&mut self, change: Change, generation: i64) {
        let keys = match change {
            Change::Key(key, _) => {
                self.observer.acknowledge_key(key, generation);
                key..key + 1
            }
            Change::Session(session, _) => {
                self.observer.acknowledge_session(session, generation);
                session * self.plan.keys_each..(session + 1) * self.plan.keys_each
            }
            Change::Policy(_) => {
                self.observer.acknowledge_policy(generation);
                0..self.hashes.len()
            }
        };
        for key in keys {
            for isolate in 0..self.isolates.len() {
                for delay in [0, 40, 180] {
                    let demand = self.random.below(2);
                    self.plan_in(delay, Event::Verify { isolate, key, demand, is_strict: false });
                }
            }
        }
    }
}
