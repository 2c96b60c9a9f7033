//! Invitations: made by those who may, accepted by whoever holds the one-time link.
//!
//! The token of a link is derived from a nonce in the row and the deployment's root secret, so the hook can be told
//! it again after a failure although it is stored nowhere; what is compared is its hash.

use crate::domain::audit::{Action, Actor};
use crate::domain::id::{InvitationId, SignInId, UserId};
use crate::domain::invitation::{Invitation, InvitationStatus};
use crate::domain::key_hash::KeyHash;
use crate::domain::keyring::{Keyring, Purpose};
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::domain::role::Role;
use crate::domain::session::OrganizationStatus;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{Token, TokenKind};
use crate::domain::user::Profile;
use crate::object::rows::{Row, execute, json, query_one};
use crate::object::{Abort, Authority, Confirmed, Context, Question, Rejection, Seat, Step, audit_log, outbox};
use crate::ports::{Sql, SqlError, SqlValue};

use super::OrganizationObject;
use super::changes::{announce, require_open};
use super::members::{self, Admission, admit, require};
use super::projection::HOOK;
use super::protocol::{NewInvitation, OneTime, Reply};
use super::{events, people};

/// How long (ms) an invitation can be accepted: 7 days.
pub const INVITATION_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// The page of the dashboard that accepts one.
pub const INVITATION_PAGE: &str = "invitation";
/// How many may be pending, or made within a day, so that nobody mails the world in the organization's name.
pub const INVITATIONS_MAX: i64 = 100;
/// How many people may belong to an organization.
pub const MEMBERS_MAX: u32 = 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Invites somebody.
pub fn invite(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    new: &NewInvitation,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_open(sql)?;
    let actor = match admit(sql, context, &organization, authority)? {
        Admission::Granted(actor) => actor,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    if new.role == Role::Owner {
        require(actor.as_ref(), Operation::WriteOwners)?;
    }
    if let Some(email) = &new.email
        && people::has_email(sql, email)?
    {
        return Err(Rejection::AlreadyMember.into());
    }
    if recent(sql, context.now)? >= INVITATIONS_MAX {
        return Err(Rejection::TooManyInvitations.into());
    }
    let invitation = Invitation {
        id: InvitationId::from_seed(&doubled(context.draw(1))),
        email: new.email.clone(),
        role: new.role,
        invited_by: authority.actor(),
        created_at: context.now,
        expires_at: context.now.plus_millis(INVITATION_LIFE_MS),
        kept_for: None,
        accepted: None,
        revoked_at: None,
    };
    let nonce = hex::encode(context.draw(2));
    let pepper = context.keyring.newest_version();
    let token = token(context.keyring, &organization, pepper, &nonce)?;
    let hash = token.hashes(context.keyring).pop().ok_or_else(no_token)?;
    execute(
        sql,
        "INSERT INTO invitations (id, hash, nonce, pepper, record, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        &[
            invitation.id.as_str().into(),
            hash.to_string().into(),
            nonce.into(),
            i64::from(pepper).into(),
            json(&invitation)?,
            context.now.into(),
        ],
    )?;
    if invitation.email.is_some() && context.rules.link_hook.is_some() {
        outbox::put(sql, HOOK, invitation.id.as_str(), 1, context.now)?;
    }
    let (id, details) = (invitation.id.as_str(), [new.role.as_str()]);
    audit_log::record(sql, context, authority.actor(), Action::InvitationCreated, id, &details)?;
    let token = OneTime(token.expose().to_owned());
    Ok(Step::done(Reply::Invited { invitation: Box::new(invitation), token }))
}

/// Takes an invitation back.
pub fn revoke(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    id: &InvitationId,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_open(sql)?;
    if let Admission::Ask(question) = admit(sql, context, &organization, authority)? {
        return Ok(Step::Confirm(question));
    }
    let row = query_one(sql, "SELECT record FROM invitations WHERE id = ?", &[id.as_str().into()])?;
    let mut invitation: Invitation = row.ok_or(Rejection::InvitationNotFound)?.json(0)?;
    match invitation.status(context.now) {
        InvitationStatus::Revoked => return Ok(Step::done(Reply::Acknowledged)),
        InvitationStatus::Accepted => return Err(Rejection::InvitationEnded.into()),
        InvitationStatus::Pending | InvitationStatus::Expired => {}
    }
    invitation.revoked_at = Some(context.now);
    save(sql, &invitation)?;
    audit_log::record(sql, context, authority.actor(), Action::InvitationRevoked, id.as_str(), &[])?;
    Ok(Step::done(Reply::Acknowledged))
}

