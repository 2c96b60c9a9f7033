//! What should be: a deployment without objects, leases, caches and waits, in a few maps.
//!
//! It never looks at the service. What it cannot know, because an answer was lost or a clock may have gone on while a
//! change was waited for, it calls unsure, and takes either.

use std::collections::BTreeMap;

use crate::command::{Environment, Field, Grants, Mode, Role, Trouble, Weather};
use crate::flaw::Flaw;
use crate::request::Request;

/// A stretch of time in which something happens, in ms since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) lo: i64,
    pub(crate) hi: i64,
}

impl Span {
    pub(crate) fn at(ms: i64) -> Self {
        Self { lo: ms, hi: ms }
    }

    pub(crate) fn after(self, ms: i64) -> Self {
        Self { lo: self.lo + ms, hi: self.hi + ms }
    }

    pub(crate) fn earlier(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.min(other.hi) }
    }

    /// Whether this is later than another: surely, or perhaps.
    pub(crate) fn is_later(self, other: Self) -> (bool, bool) {
        (self.lo > other.hi, self.hi > other.lo)
    }
}

/// What came, or may come, of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    /// What was decided on a key.
    Decided(String),
    Refused(u16, String),
    /// Any refusal that has to do with the state of what it is about.
    Conflict,
    Unavailable,
}

pub(crate) fn refused(status: u16, code: &str) -> Verdict {
    Verdict::Refused(status, code.to_owned())
}

/// What the command just given may bring.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    /// What is asked, if anything is.
    pub(crate) request: Option<Request>,
    /// The key and the session that it is about, by their numbers.
    pub(crate) key: Option<usize>,
    pub(crate) session: Option<usize>,
    pub(crate) verdicts: Vec<Verdict>,
    /// What it creates for sure, to be known by its number.
    pub(crate) creates: Option<usize>,
    /// The keys that a list shows, and how many more there may be; none if nothing can be said.
    pub(crate) listed: Option<Listed>,
    /// What reading says of a key.
    pub(crate) status: Option<&'static str>,
    /// The organization in which something may change.
    pub(crate) changes: Option<usize>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    pub(crate) surely: Vec<usize>,
    pub(crate) perhaps: Vec<usize>,
    pub(crate) strangers: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) session: usize,
    pub(crate) grants: Grants,
    pub(crate) bound: bool,
    pub(crate) expires: Option<Span>,
    pub(crate) disabled: bool,
    pub(crate) revoked: bool,
    pub(crate) replaces: Option<usize>,
    pub(crate) replaced_by: Option<usize>,
    /// Something was done to it, or not: nobody has said.
    pub(crate) unsure: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) organization: usize,
    pub(crate) environment: Environment,
    pub(crate) mode: Mode,
    pub(crate) disconnected: bool,
    pub(crate) deleted: bool,
    pub(crate) trouble: Option<Trouble>,
    /// Whether nobody knows if it is connected, or there at all.
    pub(crate) unsure: bool,
    /// Whether it may not have heard of the last change of its organization.
    pub(crate) is_deaf: bool,
    /// Keys that may have been issued without anybody hearing of it.
    pub(crate) ghosts: i64,
    /// Entries in its audit log about keys and itself.
    pub(crate) log: Span,
}

#[derive(Debug, Clone)]
pub(crate) struct Organization {
    pub(crate) suspended: bool,
    pub(crate) quota: i64,
    pub(crate) members: BTreeMap<usize, Role>,
    /// Entries in its audit log about members and invitations.
    pub(crate) log: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) organization: usize,
    pub(crate) role: Role,
    pub(crate) author: usize,
    pub(crate) used: bool,
}

/// How many people there are.
pub(crate) const PEOPLE: usize = 4;
/// How many keys the plan allows in a session, at first.
pub(crate) const QUOTA: i64 = 3;

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) now: Span,
    pub(crate) keys: Vec<Key>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) invitations: Vec<Invitation>,
    pub(crate) weather: Weather,
    /// How many root secrets there are.
    pub(crate) roots: u8,
    pub(crate) expected: Expected,
    /// What is wrong on purpose.
    pub(crate) flaw: Option<Flaw>,
    /// Whether only portable commands are drawn.
    pub(crate) is_portable: bool,
}

