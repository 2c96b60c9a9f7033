//! What the audit log says: who did what to which thing, chained by hashes.
//!
//! Every entry carries the SHA-256 of its predecessor's hash and its own content, so an entry that is
//! changed, removed or moved later breaks the chain from there on.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::id::{ApiKeyId, AuditEntryId, UserId};
use super::tagged::tagged;
use super::timestamp::Timestamp;

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "type", rename_all = "snake_case")]
pub enum Actor {
    /// Whoever held this API key.
    ApiKey {
        /// The key's id, never the key.
        id: ApiKeyId,
    },
    /// A user who was signed in, or tried to sign in.
    User {
        /// The user's id.
        id: UserId,
    },
    /// Whoever holds the operator token of the deployment.
    Operator,
    /// Somebody who has found a key, and proved it by the key.
    LeakReport,
    /// The service itself: nobody has asked for it.
    Service,
}
tagged!(Actor);

/// What was done. The words are stored and shown: never rename one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// An API key was issued.
    #[serde(rename = "api_key.created")]
    KeyCreated,
    /// API keys of another system were taken over.
    #[serde(rename = "api_keys.imported")]
    KeysImported,
    /// Settings of an API key changed.
    #[serde(rename = "api_key.updated")]
    KeyUpdated,
    /// An API key got a successor.
    #[serde(rename = "api_key.rotated")]
    KeyRotated,
    /// An API key was switched off, and nothing else about it changed.
    #[serde(rename = "api_key.disabled")]
    KeyDisabled,
    /// An API key was switched on again, and nothing else about it changed.
    #[serde(rename = "api_key.enabled")]
    KeyEnabled,
    /// An API key was revoked.
    #[serde(rename = "api_key.revoked")]
    KeyRevoked,
    /// An API key was found where it should not be.
    #[serde(rename = "api_key.leaked")]
    KeyLeaked,
    /// A key or a member was refused something.
    #[serde(rename = "access.denied")]
    AccessDenied,
    /// A session was created.
    #[serde(rename = "session.created")]
    SessionCreated,
    /// A session was renamed, connected or disconnected.
    #[serde(rename = "session.updated")]
    SessionUpdated,
    /// A session and all its keys were ended.
    #[serde(rename = "session.deleted")]
    SessionDeleted,
    /// A session took over a new policy of its organization.
    #[serde(rename = "session.policy_changed")]
    PolicyChanged,
    /// An organization was created.
    #[serde(rename = "organization.created")]
    OrganizationCreated,
    /// Name, plan or limits of an organization changed.
    #[serde(rename = "organization.updated")]
    OrganizationUpdated,
    /// An organization was suspended.
    #[serde(rename = "organization.suspended")]
    OrganizationSuspended,
    /// A suspended organization was let in again.
    #[serde(rename = "organization.resumed")]
    OrganizationResumed,
    /// An organization was ended.
    #[serde(rename = "organization.deleted")]
    OrganizationDeleted,
    /// Everything about an organization was copied out.
    #[serde(rename = "organization.exported")]
    OrganizationExported,
    /// Somebody became a member.
    #[serde(rename = "member.added")]
    MemberAdded,
    /// The role of a member changed.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged,
    /// A member left or was removed.
    #[serde(rename = "member.removed")]
    MemberRemoved,
    /// An organization got another owner in place of the one before.
    #[serde(rename = "organization.transferred")]
    OrganizationTransferred,
    /// Somebody was invited.
    #[serde(rename = "invitation.created")]
    InvitationCreated,
    /// An invitation was taken back.
    #[serde(rename = "invitation.revoked")]
    InvitationRevoked,
    /// Somebody has seen an alert.
    #[serde(rename = "alert.acknowledged")]
    AlertAcknowledged,
    /// A rule for alerts changed.
    #[serde(rename = "alert_rule.updated")]
    AlertRuleUpdated,
    /// A rule for alerts became the one by default again.
    #[serde(rename = "alert_rule.reset")]
    AlertRuleReset,
    /// An account was created.
    #[serde(rename = "user.created")]
    UserCreated,
    /// Somebody signed in.
    #[serde(rename = "user.signed_in")]
    SignedIn,
    /// Somebody failed to sign in to an account.
    #[serde(rename = "user.sign_in_failed")]
    SignInFailed,
    /// A sign-in was ended by its user.
    #[serde(rename = "user.signed_out")]
    SignedOut,
    /// The name of a user changed.
    #[serde(rename = "user.updated")]
    UserUpdated,
    /// The password of a user changed.
    #[serde(rename = "user.password_changed")]
    PasswordChanged,
    /// A link was made that sets a password anew.
    #[serde(rename = "user.password_reset_requested")]
    PasswordResetRequested,
    /// A password was set anew by such a link.
    #[serde(rename = "user.password_reset")]
    PasswordReset,
    /// A second factor was set up.
    #[serde(rename = "user.totp_enabled")]
    TotpEnabled,
    /// The second factor was taken away.
    #[serde(rename = "user.totp_disabled")]
    TotpDisabled,
    /// Recovery codes were drawn anew.
    #[serde(rename = "user.recovery_codes_renewed")]
    RecoveryCodesRenewed,
    /// An endpoint for webhooks was created.
    #[serde(rename = "webhook_endpoint.created")]
    WebhookCreated,
    /// Settings of an endpoint for webhooks changed.
    #[serde(rename = "webhook_endpoint.updated")]
    WebhookUpdated,
    /// An endpoint for webhooks got a new secret.
    #[serde(rename = "webhook_endpoint.secret_rotated")]
    WebhookSecretRotated,
    /// An endpoint for webhooks was sent an event to try it.
    #[serde(rename = "webhook_endpoint.tested")]
    WebhookTested,
    /// An event was sent to an endpoint for webhooks once more.
    #[serde(rename = "webhook_endpoint.replayed")]
    WebhookReplayed,
    /// An endpoint for webhooks was deleted.
    #[serde(rename = "webhook_endpoint.deleted")]
    WebhookDeleted,
    /// A domain was named, and is to be proven.
    #[serde(rename = "domain.created")]
    DomainCreated,
    /// Settings of a domain changed.
    #[serde(rename = "domain.updated")]
    DomainUpdated,
    /// The proof of a domain was looked for, and nothing came of it.
    #[serde(rename = "domain.checked")]
    DomainChecked,
    /// The proof of a domain was found.
    #[serde(rename = "domain.verified")]
    DomainVerified,
    /// The proof of a domain was missing for too long.
    #[serde(rename = "domain.lost")]
    DomainLost,
    /// A domain was given up.
    #[serde(rename = "domain.deleted")]
    DomainDeleted,
    /// A route of the gateway was created.
    #[serde(rename = "gateway_route.created")]
    GatewayRouteCreated,
    /// Settings of a route of the gateway changed.
    #[serde(rename = "gateway_route.updated")]
    GatewayRouteUpdated,
    /// A route of the gateway got a new secret.
    #[serde(rename = "gateway_route.secret_rotated")]
    GatewayRouteSecretRotated,
    /// A route of the gateway was deleted.
    #[serde(rename = "gateway_route.deleted")]
    GatewayRouteDeleted,
}

