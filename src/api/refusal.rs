//! From what a use case refuses to what a client reads. One exhaustive table; causes go to the log.

use super::callers::FAILURE_PAUSE_MS;
use super::fields::{FieldCode, FieldError};
use super::problem::{Code, Problem};
use crate::app::Error;
use crate::object::Rejection;

/// How long (ms) whoever finds too many others signing in should wait.
const BUSY_PAUSE_MS: u64 = 1_000;

/// What the log says when a session could not hear from its organization.
pub(super) const POLICY_UNKNOWN: &str = "the organization did not tell its policy in time";

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
            Rejection::SignedOut => return Self::signed_out(),
            Rejection::StorageFull => Code::StorageFull,
            Rejection::Busy => return Self::new(Code::SignInBusy).retry_after_ms(BUSY_PAUSE_MS),
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
            Rejection::RoleInsufficient => Code::InsufficientRole,
            Rejection::MemberNotFound => Code::MemberNotFound,
            Rejection::AlreadyMember => Code::AlreadyMember,
            Rejection::LastOwner => Code::LastOwner,
            Rejection::MemberElsewhere => Code::MemberElsewhere,
            Rejection::InvitationNotFound => Code::InvitationNotFound,
            Rejection::AlertNotFound => Code::AlertNotFound,
            Rejection::InvitationEnded => Code::InvitationEnded,
            Rejection::InvitationForAnother => Code::InvitationForAnother,
            Rejection::LinkInvalid => Code::LinkInvalid,
            Rejection::PlanByOperator => Code::PlanChangesByOperator,
            Rejection::SetupDone => Code::SetupDone,
            Rejection::EmailTaken => Code::EmailTaken,
            Rejection::UserNotFound => Code::UserNotFound,
            Rejection::SignInNotFound => Code::SignInNotFound,
            Rejection::WrongPassword => Code::WrongPassword,
            Rejection::TotpEnabled => Code::TotpEnabled,
            Rejection::TotpNotEnabled => Code::TotpNotEnabled,
            Rejection::TotpWrong => Code::TotpWrong,
            Rejection::PasswordIsAddress => {
                let error = FieldError::new(FieldCode::TooCommon, "must not be your e-mail address");
                return error.within("newPassword").into();
            }
            Rejection::OwnAccount => Code::OwnAccount,
            Rejection::OrganizationSuspended => Code::OrganizationSuspended,
            Rejection::TooManyMembers => Code::TooManyMembers,
            Rejection::OrganizationLimitReached => Code::OrganizationLimitReached,
            Rejection::TooManyInvitations => Code::TooManyInvitations,
            Rejection::RegistrationClosed => Code::RegistrationClosed,
            Rejection::SignInRefused => Code::SignInFailed,
            Rejection::SecondFactorNeeded => Code::SecondFactorRequired,
            Rejection::TooManyAttempts => {
                return Self::new(Code::AuthTooManyFailures).retry_after_ms(FAILURE_PAUSE_MS);
            }
            Rejection::WebhookNotFound => Code::WebhookEndpointNotFound,
            Rejection::WebhookDeliveryNotFound => Code::WebhookDeliveryNotFound,
            Rejection::WebhookDisabled => Code::WebhookEndpointDisabled,
            Rejection::TooManyWebhooks => Code::TooManyWebhookEndpoints,
            Rejection::DomainNotFound => Code::DomainNotFound,
            Rejection::DomainExists => Code::DomainExists,
            Rejection::TooManyDomains => Code::TooManyDomains,
            Rejection::TooManyPrefixes => Code::TooManyPrefixes,
            Rejection::DomainNotVerified => Code::DomainNotVerified,
            Rejection::GatewayRouteNotFound => Code::GatewayRouteNotFound,
            Rejection::GatewayPathTaken => Code::GatewayPathTaken,
            Rejection::TooManyGatewayRoutes => Code::TooManyGatewayRoutes,
            Rejection::LinkHookMissing => Code::LinkHookMissing,
            Rejection::PolicyUnknown => {
                return Self::new(Code::ServiceUnavailable).caused_by(POLICY_UNKNOWN.to_owned());
            }
            Rejection::RateLimited { limit } => return Self::new(Code::RateLimited).limited_by(&limit),
            // A drawn 64-bit locator was taken: the client may simply try again.
            Rejection::LocatorTaken => Code::ServiceUnavailable,
        };
        Self::new(code)
    }
}

impl Problem {
    /// An access token that is no token, or whose sign-in has ended: nobody can tell which.
    pub(super) fn signed_out() -> Self {
        Self::new(Code::AuthInvalidKey).saying("The access token is not valid, or its sign-in has ended.")
    }
}
