//! Everything that can go wrong, as clients see it: the only place where a status code for it is chosen (H8).
//!
//! A `Problem` is made anywhere in `api`. It travels to the outermost layer in the extensions of an empty response,
//! because only `envelope` knows the request id and the form the client accepts; `rendering` writes it out.

pub mod rendering;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::fields::{FieldCode, FieldError, FieldErrors};
use super::json::JsonError;
use super::rate_limit_fields::seconds;
use crate::domain::rate_limit::LimitUse;
use crate::domain::verification;

macro_rules! codes {
    ($($variant:ident $status:ident $code:literal $message:literal)*) => {
        /// Every error code there is. The documentation of a variant is its default message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $message] $variant),* }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            fn row(self) -> (StatusCode, &'static str, &'static str) {
                match self { $(Self::$variant => (StatusCode::$status, $code, $message)),* }
            }
        }
    };
}

codes! {
    InvalidRequest             BAD_REQUEST "invalid_request" "The request is not valid."
    InvalidJson                BAD_REQUEST "invalid_json" "The body is not valid JSON."
    AuthConflictingCredentials BAD_REQUEST "auth_conflicting_credentials" "Credentials were sent in more than one way; send one."
    AuthMalformedHeader        BAD_REQUEST "auth_malformed_header" "A header with credentials was sent more than once or holds a list."
    LinkInvalid                BAD_REQUEST "link_invalid" "The link is not valid, was used, or has expired."
    TotpWrong                  BAD_REQUEST "totp_wrong" "The code is not the one of this moment; check the clock of your device."
    AuthMissingCredentials     UNAUTHORIZED "auth_missing_credentials" "No API key was sent. Send it as \"Authorization: Bearer KEY\" or \"x-api-key: KEY\"."
    AuthInvalidKey             UNAUTHORIZED "auth_invalid_key" "The API key is not valid."
    AuthKeyRevoked             UNAUTHORIZED "auth_key_revoked" "The API key has been revoked."
    AuthKeyDisabled            UNAUTHORIZED "auth_key_disabled" "The API key is disabled."
    AuthKeyExpired             UNAUTHORIZED "auth_key_expired" "The API key has expired."
    AuthKeyNotYetValid         UNAUTHORIZED "auth_key_not_yet_valid" "The API key is not valid yet."
    AuthOrganizationSuspended  UNAUTHORIZED "auth_organization_suspended" "The organization of the API key is suspended."
    AuthSessionDisconnected    UNAUTHORIZED "auth_session_disconnected" "The session of the API key is disconnected."
    AuthTooManyFailures        TOO_MANY_REQUESTS "auth_too_many_failures" "Too many failed authentications from this address."
    SignInFailed               UNAUTHORIZED "sign_in_failed" "The e-mail and password do not match, or there were too many attempts; wait a little and try again."
    SecondFactorRequired       UNAUTHORIZED "second_factor_required" "This account has a second factor: send `totp` or `recoveryCode` too."
    ForbiddenIp                FORBIDDEN "forbidden_ip" "The API key may not be used from this address."
    WrongSession               FORBIDDEN "wrong_session" "The API key belongs to another session."
    WrongEnvironment           FORBIDDEN "wrong_environment" "The API key belongs to another environment."
    InsufficientPermissions    FORBIDDEN "insufficient_permissions" "The API key lacks a permission that this needs."
    DomainNotAllowed           FORBIDDEN "domain_not_allowed" "The API key may not be used for this domain."
    OutsideReach               FORBIDDEN "outside_reach" "The API key acts on its own session only."
    ExceedsOwnPermissions      FORBIDDEN "exceeds_own_permissions" "A key cannot give another key more than it has itself."
    CsrfRefused                FORBIDDEN "csrf_refused" "A request with the cookie must come from a page of this origin and carry X-Requested-With."
    InsufficientRole           FORBIDDEN "insufficient_role" "Your role in the organization does not allow this."
    PlanChangesByOperator      FORBIDDEN "plan_changes_by_operator" "On this deployment the operator chooses the plan."
    RegistrationClosed         FORBIDDEN "registration_closed" "On this deployment nobody can register without an invitation or the setup token."
    WrongPassword              FORBIDDEN "wrong_password" "The password is wrong."
    InvitationForAnother       FORBIDDEN "invitation_for_another" "The invitation is for another e-mail address."
    NotFound                   NOT_FOUND "not_found" "There is nothing here."
    ApiKeyNotFound             NOT_FOUND "api_key_not_found" "There is no such API key."
    SessionNotFound            NOT_FOUND "session_not_found" "There is no such session."
    OrganizationNotFound       NOT_FOUND "organization_not_found" "There is no such organization."
    UserNotFound               NOT_FOUND "user_not_found" "There is no such user."
    MemberNotFound             NOT_FOUND "member_not_found" "There is no such member."
    InvitationNotFound         NOT_FOUND "invitation_not_found" "There is no such invitation."
    AlertNotFound              NOT_FOUND "alert_not_found" "There is no such alert."
    AlertRuleNotFound          NOT_FOUND "alert_rule_not_found" "There is no such kind of alert."
    SignInNotFound             NOT_FOUND "sign_in_not_found" "There is no such sign-in."
    WebhookEndpointNotFound    NOT_FOUND "webhook_endpoint_not_found" "There is no such webhook endpoint."
    WebhookDeliveryNotFound    NOT_FOUND "webhook_delivery_not_found" "There is no such delivery to this endpoint."
    GatewayRouteNotFound       NOT_FOUND "gateway_route_not_found" "There is no such route of the gateway."
    DomainNotFound             NOT_FOUND "domain_not_found" "There is no such domain."
    MethodNotAllowed           METHOD_NOT_ALLOWED "method_not_allowed" "The method is not allowed here; see the Allow header."
    ApiKeyRevoked              CONFLICT "api_key_revoked" "The API key is revoked; that is final."
    ApiKeyNotActive            CONFLICT "api_key_not_active" "Only an active or pending API key can be rotated."
    ApiKeyRotated              CONFLICT "api_key_rotated" "The API key has been rotated already."
    OverlapOpen                CONFLICT "overlap_open" "The API key that this one replaced is still in its overlap."
    LeakSignatureInvalid       BAD_REQUEST "leak_signature_invalid" "The report is not signed by GitHub."
    ConfirmationNeeded         CONFLICT "confirmation_needed" "The filter finds another number of keys than was confirmed."
    KeyLimitReached            CONFLICT "key_limit_reached" "The plan allows no further API key in this session."
    DefaultSession             CONFLICT "default_session" "The production default session cannot be disconnected or deleted."
    SessionDeleted             CONFLICT "session_deleted" "The session is deleted; that is final."
    OrganizationDeleted        CONFLICT "organization_deleted" "The organization is deleted; that is final."
    OrganizationLimitReached   CONFLICT "organization_limit_reached" "You own, or belong to, as many organizations as one user may."
    LastOwner                  CONFLICT "last_owner" "An organization keeps at least one owner."
    AlreadyMember              CONFLICT "already_member" "The user is a member already."
    MemberElsewhere            CONFLICT "member_elsewhere" "The member belongs to other organizations too; only the operator can reset the password."
    InvitationEnded            CONFLICT "invitation_ended" "The invitation was accepted or taken back, or it has expired."
    OwnAccount                 CONFLICT "own_account" "For your own account there is another way: change the password, or have a link sent."
    OrganizationSuspended      CONFLICT "organization_suspended" "The organization is suspended: nothing new can be created there."
    TooManyMembers             CONFLICT "too_many_members" "As many people belong to the organization as may."
    TooManyInvitations         CONFLICT "too_many_invitations" "As many invitations are pending as there may be; take some back."
    TooManyWebhookEndpoints    CONFLICT "too_many_webhook_endpoints" "There are as many webhook endpoints as there may be; delete one."
    WebhookEndpointDisabled    CONFLICT "webhook_endpoint_disabled" "The webhook endpoint is switched off; set active to true first."
    GatewayPathTaken           CONFLICT "gateway_path_taken" "Another route of the gateway has this path."
    TooManyGatewayRoutes       CONFLICT "too_many_gateway_routes" "There are as many routes of the gateway as there may be; delete one."
    DomainExists               CONFLICT "domain_exists" "The organization has this domain already."
    TooManyDomains             CONFLICT "too_many_domains" "There are as many domains as there may be; delete one."
    TooManyPrefixes            CONFLICT "too_many_prefixes" "Imported keys begin in as many ways as they may; import those that are left under one of these prefixes."
    DomainNotVerified          CONFLICT "domain_not_verified" "The domain is no verified domain of the organization."
    SetupDone                  CONFLICT "setup_done" "The first account of this deployment exists already."
    EmailTaken                 CONFLICT "email_taken" "There is an account with this e-mail address already."
    LinkHookMissing            CONFLICT "link_hook_missing" "This deployment sends no e-mail; ask an owner of your organization or the operator."
    TotpEnabled                CONFLICT "totp_enabled" "A second factor is set up already."
    TotpNotEnabled             CONFLICT "totp_not_enabled" "No second factor is set up."
    KeyAlreadyIssued           CONFLICT "key_already_issued" "This request has issued a key before; it cannot be shown again."
    IdempotencyInFlight        CONFLICT "idempotency_in_flight" "The first request with this Idempotency-Key is still at work."
    IdempotencyMismatch        UNPROCESSABLE_ENTITY "idempotency_mismatch" "This Idempotency-Key came with another request before."
    PayloadTooLarge            PAYLOAD_TOO_LARGE "payload_too_large" "The body is larger than 16 KiB."
    UriTooLong                 URI_TOO_LONG "uri_too_long" "The path and query are longer than 2 KiB."
    UnsupportedMediaType       UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "The body must be application/json in UTF-8, without a content coding."
    RateLimited                TOO_MANY_REQUESTS "rate_limited" "The rate limit is reached."
    UsageExceeded              TOO_MANY_REQUESTS "usage_exceeded" "The usage limit is reached."
    InternalError              INTERNAL_SERVER_ERROR "internal_error" "Something went wrong on our side."
    StorageFull                INSUFFICIENT_STORAGE "storage_full" "There is no room for this any more. What takes something away (revoking, disabling, signing out) still works."
    VerificationUnavailable    SERVICE_UNAVAILABLE "verification_unavailable" "The key cannot be verified at the moment; that says nothing about the key."
    SignInBusy                 SERVICE_UNAVAILABLE "sign_in_busy" "Too many people are signing in at the moment; try again shortly."
    ServiceUnavailable         SERVICE_UNAVAILABLE "service_unavailable" "The service is unavailable at the moment."
    ResolverUnavailable        SERVICE_UNAVAILABLE "resolver_unavailable" "The DNS cannot be asked at the moment; that says nothing about the domain."
    OriginForbidden            BAD_GATEWAY "origin_forbidden" "The origin of this route is none that may be asked."
    OriginUnreachable          BAD_GATEWAY "origin_unreachable" "The origin cannot be reached."
    OriginTimeout              GATEWAY_TIMEOUT "origin_timeout" "The origin did not begin to answer in time."
    GatewayLoop                LOOP_DETECTED "gateway_loop" "The request has been through this gateway before."
    NotConfigured              SERVICE_UNAVAILABLE "not_configured" "The service is not configured yet."
}

