//! `…/alert_rules`: when something is worth an alert, and changing that.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::{By, ReadAlerts, WriteAlerts};
use super::fields::plain::{boolean, integer, object};
use super::fields::{FieldCode, FieldError, FieldErrors, Fields};
use super::json::Json;
use super::pages::{PageBody, Pagination, no_parameters};
use super::paths::AlertKindPath;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::App;
use crate::domain::alert::Kind;
use crate::domain::alert::rules::{DAYS_MAX, Days, MINIMUM_MAX, Rule, RuleChange, Rules};
use crate::domain::change::Change;
use crate::domain::environment::Environment;

/// When something of one kind is worth an alert.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertRuleBody {
    /// The kind of alerts.
    kind: &'static str,
    /// Whether alerts of this kind are opened.
    enabled: bool,
    /// From which measure on, in `unit`; null where nothing is measured.
    threshold: Option<u32>,
    /// What the threshold counts: `times_usual`, `percent` or `days`; null where there is none.
    unit: Option<&'static str>,
    /// Of how many requests within ten minutes at least; null where it does not matter.
    minimum: Option<u32>,
    /// After how many days, by environment; null where that is the same for all.
    environments: Option<AlertDaysBody>,
    /// Whether it is as it is by default.
    is_default: bool,
}

/// After how many days, by environment; null for never.
#[derive(Debug, Serialize)]
pub(super) struct AlertDaysBody {
    /// In production.
    production: Option<u32>,
    /// In staging.
    staging: Option<u32>,
    /// In development.
    development: Option<u32>,
    /// In sessions without an environment.
    none: Option<u32>,
}

impl AlertRuleBody {
    pub(super) fn new(kind: Kind, rules: &Rules) -> Self {
        let Rule { enabled, threshold, minimum, days } = rules.of(kind);
        let unit = match kind {
            Kind::TrafficSpike => Some("times_usual"),
            Kind::ErrorRate | Kind::NearLimit => Some("percent"),
            Kind::KeyExpiring | Kind::KeyUnused => Some("days"),
            Kind::RotationDue
            | Kind::RevokedKeyUsed
            | Kind::NewCountry
            | Kind::WebhookDead
            | Kind::DomainLost
            | Kind::KeyLeaked => None,
        };
        let environments = days.map(|Days { production, staging, development, none }| AlertDaysBody {
            production,
            staging,
            development,
            none,
        });
        let is_default = rules.of(kind) == Rule::default_of(kind);
        Self { kind: kind.as_str(), enabled, threshold, unit, minimum, environments, is_default }
    }
}

/// Lists the rules of all kinds, with what holds by default where nobody has changed anything.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadAlerts>,
    query: Query,
) -> Result<Reply<PageBody<AlertRuleBody>>, Problem> {
    no_parameters(query)?;
    let rules = app.alert_rules(&caller).await?;
    let data = Kind::ALL.into_iter().map(|kind| AlertRuleBody::new(kind, &rules)).collect();
    Ok(Reply::ok(PageBody { data, pagination: Pagination { has_more: false, next_cursor: None } }))
}

/// Changes the rule of a kind. Sessions go by it within a minute of their next use.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteAlerts>,
    AlertKindPath(kind): AlertKindPath,
    query: Query,
    body: JsonBody,
) -> Result<Reply<AlertRuleBody>, Problem> {
    no_parameters(query)?;
    let change = rule_change(kind, body.json())?;
    let rules = app.change_alert_rule(&caller, kind, Some(change)).await?;
    Ok(Reply::ok(AlertRuleBody::new(kind, &rules)))
}

/// Makes the rule of a kind what it is by default.
pub(super) async fn reset(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteAlerts>,
    AlertKindPath(kind): AlertKindPath,
    query: Query,
) -> Result<Reply<AlertRuleBody>, Problem> {
    no_parameters(query)?;
    let rules = app.change_alert_rule(&caller, kind, None).await?;
    Ok(Reply::ok(AlertRuleBody::new(kind, &rules)))
}

