//! `/auth`: registering, signing in and out, and the own account.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::{SignedIn, Visitor};
use super::cookies;
use super::fields::Fields;
use super::fields::people::{email, new_password, presented_code, presented_password, presented_token};
use super::fields::plain::{boolean, text};
use super::fields::values::name;
use super::idempotency;
use super::json::Json;
use super::key_body::IssuedKeyBody;
use super::operator::FoundedBody;
use super::organization::OrganizationBody;
use super::pages::no_parameters;
use super::people_body::{AccountBody, MembershipBody, UserBody, memberships};
use super::problem::Problem;
use super::query::Query;
use super::reply::{NoContent, Reply};
use crate::account::protocol::SecondFactor;
use crate::app::{App, Attempt, Register};
use crate::domain::email::Email;
use crate::domain::password::Password;
use crate::domain::text::Name;
use crate::domain::user::Profile;

/// A new account, signed in. No `Debug`: it would print an access token (H3).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisteredBody {
    /// The access token, shown this once; null if it went into the cookie.
    access_token: Option<String>,
    /// When the sign-in ends unless it is used before.
    expires_at: String,
    /// The user.
    user: UserBody,
    /// The organization that was founded along with the account; null for who came by invitation.
    organization: Option<OrganizationBody>,
    /// Its "Default API Key", with the plaintext shown this once.
    api_key: Option<IssuedKeyBody>,
    /// All organizations the user belongs to.
    organizations: Vec<MembershipBody>,
}

/// A sign-in. No `Debug`: it would print an access token (H3).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedInBody {
    /// The access token, shown this once; null if it went into the cookie.
    access_token: Option<String>,
    /// When the sign-in ends unless it is used before.
    expires_at: String,
    /// The user.
    user: UserBody,
    /// The organizations the user belongs to, the oldest membership first.
    organizations: Vec<MembershipBody>,
}

/// Creates an account with an organization, its production default session and a first key, and signs the user in.
pub(super) async fn register(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<RegisteredBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let (request, cookie) = registration(body.json())?;
    let attempt = attempt(&visitor, &headers, cookie)?;
    let outcome = app.register(request, &attempt).await?;
    let (signed_in, founded) = (outcome.reply.signed_in, outcome.reply.founded);
    let account = &signed_in.account;
    let founded = founded.map(|founded| FoundedBody::new(&founded, &app));
    let (organization, api_key) = founded.map_or((None, None), |body| (Some(body.organization), Some(body.api_key)));
    // The token leaves here, in the body or in the cookie, and nowhere else (H3).
    let token = signed_in.token.expose().to_owned();
    let body = RegisteredBody {
        access_token: (!cookie).then(|| token.clone()),
        expires_at: signed_in.expires_at.to_string(),
        user: UserBody::new(&account.user),
        organization,
        api_key,
        organizations: memberships(&account.memberships),
    };
    let reply = Reply::created("/auth/user".to_owned(), body).settled(outcome.settled);
    Ok(if cookie { reply.with_cookie(cookies::keep(&token)?) } else { reply })
}

/// Signs a user in. What fails is answered alike, and after the same time, whether the account exists or not.
pub(super) async fn login(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<SignedInBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let mut fields = Fields::of(body.json());
    // What is no address at all is an address that nobody has.
    let address = fields.required("email", text(|text| Ok(Email::parse(text).ok())));
    let password = fields.required("password", text(presented_password));
    let totp = fields.optional("totp", text(presented_code));
    let recovery_code = fields.optional("recoveryCode", text(presented_code));
    fields.exclusive("totp", "recoveryCode");
    let cookie = fields.optional("cookie", boolean).unwrap_or(false);
    let (address, password): (Option<Email>, Option<Password>) = fields.finish_with(|| Some((address?, password?)))?;
    let second_factor = totp.map(SecondFactor::Totp).or(recovery_code.map(SecondFactor::RecoveryCode));
    let attempt = attempt(&visitor, &headers, cookie)?;
    let signed_in = app.sign_in(address.as_ref(), password, second_factor, &attempt).await?;
    let token = signed_in.token.expose().to_owned();
    let reply = Reply::ok(SignedInBody {
        access_token: (!cookie).then(|| token.clone()),
        expires_at: signed_in.expires_at.to_string(),
        user: UserBody::new(&signed_in.account.user),
        organizations: memberships(&signed_in.account.memberships),
    });
    Ok(if cookie { reply.with_cookie(cookies::keep(&token)?) } else { reply })
}

/// Ends the sign-in of this request.
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    query: Query,
) -> Result<NoContent, Problem> {
    no_parameters(query)?;
    app.end_sign_in(&person, &person.sign_in.id).await?;
    Ok(NoContent::default().with_cookie(cookies::CLEARED))
}

/// Reads the own account.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    query: Query,
) -> Result<Reply<AccountBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(AccountBody::new(&app.read_account(&person).await?)))
}

/// Changes the own name.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    query: Query,
    body: JsonBody,
) -> Result<Reply<AccountBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    fields.at_least_one();
    let first_name = fields.given("firstName", text(name));
    let last_name = fields.given("lastName", text(name));
    fields.finish()?;
    Ok(Reply::ok(AccountBody::new(&app.change_name(&person, first_name, last_name).await?)))
}

fn registration(json: &Json) -> Result<(Register, bool), Problem> {
    let mut fields = Fields::of(json);
    let address = fields.required("email", text(email));
    let password = fields.required("password", text(new_password(address.as_ref())));
    let first_name: Option<Name> = fields.required("firstName", text(name));
    let last_name = fields.required("lastName", text(name));
    let organization_name = fields.optional("organizationName", text(name));
    let setup_token = fields.optional("setupToken", text(presented_token));
    let invitation = fields.optional("invitation", text(presented_token));
    fields.exclusive("setupToken", "invitation");
    fields.exclusive("organizationName", "invitation");
    let cookie = fields.optional("cookie", boolean).unwrap_or(false);
    let request = fields.finish_with(|| {
        let profile = Profile { email: address?, first_name: first_name?, last_name: last_name? };
        Some(Register { profile, password: password?, organization_name, setup_token, invitation })
    })?;
    Ok((request, cookie))
}

/// Where an attempt comes from. A cookie is only given to a page of ours.
pub(super) fn attempt(visitor: &Visitor, headers: &HeaderMap, cookie: bool) -> Result<Attempt, Problem> {
    if cookie {
        visitor.may_have_cookie()?;
    }
    let client = headers.get(USER_AGENT).and_then(|client| client.to_str().ok()).map(str::to_owned);
    Ok(Attempt { ip: visitor.ip, client, cookie })
}
