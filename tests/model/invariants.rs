//! What holds after every step, by the numbers of the security notes: what is accepted is good in the model (I1) and the
//! other way round (I2), at every isolate; the quota (I6); KV knows nothing that the objects do not (I8); logs have an
//! entry for each change (I9). That a command leaves other organizations alone (I3), and a refusal everything (I5), is
//! seen where it is carried out (`world`); no text of a key in any store (I7) and all verifications counted (I10) at the
//! end of a list. Limits of rates (I4) have models of their own.

use std::collections::BTreeMap;

use crate::command::Role;
use crate::model::{Model, PEOPLE};
use crate::request::Request;
use crate::world::{Isolate, Tally, World};
use latchkey::app::{Basis, Error, VerifyKey};
use latchkey::domain::verification::{Code, Demand};
use latchkey::hash_index;
use latchkey::ports::SqlValue;

/// Where calls leave a trace that are refused: they were calls, and a lease says until when. That a key was used after its end
/// is heard when it is heard, be it in the midst of another command.
const COUNTED: [&str; 11] = [
    "alert_watches",
    "alerts",
    "audit_log",
    "audit_origins",
    "outbox",
    "key_dues",
    "lease_horizon",
    "usage",
    "usage_heads",
    "usage_of_sessions",
    "usage_isolates",
];

/// Entries about keys and sessions; policies are heard when they are heard.
const OF_SESSIONS: &str = "SELECT count(*) FROM audit_log WHERE json_extract(entry, '$.action') LIKE 'api_key.%'
    OR json_extract(entry, '$.action') IN ('session.created', 'session.updated', 'session.deleted')";
const OF_PEOPLE: &str = "SELECT count(*) FROM audit_log WHERE json_extract(entry, '$.action') LIKE 'member.%'
    OR json_extract(entry, '$.action') = 'invitation.created'";

impl World {
    pub(crate) fn check(&self, model: &Model) {
        for key in 0..model.keys.len() {
            for isolate in &self.isolates {
                self.check_key(model, key, isolate);
            }
        }
        self.check_quota(model);
        self.check_kv(model);
        self.check_logs(model);
    }

    fn check_key(&self, model: &Model, number: usize, isolate: &Isolate) {
        let demand = Demand { ip: Some("203.0.113.9".parse().unwrap()), ..Demand::default() };
        let background = isolate.afterwork.background.clone();
        let request = VerifyKey { demand, background, ..VerifyKey::default() };
        let text = &self.names[&format!("k{number}.text")];
        let decided = self.house().finish(isolate.app.verify(text, None, request));
        isolate.afterwork.settle(self.house(), &isolate.app);
        let session = model.keys[number].session;
        let mut tally = self.tally.get();
        match decided {
            Ok(decided) => {
                tally.count(decided.freshness.basis, decided.code);
                let codes = model.codes(number, None, true);
                let is_loose = self.loose.get(&number).is_some_and(|until| *until > self.house().now());
                let is_expected = codes.contains(&decided.code.as_str()) || is_loose && decided.code != Code::NotFound;
                assert!(
                    is_expected,
                    "k{number} is {codes:?} in the model, but {:?} ({:?}): {:?}",
                    decided.code, decided.freshness, model.keys[number]
                );
                if decided.code == Code::Valid {
                    *self.valid.borrow_mut().entry(session).or_default() += 1;
                }
            }
            Err(Error::Unavailable(_)) => {
                tally.unavailable += 1;
                assert!(model.sessions[session].trouble.is_some(), "k{number} is unavailable without trouble");
            }
            Err(Error::Rejected(rejection)) => {
                tally.unavailable += 1;
                assert!(model.sessions[session].trouble.is_some(), "k{number}: {rejection:?}");
            }
            Err(other) => panic!("k{number}: {other:?}"),
        }
        self.tally.set(tally);
    }

    /// What is counted against the plan, by the rows.
    fn check_quota(&self, model: &Model) {
        let now = self.house().now().as_millis();
        for session in 0..model.sessions.len() {
            let disk = self.house().objects.disk(&self.session_address(session));
            let rows = disk.number(&format!(
                "SELECT count(*) FROM api_keys WHERE json_extract(record, '$.revocation') IS NULL
                    AND json_extract(record, '$.rotated_to') IS NULL
                    AND coalesce(json_extract(record, '$.settings.expires_at'), {now} + 1) > {now}"
            ));
            let plain = |number: &usize| {
                let key = &model.keys[*number];
                key.session == session && key.replaced_by.is_none()
            };
            let alive: Vec<_> = (0..model.keys.len()).filter(plain).map(|key| model.presence(key)).collect();
            let (least, most) = alive.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            let most = most + model.sessions[session].ghosts;
            assert!(rows >= least && rows <= most, "s{session} has {rows} keys, not {least} to {most}");
        }
    }

    fn check_kv(&self, model: &Model) {
        let has_ghosts = model.sessions.iter().any(|session| session.ghosts > 0);
        let disks = || self.house().objects.disks().iter().map(|(_, disk)| disk.dump(&[])).collect::<String>();
        let ghosts = if has_ghosts { disks() } else { String::new() };
        let known: Vec<_> = (0..model.keys.len()).map(|number| &self.names[&format!("k{number}")]).collect();
        let latest = self.house().kv.latest();
        for (_, value) in latest.iter().filter(|(name, _)| !self.first_in_kv.contains_key(*name)) {
            let id = hash_index::decode(value).unwrap().id;
            let is_known = known.iter().any(|one| *one == id.as_str()) || ghosts.contains(id.as_str());
            assert!(is_known, "KV names a key that nobody knows");
        }
    }

