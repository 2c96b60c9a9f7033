//! What an organization tells others: its sessions that they exist and under which policy, its members' accounts
//! about the membership, the directory what it is called, the hook whom to send an invitation or an alert.

use serde_json::json;

use crate::account::protocol::Command as AccountCommand;
use crate::directory::protocol::Command as DirectoryCommand;
use crate::domain::email::Email;
use crate::domain::id::{SessionId, UserId};
use crate::domain::invitation::{Invitation, InvitationStatus};
use crate::domain::organization::Organization;
use crate::domain::owned_domain::book::Book;
use crate::domain::session::OrganizationStatus;
use crate::domain::timestamp::Timestamp;
use crate::domain::user::Membership;
use crate::object::outbox::{self, Delivery, EntryKey, Message};
use crate::object::{Context, behind};
use crate::ports::{Address, Sql, SqlError};
use crate::session::protocol::{Command as SessionCommand, Initialize};

use super::alerts::mail;
use super::domains::checking;
use super::invitations::{self, INVITATION_PAGE};
use super::webhooks::sending;
use super::{domains, people, store};

/// Messages to sessions; the subject is the session's id, the version the policy's.
pub const SESSION: &str = "session";
/// Messages to accounts of members; the subject is the user's id, the version the membership's.
pub const ACCOUNT: &str = "account";
/// Messages to the hook for links; the subject is the invitation's id.
pub const HOOK: &str = "hook";
/// Messages to the sessions of an organization whose time is over; the subject is the session's id.
pub const ERASE: &str = "erase";
/// Messages to the directory.
pub const DIRECTORY: &str = "directory";
/// The one subject of that lane.
pub const ORGANIZATION: &str = "organization";

pub(crate) const BATCH: i64 = 32;

/// The messages that are due.
pub fn deliveries(sql: &dyn Sql, context: &Context<'_>, due_by: Timestamp) -> Result<Vec<Delivery>, SqlError> {
    let Some(organization) = store::organization(sql)? else {
        return Ok(Vec::new());
    };
    let mut batch = Vec::new();
    for entry in outbox::due(sql, SESSION, due_by, BATCH)? {
        batch.extend(to_session(sql, &organization, entry)?);
    }
    for entry in outbox::due(sql, ACCOUNT, due_by, BATCH)? {
        batch.push(to_account(sql, &organization, entry)?);
    }
    for entry in outbox::due(sql, ERASE, due_by, BATCH)? {
        let address = Address::Session(SessionId::from_trusted(entry.subject.clone()).locator());
        batch.push(call(vec![entry], address, None, &SessionCommand::Erase)?);
    }
    for entry in outbox::due(sql, HOOK, due_by, BATCH)? {
        batch.push(to_hook(sql, context, &organization, entry)?);
    }
    for entry in outbox::due(sql, mail::MAIL, due_by, BATCH)? {
        batch.push(mail::delivery(sql, &organization, entry)?);
    }
    batch.extend(sending::deliveries(sql, context, due_by)?);
    batch.extend(checking::deliveries(sql, due_by)?);
    for entry in outbox::due(sql, DIRECTORY, due_by, 1)? {
        // Whom it has alerts mailed to is nothing to the directory.
        let told = Organization { alert_emails: Vec::new(), ..organization.clone() };
        let command = DirectoryCommand::Feed { organization: Box::new(told) };
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
        policy_by: organization.policy_by.clone(),
        domains: book(sql, organization)?,
        actor: wanted.actor,
        first_key: wanted.first_key,
    }));
    let mut delivery = call(vec![entry], address, region, &command)?;
    if let Message::Call { request, .. } = &mut delivery.message {
        *request = behind::name(std::mem::take(request), wanted.trace.as_ref());
    }
    Ok(Some(delivery))
}

/// The domains of the organization, if it ever had any. Nobody knows what the session knows of them.
fn book(sql: &dyn Sql, organization: &Organization) -> Result<Option<Box<Book>>, SqlError> {
    let version = organization.policy.domains.version;
    if version == 0 { Ok(None) } else { Ok(Some(Box::new(domains::store::book(sql, version)?))) }
}

fn to_account(sql: &dyn Sql, organization: &Organization, entry: EntryKey) -> Result<Delivery, SqlError> {
    let user_id = UserId::from_trusted(entry.subject.clone());
    let membership = people::member(sql, &user_id)?.map(|member| Membership {
        organization_id: organization.id.clone(),
        name: organization.name.clone(),
        status: organization.policy.status,
        role: member.role,
        joined_at: member.joined_at,
    });
    let command = AccountCommand::HearMembership {
        organization_id: organization.id.clone(),
        membership,
        generation: people::version(sql, &user_id)?,
    };
    call(vec![entry], Address::Account(user_id.locator()), None, &command)
}

/// The mail that the hook is to write. One that has become pointless settles without being sent.
fn to_hook(
    sql: &dyn Sql,
    context: &Context<'_>,
    organization: &Organization,
    entry: EntryKey,
) -> Result<Delivery, SqlError> {
    let found = invitations::derived_token(sql, context.keyring, organization, &entry.subject)?;
    let is_open = organization.policy.status != OrganizationStatus::Deleted;
    let pending = |invitation: &Invitation| is_open && invitation.status(context.now) == InvitationStatus::Pending;
    let body = found.filter(|(invitation, _)| pending(invitation)).map(|(invitation, token)| {
        json!({
            "type": "invitation",
            "timestamp": invitation.created_at.to_string(),
            "data": {
                "email": invitation.email.as_ref().map(Email::as_str),
                "organization": organization.name.as_str(),
                "role": invitation.role.as_str(),
                "token": token.expose(),
                "url": context.rules.page(INVITATION_PAGE, token.expose()),
                "expiresAt": invitation.expires_at.to_string(),
            },
        })
        .to_string()
    });
    let id = format!("msg_{}", entry.subject);
    Ok(Delivery { settles: vec![entry], message: Message::Notify { id, body } })
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
