//! The matrix: route × place × caller × whose id it is. Nothing of the other organization is read, nothing of it changes,
//! and nobody learns whether an id is somebody else's, nobody's or gone.

use std::collections::{BTreeMap, BTreeSet};

use latchkey::ports::Address;

use crate::callers::{Caller, Former, callers, former};
use crate::party::{NULL, Party};
use crate::places::{Kind, Place, Route, Spot, routes};
use crate::shots::{Shot, altered, foreign_words, goes_away, masked, sent};
use crate::support::*;
use crate::watch::{CALLS, Watch};

/// Two organizations, everybody who may knock at the first one, and ids that nobody has.
pub struct Town {
    pub house: House,
    pub theirs: Party,
    pub ours: Party,
    pub nowhere: Party,
    pub callers: Vec<Caller>,
    pub former: Former,
    /// The objects of theirs.
    pub victims: BTreeSet<String>,
    /// The second pages of their lists.
    pub cursors: BTreeMap<String, String>,
}

impl Town {
    pub fn new() -> Self {
        let house = House::new();
        let former = former(&house);
        let before: BTreeSet<_> = house.objects.addresses().iter().map(|address| format!("{address:?}")).collect();
        let theirs = Party::settle(&house, "zanzibar");
        let mut victims: BTreeSet<_> = house.objects.addresses().iter().map(|address| format!("{address:?}")).collect();
        victims.retain(|address| !before.contains(address) && *address != format!("{:?}", Address::Directory));
        let ours = Party::settle(&house, "ours");
        let elsewhere = House::seeded(99);
        let nowhere = Party::settle(&elsewhere, "nowhere");
        // A day on, some keys lie idle; whoever is signed in still is.
        house.advance(25 * HOUR);
        // A session that is to change hears first what its organization says of it, whoever asks: this one has not yet heard
        // of the domains, as it was deleted before.
        let deleted = format!("/v1/sessions/{}", theirs.gone[&Kind::Session]);
        house.call(&theirs.owner.key, "DELETE", &deleted, &NULL);
        let callers = callers(&house, &ours, &theirs, &former);
        // Portions of work are the operator's, who has no foreign ones.
        let paged = routes()
            .into_iter()
            .filter(|route| !route.writes() && route.places.iter().any(|place| place.kind == Kind::Cursor));
        let cursors = paged.map(|route| (route.template.clone(), theirs.cursor(&house, &route))).collect();
        Self { house, theirs, ours, nowhere, callers, former, victims, cursors }
    }

    /// What is put in a place: whose it is, and what.
    fn values(&self, place: &Place, route: &Route, caller: &Caller) -> Vec<(&'static str, String)> {
        let (theirs, nowhere, kind) = (&self.theirs, &self.nowhere, place.kind);
        let is_everybodys = is_everybodys(caller, route);
        if kind == Kind::Cursor && is_everybodys {
            return Vec::new();
        }
        if kind == Kind::Cursor {
            let foreign = self.cursors.get(&route.template).map(|cursor| ("foreign", cursor.clone()));
            return foreign.into_iter().chain([("altered", "x".repeat(40))]).collect();
        }
        let mut values = Vec::new();
        let mut add = |whose, value: Option<&String>| values.extend(value.map(|value| (whose, value.clone())));
        if !is_everybodys {
            add("foreign", theirs.ids.get(&kind));
            add("foreign and gone", theirs.gone.get(&kind));
        }
        add("unknown", nowhere.ids.get(&kind));
        add("unknown and gone", nowhere.gone.get(&kind));
        let is_path = matches!(place.spot, Spot::Path(_));
        if is_path {
            add("altered", Some(&altered(&theirs.ids[&kind])));
            add("our own, gone", self.ours.gone.get(&kind).filter(|_| goes_away(kind) && !is_everybodys));
        }
        if kind == Kind::Organization && !is_everybodys {
            add("erased", Some(&self.former.organization));
        }
        if caller.in_session && is_path && matches!(kind, Kind::ApiKey | Kind::Session) {
            add("of another session", self.ours.ids.get(&kind));
        }
        values
    }

