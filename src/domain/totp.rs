//! The second factor: one-time codes of an authenticator (TOTP, RFC 6238), and the codes that stand in for it.
//!
//! SHA-1, 6 digits, 30 seconds: what every authenticator understands. A user's secret is derived from the
//! keyring, so that no row has it. A code counts in its own step and the two beside it, once: the object stores
//! the step of the last code, and nothing at or before that step is accepted again.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use totp_rs::{Builder, Secret, Totp};

use super::key_hash::KeyHash;
use super::keyring::Keyring;
use super::timestamp::Timestamp;

/// How long a step lasts, in milliseconds.
const STEP_MILLIS: i64 = 30_000;
const STEP_SECONDS: u64 = 30;
const DIGITS: usize = 6;
/// What RFC 3986 §2.3 leaves as it is in every part of a URI.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How many recovery codes a user gets at a time.
pub const RECOVERY_CODES: usize = 10;
const RECOVERY_CHARACTERS: usize = 10;
/// Crockford's base32: no `I`, `L`, `O` or `U`, so that what is read off paper is read right.
const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What a user's authenticator and the service share. It cannot be cloned, compared, printed or serialised.
pub struct TotpSecret([u8; 20]);

/// A code that is good once in place of an authenticator: 50 random bits. Only its hashes are stored.
pub struct RecoveryCode(String);

impl TotpSecret {
    /// The secret of these 20 bytes, the length that RFC 4226 §4 recommends.
    #[must_use]
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The form that people type into an authenticator: 32 characters of base32 (RFC 4648 §6), no padding.
    #[must_use]
    pub fn base32(&self) -> String {
        Secret::new_stack(self.0).to_base32()
    }

    /// The form that authenticators scan: `otpauth://totp/{issuer}:{account}?…`, everything percent-encoded.
    ///
    /// Authenticators take the label apart at the first colon, so colons of the issuer are left out.
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let issuer = issuer.replace(':', "");
        let (issuer, account) = (utf8_percent_encode(&issuer, ESCAPED), utf8_percent_encode(account, ESCAPED));
        let secret = self.base32();
        format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
    }

    /// The step whose code this is: the current one, the one before or the one after, but later than `last_step`.
    ///
    /// The step, counted in half minutes since 1970, must be stored before the code takes effect, and given as
    /// `last_step` from then on. Spaces and hyphens in the code do not count, so they make no second code of it.
    #[must_use]
    pub fn accept(&self, code: &str, now: Timestamp, last_step: Option<i64>) -> Option<i64> {
        let presented = digits(code)?;
        let totp = Builder::new().with_secret(Secret::new_stack(self.0)).build().ok()?;
        let current = now.as_millis().div_euclid(STEP_MILLIS);
        // Every step is tried whatever came before. Of two steps with one code (once in a million) the later
        // counts: it ends the other with it.
        (current - 1..=current + 1).fold(None, |accepted, step| {
            let code = u64::try_from(step).map_or_else(|_| String::new(), |step| code_of(&totp, step));
            let is_code: bool = code.as_bytes().ct_eq(presented.as_bytes()).into();
            let is_fresh = last_step.is_none_or(|last| step > last);
            if is_code && is_fresh { Some(step) } else { accepted }
        })
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpSecret(…)")
    }
}

impl RecoveryCode {
    /// Ten codes from one seed: 500 of its 512 bits, each used once.
    #[must_use]
    pub fn draw(seed: &[u8; 64]) -> [Self; RECOVERY_CODES] {
        let mut bits = seed.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1));
        std::array::from_fn(|_| {
            let code = (0..RECOVERY_CHARACTERS).map(|_| {
                let value = bits.by_ref().take(5).fold(0, |value, bit| value << 1 | bit);
                character(value)
            });
            Self(code.collect())
        })
    }

    /// Reads what somebody copied from paper: case, spaces and hyphens do not count, `I` and `L` are 1, `O` is 0.
    ///
    /// `None` if that does not leave ten characters of the alphabet.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = String::with_capacity(RECOVERY_CHARACTERS);
        for read in text.chars().filter(|c| !is_separator(*c)) {
            let normal = match read.to_ascii_lowercase() {
                'i' | 'l' => '1',
                'o' => '0',
                other => other,
            };
            let known = CROCKFORD.iter().any(|known| char::from(*known) == normal);
            if !known || code.len() == RECOVERY_CHARACTERS {
                return None;
            }
            code.push(normal);
        }
        (code.len() == RECOVERY_CHARACTERS).then_some(Self(code))
    }

    /// The plaintext as it is shown, `xxxxx-xxxxx`. Only for the one answer that hands the codes over.
    #[must_use]
    pub fn expose(&self) -> String {
        let (first, second) = self.0.split_at_checked(RECOVERY_CHARACTERS / 2).unwrap_or((&self.0, ""));
        format!("{first}-{second}")
    }

    /// Under which hashes this code may be stored, oldest pepper first: of its ten characters in lower case.
    #[must_use]
    pub fn hashes(&self, keyring: &Keyring) -> Vec<KeyHash> {
        keyring.hashes(&Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RecoveryCode(…)")
    }
}

