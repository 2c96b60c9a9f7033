//! One thing that is wrong with a request: where, which kind, and a sentence.
//!
//! The sentence is written by us and says what would be right; it is never built from what was sent.
//! Therefore a message is a `&'static str` or made here out of our own limits.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::super::json::pointer_to;

/// How many violations one answer lists: a body of 16 KiB could otherwise buy an answer of megabytes.
pub const VIOLATIONS_MAX: usize = 50;

/// What kind of violation, as clients switch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldCode {
    /// The field must be there, and not `null`.
    Required,
    /// A JSON value of another kind is needed.
    InvalidType,
    /// A number too small or too large.
    OutOfRange,
    /// A text or an object too large.
    TooLong,
    /// A text too short, or without a visible character.
    TooShort,
    /// A list with too many elements.
    TooMany,
    /// The right kind of value, but not written as it must be.
    InvalidFormat,
    /// There is no such field or parameter here.
    UnknownField,
    /// The field or parameter was given twice.
    DuplicateField,
    /// The field contradicts another one.
    Conflict,
    /// A time that has to lie ahead does not.
    InThePast,
    /// A password that is too easy to guess.
    TooCommon,
}

impl FieldCode {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::Required,
        Self::InvalidType,
        Self::OutOfRange,
        Self::TooLong,
        Self::TooShort,
        Self::TooMany,
        Self::InvalidFormat,
        Self::UnknownField,
        Self::DuplicateField,
        Self::Conflict,
        Self::InThePast,
        Self::TooCommon,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::InvalidType => "invalid_type",
            Self::OutOfRange => "out_of_range",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::TooMany => "too_many",
            Self::InvalidFormat => "invalid_format",
            Self::UnknownField => "unknown_field",
            Self::DuplicateField => "duplicate_field",
            Self::Conflict => "conflict",
            Self::InThePast => "in_the_past",
            Self::TooCommon => "too_common",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Pointer(String),
    Parameter(String),
}

/// One violation. A parser makes it without a place; whoever knows the field's name adds that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    place: Place,
    code: FieldCode,
    message: Cow<'static, str>,
}

impl FieldError {
    /// A violation by the very value a parser was given.
    #[must_use]
    pub fn new(code: FieldCode, message: &'static str) -> Self {
        Self { place: Place::Pointer(String::new()), code, message: Cow::Borrowed(message) }
    }

    /// A violation whose sentence is that of one of our error enums, which by the rule of the house echo nothing.
    #[must_use]
    pub fn explained(code: FieldCode, error: &impl Display) -> Self {
        Self { message: Cow::Owned(error.to_string()), ..Self::new(code, "") }
    }

    /// A number outside `range`.
    #[must_use]
    pub fn out_of_range(range: &RangeInclusive<i64>) -> Self {
        let message = Cow::Owned(format!("must be between {} and {}", range.start(), range.end()));
        Self { message, ..Self::new(FieldCode::OutOfRange, "") }
    }

    /// More than `max` of `what`.
    #[must_use]
    pub fn too(code: FieldCode, max: usize, what: &'static str) -> Self {
        Self { message: Cow::Owned(format!("must have at most {max} {what}")), ..Self::new(code, "") }
    }

    /// A field that cannot stand beside another one of ours.
    #[must_use]
    pub fn excluded_by(other: &'static str) -> Self {
        let message = Cow::Owned(format!("cannot be given together with {other}"));
        Self { message, ..Self::new(FieldCode::Conflict, "") }
    }

    /// A word that is none of ours.
    #[must_use]
    pub fn one_of<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let message = Cow::Owned(format!("must be one of: {}", words.collect::<Vec<_>>().join(", ")));
        Self { message, ..Self::new(FieldCode::InvalidFormat, "") }
    }

    /// The same violation at `pointer` of the body.
    #[must_use]
    pub fn at(self, pointer: impl Into<String>) -> Self {
        Self { place: Place::Pointer(pointer.into()), ..self }
    }

    /// The same violation by a query parameter.
    #[must_use]
    pub fn by_parameter(self, name: impl Into<String>) -> Self {
        Self { place: Place::Parameter(name.into()), ..self }
    }

    /// The same violation seen from the object or list around it, where the value is called `name`.
    #[must_use]
    pub fn within(self, name: &str) -> Self {
        let place = match self.place {
            Place::Pointer(inner) => Place::Pointer(pointer_to("", name) + &inner),
            Place::Parameter(name) => Place::Parameter(name),
        };
        Self { place, ..self }
    }

    /// Which kind of violation.
    #[must_use]
    pub fn code(&self) -> FieldCode {
        self.code
    }

    /// The pointer or the parameter.
    #[must_use]
    pub fn place(&self) -> &str {
        match &self.place {
            Place::Pointer(place) | Place::Parameter(place) => place,
        }
    }

    /// The violation as it stands in `details.errors`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let (code, message) = (self.code.as_str(), &self.message);
        match &self.place {
            Place::Pointer(pointer) => json!({"pointer": pointer, "code": code, "message": message}),
            Place::Parameter(name) => json!({"parameter": name, "code": code, "message": message}),
        }
    }
}

/// All violations of one request, in the order they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Adds one, or nothing once [`VIOLATIONS_MAX`] are known.
    pub fn push(&mut self, error: FieldError) {
        if self.0.len() < VIOLATIONS_MAX {
            self.0.push(error);
        }
    }

    /// Adds those of a value called `name`.
    pub fn absorb(&mut self, name: &str, inner: Self) {
        for error in inner.0 {
            self.push(error.within(name));
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The violations in order.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// `value` if nothing is wrong.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<FieldError> for FieldErrors {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_grows_from_the_inside_out() {
        let error = FieldError::new(FieldCode::InvalidFormat, "no").within("3").within("ip/list");
        assert_eq!(error.to_value(), json!({"pointer": "/ip~1list/3", "code": "invalid_format", "message": "no"}));
    }

    #[test]
    fn a_parameter_stays_a_parameter() {
        let error = FieldError::out_of_range(&(1..=100)).by_parameter("limit").within("x");
        assert_eq!(
            error.to_value(),
            json!({"parameter": "limit", "code": "out_of_range", "message": "must be between 1 and 100"})
        );
    }

    #[test]
    fn a_flood_of_violations_is_cut() {
        let mut errors = FieldErrors::default();
        (0..1_000).for_each(|_| errors.push(FieldError::new(FieldCode::Required, "is required")));
        assert_eq!(errors.iter().count(), VIOLATIONS_MAX);
    }
}
