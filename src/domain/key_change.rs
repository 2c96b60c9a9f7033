//! A change of an API key: which settings, to what.

use serde::{Deserialize, Serialize};

use super::api_key::KeySettings;
use super::change::Change;
use super::credits::{CreditChange, CreditSettings, Refill};
use super::domain_name::DomainName;
use super::ip_network::IpAllowList;
use super::metadata::Metadata;
use super::permission::Permissions;
use super::rate_limit::RateLimits;
use super::text::{ExternalId, Name};
use super::timestamp::Timestamp;

/// What a `PATCH` asks for. What it does not name stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the setting it is named after")]
pub struct KeyChange {
    pub name: Option<Name>,
    pub permissions: Option<Permissions>,
    pub domain: Change<DomainName>,
    pub ip_allow_list: Option<IpAllowList>,
    pub metadata: Option<Metadata>,
    pub external_id: Change<ExternalId>,
    pub expires_at: Change<Timestamp>,
    pub not_before: Change<Timestamp>,
    pub active: Option<bool>,
    #[serde(default)]
    pub rate_limits: Option<RateLimits>,
    #[serde(default)]
    pub credits: Change<CreditsChange>,
}

/// What a `PATCH` asks for of the credits of a key. Where there were none, they begin with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CreditsChange {
    /// How many are left; without it as many as there were, or as a first refill gives.
    pub balance: Option<CreditChange>,
    /// When the balance is filled up.
    pub refill: Change<Refill>,
}

impl CreditsChange {
    /// The settings that stand afterwards.
    pub fn settings(&self, before: Option<CreditSettings>) -> CreditSettings {
        CreditSettings { refill: self.refill.clone().apply(before.and_then(|before| before.refill)) }
    }
}

impl KeyChange {
    /// The settings that stand afterwards.
    pub fn apply(&self, before: &KeySettings) -> KeySettings {
        let change = self.clone();
        KeySettings {
            name: change.name.unwrap_or_else(|| before.name.clone()),
            permissions: change.permissions.unwrap_or_else(|| before.permissions.clone()),
            domain: change.domain.apply(before.domain.clone()),
            ip_allow_list: change.ip_allow_list.unwrap_or_else(|| before.ip_allow_list.clone()),
            metadata: change.metadata.unwrap_or_else(|| before.metadata.clone()),
            external_id: change.external_id.apply(before.external_id.clone()),
            expires_at: change.expires_at.apply(before.expires_at),
            not_before: change.not_before.apply(before.not_before),
            rate_limits: change.rate_limits.unwrap_or_else(|| before.rate_limits.clone()),
            credits: match &change.credits {
                Change::Keep => before.credits,
                Change::Clear => None,
                Change::Set(change) => Some(change.settings(before.credits)),
            },
        }
    }

    /// The names of the fields it sets, as the audit log shows them.
    pub fn fields(&self) -> Vec<&'static str> {
        [
            ("name", self.name.is_some()),
            ("permissions", self.permissions.is_some()),
            ("domain", !self.domain.is_keep()),
            ("ipAllowList", self.ip_allow_list.is_some()),
            ("metadata", self.metadata.is_some()),
            ("externalId", !self.external_id.is_keep()),
            ("expiresAt", !self.expires_at.is_keep()),
            ("notBefore", !self.not_before.is_keep()),
            ("active", self.active.is_some()),
            ("rateLimits", self.rate_limits.is_some()),
            ("credits", !self.credits.is_keep()),
        ]
        .into_iter()
        .filter_map(|(name, set)| set.then_some(name))
        .collect()
    }

    /// Whether it may give the key more than it has now: what it may do, how often, or the time in which it does. A new
    /// label does not, and switching a key off never needs more than the right to manage it.
    pub fn regrants(&self) -> bool {
        let what = self.permissions.is_some() || !self.domain.is_keep() || self.ip_allow_list.is_some();
        let how_often = self.rate_limits.is_some() || !self.credits.is_keep();
        let when = !self.expires_at.is_keep() || !self.not_before.is_keep() || self.active == Some(true);
        what || how_often || when
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::PermissionPreset;
    use crate::domain::sample::{at, settings};

    /// A change of each setting alone, under its name, and whether it may give the key more than it has.
    fn changes() -> Vec<(&'static str, bool, KeyChange)> {
        let of = KeyChange::default;
        vec![
            ("name", false, KeyChange { name: Some(Name::parse("other").unwrap()), ..of() }),
            ("permissions", true, KeyChange { permissions: Some(PermissionPreset::FullAccess.into()), ..of() }),
            ("domain", true, KeyChange { domain: Change::Clear, ..of() }),
            ("ipAllowList", true, KeyChange { ip_allow_list: Some(IpAllowList::default()), ..of() }),
            ("metadata", false, KeyChange { metadata: Some(Metadata::default()), ..of() }),
            ("externalId", false, KeyChange { external_id: Change::Clear, ..of() }),
            ("expiresAt", true, KeyChange { expires_at: Change::Set(at(9)), ..of() }),
            ("notBefore", true, KeyChange { not_before: Change::Clear, ..of() }),
            ("active", true, KeyChange { active: Some(true), ..of() }),
            ("active", false, KeyChange { active: Some(false), ..of() }),
            ("rateLimits", true, KeyChange { rate_limits: Some(RateLimits::default()), ..of() }),
            ("credits", true, KeyChange { credits: Change::Set(CreditsChange::default()), ..of() }),
        ]
    }

    #[test]
    fn a_change_has_the_names_of_what_it_sets() {
        for (name, _, change) in changes() {
            assert_eq!(change.fields(), [name]);
        }
        assert_eq!(KeyChange::default().fields(), [""; 0]);
    }

    #[test]
    fn what_may_give_a_key_more_is_known_by_each_setting_alone() {
        for (name, regrants, change) in changes() {
            assert_eq!(change.regrants(), regrants, "{name}");
        }
        assert!(!KeyChange::default().regrants());
    }

    #[test]
    fn what_is_not_named_stays() {
        let before = settings(&["emails:send"]);
        assert_eq!(KeyChange::default().apply(&before), before);
    }
}
