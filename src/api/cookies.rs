//! The one cookie: an access token in the keeping of a browser.
//!
//! Its prefix `__Host-` makes browsers insist on `Secure`, `Path=/` and no `Domain` (RFC 6265bis §4.1.3.2), so no
//! other host can set or shadow it; `HttpOnly` keeps it from scripts, `SameSite=Strict` at home.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use super::problem::{Code, Problem};
use crate::account::sign_ins::LIFE_MS;

/// The name of the cookie.
pub(super) const COOKIE_NAME: &str = "__Host-latchkey";

/// The cookie is there more than once: whose it is cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeated;

/// The value of our cookie, without the blanks around it. Several headers are one list, as HTTP/2 sends them
/// (RFC 9113 §8.2.3). Names are compared exactly and quotes are no part of the grammar (RFC 6265 §5.4).
pub(super) fn find(headers: &HeaderMap) -> Result<Option<&[u8]>, Repeated> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|list| list.as_bytes().split(|byte| *byte == b';'));
    let mut ours = pairs.filter_map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default().trim_ascii();
        (name == COOKIE_NAME.as_bytes()).then(|| parts.next().unwrap_or_default().trim_ascii())
    });
    match (ours.next(), ours.next()) {
        (_, Some(_)) => Err(Repeated),
        (value, None) => Ok(value),
    }
}

/// How long (s) a browser keeps the cookie: as long as any sign-in lives. When this one ends, its account knows.
const MAX_AGE_SECONDS: i64 = LIFE_MS / 1_000;

/// A `Set-Cookie` that keeps an access token. It is marked as sensitive.
///
/// # Errors
/// `internal_error` for a text that no header can hold, which no token of ours is.
pub(super) fn keep(token: &str) -> Result<HeaderValue, Problem> {
    let text = format!("{COOKIE_NAME}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={MAX_AGE_SECONDS}");
    let fits = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let value = HeaderValue::try_from(text).ok().filter(|_| fits);
    let mut value = value.ok_or_else(|| Problem::new(Code::InternalError))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A `Set-Cookie` that takes the cookie away.
pub(super) const CLEARED: HeaderValue =
    HeaderValue::from_static("__Host-latchkey=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(lists: &[&'static str]) -> Result<Option<String>, Repeated> {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(COOKIE, HeaderValue::from_static(list));
        }
        find(&headers).map(|value| value.map(|value| String::from_utf8(value.to_vec()).unwrap()))
    }

    #[test]
    fn our_cookie_is_found_among_others_in_one_header_or_several() {
        for lists in [
            vec!["__Host-latchkey=abc"],
            vec!["a=b; __Host-latchkey=abc; c=d"],
            vec!["a=b;__Host-latchkey= abc ;"],
            vec!["a=b", "__Host-latchkey=abc"],
            vec!["__Host-latchkey=abc", "a=\"__Host-latchkey\""],
        ] {
            assert_eq!(find_in(&lists), Ok(Some("abc".to_owned())), "{lists:?}");
        }
        assert_eq!(find_in(&["__Host-latchkey"]), Ok(Some(String::new())));
        assert_eq!(find_in(&["__Host-latchkey=a=b"]), Ok(Some("a=b".to_owned())));
    }

    #[test]
    fn what_is_only_like_it_is_not_it() {
        for list in ["", ";;=;", "latchkey=abc", "__host-latchkey=abc", "x__Host-latchkey=abc", "a=__Host-latchkey=abc"]
        {
            assert_eq!(find_in(&[list]), Ok(None), "{list}");
        }
        assert_eq!(find_in(&[]), Ok(None));
    }

    #[test]
    fn twice_the_same_name_is_a_mistake_even_with_the_same_value() {
        for lists in [
            vec!["__Host-latchkey=abc; __Host-latchkey=abc"],
            vec!["__Host-latchkey=abc; a=b; __Host-latchkey="],
            vec!["__Host-latchkey=abc", "__Host-latchkey=def"],
        ] {
            assert_eq!(find_in(&lists), Err(Repeated), "{lists:?}");
        }
    }

    #[test]
    fn what_is_set_is_bound_to_this_host_and_hidden_from_scripts() {
        let kept = keep("lkat_abc").unwrap();
        assert!(kept.is_sensitive());
        for (value, start) in [(kept, "__Host-latchkey=lkat_abc; "), (CLEARED, "__Host-latchkey=; ")] {
            let text = value.to_str().unwrap();
            assert!(text.starts_with(start), "{text}");
            for attribute in ["; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite=Strict;", "; Max-Age="] {
                assert!(text.contains(attribute), "{text}");
            }
            assert!(!text.contains("Domain"), "{text}");
        }
        for odd in ["a;b", "a b", "a\r\nb", "ä"] {
            assert!(keep(odd).is_err(), "{odd:?}");
        }
    }
}
