//! Accounts: passwords and their lock, the second factor, and how sign-ins live and end.

use latchkey::account::protocol::{Command, RemovedBy, Reply, ResetBy, SecondFactor};
use latchkey::domain::audit::Action;
use latchkey::domain::keyring::Keyring;
use latchkey::domain::token::{Token, TokenKind};
use latchkey::object::Rejection;
use totp_rs::{Builder, Secret};

use super::support::account_room::{AccountRoom, DAY, PASSWORD, SECOND, SignedIn, keyring, password};
use super::support::words::root_secret;

const OTHER: &str = "a lake, a horse, a lantern";
const HOUR: i64 = 60 * 60 * SECOND;

fn change_password(room: &AccountRoom, by: &SignedIn, current: &str, new: &str) -> Result<Reply, Rejection> {
    room.tell(Command::ChangePassword { by: by.id.clone(), current: password(current), new: password(new) })
}

/// The code that an authenticator shows now.
fn code(room: &AccountRoom, secret: &str) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(u64::try_from(room.now.get().as_millis() / 1_000).unwrap()).to_string()
}

fn begin_totp(room: &AccountRoom, by: &SignedIn) -> String {
    match room.tell(Command::BeginTotp { by: by.id.clone(), password: password(PASSWORD) }).unwrap() {
        Reply::TotpBegun { secret, uri } => {
            assert!(uri.starts_with("otpauth://totp/Latchkey:ada%40example.com?") && uri.contains(&secret), "{uri}");
            secret
        }
        other => panic!("{other:?}"),
    }
}

fn confirm_totp(room: &AccountRoom, by: &SignedIn, code: String) -> Result<Vec<String>, Rejection> {
    match room.tell(Command::ConfirmTotp { by: by.id.clone(), code })? {
        Reply::RecoveryCodes { codes } => Ok(codes),
        other => panic!("{other:?}"),
    }
}

/// Sets a second factor up: the secret and the recovery codes.
fn enable_totp(room: &AccountRoom, by: &SignedIn) -> (String, Vec<String>) {
    let secret = begin_totp(room, by);
    let codes = confirm_totp(room, by, code(room, &secret)).unwrap();
    room.advance(30 * SECOND);
    (secret, codes)
}

fn with_totp(code: &str) -> Option<SecondFactor> {
    Some(SecondFactor::Totp(code.to_owned()))
}

fn with_recovery(code: &str) -> Option<SecondFactor> {
    Some(SecondFactor::RecoveryCode(code.to_owned()))
}

#[test]
fn whoever_creates_an_account_is_signed_in_and_nobody_creates_it_again() {
    let (room, first) = AccountRoom::new();
    assert!(room.knows(&first));
    let account = room.account(&first);
    assert_eq!((account.user, account.totp_enabled), (room.user(), false));
    assert_eq!(room.last_entry().0, Action::UserCreated);
    assert_eq!(room.create(None).err(), Some(Rejection::EmailTaken));
    assert_eq!(room.log().len(), 1);
}

#[test]
fn an_account_that_does_not_exist_refuses_and_keeps_nothing() {
    let room = AccountRoom::empty();
    let before = room.disk.dump(&[]);
    assert!(matches!(room.sign_in(PASSWORD, None).0, Reply::Refused));
    assert_eq!(room.tell(Command::RequestReset { by: ResetBy::Anybody }), Ok(Reply::Acknowledged));
    assert_eq!(room.tell(Command::RequestReset { by: ResetBy::Operator }), Err(Rejection::UserNotFound));
    assert_eq!(room.tell(Command::RemoveTotp { by: RemovedBy::Operator }), Err(Rejection::UserNotFound));
    let (_, someone) = AccountRoom::new();
    assert!(!room.knows(&someone));
    assert_eq!(room.tell(Command::Confirm { sign_in_id: someone.id }), Err(Rejection::SignedOut));
    assert_eq!(room.disk.dump(&[]), before);
}

