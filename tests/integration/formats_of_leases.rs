//! Formats of leases: what isolates and sessions say to each other, and what stands in KV of a key that it may accept.

use latchkey::domain::caller::Reach;
use latchkey::domain::change::Change;
use latchkey::domain::consistency::{ConsistencyChange, Mode};
use latchkey::domain::lease::bank::{BankGrant, BankReport};
use latchkey::domain::lease::grant::{Edition, IsolateId, KeyWish, Lease, RenewedKey, Wish};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::Origin;
use latchkey::domain::verification::{Code, Demand};
use latchkey::hash_index::{self, Acceptance};
use latchkey::object::{Answer, Authority};
use latchkey::session::protocol as session;
use serde_json::Value;

use crate::formats::{Samples, golden, pin, samples};
use crate::formats_of_limits::limit_use;

const EDITION: Edition = Edition { key: 3, session: 2, policy: 1 };

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + ms)
}

fn wish() -> Wish {
    Wish { isolate: IsolateId(u64::MAX), tokens: 50, banks: vec![BankReport { id: 7, spent: 3 }] }
}

#[test]
fn what_isolates_ask_for_is_pinned() {
    let Samples { key, new_key, .. } = samples();
    let hashes = || vec![new_key.secret.hash];
    let wanted = KeyWish { key_id: key.id, edition: EDITION, tokens: 9, banks: wish().banks, wants: true };
    let consistency = ConsistencyChange { mode: Change::Set(Mode::Edge), ttl_ms: Change::Clear, ..Default::default() };
    pin(
        "session_commands_about_leases.json",
        vec![
            session::Command::Authenticate {
                hashes: hashes(),
                ip: None,
                needs: None,
                call: session::Call::Verify,
                wish: Some(wish()),
            },
            session::Command::Verify(Box::new(session::Verify {
                hashes: hashes(),
                demand: Demand::default(),
                caller: None,
                explain: false,
                dry_run: false,
                cost: 1,
                wish: Some(wish()),
                id: None,
                origin: Origin::default(),
                tags: Vec::new(),
            })),
            session::Command::Renew(Box::new(session::Renewal {
                isolate: IsolateId(1),
                keys: vec![wanted],
                reports: Vec::new(),
            })),
            session::Command::ChangeSession {
                authority: Authority::Operator,
                change: session::SessionChange { consistency: Some(consistency), ..Default::default() },
            },
        ],
    );
}

#[test]
fn what_isolates_are_given_is_pinned() {
    let Samples { key, session, .. } = samples();
    let lease = Lease {
        edition: EDITION,
        key: Some(Box::new(key.clone())),
        reach: Reach::Session,
        mode: Mode::Leased,
        decided_at: at(0),
        ttl_ms: 2_000,
        stale_ms: 1_000,
        counts: true,
        shares: false,
        limits: vec![limit_use(None)],
        bank: Some(BankGrant { id: 7, tokens: 5, lasts_ms: 234 }),
    };
    let shared = serde_json::to_value(Lease { shares: true, ..lease.clone() }).unwrap();
    assert_eq!(shared["shares"], true, "left out otherwise, as by versions that knew nothing of it");
    let done = |reply| Answer::Done { reply, wait_ms: 2_152, settled: true };
    let effective_at = Some(at(2_252));
    pin(
        "session_answers_about_leases.json",
        vec![
            done(session::Reply::Verified(Box::new(session::Verified {
                code: Code::Valid,
                key: Some(key.clone()),
                trace: Vec::new(),
                limits: Vec::new(),
                credits: None,
                reach: Some(Reach::Organization),
                lease: Some(Box::new(Lease { key: None, bank: None, ..lease.clone() })),
            }))),
            done(session::Reply::Renewed {
                keys: vec![
                    RenewedKey { key_id: key.id.clone(), lease: Some(Box::new(lease)) },
                    RenewedKey { key_id: key.id.clone(), lease: None },
                ],
                durable: Some(4),
            }),
            done(session::Reply::Key { key: Box::new(key.clone()), limits: Vec::new(), effective_at }),
            done(session::Reply::Rotated { successor: Box::new(key), effective_at }),
            done(session::Reply::Session { session: Box::new(session), usage: None, effective_at }),
        ],
    );
}

#[test]
fn a_record_in_kv_that_accepts_is_pinned_and_accepts_nobody_elses_key() {
    let Samples { mut key, .. } = samples();
    key.revocation = None;
    let locator = key.session_id.locator();
    let acceptance = Acceptance { until: at(60_000), edition: EDITION, reach: Reach::Session, decided_at: at(0) };
    let value: Value = serde_json::from_slice(&hash_index::encode(&key, Some(acceptance)).unwrap()).unwrap();
    pin("kv_values_that_accept.json", vec![value]);
    let pinned = serde_json::to_vec(&golden("kv_values_that_accept.json")[0]).unwrap();
    assert_eq!(hash_index::decode(&pinned), Some(key.clone()), "a route for whoever knows no more");
    assert_eq!(hash_index::tombstone(&pinned, locator), None);
    assert_eq!(hash_index::accepted(&pinned, locator), Some((key.clone(), acceptance)));
    let elsewhere = latchkey::domain::locator::Locator::from_seed(b"another!");
    assert_eq!(hash_index::accepted(&pinned, elsewhere), None);
    let revoked = hash_index::encode(&key.clone().revoke(None, at(0)), Some(acceptance)).unwrap();
    assert_eq!(hash_index::accepted(&revoked, locator), None, "whatever else it says");
    assert_eq!(hash_index::accepted(&hash_index::encode(&key, None).unwrap(), locator), None);
}