/// The request behind a change, as the edge saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The name that its answer has.
    pub request_id: String,
    /// The address of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// The country of the client (ISO 3166-1 alpha-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What the client calls itself, shortened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// One line of the audit log, before it has a place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its public name.
    pub id: AuditEntryId,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// The id of what it was done to.
    pub target: String,
    /// Names of the fields that changed and other harmless detail, never their values.
    pub details: Vec<String>,
    /// The request behind it; none where there was none, and in entries of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// An entry with its place: number and hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainedEntry {
    /// Counts from 1 within one chain.
    pub seq: i64,
    /// The entry.
    pub entry: AuditEntry,
    /// SHA-256, hex, over the previous hash and this entry.
    pub hash: String,
}

/// The hash before the first entry of a chain.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of an entry that follows `previous`: SHA-256 over `previous`, the number and the entry's JSON,
/// each on a line of its own. The JSON is the stored text, so the chain can be checked from the rows alone.
pub fn chain_hash(previous: &str, seq: i64, entry_json: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{previous}\n{seq}\n{entry_json}\n"));
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_an_entry_is_pinned() {
        let first = chain_hash(GENESIS, 1, "{}");
        assert_eq!(first, "2a2d41417df775a4a97eae238ccf98045cb3f7998c01520e99b9b67e8183b053");
        assert_ne!(chain_hash(&first, 2, "{}"), chain_hash(GENESIS, 2, "{}"), "the predecessor counts");
        assert_ne!(chain_hash(GENESIS, 1, "{ }"), first, "the text counts");
    }
}