#[test]
fn only_the_password_signs_in_and_each_attempt_is_one_entry() {
    let (room, _) = AccountRoom::new();
    let (reply, _) = room.sign_in(OTHER, None);
    assert!(matches!(reply, Reply::Refused));
    assert_eq!(room.last_entry(), (Action::SignInFailed, vec!["192.0.2.1".to_owned(), "password".to_owned()]));
    let held = room.signed_in(PASSWORD);
    assert!(room.knows(&held));
    let details = [held.id.as_str(), "192.0.2.1", "password"].map(str::to_owned);
    assert_eq!(room.last_entry(), (Action::SignedIn, details.to_vec()));
    assert_eq!(room.log().len(), 3);
}

#[test]
fn the_tenth_failure_in_a_row_locks_and_nothing_is_counted_or_kept_until_the_lock_ends() {
    let (room, first) = AccountRoom::new();
    for _ in 0..9 {
        room.sign_in(OTHER, None);
    }
    drop(room.signed_in(PASSWORD));
    for _ in 0..10 {
        room.sign_in(OTHER, None);
    }
    let locked = room.disk.dump(&[]);
    for text in [OTHER, PASSWORD] {
        assert!(matches!(room.sign_in(text, None).0, Reply::Refused), "locked");
    }
    assert_eq!(room.disk.dump(&[]), locked);
    begin_totp(&room, &first);
    assert!(
        matches!(room.sign_in(PASSWORD, None).0, Reply::Refused),
        "who is signed in goes on and opens it to nobody"
    );
    room.advance(SECOND);
    room.sign_in(OTHER, None);
    room.advance(SECOND);
    assert!(matches!(room.sign_in(PASSWORD, None).0, Reply::Refused), "twice as long after the eleventh");
    room.advance(SECOND);
    drop(room.signed_in(PASSWORD));
    assert_eq!(room.disk.number("SELECT failures FROM gates WHERE name = 'strangers'"), 0);
    assert!(room.knows(&first), "a lock ends no sign-in");
}

#[test]
fn a_password_that_is_confirmed_while_signed_in_is_counted_apart_and_locks_alike() {
    let (room, first) = AccountRoom::new();
    let wrong = || password(OTHER);
    let by = || first.id.clone();
    for _ in 0..5 {
        assert!(matches!(change_password(&room, &first, OTHER, OTHER), Ok(Reply::Refused)));
        assert!(matches!(room.tell(Command::BeginTotp { by: by(), password: wrong() }), Ok(Reply::Refused)));
    }
    assert_eq!(room.last_entry(), (Action::SignInFailed, vec![first.id.to_string(), "password".to_owned()]));
    assert_eq!(room.log().len(), 11);
    let locked = room.disk.dump(&[]);
    assert!(matches!(change_password(&room, &first, PASSWORD, OTHER), Ok(Reply::Refused)), "locked");
    assert!(matches!(room.tell(Command::BeginTotp { by: by(), password: password(PASSWORD) }), Ok(Reply::Refused)));
    assert_eq!(room.disk.dump(&[]), locked);
    drop(room.signed_in(PASSWORD));
    assert!(matches!(change_password(&room, &first, PASSWORD, OTHER), Ok(Reply::Refused)), "a sign-in opens it not");
    room.advance(SECOND);
    drop(enable_totp(&room, &first));
    let remove = |text| room.tell(Command::RemoveTotp { by: RemovedBy::User { by: by(), password: password(text) } });
    assert!(matches!(remove(OTHER), Ok(Reply::Refused)));
    room.advance(HOUR);
    assert!(matches!(room.tell(Command::RenewRecoveryCodes { by: by(), password: wrong() }), Ok(Reply::Refused)));
    let failures = "SELECT failures FROM gates WHERE name = 'signed_in'";
    assert_eq!(room.disk.number(failures), 2, "the right password has made it begin anew");
}

