//! A key's life: rotation with and without overlap, expiry to the millisecond, and that revoked is final.

use latchkey::app::RotateKey;
use latchkey::domain::api_key::{Revocation, Status};
use latchkey::domain::environment::Environment;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::metadata::Metadata;
use latchkey::domain::text::{ExternalId, Reason};
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;

use crate::support::house::Home;
use crate::support::*;

fn start() -> (House, Home, latchkey::app::Principal) {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    (house, home, admin)
}

#[test]
fn a_successor_has_all_settings_and_the_prefix_of_its_predecessor() {
    let (house, home, admin) = start();
    house.own(&home.secret, "mail.example.com");
    let mut wanted = settings(&["emails:send", "domains:read"]);
    wanted.ip_allow_list = networks(&["10.0.0.0/8"]);
    wanted.domain = Some(domain("mail.example.com"));
    wanted.external_id = Some(ExternalId::parse("cus_42").unwrap());
    wanted.metadata = Metadata::new(serde_json::from_str(r#"{"team":{"name":"Ä"}}"#).unwrap()).unwrap();
    wanted.expires_at = Some(house.after(DAY));
    wanted.not_before = Some(house.after(HOUR));
    let old = house.issue(&admin, with(wanted.clone())).unwrap();
    let new = house.rotate(&admin, old.id(), HOUR).unwrap();
    assert_eq!(new.key.settings, wanted);
    assert_eq!((&new.key.rotated_from, &new.key.rotated_to), (&Some(old.id().clone()), &None));
    assert_eq!(new.text.len(), old.text.len());
    assert_eq!(new.text[..8], old.text[..8]);
    let old = house.read(&admin, old.id()).unwrap();
    assert_eq!(old.rotated_to, Some(new.id().clone()));
}

#[test]
fn at_every_moment_of_a_rotation_the_old_or_the_new_key_verifies() {
    let (house, _, admin) = start();
    for (overlap, both) in [(0, false), (1, true), (HOUR, true)] {
        let old = house.issue(&admin, key(&["emails:send"])).unwrap();
        let new = house.rotate(&admin, old.id(), overlap).unwrap();
        assert_eq!(house.code(&new.text), Code::Valid);
        assert_eq!(house.code(&old.text), if both { Code::Valid } else { Code::Revoked });
        house.advance(overlap);
        assert_eq!(house.code(&new.text), Code::Valid);
        assert_eq!(house.code(&old.text), if both { Code::Expired } else { Code::Revoked });
    }
}

#[test]
fn an_overlap_never_makes_a_key_live_longer() {
    let (house, _, admin) = start();
    let mut short = settings(&["emails:send"]);
    short.expires_at = Some(house.after(1_000));
    let old = house.issue(&admin, with(short)).unwrap();
    let request = RotateKey { key_id: old.id().clone(), overlap_ms: DAY, expires_at: Some(house.after(2 * DAY)) };
    let new = house.rotate_under(&admin, request, None).unwrap();
    assert_eq!(new.key.settings.expires_at, Some(house.after(2 * DAY)));
    house.advance(1_000);
    assert_eq!((house.code(&old.text), house.code(&new.text)), (Code::Expired, Code::Valid));
}

#[test]
fn only_active_and_pending_keys_rotate_and_only_once() {
    let (house, _, admin) = start();
    let issue = || house.issue(&admin, key(&["emails:send"])).unwrap();
    let rotate = |held: &Held| refusal(house.rotate(&admin, held.id(), 0));
    let (disabled, revoked, rotated, expired, pending) = (issue(), issue(), issue(), issue(), issue());
    let change = |held: &Held, change| house.change(&admin, held.id(), change).unwrap();
    change(&disabled, KeyChange { active: Some(false), ..KeyChange::default() });
    house.revoke(&admin, revoked.id()).unwrap();
    house.rotate(&admin, rotated.id(), HOUR).unwrap();
    change(&expired, KeyChange { expires_at: set(house.after(1)), ..KeyChange::default() });
    change(&pending, KeyChange { not_before: set(house.after(HOUR)), ..KeyChange::default() });
    house.advance(1);
    assert_eq!(rotate(&disabled), Rejection::KeyNotActive);
    assert_eq!(rotate(&revoked), Rejection::KeyRevoked);
    assert_eq!(rotate(&rotated), Rejection::KeyRotated);
    assert_eq!(rotate(&expired), Rejection::KeyNotActive);
    house.rotate(&admin, pending.id(), 0).unwrap();
}

#[test]
fn an_expiry_counts_from_its_very_millisecond_and_also_when_it_is_near() {
    let (house, _, admin) = start();
    for life in [1, 1_000, 59_000, 60_000, 10 * 365 * DAY] {
        let mut short = settings(&["emails:send"]);
        short.expires_at = Some(house.after(life));
        let held = house.issue(&admin, with(short)).unwrap();
        house.advance(life - 1);
        assert_eq!(house.code(&held.text), Code::Valid, "{life}");
        house.advance(1);
        assert_eq!(house.code(&held.text), Code::Expired, "{life}");
    }
}

#[test]
fn a_clock_that_jumps_back_brings_no_revoked_key_back() {
    let (house, _, admin) = start();
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.code(&held.text);
    house.revoke(&admin, held.id()).unwrap();
    for jump in [-HOUR, -400 * DAY, 800 * DAY, -1] {
        house.clock.set(house.after(jump));
        assert_eq!(house.code(&held.text), Code::Revoked, "{jump}");
    }
    let fresh = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.clock.set(house.after(-HOUR));
    assert_eq!(house.code(&fresh.text), Code::Valid, "a key is not tied to the moment it was issued");
}

#[test]
fn revoked_is_final_and_a_repeat_keeps_the_first_reason() {
    let (house, _, admin) = start();
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    let reason = Reason::parse("leaked").unwrap();
    let revoke = |reason| house.run(house.app.revoke_key(&admin, held.id(), reason)).unwrap().reply;
    let first = revoke(Some(reason.clone()));
    assert_eq!(first.revocation, Some(Revocation { at: house.now(), reason: Some(reason) }));
    house.advance(DAY);
    assert_eq!(revoke(Reason::parse("another").ok()), house.read(&admin, held.id()).unwrap());
    assert_eq!(revoke(None).revocation, first.revocation);
    for change in [
        KeyChange { active: Some(true), ..KeyChange::default() },
        KeyChange { expires_at: clear(), ..KeyChange::default() },
        KeyChange { name: Some(name("Renamed")), ..KeyChange::default() },
    ] {
        assert_eq!(refusal(house.change(&admin, held.id(), change)), Rejection::KeyRevoked);
    }
    assert_eq!(house.read(&admin, held.id()).unwrap().status(house.now()), Status::Revoked);
}

#[test]
fn every_field_of_a_change_is_left_cleared_or_set() {
    let (house, home, admin) = start();
    house.own(&home.secret, "mail.example.com");
    let mut full = settings(&["emails:send"]);
    full.domain = Some(domain("mail.example.com"));
    full.external_id = Some(ExternalId::parse("cus_42").unwrap());
    full.expires_at = Some(house.after(DAY));
    full.not_before = Some(house.after(HOUR));
    let held = house.issue(&admin, with(full.clone())).unwrap();
    let change = |change| house.change(&admin, held.id(), change).unwrap().settings;
    assert_eq!(change(KeyChange::default()), full, "left out");
    let cleared = change(KeyChange {
        domain: clear(),
        external_id: clear(),
        expires_at: clear(),
        not_before: clear(),
        ..KeyChange::default()
    });
    assert_eq!(cleared, settings(&["emails:send"]));
    let again = change(KeyChange {
        domain: set(domain("mail.example.com")),
        external_id: set(ExternalId::parse("cus_42").unwrap()),
        expires_at: set(house.after(DAY)),
        not_before: set(house.after(HOUR)),
        ..KeyChange::default()
    });
    assert_eq!(again, full);
    let empty = KeyChange { not_before: set(house.after(2 * DAY)), ..KeyChange::default() };
    assert_eq!(refusal(house.change(&admin, held.id(), empty)), Rejection::EmptyLifetime);
    assert_eq!(house.read(&admin, held.id()).unwrap().settings, full);
}

#[test]
fn a_key_may_revoke_itself() {
    let (house, _, admin) = start();
    let held = house.issue(&admin, key(&["api_keys:*"])).unwrap();
    house.revoke(&house.principal(&held.text), held.id()).unwrap();
    assert_eq!(house.code(&held.text), Code::Revoked);
}

#[test]
fn the_prefix_says_the_environment_and_unnamed_keys_get_a_name() {
    let (house, _, admin) = start();
    let plain = house.create_session(&admin, "Plain", None).unwrap();
    let text = |request| house.issue(&admin, request).unwrap().text;
    assert!(text(key_for(Environment::Staging, &["emails:send"])).starts_with("sk_staging_"));
    assert!(text(key_for(Environment::Development, &["emails:send"])).starts_with("sk_dev_"));
    assert!(text(key_for(Environment::Production, &["emails:send"])).starts_with("sk_live_"));
    let none = text(key_in(&plain.id, &["emails:send"]));
    assert_eq!((none.len(), none.matches('_').count()), (51, 1));
    let unnamed =
        house.issue(&admin, latchkey::app::IssueKey { unnamed: true, ..key_in(&plain.id, &["emails:send"]) }).unwrap();
    assert_eq!(unnamed.key.settings.name.as_str(), "Plain key #2");
}
