//! What a signature does not tell about an operation: its name, its body, its parameters, and what it refuses.
//!
//! A new handler needs:
//! 1. `.route("/path", get(module::handler))` in `api.rs`, the method by its bare name; or
//!    `.route(&below("/path"), …)` if keys and members share it, which describes it twice, for members as `…AsMember`.
//! 2. its caller in its signature (`By<Needs>`, `SignedIn`, `Operator`, `Presented`, `Visitor`) and a comment whose first
//!    sentence is the summary. A path's ids come by `…Path` extractors; a new one stands in `ids` in `openapi.rs`.
//! 3. its file in `FILES` (`source.rs`), its module in `tag` (`openapi.rs`).
//! 4. a row here, in the order of the router; `.setting_cookie()` behind it if its answer may have the cookie. Of the
//!    refusals only its own: those of its extractors follow from the signature. What only keys are refused with
//!    (`ONLY_KEYS` in `openapi.rs`) is left out for members.
//! 5. the schema of its body in `requests.rs`; what strings of its answer are in `text` in `answers.rs`. Answers are
//!    `Reply<…Body>`, or `NoContent` with `Success::Empty`.
//! 6. `UPDATE_OPENAPI=1 cargo test openapi`, and docs/API.md: its method and path in backquotes; a doubled one as a row of
//!    "Keys and members alike".

use crate::api::problem::Code;

/// One operation, found by its handler.
pub(super) struct Operation {
    /// `module::handler`.
    pub(super) handler: &'static str,
    /// Its `operationId`.
    pub(super) id: &'static str,
    /// What it succeeds with.
    pub(super) success: Success,
    /// The schema of its body.
    pub(super) body: Option<&'static str>,
    /// Its query parameters.
    pub(super) query: &'static [&'static str],
    /// What it refuses for reasons of its own; what its extractors refuse is known from the signature.
    pub(super) refuses: &'static [Code],
    /// Whether its answer may set or clear the cookie.
    pub(super) sets_cookie: bool,
}

impl Operation {
    /// The same with an answer that may set or clear the cookie.
    pub(super) const fn setting_cookie(self) -> Self {
        Self { sets_cookie: true, ..self }
    }
}

/// The statuses of success.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Success {
    /// 200.
    Done,
    /// 200, or 202 while others have yet to hear of it.
    Settled,
    /// 201, or 202 while others have yet to hear of it.
    Created,
    /// 201, in force at once.
    Made,
    /// 202: the answer does not tell what came of it.
    Accepted,
    /// 204, without a body.
    Empty,
}

const fn operation(
    handler: &'static str,
    id: &'static str,
    success: Success,
    body: Option<&'static str>,
    query: &'static [&'static str],
    refuses: &'static [Code],
) -> Operation {
    Operation { handler, id, success, body, query, refuses, sets_cookie: false }
}

use Code::*;
use Success::{Accepted, Created, Done, Empty, Made, Settled};

const SPAN: &[&str] = &["from", "to", "granularity"];
const PAGE: &[&str] = &["limit", "cursor"];
const ALERTS: &[&str] =
    &["limit", "cursor", "alerts/status", "alerts/kind", "alerts/severity", "alerts/subject", "alerts/sessionId"];
const RULING: &[Code] = &[OutsideReach, AlertRuleNotFound, OrganizationSuspended, OrganizationDeleted];
const STANDING: &[Code] = &[OrganizationNotFound, OrganizationDeleted];
/// Of what has to be confirmed with the password.
const CONFIRMED: &[Code] = &[WrongPassword, SignInBusy];
const INVITING: &[Code] = &[AlreadyMember, TooManyInvitations, OrganizationSuspended, OrganizationDeleted];

const WEBHOOK: &[Code] = &[OutsideReach, WebhookEndpointNotFound, OrganizationSuspended, OrganizationDeleted];

const GATEWAY: &[Code] = &[OutsideReach, GatewayRouteNotFound, OrganizationSuspended, OrganizationDeleted];

