//! Accounts and the others: links that set a password anew, memberships, foundings, and copies of the log.

use latchkey::account::protocol::{Command, Reply, ResetBy};
use latchkey::directory::protocol::Command as DirectoryCommand;
use latchkey::domain::audit::{Action, Actor};
use latchkey::domain::caller::Caller;
use latchkey::domain::id::{OrganizationId, SignInId};
use latchkey::domain::operation::Operation;
use latchkey::domain::role::Role;
use latchkey::domain::session::OrganizationStatus::{Active, Deleted, Suspended};
use latchkey::domain::text::Name;
use latchkey::domain::token::{Token, TokenKind};
use latchkey::object::outbox::{Delivery, Message};
use latchkey::object::{Confirmed, Question, Rejection, Seat, Step};
use latchkey::organization::protocol::{Command as OrganizationCommand, Owner};
use latchkey::ports::Address;
use serde_json::Value;

use super::support::account_room::{
    AccountRoom, DAY, PASSWORD, SECOND, SignedIn, keyring, organization_id, password, profile, user_id,
};

const NEW: &str = "a lake, a horse, a lantern";
const HOUR: i64 = 60 * 60 * SECOND;

fn ask(room: &AccountRoom) {
    assert_eq!(room.tell(Command::RequestReset { by: ResetBy::Anybody }), Ok(Reply::Acknowledged));
}

fn ask_operator(room: &AccountRoom) -> String {
    match room.tell(Command::RequestReset { by: ResetBy::Operator }).unwrap() {
        Reply::Link { token, .. } => token,
        other => panic!("{other:?}"),
    }
}

fn seat(organization: u8, needs: Operation) -> Seat {
    let sign_in_id = SignInId::from_trusted("sgn_owner".to_owned());
    Seat { user_id: user_id(9), sign_in_id, organization_id: organization_id(organization), needs }
}

fn ask_owner(room: &AccountRoom, organization: u8) -> Result<String, Rejection> {
    let founding = room.founding(organization);
    let confirmed = Confirmed::Caller(Caller::member(user_id(9), &founding.organization));
    let by = ResetBy::Owner(seat(organization, Operation::WriteOwners));
    match room.confirmed(Command::RequestReset { by }, Some(&confirmed))? {
        Reply::Link { token, .. } => Ok(token),
        other => panic!("{other:?}"),
    }
}

fn reset_command(room: &AccountRoom, token: &str, new: &str) -> Command {
    let keyring = room.keyring.borrow();
    let hashes = Token::parse(TokenKind::PasswordReset, token, &keyring).unwrap().hashes(&keyring);
    Command::Reset { hashes, new: password(new) }
}

fn reset(room: &AccountRoom, token: &str) -> Result<Reply, Rejection> {
    room.tell(reset_command(room, token, NEW))
}

/// The messages to the hook.
fn mails(batch: &[Delivery]) -> Vec<(String, Option<Value>)> {
    let mail = |delivery: &Delivery| match &delivery.message {
        Message::Notify { id, body } => {
            Some((id.clone(), body.as_ref().map(|body| serde_json::from_str(body).unwrap())))
        }
        _ => None,
    };
    batch.iter().filter_map(mail).collect()
}

fn token_of(mail: &(String, Option<Value>)) -> String {
    mail.1.as_ref().unwrap()["data"]["token"].as_str().unwrap().to_owned()
}

/// What organizations are told: whom, the first name, the numbers of the entries.
fn feeds(batch: &[Delivery]) -> Vec<(Address, String, Vec<i64>)> {
    let feed = |delivery: &Delivery| match &delivery.message {
        Message::Call { address, request, .. } if *address != Address::Directory => {
            match serde_json::from_slice(request).unwrap() {
                OrganizationCommand::HearAccount { profile, audit, .. } => {
                    let numbers = audit.iter().map(|entry| entry.seq).collect();
                    Some((address.clone(), profile.first_name.to_string(), numbers))
                }
                other => panic!("{other:?}"),
            }
        }
        _ => None,
    };
    let mut all: Vec<_> = batch.iter().filter_map(feed).collect();
    all.sort_by_key(|(address, ..)| match address {
        Address::Organization(locator) => locator.as_u64(),
        other => panic!("{other:?}"),
    });
    all
}

