//! Isolates: the book of leases, questions that are under way, and what becomes of their answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use latchkey::domain::caller::Reach;
use latchkey::domain::consistency::Mode;
use latchkey::domain::lease::book::{Book, Inquiry, Question as Moment};
use latchkey::domain::lease::grant::{IsolateId, Lease};
use latchkey::domain::lease::margin_ms;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::tallies::Tallies;
use latchkey::domain::verification::{Code, Demand};

use crate::kv::Value;
use crate::messages::{Ask, Call, From, Reply};
use crate::observer::{Floors, Path, Verdict};
use crate::plan::Flaw;
use crate::purse::Tokens;
use crate::random::Clock;
use crate::world::{Event, World};

/// One life of one isolate.
pub(crate) struct Isolate {
    pub(crate) name: IsolateId,
    pub(crate) clock: Clock,
    pub(crate) book: Book,
    seen: Timestamp,
    questions: BTreeMap<u64, Question>,
    /// Which sessions have been asked to renew and have not answered.
    pub(crate) renewing: Vec<bool>,
    /// What it has decided by itself, and which sessions somebody will tell.
    pub(crate) tallies: Tallies,
    pub(crate) reporting: Vec<bool>,
    /// Where something waits until earlier reports are written down.
    pub(crate) held_up: Vec<bool>,
}

struct Question {
    asked: Moment,
    what: Asked,
}

enum Asked {
    Verify(Request),
    Renew(usize),
}

/// A verification that somebody waits for.
#[derive(Clone, Copy)]
struct Request {
    key: usize,
    demand: usize,
    invoked: i64,
    floors: Floors,
    is_strict: bool,
    is_answered: bool,
}

impl Isolate {
    pub(crate) fn new(name: u64, clock: Clock, sessions: usize) -> Self {
        Self {
            name: IsolateId(name),
            clock,
            book: Book::default(),
            seen: Timestamp::MIN,
            questions: BTreeMap::new(),
            renewing: vec![false; sessions],
            tallies: Tallies::new(),
            reporting: vec![false; sessions],
            held_up: vec![false; sessions],
        }
    }

    fn look(&mut self, time: i64, ignores: bool) -> Timestamp {
        let now = self.clock.read(time);
        if ignores {
            self.seen = self.seen.max(now);
            return self.seen;
        }
        self.seen = now;
        now
    }

    fn inquiry<'a>(demand: &'a Demand) -> Inquiry<'a> {
        Inquiry { demand, caller: None, cost: Some(1), mode: Mode::Edge }
    }
}

impl World {
    pub(crate) fn look(&mut self, isolate: usize) -> Timestamp {
        let ignores = self.plan.has(Flaw::IgnoresBackwardClock);
        self.isolates[isolate].look(self.time, ignores)
    }

    /// A key is presented at an isolate.
    pub(crate) fn verify(&mut self, isolate: usize, key: usize, demand: usize, is_strict: bool) {
        let now = self.look(isolate);
        let floors = self.observer.floors(key);
        let request = Request { key, demand, invoked: self.time, floors, is_strict, is_answered: false };
        let hash = self.hashes[key];
        if !is_strict {
            let inquiry = Isolate::inquiry(&self.demands[demand]);
            if let Some(decision) = self.isolates[isolate].book.decide(&hash, &inquiry, now) {
                self.conclude(&request, decision.code, Path::by(decision.mode), None);
                self.note_use(isolate, key, decision.code);
                if self.isolates[isolate].book.is_due(&hash, now) {
                    self.renew(isolate, key / self.plan.keys_each, true, now);
                }
                return;
            }
        }
        let (wished, banks) = self.isolates[isolate].book.wish(&hash, 1, now);
        let tokens = Tokens { wished, banks };
        let question = self.ask(isolate, key / self.plan.keys_each, now, Asked::Verify(request), |name| Ask::Verify {
            key,
            demand,
            isolate: name,
            tokens,
        });
        if self.plan.edge && !is_strict {
            let delay = self.random.within(1, 60);
            let value = self.read_kv(key);
            self.plan_in(delay, Event::KvRead { isolate, question, value });
        }
    }

