//! Somebody who sees everything at its true time: what was in force when, what was acknowledged, and what was decided.

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::consistency::Mode;
use latchkey::domain::session::{OrganizationStatus, Policy, Session, SessionStatus};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::{Code, Demand, Standing, decide};

/// All that a record has ever been.
pub(crate) struct History<T> {
    versions: Vec<(i64, T)>,
    /// What was before this one has been acknowledged to be over.
    floor: usize,
}

impl<T> History<T> {
    fn new(first: T) -> Self {
        Self { versions: vec![(i64::MIN, first)], floor: 0 }
    }

    /// The record was changed to its `generation`, which counts from 1.
    fn commit(&mut self, generation: i64, time: i64, version: T) {
        if usize::try_from(generation).unwrap() > self.versions.len() {
            self.versions.push((time, version));
            assert_eq!(usize::try_from(generation).unwrap(), self.versions.len(), "a change for each generation");
        }
    }

    fn acknowledge(&mut self, generation: i64) {
        self.floor = self.floor.max(usize::try_from(generation).unwrap() - 1);
    }

    fn from(&self, floor: usize) -> impl Iterator<Item = &T> {
        self.versions.iter().skip(floor).map(|(_, version)| version)
    }

    /// What was in force at some moment after `time`.
    fn since(&self, time: i64) -> impl Iterator<Item = &T> {
        let first = self.versions.partition_point(|(begin, _)| *begin <= time).saturating_sub(1);
        self.from(first)
    }

    pub(crate) fn last(&self) -> &T {
        &self.versions.last().unwrap().1
    }
}

/// What had been acknowledged at some moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floors {
    key: usize,
    session: usize,
    policy: usize,
}

/// How a decision came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Authority,
    Lease,
    Stale,
    Kv,
}

impl Path {
    /// Who has decided, as an isolate says.
    pub(crate) fn by(mode: Mode) -> Self {
        if mode == Mode::Edge { Self::Kv } else { Self::Lease }
    }
}

/// One decision.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) key: usize,
    pub(crate) code: Code,
    pub(crate) path: Path,
    pub(crate) invoked: i64,
    pub(crate) floors: Floors,
}

/// How long (ms) a refusal may go on after a loosening: a lease and its stale time, and that of the policy.
const LAG_MS: i64 = 62_000 + 31_000 + 62_000;

/// The log of everything.
pub(crate) struct Observer {
    pub(crate) keys: Vec<History<ApiKey>>,
    pub(crate) sessions: Vec<History<Session>>,
    pub(crate) policy: History<Policy>,
    keys_each: usize,
    /// What was found to be wrong.
    pub(crate) broken: Option<String>,
    /// How many were decided which way, accepted and refused.
    pub(crate) accepted: [u64; 4],
    pub(crate) refused: u64,
    pub(crate) unavailable: u64,
}

impl Observer {
    pub(crate) fn new(keys: &[ApiKey], sessions: &[Session], policy: Policy) -> Self {
        Self {
            keys: keys.iter().cloned().map(History::new).collect(),
            sessions: sessions.iter().cloned().map(History::new).collect(),
            policy: History::new(policy),
            keys_each: keys.len() / sessions.len(),
            broken: None,
            accepted: [0; 4],
            refused: 0,
            unavailable: 0,
        }
    }

    pub(crate) fn complain(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }

    pub(crate) fn commit_key(&mut self, key: usize, time: i64, record: &ApiKey) {
        self.keys[key].commit(record.generation, time, record.clone());
    }

    pub(crate) fn commit_session(&mut self, session: usize, time: i64, record: &Session) {
        self.sessions[session].commit(record.generation, time, record.clone());
    }

    pub(crate) fn commit_policy(&mut self, time: i64, policy: Policy) {
        self.policy.commit(policy.version, time, policy);
    }

    pub(crate) fn acknowledge_key(&mut self, key: usize, generation: i64) {
        self.keys[key].acknowledge(generation);
    }

    pub(crate) fn acknowledge_session(&mut self, session: usize, generation: i64) {
        self.sessions[session].acknowledge(generation);
    }

