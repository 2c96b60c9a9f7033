//! What is: a deployment over real SQLite and a platform that fails, with several isolates, asked over its own HTTP.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use latchkey::app::App;
use latchkey::domain::timestamp::Timestamp;
use latchkey::ports::Address;
use serde_json::Value;

use crate::command::{Command, Weather};
use crate::effects::may_wait;
use crate::flaw::Flaw;
use crate::model::{Expected, Model, PEOPLE, Verdict};
use crate::request::{Request, beginning};
use crate::support::edges::{Afterwork, Edge, OwnClock};
use crate::support::people::someone;
use crate::support::{House, OPERATOR_TOKEN, Response, Whom, root_secret};

/// How many isolates there are.
pub(crate) const ISOLATES: usize = 3;
/// Where all requests come from.
const CLIENT: &str = "203.0.113.7";

pub(crate) struct Isolate {
    pub(crate) app: Arc<App>,
    clock: Arc<OwnClock>,
    pub(crate) afterwork: Afterwork,
}

/// A request as it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) request: Request,
    pub(crate) status: u16,
    pub(crate) code: String,
}

/// How often what has come of verifications.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) asked: u64,
    pub(crate) leased: u64,
    pub(crate) edge: u64,
    pub(crate) refused: u64,
    pub(crate) unavailable: u64,
}

pub(crate) struct World {
    houses: Vec<House>,
    pub(crate) isolates: Vec<Isolate>,
    pub(crate) names: BTreeMap<String, String>,
    start: Timestamp,
    turn: usize,
    /// Keys on which something was changed that is not in force everywhere, with when it is.
    pub(crate) loose: BTreeMap<usize, Timestamp>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) tally: Cell<Tally>,
    /// Verifications that let a key through, by session.
    pub(crate) valid: RefCell<BTreeMap<usize, u64>>,
    /// Whether counts may have been lost with whoever had them.
    pub(crate) forgot: bool,
    /// Whether KV may lack what it has acknowledged.
    pub(crate) kv_lost: bool,
    /// Entries in the logs of sessions and organizations when the list began.
    pub(crate) logs: BTreeMap<String, i64>,
    pub(crate) flaw: Option<Flaw>,
    /// What was in KV when the list began.
    pub(crate) first_in_kv: BTreeMap<String, Vec<u8>>,
}

impl World {
    pub(crate) fn new(model: &Model) -> Self {
        let house = House::new();
        house.timer.stand_still();
        let mut names = BTreeMap::from([("operator".to_owned(), OPERATOR_TOKEN.to_owned())]);
        for number in 0..PEOPLE {
            let response = house.visit("/auth/register", &House::registration(&format!("person{number}@people.test")));
            assert_eq!(response.status, 201, "{response:?}");
            let person = someone(&response.json());
            names.insert(format!("p{number}"), person.token);
            names.insert(format!("u{number}"), person.user_id);
        }
        let start = house.now();
        let mut world = Self {
            houses: vec![house],
            isolates: Vec::new(),
            names,
            start,
            turn: 0,
            loose: BTreeMap::new(),
            seen: Vec::new(),
            tally: Cell::default(),
            valid: RefCell::default(),
            forgot: false,
            kv_lost: false,
            logs: BTreeMap::new(),
            flaw: model.flaw,
            first_in_kv: BTreeMap::new(),
        };
        world.move_in();
        for request in beginning() {
            let response = world.send(&world.isolates[0], &request);
            assert!(response.status < 300, "{request:?}: {response:?}");
            world.keep(&request, &response);
        }
        world.seen.clear();
        world.logs = world.count_logs(model);
        world.first_in_kv = world.house().kv.latest();
        world
    }

    pub(crate) fn house(&self) -> &House {
        &self.houses[self.houses.len() - 1]
    }

    pub(crate) fn moment(&self, ms: i64) -> Timestamp {
        self.start.plus_millis(ms)
    }

    fn isolate(&self) -> Isolate {
        let Edge { app, afterwork, clock, .. } = self.house().edge();
        Isolate { app, clock, afterwork }
    }

    /// All isolates are new.
    fn move_in(&mut self) {
        self.isolates = (0..ISOLATES).map(|_| self.isolate()).collect();
    }

    /// What a text means that names what was created before.
    pub(crate) fn fill(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once('{') else { return text.to_owned() };
        let (name, rest) = rest.split_once('}').unwrap();
        format!("{before}{}{}", self.resolve(name), self.fill(rest))
    }

