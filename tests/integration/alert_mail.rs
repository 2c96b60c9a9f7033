//! Alerts by e-mail: who names the addresses, what the hook gets of an alert, and that there is an end to it.

use latchkey::organization::alerts::mail::MAILS_AN_HOUR;
use serde_json::{Value, json};

use crate::support::*;

const NULL: Value = Value::Null;
const HOOK: &str = "https://mail.example.com/hook";
const VARS: [(&str, &str); 2] = [("LINK_HOOK_URL", HOOK), ("LINK_HOOK_SECRET", "a secret of the tests, long enough")];

/// Somebody who wants alerts by mail.
fn wanting(house: &House) -> Someone {
    let owner = house.register("owner");
    let named = house.call(&owner.token, "PATCH", &owner.path(""), &json!({ "alertEmails": ["oncall@example.com"] }));
    assert_eq!(named.status, 200, "{named:?}");
    owner
}

/// A new key that is found where it should not be, which is an alert.
fn leak(house: &House, owner: &Someone) -> String {
    let made = house.call(&owner.key, "POST", "/v1/api_keys", &json!({ "name": "Leaked" })).json();
    house.call("", "POST", "/v1/keys/report-leak", &json!({ "key": made["key"] }));
    house.afterwork.settle(house, &house.app);
    text(&made, "id")
}

/// What was mailed since the last look: the name of the message, to whom, about what, and how it stands.
fn mails(house: &House) -> Vec<(String, Value, String, String)> {
    let posted = std::mem::take(&mut *house.web.posted.lock().unwrap());
    let mut mails = Vec::new();
    for (_, headers, body) in posted.into_iter().filter(|(url, ..)| url == HOOK) {
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["type"], "alert");
        let id = headers.iter().find(|(name, _)| name == "webhook-id").unwrap().1.clone();
        let alert = &body["data"]["alert"];
        mails.push((id, body["data"]["to"].clone(), text(alert, "subject"), text(alert, "status")));
    }
    mails
}

fn words(mails: Vec<(String, Value, String, String)>) -> Vec<(String, String)> {
    mails.into_iter().map(|(_, _, subject, status)| (subject, status)).collect()
}