    pub(crate) fn count_logs(&self, model: &Model) -> BTreeMap<String, i64> {
        let sessions = (0..model.sessions.len()).map(|number| {
            let disk = self.house().objects.disk(&self.session_address(number));
            (format!("s{number}"), disk.number(OF_SESSIONS))
        });
        let organizations = (0..2).map(|number| {
            let disk = self.house().objects.disk(&self.organization_address(number));
            (format!("o{number}"), disk.number(OF_PEOPLE))
        });
        sessions.chain(organizations).collect()
    }

    fn check_logs(&self, model: &Model) {
        for (place, count) in self.count_logs(model) {
            let before = self.logs.get(&place).copied().unwrap_or_default();
            let number: usize = place[1..].parse().unwrap();
            let (least, most) = if place.starts_with('s') {
                (model.sessions[number].log.lo, model.sessions[number].log.hi)
            } else {
                (model.organizations[number].log, model.organizations[number].log)
            };
            let more = count - before;
            assert!(more >= least && more <= most, "{place} has {more} entries more, not {least} to {most}");
        }
    }

    /// Everything of each organization, but for what being asked leaves.
    pub(crate) fn digests(&self, model: &Model) -> [String; 2] {
        std::array::from_fn(|organization| {
            let sessions = (0..model.sessions.len()).filter(|one| model.sessions[*one].organization == organization);
            let known = sessions.filter(|one| self.names.contains_key(&format!("s{one}")));
            let sessions = known.map(|one| self.house().objects.disk(&self.session_address(one)).dump(&COUNTED));
            // When a key was used last the organization hears in its own time.
            // So it does what people are called, who may have joined another one just now.
            let heard: Vec<_> = COUNTED.iter().copied().chain(["api_keys", "members"]).collect();
            let disk = self.house().objects.disk(&self.organization_address(organization));
            let members = format!("{:?}\n", disk.rows("SELECT user_id, role FROM members ORDER BY user_id"));
            sessions.chain([disk.dump(&heard), members]).collect()
        })
    }

    /// A list has ended, and everything has healed.
    pub(crate) fn check_end(&self, model: &Model) {
        assert_eq!(self.house().undelivered(), 0);
        for (session, place) in model.sessions.iter().enumerate() {
            let organization = self.house().objects.disk(&self.organization_address(place.organization));
            let id = &self.names[&format!("s{session}")];
            let copied = format!("SELECT count(*) FROM audit_origins WHERE session_id = '{id}'");
            let disk = self.house().objects.disk(&self.session_address(session));
            assert_eq!(organization.number(&copied), disk.number("SELECT count(*) FROM audit_log"), "s{session}");
        }
        self.check_texts(model);
        if !self.kv_lost {
            self.check_tombstones(model);
        }
        if !self.forgot {
            self.check_usage(model);
        }
    }

    /// What is revoked, KV says as well: it answers where the object cannot be asked.
    fn check_tombstones(&self, model: &Model) {
        let latest = self.house().kv.latest();
        for session in 0..model.sessions.len() {
            let disk = self.house().objects.disk(&self.session_address(session));
            let revoked = "SELECT 'key/' || hash FROM api_keys WHERE json_extract(record, '$.revocation') IS NOT NULL";
            for row in disk.rows(revoked) {
                let [SqlValue::Text(name)] = row.as_slice() else { panic!("{row:?}") };
                let record = latest.get(name).and_then(|value| hash_index::decode(value));
                assert!(record.is_some_and(|key| key.revocation.is_some()), "KV knows nothing of the end of {name}");
            }
        }
    }

    fn check_texts(&self, model: &Model) {
        let mut stored = self.house().dump(&[]);
        for (name, value) in self.house().kv.latest() {
            stored.push_str(&name);
            stored.push_str(&String::from_utf8_lossy(&value));
        }
        self.house().log.lines().iter().chain(&self.house().log.told()).for_each(|line| stored.push_str(line));
        for number in 0..model.keys.len() {
            let text = &self.names[&format!("k{number}.text")];
            let (_, secret) = text.rsplit_once('_').unwrap();
            assert!(!stored.contains(&secret[5..40]), "the text of k{number} is written down");
        }
    }

    /// What was let through, as its owners see it counted.
    fn check_usage(&self, model: &Model) {
        for (session, valid) in &*self.valid.borrow() {
            let organization = model.sessions[*session].organization;
            let members = &model.organizations[organization].members;
            let owner = (0..PEOPLE).find(|person| members.get(person) == Some(&Role::Owner)).unwrap();
            let path = format!("/organizations/{{o{organization}}}/sessions/{{s{session}}}/usage");
            let span = format!("?from={{at:{}}}&to={{at:{}}}", -crate::command::HOUR, model.now.hi);
            let path = format!("{path}{span}&granularity=day");
            let request = Request { sender: format!("{{p{owner}}}"), method: "GET", path, ..Request::default() };
            let response = self.send(&self.isolates[0], &request);
            assert_eq!(response.status, 200, "{response:?}");
            assert_eq!(response.json()["totals"]["valid"], *valid, "s{session}: {}", response.json()["totals"]);
        }
    }
}

impl Tally {
    fn count(&mut self, basis: Basis, code: Code) {
        match (code, basis) {
            (Code::Valid, Basis::Strict) => self.asked += 1,
            (Code::Valid, Basis::Leased) => self.leased += 1,
            (Code::Valid, Basis::Edge | Basis::Stale) => self.edge += 1,
            _ => self.refused += 1,
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.leased += other.leased;
        self.edge += other.edge;
        self.refused += other.refused;
        self.unavailable += other.unavailable;
    }
}
