//! The rows of the gateway: its routes, and until when somebody may act on what they were.

use crate::domain::gateway::Route;
use crate::domain::gateway::path::RoutePath;
use crate::domain::id::RouteId;
use crate::domain::timestamp::Timestamp;
use crate::object::rows::{execute, json, query, query_one};
use crate::ports::{Sql, SqlError};

/// The tables.
pub const SCHEMA: [&str; 2] = [
    "CREATE TABLE gateway_routes (
        id TEXT PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        record TEXT NOT NULL
    ) WITHOUT ROWID",
    "CREATE TABLE gateway_horizon (only INTEGER PRIMARY KEY CHECK (only = 1), until INTEGER NOT NULL)",
];

/// How to forget a portion, and whether anything is left.
pub const FORGET: (&str, &str) = (
    "DELETE FROM gateway_routes WHERE id IN (SELECT id FROM gateway_routes LIMIT ?)",
    "SELECT 1 FROM gateway_routes LIMIT 1",
);

/// Reads a route.
pub fn route(sql: &dyn Sql, id: &RouteId) -> Result<Option<Route>, SqlError> {
    let row = query_one(sql, "SELECT record FROM gateway_routes WHERE id = ?", &[id.as_str().into()])?;
    row.map(|row| row.json(0)).transpose()
}

/// All routes.
pub fn all(sql: &dyn Sql) -> Result<Vec<Route>, SqlError> {
    let rows = query(sql, "SELECT record FROM gateway_routes ORDER BY path", &[])?;
    rows.iter().map(|row| row.json(0)).collect()
}

/// Whose path this is.
pub fn by_path(sql: &dyn Sql, path: &RoutePath) -> Result<Option<RouteId>, SqlError> {
    let row = query_one(sql, "SELECT id FROM gateway_routes WHERE path = ?", &[path.as_str().into()])?;
    row.map(|row| Ok(RouteId::from_trusted(row.text(0)?.to_owned()))).transpose()
}

/// Writes a route.
pub fn save(sql: &dyn Sql, route: &Route) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO gateway_routes (id, path, created_at, record) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET path = excluded.path, record = excluded.record",
        &[route.id.as_str().into(), route.terms.path.as_str().into(), route.created_at.into(), json(route)?],
    )
}

/// Deletes a route.
pub fn delete(sql: &dyn Sql, id: &RouteId) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM gateway_routes WHERE id = ?", &[id.as_str().into()])
}

/// Until when gateways may act on what they were told.
pub fn horizon(sql: &dyn Sql) -> Result<Timestamp, SqlError> {
    let row = query_one(sql, "SELECT until FROM gateway_horizon", &[])?;
    row.map_or(Ok(Timestamp::MIN), |row| row.timestamp(0))
}

/// Raises that moment.
pub fn save_horizon(sql: &dyn Sql, until: Timestamp) -> Result<(), SqlError> {
    execute(sql, "INSERT OR REPLACE INTO gateway_horizon (only, until) VALUES (1, ?)", &[until.into()])
}