#[test]
fn a_new_password_ends_the_other_sign_ins_and_the_links() {
    let (room, first) = AccountRoom::new();
    let other = room.signed_in(PASSWORD);
    room.tell(Command::RequestReset { by: ResetBy::Operator }).unwrap();
    assert!(matches!(change_password(&room, &first, PASSWORD, OTHER), Ok(Reply::Account { .. })));
    assert_eq!(room.last_entry().0, Action::PasswordChanged);
    assert!(room.knows(&first) && !room.knows(&other));
    assert_eq!(room.disk.number("SELECT count(*) FROM resets"), 0);
    assert!(matches!(room.sign_in(PASSWORD, None).0, Reply::Refused));
    assert!(room.knows(&room.signed_in(OTHER)));
}

#[test]
fn a_second_factor_is_asked_for_once_it_is_confirmed() {
    let (room, first) = AccountRoom::new();
    let replaced = begin_totp(&room, &first);
    let secret = begin_totp(&room, &first);
    assert_eq!(room.log().len(), 1, "nothing is in force yet");
    drop(room.signed_in(PASSWORD));
    assert_eq!(confirm_totp(&room, &first, code(&room, &replaced)), Err(Rejection::TotpWrong));
    let stranger = room.signed_in(PASSWORD);
    let stolen = confirm_totp(&room, &stranger, code(&room, &secret));
    assert_eq!(stolen, Err(Rejection::TotpNotEnabled), "only who was shown the secret may confirm");
    let codes = confirm_totp(&room, &first, code(&room, &secret)).unwrap();
    assert_eq!((codes.len(), room.last_entry().0), (10, Action::TotpEnabled));
    assert_eq!(
        room.tell(Command::BeginTotp { by: first.id.clone(), password: password(PASSWORD) }),
        Err(Rejection::TotpEnabled)
    );
    let used = code(&room, &secret);
    assert!(matches!(room.sign_in(PASSWORD, with_totp(&used)).0, Reply::Refused), "the code has confirmed it");
    room.advance(30 * SECOND);
    let rows = room.log().len();
    assert!(matches!(room.sign_in(PASSWORD, None).0, Reply::SecondFactorNeeded));
    assert!(matches!(room.sign_in(OTHER, with_totp(&code(&room, &secret))).0, Reply::Refused));
    assert_eq!(room.log().len(), rows + 1, "only the wrong password is reported");
    let fresh = code(&room, &secret);
    let (reply, held) = room.sign_in(PASSWORD, with_totp(&fresh));
    assert!(matches!(reply, Reply::SignedIn { account, .. } if account.totp_enabled));
    assert_eq!(room.last_entry().1[1..], ["192.0.2.1", "password", "totp"]);
    assert!(room.knows(&held));
    assert!(matches!(room.sign_in(PASSWORD, with_totp(&fresh)).0, Reply::Refused), "a code is good once");
    assert_eq!(room.last_entry(), (Action::SignInFailed, vec!["192.0.2.1".to_owned(), "totp".to_owned()]));
}

#[test]
fn wrong_codes_lock_like_wrong_passwords() {
    let (room, first) = AccountRoom::new();
    let (secret, codes) = enable_totp(&room, &first);
    for number in 0..10 {
        let factor = if number % 2 == 0 { with_totp("000000") } else { with_recovery("00000-00000") };
        assert!(matches!(room.sign_in(PASSWORD, factor).0, Reply::Refused));
    }
    for factor in [None, with_totp(&code(&room, &secret)), with_recovery(&codes[0])] {
        assert!(matches!(room.sign_in(PASSWORD, factor).0, Reply::Refused), "locked, and not a word about why");
    }
    room.advance(SECOND);
    assert!(matches!(room.sign_in(PASSWORD, with_recovery(&codes[0])).0, Reply::SignedIn { .. }), "it was not used up");
}

