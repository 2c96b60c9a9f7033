//! Domains: proven by a text in the DNS, looked for again, lost after a day; and what that does to keys that are bound to
//! them. The days pass in no time here.

use std::sync::atomic::Ordering;

use latchkey::app::VerifyKey;
use latchkey::domain::consistency::{Consistency, Mode};
use latchkey::domain::verification::{Code, Demand};
use latchkey::ports::Address;
use serde_json::{Value, json};

use crate::support::edges::Edge;
use crate::support::house::Home;
use crate::support::webhooks::listening;
use crate::support::*;

const NULL: Value = Value::Null;
const NAME: &str = "example.com";

/// An organization with a verified domain, and a key that is bound to it, in a session beside the default one.
struct Estate {
    house: House,
    home: Home,
    domain: String,
    held: Held,
    there: Address,
}

fn estate_in(house: House, extra: &Value, mode: Mode) -> Estate {
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let domain = house.own_with(&home.secret, NAME, extra);
    let session = house.create_session(&admin, "Other", None).unwrap();
    house.relax(&home.secret, &session.id, Consistency { mode, ..Consistency::default() });
    let mut request = key_in(&session.id, &["emails:send"]);
    request.settings.domain = Some(latchkey::domain::domain_name::DomainName::parse(NAME).unwrap());
    let held = house.issue(&admin, request).unwrap();
    let there = house.session_at(session.id.as_str());
    Estate { house, home, domain, held, there }
}

fn estate(extra: &Value) -> Estate {
    estate_in(House::new(), extra, Mode::Leased)
}

impl Estate {
    fn call(&self, method: &str, path: &str, body: &Value) -> Response {
        self.house.call(&self.home.secret, method, path, body)
    }

    fn read(&self) -> Value {
        self.call("GET", &format!("/v1/domains/{}", self.domain), &NULL).json()
    }

    fn status(&self) -> String {
        text(&self.read(), "status")
    }

    fn key(&self) -> Value {
        self.call("GET", &format!("/v1/api_keys/{}", self.held.id()), &NULL).json()
    }

    /// What becomes of the key where it is wanted for its domain, as any isolate decides.
    fn code(&self) -> Code {
        self.house.verify_for(&self.held.text, bound(NAME)).unwrap().code
    }

    /// The record goes, and so many hours pass.
    fn neglect(&self, hours: i64) {
        self.house.unpublish(NAME);
        self.house.advance(hours * HOUR);
    }

    fn publish(&self) {
        self.house.publish(&self.read());
    }

    fn bind(&self, name: &str) -> Response {
        self.call("POST", "/v1/api_keys", &json!({ "name": "Bound", "domain": name }))
    }

    fn alerts(&self, status: &str) -> Vec<Value> {
        let page = self.call("GET", &format!("/v1/alerts?kind=domain_lost&status={status}"), &NULL).json();
        page["data"].as_array().unwrap().clone()
    }

    fn log(&self, action: &str) -> Vec<Value> {
        let page = self.call("GET", &format!("/v1/audit_log?action={action}&limit=100"), &NULL).json();
        page["data"].as_array().unwrap().clone()
    }
}

fn bound(name: &str) -> VerifyKey {
    let demand = Demand { domain: Some(domain(name)), ..Demand::default() };
    VerifyKey { demand, ..VerifyKey::default() }
}

fn not_verified() -> (u16, String) {
    (409, "domain_not_verified".to_owned())
}

