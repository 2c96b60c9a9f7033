//! `…/usage`: what keys have been used for, counted; and the last verifications of a key, one by one.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};

use super::callers::{By, ReadApiKeys, ReadSessions};
use super::fields::plain::one_of;
use super::fields::values::timestamp;
use super::fields::{FieldCode, FieldError};
use super::keys::environment_filter;
use super::outcome_body::{OutcomesBody, rounded};
use super::pages::{PAGE_ROWS_DEFAULT, limit};
use super::paths::{KeyPath, SessionPath};
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::App;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::outcomes::Outcomes;
use crate::domain::usage::series::{Grain, Slab, total};
use crate::domain::usage::{Seen, UsageQuery, Used};
use crate::domain::verification::Code;

/// How many steps one answer may have.
pub(super) const STEPS_MAX: i64 = 1_500;
/// How long (ms) the time is that is told of unless the client says so.
const SPAN_MS_DEFAULT: i64 = 24 * 60 * 60 * 1_000;
/// Up to which span (ms) steps are minutes, and hours, unless the client says so.
const SPAN_MS_OF_MINUTES: i64 = 3 * 60 * 60 * 1_000;
const SPAN_MS_OF_HOURS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// What keys have been used for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsageBody {
    /// The beginning, which is the beginning of a step.
    from: String,
    /// The end, which is not included.
    to: String,
    /// How long a step is.
    granularity: &'static str,
    /// All steps together.
    totals: UsageTotalsBody,
    /// The steps, the earliest first, without a gap.
    series: Vec<UsageStepBody>,
    /// The last time that a key was let through.
    last_used: Option<LastUsedBody>,
}

/// Counts of a whole time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsageTotalsBody {
    /// How many verifications.
    requests: u64,
    /// How many were `VALID`.
    valid: u64,
    /// How many were not.
    refused: u64,
    /// How many of each outcome; those that did not occur are left out.
    by_code: Map<String, Value>,
    /// `valid` divided by `requests`; null without any.
    success_rate: Option<f64>,
    /// `refused` divided by `requests`; null without any.
    error_rate: Option<f64>,
    /// What became of requests, as far as backends have told it.
    outcomes: OutcomesBody,
    /// `requests` divided by the days from `from` to `to`, or to now if that is earlier.
    requests_per_day: f64,
}

/// Counts of one step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsageStepBody {
    /// When it begins.
    at: String,
    /// How many verifications.
    requests: u64,
    /// How many were `VALID`.
    valid: u64,
    /// How many of each outcome; those that did not occur are left out.
    by_code: Map<String, Value>,
    /// What became of requests; null where nothing was told.
    outcomes: Option<OutcomesBody>,
}

/// The last time that a key was let through.
#[derive(Debug, Serialize)]
pub(super) struct LastUsedBody {
    /// When.
    at: String,
    /// The country, ISO 3166-1 alpha-2.
    country: Option<String>,
    /// The platform's location, by the code of an airport.
    colo: Option<String>,
    /// What the client calls itself, shortened.
    client: Option<String>,
}

/// The last verifications of a key.
#[derive(Debug, Serialize)]
pub(super) struct RequestsBody {
    /// The verifications, the latest first.
    data: Vec<RequestBody>,
}

/// One verification.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestBody {
    /// The id that the verification was answered with.
    verification_id: String,
    /// When.
    at: String,
    /// What was decided.
    code: &'static str,
    /// What it cost.
    cost: u32,
    /// The country, ISO 3166-1 alpha-2.
    country: Option<String>,
    /// The platform's location, by the code of an airport.
    colo: Option<String>,
    /// What the client calls itself, shortened.
    client: Option<String>,
    /// The address that the key was used from, if it was told.
    ip: Option<String>,
    /// The caller's own words for it.
    tags: Vec<String>,
}

/// Tells what an API key has been used for.
pub(super) async fn of_key(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadApiKeys>,
    KeyPath(id): KeyPath,
    mut query: Query,
) -> Result<Reply<UsageBody>, Problem> {
    let wanted = wanted(&mut query, app.now(), Grain::Minute);
    let wanted = query.finish_with(|| wanted)?;
    let usage = app.key_usage(&caller, &id, wanted).await?;
    Ok(Reply::ok(UsageBody::new(wanted, usage, app.now())))
}

/// Tells what all keys of a session have been used for.
pub(super) async fn of_session(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadSessions>,
    SessionPath(id): SessionPath,
    mut query: Query,
) -> Result<Reply<UsageBody>, Problem> {
    let wanted = wanted(&mut query, app.now(), Grain::Minute);
    let wanted = query.finish_with(|| wanted)?;
    let usage = app.session_usage(&caller, &id, wanted).await?;
    Ok(Reply::ok(UsageBody::new(wanted, usage, app.now())))
}

