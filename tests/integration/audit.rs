//! The audit log: one entry for each mutation, in the same transaction, in a chain that shows every change.

use latchkey::app::AuditPage;
use latchkey::domain::audit::{Action, Actor, GENESIS, chain_hash};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::operation::Operation;
use latchkey::domain::session::OrganizationStatus;
use latchkey::organization::protocol::AuditQuery;
use latchkey::ports::SqlValue;
use proptest::prelude::*;

use crate::support::disk::Disk;
use crate::support::house::{Afterwards, Home};
use crate::support::*;

/// The number of entries of an intact chain, or the first entry that does not fit.
pub fn verify_chain(disk: &Disk) -> Result<i64, i64> {
    let mut previous = GENESIS.to_owned();
    let mut length = 0;
    for row in disk.rows("SELECT seq, entry, hash FROM audit_log ORDER BY seq") {
        let [SqlValue::Integer(seq), SqlValue::Text(entry), SqlValue::Text(hash)] = row.as_slice() else { panic!() };
        if *seq != length + 1 || *hash != chain_hash(&previous, *seq, entry) {
            return Err(*seq);
        }
        previous.clone_from(hash);
        length = *seq;
    }
    Ok(length)
}

fn log_of(house: &House, secret: &str, query: AuditQuery) -> AuditPage {
    let by = house.authenticate(secret, Operation::ReadAuditLog).unwrap();
    house.run(house.app.read_audit_log(&by, query)).unwrap()
}

fn everything() -> AuditQuery {
    AuditQuery { before: None, action: None, target: None, actor: None, limit: 100 }
}

#[test]
fn every_mutation_has_one_entry_that_says_who_did_what_to_which_thing() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.change(&admin, held.id(), KeyChange { active: Some(true), ..KeyChange::default() }).unwrap();
    let successor = house.rotate(&admin, held.id(), HOUR).unwrap();
    house.revoke(&admin, held.id()).unwrap();
    house.revoke(&admin, held.id()).unwrap();
    house.delete_session(&admin, &session.id).unwrap();
    house.code(&home.secret);
    let page = log_of(&house, &home.secret, everything());
    let mut lines: Vec<_> =
        page.entries.iter().map(|logged| (logged.entry.action, logged.entry.target.as_str())).collect();
    lines.reverse();
    assert_eq!(
        lines,
        [
            (Action::OrganizationCreated, home.organization.id.as_str()),
            (Action::SessionCreated, home.session_id.as_str()),
            (Action::SessionCreated, session.id.as_str()),
            (Action::KeyCreated, held.id().as_str()),
            (Action::KeyUpdated, held.id().as_str()),
            (Action::KeyRotated, held.id().as_str()),
            (Action::KeyRevoked, held.id().as_str()),
            (Action::SessionDeleted, session.id.as_str()),
        ],
        "a repeat and a verification are no mutations"
    );
    let rotated = page.entries.iter().find(|logged| logged.entry.action == Action::KeyRotated).unwrap();
    assert_eq!(rotated.entry.details, [successor.id().to_string()]);
    assert_eq!(rotated.entry.actor, Actor::ApiKey { id: home.key_id.clone() });
    let changed = page.entries.iter().find(|logged| logged.entry.action == Action::KeyUpdated).unwrap();
    assert_eq!(changed.entry.details, ["active"]);
    let head = page.head.unwrap();
    assert_eq!((head.seq, Some(&head.hash)), (8, page.entries[0].hash.as_ref()));
}

#[test]
fn filters_narrow_the_log_and_pages_cover_it() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let keys: Vec<_> = (0..5).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    house.revoke(&admin, keys[0].id()).unwrap();
    let count = |query| log_of(&house, &home.secret, query).entries.len();
    assert_eq!(count(AuditQuery { action: Some(Action::KeyCreated), ..everything() }), 5);
    assert_eq!(count(AuditQuery { target: Some(keys[0].id().to_string()), ..everything() }), 2);
    assert_eq!(count(AuditQuery { actor: Some(home.key_id.to_string()), ..everything() }), 6);
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = log_of(&house, &home.secret, AuditQuery { before, limit: 3, ..everything() });
        seen.extend(page.entries.iter().map(|logged| logged.seq));
        before = page.entries.last().map(|logged| logged.seq);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, [8, 7, 6, 5, 4, 3, 2, 1]);
}

#[test]
fn a_session_sees_its_own_entries_only() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let inside = house.issue(&admin, key_in(&session.id, &["*"])).unwrap();
    let page = log_of(&house, &inside.text, everything());
    assert_eq!(page.entries.len(), 2);
    assert_eq!(page.entries.iter().map(|logged| logged.seq).collect::<Vec<_>>(), [2, 1], "the session's own numbers");
    assert!(page.head.is_none() && page.entries.iter().all(|logged| logged.hash.is_none()), "not a word of others");
    assert!(page.entries.iter().all(|logged| logged.session_id.as_ref() == Some(&session.id)));
}

