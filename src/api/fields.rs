//! Reads the fields of one JSON object and collects everything that is wrong with it.
//!
//! A handler asks for each field by name; what nobody asked for is an `unknown_field`, so a client cannot set what a route
//! does not offer. Nothing is decided here: parsers turn values into types ([`plain`], [`values`]).
//!
//! ```text
//! let mut fields = Fields::of(&json);
//! let name = fields.required("name", text(values::name));
//! let domain = fields.optional("domain", text(values::domain));
//! fields.finish_with(|| Some(Create { name: name?, domain }))
//! ```

pub mod consistency;
pub mod error;
pub mod ids;
pub mod limits;
pub mod metadata;
pub mod people;
pub mod plain;
pub mod values;

use std::collections::{BTreeMap, BTreeSet};

pub use error::{FieldCode, FieldError, FieldErrors};

use super::json::Json;
use crate::domain::change::Change;

/// One JSON object while it is being read.
pub struct Fields<'j> {
    members: Option<&'j BTreeMap<String, Json>>,
    asked: BTreeSet<&'static str>,
    errors: FieldErrors,
}

impl<'j> Fields<'j> {
    /// Starts reading; anything but an object is one violation that [`Fields::finish`] reports alone.
    #[must_use]
    pub fn of(json: &'j Json) -> Self {
        let members = if let Json::Object(members) = json { Some(members) } else { None };
        Self { members, asked: BTreeSet::new(), errors: FieldErrors::default() }
    }

