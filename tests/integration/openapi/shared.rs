//! The tours of what keys and members can both do.

use super::{Visitor, alerts, domains, gateway, imports, leaks, webhooks};

/// All of them, by whoever has the credential.
pub(super) fn tours(visitor: &Visitor, by: &str, at: &str, organization: &str) {
    leaks::tour(visitor, by, at);
    imports::tour(visitor, by, at);
    alerts::tour(visitor, by, at, organization);
    webhooks::tour(visitor, by, at);
    gateway::tour(visitor, by, at);
    domains::tour(visitor, by, at);
}

/// The id of nothing, for paths to what no tour has left behind.
pub(super) fn nobody(path: &str) -> Option<String> {
    let tags = [("/domains/", "dom"), ("/gateway_routes/", "gwr"), ("/alerts/", "alr")];
    let tag = tags.iter().find(|(place, _)| path.contains(place))?.1;
    Some(format!("{tag}_{}", "0".repeat(22)))
}
