//! The groups that operations are shown in.

/// The groups, in their order.
pub(super) const TAGS: [(&str, &str); 14] = [
    ("Verification", "Is this key good, for this, now?"),
    ("API keys", "Issue, list, change, rotate and revoke keys."),
    ("Sessions", "The units of isolation that keys belong to."),
    ("Usage", "What keys have been used for."),
    ("Alerts", "What somebody should look at, and when something is worth that."),
    ("Leaks", "Keys that were found where they should not be."),
    ("Webhooks", "What happens, told to your own services."),
    ("Gateway", "The service in front of your own origins."),
    ("Domains", "Domains of an organization, proven by a record in the DNS."),
    ("Organization", "The caller's own organization and its audit log."),
    ("People", "Members of an organization, and invitations."),
    ("Account", "Signing in, and what a user may change about itself."),
    ("Operator", "For the operator of the deployment; absent without a configured operator token."),
    ("Service", "The service itself."),
];

/// The group of a handler.
pub(super) fn tag(handler: &str) -> &'static str {
    // `source::routes` has put this name together.
    match handler.split_once("::").expect("`module::function`").0 {
        "verification" => "Verification",
        "keys" | "session_keys" | "bulk" | "evidence" | "imports" => "API keys",
        "sessions" => "Sessions",
        "usage" | "outcomes" => "Usage",
        "alerts" | "alert_rules" => "Alerts",
        "webhooks" => "Webhooks",
        "domains" => "Domains",
        "gateway_routes" => "Gateway",
        "organization" | "organizations" | "audit_export" | "export" => "Organization",
        "leaks" => "Leaks",
        "members" | "invitations" => "People",
        "auth" | "passwords" | "sign_ins" | "totp" => "Account",
        "operator" | "operator_users" | "upkeep" => "Operator",
        "meta" => "Service",
        // A module of handlers that is new wants its tag here.
        module => panic!("no tag for {module}"),
    }
}