fn address(organization: u8) -> Address {
    Address::Organization(organization_id(organization).locator())
}

fn rename(room: &AccountRoom, by: &SignedIn, first: &str) {
    let first_name = Some(Name::parse(first).unwrap());
    room.tell(Command::ChangeName { by: by.id.clone(), first_name, last_name: None }).unwrap();
}

#[test]
fn a_link_goes_to_the_hook_and_is_the_same_for_every_attempt_to_send_it() {
    let (room, _) = AccountRoom::new();
    ask(&room);
    let first = mails(&room.deliveries());
    assert_eq!((first.len(), &first), (1, &mails(&room.deliveries())));
    let body = first[0].1.as_ref().unwrap();
    assert_eq!((&body["type"], &body["data"]["email"]), (&"password_reset".into(), &"ada@example.com".into()));
    assert_eq!(body["data"]["expiresAt"], room.now.get().plus_millis(HOUR).to_string());
    assert_eq!(reset(&room, &token_of(&first[0])), Ok(Reply::Acknowledged));
    assert_eq!(mails(&room.delivered()), [(first[0].0.clone(), None)], "it has become pointless");
    assert!(room.deliveries().is_empty());
}

#[test]
fn a_link_sets_the_password_once_ends_every_sign_in_and_every_other_link_and_unlocks() {
    let (room, first) = AccountRoom::new();
    let (one, other) = (ask_operator(&room), ask_operator(&room));
    for _ in 0..10 {
        room.sign_in(NEW, None);
    }
    assert_eq!(reset(&room, &one), Ok(Reply::Acknowledged));
    assert_eq!(room.last_entry().0, Action::PasswordReset);
    assert!(!room.knows(&first));
    assert_eq!(reset(&room, &one), Err(Rejection::LinkInvalid), "used");
    assert_eq!(reset(&room, &other), Err(Rejection::LinkInvalid), "ended by the first");
    assert!(room.knows(&room.signed_in(NEW)), "not locked any more");
    assert!(matches!(room.sign_in(PASSWORD, None).0, Reply::Refused));
}

#[test]
fn links_are_sent_with_pauses_and_end_after_an_hour_or_a_day() {
    let (room, _) = AccountRoom::new();
    ask(&room);
    let rows = room.log().len();
    room.advance(300 * SECOND - 1);
    ask(&room);
    assert_eq!((room.log().len(), mails(&room.deliveries()).len()), (rows, 1), "nothing happens within the pause");
    room.advance(1);
    ask(&room);
    assert_eq!(room.log().len(), rows + 1);
    let sent = token_of(&mails(&room.delivered())[1]);
    let handed = ask_operator(&room);
    room.advance(HOUR);
    assert_eq!(reset(&room, &sent), Err(Rejection::LinkInvalid));
    room.advance(DAY - HOUR);
    assert_eq!(reset(&room, &handed), Err(Rejection::LinkInvalid));
    assert_eq!(room.tidy(), Some(room.now.get().plus_millis(6 * DAY - 300 * SECOND)), "the sign-in is next");
    assert_eq!(room.disk.number("SELECT count(*) FROM resets"), 0);
}

#[test]
fn five_links_of_a_kind_may_be_open_and_strangers_cannot_push_out_what_was_handed_over() {
    let (room, _) = AccountRoom::new();
    let mut handed = Vec::new();
    for _ in 0..6 {
        handed.push(ask_operator(&room));
        room.advance(SECOND);
    }
    for _ in 0..7 {
        ask(&room);
        room.advance(300 * SECOND);
    }
    assert_eq!(room.disk.number("SELECT count(*) FROM resets WHERE send = 1"), 5);
    assert_eq!(reset(&room, &handed[0]), Err(Rejection::LinkInvalid), "the oldest made room");
    assert_eq!(reset(&room, &handed[1]), Ok(Reply::Acknowledged));
}

