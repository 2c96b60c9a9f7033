//! What objects still have to tell others: nothing is lost, nothing is sent without end, and a world that
//! heals converges.

use latchkey::domain::key_change::KeyChange;
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::hash_index;
use latchkey::object::outbox;
use latchkey::object::shell::Storage;
use latchkey::ports::{Address, SqlError};

use crate::support::disk::{Disk, Mount};
use crate::support::house::{Afterwards, Home};
use crate::support::*;

/// How many names KV holds for keys that are not revoked, and for keys that are.
fn published(house: &House) -> (usize, usize) {
    let records: Vec<_> = house.kv.latest().values().map(|value| hash_index::decode(value).unwrap()).collect();
    let revoked = records.iter().filter(|record| record.revocation.is_some()).count();
    (records.len() - revoked, revoked)
}

fn listed(house: &House, home: &Home) -> usize {
    let admin = house.principal(&home.secret);
    house.run(house.app.list_keys(&admin, all_keys(page(1_000)))).unwrap().0.len()
}

#[test]
fn objects_that_call_each_other_back_send_each_message_once() {
    let house = House::new();
    let home = house.found("Acme");
    assert!(home.settled);
    let kinds = [Kind::Directory, Kind::Organization, Kind::Session].map(|kind| house.objects.calls(kind));
    assert_eq!(kinds, [2, 2, 1], "found, feed; found, feed; initialize");
    let admin = house.principal(&home.secret);
    house.create_session(&admin, "Customer", None).unwrap();
    assert!(house.objects.all_calls() < 14, "{}", house.objects.all_calls());
    assert_eq!(house.undelivered(), 0);
    assert_eq!(house.next_work(), None, "an object with nothing to do sleeps");
}

#[test]
fn after_ten_minutes_without_kv_everything_is_published_within_seventy_seconds() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.kv.is(Mood::Down);
    let keys: Vec<_> = (0..5).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    house.revoke(&admin, keys[0].id()).unwrap();
    for _ in 0..10 {
        house.advance(60_000);
        assert!(house.next_alarm().is_some(), "an alarm that stopped would lose the outbox for ever");
    }
    assert_eq!(published(&house), (1, 0));
    house.kv.is(Mood::Well);
    house.advance(70_000);
    assert_eq!(published(&house), (5, 1));
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn five_hundred_keys_created_and_revoked_at_once_leave_five_hundred_tombstones() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.kv.enforces_one_write_a_second();
    for _ in 0..500 {
        let held = house.issue(&admin, key(&["emails:send"])).unwrap();
        house.revoke(&admin, held.id()).unwrap();
    }
    house.advance(70_000);
    assert_eq!(published(&house), (1, 500));
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn a_late_write_of_an_active_record_on_top_of_a_tombstone_opens_nothing() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.kv.writes_are(Mood::Late);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.revoke(&admin, held.id()).unwrap();
    house.kv.land_late_writes();
    assert_eq!(published(&house), (2, 0), "the older write won in KV");
    assert_eq!(house.code(&held.text), Code::Revoked);
}

#[test]
fn lost_acknowledgements_and_lost_writes_change_no_answer() {
    for mood in [Mood::StoreThenFail, Mood::Losing, Mood::Hanging, Mood::Late, Mood::Down] {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        house.kv.writes_are(mood);
        let held = house.issue(&admin, key(&["emails:send"])).unwrap();
        assert_eq!(house.code(&held.text), Code::Valid, "{mood:?}");
        house.revoke(&admin, held.id()).unwrap();
        assert_eq!(house.code(&held.text), Code::Revoked, "{mood:?}");
        house.kv.writes_are(Mood::Well);
        house.advance(70_000);
        assert_eq!(house.undelivered(), 0, "{mood:?}");
    }
}

#[test]
fn the_alarm_makes_good_what_a_crash_after_the_answer_has_lost() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.set_afterwards(Afterwards::Lost);
    let keys: Vec<_> = (0..3).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    house.revoke(&admin, keys[0].id()).unwrap();
    house.crash();
    assert_eq!(published(&house), (1, 0));
    house.set_afterwards(Afterwards::AtOnce);
    house.advance(2_000);
    assert_eq!(published(&house), (3, 1));
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn a_list_shows_at_once_what_was_created_and_catches_up_when_its_feed_was_lost() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.issue(&admin, key(&["emails:send"])).unwrap();
    assert_eq!(listed(&house, &home), 2);
    house.objects.fault(Whom::One(home.address()), Fault::Unreachable);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    assert_eq!(house.code(&held.text), Code::Valid, "a key does not wait for the list");
    house.advance(5 * 60_000);
    house.objects.heal();
    assert_eq!(listed(&house, &home), 2);
    house.advance(70_000);
    assert_eq!(listed(&house, &home), 3);
}

