//! What is done to a request so that it is not right any more, or right in a way that nobody expects.

use super::node::{Node, quoted};
use super::odd::{encoded, text, value};
use super::random::Random;
use super::request::Draft;

/// Spoils a request in one to three ways.
pub(crate) fn spoil(draft: &mut Draft, random: &mut Random, bait: &str) {
    for _ in 0..=random.below(3) {
        match random.below(20) {
            0..=9 => piece(draft, random, bait),
            10..=11 => path(draft, random, bait),
            12..=14 => query(draft, random, bait),
            15..=17 => header(draft, random, bait),
            18 => method(draft, random),
            _ => bytes(draft, random),
        }
    }
}

/// A piece of the body.
fn piece(draft: &mut Draft, random: &mut Random, bait: &str) {
    let Some(node) = draft.node.as_mut() else {
        // A body where none is wanted.
        if random.percent(30) {
            draft.node = Some(Node::Object(vec![(quoted(bait), Node::text(bait))]));
            draft.headers.push(("content-type", b"application/json".to_vec()));
        }
        return query(draft, random, bait);
    };
    let at = random.below(node.count());
    let Some(piece) = node.nth(at) else { return };
    match piece {
        Node::Object(members) if random.percent(60) => match random.below(7) {
            0 => members.push((quoted(bait), Node::Plain("1".to_owned()))),
            1 => members.push((quoted(&text(random, bait)), Node::Plain(value(random, bait)))),
            2 => {
                let names = ["id", "plan", "active", "hash", "organizationId", "userId", "createdAt", "role", "scopes"];
                let name = *random.pick(&names);
                members.push((quoted(name), Node::Plain(value(random, bait))));
            }
            3 if !members.is_empty() => {
                // Twice the same, the second time perhaps written otherwise.
                let (name, member) = random.pick(members).clone();
                let other = name.replacen('a', "\\u0061", usize::from(random.percent(50)));
                members.push((other, member));
            }
            4 if !members.is_empty() => {
                let gone = random.below(members.len());
                members.remove(gone);
            }
            5 if !members.is_empty() => {
                let renamed = random.below(members.len());
                members[renamed].0 = members[renamed].0.to_uppercase();
            }
            _ if !members.is_empty() => {
                let changed = random.below(members.len());
                members[changed].1 = Node::Plain(value(random, bait));
            }
            _ => {}
        },
        Node::List(elements) if random.percent(60) => {
            let one = elements.first().cloned().unwrap_or(Node::Plain(value(random, bait)));
            let times = *random.pick(&[1, 2, 60, 101, 1_001]);
            elements.extend(std::iter::repeat_n(one, times));
        }
        piece => *piece = Node::Plain(value(random, bait)),
    }
}

fn path(draft: &mut Draft, random: &mut Random, bait: &str) {
    let at = random.below(draft.path.len());
    let piece = &mut draft.path[at];
    match random.below(6) {
        0 => *piece = encoded(random, bait),
        1 => piece.push_str(&encoded(random, bait)),
        2 if piece.is_ascii() && !piece.is_empty() => {
            let changed = random.below(piece.len());
            piece.replace_range(changed..=changed, "Q");
        }
        3 => *piece = piece.to_uppercase(),
        4 => draft.path.insert(at, encoded(random, bait)),
        _ => {
            piece.truncate(piece.len() / 2);
        }
    }
}

fn query(draft: &mut Draft, random: &mut Random, bait: &str) {
    const NAMES: [&str; 14] = [
        "limit",
        "cursor",
        "search",
        "status",
        "from",
        "to",
        "granularity",
        "environment",
        "after",
        "api_key",
        "access_token",
        "key",
        "__proto__",
        "%6cimit",
    ];
    if let Some((_, value)) = draft.query.last_mut().filter(|_| random.percent(50)) {
        *value = encoded(random, bait);
    } else if let Some(one) = draft.query.first().cloned().filter(|_| random.percent(30)) {
        draft.query.push(one);
    } else {
        let name = if random.percent(10) { bait.to_owned() } else { (*random.pick(&NAMES)).to_owned() };
        draft.query.push((name, encoded(random, bait)));
    }
}

