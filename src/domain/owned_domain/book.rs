//! What sessions know of the domains of their organization: those that are verified, and those that were.

use serde::{Deserialize, Serialize};

use super::{DomainStatus, OnLoss, OwnedDomain};
use crate::domain::domain_name::DomainName;

/// Where a domain stands that a key is, or is to be, bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is one of the organization's.
    Verified,
    /// It is not, and keys that are bound to it go on.
    Unverified,
    /// It is not any more, and verifications for it are refused.
    Refused,
}

/// The domains that keys may be bound to, at a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// The version of the policy with which it came.
    pub version: i64,
    /// The domains, by name.
    pub entries: Vec<Entry>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The domain.
    pub name: DomainName,
    /// Whether it stands for its subdomains as well.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub subdomains: bool,
    /// What its loss does, if it is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<OnLoss>,
}

impl Entry {
    /// What sessions have to know of a domain; nothing of one that was never verified.
    #[must_use]
    pub fn of(domain: &OwnedDomain) -> Option<Self> {
        let lost = match domain.status {
            DomainStatus::Pending => return None,
            DomainStatus::Verified => None,
            DomainStatus::Lost => Some(domain.on_loss),
        };
        Some(Self { name: domain.name.clone(), subdomains: domain.include_subdomains, lost })
    }

    fn covers(&self, name: &DomainName) -> bool {
        let is_below = || name.as_str().strip_suffix(self.name.as_str()).is_some_and(|rest| rest.ends_with('.'));
        self.name == *name || (self.subdomains && is_below())
    }
}

impl Book {
    /// Where a domain stands. One that is verified by any of them is.
    #[must_use]
    pub fn standing(&self, name: &DomainName) -> Standing {
        let covering = || self.entries.iter().filter(|entry| entry.covers(name));
        if covering().any(|entry| entry.lost.is_none()) {
            Standing::Verified
        } else if covering().any(|entry| entry.lost == Some(OnLoss::Refuse)) {
            Standing::Refused
        } else {
            Standing::Unverified
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    fn book(entries: &[(&str, bool, Option<OnLoss>)]) -> Book {
        let entries = entries.iter().map(|(text, subdomains, lost)| Entry {
            name: name(text),
            subdomains: *subdomains,
            lost: *lost,
        });
        Book { version: 1, entries: entries.collect() }
    }

    #[test]
    fn a_domain_stands_for_itself_and_by_choice_for_what_is_below() {
        let alone = book(&[("example.com", false, None)]);
        let all = book(&[("example.com", true, None)]);
        for (text, by_alone, by_all) in [
            ("example.com", Standing::Verified, Standing::Verified),
            ("mail.example.com", Standing::Unverified, Standing::Verified),
            ("a.b.example.com", Standing::Unverified, Standing::Verified),
            ("badexample.com", Standing::Unverified, Standing::Unverified),
            ("example.com.evil.org", Standing::Unverified, Standing::Unverified),
            ("example.org", Standing::Unverified, Standing::Unverified),
        ] {
            assert_eq!((alone.standing(&name(text)), all.standing(&name(text))), (by_alone, by_all), "{text}");
        }
    }

    #[test]
    fn a_lost_domain_refuses_only_if_it_is_to_and_no_other_stands_for_it() {
        let of = |entries: &[(&str, bool, Option<OnLoss>)]| book(entries).standing(&name("mail.example.com"));
        assert_eq!(of(&[("mail.example.com", false, Some(OnLoss::Warn))]), Standing::Unverified);
        assert_eq!(of(&[("mail.example.com", false, Some(OnLoss::Refuse))]), Standing::Refused);
        assert_eq!(of(&[("example.com", true, Some(OnLoss::Refuse))]), Standing::Refused);
        assert_eq!(of(&[("example.com", false, Some(OnLoss::Refuse))]), Standing::Unverified);
        let both = [("example.com", true, Some(OnLoss::Refuse)), ("mail.example.com", false, None)];
        assert_eq!(of(&both), Standing::Verified);
        let differing = [("example.com", true, Some(OnLoss::Warn)), ("mail.example.com", false, Some(OnLoss::Refuse))];
        assert_eq!(of(&differing), Standing::Refused);
        assert_eq!(of(&[]), Standing::Unverified);
    }
}
