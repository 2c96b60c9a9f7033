//! Texts that people write: names, reasons, tags, and the ids of other systems.
//!
//! Two texts that look alike should be alike, and nothing may hide: texts are brought to NFC and trimmed of
//! everything invisible; control characters, direction overrides (CVE-2021-42574) and invisible characters in
//! the middle are refused. What is accepted comes out of `parse` unchanged when it is parsed again.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{
    BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory,
    VariationSelector,
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
    // NFC first: any part of a text in NFC is in NFC.
    let normal = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    // A variation selector at the end belongs to the character before it (❤ U+FE0F).
    let trimmed = normal
        .trim_start_matches(is_blank)
        .trim_end_matches(|c| is_blank(c) && !VariationSelector::for_char(c));
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
        '\u{200C}' | '\u{200D}' => {
            !previous.is_ascii() && !matches!(previous, '\u{200C}' | '\u{200D}')
        }
        _ => {
            VariationSelector::for_char(character)
                && is_visible(previous)
                && !previous.is_ascii_alphabetic()
        }
    }
}