#[test]
fn without_a_hook_nothing_is_made_for_strangers() {
    let (room, _) = AccountRoom::new();
    room.rules.borrow_mut().link_hook = None;
    let before = room.disk.dump(&[]);
    ask(&room);
    assert_eq!(room.disk.dump(&[]), before);
}

#[test]
fn a_link_that_waited_while_the_root_changed_is_not_sent() {
    let (room, _) = AccountRoom::new();
    ask(&room);
    let handed = ask_operator(&room);
    room.keyring.replace(keyring("2,1"));
    assert_eq!(mails(&room.delivered())[0].1, None, "its tag would come out another");
    assert_eq!(reset(&room, &handed), Ok(Reply::Acknowledged), "what was handed over stays good");
}

#[test]
fn an_owner_resets_the_password_of_a_member_who_belongs_nowhere_else() {
    let (room, _) = AccountRoom::new();
    let lesser = ResetBy::Owner(seat(1, Operation::WriteMembers));
    assert_eq!(room.tell(Command::RequestReset { by: lesser }), Err(Rejection::RoleInsufficient));
    let by = ResetBy::Owner(seat(1, Operation::WriteOwners));
    let asked = room.step(&Command::RequestReset { by }, None).unwrap();
    assert!(matches!(asked, Step::Confirm(Question::Member(asked)) if asked == seat(1, Operation::WriteOwners)));
    assert_eq!(ask_owner(&room, 1), Err(Rejection::MemberNotFound));
    room.hear(1, Some((Role::Member, Active)), 1);
    let link = ask_owner(&room, 1).unwrap();
    assert_eq!(room.log().pop().map(|entry| entry.actor), Some(Actor::User { id: user_id(9) }));
    room.hear(2, Some((Role::Viewer, Suspended)), 1);
    assert_eq!(ask_owner(&room, 1), Err(Rejection::MemberElsewhere));
    assert_eq!(reset(&room, &link), Err(Rejection::LinkInvalid), "it would open the other organization as well");
    room.hear(2, Some((Role::Viewer, Deleted)), 2);
    assert_eq!(ask_owner(&room, 1), Err(Rejection::MemberElsewhere), "a deleted organization can still be copied out");
    room.hear(2, None, 3);
    assert!(ask_owner(&room, 1).is_ok());
    room.hear(1, Some((Role::Owner, Active)), 2);
    assert_eq!(ask_owner(&room, 1), Err(Rejection::RoleInsufficient), "of an owner like oneself");
    assert_eq!(reset(&room, &link), Err(Rejection::LinkInvalid), "the member has become an owner");
    room.hear(1, Some((Role::Admin, Active)), 3);
    let before = room.disk.dump(&[]);
    let asked = room.step(&reset_command(&room, &link, NEW), None).unwrap();
    assert!(matches!(asked, Step::Confirm(Question::Role(asked)) if asked == seat(1, Operation::WriteOwners)));
    assert_eq!(room.disk.dump(&[]), before, "nothing happens before the organization has spoken for the owner");
    assert_eq!(reset(&room, &link), Ok(Reply::Acknowledged));
}

#[test]
fn nobody_makes_a_link_for_oneself() {
    let (room, _) = AccountRoom::new();
    room.hear(1, Some((Role::Owner, Active)), 1);
    let own = Seat { user_id: room.user().id, ..seat(1, Operation::WriteOwners) };
    let confirmed = Confirmed::Caller(Caller::member(own.user_id.clone(), &room.founding(1).organization));
    let asked = room.confirmed(Command::RequestReset { by: ResetBy::Owner(own) }, Some(&confirmed));
    assert_eq!(asked, Err(Rejection::OwnAccount));
    assert_eq!(room.disk.number("SELECT count(*) FROM resets"), 0);
}

