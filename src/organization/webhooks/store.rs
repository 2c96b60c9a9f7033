//! The rows of webhooks: endpoints, events, and the deliveries of each event to each endpoint.
//!
//! An event is written down only if an endpoint wants it. Deliveries are numbered as they are made; what lies more than
//! `DELIVERIES_MAX` numbers back goes, and so does what is finished and older than `KEPT_MS`.

use crate::domain::id::{DeliveryId, EndpointId};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::{Delivery, Endpoint};
use crate::object::rows::{execute, json, query, query_one};
use crate::ports::{Sql, SqlError};

/// The tables.
pub const SCHEMA: [&str; 6] = [
    "CREATE TABLE webhook_endpoints (
        id TEXT PRIMARY KEY,
        record TEXT NOT NULL,
        active INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    ) WITHOUT ROWID",
    // The one row: the number of the last event, and up to which expiry keys have been told about.
    "CREATE TABLE webhook_state (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        seq INTEGER NOT NULL,
        watched TEXT NOT NULL
    )",
    "CREATE TABLE webhook_events (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        payload TEXT NOT NULL
    )",
    "CREATE TABLE webhook_deliveries (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        endpoint_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        status TEXT NOT NULL,
        due_at INTEGER,
        created_at INTEGER NOT NULL,
        record TEXT NOT NULL
    )",
    "CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, seq)",
    "CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (endpoint_id, due_at) WHERE due_at IS NOT NULL",
];

/// The most deliveries that one organization keeps.
pub(crate) const DELIVERIES_MAX: i64 = 10_000;
/// For how long (ms) one is kept: 7 days.
pub(crate) const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How many go at once.
const PORTION: i64 = 500;

/// How to forget a portion of it all, and whether anything is left.
pub const FORGET: [(&str, &str); 3] = [
    (
        "DELETE FROM webhook_deliveries WHERE number IN (SELECT number FROM webhook_deliveries LIMIT ?)",
        "SELECT 1 FROM webhook_deliveries LIMIT 1",
    ),
    (
        "DELETE FROM webhook_events WHERE seq IN (SELECT seq FROM webhook_events LIMIT ?)",
        "SELECT 1 FROM webhook_events LIMIT 1",
    ),
    (
        "DELETE FROM webhook_endpoints WHERE id IN (SELECT id FROM webhook_endpoints LIMIT ?)",
        "SELECT 1 FROM webhook_endpoints LIMIT 1",
    ),
];

/// Reads an endpoint.
pub fn endpoint(sql: &dyn Sql, id: &EndpointId) -> Result<Option<Endpoint>, SqlError> {
    let row = query_one(sql, "SELECT record FROM webhook_endpoints WHERE id = ?", &[id.as_str().into()])?;
    row.map(|row| row.json(0)).transpose()
}

/// The endpoints that are told anything.
pub fn active(sql: &dyn Sql) -> Result<Vec<Endpoint>, SqlError> {
    let rows = query(sql, "SELECT record FROM webhook_endpoints WHERE active = 1 ORDER BY created_at, id", &[])?;
    rows.iter().map(|row| row.json(0)).collect()
}

/// Whether there is one.
pub fn is_any_active(sql: &dyn Sql) -> Result<bool, SqlError> {
    Ok(query_one(sql, "SELECT 1 FROM webhook_endpoints WHERE active = 1 LIMIT 1", &[])?.is_some())
}

/// How many endpoints there are.
pub fn count(sql: &dyn Sql) -> Result<u32, SqlError> {
    let row = query_one(sql, "SELECT count(*) FROM webhook_endpoints", &[])?;
    row.map_or(Ok(0), |row| Ok(u32::try_from(row.integer(0)?).unwrap_or(u32::MAX)))
}

/// Writes an endpoint.
pub fn save(sql: &dyn Sql, endpoint: &Endpoint) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO webhook_endpoints (id, record, active, created_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET record = excluded.record, active = excluded.active",
        &[endpoint.id.as_str().into(), json(endpoint)?, endpoint.active.into(), endpoint.created_at.into()],
    )
}

/// Deletes an endpoint with its deliveries.
pub fn delete(sql: &dyn Sql, id: &EndpointId) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM webhook_deliveries WHERE endpoint_id = ?", &[id.as_str().into()])?;
    execute(sql, "DELETE FROM webhook_endpoints WHERE id = ?", &[id.as_str().into()])
}

/// The number of the next event.
pub fn next_seq(sql: &dyn Sql) -> Result<i64, SqlError> {
    let row = query_one(sql, "SELECT seq FROM webhook_state", &[])?;
    row.map_or(Ok(1), |row| Ok(row.integer(0)?.saturating_add(1)))
}

/// Writes an event down.
pub fn insert_event(sql: &dyn Sql, seq: i64, id: &str, payload: &str) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO webhook_events (seq, id, payload) VALUES (?, ?, ?)",
        &[seq.into(), id.into(), payload.into()],
    )?;
    execute(
        sql,
        "INSERT INTO webhook_state (only, seq, watched) VALUES (1, ?, '')
         ON CONFLICT (only) DO UPDATE SET seq = excluded.seq",
        &[seq.into()],
    )
}

/// Adds a delivery, and drops what there is no room for any more.
pub fn insert_delivery(sql: &dyn Sql, delivery: &Delivery) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO webhook_deliveries (id, endpoint_id, seq, status, due_at, created_at, record)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        &[
            delivery.id.as_str().into(),
            delivery.endpoint_id.as_str().into(),
            delivery.seq.into(),
            delivery.status.as_str().into(),
            delivery.due_at.into(),
            delivery.created_at.into(),
            json(delivery)?,
        ],
    )?;
    execute(
        sql,
        "DELETE FROM webhook_deliveries WHERE number <= (SELECT max(number) FROM webhook_deliveries) - ?",
        &[DELIVERIES_MAX.into()],
    )
}

