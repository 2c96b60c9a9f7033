//! The outermost layer: what every response has in common, whoever made it.
//!
//! It names the request (the client's own `x-request-id` is never believed), writes problems out, turns the router's
//! bare errors into our shape, and adds the headers that no route may forget: nothing we answer may be stored, sniffed
//! or framed (RFC 9111 §3.5 does not protect answers to `x-api-key`), and what a call was counted against is told.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::around::{Around, ServerTiming};
use super::canonical::Draft;
use super::client_ip::ClientIp;
use super::problem::rendering::{Form, render};
use super::problem::{Code, Problem};
use super::rate_limit_fields::Counted;
use crate::app::trace::within;
use crate::app::{App, Logging};
use crate::domain::audit::Trace;
use crate::domain::id::RequestId;
use crate::ports::{Clock, Entropy, Log};

/// The longest path and query.
pub const URI_BYTES_MAX: usize = 2 * 1024;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// On every response, success or not.
pub const ALWAYS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// Puts the whole service into the envelope. Handlers find the [`RequestId`] in the request's extensions.
///
/// The router goes in as one service, because a layer on its routes would sit below what axum adds itself (`Allow`).
pub fn enclose(router: Router, outside: Outside) -> Router {
    Router::new().fallback_service(router).layer(from_fn_with_state(outside, envelope))
}

/// The doors that the envelope needs.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port it is typed as")]
pub struct Outside {
    pub entropy: Arc<dyn Entropy>,
    pub log: Arc<dyn Log>,
    /// What is logged of requests, and the clock for it; nothing in a deployment that is not configured.
    pub logging: Option<(Logging, Arc<dyn Clock>)>,
}

impl Outside {
    /// Those of the service.
    pub(super) fn of(app: &App) -> Self {
        let world = app.world();
        let logging = Some((app.logging(), Arc::clone(&world.clock)));
        Self { entropy: Arc::clone(&world.entropy), log: Arc::clone(&world.log), logging }
    }
}

async fn envelope(State(outside): State<Outside>, mut request: Request, next: Next) -> Response {
    let is_head = request.method() == Method::HEAD;
    let is_verification = is_verification(&request);
    let (opened, refused) = Opened::new(&mut request, &outside, is_verification);
    let response = match refused {
        Some(problem) => problem.into_response(),
        // A verification is not written down in the audit log.
        None if is_verification => next.run(request).await,
        None => within(trace(&request, &opened.request_id), next.run(request)).await,
    };
    opened.stamped(response, &outside, is_head)
}

/// What the envelope keeps of a request until there is an answer.
pub(super) struct Opened {
    form: Form,
    request_id: RequestId,
    counted: Counted,
    timing: ServerTiming,
    draft: Option<Draft>,
}

impl Opened {
    /// Names a request and prepares it; with a problem if it is not to be answered otherwise.
    pub(super) fn new(request: &mut Request, outside: &Outside, is_verification: bool) -> (Self, Option<Problem>) {
        let form = Form::wanted(request.headers());
        let seed = outside.entropy.seed();
        let request_id = RequestId::from_seed(seed.as_ref().unwrap_or(&[0; 64]));
        let draft = match &outside.logging {
            Some((logging, clock)) => Draft::begin(*logging, &**clock, request, is_verification),
            None => None,
        };
        let (counted, timing) = (Counted::default(), ServerTiming::default());
        let opened = Self { form, request_id, counted, timing, draft };
        if seed.is_err() {
            return (opened, Some(Problem::new(Code::ServiceUnavailable)));
        }
        if length(request.uri()) > URI_BYTES_MAX {
            return (opened, Some(Problem::new(Code::UriTooLong)));
        }
        let extensions = request.extensions_mut();
        extensions.insert(opened.request_id.clone());
        extensions.insert(opened.counted.clone());
        extensions.insert(opened.timing.clone());
        (opened, None)
    }

    /// The name of the request.
    pub(super) fn request_id(&self) -> &str {
        self.request_id.as_str()
    }

