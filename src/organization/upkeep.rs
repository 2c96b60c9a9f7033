//! What only the operator asks of an organization: its figures, its sessions, and what it has heard of them, to be compared
//! with what they say of themselves.

use serde::{Deserialize, Serialize};

use crate::domain::api_key::ApiKey;
use crate::domain::id::{ApiKeyId, SessionId};
use crate::domain::session::Session;
use crate::domain::tagged::tagged;
use crate::object::figures::{self, Figures};
use crate::object::rows::{execute, json, query, query_one};
use crate::object::{Abort, Context, Effect, Step};
use crate::ports::{Sql, SqlError};

use super::changes::require_organization;
use super::protocol::{Page, Reply};
use super::{OrganizationObject, lists, store};

/// A command for the operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Upkeep {
    /// Figures.
    Figures,
    /// A page of all sessions, newest first.
    Sessions { page: Page },
    /// What was heard of a session, and of these keys of it.
    Heard { session_id: SessionId, keys: Vec<ApiKeyId> },
    /// The session was set back: entries of its log behind this one are no longer what it means by these numbers. Those
    /// that were copied stay.
    SetBack { session_id: SessionId, head: i64 },
}
tagged!(Upkeep);

/// What the organization answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum UpkeepReply {
    /// Figures.
    Figures { figures: Figures },
    /// A page of sessions.
    Sessions { sessions: Vec<Session>, more: bool },
    /// What was heard.
    Heard { heard: Box<Heard> },
    /// Noted.
    SetBack,
}
tagged!(UpkeepReply);

/// What an organization has heard of a session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// The version of the session.
    pub generation: i64,
    /// The number of the last entry of its log.
    pub head: i64,
    /// The keys that were asked for, as far as they are known.
    pub keys: Vec<ApiKey>,
}

/// What a command may do to the rows.
pub fn effect(upkeep: &Upkeep) -> Effect {
    match upkeep {
        Upkeep::Figures | Upkeep::Sessions { .. } | Upkeep::Heard { .. } => Effect::Reads,
        Upkeep::SetBack { .. } => Effect::Writes,
    }
}

/// Carries out a command for the operator.
pub fn handle(sql: &dyn Sql, context: &Context<'_>, upkeep: &Upkeep) -> Result<Step<OrganizationObject>, Abort> {
    require_organization(sql)?;
    let reply = match upkeep {
        Upkeep::Figures => UpkeepReply::Figures { figures: figures::read(sql, context.now, &COUNTS)? },
        Upkeep::Sessions { page } => {
            let (sessions, more) = lists::all_sessions(sql, page)?;
            UpkeepReply::Sessions { sessions, more }
        }
        Upkeep::Heard { session_id, keys } => UpkeepReply::Heard { heard: Box::new(heard(sql, session_id, keys)?) },
        Upkeep::SetBack { session_id, head } => {
            let params = [session_id.as_str().into(), (*head).into()];
            execute(sql, "DELETE FROM audit_origins WHERE session_id = ? AND session_seq > ?", &params)?;
            UpkeepReply::SetBack
        }
    };
    Ok(Step::done(Reply::Upkeep { upkeep: Box::new(reply) }))
}

const COUNTS: [(&str, &str); 6] = [
    ("sessions", "SELECT count(*) FROM sessions"),
    ("apiKeys", "SELECT count(*) FROM api_keys"),
    ("members", "SELECT count(*) FROM members WHERE record IS NOT NULL"),
    ("auditEntries", "SELECT count(*) FROM audit_log"),
    ("openAlerts", "SELECT count(*) FROM alerts WHERE is_open = 1"),
    ("webhookDeliveries", "SELECT count(*) FROM webhook_deliveries WHERE due_at IS NOT NULL"),
];

fn heard(sql: &dyn Sql, session_id: &SessionId, keys: &[ApiKeyId]) -> Result<Heard, SqlError> {
    let id = session_id.as_str();
    let generation = query_one(sql, "SELECT generation FROM sessions WHERE id = ?", &[id.into()])?;
    let head = query_one(sql, "SELECT max(session_seq) FROM audit_origins WHERE session_id = ?", &[id.into()])?;
    let statement = "SELECT record, revoked_at FROM api_keys
        WHERE session_id = ? AND id IN (SELECT value FROM json_each(?))";
    let keys = query(sql, statement, &[id.into(), json(&keys)?])?;
    Ok(Heard {
        generation: generation.map_or(Ok(0), |row| row.integer(0))?,
        head: head.map_or(Ok(None), |row| row.optional_integer(0))?.unwrap_or(0),
        keys: keys.iter().map(store::key).collect::<Result<_, _>>()?,
    })
}
