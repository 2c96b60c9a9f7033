//! Webhooks: events are told once each, in order and signed; what fails is tried again, and an endpoint that takes nothing
//! is switched off.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::people::ids;
use crate::support::webhooks::{Message, URL, listening};
use crate::support::*;

const NULL: Value = Value::Null;

#[test]
fn the_life_of_a_key_is_told_in_order_signed_and_once() {
    let to = listening(&json!(["*"]));
    let key = to.key("Watched");
    let one = format!("/v1/api_keys/{}", text(&key, "id"));
    to.call("PATCH", &one, &json!({ "active": false }));
    to.call("PATCH", &one, &json!({ "active": true }));
    to.call("PATCH", &one, &json!({ "name": "Renamed", "metadata": { "a": 1 } }));
    to.call("PATCH", &one, &json!({ "active": true }));
    to.call("POST", &format!("{one}/rotate"), &json!({ "overlapSeconds": 60 }));
    to.call("DELETE", &one, &json!({ "reason": "tour" }));
    to.house.advance(5_000);
    let posted = to.posted();
    let kinds: Vec<&str> = posted.iter().map(Message::kind).collect();
    let expected = [
        "api_key.created",
        "api_key.disabled",
        "api_key.enabled",
        "api_key.updated",
        "api_key.updated",
        "api_key.rotated",
        "api_key.revoked",
    ];
    assert_eq!(kinds, expected);
    let seqs: Vec<i64> = posted.iter().map(|message| message.body["data"]["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=7).collect::<Vec<_>>());
    let log = to.call("GET", "/v1/audit_log", &NULL);
    for message in &posted {
        assert!(message.url == URL && message.is_signed_by(&to.secret), "{}", message.text);
        assert!(ids(&log, "id").contains(&message.id), "the event has the id of its entry");
        let data = &message.body["data"];
        assert_eq!(data["organizationId"], to.owner.organization.as_str());
        assert_eq!(data["actor"]["type"], "api_key");
        assert_eq!(data["sessionId"], key["sessionId"]);
        assert_eq!(data["apiKey"]["id"], key["id"]);
        let secret = text(&key, "key");
        assert!(!message.text.contains(&secret[12..40]) && !message.text.contains("hash"));
    }
    assert_eq!(posted[3].body["data"]["changed"], json!(["name", "metadata"]));
    let ids: BTreeSet<&str> = posted.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids.len(), 7);
    to.house.advance(DAY);
    assert_eq!(to.kinds(), Vec::<String>::new());
    assert_eq!(to.house.undelivered(), 0);
    let deliveries = to.deliveries("");
    assert_eq!(deliveries.len(), 7);
    assert!(deliveries.iter().all(|delivery| delivery["status"] == "delivered" && delivery["lastStatus"] == 204));
}

#[test]
fn the_records_in_messages_are_those_that_lists_show() {
    let to = listening(&json!(["*"]));
    let session = to.call(
        "POST",
        "/v1/sessions",
        &json!({ "name": "Shop", "environment": "staging", "region": "weur",
            "rateLimits": [{ "name": "burst", "limit": 5, "windowMs": 1000 }] }),
    );
    to.house.own(&to.owner.key, "example.com");
    let full = json!({
        "name": "Full", "permissions": ["emails:send", "*:read"], "domain": "example.com",
        "expiresAt": "2030-01-01T00:00:00Z", "notBefore": "2026-01-01T00:00:00+01:00", "sessionId": session["id"],
        "ipAllowList": ["192.0.2.0/24"], "metadata": { "a": { "b": [1, "x", null] } }, "externalId": "u-1",
        "rateLimits": [{ "name": "burst", "limit": 5, "windowMs": 1000 }],
        "credits": { "remaining": 10, "refill": { "interval": "weekly", "amount": 5, "day": 2 } },
    });
    to.call("POST", "/v1/api_keys", &full);
    let plain = to.key("Plain");
    to.call("DELETE", &format!("/v1/api_keys/{}", text(&plain, "id")), &json!({ "reason": "over" }));
    let helper = to.house.hire(&to.owner, "helper", "viewer");
    to.house.advance(5_000);
    let of = |value: &Value, id: &str, kind: &str| -> Value {
        let rows = value.as_array().or(value["data"].as_array()).unwrap();
        rows.iter().find(|row| row[kind] == id).unwrap().clone()
    };
    let (keys, sessions) = (to.call("GET", "/v1/api_keys", &NULL), to.call("GET", "/v1/sessions", &NULL));
    let members = to.house.see(&to.owner, &to.owner.path("/members"));
    let mut compared = 0;
    for Message { body, .. } in to.posted() {
        let data = &body["data"];
        if let Some(id) = data["apiKey"]["id"]
            .as_str()
            .filter(|_| body["type"] != "api_key.created" || data["apiKey"]["name"] == "Full")
        {
            assert_eq!(data["apiKey"], of(&keys, id, "id"));
            compared += 1;
        }
        if let Some(id) = data["session"]["id"].as_str() {
            assert_eq!(data["session"], of(&sessions, id, "id"));
            compared += 1;
        }
        if let Some(id) = data["member"]["userId"].as_str() {
            assert_eq!((data["member"].clone(), id), (of(&members, id, "userId"), helper.user_id.as_str()));
            compared += 1;
        }
    }
    assert_eq!(compared, 4);
}

#[test]
fn an_endpoint_hears_what_it_has_asked_for_and_people_and_sessions_are_told_too() {
    let to = listening(&json!(["member.added", "member.role_changed", "member.removed", "session.deleted"]));
    let helper = to.house.hire(&to.owner, "helper", "viewer");
    to.house.call(&to.owner.token, "PATCH", &to.owner.member(&helper), &json!({ "role": "member" }));
    to.house.call(&to.owner.token, "POST", &to.owner.path("/transfer"), &json!({ "userId": helper.user_id }));
    to.house.call(&helper.token, "DELETE", &to.owner.member(&to.owner), &NULL);
    let session = to.call("POST", "/v1/sessions", &json!({ "name": "Gone" }));
    to.call("DELETE", &format!("/v1/sessions/{}", text(&session, "id")), &NULL);
    to.house.advance(5_000);
    let posted = to.posted();
    let told: Vec<_> = posted
        .iter()
        .map(|message| {
            let data = &message.body["data"];
            let who = data["member"]["userId"].as_str().or(data["session"]["id"].as_str()).unwrap();
            (message.kind().to_owned(), who.to_owned(), data["member"]["role"].as_str().unwrap_or("").to_owned())
        })
        .collect();
    let expected = [
        ("member.added", &helper.user_id, "viewer"),
        ("member.role_changed", &helper.user_id, "member"),
        ("member.role_changed", &to.owner.user_id, "admin"),
        ("member.role_changed", &helper.user_id, "owner"),
        ("member.removed", &to.owner.user_id, "admin"),
        ("session.deleted", &text(&session, "id"), ""),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(kind, who, role)| ((*kind).to_owned(), (*who).clone(), (*role).to_owned())).collect();
    assert_eq!(told, expected);
}

#[test]
fn what_fails_is_tried_again_under_the_same_id_and_holds_back_nothing() {
    let to = listening(&json!(["*"]));
    to.answer(500);
    let first = to.key("First");
    assert_eq!(to.posted().len(), 1);
    to.answer(204);
    to.key("Second");
    let second = to.posted();
    assert_eq!(second.len(), 1, "the first waits for its own time");
    to.house.advance(10_000);
    let again = to.posted();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].body["data"]["apiKey"]["id"], first["id"]);
    assert!(again[0].is_signed_by(&to.secret) && again[0].id != second[0].id);
    let delivery = to.deliveries("").pop().unwrap();
    assert_eq!((delivery["attempts"].clone(), delivery["status"].clone()), (2.into(), "delivered".into()));
    assert_eq!(delivery["eventId"], again[0].id.as_str());
}