#[test]
fn a_new_password_by_link_unlocks_only_what_no_second_factor_guards() {
    for guarded in [false, true] {
        let (room, first) = AccountRoom::new();
        let codes = guarded.then(|| enable_totp(&room, &first).1);
        let factor = || codes.as_ref().and_then(|codes| with_recovery(&codes[0]));
        for _ in 0..10 {
            room.sign_in(OTHER, None);
        }
        let Ok(Reply::Link { token, .. }) = room.tell(Command::RequestReset { by: ResetBy::Operator }) else {
            panic!("no link")
        };
        let hashes = {
            let keyring = room.keyring.borrow();
            Token::parse(TokenKind::PasswordReset, &token, &keyring).unwrap().hashes(&keyring)
        };
        assert_eq!(room.tell(Command::Reset { hashes, new: password(OTHER) }), Ok(Reply::Acknowledged));
        let opened = matches!(room.sign_in(OTHER, factor()).0, Reply::SignedIn { .. });
        assert_eq!(opened, !guarded);
        room.advance(SECOND);
        assert!(matches!(room.sign_in(OTHER, factor()).0, Reply::SignedIn { .. }));
    }
}

#[test]
fn a_recovery_code_is_good_once_and_new_ones_replace_the_old() {
    let (room, first) = AccountRoom::new();
    let (_, codes) = enable_totp(&room, &first);
    let signs_in = |code: &str| matches!(room.sign_in(PASSWORD, with_recovery(code)).0, Reply::SignedIn { .. });
    assert!(signs_in(&codes[3].to_uppercase()));
    assert_eq!(room.last_entry().1[1..], ["192.0.2.1", "password", "recovery_code"]);
    assert!(!signs_in(&codes[3]));
    let renewed = Command::RenewRecoveryCodes { by: first.id.clone(), password: password(PASSWORD) };
    let Ok(Reply::RecoveryCodes { codes: fresh }) = room.tell(renewed) else { panic!("no codes") };
    assert_eq!(room.last_entry().0, Action::RecoveryCodesRenewed);
    assert!(!signs_in(&codes[4]) && signs_in(&fresh[4]));
}

#[test]
fn a_second_factor_is_taken_away_by_its_user_or_the_operator() {
    let (room, first) = AccountRoom::new();
    let by_user = || RemovedBy::User { by: first.id.clone(), password: password(PASSWORD) };
    assert_eq!(room.tell(Command::RemoveTotp { by: by_user() }), Err(Rejection::TotpNotEnabled));
    for by_operator in [false, true] {
        let (_, codes) = enable_totp(&room, &first);
        let by = if by_operator { RemovedBy::Operator } else { by_user() };
        assert_eq!(room.tell(Command::RemoveTotp { by }), Ok(Reply::Acknowledged));
        assert_eq!(room.last_entry().0, Action::TotpDisabled);
        drop(room.signed_in(PASSWORD));
        assert_eq!(room.disk.number("SELECT count(*) FROM recovery_codes"), 0, "{} are void", codes.len());
        room.advance(HOUR);
    }
}

#[test]
fn a_sign_in_ends_after_a_week_without_use_or_a_month_and_a_use_is_noted_once_an_hour() {
    let (room, first) = AccountRoom::new();
    let idle = room.signed_in(PASSWORD);
    let last_used =
        |held: &SignedIn| room.disk.number(&format!("SELECT last_used_at FROM sign_ins WHERE id = '{}'", held.id));
    let beginning = last_used(&first);
    room.advance(HOUR - 1);
    assert!(room.knows(&first));
    assert_eq!(last_used(&first), beginning, "less than an hour later");
    room.advance(1);
    assert!(room.knows(&first));
    assert_eq!(last_used(&first), beginning + HOUR);
    room.advance(7 * DAY - HOUR - 1);
    let records = room.disk.number("SELECT count(*) FROM audit_log");
    assert!(room.knows(&first));
    room.advance(1);
    assert!(!room.knows(&idle), "a week without use");
    for day in 7..30 {
        assert!(room.knows(&first), "day {day}");
        room.advance(DAY);
    }
    assert!(!room.knows(&first), "a month");
    assert_eq!(room.tell(Command::Confirm { sign_in_id: first.id.clone() }), Err(Rejection::SignedOut));
    assert_eq!(room.tell(Command::Read { by: first.id.clone() }), Err(Rejection::SignedOut));
    assert_eq!(room.disk.number("SELECT count(*) FROM audit_log"), records, "a use is not reported");
    assert_eq!(room.tidy(), None);
    assert_eq!(room.disk.number("SELECT count(*) FROM sign_ins"), 0);
}

