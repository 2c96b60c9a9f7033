//! The decision on a presented key: every code, the order of checks, the trace, and what a look costs.

use latchkey::app::VerifyKey;
use latchkey::domain::environment::Environment;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::secret_key::checksum;
use latchkey::domain::session::{OrganizationStatus, SessionStatus};
use latchkey::domain::verification::{Code, Demand, Outcome};
use latchkey::session::protocol::SessionChange;

use crate::support::house::Home;
use crate::support::*;

fn wanted(demand: Demand) -> VerifyKey {
    VerifyKey { demand, ..VerifyKey::default() }
}

fn asking_for(permission_text: &str) -> Demand {
    Demand { permissions: vec![permission(permission_text)], ..Demand::default() }
}

fn restricted(house: &House, home: &Home) -> Held {
    let admin = house.principal(&home.secret);
    house.own(&home.secret, "mail.example.com");
    let mut settings = settings(&["emails:send"]);
    settings.ip_allow_list = networks(&["10.0.0.0/8"]);
    settings.domain = Some(domain("mail.example.com"));
    house.issue(&admin, with(settings)).unwrap()
}

#[test]
fn each_code_has_a_situation_that_leads_to_it() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let other = house.create_session(&admin, "Other", Some(Environment::Staging)).unwrap();
    let at = "10.1.2.3".parse().ok();
    let good = Demand { ip: at, ..asking_for("emails:send") };
    let cases = [
        (Code::Valid, good.clone()),
        (Code::WrongSession, Demand { session_id: Some(other.id.clone()), ..good.clone() }),
        (Code::WrongEnvironment, Demand { environment: Some(Some(Environment::Staging)), ..good.clone() }),
        (Code::WrongEnvironment, Demand { environment: Some(None), ..good.clone() }),
        (Code::Forbidden, Demand { ip: "11.0.0.1".parse().ok(), ..good.clone() }),
        (Code::Forbidden, Demand { ip: None, ..good.clone() }),
        (Code::InsufficientPermissions, Demand { ip: at, ..asking_for("emails:read") }),
        (Code::DomainNotAllowed, Demand { domain: Some(domain("evil.example.com")), ..good.clone() }),
        (Code::Valid, Demand { domain: Some(domain("mail.example.com")), ..good.clone() }),
    ];
    let held = restricted(&house, &home);
    for (code, demand) in cases {
        let verification = house.verify_for(&held.text, wanted(demand.clone())).unwrap();
        assert_eq!(verification.code, code, "{demand:?}");
        assert_eq!(verification.key.unwrap().id, held.key.id);
    }

    let plain = house.issue(&admin, key(&["emails:send"])).unwrap();
    let change = |change| house.change(&admin, plain.id(), change).unwrap();
    change(KeyChange { active: Some(false), ..KeyChange::default() });
    assert_eq!(house.code(&plain.text), Code::Disabled);
    change(KeyChange { active: Some(true), ..KeyChange::default() });
    assert_eq!(house.code(&plain.text), Code::Valid);
    change(KeyChange { not_before: set(house.after(HOUR)), ..KeyChange::default() });
    assert_eq!(house.code(&plain.text), Code::NotYetValid);
    change(KeyChange { not_before: clear(), expires_at: set(house.after(HOUR)), ..KeyChange::default() });
    house.advance(HOUR);
    assert_eq!(house.code(&plain.text), Code::Expired);
    change(KeyChange { expires_at: clear(), ..KeyChange::default() });
    assert_eq!(house.code(&plain.text), Code::Valid, "removing the expiry revives the key");
    house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
    assert_eq!(house.code(&plain.text), Code::OrganizationSuspended);
    house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap();

    let elsewhere = house.issue(&admin, key_in(&other.id, &["emails:send"])).unwrap();
    let connect = |status| {
        let change = SessionChange { status: Some(status), ..SessionChange::default() };
        house.run(house.app.change_session(&admin, &other.id, change)).unwrap()
    };
    connect(SessionStatus::Disconnected);
    assert_eq!(house.code(&elsewhere.text), Code::SessionDisconnected);
    connect(SessionStatus::Connected);
    assert_eq!(house.code(&elsewhere.text), Code::Valid);

    house.revoke(&admin, plain.id()).unwrap();
    assert_eq!(house.code(&plain.text), Code::Revoked);
    assert_eq!(house.code(&key_like("live")), Code::NotFound);
}

