//! Domains of an organization: named, proven, looked for again, and given up.
//!
//! Which of them count is part of the policy: sessions hear of a change like of any other, so what takes something away is
//! answered once nobody acts on what was before. Looking for a proof is [`checking`].

pub mod checking;
pub mod lists;
pub mod protocol;
pub mod store;

use serde_json::{Map, Value, json};

use crate::domain::alert::{Kind, Severity, Signal};
use crate::domain::audit::{Action, Actor};
use crate::domain::base62;
use crate::domain::event::{About, Event, EventKind};
use crate::domain::id::DomainId;
use crate::domain::organization::Organization;
use crate::domain::owned_domain::{DOMAINS_MAX, DomainStatus, Finding, OnLoss, OwnedDomain, Turn};
use crate::object::outbox::EntryKey;
use crate::object::{Abort, Authority, Context, Effect, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::changes::{self, require_open};
use super::members::{Admission, admit};
use super::policy::Memory;
use super::protocol::Reply;
use super::{OrganizationObject, alerts, events};
use protocol::{DomainChange, DomainCommand, DomainReply, NewDomain};

/// How many characters of base62 a proof has: 128 bits.
const TOKEN_CHARACTERS: usize = 22;

/// What a command may do to the rows.
pub fn effect(command: &DomainCommand) -> Effect {
    match command {
        DomainCommand::List { .. } | DomainCommand::Read { .. } => Effect::Reads,
        DomainCommand::Create { .. }
        | DomainCommand::Change { .. }
        | DomainCommand::Delete { .. }
        | DomainCommand::Note { .. } => Effect::Writes,
    }
}

/// Carries out a command about domains.
pub fn handle(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    command: &DomainCommand,
) -> Result<Step<OrganizationObject>, Abort> {
    let authority = match command {
        DomainCommand::List { caller, page } => return Ok(done(lists::domains(sql, caller, page)?, Vec::new())),
        DomainCommand::Read { caller, id } => return Ok(done(lists::domain(sql, caller, id)?, Vec::new())),
        DomainCommand::Create { authority, .. }
        | DomainCommand::Change { authority, .. }
        | DomainCommand::Delete { authority, .. }
        | DomainCommand::Note { authority, .. } => authority,
    };
    // First: nobody learns which domains there are by failing.
    let organization = require_open(sql)?;
    if let Admission::Ask(question) = admit(sql, context, &organization, authority)? {
        return Ok(Step::Confirm(question));
    }
    let (domain, until) = match command {
        DomainCommand::Create { domain, .. } => (create(sql, context, authority, domain)?, Vec::new()),
        DomainCommand::Change { id, change, .. } => self::change(sql, memory, context, authority, id, change)?,
        DomainCommand::Delete { id, .. } => delete(sql, memory, context, authority, id)?,
        DomainCommand::Note { id, finding, .. } => noted(sql, memory, context, authority, id, *finding)?,
        DomainCommand::List { .. } | DomainCommand::Read { .. } => return Err(Rejection::DomainNotFound.into()),
    };
    Ok(done(DomainReply::Domain { domain: Box::new(domain) }, until))
}

fn done(reply: DomainReply, until: Vec<EntryKey>) -> Step<OrganizationObject> {
    Step::done_after(Reply::Domains { domains: Box::new(reply) }, until)
}

fn create(sql: &dyn Sql, context: &Context<'_>, authority: &Authority, new: &NewDomain) -> Result<OwnedDomain, Abort> {
    if store::by_name(sql, &new.name)?.is_some() {
        return Err(Rejection::DomainExists.into());
    }
    if store::count(sql)? >= DOMAINS_MAX {
        return Err(Rejection::TooManyDomains.into());
    }
    let domain = OwnedDomain {
        id: DomainId::from_seed(&events::seed_of(&[b"domain", &context.draw(1)])),
        name: new.name.clone(),
        token: base62::encode(u128::from_be_bytes(context.draw(2)), TOKEN_CHARACTERS),
        include_subdomains: new.include_subdomains,
        on_loss: new.on_loss,
        status: DomainStatus::Pending,
        verified_at: None,
        lost_at: None,
        checked_at: None,
        finding: None,
        missing: 0,
        missing_since: None,
        due_at: None,
        created_by: authority.actor(),
        created_at: context.now,
        updated_at: context.now,
    };
    store::save(sql, &domain)?;
    note(sql, context, authority.actor(), Action::DomainCreated, &domain, &[])?;
    Ok(domain)
}

fn change(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    id: &DomainId,
    change: &DomainChange,
) -> Result<(OwnedDomain, Vec<EntryKey>), Abort> {
    let before = require(sql, id)?;
    let after = OwnedDomain {
        include_subdomains: change.include_subdomains.unwrap_or(before.include_subdomains),
        on_loss: change.on_loss.unwrap_or(before.on_loss),
        updated_at: context.now,
        ..before.clone()
    };
    store::save(sql, &after)?;
    note(sql, context, authority.actor(), Action::DomainUpdated, &after, &change.fields())?;
    let counts = after.status != DomainStatus::Pending
        && (after.include_subdomains != before.include_subdomains
            || (after.status == DomainStatus::Lost && after.on_loss != before.on_loss));
    // More subdomains are verified, or less is refused; but of a lost domain, more are refused.
    let loosens = match after.status {
        DomainStatus::Pending | DomainStatus::Verified => after.include_subdomains,
        DomainStatus::Lost => after.on_loss == OnLoss::Warn,
    };
    let until = if counts { tell(sql, memory, context, authority.actor(), loosens)? } else { Vec::new() };
    Ok((after, until))
}

fn delete(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    id: &DomainId,
) -> Result<(OwnedDomain, Vec<EntryKey>), Abort> {
    let domain = require(sql, id)?;
    store::delete(sql, id)?;
    checking::reschedule(sql, &domain.id, None)?;
    note(sql, context, authority.actor(), Action::DomainDeleted, &domain, &[])?;
    let until = match domain.status {
        DomainStatus::Pending => Vec::new(),
        DomainStatus::Verified => tell(sql, memory, context, authority.actor(), false)?,
        DomainStatus::Lost => {
            signal(sql, context, &domain, false)?;
            tell(sql, memory, context, authority.actor(), true)?
        }
    };
    Ok((domain, until))
}

/// Somebody had the proof looked for.
fn noted(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    id: &DomainId,
    finding: Finding,
) -> Result<(OwnedDomain, Vec<EntryKey>), Abort> {
    let mut domain = require(sql, id)?;
    match turn(sql, memory, context, authority.actor(), &mut domain, finding)? {
        Some(until) => Ok((domain, until)),
        None => {
            note(sql, context, authority.actor(), Action::DomainChecked, &domain, &[finding.as_str()])?;
            Ok((domain, Vec::new()))
        }
    }
}

/// Takes what came of looking for the proof, and tells whomever it concerns. If it has changed where the domain stands,
/// this is what an answer has to wait for.
fn turn(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    actor: Actor,
    domain: &mut OwnedDomain,
    finding: Finding,
) -> Result<Option<Vec<EntryKey>>, SqlError> {
    let was_lost = domain.status == DomainStatus::Lost;
    let turn = domain.note(finding, context.rules.domain_loss_ms, context.draw_number(), context.now);
    store::save(sql, domain)?;
    checking::reschedule(sql, &domain.id, domain.due_at)?;
    let (action, kind) = match turn {
        None => return Ok(None),
        Some(Turn::Verified) => (Action::DomainVerified, EventKind::DomainVerified),
        Some(Turn::Lost) => (Action::DomainLost, EventKind::DomainLost),
    };
    note(sql, context, actor.clone(), action, domain, &[])?;
    let about = described(domain);
    events::emit(sql, context, &Event { kind, at: context.now, actor: Some(&actor), about: About::Other(&about) })?;
    if was_lost || turn == Some(Turn::Lost) {
        signal(sql, context, domain, turn == Some(Turn::Lost))?;
    }
    tell(sql, memory, context, actor, turn == Some(Turn::Verified)).map(Some)
}

/// The domains that count have changed: all sessions hear of it. Answers what an answer has to wait for: what takes
/// something away, until nobody acts on what was before.
fn tell(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    actor: Actor,
    loosens: bool,
) -> Result<Vec<EntryKey>, SqlError> {
    let Some(mut organization) = super::store::organization(sql)? else { return Ok(Vec::new()) };
    let before = organization.policy;
    let refusing = store::is_any_refusing(sql)?;
    let domains = &mut organization.policy.domains;
    domains.version = before.version.saturating_add(1);
    // Where something is refused at all, whatever takes anything away may have more of it refused.
    if refusing && !loosens {
        domains.narrowed = domains.narrowed.saturating_add(1);
    }
    domains.refusing = refusing;
    let until = changes::tell_sessions_of(sql, memory, context, actor, &mut organization, before)?;
    changes::announce(sql, &mut organization, context.now)?;
    Ok(if loosens { Vec::new() } else { until.into_iter().collect() })
}

fn signal(sql: &dyn Sql, context: &Context<'_>, domain: &OwnedDomain, is_open: bool) -> Result<(), SqlError> {
    let (kind, subject) = (Kind::DomainLost, domain.id.to_string());
    let severity = if domain.on_loss == OnLoss::Refuse { Severity::Critical } else { Severity::Warning };
    let facts = if is_open {
        vec![("domain".to_owned(), domain.name.to_string()), ("onLoss".to_owned(), domain.on_loss.as_str().to_owned())]
    } else {
        Vec::new()
    };
    let signal = Signal { kind, subject, session_id: None, is_open, severity, at: context.now, facts };
    alerts::signal(sql, context, &signal)
}

/// What webhooks say of a domain.
fn described(domain: &OwnedDomain) -> Map<String, Value> {
    let time = |at: Option<crate::domain::timestamp::Timestamp>| at.map(|at| at.to_string());
    let described = json!({
        "id": domain.id,
        "domain": domain.name,
        "status": domain.status.as_str(),
        "includeSubdomains": domain.include_subdomains,
        "onLoss": domain.on_loss.as_str(),
        "verifiedAt": time(domain.verified_at),
        "lostAt": time(domain.lost_at),
    });
    Map::from_iter([("domain".to_owned(), described)])
}

fn require(sql: &dyn Sql, id: &DomainId) -> Result<OwnedDomain, Abort> {
    store::domain(sql, id)?.ok_or(Abort::Rejected(Rejection::DomainNotFound))
}

fn note(
    sql: &dyn Sql,
    context: &Context<'_>,
    actor: Actor,
    action: Action,
    domain: &OwnedDomain,
    details: &[&str],
) -> Result<(), SqlError> {
    // The name is no secret, and the id of one that was deleted would tell nothing.
    let details: Vec<&str> = std::iter::once(domain.name.as_str()).chain(details.iter().copied()).collect();
    audit_log::record(sql, context, actor, action, domain.id.as_str(), &details).map(drop)
}

/// Whether an organization goes on looking for the proofs of its domains.
fn looks(organization: &Organization) -> bool {
    organization.policy.status != crate::domain::session::OrganizationStatus::Deleted
}
