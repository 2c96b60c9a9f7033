//! What a command may be answered, and what it does in the model.

use crate::command::{By, Change, Command, Grants, Place, Role, Twist};
use crate::flaw::Flaw;
use crate::model::{Expected, Invitation, Model, Span, Verdict, refused};
use crate::roles::Deed;

/// Reasons to refuse.
#[derive(Default)]
pub(crate) struct Reasons {
    surely: Vec<Verdict>,
    perhaps: Vec<Verdict>,
}

impl Reasons {
    fn add(&mut self, (surely, perhaps): (bool, bool), status: u16, code: &str) {
        if surely {
            self.surely.push(refused(status, code));
        } else if perhaps {
            self.perhaps.push(refused(status, code));
        }
    }

    pub(crate) fn if_so(&mut self, is_so: bool, status: u16, code: &str) {
        self.add((is_so, is_so), status, code);
    }
}

/// What a command does.
#[derive(PartialEq, Clone, Copy)]
pub(crate) enum Effect {
    None,
    Certain,
    Unsure,
}

/// How the gate answers a key that is refused.
pub(crate) fn at_the_gate(code: &str) -> Verdict {
    match code {
        "VALID" => Verdict::Decided("VALID".to_owned()),
        "NOT_FOUND" => refused(401, "auth_invalid_key"),
        "REVOKED" => refused(401, "auth_key_revoked"),
        "DISABLED" => refused(401, "auth_key_disabled"),
        "EXPIRED" => refused(401, "auth_key_expired"),
        "ORGANIZATION_SUSPENDED" => refused(401, "auth_organization_suspended"),
        "SESSION_DISCONNECTED" => refused(401, "auth_session_disconnected"),
        "FORBIDDEN" => refused(403, "forbidden_ip"),
        "INSUFFICIENT_PERMISSIONS" => refused(403, "insufficient_permissions"),
        other => panic!("{other}"),
    }
}

/// Through which organization somebody acts, and how far they reach there.
pub(crate) struct Standing {
    organization: usize,
    /// The one session that they reach, if not all.
    session: Option<usize>,
    key: Option<usize>,
}

impl Model {
    pub(crate) fn apply(mut self, command: &Command) -> Self {
        let (key, session) = self.about(command);
        self.expected = Expected { request: self.request(command), key, session, ..Expected::default() };
        let effect = self.judge(command);
        if effect != Effect::None && !command.only_looks() {
            self.expected.changes = self.place_of(command);
        }
        self.carry_out(command, effect);
        self
    }

    pub(crate) fn key(&self, number: usize) -> usize {
        number % self.keys.len()
    }

    pub(crate) fn session(&self, number: usize) -> usize {
        number % self.sessions.len()
    }

    /// The key and the session that a command is about.
    fn about(&self, command: &Command) -> (Option<usize>, Option<usize>) {
        match command {
            Command::Gate { key, .. }
            | Command::Verify { key, .. }
            | Command::Revoke { key, .. }
            | Command::Rotate { key, .. }
            | Command::Patch { key, .. }
            | Command::Read { key, .. } => (Some(self.key(*key)), None),
            Command::Create { session, .. }
            | Command::Connect { session, .. }
            | Command::DeleteSession { session, .. }
            | Command::Relax { session, .. }
            | Command::Ring { session }
            | Command::Breaks { session, .. } => (None, Some(self.session(*session))),
            _ => (None, None),
        }
    }

    /// The organization that a command changes, if it is carried out.
    fn place_of(&self, command: &Command) -> Option<usize> {
        match command {
            Command::Create { session, .. }
            | Command::Connect { session, .. }
            | Command::DeleteSession { session, .. }
            | Command::Relax { session, .. } => Some(self.sessions[self.session(*session)].organization),
            Command::Revoke { key, .. } | Command::Rotate { key, .. } | Command::Patch { key, .. } => {
                Some(self.organization_of(self.key(*key)))
            }
            Command::CreateSession { by, .. }
            | Command::Invite { by, .. }
            | Command::Promote { by, .. }
            | Command::Remove { by, .. } => Some(self.through(*by)),
            Command::Suspend { organization, .. } | Command::Plan { organization, .. } => Some(*organization),
            Command::Accept { invitation, .. } => self.invitation(*invitation).map(|one| one.organization),
            _ => None,
        }
    }