    /// The answer, in our shape, with all that is its own; what is on every answer ([`ALWAYS`]) is still missing.
    pub(super) fn close(&self, mut response: Response, outside: &Outside) -> Response {
        let request_id = self.request_id.as_str();
        if let (Some(draft), Some((_, clock))) = (&self.draft, &outside.logging) {
            draft.write(&*outside.log, clock.now(), (request_id, &response, &self.timing));
        }
        self.counted.write(&mut response);
        self.timing.write(&mut response);
        let mut response = written_out(response, request_id, self.form, &*outside.log);
        if let Ok(value) = HeaderValue::from_str(request_id) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        response
    }

    fn stamped(&self, response: Response, outside: &Outside, is_head: bool) -> Response {
        let mut response = self.close(response, outside);
        for (name, value) in ALWAYS {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if is_head {
            // axum empties what its own routes answer to HEAD; what is written out here is not.
            *response.body_mut() = Body::empty();
        }
        response
    }
}

/// Whether a request verifies a key, as almost all do.
/// An answer of ours to a request that was handed over, and has come back without one.
pub(super) fn refusal(problem: Problem, request_id: &str, headers: &HeaderMap, outside: &Outside) -> Response {
    let form = Form::wanted(headers);
    let mut response = written_out(problem.into_response(), request_id, form, &*outside.log);
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

fn is_verification(request: &Request) -> bool {
    let path = request.uri().path();
    path.ends_with("/keys/verify") || path == "/v1/whoami"
}

/// Where a request comes from, for the audit log.
fn trace(request: &Request, request_id: &RequestId) -> Arc<Trace> {
    let origin = Around::find(request.headers(), request.extensions()).origin;
    let ClientIp(ip) = ClientIp::find(request.headers());
    let (request_id, country, client) = (request_id.to_string(), origin.country, origin.client);
    Arc::new(Trace { request_id, ip, country, client })
}

fn length(uri: &Uri) -> usize {
    uri.path_and_query().map_or(0, |path_and_query| path_and_query.as_str().len())
}

/// A problem, or a bare error of the router, as a body of ours. Other headers of the response stay (`Allow`, limits).
fn written_out(mut response: Response, request_id: &str, form: Form, log: &dyn Log) -> Response {
    let stashed = response.extensions_mut().remove::<Problem>();
    let Some(problem) = stashed.or_else(|| Problem::for_foreign(response.status())) else { return response };
    if let Some(cause) = problem.cause() {
        let code = problem.code().as_str();
        let line = json!({ "level": "error", "event": code, "requestId": request_id, "cause": cause });
        log.line(&line.to_string());
    }
    let mut rendered = render(&problem, request_id, form);
    let mut headers = std::mem::take(response.headers_mut());
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_TYPE);
    headers.extend(std::mem::take(rendered.headers_mut()));
    *rendered.headers_mut() = headers;
    rendered
}

#[cfg(test)]
mod tests {
    use axum::extract::Path;
    use axum::http::StatusCode;
    use axum::http::header::{ACCEPT, ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
    use axum::routing::{get, post};
    use futures_executor::block_on;
    use http_body_util::BodyExt;
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;
    use crate::api::body::JsonBody;
    use crate::ports::PortError;

    struct Dice(Result<[u8; 64], PortError>);

    impl Entropy for Dice {
        fn seed(&self) -> Result<[u8; 64], PortError> {
            self.0.clone()
        }
    }

    struct Silence;

    impl Log for Silence {
        fn line(&self, _: &str) {}
    }

    async fn echo(body: JsonBody) -> String {
        body.json().kind().to_owned()
    }

    async fn limited() -> impl IntoResponse {
        ([("ratelimit", "r=0")], Problem::new(Code::RateLimited).retry_after_ms(2_500))
    }

    fn service(dice: Dice) -> Router {
        let router = Router::new()
            .route("/ok", get(|| async { "fine" }))
            .route("/echo", post(echo))
            .route("/limited", get(limited))
            .route("/number/{n}", get(|Path(n): Path<u8>| async move { n.to_string() }))
            .route("/refused", get(|| async { Problem::new(Code::AuthMissingCredentials) }))
            .route("/teapot", get(|| async { (StatusCode::BAD_GATEWAY, "secret cause") }));
        enclose(router, Outside { entropy: Arc::new(dice), log: Arc::new(Silence), logging: None })
    }

    fn send(request: Request) -> (StatusCode, axum::http::HeaderMap, String) {
        let response = block_on(service(Dice(Ok([7; 64]))).oneshot(request)).unwrap();
        let (parts, body) = response.into_parts();
        let bytes = block_on(body.collect()).unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn request(method: &str, path: &str) -> Request {
        Request::builder().method(method).uri(path).header("x-request-id", "mine").body(Body::empty()).unwrap()
    }

    #[test]
    fn every_response_has_the_common_headers_and_errors_the_common_shape() {
        let long = format!("/ok?{}", "a".repeat(URI_BYTES_MAX));
        for (method, path, status, code) in [
            ("GET", "/ok", 200, None),
            ("GET", "/nowhere", 404, Some("not_found")),
            ("GET", "/%ff", 404, Some("not_found")),
            ("DELETE", "/ok", 405, Some("method_not_allowed")),
            ("OPTIONS", "/ok", 405, Some("method_not_allowed")),
            ("BREW", "/ok", 405, Some("method_not_allowed")),
            ("GET", "/number/x", 400, Some("invalid_request")),
            ("GET", "/number/%ff", 400, Some("invalid_request")),
            ("POST", "/echo", 400, Some("invalid_request")),
            ("GET", "/limited", 429, Some("rate_limited")),
            ("GET", "/refused", 401, Some("auth_missing_credentials")),
            ("GET", "/teapot", 500, Some("internal_error")),
            ("GET", long.as_str(), 414, Some("uri_too_long")),
        ] {
            let (actual, headers, body) = send(request(method, path));
            assert_eq!(actual, status, "{method} {path}");
            for (name, value) in ALWAYS {
                assert_eq!(headers.get_all(&name).iter().collect::<Vec<_>>(), [value], "{method} {path}");
            }
            let request_id = headers.get(X_REQUEST_ID).unwrap().to_str().unwrap();
            assert!(request_id.starts_with("req_"));
            if let Some(code) = code {
                let body: Value = serde_json::from_str(&body).unwrap();
                assert_eq!(headers.get(CONTENT_TYPE).unwrap(), "application/json");
                assert_eq!(body.get("code").unwrap(), code);
                assert_eq!(body.pointer("/details/requestId").unwrap(), request_id);
            }
        }
    }

    #[test]
    fn what_the_route_says_about_itself_survives() {
        assert_eq!(send(request("POST", "/ok")).1.get(ALLOW).unwrap(), "GET,HEAD");
        assert_eq!(send(request("GET", "/echo")).1.get(ALLOW).unwrap(), "POST");
        let (_, headers, _) = send(request("GET", "/limited"));
        assert_eq!(
            (headers.get("ratelimit").unwrap(), headers.get(RETRY_AFTER).unwrap()),
            (&"r=0".parse().unwrap(), &"3".parse().unwrap())
        );
        assert!(send(request("GET", "/refused")).1.contains_key(WWW_AUTHENTICATE));
    }

    #[test]
    fn problem_details_are_negotiated() {
        let mut request = request("GET", "/nowhere");
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/problem+json"));
        let (_, headers, body) = send(request);
        assert_eq!(headers.get(CONTENT_TYPE).unwrap(), "application/problem+json");
        assert!(body.contains("urn:latchkey:problem:not_found"));
    }

    #[test]
    fn a_head_is_a_get_without_its_body() {
        for path in ["/ok", "/refused", "/nowhere", "/limited"] {
            let (get, head) = (send(request("GET", path)), send(request("HEAD", path)));
            assert_eq!((get.0, &get.1), (head.0, &head.1), "{path}");
            assert_eq!(head.2, "");
        }
    }

    #[test]
    fn without_chance_there_is_no_service() {
        let dice = Dice(Err(PortError::new("seed", "no entropy")));
        let response = block_on(service(dice).oneshot(request("GET", "/ok"))).unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(X_REQUEST_ID));
    }
}