    /// Asks a session to renew leases, and reports what was decided by them: along with that, or because of it.
    pub(crate) fn renew(&mut self, isolate: usize, session: usize, along: bool, now: Timestamp) {
        let one = &mut self.isolates[isolate];
        if one.renewing[session] {
            return;
        }
        let wishes = one.book.wishes(self.locators[session], now);
        let all = along && !self.plan.has(Flaw::HeldUpReportsWait);
        let locator = self.locators[session];
        let reports =
            if all { one.tallies.reports_along(locator, one.name) } else { one.tallies.reports(locator, one.name) };
        if wishes.is_empty() && reports.is_empty() {
            return;
        }
        one.renewing[session] = true;
        let wishes = wishes.into_iter().map(|(_, wish)| wish).collect();
        self.ask(isolate, session, now, Asked::Renew(session), |isolate| Ask::Renew { isolate, wishes, reports });
    }

    fn ask(
        &mut self,
        isolate: usize,
        session: usize,
        now: Timestamp,
        what: Asked,
        ask: impl FnOnce(IsolateId) -> Ask,
    ) -> u64 {
        let question = self.name();
        let one = &mut self.isolates[isolate];
        let asked = one.book.ask(now);
        one.questions.insert(question, Question { asked, what });
        let call = Call { from: From::Isolate { isolate, question }, ask: ask(one.name) };
        let computing = self.random.within(0, 20);
        self.send(computing + self.plan.ways[isolate], Event::ToSession { session, call });
        let patience = self.random.pick(&[2_000, 10_000, 30_000]);
        self.plan_in(patience, Event::ToIsolate { isolate, question, reply: None });
        question
    }

    /// A question is answered, or given up.
    pub(crate) fn hear(&mut self, isolate: usize, question: u64, reply: Option<Reply>) {
        let Some(question) = self.isolates[isolate].questions.remove(&question) else { return };
        let now = self.look(isolate);
        match (question.what, reply) {
            (Asked::Verify(request), Some(Reply::Verified { code, key, lease, at, limits })) => {
                let hash = self.hashes[request.key];
                if let Some(lease) = lease {
                    let lease = self.tampered(&lease);
                    let asked = self.asked(isolate, &lease, question.asked, now);
                    self.isolates[isolate].book.take(hash, Arc::clone(&key), &lease, asked, now);
                } else {
                    let any = self.plan.has(Flaw::RemembersAnyRefusal) && code != Code::Valid;
                    let code = if any { Code::Revoked } else { code };
                    self.isolates[isolate].book.note(hash, &key, code, question.asked, now);
                }
                if code == Code::RateLimited {
                    self.isolates[isolate].book.refuse(&hash, 1, &limits, question.asked);
                }
                self.conclude(&request, code, Path::Authority, Some(at));
            }
            (Asked::Verify(request), _) => self.without_authority(isolate, &request, now),
            (Asked::Renew(session), reply) => {
                self.isolates[isolate].renewing[session] = false;
                let drops = self.plan.has(Flaw::DropsUnansweredReports).then_some(u64::MAX);
                let durable = if let Some(Reply::Renewed(_, durable)) = &reply { *durable } else { drops };
                if let Some(durable) = durable {
                    self.isolates[isolate].tallies.settled(self.locators[session], durable);
                }
                let Some(Reply::Renewed(keys, _)) = reply else { return };
                for (key, lease) in keys {
                    let lease = lease.map(|lease| self.tampered(&lease));
                    let asked = match &lease {
                        Some(lease) => self.asked(isolate, lease, question.asked, now),
                        None => question.asked,
                    };
                    self.isolates[isolate].book.renewed(self.hashes[key], lease.as_ref(), asked, now);
                }
                self.report_rest(isolate, session, now);
            }
        }
    }

    /// The lease as an isolate with a flaw understands it.
    fn tampered(&self, lease: &Lease) -> Lease {
        let mut lease = lease.clone();
        if self.plan.has(Flaw::HolderWithoutMargin) {
            lease.ttl_ms = (lease.ttl_ms + 250) * 1_000 / 999 + 1;
        }
        if let Some(bank) = lease.bank.as_mut().filter(|_| self.plan.has(Flaw::BankLastsAsLease)) {
            bank.lasts_ms = lease.ttl_ms;
        }
        if self.plan.has(Flaw::StaleForLonger) && lease.stale_ms > 0 {
            lease.stale_ms += 20_000;
        }
        lease
    }

