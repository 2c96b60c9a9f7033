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
mod tests;
