//! The key record and its lifecycle.
//!
//! `active ⇄ disabled`; `pending → active → expired` by time alone (removing the expiry revives the key);
//! anything → `revoked`, which is final. Only facts are stored: the status is derived from them and the time.

use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::domain_name::DomainName;
use super::environment::Environment;
use super::id::{ApiKeyId, OrganizationId, SessionId};
use super::ip_network::IpAllowList;
use super::metadata::Metadata;
use super::permission::Permissions;
use super::text::{ExternalId, Name, Reason};
use super::timestamp::Timestamp;

/// What the owner of a key chooses and may change later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeySettings {
    /// The label people know the key by.
    pub name: Name,
    /// What the key may do.
    pub permissions: Permissions,
    /// The one domain the key may act for, if it is restricted to one.
    pub domain: Option<DomainName>,
    /// The networks the key may be used from; empty means anywhere.
    pub ip_allow_list: IpAllowList,
    /// Free data of the owner, returned by every verification.
    pub metadata: Metadata,
    /// The owner's own name for whom the key belongs to.
    pub external_id: Option<ExternalId>,
    /// The moment from which the key no longer verifies.
    pub expires_at: Option<Timestamp>,
    /// The moment before which the key does not verify yet.
    pub not_before: Option<Timestamp>,
}

/// The end of a key: final, whatever else is changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revocation {
    /// When it was revoked.
    pub at: Timestamp,
    /// Why, if anybody said.
    pub reason: Option<Reason>,
}

/// The key record: everything known about an API key except its plaintext.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The public name of the key.
    pub id: ApiKeyId,
    /// The organization that owns the session.
    pub organization_id: OrganizationId,
    /// The session that the key is a credential of.
    pub session_id: SessionId,
    /// The environment of that session, as written into the prefix.
    pub environment: Option<Environment>,
    /// Prefix and first four random characters of the secret key.
    pub start: String,
    /// The last four characters of the secret key.
    pub last4: String,
    /// What the owner chose.
    pub settings: KeySettings,
    /// Switched off by hand, and can be switched on again.
    pub disabled: bool,
    /// Set once the key is revoked.
    pub revocation: Option<Revocation>,
    /// The key that this one replaced.
    pub rotated_from: Option<ApiKeyId>,
    /// The key that replaced this one.
    pub rotated_to: Option<ApiKeyId>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// Who issued it.
    pub created_by: Actor,
    /// When the record last changed (uses do not count).
    pub updated_at: Timestamp,
    /// When it last verified, to the minute under load.
    pub last_used_at: Option<Timestamp>,
    /// Counts the changes of this record; a projection never replaces a later generation.
    pub generation: i64,
}

/// Where a key stands in its life at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Verifies.
    Active,
    /// Its `not_before` lies ahead.
    Pending,
    /// Switched off by hand.
    Disabled,
    /// Its expiry has passed.
    Expired,
    /// Ended for good.
    Revoked,
}

impl Status {
    /// Every status, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Active, Self::Pending, Self::Disabled, Self::Expired, Self::Revoked];

    /// The word that clients read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// A change that the lifecycle does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// Revoked is final.
    #[error("the key is revoked")]
    Revoked,
    /// Only a key that verifies now or later can be rotated.
    #[error("the key is not active")]
    NotActive,
    /// A key has one successor.
    #[error("the key has been rotated already")]
    Rotated,
}

impl ApiKey {
    /// The status at `now`. What ends a key for good is named before what can be undone.
    pub fn status(&self, now: Timestamp) -> Status {
        if self.revocation.is_some() {
            Status::Revoked
        } else if self.disabled {
            Status::Disabled
        } else if self.settings.expires_at.is_some_and(|at| at <= now) {
            Status::Expired
        } else if self.settings.not_before.is_some_and(|at| at > now) {
            Status::Pending
        } else {
            Status::Active
        }
    }

    /// Whether the key takes one of the places its plan allows: active, pending and disabled keys do,
    /// expired and revoked ones and the old half of a rotation do not.
    pub fn counts_for_quota(&self, now: Timestamp) -> bool {
        self.rotated_to.is_none()
            && match self.status(now) {
                Status::Active | Status::Pending | Status::Disabled => true,
                Status::Expired | Status::Revoked => false,
            }
    }

    /// Ends the key. A repeat keeps the first moment and reason.
    #[must_use]
    pub fn revoke(mut self, reason: Option<Reason>, now: Timestamp) -> Self {
        if self.revocation.is_none() {
            self.revocation = Some(Revocation { at: now, reason });
            self.touched(now);
        }
        self
    }

    /// Applies new settings.
    ///
    /// # Errors
    /// `Revoked` for a revoked key; `Rotated` where the old half of a rotation would live longer.
    pub fn change(mut self, settings: KeySettings, disabled: bool, now: Timestamp) -> Result<Self, TransitionError> {
        if self.revocation.is_some() {
            return Err(TransitionError::Revoked);
        }
        if self.rotated_to.is_some() && outlives(settings.expires_at, self.settings.expires_at) {
            return Err(TransitionError::Rotated);
        }
        self.settings = settings;
        self.disabled = disabled;
        self.touched(now);
        Ok(self)
    }

    /// Names the successor and ends this key after the overlap (ms): at once when it is 0.
    ///
    /// # Errors
    /// `Revoked`, `NotActive` for a disabled or expired key, `Rotated` for a second successor.
    pub fn retire(mut self, successor: ApiKeyId, overlap_ms: i64, now: Timestamp) -> Result<Self, TransitionError> {
        match self.status(now) {
            Status::Revoked => return Err(TransitionError::Revoked),
            Status::Disabled | Status::Expired => return Err(TransitionError::NotActive),
            Status::Active | Status::Pending => {}
        }
        if self.rotated_to.is_some() {
            return Err(TransitionError::Rotated);
        }
        self.rotated_to = Some(successor);
        if overlap_ms == 0 {
            return Ok(self.revoke(Some(Reason::of("rotated")), now));
        }
        let end = now.plus_millis(overlap_ms);
        if outlives(self.settings.expires_at, Some(end)) {
            self.settings.expires_at = Some(end);
        }
        self.touched(now);
        Ok(self)
    }

    fn touched(&mut self, now: Timestamp) {
        self.updated_at = now;
        self.generation = self.generation.saturating_add(1);
    }
}

/// Whether an expiry (none = never) lies after another.
pub(crate) fn outlives(expiry: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    match (expiry, other) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(expiry), Some(other)) => expiry > other,
    }
}