#[test]
fn nothing_is_lost_when_the_object_dies_and_everything_has_the_same_id_then() {
    let to = listening(&json!(["*"]));
    to.house.set_afterwards(house::Afterwards::Lost);
    for n in 0..5 {
        to.key(&format!("Key {n}"));
    }
    to.house.crash();
    to.house.set_afterwards(house::Afterwards::AtOnce);
    to.house.advance(60_000);
    let posted = to.posted();
    let ids: BTreeSet<&String> = posted.iter().map(|message| &message.id).collect();
    assert_eq!((posted.len(), ids.len()), (5, 5));
    // The organization hears twice, and tells once.
    let organization = to.house.organization_at(&to.owner.organization);
    to.house.objects.fault_once(Whom::Command(organization.clone(), "feed"), Fault::AnswerLost);
    to.key("Doubled");
    to.house.advance(60_000);
    assert_eq!(to.kinds(), ["api_key.created"]);
    let session = to.house.objects.disk(&to.house.session_at(&text(&to.key("Another"), "sessionId")));
    assert_eq!(session.number("SELECT count(*) FROM outbox WHERE lane = 'audit'"), 0, "nothing is said a third time");
    to.posted();
    // A message that was under way when the object died is sent again.
    to.answer(0);
    to.key("Twice");
    let before = to.posted();
    to.house.crash();
    to.answer(200);
    to.house.advance(60_000);
    let after = to.posted();
    assert_eq!((before[0].id.clone(), before[0].text.clone()), (after[0].id.clone(), after[0].text.clone()));
}