#[test]
fn keys_are_bound_to_verified_domains_only_and_to_subdomains_by_choice() {
    let house = House::new();
    let home = house.found("Acme");
    let call = |method: &str, path: &str, body: Value| house.call(&home.secret, method, path, &body);
    let bind = |name: &str| call("POST", "/v1/api_keys", json!({ "name": "Bound", "domain": name }));
    assert_eq!(bind(NAME).refusal(), not_verified(), "nobody has heard of it");
    let created = call("POST", "/v1/domains", json!({ "domain": "EXAMPLE.com" })).json();
    let one = format!("/v1/domains/{}", text(&created, "id"));
    assert_eq!((&created["domain"], &created["status"]), (&json!(NAME), &json!("pending")));
    assert_eq!(created["record"]["name"], format!("_latchkey.{NAME}"));
    assert_eq!(bind(NAME).refusal(), not_verified(), "it is pending");
    let checked = call("POST", &format!("{one}/verify"), NULL).json();
    assert_eq!((&checked["status"], &checked["lastResult"]), (&json!("pending"), &json!("missing")));
    // The text of somebody else beside others is no proof.
    let mut foreign = created.clone();
    foreign["record"]["value"] = json!("latchkey-verification=0123456789012345678901");
    house.publish(&foreign);
    assert_eq!(call("POST", &format!("{one}/verify"), NULL).json()["status"], "pending");
    house.publish(&created);
    let verified = call("POST", &format!("{one}/verify"), NULL).json();
    assert_eq!((&verified["status"], &verified["lastResult"]), (&json!("verified"), &json!("found")));
    let issued = bind(NAME);
    assert_eq!((issued.status, &issued.json()["domainVerified"]), (201, &json!(true)));
    let key = format!("/v1/api_keys/{}", text(&issued.json(), "id"));
    assert_eq!(call("GET", &key, NULL).json()["domainVerified"], true);
    assert_eq!(bind("mail.example.com").refusal(), not_verified());
    call("PATCH", &one, json!({ "includeSubdomains": true }));
    assert_eq!(bind("mail.example.com").status, 201, "at once");
    assert_eq!(bind("notexample.com").refusal(), not_verified());
    assert_eq!(call("PATCH", &key, json!({ "domain": "example.org" })).refusal(), not_verified());
    assert_eq!(call("PATCH", &key, json!({ "domain": "a.b.example.com" })).status, 200);
    let free = call("POST", "/v1/api_keys", json!({ "name": "Free" })).json();
    assert_eq!(free["domainVerified"], NULL);
    call("PATCH", &one, json!({ "includeSubdomains": false }));
    assert_eq!(bind("mail.example.com").refusal(), not_verified(), "at once as well");
    assert_eq!(call("GET", &key, NULL).json()["domainVerified"], false);
    house.advance(5_000);
    let listed = call("GET", "/v1/api_keys?limit=10", NULL).json();
    let shown =
        |value: &Value| listed["data"].as_array().unwrap().iter().filter(|key| key["domainVerified"] == *value).count();
    assert_eq!([NULL, json!(false), json!(true)].map(|value| shown(&value)), [2, 2, 0], "in lists as well");
}

#[test]
fn what_the_resolver_does_not_say_changes_nothing_and_is_no_answer() {
    let to = estate(&NULL);
    let before = to.read();
    to.house.web.resolver.failing.store(true, Ordering::Relaxed);
    to.house.unpublish(NAME);
    let refused = to.call("POST", &format!("/v1/domains/{}/verify", to.domain), &NULL);
    assert_eq!(refused.refusal(), (503, "resolver_unavailable".to_owned()));
    assert_eq!(to.read(), before);
    to.house.advance(30 * DAY);
    assert_eq!((to.status(), to.read()["lastResult"].clone()), ("verified".to_owned(), json!("unknown")));
    assert_eq!(to.read()["missingSince"], NULL);
    assert_eq!(to.bind(NAME).status, 201);
    let asked = to.house.web.resolver.asked.lock().unwrap().len();
    assert!((600..800).contains(&asked), "about once an hour: {asked}");
}

