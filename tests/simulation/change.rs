//! Changes that somebody asks for: sent until they are answered, and acknowledged once their answer says so.

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::consistency::Consistency;
use latchkey::domain::id::ApiKeyId;
use latchkey::domain::permission::Permissions;
use latchkey::domain::session::{OrganizationStatus, Session, SessionStatus};
use latchkey::domain::timestamp::Timestamp;

use crate::plan::consistency;
use crate::session::{Ask, Call, From};
use crate::world::{Event, World};

/// What somebody asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Key(usize, KeyChange),
    Session(usize, SessionChange),
    Policy(OrganizationStatus),
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
    Retire(i64),
    Read,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SessionChange {
    Disconnect,
    Connect,
    Choose(Consistency),
    Read,
}

pub(crate) const WIDE: [&str; 2] = ["emails:send", "emails:read"];

impl KeyChange {
    /// The record afterwards; none if nothing changes.
    pub(crate) fn apply(self, before: &ApiKey, now: Timestamp) -> Option<ApiKey> {
        let mut settings = before.settings.clone();
        let mut disabled = before.disabled;
        match self {
            Self::Read => return None,
            Self::Revoke => {
                let after = before.clone().revoke(None, now);
                return (after != *before).then_some(after);
            }
            Self::Retire(overlap_ms) => {
                let successor = ApiKeyId::from_trusted("key_successor".to_owned());
                return before.clone().retire(successor, overlap_ms, now).ok();
            }
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
    pub(crate) fn apply(self, before: &Session) -> Option<Session> {
        let mut after = before.clone();
        match self {
            Self::Read => return None,
            Self::Disconnect => after.status = SessionStatus::Disconnected,
            Self::Connect => after.status = SessionStatus::Connected,
            Self::Choose(consistency) => after.consistency = consistency,
        }
        if after == *before {
            return None;
        }
        after.generation += 1;
        Some(after)
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
            0 => Change::Key(key, KeyChange::Revoke),
            1 => Change::Key(key, KeyChange::Retire(self.random.pick(&[0, 3_000, 20_000]))),
            2..8 => Change::Key(key, KeyChange::Disable),
            8..14 => Change::Key(key, KeyChange::Enable),
            14..19 => Change::Key(key, KeyChange::Narrow),
            19..24 => Change::Key(key, KeyChange::Widen),
            24 | 25 => Change::Key(key, KeyChange::Expire(self.random.within(-100, 8_000))),
            26 | 27 => Change::Key(key, KeyChange::Endless),
            28 | 29 => Change::Key(key, KeyChange::Read),
            30 => Change::Session(session, SessionChange::Disconnect),
            31 => Change::Session(session, SessionChange::Connect),
            32 => Change::Session(session, SessionChange::Read),
            33..36 => {
                let chosen = consistency(&mut self.random, self.plan.edge);
                Change::Session(session, SessionChange::Choose(chosen))
            }
            36 | 37 => Change::Policy(OrganizationStatus::Suspended),
            _ => Change::Policy(OrganizationStatus::Active),
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
            Change::Policy(OrganizationStatus::Suspended) => Some(Change::Policy(OrganizationStatus::Active)),
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
            Change::Policy(status) => self.send(way, Event::SetStatus { change: name, status }),
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
