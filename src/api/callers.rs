//! The authenticated callers that handlers name in their signatures (H12).

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::client_ip::ClientIp;
use super::credentials::Presented;
use super::problem::{Code, Problem};
use crate::app::{App, Error, Principal};
use crate::domain::operation::Operation;
use crate::domain::verification;
use crate::object::Rejection;

/// How long (ms) an address that failed too often should pause: the period of the platform's limiter.
pub(super) const FAILURE_PAUSE_MS: u64 = 60_000;

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

needs! { ReadApiKeys WriteApiKeys VerifyKeys ReadSessions WriteSessions ReadOrganization ReadAuditLog }

/// The caller of a `/v1` route: an API key that its authority has just found good for `N`.
pub(super) struct By<N: Needs>(pub(super) Principal, pub(super) PhantomData<N>);

impl<N: Needs> FromRequestParts<Arc<App>> for By<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let presented = Presented::from_request_parts(parts, app).await?;
        let ClientIp(ip) = ClientIp::find(&parts.headers);
        match app.authenticate(presented.expose(), ip, N::OPERATION).await {
            Ok(principal) => Ok(Self(principal, PhantomData)),
            Err(Error::Rejected(Rejection::CallerRefused { code: verification::Code::NotFound, .. })) => {
                Err(unknown(app, ip).await)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The operator, by the token whose digest the deployment knows.
pub(super) struct Operator;

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let presented = Presented::from_request_parts(parts, app).await?;
        match app.is_operator(presented.expose()) {
            Some(true) => Ok(Self),
            Some(false) => Err(unknown(app, ClientIp::find(&parts.headers).0).await),
            None => Err(Problem::new(Code::NotFound)),
        }
    }
}

/// A credential that nobody has: counted, so that guessing gets slow. A good one from the same address passes.
pub(super) async fn unknown(app: &App, ip: Option<IpAddr>) -> Problem {
    if app.tolerates_failure(ip).await {
        Problem::new(Code::AuthInvalidKey)
    } else {
        Problem::new(Code::AuthTooManyFailures).retry_after_ms(FAILURE_PAUSE_MS)
    }
}
