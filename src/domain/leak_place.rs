//! Where a key was found, as far as that is kept: whoever reports it has chosen the text, and it may have a key in it.
//!
//! What stands before the host and behind the path of a URL goes, and so does every word in which the reported key, a piece
//! of it, or something as long as a key stands. What was percent-encoded without need (RFC 3986, section 2.3) is read first.

use super::secret_key::BODY_CHARACTERS;

/// How long (characters) a place may be that is kept.
pub const PLACE_CHARACTERS_MAX: usize = 500;
/// So many characters of a key in a row are a piece of it.
const PIECE_CHARACTERS: usize = 8;
/// So many characters of what was reported are looked at: what was encoded over and over takes a turn for each time.
const READ_CHARACTERS_MAX: usize = 4 * PLACE_CHARACTERS_MAX;
/// Stands for a word that is not kept.
const MASK: &str = "…";

/// What is kept of a place in which `reported` was found; none if that is nothing.
#[must_use]
pub fn kept(text: &str, reported: &str) -> Option<String> {
    let read: String = text.chars().take(READ_CHARACTERS_MAX).filter(|c| !c.is_control()).collect();
    let is_cut = text.chars().nth(READ_CHARACTERS_MAX).is_some();
    // Half a word may be half a key.
    let whole = if is_cut { read.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '%') } else { &read };
    let text = decoded(whole);
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let without_query = text.get(..end).unwrap_or_default();
    let shown = masked(&without_user(without_query), reported);
    let shown: String = shown.chars().take(PLACE_CHARACTERS_MAX).collect();
    (!shown.is_empty()).then_some(shown)
}

/// A text that nobody has reported, without every word that is as long as a key.
#[must_use]
pub fn without_keys(text: &str) -> String {
    masked(text, "")
}

/// The text with letters, digits and the like as they are, however often they were encoded.
fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    loop {
        let next = decoded_once(&text);
        // Each time that something is decoded it gets shorter.
        if next.len() == text.len() {
            return text;
        }
        text = next;
    }
}

fn decoded_once(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).map(char::from);
        // A percent sign as well: it may hide another.
        match code.filter(|c| c.is_ascii_alphanumeric() || "-._~?#@%".contains(*c)) {
            Some(c) => {
                decoded.push(c);
                decoded += piece.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push('%');
                decoded += piece;
            }
        }
    }
    decoded
}

/// A URL without the user before its host.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.find(['/', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(authority).unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn masked(text: &str, reported: &str) -> String {
    let body = reported.rsplit('_').next().unwrap_or_default().to_ascii_lowercase();
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, others) = rest.split_at_checked(end).unwrap_or((rest, ""));
        shown += if is_telling(word, &body) { MASK } else { word };
        let mut others = others.chars();
        shown.extend(others.next());
        rest = others.as_str();
    }
    shown
}

/// Whether a word (letters and digits of ASCII) may be a key, or has a piece of this one (in lower case) in it.
fn is_telling(word: &str, body: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let mut pieces = word.as_bytes().windows(PIECE_CHARACTERS);
    word.len() >= BODY_CHARACTERS
        || pieces.any(|piece| std::str::from_utf8(piece).is_ok_and(|piece| body.contains(piece)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body() -> String {
        "0aB1cD2eF3gH4".repeat(4)[..BODY_CHARACTERS].to_owned()
    }

    #[test]
    fn a_place_is_kept_without_what_may_be_a_key() {
        let (body, other) = (body(), "Zz9".repeat(16));
        let reported = ["sk", "live", &body].join("_");
        for (text, expected) in [
            ("https://paste.example".to_owned(), "https://paste.example"),
            ("https://a.test/x/y.py#L12".to_owned(), "https://a.test/x/y.py"),
            (format!("https://a.test/x?api_key={reported}#{reported}"), "https://a.test/x"),
            (format!("https://a.test/{reported}/raw"), "https://a.test/sk_live_…/raw"),
            (format!("https://{reported}:{other}@a.test/"), "https://a.test/"),
            (format!("https://a.test/{other}"), "https://a.test/…"),
            (format!("https://a.test/{}", reported.replace('a', "%61")), "https://a.test/sk_live_…"),
            (format!("https://a.test/{}", reported.replace('a', "%2561")), "https://a.test/sk_live_…"),
            (format!("https://a.test/x%3f{}", &reported[..20]), "https://a.test/x"),
            (format!("https://a.test/{}", &body[7..30]), "https://a.test/…"),
            (format!("https://{}.a.test/", body.to_lowercase()), "https://….a.test/"),
            (format!("on a wall:\n{body}"), "on a wall:…"),
            ("https://a.test/b%20c/%E2%82%AC/100%".to_owned(), "https://a.test/b%20c/%E2%82%AC/100%"),
            (
                format!("https://a.test/{}", "0123456789abcdef".repeat(2)),
                "https://a.test/0123456789abcdef0123456789abcdef",
            ),
        ] {
            assert_eq!(kept(&text, &reported).as_deref(), Some(expected), "{text}");
        }
        let far = format!("https://a.test/{}{other}", "%25252e".repeat(READ_CHARACTERS_MAX / 7 - 3));
        assert!(!kept(&far, &reported).unwrap().contains("Zz"), "the half of a word is not kept");
        assert!(kept(&"ä/".repeat(READ_CHARACTERS_MAX), &reported).is_some(), "nor is more lost than that word");
        assert_eq!(READ_CHARACTERS_MAX, 2_000, "what is percent-encoded takes three for one, and some more");
        assert_eq!(kept("?", &reported), None);
        assert_eq!(kept(&"ä/".repeat(999), &reported).unwrap().chars().count(), PLACE_CHARACTERS_MAX);
    }

    #[test]
    fn a_text_that_nobody_has_reported_loses_whatever_may_be_a_key() {
        for (text, expected) in [
            (format!("Bearer sk_live_{}", body()), "Bearer sk_live_…"),
            (format!("lkat_{}x", body()), "lkat_…"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36".to_owned(),
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
            ),
            (String::new(), ""),
        ] {
            assert_eq!(without_keys(&text), expected);
        }
    }

    #[test]
    fn what_was_encoded_over_and_over_does_not_take_for_ever() {
        let reported = ["sk", "live", &body()].join("_");
        let nested = format!("https://a.test/%{}", "25".repeat(500_000));
        let started = std::time::Instant::now();
        assert!(kept(&nested, &reported).is_some_and(|place| place.chars().count() <= PLACE_CHARACTERS_MAX));
        // It took hours; the bound is far from what it takes now.
        assert!(started.elapsed().as_secs() < 20);
    }

    proptest! {
        #[test]
        fn no_piece_of_the_key_is_left_whatever_stands_around_it(before in ".{0,40}", after in ".{0,40}", from in 0_usize..40) {
            let body = body();
            let reported = ["sk", "live", &body].join("_");
            let shown = kept(&format!("{before}{}{after}", &body[from..]), &reported).unwrap_or_default();
            prop_assert!(!shown.contains(&body[from..from + PIECE_CHARACTERS]), "{}", shown);
        }
    }
}
