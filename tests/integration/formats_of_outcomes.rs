//! What is stored and sent of outcomes is pinned, and rows that were written once are read for ever (H11).

use latchkey::domain::health::Recent;
use latchkey::domain::id::ApiKeyId;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::outcomes::{Outcome, Verdict};
use latchkey::domain::usage::series::Slab;
use latchkey::domain::verification::Code;
use latchkey::organization::protocol as organization;
use latchkey::session::protocol as session;

use crate::formats::{Samples, pin, samples};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus_millis(seconds * 1_000)
}

fn slab() -> Slab {
    let mut slab = Slab::default();
    slab.steps.add(at(0), &[(Code::Valid, 3)]);
    for (status, ms) in [(200, 10), (200, 12), (503, 1_000)] {
        slab.outcomes.change(at(60), |step| step.record(status, ms));
    }
    slab
}

#[test]
fn what_is_told_about_outcomes_is_pinned() {
    let Samples { caller, session, .. } = samples();
    let named = Outcome {
        key_id: ApiKeyId::from_trusted("key_1".to_owned()),
        name: Some("id 1".to_owned()),
        verified_at: Some(at(1)),
        at: Some(at(2)),
        status: 200,
        latency_ms: 12,
    };
    let bare = Outcome { name: None, verified_at: None, at: None, ..named.clone() };
    pin("outcome_commands.json", vec![session::Command::CountOutcomes { caller, outcomes: vec![named, bare] }]);
    let verdicts = vec![Verdict::Accepted, Verdict::Duplicate, Verdict::NotFound, Verdict::TooLate, Verdict::InFuture];
    let recent = Recent::of(&slab(), at(70));
    let health = session::Health {
        session: session.clone(),
        keys: vec![1, 0, 0, 0, 0],
        last_used_at: None,
        recent: Some(Box::new(Recent { headroom: Some(7), ..recent })),
    };
    pin(
        "outcome_replies.json",
        vec![
            session::Reply::Outcomes { verdicts },
            session::Reply::Usage { usage: Box::new(slab()) },
            session::Reply::Health(Box::new(health)),
        ],
    );
    let feed = organization::Feed {
        session,
        keys: vec![],
        audit: vec![],
        usage: Some(slab()),
        alerts: vec![],
        imported: vec![],
    };
    pin("outcomes_of_organizations.json", vec![organization::Command::Feed(Box::new(feed))]);
}

#[test]
fn a_command_of_a_worker_that_knows_fewer_fields_or_more_is_understood() {
    let mut commands = crate::formats::golden("session_commands.json");
    for command in commands.as_array_mut().unwrap() {
        command.as_object_mut().unwrap().insert("added_later".to_owned(), serde_json::json!(true));
        serde_json::from_value::<latchkey::session::protocol::Command>(command.clone()).unwrap();
    }
}