impl Code {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// What is said when nobody says it better.
    #[must_use]
    pub fn default_message(self) -> &'static str {
        self.row().2
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.row().0
    }

    /// Whether it tells somebody who is known that this is not allowed.
    pub fn denies(self) -> bool {
        self.status() == StatusCode::FORBIDDEN
    }

    /// How a refused verification is answered where the bearer itself asks (the gate, every authenticated route).
    #[must_use]
    pub fn of_refusal(code: verification::Code) -> Option<Self> {
        use verification::Code as Refused;
        Some(match code {
            Refused::Valid => return None,
            Refused::NotFound => Self::AuthInvalidKey,
            Refused::Revoked => Self::AuthKeyRevoked,
            Refused::Disabled => Self::AuthKeyDisabled,
            Refused::Expired => Self::AuthKeyExpired,
            Refused::NotYetValid => Self::AuthKeyNotYetValid,
            Refused::OrganizationSuspended => Self::AuthOrganizationSuspended,
            Refused::SessionDisconnected => Self::AuthSessionDisconnected,
            Refused::WrongSession => Self::WrongSession,
            Refused::WrongEnvironment => Self::WrongEnvironment,
            Refused::Forbidden => Self::ForbiddenIp,
            Refused::InsufficientPermissions => Self::InsufficientPermissions,
            Refused::DomainNotAllowed => Self::DomainNotAllowed,
            Refused::RateLimited => Self::RateLimited,
            Refused::UsageExceeded => Self::UsageExceeded,
        })
    }
}