    /// One request about several places of which somebody else's ids are in all.
    fn everywhere(&self, route: &Route, ids: &Party) -> Shot {
        let mut shot = Shot::at(route, ids);
        for place in route.places.iter().filter(|place| matches!(place.spot, Spot::Body(_))) {
            if let Some(value) = ids.ids.get(&place.kind) {
                shot = shot.with(place, value, route);
            }
        }
        shot
    }
}

/// Whether nothing is foreign to a caller there: the operator on the operator's routes.
fn is_everybodys(caller: &Caller, route: &Route) -> bool {
    caller.credential == OPERATOR_TOKEN && route.template.starts_with("/operator")
}

/// Whether an id that no deployment has made may be answered in another way than one that is somebody else's. Every member
/// may leave, so the id is read before the role: what has the form of an id is refused for the role, whoever it belongs
/// to, and what has not is nothing. That says nothing about anybody.
fn may_tell_altered(caller: &Caller, route: &Route) -> bool {
    route.shown() == "DELETE /organizations/{organizationId}/members/{userId}"
        && ["member · member", "member · viewer"].contains(&caller.who.as_str())
}

/// What was met.
#[derive(Default)]
struct Tally {
    requests: u64,
    cases: BTreeMap<String, BTreeSet<u16>>,
    /// What should not be: all of it, so that one run shows how far a fault reaches.
    wrong: Vec<String>,
}

impl Tally {
    fn check(&mut self, is_right: bool, what: impl FnOnce() -> String) {
        if !is_right {
            self.wrong.push(what());
        }
    }
}

fn shoot(town: &Town, watch: &mut Watch<'_>, tally: &mut Tally, caller: &Caller, shot: &Shot, what: &str) -> Response {
    let response = shot.send(&town.house, caller);
    tally.requests += 1;
    let what = || format!("{what} · {} · {} {} → {}", caller.who, shot.method, shot.target(), response.status);
    let read = foreign_words(&response, &town.theirs, &sent(shot));
    tally.check(read.is_empty(), || format!("read {read:?}: {}", what()));
    let change = watch.change();
    tally.check(change.is_none(), || format!("changed {change:?}: {}", what()));
    response
}

fn meets(town: &Town, watch: &mut Watch<'_>, tally: &mut Tally, route: &Route, caller: &Caller) {
    let shot = Shot::at(route, &town.ours);
    for place in &route.places {
        let mut answers = BTreeMap::new();
        for (whose, value) in town.values(place, route, caller) {
            let shot = shot.with(place, &value, route);
            let what = format!("{} {:?} {whose}", route.shown(), place.spot);
            let response = shoot(town, watch, tally, caller, &shot, &what);
            let statuses = tally.cases.entry(format!("{} {:?}", route.shown(), place.spot)).or_default();
            statuses.insert(response.status);
            if matches!(place.spot, Spot::Path(_)) {
                let is_refused = [401, 403, 404].contains(&response.status);
                tally.check(is_refused, || format!("not refused: {what}: {}: {response:?}", caller.who));
            }
            if whose != "altered" || !may_tell_altered(caller, route) {
                answers.entry(masked(&response, &[value])).or_insert(whose);
            }
        }
        tally.check(answers.len() <= 1, || {
            format!("told apart: {} {:?}: {}: {answers:#?}", route.shown(), place.spot, caller.who)
        });
    }
    if route.places.len() > 1 && !is_everybodys(caller, route) {
        let answers = [&town.theirs, &town.nowhere].map(|ids| {
            let shot = town.everywhere(route, ids);
            let sent: Vec<_> = ids.ids.values().cloned().collect();
            masked(&shoot(town, watch, tally, caller, &shot, "everywhere"), &sent)
        });
        tally.check(answers[0] == answers[1], || {
            format!("told apart: {} everywhere: {}: {answers:#?}", route.shown(), caller.who)
        });
    }
    smuggled(town, watch, tally, route, caller);
}

