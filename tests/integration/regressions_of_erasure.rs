//! What reviews of the end of an organization found: writes that were under way, names of the past, portions, copies
//! that went on, and what stayed in the directory.

use std::task::{Context, Waker};

use axum::body::Body;
use futures_util::future::join_all;
use http_body_util::BodyExt;
use latchkey::domain::session::OrganizationStatus;
use serde_json::{Value, json};

use crate::support::house::Afterwards;
use crate::support::*;

const NULL: Value = Value::Null;
/// Stands nowhere but in the records of keys.
const WORD: &str = "private-name-of-a-key";

/// How many values in KV name a key.
fn named(house: &House) -> usize {
    house.kv.latest().values().filter(|value| String::from_utf8_lossy(value).contains(WORD)).count()
}

/// Issues a key with the name.
fn issue(house: &House, home: &house::Home) -> Held {
    let mut settings = settings(&["emails:send"]);
    settings.name = name(WORD);
    house.issue(&house.principal(&home.secret), with(settings)).unwrap()
}

#[test]
fn what_kv_was_being_told_when_the_erasure_began_does_not_survive() {
    let house = House::configured(&[("ORGANIZATION_RETENTION_DAYS", "0")]);
    let home = house.found("Acme");
    issue(&house, &home);
    house.advance(60_000);
    assert_eq!(named(&house), 1);
    house.set_afterwards(Afterwards::Queued);
    house.set_status(&home.organization.id, OrganizationStatus::Deleted).unwrap();
    // The full record, revoked by now, is on its way, and lands after the erasure has begun.
    house.kv.writes_are(Mood::Gated);
    let mut under_way = Box::pin(join_all(house.objects.take_rests()));
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..5 {
        assert!(under_way.as_mut().poll(&mut context).is_pending());
    }
    house.set_afterwards(Afterwards::AtOnce);
    house.advance(5_000);
    let disk = house.objects.disk(&home.session_address());
    assert_eq!(disk.number("SELECT erased FROM session"), 1, "the erasure has begun");
    assert_eq!(named(&house), 1, "and nobody could tell KV yet");
    house.kv.open_gate();
    while under_way.as_mut().poll(&mut context).is_pending() {}
    house.advance(2 * HOUR);
    assert_eq!(named(&house), 0);
    assert_eq!((disk.number("SELECT count(*) FROM api_keys"), house.undelivered()), (0, 0));
}

#[test]
fn a_key_under_a_newer_pepper_leaves_no_record_under_its_former_name() {
    for deleted_first in [false, true] {
        let old = House::configured(&[("ORGANIZATION_RETENTION_DAYS", "1")]);
        let home = old.found("Acme");
        let held = issue(&old, &home);
        old.advance(60_000);
        if deleted_first {
            old.set_status(&home.organization.id, OrganizationStatus::Deleted).unwrap();
        }
        let roots = format!("{},{}", root_secret(2), root_secret(1));
        let new = old.reconfigured(&[("ORGANIZATION_RETENTION_DAYS", "1"), ("ROOT_SECRETS", &roots)]);
        new.code(&held.text);
        new.advance(HOUR);
        let names = new.kv.latest();
        assert!(names.keys().any(|name| name.contains("h1:")) && names.keys().any(|name| name.contains("h2:")));
        let former = names.iter().filter(|(name, _)| name.contains("h1:"));
        for (name, value) in former {
            assert!(!String::from_utf8_lossy(value).contains(WORD), "{name}");
        }
        assert_eq!(named(&new), 1, "under its new name alone");
        if !deleted_first {
            new.set_status(&home.organization.id, OrganizationStatus::Deleted).unwrap();
        }
        new.advance(2 * DAY);
        assert_eq!((named(&new), new.undelivered()), (0, 0));
    }
}

#[test]
fn five_hundred_keys_are_forgotten_in_portions() {
    let house = House::configured(&[("ORGANIZATION_RETENTION_DAYS", "1")]);
    let home = house.found("Acme");
    for _ in 0..500 {
        issue(&house, &home);
    }
    house.advance(60_000);
    house.set_status(&home.organization.id, OrganizationStatus::Deleted).unwrap();
    house.advance(DAY - HOUR);
    let disk = house.objects.disk(&home.session_address());
    let full = || disk.number("SELECT count(*) FROM api_keys WHERE json_extract(record, '$.last4') <> ''");
    let rows = || disk.number("SELECT count(*) FROM api_keys");
    assert_eq!((full(), rows()), (501, 501));
    let end = house.after(3 * HOUR);
    let mut seen = vec![(full(), rows())];
    while let Some((at, address)) = house.next_alarm().filter(|(at, _)| *at <= end) {
        house.clock.set(at.max(house.now()));
        house.ring(&address);
        seen.push((full(), rows()));
    }
    let steps: Vec<_> = seen.windows(2).map(|pair| (pair[0].0 - pair[1].0, pair[0].1 - pair[1].1)).collect();
    let most = (steps.iter().map(|step| step.0).max(), steps.iter().map(|step| step.1).max());
    assert!(most.0 <= Some(200) && most.1 <= Some(200), "{seen:?}");
    assert_eq!((seen.last(), named(&house), house.undelivered()), (Some(&(0, 0)), 0, 0));
}

