//! Looking for the proofs of domains again: the outbox has one entry for each, due when that is.
//!
//! The object cannot ask the DNS itself. What is due leaves as a message, a portion at a time, and the shell brings back
//! what was said.

use super::{looks, store, turn};
use crate::domain::audit::Actor;
use crate::domain::id::DomainId;
use crate::domain::owned_domain::Finding;
use crate::domain::timestamp::Timestamp;
use crate::object::Context;
use crate::object::outbox::{self, Delivery, EntryKey, Message};
use crate::object::rows::execute;
use crate::organization::policy::Memory;
use crate::ports::{Sql, SqlError};

/// Questions to the DNS; the subject is the domain's id.
pub const DOMAIN: &str = "domain";
/// Entries of this lane have one version: what is due stands in the rows of domains.
const VERSION: i64 = 1;
/// How many are asked at once.
const BATCH: i64 = 16;

/// Has a domain looked for at a moment, or not at all.
pub fn reschedule(sql: &dyn Sql, id: &DomainId, due_at: Option<Timestamp>) -> Result<(), SqlError> {
    match due_at {
        Some(due_at) => execute(
            sql,
            "INSERT INTO outbox (lane, subject, version, due_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (lane, subject) DO UPDATE SET due_at = excluded.due_at",
            &[DOMAIN.into(), id.as_str().into(), VERSION.into(), due_at.into()],
        ),
        None => outbox::settle(sql, &EntryKey { lane: DOMAIN.to_owned(), subject: id.to_string(), version: VERSION }),
    }
}

/// What is due.
pub fn deliveries(sql: &dyn Sql, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
    let Some(organization) = crate::organization::store::organization(sql)? else { return Ok(Vec::new()) };
    let mut batch = Vec::new();
    for entry in outbox::due(sql, DOMAIN, due_by, BATCH)? {
        let domain = store::domain(sql, &DomainId::from_trusted(entry.subject.clone()))?;
        let proof = domain.filter(|_| looks(&organization)).map(|domain| Box::new(domain.proof()));
        batch.push(Delivery { settles: vec![entry], message: Message::LookUp(proof) });
    }
    Ok(batch)
}

/// Notes what was said. Nobody has asked for it, so it is the service that does whatever follows.
pub fn looked_up(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    entry: &EntryKey,
    finding: Option<Finding>,
) -> Result<(), SqlError> {
    let id = DomainId::from_trusted(entry.subject.clone());
    match (store::domain(sql, &id)?, finding) {
        (Some(mut domain), Some(finding)) => turn(sql, memory, context, Actor::Service, &mut domain, finding).map(drop),
        // Deleted meanwhile, with its organization or alone.
        _ => reschedule(sql, &id, None),
    }
}
