//! Passwords: which ones may be chosen (NIST SP 800-63B-4 §3.1.1), and how they are kept.
//!
//! Kept is Argon2id (RFC 9106) with the parameters of the OWASP cheat sheet, 19 MiB and two passes, keyed with a
//! pepper from the keyring: a stolen row cannot even be guessed against without a root secret. The pepper goes
//! in before the hash and not around it, so a hash moves to a newer one only when its password is presented.

use std::fmt;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, Version};
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::email::Email;
use super::keyring::{Keyring, Purpose};

/// How few characters a new password may have.
pub const MIN_CHARACTERS: usize = 8;
/// How many characters a new password may have.
pub const MAX_CHARACTERS: usize = 128;
/// How many bytes are looked at when somebody signs in.
pub const MAX_BYTES: usize = 1_024;

const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;
/// Argon2's version 1.3, the only one of RFC 9106.
const VERSION: u32 = 0x13;

/// A password in plaintext, in NFC. It cannot be printed.
///
/// It is serialised for one reason: only the object of the account has the hash, so the password travels to it
/// inside the platform, in a command, which is also why it can be cloned and compared. No row, log line or
/// answer has a field of this type.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

/// Why a password may not be chosen. No variant carries any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It has less than 8 characters.
    #[error("must have at least 8 characters")]
    TooShort,
    /// It has more than 128 characters.
    #[error("must have at most 128 characters")]
    TooLong,
    /// It has a control character, which most likely came with a paste and cannot be typed again.
    #[error("must not have control characters")]
    Control,
    /// It is the user's own e-mail address, or the first part of it.
    #[error("must not be your e-mail address")]
    Email,
    /// It is among the first that anybody tries.
    #[error("is one of the most common passwords")]
    Common,
    /// It is one character or a plain sequence, perhaps repeated.
    #[error("must not be a repetition or a plain sequence")]
    Pattern,
}

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash {
    /// Algorithm, parameters, salt and output as a PHC string.
    phc: String,
    /// The version of the root from which the pepper was derived.
    pepper: u8,
}

impl Password {
    /// Reads a new password, of the user with this address if it is known. Spaces count, at the ends as well; no kind
    /// of character is asked for.
    ///
    /// # Errors
    /// Names the first reason why it may not be chosen.
    pub fn choose(text: &str, email: Option<&Email>) -> Result<Self, PasswordError> {
        let password = Self::present(text).ok_or(PasswordError::TooLong)?;
        let characters = password.0.chars().count();
        if characters < MIN_CHARACTERS {
            return Err(PasswordError::TooShort);
        }
        if characters > MAX_CHARACTERS {
            return Err(PasswordError::TooLong);
        }
        if password.0.chars().any(char::is_control) {
            return Err(PasswordError::Control);
        }
        let lower = password.0.to_lowercase();
        let bare = lower.trim();
        if email.is_some_and(|email| is_address(email, bare)) {
            return Err(PasswordError::Email);
        }
        if COMMON.split(' ').any(|common| common == bare) {
            return Err(PasswordError::Common);
        }
        if is_pattern(&lower) {
            return Err(PasswordError::Pattern);
        }
        Ok(password)
    }

    /// Whether it is this address, or the first part of it, in any case.
    #[must_use]
    pub fn is_of(&self, email: &Email) -> bool {
        is_address(email, self.0.to_lowercase().trim())
    }

    /// Reads the password with which somebody signs in; `None` over 1,024 bytes, which none ever had.
    #[must_use]
    pub fn present(text: &str) -> Option<Self> {
        (text.len() <= MAX_BYTES).then(|| Self(ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()))
    }
}

