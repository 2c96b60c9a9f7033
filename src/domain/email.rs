//! The e-mail address by which a user signs in.
//!
//! Narrower than RFC 5321 allows: no quoted local part, no display name, no comment, no IP address, and a domain
//! as the DNS knows it. Two addresses that differ in case only are one: hardly any server tells them apart, and
//! where one does, refusing a second account harms less than two people with one address.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

use super::domain_name::{DomainName, DomainNameError};
use super::text;

/// How many bytes an address may have (RFC 5321 §4.5.3.1.3, without the angle brackets).
pub const MAX_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;

/// An e-mail address as its owner writes it. `==` compares spellings; [`Email::key`] tells whether two are the same.
///
/// Read from a row it is trusted and not checked again, so that a later rule locks nobody out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// Why a text is not an e-mail address that Latchkey accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// It does not have the shape `name@example.com`.
    #[error("must look like name@example.com")]
    Syntax,
    /// It has more than 254 bytes.
    #[error("must not be longer than 254 bytes")]
    TooLong,
    /// It has a control character, or one that cannot be seen.
    #[error("must not have control or invisible characters")]
    Invisible,
    /// What follows the `@` is no domain name.
    #[error("has a domain that {0}")]
    Domain(#[from] DomainNameError),
}

impl Email {
    /// Reads an address; white space around it is dropped, and it is brought to NFC (RFC 6532 §3.1).
    ///
    /// NFC also closes a way to somebody else's account: a Kelvin sign would be sent mail as itself, but found as `k`.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        let normal = ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned();
        let (local, domain) = normal.rsplit_once('@').ok_or(EmailError::Syntax)?;
        if !text::is_plain(&normal) {
            return Err(EmailError::Invisible);
        }
        if local.len() > MAX_LOCAL_BYTES || !local.split('.').all(is_atom) {
            return Err(EmailError::Syntax);
        }
        DomainName::parse(domain)?;
        let email = Self(normal);
        let fits = email.0.len() <= MAX_BYTES && email.key().len() <= MAX_BYTES;
        fits.then_some(email).ok_or(EmailError::TooLong)
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(local, _)| local)
    }

    /// The form under which an address is unique: NFC, in lower case, the domain in ASCII.
    #[must_use]
    pub fn key(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        // Character by character: as a whole word, `Σ` would become another letter at the end of it.
        let lower: String = local.chars().flat_map(char::to_lowercase).collect();
        let local = ComposingNormalizerBorrowed::new_nfc().normalize(&lower);
        let domain = DomainName::parse(domain).map_or_else(|_| domain.to_lowercase(), String::from);
        format!("{local}@{domain}")
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::parse(text)
    }
}

