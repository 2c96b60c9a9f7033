//! What a key may do: `resource:action`, `*` for any, and whether a set of these satisfies a demand.
//!
//! Names are opaque and compared whole, character by character: `foo` never stands for `fooo`, nor `-` for
//! `_`. There is no "read implies …": what a grant means stands in its text.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How many permissions a key may have.
pub const MAX_PERMISSIONS: usize = 64;

pub(crate) const MAX_SEGMENT: usize = 64;
const ANY: &str = "*";

/// One permission: `resource:action`, either of them possibly `*`; plain `*` is everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Permission(String);

/// The permissions of a key: sorted, without repetition, at most 64. An empty set allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Permissions(BTreeSet<Permission>);

/// A set of permissions with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionPreset {
    /// Everything: `*`.
    FullAccess,
    /// Sending and nothing else: `emails:send`.
    SendingAccess,
}

/// Why a text is not a permission, or a list no set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PermissionError {
    /// There is no colon between a resource and an action.
    #[error("must look like resource:action")]
    Shape,
    /// A segment is neither `*` nor a lower-case letter followed by at most 63 of `a-z0-9_.-`.
    #[error("resource and action must be * or a lower-case letter followed by at most 63 of a-z 0-9 _ . -")]
    Segment,
    /// There are more than 64.
    #[error("at most 64 permissions")]
    TooMany,
}

impl Permission {
    /// Reads `resource:action` or `*`; `*:*` is read as `*`.
    ///
    /// # Errors
    /// Names what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, PermissionError> {
        if text == ANY {
            return Ok(Self(ANY.to_owned()));
        }
        let (resource, action) = text.split_once(':').ok_or(PermissionError::Shape)?;
        if !is_segment(resource) || !is_segment(action) {
            return Err(PermissionError::Segment);
        }
        let everything = resource == ANY && action == ANY;
        Ok(Self(if everything { ANY } else { text }.to_owned()))
    }

    /// A permission that this crate names itself.
    pub(crate) fn of(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is about; `*` for anything.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.segments().0
    }

    /// What may be done; `*` for anything.
    #[must_use]
    pub fn action(&self) -> &str {
        self.segments().1
    }

    /// Whether whoever has this permission has the other one too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let within = |grant: &str, demand: &str| grant == ANY || grant == demand;
        within(self.resource(), other.resource()) && within(self.action(), other.action())
    }

    fn segments(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or((ANY, ANY))
    }
}

impl Permissions {
    /// Reads a list of texts.
    ///
    /// # Errors
    /// If one of them is not a permission, or if there are too many.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, PermissionError> {
        let parsed = texts.into_iter().map(Permission::parse).collect::<Result<BTreeSet<_>, _>>()?;
        Self::new(parsed)
    }

    /// Makes a set of permissions.
    ///
    /// # Errors
    /// If there are too many.
    pub fn new(permissions: impl IntoIterator<Item = Permission>) -> Result<Self, PermissionError> {
        let set: BTreeSet<_> = permissions.into_iter().collect();
        if set.len() > MAX_PERMISSIONS {
            return Err(PermissionError::TooMany);
        }
        Ok(Self(set))
    }

    /// Whether the demanded permission is granted. A demand with `*` needs a grant as wide or wider.
    #[must_use]
    pub fn allows(&self, demand: &Permission) -> bool {
        self.0.iter().any(|grant| grant.covers(demand))
    }

    /// Whether everything that the other set allows is allowed here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|demand| self.allows(demand))
    }

    /// The name of what this set amounts to, if it has one.
    #[must_use]
    pub fn preset(&self) -> Option<PermissionPreset> {
        PermissionPreset::ALL.into_iter().find(|preset| {
            let named = Self::from(*preset);
            self.covers(&named) && named.covers(self)
        })
    }

    /// The permissions, in the order of their texts.
    pub fn iter(&self) -> impl Iterator<Item = &Permission> {
        self.0.iter()
    }
}

impl PermissionPreset {
    /// All presets.
    pub const ALL: [Self; 2] = [Self::FullAccess, Self::SendingAccess];