#[test]
fn organizations_that_were_deleted_before_that_was_dated_are_erased_as_well() {
    let house = House::new();
    let home = house.found("Acme");
    issue(&house, &home);
    house.advance(60_000);
    house.set_status(&home.organization.id, OrganizationStatus::Deleted).unwrap();
    let disk = house.objects.disk(&home.address());
    disk.tamper("UPDATE organization SET record = json_remove(record, '$.deleted_at', '$.erased', '$.members_count')");
    disk.take_alarm();
    house.crash();
    house.advance(29 * DAY);
    house.run(house.app.inspect_organization(&home.organization.id)).unwrap();
    house.advance(HOUR);
    assert_eq!(disk.number("SELECT count(*) FROM api_keys"), 2, "not yet");
    house.advance(2 * DAY);
    assert_eq!(disk.number("SELECT count(*) FROM api_keys"), 0);
    let session = house.objects.disk(&home.session_address());
    assert_eq!((session.number("SELECT count(*) FROM api_keys"), named(&house)), (0, 0));
}

#[test]
fn a_founding_leaves_no_address_in_the_directory_and_an_erased_organization_leaves_it() {
    let house = House::new();
    let ada = house.register("ada");
    house.register("bob");
    let founded = house.call(&ada.token, "POST", "/organizations", &json!({ "name": "Second" })).json();
    house.advance(HOUR);
    let disk = house.objects.disk(&latchkey::ports::Address::Directory);
    let rows = || format!("{:?}", disk.rows("SELECT * FROM organizations"));
    assert_eq!(disk.number("SELECT count(*) FROM organizations"), 3);
    for personal in ["people.test", "Byron", &ada.user_id] {
        assert!(!rows().contains(personal), "{personal}: {}", rows());
    }
    let second = text(&founded["organization"], "id");
    for id in [&ada.organization, &second] {
        assert_eq!(house.call(&ada.token, "DELETE", &format!("/organizations/{id}"), &NULL).status, 200);
    }
    house.advance(29 * DAY);
    assert_eq!(disk.number("SELECT count(*) FROM organizations"), 3, "as long as it can be copied out");
    house.advance(2 * DAY);
    assert_eq!(disk.number("SELECT count(*) FROM organizations"), 1);
    assert!(!rows().contains(&second) && !rows().contains(&ada.organization));
    house.advance(DAY);
    assert_eq!((disk.number("SELECT count(*) FROM organizations"), house.undelivered()), (1, 0), "and stays away");
}

/// Begins to copy an organization out, for a reader who takes his time.
fn begin_export(house: &House, by: &Someone) -> Body {
    let request = axum::http::Request::builder()
        .method("POST")
        .uri(by.path("/export"))
        .header("authorization", format!("Bearer {}", by.token))
        .body(Body::empty())
        .unwrap();
    let router = latchkey::api::router(house.app.clone());
    let response = house.run(tower::ServiceExt::oneshot(router, request)).unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

/// The next piece of a body; `None` at its end, an error where it breaks off.
fn piece(house: &House, body: &mut Body) -> Option<Result<String, String>> {
    let frame = house.run(body.frame())?;
    Some(
        frame
            .map_err(|error| error.to_string())
            .map(|frame| String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()),
    )
}

#[test]
fn a_copy_breaks_off_when_its_reader_is_removed_or_the_data_goes() {
    // How many pieces there are: one of the organization, one of each list.
    let whole = {
        let house = House::new();
        let ada = house.register("ada");
        let mut body = begin_export(&house, &ada);
        let pieces: Vec<_> = std::iter::from_fn(|| piece(&house, &mut body)).map(Result::unwrap).collect();
        assert!(serde_json::from_str::<Value>(&pieces.concat()).is_ok());
        pieces.len()
    };
    assert!(whole >= 5, "{whole}");
    type Event = fn(&House, &Someone, &Someone);
    let removed: Event = |house, ada, bob| {
        assert_eq!(house.call(&bob.token, "DELETE", &ada.member(ada), &NULL).status, 204);
    };
    let demoted: Event = |house, ada, bob| {
        assert_eq!(house.call(&bob.token, "PATCH", &ada.member(ada), &json!({ "role": "admin" })).status, 200);
    };
    let signed_out: Event = |house, ada, _| {
        assert_eq!(house.call(&ada.token, "POST", "/auth/logout", &NULL).status, 204);
    };
    let erased: Event = |house, ada, bob| {
        assert_eq!(house.call(&bob.token, "DELETE", &ada.path(""), &NULL).status, 200);
        house.advance(HOUR);
    };
    for (what, event) in [("removed", removed), ("demoted", demoted), ("signed out", signed_out), ("erased", erased)] {
        for after in 1..whole {
            let house = House::configured(&[("ORGANIZATION_RETENTION_DAYS", "0")]);
            let ada = house.register("ada");
            let bob = house.hire(&ada, "bob", "owner");
            let mut body = begin_export(&house, &ada);
            let mut written = String::new();
            for _ in 0..after {
                written.push_str(&piece(&house, &mut body).unwrap().unwrap());
            }
            event(&house, &ada, &bob);
            let next = piece(&house, &mut body);
            assert!(matches!(next, Some(Err(_))), "{what} after {after}: {next:?}");
            assert!(
                serde_json::from_str::<Value>(&written).is_err(),
                "{what} after {after}: nobody takes it for whole"
            );
        }
    }
}