#[test]
fn the_first_reason_in_the_documented_order_is_the_one_that_is_named() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", Some(Environment::Production)).unwrap();
    house.own(&home.secret, "mail.example.com");
    let mut request = key_in(&session.id, &["emails:send"]);
    request.settings.ip_allow_list = networks(&["10.0.0.0/8"]);
    request.settings.domain = Some(domain("mail.example.com"));
    request.settings.not_before = Some(house.after(HOUR));
    request.settings.expires_at = Some(house.after(2 * HOUR));
    let held = house.issue(&admin, request).unwrap();
    let demand = Demand {
        permissions: vec![permission("emails:read")],
        domain: Some(domain("evil.example.com")),
        session_id: Some(home.session_id.clone()),
        environment: Some(Some(Environment::Staging)),
        ip: "11.0.0.1".parse().ok(),
    };
    let code = |demand: &Demand| house.verify_for(&held.text, wanted(demand.clone())).unwrap().code;
    let change = |change| house.change(&admin, held.id(), change).unwrap();

    // Everything is wrong at once; each line takes the first reason away and sees the next.
    house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap();
    change(KeyChange { active: Some(false), ..KeyChange::default() });
    let disconnected = SessionChange { status: Some(SessionStatus::Disconnected), ..SessionChange::default() };
    house.run(house.app.change_session(&admin, &session.id, disconnected)).unwrap();
    house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
    assert_eq!(code(&demand), Code::Disabled);
    house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap();
    change(KeyChange { active: Some(true), ..KeyChange::default() });
    house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
    assert_eq!(code(&demand), Code::NotYetValid);
    house.advance(2 * HOUR);
    assert_eq!(code(&demand), Code::Expired);
    house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap();
    change(KeyChange { expires_at: clear(), ..KeyChange::default() });
    house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
    assert_eq!(code(&demand), Code::OrganizationSuspended);
    house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap();
    assert_eq!(code(&demand), Code::SessionDisconnected);
    let connected = SessionChange { status: Some(SessionStatus::Connected), ..SessionChange::default() };
    house.run(house.app.change_session(&admin, &session.id, connected)).unwrap();
    assert_eq!(code(&demand), Code::WrongSession);
    let demand = Demand { session_id: Some(session.id.clone()), ..demand };
    assert_eq!(code(&demand), Code::WrongEnvironment);
    let demand = Demand { environment: Some(Some(Environment::Production)), ..demand };
    assert_eq!(code(&demand), Code::Forbidden);
    let demand = Demand { ip: "10.9.9.9".parse().ok(), ..demand };
    assert_eq!(code(&demand), Code::InsufficientPermissions);
    let demand = Demand { permissions: vec![permission("emails:send")], ..demand };
    assert_eq!(code(&demand), Code::DomainNotAllowed);
    let demand = Demand { domain: Some(domain("mail.example.com")), ..demand };
    assert_eq!(code(&demand), Code::Valid);
    house.revoke(&admin, held.id()).unwrap();
    house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
    assert_eq!(code(&demand), Code::Revoked, "what is final comes first");
}

#[test]
fn the_trace_lists_the_checks_up_to_the_one_that_refuses() {
    let house = House::new();
    let home = house.found("Acme");
    let held = restricted(&house, &home);
    let demand = Demand { ip: "10.1.2.3".parse().ok(), ..asking_for("emails:read") };
    let request = VerifyKey { demand, explain: true, ..VerifyKey::default() };
    let trace = house.verify_for(&held.text, request).unwrap().trace;
    let lines: Vec<_> = trace.iter().map(|check| (check.name.as_str(), check.outcome)).collect();
    assert_eq!(
        lines,
        [
            ("known", Outcome::Passed),
            ("revoked", Outcome::Passed),
            ("disabled", Outcome::Passed),
            ("expiry", Outcome::Skipped),
            ("notBefore", Outcome::Skipped),
            ("organization", Outcome::Passed),
            ("sessionState", Outcome::Passed),
            ("session", Outcome::Skipped),
            ("environment", Outcome::Skipped),
            ("ipAllowList", Outcome::Passed),
            ("permissions", Outcome::Refused),
        ]
    );
    let request = VerifyKey { explain: true, ..VerifyKey::default() };
    let unknown = house.verify_for(&key_like("live"), request).unwrap();
    assert_eq!(unknown.trace.len(), 1);
    assert_eq!(unknown.trace[0].outcome, Outcome::Refused);
    assert!(house.verify(&held.text).unwrap().trace.is_empty(), "nobody asked");
}

#[test]
fn a_dry_run_leaves_no_trace() {
    let house = House::new();
    let home = house.found("Acme");
    let held = restricted(&house, &home);
    let before = house.dump(&[]);
    let demand = Demand { ip: "10.1.2.3".parse().ok(), ..Demand::default() };
    let request = VerifyKey { demand, explain: true, dry_run: true, ..VerifyKey::default() };
    assert_eq!(house.verify_for(&held.text, request).unwrap().code, Code::Valid);
    assert_eq!(house.dump(&[]), before);
}

