//! Pages of the directory and of the audit log. Everything a client chooses is a bound parameter.

use crate::domain::alert::record::AlertStatus;
use crate::domain::api_key::ApiKey;
use crate::domain::caller::{Caller, Reach};
use crate::domain::environment::Environment;
use crate::domain::id::SessionId;
use crate::domain::session::Session;
use crate::domain::timestamp::Timestamp;
use crate::object::rows::{Row, query};
use crate::object::{Abort, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError, SqlValue};

use super::alerts::reading;
use super::protocol::{AlertQuery, AuditQuery, EnvironmentFilter, KeyQuery, LoggedEntry, Page, Reply};
use super::{OrganizationObject, domains, store};

/// How large (bytes of stored records) a page may be: what a list holds in memory is shared with others.
/// A page that would be larger ends early and says that there is more.
pub const PAGE_BYTES_MAX: usize = 512 * 1024;

/// Conditions joined by AND, with their parameters.
#[derive(Default)]
pub(super) struct Filter {
    conditions: Vec<&'static str>,
    params: Vec<SqlValue>,
}

impl Filter {
    pub(super) fn and(&mut self, condition: &'static str, params: impl IntoIterator<Item = SqlValue>) {
        self.conditions.push(condition);
        self.params.extend(params);
    }

    pub(super) fn after(&mut self, page: &Page) {
        if let Some((created_at, id)) = &page.after {
            self.and("(created_at, id) < (?, ?)", [(*created_at).into(), id.as_str().into()]);
        }
    }

    /// Runs the query for one row more than the page holds, which tells whether there is another page.
    pub(super) fn page(
        mut self,
        sql: &dyn Sql,
        select: &str,
        order: &str,
        limit: u32,
    ) -> Result<(Vec<Row>, bool), SqlError> {
        let conditions = if self.conditions.is_empty() { "true".to_owned() } else { self.conditions.join(" AND ") };
        self.params.push((i64::from(limit) + 1).into());
        let statement = format!("{select} WHERE {conditions} ORDER BY {order} LIMIT ?");
        let mut rows = query(sql, &statement, &self.params)?;
        let length = usize::try_from(limit).unwrap_or(usize::MAX);
        let fits = rows.iter().take(length).scan(0_usize, |bytes, row| {
            *bytes = bytes.saturating_add(row.text(0).map_or(0, str::len));
            Some(*bytes <= PAGE_BYTES_MAX)
        });
        let length = fits.take_while(|fits| *fits).count().max(1);
        let more = rows.len() > length;
        rows.truncate(length);
        Ok((rows, more))
    }
}

/// The session that bounds what the caller sees, if one does.
fn bound(caller: &Caller) -> Option<&SessionId> {
    match caller.reach {
        Reach::Organization => None,
        Reach::Session => Some(&caller.session_id),
    }
}

