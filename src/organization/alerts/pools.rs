//! The pools of the plan: whether one is almost used up. A draw only notes in memory that it may be; the alarm looks.

use crate::domain::alert::machine::{Verdict, Watch, evaluate};
use crate::domain::alert::readings::{facts_of, fullest, limit, percent_used};
use crate::domain::alert::rules::Rules;
use crate::domain::alert::{Kind, Severity, Signal};
use crate::domain::organization::Organization;
use crate::domain::rate_limit::LimitUse;
use crate::domain::session::OrganizationStatus;
use crate::domain::timestamp::Timestamp;
use crate::object::Context;
use crate::object::rows::{execute, json, query_one};
use crate::organization::policy::{self, Memory};
use crate::organization::store;
use crate::ports::{Sql, SqlError};

use super::{hear, ruling};

/// What is remembered of the alert while it is open, and when to look again.
pub const SCHEMA: &str = "CREATE TABLE pool_watch (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    due_at INTEGER NOT NULL,
    record TEXT NOT NULL
)";

/// How to forget it, and whether anything is left.
pub const FORGET: (&str, &str) =
    ("DELETE FROM pool_watch WHERE only IN (SELECT only FROM pool_watch LIMIT ?)", "SELECT 1 FROM pool_watch LIMIT 1");

/// How long (ms) there is between two looks.
const LOOK_MS: i64 = 60_000;

/// What an organization knows of its pools beyond its rows.
#[derive(Debug, Default)]
pub struct Pools {
    /// From how many per cent on it matters; none until somebody has asked, and where nobody wants to know.
    threshold: Option<Option<u64>>,
    /// The version of the rules; none until somebody has asked.
    version: Option<i64>,
    /// Whether a draw has found that it may matter.
    is_tight: bool,
    /// When the alarm last looked.
    looked_at: Option<Timestamp>,
    /// Whether a step has left something for the alarm.
    has_work: bool,
}

impl Pools {
    /// A draw has left this much of a pool.
    pub(in crate::organization) fn drawn(&mut self, sql: &dyn Sql, limit: &LimitUse) -> Result<(), SqlError> {
        let threshold = match self.threshold {
            Some(threshold) => threshold,
            None => {
                let rule = ruling::rules(sql)?.of(Kind::NearLimit);
                *self.threshold.insert(rule.threshold.filter(|_| rule.enabled).map(u64::from))
            }
        };
        if !self.is_tight && threshold.is_some_and(|threshold| percent_used(limit) >= threshold) {
            (self.is_tight, self.has_work) = (true, true);
        }
        Ok(())
    }

    /// The rules, if they are later than what a session knows.
    pub(in crate::organization) fn later_rules(
        &mut self,
        sql: &dyn Sql,
        known: i64,
    ) -> Result<Option<Box<Rules>>, SqlError> {
        let version = match self.version {
            Some(version) => version,
            None => *self.version.insert(ruling::rules(sql)?.version),
        };
        if version > known { ruling::rules(sql).map(|rules| Some(Box::new(rules))) } else { Ok(None) }
    }

    /// The rules have changed.
    pub(super) fn forget_rule(&mut self) {
        (self.threshold, self.version) = (None, None);
    }

    /// Whether the alarm has to be set.
    pub(in crate::organization) fn take_work(&mut self) -> bool {
        std::mem::take(&mut self.has_work)
    }

    fn look_at(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.looked_at.filter(|at| *at <= now).map_or(now, |at| at.plus_millis(LOOK_MS));
        self.is_tight.then_some(next)
    }
}

fn watch(sql: &dyn Sql) -> Result<Option<(Watch, Timestamp)>, SqlError> {
    let row = query_one(sql, "SELECT record, due_at FROM pool_watch", &[])?;
    row.map(|row| Ok((row.json(0)?, row.timestamp(1)?))).transpose()
}

/// Looks at the pools, if it is time.
pub(in crate::organization) fn tidy(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    organization: &Organization,
) -> Result<(), SqlError> {
    let known = watch(sql)?;
    let is_due = known.as_ref().is_some_and(|(_, due_at)| *due_at <= context.now);
    let is_tight = memory.pools.look_at(context.now).is_some_and(|at| at <= context.now);
    if !is_due && !is_tight {
        return Ok(());
    }
    (memory.pools.is_tight, memory.pools.looked_at) = (false, Some(context.now));
    let rule = ruling::rules(sql)?.of(Kind::NearLimit);
    let limits = policy::pools(sql, memory, context, organization)?;
    let fullest = fullest(&limits);
    let reading = limit(context.now, &rule, fullest);
    let known = known.map(|(watch, _)| watch);
    let (verdict, watch) = evaluate(Kind::NearLimit, &reading, &rule, known.as_ref());
    match &watch {
        None => execute(sql, "DELETE FROM pool_watch", &[])?,
        Some(watch) => {
            let statement = "INSERT OR REPLACE INTO pool_watch (only, due_at, record) VALUES (1, ?, ?)";
            execute(sql, statement, &[context.now.plus_millis(LOOK_MS).into(), json(watch)?])?;
        }
    }
    if verdict == Verdict::Nothing {
        return Ok(());
    }
    let signal = Signal {
        kind: Kind::NearLimit,
        subject: organization.id.to_string(),
        session_id: None,
        is_open: verdict != Verdict::Resolve,
        severity: watch.map_or(Severity::Warning, |watch| watch.severity),
        at: context.now,
        facts: fullest.map(facts_of).unwrap_or_default(),
    };
    hear(sql, context, &signal, None)
}

/// When to look next.
pub(in crate::organization) fn tidy_at(
    sql: &dyn Sql,
    memory: &Memory,
    now: Timestamp,
) -> Result<Option<Timestamp>, SqlError> {
    let due = watch(sql)?.map(|(_, due_at)| due_at);
    Ok([due, memory.pools.look_at(now)].into_iter().flatten().min())
}

/// Whether the organization still has anything to be told of.
pub(in crate::organization) fn standing(sql: &dyn Sql) -> Result<Option<Organization>, SqlError> {
    Ok(store::organization(sql)?.filter(|organization| organization.policy.status != OrganizationStatus::Deleted))
}
