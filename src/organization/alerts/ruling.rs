//! The rules of an organization: read, changed, and brought back to what they are by default.
//!
//! Sessions hear of a change with their next policy, within a minute of their next use.

use crate::domain::alert::Kind;
use crate::domain::alert::rules::{Rule, RuleChange, Rules};
use crate::domain::audit::Action;
use crate::domain::caller::{Caller, Reach};
use crate::object::rows::{execute, json, query_one};
use crate::object::{Abort, Authority, Context, Rejection, Step, audit_log};
use crate::organization::OrganizationObject;
use crate::organization::changes::{require_open, require_organization};
use crate::organization::members::{Admission, admit};
use crate::organization::policy::Memory;
use crate::organization::protocol::Reply;
use crate::ports::{Sql, SqlError};

use super::{Which, keys, resolve_all};

/// The table.
pub const SCHEMA: &str = "CREATE TABLE alert_rules (only INTEGER PRIMARY KEY CHECK (only = 1), record TEXT NOT NULL)";

/// The rules in force.
pub(in crate::organization) fn rules(sql: &dyn Sql) -> Result<Rules, SqlError> {
    let row = query_one(sql, "SELECT record FROM alert_rules", &[])?;
    row.map_or(Ok(Rules::default()), |row| row.json(0))
}

/// Reads them for somebody who reaches the organization.
pub(in crate::organization) fn read(sql: &dyn Sql, caller: &Caller) -> Result<Step<OrganizationObject>, Abort> {
    if require_organization(sql)?.id != caller.organization_id {
        return Err(Rejection::OrganizationNotFound.into());
    }
    if caller.reach == Reach::Session {
        return Err(Rejection::OutsideReach.into());
    }
    Ok(Step::done(Reply::AlertRules { rules: Box::new(rules(sql)?) }))
}

/// Changes the rule of a kind; without a change, it becomes the one by default again.
pub(in crate::organization) fn change(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    kind: Kind,
    change: Option<&RuleChange>,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_open(sql)?;
    if let Admission::Ask(question) = admit(sql, context, &organization, authority)? {
        return Ok(Step::Confirm(question));
    }
    let mut rules = rules(sql)?;
    let before = rules.of(kind);
    let after = change.map(|change| change.apply(before.clone()));
    if after.clone().unwrap_or_else(|| Rule::default_of(kind)) == before {
        return Ok(Step::done(Reply::AlertRules { rules: Box::new(rules) }));
    }
    rules.set(kind, after);
    let statement = "INSERT OR REPLACE INTO alert_rules (only, record) VALUES (1, ?)";
    execute(sql, statement, &[json(&rules)?])?;
    if !rules.of(kind).enabled {
        resolve_all(sql, context, Which::Of(kind))?;
    }
    if keys::looks_at(kind) {
        keys::look_at_all(sql)?;
    }
    memory.pools.forget_rule();
    let (action, names) = match change {
        Some(change) => (Action::AlertRuleUpdated, change.names()),
        None => (Action::AlertRuleReset, Vec::new()),
    };
    audit_log::record(sql, context, authority.actor(), action, kind.as_str(), &names)?;
    Ok(Step::done(Reply::AlertRules { rules: Box::new(rules) }))
}
