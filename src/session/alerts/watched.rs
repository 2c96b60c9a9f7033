//! What is remembered of a subject between two looks, and what the organization is told of it: how it stands, under a
//! number that rises.

use serde::{Deserialize, Serialize};

use crate::domain::alert::machine::{CALM_PAUSE_MS, Verdict, Watch};
use crate::domain::alert::{EPISODE_MARGIN_MS, Kind, Severity, Sighting, Signal};
use crate::domain::id::SessionId;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::Used;
use crate::object::outbox::{self, EntryKey};
use crate::object::rows::{execute, query, query_one};
use crate::ports::{Sql, SqlError, SqlValue};
use crate::session::projection::ALERTS;

/// Whose open alerts are to be looked at again, and when.
pub const SCHEMA: &str = "CREATE TABLE alert_watches (subject TEXT PRIMARY KEY, due_at INTEGER NOT NULL) WITHOUT ROWID";
/// Finds the next.
pub const INDEX_BY_TIME: &str = "CREATE INDEX alert_watches_by_time ON alert_watches (due_at)";
/// How to forget a portion, and whether anything is left.
pub const FORGET: (&str, &str) = (
    "DELETE FROM alert_watches WHERE subject IN (SELECT subject FROM alert_watches LIMIT ?)",
    "SELECT 1 FROM alert_watches LIMIT 1",
);

/// How long (ms) news of what goes on waits for more of it.
pub(super) const UPDATE_MS: i64 = 60_000;
/// How long (ms) until traffic is looked at again while an alert about it is open.
const LOOK_MS: i64 = 5 * 60 * 1_000;
/// The same for limits: a sixteenth of their window, but at most this (ms).
const LOOK_MS_MAX: i64 = 6 * 60 * 60 * 1_000;
/// How many subjects are looked at at once.
const PORTION: i64 = 20;

/// What is remembered of a subject. Of each kind there is one episode, the last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// What was told, and how it goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) episodes: Vec<Episode>,
    /// Where it was used from, in the order of the first uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) countries: Vec<String>,
    /// The window (ms) of the limit that was the fullest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) limit_window_ms: Option<u32>,
}

/// Something that was worth an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Episode {
    sighting: Sighting,
    /// How it goes on, while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    watch: Option<Watch>,
    /// How often it has happened.
    #[serde(default, skip_serializing_if = "is_zero")]
    count: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference; on wasm32 it is no trifle")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Something that has happened.
pub(super) struct Occurrence {
    pub(super) kind: Kind,
    pub(super) severity: Severity,
    /// How often.
    pub(super) count: u64,
    /// Whether it is another thing than before, which nobody should wait for.
    pub(super) is_news: bool,
    pub(super) facts: Vec<(String, String)>,
}

