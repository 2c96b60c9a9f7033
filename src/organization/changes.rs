//! What changes an organization and its sessions.

use crate::domain::alert::rules::Rules;
use crate::domain::audit::{Action, Actor, ChainedEntry};
use crate::domain::id::UserId;
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::domain::role::Role;
use crate::domain::session::{OrganizationStatus, Policy, Session, SessionStatus};
use crate::domain::timestamp::Timestamp;
use crate::domain::user::Profile;
use crate::domain::verification::Code;
use crate::object::outbox::{self, EVERY_SUBJECT, EntryKey};
use crate::object::rows::execute;
use crate::object::{Abort, Authority, Context, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::OrganizationObject;
use super::alerts::{self, ruling};
use super::members::{self, Admission, admit};
use super::people;
use super::policy::{self, Memory};
use super::projection::{ACCOUNT, DIRECTORY, ORGANIZATION, SESSION};
use super::protocol::{Excess, Feed, Founding, NewSession, OrganizationChange, Reply};
use super::store::{self, Wanted};
use super::webhooks::sending;
use super::{events, imports, usage};

/// Begins to exist, with its default session and first key.
pub fn found(sql: &dyn Sql, context: &Context<'_>, new: &Founding) -> Result<Step<OrganizationObject>, Abort> {
    if let Some(before) = store::organization(sql)? {
        if before.id != new.organization.id {
            return Err(Rejection::LocatorTaken.into());
        }
        let waiting = entry(before.default_session_id.as_str(), before.policy.version);
        return Ok(Step::done_after(organization_reply(before), vec![waiting, everybody()]));
    }
    let mut organization = new.organization.clone();
    let mut awaiting = Vec::new();
    if let Some(owner) = &new.owner {
        // Since the organization began, as the answer to its founder has said already.
        let (user_id, profile, began) = (&owner.user_id, &owner.profile, organization.created_at);
        awaiting.push(members::add(sql, &mut organization, user_id, profile, Role::Owner, began)?);
    }
    store::save_organization(sql, &organization)?;
    // Whoever tells of a founding only passes it on.
    let context = &Context { trace: new.trace.as_ref().or(context.trace), ..*context };
    let target = organization.id.as_str();
    audit_log::record(sql, context, new.actor.clone(), Action::OrganizationCreated, target, &[])?;
    let wanted = Wanted {
        session: new.session.clone(),
        actor: new.actor.clone(),
        trace: context.trace.cloned(),
        first_key: Some(new.first_key.clone()),
    };
    awaiting.push(want_session(sql, context, &organization, &wanted)?);
    outbox::put(sql, DIRECTORY, ORGANIZATION, organization.generation, context.now)?;
    Ok(Step::done_after(organization_reply(organization), awaiting))
}

/// Takes over what a session reports. Copies are no mutation of their own: the session has audited them.
pub fn hear(sql: &dyn Sql, context: &Context<'_>, feed: &Feed) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_organization(sql)?;
    if feed.session.organization_id != organization.id {
        return Err(Rejection::OrganizationNotFound.into());
    }
    if organization.erased {
        return Ok(Step::done(Reply::Acknowledged));
    }
    for key in &feed.keys {
        store::hear_key(sql, key)?;
    }
    imports::hear(sql, feed)?;
    store::hear_session(sql, &feed.session)?;
    let rules = if feed.keys.is_empty() { Rules::default() } else { ruling::rules(sql)? };
    for key in &feed.keys {
        alerts::keys::heard(sql, context, &rules, key.id.as_str())?;
    }
    for sighting in &feed.alerts {
        alerts::sighted(sql, context, &feed.session, sighting)?;
    }
    if feed.session.status == SessionStatus::Deleted {
        alerts::resolve_all(sql, context, alerts::Which::In(&feed.session.id))?;
    }
    for entry in &feed.audit {
        if store::hear_audit(sql, feed.session.id.as_str(), entry)? {
            alerts::leaks::heard(sql, context, &feed.session.id, &entry.entry)?;
            events::heard(sql, context, &organization, &feed.session.id, &entry.entry)?;
        }
    }
    if let Some(told) = &feed.usage {
        usage::hear(sql, &feed.session, told, context.now)?;
    }
    Ok(Step::done(Reply::Acknowledged))
}

/// Takes over what the account of a member reports. What comes from somebody who has left is nothing to us.
pub fn hear_account(
    sql: &dyn Sql,
    user_id: &UserId,
    profile: &Profile,
    generation: i64,
    audit: &[ChainedEntry],
) -> Result<Step<OrganizationObject>, Abort> {
    if people::hear(sql, user_id, profile, generation)? {
        for entry in audit {
            store::hear_audit(sql, user_id.as_str(), entry)?;
        }
    }
    Ok(Step::done(Reply::Acknowledged))
}

/// Creates a session, or, for an environment's default, returns the one that is there.
pub fn create_session(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    new: &NewSession,
    is_default: bool,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_organization(sql)?;
    if let Admission::Ask(question) = admit(sql, context, &organization, authority)? {
        return Ok(Step::Confirm(question));
    }
    if is_default && let Some(session) = store::default_session(sql, new.environment)? {
        // One that was only just created may still be on its way to its object.
        let waiting = entry(session.id.as_str(), organization.policy.version);
        return Ok(Step::done_after(Reply::Session { session: Box::new(session) }, vec![waiting]));
    }
    match organization.policy.status {
        OrganizationStatus::Active => {}
        // The session of a key may not have heard of it yet; here it is known.
        OrganizationStatus::Suspended if matches!(authority, Authority::Key(_)) => {
            return Err(Rejection::CallerRefused { code: Code::OrganizationSuspended, needs: None }.into());
        }
        OrganizationStatus::Suspended => return Err(Rejection::OrganizationSuspended.into()),
        OrganizationStatus::Deleted => return Err(Rejection::OrganizationDeleted.into()),
    }
    let session = Session {
        id: new.id.clone(),
        organization_id: organization.id.clone(),
        name: new.name.clone(),
        environment: new.environment,
        region: new.region,
        is_default,
        status: SessionStatus::Connected,
        created_at: context.now,
        updated_at: context.now,
        generation: 1,
        rate_limits: new.rate_limits.clone(),
        consistency: new.consistency,
        leak_policy: new.leak_policy,
    };
    // The session's own log reports its creation; one mutation, one entry.
    let wanted =
        Wanted { session: session.clone(), actor: authority.actor(), trace: context.trace.cloned(), first_key: None };
    let waiting = want_session(sql, context, &organization, &wanted)?;
    Ok(Step::done_after(Reply::Session { session: Box::new(session) }, vec![waiting]))
}

/// Changes the name, the plan, or whom alerts are mailed to.
pub fn change(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    change: &OrganizationChange,
) -> Result<Step<OrganizationObject>, Abort> {
    let mut organization = require_open(sql)?;
    let actor = match admit(sql, context, &organization, authority)? {
        Admission::Granted(actor) => actor,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    let before = organization.policy;
    let mut details = Vec::new();
    if let Some(name) = &change.name {
        organization.name = name.clone();
        details.push("name");
    }
    if let Some(plan) = change.plan {
        members::require(actor.as_ref(), Operation::ChangePlan)?;
        organization.policy.plan = plan;
        details.push("plan");
    }
    if let Some(addresses) = &change.alert_emails {
        members::require(actor.as_ref(), Operation::ChangeAlertEmails)?;
        organization.alert_emails.clone_from(addresses);
        details.push("alertEmails");
    }
    let told = match change.plan {
        Some(_) => tell_policy(sql, memory, context, authority, &mut organization, before)?,
        None => Told::default(),
    };
    if change.name.is_some() {
        members::tell_all(sql, context.now)?;
    }
    commit(sql, context, authority, organization, Action::OrganizationUpdated, &details, told)
}

/// Suspends, resumes or ends the organization. A repeat waits for what the first began.
pub fn set_status(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    status: OrganizationStatus,
) -> Result<Step<OrganizationObject>, Abort> {
    let mut organization = require_organization(sql)?;
    if let Admission::Ask(question) = admit(sql, context, &organization, authority)? {
        return Ok(Step::Confirm(question));
    }
    if organization.policy.status == status {
        let waiting = entry(EVERY_SUBJECT, organization.policy.version);
        let awaiting = if status == OrganizationStatus::Active { Vec::new() } else { vec![waiting] };
        return Ok(Step::done_after(organization_reply(organization), awaiting));
    }
    if organization.policy.status == OrganizationStatus::Deleted {
        return Err(Rejection::OrganizationDeleted.into());
    }
    let before = organization.policy;
    organization.policy.status = status;
    organization.deleted_at = (status == OrganizationStatus::Deleted).then_some(context.now);
    members::tell_all(sql, context.now)?;
    let action = match status {
        OrganizationStatus::Active => Action::OrganizationResumed,
        OrganizationStatus::Suspended => Action::OrganizationSuspended,
        OrganizationStatus::Deleted => Action::OrganizationDeleted,
    };
    let told = tell_policy(sql, memory, context, authority, &mut organization, before)?;
    let done = commit(sql, context, authority, organization.clone(), action, &[], told)?;
    sending::status_changed(sql, &organization)?;
    Ok(done)
}

/// What sessions are told of a change, and what is found out on the way.
#[derive(Default)]
struct Told {
    until: Vec<EntryKey>,
    excess: Option<Excess>,
}

/// Has all sessions told of a policy that has changed since `before`.
fn tell_policy(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    organization: &mut Organization,
    before: Policy,
) -> Result<Told, SqlError> {
    let mut told = Told::default();
    told.until.extend(tell_sessions_of(sql, memory, context, authority.actor(), organization, before)?);
    organization.policy_at = Some(context.now);
    if let Some(limit) = organization.policy.plan.max_keys_per_session() {
        told.excess = Some(store::excess(sql, limit, context.now)?).filter(|excess| excess.sessions > 0);
    }
    Ok(told)
}

/// Gives the policy, which has changed since `before`, its next version, and has all sessions told. Answers what an answer
/// has to wait for, if anything was taken away.
pub(super) fn tell_sessions_of(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    by: Actor,
    organization: &mut Organization,
    before: Policy,
) -> Result<Option<EntryKey>, SqlError> {
    organization.policy.version = organization.policy.version.saturating_add(1);
    organization.policy_by = Some(by);
    let policy = organization.policy;
    let waits = policy::change(sql, memory, context, before, &policy)?;
    tell_sessions(sql, memory, policy.version, context.now)?;
    Ok(waits.then(|| entry(EVERY_SUBJECT, policy.version)))
}

fn commit(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    mut organization: Organization,
    action: Action,
    details: &[&str],
    told: Told,
) -> Result<Step<OrganizationObject>, Abort> {
    organization.updated_at = context.now;
    audit_log::record(sql, context, authority.actor(), action, organization.id.as_str(), details)?;
    announce(sql, &mut organization, context.now)?;
    let reply = Reply::Organization { organization: Box::new(organization), pools: Vec::new(), excess: told.excess };
    Ok(Step::done_after(reply, told.until))
}

fn want_session(
    sql: &dyn Sql,
    context: &Context<'_>,
    organization: &Organization,
    wanted: &Wanted,
) -> Result<EntryKey, SqlError> {
    store::insert_session(sql, wanted)?;
    outbox::put(sql, SESSION, wanted.session.id.as_str(), organization.policy.version, context.now)
}

fn tell_sessions(sql: &dyn Sql, memory: &mut Memory, version: i64, now: Timestamp) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO outbox (lane, subject, version, due_at) SELECT ?, id, ?, ? FROM sessions
         WHERE json_extract(record, '$.status') <> 'deleted'
         ON CONFLICT (lane, subject) DO UPDATE SET version = excluded.version, attempts = 0, due_at = excluded.due_at",
        &[SESSION.into(), version.into(), now.into()],
    )?;
    // The answer waits for these, so they are told before the others.
    for session in policy::former_holders(sql, memory, now)? {
        execute(
            sql,
            "UPDATE outbox SET due_at = ? WHERE lane = ? AND subject = ?",
            &[now.plus_millis(-1).into(), SESSION.into(), session.as_str().into()],
        )?;
    }
    Ok(())
}

