//! `/organizations/{organizationId}/members`: who belongs to the organization, and what each may do.

use std::sync::Arc;

use axum::extract::State;

use super::body::JsonBody;
use super::callers::{By, ReadMembers, TransferOrganization, WriteMembers, WriteOwners};
use super::fields::Fields;
use super::fields::ids::user_id;
use super::fields::people::role;
use super::fields::plain::text;
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, no_parameters};
use super::passwords::LinkBody;
use super::paths::MemberPath;
use super::people_body::MemberBody;
use super::problem::{Code, Problem};
use super::query::Query;
use super::reply::{NoContent, Reply};
use crate::app::App;

/// Lists the members, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadMembers>,
    mut query: Query,
) -> Result<Reply<PageBody<MemberBody>>, Problem> {
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "members", owner };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let (members, more) = app.list_members(&caller, page).await?;
    let last = members.last().map(|member| (member.joined_at, member.user_id.as_str()));
    let pagination = cursors.pagination(more, last);
    Ok(Reply::ok(PageBody { data: members.iter().map(MemberBody::new).collect(), pagination }))
}

/// Reads a member.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadMembers>,
    MemberPath(id): MemberPath,
    query: Query,
) -> Result<Reply<MemberBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(MemberBody::new(&app.read_member(&caller, &id).await?)))
}

/// Gives a member another role. Only owners make or unmake owners, and one always remains.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteMembers>,
    MemberPath(id): MemberPath,
    query: Query,
    body: JsonBody,
) -> Result<Reply<MemberBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let role = fields.required("role", text(role));
    let role = fields.finish_with(|| role)?;
    let outcome = app.change_member(&caller, &id, role).await?;
    Ok(Reply::ok(MemberBody::new(&outcome.reply)).settled(outcome.settled))
}

/// Removes a member, or leaves. Keys stay: they belong to the organization.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadMembers>,
    MemberPath(id): MemberPath,
    query: Query,
) -> Result<NoContent, Problem> {
    no_parameters(query)?;
    app.remove_member(&caller, &id).await?;
    Ok(NoContent::default())
}

/// Makes a link with which a member chooses a new password. Only for members who belong to no other organization.
pub(super) async fn reset_password(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteOwners>,
    MemberPath(id): MemberPath,
    query: Query,
) -> Result<Reply<LinkBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(LinkBody::new(app.reset_member(&caller, &id).await?)))
}

/// Hands the organization over: the member becomes an owner, the caller an admin.
pub(super) async fn transfer(
    State(app): State<Arc<App>>,
    By(caller, ..): By<TransferOrganization>,
    query: Query,
    body: JsonBody,
) -> Result<Reply<MemberBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let heir = fields.required("userId", text(user_id(app.keyring())));
    let heir = fields.finish_with(|| heir)?.ok_or_else(|| Problem::new(Code::MemberNotFound))?;
    let outcome = app.transfer_organization(&caller, &heir).await?;
    Ok(Reply::ok(MemberBody::new(&outcome.reply)).settled(outcome.settled))
}