#[test]
fn messages_that_arrive_twice_change_nothing_the_second_time() {
    let run = |doubled: bool| {
        let house = House::new();
        if doubled {
            house.objects.fault(Whom::Kind(Kind::Organization), Fault::Doubled);
            house.objects.fault(Whom::Kind(Kind::Directory), Fault::Doubled);
        }
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let held = house.issue(&admin, key(&["emails:send"])).unwrap();
        house.revoke(&admin, held.id()).unwrap();
        house.objects.heal();
        house.advance(DAY);
        assert_eq!(house.undelivered(), 0);
        assert_eq!(house.next_work(), None);
        let organization = house.objects.disk(&home.address());
        let count = |table: &str| organization.number(&format!("SELECT count(*) FROM {table}"));
        (count("api_keys"), count("sessions"), count("audit_log"), count("audit_origins"))
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn a_session_told_twice_of_a_policy_takes_it_over_once() {
    let house = House::new();
    let home = house.found("Acme");
    house.objects.fault_once(Whom::One(home.session_address()), Fault::Doubled);
    house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
    let session = house.objects.disk(&home.session_address());
    assert_eq!(session.number("SELECT count(*) FROM audit_log"), 2, "created, policy changed");
}

#[test]
fn an_alarm_that_rings_twice_or_for_nothing_does_no_harm() {
    let house = House::new();
    let home = house.found("Acme");
    let before = house.dump(&[]);
    for _ in 0..3 {
        house.ring(&home.session_address());
        house.ring(&home.address());
        house.ring(&Address::Directory);
    }
    assert_eq!(house.dump(&[]), before);
}

#[test]
fn an_alarm_over_a_failing_database_neither_panics_nor_loses_what_is_waiting() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.kv.is(Mood::Down);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    let disk = house.objects.disk(&home.session_address());
    for n in 1..12 {
        house.kv.is(Mood::Down);
        disk.fail_statement(n);
        house.ring(&home.session_address());
        disk.no_failure();
    }
    house.kv.is(Mood::Well);
    // Whatever the alarm could not do, the next contact with the object makes good.
    house.code(&held.text);
    house.change(&admin, held.id(), KeyChange { active: Some(false), ..KeyChange::default() }).unwrap();
    house.advance(70_000);
    assert_eq!(house.undelivered(), 0);
    assert_eq!(published(&house), (2, 0));
}

#[test]
fn an_alarm_whose_every_step_may_fail_once_rings_again() {
    for n in 1..15 {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        house.set_afterwards(Afterwards::Lost);
        house.issue(&admin, key(&["emails:send"])).unwrap();
        house.crash();
        house.set_afterwards(Afterwards::AtOnce);
        house.objects.disk(&home.session_address()).fail_statement(n);
        house.advance(3 * 60_000);
        assert_eq!(house.undelivered(), 0, "statement {n} failed, and nothing came after it");
    }
}

#[test]
fn an_alarm_that_cannot_read_its_outbox_rings_again() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.kv.is(Mood::Down);
    house.issue(&admin, key(&["emails:send"])).unwrap();
    let disk = house.objects.disk(&home.session_address());
    disk.set_broken(true);
    house.ring(&home.session_address());
    disk.set_broken(false);
    house.kv.is(Mood::Well);
    house.advance(3 * 60_000);
    assert_eq!(house.undelivered(), 0, "nobody has called the object since");
}

#[test]
fn an_acknowledgement_settles_what_was_sent_and_nothing_that_came_later() {
    let house = House::new();
    let storage = Mount(Disk::new(None));
    let outcome: Result<(), SqlError> = storage.transaction(|sql| {
        sql.exec(outbox::SCHEMA, &[])?;
        let sent = outbox::put(sql, "lane", "subject", 1, house.now())?;
        // Other news of the same generation, such as a use.
        outbox::put(sql, "lane", "subject", 1, house.now())?;
        outbox::settle(sql, &sent)?;
        assert!(outbox::is_waiting(sql, &sent)?, "the later news still wait");
        for entry in outbox::due(sql, "lane", house.now(), 10)? {
            outbox::settle(sql, &entry)?;
        }
        assert!(!outbox::is_waiting(sql, &sent)?);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn news_that_come_while_an_older_message_is_under_way_are_not_settled_by_its_acknowledgement() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    // The publication of the active record is acknowledged only after the session has been deleted.
    house.set_afterwards(Afterwards::Queued);
    house.kv.forget_everything();
    let change = KeyChange { name: Some(name("Renamed")), ..KeyChange::default() };
    house.change(&admin, held.id(), change).unwrap();
    house.kv.writes_are(Mood::Gated);
    house.catch_up();
    house.delete_session(&admin, &session.id).unwrap();
    house.kv.open_gate();
    house.catch_up();
    house.set_afterwards(Afterwards::AtOnce);
    house.advance(70_000);
    assert_eq!(published(&house), (0, 1), "the tombstone must follow");
}

#[test]
fn a_suspension_counts_as_settled_only_once_every_session_that_acts_on_the_policy_has_heard_of_it() {
    let house = House::new();
    let home = house.found("Acme");
    assert_eq!(house.code(&home.secret), Code::Valid);
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    assert!(!house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap());
    assert!(!house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap(), "a repeat waits too");
    house.objects.heal();
    house.advance(70_000);
    assert!(house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap());
    assert_eq!(house.code(&home.secret), Code::OrganizationSuspended);
}

#[test]
fn a_founding_that_is_repeated_leaves_no_message_that_nobody_sends() {
    let house = House::new();
    house.objects.fault_once(Whom::One(Address::Directory), Fault::Doubled);
    house.found("Acme");
    assert_eq!(house.undelivered(), 0);
    house.advance(DAY);
    assert_eq!(house.next_work(), None);
}

#[test]
fn an_organization_whose_founding_was_cut_short_comes_into_being() {
    for whom in [Kind::Organization, Kind::Session] {
        for fault in [Fault::Unreachable, Fault::AnswerLost, Fault::Hanging] {
            let house = House::new();
            house.objects.fault(Whom::Kind(whom), fault);
            let home = house.found("Acme");
            if whom == Kind::Organization && fault != Fault::AnswerLost {
                assert!(!home.settled);
            }
            house.crash();
            house.objects.heal();
            house.advance(70_000);
            assert_eq!(house.code(&home.secret), Code::Valid, "{whom:?} {fault:?}");
            assert_eq!(listed(&house, &home), 1, "{whom:?} {fault:?}");
            assert_eq!(house.undelivered(), 0, "{whom:?} {fault:?}");
        }
    }
}
