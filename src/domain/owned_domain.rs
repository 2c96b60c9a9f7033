//! Domains of an organization: proven by a text in the DNS, looked for again every day, and lost if it stays away.
//!
//! `pending → verified ⇄ lost`. What a resolver fails to say changes nothing: only that the text is missing counts, three
//! times, over a day.

pub mod book;

use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::domain_name::DomainName;
use super::id::DomainId;
use super::timestamp::Timestamp;

/// How many domains an organization may have.
pub const DOMAINS_MAX: u32 = 100;
/// Below which name of a domain the proof stands.
pub const LABEL: &str = "_latchkey";
/// What the proof begins with.
pub const PROOF: &str = "latchkey-verification=";
/// The longest name (characters) that leaves room for the label before it.
pub const NAME_CHARACTERS_MAX: usize = 253 - LABEL.len() - 1;
/// How often the proof has to be missing before the domain is lost.
pub const MISSING_MAX: u32 = 3;
/// For how long (ms) it has to be missing unless the operator says otherwise: a day.
pub const LOSS_MS: i64 = DAY_MS;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// When (ms) a resolver is asked again that had no answer, at the latest.
const RETRY_MS: i64 = 60 * 60 * 1_000;
/// The shortest pause (ms) between two checks that nobody asked for.
const PAUSE_MS: i64 = 1_000;

/// Where a domain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainStatus {
    /// The proof was never seen.
    Pending,
    /// It is the organization's.
    Verified,
    /// It was, and the proof has gone.
    Lost,
}

impl DomainStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Verified, Self::Lost];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Lost => "lost",
        }
    }
}

/// What the loss of a domain does to keys that are bound to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLoss {
    /// Nothing: somebody is told.
    #[default]
    Warn,
    /// They may not be used for it any more.
    Refuse,
}

impl OnLoss {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Warn, Self::Refuse];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Refuse => "refuse",
        }
    }
}

/// What came of looking for the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It stands there.
    Found,
    /// It does not.
    Missing,
    /// The resolver could not say.
    Unknown,
}

impl Finding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Found, Self::Missing, Self::Unknown];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// What a check has turned a domain into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is verified now.
    Verified,
    /// It is lost now.
    Lost,
}

/// A text that is to stand in the DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Under which name.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// A domain of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnedDomain {
    /// Its id.
    pub id: DomainId,
    /// The domain.
    pub name: DomainName,
    /// What proves it.
    pub token: String,
    /// Whether keys may be bound to its subdomains as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub include_subdomains: bool,
    /// What its loss does.
    #[serde(default)]
    pub on_loss: OnLoss,
    /// Where it stands.
    pub status: DomainStatus,
    /// When it was verified last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// When it was lost, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_at: Option<Timestamp>,
    /// When the proof was looked for last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    /// How often in a row it was missing while the domain was verified.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: u32,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_since: Option<Timestamp>,
    /// When it is looked for next; none before it was ever found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Who named it.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When its settings or its status last changed.
    pub updated_at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl OwnedDomain {
    /// What has to stand in the DNS.
    #[must_use]
    pub fn proof(&self) -> Proof {
        Proof { name: format!("{LABEL}.{}", self.name), text: format!("{PROOF}{}", self.token) }
    }

    /// Whether verifications for it are refused.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.status == DomainStatus::Lost && self.on_loss == OnLoss::Refuse
    }

    /// Takes what came of looking for the proof. `loss_ms`: for how long it has to be missing; `random` spreads the checks.
    pub fn note(&mut self, finding: Finding, loss_ms: i64, random: u64, now: Timestamp) -> Option<Turn> {
        (self.checked_at, self.finding) = (Some(now), Some(finding));
        let turn = match (finding, self.status) {
            (Finding::Found, DomainStatus::Pending | DomainStatus::Lost) => Some(Turn::Verified),
            (Finding::Missing, DomainStatus::Verified) => {
                self.missing = self.missing.saturating_add(1);
                let since = *self.missing_since.get_or_insert(now);
                (self.missing >= MISSING_MAX && now.millis_since(since) >= loss_ms).then_some(Turn::Lost)
            }
            (Finding::Found, DomainStatus::Verified) | (Finding::Missing | Finding::Unknown, _) => None,
        };
        if finding == Finding::Found {
            (self.missing, self.missing_since) = (0, None);
        }
        match turn {
            Some(Turn::Verified) => {
                (self.status, self.verified_at, self.lost_at) = (DomainStatus::Verified, Some(now), None);
            }
            Some(Turn::Lost) => (self.status, self.lost_at) = (DomainStatus::Lost, Some(now)),
            None => {}
        }
        if turn.is_some() {
            self.updated_at = now;
        }
        self.due_at = self.pause_ms(finding, loss_ms, random).map(|pause| now.plus_millis(pause));
        turn
    }

    /// How long (ms) until it is looked for again. What is missing twice as often as it takes to be lost: three checks, the
    /// first and the last a day apart.
    fn pause_ms(&self, finding: Finding, loss_ms: i64, random: u64) -> Option<i64> {
        let spread = |whole: i64| whole.saturating_mul(i64::try_from(random % 1_024).unwrap_or(0)) / 1_024;
        let half = (loss_ms / 2).max(PAUSE_MS);
        let is_well = self.status == DomainStatus::Verified && self.missing == 0;
        match (self.status, finding) {
            (DomainStatus::Pending, _) => None,
            (_, Finding::Unknown) => Some(half.min(RETRY_MS)),
            // A day, a tenth of it less or more.
            _ if is_well => Some(DAY_MS.saturating_sub(DAY_MS / 10).saturating_add(spread(DAY_MS / 5))),
            _ => Some(half.saturating_add(spread(loss_ms / 24))),
        }
    }
}

#[cfg(test)]
mod tests;
