//! Finds the one credential of a request.
//!
//! Decided once, after RFC 6750: the scheme is case-insensitive; blanks around a value and more than
//! one blank after the scheme are tolerated (RFC 9110 §5.5, §11.4), a tab or anything else inside is not. Two ways at
//! once, a header twice, or a list in it is a mistake (400), never a choice. The query string is no place for a key.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

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
        let bearer = single(headers, &AUTHORIZATION)?;
        let x_api_key = single(headers, &X_API_KEY)?;
        let in_query = holds_credential(query);
        match (bearer, x_api_key) {
            (Some(_), Some(_)) => Err(CredentialError::Conflicting),
            (Some(_), None) | (None, Some(_)) if in_query => Err(CredentialError::Conflicting),
            (Some(value), None) => credential(after_scheme(value)?),
            (None, Some(value)) => credential(value),
            (None, None) if in_query => Err(CredentialError::InQuery),
            (None, None) => Err(CredentialError::Missing),
        }
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
    /// A header twice, or a list in one.
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

    fn find(headers: &[(&'static str, &[u8])], query: &str) -> Result<String, CredentialError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        Presented::find(&map, query).map(|presented| presented.0)
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
