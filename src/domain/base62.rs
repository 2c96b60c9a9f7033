//! Base62: the alphabet of every text that Latchkey mints.
//!
//! Digits, upper case, lower case: GitHub's order, so that checksums can be compared with theirs. Letters
//! and digits only, so that a double click selects a whole key and no URL has to escape one.

/// The 62 characters, in the order of their values.
pub const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The largest multiple of 62 that fits a byte; bytes from here on would favour the first characters.
const UNBIASED: u8 = 248;

/// As many characters as surely fit 64 bits: 32-bit machines divide numbers of 128 bits slowly.
const CHUNK_CHARACTERS: usize = 10;
const CHUNK: u128 = 62_u128.pow(10);

/// Writes a number, padded on the left with `0` up to `width`; a larger number is never cut.
#[must_use]
pub fn encode(mut value: u128, width: usize) -> String {
    let mut reversed = Vec::with_capacity(width.max(22));
    while value > 0 {
        let mut chunk = u64::try_from(value % CHUNK).unwrap_or_default();
        value /= CHUNK;
        let begin = reversed.len();
        while chunk > 0 || (value > 0 && reversed.len() - begin < CHUNK_CHARACTERS) {
            reversed.push(character((chunk % 62) as u8));
            chunk /= 62;
        }
    }
    reversed.resize(reversed.len().max(width), '0');
    reversed.into_iter().rev().collect()
}

/// Reads a number; `None` for an empty text, a foreign character, or a value beyond 128 bits.
#[must_use]
pub fn decode(text: &str) -> Option<u128> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| value.checked_mul(62)?.checked_add(u128::from(digit(byte)?)))
}

/// Draws `count` uniform characters from random bytes; `None` if too many of them had to be rejected.
///
/// Rejection sampling: a plain remainder would make eight of the characters a quarter more likely.
#[must_use]
pub fn sample(seed: &[u8; 64], count: usize) -> Option<String> {
    let drawn: String =
        seed.iter().filter(|byte| **byte < UNBIASED).map(|byte| character(byte % 62)).take(count).collect();
    (drawn.len() == count).then_some(drawn)
}

/// Whether every character is one of the alphabet's.
pub(super) fn is_base62(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Splits off the last `count` bytes of a text; `None` if there are fewer, or if they begin inside a character.
pub(super) fn split_last(text: &str, count: usize) -> Option<(&str, &str)> {
    text.len().checked_sub(count).and_then(|middle| text.split_at_checked(middle))
}

#[expect(clippy::indexing_slicing, reason = "a remainder of 62 indexes 62 characters")]
fn character(value: u8) -> char {
    char::from(ALPHABET[usize::from(value % 62)])
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'A'..=b'Z' => Some(character - b'A' + 10),
        b'a'..=b'z' => Some(character - b'a' + 36),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;
    use sha2::{Digest, Sha512};

    use super::*;

    #[test]
    fn numbers_are_padded_and_never_cut() {
        assert_eq!(encode(0, 0), "");
        assert_eq!(encode(0, 3), "000");
        assert_eq!(encode(61, 1), "z");
        assert_eq!(encode(62, 1), "10");
        assert_eq!(encode(u128::MAX, 22).len(), 22);
        assert_eq!(encode(CHUNK - 1, 0), "z".repeat(10));
        assert_eq!(encode(CHUNK, 12), format!("01{}", "0".repeat(10)), "a chunk of zeros is no shorter");
        assert_eq!(encode(CHUNK * CHUNK * 61 + 1, 0), format!("z{}1", "0".repeat(19)));
    }

    #[test]
    fn only_base62_that_fits_is_decoded() {
        assert_eq!(decode("0010"), Some(62));
        assert_eq!(decode(&encode(u128::MAX, 0)), Some(u128::MAX));
        for refused in ["", " 1", "1_", "-1", "+1", "é", "zzzzzzzzzzzzzzzzzzzzzz"] {
            assert_eq!(decode(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn what_is_split_off_is_whole() {
        assert_eq!(split_last("abcd", 3), Some(("a", "bcd")));
        assert_eq!(split_last("abcd", 4), Some(("", "abcd")));
        assert_eq!(split_last("abcd", 5), None);
        assert_eq!(split_last("é", 1), None);
    }

    #[test]
    fn bytes_that_would_favour_a_character_are_rejected() {
        for byte in 248..=255 {
            assert_eq!(sample(&[byte; 64], 1), None);
        }
        let mut seed = [255; 64];
        (seed[7], seed[9], seed[63]) = (247, 0, 62);
        assert_eq!(sample(&seed, 3).as_deref(), Some("z00"));
        assert_eq!(sample(&seed, 4), None);
    }

    #[test]
    fn every_character_is_equally_likely_byte_by_byte() {
        let mut counts = [0; 62];
        for byte in 0..=255 {
            if let Some(drawn) = sample(&[byte; 64], 1) {
                counts[usize::from(digit(drawn.as_bytes()[0]).unwrap())] += 1;
            }
        }
        assert_eq!(counts, [4; 62]);
    }

    #[test]
    fn a_million_characters_are_uniform() {
        let mut counts = [0_u32; 62];
        for counter in 0_u32..20_000 {
            let seed: [u8; 64] = Sha512::digest(counter.to_be_bytes()).into();
            for character in sample(&seed, 50).unwrap().bytes() {
                counts[usize::from(digit(character).unwrap())] += 1;
            }
        }
        let expected = 1e6 / 62.0;
        let chi_square: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        // 61 degrees of freedom: chance exceeds 128.8 once in a million times, and falls below 16 as rarely.
        assert!((16.0..128.8).contains(&chi_square), "{chi_square}");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(value: u128, width in 0_usize..40) {
            let text = encode(value, width);
            prop_assert!(text.len() >= width);
            prop_assert!(is_base62(&text));
            prop_assert_eq!(decode(&text), if text.is_empty() { None } else { Some(value) });
        }

        #[test]
        fn no_text_makes_decoding_panic(text: String) {
            prop_assert_eq!(decode(&text).is_some() && !is_base62(&text), false);
        }
    }
}
