//! Reads a body: counted, not trusted, and refused before it is parsed if it is not what we take.
//!
//! `Content-Length` may lie or be absent, so bytes are counted as they come and reading stops at the limit. Anything
//! but `application/json` is refused, which also keeps HTML forms of other sites out.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sha2::{Digest, Sha256};

use super::fields::{FieldCode, FieldError};
use super::json::Json;
use super::problem::{Code, Problem};

/// The largest body of a route that takes one thing.
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// The largest body of a route that takes many.
pub const BATCH_BYTES_MAX: usize = 128 * 1024;

/// A JSON body. As an extractor it must be there; `Option<JsonBody>` may be empty.
#[derive(Debug)]
pub struct JsonBody<const MOST: usize = BODY_BYTES_MAX> {
    json: Json,
    digest: [u8; 32],
}

impl<const MOST: usize> JsonBody<MOST> {
    /// What was sent.
    #[must_use]
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// SHA-256 of the bytes as they were sent: what makes a retry the same request.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

impl<S: Send + Sync, const MOST: usize> FromRequest<S> for JsonBody<MOST> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read(request).await?.ok_or_else(|| FieldError::new(FieldCode::Required, "a JSON body is required").into())
    }
}

impl<S: Send + Sync, const MOST: usize> OptionalFromRequest<S> for JsonBody<MOST> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, Problem> {
        read(request).await
    }
}

/// Reads the body of a request; `None` if it is empty.
/// A JSON body as it came, for whoever has to check a signature over it.
pub struct RawBody<const MOST: usize>(Bytes);

impl<const MOST: usize> RawBody<MOST> {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<S: Send + Sync, const MOST: usize> FromRequest<S> for RawBody<MOST> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !media_type_is_named(&parts.headers)? {
            return Err(Problem::new(Code::UnsupportedMediaType));
        }
        if announced_length(&parts.headers).is_some_and(|length| length > MOST) {
            return Err(Problem::new(Code::PayloadTooLarge));
        }
        Ok(Self(collect(body, MOST).await?))
    }
}

async fn read<const MOST: usize>(request: Request) -> Result<Option<JsonBody<MOST>>, Problem> {
    let (parts, body) = request.into_parts();
    let media_type_is_missing = !media_type_is_named(&parts.headers)?;
    if announced_length(&parts.headers).is_some_and(|length| length > MOST) {
        return Err(Problem::new(Code::PayloadTooLarge));
    }
    let bytes = collect(body, MOST).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if media_type_is_missing {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    Ok(Some(JsonBody { json: Json::parse(&bytes)?, digest: Sha256::digest(&bytes).into() }))
}

async fn collect(body: Body, most: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::new(Code::PayloadTooLarge)),
        Err(_) => Err(Problem::new(Code::InvalidRequest).saying("The body could not be read to its end.")),
    }
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Whether the headers name our media type; an error if they name another one or a content coding.
fn media_type_is_named(headers: &HeaderMap) -> Result<bool, Problem> {
    let refused = || Problem::new(Code::UnsupportedMediaType);
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    if !codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
        return Err(refused());
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (None, _) => Ok(false),
        (Some(value), None) if value.to_str().is_ok_and(is_json) => Ok(true),
        _ => Err(refused()),
    }
}

/// `application/json`, in UTF-8 if a charset is named; other parameters have no meaning (RFC 8259 §11).
fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let essence_fits = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    essence_fits
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use futures_executor::block_on;
    use futures_util::stream;

    use super::*;

    fn outcome(headers: &[(&str, &str)], body: impl Into<Body>) -> Result<Option<String>, Code> {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let read = block_on(read::<BODY_BYTES_MAX>(request.body(body.into()).unwrap()));
        read.map(|body| body.map(|body| body.json().to_value().to_string())).map_err(|problem| problem.code())
    }

    #[test]
    fn json_is_taken_in_every_honest_spelling() {
        for media_type in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json ; Charset=\"UTF-8\"; x=y",
            "application/json;",
        ] {
            assert_eq!(outcome(&[("content-type", media_type)], "{}"), Ok(Some("{}".to_owned())), "{media_type}");
        }
        let identity = [("content-type", "application/json"), ("content-encoding", "Identity")];
        assert_eq!(outcome(&identity, "[1]"), Ok(Some("[1]".to_owned())));
    }

    #[test]
    fn whatever_else_is_refused_before_it_is_parsed() {
        let json = ("content-type", "application/json");
        for headers in [
            vec![],
            vec![("content-type", "text/plain")],
            vec![("content-type", "application/x-www-form-urlencoded")],
            vec![("content-type", "application/jsonx")],
            vec![("content-type", "application/problem+json")],
            vec![("content-type", "application/json; charset=latin1")],
            vec![("content-type", "application/json, text/plain")],
            vec![json, json],
            vec![json, ("content-encoding", "gzip")],
            vec![json, ("content-encoding", "identity"), ("content-encoding", "br")],
        ] {
            assert_eq!(outcome(&headers, "{"), Err(Code::UnsupportedMediaType), "{headers:?}");
        }
    }

    #[test]
    fn an_empty_body_is_none_or_required() {
        assert_eq!(outcome(&[], ""), Ok(None));
        let request = Request::new(Body::empty());
        let problem = block_on(<JsonBody as FromRequest<()>>::from_request(request, &())).unwrap_err();
        assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn bytes_are_counted_whatever_was_announced() {
        let of = |length: usize| format!("\"{}\"", "a".repeat(length - 2));
        let json = ("content-type", "application/json");
        assert!(outcome(&[json], of(BODY_BYTES_MAX)).is_ok());
        assert_eq!(outcome(&[json], of(BODY_BYTES_MAX + 1)), Err(Code::PayloadTooLarge));
        assert_eq!(outcome(&[json, ("content-length", "2")], of(BODY_BYTES_MAX + 1)), Err(Code::PayloadTooLarge));
        assert_eq!(outcome(&[json, ("content-length", "16385")], "{}"), Err(Code::PayloadTooLarge));
        assert_eq!(outcome(&[json, ("content-length", "-1")], "{}"), Ok(Some("{}".to_owned())));
    }

    #[test]
    fn an_endless_body_is_left_alone_at_the_limit() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static PULLED: AtomicUsize = AtomicUsize::new(0);
        let endless = stream::repeat_with(|| {
            PULLED.fetch_add(1_024, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1_024]))
        });
        let json = [("content-type", "application/json")];
        assert_eq!(outcome(&json, Body::from_stream(endless)), Err(Code::PayloadTooLarge));
        assert!(PULLED.load(Ordering::Relaxed) <= 64 * 1_024);
    }

    #[test]
    fn a_body_that_breaks_off_is_the_clients_fault() {
        let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("reset"))]);
        assert_eq!(
            outcome(&[("content-type", "application/json")], Body::from_stream(broken)),
            Err(Code::InvalidRequest)
        );
    }

    #[test]
    fn the_digest_is_that_of_the_bytes() {
        let digest = |text: &'static str| {
            let request = Request::builder().header("content-type", "application/json").body(Body::from(text)).unwrap();
            block_on(read::<BODY_BYTES_MAX>(request)).unwrap().unwrap().digest()
        };
        assert_eq!(digest("{}"), digest("{}"));
        assert_ne!(digest("{}"), digest("{ }"));
    }
}