#[test]
fn a_use_is_noted_at_once_and_told_to_lists_within_a_minute() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    let last_used = || house.read(&admin, held.id()).unwrap().last_used_at;
    let listed = || {
        let (keys, _) = house.run(house.app.list_keys(&admin, all_keys(page(50)))).unwrap();
        keys.into_iter().find(|key| key.id == held.key.id).unwrap().last_used_at
    };
    assert_eq!((last_used(), listed()), (None, None));
    let first = house.now();
    house.code(&held.text);
    assert_eq!((last_used(), listed()), (Some(first), Some(first)), "the first use shows in the list at once");
    house.advance(3_000);
    let second = house.now();
    house.code(&held.text);
    assert_eq!(last_used(), Some(first), "where it is busy it is written down together with others");
    house.advance(10_000);
    assert_eq!(last_used(), Some(second));
    assert_eq!(listed(), Some(first), "later uses reach the list in batches");
    house.advance(50_000);
    let third = house.now();
    house.code(&held.text);
    assert_eq!((last_used(), listed()), (Some(third), Some(second)));
    house.advance(60_000);
    assert_eq!(listed(), Some(third));
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn a_refused_use_is_not_a_use_and_changes_no_record() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = restricted(&house, &home);
    // That it was refused is counted.
    let counted = ["usage", "usage_heads", "usage_of_sessions", "outbox"];
    let before = house.dump(&counted);
    assert_eq!(house.code(&held.text), Code::Forbidden);
    assert_eq!(house.dump(&counted), before);
    assert_eq!(house.read(&admin, held.id()).unwrap().last_used_at, None);
}

#[test]
fn a_key_noted_as_used_keeps_the_changes_that_came_in_between() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.set_afterwards(house::Afterwards::Queued);
    house.code(&held.text);
    house.change(&admin, held.id(), KeyChange { active: Some(false), ..KeyChange::default() }).unwrap();
    house.catch_up();
    assert_eq!(house.code(&held.text), Code::Disabled, "a use writes no record back");
}

#[test]
fn a_million_forgeries_reach_neither_kv_nor_an_object() {
    let house = House::new();
    house.found("Acme");
    let (reads, calls, addresses) = (house.kv.reads(), house.objects.all_calls(), house.objects.addresses().len());
    let environments = ["live", "dev", "staging"];
    for number in 0..1_000_000_u64 {
        let word = environments[usize::try_from(number % 3).unwrap()];
        // Well-formed to the last character: right prefix, alphabet, length and checksum; only the tag is a guess.
        let middle = format!("{number:0>23}{:0>11}{:0>8}", number * 7 % 1_000_003, number * 31 % 99_999_989);
        let body = ["sk", word, &middle].join("_");
        let forged = format!("{body}{}", checksum(&body));
        let verification = futures_executor::block_on(house.app.verify(&forged, None, VerifyKey::default())).unwrap();
        assert_eq!(verification.code, Code::NotFound);
        assert_eq!(house.objects.all_calls(), calls, "the first one that is carried further ends this");
    }
    assert_eq!((house.kv.reads(), house.objects.all_calls()), (reads, calls));
    assert_eq!(house.objects.addresses().len(), addresses);
}

#[test]
fn a_key_under_the_prefix_of_another_environment_is_refused_without_io() {
    let house = House::new();
    let home = house.found("Acme");
    let (reads, calls) = (house.kv.reads(), house.objects.all_calls());
    let rest = home.secret.strip_prefix("sk_live_").unwrap();
    for prefix in ["sk_dev_", "sk_staging_", "sk_", "pk_live_", "SK_LIVE_", ""] {
        let swapped = format!("{prefix}{rest}");
        assert_eq!(house.code(&swapped), Code::NotFound, "{prefix}");
        // Even with its checksum put right.
        let body = swapped.get(..swapped.len() - 6).unwrap();
        assert_eq!(house.code(&format!("{body}{}", checksum(body))), Code::NotFound, "{prefix}");
    }
    assert_eq!((house.kv.reads(), house.objects.all_calls()), (reads, calls));
}

#[test]
fn a_key_of_another_organization_looks_like_no_key_at_all() {
    let house = House::new();
    let (ours, theirs) = (house.found("Ours"), house.found("Theirs"));
    let caller = house.principal(&ours.secret).caller;
    let explain = || VerifyKey { explain: true, ..VerifyKey::default() };
    let foreign = house.run(house.app.verify(&theirs.secret, Some(&caller), explain())).unwrap();
    let unknown = house.run(house.app.verify(&key_like("live"), Some(&caller), explain())).unwrap();
    assert_eq!((foreign.code, &foreign.key), (Code::NotFound, &None));
    assert_eq!((foreign.code, &foreign.key, &foreign.trace), (unknown.code, &unknown.key, &unknown.trace));
    assert_eq!(
        house.read(&house.principal(&theirs.secret), &theirs.key_id).unwrap().settings.name.as_str(),
        "Default API Key"
    );
}
