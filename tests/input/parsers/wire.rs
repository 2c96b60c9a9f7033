//! What comes over a wire: JSON, headers, query strings, records in KV, messages between objects, answers of the DNS.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use latchkey::api::client_ip::ClientIp;
use latchkey::api::credentials::Presented;
use latchkey::api::fields::{FieldError, FieldErrors, Fields, consistency, limits, metadata, people, plain, values};
use latchkey::api::json::{Json, pointer_to};
use latchkey::api::query::{Query, holds_credential, number};
use latchkey::domain::{dns, timestamp::Timestamp};
use latchkey::hash_index;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::judge::secret_part;
use super::{Kit, Target, text, texts};

pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "json",
        seeds: |_| {
            texts(&[
                r#"{"name":"a","list":[1,-2.5e-3,true,null,"\u00e9\ud83d\ude00\n"],"deep":{"x":{"y":[]}}}"#,
                r#"[[[[[[]]]]]]"#,
                r#"{"na\u006de":1,"name":2}"#,
                " 18446744073709551615 ",
            ])
        },
        read: json,
        cost: 1,
    },
    Target {
        name: "fields",
        seeds: |_| {
            texts(&[
                r#"{"mode":"edge","ttlMs":60000,"staleSeconds":null}"#,
                r#"[{"name":"burst","limit":10,"windowMs":1000}]"#,
                r#"{"remaining":5,"refill":{"interval":"monthly","amount":9,"day":31}}"#,
                r#"["emails:send","*:read"]"#,
                r#"["192.0.2.0/24","::1"]"#,
                r#""2030-01-01T00:00:00Z""#,
                r#""ada@example.com""#,
                r#"{"a":{"b":[1,2,3]}}"#,
            ])
        },
        read: fields,
        cost: 1,
    },
    Target {
        name: "query",
        seeds: |_| {
            texts(&["limit=10&cursor=a.b.c", "search=%F0%9F%94%91+x", "api%5Fkey=x", "limit=-1&limit=2", "a=%zz"])
        },
        read: query,
        cost: 1,
    },
    Target {
        name: "credentials",
        seeds: |kit| {
            let root = &kit.town.root;
            texts(&[
                &format!("Bearer {root}"),
                root,
                &format!("bearer   {root}\t"),
                &format!("Bearer {root}, Bearer x"),
                "Basic YTpi",
            ])
        },
        read: credentials,
        cost: 1,
    },
    Target {
        name: "client_ip",
        seeds: |_| texts(&["192.0.2.1", " ::ffff:192.0.2.1 ", "2001:db8::1", "192.0.2.1, 192.0.2.2"]),
        read: client_ip,
        cost: 1,
    },
    Target { name: "dns", seeds: answers, read: answer, cost: 1 },
    Target {
        name: "kv_record",
        seeds: |kit| kit.town.house.kv.latest().into_values().collect(),
        read: record,
        cost: 1,
    },
    Target {
        name: "message",
        seeds: |_| {
            texts(&[
                r#"{"command":"read_key","caller":{"type":"operator"},"key_id":"x"}"#,
                r#"{"command":"revoke_key","hashes":["h1:00"],"at":1}"#,
                r#"{"reply":"key","key":{"id":"x"}}"#,
                r#"{"rejection":"not_found","of":"key"}"#,
            ])
        },
        read: message,
        cost: 2,
    },
];

fn json(kit: &Kit, bytes: &[u8]) {
    match Json::parse(bytes) {
        Ok(read) => {
            let value: Value = serde_json::from_slice(bytes).expect("another reader takes it too");
            assert_eq!(read.to_value(), value);
        }
        Err(error) => kit.error(error),
    }
    let pointer = pointer_to("/at", &text(bytes));
    assert!(
        pointer.starts_with("/at")
            && pointer.matches('/').count() <= 2
            && !pointer.contains(secret_part(&kit.town.bait))
    );
}

/// What a reader of a field says of what it does not take. The pointer may name a place, not what stands there.
fn said<T>(kit: &Kit, read: Result<T, impl Into<FieldErrors>>) -> Option<T> {
    let errors = match read {
        Ok(value) => return Some(value),
        Err(errors) => errors.into(),
    };
    assert!(!errors.is_empty());
    for error in errors.iter() {
        let mut shown = error.to_value();
        shown.as_object_mut().unwrap().retain(|name, _| name != "pointer" && name != "parameter");
        kit.error(shown);
    }
    None
}