    /// The organization that somebody acts in.
    pub(crate) fn through(&self, by: By) -> usize {
        match by {
            By::Person(_, organization) => organization,
            By::Key(key) => self.organization_of(self.key(key)),
        }
    }

    pub(crate) fn invitation(&self, number: usize) -> Option<&Invitation> {
        (!self.invitations.is_empty()).then(|| &self.invitations[number % self.invitations.len()])
    }

    /// Who somebody is, or why they may not.
    pub(crate) fn admit(&self, by: By, deed: Deed, reasons: &mut Reasons) -> Option<Standing> {
        match by {
            By::Person(person, organization) => {
                let place = &self.organizations[organization];
                let Some(role) = place.members.get(&person) else {
                    reasons.if_so(true, 404, "organization_not_found");
                    return None;
                };
                let may_anyway = self.has(Flaw::ViewersMayWrite) && *role == Role::Viewer && deed == Deed::WriteKeys;
                if *role < deed.least() && !may_anyway {
                    reasons.if_so(true, 403, "insufficient_role");
                    return None;
                }
                reasons.if_so(place.suspended && !deed.is_open_to_suspended(), 409, "organization_suspended");
                Some(Standing { organization, session: None, key: None })
            }
            By::Key(key) => {
                let key = self.key(key);
                let session = self.keys[key].session;
                if self.sessions[session].trouble.is_some() {
                    reasons.perhaps.push(Verdict::Unavailable);
                }
                let codes = self.codes(key, Some(deed.needs()), true);
                let may = codes.last() == Some(&"VALID");
                for code in codes.into_iter().filter(|code| *code != "VALID") {
                    let list = if may { &mut reasons.perhaps } else { &mut reasons.surely };
                    list.push(at_the_gate(code));
                }
                let session = (!self.reaches_all(key)).then_some(session);
                may.then(|| Standing { organization: self.organization_of(key), session, key: Some(key) })
            }
        }
    }

    /// Whether a session lies within reach.
    fn reaches(&self, standing: &Standing, session: usize) -> bool {
        (self.sessions[session].organization == standing.organization || self.has(Flaw::NeighboursVisible))
            && standing.session.is_none_or(|own| own == session)
    }

    /// What stands against somebody giving a key these settings.
    fn must_cover(
        &self,
        standing: &Standing,
        (grants, bound, expires): (Grants, bool, Option<Span>),
        reasons: &mut Reasons,
    ) {
        let Some(key) = standing.key else { return };
        let own = &self.keys[key];
        let more = own.grants != Grants::Everything && own.grants != grants || own.bound && !bound;
        let longer = match (expires, own.expires) {
            (_, None) => (false, false),
            (None, Some(_)) => (true, true),
            (Some(end), Some(own)) => end.is_later(own),
        };
        reasons.add((more || longer.0, more || longer.1 || own.unsure), 403, "exceeds_own_permissions");
    }

    /// Trouble on the way to a session.
    fn must_reach(&self, session: usize, reasons: &mut Reasons) {
        if self.sessions[session].trouble.is_some() {
            reasons.perhaps.push(Verdict::Unavailable);
        }
        if self.sessions[session].unsure || self.sessions[session].is_deaf {
            reasons.perhaps.push(Verdict::Conflict);
        }
    }

