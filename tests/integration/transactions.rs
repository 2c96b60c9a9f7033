//! One command is one transaction: whichever statement fails, nothing of the command remains.

use latchkey::app::Error;
use latchkey::domain::alert::Kind as AlertKind;
use latchkey::domain::alert::rules::RuleChange;
use latchkey::domain::environment::Environment;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::ports::Address;
use serde_json::json;

use crate::support::house::{Afterwards, Home};
use crate::support::*;

type Command = fn(&House, &Home, &Held) -> Result<(), Error>;
type Which = fn(&Home, &Held) -> Address;

/// Lets each statement of a command fail in turn; `which` names the disk it fails on. The tables of the
/// object are as before until the failure lies beyond the transaction, and then they are as after.
fn each_statement_may_fail(what: &str, which: Which, command: Command) {
    let mut failures = 0;
    for n in 1.. {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let session = house.create_session(&admin, "Customer", Some(Environment::Staging)).unwrap();
        let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
        house.advance(DAY);
        // Everybody knows the policy.
        assert_eq!([house.code(&home.secret), house.code(&held.text)], [Code::Valid; 2]);
        let disk = house.objects.disk(&which(&home, &held));
        let before = disk.dump(&["outbox", "lease_horizon"]);
        let waiting = disk.number("SELECT count(*) FROM outbox");
        let logged = disk.number("SELECT count(*) FROM audit_log");
        house.set_afterwards(Afterwards::Lost);
        disk.fail_statement(n);
        let outcome = command(&house, &home, &held);
        let failed = disk.has_failed();
        disk.no_failure();
        let after = disk.dump(&["outbox", "lease_horizon"]);
        let waiting_after = disk.number("SELECT count(*) FROM outbox");
        if !failed {
            assert!(outcome.is_ok(), "{what}: {outcome:?}");
            assert_ne!(before, after, "{what}");
            break;
        }
        failures += 1;
        if before == after {
            assert_eq!(waiting, waiting_after, "{what}: statement {n} left a message without its change");
        } else {
            // Committed; what failed was a later step. The change is whole and its messages are there or sent.
            if matches!(which(&home, &held), Address::Session(_)) {
                let logged_after = disk.number("SELECT count(*) FROM audit_log");
                assert_eq!(logged_after, logged + 1, "{what}: statement {n} left half a change");
            }
            house.crash();
            house.set_afterwards(Afterwards::AtOnce);
            drop(command(&house, &home, &held));
            house.advance(15 * 60_000);
            assert_eq!(house.undelivered(), 0, "{what}: statement {n}");
        }
        assert!(n < 200, "{what} does not end");
    }
    assert!(failures > 3, "{what} ran {failures} statements: nothing was tested");
}

#[test]
fn a_failing_statement_leaves_nothing_of_an_issue() {
    each_statement_may_fail(
        "issue",
        |_, held| held.authority(),
        |house, home, held| {
            let admin = house.principal(&home.secret);
            house.issue(&admin, key_in(&held.key.session_id, &["emails:send"])).map(drop)
        },
    );
}

#[test]
fn a_failing_statement_leaves_nothing_of_a_rotation() {
    each_statement_may_fail(
        "rotate",
        |_, held| held.authority(),
        |house, home, held| {
            let admin = house.principal(&home.secret);
            house.rotate(&admin, held.id(), HOUR).map(drop)
        },
    );
}

#[test]
fn a_failing_statement_leaves_nothing_of_a_revocation() {
    each_statement_may_fail(
        "revoke",
        |_, held| held.authority(),
        |house, home, held| {
            let admin = house.principal(&home.secret);
            house.revoke(&admin, held.id()).map(drop)
        },
    );
}

#[test]
fn a_failing_statement_leaves_nothing_of_a_change() {
    each_statement_may_fail(
        "change",
        |_, held| held.authority(),
        |house, home, held| {
            let admin = house.principal(&home.secret);
            let change = KeyChange { permissions: Some(permissions(&["emails:read"])), ..KeyChange::default() };
            house.change(&admin, held.id(), change).map(drop)
        },
    );
}

