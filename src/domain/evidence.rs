//! Who still uses a key that is to go, and whether it can.
//!
//! A replaced key is to be deleted once nobody uses it any more. Who that is, its uses tell; whether enough time has passed
//! is decided here. A key that has ended goes on being evidence: whoever still presents it has not heard of its successor.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::api_key::{ApiKey, Status};
use super::timestamp::Timestamp;
use super::usage::series::Series;
use super::usage::{Seen, Used};
use super::verification::Code;

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// For how long (ms) a key that was used since it was replaced has to be quiet.
pub const QUIET_MS: i64 = 24 * HOUR_MS;
/// How long (ms) after its replacement a key that was not used since counts as unused: jobs run once an hour.
pub const SETTLED_MS: i64 = HOUR_MS;
/// For how long (ms) a key without a successor has to be unused.
pub const IDLE_MS: i64 = 30 * 24 * HOUR_MS;
/// How many clients are named, the latest first.
pub const CLIENTS_MAX: usize = 10;

/// What is known of the uses of a key since it was replaced or has ended, or since it was issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Since when uses are counted here.
    pub since: Timestamp,
    /// How often it was let through.
    pub uses: u64,
    /// The last time that it was, ever.
    pub last: Option<Used>,
    /// How often it was refused because it has ended.
    pub refused: u64,
    /// The last time that it was, as far as single ones are known.
    pub last_refused: Option<Used>,
    /// The last time that it was presented before its end, let through or not: whoever does so has not replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presented_at: Option<Timestamp>,
    /// Who has presented it, as far as single requests are known.
    pub clients: Vec<Client>,
}

/// Somebody who has presented a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// What the client calls itself.
    pub client: Option<String>,
    /// The country it was in.
    pub country: Option<String>,
    /// How often, as far as single requests are known.
    pub seen: u64,
    /// When last.
    pub last_seen_at: Timestamp,
}

/// Whether a key can be deleted, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has ended: deleting it changes nothing for anybody.
    Ended,
    /// It was not used since it was replaced.
    UnusedSinceRotation,
    /// It was used since, and not for a day.
    Quiet,
    /// It has no successor, and was not used for long.
    Idle,
    /// It was replaced a moment ago, or cannot be used yet.
    TooEarly,
    /// It is used.
    InUse,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Ended, Self::UnusedSinceRotation, Self::Quiet, Self::Idle, Self::TooEarly, Self::InUse];

    /// The verdict on a key at `now`.
    #[must_use]
    pub fn of(key: &ApiKey, evidence: &Evidence, now: Timestamp) -> Self {
        match key.status(now) {
            Status::Revoked | Status::Expired => return Self::Ended,
            Status::Pending => return Self::TooEarly,
            Status::Active | Status::Disabled => {}
        }
        // Before it could be used, nobody was able to.
        let usable = key.usable_from();
        let used = evidence.last.as_ref().map(|used| used.at).max(key.last_used_at).max(evidence.presented_at);
        let last = used.map_or(usable, |at| at.max(usable));
        if key.rotated_to.is_none() {
            return if now.millis_since(last) >= IDLE_MS { Self::Idle } else { Self::InUse };
        }
        if evidence.uses == 0 && used.is_none_or(|at| at <= evidence.since) {
            let is_settled = now.millis_since(evidence.since.max(usable)) >= SETTLED_MS;
            return if is_settled { Self::UnusedSinceRotation } else { Self::TooEarly };
        }
        if now.millis_since(last) >= QUIET_MS { Self::Quiet } else { Self::InUse }
    }

    /// Whether deleting the key would hurt nobody, as far as can be known.
    #[must_use]
    pub fn is_safe(self) -> bool {
        match self {
            Self::Ended | Self::UnusedSinceRotation | Self::Quiet | Self::Idle => true,
            Self::TooEarly | Self::InUse => false,
        }
    }

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::UnusedSinceRotation => "unused_since_rotation",
            Self::Quiet => "quiet",
            Self::Idle => "idle",
            Self::TooEarly => "too_early",
            Self::InUse => "in_use",
        }
    }
}