/// Reads what a link invites to.
pub fn read(sql: &dyn Sql, context: &Context<'_>, hashes: &[KeyHash]) -> Result<Step<OrganizationObject>, Abort> {
    let organization = Box::new(require_open(sql).map_err(ended)?);
    let invitation = Box::new(require_pending(sql, context, hashes)?);
    Ok(Step::done(Reply::Invitation { invitation, organization }))
}

/// Keeps an invitation for a user whose account is being created, so that one link makes one account. Nothing that a log
/// would report has happened yet.
pub fn keep(
    sql: &dyn Sql,
    context: &Context<'_>,
    hashes: &[KeyHash],
    user_id: &UserId,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = Box::new(require_open(sql).map_err(ended)?);
    require_active(&organization)?;
    let mut invitation = require_pending(sql, context, hashes)?;
    require_kept_for(&invitation, user_id)?;
    invitation.kept_for = Some(user_id.clone());
    save(sql, &invitation)?;
    Ok(Step::done(Reply::Invitation { invitation: Box::new(invitation), organization }))
}

fn require_active(organization: &Organization) -> Result<(), Abort> {
    match organization.policy.status {
        OrganizationStatus::Suspended => Err(Rejection::OrganizationSuspended.into()),
        OrganizationStatus::Active | OrganizationStatus::Deleted => Ok(()),
    }
}

fn require_kept_for(invitation: &Invitation, user_id: &UserId) -> Result<(), Abort> {
    match &invitation.kept_for {
        Some(other) if other != user_id => Err(Rejection::InvitationEnded.into()),
        _ => Ok(()),
    }
}

/// Makes a user a member.
pub fn accept(
    sql: &dyn Sql,
    context: &Context<'_>,
    hashes: &[KeyHash],
    user_id: &UserId,
    profile: &Profile,
    sign_in_id: &SignInId,
) -> Result<Step<OrganizationObject>, Abort> {
    let mut organization = require_open(sql).map_err(ended)?;
    let mut invitation = require_pending(sql, context, hashes)?;
    if invitation.email.as_ref().is_some_and(|email| email.key() != profile.email.key()) {
        return Err(Rejection::InvitationForAnother.into());
    }
    require_active(&organization)?;
    require_kept_for(&invitation, user_id)?;
    if people::member(sql, user_id)?.is_some() {
        return Err(Rejection::AlreadyMember.into());
    }
    if organization.members_count >= MEMBERS_MAX {
        return Err(Rejection::TooManyMembers.into());
    }
    if context.confirmed != Some(&Confirmed::SignIn) {
        return Ok(Step::Confirm(Question::SignIn(Seat {
            user_id: user_id.clone(),
            sign_in_id: sign_in_id.clone(),
            organization_id: organization.id,
            needs: Operation::ReadOrganization,
        })));
    }
    invitation.accepted = Some((user_id.clone(), context.now));
    save(sql, &invitation)?;
    let waiting = members::add(sql, &mut organization, user_id, profile, invitation.role, context.now)?;
    let actor = Actor::User { id: user_id.clone() };
    let details = [invitation.role.as_str(), invitation.id.as_str()];
    if let Some(member) = people::member(sql, user_id)? {
        events::record_of_member(sql, context, &actor, Action::MemberAdded, &member, &details)?;
    }
    announce(sql, &mut organization, context.now)?;
    let reply = Reply::Invitation { invitation: Box::new(invitation), organization: Box::new(organization) };
    Ok(Step::done_after(reply, vec![waiting]))
}