    fn resolve(&self, name: &str) -> String {
        if let Some(ms) = name.strip_prefix("at:") {
            return self.moment(ms.parse().unwrap()).to_string();
        }
        let (name, twist) = name.split_once('|').unwrap_or((name, ""));
        let text = self.names.get(name).unwrap_or_else(|| panic!("nobody knows {name}")).clone();
        match twist {
            "truncated" => text[..text.len() - 1].to_owned(),
            "other_prefix" => {
                let (prefix, secret) = text.rsplit_once('_').unwrap();
                format!("{}_{secret}", if prefix == "sk_live" { "sk_dev" } else { "sk_live" })
            }
            "last_letter" => format!("{}{}", &text[..text.len() - 1], if text.ends_with('A') { 'B' } else { 'A' }),
            _ => text,
        }
    }

    fn fill_all(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.fill(text).into(),
            Value::Array(elements) => elements.iter().map(|element| self.fill_all(element)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.fill_all(member))).collect()
            }
            other => other.clone(),
        }
    }

    pub(crate) fn send(&self, isolate: &Isolate, request: &Request) -> Response {
        let bearer = format!("Bearer {}", self.fill(&request.sender));
        let mut headers = vec![("authorization", bearer.as_str()), ("cf-connecting-ip", CLIENT)];
        let body = if request.body.is_null() { String::new() } else { self.fill_all(&request.body).to_string() };
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        let door = (&isolate.app, &isolate.afterwork.background);
        let response = self.house().request_at(door, request.method, &self.fill(&request.path), &headers, &body);
        isolate.afterwork.settle(self.house(), &isolate.app);
        response
    }

    fn keep(&mut self, request: &Request, response: &Response) {
        for (pointer, name) in &request.keeps {
            let value = response.json().pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
            let value = value.unwrap_or_else(|| panic!("no {pointer}: {response:?}"));
            assert!(!self.names.values().any(|other| *other == value), "{pointer} was given out twice: {response:?}");
            self.names.insert(name.clone(), value);
        }
    }

    /// A command, after which the answer is one that the model expects.
    pub(crate) fn carry_out(&mut self, command: &Command, model: &Model) {
        let expected = &model.expected;
        let before = self.digests(model);
        match &expected.request {
            Some(request) => self.ask(command, request, model),
            None => self.happen(command, model),
        }
        if expected.request.is_some() && !command.only_looks() {
            let after = self.digests(model);
            for (organization, (before, after)) in before.iter().zip(&after).enumerate() {
                if expected.changes != Some(organization) {
                    crate::support::people::assert_same(before, after, &format!("{command:?} left a trace"));
                }
            }
        }
        if self.flaw == Some(Flaw::LeasesNeverEnd) {
            let past = self.start.millis_since(self.house().now());
            self.isolates.iter().for_each(|isolate| isolate.clock.differs_by(past));
        }
        let now = self.house().now();
        assert!(now <= self.moment(model.now.hi), "{command:?} took too long: {now} of {:?}", model.now);
        assert!(now >= self.moment(model.now.lo), "the clock");
    }

    fn ask(&mut self, command: &Command, request: &Request, model: &Model) {
        let at = match command {
            Command::Gate { at, .. } | Command::Verify { at, .. } => *at,
            _ => self.turn,
        };
        self.turn += 1;
        if may_wait(command) {
            self.house().timer.go_on();
        }
        let was = self.record_to_write_back(command, model);
        let response = self.send(&self.isolates[at % ISOLATES], request);
        self.house().timer.stand_still();
        let verdict = verdict(request, &response);
        let expected = &model.expected;
        let is_conflict = response.status == 409 && expected.verdicts.contains(&Verdict::Conflict);
        let is_loose = self.is_loose(command, model) && response.status != 404;
        assert!(
            expected.verdicts.contains(&verdict) || is_conflict || is_loose,
            "{command:?} may bring {:?}, but brought {verdict:?}: {response:?}",
            expected.verdicts
        );
        let code = match &verdict {
            Verdict::Decided(code) | Verdict::Refused(_, code) => code.clone(),
            _ => String::new(),
        };
        self.seen.push(Seen { request: request.clone(), status: response.status, code });
        if let Verdict::Decided(code) = &verdict
            && code == "VALID"
        {
            let session = model.keys[expected.key.unwrap()].session;
            *self.valid.borrow_mut().entry(session).or_default() += 1;
        }
        if response.status < 300 && expected.creates.is_some() {
            self.keep(request, &response);
        }
        if response.status == 202 {
            self.note_loose(command, model, &response.json());
        }
        if response.status == 200 {
            self.look_at(command, request, &response, expected);
        }
        self.go_wrong(command, model, response.status, was);
    }

    fn look_at(&self, command: &Command, request: &Request, response: &Response, expected: &Expected) {
        match command {
            Command::Read { .. } => {
                let body = response.json();
                assert!(expected.status.is_none_or(|status| body["status"] == status), "{:?}: {body}", expected.status);
            }
            Command::List { .. } => self.look_at_list(request, response, expected),
            _ => {}
        }
    }

    fn look_at_list(&self, request: &Request, first: &Response, expected: &Expected) {
        let (mut ids, mut body) = (Vec::new(), first.json());
        loop {
            ids.extend(crate::support::people::ids(&body, "id"));
            let Some(cursor) = body["pagination"]["nextCursor"].as_str() else { break };
            let next = Request { path: format!("{}&cursor={cursor}", request.path), ..request.clone() };
            let response = self.send(&self.isolates[0], &next);
            assert_eq!(response.status, 200, "{response:?}");
            body = response.json();
        }
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "a list repeats itself");
        let listed = expected.listed.as_ref().unwrap();
        let known = |number: &usize| self.names[&format!("k{number}")].clone();
        for id in listed.surely.iter().map(known) {
            assert!(ids.contains(&id), "{id} is missing from {request:?}");
        }
        let all: Vec<_> = listed.surely.iter().chain(&listed.perhaps).map(known).collect();
        let strangers = ids.iter().filter(|id| !all.contains(id)).count();
        assert!(i64::try_from(strangers).unwrap() <= listed.strangers, "{strangers} too many in {request:?}");
    }

    /// Whether what a verification decides on need not be in force yet.
    fn is_loose(&self, command: &Command, model: &Model) -> bool {
        let (Command::Gate { .. } | Command::Verify { .. }, Some(key)) = (command, model.expected.key) else {
            return false;
        };
        self.loose.get(&key).is_some_and(|until| *until > self.house().now())
    }

    fn note_loose(&mut self, command: &Command, model: &Model, body: &Value) {
        let Some(until) = body["effectiveAt"].as_str() else { return };
        let until = Timestamp::parse(until).unwrap();
        for number in 0..model.keys.len() {
            let session = model.keys[number].session;
            let is_meant = match command {
                Command::Revoke { .. } | Command::Patch { .. } | Command::Rotate { .. } => {
                    model.expected.key == Some(number)
                }
                Command::Connect { .. } | Command::DeleteSession { .. } | Command::Relax { .. } => {
                    model.expected.session == Some(session)
                }
                _ => model.expected.changes == Some(model.sessions[session].organization),
            };
            if is_meant {
                self.loose.insert(number, until);
            }
        }
    }

    fn happen(&mut self, command: &Command, model: &Model) {
        let session = || self.session_address(model.expected.session.unwrap());
        match command {
            Command::Wait(_) => self.pass_time(model),
            Command::Crash => {
                self.house().crash();
                self.forgot = true;
            }
            Command::Evict { at } => {
                self.isolates[at % ISOLATES] = self.isolate();
                self.forgot = true;
            }
            Command::Ring { .. } => self.house().ring(&session()),
            Command::Kv(weather) => {
                self.kv_lost |= matches!(weather, Weather::Losing | Weather::Late);
                self.house().kv.is(weather.mood());
                self.house().kv.lags_by(if *weather == Weather::Stale { 60_000 } else { 0 });
            }
            Command::Propagate => self.house().kv.land_late_writes(),
            Command::Breaks { trouble, .. } => {
                self.house().objects.fault(Whom::One(session()), trouble.fault());
                self.forgot = true;
            }
            Command::Heal => {
                self.house().objects.heal();
                self.house().kv.is(Weather::Well.mood());
                self.house().kv.lags_by(0);
                self.pass_time(model);
            }
            Command::NewRoot if self.houses.len() < usize::from(model.roots) => {
                let roots: Vec<_> = (1..=model.roots).rev().map(root_secret).collect();
                let house = self.house().redeployed(&roots.join(","));
                self.houses.push(house);
                self.move_in();
                self.forgot = true;
            }
            _ => {}
        }
    }

    fn pass_time(&self, model: &Model) {
        for isolate in &self.isolates {
            isolate.afterwork.report(self.house(), &isolate.app);
        }
        self.house().advance(self.moment(model.now.hi).millis_since(self.house().now()));
    }

    pub(crate) fn session_address(&self, number: usize) -> Address {
        self.house().session_at(&self.names[&format!("s{number}")])
    }

    pub(crate) fn organization_address(&self, number: usize) -> Address {
        self.house().organization_at(&self.names[&format!("o{number}")])
    }
}

/// What an answer comes to.
fn verdict(request: &Request, response: &Response) -> Verdict {
    let decides = request.path == "/v1/whoami" || request.path.ends_with("/keys/verify");
    match response.status {
        200 if decides => Verdict::Decided(crate::support::text(&response.json(), "code")),
        200..300 => Verdict::Done,
        503 => Verdict::Unavailable,
        status => Verdict::Refused(status, response.refusal().1),
    }
}