/// A page of keys, newest first.
pub fn keys(sql: &dyn Sql, caller: &Caller, wanted: &KeyQuery, now: Timestamp) -> Result<Reply, SqlError> {
    let mut filter = Filter::default();
    if let Some(session) = bound(caller) {
        filter.and("session_id = ?", [session.as_str().into()]);
    }
    if let Some(session) = &wanted.session_id {
        filter.and("session_id = ?", [session.as_str().into()]);
    }
    match wanted.environment {
        None => {}
        Some(EnvironmentFilter::None) => filter.and("environment IS NULL", []),
        Some(EnvironmentFilter::Of(environment)) => {
            filter.and("environment = ?", [Environment::as_str(environment).into()]);
        }
    }
    if let Some(external_id) = &wanted.external_id {
        filter.and("external_id = ?", [external_id.as_str().into()]);
    }
    if let Some(search) = &wanted.search {
        filter.and("instr(search, ?) > 0", [search.to_lowercase().into()]);
    }
    if let Some(status) = &wanted.status {
        filter.and(
            "CASE
                WHEN revoked_at IS NOT NULL THEN 'revoked'
                WHEN disabled = 1 THEN 'disabled'
                WHEN expires_at <= ? THEN 'expired'
                WHEN not_before > ? THEN 'pending'
                ELSE 'active'
            END = ?",
            [now.into(), now.into(), status.as_str().into()],
        );
    }
    if let Some(idle) = &wanted.idle {
        filter.and("revoked_at IS NULL", []);
        if let Some(since) = idle.since {
            filter.and(
                "max(created_at, coalesce(not_before, 0), coalesce(record ->> '$.last_used_at', 0)) < ?",
                [since.into()],
            );
        }
        if let Some(before) = idle.created_before {
            filter.and("created_at < ?", [before.into()]);
        }
    }
    filter.after(&wanted.page);
    let select = "SELECT record, revoked_at FROM api_keys";
    let (rows, more) = filter.page(sql, select, "created_at DESC, id DESC", wanted.page.limit)?;
    let mut keys: Vec<ApiKey> = rows.iter().map(store::key).collect::<Result<_, _>>()?;
    domains::store::mark(sql, &mut keys)?;
    Ok(Reply::Keys { keys, more })
}

/// A page of sessions, newest first.
pub fn sessions(sql: &dyn Sql, caller: &Caller, page: &Page) -> Result<Reply, SqlError> {
    let mut filter = Filter::default();
    if let Some(session) = bound(caller) {
        filter.and("id = ?", [session.as_str().into()]);
    }
    let (sessions, more) = sessions_of(sql, filter, page)?;
    Ok(Reply::Sessions { sessions, more })
}

/// A page of all sessions, newest first, and whether there is another; for the operator.
pub fn all_sessions(sql: &dyn Sql, page: &Page) -> Result<(Vec<Session>, bool), SqlError> {
    sessions_of(sql, Filter::default(), page)
}

fn sessions_of(sql: &dyn Sql, mut filter: Filter, page: &Page) -> Result<(Vec<Session>, bool), SqlError> {
    filter.after(page);
    let (rows, more) = filter.page(sql, "SELECT record FROM sessions", "created_at DESC, id DESC", page.limit)?;
    Ok((rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?, more))
}

/// A page of members, the newest first. No key reaches this far; the caller is a member.
pub fn members(sql: &dyn Sql, caller: &Caller, page: &Page) -> Result<Reply, SqlError> {
    let mut filter = Filter::default();
    filter.and("record IS NOT NULL", []);
    if bound(caller).is_some() {
        filter.and("false", []);
    }
    if let Some((joined_at, user_id)) = &page.after {
        filter.and("(joined_at, user_id) < (?, ?)", [(*joined_at).into(), user_id.as_str().into()]);
    }
    let order = "joined_at DESC, user_id DESC";
    let (rows, more) = filter.page(sql, "SELECT record FROM members", order, page.limit)?;
    Ok(Reply::Members { members: rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?, more })
}

/// A page of invitations, the newest first.
pub fn invitations(sql: &dyn Sql, caller: &Caller, page: &Page) -> Result<Reply, SqlError> {
    let mut filter = Filter::default();
    if bound(caller).is_some() {
        filter.and("false", []);
    }
    filter.after(page);
    let (rows, more) = filter.page(sql, "SELECT record FROM invitations", "created_at DESC, id DESC", page.limit)?;
    Ok(Reply::Invitations { invitations: rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?, more })
}