#[test]
fn an_address_is_no_new_password_and_the_link_stays_good() {
    let (room, first) = AccountRoom::new();
    let link = ask_operator(&room);
    let refused = room.tell(reset_command(&room, &link, "ADA@example.com"));
    assert_eq!(refused, Err(Rejection::PasswordIsAddress));
    assert!(room.knows(&first));
    assert_eq!(reset(&room, &link), Ok(Reply::Acknowledged));
}

#[test]
fn an_organization_that_is_being_founded_has_a_say_already() {
    let (room, first) = AccountRoom::new();
    room.hear(1, Some((Role::Member, Active)), 1);
    let link = ask_owner(&room, 1).unwrap();
    let founding = Box::new(room.founding(2));
    room.tell(Command::FoundOrganization { by: first.id.clone(), founding }).unwrap();
    assert_eq!(ask_owner(&room, 1), Err(Rejection::MemberElsewhere));
    assert_eq!(reset(&room, &link), Err(Rejection::LinkInvalid));
}

#[test]
fn the_latest_news_of_a_membership_count_in_whatever_order_they_arrive() {
    let (room, first) = AccountRoom::new();
    let seen = || {
        let memberships = room.account(&first).memberships;
        memberships.into_iter().map(|it| (it.organization_id, it.role, it.status)).collect::<Vec<_>>()
    };
    room.hear(1, Some((Role::Admin, Active)), 4);
    room.hear(1, Some((Role::Viewer, Active)), 3);
    assert_eq!(seen(), [(organization_id(1), Role::Admin, Active)]);
    room.hear(1, None, 6);
    room.hear(1, Some((Role::Owner, Active)), 5);
    assert_eq!(seen(), []);
    room.hear(1, Some((Role::Member, Deleted)), 7);
    room.advance(SECOND);
    room.hear(2, Some((Role::Member, Active)), 1);
    let both: Vec<OrganizationId> = seen().into_iter().map(|(id, ..)| id).collect();
    assert_eq!(both, [organization_id(1), organization_id(2)], "oldest first, deleted ones included");
    assert_eq!(room.log().len(), 1, "the organizations have reported it");
}

#[test]
fn organizations_hear_what_happens_while_the_user_belongs_to_them() {
    let (room, first) = AccountRoom::new();
    drop(room.signed_in(PASSWORD));
    for (organization, status) in [(1, Active), (2, Suspended), (3, Deleted), (4, Active)] {
        room.hear(organization, Some((Role::Member, status)), 1);
    }
    room.hear(4, None, 2);
    assert!(room.deliveries().is_empty(), "they are still waiting for an answer");
    room.advance(SECOND);
    let welcome = |organization| (address(organization), "Ada".to_owned(), vec![]);
    assert_eq!(feeds(&room.delivered()), [welcome(1), welcome(2)], "no word of what was before");
    room.sign_in(NEW, None);
    assert!(room.deliveries().is_empty(), "nobody can measure it");
    drop(room.signed_in(PASSWORD));
    room.advance(SECOND);
    let told = |organization, name: &str, numbers: &[i64]| (address(organization), name.to_owned(), numbers.to_vec());
    assert_eq!(feeds(&room.deliveries()), [told(1, "Ada", &[3, 4]), told(2, "Ada", &[3, 4])]);
    room.hear(2, None, 2);
    assert_eq!(feeds(&room.delivered()), [told(1, "Ada", &[3, 4])], "who has left is spoken of no more");
    rename(&room, &first, "Augusta");
    assert_eq!(feeds(&room.delivered()), [told(1, "Augusta", &[])], "a new name is told at once");
    room.advance(SECOND);
    assert_eq!(feeds(&room.delivered()), [told(1, "Augusta", &[5])]);
    assert!(room.deliveries().is_empty());
}

