//! The tour of what the operator has to keep a deployment in order.

use crate::support::*;

use super::Visitor;

/// Shows everything about upkeep, of an organization and one of its sessions.
pub(super) fn tour(visitor: &Visitor, organization: &str, session: &str) {
    let operate = |status, method: &str, path: &str| visitor.expect(status, method, path, OPERATOR_TOKEN, None);
    let figures = operate(200, "GET", "/operator/metrics");
    assert_eq!(figures["counts"]["organizations"], 2);
    operate(400, "GET", "/operator/metrics?all=true");
    operate(200, "GET", &format!("{organization}/metrics"));
    operate(200, "GET", &format!("{organization}/metrics?sessionId={session}"));
    let nobody = ["ses_", &"A".repeat(19)].concat();
    operate(404, "GET", &format!("{organization}/metrics?sessionId={nobody}"));
    operate(400, "GET", &format!("{organization}/metrics?sessionId=first"));
    let told = operate(200, "POST", &format!("{organization}/republish"));
    assert_eq!((&told["sessions"], &told["keys"]), (&1.into(), &1.into()));
    operate(400, "POST", &format!("{organization}/republish?cursor=1.x"));
    operate(404, "POST", "/operator/organizations/org_none/republish");
    operate(404, "GET", "/operator/organizations/org_none/metrics");
}
