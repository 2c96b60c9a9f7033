//! The callers that handlers name in their signatures (H12): a key or a member, a user, the operator, or nobody yet.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;

use super::around::Around;
use super::canonical::Facts;
use super::client_ip::ClientIp;
use super::credentials::{Carrier, CredentialError, Presented, Sent};
use super::csrf;
use super::denials::Asking;
use super::mount::{Mount, organization_in};
use super::problem::{Code, Problem};
use super::rate_limit_fields::Counted;
use crate::app::{App, Call, Denied, Error, Person, Principal, Waited};
use crate::domain::id::OrganizationId;
use crate::domain::operation::Operation;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification;
use crate::object::Rejection;

/// How long (ms) an address that failed too often should pause: the period of the platform's limiter.
pub(super) const FAILURE_PAUSE_MS: u64 = 60_000;

/// The one route beside `DELETE` that takes something away.
const REVOKING: &str = "/v1/api_keys/revoke";

/// What a route needs of its caller.
pub(super) trait Needs {
    /// The operation it carries out.
    const OPERATION: Operation;
}

macro_rules! needs {
    ($($name:ident)*) => {
        $(
            /// A route that needs the operation of this name.
            pub(super) struct $name;

            impl Needs for $name {
                const OPERATION: Operation = Operation::$name;
            }
        )*
    };
}

needs! {
    ReadApiKeys WriteApiKeys VerifyKeys ReadSessions WriteSessions ReadOrganization ReadAuditLog
    ReadAlerts WriteAlerts
    WriteOrganization ReadMembers WriteMembers WriteOwners
    TransferOrganization ExportOrganization DeleteOrganization ReadWebhooks WriteWebhooks
    ReadDomains WriteDomains ReadGatewayRoutes WriteGatewayRoutes
}

/// The caller of a route of an organization, which its authority has just found good for `N`: an API key below `/v1`,
/// a member below `/organizations/{organizationId}`.
pub(super) struct By<N: Needs>(pub(super) Principal, pub(super) Mount, pub(super) PhantomData<N>);

impl<N: Needs> FromRequestParts<Arc<App>> for By<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if let Some(organization) = organization_in(parts.uri.path()) {
            return member(parts, app, &organization, N::OPERATION)
                .await
                .map(|(by, mount)| Self(by, mount, PhantomData));
        }
        let presented = Presented::from_request_parts(parts, app).await?;
        let ClientIp(ip) = ClientIp::find(&parts.headers);
        // What takes something away is never counted: a spent pool must not stand in the way of revoking a key.
        let text = presented.expose();
        if N::OPERATION != Operation::VerifyKeys
            && let Some(who) = app.denied_key(text)
        {
            Asking::note(&parts.extensions, who);
        }
        let found = match (N::OPERATION, &parts.method) {
            (Operation::VerifyKeys, _) => verifier(parts, app, text, ip).await,
            (operation, method) if *method == Method::DELETE || parts.uri.path() == REVOKING => {
                app.authenticate(text, ip, operation, Call::End).await
            }
            (operation, _) => app.authenticate(text, ip, operation, Call::Manage).await,
        };
        match found {
            Ok(principal) => {
                Facts::principal(&parts.extensions, &principal);
                if let Some(pool) = &principal.pool {
                    Counted::note(&parts.extensions, pool);
                }
                Ok(Self(principal, Mount::Keys, PhantomData))
            }
            Err(Error::Rejected(Rejection::CallerRefused { code: verification::Code::NotFound, .. })) => {
                Err(unknown(app, ip).await)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whoever has a key verified, whose own limits are not spent by that.
async fn verifier(parts: &Parts, app: &App, presented: &str, ip: Option<IpAddr>) -> Result<Principal, Error> {
    let Around { background, timing, .. } = Around::find(&parts.headers, &parts.extensions);
    if let Some(found) = app.authenticate_here(presented, ip, &background) {
        timing.note(None, Waited::default());
        return found;
    }
    let began = app.now();
    let found = app.authenticate_verifier(presented, ip).await;
    timing.note(None, waited_since(began, app.now()));
    found
}

/// That an object was waited for.
pub(super) fn waited_since(began: Timestamp, now: Timestamp) -> Waited {
    let objects_ms = Some(u64::try_from(now.millis_since(began)).unwrap_or(0));
    Waited { kv_ms: None, objects_ms }
}

async fn member(
    parts: &Parts,
    app: &App,
    organization: &str,
    operation: Operation,
) -> Result<(Principal, Mount), Problem> {
    // Only who is signed in hears that an organization is none: a stranger learns nothing from ids.
    let person = person(parts, app).await?;
    let id =
        OrganizationId::parse(organization, app.keyring()).map_err(|_| Problem::new(Code::OrganizationNotFound))?;
    let (user_id, organization_id) = (person.user.id.clone(), id.clone());
    Asking::note(&parts.extensions, Denied::User { user_id, organization_id });
    let principal = app.seat(&person, &id, operation).await?;
    Facts::principal(&parts.extensions, &principal);
    Ok((principal, Mount::Members(id)))
}

/// A user who is signed in, on routes that belong to no organization.
pub(super) struct SignedIn(pub(super) Person);

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        person(parts, app).await.map(Self)
    }
}

