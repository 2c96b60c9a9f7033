//! How callers prove themselves: what each operation wants, and the schemes that there are.

use serde_json::{Value, json};

use super::{Place, needed};
use crate::api::cookies::COOKIE_NAME;
use crate::domain::role::Role;

/// How the caller proves itself: read from the signature (H12) and the place. The permission, or the least role of a
/// member, stands as the scheme's role.
pub(super) fn of(place: &Place<'_>) -> Value {
    let handler = place.handler;
    let needs = handler.takes_for("By").map(|needs| needed(&needs));
    match needs {
        Some(needs) if place.is_for_members() => {
            let role = Role::needed_for(needs).as_str();
            json!([{ "accessToken": [role] }, { "cookie": [role] }])
        }
        Some(needs) => {
            let permission = needs.permission().to_string();
            json!([{ "bearer": [permission] }, { "apiKey": [permission] }])
        }
        None if handler.takes("SignedIn") => json!([{ "accessToken": [] }, { "cookie": [] }]),
        None if handler.takes("Operator") => json!([{ "operator": [] }]),
        None if handler.takes("Presented") => json!([{ "bearer": [] }, { "apiKey": [] }]),
        None => json!([]),
    }
}

/// The ways that there are.
pub(super) fn schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key. The role is the permission it needs.",
        },
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "x-api-key",
            "description": "The same key, for clients that cannot set `Authorization`.",
        },
        "accessToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "The access token of a user, who signs in. The role is the least that a member needs. No API key.",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE_NAME,
            "description": "The same token in the keeping of a browser. The request must come from a page of this origin \
                (`Origin`, `Sec-Fetch-Site`), and have `X-Requested-With` unless it is GET or HEAD.",
        },
        "operator": {
            "type": "http",
            "scheme": "bearer",
            "description": "The operator token of the deployment.",
        },
    })
}