fn entry(subject: &str, version: i64) -> EntryKey {
    EntryKey { lane: SESSION.to_owned(), subject: subject.to_owned(), version }
}

fn everybody() -> EntryKey {
    EntryKey { lane: ACCOUNT.to_owned(), subject: EVERY_SUBJECT.to_owned(), version: 0 }
}

/// Writes a change of the record, and has the directory told.
pub fn announce(sql: &dyn Sql, organization: &mut Organization, now: Timestamp) -> Result<(), SqlError> {
    organization.generation = organization.generation.saturating_add(1);
    store::save_organization(sql, organization)?;
    outbox::put(sql, DIRECTORY, ORGANIZATION, organization.generation, now).map(drop)
}

/// Reads the organization, which must exist.
pub fn require_organization(sql: &dyn Sql) -> Result<Organization, Abort> {
    store::organization(sql)?.ok_or(Abort::Rejected(Rejection::OrganizationNotFound))
}

/// Reads the organization, which must exist and not be deleted.
pub fn require_open(sql: &dyn Sql) -> Result<Organization, Abort> {
    let organization = require_organization(sql)?;
    if organization.policy.status == OrganizationStatus::Deleted {
        return Err(Rejection::OrganizationDeleted.into());
    }
    Ok(organization)
}

fn organization_reply(organization: Organization) -> Reply {
    Reply::Organization { organization: Box::new(organization), pools: Vec::new(), excess: None }
}
