//! Whether a request with the cookie was made by a page of ours: browsers send cookies along with whatever any page asks.
//!
//! `SameSite=Strict` keeps other sites out, not other hosts of the same site. So every `Origin` and `Sec-Fetch-Site`
//! must speak for this very origin; and what may change something needs one of the two, and a header that no form can
//! send (OWASP, "Employing Custom Request Headers"). Bodies are JSON anyway (`body`).

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, Uri};

use super::problem::{Code, Problem};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// Refuses a request that a page of another origin may have made.
///
/// # Errors
/// 403 `csrf_refused`.
pub(super) fn check(parts: &Parts) -> Result<(), Problem> {
    let fine = is_own(&parts.method, &parts.uri, &parts.headers);
    if fine { Ok(()) } else { Err(Problem::new(Code::CsrfRefused)) }
}

fn is_own(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let is_safe = [Method::GET, Method::HEAD].contains(method);
    let Some(own) = own_origin(uri, headers) else { return false };
    let Ok(origin) = only(headers, &ORIGIN) else { return false };
    let Ok(site) = only(headers, &SEC_FETCH_SITE) else { return false };
    // `none`: the user typed the address, which changes nothing.
    let origin_fits = origin.is_none_or(|origin| origin == own.as_bytes());
    let site_fits = site.is_none_or(|site| site == b"same-origin" || (is_safe && site == b"none"));
    let is_vouched = origin.is_some() || site.is_some();
    origin_fits && site_fits && (is_safe || (is_vouched && headers.contains_key(X_REQUESTED_WITH)))
}

/// The only value of a header, or none; what is sent twice speaks for nobody.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h [u8]>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(()),
        (value, None) => Ok(value.map(|value| value.as_bytes())),
    }
}