#[test]
fn an_endpoint_that_takes_nothing_for_a_day_is_switched_off_and_begins_anew_when_asked() {
    let to = listening(&json!(["*"]));
    to.answer(503);
    to.key("Lost");
    to.house.advance(DAY + HOUR);
    let tries = to.posted();
    assert_eq!(tries.len(), 18);
    assert_eq!(tries.iter().map(|message| &message.id).collect::<BTreeSet<_>>().len(), 1);
    let read = to.read();
    assert_eq!((read["active"].clone(), read["disabledReason"].clone()), (false.into(), "failing".into()));
    let failed = to.deliveries("?status=failed");
    assert_eq!(
        (failed.len(), failed[0]["lastError"].clone(), failed[0]["attempts"].clone()),
        (1, "status".into(), 18.into())
    );
    to.key("Untold");
    to.house.advance(HOUR);
    assert!(to.posted().is_empty() && to.house.undelivered() == 0);
    let replay = to.path(&format!("/deliveries/{}/replay", text(&failed[0], "id")));
    let refused = to.house.call(&to.owner.key, "POST", &replay, &NULL).refusal();
    assert_eq!(refused, (409, "webhook_endpoint_disabled".to_owned()));
    let refused = to.house.call(&to.owner.key, "POST", &to.path("/test"), &NULL).refusal();
    assert_eq!(refused, (409, "webhook_endpoint_disabled".to_owned()));
    to.answer(200);
    to.call("PATCH", &to.path(""), &json!({ "active": true }));
    to.call("POST", &replay, &NULL);
    to.house.advance(5_000);
    let again = to.posted();
    // It hears as well that the alert about it is over.
    assert_eq!(again.iter().filter(|message| message.id == tries[0].id).count(), 1);
    assert_eq!(again.len(), 2);
    assert_eq!(to.read()["failingSince"], NULL);
    to.call("POST", &replay, &NULL);
    assert_eq!(to.posted().len(), 1, "also what was delivered");
}

#[test]
fn gone_is_gone_at_once_and_a_redirect_is_a_failure() {
    let to = listening(&json!(["*"]));
    to.answer(302);
    to.key("Redirected");
    assert_eq!(to.deliveries("?status=pending")[0]["lastError"], "redirect");
    to.answer(410);
    to.key("Gone");
    assert_eq!(to.read()["disabledReason"], "gone");
    let errors: Vec<Value> = to.deliveries("?status=failed").iter().map(|row| row["lastError"].clone()).collect();
    assert_eq!(errors, ["gone", "disabled"], "what was still to be sent is not");
    to.house.advance(DAY);
    assert_eq!(to.posted().len(), 2);
}