impl PartialEq for Password {
    /// Takes the same time wherever the first difference lies.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Password {}

fn is_address(email: &Email, bare: &str) -> bool {
    [email.as_str(), email.local_part(), &email.key()].iter().any(|own| own.to_lowercase() == bare)
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

impl PasswordHash {
    /// Hashes a password under the newest pepper. Takes 19 MiB of memory and tens of milliseconds.
    ///
    /// `None` if the memory is not to be had.
    #[must_use]
    pub fn make(password: &Password, salt: &[u8; 16], keyring: &Keyring) -> Option<Self> {
        let pepper = keyring.newest_version();
        let output = hash(password, salt, pepper, keyring, ours()?)?;
        let (salt, output) = (phc::Salt::new(salt).ok()?, phc::Output::new(&output).ok()?);
        let phc = format!("$argon2id$v={VERSION}$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}");
        Some(Self { phc, pepper })
    }

    /// Whether this is the hash of the password; takes the same time for every wrong password.
    ///
    /// `false` as well for a hash that is not ours: another algorithm, parameters that cost more than ours, or a
    /// pepper that this keyring does not have.
    #[must_use]
    pub fn verify(&self, password: &Password, keyring: &Keyring) -> bool {
        let Some(stored) = Stored::read(&self.phc) else {
            return false;
        };
        hash(password, &stored.salt, self.pepper, keyring, stored.params)
            .is_some_and(|output| output.ct_eq(stored.output.as_bytes()).into())
    }

    /// Whether a hash that is made now would be no better; otherwise one should be made at the next sign-in.
    ///
    /// One under an upcoming root is: somebody else makes them already.
    #[must_use]
    pub fn is_current(&self, keyring: &Keyring) -> bool {
        let has_our_cost = Stored::read(&self.phc)
            .is_some_and(|stored| (stored.params.m_cost(), stored.params.t_cost()) == (MEMORY_KIB, PASSES));
        has_our_cost && self.pepper >= keyring.newest_version()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PasswordHash(…, pepper {})", self.pepper)
    }
}

/// The parts of a PHC string that we could have written, now or with lower costs.
struct Stored {
    params: Params,
    salt: phc::Salt,
    output: phc::Output,
}

impl Stored {
    fn read(text: &str) -> Option<Self> {
        let parsed = phc::PasswordHash::new(text).ok()?;
        let params = Params::try_from(&parsed).ok()?;
        let output = parsed.hash?;
        let is_ours = parsed.algorithm.as_str() == "argon2id"
            && parsed.version == Some(VERSION)
            && params.m_cost() <= MEMORY_KIB
            && params.t_cost() <= PASSES
            && params.p_cost() <= LANES
            && output.len() == OUTPUT_BYTES;
        is_ours.then_some(Self { params, salt: parsed.salt?, output })
    }
}

fn ours() -> Option<Params> {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT_BYTES)).ok()
}

fn hash(password: &Password, salt: &[u8], pepper: u8, keyring: &Keyring, params: Params) -> Option<[u8; OUTPUT_BYTES]> {
    let secret = keyring.derived(pepper, Purpose::Password, &[], &[])?;
    let mut output = [0; OUTPUT_BYTES];
    Argon2::new_with_secret(&secret, Algorithm::Argon2id, Version::V0x13, params)
        .ok()?
        .hash_password_into(password.0.as_bytes(), salt, &mut output)
        .ok()?;
    Some(output)
}

/// Whether the text is one character or a sequence like `abc`, `321` or `7890`, as often as it likes.
fn is_pattern(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=characters.len()).any(|length| {
        let repeats = characters.iter().zip(characters.iter().skip(length)).all(|(one, next)| one == next);
        let (unit, _) = characters.split_at_checked(length).unwrap_or((&characters, &[]));
        repeats && (is_run(unit, follows) || is_run(unit, |one, next| follows(next, one)))
    })
}

fn is_run(unit: &[char], follows: impl Fn(char, char) -> bool) -> bool {
    unit.iter().zip(unit.iter().skip(1)).all(|(one, next)| follows(*one, *next))
}

/// Whether a keyboard or an alphabet has `next` right after `one`.
fn follows(one: char, next: char) -> bool {
    u32::from(one) + 1 == u32::from(next) || matches!((one, next), ('9', '0') | ('z', 'a'))
}

/// What everybody tries first, in lower case, without what the other rules refuse anyway.
///
/// NIST asks for a list against guessing online, where few guesses are allowed, and for no more.
const COMMON: &str = "\
    !qaz2wsx 00000000a 123456789a 12345678a 1234567a 123456aa 123456qwerty 1234abcd 1234qwer 123abc123 123qwe123 \
    123qweasd 147258369 159357456 159753456 1a2b3c4d 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 \
    789456123 87654321a a1234567 a12345678 a123456789 a1b2c3d4 aa123456 aa12345678 abc12345 abc123456 abcd1234 \
    access14 admin123 admin1234 admin@123 administrator alexander apple123 asdf1234 asdfasdf asdfghjk asdfghjkl \
    asdqwe123 azertyuiop babygirl barcelona baseball basketball blink182 butterfly changeit changeme changeme123 \
    charlie1 chocolate christian christopher computer corvette danielle default1 dragon123 elephant elizabeth \
    facebook footbal1 football football1 garfield google123 hello123 helloworld iloveyou iloveyou1 iloveyou2 \
    internet jennifer jessica1 jonathan jordan23 kimberly letmein1 letmein123 linkedin liverpool lovelove master123 \
    maverick michael1 michelle midnight minecraft monkey12 monkey123 mustang1 mypassword myspace1 newpassword \
    nicholas p@$$w0rd p@ssw0rd p@ssword pa$$word passw0rd password password! password0 password01 password1 \
    password1! password12 password123 password1234 password2 passwort patricia pokemon1 princess princess1 q1w2e3r4 \
    q1w2e3r4t5 qazwsxedc qwaszx12 qwer1234 qwerasdf qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyui \
    qwertyuiop qwertyuiop123 rush2112 samantha scooby12 secret123 snoopy12 spiderman startrek starwars steelers \
    sunshine sunshine1 superman superman1 swordfish test1234 testing123 testtest trustno1 unknown1 user1234 victoria \
    welcome1 welcome123 welcome@123 whatever whatever1 william1 zaq12wsx zaq1zaq1 zxcvbnm, zxcvbnm1 zxcvbnm123";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

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
}
