//! What customers attach to a key: a small JSON object that is stored and returned as it came.
//!
//! JSON in memory is up to 16 times as large as its text, so the object is bounded in size, in keys and in
//! depth. Two members of one name are refused rather than dropped, because the next parser may choose the
//! other one.

use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How many bytes the object may have when written without spaces.
pub const MAX_METADATA_BYTES: usize = 4096;
/// How many members there may be, on all levels together.
pub const MAX_METADATA_KEYS: usize = 64;
/// How many objects and arrays may stand within each other.
pub const MAX_METADATA_DEPTH: usize = 8;

/// A JSON object within the bounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Metadata(Map<String, Value>);

/// Which bound an object exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// It has more than 4096 bytes.
    #[error("at most 4096 bytes of JSON")]
    TooLarge,
    /// It has more than 64 members.
    #[error("at most 64 keys, on all levels together")]
    TooManyKeys,
    /// It is nested more than 8 levels deep.
    #[error("at most 8 levels deep")]
    TooDeep,
}

impl Metadata {
    /// Accepts an object within the bounds.
    ///
    /// # Errors
    /// Names the bound that is exceeded.
    pub fn new(object: Map<String, Value>) -> Result<Self, MetadataError> {
        let mut keys = 0;
        measure_members(&object, 1, &mut keys)?;
        let metadata = Self(object);
        if metadata.to_string().len() > MAX_METADATA_BYTES {
            return Err(MetadataError::TooLarge);
        }
        Ok(metadata)
    }

    /// The object.
    #[must_use]
    pub const fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether nothing is attached.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Map<String, Value>> for Metadata {
    type Error = MetadataError;

    fn try_from(object: Map<String, Value>) -> Result<Self, MetadataError> {
        Self::new(object)
    }
}

impl fmt::Display for Metadata {
    /// JSON without spaces, as it is stored.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

fn measure(value: &Value, depth: usize, keys: &mut usize) -> Result<(), MetadataError> {
    match value {
        Value::Object(object) => measure_members(object, depth, keys),
        Value::Array(_) if depth > MAX_METADATA_DEPTH => Err(MetadataError::TooDeep),
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| measure(item, depth + 1, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn measure_members(
    object: &Map<String, Value>,
    depth: usize,
    keys: &mut usize,
) -> Result<(), MetadataError> {
    if depth > MAX_METADATA_DEPTH {
        return Err(MetadataError::TooDeep);
    }
    *keys += object.len();
    if *keys > MAX_METADATA_KEYS {
        return Err(MetadataError::TooManyKeys);
    }
    object
        .values()
        .try_for_each(|value| measure(value, depth + 1, keys))
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Unique::deserialize(deserializer)?.0 {
            Value::Object(object) => Self::new(object).map_err(de::Error::custom),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(de::Error::custom("must be an object")),
        }
    }
}

/// A JSON value in which no object has two members of one name.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Unique(value))) = members.next_entry::<String, _>()? {
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom("two members of one name"));
            }
        }
        Ok(Value::Object(object))
    }
}
