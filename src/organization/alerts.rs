//! The alerts of an organization: of one kind and subject there is at most one open.
//!
//! What is found arrives as a signal, as often as it likes, from sessions with a number that tells what comes later. An
//! event is emitted when an alert opens and when it resolves, in the transaction in which it does.

pub mod keys;
pub mod leaks;
pub mod mail;
pub mod pools;
pub mod reading;
pub mod rows;
pub mod ruling;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::domain::alert::record::Alert;
use crate::domain::alert::{Kind, Sighting, Signal};
use crate::domain::event::{About, Event, EventKind};
use crate::domain::id::{AlertId, SessionId};
use crate::domain::session::Session;
use crate::domain::timestamp::Timestamp;
use crate::object::Context;
use crate::ports::{Sql, SqlError};

use super::events;
use rows::{DROPPED, Kept, OPEN_MAX, Surplus};

/// Takes over what was found: opens an alert, brings it up to date, or resolves it.
///
/// # Errors
/// Those of the database.
pub fn signal(sql: &dyn Sql, context: &Context<'_>, signal: &Signal) -> Result<(), SqlError> {
    hear(sql, context, signal, None)
}

/// Takes over what a session tells. What it has told before, or later, changes nothing.
///
/// # Errors
/// Those of the database.
pub fn sighted(sql: &dyn Sql, context: &Context<'_>, session: &Session, sighting: &Sighting) -> Result<(), SqlError> {
    // Its own session, whatever stands there.
    let signal = Signal { session_id: Some(session.id.clone()), ..sighting.signal.clone() };
    hear(sql, context, &signal, Some(sighting))
}

fn hear(sql: &dyn Sql, context: &Context<'_>, signal: &Signal, sighting: Option<&Sighting>) -> Result<(), SqlError> {
    let latest = rows::latest(sql, signal.kind, &signal.subject)?;
    let version = sighting.map_or(0, |sighting| sighting.version);
    if sighting.is_some() && latest.as_ref().is_some_and(|kept| version <= kept.version) {
        return Ok(());
    }
    let opened_at = sighting.map_or(signal.at, |sighting| sighting.opened_at);
    let version = latest.as_ref().map_or(version, |kept| version.max(kept.version));
    let open = latest.as_ref().filter(|kept| kept.alert.resolved_at.is_none());
    let had_to_go = sighting.is_some() && latest.as_ref().is_some_and(|kept| kept.was_dropped_since(opened_at));
    let is_wanted = ruling::rules(sql)?.of(signal.kind).enabled;
    match (open, signal.is_open) {
        // It is on its way out.
        (Some(_), true) if !is_wanted => Ok(()),
        (Some(kept), true) => update(sql, context, kept, signal, version),
        (Some(kept), false) => resolve(sql, context, kept, signal, version),
        (None, true) if !is_wanted => Ok(()),
        // Else it would come back at the next word of the session, and another would have to go.
        (None, true) if had_to_go => Ok(()),
        (None, true) => {
            if rows::count_open(sql)? < OPEN_MAX || make_room(sql, context, signal)? {
                open_alert(sql, context, signal, opened_at, version)?;
            }
            Ok(())
        }
        // It was over before anybody here heard of it: told as a whole, once, for which there is always room.
        (None, false)
            if sighting.is_some()
                && latest.as_ref().is_none_or(|kept| kept.alert.opened_at < opened_at)
                && is_wanted =>
        {
            let kept = open_alert(sql, context, signal, opened_at, version)?;
            resolve(sql, context, &kept, signal, version)
        }
        (None, false) => Ok(()),
    }
}

/// Resolves the oldest of the least severe, if what wants in is more severe. One of the two is counted as dropped. Whether
/// there is room now.
fn make_room(sql: &dyn Sql, context: &Context<'_>, signal: &Signal) -> Result<bool, SqlError> {
    rows::count_dropped(sql)?;
    let Some(mut least) = rows::least(sql, signal.severity)? else { return Ok(false) };
    least.alert.facts.push((DROPPED.to_owned(), "true".to_owned()));
    over(sql, context, &least)?;
    Ok(true)
}

