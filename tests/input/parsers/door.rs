//! What only the front door reads: headers, cursors, ids in paths, alerts of GitHub's. Through the door itself.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request};

use super::super::judge::secret_part;
use super::super::odd::percent;
use super::super::support::Response;
use super::super::town::GITHUB_KEY;
use super::{Kit, Target, text, texts};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "header",
        seeds: |kit| {
            let cookie = format!("__Host-latchkey={}", kit.town.owner.token);
            let some = [
                "application/json",
                "respond-async, wait=\"5;\"",
                "\"0123456789abcdef\"",
                "https://latchkey.test",
                "same-origin",
            ];
            texts(&[&[cookie.as_str(), "application/problem+json;q=0.5, */*"], some.as_slice()].concat())
        },
        read: header,
        cost: 8,
    },
    Target {
        name: "body",
        seeds: |_| texts(&[r#"{"name":"CI","metadata":{"a":[1]}}"#, "{}", "[]", "null"]),
        read: body,
        cost: 4,
    },
    Target {
        name: "cursor",
        seeds: |kit| kit.town.cursors.iter().map(|one| one.as_bytes().to_vec()).collect(),
        read: cursor,
        cost: 4,
    },
    Target {
        name: "path",
        seeds: |kit| texts(&[&kit.town.known("key"), &kit.town.known("ses"), "%2e%2e%2f"]),
        read: path,
        cost: 4,
    },
    Target {
        name: "github_alert",
        seeds: |_| {
            texts(&[r#"[{"token":"some_token","type":"some_type","url":"some_url"}]"#, "[]", r#"[{"token":""}]"#])
        },
        read: alert,
        cost: 8,
    },
    Target {
        name: "github_signature",
        seeds: |kit| vec![kit.town.signature(b"[]").into_bytes(), b"MEUCIQ==".to_vec()],
        read: signature,
        cost: 8,
    },
];

/// Sends with the right key; the answer is one that any request may have.
fn sent(kit: &Kit, method: &str, target: &str, headers: &[(&str, &[u8])], body: &[u8]) -> Option<Response> {
    let mut request = Request::builder().method(method).uri(target);
    let bearer = format!("Bearer {}", kit.town.root);
    let is_own = headers.iter().any(|(name, _)| *name == "authorization" || *name == "github-public-key-identifier");
    let usual = [("authorization", bearer.as_bytes())];
    for (name, value) in usual.iter().filter(|_| !is_own).chain(headers) {
        request =
            request.header(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value).ok()?);
    }
    let response = kit.town.house.deliver(request.body(Body::from(body.to_vec())).ok()?);
    assert!(response.status < 500 && !response.broken_off, "{response:?}");
    let seen = format!("{:?}{}", response.headers, String::from_utf8_lossy(&response.body));
    assert!(!kit.town.credentials().iter().any(|secret| seen.contains(secret_part(secret))), "{response:?}");
    if response.status >= 400 {
        kit.error(format!("{} {}", response.status, response.refusal().1));
    }
    Some(response)
}

fn header(kit: &Kit, bytes: &[u8]) {
    const NAMES: [&str; 14] = [
        "authorization",
        "cookie",
        "accept",
        "content-type",
        "content-encoding",
        "idempotency-key",
        "prefer",
        "origin",
        "sec-fetch-site",
        "x-requested-with",
        "cf-ipcountry",
        "user-agent",
        "cf-connecting-ip",
        "x-request-id",
    ];
    for name in NAMES {
        let json = [("content-type", b"application/json".as_slice()), (name, bytes)];
        let headers = if name == "content-type" { &json[1..] } else { &json[..] };
        sent(kit, "POST", "/v1/keys/verify", headers, br#"{"key":"x","dryRun":true}"#);
    }
    sent(kit, "POST", "/auth/logout", &[("cookie", bytes), ("authorization", b"")], b"");
    sent(kit, "POST", "/v1/api_keys", &[("idempotency-key", bytes), ("content-type", b"application/json")], b"{}");
}

fn body(kit: &Kit, bytes: &[u8]) {
    let json = [("content-type", b"application/json".as_slice())];
    for (method, target) in
        [("POST", "/v1/keys/verify"), ("POST", "/v1/outcomes"), ("PATCH", "/v1/alert_rules/rotation_due")]
    {
        sent(kit, method, target, &json, bytes);
    }
}

fn cursor(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    for list in ["/v1/api_keys", "/v1/audit_log"] {
        let Some(answer) = sent(kit, "GET", &format!("{list}?cursor={}", percent(&read)), &[], b"") else { continue };
        assert!(answer.status != 200 || kit.town.cursors.contains(&read), "a cursor that nobody gave: {read}");
    }
}

fn path(kit: &Kit, bytes: &[u8]) {
    for place in ["api_keys", "sessions", "alerts", "domains", "webhook_endpoints", "gateway_routes"] {
        sent(kit, "GET", &format!("/v1/{place}/{}", percent(&text(bytes))), &[], b"");
    }
}

const JSON: (&str, &[u8]) = ("content-type", b"application/json");

fn alert(kit: &Kit, bytes: &[u8]) {
    let signature = kit.town.signature(bytes).into_bytes();
    let headers =
        [("github-public-key-identifier", GITHUB_KEY.as_bytes()), ("github-public-key-signature", &signature), JSON];
    let Some(answer) = sent(kit, "POST", "/v1/leaks/github", &headers, bytes) else { return };
    assert!([200, 400, 413].contains(&answer.status), "{answer:?}");
}

fn signature(kit: &Kit, bytes: &[u8]) {
    let headers =
        [("github-public-key-identifier", GITHUB_KEY.as_bytes()), ("github-public-key-signature", bytes), JSON];
    let Some(answer) = sent(kit, "POST", "/v1/leaks/github", &headers, b"[]") else { return };
    // (r, s) and (r, n - s) are both signatures; nothing else that was sent here is.
    assert!(answer.status == 400 || text(bytes).len() >= 90, "{answer:?}");
}
