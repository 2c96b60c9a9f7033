//! What the operator's commands look like between versions.

use latchkey::directory::protocol::{Command as DirectoryCommand, Reply as DirectoryReply};
use latchkey::object::figures::Figures;
use latchkey::organization::protocol as organization;
use latchkey::organization::upkeep as of_organization;
use latchkey::session::protocol as session;
use latchkey::session::upkeep as of_session;

use crate::formats::{Samples, pin, samples};
use crate::support::*;

fn figures() -> Figures {
    Figures {
        bytes: 4_096,
        waiting: vec![("kv".to_owned(), 2)],
        overdue_ms: 1_000,
        tried_for_ms: 1_100,
        counts: vec![("apiKeys".to_owned(), 3)],
    }
}

#[test]
fn commands_for_upkeep_are_pinned() {
    let Samples { home, key, session: record, .. } = samples();
    let to_session = |upkeep| session::Command::Upkeep { upkeep: Box::new(upkeep) };
    let id = || key.id.clone();
    pin(
        "upkeep_of_sessions.json",
        vec![
            to_session(of_session::Upkeep::Figures { organization_id: home.organization.id.clone() }),
            to_session(of_session::Upkeep::Portion { after: None }),
            to_session(of_session::Upkeep::Portion { after: Some(id()) }),
            to_session(of_session::Upkeep::Republish {
                after: Some(id()),
                last: None,
                generation: 3,
                keys: vec![(id(), 2)],
            }),
        ],
    );
    let to_organization = |upkeep| organization::Command::Upkeep { upkeep: Box::new(upkeep) };
    pin(
        "upkeep_of_organizations.json",
        vec![
            to_organization(of_organization::Upkeep::Figures),
            to_organization(of_organization::Upkeep::Sessions { page: page(20) }),
            to_organization(of_organization::Upkeep::Heard { session_id: record.id.clone(), keys: vec![id()] }),
            to_organization(of_organization::Upkeep::SetBack { session_id: record.id.clone(), head: 7 }),
        ],
    );
    pin("upkeep_of_directories.json", vec![DirectoryCommand::Figures]);
}

#[test]
fn answers_for_upkeep_are_pinned() {
    let Samples { key, session: record, new_key, .. } = samples();
    let by_session = |upkeep| session::Reply::Upkeep { upkeep: Box::new(upkeep) };
    let copied = of_session::Copied { id: key.id.clone(), hash: new_key.secret.hash, revoked: true };
    let portion = of_session::Portion { session: record.clone(), head: 7, keys: vec![copied], more: true };
    pin(
        "upkeep_answers_of_sessions.json",
        vec![
            by_session(of_session::UpkeepReply::Figures { figures: figures() }),
            by_session(of_session::UpkeepReply::Portion { portion: Box::new(portion) }),
            by_session(of_session::UpkeepReply::Republished),
        ],
    );
    let by_organization = |upkeep| organization::Reply::Upkeep { upkeep: Box::new(upkeep) };
    let heard = of_organization::Heard { generation: 3, head: 7, keys: vec![key] };
    pin(
        "upkeep_answers_of_organizations.json",
        vec![
            by_organization(of_organization::UpkeepReply::Figures { figures: figures() }),
            by_organization(of_organization::UpkeepReply::Sessions { sessions: vec![record], more: false }),
            by_organization(of_organization::UpkeepReply::Heard { heard: Box::new(heard) }),
            by_organization(of_organization::UpkeepReply::SetBack),
        ],
    );
    pin("upkeep_answers_of_directories.json", vec![DirectoryReply::Figures { figures: figures() }]);
}
