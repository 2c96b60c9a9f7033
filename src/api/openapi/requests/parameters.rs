//! The query parameters, by name.

use serde_json::{Value, json};

use super::super::answers::{actions, email, granularity, one_of, permission, reference, time};
use super::{alerts, consistency};
use crate::api::bulk::{UNUSED_DAYS_DEFAULT, UNUSED_DAYS_MAX};
use crate::api::pages::{FILTER_CHARACTERS_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use crate::api::verification::COST_MAX;
use crate::domain::api_key::Status;
use crate::domain::environment::Environment;
use crate::domain::webhook::DeliveryStatus;

/// The query parameter of this name.
pub(in crate::api::openapi) fn parameter(name: &str) -> Value {
    if let Some((name, schema, description)) = alerts::parameter(name) {
        return json!({ "name": name, "in": "query", "schema": schema, "description": description });
    }
    let text = json!({ "type": "string", "maxLength": FILTER_CHARACTERS_MAX });
    let (schema, description) = match name {
        "limit" => (
            json!({ "type": "integer", "minimum": 1, "maximum": PAGE_ROWS_MAX, "default": PAGE_ROWS_DEFAULT }),
            "The most rows to answer with.",
        ),
        "days" => (
            json!({ "type": "integer", "minimum": 1, "maximum": UNUSED_DAYS_MAX, "default": UNUSED_DAYS_DEFAULT }),
            "For how many days.",
        ),
        "cursor" => (json!({ "type": "string" }), "Goes on after the page that gave this `nextCursor`."),
        "status" => (
            one_of(Status::ALL.map(Status::as_str).into_iter().chain(["all"])),
            "Only keys of this status; `all`, the default, hides none.",
        ),
        "deliveries.status" => (one_of(DeliveryStatus::ALL.map(DeliveryStatus::as_str)), "Only those that stand so."),
        "environment" => (
            one_of(Environment::ALL.map(Environment::as_str).into_iter().chain(["none"])),
            "Only keys of this environment; `none` for those of sessions without one.",
        ),
        "from" => (time(), "From when on. The default is a day before `to`; it is widened to the beginning of a step."),
        "to" => (time(), "Until when. The default is now; it is widened to the end of a step."),
        "granularity" => (
            granularity(),
            "How long a step is. The default is `minute` up to 3 hours, `hour` up to 7 days, and `day` beyond that. \
                `minute` is not known of whole organizations.",
        ),
        "sessionId" => (reference("SessionId"), "Only keys of this session."),
        "externalId" => (text, "Only keys with exactly this `externalId`."),
        "search" => (text, "Only keys whose name, id, start or last four characters contain this text."),
        "email" => (email(), "Only the user who registered with this address, in any case of letters."),
        "action" => (actions(), "Only entries of this action."),
        "target" => (text, "Only entries about the thing with this id."),
        "after" => (
            json!({ "type": "integer", "minimum": 0, "default": 0 }),
            "Only entries after the one with this number: goes on where an earlier copy has ended.",
        ),
        "actor" => (text, "Only entries by the API key or user with this id."),
        "permission" => (permission(), "A permission that the key must have."),
        "domain" => (json!({ "type": "string" }), "The domain that the key is to act for."),
        "cost" => (
            json!({ "type": "integer", "minimum": 0, "maximum": COST_MAX, "default": 1 }),
            "What the request costs of limits and credits.",
        ),
        "consistency" => (consistency(), "Who may decide this time; it can only be narrower than the session allows."),
        "identity" => (
            json!({ "type": "string", "enum": ["headers"] }),
            "Whether the answer says whose key it is in header fields, too, for proxies to hand on.",
        ),
        "on_limit" => (
            json!({ "type": "string", "enum": ["429", "403"], "default": "429" }),
            "The status for limits: 403 for proxies that cannot pass on a 429.",
        ),
        _ => unreachable!("no such parameter"),
    };
    // Lists that filter by the same name mean different words by it.
    let name = name.rsplit('.').next();
    json!({ "name": name, "in": "query", "schema": schema, "description": description })
}
