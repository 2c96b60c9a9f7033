//! The one directory object: which organizations and users there are. Off every hot path.
//!
//! Founding an organization begins here, so that none can exist that the operator does not see.

pub mod protocol;
pub mod users;

use crate::domain::organization::Organization;
use crate::domain::timestamp::Timestamp;
use crate::object::figures;
use crate::object::outbox::{self, Delivery, Message};
use crate::object::rows::{execute, json, query, query_one};
use crate::object::{Abort, Context, Effect, Object, Step, ballast};
use crate::organization::protocol::{Command as OrganizationCommand, Founding, Page};
use crate::ports::{Address, Sql, SqlError, SqlValue};

use protocol::{Command, Reply};

const ORGANIZATION: &str = "organization";
const BATCH: i64 = 32;
const COUNTS: [(&str, &str); 2] =
    [("organizations", "SELECT count(*) FROM organizations"), ("users", "SELECT count(*) FROM users")];

/// The rules of the directory object.
pub struct DirectoryObject;

impl Object for DirectoryObject {
    type Command = Command;
    type Reply = Reply;
    type Memory = ();

    const MIGRATIONS: &'static [&'static str] = &[
        outbox::SCHEMA,
        outbox::INDEX_BY_LANE,
        outbox::INDEX_BY_TIME,
        "CREATE TABLE organizations (
            id TEXT PRIMARY KEY,
            record TEXT NOT NULL,
            generation INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            founding TEXT
        ) WITHOUT ROWID",
        "CREATE INDEX organizations_by_age ON organizations (created_at, id)",
        "CREATE INDEX organizations_by_founding ON organizations (id) WHERE founding IS NOT NULL",
        users::USERS,
        users::USERS_BY_AGE,
        users::SETUP,
        ballast::SCHEMA,
    ];

    fn effect(command: &Command) -> Effect {
        match command {
            Command::Found(_) | Command::Feed { .. } | Command::Claim { .. } => Effect::Writes,
            Command::List { .. }
            | Command::FindUser { .. }
            | Command::FindRegistered { .. }
            | Command::ListUsers { .. }
            | Command::Figures => Effect::Reads,
        }
    }

    fn handle(sql: &dyn Sql, _: &mut (), context: &Context<'_>, command: &Command) -> Result<Step<Self>, Abort> {
        match command {
            Command::Found(new) => found(sql, context, new),
            Command::Feed { organization } => {
                hear(sql, organization)?;
                Ok(Step::done(Reply::Acknowledged))
            }
            Command::List { page } => Ok(Step::done(list(sql, page)?)),
            Command::Claim { email, user_id, admission } => users::claim(sql, context, email, user_id, *admission),
            Command::FindUser { email } => Ok(Step::done(Reply::User { user_id: users::find(sql, email)? })),
            Command::FindRegistered { email } => Ok(Step::done(users::registered_as(sql, email)?)),
            Command::ListUsers { page } => Ok(Step::done(users::list(sql, page)?)),
            Command::Figures => Ok(Step::done(Reply::Figures { figures: figures::read(sql, context.now, &COUNTS)? })),
        }
    }

    fn deliveries(sql: &dyn Sql, _: &Context<'_>, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
        let mut batch = Vec::new();
        for entry in outbox::due(sql, ORGANIZATION, due_by, BATCH)? {
            let statement = "SELECT founding FROM organizations WHERE id = ? AND founding IS NOT NULL";
            let Some(row) = query_one(sql, statement, &[entry.subject.as_str().into()])? else {
                // Cannot be: whoever waits keeps its founding.
                continue;
            };
            let founding: Founding = row.json(0)?;
            let address = Address::Organization(founding.organization.id.locator());
            let command = OrganizationCommand::Found(Box::new(founding));
            let request =
                serde_json::to_vec(&command).map_err(|_| SqlError("a founding does not encode".to_owned()))?;
            batch.push(Delivery { settles: vec![entry], message: Message::Call { address, region: None, request } });
        }
        Ok(batch)
    }

    /// A founding that is finished is nobody's business any more: it names the owner.
    fn tidy(sql: &dyn Sql, _: &mut (), _: &Context<'_>) -> Result<(), SqlError> {
        execute(
            sql,
            "UPDATE organizations SET founding = NULL WHERE founding IS NOT NULL AND generation > 0
                AND id NOT IN (SELECT subject FROM outbox WHERE lane = ?)",
            &[ORGANIZATION.into()],
        )
    }

    fn tidy_at(_: &dyn Sql, _: &(), _: &Context<'_>) -> Result<Option<Timestamp>, SqlError> {
        Ok(None)
    }
}

fn found(sql: &dyn Sql, context: &Context<'_>, new: &Founding) -> Result<Step<DirectoryObject>, Abort> {
    let organization = &new.organization;
    if let Some(owner) = &new.owner {
        users::note_founding(sql, &owner.user_id)?;
    }
    execute(
        sql,
        "INSERT OR IGNORE INTO organizations (id, record, generation, created_at, founding) VALUES (?, ?, 0, ?, ?)",
        &[organization.id.as_str().into(), json(organization)?, organization.created_at.into(), json(new)?],
    )?;
    let waiting = "SELECT 1 FROM organizations WHERE id = ? AND founding IS NOT NULL";
    if query_one(sql, waiting, &[organization.id.as_str().into()])?.is_none() {
        return Ok(Step::done(Reply::Acknowledged));
    }
    let entry = outbox::put(sql, ORGANIZATION, organization.id.as_str(), 1, context.now)?;
    Ok(Step::done_after(Reply::Acknowledged, vec![entry]))
}

/// Takes over what an organization says of itself. That it says anything does not mean that its founding is
/// finished: its first session may not have answered yet, so the entry waits for the organization's own answer.
fn hear(sql: &dyn Sql, organization: &Organization) -> Result<(), SqlError> {
    let (id, generation) = (organization.id.as_str(), organization.generation);
    if organization.erased {
        return execute(sql, "DELETE FROM organizations WHERE id = ?", &[id.into()]);
    }
    execute(
        sql,
        "UPDATE organizations SET record = ?, generation = ?, founding = CASE
            WHEN EXISTS (SELECT 1 FROM outbox WHERE lane = ? AND subject = organizations.id) THEN founding END
         WHERE id = ? AND generation < ?",
        &[json(organization)?, generation.into(), ORGANIZATION.into(), id.into(), generation.into()],
    )
}

fn list(sql: &dyn Sql, page: &Page) -> Result<Reply, SqlError> {
    let limit = i64::from(page.limit);
    let (after, mut params) = match &page.after {
        Some((created_at, id)) => ("(created_at, id) < (?, ?)", vec![(*created_at).into(), id.as_str().into()]),
        None => ("true", Vec::<SqlValue>::new()),
    };
    params.push((limit + 1).into());
    let statement = format!("SELECT record FROM organizations WHERE {after} ORDER BY created_at DESC, id DESC LIMIT ?");
    let mut organizations: Vec<Organization> =
        query(sql, &statement, &params)?.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?;
    let length = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = organizations.len() > length;
    organizations.truncate(length);
    Ok(Reply::Organizations { organizations, more })
}