    pub(crate) fn acknowledge_policy(&mut self, version: i64) {
        self.policy.acknowledge(version);
    }

    /// What may still be in force of a key, a session, or the policy, as far as anybody was told.
    pub(crate) fn key_in_force(&self, key: usize) -> impl Iterator<Item = &ApiKey> {
        self.keys[key].from(self.keys[key].floor)
    }

    pub(crate) fn session_in_force(&self, session: usize) -> impl Iterator<Item = &Session> {
        self.sessions[session].from(self.sessions[session].floor)
    }

    pub(crate) fn policy_in_force(&self) -> impl Iterator<Item = &Policy> {
        self.policy.from(self.policy.floor)
    }

    pub(crate) fn floors(&self, key: usize) -> Floors {
        let session = &self.sessions[key / self.keys_each];
        Floors { key: self.keys[key].floor, session: session.floor, policy: self.policy.floor }
    }

    /// A decision was made. `clock` is what the authority's clock shows: when the question came, and now.
    pub(crate) fn judge(&mut self, verdict: &Verdict, demand: &Demand, clock: (Timestamp, Timestamp)) {
        if verdict.code == Code::Valid {
            self.accepted[verdict.path as usize] += 1;
            self.judge_acceptance(verdict, demand, clock.0);
        } else {
            self.refused += 1;
            if verdict.code == Code::RateLimited {
                return;
            }
            self.judge_refusal(verdict, demand, clock);
        }
    }

    /// An acceptance rests on what nobody had been told to be over when it was asked for.
    fn judge_acceptance(&mut self, verdict: &Verdict, demand: &Demand, invoked: Timestamp) {
        let session = &self.sessions[verdict.key / self.keys_each];
        let allows = |session: &&Session| match verdict.path {
            Path::Authority => session.status == SessionStatus::Connected,
            Path::Lease | Path::Stale | Path::Kv => {
                session.status == SessionStatus::Connected && !session.consistency.is_strict()
            }
        };
        let by_key = self.keys[verdict.key].from(verdict.floors.key);
        let good = Standing {
            session: SessionStatus::Connected,
            organization: OrganizationStatus::Active,
            domain_refused: false,
        };
        // The authority's own clock may have been set back by what it may be set back.
        let earlier = invoked.plus_millis(-251);
        let is_good = by_key.into_iter().any(|key| decide(key, good, demand, earlier) == Code::Valid)
            && session.from(verdict.floors.session).any(|session| allows(&session))
            && self.policy.from(verdict.floors.policy).any(|policy| policy.status == OrganizationStatus::Active);
        if !is_good {
            self.complain(format!("accepted after an acknowledged change: {verdict:?}"));
        }
    }

    /// A refusal rests on something that was true not long ago.
    fn judge_refusal(&mut self, verdict: &Verdict, demand: &Demand, (invoked, now): (Timestamp, Timestamp)) {
        let session = &self.sessions[verdict.key / self.keys_each];
        let lag = if verdict.path == Path::Authority { 0 } else { LAG_MS };
        let (since, of_policy) = (verdict.invoked - lag, verdict.invoked - LAG_MS);
        let is_so = self.keys[verdict.key].since(since).any(|key| {
            session.since(since).any(|session| {
                self.policy.since(of_policy).any(|policy| {
                    let standing =
                        Standing { session: session.status, organization: policy.status, domain_refused: false };
                    [invoked.plus_millis(-lag), invoked, now]
                        .iter()
                        .any(|at| decide(key, standing, demand, *at) == verdict.code)
                })
            })
        });
        if !is_so {
            self.complain(format!("refused for no reason: {verdict:?}"));
        }
    }

    /// What has to come of a verification now that everything has been mended long ago.
    pub(crate) fn truth(&self, key: usize, demand: &Demand, clock: Timestamp) -> Code {
        let standing = Standing {
            session: self.sessions[key / self.keys_each].last().status,
            organization: self.policy.last().status,
            domain_refused: false,
        };
        decide(self.keys[key].last(), standing, demand, clock)
    }
}
