//! Values of the domain as people write them.

use std::fmt::{Debug, Display};

use latchkey::domain::alert::Kind;
use latchkey::domain::domain_name::DomainName;
use latchkey::domain::egress::ReceiverUrl;
use latchkey::domain::email::Email;
use latchkey::domain::environment::Environment;
use latchkey::domain::event::EventKind;
use latchkey::domain::gateway::path::{RequestPath, RoutePath};
use latchkey::domain::gateway::{Origin, Route, handover};
use latchkey::domain::ip_network::{IpAllowList, IpNetwork};
use latchkey::domain::link_hook::{LinkHook, shielded};
use latchkey::domain::metadata::Metadata;
use latchkey::domain::password::Password;
use latchkey::domain::permission::{Permission, PermissionPreset, Permissions};
use latchkey::domain::plan::PlanName;
use latchkey::domain::rate_limit::{LimitName, RateLimits};
use latchkey::domain::text::{ExternalId, Name, Reason, Tag};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::latency::Latency;

use super::{Kit, Target, text, texts};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "timestamp",
        seeds: |_| texts(&["2030-01-01T00:00:00Z", "2028-02-29T23:59:59.999+05:30", "2000-01-01T00:00:00-14:00"]),
        read: timestamp,
        cost: 1,
    },
    Target {
        name: "domain_name",
        seeds: |_| texts(&["example.com", "b\u{fc}cher.example", "xn--bcher-kva.example", "a-1.b-2.c3.example"]),
        read: domain_name,
        cost: 1,
    },
    Target {
        name: "email",
        seeds: |_| texts(&["ada@example.com", "Ada.King+x@B\u{fc}cher.example", "a@b.c", "\u{3b1}\u{3a3}@example.com"]),
        read: email,
        cost: 1,
    },
    Target {
        name: "ip_network",
        seeds: |_| texts(&["192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.1", "0.0.0.0/0", "::/0"]),
        read: ip_network,
        cost: 1,
    },
    Target {
        name: "url",
        seeds: |_| texts(&["https://hooks.example.com/x?y=z", "https://a.b.example:443/", "http://127.0.0.1:8080/x"]),
        read: url,
        cost: 1,
    },
    Target {
        name: "origin",
        seeds: |_| texts(&["https://api.example.com/base", "http://127.0.0.1:8080/", "https://example.com/?x"]),
        read: origin,
        cost: 1,
    },
    Target { name: "route_path", seeds: |_| texts(&["/", "/v1/orders", "/a.b/~c/d_e-f"]), read: route_path, cost: 1 },
    Target {
        name: "request_path",
        seeds: |_| texts(&["/", "/a%20b;x=1/c/", "/%c3%a4/..%2fb", "/a/%2e%2e/b"]),
        read: request_path,
        cost: 1,
    },
    Target {
        name: "metadata",
        seeds: |_| texts(&["{}", r#"{"a":{"b":[1,"x",null,1.5e300]}}"#, r#"{"a":[[[[[[1]]]]]],"n":-0.0}"#]),
        read: metadata,
        cost: 1,
    },
    Target { name: "line", seeds: |_| texts(&["CI pipeline", "\u{c5}ngstr\u{f6}m", "a b"]), read: line, cost: 1 },
    Target {
        name: "permission",
        seeds: |_| texts(&["emails:send", "*", "*:*", "*:read", "api_keys:*", "full_access", "a.b-c_d:x"]),
        read: permission,
        cost: 1,
    },
    Target {
        name: "word",
        seeds: |_| {
            let words = ["production", "staging", "development", "live", "dev", "free", "pro", "api_key.created"];
            texts(&[words.as_slice(), &["traffic_spike", "key_leaked", "per-minute_1"]].concat())
        },
        read: word,
        cost: 1,
    },
    Target {
        name: "rate_limits",
        seeds: |_| texts(&[r#"[{"name":"burst","limit":10,"window_ms":1000}]"#, "[]"]),
        read: rate_limits,
        cost: 1,
    },
    Target { name: "latency", seeds: |_| texts(&["1 0A", "99 BC1D", "7 gBhB", "0 "]), read: latency, cost: 1 },
    Target {
        name: "password",
        seeds: |_| texts(&["a lamp, a ladder, a lemon", "ada@example.com", "12345678", "e\u{301}e\u{301}e\u{301}xyz"]),
        read: password,
        cost: 1,
    },
];

/// What is read is written as it can be read again, and then is the same.
fn same<T: PartialEq + Debug, E: Display>(
    kit: &Kit,
    written: &str,
    parse: impl Fn(&str) -> Result<T, E>,
    write: impl Fn(&T) -> String,
) -> Option<T> {
    match parse(written) {
        Ok(value) => {
            let again = parse(&write(&value)).map_err(|error| error.to_string());
            assert_eq!(again.as_ref(), Ok(&value), "{written:?} is written as {:?}", write(&value));
            Some(value)
        }
        Err(error) => {
            kit.error(error);
            None
        }
    }
}

fn timestamp(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let Some(moment) = same(kit, &read, Timestamp::parse, ToString::to_string) else { return };
    assert_eq!(read.parse(), Ok(moment));
    assert!(moment.to_string().as_str() >= "1999-12-31" && moment.to_string().len() == 24 && read.len() <= 29);
}

fn domain_name(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let Some(name) = same(kit, &read, DomainName::parse, ToString::to_string) else { return };
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    assert!(name.as_str().len() <= 253 && name.as_str().bytes().all(fits), "{name}");
    assert_eq!((read.parse(), DomainName::try_from(read)), (Ok(name.clone()), Ok(name)));
}

fn email(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let Some(email) = same(kit, &read, Email::parse, |email| email.as_str().to_owned()) else { return };
    let key = Email::parse(&email.key()).unwrap_or_else(|error| panic!("{email} is found as {}: {error}", email.key()));
    assert_eq!(key.key(), email.key(), "{email}");
    assert_eq!(read.parse(), Ok(email));
}

fn ip_network(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    if let Some(network) = same(kit, &read, IpNetwork::parse, ToString::to_string) {
        assert_eq!((read.parse(), IpNetwork::try_from(read.clone())), (Ok(network), Ok(network)));
        let list = IpAllowList::try_from(vec![network, network]).unwrap();
        assert_eq!((list.iter().count(), list.covers(&list)), (1, true));
    }
    let list = IpAllowList::parse(read.split(','));
    list.map_or_else(|error| kit.error(error), |list| assert!(list.iter().count() <= 50));
}

fn origin(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let origin = same(kit, &read, |text| Origin::parse(text, false), |origin| origin.as_str().to_owned());
    if let Some(origin) = origin {
        assert!(ReceiverUrl::parse(origin.as_str(), false).is_ok() && !origin.as_str().contains('?'), "{read}");
        assert_eq!(origin.allowed(false), Some(origin.as_str()));
    }
}

fn route_path(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    if let Some(path) = same(kit, &read, RoutePath::parse, |path| path.as_str().to_owned()) {
        let asked = RequestPath::parse(path.as_str()).unwrap();
        assert!(path.covers(&asked) && path.covers_route(&path), "{read}");
    }
}

fn request_path(_: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let left = handover::without_cookie(&read, "a").unwrap_or_default();
    assert!(left.split(';').all(|pair| pair.split('=').next().unwrap().trim() != "a"), "{read}");
    let Some(path) = RequestPath::parse(&read) else { return };
    assert!(read.starts_with('/') && !read.contains("/../"), "{read}");
    assert!((0..4).all(|depth| read.ends_with(path.below(depth))), "{read}");
    let route: Route = serde_json::from_value(serde_json::json!({
        "id": "gwr_1", "path": "/", "origin": "https://example.com/base", "cost": 1, "consistency": "edge", "strip_path": false,
        "active": true, "timeout_ms": 100, "secrets": [], "created_by": { "type": "operator" }, "created_at": 0, "updated_at": 0,
    }))
    .unwrap();
    let target = handover::target(&route, &path, Some(&read)).unwrap();
    assert!(target.url.starts_with("https://example.com/base/") && target.path.starts_with("/base/"), "{read}");
}

fn url(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    for loopback in [false, true] {
        let parse = |text: &str| ReceiverUrl::parse(text, loopback);
        let url = same(kit, &read, parse, |url| url.as_str().to_owned());
        if let Some(url) = url.filter(|_| !loopback) {
            assert!(url.as_str().starts_with("https://") && DomainName::parse(&url.host()).is_ok(), "{read}");
        }
    }
    let private = shielded(&read);
    let hook = LinkHook::parse(&read, &read);
    assert_eq!(private.is_some() && read.chars().count() >= 24, hook.is_ok());
    hook.map_or_else(|error| kit.error(error), |hook| assert!(hook.url().starts_with("http")));
}

fn metadata(_: &Kit, bytes: &[u8]) {
    // Its errors are serde's own; `api::fields::metadata` is what clients hear.
    let Ok(metadata) = serde_json::from_slice::<Metadata>(bytes) else { return };
    let written = metadata.to_string();
    assert!(written.len() <= 4_096 && metadata.as_map().len() <= 64);
    assert_eq!(serde_json::from_str::<Metadata>(&written).unwrap(), metadata);
    assert_eq!(Metadata::try_from(metadata.as_map().clone()).unwrap(), metadata);
}

fn line(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let check = |read: &str, most: usize| {
        let seen = read.chars().any(|c| !c.is_whitespace());
        assert!(seen && read.chars().count() <= most && !read.chars().any(char::is_control), "{read:?}");
    };
    let Some(name) = same(kit, &read, Name::parse, ToString::to_string) else { return };
    check(name.as_str(), Name::MAX_CHARACTERS);
    assert_eq!((read.parse(), Name::try_from(read.clone())), (Ok(name.clone()), Ok(name)));
    if let Some(reason) = same(kit, &read, Reason::parse, ToString::to_string) {
        check(reason.as_str(), Reason::MAX_CHARACTERS);
    }
    if let Some(tag) = same(kit, &read, Tag::parse, ToString::to_string) {
        check(tag.as_str(), Tag::MAX_CHARACTERS);
    }
    if let Some(id) = same(kit, &read, ExternalId::parse, ToString::to_string) {
        assert_eq!(id.as_str(), read, "it is compared as it was sent");
    }
}

fn permission(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    if let Some(permission) = same(kit, &read, Permission::parse, ToString::to_string) {
        assert!(permission.covers(&permission) && permission.as_str().is_ascii());
        assert_eq!((read.parse(), Permission::try_from(read.clone())), (Ok(permission.clone()), Ok(permission)));
    }
    let pieces: Vec<String> = read.split(',').map(str::to_owned).collect();
    let (one, other) = (Permissions::parse(pieces.iter().map(String::as_str)), Permissions::try_from(pieces.clone()));
    assert_eq!(one, other);
    one.map_or_else(|error| kit.error(error), drop);
    assert!(PermissionPreset::parse(&read).is_none_or(|preset| preset.as_str() == read));
}

fn word(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    assert!(PlanName::parse(&read).is_none_or(|plan| plan.as_str() == read));
    assert!(EventKind::parse(&read).is_none_or(|kind| kind.as_str() == read));
    assert!(Kind::parse(&read).is_none_or(|kind| kind.as_str() == read));
    same(kit, &read, LimitName::parse, ToString::to_string);
    LimitName::try_from(read.clone()).map_or_else(|error| kit.error(error), drop);
    if let Some(environment) = same(kit, &read, Environment::parse, ToString::to_string) {
        assert_eq!(read.parse(), Ok(environment));
    }
    assert!(Environment::from_key_segment(&read).is_none_or(|environment| environment.key_segment() == read));
}

fn rate_limits(_: &Kit, bytes: &[u8]) {
    let Ok(limits) = serde_json::from_slice::<RateLimits>(bytes) else { return };
    assert!(limits.as_slice().len() <= 8);
    let written = serde_json::to_vec(&limits).unwrap();
    assert_eq!(serde_json::from_slice::<RateLimits>(&written).unwrap(), limits);
}

fn latency(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let (sum, buckets) = read.split_once(' ').unwrap_or(("0", &read));
    match Latency::try_from((sum.parse().unwrap_or(u64::MAX), buckets.to_owned())) {
        Ok(latency) => {
            for per_cent in [0, 50, 99, 100] {
                assert!(latency.percentile(per_cent).is_none_or(f64::is_finite));
            }
            assert!(latency.average().is_none_or(f64::is_finite), "{read}");
            let written: (u64, String) = latency.clone().into();
            assert_eq!(Latency::try_from(written), Ok(latency));
        }
        Err(error) => kit.error(error),
    }
}

fn password(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let email = Email::parse("ada@example.com").unwrap();
    match Password::choose(&read, Some(&email)) {
        Ok(chosen) => assert!(Password::present(&read) == Some(chosen) && Password::choose(&read, None).is_ok()),
        Err(error) => kit.error(error),
    }
    assert_eq!(Password::present(&read).is_some(), read.len() <= 1_024);
}
