//! What a second reading of webhooks has found: rows without bound, events out of order, messages of organizations that are
//! suspended, false news of keys that expire, and what slow receivers hold back.

use serde_json::{Value, json};

use crate::support::people::ids;
use crate::support::webhooks::{Message, URL, endpoint, listening};
use crate::support::*;

const NULL: Value = Value::Null;

#[test]
fn no_event_is_kept_that_has_no_delivery_any_more() {
    let to = listening(&json!(["*"]));
    let disk = to.house.objects.disk(&to.house.organization_at(&to.owner.organization));
    let events = || disk.number("SELECT count(*) FROM webhook_events");
    (0..4).for_each(|n| drop(to.key(&format!("Key {n}"))));
    // As if there had been as many in between as are kept.
    disk.tamper("UPDATE webhook_deliveries SET number = 10000 WHERE number = 4");
    to.key("Number 10,001");
    to.house.advance(5_000);
    assert_eq!((disk.number("SELECT count(*) FROM webhook_deliveries"), events()), (4, 4));
    to.call("DELETE", &to.path(""), &NULL);
    to.house.advance(5_000);
    assert_eq!(events(), 0, "they go with the last endpoint");
}

#[test]
fn an_entry_that_had_to_wait_is_told_before_a_later_one() {
    let to = listening(&json!(["*"]));
    let organization = to.house.organization_at(&to.owner.organization);
    (0..8).for_each(|n| drop(to.key(&format!("Key {n}"))));
    to.posted();
    to.house.objects.fault(Whom::Command(organization.clone(), "feed"), Fault::Unreachable);
    // The ninth to eleventh entries of the session: as texts, the last two stand before the first.
    let late = (0..3).map(|n| text(&to.key(&format!("Late {n}")), "id")).collect::<Vec<_>>();
    to.house.advance(20_000);
    to.house.objects.heal();
    let next = text(&to.key("Next"), "id");
    to.house.advance(120_000);
    let told: Vec<String> = to.posted().iter().map(|message| text(&message.body["data"]["apiKey"], "id")).collect();
    assert_eq!(told, [late, vec![next]].concat());
}

#[test]
fn a_suspended_organization_posts_nothing_until_it_is_let_in_again_and_a_deleted_one_nothing_more() {
    let to = listening(&json!(["*"]));
    let organization = format!("/operator/organizations/{}", to.owner.organization);
    let organize = |action: &str| {
        let response = to.house.operate("POST", &format!("{organization}/{action}"), &NULL);
        assert_eq!(response.status, 200, "{response:?}");
    };
    to.answer(500);
    to.key("Pending");
    to.posted();
    organize("suspend");
    to.answer(204);
    to.house.advance(HOUR);
    assert_eq!(to.kinds(), [""; 0]);
    let at = to.house.organization_at(&to.owner.organization);
    let next = to.house.objects.disk(&at).alarm();
    assert!(next.is_none_or(|next| next > to.house.after(60_000)), "it does not wake for what it may not send");
    organize("resume");
    to.house.advance(5_000);
    assert_eq!(to.kinds(), ["api_key.created"]);
    to.answer(500);
    to.key("Never told");
    to.posted();
    to.house.call(&to.owner.token, "DELETE", &to.owner.path(""), &NULL);
    to.answer(204);
    to.house.advance(DAY);
    assert_eq!(to.kinds(), [""; 0]);
    let disk = to.house.objects.disk(&at);
    assert_eq!(disk.number("SELECT count(*) FROM webhook_deliveries WHERE status = 'pending'"), 0);
    assert_eq!(disk.number("SELECT count(*) FROM outbox WHERE lane = 'webhook'"), 0);
}

