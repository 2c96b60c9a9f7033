//! Reads the query string as strictly as a body: each parameter once, none that nobody asked for.
//!
//! A duplicated parameter is refused because proxies disagree about which one counts. Nothing in here is ever a
//! credential: URLs are logged, stored and passed on (RFC 6750 §2.3).

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use super::fields::{FieldCode, FieldError, FieldErrors};
use super::json::is_shown;

/// Names under which people put keys into URLs.
const CREDENTIAL_NAMES: [&str; 6] = ["api_key", "apikey", "key", "access_token", "token", "x-api-key"];

/// A query string while it is being read.
#[derive(Default)]
pub struct Query {
    values: BTreeMap<String, String>,
    asked: BTreeSet<&'static str>,
    errors: FieldErrors,
}

impl Query {
    /// Starts reading, without the `?`. A piece that cannot be decoded is reported by [`Query::finish`].
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in pieces(text) {
            match (decode(name), decode(value)) {
                (Some(name), Some(value)) => query.insert(name, value),
                (name, _) => {
                    let error = FieldError::new(FieldCode::InvalidFormat, "is not percent-encoded UTF-8");
                    query.errors.push(error.by_parameter(shown(name.as_deref().unwrap_or_default())));
                }
            }
        }
        query
    }

    /// A parameter that may be absent.
    pub fn optional<T>(&mut self, name: &'static str, parser: impl FnOnce(&str) -> Result<T, FieldError>) -> Option<T> {
        self.asked.insert(name);
        let parsed = parser(self.values.get(name)?);
        parsed.map_err(|error| self.errors.push(error.by_parameter(name))).ok()
    }

    /// A parameter that must be there.
    pub fn required<T>(&mut self, name: &'static str, parser: impl FnOnce(&str) -> Result<T, FieldError>) -> Option<T> {
        if !self.has(name) {
            self.fail(name, FieldError::new(FieldCode::Required, "is required"));
        }
        self.optional(name, parser)
    }

    /// Whether the parameter is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Records a violation found by comparing parameters.
    pub fn fail(&mut self, name: &'static str, error: FieldError) {
        self.errors.push(error.by_parameter(name));
    }

    /// Ends reading: all violations, or none.
    pub fn finish(mut self) -> Result<(), FieldErrors> {
        for name in self.values.keys().filter(|name| !self.asked.contains(name.as_str())) {
            let message = if is_credential_name(name) {
                "is not read: keys are not accepted in the query string"
            } else {
                "is not a parameter of this request"
            };
            self.errors.push(FieldError::new(FieldCode::UnknownField, message).by_parameter(shown(name)));
        }
        self.errors.or(())
    }

    /// Ends reading and, if nothing is wrong, builds the value; `None` is only possible when a required one failed.
    pub fn finish_with<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, FieldErrors> {
        self.finish()?;
        build().ok_or_else(|| FieldError::new(FieldCode::Required, "is incomplete").into())
    }

    fn insert(&mut self, name: String, value: String) {
        if self.values.contains_key(&name) {
            let error = FieldError::new(FieldCode::DuplicateField, "is given twice");
            self.errors.push(error.by_parameter(shown(&name)));
        }
        self.values.insert(name, value);
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

/// A whole number in decimal digits.
pub fn number(range: RangeInclusive<i64>) -> impl FnOnce(&str) -> Result<i64, FieldError> {
    move |text| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FieldError::new(FieldCode::InvalidType, "must be an integer"));
        }
        // Only digits are left, so what fails to parse is too long for an i64.
        text.parse().ok().filter(|value| range.contains(value)).ok_or_else(|| FieldError::out_of_range(&range))
    }
}

/// Whether a query string holds a parameter with the name of a credential, however it is written.
#[must_use]
pub fn holds_credential(text: &str) -> bool {
    pieces(text).any(|(name, _)| decode(name).is_some_and(|name| is_credential_name(&name)))
}

fn is_credential_name(name: &str) -> bool {
    CREDENTIAL_NAMES.iter().any(|credential| credential.eq_ignore_ascii_case(name))
}

fn shown(name: &str) -> &str {
    if is_shown(name) { name } else { "?" }
}

fn pieces(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&').filter(|piece| !piece.is_empty()).map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// Percent-decoding as `URLSearchParams` does it (`+` is a blank), but a stray `%` or broken UTF-8 is refused.
fn decode(text: &str) -> Option<String> {
    let escapes_are_whole = text.split('%').skip(1).all(|rest| {
        let mut bytes = rest.bytes();
        let mut hex = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        hex() && hex()
    });
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    escapes_are_whole.then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fields::plain::one_of;
    use super::*;

    fn read(text: &str) -> Result<(Option<i64>, Option<&'static str>), Vec<String>> {
        let mut query = Query::of(text);
        let limit = query.optional("limit", number(1..=100));
        let status = query.optional("status", one_of(&[("active", "a"), ("not found", "n")]));
        query.finish_with(|| Some((limit, status))).map_err(|errors| {
            errors.iter().map(|error| format!("{} {}", error.place(), error.code().as_str())).collect()
        })
    }

    #[test]
    fn parameters_are_decoded_and_typed() {
        for (text, expected) in [
            ("", (None, None)),
            ("&&", (None, None)),
            ("limit=10&status=active", (Some(10), Some("a"))),
            ("li%6dit=1%30&status=not+found", (Some(10), Some("n"))),
            ("status=not%20found", (None, Some("n"))),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn each_refusal_names_its_parameter() {
        for (text, expected) in [
            ("limit=0", vec!["limit out_of_range"]),
            ("limit=99999999999999999999", vec!["limit out_of_range"]),
            ("limit=-1", vec!["limit out_of_range"]),
            ("limit=", vec!["limit invalid_type"]),
            ("limit", vec!["limit invalid_type"]),
            ("limit=%2B5", vec!["limit invalid_type"]),
            ("limit=1e2", vec!["limit invalid_type"]),
            ("limit=1&limit=1", vec!["limit duplicate_field"]),
            ("limit=1&lim%69t=2", vec!["limit duplicate_field"]),
            ("status=gone&page=2", vec!["status invalid_format", "page unknown_field"]),
            ("limit=%zz", vec!["limit invalid_format"]),
            ("limit=%", vec!["limit invalid_format"]),
            ("limit=%ff", vec!["limit invalid_format"]),
            ("%=1", vec!["? invalid_format"]),
            ("=1", vec!["? unknown_field"]),
            ("api_key=x", vec!["api_key unknown_field"]),
        ] {
            assert_eq!(read(text), Err(expected.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }

    #[test]
    fn a_required_parameter_is_missed() {
        let mut query = Query::of("a=1");
        assert_eq!((query.required("a", number(0..=9)), query.required("b", number(0..=9))), (Some(1), None));
        assert_eq!(query.finish().unwrap_err().iter().next().unwrap().place(), "b");
    }

    #[test]
    fn a_key_in_the_query_is_noticed_and_not_repeated() {
        let key = ["sk_live_", &"Zq7".repeat(16)].concat();
        for name in ["api_key", "apiKey", "KEY", "access_token", "x-api-key", "%74oken"] {
            assert!(holds_credential(&format!("a=b&{name}={key}")), "{name}");
        }
        assert!(!holds_credential("limit=1&externalId=key"));
        assert_eq!(read(&key), Err(vec!["? unknown_field".to_owned()]));
    }

    proptest! {
        #[test]
        fn arbitrary_queries_never_panic(text in "[a-z%0-9A-F=&+;]{0,60}|\\PC{0,40}") {
            let _either = (read(&text), holds_credential(&text));
        }
    }
}
