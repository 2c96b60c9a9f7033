//! Finds the one credential of a request.
//!
//! Decided once, after RFC 6750: the scheme is case-insensitive; blanks around a value and more than
//! one blank after the scheme are tolerated (RFC 9110 §5.5, §11.4), a tab or anything else inside is not. Two ways at
//! once, a header twice, or a list in it is a mistake (400), never a choice. The query string is no place for a key.
//! The cookie holds a user's access token: beside anything else it is a mistake too, and alone it opens no route for keys.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::cookies;
use super::problem::{Code, Problem};
use super::query::holds_credential;

/// The header for those who cannot set `Authorization`.
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Longer texts are no credential of ours and are not even looked at.
pub const CREDENTIAL_BYTES_MAX: usize = 512;

/// A text that claims to be a credential. It may be a good key: no `Display`, no `Clone`, and `{:?}` hides it (H3).
pub struct Presented(String);

impl Presented {
    /// A credential that came in a body, as in a verification.
    #[must_use]
    pub fn in_body(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for parsing and hashing only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Finds the credential of a request in its headers; `query` is only looked at to refuse it.
    pub fn find(headers: &HeaderMap, query: &str) -> Result<Self, CredentialError> {
        let sent = Sent::read(headers, query)?;
        match (sent.bearer, sent.x_api_key) {
            (Some(value), _) => credential(after_scheme(value)?),
            (None, Some(value)) => credential(value),
            (None, None) if sent.in_query => Err(CredentialError::InQuery),
            (None, None) => Err(CredentialError::Missing),
        }
    }

    /// Finds the access token of a user in the headers of a request, and how it came.
    pub(super) fn find_token(headers: &HeaderMap, query: &str) -> Result<(Self, Carrier), CredentialError> {
        let sent = Sent::read(headers, query)?;
        match (sent.bearer, sent.cookie) {
            (Some(value), _) => Ok((credential(after_scheme(value)?)?, Carrier::Header)),
            (None, Some(value)) => Ok((credential(value)?, Carrier::Cookie)),
            (None, None) if sent.in_query => Err(CredentialError::InQuery),
            (None, None) => Err(CredentialError::Missing),
        }
    }
}

/// How an access token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// As a bearer: somebody put it there for this request.
    Header,
    /// As the cookie, which browsers send unasked.
    Cookie,
}

/// All places in which a request has something that claims to be a credential: at most one.
pub(super) struct Sent<'h> {
    bearer: Option<&'h [u8]>,
    x_api_key: Option<&'h [u8]>,
    /// The value of our cookie.
    pub(super) cookie: Option<&'h [u8]>,
    in_query: bool,
}

impl<'h> Sent<'h> {
    /// Looks everywhere, and refuses more than one.
    pub(super) fn read(headers: &'h HeaderMap, query: &str) -> Result<Self, CredentialError> {
        let sent = Self {
            bearer: single(headers, &AUTHORIZATION)?,
            x_api_key: single(headers, &X_API_KEY)?,
            cookie: cookies::find(headers).map_err(|cookies::Repeated| CredentialError::List)?,
            in_query: holds_credential(query),
        };
        let places = [sent.bearer.is_some(), sent.x_api_key.is_some(), sent.cookie.is_some(), sent.in_query];
        if places.into_iter().filter(|taken| *taken).count() > 1 { Err(CredentialError::Conflicting) } else { Ok(sent) }
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Presented(…)")
    }
}

/// Why there is no credential to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Neither header holds anything.
    #[error("no credential")]
    Missing,
    /// Only the query string holds one.
    #[error("credential in the query string")]
    InQuery,
    /// `Authorization` has no scheme or another one.
    #[error("not the Bearer scheme")]
    Scheme,
    /// More than one place holds one.
    #[error("more than one credential")]
    Conflicting,
    /// A header or the cookie twice, or a list in a header.
    #[error("a header with a list of credentials")]
    List,
    /// Characters or a length no credential of ours has.
    #[error("not a credential")]
    Malformed,
}