#[test]
fn a_key_that_lives_for_an_hour_does_not_expire_in_a_week() {
    let to = listening(&json!(["api_key.expiring", "api_key.expired"]));
    let old = to.key("Replaced");
    to.house.advance(10 * DAY);
    let body = json!({ "name": "Short", "expiresAt": to.house.after(HOUR).to_string() });
    to.call("POST", "/v1/api_keys", &body);
    to.house.advance(10 * 60_000);
    to.call("POST", &format!("/v1/api_keys/{}/rotate", text(&old, "id")), &json!({ "overlapSeconds": 3_600 }));
    to.house.advance(2 * HOUR);
    let told: Vec<_> = to.posted().iter().map(|message| (message.kind().to_owned(), name_in(message))).collect();
    // The old half of a rotation has less than a day from one moment to the next: that is told, and once.
    let expected = [("api_key.expiring", "Replaced"), ("api_key.expired", "Short"), ("api_key.expired", "Replaced")];
    assert_eq!(told, expected.map(|(kind, name)| (kind.to_owned(), name.to_owned())));
}

fn name_in(message: &Message) -> String {
    text(&message.body["data"]["apiKey"], "name")
}

#[test]
fn a_key_that_the_organization_hears_of_late_expires_all_the_same() {
    let to = listening(&json!(["api_key.expired"]));
    let other = text(&to.call("POST", "/v1/sessions", &json!({ "name": "Other" })), "id");
    to.house.advance(120_000);
    let organization = to.house.organization_at(&to.owner.organization);
    let began = to.house.now();
    let expiring = |name: &str, ms: i64| json!({ "name": name, "expiresAt": began.plus_millis(ms).to_string() });
    to.house.objects.fault(Whom::Command(organization, "feed"), Fault::Unreachable);
    to.call("POST", &format!("/v1/sessions/{other}/api_keys"), &expiring("Late", 30_000));
    to.house.advance(25_000);
    to.house.objects.heal();
    to.call("POST", "/v1/api_keys", &expiring("In time", 31_000));
    to.house.advance(HOUR);
    let told: Vec<String> = to.posted().iter().map(name_in).collect();
    assert_eq!(told, ["Late", "In time"]);
}

#[test]
fn what_was_under_way_to_an_endpoint_that_is_switched_off_meanwhile_is_not_pending_for_ever() {
    let to = listening(&json!(["*"]));
    let disk = to.house.objects.disk(&to.house.organization_at(&to.owner.organization));
    to.answer(500);
    *to.house.web.meanwhile.lock().unwrap() = Some(Box::new(move || {
        disk.tamper("UPDATE webhook_endpoints SET active = 0, record = json_set(record, '$.active', json('false'))");
    }));
    to.key("Under way");
    let delivery = to.deliveries("").remove(0);
    let state = |name: &str| delivery[name].clone();
    assert_eq!(
        [state("status"), state("lastError"), state("nextAttemptAt")],
        ["failed".into(), "disabled".into(), NULL]
    );
}

#[test]
fn slow_receivers_do_not_hold_an_object_for_minutes() {
    let to = listening(&json!(["*"]));
    (1..6).for_each(|_| drop(endpoint(&to.house, &to.owner, &json!({ "url": URL }))));
    to.house.set_afterwards(house::Afterwards::Queued);
    (0..20).for_each(|n| drop(to.key(&format!("Key {n}"))));
    drop(to.house.objects.take_rests());
    let clock = to.house.clock.clone();
    *to.house.web.meanwhile.lock().unwrap() = Some(Box::new(move || {
        use latchkey::ports::Clock;
        clock.set(clock.now().plus_millis(9_000));
    }));
    let began = to.house.now();
    to.house.ring(&to.house.organization_at(&to.owner.organization));
    let took = to.house.now().millis_since(began);
    assert!(took <= 60_000, "{took} ms in one invocation");
    *to.house.web.meanwhile.lock().unwrap() = None;
    to.house.set_afterwards(house::Afterwards::AtOnce);
    to.house.advance(HOUR);
    assert_eq!(to.posted().len(), 6 * 20, "all arrive in the end");
    assert!(ids(&json!(to.deliveries("?status=pending")), "id").is_empty());
}
