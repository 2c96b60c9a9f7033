//! Walks through JSON with `serde_json` and stops at the first thing that is not allowed.
//!
//! `serde_json` reads the tokens; the path, the depth and the names seen so far are kept here, so that a refusal can say
//! where without repeating what.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{DEPTH_MAX, Json, JsonError, pointer_to};

/// Reads exactly one value.
pub(super) fn read(bytes: &[u8]) -> Result<Json, JsonError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let mut path = Path::default();
    let read = Node(&mut path).deserialize(&mut reader);
    read.and_then(|tree| reader.end().map(|()| tree)).map_err(|error| path.explain(&error))
}

/// Where the reader is, and why it stopped if the reason was ours.
#[derive(Default)]
struct Path {
    pointer: String,
    depth: usize,
    refusal: Option<Refusal>,
}

enum Refusal {
    Duplicate,
    TooDeep,
}

impl Path {
    /// Runs `read` one step further in; on failure the path stays where the failure happened.
    fn step<T, E>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let outside = std::mem::take(&mut self.pointer);
        self.pointer = pointer_to(&outside, name);
        let value = read(self)?;
        self.pointer = outside;
        Ok(value)
    }

    fn descend<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH_MAX { Err(self.refuse(Refusal::TooDeep)) } else { Ok(()) }
    }

    fn ascend(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn refuse<E: serde::de::Error>(&mut self, refusal: Refusal) -> E {
        self.refusal = Some(refusal);
        E::custom("refused")
    }

    fn explain(self, error: &serde_json::Error) -> JsonError {
        let pointer = self.pointer;
        match self.refusal {
            Some(Refusal::Duplicate) => JsonError::Duplicate { pointer },
            Some(Refusal::TooDeep) => JsonError::TooDeep { pointer },
            None => JsonError::Malformed { pointer, line: error.line(), column: error.column() },
        }
    }
}

/// Reads the value at the end of a path.
struct Node<'p>(&'p mut Path);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let path = self.0;
        path.descend()?;
        let mut elements = Vec::new();
        while let Some(element) = path.step(&elements.len().to_string(), |path| access.next_element_seed(Node(path)))? {
            elements.push(element);
        }
        path.ascend();
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let path = self.0;
        path.descend()?;
        let mut members = BTreeMap::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = path.step(&name, |path| {
                if members.contains_key(&name) {
                    return Err(path.refuse(Refusal::Duplicate));
                }
                access.next_value_seed(Node(path))
            })?;
            members.insert(name, value);
        }
        path.ascend();
        Ok(Json::Object(members))
    }
}
