//! `/operator/users` and invitations by the operator: help for people who cannot help themselves.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::Operator;
use super::fields::people::email;
use super::idempotency;
use super::invitations::{InvitedBody, invitation, invited};
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, Pagination, no_parameters};
use super::passwords::LinkBody;
use super::paths::{OrganizationPath, UserPath};
use super::problem::Problem;
use super::query::Query;
use super::reply::{NoContent, Reply};
use crate::app::App;
use crate::directory::protocol::Registered;

/// A user of the deployment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisteredUserBody {
    /// The id of the user.
    id: String,
    /// The address the user registered with.
    email: String,
    /// When.
    created_at: String,
}

impl RegisteredUserBody {
    fn new(user: &Registered) -> Self {
        Self { id: user.user_id.to_string(), email: user.email.to_string(), created_at: user.created_at.to_string() }
    }
}

/// Lists the users of the deployment, newest first, or finds the one of an address.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _: Operator,
    mut query: Query,
) -> Result<Reply<PageBody<RegisteredUserBody>>, Problem> {
    let cursors = Cursors { keyring: app.keyring(), list: "users", owner: "operator" };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    let address = query.optional("email", email);
    query.finish()?;
    if let Some(address) = address {
        let found = app.find_registered(&address).await?;
        let pagination = Pagination { has_more: false, next_cursor: None };
        return Ok(Reply::ok(PageBody { data: found.iter().map(RegisteredUserBody::new).collect(), pagination }));
    }
    let (users, more) = app.list_users(page).await?;
    let pagination = cursors.pagination(more, users.last().map(|user| (user.created_at, user.user_id.as_str())));
    Ok(Reply::ok(PageBody { data: users.iter().map(RegisteredUserBody::new).collect(), pagination }))
}

/// Makes a link with which a user chooses a new password.
pub(super) async fn reset_password(
    State(app): State<Arc<App>>,
    _: Operator,
    UserPath(id): UserPath,
    query: Query,
) -> Result<Reply<LinkBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(LinkBody::new(app.reset_user(&id).await?)))
}

/// Takes the second factor of a user away who has lost it.
pub(super) async fn remove_totp(
    State(app): State<Arc<App>>,
    _: Operator,
    UserPath(id): UserPath,
    query: Query,
) -> Result<NoContent, Problem> {
    no_parameters(query)?;
    app.remove_totp_of(&id).await?;
    Ok(NoContent::default())
}

/// Invites somebody into any organization; in a closed deployment the only way in.
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    _: Operator,
    OrganizationPath(id): OrganizationPath,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<InvitedBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let (invitation, link) = app.invite_as_operator(&id, invitation(body.json())?).await?;
    Ok(invited(format!("/organizations/{id}/invitations"), &app, &invitation, link))
}
