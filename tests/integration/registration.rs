//! Who may register: everybody, whoever is invited, or nobody but the first; and attempts that break off.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::people::{assert_same, ids, someone};
use crate::support::*;

const NULL: Value = Value::Null;
const SETUP: &str = "setup-token-of-the-tests";

fn house(registration: &str) -> House {
    let digest = hex::encode(sha256(SETUP));
    House::configured(&[("REGISTRATION", registration), ("SETUP_TOKEN_SHA256", &digest)])
}

fn with(email: &str, field: &str, value: &str) -> Value {
    let mut body = House::registration(email);
    body[field] = json!(value);
    body
}

fn register(house: &House, body: &Value) -> Response {
    house.visit("/auth/register", body)
}

fn closed() -> (u16, String) {
    (403, "registration_closed".into())
}

#[test]
fn only_an_open_deployment_lets_everybody_in() {
    assert_eq!(register(&house("open"), &House::registration("ada@people.test")).status, 201);
    for registration in ["invite", "closed", ""] {
        let house = house(registration);
        let calls = house.objects.all_calls();
        let refusal = register(&house, &House::registration("ada@people.test")).refusal();
        // An empty setting counts as absent, and one that is absent as closed.
        assert_eq!(refusal, closed(), "{registration}");
        assert_eq!(house.objects.all_calls(), calls, "nobody is asked");
    }
}

#[test]
fn nothing_but_the_setup_token_itself_opens_a_closed_deployment() {
    let digest = hex::encode(sha256(SETUP));
    let upper = SETUP.to_uppercase();
    let spaced = format!(" {SETUP}");
    let wrong = ["", " ", "x", "setup-token-of-the-test", &upper, &spaced, &digest, OPERATOR_TOKEN, "null"];
    let closed_house = house("closed");
    for token in wrong {
        let refusal = register(&closed_house, &with("eve@people.test", "setupToken", token)).refusal();
        assert_eq!(refusal, closed(), "{token:?}");
    }
    for house in [
        House::configured(&[("REGISTRATION", "closed")]),
        House::configured(&[("REGISTRATION", "closed"), ("SETUP_TOKEN_SHA256", "")]),
    ] {
        for token in ["", " ", SETUP, &hex::encode(sha256("")), &"0".repeat(64)] {
            let refusal = register(&house, &with("eve@people.test", "setupToken", token)).refusal();
            assert_eq!(refusal, closed(), "without a setup token nobody has it: {token:?}");
        }
    }
    assert_eq!(closed_house.objects.addresses(), []);
    assert_eq!(register(&closed_house, &with("ada@people.test", "setupToken", SETUP)).status, 201);
}

#[test]
fn the_setup_token_is_good_once() {
    for registration in ["closed", "invite"] {
        let house = house(registration);
        let ada = someone(&register(&house, &with("ada@people.test", "setupToken", SETUP)).json());
        assert_eq!(house.see(&ada, &ada.path(""))["status"], "active");
        let before = house.dump(&[]);
        for email in ["eve@people.test", "ada@people.test"] {
            let again = register(&house, &with(email, "setupToken", SETUP));
            assert_eq!(again.refusal(), (409, "setup_done".into()), "{email}");
        }
        assert_same(&before, &house.dump(&[]), "a second set-up");
        house.advance(DAY);
        let late = register(&house, &with("eve@people.test", "setupToken", SETUP));
        assert_eq!(late.refusal(), (409, "setup_done".into()), "it has served");
    }
}