    fn judge(&mut self, command: &Command) -> Effect {
        let mut reasons = Reasons::default();
        match *command {
            Command::Gate { key, twist, .. } => return self.judge_gate(self.key(key), twist),
            Command::Verify { by, key, twist, wants, from, .. } => {
                return self.judge_verification(by, self.key(key), twist, wants, from);
            }
            Command::Wait(_)
            | Command::Crash
            | Command::Evict { .. }
            | Command::Ring { .. }
            | Command::Kv(_)
            | Command::Propagate
            | Command::Breaks { .. }
            | Command::Heal
            | Command::NewRoot => return Effect::Certain,
            Command::Suspend { .. } | Command::Plan { .. } => {}
            Command::Create { by, session, grants, expires, bound } => {
                let session = self.session(session);
                if let Some(standing) = self.admit(by, Deed::WriteKeys, &mut reasons) {
                    if !self.reaches(&standing, session) {
                        reasons.if_so(true, 404, "session_not_found");
                    }
                    let settings = (grants, bound, expires.map(|after| Span::at(self.now.hi + after)));
                    self.must_cover(&standing, settings, &mut reasons);
                    reasons.if_so(self.sessions[session].deleted, 409, "session_deleted");
                    let is_suspended = self.organizations[self.sessions[session].organization].suspended;
                    reasons.if_so(is_suspended, 409, "organization_suspended");
                    reasons.add(self.is_full(session), 409, "key_limit_reached");
                    self.must_reach(session, &mut reasons);
                }
            }
            Command::Revoke { by, key } | Command::Read { by, key } => {
                let key = self.key(key);
                let deed = if command.only_looks() { Deed::ReadKeys } else { Deed::WriteKeys };
                if let Some(standing) = self.admit(by, deed, &mut reasons) {
                    reasons.if_so(!self.reaches(&standing, self.keys[key].session), 404, "api_key_not_found");
                    if self.sessions[self.keys[key].session].trouble.is_some() {
                        reasons.perhaps.push(Verdict::Unavailable);
                    }
                }
                self.expected.status = self.status(key);
            }
            Command::Rotate { by, key, .. } => self.judge_rotation(by, self.key(key), &mut reasons),
            Command::Patch { by, key, change } => self.judge_change(by, self.key(key), change, &mut reasons),
            Command::List { by, .. } => {
                if let Some(standing) = self.admit(by, Deed::ReadKeys, &mut reasons) {
                    self.expected.listed = Some(self.list(standing.organization, standing.session));
                }
            }
            Command::CreateSession { by, .. } => {
                if let Some(standing) = self.admit(by, Deed::WriteSessions, &mut reasons) {
                    reasons.if_so(standing.session.is_some(), 403, "outside_reach");
                    let is_suspended = self.organizations[standing.organization].suspended;
                    reasons.if_so(is_suspended, 409, "organization_suspended");
                }
            }
            Command::Connect { by, session, .. }
            | Command::DeleteSession { by, session }
            | Command::Relax { by, session, .. } => {
                self.judge_session(by, self.session(session), command, &mut reasons);
            }
            Command::Invite { by, role } => {
                if self.admit_person(by, Deed::WriteMembers, &mut reasons) {
                    self.must_be_owner(by, role == Role::Owner, &mut reasons);
                }
            }
            Command::Accept { person, invitation } => self.judge_acceptance(person, invitation, &mut reasons),
            Command::Promote { by, person, role } => self.judge_members(by, person, Some(role), &mut reasons),
            Command::Remove { by, person } => self.judge_members(by, person, None, &mut reasons),
        }
        let Reasons { surely, perhaps } = reasons;
        let effect = match (surely.is_empty(), perhaps.is_empty()) {
            (false, _) => Effect::None,
            (true, true) => Effect::Certain,
            (true, false) => Effect::Unsure,
        };
        self.expected.verdicts = surely;
        self.expected.verdicts.extend(perhaps);
        if effect != Effect::None {
            self.expected.verdicts.push(Verdict::Done);
        }
        effect
    }

    fn judge_gate(&mut self, key: usize, twist: Twist) -> Effect {
        let whole = twist == Twist::Whole;
        let codes = if whole { self.codes(key, None, true) } else { vec!["NOT_FOUND"] };
        self.expected.verdicts = codes.into_iter().map(at_the_gate).collect();
        if whole && self.sessions[self.keys[key].session].trouble.is_some() {
            self.expected.verdicts.push(Verdict::Unavailable);
        }
        Effect::None
    }

    fn judge_verification(&mut self, by: By, key: usize, twist: Twist, wants: Option<Grants>, from: Place) -> Effect {
        let mut reasons = Reasons::default();
        let standing = self.admit(by, Deed::VerifyKeys, &mut reasons);
        let mut verdicts = [reasons.surely, reasons.perhaps].concat();
        if let Some(standing) = standing {
            let session = self.keys[key].session;
            let known = twist == Twist::Whole && self.reaches(&standing, session);
            let codes = if known { self.codes(key, wants, from == Place::Inside) } else { vec!["NOT_FOUND"] };
            verdicts.extend(codes.into_iter().map(|code| Verdict::Decided(code.to_owned())));
            // The session is asked before anybody knows that it is out of reach.
            if twist == Twist::Whole && self.sessions[session].trouble.is_some() {
                verdicts.push(Verdict::Unavailable);
            }
        }
        self.expected.verdicts = verdicts;
        Effect::None
    }