#[test]
fn a_domain_is_looked_for_once_a_day_and_lost_after_three_checks_over_a_day() {
    let to = estate(&NULL);
    let asked = || to.house.web.resolver.asked.lock().unwrap().len();
    let before = asked();
    to.house.advance(10 * DAY);
    assert!((9..=11).contains(&(asked() - before)), "{}", asked() - before);
    assert_eq!(to.status(), "verified");
    to.neglect(0);
    let first = (0..27).find(|_| {
        to.house.advance(HOUR);
        !to.read()["missingSince"].is_null()
    });
    assert!(first.is_some(), "it is missed within a day");
    to.house.advance(20 * HOUR);
    assert_eq!(to.status(), "verified", "missing for hours");
    assert_eq!(to.alerts("open").len(), 0);
    // Somebody who looks ten times loses nothing sooner.
    for _ in 0..10 {
        to.call("POST", &format!("/v1/domains/{}/verify", to.domain), &NULL);
    }
    assert_eq!(to.status(), "verified");
    to.house.advance(26 * HOUR);
    assert_eq!(to.status(), "lost");
    let open = to.alerts("open");
    assert_eq!((open.len(), &open[0]["subject"], &open[0]["severity"]), (1, &json!(to.domain), &json!("warning")));
    assert_eq!(open[0]["facts"], json!({ "domain": NAME, "onLoss": "warn" }));
    assert_eq!(to.log("domain.lost")[0]["actor"], json!({ "type": "service", "id": null }));
    assert_eq!(to.bind(NAME).refusal(), not_verified(), "no further key");
    assert_eq!((to.code(), &to.key()["domainVerified"]), (Code::Valid, &json!(false)), "and the ones there are go on");
    to.publish();
    to.house.advance(14 * HOUR);
    assert_eq!((to.status(), to.alerts("open").len(), to.alerts("resolved").len()), ("verified".to_owned(), 0, 1));
    assert_eq!((to.bind(NAME).status, &to.key()["domainVerified"]), (201, &json!(true)));
    assert_eq!(to.log("domain.verified").len(), 2);
    assert_eq!(to.log("domain.checked").len(), 10);
}

#[test]
fn a_record_that_is_back_in_time_was_never_gone() {
    let to = estate(&NULL);
    for _ in 0..10 {
        to.neglect(30);
        assert!(!to.read()["missingSince"].is_null());
        to.publish();
        to.house.advance(14 * HOUR);
        assert_eq!((to.status(), to.read()["missingSince"].clone()), ("verified".to_owned(), NULL));
    }
    assert_eq!(to.log("domain.lost").len(), 0);
}

#[test]
fn a_lost_domain_refuses_what_is_wanted_for_it_if_its_owner_says_so() {
    let to = estate(&json!({ "onLoss": "refuse" }));
    assert_eq!(to.code(), Code::Valid);
    to.neglect(3 * 24);
    assert_eq!((to.status(), to.alerts("open")[0]["severity"].clone()), ("lost".to_owned(), json!("critical")));
    assert_eq!(to.code(), Code::DomainNotAllowed);
    assert_eq!(to.house.code(&to.held.text), Code::Valid, "nobody has asked for the domain");
    let explained = VerifyKey { explain: true, ..bound(NAME) };
    let trace = to.house.verify_for(&to.held.text, explained).unwrap().trace;
    assert_eq!((trace.last().unwrap().name.as_str(), trace.len()), ("domain", 12));
    let one = format!("/v1/domains/{}", to.domain);
    assert_eq!(to.call("PATCH", &one, &json!({ "onLoss": "warn" })).status, 200);
    assert_eq!(to.code(), Code::Valid);
    assert_eq!(to.call("PATCH", &one, &json!({ "onLoss": "refuse" })).status, 200);
    assert_eq!(to.code(), Code::DomainNotAllowed);
    to.publish();
    assert_eq!(to.call("POST", &format!("{one}/verify"), &NULL).json()["status"], "verified");
    assert_eq!(to.code(), Code::Valid);
    to.neglect(3 * 24);
    assert_eq!(to.code(), Code::DomainNotAllowed);
    // Who gives a domain up gives up what its loss does.
    assert_eq!(to.call("DELETE", &one, &NULL).status, 200);
    assert_eq!((to.code(), to.alerts("open").len()), (Code::Valid, 0));
}

