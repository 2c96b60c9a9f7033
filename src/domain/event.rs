//! Events: what webhooks tell of an organization.

use serde::{Deserialize, Serialize};

use super::api_key::ApiKey;
use super::audit::{Action, Actor};
use super::session::Session;
use super::timestamp::Timestamp;
use super::user::Member;

/// What has happened. The words are stored and sent: never rename one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// An API key was issued.
    #[serde(rename = "api_key.created")]
    KeyCreated,
    /// Settings of an API key changed.
    #[serde(rename = "api_key.updated")]
    KeyUpdated,
    /// An API key got a successor.
    #[serde(rename = "api_key.rotated")]
    KeyRotated,
    /// An API key was disabled.
    #[serde(rename = "api_key.disabled")]
    KeyDisabled,
    /// A disabled API key was enabled again.
    #[serde(rename = "api_key.enabled")]
    KeyEnabled,
    /// An API key was revoked.
    #[serde(rename = "api_key.revoked")]
    KeyRevoked,
    /// An API key expires soon.
    #[serde(rename = "api_key.expiring")]
    KeyExpiring,
    /// An API key has expired.
    #[serde(rename = "api_key.expired")]
    KeyExpired,
    /// An alert was opened.
    #[serde(rename = "alert.opened")]
    AlertOpened,
    /// An alert was resolved.
    #[serde(rename = "alert.resolved")]
    AlertResolved,
    /// A session was created.
    #[serde(rename = "session.created")]
    SessionCreated,
    /// A session was renamed, connected, disconnected or limited otherwise.
    #[serde(rename = "session.updated")]
    SessionUpdated,
    /// A session and all its keys were ended.
    #[serde(rename = "session.deleted")]
    SessionDeleted,
    /// Somebody became a member.
    #[serde(rename = "member.added")]
    MemberAdded,
    /// The role of a member changed.
    #[serde(rename = "member.role_changed")]
    MemberRoleChanged,
    /// A member left or was removed.
    #[serde(rename = "member.removed")]
    MemberRemoved,
    /// A domain was proven, for the first time or again.
    #[serde(rename = "domain.verified")]
    DomainVerified,
    /// The proof of a domain has been missing for too long.
    #[serde(rename = "domain.lost")]
    DomainLost,
    /// Somebody wanted to see whether an endpoint works.
    #[serde(rename = "webhook.test")]
    WebhookTest,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::KeyCreated,
        Self::KeyUpdated,
        Self::KeyRotated,
        Self::KeyDisabled,
        Self::KeyEnabled,
        Self::KeyRevoked,
        Self::KeyExpiring,
        Self::KeyExpired,
        Self::AlertOpened,
        Self::AlertResolved,
        Self::SessionCreated,
        Self::SessionUpdated,
        Self::SessionDeleted,
        Self::MemberAdded,
        Self::MemberRoleChanged,
        Self::MemberRemoved,
        Self::DomainVerified,
        Self::DomainLost,
        Self::WebhookTest,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyCreated => "api_key.created",
            Self::KeyUpdated => "api_key.updated",
            Self::KeyRotated => "api_key.rotated",
            Self::KeyDisabled => "api_key.disabled",
            Self::KeyEnabled => "api_key.enabled",
            Self::KeyRevoked => "api_key.revoked",
            Self::KeyExpiring => "api_key.expiring",
            Self::KeyExpired => "api_key.expired",
            Self::AlertOpened => "alert.opened",
            Self::AlertResolved => "alert.resolved",
            Self::SessionCreated => "session.created",
            Self::SessionUpdated => "session.updated",
            Self::SessionDeleted => "session.deleted",
            Self::MemberAdded => "member.added",
            Self::MemberRoleChanged => "member.role_changed",
            Self::MemberRemoved => "member.removed",
            Self::DomainVerified => "domain.verified",
            Self::DomainLost => "domain.lost",
            Self::WebhookTest => "webhook.test",
        }
    }

    /// Reads its word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What an entry of the audit log tells to webhooks, if anything.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "most of the log is told to nobody")]
    pub fn of(action: Action) -> Option<Self> {
        match action {
            Action::KeyCreated => Some(Self::KeyCreated),
            Action::KeyUpdated => Some(Self::KeyUpdated),
            Action::KeyRotated => Some(Self::KeyRotated),
            Action::KeyDisabled => Some(Self::KeyDisabled),
            Action::KeyEnabled => Some(Self::KeyEnabled),
            Action::KeyRevoked => Some(Self::KeyRevoked),
            Action::SessionCreated => Some(Self::SessionCreated),
            Action::SessionUpdated => Some(Self::SessionUpdated),
            Action::SessionDeleted => Some(Self::SessionDeleted),
            Action::MemberAdded => Some(Self::MemberAdded),
            // Whoever gets the organization becomes its owner.
            Action::MemberRoleChanged | Action::OrganizationTransferred => Some(Self::MemberRoleChanged),
            Action::MemberRemoved => Some(Self::MemberRemoved),
            _ => None,
        }
    }
}

/// What an event is about, as it stands now.
#[derive(Debug, Clone, Copy)]
pub enum About<'a> {
    /// An API key.
    Key(&'a ApiKey),
    /// A session.
    Session(&'a Session),
    /// A member.
    Member(&'a Member),
    /// Anything else: the JSON members of its description.
    Other(&'a serde_json::Map<String, serde_json::Value>),
}

/// One event.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// What has happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Who did it, if somebody did.
    pub actor: Option<&'a Actor>,
    /// What it is about.
    pub about: About<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_stored_under_its_word_and_found_by_it() {
        for kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(EventKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(EventKind::parse("api_key.*"), None);
    }

    #[test]
    fn what_the_log_tells_has_the_word_of_the_log() {
        let told = EventKind::ALL.map(|kind| {
            let action: Result<Action, _> = serde_json::from_value(kind.as_str().into());
            action.ok().and_then(EventKind::of).filter(|of| *of == kind).is_some()
        });
        assert_eq!(told.iter().filter(|is| **is).count(), 12);
    }
}
