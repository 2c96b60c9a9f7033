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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 60 * 60 * 1_000;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + hours * HOUR)
    }

    fn domain(status: DomainStatus) -> OwnedDomain {
        OwnedDomain {
            id: DomainId::from_seed(&[1; 64]),
            name: DomainName::parse("example.com").unwrap(),
            token: "abc".to_owned(),
            include_subdomains: false,
            on_loss: OnLoss::Refuse,
            status,
            verified_at: None,
            lost_at: None,
            checked_at: None,
            finding: None,
            missing: 0,
            missing_since: None,
            due_at: None,
            created_by: Actor::Operator,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    #[test]
    fn a_proof_stands_below_a_name_of_its_own() {
        let proof = domain(DomainStatus::Pending).proof();
        assert_eq!(proof.name, "_latchkey.example.com");
        assert_eq!(proof.text, "latchkey-verification=abc");
        assert_eq!(NAME_CHARACTERS_MAX + "_latchkey.".len(), 253);
    }

    #[test]
    fn only_a_domain_that_is_lost_and_told_to_refuse_refuses() {
        for status in [DomainStatus::Pending, DomainStatus::Verified, DomainStatus::Lost] {
            for on_loss in [OnLoss::Refuse, OnLoss::Warn] {
                let domain = OwnedDomain { on_loss, ..domain(status) };
                let expected = status == DomainStatus::Lost && on_loss == OnLoss::Refuse;
                assert_eq!(domain.refuses(), expected, "{status:?} {on_loss:?}");
            }
        }
    }

    #[test]
    fn checks_come_when_they_are_due_spread_by_chance() {
        let pause = |finding: Finding, missing: u32, random: u64| {
            let mut domain = OwnedDomain { missing, ..domain(DomainStatus::Verified) };
            domain.note(finding, LOSS_MS, random, at(0));
            domain.due_at.unwrap().millis_since(at(0))
        };
        assert_eq!(
            [0, 512, 1_023].map(|random| pause(Finding::Found, 0, random)),
            [77_760_000, 86_400_000, 95_023_125]
        );
        assert_eq!(
            [0, 512, 1_024].map(|random| pause(Finding::Missing, 0, random)),
            [43_200_000, 45_000_000, 43_200_000]
        );
        assert_eq!(pause(Finding::Unknown, 1, 512), 3_600_000);
    }

    #[test]
    fn what_is_found_is_verified_and_what_was_never_found_is_not_lost() {
        let mut domain = domain(DomainStatus::Pending);
        for hours in 0..100 {
            assert_eq!(domain.note(Finding::Missing, LOSS_MS, 0, at(hours)), None);
            assert_eq!((domain.status, domain.due_at), (DomainStatus::Pending, None), "only its owner asks");
        }
        assert_eq!(domain.note(Finding::Found, LOSS_MS, 0, at(100)), Some(Turn::Verified));
        assert_eq!((domain.verified_at, domain.updated_at), (Some(at(100)), at(100)));
        assert_eq!(domain.note(Finding::Found, LOSS_MS, 0, at(101)), None);
        assert_eq!((domain.verified_at, domain.checked_at), (Some(at(100)), Some(at(101))));
    }

    #[test]
    fn a_domain_is_lost_after_three_checks_over_a_day_and_comes_back_with_its_proof() {
        let mut domain = domain(DomainStatus::Verified);
        for hours in [0, 1, 2, 3, 23] {
            assert_eq!(domain.note(Finding::Missing, LOSS_MS, 0, at(hours)), None, "{hours} h");
        }
        assert_eq!(domain.note(Finding::Unknown, LOSS_MS, 0, at(30)), None, "nobody knows");
        assert_eq!(domain.note(Finding::Missing, LOSS_MS, 0, at(24)), Some(Turn::Lost));
        assert!(domain.refuses() && domain.lost_at == Some(at(24)));
        assert_eq!(domain.note(Finding::Missing, LOSS_MS, 0, at(40)), None, "once");
        assert_eq!(domain.note(Finding::Found, LOSS_MS, 0, at(41)), Some(Turn::Verified));
        assert_eq!((domain.lost_at, domain.missing, domain.missing_since), (None, 0, None));
        let mut rare = self::domain(DomainStatus::Verified);
        assert_eq!(
            [0, 100].map(|hours| rare.note(Finding::Missing, LOSS_MS, 0, at(hours))),
            [None, None],
            "twice only"
        );
    }

    #[test]
    fn by_itself_the_third_check_comes_after_a_day_whatever_the_spread() {
        for random in [0, 1, 511, 1_023, u64::MAX] {
            let mut domain = domain(DomainStatus::Verified);
            let mut now = at(0);
            let turns: Vec<Option<Turn>> = (0..3)
                .map(|_| {
                    let turn = domain.note(Finding::Missing, LOSS_MS, random, now);
                    now = domain.due_at.unwrap();
                    turn
                })
                .collect();
            assert_eq!(turns, [None, None, Some(Turn::Lost)]);
            let well = {
                let mut domain = self::domain(DomainStatus::Verified);
                domain.note(Finding::Found, LOSS_MS, random, at(0));
                domain.due_at.unwrap().millis_since(at(0))
            };
            assert!((DAY_MS * 9 / 10..=DAY_MS * 11 / 10).contains(&well), "{well}");
        }
    }

    proptest! {
        #[test]
        fn it_is_lost_only_after_three_misses_without_a_find_between_over_a_day(
            steps in prop::collection::vec((0_i64..40, 0_u8..4), 1..60),
        ) {
            let mut domain = domain(DomainStatus::Verified);
            let (mut hours, mut misses) = (0, Vec::new());
            for (pause, what) in steps {
                hours += pause;
                let before = domain.clone();
                let finding = match what {
                    0 => Finding::Found,
                    1 => Finding::Unknown,
                    _ => Finding::Missing,
                };
                let turn = domain.note(finding, LOSS_MS, 7, at(hours));
                match finding {
                    Finding::Found => misses.clear(),
                    Finding::Missing => misses.push(hours),
                    Finding::Unknown => {
                        let same = OwnedDomain {
                            checked_at: domain.checked_at, finding: domain.finding, due_at: domain.due_at, ..before
                        };
                        prop_assert_eq!(&domain, &same, "what nobody knows changes nothing");
                    }
                }
                let expected = misses.len() >= 3 && misses[misses.len() - 1] - misses[0] >= 24;
                prop_assert_eq!(domain.status == DomainStatus::Lost, expected || (domain.status == DomainStatus::Lost && turn.is_none()));
                if turn == Some(Turn::Lost) {
                    prop_assert!(expected);
                }
                if turn == Some(Turn::Verified) {
                    prop_assert_eq!(finding, Finding::Found);
                }
                prop_assert!(domain.due_at.unwrap() >= at(hours).plus_millis(PAUSE_MS));
            }
        }
    }
}