/// A page of alerts, newest first. Who is bound to a session reads of that session.
pub fn alerts(sql: &dyn Sql, caller: &Caller, wanted: &AlertQuery) -> Result<Reply, SqlError> {
    let mut filter = Filter::default();
    for session in bound(caller).into_iter().chain(&wanted.session_id) {
        filter.and("session_id = ?", [session.as_str().into()]);
    }
    if let Some(status) = wanted.status {
        filter.and("is_open = ?", [(status == AlertStatus::Open).into()]);
    }
    if let Some(kind) = wanted.kind {
        filter.and("kind = ?", [kind.as_str().into()]);
    }
    if let Some(severity) = wanted.severity {
        filter.and("severity = ?", [severity.rank().into()]);
    }
    if let Some(subject) = &wanted.subject {
        filter.and("subject = ?", [subject.as_str().into()]);
    }
    if let Some((opened_at, id)) = &wanted.page.after {
        filter.and("(opened_at, id) < (?, ?)", [(*opened_at).into(), id.as_str().into()]);
    }
    let order = "opened_at DESC, id DESC";
    let (rows, more) = filter.page(sql, "SELECT record FROM alerts", order, wanted.page.limit)?;
    let alerts = rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?;
    Ok(Reply::Alerts { alerts, more, dropped: reading::dropped(sql, caller)? })
}

/// A page of the audit log, newest first. Who is bound to a session reads that session's part, by its numbers.
pub fn audit(sql: &dyn Sql, caller: &Caller, wanted: &AuditQuery) -> Result<Reply, SqlError> {
    let mut filter = Filter::default();
    let bound = bound(caller);
    if let Some(session) = bound {
        filter.and("session_id = ?", [session.as_str().into()]);
    }
    if let Some(before) = wanted.before {
        let condition = if bound.is_some() { "session_seq < ?" } else { "audit_log.seq < ?" };
        filter.and(condition, [before.into()]);
    }
    if let Some(action) = &wanted.action {
        // An action is stored as its JSON string; the filter compares the same text.
        let action = serde_json::to_string(action).map_err(|_| SqlError("an action does not encode".to_owned()))?;
        filter.and("entry -> '$.action' = ?", [action.into()]);
    }
    if let Some(target) = &wanted.target {
        filter.and("entry ->> '$.target' = ?", [target.as_str().into()]);
    }
    if let Some(actor) = &wanted.actor {
        filter.and("entry ->> '$.actor.id' = ?", [actor.as_str().into()]);
    }
    let select = "SELECT entry, audit_log.seq, hash, session_id, session_seq FROM audit_log
        LEFT JOIN audit_origins ON audit_origins.seq = audit_log.seq";
    let order = if bound.is_some() { "session_seq DESC" } else { "audit_log.seq DESC" };
    let (rows, more) = filter.page(sql, select, order, wanted.limit)?;
    let entries = rows.iter().map(|row| logged(row, bound.is_some())).collect::<Result<_, _>>()?;
    let head = if bound.is_some() { None } else { Some(audit_log::head(sql)?) };
    Ok(Reply::Audit { entries, more, head })
}

/// A portion of the audit log as it is stored, oldest first; for callers who reach the whole organization.
pub fn chain(sql: &dyn Sql, caller: &Caller, after: i64) -> Result<Step<OrganizationObject>, Abort> {
    if bound(caller).is_some() {
        return Err(Rejection::OutsideReach.into());
    }
    let statement = "SELECT audit_log.seq, hash, entry, session_id FROM audit_log
        LEFT JOIN audit_origins ON audit_origins.seq = audit_log.seq
        WHERE audit_log.seq > ? ORDER BY audit_log.seq LIMIT ?";
    let rows = query(sql, statement, &[after.into(), audit_log::CHAIN_ROWS.into()])?;
    Ok(Step::done(Reply::Chain(audit_log::chain(sql, after, &rows)?)))
}

fn logged(row: &Row, bound: bool) -> Result<LoggedEntry, SqlError> {
    // Entries also come from the accounts of members.
    let session_id = row.optional_text(3)?.filter(|origin| origin.starts_with(SessionId::PREFIX));
    let session_id = session_id.map(|id| SessionId::from_trusted(id.to_owned()));
    Ok(LoggedEntry {
        seq: row.integer(if bound { 4 } else { 1 })?,
        hash: if bound { None } else { Some(row.text(2)?.to_owned()) },
        entry: row.json(0)?,
        session_id,
    })
}