/// An atom of RFC 5322 §3.2.3, with every character beyond ASCII as RFC 6531 §3.3 has it.
fn is_atom(text: &str) -> bool {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    !text.is_empty() && text.chars().all(is_atext)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        Email::parse(text).unwrap().key()
    }

    #[test]
    fn addresses_are_kept_as_written_and_unique_in_lower_case() {
        for (text, written, unique) in [
            ("ada@example.com", "ada@example.com", "ada@example.com"),
            (" Ada.Lovelace@Example.COM\n", "Ada.Lovelace@Example.COM", "ada.lovelace@example.com"),
            ("a+b_c-d'e@sub.example.co.uk", "a+b_c-d'e@sub.example.co.uk", "a+b_c-d'e@sub.example.co.uk"),
            ("JÜRGEN@Bücher.example", "JÜRGEN@Bücher.example", "jürgen@xn--bcher-kva.example"),
            ("Ju\u{308}rgen@bu\u{308}cher.example", "Jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
            ("用户@例え。テスト", "用户@例え。テスト", "用户@xn--r8jz45g.xn--zckzah"),
            ("\u{212a}ay@example.com", "Kay@example.com", "kay@example.com"),
            ("ΟΔΟΣ@example.com", "ΟΔΟΣ@example.com", "οδοσ@example.com"),
            // The second mark is no letter, and has no composed form.
            ("विक्रम@example.com", "विक्रम@example.com", "विक्रम@example.com"),
            ("1@example.com", "1@example.com", "1@example.com"),
        ] {
            let email = Email::parse(text).unwrap();
            assert_eq!((email.as_str(), email.key().as_str()), (written, unique));
            assert_eq!(email.to_string(), written);
        }
    }

    #[test]
    fn the_local_part_is_what_stands_before_the_sign() {
        assert_eq!(Email::parse("Ada.L@example.com").unwrap().local_part(), "Ada.L");
    }

    #[test]
    fn everything_that_is_no_plain_address_is_refused() {
        use EmailError::{Domain, Invisible, Syntax, TooLong};
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("{}@{}thirteenchars", "a".repeat(64), "abcdefg.".repeat(22));
        let longer = format!("{}@{}fourteen-chars", "a".repeat(64), "abcdefg.".repeat(22));
        // Short enough as written, too long as the DNS writes it.
        let long_in_ascii = format!("{}@{}example", "a".repeat(64), "ä.".repeat(28));
        assert!(Email::parse(&long).is_ok());
        for (text, error) in [
            ("", Syntax),
            ("@", Syntax),
            ("ada", Syntax),
            ("@example.com", Syntax),
            ("ada@@example.com", Syntax),
            ("ada@home@example.com", Syntax),
            (".ada@example.com", Syntax),
            ("ada.@example.com", Syntax),
            ("a..da@example.com", Syntax),
            ("\"ada\"@example.com", Syntax),
            ("\"a@b\"@example.com", Syntax),
            ("ada(comment)@example.com", Syntax),
            ("Ada<ada@example.com", Syntax),
            ("ada,bob@example.com", Syntax),
            ("mailto:ada@example.com", Syntax),
            (&long_local, Syntax),
            ("Ada <ada@example.com>", Invisible),
            ("ada lovelace@example.com", Invisible),
            ("ada@exa mple.com", Invisible),
            ("ada\r\nbcc:bob@example.com", Invisible),
            ("ada\0@example.com", Invisible),
            ("a\u{200b}da@example.com", Invisible),
            ("a\u{202e}da@example.com", Invisible),
            ("ada@exam\u{ad}ple.com", Invisible),
            ("ada@", Domain(DomainNameError::Syntax)),
            ("ada@example.com.", Domain(DomainNameError::Syntax)),
            ("ada@-example.com", Domain(DomainNameError::Syntax)),
            ("ada@[192.0.2.1]", Domain(DomainNameError::Syntax)),
            ("ada@[IPv6:2001:db8::1]", Domain(DomainNameError::Syntax)),
            ("ada@192.0.2.1", Domain(DomainNameError::IpAddress)),
            ("ada@localhost", Domain(DomainNameError::SingleLabel)),
            (&longer, TooLong),
            (&long_in_ascii, TooLong),
        ] {
            assert_eq!(Email::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn the_stored_form_is_the_text_and_trusted() {
        let email = Email::parse("Ada@Example.com").unwrap();
        assert_eq!(serde_json::to_string(&email).unwrap(), "\"Ada@Example.com\"");
        assert_eq!(serde_json::from_str::<Email>("\"Ada@Example.com\"").unwrap(), email);
        let odd: Email = serde_json::from_str("\"ROOT@LOCALHOST\"").unwrap();
        assert_eq!(odd.key(), "root@localhost");
    }

    #[test]
    fn every_letter_with_two_cases_has_one_form() {
        for letter in ('\0'..=char::MAX).filter(|letter| letter.to_lowercase().ne([*letter])) {
            let Ok(email) = Email::parse(&format!("a{letter}z@example.com")) else { continue };
            let unique = email.key();
            assert_eq!(key(&unique), unique, "{letter:?}");
            let decomposed = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd().normalize(email.as_str());
            assert_eq!(key(&decomposed), unique, "{letter:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_accepted_again_and_its_key_is_its_own(
            any: String,
            likely in r"[a-zA-Z0-9.+äÄßİΣ\u{308}\u{345}@-]{1,12}@[a-zA-Zäß例-]{1,12}\.[a-zA-Z例]{1,5}",
        ) {
            for text in [any, likely] {
                if let Ok(email) = Email::parse(&text) {
                    prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
                    let unique = email.key();
                    prop_assert_eq!(Email::parse(&unique).unwrap().key(), unique);
                }
            }
        }
    }
}
