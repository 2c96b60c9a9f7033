//! What only the operator asks of a session: its figures, and to tell KV and the directory of its keys once more.
//!
//! Both are copies. KV may have been emptied, and the session may have been set back to an earlier point in time: then the
//! copies are ahead of it. What can never change back, that a key is revoked, the edge has made up for before; here
//! versions are raised above those that others have heard, so that they believe what they are told.

use serde::{Deserialize, Serialize};

use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::key_hash::KeyHash;
use crate::domain::session::{Session, SessionStatus};
use crate::domain::tagged::tagged;
use crate::object::figures::{self, Figures};
use crate::object::rows::{Row, query};
use crate::object::{Abort, Context, Effect, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::admission::require_state;
use super::projection::{announce_portion, announce_session};
use super::protocol::Reply;
use super::{SessionObject, erasure, store};

/// How many keys a portion has.
pub(crate) const PORTION: usize = 100;

/// A command for the operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Upkeep {
    /// Figures, for who looks at this organization.
    Figures { organization_id: OrganizationId },
    /// A portion of the keys, in the order of their ids.
    Portion { after: Option<ApiKeyId> },
    /// Tell others of a portion once more. Repeating it changes nothing.
    Republish { after: Option<ApiKeyId>, last: Option<ApiKeyId>, generation: i64, keys: Vec<(ApiKeyId, i64)> },
}
tagged!(Upkeep);

/// What the session answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum UpkeepReply {
    /// Figures.
    Figures { figures: Figures },
    /// A portion of the keys.
    Portion { portion: Box<Portion> },
    /// They will be told.
    Republished,
}
tagged!(UpkeepReply);

/// A portion of the keys of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Portion {
    /// The session.
    pub session: Session,
    /// The number of the last entry of its log.
    pub head: i64,
    /// The keys.
    pub keys: Vec<Copied>,
    /// Whether more keys follow.
    pub more: bool,
}

/// A key, as far as its copies are compared with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Copied {
    /// The key.
    pub id: ApiKeyId,
    /// What it is found by in KV.
    pub hash: KeyHash,
    /// Whether it is revoked.
    pub revoked: bool,
}

/// What a command may do to the rows.
pub fn effect(upkeep: &Upkeep) -> Effect {
    match upkeep {
        Upkeep::Figures { .. } | Upkeep::Portion { .. } => Effect::Reads,
        Upkeep::Republish { .. } => Effect::Writes,
    }
}

/// Carries out a command for the operator.
pub fn handle(sql: &dyn Sql, context: &Context<'_>, upkeep: &Upkeep) -> Result<Step<SessionObject>, Abort> {
    let reply = match upkeep {
        Upkeep::Figures { organization_id } => {
            if require_state(sql)?.session.organization_id != *organization_id {
                return Err(Rejection::SessionNotFound.into());
            }
            UpkeepReply::Figures { figures: figures::read(sql, context.now, &COUNTS)? }
        }
        Upkeep::Portion { after } => UpkeepReply::Portion { portion: Box::new(portion(sql, after.as_ref())?) },
        Upkeep::Republish { after, last, generation, keys } => {
            republish(sql, context, (after.as_ref(), last.as_ref()), *generation, keys)?;
            UpkeepReply::Republished
        }
    };
    Ok(Step::done(Reply::Upkeep { upkeep: Box::new(reply) }))
}

const COUNTS: [(&str, &str); 3] = [
    ("apiKeys", "SELECT count(*) FROM api_keys"),
    ("auditEntries", "SELECT count(*) FROM audit_log"),
    ("usageRows", "SELECT (SELECT count(*) FROM usage) + (SELECT count(*) FROM usage_heads)"),
];

fn portion(sql: &dyn Sql, after: Option<&ApiKeyId>) -> Result<Portion, Abort> {
    let session = require_state(sql)?.session;
    let ended = session.status == SessionStatus::Deleted;
    let statement = "SELECT id, hash, json_extract(record, '$.revocation') IS NOT NULL FROM api_keys
        WHERE id > ? ORDER BY id LIMIT ?";
    let limit = i64::try_from(PORTION).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = query(sql, statement, &[after.map_or("", ApiKeyId::as_str).into(), limit.into()])?;
    let more = rows.len() > PORTION;
    rows.truncate(PORTION);
    let copied = |row: &Row| {
        let hash = KeyHash::parse(row.text(1)?).map_err(|_| SqlError("a stored hash does not decode".to_owned()))?;
        Ok(Copied { id: ApiKeyId::from_trusted(row.text(0)?.to_owned()), hash, revoked: ended || row.integer(2)? == 1 })
    };
    let keys = rows.iter().map(copied).collect::<Result<_, SqlError>>()?;
    Ok(Portion { session, head: audit_log::head(sql)?.seq, keys, more })
}

/// Has others told of the keys behind `after` up to `last`, and of the session. `generation` and `heard` are the versions
/// of which the organization has heard.
fn republish(
    sql: &dyn Sql,
    context: &Context<'_>,
    (after, last): (Option<&ApiKeyId>, Option<&ApiKeyId>),
    generation: i64,
    heard: &[(ApiKeyId, i64)],
) -> Result<(), Abort> {
    let mut state = require_state(sql)?;
    if state.session.generation < generation {
        state.session.generation = generation.saturating_add(1);
        store::save_state(sql, &state)?;
    }
    for (id, generation) in heard {
        let Some(mut key) = store::key_by_id(sql, &state.session, id)?.filter(|key| key.generation < *generation)
        else {
            continue;
        };
        key.generation = generation.saturating_add(1);
        store::update_key(sql, &key)?;
    }
    // Of an erased session the organization wants to know nothing any more.
    let erased = erasure::is_erased(sql)?;
    announce_portion(sql, after, last, erased, context.now)?;
    if !erased {
        announce_session(sql, &state.session, context.now)?;
    }
    Ok(())
}