/// Writes what has become of a delivery.
pub fn save_delivery(sql: &dyn Sql, delivery: &Delivery) -> Result<(), SqlError> {
    execute(
        sql,
        "UPDATE webhook_deliveries SET status = ?, due_at = ?, record = ? WHERE id = ?",
        &[delivery.status.as_str().into(), delivery.due_at.into(), json(delivery)?, delivery.id.as_str().into()],
    )
}

/// Reads a delivery to an endpoint, with what it says.
pub fn delivery(
    sql: &dyn Sql,
    endpoint_id: &EndpointId,
    id: &DeliveryId,
) -> Result<Option<(Delivery, String)>, SqlError> {
    let statement = "SELECT record, payload FROM webhook_deliveries
        JOIN webhook_events ON webhook_events.seq = webhook_deliveries.seq
        WHERE webhook_deliveries.id = ? AND endpoint_id = ?";
    let row = query_one(sql, statement, &[id.as_str().into(), endpoint_id.as_str().into()])?;
    row.map(|row| Ok((row.json(0)?, row.text(1)?.to_owned()))).transpose()
}

/// What is to be sent to an endpoint next: of all that is due, the oldest event.
pub fn next(
    sql: &dyn Sql,
    endpoint_id: &EndpointId,
    due_by: Timestamp,
) -> Result<Option<(Delivery, String)>, SqlError> {
    let statement = "SELECT record, payload FROM webhook_deliveries
        JOIN webhook_events ON webhook_events.seq = webhook_deliveries.seq
        WHERE endpoint_id = ? AND due_at <= ? ORDER BY webhook_deliveries.seq LIMIT 1";
    let row = query_one(sql, statement, &[endpoint_id.as_str().into(), due_by.into()])?;
    row.map(|row| Ok((row.json(0)?, row.text(1)?.to_owned()))).transpose()
}

/// When something is due for an endpoint.
pub fn next_due(sql: &dyn Sql, endpoint_id: &EndpointId) -> Result<Option<Timestamp>, SqlError> {
    let statement = "SELECT min(due_at) FROM webhook_deliveries WHERE endpoint_id = ? AND due_at IS NOT NULL";
    let row = query_one(sql, statement, &[endpoint_id.as_str().into()])?;
    row.map_or(Ok(None), |row| row.optional_timestamp(0))
}

/// The ids of all endpoints.
pub fn ids(sql: &dyn Sql) -> Result<Vec<EndpointId>, SqlError> {
    let rows = query(sql, "SELECT id FROM webhook_endpoints", &[])?;
    rows.iter().map(|row| row.text(0).map(|id| EndpointId::from_trusted(id.to_owned()))).collect()
}

/// Ends everything that is still to be sent to an endpoint, as failed.
pub fn end_pending(sql: &dyn Sql, endpoint_id: &EndpointId) -> Result<(), SqlError> {
    execute(
        sql,
        "UPDATE webhook_deliveries SET status = 'failed', due_at = NULL, record = json_remove(
            json_set(record, '$.status', 'failed', '$.failure', 'disabled'), '$.due_at')
         WHERE endpoint_id = ? AND due_at IS NOT NULL",
        &[endpoint_id.as_str().into()],
    )
}

/// When the oldest delivery goes that is finished; at once where an event is left that has none any more.
pub fn prune_at(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let untold = "SELECT 1 FROM webhook_events
        WHERE seq < coalesce((SELECT seq FROM webhook_deliveries ORDER BY number LIMIT 1), 1 << 53) LIMIT 1";
    if query_one(sql, untold, &[])?.is_some() {
        return Ok(Some(Timestamp::MIN));
    }
    let statement = "SELECT created_at FROM webhook_deliveries WHERE due_at IS NULL ORDER BY number LIMIT 1";
    let row = query_one(sql, statement, &[])?;
    row.map_or(Ok(None), |row| Ok(Some(row.timestamp(0)?.plus_millis(KEPT_MS))))
}

/// Forgets a portion of what is finished and old, and events that nobody is told any more. Deliveries are numbered in the
/// order of their events, so the first one has the oldest.
pub fn prune(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    execute(
        sql,
        "DELETE FROM webhook_deliveries WHERE number IN (SELECT number FROM
            (SELECT number, due_at, created_at FROM webhook_deliveries ORDER BY number LIMIT ?)
            WHERE due_at IS NULL AND created_at <= ?)",
        &[PORTION.into(), now.plus_millis(-KEPT_MS).into()],
    )?;
    execute(
        sql,
        "DELETE FROM webhook_events WHERE seq IN (SELECT seq FROM webhook_events
            WHERE seq < coalesce((SELECT seq FROM webhook_deliveries ORDER BY number LIMIT 1), 1 << 53)
            ORDER BY seq LIMIT ?)",
        &[PORTION.into()],
    )
}

/// Up to which expiry keys have been told about; none before the first endpoint.
pub fn watched(sql: &dyn Sql) -> Result<Option<String>, SqlError> {
    let row = query_one(sql, "SELECT watched FROM webhook_state", &[])?;
    row.map(|row| row.text(0).map(ToOwned::to_owned)).transpose()
}

/// Writes that down.
pub fn save_watched(sql: &dyn Sql, watched: &str) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO webhook_state (only, seq, watched) VALUES (1, 0, ?)
         ON CONFLICT (only) DO UPDATE SET watched = excluded.watched",
        &[watched.into()],
    )
}
