//! Strict JSON: bytes in, a tree out, or one refusal that names a place and never a value.
//!
//! Duplicate member names are refused at any depth, escaped twins (`"na\u006de"`) included: two parsers that disagree
//! about the winner are an attack. Depth is bounded, trailing bytes are refused. The texts of
//! `serde_json` echo what was sent, so they stop here; so does `{:?}` of a tree, which may hold a secret key (H3).

mod reader;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Number, Value};

/// How many objects and lists may be open at once.
pub const DEPTH_MAX: usize = 16;

/// The longest member name that is repeated to the sender; a pasted secret key is longer than this.
const SHOWN_NAME_MAX: usize = 32;

/// One JSON value, its member names unique.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as `serde_json` keeps it: integers of 64 bits, else a double.
    Number(Number),
    /// A string, its escapes resolved.
    String(String),
    /// A list.
    Array(Vec<Json>),
    /// An object, sorted by member name.
    Object(BTreeMap<String, Json>),
}

/// Why bytes are not JSON as we accept it; `pointer` (RFC 6901) says where reading stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON at all, cut short, or followed by something else.
    #[error("not valid JSON (line {line}, column {column})")]
    Malformed {
        /// The innermost member or element that was being read.
        pointer: String,
        /// Counted from 1.
        line: usize,
        /// Counted in bytes.
        column: usize,
    },
    /// One object names one member twice.
    #[error("a field is given twice")]
    Duplicate {
        /// The member that came a second time.
        pointer: String,
    },
    /// More than [`DEPTH_MAX`] objects and lists inside each other.
    #[error("nested too deeply")]
    TooDeep {
        /// The value that is one level too deep.
        pointer: String,
    },
}

impl Json {
    /// Reads exactly one value from `bytes`.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        reader::read(bytes)
    }

    /// The same value for those who store or show it, such as metadata.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(value.clone()),
            Self::String(value) => Value::String(value.clone()),
            Self::Array(elements) => elements.iter().map(Self::to_value).collect(),
            Self::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.clone(), value.to_value())).collect())
            }
        }
    }

    /// What kind of value this is, in the words of an error message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Json({})", self.kind())
    }
}

/// `parent` extended by a member name or an index. A name that could be a secret, or that no field of ours could have,
/// is not repeated: the pointer stays at the parent.
#[must_use]
pub fn pointer_to(parent: &str, name: &str) -> String {
    if is_shown(name) { format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1")) } else { parent.to_owned() }
}

/// Whether a name from outside may be repeated in an error.
pub(crate) fn is_shown(name: &str) -> bool {
    !name.is_empty() && name.len() <= SHOWN_NAME_MAX && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> JsonError {
        Json::parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_tree_keeps_what_was_written() {
        let text = r#"{"a":[1,-2,1.5,true,null,"x\u0041"],"b":{"c":18446744073709551615}}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Json::parse(text.as_bytes()).unwrap().to_value(), expected);
    }

    #[test]
    fn a_second_member_of_one_name_is_refused_at_any_depth() {
        for (text, place) in [
            (r#"{"name":"a","name":"b"}"#, "/name"),
            (r#"{"name":"a","na\u006de":"b"}"#, "/name"),
            (r#"{"metadata":{"list":[0,{"x":1,"x":1}]}}"#, "/metadata/list/1/x"),
            (r#"{"a/b":{"m~n":1,"m~n":2}}"#, "/a~1b/m~0n"),
        ] {
            assert_eq!(refusal(text), JsonError::Duplicate { pointer: place.to_owned() }, "{text}");
        }
    }

    #[test]
    fn sixteen_levels_are_enough_for_everybody() {
        assert!(Json::parse(format!("{}{}", "[".repeat(16), "]".repeat(16)).as_bytes()).is_ok());
        assert_eq!(refusal(&"[".repeat(17)), JsonError::TooDeep { pointer: "/0".repeat(16) });
        assert!(matches!(refusal(&"{\"a\":".repeat(100_000)), JsonError::TooDeep { .. }));
    }

    #[test]
    fn whatever_is_not_exactly_one_value_is_malformed() {
        let long_digits = format!("{}x", "9".repeat(9_000));
        for text in [
            "",
            " ",
            "{",
            "nul",
            "{}x",
            "{} {}",
            "[1,]",
            "{\"a\":}",
            "'a'",
            "01",
            "1e400",
            "+1",
            "NaN",
            "\"\\ud800\"",
            "\"\t\"",
            "\u{feff}{}",
            "// c\n{}",
            long_digits.as_str(),
        ] {
            assert!(matches!(refusal(text), JsonError::Malformed { .. }), "{text}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn a_refusal_says_where_and_repeats_nothing() {
        let key = ["sk_live_", &"Zq7".repeat(16)].concat();
        for text in [
            format!(r#"{{"key":"{key}"#),
            format!(r#"{{"{key}":1,"{key}":2}}"#),
            format!(r#"{{"list":[{{"{key}":{key}}}]}}"#),
        ] {
            let error = refusal(&text);
            assert!(!format!("{error} {error:?}").contains("Zq7"), "{error:?}");
        }
        assert!(!format!("{:?}", Json::String(key)).contains("Zq7"));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _either = Json::parse(&bytes);
        }

        #[test]
        fn arbitrary_punctuation_never_panics(text in "[\\[\\]{}:,\"a\\\\u0-9.eE+ -]{0,80}") {
            let _either = Json::parse(text.as_bytes());
        }
    }
}
