//! The noes of the objects: what the rules refuse, in the words that every object uses.

use serde::{Deserialize, Serialize};

use crate::domain::permission::Permission;
use crate::domain::rate_limit::LimitUse;
use crate::domain::tagged::tagged;
use crate::domain::verification::Code;

/// The business no: a decision, not a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "rejection", rename_all = "snake_case")]
pub enum Rejection {
    /// The presented credential is not good for this.
    CallerRefused {
        /// What a verification of it says.
        code: Code,
        /// The permission that was asked for.
        needs: Option<Permission>,
    },
    /// No such API key within reach.
    KeyNotFound,
    /// No such session within reach.
    SessionNotFound,
    /// No such organization.
    OrganizationNotFound,
    /// The caller's reach ends at its own session.
    OutsideReach,
    /// The caller would hand out more than it has.
    ExceedsOwnPermissions,
    /// The key is revoked; that is final.
    KeyRevoked,
    /// Only active and pending keys can be rotated.
    KeyNotActive,
    /// The key has a successor already.
    KeyRotated,
    /// The key that this one replaced still lives.
    OverlapOpen,
    /// The plan allows no further key in this session.
    KeyQuotaReached {
        /// How many it allows.
        limit: u32,
    },
    /// The session is deleted; that is final.
    SessionDeleted,
    /// The production default session cannot be disconnected or deleted.
    DefaultSession,
    /// The organization is deleted; that is final.
    OrganizationDeleted,
    /// The expiry and `notBefore` that result would leave no time to use the key.
    EmptyLifetime,
    /// The session that was named belongs to another environment than the one that was named.
    EnvironmentContradicts,
    /// An `Idempotency-Key` came back with another request.
    IdempotencyMismatch,
    /// The first request with this `Idempotency-Key` is still at work.
    IdempotencyInFlight,
    /// The retried request has issued a key that cannot be shown again.
    KeyAlreadyIssued,
    /// The locator is taken by another object; draw a new one.
    LocatorTaken,
    /// The sign-in has ended, or never was.
    SignedOut,
    /// The member's role does not allow it.
    RoleInsufficient,
    /// No such member.
    MemberNotFound,
    /// The user is a member already.
    AlreadyMember,
    /// An organization keeps at least one owner.
    LastOwner,
    /// The member belongs to other organizations, which have a say in its password.
    MemberElsewhere,
    /// No such invitation.
    InvitationNotFound,
    /// No such alert.
    AlertNotFound,
    /// The invitation was accepted or taken back, or it has expired.
    InvitationEnded,
    /// The invitation is for another address.
    InvitationForAnother,
    /// The link is not valid, was used, or has expired.
    LinkInvalid,
    /// The plan is the operator's to choose.
    PlanByOperator,
    /// The first account of the deployment exists already.
    SetupDone,
    /// There is an account of this address already.
    EmailTaken,
    /// No such user.
    UserNotFound,
    /// No such sign-in of the caller's.
    SignInNotFound,
    /// The password that had to be given once more is wrong.
    WrongPassword,
    /// A second factor is set up already.
    TotpEnabled,
    /// No second factor is set up.
    TotpNotEnabled,
    /// The code is not the one of this moment.
    TotpWrong,
    /// For the own account there is another way.
    OwnAccount,
    /// A password that is the user's own address.
    PasswordIsAddress,
    /// The organization is suspended: nothing new comes into being there.
    OrganizationSuspended,
    /// As many people belong to the organization as may.
    TooManyMembers,
    /// The user owns as many organizations as a user may.
    OrganizationLimitReached,
    /// Too many at once want a password hashed.
    Busy,
    /// The database of the object takes nothing more.
    StorageFull,
    /// There are as many pending invitations as there may be.
    TooManyInvitations,
    /// The deployment lets nobody register who has no invitation of the right kind.
    RegistrationClosed,
    /// The e-mail and password do not match, or were tried too often.
    SignInRefused,
    /// The password is right, and a second factor is needed.
    SecondFactorNeeded,
    /// The address has tried to sign in or to register too often.
    TooManyAttempts,
    /// No such endpoint for webhooks.
    WebhookNotFound,
    /// No such delivery to that endpoint.
    WebhookDeliveryNotFound,
    /// The endpoint for webhooks is switched off.
    WebhookDisabled,
    /// There are as many endpoints for webhooks as there may be.
    TooManyWebhooks,
    /// No such domain.
    DomainNotFound,
    /// The organization has this domain already.
    DomainExists,
    /// There are as many domains as there may be.
    TooManyDomains,
    /// Imported keys begin in as many ways as they may.
    TooManyPrefixes,
    /// The domain is none that the organization has proven to be its own.
    DomainNotVerified,
    /// No such route of the gateway.
    GatewayRouteNotFound,
    /// Another route of the gateway has this path.
    GatewayPathTaken,
    /// There are as many routes of the gateway as there may be.
    TooManyGatewayRoutes,
    /// Nothing in the deployment can send a link.
    LinkHookMissing,
    /// The organization cannot be asked for its policy, and what is known of it is too old to act on.
    PolicyUnknown,
    /// The organization has made as many calls as its plan allows.
    RateLimited {
        /// The pool that is spent.
        limit: Box<LimitUse>,
    },
}

tagged!(Rejection);
