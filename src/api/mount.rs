//! The two places where the routes of an organization are mounted: `/v1` for its keys, a path of its own for its members.
//!
//! The handlers are the same; who may call is decided by the place (`callers`). Routes are registered with their full
//! paths, not nested, so a handler sees the path that was sent, as `Link` and `Idempotency-Key` need it.

use percent_encoding::percent_decode_str;

use crate::domain::id::OrganizationId;

/// Where keys act on their organization.
pub(super) const KEYS: &str = "/v1";

/// Where members do.
pub(super) const MEMBERS: &str = "/organizations/{organizationId}";

/// The place through which a request came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mount {
    /// `/v1`.
    Keys,
    /// `/organizations/…` of this organization.
    Members(OrganizationId),
}

impl Mount {
    /// The path of something below this place; `rest` begins with a slash.
    pub(super) fn path(&self, rest: &str) -> String {
        match self {
            Self::Keys => format!("{KEYS}{rest}"),
            Self::Members(id) => format!("/organizations/{id}{rest}"),
        }
    }
}

/// What stands for the organization in a path below [`MEMBERS`]; `None` elsewhere. It need not be an id.
pub(super) fn organization_in(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/organizations/")?;
    let segment = rest.split('/').next().filter(|segment| !segment.is_empty())?;
    Some(percent_decode_str(segment).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_below_the_members_place_stands_an_organization() {
        for (path, organization) in [
            ("/organizations/org_1", Some("org_1")),
            ("/organizations/org_1/api_keys/key_1", Some("org_1")),
            ("/organizations/%6frg_1/audit_log", Some("org_1")),
            ("/organizations/%ff/audit_log", Some("\u{fffd}")),
            ("/organizations", None),
            ("/organizations/", None),
            ("/operator/organizations/org_1", None),
            ("/v1/organizations/org_1", None),
            ("/v1/api_keys", None),
        ] {
            assert_eq!(organization_in(path).as_deref(), organization, "{path}");
        }
    }

    #[test]
    fn what_is_created_lies_below_the_place_it_was_created_through() {
        assert_eq!(Mount::Keys.path("/api_keys/key_1"), "/v1/api_keys/key_1");
        let members = Mount::Members(OrganizationId::from_trusted("org_1".to_owned()));
        assert_eq!(members.path("/api_keys/key_1"), "/organizations/org_1/api_keys/key_1");
        assert!(MEMBERS.starts_with("/organizations/{"));
    }
}
