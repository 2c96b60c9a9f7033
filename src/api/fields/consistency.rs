//! Parsers for how long a decision on the keys of a session may be relied on.

use super::plain::{integer, object, one_of, text};
use super::{FieldError, FieldErrors, Fields};
use crate::api::json::Json;
use crate::domain::change::Change;
use crate::domain::consistency::{Consistency, ConsistencyChange, Mode};

/// What the owner of a new session chooses; what is left out is as it is without anybody's choice.
pub fn consistency(json: &Json) -> Result<Consistency, FieldErrors> {
    consistency_change(json).map(|change| change.apply(Consistency::default()))
}

/// A change of it, part by part.
pub fn consistency_change(json: &Json) -> Result<ConsistencyChange, FieldErrors> {
    object(|fields| {
        fields.at_least_one();
        let mode = fields.nullable("mode", text(mode));
        let ttl_ms = up_to(fields, "ttlMs", Consistency::TTL_MS_MAX);
        let stale_seconds = up_to(fields, "staleSeconds", Consistency::STALE_SECONDS_MAX);
        Some(ConsistencyChange { mode, ttl_ms, stale_seconds })
    })(json)
}

/// One of the modes.
pub fn mode(text: &str) -> Result<Mode, FieldError> {
    one_of(&Mode::ALL.map(|mode| (mode.as_str(), mode)))(text)
}

fn up_to(fields: &mut Fields<'_>, name: &'static str, max: u32) -> Change<u32> {
    match fields.nullable(name, integer(0..=max.into())) {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(value) => u32::try_from(value).map_or(Change::Keep, Change::Set),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(parser: impl Fn(&Json) -> Result<T, FieldErrors>, text: &str) -> Result<T, Vec<String>> {
        parser(&Json::parse(text.as_bytes()).unwrap()).map_err(|errors| {
            errors.iter().map(|error| format!("{} {}", error.place(), error.code().as_str())).collect()
        })
    }

    #[test]
    fn each_part_may_be_named_alone_and_null_is_what_nobody_chose() {
        let wide = Consistency { mode: Mode::Edge, ttl_ms: 60_000, stale_seconds: 30 };
        let all = r#"{"mode":"edge","ttlMs":60000,"staleSeconds":30}"#;
        assert_eq!(read(consistency, all), Ok(wide));
        assert_eq!(read(consistency, r#"{"ttlMs":0}"#), Ok(Consistency { ttl_ms: 0, ..Consistency::default() }));
        let changed = |text: &str| read(consistency_change, text).unwrap().apply(wide);
        assert_eq!(changed(r#"{"mode":"strict"}"#), Consistency { mode: Mode::Strict, ..wide });
        assert_eq!(changed(r#"{"ttlMs":null}"#), Consistency { ttl_ms: 5_000, ..wide });
        assert_eq!(changed(r#"{"mode":null,"ttlMs":null,"staleSeconds":null}"#), Consistency::default());
        assert_eq!(ConsistencyChange::RESET.apply(wide), Consistency::default());
        for (text, expected) in [
            ("{}", " required"),
            ("[]", " invalid_type"),
            (r#"{"mode":"eventual"}"#, "/mode invalid_format"),
            (r#"{"ttlMs":60001}"#, "/ttlMs out_of_range"),
            (r#"{"ttlMs":-1}"#, "/ttlMs out_of_range"),
            (r#"{"staleSeconds":31}"#, "/staleSeconds out_of_range"),
            (r#"{"ttl":1}"#, "/ttl unknown_field"),
        ] {
            assert_eq!(
                read(consistency_change, text).unwrap_err().first().map(String::as_str),
                Some(expected),
                "{text}"
            );
        }
    }
}
