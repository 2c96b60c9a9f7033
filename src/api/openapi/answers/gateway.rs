//! What strings of answers about routes of the gateway are.

use serde_json::{Value, json};

use super::{mode, reference};

/// What the strings of a member are; none for members of other answers.
pub(super) fn text(owner: &str, member: &str) -> Option<Value> {
    Some(match (owner, member) {
        ("GatewayRouteBody", "id") => reference("GatewayRouteId"),
        ("GatewayRouteBody", "origin") => json!({ "type": "string", "format": "uri" }),
        ("GatewayRouteBody", "consistency") => mode(),
        ("GatewayRouteBody", "previous_secret_until") => super::time(),
        ("SecretGatewayRouteBody", "secret") => json!({ "type": "string", "pattern": "^gwsec_[0-9A-Za-z+/]+=*$" }),
        _ => return None,
    })
}
