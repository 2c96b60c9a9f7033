//! From what a use case refuses to what a client reads. One exhaustive table; causes go to the log.

use super::fields::{FieldCode, FieldError};
use super::problem::{Code, Problem};
use crate::app::Error;
use crate::object::Rejection;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => rejection.into(),
            Error::Unavailable(cause) => Self::new(Code::ServiceUnavailable).caused_by(cause.to_string()),
            Error::Failed(cause) => Self::new(Code::ServiceUnavailable).caused_by(cause),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let code = match rejection {
            Rejection::CallerRefused { code, needs } => {
                let problem = Self::new(Code::of_refusal(code).unwrap_or(Code::InternalError));
                return match needs {
                    Some(needs) => problem.requiring(&needs),
                    None => problem,
                };
            }
            Rejection::KeyQuotaReached { limit } => return Self::new(Code::KeyLimitReached).with("limit", limit),
            Rejection::EnvironmentContradicts => {
                let error = FieldError::new(FieldCode::Conflict, "is not the environment of that session");
                return error.within("environment").into();
            }
            Rejection::EmptyLifetime => {
                let error = FieldError::new(FieldCode::Conflict, "must lie after notBefore");
                return error.within("expiresAt").into();
            }
            Rejection::KeyNotFound => Code::ApiKeyNotFound,
            Rejection::SessionNotFound => Code::SessionNotFound,
            Rejection::OrganizationNotFound => Code::OrganizationNotFound,
            Rejection::OutsideReach => Code::OutsideReach,
            Rejection::ExceedsOwnPermissions => Code::ExceedsOwnPermissions,
            Rejection::KeyRevoked => Code::ApiKeyRevoked,
            Rejection::KeyNotActive => Code::ApiKeyNotActive,
            Rejection::KeyRotated => Code::ApiKeyRotated,
            Rejection::OverlapOpen => Code::OverlapOpen,
            Rejection::SessionDeleted => Code::SessionDeleted,
            Rejection::DefaultSession => Code::DefaultSession,
            Rejection::OrganizationDeleted => Code::OrganizationDeleted,
            Rejection::IdempotencyMismatch => Code::IdempotencyMismatch,
            Rejection::IdempotencyInFlight => Code::IdempotencyInFlight,
            Rejection::KeyAlreadyIssued => Code::KeyAlreadyIssued,
            // A drawn 64-bit locator was taken: the client may simply try again.
            Rejection::LocatorTaken => Code::ServiceUnavailable,
        };
        Self::new(code)
    }
}