impl From<CredentialError> for Problem {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Missing => Self::new(Code::AuthMissingCredentials),
            CredentialError::InQuery => Self::new(Code::AuthMissingCredentials).saying(
                "Keys are not accepted in the query string. Send \"Authorization: Bearer KEY\" or \"x-api-key: KEY\".",
            ),
            CredentialError::Scheme => {
                Self::new(Code::AuthMissingCredentials).saying("The Authorization header must read \"Bearer KEY\".")
            }
            CredentialError::Conflicting => Self::new(Code::AuthConflictingCredentials),
            CredentialError::List => Self::new(Code::AuthMalformedHeader),
            CredentialError::Malformed => Self::new(Code::AuthInvalidKey),
        }
    }
}

impl CredentialError {
    /// The same on the routes for people, in their words.
    pub(super) fn of_person(self) -> Problem {
        let problem = Problem::from(self);
        match self {
            Self::Missing | Self::Scheme => problem
                .saying("Sign in, and send the access token as \"Authorization: Bearer TOKEN\" or as the cookie."),
            Self::InQuery => problem
                .saying("Access tokens are not accepted in the query string. Send \"Authorization: Bearer TOKEN\"."),
            Self::Malformed => Problem::signed_out(),
            Self::Conflicting | Self::List => problem,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Presented {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::find(&parts.headers, parts.uri.query().unwrap_or_default())?)
    }
}

/// The header's only value without the blanks around it. A comma is what the platform joins two headers with, and what no
/// credential contains.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h [u8]>, CredentialError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if !value.as_bytes().contains(&b',') => Ok(Some(value.as_bytes().trim_ascii())),
        _ => Err(CredentialError::List),
    }
}

fn after_scheme(value: &[u8]) -> Result<&[u8], CredentialError> {
    match value.split_at_checked(b"Bearer".len()) {
        _ if value.is_empty() => Err(CredentialError::Missing),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"Bearer") => match rest {
            [] => Err(CredentialError::Missing),
            [b' ', ..] => Ok(rest.trim_ascii()),
            [b'\t', ..] => Err(CredentialError::Malformed),
            _ => Err(CredentialError::Scheme),
        },
        _ => Err(CredentialError::Scheme),
    }
}

