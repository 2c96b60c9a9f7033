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
        Value::Array(items) => items.iter().try_for_each(|item| measure(item, depth + 1, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn measure_members(object: &Map<String, Value>, depth: usize, keys: &mut usize) -> Result<(), MetadataError> {
    if depth > MAX_METADATA_DEPTH {
        return Err(MetadataError::TooDeep);
    }
    *keys += object.len();
    if *keys > MAX_METADATA_KEYS {
        return Err(MetadataError::TooManyKeys);
    }
    object.values().try_for_each(|value| measure(value, depth + 1, keys))
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Unique::deserialize(deserializer)?.0 {
            Value::Object(object) => Self::new(object).map_err(de::Error::custom),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(de::Error::custom("must be an object"))
            }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Result<Metadata, String> {
        serde_json::from_str(json).map_err(|error: serde_json::Error| error.to_string())
    }

    fn refused(json: &str, why: &str) {
        let error = read(json).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    fn nested(levels: usize) -> String {
        format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
    }

    fn with_keys(count: usize) -> String {
        let members: Vec<_> = (0..count - 1).map(|n| format!("\"k{n}\":{n}")).collect();
        format!("{{\"nested\":{{{}}}}}", members.join(","))
    }

    #[test]
    fn an_object_comes_back_as_it_came() {
        let json = r#"{"big":18446744073709551615,"deep":{"list":[1,-2,0.5,null,true,"é\u0000"]},"name":"x"}"#;
        let metadata = read(json).unwrap();
        assert_eq!(metadata.to_string(), json);
        assert_eq!(serde_json::to_string(&metadata).unwrap(), json);
        assert!(!metadata.is_empty() && read("{}").unwrap().is_empty());
        assert_eq!(Metadata::new(metadata.as_map().clone()), Ok(metadata));
    }

    #[test]
    fn each_bound_holds_to_the_letter() {
        assert!(read(&nested(MAX_METADATA_DEPTH)).is_ok());
        refused(&nested(MAX_METADATA_DEPTH + 1), "levels deep");
        let objects = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        assert!(read(&objects(MAX_METADATA_DEPTH)).is_ok());
        refused(&objects(MAX_METADATA_DEPTH + 1), "levels deep");
        assert!(read(&with_keys(MAX_METADATA_KEYS)).is_ok());
        refused(&with_keys(MAX_METADATA_KEYS + 1), "64 keys");
        let filled = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert!(read(&filled(MAX_METADATA_BYTES)).is_ok());
        refused(&filled(MAX_METADATA_BYTES + 1), "4096 bytes");
    }

    #[test]
    fn bombs_are_refused() {
        refused(&nested(100_000), "recursion limit");
        refused(&with_keys(100_000), "64 keys");
        refused(&format!("{{\"a\":[0{}]}}", ",0".repeat(1_000_000)), "4096 bytes");
        refused(&format!("{{\"a\":{}}}", "9".repeat(100_000)), "out of range");
    }

    #[test]
    fn only_an_object_is_accepted() {
        for json in ["null", "true", "1", "\"a\"", "[]"] {
            refused(json, "must be an object");
        }
    }

    #[test]
    fn two_members_of_one_name_are_refused_wherever_and_however_they_are_written() {
        for json in [
            r#"{"name":"a","name":"a"}"#,
            r#"{"name":"a","n\u0061me":"b"}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
        ] {
            refused(json, "two members of one name");
        }
    }

    #[test]
    fn lone_surrogates_are_refused() {
        refused(r#"{"a":"\ud800"}"#, "hex escape");
        refused(r#"{"a":"\udc00"}"#, "surrogate");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(10, 64, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(".{0,4}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_accepted_survives_storage(
            members in prop::collection::hash_map(".{0,4}", any_value(), 0..6),
        ) {
            if let Ok(metadata) = Metadata::new(members.into_iter().collect()) {
                prop_assert!(metadata.to_string().len() <= MAX_METADATA_BYTES);
                prop_assert_eq!(read(&metadata.to_string()), Ok(metadata));
            }
        }
    }
}
