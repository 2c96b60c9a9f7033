//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).
//!
//! The draft writes it as a quoted string; most clients send it bare. Both are read, and mean the same.

use axum::http::{HeaderMap, HeaderName, Method, Uri};

use super::body::JsonBody;
use super::fields::{FieldCode, FieldError};
use super::problem::Problem;
use crate::app::Idempotency;

/// How long the key may be; what is shorter could be guessed or meet another's.
pub(super) const IDEMPOTENCY_KEY_CHARACTERS: std::ops::RangeInclusive<usize> = 16..=255;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// Reads the header of a creation, with what makes a retry the same request.
pub(super) fn find(
    headers: &HeaderMap,
    method: &Method,
    uri: &Uri,
    body: Option<&JsonBody>,
) -> Result<Option<Idempotency>, Problem> {
    let Some(header) = value(headers)? else { return Ok(None) };
    let body_digest = body.map_or([0; 32], JsonBody::digest);
    Ok(Some(Idempotency { header, route: format!("{method} {}", uri.path()), body_digest }))
}

/// Reads the header itself.
pub(super) fn value(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => read(value.as_bytes()).map(Some).ok_or_else(malformed),
        (Some(_), Some(_)) => Err(malformed()),
    }
}

/// Refuses the header where it would promise what is not kept.
pub(super) fn refuse(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(HEADER) {
        let error = FieldError::new(FieldCode::UnknownField, "is not supported by this route");
        return Err(error.by_parameter("Idempotency-Key").into());
    }
    Ok(())
}

fn read(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let legal = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b',');
    (IDEMPOTENCY_KEY_CHARACTERS.contains(&bare.len()) && bare.bytes().all(legal)).then(|| bare.to_owned())
}

fn malformed() -> Problem {
    let message = "must be sent once, 16 to 255 visible ASCII characters, quoted or bare";
    FieldError::new(FieldCode::InvalidFormat, message).by_parameter("Idempotency-Key").into()
}
