//! `/auth/password`: changing it, and setting it anew by a one-time link.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::auth::attempt;
use super::body::JsonBody;
use super::callers::{SignedIn, Visitor};
use super::fields::Fields;
use super::fields::people::{email, new_password, own_password, presented_token};
use super::fields::plain::text;
use super::pages::no_parameters;
use super::people_body::AccountBody;
use super::problem::Problem;
use super::query::Query;
use super::reply::{NoContent, Reply};
use crate::app::{App, Link};

/// A one-time link, for whoever asked for it. No `Debug`: it would print the token (H3).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkBody {
    /// What has to be sent in, shown this once.
    token: String,
    /// The page of the dashboard that sends it in; null where the deployment has none.
    url: Option<String>,
    /// Until when it can be used.
    expires_at: String,
}

impl LinkBody {
    /// Writes the link into the one answer that has it.
    pub(super) fn new(link: Link) -> Self {
        Self { token: link.token.0, url: link.url, expires_at: link.expires_at.to_string() }
    }
}

/// Nothing to tell: the answer is the same for every address.
#[derive(Debug, Serialize)]
pub(super) struct ForgottenBody {}

/// Changes the own password. Every other sign-in ends.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    SignedIn(person, _): SignedIn,
    query: Query,
    body: JsonBody,
) -> Result<Reply<AccountBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let current = fields.required("currentPassword", text(own_password));
    let new = fields.required("newPassword", text(new_password(Some(&person.user.profile.email))));
    let (current, new) = fields.finish_with(|| Some((current?, new?)))?;
    Ok(Reply::ok(AccountBody::new(&app.change_password(&person, current, new).await?)))
}

/// Has a link sent to the address, if it is anybody's. The answer, and the time it takes, do not tell.
pub(super) async fn forgot(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<ForgottenBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let address = fields.required("email", text(email));
    let address = fields.finish_with(|| address)?;
    app.forgot_password(&address, &attempt(&visitor, &headers, false)?).await?;
    Ok(Reply::accepted(ForgottenBody {}))
}

/// Sets the password by a one-time link. Every sign-in ends.
pub(super) async fn reset(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<NoContent, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let token = fields.required("token", text(presented_token));
    let new = fields.required("newPassword", text(new_password(None)));
    let (token, new) = fields.finish_with(|| Some((token?, new?)))?;
    app.reset_password(&token, new, &attempt(&visitor, &headers, false)?).await?;
    Ok(NoContent::default())
}