fn open_alert(
    sql: &dyn Sql,
    context: &Context<'_>,
    signal: &Signal,
    opened_at: Timestamp,
    version: i64,
) -> Result<Kept, SqlError> {
    let alert = Alert {
        id: id(context, signal),
        kind: signal.kind,
        subject: signal.subject.clone(),
        session_id: signal.session_id.clone(),
        severity: signal.severity,
        opened_at,
        updated_at: signal.at,
        resolved_at: None,
        acknowledged: None,
        facts: signal.facts.clone(),
    };
    let kept = Kept { alert, version };
    rows::insert(sql, &kept, ends_at(signal))?;
    tell(sql, context, EventKind::AlertOpened, &kept.alert)?;
    Ok(kept)
}

/// A step may open several: what is found tells their ids apart.
fn id(context: &Context<'_>, signal: &Signal) -> AlertId {
    let found = format!("{}\n{}", signal.kind.as_str(), signal.subject);
    let digest = Sha256::new().chain_update(context.seed).chain_update(found).finalize();
    let mut seed = [0; 64];
    for (to, byte) in seed.iter_mut().zip(digest) {
        *to = byte;
    }
    AlertId::from_seed(&seed)
}

fn update(sql: &dyn Sql, context: &Context<'_>, kept: &Kept, signal: &Signal, version: i64) -> Result<(), SqlError> {
    let mut alert = kept.alert.clone();
    alert.severity = signal.severity;
    alert.facts = signal.facts.clone();
    if alert == kept.alert && version == kept.version && signal.kind.lasts_ms().is_none() {
        return Ok(());
    }
    alert.updated_at = signal.at.max(context.now);
    rows::update(sql, &Kept { alert, version }, ends_at(signal))
}

fn resolve(sql: &dyn Sql, context: &Context<'_>, kept: &Kept, signal: &Signal, version: i64) -> Result<(), SqlError> {
    let mut alert = kept.alert.clone();
    if !signal.facts.is_empty() {
        alert.facts = signal.facts.clone();
    }
    (alert.resolved_at, alert.updated_at) = (Some(signal.at), context.now);
    let kept = Kept { alert, version };
    rows::update(sql, &kept, Some(context.now.plus_millis(rows::KEPT_MS)))?;
    tell(sql, context, EventKind::AlertResolved, &kept.alert)
}

/// When what has happened is over by itself.
fn ends_at(signal: &Signal) -> Option<Timestamp> {
    signal.kind.lasts_ms().map(|lasts| signal.at.plus_millis(lasts))
}

fn tell(sql: &dyn Sql, context: &Context<'_>, kind: EventKind, alert: &Alert) -> Result<(), SqlError> {
    mail::note(sql, context, alert)?;
    let about = [("sessionId", json!(alert.session_id)), ("alert", Value::Object(alert.described()))];
    let described: Map<String, Value> = about.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
    events::emit(sql, context, &Event { kind, at: context.now, actor: None, about: About::Other(&described) })
}

/// Has all resolved that are open of a kind, or about a session that has ended: a portion at a time, by `tidy`.
pub(super) fn resolve_all(sql: &dyn Sql, context: &Context<'_>, which: Which<'_>) -> Result<(), SqlError> {
    rows::make_due(sql, which, context.now)
}

/// Which open alerts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    /// All of a kind.
    Of(Kind),
    /// All about a session and its keys, but those that tell that what has ended is used: that somebody wants to know all
    /// the more.
    In(&'a SessionId),
}

fn over(sql: &dyn Sql, context: &Context<'_>, kept: &Kept) -> Result<(), SqlError> {
    let Alert { kind, subject, session_id, severity, .. } = kept.alert.clone();
    let signal = Signal { kind, subject, session_id, is_open: false, severity, at: context.now, facts: Vec::new() };
    resolve(sql, context, kept, &signal, kept.version)
}

/// Resolves what is over by itself, forgets what was resolved long ago, and looks at the keys whose time has come: a
/// portion of each.
pub(super) fn tidy(sql: &dyn Sql, surplus: &mut Surplus, context: &Context<'_>) -> Result<(), SqlError> {
    for kept in rows::due(sql, context.now)? {
        over(sql, context, &kept)?;
    }
    rows::forget(sql, context.now)?;
    surplus.tidy(sql, context.now)?;
    keys::tidy(sql, context)
}

/// When there is something to do of this.
pub(super) fn tidy_at(sql: &dyn Sql, surplus: &Surplus, now: Timestamp) -> Result<Option<Timestamp>, SqlError> {
    Ok([rows::next_due(sql)?, surplus.tidy_at(now), keys::tidy_at(sql, now)?].into_iter().flatten().min())
}
