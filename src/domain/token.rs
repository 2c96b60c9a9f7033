//! The secrets of people that travel in cookies, headers and links: access tokens, password resets, invitations.
//!
//! ```text
//! lkat_ │ 32 random │ 11 locator │ 8 tag
//!         190 bits     the object   keyed over all before it
//! ```
//! Like a secret key, a forged one is told from a good one without any look-up, and only its hash is stored.
//! Whether a token is still good, only the object at its locator knows. Plaintext does not leave this type but
//! by [`Token::expose`] (H3).

use std::fmt;

use sha2::{Digest, Sha256};

use super::base62;
use super::key_hash::KeyHash;
use super::keyring::{Keyring, TAG_CHARACTERS, TagKind};
use super::locator::{LOCATOR_CHARACTERS, Locator};

const RANDOM_CHARACTERS: usize = 32;
const BODY_CHARACTERS: usize = RANDOM_CHARACTERS + LOCATOR_CHARACTERS + TAG_CHARACTERS;

/// What a token is for; one of one kind is worth nothing as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A user's sign-in; leads to the user.
    Access,
    /// A link by which a user chooses a new password; leads to the user.
    PasswordReset,
    /// A link by which somebody joins an organization; leads to the organization.
    Invitation,
}

/// A token in plaintext. It cannot be cloned, compared, printed or serialised.
pub struct Token {
    text: String,
    locator: Locator,
}

impl TokenKind {
    /// What every token of this kind begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "lkat_",
            Self::PasswordReset => "lkpr_",
            Self::Invitation => "lkiv_",
        }
    }

    const fn tag(self) -> TagKind {
        match self {
            Self::Access => TagKind::AccessToken,
            Self::PasswordReset => TagKind::PasswordReset,
            Self::Invitation => TagKind::Invitation,
        }
    }
}

impl Token {
    /// Makes a new token for the object at `locator`; `None` if the seed had too many biased bytes (never, in practice).
    #[must_use]
    pub fn generate(kind: TokenKind, locator: Locator, seed: &[u8; 64], keyring: &Keyring) -> Option<Self> {
        let random = base62::sample(seed, RANDOM_CHARACTERS)?;
        let mut text = format!("{}{random}{locator}", kind.prefix());
        text += &keyring.tag(kind.tag(), text.as_bytes());
        Some(Self { text, locator })
    }

    /// Recognises a token of this kind and deployment, without any look-up.
    ///
    /// `None` for everything else, without a reason: nobody types tokens, so no answer has to help with them.
    #[must_use]
    pub fn parse(kind: TokenKind, text: &str, keyring: &Keyring) -> Option<Self> {
        let body = text.strip_prefix(kind.prefix())?;
        if body.len() != BODY_CHARACTERS || !base62::is_base62(body) {
            return None;
        }
        let (tagged, tag) = base62::split_last(text, TAG_CHARACTERS)?;
        if !keyring.accepts_tag(kind.tag(), tagged.as_bytes(), tag) {
            return None;
        }
        let (_, locator) = base62::split_last(tagged, LOCATOR_CHARACTERS)?;
        Some(Self { text: text.to_owned(), locator: Locator::parse(locator).ok()? })
    }

    /// The plaintext. Only for the one answer, cookie or link that hands it over.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Where the object lives that knows whether the token is good.
    #[must_use]
    pub const fn locator(&self) -> Locator {
        self.locator
    }

    /// Under which hashes this token may be stored, oldest pepper first.
    #[must_use]
    pub fn hashes(&self, keyring: &Keyring) -> Vec<KeyHash> {
        keyring.hashes(&self.digest())
    }

    /// SHA-256 of the whole text.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::collections::HashSet;

    use proptest::prelude::*;
    use serde_json::Value;
    use sha2::Sha512;

    use super::super::keyring::tests::{bytes, keyring, text, vectors};
    use super::*;

    const KINDS: [TokenKind; 3] = [TokenKind::Access, TokenKind::PasswordReset, TokenKind::Invitation];

    fn seed(counter: u32) -> [u8; 64] {
        Sha512::digest(counter.to_be_bytes()).into()
    }

    fn token(kind: TokenKind) -> String {
        Token::generate(kind, Locator::from_seed(&[7; 8]), &seed(0), &keyring()).unwrap().expose().to_owned()
    }

