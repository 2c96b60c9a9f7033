//! `/auth/totp`: the second factor.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::SignedIn;
use super::fields::Fields;
use super::fields::people::{own_password, presented_code};
use super::fields::plain::text;
use super::pages::no_parameters;
use super::problem::Problem;
use super::query::Query;
use super::reply::{NoContent, Reply};
use crate::app::App;
use crate::domain::password::Password;

/// A second factor that is being set up. No `Debug`: it would print the secret (H3).
#[derive(Serialize)]
pub(super) struct TotpBody {
    /// The secret, base32, shown this once.
    secret: String,
    /// The same for an authenticator app, as an `otpauth` URI.
    uri: String,
}

/// Recovery codes. No `Debug`: it would print them (H3).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoveryCodesBody {
    /// Each signs in once in place of a code of the app. Shown this once.
    recovery_codes: Vec<String>,
}

/// Begins to set up a second factor. It is needed from the first code on that confirms it.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    SignedIn(person, _): SignedIn,
    query: Query,
    body: JsonBody,
) -> Result<Reply<TotpBody>, Problem> {
    let password = password(query, &body)?;
    let (secret, uri) = app.begin_totp(&person, password).await?;
    Ok(Reply::ok(TotpBody { secret, uri }))
}

/// Confirms a second factor with a first code, and shows the recovery codes.
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    SignedIn(person, _): SignedIn,
    query: Query,
    body: JsonBody,
) -> Result<Reply<RecoveryCodesBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let code = fields.required("totp", text(presented_code));
    let code = fields.finish_with(|| code)?;
    Ok(Reply::ok(RecoveryCodesBody { recovery_codes: app.confirm_totp(&person, code).await? }))
}

/// Draws recovery codes anew. Those from before are worth nothing from then on.
pub(super) async fn renew(
    State(app): State<Arc<App>>,
    SignedIn(person, _): SignedIn,
    query: Query,
    body: JsonBody,
) -> Result<Reply<RecoveryCodesBody>, Problem> {
    let password = password(query, &body)?;
    Ok(Reply::ok(RecoveryCodesBody { recovery_codes: app.renew_recovery_codes(&person, password).await? }))
}

/// Takes the second factor away.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    SignedIn(person, _): SignedIn,
    query: Query,
    body: JsonBody,
) -> Result<NoContent, Problem> {
    let password = password(query, &body)?;
    app.remove_totp(&person, password).await?;
    Ok(NoContent::default())
}

fn password(query: Query, body: &JsonBody) -> Result<Password, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    let password = fields.required("password", text(own_password));
    Ok(fields.finish_with(|| password)?)
}
