//! Who reaches what. Three callers, every operation, three targets, one table; and nobody hands out more
//! than he has.

use latchkey::app::Call;
use latchkey::app::Error;
use latchkey::domain::environment::Environment;
use latchkey::domain::id::{ApiKeyId, SessionId};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::operation::Operation;
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;
use latchkey::session::protocol::SessionChange;
use proptest::prelude::*;

use crate::support::house::Home;
use crate::support::*;

/// What a caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Done,
    NoSuchKey,
    NoSuchSession,
    OutOfReach,
    TooMuch,
    NotAllowed,
}

fn told<T: std::fmt::Debug>(result: Result<T, Error>) -> Told {
    match result {
        Ok(_) => Told::Done,
        Err(Error::Rejected(Rejection::KeyNotFound)) => Told::NoSuchKey,
        Err(Error::Rejected(Rejection::SessionNotFound)) => Told::NoSuchSession,
        Err(Error::Rejected(Rejection::OutsideReach)) => Told::OutOfReach,
        Err(Error::Rejected(Rejection::ExceedsOwnPermissions)) => Told::TooMuch,
        Err(Error::Rejected(Rejection::CallerRefused { code: Code::InsufficientPermissions, .. })) => Told::NotAllowed,
        Err(other) => panic!("{other:?}"),
    }
}

const OPERATIONS: [&str; 9] = [
    "read key",
    "change key",
    "rotate key",
    "revoke key",
    "issue key",
    "read session",
    "session health",
    "rename session",
    "delete session",
];

fn perform(house: &House, secret: &str, operation: &str, key_id: &ApiKeyId, session: &SessionId) -> Told {
    let needs = match operation {
        "read key" => Operation::ReadApiKeys,
        "read session" | "session health" => Operation::ReadSessions,
        "rename session" | "delete session" => Operation::WriteSessions,
        _ => Operation::WriteApiKeys,
    };
    let by = match house.authenticate(secret, needs) {
        Ok(by) => by,
        refused => return told(refused),
    };
    let renamed = || KeyChange { name: Some(name("Renamed")), ..KeyChange::default() };
    match operation {
        "read key" => told(house.read(&by, key_id)),
        "change key" => told(house.change(&by, key_id, renamed())),
        "rotate key" => told(house.rotate(&by, key_id, HOUR)),
        "revoke key" => told(house.revoke(&by, key_id)),
        "issue key" => told(house.issue(&by, key_in(session, &["emails:send"]))),
        "read session" => told(house.run(house.app.read_session(&by, session))),
        "session health" => told(house.run(house.app.session_health(&by, session))),
        "rename session" => {
            let change = SessionChange { name: Some(name("Renamed")), ..SessionChange::default() };
            told(house.run(house.app.change_session(&by, session, change)))
        }
        "delete session" => told(house.delete_session(&by, session)),
        other => panic!("{other}"),
    }
}

/// The table: caller × operation → own session, sibling session, foreign organization.
fn expected(caller: &str, operation: &str) -> [Told; 3] {
    use Told::{Done, NoSuchKey, NoSuchSession, NotAllowed, OutOfReach};
    let missing = if operation.ends_with(" key") && operation != "issue key" { NoSuchKey } else { NoSuchSession };
    match (caller, operation) {
        ("everything", _) => [Done, Done, missing],
        ("everything but keys", "read key") => [Done, missing, missing],
        ("everything but keys", "read session" | "session health") => [Done, missing, missing],
        ("everything but keys", _) => [NotAllowed; 3],
        ("session", "delete session") => [OutOfReach, missing, missing],
        ("session", _) => [Done, missing, missing],
        other => panic!("{other:?}"),
    }
}

