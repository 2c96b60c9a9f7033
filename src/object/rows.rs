//! From rows to values and back: small readers that name the column they fail on.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::tagged::Node;
use crate::domain::timestamp::Timestamp;
use crate::ports::{Sql, SqlError, SqlValue};

/// A row as it came from the database, read column by column.
pub struct Row(Vec<SqlValue>);

impl Row {
    fn value(&self, column: usize) -> Result<&SqlValue, SqlError> {
        self.0.get(column).ok_or_else(|| SqlError(format!("column {column} is missing")))
    }

    /// A text.
    pub fn text(&self, column: usize) -> Result<&str, SqlError> {
        self.optional_text(column)?.ok_or_else(|| SqlError(format!("column {column} is not text")))
    }

    /// A text or NULL.
    pub fn optional_text(&self, column: usize) -> Result<Option<&str>, SqlError> {
        match self.value(column)? {
            SqlValue::Null => Ok(None),
            SqlValue::Text(text) => Ok(Some(text)),
            SqlValue::Integer(_) => Err(SqlError(format!("column {column} is not text"))),
        }
    }

    /// A whole number.
    pub fn integer(&self, column: usize) -> Result<i64, SqlError> {
        self.optional_integer(column)?.ok_or_else(|| SqlError(format!("column {column} is not a number")))
    }

    /// A whole number or NULL.
    pub fn optional_integer(&self, column: usize) -> Result<Option<i64>, SqlError> {
        match self.value(column)? {
            SqlValue::Null => Ok(None),
            SqlValue::Integer(number) => Ok(Some(*number)),
            SqlValue::Text(_) => Err(SqlError(format!("column {column} is not a number"))),
        }
    }

    /// A moment, stored in milliseconds.
    pub fn timestamp(&self, column: usize) -> Result<Timestamp, SqlError> {
        self.integer(column).map(Timestamp::from_millis)
    }

    /// A moment or NULL.
    pub fn optional_timestamp(&self, column: usize) -> Result<Option<Timestamp>, SqlError> {
        Ok(self.optional_integer(column)?.map(Timestamp::from_millis))
    }

    /// A value stored as JSON.
    pub fn json<T: DeserializeOwned>(&self, column: usize) -> Result<T, SqlError> {
        decode(self.text(column)?, column)
    }
}

fn decode<T: DeserializeOwned>(text: &str, column: usize) -> Result<T, SqlError> {
    // serde's message may quote the value; the column is enough to find it.
    let node = serde_json::from_str::<Node<'_>>(text).ok();
    let value = node.and_then(|node| T::deserialize(node).ok());
    value.ok_or_else(|| SqlError(format!("column {column} does not decode")))
}

/// Runs a statement and wraps its rows.
pub fn query(sql: &dyn Sql, statement: &str, params: &[SqlValue]) -> Result<Vec<Row>, SqlError> {
    Ok(sql.exec(statement, params)?.into_iter().map(Row).collect())
}

/// Runs a statement that has at most one row.
pub fn query_one(sql: &dyn Sql, statement: &str, params: &[SqlValue]) -> Result<Option<Row>, SqlError> {
    Ok(query(sql, statement, params)?.into_iter().next())
}

/// Runs a statement whose rows, if any, do not matter.
pub fn execute(sql: &dyn Sql, statement: &str, params: &[SqlValue]) -> Result<(), SqlError> {
    sql.exec(statement, params).map(drop)
}

/// Encodes a value for a JSON column.
pub fn json<T: Serialize>(value: &T) -> Result<SqlValue, SqlError> {
    serde_json::to_string(value).map(SqlValue::Text).map_err(|_| SqlError("a value does not encode".to_owned()))
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for SqlValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for SqlValue {
    fn from(flag: bool) -> Self {
        Self::Integer(i64::from(flag))
    }
}

impl From<Timestamp> for SqlValue {
    fn from(moment: Timestamp) -> Self {
        Self::Integer(moment.as_millis())
    }
}

impl<T: Into<Self>> From<Option<T>> for SqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