#[test]
fn no_lease_and_no_record_in_kv_outlives_the_answer_that_a_domain_refuses() {
    for mode in [Mode::Leased, Mode::Edge] {
        let to = estate_in(House::timeless(), &NULL, mode);
        to.neglect(3 * 24);
        assert_eq!(to.status(), "lost");
        let isolates = [to.house.edge(), to.house.edge()];
        let ask = |edge: &Edge<'_>| edge.verify_for(&to.held.text, bound(NAME)).unwrap().code;
        // Whoever has just decided by a lease, and whoever is about to.
        for _ in 0..4 {
            isolates.iter().for_each(|isolate| assert_eq!(ask(isolate), Code::Valid));
        }
        let leased = isolates.iter().filter(|edge| edge.here(&to.held.text).is_some()).count();
        assert_eq!(leased, 2, "both have a lease: {mode:?}");
        let path = format!("/v1/domains/{}", to.domain);
        let answered = to.call("PATCH", &path, &json!({ "onLoss": "refuse" }));
        // Here waiting takes no time: the answer says from when on it would have been there.
        let effective_at = text(&answered.json(), "effectiveAt");
        let began = to.house.now().to_string();
        assert!((answered.status, began < effective_at) == (200, true), "{answered:?}");
        for isolate in &isolates {
            assert!(isolate.here(&to.held.text).is_some(), "its lease runs on until then");
        }
        while to.house.now().to_string() < effective_at {
            to.house.advance(50);
        }
        for _ in 0..3 {
            isolates.iter().for_each(|isolate| assert_eq!(ask(isolate), Code::DomainNotAllowed, "{mode:?}"));
        }
        assert!(to.house.heat(&to.held).is_none(), "no lease is given on it");
    }
}

#[test]
fn a_key_that_is_issued_while_its_domain_is_given_up_was_there_before_the_answer_or_is_refused() {
    let to = estate_in(House::timeless(), &NULL, Mode::Leased);
    let admin = to.house.principal(&to.home.secret);
    let bind = || {
        let mut request = key_in(&to.held.key.session_id, &["emails:send"]);
        request.settings.domain = Some(domain(NAME));
        to.house.issue(&admin, request)
    };
    bind().unwrap();
    // The organization does not reach the session any more, which goes on under the policy that it has heard.
    to.house.objects.fault(Whom::Command(to.there.clone(), "initialize"), Fault::Unreachable);
    let deleted = to.call("DELETE", &format!("/v1/domains/{}", to.domain), &NULL);
    assert_eq!(deleted.status, 202, "{deleted:?}");
    let effective_at = text(&deleted.json(), "effectiveAt");
    bind().unwrap();
    let mut accepted = true;
    for _ in 0..70 {
        let now = to.house.now().to_string();
        let is_issued = bind().is_ok();
        assert!(accepted || !is_issued, "never again once it was refused");
        assert!(now < effective_at || !is_issued, "{now} is not before {effective_at}");
        accepted = is_issued;
        to.house.advance(1_000);
    }
    assert!(!accepted);
    assert_eq!(refusal(bind()), latchkey::object::Rejection::DomainNotVerified);
}

#[test]
fn a_session_that_knows_too_little_asks_before_it_refuses_and_says_so_if_nobody_answers() {
    let house = House::timeless();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Other", None).unwrap();
    let there = house.session_at(session.id.as_str());
    let bind = || {
        let mut request = key_in(&session.id, &["emails:send"]);
        request.settings.domain = Some(domain(NAME));
        house.issue(&admin, request)
    };
    house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    house.objects.fault(Whom::Command(there, "initialize"), Fault::Unreachable);
    house.own(&home.secret, NAME);
    bind().unwrap();
    let organization = house.organization_at(home.organization.id.as_str());
    house.objects.fault(Whom::Command(organization, "draw"), Fault::Unreachable);
    let mut request = key_in(&session.id, &["emails:send"]);
    request.settings.domain = Some(domain("example.org"));
    assert_eq!(refusal(house.issue(&admin, request)), latchkey::object::Rejection::PolicyUnknown);
    house.objects.heal();
}