struct Town {
    house: House,
    home: Home,
    sibling: SessionId,
    callers: [(&'static str, String); 3],
    foreign: Home,
}

fn town() -> Town {
    let house = House::new();
    let (home, foreign) = (house.found("Ours"), house.found("Theirs"));
    let root = house.principal(&home.secret);
    let own = house.create_session(&root, "Own", Some(Environment::Production)).unwrap();
    let sibling = house.create_session(&root, "Sibling", None).unwrap().id;
    let session_key = house.issue(&root, key_in(&own.id, &["*"])).unwrap().text;
    let limited = ["api_keys:read", "sessions:read", "emails:send", "keys:verify"];
    let limited = house.issue(&root, key(&limited)).unwrap().text;
    let callers = [("everything", home.secret.clone()), ("everything but keys", limited), ("session", session_key)];
    Town { house, home, sibling, callers, foreign }
}

#[test]
fn every_caller_meets_every_operation_on_every_target() {
    for operation in OPERATIONS {
        for (number, target) in ["own", "sibling", "foreign"].into_iter().enumerate() {
            for index in 0..3 {
                let Town { house, home, sibling, callers, foreign } = town();
                let (caller, secret) = &callers[index];
                let root = house.principal(&home.secret);
                let session = match target {
                    "own" if *caller == "session" => {
                        house.authenticate(secret, Operation::WriteApiKeys).unwrap().caller.session_id.clone()
                    }
                    // The production default session cannot be deleted; another one within reach stands in.
                    "own" if operation == "delete session" => sibling.clone(),
                    "own" => home.session_id.clone(),
                    "sibling" => sibling.clone(),
                    _ => foreign.session_id.clone(),
                };
                let owner = if target == "foreign" { house.principal(&foreign.secret) } else { root };
                let victim = house.issue(&owner, key_in(&session, &["emails:send"])).unwrap();
                let foreign_log =
                    || house.objects.disk(&foreign.session_address()).number("SELECT count(*) FROM audit_log");
                let logged = foreign_log();
                let outcome = perform(&house, secret, operation, victim.id(), &session);
                assert_eq!(outcome, expected(caller, operation)[number], "{caller} · {operation} · {target}");
                if outcome != Told::Done {
                    assert_eq!(house.code(&victim.text), Code::Valid, "{caller} · {operation} · {target}");
                }
                assert_eq!(foreign_log(), logged, "{caller} · {operation} · {target}");
            }
        }
    }
}

#[test]
fn a_key_id_out_of_reach_is_not_even_looked_for() {
    let Town { house, sibling, callers, foreign, home } = town();
    let root = house.principal(&home.secret);
    let there = house.issue(&root, key_in(&sibling, &["emails:send"])).unwrap();
    let session_caller = house.principal(&callers[2].1);
    let calls = house.objects.all_calls();
    for id in [there.id(), &foreign.key_id] {
        assert_eq!(refusal(house.read(&session_caller, id)), Rejection::KeyNotFound);
        assert_eq!(refusal(house.revoke(&session_caller, id)), Rejection::KeyNotFound);
        assert_eq!(refusal(house.rotate(&session_caller, id, 0)), Rejection::KeyNotFound);
        assert_eq!(refusal(house.change(&session_caller, id, KeyChange::default())), Rejection::KeyNotFound);
    }
    assert_eq!(house.objects.all_calls(), calls);
}

#[test]
fn lists_show_what_lies_within_reach_and_nothing_else() {
    let Town { house, home, sibling, callers, foreign } = town();
    let root = house.principal(&home.secret);
    house.issue(&root, key_in(&sibling, &["emails:send"])).unwrap();
    let keys = |secret: &str, query| {
        let by = house.authenticate(secret, Operation::ReadApiKeys).unwrap();
        house.run(house.app.list_keys(&by, query)).unwrap().0
    };
    assert_eq!(keys(&callers[0].1, all_keys(page(100))).len(), 4);
    assert_eq!(keys(&callers[1].1, all_keys(page(100))).len(), 2, "default session only");
    assert_eq!(keys(&callers[2].1, all_keys(page(100))).len(), 1);
    let elsewhere = |session: &SessionId| {
        let mut query = all_keys(page(100));
        query.session_id = Some(session.clone());
        query
    };
    assert_eq!(keys(&callers[2].1, elsewhere(&sibling)).len(), 0);
    assert_eq!(keys(&callers[0].1, elsewhere(&foreign.session_id)).len(), 0);
    let sessions = |secret: &str| {
        let by = house.authenticate(secret, Operation::ReadSessions).unwrap();
        house.run(house.app.list_sessions(&by, page(100))).unwrap().0.len()
    };
    assert_eq!((sessions(&callers[0].1), sessions(&callers[2].1)), (3, 1));
}

#[test]
fn a_suspension_reaches_no_other_organization() {
    let Town { house, home, foreign, .. } = town();
    house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
    assert_eq!(house.code(&home.secret), Code::OrganizationSuspended);
    assert_eq!(house.code(&foreign.secret), Code::Valid);
    house.set_status(&home.organization.id, OrganizationStatus::Deleted).unwrap();
    assert_eq!(house.code(&home.secret), Code::Revoked);
    assert_eq!(house.code(&foreign.secret), Code::Valid);
}

const GRANTS: [&str; 8] =
    ["*", "api_keys:*", "api_keys:write", "emails:*", "emails:send", "emails:read", "domains:read", "*:read"];
const NETWORKS: [&str; 5] = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32"];

fn grants(least: usize) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(GRANTS.to_vec(), least..4)
}

fn restrictions() -> impl Strategy<Value = (Vec<&'static str>, Option<&'static str>, Option<i64>)> {
    let lists = proptest::sample::subsequence(NETWORKS.to_vec(), 0..3);
    (lists, proptest::option::of(Just("mail.example.com")), proptest::option::of(1_000..3 * HOUR))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_hands_out_more_than_he_has(
        (own, (own_networks, own_domain, own_life)) in (grants(1), restrictions()),
        (granted, (allowed, bound, life)) in (grants(1), restrictions()),
    ) {
        let house = House::new();
        let home = house.found("Acme");
        let root = house.principal(&home.secret);
        house.own(&home.secret, "mail.example.com");
        let dress = |granted: &[&str], networks_of: &[&str], bound: Option<&str>, life: Option<i64>| {
            let mut dressed = settings(granted);
            dressed.ip_allow_list = networks(networks_of);
            dressed.domain = bound.map(domain);
            dressed.expires_at = life.map(|life| house.after(life));
            dressed
        };
        let mut own = own;
        own.push("api_keys:write");
        let manager = house.issue(&root, with(dress(&own, &own_networks, own_domain, own_life))).unwrap();
        // From wherever it is allowed to call.
        let ip = own_networks.first().map(|network| network.split('/').next().unwrap().parse().unwrap());
        let by = house.run(house.app.authenticate(&manager.text, ip, Operation::WriteApiKeys, Call::Manage)).unwrap();
        let wanted = dress(&granted, &allowed, bound, life);
        let covered = by.caller.covers(&wanted);

        let issued = house.issue(&by, with(wanted.clone()));
        prop_assert_eq!(issued.is_ok(), covered, "issue: {:?}", issued);

        let other = house.issue(&root, with(wanted.clone())).unwrap();
        let rotated = house.rotate(&by, other.id(), 0);
        prop_assert_eq!(rotated.is_ok(), covered, "rotate: {:?}", rotated);

        let small = house.issue(&root, with(dress(&["emails:send"], &["10.1.2.3"], Some("mail.example.com"), Some(500)))).unwrap();
        let change = KeyChange {
            permissions: Some(wanted.permissions.clone()),
            ip_allow_list: Some(wanted.ip_allow_list.clone()),
            domain: wanted.domain.clone().map_or_else(clear, set),
            expires_at: wanted.expires_at.map_or_else(clear, set),
            ..KeyChange::default()
        };
        let changed = house.change(&by, small.id(), change);
        prop_assert_eq!(changed.is_ok(), covered, "change: {:?}", changed);
        if let Ok(key) = changed {
            prop_assert!(by.caller.covers(&key.settings));
        }
    }
}
