//! Alerts about how keys are used: what is told of whom, and what is nobody's business.

use latchkey::domain::alert::Kind;
use latchkey::domain::verification::Code;
use latchkey::session::protocol::Reply;
use serde_json::json;

use crate::alerts::row;
use crate::support::*;
use crate::usage::Scene;

#[test]
fn of_many_countries_sixty_four_are_remembered_in_the_order_of_their_first_uses() {
    let scene = Scene::new();
    let countries: Vec<String> =
        (0..66_u8).map(|n| format!("{}{}", (b'Z' - n / 26) as char, (b'Z' - n % 26) as char)).collect();
    for country in &countries {
        scene.verify_from(&scene.held, country, 1);
        scene.house.advance(10);
    }
    scene.house.advance(2 * MINUTE);
    let facts = || scene.alerts(Kind::NewCountry)[0]["facts"].clone();
    assert_eq!((&facts()["countries"], &facts()["count"]), (&json!(countries[..64].join(", ")), &json!("63")));
    scene.verify_from(&scene.held, "AA", 1);
    scene.house.advance(2 * MINUTE);
    assert_eq!(facts()["count"], "63", "of others nobody can tell whether they are new");
}

#[test]
fn a_replaced_key_ends_by_itself_and_only_its_good_uses_are_told() {
    let scene = Scene::new();
    let by = scene.house.principal(&scene.home.secret);
    let held = scene.key_with(settings(&["emails:send"]));
    scene.house.advance(89 * DAY);
    scene.verify_from(&held, "JP", 1);
    scene.house.advance(MINUTE);
    // Not written down yet when it is replaced.
    scene.verify_from(&held, "JP", 3);
    scene.house.advance(1);
    scene.house.rotate(&by, held.id(), 5 * DAY).unwrap();
    let refused = scene.ask(&scene.command(&held.text, 1, &["domains:read"]));
    assert!(matches!(refused, Reply::Verified(ref verified) if verified.code == Code::InsufficientPermissions));
    scene.house.advance(2 * DAY);
    for kind in [Kind::KeyExpiring, Kind::RotationDue, Kind::RevokedKeyUsed] {
        let about = scene.seen(kind).into_iter().filter(|(subject, ..)| subject == held.id().as_str());
        assert_eq!(about.count(), 0, "{kind:?}");
    }
}

#[test]
fn what_happens_again_after_it_was_over_is_another_alert_that_counts_from_one() {
    let scene = Scene::new();
    let by = scene.house.principal(&scene.home.secret);
    scene.house.revoke(&by, scene.held.id()).unwrap();
    for alerts in 1..3 {
        scene.verify_from(&scene.held, "JP", 2);
        scene.house.advance(2 * MINUTE);
        let seen = scene.seen(Kind::RevokedKeyUsed);
        assert_eq!((seen.len(), &seen[0]), (alerts, &row(scene.held.id().as_str(), "warning", "open")));
        assert_eq!(scene.alerts(Kind::RevokedKeyUsed)[0]["facts"]["count"], "2");
        scene.house.advance(27 * HOUR);
        assert_eq!(scene.seen(Kind::RevokedKeyUsed)[0].2, "resolved");
    }
}