fn header(draft: &mut Draft, random: &mut Random, bait: &str) {
    const NAMES: [&str; 24] = [
        "authorization",
        "x-api-key",
        "cookie",
        "content-type",
        "content-encoding",
        "content-length",
        "accept",
        "idempotency-key",
        "prefer",
        "origin",
        "sec-fetch-site",
        "x-requested-with",
        "host",
        "cf-connecting-ip",
        "cf-ipcountry",
        "user-agent",
        "x-forwarded-for",
        "x-request-id",
        "github-public-key-identifier",
        "github-public-key-signature",
        "transfer-encoding",
        "expect",
        "x-demo-clock",
        "accept-encoding",
    ];
    const VALUES: [&str; 44] = [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "bearer x",
        "Bearer  x",
        "Bearer x y",
        "Basic YTpi",
        "Bearer x, Bearer y",
        "Digest a=b",
        "application/json",
        "application/json; charset=utf-8",
        "application/json; charset=utf-16",
        "APPLICATION/JSON",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/problem+json;q=0.1, application/json",
        "garbage;;q=x,",
        "*/*",
        "gzip",
        "identity",
        "deflate, gzip",
        "chunked",
        "0",
        "-1",
        "18446744073709551616",
        "respond-async",
        "respond-async; wait=5, \"x",
        "wait=\"\\",
        "null",
        "https://evil.example",
        "same-origin",
        "cross-site",
        "fetch",
        "::1",
        "999.1.1.1",
        "192.0.2.1, 192.0.2.2",
        "XX",
        "T1",
        "100-continue",
        "__Host-latchkey=x; __Host-latchkey=y",
        "=;=;;__Host-latchkey",
    ];
    let name = *random.pick(&NAMES);
    let value = match random.below(9) {
        0 => bait.as_bytes().to_vec(),
        1 => format!("Bearer {bait}").into_bytes(),
        2 => {
            let length = *random.pick(&[15, 16, 255, 256, 4_096]);
            random.word(length).into_bytes()
        }
        3 => vec![0xff, 0xfe, b'a'],
        4 => "\u{fc}\u{1f511}".as_bytes().to_vec(),
        _ => random.pick(&VALUES).as_bytes().to_vec(),
    };
    if random.percent(60) {
        draft.headers.retain(|(known, _)| *known != name);
    }
    draft.headers.push((name, value));
}

fn method(draft: &mut Draft, random: &mut Random) {
    let methods =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW", "X"];
    draft.method = (*random.pick(&methods)).to_owned();
}

/// The bytes of the body.
fn bytes(draft: &mut Draft, random: &mut Random) {
    draft.settle();
    let length = draft.body.len();
    match random.below(8) {
        0 => draft.body.truncate(random.below(length + 1)),
        1 if length > 0 => {
            let at = random.below(length);
            draft.body[at] ^= 1 << random.below(8);
        }
        2 => draft.body.insert(random.below(length + 1), random.next() as u8),
        3 => {
            let noise: Vec<u8> = (0..random.below(64)).map(|_| random.next() as u8).collect();
            draft.body = noise;
        }
        4 => draft.body.splice(0..0, [0xef, 0xbb, 0xbf]).for_each(drop),
        5 => draft.body.extend(vec![b' '; *random.pick(&[1, 16_384, 20_000])]),
        6 => draft.body.extend_from_within(..length / 2),
        _ => draft.body = vec![*random.pick(b"[{\"-0nt"); *random.pick(&[1, 127, 128, 129, 10_000])],
    }
    if !draft.headers.iter().any(|(name, _)| *name == "content-type") {
        draft.headers.push(("content-type", b"application/json".to_vec()));
    }
}
