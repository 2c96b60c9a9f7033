//! How a session is doing, in one word, with the reasons for it.
//!
//! Decided from what was counted within the last five minutes and from what is left of the session's limits. A handful of
//! requests says nothing: shares count from [`FEWEST`] on.

use serde::{Deserialize, Serialize};

use super::timestamp::Timestamp;
use super::usage::series::{Slab, total};
use super::verification::Code;

/// How long (ms) the time is that is looked at.
pub const LOOKS_BACK_MS: i64 = 5 * 60 * 1_000;
/// Of how many verifications, or outcomes, shares are told apart.
pub const FEWEST: u64 = 20;
/// From which share (per cent) of refused verifications on a session is degraded, and failing.
pub const REFUSALS: [u64; 2] = [20, 50];
/// The same for outcomes with a status of 500 or more.
pub const SERVER_ERRORS: [u64; 2] = [5, 20];
/// With less (per cent) left of a limit a session is degraded.
pub const HEADROOM: u64 = 20;

/// What happened lately, and what may still happen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    /// How many verifications.
    pub requests: u64,
    /// How many of them were not let through.
    pub refused: u64,
    /// How many outcomes.
    pub outcomes: u64,
    /// How many of them had a status of 500 or more.
    pub server_errors: u64,
    /// What 95 % of them did not exceed (ms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_p95_ms: Option<f64>,
    /// The beginning of the last minute in which something was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_minute: Option<Timestamp>,
    /// How much (per cent) is left of the tightest limit; none without limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headroom: Option<u64>,
}

impl Recent {
    /// What was counted within the last five minutes before `now`, in minutes.
    #[must_use]
    pub fn of(counted: &Slab, now: Timestamp) -> Self {
        let last = |minute: Option<Timestamp>, next: Timestamp| minute.max(Some(next));
        let minutes = counted.steps.iter().map(|(at, _)| at).chain(counted.outcomes.iter().map(|(at, _)| at));
        let last_minute = minutes.fold(None, last);
        let lately = counted.clone().within(now.plus_millis(-LOOKS_BACK_MS), Timestamp::MAX);
        let (counts, outcomes) = (lately.steps.sum(), lately.outcomes.sum());
        let requests = total(&counts);
        let valid = counts.iter().filter(|(code, _)| *code == Code::Valid).map(|(_, count)| *count).sum();
        Self {
            requests,
            refused: requests.saturating_sub(valid),
            outcomes: outcomes.total(),
            server_errors: outcomes.server_errors(),
            latency_p95_ms: outcomes.latency().percentile(95),
            last_minute,
            headroom: None,
        }
    }
}

/// How a session is doing, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Nothing is wrong.
    Healthy,
    /// Nothing happened lately.
    Idle,
    /// Something deserves a look.
    Degraded,
    /// Much of what happens fails.
    Failing,
    /// Its keys are not let through.
    Disconnected,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Healthy, Self::Idle, Self::Degraded, Self::Failing, Self::Disconnected];

    /// The word that clients read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Idle => "idle",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
            Self::Disconnected => "disconnected",
        }
    }
}

/// Why a session is not healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It is disconnected or deleted.
    SessionDisconnected,
    /// Nothing was counted lately.
    NoRequests,
    /// Many verifications were refused.
    Refusals,
    /// Many requests were answered with a status of 500 or more.
    ServerErrors,
    /// Little is left of a limit.
    NearLimit,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::SessionDisconnected, Self::NoRequests, Self::Refusals, Self::ServerErrors, Self::NearLimit];

    /// The word that clients read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionDisconnected => "session_disconnected",
            Self::NoRequests => "no_requests",
            Self::Refusals => "refusals",
            Self::ServerErrors => "server_errors",
            Self::NearLimit => "near_limit",
        }
    }
}

/// How a session is doing, and why.
#[must_use]
pub fn assess(is_connected: bool, recent: &Recent) -> (Condition, Vec<Cause>) {
    let mut found = Vec::new();
    if !is_connected {
        found.push((Condition::Disconnected, Cause::SessionDisconnected));
    }
    if recent.requests == 0 && recent.outcomes == 0 {
        found.push((Condition::Idle, Cause::NoRequests));
    }
    let shares = [
        (recent.refused, recent.requests, REFUSALS, Cause::Refusals),
        (recent.server_errors, recent.outcomes, SERVER_ERRORS, Cause::ServerErrors),
    ];
    for (part, whole, [degraded, failing], cause) in shares {
        let reaches = |per_cent: u64| whole >= FEWEST && part.saturating_mul(100) >= whole.saturating_mul(per_cent);
        if reaches(failing) {
            found.push((Condition::Failing, cause));
        } else if reaches(degraded) {
            found.push((Condition::Degraded, cause));
        }
    }
    if recent.headroom.is_some_and(|left| left < HEADROOM) {
        found.push((Condition::Degraded, Cause::NearLimit));
    }
    let worst = found.iter().map(|(condition, _)| *condition).max().unwrap_or(Condition::Healthy);
    (worst, found.into_iter().map(|(_, cause)| cause).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;

    fn judged(connected: bool, recent: &Recent) -> String {
        let (condition, causes) = assess(connected, recent);
        let words = [condition.as_str()].into_iter().chain(causes.iter().map(|cause| cause.as_str()));
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_thresholds_are_those_of_the_manual() {
        let counted = |requests, refused, outcomes, server_errors, headroom| Recent {
            requests,
            refused,
            outcomes,
            server_errors,
            headroom,
            ..Recent::default()
        };
        for (connected, recent, expected) in [
            (true, counted(1, 0, 0, 0, None), "healthy"),
            (true, counted(0, 0, 1, 0, Some(20)), "healthy"),
            (true, counted(0, 0, 0, 0, None), "idle no_requests"),
            (false, counted(0, 0, 0, 0, None), "disconnected session_disconnected no_requests"),
            (true, counted(19, 19, 19, 19, None), "healthy"),
            (true, counted(100, 19, 0, 0, None), "healthy"),
            (true, counted(100, 20, 0, 0, None), "degraded refusals"),
            (true, counted(20, 10, 0, 0, None), "failing refusals"),
            (true, counted(100, 0, 100, 4, None), "healthy"),
            (true, counted(100, 0, 100, 5, None), "degraded server_errors"),
            (true, counted(100, 20, 100, 20, Some(0)), "failing refusals server_errors near_limit"),
            (true, counted(1, 0, 0, 0, Some(19)), "degraded near_limit"),
            (true, counted(0, 0, 0, 0, Some(0)), "degraded no_requests near_limit"),
        ] {
            assert_eq!(judged(connected, &recent), expected, "{recent:?}");
        }
    }

    #[test]
    fn only_the_last_five_minutes_count_and_the_last_minute_is_remembered() {
        let mut counted = Slab::default();
        counted.steps.add(at(0), &[(Code::Valid, 7)]);
        counted.steps.add(at(120), &[(Code::Valid, 2), (Code::Revoked, 1)]);
        counted.outcomes.change(at(180), |step| step.record(503, 40));
        let recent = Recent::of(&counted, at(400));
        assert_eq!((recent.requests, recent.refused, recent.outcomes, recent.server_errors), (3, 1, 1, 1));
        assert_eq!(recent.last_minute, Some(at(180)));
        let later = Recent::of(&counted, at(4_000));
        assert_eq!((later.requests, later.outcomes, later.latency_p95_ms), (0, 0, None));
    }
}