async fn person(parts: &Parts, app: &App) -> Result<Person, Problem> {
    let (presented, carrier) = token(parts)?;
    let ClientIp(ip) = ClientIp::find(&parts.headers);
    match app.signed_in(presented.expose(), ip).await {
        Ok(person) => {
            Facts::user(&parts.extensions, person.user.id.as_str());
            Ok(person)
        }
        Err(Error::Rejected(Rejection::SignedOut)) if carrier == Carrier::Cookie => {
            Err(signed_out(app, ip).await.clearing_cookie())
        }
        Err(Error::Rejected(Rejection::SignedOut)) => Err(signed_out(app, ip).await),
        Err(error) => Err(error.into()),
    }
}

/// The access token of a request; one that came as the cookie only if a page of ours has made the request.
fn token(parts: &Parts) -> Result<(Presented, Carrier), Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let (presented, carrier) = Presented::find_token(&parts.headers, query).map_err(CredentialError::of_person)?;
    if carrier == Carrier::Cookie {
        csrf::check(parts)?;
    }
    Ok((presented, carrier))
}

/// Somebody who is not signed in yet: who registers, signs in, or follows a link. A cookie from an earlier time may be
/// there, and makes no difference but that the request must come from a page of ours.
pub(super) struct Visitor {
    /// Where from.
    pub(super) ip: Option<IpAddr>,
    own_page: Result<(), Problem>,
}

impl Visitor {
    /// Whether the answer may set the cookie: a foreign page could sign its victim in to an account of its own.
    ///
    /// # Errors
    /// 403 `csrf_refused`.
    pub(super) fn may_have_cookie(&self) -> Result<(), Problem> {
        self.own_page.clone()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let sent = Sent::read(&parts.headers, parts.uri.query().unwrap_or_default())?;
        let own_page = csrf::check(parts);
        if sent.cookie.is_some() {
            own_page.clone()?;
        }
        Ok(Self { ip: ClientIp::find(&parts.headers).0, own_page })
    }
}

/// The operator, by the token whose digest the deployment knows.
pub(super) struct Operator;

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let presented = Presented::from_request_parts(parts, app).await?;
        match app.is_operator(presented.expose()) {
            Some(true) => {
                Facts::operator(&parts.extensions);
                Ok(Self)
            }
            Some(false) => Err(unknown(app, ClientIp::find(&parts.headers).0).await),
            None => Err(Problem::new(Code::NotFound)),
        }
    }
}

/// A credential that nobody has: counted, so that guessing gets slow. A good one from the same address passes.
pub(super) async fn unknown(app: &App, ip: Option<IpAddr>) -> Problem {
    counted(app, ip, Problem::new(Code::AuthInvalidKey)).await
}

/// The same of an access token. One whose sign-in has ended counts too: nobody tells it from a made-up one.
async fn signed_out(app: &App, ip: Option<IpAddr>) -> Problem {
    counted(app, ip, Problem::signed_out()).await
}

async fn counted(app: &App, ip: Option<IpAddr>, problem: Problem) -> Problem {
    if app.tolerates_failure(ip).await {
        problem
    } else {
        Problem::new(Code::AuthTooManyFailures).retry_after_ms(FAILURE_PAUSE_MS)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use futures_executor::block_on;

    use super::*;

    /// What a visitor who sends this meets: at the door, and when it asks for the cookie.
    fn visit(headers: &[(&str, &str)]) -> (Option<Code>, Option<Code>) {
        let mut request = Request::post("https://latchkey.test/auth/login");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        match block_on(Visitor::from_request_parts(&mut parts, &())) {
            Err(problem) => (Some(problem.code()), None),
            Ok(visitor) => (None, visitor.may_have_cookie().err().map(|problem| problem.code())),
        }
    }

    const OWN: [(&str, &str); 2] = [("origin", "https://latchkey.test"), ("x-requested-with", "fetch")];
    const COOKIE: (&str, &str) = ("cookie", "__Host-latchkey=lkat_old");

    #[test]
    fn who_signs_in_gets_the_cookie_only_on_a_page_of_ours() {
        let refused = Some(Code::CsrfRefused);
        for (headers, expected) in [
            (OWN.to_vec(), (None, None)),
            (vec![OWN[0], OWN[1], COOKIE], (None, None)),
            (vec![], (None, refused)),
            (vec![OWN[0]], (None, refused)),
            (vec![("origin", "https://evil.test"), OWN[1]], (None, refused)),
            (vec![("origin", "https://evil.test"), OWN[1], COOKIE], (refused, None)),
            (vec![COOKIE], (refused, None)),
            (vec![OWN[0], OWN[1], COOKIE, ("x-api-key", "abc")], (Some(Code::AuthConflictingCredentials), None)),
            (vec![OWN[0], OWN[1], COOKIE, COOKIE], (Some(Code::AuthMalformedHeader), None)),
        ] {
            assert_eq!(visit(&headers), expected, "{headers:?}");
        }
    }
}