impl Watched {
    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.episodes.is_empty() && self.countries.is_empty()
    }

    /// What the organization is told of a kind.
    #[must_use]
    pub fn sighting(&self, kind: Kind) -> Option<&Sighting> {
        self.episode(kind).map(|episode| &episode.sighting)
    }

    /// A key from before anybody looked belongs to where it was used from last.
    pub fn begin(&mut self, before: Option<&Used>) {
        if self.countries.is_empty() {
            self.countries.extend(before.and_then(|used| used.origin.country.clone()));
        }
    }

    fn episode(&self, kind: Kind) -> Option<&Episode> {
        self.episodes.iter().find(|episode| episode.sighting.signal.kind == kind)
    }

    /// How an alert of this kind goes on that is open.
    pub(super) fn watch(&self, kind: Kind) -> Option<&Watch> {
        self.episode(kind)?.watch.as_ref()
    }

    /// The next number of a kind.
    fn next_version(&self, kind: Kind) -> i64 {
        self.episode(kind).map_or(1, |episode| episode.sighting.version.saturating_add(1))
    }

    fn replace(&mut self, episode: Episode) {
        let kind = episode.sighting.signal.kind;
        self.episodes.retain(|known| known.sighting.signal.kind != kind);
        self.episodes.push(episode);
    }

    /// Notes what was decided about something that lasts. The number of what is to be told, if anything is.
    pub(super) fn note(
        &mut self,
        kind: Kind,
        verdict: Verdict,
        watch: Option<Watch>,
        (subject, session_id): (&str, &SessionId),
        at: Timestamp,
        facts: Vec<(String, String)>,
    ) -> Option<i64> {
        let before = self.episode(kind);
        if verdict == Verdict::Nothing {
            let changed = before.filter(|episode| episode.watch != watch).cloned();
            if let Some(episode) = changed {
                self.replace(Episode { watch, ..episode });
            }
            return None;
        }
        let severity = watch.as_ref().map(|watch| watch.severity);
        let severity = severity.or(before.map(|episode| episode.sighting.signal.severity));
        let opened_at = match before {
            Some(episode) if verdict != Verdict::Open => episode.sighting.opened_at,
            _ => at,
        };
        let signal = Signal {
            kind,
            subject: subject.to_owned(),
            session_id: Some(session_id.clone()),
            is_open: verdict != Verdict::Resolve,
            severity: severity.unwrap_or(Severity::Warning),
            at,
            facts,
        };
        let version = self.next_version(kind);
        self.replace(Episode { sighting: Sighting { signal, opened_at, version }, watch, count: 0 });
        Some(version)
    }

    /// Notes that something has happened: for the first time in a while, or again. The number of what is to be told, and
    /// whether at once.
    pub(super) fn occur(
        &mut self,
        occurrence: Occurrence,
        (subject, session_id): (&str, &SessionId),
        at: Timestamp,
    ) -> (i64, bool) {
        let Occurrence { kind, severity, count, is_news, mut facts } = occurrence;
        let lasts = kind.lasts_ms().map_or(0, |lasts| lasts.saturating_sub(EPISODE_MARGIN_MS));
        let goes_on = |episode: &&Episode| {
            let since = at.millis_since(episode.sighting.signal.at);
            episode.sighting.signal.is_open && (-lasts..lasts).contains(&since)
        };
        let before = self.episode(kind).filter(goes_on);
        let worst = before.map(|episode| episode.sighting.signal.severity);
        let is_urgent = is_news || worst.is_none_or(|worst| severity > worst);
        let count = before.map_or(0, |episode| episode.count).saturating_add(count);
        let opened_at = before.map_or(at, |episode| episode.sighting.opened_at);
        facts.insert(0, ("count".to_owned(), count.to_string()));
        let signal = Signal {
            kind,
            subject: subject.to_owned(),
            session_id: Some(session_id.clone()),
            is_open: true,
            severity: worst.map_or(severity, |worst| worst.max(severity)),
            at,
            facts,
        };
        let version = self.next_version(kind);
        self.replace(Episode { sighting: Sighting { signal, opened_at, version }, watch: None, count });
        (version, is_urgent)
    }

    /// When to look again, if something is open that passes by itself.
    fn look_at(&self, now: Timestamp) -> Option<Timestamp> {
        let open =
            self.episodes.iter().filter_map(|episode| Some((episode.sighting.signal.kind, episode.watch.as_ref()?)));
        let pauses = open.map(|(kind, watch)| match kind {
            _ if watch.calm > 0 => CALM_PAUSE_MS,
            Kind::NearLimit => {
                let window = self.limit_window_ms.map_or(LOOK_MS, i64::from);
                (window / 16).clamp(CALM_PAUSE_MS, LOOK_MS_MAX)
            }
            Kind::TrafficSpike
            | Kind::ErrorRate
            | Kind::KeyExpiring
            | Kind::KeyUnused
            | Kind::RotationDue
            | Kind::RevokedKeyUsed
            | Kind::NewCountry
            | Kind::WebhookDead
            | Kind::DomainLost
            | Kind::KeyLeaked => LOOK_MS,
        });
        pauses.min().map(|pause| now.plus_millis(pause))
    }
}

/// Sees to it that somebody looks again.
pub(super) fn schedule(sql: &dyn Sql, subject: &str, watched: &Watched, now: Timestamp) -> Result<(), SqlError> {
    match watched.look_at(now) {
        Some(due_at) => {
            let statement = "INSERT INTO alert_watches (subject, due_at) VALUES (?, ?)
                ON CONFLICT (subject) DO UPDATE SET due_at = excluded.due_at";
            execute(sql, statement, &[subject.into(), due_at.into()])
        }
        None if watched.episodes.is_empty() => Ok(()),
        None => let_go(sql, subject),
    }
}

/// Nobody has to look any more.
pub(super) fn let_go(sql: &dyn Sql, subject: &str) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM alert_watches WHERE subject = ?", &[subject.into()])
}

/// A portion of the subjects that are to be looked at.
pub fn due(sql: &dyn Sql, now: Timestamp) -> Result<Vec<String>, SqlError> {
    let statement = "SELECT subject FROM alert_watches WHERE due_at <= ? ORDER BY due_at LIMIT ?";
    query(sql, statement, &[now.into(), PORTION.into()])?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// When the next one is.
pub fn next_due(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let row = query_one(sql, "SELECT min(due_at) FROM alert_watches", &[] as &[SqlValue])?;
    row.map_or(Ok(None), |row| row.optional_timestamp(0))
}

/// Sees to it that the organization hears of a kind and subject.
pub(super) fn tell(sql: &dyn Sql, kind: Kind, subject: &str, version: i64, due_at: Timestamp) -> Result<(), SqlError> {
    outbox::put(sql, ALERTS, &format!("{}:{subject}", kind.as_str()), version, due_at).map(drop)
}

/// What an entry of the outbox is about: kind and subject.
pub fn named(entry: &EntryKey) -> Option<(Kind, &str)> {
    let (kind, subject) = entry.subject.split_once(':')?;
    Some((Kind::parse(kind)?, subject))
}
