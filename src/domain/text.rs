//! Texts that people write: names, reasons, tags, and the ids of other systems.
//!
//! Two texts that look alike should be alike, and nothing may hide: texts are brought to NFC and trimmed of
//! everything invisible; control characters, direction overrides (CVE-2021-42574) and invisible characters in
//! the middle are refused. What is accepted comes out of `parse` unchanged when it is parsed again.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{
    BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory, VariationSelector,
};
use serde::{Deserialize, Serialize};

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It has no visible character.
    #[error("must have a visible character")]
    Empty,
    /// It has more characters than allowed.
    #[error("is too long")]
    TooLong,
    /// It has a control character, a line break, or a code point that is no character.
    #[error("must not have control characters")]
    Control,
    /// It has a character that changes the direction of the text around it.
    #[error("must not have characters that change the direction of text")]
    Direction,
    /// It has an invisible character where it joins nothing.
    #[error("must not have invisible characters")]
    Invisible,
}

/// A text that is kept as `parse` brings it to its normal form.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:literal, $parse:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// How many characters it may have; the bytes are bounded with them, at 4 each.
            pub const MAX_CHARACTERS: usize = $max;

            /// Reads the text, or says why it is refused.
            ///
            /// # Errors
            /// Names what is wrong.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                $parse(text, Self::MAX_CHARACTERS).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

text!(
    /// The name of a key, session or organization: one line of 1 to 100 characters.
    Name, 100, line
);
text!(
    /// Why somebody did something: one line of 1 to 500 characters.
    Reason, 500, line
);
text!(
    /// A label by which keys are grouped: one line of 1 to 64 characters.
    Tag, 64, line
);
text!(
    /// The id of the caller's own user or customer: 1 to 255 visible characters, kept exactly as they came.
    ExternalId, 255, exact
);

/// One line, in normal form.
fn line(text: &str, max_characters: usize) -> Result<String, TextError> {
    // The description bounds what is sent, which the normal form may make shorter.
    if text.chars().nth(max_characters).is_some() {
        return Err(TextError::TooLong);
    }
    // NFC first: any part of a text in NFC is in NFC.
    let normal = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    // A direction override is refused, not trimmed; a variation selector at the end belongs to the character
    // before it (❤ U+FE0F).
    let trimmed = normal
        .trim_start_matches(|c| is_blank(c) && !is_direction(c))
        .trim_end_matches(|c| is_blank(c) && !is_direction(c) && !VariationSelector::for_char(c));
    bounded(trimmed, max_characters)?;
    let mut previous = ' ';
    for character in trimmed.chars() {
        if !(is_white(character) || !is_blank(character) || joins(previous, character)) {
            return Err(TextError::Invisible);
        }
        previous = character;
    }
    Ok(trimmed.to_owned())
}

/// A text without any white space or invisible character, not normalised: other systems compare it by its bytes.
fn exact(text: &str, max_characters: usize) -> Result<String, TextError> {
    bounded(text, max_characters)?;
    if text.chars().any(is_blank) {
        return Err(TextError::Invisible);
    }
    Ok(text.to_owned())
}

/// Whether nothing hides in the text: no white space, no invisible, control or direction character.
pub(super) fn is_plain(text: &str) -> bool {
    !text.chars().any(|character| is_blank(character) || is_control(character) || is_direction(character))
}

/// What holds for every text, wherever the character stands.
fn bounded(text: &str, max_characters: usize) -> Result<(), TextError> {
    if text.chars().nth(max_characters).is_some() {
        return Err(TextError::TooLong);
    }
    if text.chars().any(is_control) {
        return Err(TextError::Control);
    }
    if text.chars().any(is_direction) {
        return Err(TextError::Direction);
    }
    if !text.chars().any(is_visible) {
        return Err(TextError::Empty);
    }
    Ok(())
}

/// Control characters, separators of lines, and code points that are no characters (Unicode §23.7).
fn is_control(character: char) -> bool {
    let code = u32::from(character);
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FDD0}'..='\u{FDEF}')
        || code & 0xFFFE == 0xFFFE
}