#[test]
fn an_alert_is_mailed_when_it_opens_and_when_it_is_over() {
    let house = House::configured(&VARS);
    let owner = wanting(&house);
    let key = leak(&house, &owner);
    house.advance(MINUTE);
    let opened = mails(&house);
    let alert = &house.call(&owner.key, "GET", "/v1/alerts", &NULL).json()["data"][0];
    let id = text(alert, "id");
    assert_eq!(opened, [(format!("msg_{id}_open"), json!(["oncall@example.com"]), key.clone(), "open".to_owned())]);
    house.call(&owner.key, "PATCH", "/v1/alert_rules/key_leaked", &json!({ "enabled": false }));
    house.advance(MINUTE);
    let over = mails(&house);
    assert_eq!(
        (over.len(), over[0].0.as_str(), over[0].3.as_str()),
        (1, format!("msg_{id}_resolved").as_str(), "resolved")
    );
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn the_webhook_of_an_alert_has_the_alert_as_lists_do() {
    let to = webhooks::listening(&json!(["alert.opened"]));
    let key = leak(&to.house, &to.owner);
    to.house.advance(MINUTE);
    let [message] = to.posted().try_into().ok().unwrap();
    let listed = to.house.call(&to.owner.key, "GET", "/v1/alerts", &NULL).json()["data"][0].clone();
    let told = &message.body["data"];
    assert_eq!((&told["sessionId"], told.get("id")), (&listed["sessionId"], None));
    assert_eq!((&told["alert"]["id"], &told["alert"]["subject"]), (&listed["id"], &json!(key)));
    for (name, value) in told["alert"].as_object().unwrap() {
        assert_eq!(value, &listed[name], "{name}");
    }
}

#[test]
fn a_hook_that_is_away_hears_it_later_once_as_it_stands_then_and_over_a_crash() {
    let house = House::configured(&VARS);
    let owner = wanting(&house);
    house.web.answers.lock().unwrap().insert(HOOK.to_owned(), 503);
    let (over, open) = (leak(&house, &owner), leak(&house, &owner));
    house.advance(MINUTE);
    let tried: std::collections::BTreeSet<String> = mails(&house).into_iter().map(|mail| mail.0).collect();
    assert_eq!(tried.len(), 2, "each under one name");
    let disk = house.objects.disk(&house.organization_at(&owner.organization));
    disk.tamper(&format!("UPDATE alerts SET due_at = 1 WHERE subject = '{over}'"));
    house.crash();
    house.advance(3 * MINUTE);
    mails(&house);
    house.web.answers.lock().unwrap().clear();
    house.advance(2 * MINUTE);
    let mut told = words(mails(&house));
    told.sort_by_key(|(_, status)| status.clone());
    assert_eq!(told, [(open, "open".to_owned()), (over, "resolved".to_owned())]);
    house.advance(HOUR);
    assert_eq!(mails(&house), [], "taken once, it is not sent again");
}

#[test]
fn nobody_is_mailed_who_is_not_wanted_any_more_and_an_hour_has_an_end() {
    let house = House::configured(&VARS);
    let owner = wanting(&house);
    let limit = usize::try_from(MAILS_AN_HOUR).unwrap();
    (0..limit + 3).for_each(|_| drop(leak(&house, &owner)));
    house.advance(MINUTE);
    assert_eq!(mails(&house).len(), limit);
    house.advance(HOUR);
    leak(&house, &owner);
    house.advance(MINUTE);
    assert_eq!(mails(&house).len(), 1, "another hour");
    house.web.answers.lock().unwrap().insert(HOOK.to_owned(), 503);
    leak(&house, &owner);
    house.advance(MINUTE);
    assert!(!mails(&house).is_empty());
    house.web.answers.lock().unwrap().clear();
    house.call(&owner.token, "PATCH", &owner.path(""), &json!({ "alertEmails": [] }));
    house.advance(HOUR);
    leak(&house, &owner);
    house.advance(HOUR);
    assert_eq!(mails(&house), [], "also not what was waiting");
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn owners_name_the_addresses_where_there_is_mail_and_an_erased_organization_has_none() {
    let house = House::configured(&VARS);
    let owner = wanting(&house);
    let admin = house.hire(&owner, "admin", "admin");
    let change = |who: &Someone, body: Value| house.call(&who.token, "PATCH", &owner.path(""), &body);
    let refused = change(&admin, json!({ "alertEmails": ["a@example.com"] }));
    assert_eq!(refused.refusal(), (403, "insufficient_role".to_owned()));
    assert_eq!(change(&admin, json!({ "name": "Renamed" })).status, 200);
    let twice = json!({ "alertEmails": ["A@example.com", "a@example.com", "b@example.com"], "plan": "pro" });
    assert_eq!(change(&owner, twice).json()["alertEmails"], json!(["A@example.com", "b@example.com"]));
    let log = house.call(&owner.key, "GET", "/v1/audit_log?action=organization.updated&limit=1", &NULL).json();
    assert_eq!(log["data"][0]["details"], json!(["plan", "alertEmails"]), "what, and no address");
    for wrong in [json!(["a"]), json!(vec!["a@example.com"; 6]), NULL, json!("a@example.com")] {
        assert_eq!(change(&owner, json!({ "alertEmails": wrong })).status, 400, "{wrong}");
    }
    let mute = House::new();
    let other = mute.register("owner");
    let asked = mute.call(&other.token, "PATCH", &other.path(""), &json!({ "alertEmails": ["a@example.com"] }));
    assert_eq!(asked.refusal(), (409, "link_hook_missing".to_owned()));

    house.web.answers.lock().unwrap().insert(HOOK.to_owned(), 503);
    leak(&house, &owner);
    house.call(&owner.token, "DELETE", &owner.path(""), &NULL);
    house.advance(31 * DAY);
    mails(&house);
    house.web.answers.lock().unwrap().clear();
    house.advance(DAY);
    assert_eq!(mails(&house), []);
    let disk = house.objects.disk(&house.organization_at(&owner.organization));
    assert_eq!(disk.number("SELECT count(*) FROM alert_mails"), 0);
    assert!(!disk.dump(&[]).contains("@example.com"), "no address is left");
    let directory = house.objects.disk(&latchkey::ports::Address::Directory);
    assert!(!directory.dump(&[]).contains("b@example.com"));
}