#[test]
fn a_set_up_that_came_to_nothing_keeps_others_out_for_a_minute() {
    let house = house("closed");
    let tried = |email: &str| register(&house, &with(email, "setupToken", SETUP));
    let fails = || house.objects.fault_once(Whom::Kind(Kind::Account), Fault::Unreachable);
    fails();
    assert_eq!(tried("mistyped@people.test").status, 503);
    house.clock.set(house.after(59_999));
    assert_eq!(tried("ada@people.test").refusal(), (409, "setup_done".into()));
    house.clock.set(house.after(1));
    fails();
    assert_eq!(tried("ada@people.test").status, 503, "free again, and taken once more");
    assert_eq!(tried("mistyped@people.test").refusal(), (409, "setup_done".into()), "the first one's is over");
    assert_eq!(tried("ada@people.test").status, 201, "whoever began it goes on at once");
    house.clock.set(house.after(60_000));
    assert_eq!(tried("mistyped@people.test").refusal(), (409, "setup_done".into()), "done for good");
}

#[test]
fn a_deployment_that_has_users_needs_no_set_up() {
    let house = house("closed");
    let home = house.found("Acme");
    let path = format!("/operator/organizations/{}/invitations", home.organization.id);
    let invited = house.operate("POST", &path, &json!({ "role": "owner" })).json();
    assert_eq!(register(&house, &with("ada@people.test", "invitation", &text(&invited, "token"))).status, 201);
    let late = register(&house, &with("eve@people.test", "setupToken", SETUP));
    assert_eq!(late.refusal(), (409, "setup_done".into()));
}

#[test]
fn of_two_who_race_for_the_set_up_one_wins_wherever_they_meet() {
    // The second one arrives as a whole before the n-th call of the first.
    let mut won = [0, 0];
    for n in 1..20 {
        let house = house("closed");
        let headers = [("content-type", "application/json")];
        let second = with("second@people.test", "setupToken", SETUP).to_string();
        let sent = house.sent("POST", "/auth/register", &headers, &second);
        let (tell, told) = std::sync::mpsc::channel();
        house.objects.interrupt(n, Box::pin(async move { tell.send(sent.await.status).unwrap() }));
        let first = register(&house, &with("first@people.test", "setupToken", SETUP)).status;
        if house.objects.was_not_interrupted() {
            break;
        }
        let outcome = (first, told.recv().unwrap());
        assert!([(201, 409), (409, 201)].contains(&outcome), "before call {n}: {outcome:?}");
        won[usize::from(outcome.0 == 409)] += 1;
        house.advance(60_000);
        let listed = house.operate("GET", "/operator/users", &NULL).json();
        let winner = if outcome.0 == 201 { "first@people.test" } else { "second@people.test" };
        assert_eq!(ids(&listed, "email"), [winner], "before call {n}");
        assert_eq!(house.operate("GET", "/operator/organizations", &NULL).json()["data"].as_array().unwrap().len(), 1);
    }
    assert!(won[0] > 1 && won[1] == 1, "{won:?}: whoever claims first");
}

#[test]
fn of_two_who_race_for_an_address_one_gets_the_account() {
    for registration in ["open", "closed"] {
        let house = house(registration);
        let headers = [("content-type", "application/json")];
        let body = match registration {
            "open" => House::registration("ada@people.test"),
            _ => with("ada@people.test", "setupToken", SETUP),
        };
        let body = body.to_string();
        let sent = (0..3).map(|_| house.sent("POST", "/auth/register", &headers, &body));
        let mut answers: Vec<_> = house.run(join_all(sent)).iter().map(|answer| answer.status).collect();
        answers.sort_unstable();
        assert_eq!(answers, [201, 409, 409], "{registration}");
        house.advance(60_000);
        assert_eq!(house.operate("GET", "/operator/organizations", &NULL).json()["data"].as_array().unwrap().len(), 1);
        assert_eq!(house.login("ada@people.test", PASSWORD).status, 200);
    }
}

