//! What is stored of usage, and what sessions, isolates and organizations tell each other about it, is pinned (H11).

use latchkey::domain::id::{ApiKeyId, VerificationId};
use latchkey::domain::lease::grant::IsolateId;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::series::{Grain, Slab, total};
use latchkey::domain::usage::{Origin, Report, Seen, Tally, UsageQuery, Used};
use latchkey::domain::verification::Code;
use latchkey::organization::protocol as organization;
use latchkey::session::protocol as session;
use serde_json::{Value, json};

use crate::formats::{Samples, golden, pin, samples};
use crate::support::*;
use crate::usage::Scene;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus_millis(seconds * 1_000)
}

fn origin() -> Origin {
    Origin { country: Some("JP".to_owned()), colo: Some("NRT".to_owned()), client: Some("curl/8".to_owned()) }
}

fn seen() -> Seen {
    let id = VerificationId::from_trusted("ver_1".to_owned());
    let tags = vec!["blue".to_owned()];
    Seen { id, at: at(3), code: Code::Valid, cost: 2, origin: origin(), ip: "10.0.0.1".parse().ok(), tags }
}

fn slab() -> Slab {
    let mut slab = Slab { last: Some(Used { at: at(3), origin: origin() }), ..Slab::default() };
    slab.steps.add(at(0), &[(Code::Valid, 3), (Code::RateLimited, 1)]);
    slab
}

#[test]
fn what_is_told_about_usage_is_pinned() {
    let Samples { caller, session, .. } = samples();
    let key_id = || ApiKeyId::from_trusted("key_1".to_owned());
    let query = UsageQuery { from: at(0), to: at(3_600), granularity: Grain::Minute };
    let tally = Tally {
        key_id: key_id(),
        minute: at(0),
        counts: vec![(Code::Valid, 2)],
        recent: vec![seen()],
        last: Some(Used { at: at(3), origin: Origin::default() }),
    };
    let report = Report { isolate: IsolateId(u64::MAX), seq: 7, tallies: vec![tally] };
    pin(
        "usage_commands.json",
        vec![
            session::Command::Renew(Box::new(session::Renewal {
                isolate: IsolateId(u64::MAX),
                keys: vec![],
                reports: vec![report],
            })),
            session::Command::ReadUsage { caller: caller.clone(), key_id: None, query },
            session::Command::ReadUsage { caller: caller.clone(), key_id: Some(key_id()), query },
            session::Command::ReadRequests { caller, key_id: key_id(), limit: 9 },
        ],
    );
    pin(
        "usage_replies.json",
        vec![
            session::Reply::Usage { usage: Box::new(slab()) },
            session::Reply::Requests { requests: vec![seen()] },
            session::Reply::Renewed { keys: vec![], durable: Some(7) },
        ],
    );
    let environment = Some(organization::EnvironmentFilter::None);
    let feed = organization::Feed {
        session,
        keys: vec![],
        audit: vec![],
        usage: Some(slab()),
        alerts: vec![],
        imported: vec![],
    };
    pin(
        "usage_of_organizations.json",
        vec![organization::Command::Feed(Box::new(feed)), organization::Command::ReadUsage { environment, query }],
    );
}

/// A row of each kind, as they were written once. They are read for ever.
const HEAD: &str = r#"{"minutes":[[1800000000000,[["VALID",3],["FORBIDDEN",1]]]],"last":{"at":1800000003000,"country":"JP"},
    "recent":[{"id":"ver_1","at":1800000003000,"code":"VALID","cost":1,"origin":{"country":"JP"}}]}"#;
const SLABS: [(&str, &str, &str); 3] = [
    ("hour", "1799996400000", r#"{"steps":[[1799996460000,[["VALID",10]]]]}"#),
    ("day", "1799884800000", r#"{"steps":[[1799888400000,[["VALID",100]]]]}"#),
    ("span", "1797120000000", r#"{"steps":[[1797206400000,[["REVOKED",1000]]]]}"#),
];

#[test]
fn rows_of_usage_are_read_for_ever_and_written_as_they_were() {
    let scene = Scene::new();
    scene.house.clock.set(at(10));
    let disk = scene.house.objects.disk(&scene.at());
    let id = scene.held.id().as_str();
    disk.tamper(&format!(
        "INSERT INTO usage_heads (subject, last_used_at, record) VALUES ('{id}', 1800000003000, '{HEAD}')"
    ));
    for (stretch, start, slab) in SLABS {
        disk.tamper(&format!(
            "INSERT INTO usage (stretch, start, subject, slab) VALUES ('{stretch}', {start}, '{id}', '{slab}')"
        ));
    }
    assert_eq!(scene.counted(), 1_114);
    let days = scene.read(true, Grain::Day);
    assert_eq!(days.last.unwrap().origin.country.as_deref(), Some("JP"));
    assert_eq!(
        days.steps.at(at(0).plus_millis(-at(0).as_millis().rem_euclid(DAY))).map(|counts| total(counts)),
        Some(14)
    );
    scene.house.clock.set(at(20));
    scene.verify(1);
    let rows = disk.rows(&format!("SELECT record FROM usage_heads WHERE subject = '{id}'"));
    let latchkey::ports::SqlValue::Text(record) = &rows[0][0] else { panic!("{rows:?}") };
    let written: Value = serde_json::from_str(record).unwrap();
    if std::env::var_os("BLESS").is_some() {
        pin("usage_heads.json", vec![written.clone()]);
    }
    assert_eq!(json!([written]), golden("usage_heads.json"));
}
