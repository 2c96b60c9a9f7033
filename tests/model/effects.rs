//! What a command does in the model, once it is decided whether it is carried out: surely, or perhaps.

use crate::command::{By, Change, Command, Field, Mode, Weather};
use crate::flaw::Flaw;
use crate::judge::Effect;
use crate::model::{Invitation, Model, Session, Span};

/// How long (ms) a change may wait for those who act on what was before, and a little.
const PATIENCE: i64 = 45_000;
/// How long (ms) it takes until everything has healed.
const HEALING: i64 = 6 * 60_000;

impl Model {
    pub(crate) fn change_key(&mut self, key: usize, change: Change) {
        let expiry = if let Change::Expires(field) = change { self.expiry(field) } else { None };
        let key = &mut self.keys[key];
        match change {
            Change::Active(active) => key.disabled = !active,
            Change::Name => {}
            Change::Grants(grants) => key.grants = grants,
            Change::Expires(_) => key.expires = expiry,
            Change::Bound(field) => key.bound = matches!(field, Field::Set(())),
        }
    }

    pub(crate) fn carry_out(&mut self, command: &Command, effect: Effect) {
        let is_troubled = self.sessions.iter().any(|session| session.trouble.is_some());
        if effect != Effect::None {
            self.change(command, effect == Effect::Certain);
        }
        if may_wait(command) && (effect != Effect::None || is_troubled) {
            self.now.hi += PATIENCE;
        }
    }

    fn change(&mut self, command: &Command, surely: bool) {
        match *command {
            Command::Create { session, grants, expires, bound, .. } => {
                let (session, expires) = (self.session(session), expires.map(|after| Span::at(self.now.hi + after)));
                self.note(session, surely);
                if surely {
                    self.expected.creates = Some(self.learn(session, grants, bound, expires));
                } else {
                    self.sessions[session].ghosts += 2;
                }
            }
            Command::Revoke { key, .. } => {
                let key = self.key(key);
                let is_new = !self.keys[key].revoked && !self.sessions[self.keys[key].session].deleted;
                if is_new {
                    self.note(self.keys[key].session, surely && !self.keys[key].unsure);
                }
                if surely {
                    self.keys[key].revoked = true;
                    self.keys[key].unsure = false;
                } else {
                    self.keys[key].unsure |= is_new;
                }
            }
            Command::Rotate { key, overlap, .. } => self.carry_out_rotation(self.key(key), overlap, surely),
            Command::Patch { key, change, .. } => {
                let key = self.key(key);
                self.note(self.keys[key].session, surely);
                if surely {
                    self.change_key(key, change);
                } else {
                    self.keys[key].unsure = true;
                }
            }
            Command::CreateSession { environment, mode, by } if surely => {
                let organization = self.through(by);
                let log = Span::at(1);
                let place = Session { organization, environment, mode, log, ..self.sessions[organization].fresh() };
                self.sessions.push(place);
                self.expected.creates = Some(self.sessions.len() - 1);
            }
            Command::Connect { session, connected, .. } => {
                let session = self.session(session);
                self.note(session, surely);
                self.sessions[session].disconnected = !connected;
                self.sessions[session].unsure |= !surely;
            }
            Command::Relax { session, mode, .. } => {
                let session = self.session(session);
                self.note(session, surely);
                self.sessions[session].mode = mode;
            }
            Command::DeleteSession { session, .. } => {
                let session = self.session(session);
                if !self.sessions[session].deleted {
                    self.note(session, surely && !self.sessions[session].unsure);
                }
                self.sessions[session].deleted |= surely;
                self.sessions[session].unsure |= !surely;
            }
            Command::Suspend { organization, suspended } => {
                self.organizations[organization].suspended = suspended;
                self.deafen(organization);
            }
            Command::Plan { organization, keys } => {
                self.organizations[organization].quota = keys.into();
                self.deafen(organization);
            }
            Command::Invite { by: By::Person(author, organization), role } => {
                self.organizations[organization].log += 1;
                self.invitations.push(Invitation { organization, role, author, used: false });
                self.expected.creates = Some(self.invitations.len() - 1);
            }
            Command::Accept { person, invitation } if !self.invitations.is_empty() => {
                let place = invitation % self.invitations.len();
                self.invitations[place].used = true;
                let Invitation { organization, role, .. } = self.invitations[place];
                self.organizations[organization].members.insert(person, role);
                self.organizations[organization].log += 1;
            }
            Command::Promote { by: By::Person(_, organization), person, role } => {
                let before = self.organizations[organization].members.insert(person, role);
                self.organizations[organization].log += i64::from(before != Some(role));
            }
            Command::Remove { by: By::Person(_, organization), person } => {
                self.organizations[organization].members.remove(&person);
                self.organizations[organization].log += 1;
            }
            Command::Wait(ms) => self.now = Span::at(self.now.hi + ms),
            Command::Kv(weather) => self.weather = weather,
            Command::Breaks { session, trouble } => {
                let session = self.session(session);
                self.sessions[session].trouble.get_or_insert(trouble);
            }
            Command::Heal => {
                self.now = Span::at(self.now.hi + HEALING);
                self.weather = Weather::Well;
                for session in &mut self.sessions {
                    (session.trouble, session.is_deaf) = (None, false);
                }
            }
            Command::NewRoot => self.roots = (self.roots + 1).min(3),
            _ => {}
        }
    }

    fn carry_out_rotation(&mut self, key: usize, overlap: i64, surely: bool) {
        let old = self.keys[key].clone();
        self.note(old.session, surely);
        if !surely {
            self.keys[key].unsure = true;
            self.sessions[old.session].ghosts += 2;
            return;
        }
        let successor = self.learn(old.session, old.grants, old.bound, old.expires);
        self.keys[successor].replaces = Some(key);
        let end = self.now.after(overlap);
        let old = &mut self.keys[key];
        old.replaced_by = Some(successor);
        if overlap > 0 {
            old.expires = Some(old.expires.map_or(end, |at| at.earlier(end)));
        } else if self.flaw != Some(Flaw::RotationSparesTheOld) {
            old.revoked = true;
        }
        self.expected.creates = Some(successor);
    }

    /// Sessions that nobody reaches do not hear of a change of their organization.
    fn deafen(&mut self, organization: usize) {
        for session in self.sessions.iter_mut().filter(|session| session.organization == organization) {
            session.is_deaf |= session.trouble.is_some();
        }
    }
}

impl Session {
    /// A new one beside this.
    fn fresh(&self) -> Self {
        Self {
            mode: Mode::Leased,
            disconnected: false,
            deleted: false,
            trouble: None,
            unsure: false,
            is_deaf: false,
            ghosts: 0,
            ..self.clone()
        }
    }
}

/// Whether a command may wait for those who act on what was before.
pub(crate) fn may_wait(command: &Command) -> bool {
    matches!(
        command,
        Command::Revoke { .. }
            | Command::Rotate { .. }
            | Command::Patch { .. }
            | Command::Connect { .. }
            | Command::DeleteSession { .. }
            | Command::Relax { .. }
            | Command::Suspend { .. }
            | Command::Plan { .. }
    )
}