#[test]
fn an_attempt_that_broke_off_goes_on_with_the_same_address() {
    for registration in ["open", "closed"] {
        let house = house(registration);
        let ada = with("ada@people.test", if registration == "open" { "lastName" } else { "setupToken" }, SETUP);
        house.objects.fault_once(Whom::Kind(Kind::Account), Fault::Unreachable);
        assert_eq!(register(&house, &ada).status, 503, "the address is held, the account is not there");
        if registration == "closed" {
            let other = register(&house, &with("eve@people.test", "setupToken", SETUP));
            assert_eq!(other.refusal(), (409, "setup_done".into()), "nobody else goes on with it");
        }
        let claimed = house.operate("GET", "/operator/users?email=ada@people.test", &NULL).json();
        let registered = register(&house, &ada);
        assert_eq!(registered.status, 201);
        assert_eq!(ids(&claimed, "id"), [someone(&registered.json()).user_id]);
    }
}

#[test]
fn whoever_lost_the_answer_signs_in_and_finds_everything() {
    let house = house("open");
    house.objects.fault_once(Whom::Kind(Kind::Account), Fault::AnswerLost);
    let body = House::registration("ada@people.test");
    assert_eq!(register(&house, &body).status, 503);
    assert_eq!(register(&house, &body).refusal(), (409, "email_taken".into()));
    let signed_in = house.login("ada@people.test", PASSWORD).json();
    assert_eq!(signed_in["organizations"].as_array().unwrap().len(), 1);
    assert_eq!(signed_in["organizations"][0]["role"], "owner");
}

#[test]
fn an_invitation_opens_an_invite_only_deployment_and_the_operators_a_closed_one() {
    for (registration, by_owner) in [("open", true), ("invite", true), ("closed", false)] {
        let house = house(registration);
        let owner = someone(&register(&house, &with("owner@people.test", "setupToken", SETUP)).json());
        let (_, token) = house.invite(&owner, "admin");
        let before = house.dump(&[]);
        let response = register(&house, &with("ada@people.test", "invitation", &token));
        if by_owner {
            let body = response.json();
            assert_eq!(
                (response.status, &body["organization"], &body["apiKey"]),
                (201, &NULL, &NULL),
                "{registration}"
            );
            assert_eq!(body["organizations"][0]["id"], json!(owner.organization));
            assert_eq!(body["organizations"][0]["role"], "admin");
        } else {
            assert_eq!(response.refusal(), closed(), "{registration}");
            assert_same(&before, &house.dump(&[]), "a refused registration");
        }
        let path = format!("/operator/organizations/{}/invitations", owner.organization);
        let invited = house.operate("POST", &path, &json!({ "role": "viewer", "email": "Bob@people.test" }));
        assert_eq!(invited.json()["invitation"]["invitedBy"]["type"], "operator");
        let token = text(&invited.json(), "token");
        let before = house.dump(&[]);
        let wrong = register(&house, &with("eve@people.test", "invitation", &token));
        assert_eq!(wrong.refusal(), (403, "invitation_for_another".into()));
        assert_same(&before, &house.dump(&[]), "somebody else's invitation");
        let bob = register(&house, &with("bob@people.test", "invitation", &token));
        assert_eq!((bob.status, &bob.json()["organizations"][0]["role"]), (201, &json!("viewer")), "{registration}");
        let again = register(&house, &with("carol@people.test", "invitation", &token));
        assert_eq!(again.refusal(), (409, "invitation_ended".into()), "once");
    }
}

