//! The work of a hot verification, without its rules: the plumbing that a shell around the worker would have.
//!
//! Checksum, tag and hash of the presented key; the lease found under the hash; expiry, permission, one token spent;
//! the answer with the headers that vary. `None` sends the request the long way. Nothing in here is Latchkey's code:
//! it is what Latchkey's code can cost at best.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;

struct Lease {
    until: f64,
    expires_at: f64,
    tokens: u32,
    key_id: String,
}

struct Isolate {
    tag: Hmac<Sha256>,
    pepper: Hmac<Sha256>,
    leases: HashMap<[u8; 32], Lease>,
    answers: u64,
}

thread_local! {
    static ISOLATE: RefCell<Option<Isolate>> = const { RefCell::new(None) };
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    // Its error is a length that this algorithm does not have.
    Hmac::new_from_slice(secret).unwrap_or_else(|_| std::process::abort())
}

impl Isolate {
    fn new() -> Self {
        Self { tag: keyed(b"the secret of the tags"), pepper: keyed(b"the pepper"), leases: HashMap::new(), answers: 0 }
    }

    fn hash(&self, presented: &str) -> [u8; 32] {
        let mut pepper = self.pepper.clone();
        pepper.update(&Sha256::digest(presented));
        pepper.finalize().into_bytes().into()
    }

    fn answer(&mut self, presented: &str, now: f64) -> Option<String> {
        let checksum = crc32fast::hash(presented.get(..presented.len().checked_sub(6)?)?.as_bytes());
        let mut tag = self.tag.clone();
        tag.update(presented.as_bytes());
        let tag = tag.finalize().into_bytes();
        let hash = self.hash(presented);
        let lease = self.leases.entry(hash).or_insert_with(|| Lease {
            until: f64::INFINITY,
            expires_at: f64::INFINITY,
            tokens: u32::MAX,
            key_id: "key_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX".to_owned(),
        });
        if now >= lease.until || now >= lease.expires_at || lease.tokens == 0 {
            return None;
        }
        lease.tokens -= 1;
        self.answers += 1;
        let (id, left) = (self.answers, lease.tokens);
        let mut text = String::with_capacity(900);
        // The headers that vary, a line each; then the body.
        write!(text, "req_{id:022}\n\"burst\";r={left};t=60\n").ok()?;
        write!(
            text,
            "{{\"valid\":true,\"code\":\"VALID\",\"keyId\":\"{}\",\"name\":\"Measured\",\
             \"organizationId\":\"org_XXXXXXXXXXXXXXXXXXX\",\"sessionId\":\"ses_XXXXXXXXXXXXXXXXXXX\",\
             \"environment\":\"production\",\"permissions\":[\"emails:send\"],\"domain\":null,\"externalId\":null,\
             \"metadata\":{{}},\"expiresAt\":null,\"rateLimits\":[{{\"level\":\"key\",\"name\":\"burst\",\"limit\":6000000,\
             \"windowMs\":60000,\"remaining\":{left},\"resetMs\":60000}}],\"credits\":null,\"limitedBy\":null,\
             \"verificationId\":\"ver_{:02x}{:02x}{id:018}\",\"freshness\":{{\"mode\":\"leased\",\"asOf\":{now},\
             \"maxStalenessMs\":2000,\"sum\":{checksum}}}}}",
            lease.key_id,
            tag.first()?,
            tag.last()?,
        )
        .ok()?;
        Some(text)
    }
}

/// What a shell calls for `GET /v1/whoami`: the value of `Authorization`, and the time.
#[wasm_bindgen]
pub fn hot(authorization: &str, now: f64) -> Option<String> {
    let presented = authorization.strip_prefix("Bearer ")?;
    ISOLATE.with(|isolate| isolate.try_borrow_mut().ok()?.get_or_insert_with(Isolate::new).answer(presented, now))
}

/// What a shell calls for `POST /v1/keys/verify`: two keys, the caller's and the presented one.
#[wasm_bindgen]
pub fn hot_body(authorization: &str, body: &str, now: f64) -> Option<String> {
    let presented = body.split_once("\"key\":\"")?.1.split_once('"')?.0;
    let caller = authorization.strip_prefix("Bearer ")?;
    ISOLATE.with(|isolate| {
        let mut isolate = isolate.try_borrow_mut().ok()?;
        let isolate = isolate.get_or_insert_with(Isolate::new);
        isolate.answer(caller, now)?;
        isolate.answer(presented, now)
    })
}
