//! Where the user belongs: a copy for the list of one's own organizations, and the foundings that are under way.
//!
//! The organization is the authority for its members. What stands here lets nobody in.

use crate::domain::id::{OrganizationId, SignInId};
use crate::domain::role::Role;
use crate::domain::session::OrganizationStatus;
use crate::domain::user::{Membership, User};
use crate::object::outbox::{self, EntryKey};
use crate::object::rows::{execute, json, query, query_one};
use crate::object::{Abort, Context, Rejection, Step};
use crate::organization::protocol::{Founding, Owner};
use crate::ports::{Sql, SqlError, SqlValue};

use super::projection::{FOUNDING, forget_organization, introduce};
use super::protocol::Reply;
use super::store::State;
use super::{AccountObject, sign_ins, state};

/// How many organizations a user may own, those included that are being founded.
pub(crate) const OWNED_ORGANIZATIONS_MAX: usize = 20;

/// News from an organization. A copy is no mutation of its own: the organization has audited what happened.
pub fn hear(
    sql: &dyn Sql,
    context: &Context<'_>,
    organization_id: &OrganizationId,
    membership: Option<&Membership>,
    generation: i64,
) -> Result<Step<AccountObject>, Abort> {
    let statement = "SELECT membership, generation FROM memberships WHERE organization_id = ?";
    let before = query_one(sql, statement, &[organization_id.as_str().into()])?;
    let mut was_live = false;
    if let Some(row) = &before {
        if row.integer(1)? >= generation {
            return Ok(Step::done(Reply::Acknowledged));
        }
        was_live = row.optional_text(0)?.is_some() && is_live(&row.json(0)?);
    }
    execute(
        sql,
        "INSERT OR REPLACE INTO memberships (organization_id, membership, generation) VALUES (?, ?, ?)",
        &[organization_id.as_str().into(), membership.map_or(Ok(SqlValue::Null), json)?, generation.into()],
    )?;
    let lives = membership.is_some_and(is_live);
    if lives && !was_live {
        introduce(sql, organization_id, context.now)?;
    } else if !lives {
        forget_organization(sql, organization_id)?;
    }
    Ok(Step::done(Reply::Acknowledged))
}

/// Founds another organization. Its own log reports the creation; one mutation, one entry. Repeating it waits for what
/// the first began.
pub fn found(
    sql: &dyn Sql,
    context: &Context<'_>,
    by: &SignInId,
    founding: &Founding,
) -> Result<Step<AccountObject>, Abort> {
    let State { user, .. } = sign_ins::require(sql, context, by)?;
    let id = &founding.organization.id;
    let known = "SELECT 1 FROM foundings WHERE organization_id = ?1
        UNION SELECT 1 FROM memberships WHERE organization_id = ?1";
    if query_one(sql, known, &[id.as_str().into()])?.is_some() {
        let waiting = EntryKey { lane: FOUNDING.to_owned(), subject: id.as_str().to_owned(), version: 1 };
        return Ok(Step::done_after(Reply::Acknowledged, vec![waiting]));
    }
    // A deleted one counts until its data is gone: else founding and deleting in turn would have no end.
    let owned = list(sql)?.iter().filter(|membership| membership.role == Role::Owner).count();
    if owned.saturating_add(under_way(sql)?.len()) >= OWNED_ORGANIZATIONS_MAX {
        return Err(Rejection::OrganizationLimitReached.into());
    }
    let waiting = open(sql, context, &user, founding)?;
    Ok(Step::done_after(Reply::Acknowledged, vec![waiting]))
}

/// Begins a founding. Who founds and owns is the user of this account, as it is called here.
pub fn open(sql: &dyn Sql, context: &Context<'_>, user: &User, founding: &Founding) -> Result<EntryKey, SqlError> {
    let id = founding.organization.id.as_str();
    let owner = Owner { user_id: user.id.clone(), profile: user.profile.clone() };
    let (actor, owner, trace) = (state::actor(user), Some(owner), context.trace.cloned());
    let founding = Founding { actor, owner, trace, ..founding.clone() };
    let statement = "INSERT INTO foundings (organization_id, founding) VALUES (?, ?)";
    execute(sql, statement, &[id.into(), json(&founding)?])?;
    outbox::put(sql, FOUNDING, id, 1, context.now)
}

/// A founding that is to be told.
pub fn founding(sql: &dyn Sql, organization_id: &OrganizationId) -> Result<Option<Founding>, SqlError> {
    let statement = "SELECT founding FROM foundings WHERE organization_id = ?";
    query_one(sql, statement, &[organization_id.as_str().into()])?.map(|row| row.json(0)).transpose()
}

/// Removes the foundings that are acknowledged and have led to a membership.
pub fn settle_foundings(sql: &dyn Sql) -> Result<(), SqlError> {
    execute(
        sql,
        "DELETE FROM foundings WHERE organization_id IN (SELECT organization_id FROM memberships)
            AND organization_id NOT IN (SELECT subject FROM outbox WHERE lane = ?)",
        &[FOUNDING.into()],
    )
}

/// The organizations that the user belongs to, oldest membership first.
pub fn list(sql: &dyn Sql) -> Result<Vec<Membership>, SqlError> {
    let rows = query(sql, "SELECT membership FROM memberships WHERE membership IS NOT NULL", &[])?;
    let mut all = rows.iter().map(|row| row.json(0)).collect::<Result<Vec<Membership>, _>>()?;
    all.sort_by(|one, other| (one.joined_at, &one.organization_id).cmp(&(other.joined_at, &other.organization_id)));
    Ok(all)
}

/// The organizations that the user's password opens: all that are listed, a deleted one too as long as it can be
/// copied out, and those that will be in a moment.
pub fn reach(sql: &dyn Sql) -> Result<Vec<OrganizationId>, SqlError> {
    let listed = list(sql)?.into_iter().map(|membership| membership.organization_id);
    Ok(listed.chain(under_way(sql)?).collect())
}

/// A deleted organization is still listed until its data goes, but it is told nothing.
fn is_live(membership: &Membership) -> bool {
    membership.status != OrganizationStatus::Deleted
}

fn under_way(sql: &dyn Sql) -> Result<Vec<OrganizationId>, SqlError> {
    let statement = "SELECT organization_id FROM foundings
        WHERE organization_id NOT IN (SELECT organization_id FROM memberships)";
    query(sql, statement, &[])?.iter().map(|row| Ok(OrganizationId::from_trusted(row.text(0)?.to_owned()))).collect()
}