fn code_of(totp: &Totp, step: u64) -> String {
    totp.generate(step.saturating_mul(STEP_SECONDS)).to_string()
}

/// The six digits of a code without what people and authenticators put between them.
fn digits(code: &str) -> Option<String> {
    let mut digits = String::with_capacity(DIGITS);
    for character in code.chars().filter(|c| !is_separator(*c)) {
        if !character.is_ascii_digit() || digits.len() == DIGITS {
            return None;
        }
        digits.push(character);
    }
    (digits.len() == DIGITS).then_some(digits)
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || character == '-'
}

#[expect(clippy::indexing_slicing, reason = "a remainder of 32 indexes 32 characters")]
fn character(value: u8) -> char {
    char::from(CROCKFORD[usize::from(value % 32)])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::super::keyring::tests::keyring;
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    /// RFC 6238, appendix B: the last 6 of the 8 digits of the SHA-1 rows.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in VECTORS {
            assert_eq!(secret().accept(code, second(seconds), None), Some(seconds / 30), "{code}");
            assert_eq!(TotpSecret::new([7; 20]).accept(code, second(seconds), None), None);
        }
    }

    #[test]
    fn a_code_is_six_digits_whatever_stands_between_them() {
        for code in ["287082", "287 082", "287-082", " 2 8-7082\u{a0}"] {
            assert_eq!(digits(code).as_deref(), Some("287082"), "{code:?}");
        }
        for code in ["", "28708", "2870820", "a87082", "28708a", "28708２"] {
            assert_eq!(digits(code), None, "{code:?}");
        }
    }

    #[test]
    fn a_code_counts_in_its_step_and_the_two_beside_it() {
        let step = 1_234_567_890 / 30;
        let start = second(step * 30);
        for (millis, accepted) in
            [(-30_001, false), (-30_000, true), (-1, true), (0, true), (29_999, true), (59_999, true), (60_000, false)]
        {
            let found = secret().accept("005924", start.plus_millis(millis), None);
            assert_eq!(found, accepted.then_some(step), "{millis} ms after the step began");
        }
    }

    #[test]
    fn each_step_is_good_once_and_none_before_it() {
        let (now, step) = (second(1_234_567_890), 1_234_567_890 / 30);
        for (last, accepted) in [(None, true), (Some(step - 1), true), (Some(step), false), (Some(step + 1), false)] {
            assert_eq!(secret().accept("005924", now, last).is_some(), accepted, "{last:?}");
        }
        assert_eq!(secret().accept("005-924", now, Some(step)), None, "another spelling is the same code");
        assert_eq!(secret().accept("005924", now, Some(i64::MAX)), None);
    }

    #[test]
    fn spaces_and_hyphens_do_not_count_and_nothing_else_is_left_out() {
        let now = second(1_234_567_890);
        for accepted in ["005924", "005 924", " 005-924\n", "0 0 5 9 2 4", "005\u{a0}924"] {
            assert!(secret().accept(accepted, now, None).is_some(), "{accepted:?}");
        }
        let long = "0".repeat(100_000);
        for refused in
            ["", " ", "5924", "05924", "0005924", "0059240", "+05924", "005.924", "００５９２４", "00592é", &long]
        {
            assert!(secret().accept(refused, now, None).is_none(), "{:?}", refused.get(..9));
        }
    }

    #[test]
    fn moments_before_1970_have_no_codes_and_the_last_moment_has_some() {
        assert_eq!(secret().accept("287082", Timestamp::MIN, None), None);
        let _ = secret().accept("287082", Timestamp::MAX, None);
    }

    #[test]
    fn authenticators_are_told_everything_percent_encoded() {
        assert_eq!(secret().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(TotpSecret::new([255; 20]).base32(), "7".repeat(32));
        assert_eq!(
            secret().uri("Büro & Co: x", "ada+1:2/3?@example.com"),
            "otpauth://totp/B%C3%BCro%20%26%20Co%20x:ada%2B1%3A2%2F3%3F%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=B%C3%BCro%20%26%20Co%20x\
             &algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn secrets_and_codes_do_not_show_themselves() {
        let code = RecoveryCode::parse("00000-00000").unwrap();
        assert_eq!(format!("{:?} {code:?}", secret()), "TotpSecret(…) RecoveryCode(…)");
    }

    #[test]
    fn ten_codes_use_the_bits_of_a_seed_in_order_and_each_once() {
        let mut seed = [0; 64];
        (seed[0], seed[1], seed[6], seed[62]) = (0b0000_1000, 0b1000_0000, 0b0011_1111, 0b1111_0000);
        let shown = RecoveryCode::draw(&seed).map(|code| code.expose());
        // 00001 00010 …; bits 50 to 55 belong to the second code; the last four bits used end the tenth.
        assert_eq!((shown[0].as_str(), shown[1].as_str()), ("12000-00000", "zg000-00000"));
        assert_eq!(shown[9], "00000-0000f");
        let last: [u8; 64] = std::array::from_fn(|at| if at == 63 { 255 } else { seed[at] });
        assert_eq!(RecoveryCode::draw(&last).map(|code| code.expose()), shown, "the last 12 bits are not used");
        let all: HashSet<_> = (0_u32..1_000)
            .flat_map(|counter| RecoveryCode::draw(&sha2::Sha512::digest(counter.to_be_bytes()).into()))
            .map(|code| code.expose())
            .collect();
        assert_eq!(all.len(), 10_000);
    }

    #[test]
    fn recovery_codes_are_read_as_they_are_heard() {
        for (text, code) in [
            ("abcde-fghjk", "abcde-fghjk"),
            (" ABCDE FGHJK\n", "abcde-fghjk"),
            ("--a-b c-d e f g h j k", "abcde-fghjk"),
            ("IiLlO-oOo01", "11110-00001"),
        ] {
            assert_eq!(RecoveryCode::parse(text).unwrap().expose(), code);
        }
        let long = "a".repeat(100_000);
        for refused in ["", "abcde-fghj", "abcde-fghjka", "abcde-fghju", "abcde_fghjk", "abcde-fghjé", &long] {
            assert!(RecoveryCode::parse(refused).is_none(), "{:?}", refused.get(..12));
        }
    }

    #[test]
    fn the_hash_of_a_recovery_code_is_pinned() {
        let hashes = RecoveryCode::parse("ABCDE-FGHJK").unwrap().hashes(&keyring());
        assert_eq!(hashes, keyring().hashes(&Sha256::digest(b"abcdefghjk").into()));
        assert_eq!(hashes.len(), 2);
    }

    proptest! {
        #[test]
        fn a_code_that_was_used_is_never_good_again(bytes: [u8; 20], first in 2_i64..1_000_000, later in 0_i64..2) {
            let totp = Builder::new().with_secret(Secret::new_stack(bytes)).build().unwrap();
            let code = code_of(&totp, first.unsigned_abs());
            let secret = TotpSecret::new(bytes);
            let used = secret.accept(&code, second(first * 30), None);
            prop_assert!(used.is_some_and(|step| (first..=first + 1).contains(&step)));
            prop_assert_eq!(secret.accept(&code, second((first + later - 1) * 30), used), None);
        }

        #[test]
        fn what_is_drawn_is_read_again(low: [u8; 32], high: [u8; 32]) {
            let seed = [low, high].concat().try_into().unwrap();
            for code in RecoveryCode::draw(&seed) {
                let shown = code.expose();
                let read = RecoveryCode::parse(&shown.to_uppercase().replace('-', "  ")).unwrap();
                prop_assert_eq!(read.hashes(&keyring()), code.hashes(&keyring()));
            }
        }

        #[test]
        fn no_text_makes_reading_panic(text: String, millis: i64, last: Option<i64>) {
            let _ = secret().accept(&text, Timestamp::from_millis(millis), last);
            let _ = RecoveryCode::parse(&text);
        }
    }
}