const DOMAIN: &[Code] = &[OutsideReach, DomainNotFound, OrganizationSuspended, OrganizationDeleted];

/// All operations, in the order of the router.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation] = &[
    operation("meta::healthz", "checkHealth", Done, None, &[], &[]),
    operation("meta::openapi", "describeApi", Done, None, &[], &[]),
    operation("verification::whoami", "whoami", Done, None, &["permission", "domain", "cost", "on_limit", "consistency", "identity"],
        &[ForbiddenIp, InsufficientPermissions, DomainNotAllowed, RateLimited, UsageExceeded, VerificationUnavailable]),
    operation("verification::verify", "verifyKey", Done, Some("VerifyKey"), &[], &[VerificationUnavailable]),
    operation("outcomes::create", "countOutcomes", Done, Some("CountOutcomes"), &[], &[]),
    operation("keys::create", "createApiKey", Created, Some("CreateApiKey"), &[],
        &[OutsideReach, ExceedsOwnPermissions, SessionNotFound, KeyLimitReached, SessionDeleted,
          OrganizationSuspended, OrganizationDeleted, DomainNotVerified,
          KeyAlreadyIssued, IdempotencyInFlight, IdempotencyMismatch]),
    operation("keys::list", "listApiKeys", Done, None,
        &["limit", "cursor", "status", "environment", "sessionId", "externalId", "search"], &[]),
    operation("keys::read", "readApiKey", Settled, None, &[], &[ApiKeyNotFound]),
    operation("keys::change", "changeApiKey", Settled, Some("ChangeApiKey"), &[],
        &[ExceedsOwnPermissions, ApiKeyNotFound, ApiKeyRevoked, ApiKeyRotated, KeyLimitReached, DomainNotVerified]),
    operation("keys::revoke", "revokeApiKey", Settled, Some("RevokeApiKey"), &[], &[ApiKeyNotFound]),
    operation("bulk::revoke", "revokeApiKeys", Settled, Some("RevokeApiKeys"), &[], &[ConfirmationNeeded]),
    operation("bulk::unused", "listUnusedApiKeys", Done, None, &["days", "environment", "sessionId", "limit", "cursor"], &[]),
    operation("evidence::of_key", "readApiKeyEvidence", Done, None, &[], &[ApiKeyNotFound]),
    operation("keys::rotate", "rotateApiKey", Created, Some("RotateApiKey"), &[],
        &[ExceedsOwnPermissions, ApiKeyNotFound, ApiKeyRevoked, ApiKeyNotActive, ApiKeyRotated, OverlapOpen,
          SessionDeleted, OrganizationSuspended, OrganizationDeleted, KeyAlreadyIssued, IdempotencyInFlight,
          IdempotencyMismatch]),
    operation("usage::of_key", "readApiKeyUsage", Done, None, SPAN, &[ApiKeyNotFound]),
    operation("usage::requests", "listApiKeyRequests", Done, None, &["limit"], &[ApiKeyNotFound]),
    operation("imports::create", "importApiKeys", Done, Some("ImportKeys"), &[],
        &[OutsideReach, SessionNotFound, SessionDeleted, OrganizationSuspended, OrganizationDeleted, TooManyPrefixes]),
    operation("sessions::create", "createSession", Created, Some("CreateSession"), &[],
        &[OutsideReach, OrganizationSuspended, OrganizationDeleted]),
    operation("sessions::list", "listSessions", Done, None, PAGE, &[]),
    operation("sessions::read", "readSession", Settled, None, &[], &[SessionNotFound]),
    operation("sessions::change", "changeSession", Settled, Some("ChangeSession"), &[],
        &[OutsideReach, SessionNotFound, DefaultSession, SessionDeleted]),
    operation("sessions::delete", "deleteSession", Settled, None, &[],
        &[OutsideReach, SessionNotFound, DefaultSession]),
    operation("session_keys::create", "createSessionApiKey", Created, Some("CreateSessionApiKey"), &[],
        &[ExceedsOwnPermissions, SessionNotFound, KeyLimitReached, SessionDeleted, OrganizationSuspended,
          OrganizationDeleted, DomainNotVerified,
          KeyAlreadyIssued, IdempotencyInFlight, IdempotencyMismatch]),
    operation("session_keys::list", "listSessionApiKeys", Done, None,
        &["limit", "cursor", "status", "environment", "externalId", "search"], &[SessionNotFound]),
    operation("sessions::health", "readSessionHealth", Settled, None, &[], &[SessionNotFound]),
    operation("usage::of_session", "readSessionUsage", Done, None, SPAN, &[SessionNotFound]),
    operation("usage::of_organization", "readUsage", Done, None, &["from", "to", "granularity", "environment"], &[]),
    operation("organization::read", "readOrganization", Done, None, &[], &[OutsideReach]),
    operation("organization::audit_log", "readAuditLog", Done, None,
        &["limit", "cursor", "action", "target", "actor"], &[]),
    operation("audit_export::export", "exportAuditLog", Done, None, &["after"], &[OutsideReach]),
    operation("alert_rules::list", "listAlertRules", Done, None, &[], &[OutsideReach]),
    operation("alert_rules::change", "changeAlertRule", Done, Some("ChangeAlertRule"), &[], RULING),
    operation("alert_rules::reset", "resetAlertRule", Done, None, &[], RULING),
    operation("alerts::list", "listAlerts", Done, None, ALERTS, &[]),
    operation("alerts::read", "readAlert", Done, None, &[], &[AlertNotFound]),
    operation("alerts::acknowledge", "acknowledgeAlert", Done, None, &[],
        &[OutsideReach, AlertNotFound, OrganizationSuspended, OrganizationDeleted]),
    operation("domains::create", "createDomain", Made, Some("CreateDomain"), &[],
        &[OutsideReach, DomainExists, TooManyDomains, OrganizationSuspended, OrganizationDeleted]),
    operation("domains::list", "listDomains", Done, None, PAGE, &[OutsideReach]),
    operation("domains::read", "readDomain", Done, None, &[], &[OutsideReach, DomainNotFound]),
    operation("domains::change", "changeDomain", Settled, Some("ChangeDomain"), &[], DOMAIN),
    operation("domains::delete", "deleteDomain", Settled, None, &[], DOMAIN),
    operation("domains::verify", "verifyDomain", Settled, None, &[],
        &[OutsideReach, DomainNotFound, OrganizationSuspended, OrganizationDeleted, ResolverUnavailable]),
    operation("gateway_routes::create", "createGatewayRoute", Made, Some("CreateGatewayRoute"), &[],
        &[OutsideReach, SessionNotFound, GatewayPathTaken, TooManyGatewayRoutes, OrganizationSuspended, OrganizationDeleted]),
    operation("gateway_routes::list", "listGatewayRoutes", Done, None, PAGE, &[OutsideReach]),
    operation("gateway_routes::read", "readGatewayRoute", Done, None, &[], &[OutsideReach, GatewayRouteNotFound]),
    operation("gateway_routes::change", "changeGatewayRoute", Done, Some("ChangeGatewayRoute"), &[],
        &[OutsideReach, GatewayRouteNotFound, SessionNotFound, GatewayPathTaken, OrganizationSuspended, OrganizationDeleted]),
    operation("gateway_routes::delete", "deleteGatewayRoute", Empty, None, &[], GATEWAY),
    operation("gateway_routes::rotate_secret", "rotateGatewayRouteSecret", Done, None, &[], GATEWAY),
    operation("webhooks::create", "createWebhookEndpoint", Made, Some("CreateWebhookEndpoint"), &[],
        &[OutsideReach, TooManyWebhookEndpoints, OrganizationSuspended, OrganizationDeleted]),
    operation("webhooks::list", "listWebhookEndpoints", Done, None, PAGE, &[OutsideReach]),
    operation("webhooks::read", "readWebhookEndpoint", Done, None, &[], &[OutsideReach, WebhookEndpointNotFound]),
    operation("webhooks::change", "changeWebhookEndpoint", Done, Some("ChangeWebhookEndpoint"), &[], WEBHOOK),
    operation("webhooks::delete", "deleteWebhookEndpoint", Empty, None, &[], WEBHOOK),
    operation("webhooks::rotate_secret", "rotateWebhookSecret", Done, None, &[], WEBHOOK),
    operation("webhooks::test", "testWebhookEndpoint", Accepted, None, &[],
        &[OutsideReach, WebhookEndpointNotFound, WebhookEndpointDisabled, OrganizationSuspended, OrganizationDeleted]),
    operation("webhooks::deliveries", "listWebhookDeliveries", Done, None, &["limit", "cursor", "deliveries.status"],
        &[OutsideReach, WebhookEndpointNotFound]),
    operation("webhooks::delivery", "readWebhookDelivery", Done, None, &[],
        &[OutsideReach, WebhookEndpointNotFound, WebhookDeliveryNotFound]),
    operation("webhooks::replay", "replayWebhookDelivery", Accepted, None, &[],
        &[OutsideReach, WebhookEndpointNotFound, WebhookDeliveryNotFound, WebhookEndpointDisabled,
          OrganizationSuspended, OrganizationDeleted]),
    operation("leaks::report", "reportLeak", Accepted, Some("ReportLeak"), &[], &[AuthTooManyFailures]),
    operation("leaks::github", "reportLeaksAsGithub", Done, Some("GithubLeaks"), &[], &[AuthTooManyFailures, LeakSignatureInvalid]),
    operation("leaks::gitleaks", "readGitleaksRule", Done, None, &[], &[]),
    operation("auth::register", "register", Created, Some("Register"), &[],
        &[AuthTooManyFailures, RegistrationClosed, SetupDone, EmailTaken, LinkInvalid, InvitationEnded,
          InvitationForAnother, TooManyMembers, OrganizationSuspended, SignInBusy]).setting_cookie(),
    operation("auth::login", "signIn", Done, Some("Login"), &[],
        &[AuthTooManyFailures, SignInFailed, SecondFactorRequired, SignInBusy]).setting_cookie(),
    operation("auth::logout", "signOut", Empty, None, &[], &[]).setting_cookie(),
    operation("auth::read", "readAccount", Done, None, &[], &[]),
    operation("auth::change", "changeAccount", Done, Some("ChangeAccount"), &[], &[]),
    operation("passwords::change", "changePassword", Done, Some("ChangePassword"), &[], CONFIRMED),
    operation("passwords::forgot", "forgetPassword", Accepted, Some("ForgetPassword"), &[],
        &[AuthTooManyFailures, LinkHookMissing, SignInBusy]),
    operation("passwords::reset", "resetPassword", Empty, Some("ResetPassword"), &[],
        &[AuthTooManyFailures, LinkInvalid, SignInBusy]),
    operation("sign_ins::list", "listSignIns", Done, None, &[], &[]),
    operation("sign_ins::end", "endSignIn", Empty, None, &[], &[SignInNotFound]).setting_cookie(),
    operation("sign_ins::audit_log", "readAccountAuditLog", Done, None, PAGE, &[]),
    operation("sign_ins::export_audit_log", "exportAccountAuditLog", Done, None, &["after"], &[]),
    operation("totp::begin", "beginTotp", Done, Some("ConfirmPassword"), &[],
        &[WrongPassword, TotpEnabled, SignInBusy]),
    operation("totp::remove", "removeTotp", Empty, Some("ConfirmPassword"), &[],
        &[WrongPassword, TotpNotEnabled, SignInBusy]),
    operation("totp::confirm", "confirmTotp", Done, Some("ConfirmTotp"), &[],
        &[TotpWrong, TotpEnabled, TotpNotEnabled]),
    operation("totp::renew", "renewRecoveryCodes", Done, Some("ConfirmPassword"), &[],
        &[WrongPassword, TotpNotEnabled, SignInBusy]),
    operation("invitations::accept", "acceptInvitation", Settled, Some("AcceptInvitation"), &[],
        &[LinkInvalid, InvitationEnded, InvitationForAnother, AlreadyMember, TooManyMembers, OrganizationSuspended,
          OrganizationLimitReached]),
    operation("organizations::create", "createOwnOrganization", Created, Some("CreateOwnOrganization"), &[],
        &[OrganizationLimitReached]),
    operation("organizations::list", "listOwnOrganizations", Done, None, &[], &[]),
    operation("organizations::change", "changeOwnOrganization", Settled, Some("ChangeOwnOrganization"), &[],
        &[PlanChangesByOperator, LinkHookMissing, OrganizationSuspended, OrganizationDeleted]),
    operation("organizations::delete", "deleteOwnOrganization", Settled, None, &[], &[OrganizationSuspended]),
    operation("export::export", "exportOrganization", Done, None, &[], &[]),
    operation("members::transfer", "transferOrganization", Settled, Some("TransferOrganization"), &[],
        &[MemberNotFound, OrganizationSuspended, OrganizationDeleted]),
    operation("members::list", "listMembers", Done, None, PAGE, &[]),
    operation("members::read", "readMember", Done, None, &[], &[MemberNotFound]),
    operation("members::change", "changeMember", Settled, Some("ChangeMember"), &[],
        &[MemberNotFound, LastOwner, OrganizationSuspended, OrganizationDeleted]),
    operation("members::remove", "removeMember", Empty, None, &[],
        &[MemberNotFound, LastOwner, OrganizationSuspended, OrganizationDeleted]),
    operation("members::reset_password", "resetMemberPassword", Done, None, &[], &[MemberNotFound, MemberElsewhere, OwnAccount, OrganizationSuspended]),
    operation("invitations::create", "createInvitation", Made, Some("CreateInvitation"), &[], INVITING),
    operation("invitations::list", "listInvitations", Done, None, PAGE, &[]),
    operation("invitations::revoke", "revokeInvitation", Empty, None, &[],
        &[InvitationNotFound, InvitationEnded, OrganizationSuspended, OrganizationDeleted]),
    operation("operator::create", "createOrganization", Created, Some("CreateOrganization"), &[], &[]),
    operation("operator::list", "listOrganizations", Done, None, PAGE, &[]),
    operation("operator::read", "readAnyOrganization", Done, None, &[], &[OrganizationNotFound]),
    operation("operator::change", "changeOrganization", Settled, Some("ChangeOrganization"), &[],
        STANDING),
    operation("operator::delete", "deleteOrganization", Settled, None, &[], &[OrganizationNotFound]),
    operation("operator::suspend", "suspendOrganization", Settled, None, &[], STANDING),
    operation("operator::resume", "resumeOrganization", Settled, None, &[], STANDING),
    operation("operator_users::invite", "inviteAsOperator", Made, Some("CreateInvitation"), &[],
        &[OrganizationNotFound, AlreadyMember, TooManyInvitations, OrganizationDeleted]),
    operation("upkeep::metrics_of", "readOrganizationMetrics", Done, None, &["metrics.sessionId"],
        &[OrganizationNotFound, SessionNotFound]),
    operation("upkeep::republish", "republishOrganization", Done, None, &["cursor"], &[OrganizationNotFound]),
    operation("upkeep::metrics", "readMetrics", Done, None, &[], &[]),
    operation("operator_users::list", "listUsers", Done, None, &["limit", "cursor", "email"], &[]),
    operation("operator_users::reset_password", "resetUserPassword", Done, None, &[], &[UserNotFound]),
    operation("operator_users::remove_totp", "removeUserTotp", Empty, None, &[], &[UserNotFound, TotpNotEnabled]),
];