    /// Reads `full_access` or `sending_access`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == text)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FullAccess => "full_access",
            Self::SendingAccess => "sending_access",
        }
    }

    /// The one permission that it stands for.
    const fn permission(self) -> &'static str {
        match self {
            Self::FullAccess => ANY,
            Self::SendingAccess => "emails:send",
        }
    }
}

impl From<PermissionPreset> for Permissions {
    fn from(preset: PermissionPreset) -> Self {
        Self(BTreeSet::from([Permission(preset.permission().to_owned())]))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Permission {
    type Err = PermissionError;

    fn from_str(text: &str) -> Result<Self, PermissionError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Permission {
    type Error = PermissionError;

    fn try_from(text: String) -> Result<Self, PermissionError> {
        Self::parse(&text)
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.0
    }
}

impl TryFrom<Vec<String>> for Permissions {
    type Error = PermissionError;

    fn try_from(texts: Vec<String>) -> Result<Self, PermissionError> {
        Self::parse(texts.iter().map(String::as_str))
    }
}

impl From<Permissions> for Vec<String> {
    fn from(permissions: Permissions) -> Self {
        permissions.0.into_iter().map(String::from).collect()
    }
}

fn is_segment(text: &str) -> bool {
    let named = text.len() <= MAX_SEGMENT
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'));
    named || text == ANY
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn permission(text: &str) -> Permission {
        Permission::parse(text).unwrap()
    }

    fn permissions(texts: &[&str]) -> Permissions {
        Permissions::parse(texts.iter().copied()).unwrap()
    }

    #[test]
    fn a_grant_covers_what_the_table_says() {
        let table = [
            ("emails:send", "emails:send", true),
            ("emails:send", "emails:read", false),
            ("emails:send", "email:send", false),
            ("emails:send", "emailss:send", false),
            ("foo:read", "fooo:read", false),
            ("fooo:read", "foo:read", false),
            ("foo-bar:read", "foo_bar:read", false),
            ("foo.bar:read", "foo:read", false),
            ("foo:read", "foo.bar:read", false),
            ("foo:read", "foo:read.all", false),
            ("emails:*", "emails:send", true),
            ("emails:*", "email:send", false),
            ("emails:*", "emails.drafts:send", false),
            ("*:read", "emails:read", true),
            ("*:read", "emails:reads", false),
            ("*:read", "emails:send", false),
            ("*", "emails:send", true),
            ("*", "emails:*", true),
            ("*", "*:read", true),
            ("*", "*", true),
            ("*:*", "*", true),
            ("emails:*", "emails:*", true),
            ("emails:send", "emails:*", false),
            ("emails:*", "*:send", false),
            ("*:send", "emails:*", false),
            ("emails:*", "*", false),
            ("*:send", "*", false),
        ];
        for (grant, demand, covered) in table {
            assert_eq!(permission(grant).covers(&permission(demand)), covered, "{grant} {demand}");
            assert_eq!(permissions(&[grant]).allows(&permission(demand)), covered, "{grant} {demand}");
        }
    }

    #[test]
    fn everything_that_is_no_permission_is_refused() {
        let long = "a".repeat(65);
        for (text, error) in [
            ("", PermissionError::Shape),
            ("emails", PermissionError::Shape),
            ("full_access", PermissionError::Shape),
            ("**", PermissionError::Shape),
            (":", PermissionError::Segment),
            ("emails:", PermissionError::Segment),
            (":send", PermissionError::Segment),
            ("emails:send:now", PermissionError::Segment),
            ("emails:se*", PermissionError::Segment),
            ("e*:send", PermissionError::Segment),
            ("Emails:send", PermissionError::Segment),
            ("emails:Send", PermissionError::Segment),
            ("emails: send", PermissionError::Segment),
            (" emails:send", PermissionError::Segment),
            ("1mails:send", PermissionError::Segment),
            ("_mails:send", PermissionError::Segment),
            ("émails:send", PermissionError::Segment),
            ("emails:send\n", PermissionError::Segment),
            (&format!("{long}:send"), PermissionError::Segment),
            (&format!("emails:{long}"), PermissionError::Segment),
        ] {
            assert_eq!(Permission::parse(text), Err(error), "{text}");
        }
        assert!(Permission::parse(&format!("{0}:{0}", "a".repeat(64))).is_ok());
    }

    #[test]
    fn the_two_ways_to_write_everything_are_one() {
        assert_eq!(permission("*:*").as_str(), "*");
        assert_eq!((permission("*").resource(), permission("*").action()), ("*", "*"));
    }

    #[test]
    fn a_set_allows_what_one_of_its_grants_covers() {
        let set = permissions(&["emails:send", "domains:*"]);
        assert!(set.allows(&permission("domains:delete")));
        assert!(!set.allows(&permission("emails:read")));
        assert!(set.covers(&permissions(&["emails:send", "domains:read"])));
        assert!(!set.covers(&permissions(&["emails:send", "contacts:read"])));
        assert!(set.covers(&Permissions::default()));
        assert!(!Permissions::default().allows(&permission("emails:send")));
    }

    #[test]
    fn a_set_is_sorted_without_repetition_and_bounded() {
        let set = permissions(&["b:read", "a:read", "b:read"]);
        assert_eq!(set.iter().map(Permission::as_str).collect::<Vec<_>>(), ["a:read", "b:read"]);
        let many: Vec<_> = (0..=MAX_PERMISSIONS).map(|n| format!("r{n}:read")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(Permissions::parse(many.iter().copied()), Err(PermissionError::TooMany));
        assert!(Permissions::parse(many.into_iter().skip(1)).is_ok());
    }

    #[test]
    fn a_preset_is_recognised_by_what_it_allows() {
        for preset in PermissionPreset::ALL {
            assert_eq!(Permissions::from(preset).preset(), Some(preset));
            assert_eq!(PermissionPreset::parse(preset.as_str()), Some(preset));
            assert_eq!(serde_json::to_value(preset).unwrap(), preset.as_str());
        }
        assert_eq!(permissions(&["*", "emails:send"]).preset(), Some(PermissionPreset::FullAccess));
        assert_eq!(permissions(&["emails:*"]).preset(), None);
        assert_eq!(Permissions::default().preset(), None);
        assert_eq!(PermissionPreset::parse("Full access"), None);
    }

    #[test]
    fn the_stored_form_is_a_list_of_texts() {
        let json = r#"["domains:*","emails:send"]"#;
        let set: Permissions = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), json);
        assert!(serde_json::from_str::<Permissions>(r#"["emails"]"#).is_err());
    }

    fn any_permission() -> impl Strategy<Value = Permission> {
        let segment = || prop_oneof![Just("*"), Just("a"), Just("b"), Just("a.b")];
        (segment(), segment()).prop_map(|(resource, action)| permission(&format!("{resource}:{action}")))
    }

    proptest! {
        #[test]
        fn covering_is_an_order(a in any_permission(), b in any_permission(), c in any_permission()) {
            prop_assert!(a.covers(&a));
            prop_assert!(!(a.covers(&b) && b.covers(&c)) || a.covers(&c));
            prop_assert!(!(a.covers(&b) && b.covers(&a)) || a == b);
        }

        #[test]
        fn a_set_that_covers_another_allows_whatever_that_allows(
            one in prop::collection::vec(any_permission(), 0..4),
            other in prop::collection::vec(any_permission(), 0..4),
            demand in any_permission(),
        ) {
            let (one, other) = (Permissions::new(one).unwrap(), Permissions::new(other).unwrap());
            prop_assert!(!(one.covers(&other) && other.allows(&demand)) || one.allows(&demand));
        }

        #[test]
        fn what_is_accepted_is_its_own_text(text in r"(\*|[a-z0-9_.:*-]{0,8}:[a-z0-9_.*-]{0,8})") {
            if let Ok(permission) = Permission::parse(&text) {
                prop_assert!(permission.as_str() == text || text == "*:*");
                prop_assert_eq!(Permission::parse(permission.as_str()), Ok(permission));
            }
        }
    }
}
