//! The parser for metadata: the one place where a client may send an object of its own making.
//!
//! Its size is bounded in `domain::metadata`. Here numbers are watched, because JSON has no words for their precision.

use serde_json::Value;

use super::{FieldCode, FieldError, FieldErrors};
use crate::api::json::{Json, pointer_to};
use crate::domain::metadata::{MAX_METADATA_DEPTH, Metadata, MetadataError};

/// The largest whole number that every JSON reader keeps exact (RFC 7493 §2.2).
const EXACT_MAX: f64 = 9_007_199_254_740_991.0;

/// An object of the client's own making. Numbers that readers would round are refused rather than changed.
pub fn metadata(json: &Json) -> Result<Metadata, FieldErrors> {
    let Value::Object(object) = json.to_value() else {
        return Err(FieldError::new(FieldCode::InvalidType, "must be an object").into());
    };
    let mut errors = FieldErrors::default();
    inexact_numbers(json, "", 0, &mut errors);
    errors.or(())?;
    Metadata::new(object).map_err(|error| {
        let code = match error {
            MetadataError::TooLarge | MetadataError::TooDeep => FieldCode::TooLong,
            MetadataError::TooManyKeys => FieldCode::TooMany,
        };
        FieldError::explained(code, &error).into()
    })
}

fn inexact_numbers(json: &Json, pointer: &str, depth: usize, errors: &mut FieldErrors) {
    if depth > MAX_METADATA_DEPTH {
        return;
    }
    match json {
        Json::Number(number) if number.as_f64().is_none_or(|value| value.abs() > EXACT_MAX) => {
            let message = "must lie within 9007199254740991 of zero; send larger numbers as strings";
            errors.push(FieldError::new(FieldCode::OutOfRange, message).at(pointer));
        }
        Json::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                inexact_numbers(element, &pointer_to(pointer, &index.to_string()), depth.saturating_add(1), errors);
            }
        }
        Json::Object(members) => {
            for (name, member) in members {
                inexact_numbers(member, &pointer_to(pointer, name), depth.saturating_add(1), errors);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let errors = |errors: FieldErrors| {
            errors
                .iter()
                .map(|error| format!("{} {}", error.place(), error.code().as_str()))
                .collect::<Vec<_>>()
                .join(", ")
        };
        metadata(&Json::parse(text.as_bytes()).unwrap()).map(|metadata| metadata.to_string()).map_err(errors)
    }

    #[test]
    fn an_object_comes_back_as_it_was() {
        for text in ["{}", r#"{"a":[1.5,null,{"b":-9007199254740991}],"c":true}"#] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_would_be_changed_or_is_too_much_is_refused() {
        let wide = (0..65).map(|index| format!("\"k{index}\":0")).collect::<Vec<_>>().join(",");
        for (text, expected) in [
            ("[]", " invalid_type"),
            ("5", " invalid_type"),
            ("9007199254740993", " invalid_type"),
            ("[1e300]", " invalid_type"),
            (r#"{"a":{"b":[1,9007199254740993]},"c":1e300}"#, "/a/b/1 out_of_range, /c out_of_range"),
            (r#"{"a":123456789012345678901234567890}"#, "/a out_of_range"),
            (&format!("{{{wide}}}"), " too_many"),
            (&format!("{{\"a\":\"{}\"}}", "x".repeat(4_096)), " too_long"),
            (&format!("{{\"a\":{}{}}}", "[".repeat(8), "]".repeat(8)), " too_long"),
        ] {
            assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        }
    }
}
