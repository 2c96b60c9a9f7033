//! Argon2id against its RFC, and what is kept of a password.

use argon2::{AssociatedData, ParamsBuilder};
use proptest::prelude::*;

use super::super::keyring::tests::keyring;
use super::*;

fn email() -> Email {
    Email::parse("Ada.Lovelace@example.com").unwrap()
}

fn refusal(text: &str) -> Option<PasswordError> {
    Password::choose(text, Some(&email())).err()
}

fn password(text: &str) -> Password {
    Password::present(text).unwrap()
}

/// A hash as an earlier version of us could have made it, so that tests are quick.
fn cheap(text: &str, keyring: &Keyring, params: &str) -> PasswordHash {
    let pepper = keyring.newest_version();
    let cost = Params::new(8, 1, 1, Some(OUTPUT_BYTES)).unwrap();
    let output = hash(&password(text), &[7; 16], pepper, keyring, cost).unwrap();
    let (salt, output) = (phc::Salt::new(&[7; 16]).unwrap(), phc::Output::new(&output).unwrap());
    PasswordHash { phc: format!("{params}${salt}${output}"), pepper }
}

const CHEAP: &str = "$argon2id$v=19$m=8,t=1,p=1";

#[test]
fn anything_long_enough_may_be_chosen() {
    let longest = "xz".repeat(64);
    for accepted in [
        "correct horse battery staple",
        "8charsok",
        "        ok",
        "пароль на сайт",
        "パスワードですよね",
        "🦀🦞🦐🦑🐙🐚🐠🐡",
        "ada.lovelace@example.org",
        "ada.lovelace1",
        "xkcdxkcd",
        "passwordpassword",
        &longest,
    ] {
        assert_eq!(refusal(accepted), None, "{accepted}");
    }
}

#[test]
fn what_is_guessed_first_may_not_be_chosen() {
    use PasswordError::{Common, Control, Email, Pattern, TooLong, TooShort};
    let (too_long, huge) = ("xz".repeat(64) + "x", "x".repeat(1_000_000));
    for (text, error) in [
        ("", TooShort),
        ("7 chars", TooShort),
        ("ééééééé", TooShort),
        ("e\u{301}e\u{301}e\u{301}e\u{301}", TooShort),
        (&too_long, TooLong),
        (&huge, TooLong),
        ("tab\tin the middle", Control),
        ("pasted with its line\n", Control),
        ("ada.lovelace", Email),
        ("ADA.LOVELACE", Email),
        ("aDa.Lovelace@Example.com", Email),
        (" ada.lovelace ", Email),
        ("password", Common),
        ("PassWord123", Common),
        ("P@ssw0rd", Common),
        ("qwertyuiop", Common),
        ("Trustno1 ", Common),
        ("aaaaaaaa", Pattern),
        ("        ", Pattern),
        ("12345678", Pattern),
        ("1234567890", Pattern),
        ("0987654321", Pattern),
        ("98765432", Pattern),
        ("12341234", Pattern),
        ("1231231231", Pattern),
        ("AbCdEfGh", Pattern),
        ("hgfedcba", Pattern),
        ("abcabcabc", Pattern),
        ("wxyzabcd", Pattern),
    ] {
        assert_eq!(refusal(text), Some(error), "{:?}", text.get(..20).unwrap_or(text));
    }
}

#[test]
fn the_list_holds_what_the_other_rules_let_through() {
    let all: Vec<_> = COMMON.split(' ').collect();
    assert!(all.len() >= 60);
    assert!(all.is_sorted() && all.windows(2).all(|pair| pair[0] != pair[1]));
    for common in all {
        assert_eq!(refusal(common), Some(PasswordError::Common), "{common}");
        assert_eq!(refusal(&common.to_uppercase()), Some(PasswordError::Common), "{common}");
    }
}

#[test]
fn what_signs_in_is_bounded_by_bytes_only() {
    assert!(Password::present("").is_some());
    assert!(Password::present(&"x".repeat(MAX_BYTES)).is_some());
    assert!(Password::present(&"x".repeat(MAX_BYTES + 1)).is_none());
}

#[test]
fn passwords_and_hashes_do_not_show_themselves() {
    let hash = cheap("correct horse", &keyring(), CHEAP);
    assert_eq!(format!("{:?} {hash:?}", password("correct horse")), "Password(…) PasswordHash(…, pepper 2)");
}

#[test]
fn the_forms_on_the_wire_and_in_rows_are_pinned() {
    let chosen = password("e\u{301} x");
    assert_eq!(serde_json::to_string(&chosen).unwrap(), "\"é x\"");
    assert_eq!(serde_json::from_str::<Password>("\"é x\"").unwrap(), chosen);
    assert_ne!(chosen, password("é y"));
    let row = r#"{"phc":"$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA","pepper":1}"#;
    let read: PasswordHash = serde_json::from_str(row).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), row);
}