#[test]
fn one_flipped_byte_one_missing_row_and_one_moved_row_are_found() {
    let tampered = [
        ("UPDATE audit_log SET entry = replace(entry, 'operator', 'operatos') WHERE seq = 1", 1),
        ("UPDATE audit_log SET entry = replace(entry, 'api_key.revoked', 'api_key.updated') WHERE seq = 3", 3),
        ("UPDATE audit_log SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE seq = 2", 2),
        ("DELETE FROM audit_log WHERE seq = 2", 3),
        ("UPDATE audit_log SET seq = 99 WHERE seq = 2", 3),
    ];
    for (statement, found_at) in tampered {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let held = house.issue(&admin, key(&["emails:send"])).unwrap();
        house.revoke(&admin, held.id()).unwrap();
        let disk = house.objects.disk(&home.session_address());
        assert_eq!(verify_chain(&disk), Ok(3));
        disk.tamper(statement);
        assert_eq!(verify_chain(&disk), Err(found_at), "{statement}");
    }
}

#[derive(Debug, Clone, Copy)]
enum Move {
    Issue,
    Change(usize),
    Disable(usize),
    Rotate(usize),
    Revoke(usize),
    Suspend,
    Resume,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => Just(Move::Issue),
        2 => (0..9_usize).prop_map(Move::Change),
        1 => (0..9_usize).prop_map(Move::Disable),
        2 => (0..9_usize).prop_map(Move::Rotate),
        2 => (0..9_usize).prop_map(Move::Revoke),
        1 => Just(Move::Suspend),
        1 => Just(Move::Resume),
    ];
    proptest::collection::vec(one, 1..20)
}

fn carry_out(house: &House, home: &Home, keys: &mut Vec<Held>, what: Move) {
    let Ok(by) = house.authenticate(&home.secret, Operation::WriteApiKeys) else {
        drop(house.set_status(&home.organization.id, OrganizationStatus::Active));
        return;
    };
    let id = |index: usize| keys.get(index % keys.len().max(1)).map(|held| held.id().clone());
    let fresh = match what {
        Move::Issue => house.issue(&by, key(&["emails:send"])).ok(),
        Move::Rotate(index) => id(index).and_then(|id| house.rotate(&by, &id, HOUR).ok()),
        Move::Change(index) => {
            let change = KeyChange { name: Some(name("Renamed")), ..KeyChange::default() };
            drop(id(index).map(|id| house.change(&by, &id, change)));
            None
        }
        Move::Disable(index) => {
            let change = KeyChange { active: Some(false), ..KeyChange::default() };
            drop(id(index).map(|id| house.change(&by, &id, change)));
            None
        }
        Move::Revoke(index) => {
            drop(id(index).map(|id| house.revoke(&by, &id)));
            None
        }
        Move::Suspend => {
            drop(house.set_status(&home.organization.id, OrganizationStatus::Suspended));
            None
        }
        Move::Resume => {
            drop(house.set_status(&home.organization.id, OrganizationStatus::Active));
            None
        }
    };
    keys.extend(fresh);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_changes_if_and_only_if_it_writes_one_entry_and_announces_it(moves in moves()) {
        let house = House::new();
        let home = house.found("Acme");
        let disk = house.objects.disk(&home.session_address());
        house.set_afterwards(Afterwards::Lost);
        let mut keys = Vec::new();
        for what in moves {
            // Nobody hears of anything, so that what a command announces can be seen.
            house.objects.fault(Whom::One(home.address()), Fault::Unreachable);
            if matches!(what, Move::Suspend | Move::Resume) {
                house.objects.heal();
            }
            let keys_of = || format!("{:?}", disk.rows("SELECT id, record FROM api_keys"));
            let (records, logged) = (keys_of(), disk.number("SELECT count(*) FROM audit_log"));
            let state = format!("{:?}", disk.rows("SELECT * FROM session"));
            carry_out(&house, &home, &mut keys, what);
            let changed = keys_of() != records || format!("{:?}", disk.rows("SELECT * FROM session")) != state;
            let written = disk.number("SELECT count(*) FROM audit_log") - logged;
            prop_assert_eq!(written, i64::from(changed), "{:?}", what);
            let newest = disk.number("SELECT max(seq) FROM audit_log");
            let announced = disk.number(&format!("SELECT count(*) FROM outbox WHERE lane = 'audit' AND version = {newest}"));
            if changed && !matches!(what, Move::Suspend | Move::Resume) {
                prop_assert_eq!(announced, 1, "{:?}", what);
            }
            house.objects.heal();
        }
        house.set_afterwards(Afterwards::AtOnce);
        house.crash();
        house.principal_or_resumed(&home);
        house.advance(3 * 60_000);
        prop_assert!(verify_chain(&disk).is_ok());
        let organization = house.objects.disk(&home.address());
        prop_assert!(verify_chain(&organization).is_ok());
        let copied = organization.number("SELECT count(*) FROM audit_origins");
        prop_assert_eq!(copied, disk.number("SELECT count(*) FROM audit_log"), "each entry reaches the organization once");
    }
}