#[test]
fn a_user_of_many_organizations_is_told_about_in_batches() {
    let (room, _) = AccountRoom::new();
    for organization in 1..=40 {
        room.hear(organization, Some((Role::Member, Active)), 1);
    }
    for _ in 0..3 {
        drop(room.signed_in(PASSWORD));
    }
    room.advance(SECOND);
    let mut told = 0;
    loop {
        let batch = room.delivered();
        assert!(batch.len() <= 32);
        if batch.is_empty() {
            break;
        }
        told += feeds(&batch).iter().map(|(_, _, numbers)| numbers.len()).sum::<usize>();
    }
    assert_eq!(told, 120);
}

#[test]
fn a_founding_names_its_user_as_owner_and_is_told_to_the_directory() {
    let room = AccountRoom::empty();
    let mut founding = room.founding(1);
    founding.owner = Some(Owner { user_id: user_id(9), profile: profile("Mallory") });
    let first = room.create(Some(founding)).unwrap();
    let batch = room.deliveries();
    let [Delivery { message: Message::Call { address: Address::Directory, request, .. }, .. }] = &batch[..] else {
        panic!("{batch:?}")
    };
    let Ok(DirectoryCommand::Found(told)) = serde_json::from_slice(request) else { panic!("not a founding") };
    assert_eq!(told.actor, Actor::User { id: room.user().id });
    assert_eq!(told.owner, Some(Owner { user_id: room.user().id, profile: room.user().profile }));
    room.hear(1, Some((Role::Owner, Active)), 1);
    assert!(room.tidy().is_some());
    assert_eq!(room.disk.number("SELECT count(*) FROM foundings"), 1, "the directory may not have heard yet");
    room.delivered();
    room.tidy();
    assert_eq!(room.disk.number("SELECT count(*) FROM foundings"), 0);
    assert_eq!(room.account(&first).memberships.len(), 1);
}

#[test]
fn a_user_owns_twenty_organizations_those_included_that_are_being_founded() {
    let (room, first) = AccountRoom::new();
    let found = |organization| {
        let founding = Box::new(room.founding(organization));
        room.tell(Command::FoundOrganization { by: first.id.clone(), founding })
    };
    for organization in 1..=10 {
        room.hear(organization, Some((Role::Owner, Active)), 1);
    }
    room.hear(99, Some((Role::Admin, Active)), 1);
    room.hear(98, Some((Role::Owner, Deleted)), 1);
    for organization in 11..=19 {
        assert_eq!(found(organization), Ok(Reply::Acknowledged), "{organization}");
    }
    assert_eq!(found(20), Err(Rejection::OrganizationLimitReached), "a deleted one counts until its data is gone");
    room.hear(98, None, 2);
    assert_eq!(found(20), Ok(Reply::Acknowledged));
    assert_eq!(found(21), Err(Rejection::OrganizationLimitReached));
    assert_eq!(found(20), Ok(Reply::Acknowledged), "a repetition waits for the first");
    room.hear(20, Some((Role::Owner, Active)), 1);
    assert_eq!(found(21), Err(Rejection::OrganizationLimitReached), "counted once");
    room.hear(1, Some((Role::Admin, Active)), 2);
    assert_eq!(found(21), Ok(Reply::Acknowledged));
    assert_eq!(room.log().len(), 1, "each organization reports its own beginning");
}

#[test]
fn nothing_that_lets_anybody_in_stands_in_a_row() {
    let (room, first) = AccountRoom::new();
    room.hear(1, Some((Role::Member, Active)), 1);
    ask(&room);
    let mut secrets = vec![first.token.expose().to_owned(), PASSWORD.to_owned(), ask_operator(&room)];
    secrets.push(token_of(&mails(&room.deliveries())[0]));
    let begin = Command::BeginTotp { by: first.id.clone(), password: password(PASSWORD) };
    let Ok(Reply::TotpBegun { secret, .. }) = room.tell(begin) else { panic!("not begun") };
    secrets.push(secret);
    room.sign_in(NEW, None);
    secrets.push(NEW.to_owned());
    let rows = room.disk.dump(&[]);
    for secret in secrets {
        assert!(!rows.contains(&secret), "{secret}");
        assert!(!rows.contains(&secret[8..]), "{secret}");
    }
}
