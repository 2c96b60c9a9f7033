//! Base62: the alphabet of every text that Latchkey mints.
//!
//! Digits, upper case, lower case: GitHub's order, so that checksums can be compared with theirs. Letters
//! and digits only, so that a double click selects a whole key and no URL has to escape one.

/// The 62 characters, in the order of their values.
pub const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The largest multiple of 62 that fits a byte; bytes from here on would favour the first characters.
const UNBIASED: u8 = 248;

/// Writes a number, padded on the left with `0` up to `width`; a larger number is never cut.
#[must_use]
pub fn encode(mut value: u128, width: usize) -> String {
    let mut reversed = Vec::with_capacity(width);
    while value > 0 || reversed.len() < width {
        reversed.push(character((value % 62) as u8));
        value /= 62;
    }
    reversed.into_iter().rev().collect()
}

/// Reads a number; `None` for an empty text, a foreign character, or a value beyond 128 bits.
#[must_use]
pub fn decode(text: &str) -> Option<u128> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0_u128, |value, byte| {
        value.checked_mul(62)?.checked_add(u128::from(digit(byte)?))
    })
}

/// Draws `count` uniform characters from random bytes; `None` if too many of them had to be rejected.
///
/// Rejection sampling: a plain remainder would make eight of the characters a quarter more likely.
#[must_use]
pub fn sample(seed: &[u8; 64], count: usize) -> Option<String> {
    let drawn: String = seed
        .iter()
        .filter(|byte| **byte < UNBIASED)
        .map(|byte| character(byte % 62))
        .take(count)
        .collect();
    (drawn.len() == count).then_some(drawn)
}

/// Whether every character is one of the alphabet's.
pub(super) fn is_base62(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[expect(
    clippy::indexing_slicing,
    reason = "a remainder of 62 indexes 62 characters"
)]
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