#[test]
fn a_failing_statement_leaves_nothing_of_a_sessions_end() {
    each_statement_may_fail(
        "delete session",
        |_, held| held.authority(),
        |house, home, held| {
            let admin = house.principal(&home.secret);
            house.delete_session(&admin, &held.key.session_id).map(drop)
        },
    );
}

#[test]
fn a_failing_statement_leaves_nothing_of_a_suspension() {
    each_statement_may_fail(
        "suspend",
        |home, _| home.address(),
        |house, home, _| house.set_status(&home.organization.id, OrganizationStatus::Suspended).map(drop),
    );
}

#[test]
fn a_failing_statement_leaves_nothing_of_a_new_session() {
    each_statement_may_fail(
        "create session",
        |home, _| home.address(),
        |house, home, _| {
            let admin = house.principal(&home.secret);
            house.create_session(&admin, "Another", None).map(drop)
        },
    );
}

#[test]
fn a_failing_statement_leaves_nothing_of_a_rule_for_alerts() {
    each_statement_may_fail(
        "rule",
        |home, _| home.address(),
        |house, home, _| {
            let admin = house.principal(&home.secret);
            let change = RuleChange { enabled: Some(false), ..RuleChange::default() };
            house.run(house.app.change_alert_rule(&admin, AlertKind::KeyUnused, Some(change))).map(drop)
        },
    );
}

#[test]
fn wherever_an_object_fails_that_finds_or_hears_of_an_alert_it_opens_once_and_is_told_once() {
    for place in ["session", "organization"] {
        let mut failures = 0;
        for n in 1.. {
            let house = House::new();
            let home = house.found("Acme");
            let endpoint = json!({ "url": "https://hooks.example.com/alerts", "events": ["alert.opened"] });
            assert_eq!(house.call(&home.secret, "POST", "/v1/webhook_endpoints", &endpoint).status, 201);
            house.advance(DAY);
            let disk = house.objects.disk(&if place == "session" { home.session_address() } else { home.address() });
            disk.fail_statement(n);
            house.call("", "POST", "/v1/keys/report-leak", &json!({ "key": home.secret }));
            house.afterwork.settle(&house, &house.app);
            house.advance(60_000);
            let failed = disk.has_failed();
            disk.no_failure();
            house.crash();
            house.advance(15 * MINUTE);
            let organization = house.objects.disk(&home.address());
            let count = |table: &str| organization.number(&format!("SELECT count(*) FROM {table}"));
            assert_eq!((count("alerts"), count("webhook_deliveries")), (1, 1), "{place} {n}");
            if !failed {
                break;
            }
            failures += 1;
        }
        assert!(failures > 10, "{place}: {failures} statements");
    }
}

#[test]
fn wherever_a_founding_breaks_the_organization_is_either_absent_or_whole() {
    for kind in [Kind::Directory, Kind::Organization, Kind::Session] {
        for n in 1..40 {
            let house = House::new();
            house.objects.fail_statement_of(kind, n);
            let home = house.try_found("Acme", None);
            house.crash();
            house.objects.no_failures();
            house.advance(10 * 60_000);
            assert_eq!(house.undelivered(), 0, "{kind:?} {n}");
            let (organizations, _) = house.run(house.app.list_organizations(page(10))).unwrap();
            let Some(organization) = organizations.first() else {
                assert!(home.is_err(), "{kind:?} {n}");
                continue;
            };
            assert_eq!(organizations.len(), 1);
            let organization = house.run(house.app.inspect_organization(&organization.id)).unwrap();
            let disk = house.objects.disk(&Address::Session(organization.default_session_id.locator()));
            assert_eq!(disk.number("SELECT count(*) FROM api_keys"), 1, "{kind:?} {n}");
            if let Ok(home) = home {
                house.principal(&home.secret);
            }
        }
    }
}

#[test]
fn a_schema_step_that_was_cut_short_runs_again() {
    for n in 1..30 {
        let house = House::new();
        house.objects.fail_statement_of(Kind::Session, n);
        let home = house.found("Acme");
        house.objects.no_failures();
        house.crash();
        house.advance(10 * 60_000);
        house.principal(&home.secret);
    }
}
