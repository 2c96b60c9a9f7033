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

const MAX_SEGMENT: usize = 64;
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
    #[error(
        "resource and action must be * or a lower-case letter followed by at most 63 of a-z 0-9 _ . -"
    )]
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
        let parsed = texts
            .into_iter()
            .map(Permission::parse)
            .collect::<Result<BTreeSet<_>, _>>()?;
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

    /// Whether nothing is allowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'));
    named || text == ANY
}