#[test]
fn sign_ins_are_listed_and_ended_by_their_user() {
    let (room, first) = AccountRoom::new();
    room.advance(SECOND);
    let second = room.signed_in(PASSWORD);
    let list = |held: &SignedIn| match room.tell(Command::ListSignIns { by: held.id.clone() })? {
        Reply::SignIns { sign_ins } => Ok(sign_ins.into_iter().map(|record| record.id).collect::<Vec<_>>()),
        other => panic!("{other:?}"),
    };
    assert_eq!(list(&first), Ok(vec![second.id.clone(), first.id.clone()]));
    let end = |held: &SignedIn, ended: &SignedIn| {
        room.tell(Command::EndSignIn { by: held.id.clone(), sign_in_id: ended.id.clone() })
    };
    assert_eq!(end(&first, &second), Ok(Reply::Acknowledged));
    assert_eq!(room.last_entry(), (Action::SignedOut, vec![second.id.to_string()]));
    assert_eq!(end(&first, &second), Err(Rejection::SignInNotFound));
    assert_eq!(list(&second), Err(Rejection::SignedOut));
    assert_eq!(end(&first, &first), Ok(Reply::Acknowledged));
    assert_eq!(list(&first), Err(Rejection::SignedOut));
}

#[test]
fn of_more_than_a_hundred_sign_ins_the_one_unused_for_longest_goes() {
    let (room, first) = AccountRoom::new();
    room.advance(SECOND);
    let second = room.signed_in(PASSWORD);
    for _ in 2..100 {
        room.advance(SECOND);
        drop(room.signed_in(PASSWORD));
    }
    room.advance(HOUR);
    assert!(room.knows(&first), "all fit in");
    drop(room.signed_in(PASSWORD));
    assert!(room.knows(&first) && !room.knows(&second));
    assert_eq!(room.disk.number("SELECT count(*) FROM sign_ins"), 100);
}

#[test]
fn everything_is_found_again_under_a_new_root_secret() {
    let (room, first) = AccountRoom::new();
    let (secret, codes) = enable_totp(&room, &first);
    let upcoming = Keyring::parse(&format!("next:{},{}", root_secret(2), root_secret(1))).unwrap();
    for roots in [upcoming, keyring("2,1")] {
        room.keyring.replace(roots);
        room.advance(30 * SECOND);
        assert!(room.knows(&first));
        let (reply, held) = room.sign_in(PASSWORD, with_totp(&code(&room, &secret)));
        assert!(matches!(reply, Reply::SignedIn { .. }));
        assert!(room.knows(&held));
    }
    let pepper = "SELECT json_extract(password, '$.pepper') FROM account";
    assert_eq!(room.disk.number(pepper), 2, "a sign-in makes the hash anew");
    let (_, newer) = room.sign_in(PASSWORD, with_recovery(&codes[0]));
    room.keyring.replace(Keyring::parse(&format!("next:{},{}", root_secret(2), root_secret(1))).unwrap());
    assert!(room.knows(&newer), "one root behind");
    assert!(matches!(room.sign_in(PASSWORD, with_recovery(&codes[1])).0, Reply::SignedIn { .. }));
    assert_eq!(room.disk.number(pepper), 2, "and no step back");
}
