//! What an origin is sent of a request, and what not: where it goes, which header fields are taken off, which are added.

use url::Url;

use super::Route;
use super::path::RequestPath;

/// What the gateway calls itself in `Via` (RFC 9110 section 7.6.3).
pub const PSEUDONYM: &str = "latchkey";

/// Fields of one connection, or of the way here: they end here (RFC 9110 section 7.6.1), are written anew, or would be
/// believed. Credentials are among them: the key is for the gateway, not for the origin.
const TAKEN_OFF: [&str; 31] = [
    "authorization",
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-version",
    "signature",
    "signature-input",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "via",
    "x-api-key",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded-client-cert",
    "x-original-forwarded-for",
    "x-original-url",
    "x-real-ip",
    "x-request-id",
    "x-rewrite-url",
];
/// What begins so is the gateway's to say, the platform's, or a proxy's.
const PREFIXES_TAKEN_OFF: [&str; 3] = ["latchkey-", "cf-", "x-forwarded-"];

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The URL.
    pub url: String,
    /// Its path.
    pub path: String,
    /// Its query, without the question mark.
    pub query: Option<String>,
}

/// Where a request goes on a route; none if that would be nowhere below the origin.
#[must_use]
pub fn target(route: &Route, path: &RequestPath<'_>, query: Option<&str>) -> Option<Target> {
    let terms = &route.terms;
    let origin = Url::parse(terms.origin.as_str()).ok()?;
    let base = terms.origin.as_str().trim_end_matches('/');
    let rest = if terms.strip_path { path.below(terms.path.depth()) } else { path.as_str() };
    let mut text = format!("{base}{rest}");
    if let Some(query) = query {
        text.push('?');
        text.push_str(query);
    }
    let url = Url::parse(&text).ok()?;
    let is_below = url.origin() == origin.origin()
        && url.path().starts_with(origin.path().trim_end_matches('/'))
        && url.username().is_empty()
        && url.fragment().is_none();
    is_below.then(|| Target { path: url.path().to_owned(), query: url.query().map(ToOwned::to_owned), url: url.into() })
}

/// Whether a header field of the client's is taken off. `connection` is what the field of that name lists. An underscore
/// counts as a hyphen: to many a server both are the same.
#[must_use]
pub fn is_taken_off(name: &str, connection: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    TAKEN_OFF.contains(&name.as_str())
        || PREFIXES_TAKEN_OFF.iter().any(|prefix| name.starts_with(prefix))
        || connection.split(',').any(|listed| listed.trim().eq_ignore_ascii_case(&name))
}

/// What is left of a cookie field without the cookie of this name; none if that is nothing.
#[must_use]
pub fn without_cookie(field: &str, name: &str) -> Option<String> {
    let is_other = |pair: &&str| pair.split('=').next().unwrap_or_default().trim() != name;
    let kept: Vec<&str> = field.split(';').filter(is_other).map(str::trim).filter(|pair| !pair.is_empty()).collect();
    (!kept.is_empty()).then(|| kept.join("; "))
}

/// Whether a request has been here before.
#[must_use]
pub fn is_loop(via: &str) -> bool {
    via.split(',').any(|hop| hop.split_whitespace().nth(1) == Some(PSEUDONYM))
}

/// `Via` as the origin gets it.
#[must_use]
pub fn via(before: &str) -> String {
    let own = format!("1.1 {PSEUDONYM}");
    if before.is_empty() { own } else { format!("{before}, {own}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gateway::tests::route;

    fn sent(path: &str, origin: &str, strips: bool, asked: &str, query: Option<&str>) -> Option<String> {
        let mut route = route(path, origin);
        route.terms.strip_path = strips;
        target(&route, &RequestPath::parse(asked).unwrap(), query).map(|target| target.url)
    }

    #[test]
    fn a_request_goes_below_its_origin_as_it_was_sent() {
        let origin = "https://api.example.com/base";
        for (strips, asked, query, url) in [
            (false, "/orders/7", None, "https://api.example.com/base/orders/7"),
            (true, "/orders/7", None, "https://api.example.com/base/7"),
            (true, "/orders", None, "https://api.example.com/base"),
            (true, "/orders/", Some(""), "https://api.example.com/base/?"),
            (true, "/orders/a%20b;x/", Some("q=%2F&q"), "https://api.example.com/base/a%20b;x/?q=%2F&q"),
            (true, "/orders/@evil.example", None, "https://api.example.com/base/@evil.example"),
        ] {
            assert_eq!(sent("/orders", origin, strips, asked, query).as_deref(), Some(url));
        }
        assert_eq!(sent("/", "https://example.com/", true, "/", None).as_deref(), Some("https://example.com/"));
        assert_eq!(sent("/a", "https://example.com/", true, "/a", None).as_deref(), Some("https://example.com/"));
        let target = target(&route("/", "https://example.com"), &RequestPath::parse("/ä").unwrap(), Some("ü")).unwrap();
        assert_eq!((target.path.as_str(), target.query.as_deref()), ("/%C3%A4", Some("%C3%BC")));
        assert_eq!(sent("/", origin, false, "/a", Some("q#x")), None, "an origin is asked for no fragment");
    }

    #[test]
    fn what_is_not_for_the_origin_is_taken_off_however_it_is_spelled() {
        for name in [
            "authorization",
            "X-API-Key",
            "latchkey-key-id",
            "Latchkey-Anything",
            "latchkey_key_id",
            "connection",
            "TE",
            "x-forwarded-for",
            "x_forwarded_for",
            "x-real-ip",
            "cf-connecting-ip",
            "signature",
            "signature-input",
            "host",
            "keep-alive",
            "x-custom",
            "via",
            "x-request-id",
            "proxy-authorization",
        ] {
            assert!(is_taken_off(name, "close, X-Custom"), "{name}");
        }
        for name in
            ["accept", "content-type", "user-agent", "cookie", "x-custom", "sec-websocket-protocol", "traceparent"]
        {
            assert!(!is_taken_off(name, "close"), "{name}");
        }
    }

    #[test]
    fn the_dashboards_cookie_is_taken_out_and_others_stay() {
        let ours = "__Host-latchkey";
        assert_eq!(without_cookie("a=b; __Host-latchkey=x;c=d", ours).as_deref(), Some("a=b; c=d"));
        assert_eq!(without_cookie(" __Host-latchkey = x", ours), None);
        assert_eq!(without_cookie("a=__Host-latchkey", ours).as_deref(), Some("a=__Host-latchkey"));
    }

    #[test]
    fn who_has_been_here_is_known_by_via() {
        assert!(!is_loop("") && !is_loop("1.1 latchkeys, 1.0 fred (latchkey)"));
        assert!(is_loop(&via("")) && is_loop(&via("1.0 fred")) && is_loop(&format!("{}, 1.1 nginx", via("1.0 fred"))));
    }
}
