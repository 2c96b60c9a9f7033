//! Parsers for values that JSON itself knows: texts, numbers, lists, objects.
//!
//! A parser is a function from `&Json` to a type or to violations without a place. Those with a parameter are functions
//! that return one: `integer(1..=100)`, `list(50, "entries", text(values::ip_network))`.

use std::ops::RangeInclusive;

use super::{FieldCode, FieldError, FieldErrors, Fields};
use crate::api::json::Json;

fn wrong_type(message: &'static str) -> FieldError {
    FieldError::new(FieldCode::InvalidType, message)
}

/// A string as it was sent.
pub fn string(json: &Json) -> Result<String, FieldError> {
    text(|text| Ok(text.to_owned()))(json)
}

/// A string that `parse` turns into something; the same `parse` serves query parameters.
pub fn text<T>(parse: impl FnOnce(&str) -> Result<T, FieldError>) -> impl FnOnce(&Json) -> Result<T, FieldError> {
    |json| if let Json::String(text) = json { parse(text) } else { Err(wrong_type("must be a string")) }
}

/// `true` or `false`; not `"true"`, not 1.
pub fn boolean(json: &Json) -> Result<bool, FieldError> {
    if let Json::Bool(value) = json { Ok(*value) } else { Err(wrong_type("must be a boolean")) }
}

/// A whole number written without fraction or exponent. No bound has a second meaning: 0 and −1 never say "unlimited".
pub fn integer(range: RangeInclusive<i64>) -> impl Fn(&Json) -> Result<i64, FieldError> {
    move |json| {
        let Json::Number(number) = json else { return Err(wrong_type("must be an integer")) };
        match number.as_i64() {
            Some(value) if range.contains(&value) => Ok(value),
            None if is_fraction(number) => Err(wrong_type("must be an integer")),
            _ => Err(FieldError::out_of_range(&range)),
        }
    }
}

/// What was written with a fraction or exponent, unless it is so large that it may as well have been digits.
fn is_fraction(number: &serde_json::Number) -> bool {
    number.is_f64() && number.as_f64().is_some_and(|value| value.abs() < 9_007_199_254_740_992.0)
}

/// A list of at most `max`; every element that fails is reported under its index.
pub fn list<T, E: Into<FieldErrors>>(
    max: usize,
    what: &'static str,
    element: impl Fn(&Json) -> Result<T, E>,
) -> impl FnOnce(&Json) -> Result<Vec<T>, FieldErrors> {
    move |json| {
        let Json::Array(elements) = json else { return Err(wrong_type("must be a list").into()) };
        if elements.len() > max {
            return Err(FieldError::too(FieldCode::TooMany, max, what).into());
        }
        let mut errors = FieldErrors::default();
        let mut values = Vec::with_capacity(elements.len());
        for (index, json) in elements.iter().enumerate() {
            match element(json) {
                Ok(value) => values.push(value),
                Err(inner) => errors.absorb(&index.to_string(), inner.into()),
            }
        }
        errors.or(values)
    }
}

/// An object of its own, read by the same rules; `read` answers `None` if a required field failed.
pub fn object<T>(read: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> impl FnOnce(&Json) -> Result<T, FieldErrors> {
    |json| {
        let mut fields = Fields::of(json);
        let value = read(&mut fields);
        fields.finish_with(|| value)
    }
}

/// One of our words.
pub fn one_of<T: Copy>(words: &[(&'static str, T)]) -> impl Fn(&str) -> Result<T, FieldError> {
    |text| {
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| FieldError::one_of(words.iter().map(|(word, _)| *word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_integer_is_exact_or_refused() {
        let read = |text: &str| integer(0..=9_007_199_254_740_991)(&tree(text)).map_err(|error| error.code());
        for (text, value) in [("0", 0), ("1", 1), ("4294967296", 1 << 32), ("9007199254740991", (1 << 53) - 1)] {
            assert_eq!(read(text), Ok(value));
        }
        for text in
            ["-1", "9007199254740992", "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e300"]
        {
            assert_eq!(read(text), Err(FieldCode::OutOfRange), "{text}");
        }
        for text in ["1.0", "1e2", "1.5", "-0", "-0.0", "\"1\"", "true", "null", "[]", "{}"] {
            assert_eq!(read(text), Err(FieldCode::InvalidType), "{text}");
        }
    }

    #[test]
    fn a_word_outside_the_list_is_answered_with_the_list() {
        let error = one_of(&[("active", 1), ("revoked", 2)])("gone").unwrap_err();
        assert_eq!(error.to_value().get("message").unwrap(), "must be one of: active, revoked");
    }

    #[test]
    fn nothing_is_coerced() {
        assert_eq!(string(&tree("5")).unwrap_err().code(), FieldCode::InvalidType);
        assert_eq!(boolean(&tree("\"true\"")).unwrap_err().code(), FieldCode::InvalidType);
        assert_eq!(boolean(&tree("1")).unwrap_err().code(), FieldCode::InvalidType);
    }
}