impl Model {
    /// Two organizations with an owner, a default session and another one each; an admin in the first and a viewer in the
    /// second.
    pub(crate) fn new(is_portable: bool, flaw: Option<Flaw>) -> Self {
        let session = |organization| Session {
            organization,
            environment: Environment::Production,
            mode: Mode::Leased,
            disconnected: false,
            deleted: false,
            trouble: None,
            unsure: false,
            is_deaf: false,
            ghosts: 0,
            log: Span::at(0),
        };
        let organization = |members: &[(usize, Role)]| Organization {
            suspended: false,
            quota: QUOTA,
            members: members.iter().copied().collect(),
            log: 0,
        };
        let mut model = Self {
            now: Span::at(0),
            keys: Vec::new(),
            sessions: vec![session(0), session(1), session(0), session(1)],
            organizations: vec![
                organization(&[(0, Role::Owner), (2, Role::Admin)]),
                organization(&[(1, Role::Owner), (3, Role::Viewer)]),
            ],
            invitations: Vec::new(),
            weather: Weather::Well,
            roots: 1,
            expected: Expected::default(),
            flaw,
            is_portable,
        };
        for session in 0..2 {
            model.learn(session, Grants::Everything, false, None);
        }
        model
    }

    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// A key is there; its number.
    pub(crate) fn learn(&mut self, session: usize, grants: Grants, bound: bool, expires: Option<Span>) -> usize {
        self.keys.push(Key {
            session,
            grants,
            bound,
            expires,
            disabled: false,
            revoked: false,
            replaces: None,
            replaced_by: None,
            unsure: false,
        });
        self.keys.len() - 1
    }

    /// Adds an entry to the log of a session: surely, or perhaps one or several.
    pub(crate) fn note(&mut self, session: usize, surely: bool) {
        let log = &mut self.sessions[session].log;
        *log = if surely { log.after(1) } else { Span { lo: log.lo, hi: log.hi + 4 } };
    }

    pub(crate) fn organization_of(&self, key: usize) -> usize {
        self.sessions[self.keys[key].session].organization
    }

    pub(crate) fn is_default(session: usize) -> bool {
        session < 2
    }

    /// Whether a key acts on its whole organization.
    pub(crate) fn reaches_all(&self, key: usize) -> bool {
        Self::is_default(self.keys[key].session) && self.keys[key].grants >= Grants::Manage
    }

    /// Whether a moment has passed: surely, and perhaps.
    pub(crate) fn has_passed(&self, at: Span) -> (bool, bool) {
        (at.hi <= self.now.lo, at.lo <= self.now.hi)
    }

    fn has_ended(&self, key: &Key) -> (bool, bool) {
        if self.has(Flaw::ExpiryIgnored) {
            return (false, false);
        }
        key.expires.map_or((false, false), |at| self.has_passed(at))
    }