/// A stored invitation with its token, for the hook. None for one that waited while a new root was put in front: its tag
/// would come out another now, and whoever invited invites again.
pub fn derived_token(
    sql: &dyn Sql,
    keyring: &Keyring,
    organization: &Organization,
    id: &str,
) -> Result<Option<(Invitation, Token)>, SqlError> {
    let Some(row) = query_one(sql, "SELECT record, pepper, nonce FROM invitations WHERE id = ?", &[id.into()])? else {
        return Ok(None);
    };
    let newest = keyring.newest_version();
    if row.integer(1)? != i64::from(newest) {
        return Ok(None);
    }
    Ok(Some((row.json(0)?, token(keyring, organization, newest, row.text(2)?)?)))
}

fn token(keyring: &Keyring, organization: &Organization, pepper: u8, nonce: &str) -> Result<Token, SqlError> {
    let seed = keyring.derived(pepper, Purpose::Link, nonce.as_bytes(), b"invitation").ok_or_else(no_token)?;
    Token::generate(TokenKind::Invitation, organization.id.locator(), &seed, keyring).ok_or_else(no_token)
}

fn no_token() -> SqlError {
    SqlError("a token cannot be derived".to_owned())
}

fn require_pending(sql: &dyn Sql, context: &Context<'_>, hashes: &[KeyHash]) -> Result<Invitation, Abort> {
    // An edge that is one root behind does not know the hash that this row was written under.
    let later = hashes.last().map(|hash| context.keyring.later(hash)).unwrap_or_default();
    let hashes: Vec<SqlValue> = hashes.iter().chain(&later).map(|hash| hash.to_string().into()).collect();
    let places = vec!["?"; hashes.len()].join(", ");
    let row: Option<Row> =
        query_one(sql, &format!("SELECT record FROM invitations WHERE hash IN ({places})"), &hashes)?;
    let invitation: Invitation = row.ok_or(Rejection::LinkInvalid)?.json(0)?;
    match invitation.status(context.now) {
        InvitationStatus::Pending if !inviter_still_may(sql, &invitation)? => Err(Rejection::InvitationEnded.into()),
        InvitationStatus::Pending => Ok(invitation),
        InvitationStatus::Accepted | InvitationStatus::Revoked | InvitationStatus::Expired => {
            Err(Rejection::InvitationEnded.into())
        }
    }
}

/// An invitation is worth no more than its author: who may not invite any more has not left a door open.
fn inviter_still_may(sql: &dyn Sql, invitation: &Invitation) -> Result<bool, SqlError> {
    let Actor::User { id } = &invitation.invited_by else { return Ok(true) };
    let needed = if invitation.role == Role::Owner { Operation::WriteOwners } else { Operation::WriteMembers };
    Ok(people::member(sql, id)?.is_some_and(|member| member.role.allows(needed)))
}

/// An organization that is gone invites nobody any more.
fn ended(abort: Abort) -> Abort {
    match abort {
        // There never was one: the edge says that the link is not valid.
        Abort::Rejected(Rejection::OrganizationNotFound) => abort,
        Abort::Rejected(_) => Rejection::InvitationEnded.into(),
        Abort::Failed(error) => error.into(),
    }
}

fn save(sql: &dyn Sql, invitation: &Invitation) -> Result<(), SqlError> {
    let params = [json(invitation)?, invitation.id.as_str().into()];
    execute(sql, "UPDATE invitations SET record = ? WHERE id = ?", &params)
}

/// How many are pending, or were made within a day.
fn recent(sql: &dyn Sql, now: Timestamp) -> Result<i64, SqlError> {
    query_one(
        sql,
        "SELECT count(*) FROM invitations WHERE created_at > ? OR (json_extract(record, '$.accepted') IS NULL
            AND json_extract(record, '$.revoked_at') IS NULL AND json_extract(record, '$.expires_at') > ?)",
        &[now.plus_millis(-DAY_MS).into(), now.into()],
    )?
    .map_or(Ok(0), |row| row.integer(0))
}

/// 16 random bytes as the seed that ids are made from.
fn doubled(drawn: [u8; 16]) -> [u8; 64] {
    let mut seed = [0; 64];
    for (to, byte) in seed.iter_mut().zip(drawn) {
        *to = byte;
    }
    seed
}
