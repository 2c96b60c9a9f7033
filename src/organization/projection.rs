//! What an organization tells others: its sessions that they exist and under which policy, the directory
//! what it is called.

use crate::directory::protocol::Command as DirectoryCommand;
use crate::domain::organization::Organization;
use crate::domain::timestamp::Timestamp;
use crate::object::outbox::{self, Delivery, EntryKey, Message};
use crate::ports::{Address, Sql, SqlError};
use crate::session::protocol::{Command as SessionCommand, Initialize};

use super::store;

/// Messages to sessions; the subject is the session's id, the version the policy's.
pub const SESSION: &str = "session";
/// Messages to the directory.
pub const DIRECTORY: &str = "directory";
/// The one subject of that lane.
pub const ORGANIZATION: &str = "organization";

pub(crate) const BATCH: i64 = 32;

/// The messages that are due.
pub fn deliveries(sql: &dyn Sql, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
    let Some(organization) = store::organization(sql)? else {
        return Ok(Vec::new());
    };
    let mut batch = Vec::new();
    for entry in outbox::due(sql, SESSION, due_by, BATCH)? {
        batch.extend(to_session(sql, &organization, entry)?);
    }
    for entry in outbox::due(sql, DIRECTORY, due_by, 1)? {
        let command = DirectoryCommand::Feed { organization: Box::new(organization.clone()) };
        batch.push(call(vec![entry], Address::Directory, None, &command)?);
    }
    Ok(batch)
}

fn to_session(sql: &dyn Sql, organization: &Organization, entry: EntryKey) -> Result<Option<Delivery>, SqlError> {
    let Some(wanted) = store::wanted(sql, &entry.subject)? else {
        return Ok(None);
    };
    let region = wanted.session.region;
    let address = Address::Session(wanted.session.id.locator());
    let command = SessionCommand::Initialize(Box::new(Initialize {
        session: wanted.session,
        policy: organization.policy,
        actor: wanted.actor,
        first_key: wanted.first_key,
    }));
    call(vec![entry], address, region, &command).map(Some)
}

fn call<C: serde::Serialize>(
    settles: Vec<EntryKey>,
    address: Address,
    region: Option<crate::domain::session::Region>,
    command: &C,
) -> Result<Delivery, SqlError> {
    let request = serde_json::to_vec(command).map_err(|_| SqlError("a command does not encode".to_owned()))?;
    Ok(Delivery { settles, message: Message::Call { address, region, request } })
}