/// When a key was last presented before its end, let through or not: as far as single requests are known, and by the
/// beginning of the last step in which any were counted. What was counted in the step that holds `since` may have come
/// before it.
#[must_use]
pub fn presented_at(recent: &[Seen], counted: &Series, since: Timestamp) -> Option<Timestamp> {
    let is_presented = |code: Code| !matches!(code, Code::Revoked | Code::Expired);
    let single = recent.iter().filter(|seen| is_presented(seen.code)).map(|seen| seen.at);
    let later = counted.iter().filter(|(start, _)| *start > since);
    let steps = later.filter(|(_, counts)| counts.iter().any(|(code, count)| is_presented(*code) && *count > 0));
    single.chain(steps.map(|(start, _)| start)).max()
}

/// Who has presented a key since then, the latest first, and the last one that was refused because the key has ended.
#[must_use]
pub fn clients(recent: &[Seen], since: Timestamp) -> (Vec<Client>, Option<Used>) {
    let mut known: BTreeMap<(Option<&str>, Option<&str>), Client> = BTreeMap::new();
    let mut refused = None;
    for seen in recent.iter().filter(|seen| seen.at >= since) {
        let (client, country) = (seen.origin.client.as_deref(), seen.origin.country.as_deref());
        let entry = known.entry((client, country)).or_insert_with(|| Client {
            client: client.map(str::to_owned),
            country: country.map(str::to_owned),
            seen: 0,
            last_seen_at: seen.at,
        });
        entry.seen = entry.seen.saturating_add(1);
        entry.last_seen_at = entry.last_seen_at.max(seen.at);
        if matches!(seen.code, Code::Revoked | Code::Expired) {
            refused = Used::later(refused, Some(Used { at: seen.at, origin: seen.origin.clone() }));
        }
    }
    let mut clients: Vec<Client> = known.into_values().collect();
    clients.sort_by_key(|client| std::cmp::Reverse(client.last_seen_at));
    clients.truncate(CLIENTS_MAX);
    (clients, refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::VerificationId;
    use crate::domain::sample::{key, settings};
    use crate::domain::usage::Origin;

    const NOW: i64 = 4_000_000_000_000;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(NOW + ms)
    }

    fn verdict(rotated: bool, since: i64, uses: u64, last: Option<i64>) -> Verdict {
        let mut key = key(settings(&["*"]));
        (key.created_at, key.settings.expires_at) = (at(-90 * 24 * HOUR_MS), None);
        key.rotated_to = rotated.then(|| key.id.clone());
        let last = last.map(|ms| Used { at: at(ms), origin: Origin::default() });
        Verdict::of(&key, &evidence(at(since), uses, last), at(0))
    }

    fn evidence(since: Timestamp, uses: u64, last: Option<Used>) -> Evidence {
        Evidence { since, uses, last, refused: 0, last_refused: None, presented_at: None, clients: Vec::new() }
    }

    #[test]
    fn a_key_that_cannot_be_used_yet_or_only_since_a_moment_was_not_idle() {
        let mut key = key(settings(&["*"]));
        (key.created_at, key.settings.expires_at) = (at(-90 * 24 * HOUR_MS), None);
        for (rotated, not_before, expected) in [
            (false, 1, Verdict::TooEarly),
            (true, 1, Verdict::TooEarly),
            (false, -IDLE_MS + 1, Verdict::InUse),
            (false, -IDLE_MS, Verdict::Idle),
            (true, -SETTLED_MS + 1, Verdict::TooEarly),
            (true, -SETTLED_MS, Verdict::UnusedSinceRotation),
        ] {
            key.settings.not_before = Some(at(not_before));
            key.rotated_to = rotated.then(|| key.id.clone());
            let found = evidence(at(-2 * SETTLED_MS), 0, None);
            assert_eq!(Verdict::of(&key, &found, at(0)), expected, "{rotated} {not_before}");
        }
    }

    #[test]
    fn whoever_presents_a_key_before_its_end_uses_it_whatever_the_answer() {
        let counted = |ms: i64, code: Code| {
            let mut counted = Series::default();
            counted.add(at(ms), &[(code, 1)]);
            presented_at(&[], &counted, at(-100))
        };
        assert_eq!(counted(-99, Code::UsageExceeded), Some(at(-99)));
        assert_eq!(counted(-100, Code::UsageExceeded), None, "it may have been before");
        assert_eq!([counted(-99, Code::Revoked), counted(-99, Code::Expired)], [None, None]);
        let mut nothing = Series::default();
        nothing.add(at(-99), &[(Code::Valid, 0)]);
        assert_eq!(presented_at(&[], &nothing, at(-100)), None, "none of them");
        let mut key = key(settings(&["*"]));
        (key.created_at, key.settings.expires_at) = (at(-90 * 24 * HOUR_MS), None);
        key.rotated_to = Some(key.id.clone());
        for (presented, expected) in [(-SETTLED_MS, Verdict::UnusedSinceRotation), (-SETTLED_MS + 1, Verdict::InUse)] {
            let found = Evidence { presented_at: Some(at(presented)), ..evidence(at(-SETTLED_MS), 0, None) };
            assert_eq!(Verdict::of(&key, &found, at(0)), expected);
        }
        key.last_used_at = Some(at(-1));
        assert_eq!(
            Verdict::of(&key, &evidence(at(-SETTLED_MS), 0, None), at(0)),
            Verdict::InUse,
            "known to the record"
        );
    }

    #[test]
    fn a_replaced_key_can_go_once_nobody_has_used_it_for_a_while() {
        assert_eq!(verdict(true, -SETTLED_MS + 1, 0, None), Verdict::TooEarly);
        assert_eq!(verdict(true, -SETTLED_MS, 0, None), Verdict::UnusedSinceRotation);
        assert_eq!(verdict(true, -SETTLED_MS, 0, Some(-2 * SETTLED_MS)), Verdict::UnusedSinceRotation);
        assert_eq!(verdict(true, -3 * QUIET_MS, 5, Some(-QUIET_MS + 1)), Verdict::InUse);
        assert_eq!(verdict(true, -3 * QUIET_MS, 5, Some(-QUIET_MS)), Verdict::Quiet);
        // A use that is known only by its time counts as well.
        assert_eq!(verdict(true, -SETTLED_MS, 0, Some(-1)), Verdict::InUse);
    }

    #[test]
    fn a_key_without_a_successor_can_go_only_if_it_was_idle_for_long() {
        assert_eq!(verdict(false, -90 * 24 * HOUR_MS, 9, Some(-IDLE_MS + 1)), Verdict::InUse);
        assert_eq!(verdict(false, -90 * 24 * HOUR_MS, 9, Some(-IDLE_MS)), Verdict::Idle);
        assert_eq!(verdict(false, -90 * 24 * HOUR_MS, 0, None), Verdict::Idle);
        assert!(Verdict::ALL.iter().filter(|verdict| verdict.is_safe()).count() == 4);
    }

    #[test]
    fn clients_are_told_apart_by_name_and_country_the_latest_first() {
        let seen = |ms: i64, code: Code, client: &str, country: &str| Seen {
            id: VerificationId::from_trusted("ver_1".to_owned()),
            at: at(ms),
            code,
            cost: 1,
            origin: Origin { client: Some(client.to_owned()), country: Some(country.to_owned()), colo: None },
            ip: None,
            tags: Vec::new(),
        };
        let recent = [
            seen(-50, Code::Valid, "old", "DE"),
            seen(-40, Code::Valid, "backend", "DE"),
            seen(-30, Code::Revoked, "backend", "DE"),
            seen(-20, Code::Revoked, "cron", "DE"),
            seen(-10, Code::Valid, "backend", "FR"),
        ];
        let (clients, refused) = clients(&recent, at(-40));
        let told: Vec<_> = clients.iter().map(|c| (c.client.as_deref(), c.country.as_deref(), c.seen)).collect();
        assert_eq!(
            told,
            [(Some("backend"), Some("FR"), 1), (Some("cron"), Some("DE"), 1), (Some("backend"), Some("DE"), 2)]
        );
        assert_eq!(refused.unwrap().at, at(-20));
    }
}