/// The origin that this request came to, as browsers write it (RFC 6454 §6.2): lower case, no default port.
///
/// On Workers the URI is absolute, as the platform received it, and decides alone. A URI without a host (any other
/// server, the native tests) leaves the only `Host` header, and https, without which there is no cookie at all.
fn own_origin(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let scheme = uri.scheme_str().unwrap_or("https").to_ascii_lowercase();
    let authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => std::str::from_utf8(only(headers, &HOST).ok()??).ok()?.parse().ok()?,
    };
    let host = authority.host().to_ascii_lowercase();
    Some(match (scheme.as_str(), authority.port_u16()) {
        (_, None) | ("https", Some(443)) | ("http", Some(80)) => format!("{scheme}://{host}"),
        (_, Some(port)) => format!("{scheme}://{host}:{port}"),
    })
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    const OWN: (&str, &str) = ("origin", "https://latchkey.test");
    const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");
    const AJAX: (&str, &str) = ("x-requested-with", "fetch");

    fn passes(method: &str, url: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let checked = check(&parts);
        assert!(checked.as_ref().err().is_none_or(|problem| problem.code() == Code::CsrfRefused));
        checked.is_ok()
    }

    const URL: &str = "https://latchkey.test/auth/user";

    #[test]
    fn a_page_of_ours_may_read_and_change() {
        for headers in [vec![OWN, SAME, AJAX], vec![OWN, AJAX], vec![SAME, AJAX], vec![OWN, ("x-requested-with", "")]] {
            for method in ["POST", "PATCH", "PUT", "DELETE", "GET", "HEAD"] {
                assert!(passes(method, URL, &headers), "{method} {headers:?}");
            }
        }
        for headers in [vec![], vec![("sec-fetch-site", "none")], vec![SAME], vec![OWN], vec![OWN, SAME]] {
            assert!(passes("GET", URL, &headers) && passes("HEAD", URL, &headers), "{headers:?}");
        }
    }

    #[test]
    fn what_may_change_something_needs_a_witness_and_the_header_that_no_form_sends() {
        let none = ("sec-fetch-site", "none");
        for headers in
            [vec![], vec![AJAX], vec![OWN], vec![SAME], vec![OWN, SAME], vec![none, AJAX], vec![OWN, none, AJAX]]
        {
            for method in ["POST", "PATCH", "PUT", "DELETE", "OPTIONS", "BREW"] {
                assert!(!passes(method, URL, &headers), "{method} {headers:?}");
            }
        }
    }

    #[test]
    fn a_form_cannot_do_it_whatever_its_type() {
        for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"] {
            for origin in ["https://latchkey.test", "https://evil.test", "null"] {
                let form = [("content-type", media_type), ("origin", origin), SAME];
                assert!(!passes("POST", URL, &form), "{form:?}");
            }
        }
    }

    #[test]
    fn any_other_origin_is_refused_even_for_reading() {
        for origin in [
            "null",
            "https://evil.test",
            "https://app.latchkey.test",
            "https://latchkey.test.evil.test",
            "https://latchkey.test@evil.test",
            "http://latchkey.test",
            "https://latchkey.test:8443",
            "https://latchkey.test:443",
            "https://LATCHKEY.test",
            "HTTPS://latchkey.test",
            "https://latchkey.test/",
            "https://latchkey.test https://latchkey.test",
            "https://latchkey.test, https://latchkey.test",
            "latchkey.test",
            " ",
            "",
        ] {
            for method in ["GET", "HEAD", "POST", "DELETE"] {
                assert!(!passes(method, URL, &[("origin", origin), SAME, AJAX]), "{method} {origin}");
            }
        }
    }

    #[test]
    fn several_witnesses_are_none_even_if_they_agree() {
        for headers in [
            vec![OWN, OWN, AJAX],
            vec![OWN, ("origin", "https://evil.test"), AJAX],
            vec![("origin", "null"), OWN, AJAX],
            vec![SAME, SAME, AJAX],
            vec![OWN, SAME, ("sec-fetch-site", "cross-site"), AJAX],
        ] {
            assert!(!passes("POST", URL, &headers) && !passes("GET", URL, &headers), "{headers:?}");
        }
    }

    #[test]
    fn a_browser_that_says_cross_site_or_same_site_is_believed() {
        for site in ["cross-site", "same-site", "Same-Origin", "same-origin ,", ""] {
            for method in ["GET", "POST"] {
                assert!(!passes(method, URL, &[OWN, ("sec-fetch-site", site), AJAX]), "{method} {site}");
            }
        }
    }

    #[test]
    fn the_own_origin_is_the_urls_and_only_without_one_the_hosts() {
        for (url, headers, own) in [
            ("https://latchkey.test/x", vec![], Some("https://latchkey.test")),
            ("https://latchkey.test/x", vec![("host", "evil.test")], Some("https://latchkey.test")),
            ("https://LATCHKEY.test:443/x", vec![], Some("https://latchkey.test")),
            ("https://latchkey.test:80/x", vec![], Some("https://latchkey.test:80")),
            ("http://127.0.0.1:8787/x", vec![], Some("http://127.0.0.1:8787")),
            ("http://localhost:80/x", vec![], Some("http://localhost")),
            ("http://[::1]:8787/x", vec![], Some("http://[::1]:8787")),
            ("https://somebody@latchkey.test/x", vec![], Some("https://latchkey.test")),
            ("/x", vec![("host", "latchkey.test")], Some("https://latchkey.test")),
            ("/x", vec![("host", "Latchkey.Test:8443")], Some("https://latchkey.test:8443")),
            ("/x", vec![], None),
            ("/x", vec![("host", "")], None),
            ("/x", vec![("host", "a b")], None),
            ("/x", vec![("host", "latchkey.test"), ("host", "latchkey.test")], None),
        ] {
            let mut request = Request::builder().uri(url);
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let request = request.body(()).unwrap();
            assert_eq!(own_origin(request.uri(), request.headers()).as_deref(), own, "{url} {headers:?}");
        }
        assert!(!passes("GET", "/x", &[]), "whoever does not say where he is going gets nothing");
    }
}