/// Headers and a query that nobody has ever documented say whom a request is about.
fn smuggled(town: &Town, watch: &mut Watch<'_>, tally: &mut Tally, route: &Route, caller: &Caller) {
    let mut shot = Shot::at(route, &town.nowhere);
    let ends_it = route.shown() == "DELETE /organizations/{organizationId}";
    if route.template.starts_with("/organizations/") && !ends_it {
        shot.path = shot.path.replace(&town.nowhere.owner.organization, &town.ours.owner.organization);
    }
    for (name, kind) in [
        ("x-organization-id", Kind::Organization),
        ("x-session-id", Kind::Session),
        ("x-user-id", Kind::User),
        ("x-latchkey-organization", Kind::Organization),
        ("x-original-url", Kind::ApiKey),
    ] {
        shot.headers.push((name.to_owned(), town.theirs.ids[&kind].clone()));
    }
    if is_everybodys(caller, route) {
        return;
    }
    shoot(town, watch, tally, caller, &shot, "in headers");
    shot.headers.clear();
    for (name, kind) in [("organizationId", Kind::Organization), ("sessionIds", Kind::Session), ("userId", Kind::User)]
    {
        shot.query.push((name.to_owned(), town.theirs.ids[&kind].clone()));
    }
    shoot(town, watch, tally, caller, &shot, "in the query");
}

fn matrix(what: &str, fits: impl Fn(&Route) -> bool) {
    let town = Town::new();
    let is_theirs = |address: &Address| town.victims.contains(&format!("{address:?}"));
    let mut watch = Watch::of(&town.house, &[], is_theirs);
    let mut tally = Tally::default();
    // Whoever presents a dead key of theirs is counted there as refused.
    let (dead, others): (Vec<_>, Vec<_>) = town.callers.iter().partition(|caller| caller.who.starts_with("their"));
    // Who signs out is signed out.
    let mut all: Vec<_> = routes().into_iter().filter(|route| fits(route)).collect();
    all.sort_by_key(|route| route.template == "/auth/logout");
    for route in &all {
        for caller in &others {
            meets(&town, &mut watch, &mut tally, route, caller);
        }
        watch.is_all_unchanged(&route.shown());
    }
    let mut lenient = Watch::of(&town.house, &CALLS, is_theirs);
    for route in &all {
        for caller in &dead {
            meets(&town, &mut lenient, &mut tally, route, caller);
        }
    }
    lenient.is_all_unchanged("dead keys of theirs");
    let theirs: Vec<_> = town.theirs.all.iter().collect();
    for value in watch.new_values() {
        assert!(!theirs.iter().any(|id| value.contains(id.as_str())), "KV: {value}");
    }
    // A place where nobody ever gets as far as to be told that there is nothing shows nothing.
    for (case, statuses) in &tally.cases {
        if case.contains("Path(") {
            tally.wrong.extend((!statuses.contains(&404)).then(|| format!("{case}: nobody gets as far: {statuses:?}")));
        }
    }
    let shown = tally.wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(tally.wrong.is_empty(), "{} wrong:\n{shown}", tally.wrong.len());
    crate::figure(&format!("requests about others, {what}"), tally.requests, "requests");
    println!("{} routes, {} callers, {} places", all.len(), town.callers.len(), tally.cases.len());
}

#[test]
fn nobody_reaches_another_organization_through_what_keys_do() {
    matrix("what keys do", |route| route.template.starts_with("/v1"));
}

#[test]
fn nobody_reaches_another_organization_through_what_members_do() {
    matrix("what members do", |route| route.template.starts_with("/organizations"));
}

#[test]
fn nobody_reaches_another_organization_through_accounts_the_operators_routes_or_what_is_public() {
    matrix("the rest", |route| !route.template.starts_with("/v1") && !route.template.starts_with("/organizations"));
}
