//! What happens rather than lasts: a key that has ended is used, or a key is used from a country it was never used from.

use super::watched::{self, Occurrence, Watched};
use super::{News, Subject, Watcher};
use crate::domain::alert::{Kind, Severity};
use crate::domain::api_key::ApiKey;
use crate::domain::usage::Used;
use crate::domain::verification::Code;
use crate::object::Context;
use crate::ports::{Sql, SqlError};
use crate::session::store;

/// How many countries of a key are remembered; beyond that, nothing is said of a new one.
pub(crate) const COUNTRIES_MAX: usize = 64;

impl Watcher<'_> {
    /// Uses of a key that was revoked, or replaced by another: whoever goes on has not heard of it.
    pub(super) fn ended(
        &self,
        sql: &dyn Sql,
        context: &Context<'_>,
        subject: &Subject<'_>,
        key: &ApiKey,
        watched: &mut Watched,
        news: &News,
    ) -> Result<(), SqlError> {
        let of = |code: Code| news.counts.iter().find(|(counted, _)| *counted == code).map_or(0, |(_, count)| *count);
        let expired = if key.rotated_to.is_some() { of(Code::Expired) } else { 0 };
        let has_ended = key.revocation.is_some() || key.rotated_to.is_some();
        let calls = if has_ended { news.refused_calls } else { 0 };
        let refused = of(Code::Revoked).saturating_add(expired).saturating_add(calls);
        let is_overlapping = refused == 0 && self.is_used_after_rotation(sql, key, news)?;
        // Calls of its own are uses, and are not counted.
        let overlapping = if is_overlapping { of(Code::Valid).max(1) } else { 0 };
        let count = refused.saturating_add(overlapping);
        if count == 0 {
            return Ok(());
        }
        let used = if refused > 0 { news.refused.clone() } else { news.last.clone() };
        let mut facts =
            vec![("reason".to_owned(), if key.rotated_to.is_some() { "replaced" } else { "revoked" }.to_owned())];
        if key.revocation.is_some() {
            facts = vec![("reason".to_owned(), "revoked".to_owned())];
        }
        facts.extend(used.iter().flat_map(place));
        let occurrence = Occurrence {
            kind: Kind::RevokedKeyUsed,
            // Until the overlap ends, nothing is broken.
            severity: if refused > 0 { Severity::Warning } else { Severity::Info },
            count,
            is_news: false,
            facts,
        };
        self.occurs(sql, context, subject, watched, occurrence)
    }

    fn is_used_after_rotation(&self, sql: &dyn Sql, key: &ApiKey, news: &News) -> Result<bool, SqlError> {
        let (Some(successor), Some(last)) = (&key.rotated_to, &news.last) else { return Ok(false) };
        let successor = store::key_by_id(sql, &self.state.session, successor)?;
        Ok(successor.is_some_and(|successor| last.at > successor.created_at))
    }

    /// Countries that a key was never used from; the first one is where it belongs.
    pub(super) fn countries(
        &self,
        sql: &dyn Sql,
        context: &Context<'_>,
        subject: &Subject<'_>,
        watched: &mut Watched,
        news: &News,
    ) -> Result<(), SqlError> {
        let mut uses: Vec<(&String, &Used)> = news.countries.iter().collect();
        uses.sort_by_key(|(_, used)| used.at);
        for (country, used) in uses {
            if watched.countries.contains(country) || watched.countries.len() >= COUNTRIES_MAX {
                continue;
            }
            let is_first = watched.countries.is_empty();
            watched.countries.push(country.clone());
            if is_first {
                continue;
            }
            let mut facts = place(used);
            facts.push(("countries".to_owned(), watched.countries.join(", ")));
            let (kind, severity) = (Kind::NewCountry, Severity::Warning);
            let occurrence = Occurrence { kind, severity, count: 1, is_news: true, facts };
            self.occurs(sql, context, subject, watched, occurrence)?;
        }
        Ok(())
    }

    fn occurs(
        &self,
        sql: &dyn Sql,
        context: &Context<'_>,
        subject: &Subject<'_>,
        watched: &mut Watched,
        occurrence: Occurrence,
    ) -> Result<(), SqlError> {
        let kind = occurrence.kind;
        if !self.rules.of(kind).enabled {
            return Ok(());
        }
        let (version, is_urgent) = watched.occur(occurrence, (subject.id, &self.state.session.id), context.now);
        let delay = if is_urgent { 0 } else { watched::UPDATE_MS };
        watched::tell(sql, kind, subject.name, version, context.now.plus_millis(delay))
    }
}

fn place(used: &Used) -> Vec<(String, String)> {
    let origin = &used.origin;
    let named = [("country", &origin.country), ("colo", &origin.colo), ("client", &origin.client)];
    let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    named.chain([("lastUsedAt".to_owned(), used.at.to_string())]).collect()
}