#[test]
fn a_link_that_invites_to_nothing_registers_nobody() {
    let house = house("invite");
    let owner = someone(&register(&house, &with("owner@people.test", "setupToken", SETUP)).json());
    let (id, revoked) = house.invite(&owner, "member");
    house.call(&owner.token, "DELETE", &owner.path(&format!("/invitations/{id}")), &NULL);
    let expired = house.invite(&owner, "member").1;
    house.advance(7 * DAY);
    let owner = Someone { token: house.another_token(&owner), ..owner };
    let never = House::seeded(99);
    let never = never.invite(&never.register("nobody"), "member").1;
    let altered = format!("{}x", &expired[..expired.len() - 1]);
    let before = house.dump(&[]);
    for (token, refusal) in [
        (revoked.as_str(), (409, "invitation_ended")),
        (&expired, (409, "invitation_ended")),
        (&never, (400, "link_invalid")),
        (&altered, (400, "link_invalid")),
        (&owner.token, (400, "link_invalid")),
        ("", (400, "link_invalid")),
    ] {
        let answer = register(&house, &with("ada@people.test", "invitation", token)).refusal();
        assert_eq!(answer, (refusal.0, refusal.1.to_owned()), "{token}");
    }
    let (_, good) = house.invite(&owner, "member");
    let mut both = with("ada@people.test", "invitation", &good);
    both["setupToken"] = json!(SETUP);
    assert_eq!(register(&house, &both).refusal(), (400, "invalid_request".into()));
    assert_ne!(before, house.dump(&[]), "the object of the link that never was, and the last invitation");
    assert_eq!(ids(&house.operate("GET", "/operator/users", &NULL).json(), "email"), ["owner@people.test"]);
    house.call(&owner.token, "DELETE", &owner.path(""), &NULL);
    let gone = register(&house, &with("ada@people.test", "invitation", &good));
    assert_eq!(gone.refusal(), (409, "invitation_ended".into()), "to an organization that is deleted");
}

#[test]
fn an_account_stands_even_if_its_invitation_cannot_be_accepted_at_once() {
    let house = house("invite");
    let owner = someone(&register(&house, &with("owner@people.test", "setupToken", SETUP)).json());
    let (_, token) = house.invite(&owner, "member");
    let organization = house.organization_at(&owner.organization);
    // The organization shows the invitation and keeps it, and is away when it is to be accepted.
    let objects = house.objects.clone();
    let away = Box::pin(async move { objects.fault_once(Whom::One(organization), Fault::Unreachable) });
    house.objects.interrupt(4, away);
    assert_eq!(register(&house, &with("ada@people.test", "invitation", &token)).status, 503);
    let signed_in = house.login("ada@people.test", PASSWORD).json();
    assert_eq!(signed_in["organizations"], json!([]));
    let other = register(&house, &with("eve@people.test", "invitation", &token));
    assert_eq!(other.refusal(), (409, "invitation_ended".into()), "one link makes one account");
    let body = json!({ "token": token });
    let (_, second) = house.invite(&owner, "viewer");
    let bob = register(&house, &with("bob@people.test", "invitation", &second)).json();
    let stolen = house.call(&text(&bob, "accessToken"), "POST", "/auth/invitations/accept", &body);
    assert_eq!(stolen.refusal(), (409, "invitation_ended".into()), "nor is it good for another account");
    let accepted =
        house.call(&text(&signed_in, "accessToken"), "POST", "/auth/invitations/accept", &json!({ "token": token }));
    assert_eq!((accepted.status, &accepted.json()["role"]), (200, &json!("member")));
}

#[test]
fn of_two_who_register_with_one_invitation_at_once_one_becomes_a_member() {
    let house = house("invite");
    let owner = someone(&register(&house, &with("owner@people.test", "setupToken", SETUP)).json());
    let (_, token) = house.invite(&owner, "member");
    let headers = [("content-type", "application/json")];
    let bodies = ["ada@people.test", "eve@people.test"].map(|email| with(email, "invitation", &token).to_string());
    let sent = bodies.iter().map(|body| house.sent("POST", "/auth/register", &headers, body));
    let mut answers: Vec<_> = house.run(join_all(sent)).iter().map(|answer| answer.status).collect();
    answers.sort_unstable();
    assert_eq!(answers, [201, 409]);
    assert_eq!(house.see(&owner, &owner.path("/members"))["data"].as_array().unwrap().len(), 2);
    let accounts = ["ada@people.test", "eve@people.test"].map(|email| house.login(email, PASSWORD).status);
    assert_eq!(accounts.iter().filter(|status| **status == 200).count(), 1, "and one gets an account: {accounts:?}");
}