/// When another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    /// As the code says.
    Usual,
    /// After so many seconds.
    After(u32),
    /// Not ever, as things are.
    Never,
}

/// One error on its way to the client. Nothing in it may come from a secret or from the cause of a failure.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    message: Option<&'static str>,
    errors: FieldErrors,
    details: Map<String, Value>,
    retry: Retry,
    limit: Option<Box<LimitUse>>,
    required_permission: Option<Box<str>>,
    refuses_as_forbidden: bool,
    clears_cookie: bool,
    cause: Option<Box<str>>,
}

impl Problem {
    /// A problem with its default message.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            message: None,
            errors: FieldErrors::default(),
            details: Map::new(),
            retry: Retry::Usual,
            limit: None,
            required_permission: None,
            refuses_as_forbidden: false,
            clears_cookie: false,
            cause: None,
        }
    }

    /// With a sentence that says more.
    #[must_use]
    pub fn saying(self, message: &'static str) -> Self {
        Self { message: Some(message), ..self }
    }

    /// With one more member of `details`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// With the time after which another try makes sense; what is less than a second becomes one.
    #[must_use]
    pub fn retry_after_ms(self, wait_ms: u64) -> Self {
        let wait = u32::try_from(seconds(wait_ms)).unwrap_or(u32::MAX);
        Self { retry: Retry::After(wait.max(1)), ..self }
    }

    /// With the limit that has refused: its name and numbers, and when the same request can pass it.
    #[must_use]
    pub fn limited_by(self, limit: &LimitUse) -> Self {
        let wait_ms = limit.refusal.and_then(|refusal| refusal.wait_ms);
        self.naming(&limit.label(), limit.level.as_str(), limit.limit.name.as_str())
            .with("quota", limit.limit.limit)
            .with("windowMs", limit.limit.window_ms)
            .with("remaining", limit.remaining)
            .showing(Some(limit))
            .retry_if_it_helps(wait_ms)
    }

    /// With the credits that have not sufficed: how many there are, and when the same request can pass.
    #[must_use]
    pub fn out_of_credits(self, remaining: u64, wait_ms: Option<u64>) -> Self {
        self.naming("key.credits", "key", "credits").with("remaining", remaining).retry_if_it_helps(wait_ms)
    }

    /// With the limit that a client has to look out for, for the header fields.
    #[must_use]
    pub fn showing(self, limit: Option<&LimitUse>) -> Self {
        Self { limit: limit.cloned().map(Box::new), ..self }
    }

    fn naming(self, label: &str, whose: &str, name: &str) -> Self {
        self.with("limit", label).with("level", whose).with("name", name)
    }

    /// Waiting that does not help is not advised. What the header fields promise is not expected earlier.
    fn retry_if_it_helps(self, wait_ms: Option<u64>) -> Self {
        let problem = self.with("retryAfterMs", wait_ms);
        match wait_ms {
            Some(wait_ms) => problem.retry_after_ms(wait_ms),
            None => Self { retry: Retry::Never, ..problem },
        }
    }

    /// With the permission that was missing, for `WWW-Authenticate`.
    #[must_use]
    pub fn requiring(self, permission: &impl ToString) -> Self {
        Self { required_permission: Some(permission.to_string().into()), ..self }
    }

    /// For proxies that cannot pass on a 429 (nginx `auth_request`): a limit is answered with 403, code unchanged.
    #[must_use]
    pub fn limits_as_forbidden(self) -> Self {
        Self { refuses_as_forbidden: true, ..self }
    }

    /// Takes the cookie away, which scripts cannot: what is in it is worth nothing any more.
    #[must_use]
    pub fn clearing_cookie(self) -> Self {
        Self { clears_cookie: true, ..self }
    }

    /// With what lies behind it, for the operator's log. It is never rendered.
    #[must_use]
    pub fn caused_by(self, cause: String) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// What lies behind it, if there is something to log.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// What went wrong.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The status it leaves with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.code.status() {
            StatusCode::TOO_MANY_REQUESTS if self.refuses_as_forbidden => StatusCode::FORBIDDEN,
            status => status,
        }
    }

    /// What stands for an error that came from the router and not from us; `None` if it is no error.
    #[must_use]
    pub fn for_foreign(status: StatusCode) -> Option<Self> {
        let code = match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            status if status.is_client_error() => Code::InvalidRequest,
            status if status.is_server_error() => Code::InternalError,
            _ => return None,
        };
        Some(Self::new(code))
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<FieldErrors> for Problem {
    fn from(errors: FieldErrors) -> Self {
        Self { errors, ..Self::new(Code::InvalidRequest) }
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        FieldErrors::from(error).into()
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        let (code, field_code, pointer) = match &error {
            JsonError::Malformed { pointer, .. } => (Code::InvalidJson, FieldCode::InvalidFormat, pointer),
            JsonError::TooDeep { pointer } => (Code::InvalidJson, FieldCode::TooLong, pointer),
            JsonError::Duplicate { pointer } => (Code::InvalidRequest, FieldCode::DuplicateField, pointer),
        };
        let errors = FieldError::explained(field_code, &error).at(pointer).into();
        Self { errors, ..Self::new(code) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
