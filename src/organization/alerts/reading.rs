//! One alert, and saying that somebody has seen it. Pages of them are in `organization::lists`.

use crate::domain::alert::record::Alert;
use crate::domain::audit::Action;
use crate::domain::caller::{Caller, Reach};
use crate::domain::id::AlertId;
use crate::object::{Abort, Authority, Context, Rejection, Step, audit_log};
use crate::organization::OrganizationObject;
use crate::organization::changes::{require_open, require_organization};
use crate::organization::members::{Admission, admit};
use crate::organization::protocol::Reply;
use crate::ports::{Sql, SqlError};

use super::rows;

/// Reads an alert within the caller's reach.
pub(in crate::organization) fn read(
    sql: &dyn Sql,
    caller: &Caller,
    id: &AlertId,
) -> Result<Step<OrganizationObject>, Abort> {
    let ours = require_organization(sql)?.id == caller.organization_id;
    let found = rows::by_id(sql, id)?.map(|kept| kept.alert).filter(|alert| ours && sees(caller, alert));
    Ok(done(found.ok_or(Rejection::AlertNotFound)?))
}

/// Notes that somebody has seen an alert. Whoever comes second changes nothing.
pub(in crate::organization) fn acknowledge(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    id: &AlertId,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_open(sql)?;
    if let Admission::Ask(question) = admit(sql, context, &organization, authority)? {
        return Ok(Step::Confirm(question));
    }
    let mut alert = rows::by_id(sql, id)?.ok_or(Rejection::AlertNotFound)?.alert;
    if alert.acknowledged.is_none() {
        alert.acknowledged = Some((authority.actor(), context.now));
        rows::save_record(sql, &alert)?;
        let kind = alert.kind.as_str();
        audit_log::record(sql, context, authority.actor(), Action::AlertAcknowledged, id.as_str(), &[kind])?;
    }
    Ok(done(alert))
}

/// How many alerts were dropped, for whoever reaches the organization.
pub(in crate::organization) fn dropped(sql: &dyn Sql, caller: &Caller) -> Result<Option<i64>, SqlError> {
    if caller.reach == Reach::Session { Ok(None) } else { rows::dropped(sql).map(Some) }
}

fn sees(caller: &Caller, alert: &Alert) -> bool {
    caller.reach == Reach::Organization || alert.session_id.as_ref() == Some(&caller.session_id)
}

fn done(alert: Alert) -> Step<OrganizationObject> {
    Step::done(Reply::Alert { alert: Box::new(alert) })
}
