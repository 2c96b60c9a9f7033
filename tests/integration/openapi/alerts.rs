//! The tour of alerts and of the rules for them.

use serde_json::json;

use super::Visitor;

/// Looks at an alert, and changes a rule.
pub(super) fn tour(visitor: &Visitor, by: &str, at: &str, organization: &str) {
    let id = crate::roles::open_alert(&visitor.house, organization);
    visitor.expect(200, "GET", &format!("{at}/alerts?limit=1&status=open&kind=key_leaked&severity=critical"), by, None);
    visitor.expect(400, "GET", &format!("{at}/alerts?kind=gremlins&status=asleep"), by, None);
    visitor.expect(200, "GET", &format!("{at}/alerts/{id}"), by, None);
    visitor.expect(200, "POST", &format!("{at}/alerts/{id}/acknowledge"), by, None);
    visitor.expect(404, "GET", &format!("{at}/alerts/alr_none"), by, None);
    visitor.expect(200, "GET", &format!("{at}/alert_rules"), by, None);
    let rule = format!("{at}/alert_rules/rotation_due");
    let days = json!({ "production": 30, "staging": null });
    visitor.expect(200, "PATCH", &rule, by, Some(json!({ "enabled": true, "environments": days })));
    visitor.expect(400, "PATCH", &rule, by, Some(json!({ "minimum": 3 })));
    visitor.expect(200, "DELETE", &rule, by, None);
    visitor.expect(404, "DELETE", &format!("{at}/alert_rules/gremlins"), by, None);
}