/// Embeddings, overrides and isolates of the bidirectional algorithm (UAX #9).
const fn is_direction(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// White space, with the one blank that Unicode counts as a symbol: the empty Braille cell.
fn is_white(character: char) -> bool {
    character.is_whitespace() || character == '\u{2800}'
}

/// Whatever leaves no mark: `char::is_whitespace` alone misses U+200B, U+FEFF, U+3164 and many others.
fn is_blank(character: char) -> bool {
    is_white(character) || DefaultIgnorableCodePoint::for_char(character)
}

/// Whether the character can be seen by itself; an accent needs a letter.
fn is_visible(character: char) -> bool {
    let mark = matches!(
        GeneralCategory::for_char(character),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    );
    !mark && !is_blank(character) && !is_control(character)
}

/// Whether an invisible character has a use here: in emoji, in Persian and Indic words, in variants of ideographs.
fn joins(previous: char, character: char) -> bool {
    match character {
        '\u{200C}' | '\u{200D}' => !previous.is_ascii() && !matches!(previous, '\u{200C}' | '\u{200D}'),
        _ => VariationSelector::for_char(character) && is_visible(previous) && !previous.is_ascii_alphabetic(),
    }
}

impl Name {
    /// A name that this crate chose itself.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Reason {
    /// A reason that this crate gives itself.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::TextError::{Control, Direction, Empty, Invisible, TooLong};
    use super::*;

    #[test]
    fn names_are_normalised_and_trimmed() {
        for (text, name) in [
            ("Production", "Production"),
            ("  My key\t\n", "My key"),
            ("\u{feff}key\u{200b}\u{2060}", "key"),
            ("\u{3164}\u{115f}key\u{180e}\u{00ad}", "key"),
            ("\u{3000}key\u{2800}\u{a0}", "key"),
            ("e\u{301}", "\u{e9}"),
            ("\u{212b}", "\u{c5}"),
            ("ﬁ", "ﬁ"),
            ("キー 1", "キー 1"),
            ("مفتاح", "مفتاح"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
            ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("❤\u{fe0f}\u{200d}🔥", "❤\u{fe0f}\u{200d}🔥"),
            ("葛\u{e0100}城", "葛\u{e0100}城"),
            ("<script>", "<script>"),
        ] {
            assert_eq!(Name::parse(text).unwrap().as_str(), name, "{text:?}");
        }
    }

    #[test]
    fn names_that_hide_or_deceive_are_refused() {
        for (text, error) in [
            ("", Empty),
            (" \t\n", Empty),
            ("\u{200b}", Empty),
            ("\u{feff}\u{2060}", Empty),
            ("\u{00ad}", Empty),
            ("\u{115f}", Empty),
            ("\u{3164}", Empty),
            ("\u{ffa0}", Empty),
            ("\u{180e}", Empty),
            ("\u{2800}", Empty),
            ("\u{200d}", Empty),
            ("\u{fe0f}", Empty),
            ("\u{e0041}", Empty),
            ("\u{301}", Empty),
            ("\0", Control),
            ("a\0b", Control),
            ("a\nb", Control),
            ("a\u{7f}b", Control),
            ("a\u{85}b", Control),
            ("a\u{2028}b", Control),
            ("a\u{fffe}", Control),
            ("a\u{10ffff}", Control),
            ("a\u{fdd0}", Control),
            ("a\u{fff9}b", Control),
            ("a\u{202e}b", Direction),
            ("a\u{202a}b\u{202c}c", Direction),
            ("a\u{2066}b\u{2069}c", Direction),
            ("pr\u{200b}od", Invisible),
            ("pr\u{00ad}od", Invisible),
            ("pr\u{2060}od", Invisible),
            ("pr\u{feff}od", Invisible),
            ("pr\u{3164}od", Invisible),
            ("pr\u{115f}od", Invisible),
            ("pr\u{180e}od", Invisible),
            ("pr\u{200e}od", Invisible),
            ("pr\u{200d}od", Invisible),
            ("pr\u{fe0f}od", Invisible),
            ("prod\u{fe0f}", Invisible),
            ("prod \u{fe0f}", Invisible),
            ("pr\u{e006f}od", Invisible),
            ("👩\u{200d}\u{200d}💻", Invisible),
        ] {
            assert_eq!(Name::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn direction_overrides_are_refused_even_at_the_edges() {
        for character in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            for text in [format!("{character}a"), format!("a{character}"), format!("a{character}b")] {
                assert_eq!(Name::parse(&text), Err(Direction), "{text:?}");
            }
        }
    }

    #[test]
    fn length_is_counted_in_characters_as_they_were_sent() {
        let check = |max: usize, parse: &dyn Fn(&str) -> Result<(), TextError>| {
            for character in ["a", "é", "🔑"] {
                assert_eq!(parse(&character.repeat(max)), Ok(()));
                assert_eq!(parse(&character.repeat(max + 1)), Err(TooLong));
            }
        };
        check(100, &|text| Name::parse(text).map(drop));
        check(500, &|text| Reason::parse(text).map(drop));
        check(64, &|text| Tag::parse(text).map(drop));
        check(255, &|text| ExternalId::parse(text).map(drop));
        assert!(Name::parse(&format!(" {} ", "a".repeat(98))).is_ok());
        assert_eq!(Name::parse(&format!(" {}", "a".repeat(100))), Err(TooLong));
        assert!(Name::parse(&"e\u{301}".repeat(50)).is_ok());
        assert_eq!(Name::parse(&"e\u{301}".repeat(51)), Err(TooLong));
        assert_eq!(Name::parse(&"🔑".repeat(100)).unwrap().as_str().len(), 400);
    }

    #[test]
    fn ids_of_other_systems_are_kept_as_they_are_or_refused() {
        for id in ["user_1", "a", "auth0|5f7c", "me@example.com", "e\u{301}", "ключ", "/a?b=c&d"] {
            assert_eq!(ExternalId::parse(id).unwrap().as_str(), id);
        }
        for (text, error) in [
            ("", Empty),
            (" ", Empty),
            (" a", Invisible),
            ("a b", Invisible),
            ("a\u{200b}", Invisible),
            ("a\u{a0}b", Invisible),
            ("a\n", Control),
            ("a\0", Control),
            ("\u{202e}a", Direction),
        ] {
            assert_eq!(ExternalId::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn the_stored_form_is_the_text() {
        let name = Name::parse(" a ").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"a\"");
        assert_eq!(serde_json::from_str::<Name>("\"a\"").unwrap(), name);
        assert!(serde_json::from_str::<Name>("\"\\u200b\"").is_err());
        assert!(serde_json::from_str::<Name>("\"\\ud800\"").is_err(), "a lone surrogate is no text");
    }

    /// Characters that have made trouble somewhere, among harmless ones.
    fn troublesome() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            prop::sample::select(vec![
                'a', 'é', ' ', '\u{301}', '\u{308}', '\u{200d}', '\u{fe0f}', '\u{200b}', '\u{3164}', '\u{1100}',
                '\u{1161}', '\u{11a8}', '\u{2000}', '❤', '1', '\u{20e3}', '\u{345}', '\u{2126}', '\u{fb1d}',
                '\u{1f71}', '\u{180b}',
            ]),
            any::<char>(),
        ];
        prop::collection::vec(character, 0..12).prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn an_accepted_name_is_its_own_normal_form_and_visible(text in troublesome()) {
            if let Ok(name) = Name::parse(&text) {
                prop_assert!(name.as_str().chars().any(is_visible));
                prop_assert!(name.as_str().chars().count() <= 100 && name.as_str().len() <= 400);
                prop_assert_eq!(Name::parse(name.as_str()), Ok(name));
            }
        }

        #[test]
        fn an_accepted_id_is_unchanged(text in troublesome()) {
            if let Ok(id) = ExternalId::parse(&text) {
                prop_assert_eq!(id.as_str(), text);
            }
        }
    }
}