/// `b64token` of RFC 6750 §2.1, without its order.
fn credential(value: &[u8]) -> Result<Presented, CredentialError> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    match std::str::from_utf8(value) {
        Ok("") => Err(CredentialError::Missing),
        Ok(text) if text.len() <= CREDENTIAL_BYTES_MAX && value.iter().all(fits) => Ok(Presented(text.to_owned())),
        _ => Err(CredentialError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    type Headers<'a> = [(&'static str, &'a [u8])];

    fn map(headers: &Headers<'_>) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        map
    }

    fn find(headers: &Headers<'_>, query: &str) -> Result<String, CredentialError> {
        Presented::find(&map(headers), query).map(|presented| presented.0)
    }

    fn find_token(headers: &Headers<'_>, query: &str) -> Result<(String, Carrier), CredentialError> {
        Presented::find_token(&map(headers), query).map(|(presented, carrier)| (presented.0, carrier))
    }

    #[test]
    fn one_credential_is_found_however_it_is_spelled() {
        for value in ["Bearer abc", "bearer abc", "BEARER abc", " Bearer abc ", "Bearer   abc", "Bearer abc\t"] {
            assert_eq!(find(&[("authorization", value.as_bytes())], "").as_deref(), Ok("abc"), "{value:?}");
        }
        assert_eq!(find(&[("x-api-key", b" a-._~+/= ")], "limit=1").as_deref(), Ok("a-._~+/="));
    }

    #[test]
    fn every_other_request_is_refused_by_name() {
        use CredentialError::*;
        let long = [b"Bearer ".as_slice(), &[b'a'; CREDENTIAL_BYTES_MAX + 1]].concat();
        for (headers, query, error) in [
            (vec![], "", Missing),
            (vec![("authorization", b"".as_slice())], "", Missing),
            (vec![("authorization", b"Bearer")], "", Missing),
            (vec![("authorization", b"Bearer   ")], "", Missing),
            (vec![("x-api-key", b" ")], "", Missing),
            (vec![("authorization", b"Basic YTpi")], "", Scheme),
            (vec![("authorization", b"abc")], "", Scheme),
            (vec![("authorization", b"Bearerabc")], "", Scheme),
            (vec![("authorization", b"Bearer\tabc")], "", Malformed),
            (vec![("authorization", b"Bearer a b")], "", Malformed),
            (vec![("authorization", b"Bearer \xc3\xa4")], "", Malformed),
            (vec![("authorization", b"Bearer \xff")], "", Malformed),
            (vec![("authorization", long.as_slice())], "", Malformed),
            (vec![("x-api-key", b"Bearer abc")], "", Malformed),
            (vec![("authorization", b"Bearer abc, Bearer abc")], "", List),
            (vec![("authorization", b"Bearer abc"), ("authorization", b"Bearer abc")], "", List),
            (vec![("x-api-key", b"abc,abc")], "", List),
            (vec![("authorization", b"Bearer abc"), ("x-api-key", b"abc")], "", Conflicting),
            (vec![("authorization", b""), ("x-api-key", b"abc")], "", Conflicting),
            (vec![("x-api-key", b"abc")], "api_key=abc", Conflicting),
            (vec![], "access_token=abc", InQuery),
        ] {
            assert_eq!(find(&headers, query), Err(error), "{headers:?} {query}");
        }
    }

    #[test]
    fn a_token_comes_as_a_bearer_or_as_the_cookie() {
        let bearer = [("authorization", b"Bearer abc".as_slice())];
        let cookie = [("cookie", b"a=b; __Host-latchkey=abc".as_slice())];
        assert_eq!(find_token(&bearer, ""), Ok(("abc".to_owned(), Carrier::Header)));
        assert_eq!(find_token(&cookie, "limit=1"), Ok(("abc".to_owned(), Carrier::Cookie)));
        assert_eq!(find(&cookie, ""), Err(CredentialError::Missing), "the cookie opens no route for keys");
        assert_eq!(find_token(&[("x-api-key", b"abc")], ""), Err(CredentialError::Missing));
        assert_eq!(find_token(&[("cookie", b"latchkey=abc")], ""), Err(CredentialError::Missing));
        assert_eq!(find_token(&[("cookie", b"__Host-latchkey=")], ""), Err(CredentialError::Missing));
        assert_eq!(find_token(&[("cookie", b"__Host-latchkey=a b")], ""), Err(CredentialError::Malformed));
        assert_eq!(find_token(&[], "access_token=abc"), Err(CredentialError::InQuery));
    }

    #[test]
    fn the_cookie_beside_anything_else_is_a_mistake_on_every_route() {
        use CredentialError::*;
        let cookie = ("cookie", b"__Host-latchkey=abc".as_slice());
        for (headers, query, error) in [
            (vec![cookie, ("authorization", b"Bearer abc".as_slice())], "", Conflicting),
            (vec![cookie, ("authorization", b"")], "", Conflicting),
            (vec![cookie, ("x-api-key", b"abc")], "", Conflicting),
            (vec![cookie], "token=abc", Conflicting),
            (vec![cookie, cookie], "", List),
            (vec![("cookie", b"__Host-latchkey=a; __Host-latchkey=b")], "", List),
        ] {
            assert_eq!(find(&headers, query), Err(error), "{headers:?} {query}");
            assert_eq!(find_token(&headers, query), Err(error), "{headers:?} {query}");
        }
    }

    #[test]
    fn a_presented_text_is_not_printed() {
        assert_eq!(format!("{:?}", Presented::in_body("abc")), "Presented(…)");
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40), scheme in any::<bool>()) {
            let value = if scheme { [b"Bearer ".as_slice(), &bytes].concat() } else { bytes };
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let map = HeaderMap::from_iter([(AUTHORIZATION, value)]);
                let _either = Presented::find(&map, "");
            }
        }
    }
}