/// Tells what all keys within the caller's reach have been used for, as far as sessions have told it: in hours or days.
pub(super) async fn of_organization(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadSessions>,
    mut query: Query,
) -> Result<Reply<UsageBody>, Problem> {
    let environment = query.optional("environment", environment_filter);
    let wanted = wanted(&mut query, app.now(), Grain::Hour);
    let wanted = query.finish_with(|| wanted)?;
    let usage = app.usage(&caller, environment, wanted).await?;
    Ok(Reply::ok(UsageBody::new(wanted, usage, app.now())))
}

/// Lists the last verifications of an API key, the latest first: all of a quiet key, some of a busy one.
pub(super) async fn requests(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadApiKeys>,
    KeyPath(id): KeyPath,
    mut query: Query,
) -> Result<Reply<RequestsBody>, Problem> {
    let limit = limit(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let requests = app.key_requests(&caller, &id, limit).await?;
    Ok(Reply::ok(RequestsBody { data: requests.into_iter().map(RequestBody::new).collect() }))
}

/// The time that is asked about, from the beginning of a step to the end of one.
fn wanted(query: &mut Query, now: Timestamp, finest: Grain) -> Option<UsageQuery> {
    let (has_from, has_to) = (query.has("from"), query.has("to"));
    let from = query.optional("from", timestamp);
    let to = query.optional("to", timestamp);
    let words = [Grain::Minute, Grain::Hour, Grain::Day].map(|grain| (grain.as_str(), grain));
    let kept: Vec<(&str, Grain)> = words.into_iter().filter(|(_, grain)| *grain >= finest).collect();
    let asked = query.has("granularity");
    let granularity = query.optional("granularity", one_of(&kept));
    if (has_from && from.is_none()) || (has_to && to.is_none()) || (asked && granularity.is_none()) {
        return None;
    }
    let to = to.unwrap_or(now);
    let from = from.unwrap_or(to.plus_millis(-SPAN_MS_DEFAULT));
    if from >= to {
        query.fail("from", FieldError::new(FieldCode::OutOfRange, "must be earlier than `to`"));
        return None;
    }
    let granularity = granularity.unwrap_or_else(|| usual(to.millis_since(from)).max(finest));
    let start = granularity.start_of(from);
    let last = granularity.start_of(to);
    let end = if last == to { to } else { last.plus_millis(granularity.ms()) };
    if end.millis_since(start) / granularity.ms() > STEPS_MAX {
        let error = FieldError::new(FieldCode::OutOfRange, "makes too many steps of the time that is asked about");
        query.fail("granularity", error);
        return None;
    }
    Some(UsageQuery { from: start, to: end, granularity })
}

fn usual(span_ms: i64) -> Grain {
    if span_ms <= SPAN_MS_OF_MINUTES {
        Grain::Minute
    } else if span_ms <= SPAN_MS_OF_HOURS {
        Grain::Hour
    } else {
        Grain::Day
    }
}

impl UsageBody {
    fn new(query: UsageQuery, usage: Slab, now: Timestamp) -> Self {
        let UsageQuery { from, to, granularity } = query;
        let Slab { steps: counted, outcomes, last } = usage.in_steps_of(granularity).within(from, to);
        let mut series = Vec::new();
        let mut start = from;
        while start < to {
            let counts = counted.at(start).map(Vec::as_slice).unwrap_or_default();
            let [requests, valid] = [total(counts), valid(counts)];
            let outcomes = outcomes.at(start).map(OutcomesBody::new);
            series.push(UsageStepBody { at: start.to_string(), requests, valid, by_code: by_code(counts), outcomes });
            start = start.plus_millis(granularity.ms());
        }
        let days = to.min(now).millis_since(from).max(1) as f64 / Grain::Day.ms() as f64;
        Self {
            from: from.to_string(),
            to: to.to_string(),
            granularity: granularity.as_str(),
            totals: UsageTotalsBody::new(&counted.sum(), &outcomes.sum(), days),
            series,
            last_used: last.map(LastUsedBody::new),
        }
    }
}

impl UsageTotalsBody {
    fn new(counts: &[(Code, u64)], outcomes: &Outcomes, days: f64) -> Self {
        let (requests, valid) = (total(counts), valid(counts));
        let refused = requests.saturating_sub(valid);
        let share = |part: u64| (requests > 0).then(|| rounded(part as f64 / requests as f64));
        Self {
            requests,
            valid,
            refused,
            by_code: by_code(counts),
            success_rate: share(valid),
            error_rate: share(refused),
            outcomes: OutcomesBody::new(outcomes),
            requests_per_day: rounded(requests as f64 / days),
        }
    }
}

impl LastUsedBody {
    /// Writes a use.
    pub(super) fn new(used: Used) -> Self {
        let (at, origin) = (used.at.to_string(), used.origin);
        Self { at, country: origin.country, colo: origin.colo, client: origin.client }
    }
}

impl RequestBody {
    fn new(seen: Seen) -> Self {
        let origin = seen.origin;
        Self {
            verification_id: seen.id.to_string(),
            at: seen.at.to_string(),
            code: seen.code.as_str(),
            cost: seen.cost,
            country: origin.country,
            colo: origin.colo,
            client: origin.client,
            ip: seen.ip.map(|ip| ip.to_string()),
            tags: seen.tags,
        }
    }
}

fn valid(counts: &[(Code, u64)]) -> u64 {
    counts.iter().filter(|(code, _)| *code == Code::Valid).map(|(_, count)| *count).sum()
}

fn by_code(counts: &[(Code, u64)]) -> Map<String, Value> {
    let found = |code: &Code| counts.iter().find(|(counted, _)| counted == code);
    Code::ALL.iter().filter_map(found).map(|(code, count)| (code.as_str().to_owned(), (*count).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-06-15T12:34:56.789Z").unwrap()
    }

    fn read(text: &str, finest: Grain) -> Result<String, Vec<String>> {
        let mut query = Query::of(text);
        let wanted = wanted(&mut query, now(), finest);
        query
            .finish_with(|| wanted)
            .map(|query| format!("{} {} {}", query.from, query.to, query.granularity.as_str()))
            .map_err(|errors| errors.iter().map(|error| error.place().to_owned()).collect())
    }

    #[test]
    fn a_time_is_widened_to_whole_steps_and_the_steps_follow_from_its_length() {
        for (text, expected) in [
            ("", "2026-06-14T12:00:00.000Z 2026-06-15T13:00:00.000Z hour"),
            ("granularity=minute", "2026-06-14T12:34:00.000Z 2026-06-15T12:35:00.000Z minute"),
            ("from=2026-06-15T10:00:30Z", "2026-06-15T10:00:00.000Z 2026-06-15T12:35:00.000Z minute"),
            ("from=2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z 2026-06-16T00:00:00.000Z day"),
            (
                "from=2026-06-01T00:00:00Z&to=2026-06-02T00:00:00Z",
                "2026-06-01T00:00:00.000Z 2026-06-02T00:00:00.000Z hour",
            ),
            ("to=2026-06-02T00:00:00Z", "2026-06-01T00:00:00.000Z 2026-06-02T00:00:00.000Z hour"),
        ] {
            assert_eq!(read(text, Grain::Minute).as_deref(), Ok(expected), "{text}");
        }
        let hours = "2026-06-15T10:00:00.000Z 2026-06-15T13:00:00.000Z hour";
        assert_eq!(read("from=2026-06-15T10:00:30Z", Grain::Hour).as_deref(), Ok(hours));
    }

    #[test]
    fn what_makes_no_sense_or_too_many_steps_is_refused_where_it_stands() {
        for (text, finest, place) in [
            ("from=yesterday", Grain::Minute, "from"),
            ("to=2026-06-15", Grain::Minute, "to"),
            ("from=2026-07-01T00:00:00Z", Grain::Minute, "from"),
            ("from=2026-06-01T00:00:00Z&to=2026-06-01T00:00:00Z", Grain::Minute, "from"),
            ("granularity=week", Grain::Minute, "granularity"),
            ("granularity=minute", Grain::Hour, "granularity"),
            ("from=2026-06-01T00:00:00Z&granularity=minute", Grain::Minute, "granularity"),
            ("from=2020-01-01T00:00:00Z", Grain::Minute, "granularity"),
            ("environment=production", Grain::Minute, "environment"),
        ] {
            assert_eq!(read(text, finest), Err(vec![place.to_owned()]), "{text}");
        }
    }

    #[test]
    fn rates_and_requests_per_day_are_of_what_was_counted() {
        let mut usage = Slab::default();
        usage.steps.add(Grain::Hour.start_of(now()), &[(Code::Valid, 3), (Code::RateLimited, 1)]);
        let (to, from) = (Grain::Hour.start_of(now()).plus_millis(3_600_000), now().plus_millis(-43_200_000));
        let body = UsageBody::new(UsageQuery { from, to, granularity: Grain::Hour }, usage, now());
        assert_eq!((body.totals.requests, body.totals.valid, body.totals.refused), (4, 3, 1));
        assert_eq!((body.totals.success_rate, body.totals.error_rate), (Some(0.75), Some(0.25)));
        assert_eq!(body.totals.requests_per_day, 8.0, "half a day");
        let nothing = UsageTotalsBody::new(&[], &Outcomes::default(), 1.0);
        assert_eq!((nothing.success_rate, nothing.error_rate, nothing.requests_per_day), (None, None, 0.0));
    }
}