/// What the rule of a kind does not have cannot be changed.
fn rule_change(kind: Kind, json: &Json) -> Result<RuleChange, FieldErrors> {
    let has = Rule::default_of(kind);
    let mut fields = Fields::of(json);
    fields.at_least_one();
    let enabled = fields.given("enabled", boolean);
    let threshold = fields.given("threshold", |json| match Rule::threshold_range(kind) {
        Some((least, most)) => integer(least.into()..=most.into())(json),
        None => Err(foreign()),
    });
    let minimum = fields.given("minimum", |json| match has.minimum {
        Some(_) => integer(1..=MINIMUM_MAX.into())(json),
        None => Err(foreign()),
    });
    let days = fields.given("environments", |json| match has.days {
        Some(_) => object(environments)(json),
        None => Err(foreign().into()),
    });
    let days = days.unwrap_or_default();
    fields.finish()?;
    let narrow = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    Ok(RuleChange { enabled, threshold: narrow(threshold), minimum: narrow(minimum), days })
}

fn foreign() -> FieldError {
    FieldError::new(FieldCode::Conflict, "is not for alerts of this kind")
}

fn environments(fields: &mut Fields<'_>) -> Option<Vec<(Option<Environment>, Option<u32>)>> {
    fields.at_least_one();
    let days = || integer(1..=DAYS_MAX.into());
    let read = [
        (Some(Environment::Production), fields.nullable("production", days())),
        (Some(Environment::Staging), fields.nullable("staging", days())),
        (Some(Environment::Development), fields.nullable("development", days())),
        (None, fields.nullable("none", days())),
    ];
    let changes = read.into_iter().filter_map(|(environment, change)| match change {
        Change::Keep => None,
        Change::Clear => Some((environment, None)),
        Change::Set(days) => Some((environment, u32::try_from(days).ok())),
    });
    Some(changes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, text: &str) -> Result<RuleChange, Vec<String>> {
        rule_change(kind, &Json::parse(text.as_bytes()).unwrap()).map_err(|errors| {
            errors.iter().map(|error| format!("{} {}", error.place(), error.code().as_str())).collect()
        })
    }

    #[test]
    fn a_rule_takes_what_its_kind_has_and_nothing_else() {
        let spike = read(Kind::TrafficSpike, r#"{"enabled":false,"threshold":10,"minimum":5}"#).unwrap();
        assert_eq!((spike.enabled, spike.threshold, spike.minimum), (Some(false), Some(10), Some(5)));
        let due = read(Kind::RotationDue, r#"{"environments":{"production":30,"development":null}}"#).unwrap();
        let days = due.apply(Rule::default_of(Kind::RotationDue)).days.unwrap();
        assert_eq!(days, Days { production: Some(30), ..Days::default() });
        for (kind, text, expected) in [
            (Kind::TrafficSpike, "{}", " required"),
            (Kind::TrafficSpike, r#"{"threshold":1}"#, "/threshold out_of_range"),
            (Kind::TrafficSpike, r#"{"threshold":null}"#, "/threshold invalid_type"),
            (Kind::TrafficSpike, r#"{"environments":{"staging":1}}"#, "/environments conflict"),
            (Kind::ErrorRate, r#"{"threshold":101}"#, "/threshold out_of_range"),
            (Kind::ErrorRate, r#"{"minimum":0}"#, "/minimum out_of_range"),
            (Kind::NearLimit, r#"{"minimum":5}"#, "/minimum conflict"),
            (Kind::NewCountry, r#"{"threshold":5}"#, "/threshold conflict"),
            (Kind::RotationDue, r#"{"environments":{}}"#, "/environments required"),
            (Kind::RotationDue, r#"{"environments":{"live":1}}"#, "/environments/live unknown_field"),
            (Kind::RotationDue, r#"{"environments":{"staging":0}}"#, "/environments/staging out_of_range"),
            (Kind::KeyExpiring, r#"{"enabled":"yes"}"#, "/enabled invalid_type"),
        ] {
            assert_eq!(read(kind, text).unwrap_err(), [expected], "{text}");
        }
    }
}