    #[test]
    fn tokens_and_hashes_are_those_of_the_published_vectors() {
        let (keyring, vectors) = (keyring(), vectors());
        let vectors = vectors["tokens"].as_array().unwrap();
        assert_eq!(vectors.len(), KINDS.len());
        for (kind, vector) in KINDS.into_iter().zip(vectors) {
            let locator = Locator::from_seed(&bytes(&vector["locatorSeed"]));
            let token = Token::generate(kind, locator, &bytes(&vector["seed"]), &keyring).unwrap();
            let parts = ["prefix", "random", "locator", "tag"].map(|part| text(&vector[part]));
            assert_eq!(token.expose(), parts.concat());
            let parsed = Token::parse(kind, token.expose(), &keyring).unwrap();
            for token in [token, parsed] {
                assert_eq!(token.locator(), locator);
                let hashes: Vec<_> = token.hashes(&keyring).iter().map(ToString::to_string).collect();
                assert_eq!(Value::from(hashes), vector["hashes"]);
            }
        }
    }

    #[test]
    fn a_token_does_not_show_itself() {
        let token = Token::parse(TokenKind::Access, &token(TokenKind::Access), &keyring()).unwrap();
        assert_eq!(format!("{token:?} {token:#?}"), "Token(…) Token(…)");
    }

    #[test]
    fn a_token_of_one_kind_is_none_of_another_even_with_its_prefix() {
        for made in KINDS {
            let text = token(made);
            for asked in KINDS {
                let renamed = format!("{}{}", asked.prefix(), text.strip_prefix(made.prefix()).unwrap());
                assert_eq!(Token::parse(asked, &text, &keyring()).is_some(), made == asked);
                assert_eq!(Token::parse(asked, &renamed, &keyring()).is_some(), made == asked);
            }
        }
    }

    #[test]
    fn whatever_is_not_exactly_a_token_is_none() {
        let text = token(TokenKind::Access);
        let body = text.strip_prefix("lkat_").unwrap();
        let huge = format!("lkat_{}", "z".repeat(1_000_000));
        for refused in [
            "",
            "lkat_",
            body,
            &text.to_uppercase(),
            &text[..text.len() - 1],
            &format!("{text}0"),
            &format!(" {text}"),
            &format!("{text}\n"),
            &format!("Bearer {text}"),
            &format!("lkat_é{}", &body[2..]),
            &format!("lkat_-{}", &body[1..]),
            &huge,
        ] {
            assert!(Token::parse(TokenKind::Access, refused, &keyring()).is_none(), "{:?}", refused.get(..20));
        }
        let stranger = Keyring::parse(&"5a".repeat(32)).unwrap();
        assert!(Token::parse(TokenKind::Access, &text, &stranger).is_none());
    }

    #[test]
    fn a_tagged_locator_beyond_64_bits_is_refused() {
        let mut text = format!("lkat_{}{}", "0".repeat(RANDOM_CHARACTERS), "z".repeat(LOCATOR_CHARACTERS));
        text += &keyring().tag(TagKind::AccessToken, text.as_bytes());
        assert!(Token::parse(TokenKind::Access, &text, &keyring()).is_none());
    }

    #[test]
    fn tokens_do_not_repeat_and_a_poor_seed_gives_none() {
        let (locator, keyring) = (Locator::from_seed(&[1; 8]), keyring());
        let make = |seed: &[u8; 64]| Token::generate(TokenKind::Invitation, locator, seed, &keyring);
        let all: HashSet<_> = (0..10_000).map(|counter| make(&seed(counter)).unwrap().expose().to_owned()).collect();
        assert_eq!(all.len(), 10_000);
        assert!(make(&[255; 64]).is_none());
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_refused(position in 0_usize..56, replacement: char) {
            let text = token(TokenKind::PasswordReset);
            let wrong: String = text
                .chars()
                .enumerate()
                .map(|(index, character)| if index == position { replacement } else { character })
                .collect();
            let parsed = Token::parse(TokenKind::PasswordReset, &wrong, &keyring());
            prop_assert_eq!(parsed.is_none(), wrong != text);
        }

        #[test]
        fn no_text_is_accepted_or_panics(text: String, body in "[ -~é\u{200b}]{45,55}") {
            for text in [&text, &body] {
                for kind in KINDS {
                    let presented = format!("{}{text}", kind.prefix());
                    prop_assert!(Token::parse(kind, &presented, &keyring()).is_none());
                    prop_assert!(Token::parse(kind, text, &keyring()).is_none());
                }
            }
        }
    }
}