    /// Every code that a verification of a key may have, in the order of the checks; the last one is what it has if it
    /// has none of the others.
    pub(crate) fn codes(&self, key: usize, wants: Option<Grants>, is_inside: bool) -> Vec<&'static str> {
        let key = &self.keys[key];
        let session = &self.sessions[key.session];
        let organization = &self.organizations[session.organization];
        let mut codes = Vec::new();
        // (surely, perhaps, what it is called)
        let (ended, may_have_ended) = self.has_ended(key);
        let disconnected = session.disconnected && !self.has(Flaw::DisconnectingForgotten);
        let suspended = organization.suspended && !self.has(Flaw::SuspensionForgotten);
        let checks = [
            (key.revoked || session.deleted, key.unsure || session.unsure, "REVOKED"),
            (key.disabled, key.unsure, "DISABLED"),
            (ended, may_have_ended || key.unsure, "EXPIRED"),
            (suspended, session.is_deaf, "ORGANIZATION_SUSPENDED"),
            (disconnected, session.unsure, "SESSION_DISCONNECTED"),
            (key.bound && !is_inside, key.unsure, "FORBIDDEN"),
            (wants.is_some_and(|wants| !key.grants.allow(wants)), key.unsure, "INSUFFICIENT_PERMISSIONS"),
        ];
        for (surely, perhaps, code) in checks {
            // Of what is unsure the opposite may be so as well.
            let is_open = perhaps && !(code == "EXPIRED" && ended && !key.unsure) && !(code == "REVOKED" && surely);
            if surely && !is_open {
                codes.push(code);
                return codes;
            }
            if surely || perhaps {
                codes.push(code);
            }
        }
        codes.push("VALID");
        codes
    }

    /// Whether a key is neither revoked nor over, as a number: at least, at most.
    pub(crate) fn presence(&self, number: usize) -> (i64, i64) {
        let key = &self.keys[number];
        if key.unsure {
            return (0, 1);
        }
        let (ended, may_have_ended) = self.has_ended(key);
        if key.revoked || ended { (0, 0) } else { (i64::from(!may_have_ended), 1) }
    }

    /// What a key counts for in the quota of its session: at least, at most.
    fn weight(&self, number: usize) -> (i64, i64) {
        let lives = self.presence(number);
        match self.keys[number].replaced_by {
            None => lives,
            Some(_) if self.keys[number].unsure => (0, 1),
            // The old half takes the place of a successor that has ended before it.
            Some(successor) => {
                let (least, most) =
                    if self.keys[successor].replaced_by.is_some() { (0, 0) } else { self.weight(successor) };
                let gone = (1 - most, 1 - least);
                (lives.0 * gone.0, lives.1 * gone.1)
            }
        }
    }

    /// How many places of the plan are taken in a session: at least, at most.
    pub(crate) fn taken(&self, session: usize) -> (i64, i64) {
        let of_session = (0..self.keys.len()).filter(|key| self.keys[*key].session == session);
        let (least, most) =
            of_session.map(|key| self.weight(key)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (least, most + self.sessions[session].ghosts)
    }

    /// Whether a session has no place left for another key: surely, and perhaps.
    pub(crate) fn is_full(&self, session: usize) -> (bool, bool) {
        if self.has(Flaw::QuotaUnchecked) {
            return (false, false);
        }
        let quota = self.organizations[self.sessions[session].organization].quota;
        let (least, most) = self.taken(session);
        if self.sessions[session].is_deaf || self.sessions[session].unsure {
            return (false, true);
        }
        (least >= quota, most >= quota)
    }

    /// Whether a key lives on: surely, and perhaps.
    pub(crate) fn lives(&self, key: usize) -> (bool, bool) {
        let key = &self.keys[key];
        let (ended, may_have_ended) = self.has_ended(key);
        let is_over = key.revoked || self.sessions[key.session].deleted;
        (!is_over && !may_have_ended && !key.unsure, !is_over && !ended || key.unsure)
    }

    /// What reading a key says of it, where that is sure.
    pub(crate) fn status(&self, key: usize) -> Option<&'static str> {
        match self.codes(key, None, true)[..] {
            ["REVOKED"] => Some("revoked"),
            ["DISABLED"] => Some("disabled"),
            ["EXPIRED"] => Some("expired"),
            ["VALID" | "ORGANIZATION_SUSPENDED" | "SESSION_DISCONNECTED"] => Some("active"),
            _ => None,
        }
    }

    /// The keys of an organization, or of one session, as a list shows them.
    pub(crate) fn list(&self, organization: usize, session: Option<usize>) -> Listed {
        let mut listed = Listed::default();
        for (number, key) in self.keys.iter().enumerate() {
            let place = &self.sessions[key.session];
            if place.organization != organization || session.is_some_and(|session| session != key.session) {
                continue;
            }
            let is_restless = place.trouble.is_some();
            if is_restless { listed.perhaps.push(number) } else { listed.surely.push(number) }
        }
        let of = |place: &&Session| place.organization == organization;
        listed.strangers = self.sessions.iter().filter(of).map(|place| place.ghosts).sum();
        listed
    }

    pub(crate) fn expiry(&self, field: Field<i64>) -> Option<Span> {
        match field {
            Field::Set(after) => Some(Span::at(self.now.hi + after)),
            Field::Keep | Field::Clear => None,
        }
    }
}