#[test]
fn keys_made_before_keep_their_domain_until_their_owner_decides() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    // As a version of the service left it that asked nobody.
    house.advance(10 * MINUTE);
    let disk = house.objects.disk(&held.authority());
    let id = held.id();
    disk.tamper(&format!(
        "UPDATE api_keys SET record = json_set(record, '$.settings.domain', 'old.example') WHERE id = '{id}'"
    ));
    let path = format!("/v1/api_keys/{id}");
    let call = |method: &str, path: &str, body: Value| house.call(&home.secret, method, path, &body);
    let shown = call("GET", &path, NULL).json();
    assert_eq!((&shown["domain"], &shown["domainVerified"]), (&json!("old.example"), &json!(false)));
    let code = |text: &str| house.verify_for(text, bound("old.example")).unwrap().code;
    assert_eq!(code(&held.text), Code::Valid);
    assert_eq!(call("PATCH", &path, json!({ "name": "Renamed" })).status, 200);
    assert_eq!(call("PATCH", &path, json!({ "domain": "old.example" })).status, 200, "it is what it was");
    let rotated = call("POST", &format!("{path}/rotate"), json!({ "overlapSeconds": 0 }));
    assert_eq!((rotated.status, &rotated.json()["domainVerified"]), (201, &json!(false)));
    let path = format!("/v1/api_keys/{}", text(&rotated.json(), "id"));
    assert_eq!(call("PATCH", &path, json!({ "domain": null })).status, 200);
    assert_eq!(call("PATCH", &path, json!({ "domain": "old.example" })).refusal(), not_verified());
    house.own(&home.secret, "old.example");
    assert_eq!(call("PATCH", &path, json!({ "domain": "old.example" })).json()["domainVerified"], true);
}

#[test]
fn webhooks_tell_that_a_domain_was_verified_and_lost_each_once_and_in_order() {
    let to = listening(&json!(["domain.verified", "domain.lost", "alert.opened", "alert.resolved"]));
    let id = to.house.own_with(&to.owner.key, NAME, &json!({ "onLoss": "refuse" }));
    to.house.unpublish(NAME);
    to.house.advance(3 * DAY);
    let read = to.call("GET", &format!("/v1/domains/{id}"), &NULL);
    to.house.publish(&read);
    to.house.advance(DAY);
    let posted = to.posted();
    let kinds: Vec<&str> = posted.iter().map(|message| message.kind()).collect();
    assert_eq!(kinds, ["domain.verified", "domain.lost", "alert.opened", "domain.verified", "alert.resolved"]);
    let lost = &posted[1].body["data"];
    assert_eq!((&lost["domain"]["id"], &lost["domain"]["status"]), (&json!(id), &json!("lost")));
    assert_eq!((&lost["domain"]["onLoss"], &lost["actor"]["type"]), (&json!("refuse"), &json!("service")));
    assert!(posted[1].body.to_string().find("latchkey-verification").is_none());
}

#[test]
fn an_organization_that_has_ended_looks_for_nothing_and_leaves_no_domain() {
    let to = estate(&NULL);
    let (house, id) = (&to.house, &to.home.organization.id);
    house.set_status(id, latchkey::domain::session::OrganizationStatus::Deleted).unwrap();
    let asked = || house.web.resolver.asked.lock().unwrap().len();
    let before = asked();
    house.advance(40 * DAY);
    assert_eq!(asked(), before);
    let organization = house.objects.disk(&house.organization_at(id.as_str()));
    assert_eq!(organization.number("SELECT count(*) FROM domains"), 0);
    assert_eq!(organization.number("SELECT count(*) FROM outbox WHERE lane = 'domain'"), 0);
    assert_eq!(house.objects.disk(&to.there).number("SELECT count(*) FROM domain_book"), 0);
}

#[test]
fn a_crash_between_the_checks_loses_none_of_them() {
    let to = estate(&NULL);
    to.house.unpublish(NAME);
    for _ in 0..60 {
        to.house.crash();
        to.house.advance(HOUR);
    }
    assert_eq!((to.status(), to.alerts("open").len(), to.log("domain.lost").len()), ("lost".to_owned(), 1, 1));
}
