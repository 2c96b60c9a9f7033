//! Webhooks: where an organization has its events sent, and what became of each.
//!
//! Messages follow the Standard Webhooks specification. How they are signed stands in [`signature`], when they are tried
//! again in [`schedule`], what they say in [`payload`].

pub mod payload;
pub mod schedule;
pub mod signature;

use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::egress::ReceiverUrl;
use super::event::EventKind;
use super::id::{DeliveryId, EndpointId, EventId};
use super::text::Name;
use super::timestamp::Timestamp;

/// The most endpoints of one organization.
pub const ENDPOINTS_MAX: u32 = 20;
/// How long (ms) the secret before goes on to sign after a new one was made.
pub const OVERLAP_MS: i64 = 24 * 60 * 60 * 1_000;
/// How many secrets of an endpoint sign at once, at most.
pub const SECRETS_MAX: usize = 4;

/// Which events an endpoint is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventFilter {
    /// All, also those of kinds to come.
    All,
    /// Those of these kinds; sorted, without repetition.
    Only(Vec<EventKind>),
}

impl EventFilter {
    /// Those of these kinds.
    #[must_use]
    pub fn only(mut kinds: Vec<EventKind>) -> Self {
        kinds.sort_unstable();
        kinds.dedup();
        Self::Only(kinds)
    }

    /// Whether an event of this kind is told.
    #[must_use]
    pub fn wants(&self, kind: EventKind) -> bool {
        match self {
            Self::All => true,
            Self::Only(kinds) => kinds.contains(&kind),
        }
    }
}

/// What a secret is derived from. The secret itself is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSource {
    /// The version of the root secret.
    pub root: u8,
    /// Random, in hexadecimal.
    pub nonce: String,
    /// Until when it signs; none for the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Why an endpoint was switched off that its owner has left on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dead {
    /// It has answered 410: nobody listens there any more.
    Gone,
    /// It has taken nothing for a day, or has let several events in a row go past their time.
    Failing,
}

impl Dead {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// An endpoint for webhooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its public name.
    pub id: EndpointId,
    /// Where it listens.
    pub url: ReceiverUrl,
    /// What it is told.
    pub events: EventFilter,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Name>,
    /// Whether it is told anything.
    pub active: bool,
    /// Why it was switched off, if it was not by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<Dead>,
    /// Where its secrets come from, the newest first.
    pub secrets: Vec<SecretSource>,
    /// Since when everything has failed; none after a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// How many events in a row were given up.
    #[serde(default)]
    pub given_up: u32,
    /// When it last took something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// Who created it.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// It will be tried (again).
    Pending,
    /// The endpoint has taken it.
    Delivered,
    /// It is not tried any more.
    Failed,
}

impl DeliveryStatus {
    /// All.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its public name.
    pub id: DeliveryId,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The event, whose id is the same in every attempt.
    pub event_id: EventId,
    /// The number of the event in its organization.
    pub seq: i64,
    /// What has happened.
    pub kind: EventKind,
    /// When it was written down.
    pub created_at: Timestamp,
    /// Until when it is tried.
    pub deadline_at: Timestamp,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// How often it was tried, replays included.
    pub attempts: u32,
    /// How often since it was written down or last replayed: what the next pause depends on.
    #[serde(default)]
    pub tried: u32,
    /// When it was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted_at: Option<Timestamp>,
    /// What the endpoint answered then, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<u16>,
    /// What went wrong then, if something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When the endpoint took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}

/// What went wrong with an attempt, or with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It answered with another status than 2xx.
    Status,
    /// It answered with a redirect, which is not followed.
    Redirect,
    /// It answered 410.
    Gone,
    /// There was no connection, or none that could be trusted.
    Unreachable,
    /// It did not answer in time.
    Timeout,
    /// Nothing may be sent to its URL (any more).
    Forbidden,
    /// It was switched off before.
    Disabled,
}

impl Failure {
    /// All.
    pub const ALL: [Self; 7] =
        [Self::Status, Self::Redirect, Self::Gone, Self::Unreachable, Self::Timeout, Self::Forbidden, Self::Disabled];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Gone => "gone",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Forbidden => "forbidden",
            Self::Disabled => "disabled",
        }
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It answered with this status.
    Answered(u16),
    /// It did not.
    Failed(Failure),
}

impl Attempt {
    /// The status, if there was one, and what went wrong, if something did.
    #[must_use]
    pub fn read(self) -> (Option<u16>, Option<Failure>) {
        match self {
            Self::Answered(status) => {
                let failure = match status {
                    200..=299 => None,
                    300..=399 => Some(Failure::Redirect),
                    410 => Some(Failure::Gone),
                    _ => Some(Failure::Status),
                };
                (Some(status), failure)
            }
            Self::Failed(failure) => (None, Some(failure)),
        }
    }
}