/// RFC 9106, §5.3.
#[test]
fn argon2id_is_that_of_rfc_9106() {
    let data = AssociatedData::new(&[4; 12]).unwrap();
    let params = ParamsBuilder::new().m_cost(32).t_cost(3).p_cost(4).data(data).build().unwrap();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut output = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut output).unwrap();
    assert_eq!(hex::encode(output), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

/// The output was computed by the reference implementation in C, with the pepper as its secret.
#[test]
fn a_hash_is_that_of_an_independent_program_and_verifies_its_password_only() {
    let hash = PasswordHash::make(&password("correct horse battery staple"), &[7; 16], &keyring()).unwrap();
    assert_eq!(
        hash.phc,
        "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$LXO+06czBbx+RD2I4ko+q0OPvp0CklXr740cm72m/gw"
    );
    assert_eq!(hash.pepper, 2);
    assert!(hash.is_current(&keyring()));
    assert!(hash.verify(&password("correct horse battery staple"), &keyring()));
    assert!(!hash.verify(&password("correct horse battery stapler"), &keyring()));
    let read: PasswordHash = serde_json::from_str(&serde_json::to_string(&hash).unwrap()).unwrap();
    assert!(read == hash);
}

#[test]
fn a_password_is_the_same_however_its_accents_are_composed() {
    let hash = cheap("cafe\u{301} ole\u{301}", &keyring(), CHEAP);
    assert!(hash.verify(&password("café olé"), &keyring()));
    assert!(!hash.verify(&password("cafe ole"), &keyring()));
    assert!(!hash.verify(&password("Café olé"), &keyring()), "case counts");
}

#[test]
fn a_hash_without_our_roots_is_worth_nothing_and_an_older_one_is_made_anew() {
    let roots = [1_u8, 2].map(|byte| hex::encode([byte; 32]));
    let old = Keyring::parse(&roots[0]).unwrap();
    let between = Keyring::parse(&format!("next:{},{}", roots[1], roots[0])).unwrap();
    let new = Keyring::parse(&format!("{},{}", roots[1], roots[0])).unwrap();
    let hash = PasswordHash::make(&password("secret enough"), &[1; 16], &old).unwrap();
    assert!(hash.is_current(&old) && hash.is_current(&between) && !hash.is_current(&new));
    let made = [cheap("secret enough", &old, CHEAP), cheap("secret enough", &new, CHEAP)];
    for (made, keyring, verifies) in [
        (&made[0], &old, true),
        (&made[0], &between, true),
        (&made[0], &new, true),
        (&made[0], &keyring(), false),
        (&made[1], &old, false),
        (&made[1], &between, true),
        (&made[1], &new, true),
    ] {
        assert_eq!(made.verify(&password("secret enough"), keyring), verifies);
    }
    let newer = PasswordHash { pepper: 2, ..hash };
    assert!(newer.is_current(&between), "somebody who uses the upcoming root made it");
}

#[test]
fn cheaper_hashes_verify_and_are_not_current_and_dearer_ones_are_refused() {
    let keyring = keyring();
    let good = cheap("secret enough", &keyring, CHEAP);
    assert!(good.verify(&password("secret enough"), &keyring) && !good.is_current(&keyring));
    for params in [
        "$argon2id$v=19$m=19457,t=1,p=1",
        "$argon2id$v=19$m=4294967295,t=1,p=1",
        "$argon2id$v=19$m=8,t=3,p=1",
        "$argon2id$v=19$m=16,t=1,p=2",
        "$argon2id$v=16$m=8,t=1,p=1",
        "$argon2id$m=8,t=1,p=1",
        "$argon2i$v=19$m=8,t=1,p=1",
        "$argon2d$v=19$m=8,t=1,p=1",
        "$scrypt$ln=15,r=8,p=1",
        "",
    ] {
        let refused = cheap("secret enough", &keyring, params);
        assert!(Stored::read(&refused.phc).is_none(), "{params}");
        assert!(!refused.verify(&password("secret enough"), &keyring) && !refused.is_current(&keyring));
    }
}

#[test]
fn a_damaged_row_verifies_nothing() {
    let good = cheap("secret enough", &keyring(), CHEAP);
    for length in 0..good.phc.len() {
        let damaged = PasswordHash { phc: good.phc[..length].to_owned(), pepper: good.pepper };
        assert!(!damaged.verify(&password("secret enough"), &keyring()), "{length}");
    }
    for pepper in [0, 1, 3, 255] {
        let damaged = PasswordHash { phc: good.phc.clone(), pepper };
        assert!(!damaged.verify(&password("secret enough"), &keyring()), "{pepper}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_choosing_or_reading_panic(text: String, phc: String, repeated in "[a-c1-3]{1,4}") {
        let _ = Password::choose(&text, Some(&email()));
        let _ = Password::choose(&repeated.repeat(5), Some(&email()));
        prop_assert!(Stored::read(&phc).is_none());
    }

    #[test]
    fn what_was_chosen_can_be_presented(text in r"[a-zäé\u{301} 가-힣🦀]{8,40}", other in "[a-z]{8,12}") {
        if let Ok(chosen) = Password::choose(&text, Some(&email())) {
            let hash = cheap(&text, &keyring(), CHEAP);
            prop_assert!(hash.verify(&chosen, &keyring()));
            prop_assert!(hash.verify(&password(&text), &keyring()));
            prop_assert_eq!(hash.verify(&password(&other), &keyring()), text == other);
        }
    }
}
