//! Invitations: `/organizations/{organizationId}/invitations`, and accepting one at `/auth/invitations/accept`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::{By, ReadMembers, SignedIn, WriteMembers};
use super::fields::Fields;
use super::fields::people::{email, presented_token, role};
use super::fields::plain::text;
use super::idempotency;
use super::json::Json;
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, no_parameters};
use super::paths::InvitationPath;
use super::people_body::{InvitationBody, MembershipBody};
use super::problem::Problem;
use super::query::Query;
use super::reply::{NoContent, Reply};
use crate::app::{App, Link};
use crate::domain::invitation::Invitation;
use crate::organization::protocol::NewInvitation;

/// A new invitation with its one-time link. No `Debug`: it would print the token (H3).
#[derive(Serialize)]
pub(super) struct InvitedBody {
    /// The invitation.
    invitation: InvitationBody,
    /// What has to be sent in to accept it, shown this once.
    token: String,
    /// The page of the dashboard that sends it in; null where the deployment has none.
    url: Option<String>,
}

/// Invites somebody. The link is shown this once; a deployment with a hook sends it as well.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, mount, ..): By<WriteMembers>,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<InvitedBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let (invitation, link) = app.invite(&caller, invitation(body.json())?).await?;
    Ok(invited(mount.path("/invitations"), &app, &invitation, link))
}

/// Lists the invitations, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadMembers>,
    mut query: Query,
) -> Result<Reply<PageBody<InvitationBody>>, Problem> {
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "invitations", owner };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let (invitations, more) = app.list_invitations(&caller, page).await?;
    let last = invitations.last().map(|invitation| (invitation.created_at, invitation.id.as_str()));
    let pagination = cursors.pagination(more, last);
    let now = app.now();
    let data = invitations.iter().map(|invitation| InvitationBody::new(invitation, now)).collect();
    Ok(Reply::ok(PageBody { data, pagination }))
}

/// Takes an invitation back.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteMembers>,
    InvitationPath(id): InvitationPath,
    query: Query,
) -> Result<NoContent, Problem> {
    no_parameters(query)?;
    app.revoke_invitation(&caller, &id).await?;
    Ok(NoContent::default())
}

/// Accepts an invitation: the user becomes a member.
pub(super) async fn accept(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    query: Query,
    body: JsonBody,
) -> Result<Reply<MembershipBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let token = fields.required("token", text(presented_token));
    let token = fields.finish_with(|| token)?;
    let outcome = app.accept_invitation(&person, &token).await?;
    Ok(Reply::ok(MembershipBody::new(&outcome.reply)).settled(outcome.settled))
}

/// Reads the body of an invitation to be.
pub(super) fn invitation(json: &Json) -> Result<NewInvitation, Problem> {
    let mut fields = Fields::of(json);
    let email = fields.optional("email", text(email));
    let role = fields.required("role", text(role));
    Ok(fields.finish_with(|| Some(NewInvitation { email, role: role? }))?)
}

/// The one answer that has the link.
pub(super) fn invited(path: String, app: &App, invitation: &Invitation, link: Link) -> Reply<InvitedBody> {
    let body =
        InvitedBody { invitation: InvitationBody::new(invitation, app.now()), token: link.token.0, url: link.url };
    Reply::created(path, body)
}