    fn judge_rotation(&mut self, by: By, key: usize, reasons: &mut Reasons) {
        let Some(standing) = self.admit(by, Deed::WriteKeys, reasons) else { return };
        let old = &self.keys[key];
        reasons.if_so(!self.reaches(&standing, old.session), 404, "api_key_not_found");
        self.must_cover(&standing, (old.grants, old.bound, old.expires), reasons);
        let session = &self.sessions[old.session];
        reasons.if_so(session.deleted, 409, "session_deleted");
        reasons.if_so(old.revoked || session.deleted, 409, "api_key_revoked");
        let is_suspended = self.organizations[session.organization].suspended;
        reasons.if_so(is_suspended, 409, "organization_suspended");
        let (ended, may_have_ended) = old.expires.map_or((false, false), |at| self.has_passed(at));
        reasons.add((old.disabled || ended, old.disabled || may_have_ended), 409, "api_key_not_active");
        reasons.if_so(old.replaced_by.is_some(), 409, "api_key_rotated");
        let open = old.replaces.map_or((false, false), |before| self.lives(before));
        reasons.add(open, 409, "overlap_open");
        if old.unsure {
            reasons.perhaps.push(Verdict::Conflict);
        }
        self.must_reach(old.session, reasons);
    }

    fn judge_change(&mut self, by: By, key: usize, change: Change, reasons: &mut Reasons) {
        let Some(standing) = self.admit(by, Deed::WriteKeys, reasons) else { return };
        let before = self.keys[key].clone();
        reasons.if_so(!self.reaches(&standing, before.session), 404, "api_key_not_found");
        let mut after = self.clone();
        after.change_key(key, change);
        let changed = &after.keys[key];
        if !matches!(change, Change::Active(false) | Change::Name) {
            self.must_cover(&standing, (changed.grants, changed.bound, changed.expires), reasons);
        }
        reasons.if_so(before.revoked || self.sessions[before.session].deleted, 409, "api_key_revoked");
        if before.replaced_by.is_some() {
            let longer = match (changed.expires, before.expires) {
                (_, None) => (false, false),
                (None, Some(_)) => (true, true),
                (Some(end), Some(old)) => end.is_later(old),
            };
            reasons.add(
                if matches!(change, Change::Expires(_)) { longer } else { (false, false) },
                409,
                "api_key_rotated",
            );
        }
        let (least, most) = (after.taken(before.session), self.taken(before.session));
        let may_be_more = least.1 > most.0 && matches!(change, Change::Expires(_));
        let is_more = least.0 > most.1;
        let (is_full, may_be_full) = after.is_overfull(before.session);
        reasons.add((is_more && is_full, may_be_more && may_be_full), 409, "key_limit_reached");
        if before.unsure {
            reasons.perhaps.push(Verdict::Conflict);
        }
        self.must_reach(before.session, reasons);
    }

    fn is_overfull(&self, session: usize) -> (bool, bool) {
        if self.has(Flaw::QuotaUnchecked) {
            return (false, false);
        }
        let quota = self.organizations[self.sessions[session].organization].quota;
        let (least, most) = self.taken(session);
        (least > quota && !self.sessions[session].is_deaf, most > quota || self.sessions[session].is_deaf)
    }

    fn judge_session(&mut self, by: By, session: usize, command: &Command, reasons: &mut Reasons) {
        let Some(standing) = self.admit(by, Deed::WriteSessions, reasons) else { return };
        let deletes = matches!(command, Command::DeleteSession { .. });
        let place = &self.sessions[session];
        reasons.if_so(!self.reaches(&standing, session), 404, "session_not_found");
        let needs_all = deletes || matches!(command, Command::Relax { .. });
        reasons.if_so(needs_all && standing.session.is_some(), 403, "outside_reach");
        let ends = deletes || matches!(command, Command::Connect { connected: false, .. });
        reasons.if_so(ends && Self::is_default(session), 409, "default_session");
        reasons.if_so(place.deleted && !deletes, 409, "session_deleted");
        if place.trouble.is_some() {
            reasons.perhaps.push(Verdict::Unavailable);
        }
        if place.unsure && !deletes {
            reasons.perhaps.push(Verdict::Conflict);
        }
    }
}