    /// From when on an isolate with a flaw counts.
    fn asked(&mut self, isolate: usize, lease: &Lease, asked: Moment, now: Timestamp) -> Moment {
        let is_late = now >= asked.at().plus_millis(lease.ttl_ms - margin_ms(lease.ttl_ms));
        let counts_now = self.plan.has(Flaw::CountsFromArrival) || (self.plan.has(Flaw::TakesLateAnswers) && is_late);
        if counts_now { self.isolates[isolate].book.ask(now) } else { asked }
    }

    fn without_authority(&mut self, isolate: usize, request: &Request, now: Timestamp) {
        let inquiry = Isolate::inquiry(&self.demands[request.demand]);
        let hash = self.hashes[request.key];
        if !request.is_strict
            && let Some(decision) = self.isolates[isolate].book.decide_stale(&hash, &inquiry, now)
        {
            self.conclude(request, decision.code, Path::Stale, None);
            self.note_use(isolate, request.key, decision.code);
        } else if !request.is_answered {
            self.observer.unavailable += 1;
            if self.is_calm() {
                self.observer.complain(format!("nobody answers for key {} though nothing is broken", request.key));
            }
        }
    }

    /// What KV says, as far as it may say anything.
    pub(crate) fn hear_kv(&mut self, isolate: usize, question: u64, value: Option<Value>) {
        let now = self.look(isolate);
        let flaw = self.plan.flaw;
        let one = &mut self.isolates[isolate];
        let Some(question) = one.questions.get_mut(&question) else { return };
        let (Asked::Verify(request), Some(value)) = (&mut question.what, value) else { return };
        let hash = self.hashes[request.key];
        let is_ours = value.session == request.key / self.plan.keys_each;
        let decided = *request;
        if value.record.revocation.is_some() {
            if is_ours || flaw == Some(Flaw::ForeignTombstone) {
                one.book.note(hash, &value.record, Code::Revoked, question.asked, now);
                request.is_answered = true;
                self.conclude(&decided, Code::Revoked, Path::Kv, None);
            }
            return;
        }
        let without_end = (flaw == Some(Flaw::KvWithoutEnd)).then(|| now.plus_millis(60_000));
        let Some(until) = value.accept_until.or(without_end).filter(|_| is_ours) else { return };
        let lease = Lease {
            edition: value.edition,
            key: None,
            reach: Reach::Session,
            mode: Mode::Edge,
            decided_at: value.decided_at,
            ttl_ms: until.millis_since(value.decided_at),
            stale_ms: 0,
            counts: false,
            shares: false,
            limits: Vec::new(),
            bank: None,
        };
        if !one.book.accept(hash, value.record, &lease, now) {
            return;
        }
        let inquiry = Isolate::inquiry(&self.demands[decided.demand]);
        if let Some(decision) = one.book.decide(&hash, &inquiry, now) {
            request.is_answered = true;
            self.conclude(&decided, decision.code, Path::by(decision.mode), None);
        }
    }

    fn conclude(&mut self, request: &Request, code: Code, path: Path, at: Option<Timestamp>) {
        if request.is_answered {
            return;
        }
        if path == Path::Lease && code == Code::Valid && self.plan.limits.is_some() {
            self.note_ahead(request.key);
        }
        let session = &self.sessions[request.key / self.plan.keys_each];
        let clock = (at.unwrap_or(session.clock.read(request.invoked)), at.unwrap_or(session.clock.read(self.time)));
        let &Request { key, invoked, floors, .. } = request;
        let verdict = Verdict { key, code, path, invoked, floors };
        let demand = &self.demands[request.demand];
        self.observer.judge(&verdict, demand, clock);
        // Looking at everything everywhere may be more than a lowered limit allows.
        if self.has_settled && code != Code::RateLimited && self.observer.truth(key, demand, clock.1) != code {
            self.observer.complain(format!("wrong though everything has been mended long ago: {verdict:?}"));
        }
    }
}