fn fields(kit: &Kit, bytes: &[u8]) {
    let Ok(json) = Json::parse(bytes) else { return };
    said(kit, consistency::consistency(&json));
    said(kit, consistency::consistency_change(&json));
    if let Some(limits) = said(kit, limits::rate_limits(&json)) {
        assert!(limits.as_slice().iter().all(|limit| limit.limit > 0 && limit.window_ms >= 1_000));
    }
    said(kit, limits::credits(&json));
    said(kit, limits::credits_change(&json));
    if let Some(metadata) = said(kit, metadata::metadata(&json)) {
        assert_eq!(Value::Object(metadata.as_map().clone()), json.to_value());
    }
    said(kit, values::tags(&json));
    said(kit, values::permissions(&json));
    said(kit, values::one_or_more_permissions(&json));
    said(kit, values::ip_allow_list(&json));
    said(kit, plain::boolean(&json));
    said(kit, plain::integer(-5..=5)(&json));
    said(kit, plain::one_of(&[("a", 1)])(json.kind()));
    let listed = plain::list(9, "texts", plain::string)(&json);
    assert!(said(kit, listed).is_none_or(|list| list.len() <= 9));
    said(kit, plain::object(|fields| fields.required("name", plain::text(values::name)))(&json));
    let mut read = Fields::of(&json);
    read.optional("name", plain::text(values::name));
    read.at_least_one();
    said(kit, read.finish());
    let Some(text) = said(kit, plain::string(&json)) else { return };
    let moment = kit.town.house.now();
    let outcomes: [Result<(), FieldError>; 15] = [
        values::timestamp(&text).map(drop),
        values::timestamp_after(moment)(&text).map(|later: Timestamp| assert!(later > moment)),
        values::name(&text).map(drop),
        values::external_id(&text).map(drop),
        values::reason(&text).map(drop),
        values::environment(&text).map(drop),
        values::domain(&text).map(drop),
        values::permission(&text).map(drop),
        values::permission_preset(&text).map(drop),
        values::ip(&text).map(drop),
        people::email(&text).map(drop),
        people::own_password(&text).map(drop),
        people::presented_token(&text).map(drop),
        people::presented_code(&text).map(drop),
        people::role(&text).map(drop),
    ];
    for outcome in outcomes {
        said(kit, outcome);
    }
    said(kit, people::presented_password(&text));
    said(kit, people::new_password(None)(&text));
    said(kit, consistency::mode(&text));
}

fn query(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    let mut query = Query::of(&read);
    if let Some(limit) = query.optional("limit", number(1..=1_000)) {
        assert!((1..=1_000).contains(&limit));
    }
    query.optional("cursor", |text| values::name(text).map(drop));
    query.required("search", |text| values::name(text).map(drop));
    said(kit, query.finish());
    if read.split('&').any(|piece| piece.starts_with("api_key=")) {
        assert!(holds_credential(&read));
    }
}

fn headers(name: &'static str, bytes: &[u8]) -> Option<HeaderMap> {
    let value = HeaderValue::from_bytes(bytes).ok()?;
    Some(HeaderMap::from_iter([(HeaderName::from_static(name), value)]))
}

fn credentials(kit: &Kit, bytes: &[u8]) {
    for name in ["authorization", "x-api-key"] {
        let Some(headers) = headers(name, bytes) else { continue };
        for query in ["", "limit=1"] {
            match Presented::find(&headers, query) {
                Ok(presented) => {
                    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
                    assert!(!presented.expose().is_empty() && presented.expose().bytes().all(fits));
                    assert_eq!(format!("{presented:?}"), "Presented(…)");
                }
                Err(error) => kit.error(format!("{error:?}")),
            }
        }
        assert!(Presented::find(&headers, "api_key=x").is_err());
    }
}

fn client_ip(_: &Kit, bytes: &[u8]) {
    let Some(headers) = headers("cf-connecting-ip", bytes) else { return };
    if let Some(ip) = ClientIp::find(&headers).0 {
        assert_eq!(ip, ip.to_canonical());
        assert!(text(bytes).trim().parse::<std::net::IpAddr>().is_ok());
    }
    let forwarded = self::headers("x-forwarded-for", bytes).unwrap();
    assert_eq!(ClientIp::find(&forwarded).0, None);
}

const NAME: &str = "_latchkey.example.com";

/// Answers as the resolver of the tests gives them.
fn answers(kit: &Kit) -> Vec<Vec<u8>> {
    let resolver = &kit.town.house.web.resolver;
    let url = format!("https://cloudflare-dns.com/dns-query?dns={}", dns::question(NAME).unwrap());
    let answers =
        [vec![], vec!["x".to_owned()], vec!["a".repeat(255), "latchkey-verification=x".to_owned()]].map(|said| {
            resolver.zone.lock().unwrap().insert(NAME.to_owned(), said);
            resolver.answer(&url).unwrap()
        });
    answers.into()
}

fn answer(_: &Kit, bytes: &[u8]) {
    if let Some(said) = dns::texts(NAME, bytes) {
        assert!(said.iter().map(Vec::len).sum::<usize>() <= bytes.len() * 2);
    }
    // Also as what is asked for.
    let name = text(bytes);
    if dns::question(&name).is_some() {
        assert!(name.len() <= 1_100, "{name}");
    }
}

fn record(_: &Kit, bytes: &[u8]) {
    let Some(record) = hash_index::decode(bytes) else { return };
    let locator = record.session_id.locator();
    let tombstone = hash_index::tombstone(bytes, locator);
    assert!(tombstone.is_none_or(|record| record.revocation.is_some()));
    assert!(hash_index::route(bytes).is_some());
    assert!(hash_index::accepted(bytes, locator).is_none_or(|(record, _)| record.revocation.is_none()));
    assert_eq!(hash_index::decode(&hash_index::encode(&record, None).unwrap()), Some(record));
}

/// A message that is read is the same once it was written again.
fn round<T: DeserializeOwned + Serialize>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_vec(&read).unwrap();
    let again: T = serde_json::from_slice(&written).unwrap();
    assert_eq!(serde_json::to_vec(&again).unwrap(), written);
}

fn message(_: &Kit, bytes: &[u8]) {
    round::<latchkey::session::protocol::Command>(bytes);
    round::<latchkey::session::protocol::Reply>(bytes);
    round::<latchkey::organization::protocol::Command>(bytes);
    round::<latchkey::organization::protocol::Reply>(bytes);
    round::<latchkey::account::protocol::Command>(bytes);
    round::<latchkey::account::protocol::Reply>(bytes);
    round::<latchkey::directory::protocol::Command>(bytes);
    round::<latchkey::directory::protocol::Reply>(bytes);
    round::<latchkey::object::Rejection>(bytes);
}
