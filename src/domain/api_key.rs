//! The key record and its lifecycle.
//!
//! `active ⇄ disabled`; `pending → active → expired` by time alone (removing the expiry revives the key);
//! anything → `revoked`, which is final. Only facts are stored: the status is derived from them and the time.

use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::credits::{Balance, CreditSettings};
use super::domain_name::DomainName;
use super::environment::Environment;
use super::id::{ApiKeyId, OrganizationId, SessionId};
use super::imported_key::ForeignPrefix;
use super::ip_network::IpAllowList;
use super::metadata::Metadata;
use super::permission::Permissions;
use super::rate_limit::RateLimits;
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
    /// How often it may be verified.
    #[serde(default, skip_serializing_if = "RateLimits::is_empty")]
    pub rate_limits: RateLimits,
    /// Set if its verifications are counted against a balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<CreditSettings>,
}

impl KeySettings {
    /// A key with these permissions, nothing that restricts it and nothing that ends it.
    pub fn new(name: Name, permissions: Permissions) -> Self {
        Self {
            name,
            permissions,
            domain: None,
            ip_allow_list: IpAllowList::default(),
            metadata: Metadata::default(),
            external_id: None,
            expires_at: None,
            not_before: None,
            rate_limits: RateLimits::default(),
            credits: None,
        }
    }
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
    /// The key whose ledger it spends from, if not its own: that of the first in a chain of rotations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spends_as: Option<ApiKeyId>,
    /// What was left of its credits when anybody last looked. The truth is in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
    /// Whether its domain was a verified one of its organization when an answer was written; never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_verified: Option<bool>,
    /// How it begins, if its organization has brought it from another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<ForeignPrefix>,
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

    /// From when on it could be used, if nothing else is in the way.
    pub fn usable_from(&self) -> Timestamp {
        self.settings.not_before.map_or(self.created_at, |at| at.max(self.created_at))
    }

    /// The key whose ledger it spends from. Both halves of a rotation share one: else a rotation would double what
    /// may be spent.
    pub fn ledger(&self) -> &ApiKeyId {
        self.spends_as.as_ref().unwrap_or(&self.id)
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
    /// `Revoked` for a revoked key; `Rotated` where the old half of a rotation would live longer or spend otherwise.
    pub fn change(mut self, settings: KeySettings, disabled: bool, now: Timestamp) -> Result<Self, TransitionError> {
        if self.revocation.is_some() {
            return Err(TransitionError::Revoked);
        }
        // What may be spent is the successor's to say.
        let spends_the_same =
            settings.rate_limits == self.settings.rate_limits && settings.credits == self.settings.credits;
        let outlives = outlives(settings.expires_at, self.settings.expires_at);
        if self.rotated_to.is_some() && (outlives || !spends_the_same) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{at, key, settings};

    fn successor() -> ApiKeyId {
        ApiKeyId::from_trusted("key_successor".to_owned())
    }

    /// Every status, with a key that is in it at second 100.
    fn in_every_status() -> [(Status, ApiKey); 5] {
        let base = key(settings(&["*"]));
        let with = |edit: fn(&mut ApiKey)| {
            let mut key = base.clone();
            edit(&mut key);
            key
        };
        [
            (Status::Active, base.clone()),
            (Status::Pending, with(|key| key.settings.not_before = Some(at(101)))),
            (Status::Disabled, with(|key| key.disabled = true)),
            (Status::Expired, with(|key| key.settings.expires_at = Some(at(100)))),
            (Status::Revoked, with(|key| key.revocation = Some(Revocation { at: at(1), reason: None }))),
        ]
    }

    #[test]
    fn the_status_follows_from_the_facts_and_the_time() {
        for (status, key) in in_every_status() {
            assert_eq!(key.status(at(100)), status);
        }
    }

    #[test]
    fn expiry_and_not_before_count_to_the_millisecond() {
        let mut sample = key(settings(&["*"]));
        sample.settings.expires_at = Some(at(10));
        assert_eq!(sample.status(at(10).plus_millis(-1)), Status::Active);
        assert_eq!(sample.status(at(10)), Status::Expired);
        sample.settings.expires_at = None;
        assert_eq!(sample.status(at(10)), Status::Active, "removing the expiry revives");
        sample.settings.not_before = Some(at(20));
        assert_eq!(sample.status(at(20).plus_millis(-1)), Status::Pending);
        assert_eq!(sample.status(at(20)), Status::Active);
    }

    #[test]
    fn the_legal_moves_are_these() {
        for (status, key) in in_every_status() {
            let changed = key.clone().change(settings(&["emails:send"]), false, at(100));
            assert_eq!(changed.is_ok(), status != Status::Revoked, "change of {status:?}");
            let retired = key.clone().retire(successor(), 0, at(100));
            let expected = match status {
                Status::Active | Status::Pending => None,
                Status::Disabled | Status::Expired => Some(TransitionError::NotActive),
                Status::Revoked => Some(TransitionError::Revoked),
            };
            assert_eq!(retired.err(), expected, "rotation of {status:?}");
            assert_eq!(key.revoke(None, at(100)).status(at(100)), Status::Revoked, "revocation of {status:?}");
        }
    }

    #[test]
    fn a_repeated_revocation_keeps_the_first_moment_and_reason() {
        let once = key(settings(&["*"])).revoke(Some(Reason::of("leaked")), at(5));
        assert_eq!(once.clone().revoke(Some(Reason::of("again")), at(9)), once);
    }

    #[test]
    fn every_change_moves_the_generation_on() {
        let before = key(settings(&["*"]));
        assert_eq!(before.clone().revoke(None, at(1)).generation, 2);
        assert_eq!(before.clone().change(settings(&["*"]), true, at(1)).unwrap().generation, 2);
        assert_eq!(before.retire(successor(), 60_000, at(1)).unwrap().generation, 2);
    }

    #[test]
    fn the_old_half_of_a_rotation_ends_with_its_overlap_and_cannot_outlive_it() {
        let old = key(settings(&["*"])).retire(successor(), 60_000, at(0)).unwrap();
        assert_eq!(old.status(at(60).plus_millis(-1)), Status::Active);
        assert_eq!(old.status(at(60)), Status::Expired);
        assert_eq!(
            old.clone().change(settings(&["*"]), false, at(1)),
            Err(TransitionError::Rotated),
            "no expiry at all"
        );
        let mut shorter = old.settings.clone();
        shorter.expires_at = Some(at(30));
        assert!(old.clone().change(shorter, false, at(1)).is_ok(), "earlier is fine");
        assert_eq!(old.retire(successor(), 0, at(1)), Err(TransitionError::Rotated), "one successor");
    }

    #[test]
    fn an_overlap_never_lengthens_a_life() {
        let mut short = key(settings(&["*"]));
        short.settings.expires_at = Some(at(10));
        assert_eq!(short.retire(successor(), 60_000, at(0)).unwrap().settings.expires_at, Some(at(10)));
    }

    #[test]
    fn a_rotation_without_overlap_revokes() {
        let old = key(settings(&["*"])).retire(successor(), 0, at(7)).unwrap();
        assert_eq!(old.revocation.unwrap().reason, Some(Reason::of("rotated")));
        assert_eq!(old.rotated_to, Some(successor()));
    }
}