    /// A field that must be there; `null` does not count as being there.
    pub fn required<T, E: Into<FieldErrors>>(
        &mut self,
        name: &'static str,
        parser: impl FnOnce(&'j Json) -> Result<T, E>,
    ) -> Option<T> {
        match self.member(name) {
            Some(json) if *json != Json::Null => self.parsed(name, parser(json)),
            _ => {
                self.fail(name, FieldError::new(FieldCode::Required, "is required"));
                None
            }
        }
    }

    /// A field that may be absent or, which is the same, `null`.
    pub fn optional<T, E: Into<FieldErrors>>(
        &mut self,
        name: &'static str,
        parser: impl FnOnce(&'j Json) -> Result<T, E>,
    ) -> Option<T> {
        match self.nullable(name, parser) {
            Change::Set(value) => Some(value),
            Change::Keep | Change::Clear => None,
        }
    }

    /// A field for which absent and `null` mean different things, as in a PATCH.
    pub fn nullable<T, E: Into<FieldErrors>>(
        &mut self,
        name: &'static str,
        parser: impl FnOnce(&'j Json) -> Result<T, E>,
    ) -> Change<T> {
        match self.member(name) {
            None => Change::Keep,
            Some(Json::Null) => Change::Clear,
            Some(json) => self.parsed(name, parser(json)).map_or(Change::Keep, Change::Set),
        }
    }

    /// A field that may be left out but not be `null`: there is nothing to clear.
    pub fn given<T, E: Into<FieldErrors>>(
        &mut self,
        name: &'static str,
        parser: impl FnOnce(&'j Json) -> Result<T, E>,
    ) -> Option<T> {
        match self.nullable(name, parser) {
            Change::Set(value) => return Some(value),
            Change::Clear => self.fail(name, FieldError::new(FieldCode::InvalidType, "cannot be null")),
            Change::Keep => {}
        }
        None
    }

    /// Records a violation found by comparing fields, such as two that exclude each other.
    pub fn fail(&mut self, name: &'static str, error: FieldError) {
        self.errors.push(error.within(name));
    }

    /// Records a violation if both fields are given with a value.
    pub fn exclusive(&mut self, one: &'static str, other: &'static str) {
        if self.has(one) && self.has(other) {
            self.fail(other, FieldError::excluded_by(one));
        }
    }

    /// Whether the field is there with a value other than `null`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.members.and_then(|members| members.get(name)).is_some_and(|json| *json != Json::Null)
    }

    /// Records a violation if the object is empty: a PATCH that asks for nothing is a mistake.
    pub fn at_least_one(&mut self) {
        if self.members.is_some_and(BTreeMap::is_empty) {
            self.errors.push(FieldError::new(FieldCode::Required, "must name at least one field"));
        }
    }

    /// Ends reading: all violations, or none.
    pub fn finish(mut self) -> Result<(), FieldErrors> {
        let Some(members) = self.members else {
            return Err(FieldError::new(FieldCode::InvalidType, "must be an object").into());
        };
        for name in members.keys().filter(|name| !self.asked.contains(name.as_str())) {
            self.errors.push(FieldError::new(FieldCode::UnknownField, "is not a field of this request").within(name));
        }
        self.errors.or(())
    }

    /// Ends reading and, if nothing is wrong, builds the value; `None` is only possible when a required field failed.
    pub fn finish_with<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, FieldErrors> {
        self.finish()?;
        build().ok_or_else(|| FieldError::new(FieldCode::Required, "is incomplete").into())
    }

    fn member(&mut self, name: &'static str) -> Option<&'j Json> {
        self.asked.insert(name);
        self.members.and_then(|members| members.get(name))
    }

    fn parsed<T, E: Into<FieldErrors>>(&mut self, name: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|errors| self.errors.absorb(name, errors.into())).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::plain::{boolean, integer, list, object, string};
    use super::*;

    fn tree(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    /// Violations as `pointer code`.
    fn violations<T>(result: Result<T, FieldErrors>) -> Vec<String> {
        let errors = result.err().unwrap_or_default();
        errors.iter().map(|error| format!("{} {}", error.place(), error.code().as_str())).collect()
    }

    fn read(json: &Json) -> Result<(String, Option<i64>, Change<bool>), FieldErrors> {
        let mut fields = Fields::of(json);
        let name = fields.required("name", string);
        let limit = fields.optional("limit", integer(1..=10));
        let active = fields.nullable("active", boolean);
        let _list = fields.optional("list", list(3, "elements", integer(0..=9)));
        let _inner = fields.optional("inner", object(|inner| inner.required("x", string)));
        fields.exclusive("limit", "active");
        fields.finish_with(|| Some((name?, limit, active)))
    }

    #[test]
    fn all_violations_come_at_once_with_their_places() {
        for (text, expected) in [
            ("{}", vec!["/name required"]),
            (r#"{"name":null}"#, vec!["/name required"]),
            ("[]", vec![" invalid_type"]),
            ("null", vec![" invalid_type"]),
            (
                r#"{"limit":11,"id":1,"list":[1,"x",10]}"#,
                vec![
                    "/name required",
                    "/limit out_of_range",
                    "/list/1 invalid_type",
                    "/list/2 out_of_range",
                    "/id unknown_field",
                ],
            ),
            (
                r#"{"name":"","list":[1,2,3,4],"inner":{"y":1}}"#,
                vec!["/list too_many", "/inner/x required", "/inner/y unknown_field"],
            ),
            (r#"{"name":"","limit":1,"active":true}"#, vec!["/active conflict"]),
            (r#"{"name":"","Name":"","inner":[]}"#, vec!["/inner invalid_type", "/Name unknown_field"]),
        ] {
            assert_eq!(violations(read(&tree(text))), expected, "{text}");
        }
    }

    #[test]
    fn absent_null_and_value_are_three_things() {
        for (text, expected) in [
            (r#"{"name":"n"}"#, Change::Keep),
            (r#"{"name":"n","active":null}"#, Change::Clear),
            (r#"{"name":"n","active":false}"#, Change::Set(false)),
        ] {
            assert_eq!(read(&tree(text)).unwrap().2, expected);
        }
    }

    #[test]
    fn a_change_of_nothing_is_refused() {
        let json = tree("{}");
        let mut fields = Fields::of(&json);
        fields.at_least_one();
        assert_eq!(violations(fields.finish()), vec![" required"]);
    }

    #[test]
    fn a_secret_used_as_a_name_is_not_repeated() {
        let key = ["sk_live_", &"Zq7".repeat(16)].concat();
        assert_eq!(violations(read(&tree(&format!(r#"{{"name":"n","{key}":1}}"#)))), vec![" unknown_field"]);
    }

    proptest! {
        #[test]
        fn arbitrary_trees_never_panic(text in "\\{(\"(name|limit|active|list|inner)\":(null|1|\"x\"|\\[1,\"\"\\]|\\{\\}|1e9)(,|)){0,4}\\}") {
            if let Ok(json) = Json::parse(text.as_bytes()) {
                let _either = read(&json);
            }
        }
    }
}
