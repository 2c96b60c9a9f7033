//! Paths: of routes, and of requests. A path that origins do not all read alike is not let through, or a request could
//! pass by a strict route and arrive behind it all the same.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// The most characters of a route's path.
pub const PATH_CHARACTERS_MAX: usize = 256;

/// The path of a route: `/`, or segments of unreserved characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoutePath(String);

/// Why a text is no path of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is too long.
    #[error("must have at most 256 characters")]
    TooLong,
    /// It does not begin at the root.
    #[error("must begin with a slash")]
    Relative,
    /// A segment is empty: two slashes, or one at the end.
    #[error("must not have empty segments, nor a slash at its end")]
    Empty,
    /// A segment leads elsewhere, or has a character that may be spelled in several ways.
    #[error("must consist of letters, digits and - . _ ~, and have no segment . or ..")]
    Spelling,
}

impl RoutePath {
    /// Reads a path.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.len() > PATH_CHARACTERS_MAX {
            return Err(PathError::TooLong);
        }
        let rest = text.strip_prefix('/').ok_or(PathError::Relative)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        for segment in rest.split('/').filter(|_| !rest.is_empty()) {
            if segment.is_empty() {
                return Err(PathError::Empty);
            }
            if matches!(segment, "." | "..") || !segment.bytes().all(is_plain) {
                return Err(PathError::Spelling);
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many segments it has.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.segments().count()
    }

    /// Whether a request lies at it, or below.
    #[must_use]
    pub fn covers(&self, path: &RequestPath<'_>) -> bool {
        self.depth() <= path.segments.len() && self.segments().zip(&path.segments).all(|(own, asked)| own == asked)
    }

    /// Whether another route lies at it, or below.
    #[must_use]
    pub fn covers_route(&self, other: &Self) -> bool {
        let mut others = other.segments();
        self.segments().all(|own| others.next() == Some(own))
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }
}

impl TryFrom<String> for RoutePath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<RoutePath> for String {
    fn from(path: RoutePath) -> Self {
        path.0
    }
}

/// The path of a request, as it was sent and as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath<'a> {
    raw: &'a str,
    /// Decoded, without parameters.
    segments: Vec<Cow<'a, str>>,
}

impl<'a> RequestPath<'a> {
    /// Reads a path that begins with a slash. None if not everybody reads it alike: with an empty segment before the end,
    /// one that leads upwards or stays, a slash, backslash, control character or percent sign that is encoded, or what is
    /// no UTF-8.
    #[must_use]
    pub fn parse(raw: &'a str) -> Option<Self> {
        let rest = raw.strip_prefix('/')?;
        let mut segments = Vec::new();
        let mut parts = rest.split('/').peekable();
        while let Some(part) = parts.next() {
            if part.is_empty() && parts.peek().is_none() {
                break;
            }
            // What follows a semicolon is a parameter to some, and a name to others.
            let name = part.split(';').next().unwrap_or_default();
            let decoded = percent_decode_str(name).decode_utf8().ok()?;
            let odd = |c: char| c == '/' || c == '\\' || c == '%' || c.is_control();
            if decoded.is_empty() || matches!(&*decoded, "." | "..") || decoded.contains(odd) || name.contains('\\') {
                return None;
            }
            segments.push(decoded);
        }
        Some(Self { raw, segments })
    }

    /// As it was sent.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.raw
    }

    /// What follows the first segments, as it was sent; with its slash, or empty.
    #[must_use]
    pub fn below(&self, depth: usize) -> &'a str {
        let mut slashes = self.raw.match_indices('/').map(|(at, _)| at);
        slashes.nth(depth).and_then(|at| self.raw.get(at..)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_route_has_a_plain_path() {
        for path in ["/", "/a", "/v1/orders", "/a.b/c-d/e_f/~g", "/..."] {
            assert_eq!(RoutePath::parse(path).map(String::from).as_deref(), Ok(path));
        }
        for (path, error) in [
            ("", PathError::Relative),
            ("a", PathError::Relative),
            ("//", PathError::Empty),
            ("/a/", PathError::Empty),
            ("/a//b", PathError::Empty),
            ("/a/../b", PathError::Spelling),
            ("/.", PathError::Spelling),
            ("/a%62", PathError::Spelling),
            ("/a b", PathError::Spelling),
            ("/a;b", PathError::Spelling),
            ("/a?b", PathError::Spelling),
            ("/ä", PathError::Spelling),
            (&format!("/{}", "a".repeat(256)), PathError::TooLong),
        ] {
            assert_eq!(RoutePath::parse(path), Err(error), "{path}");
        }
        assert!(RoutePath::parse(&format!("/{}", "a".repeat(PATH_CHARACTERS_MAX - 1))).is_ok());
    }

    #[test]
    fn a_path_that_origins_read_in_several_ways_is_none() {
        for path in [
            "",
            "a",
            "//a",
            "/a//b",
            "/a/../b",
            "/a/..",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/.",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/a%00",
            "/a%0a",
            "/%ff",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%252e%252e",
            "/a/..;/b",
            "/a/;x/b",
            "/%2e;x",
        ] {
            assert_eq!(RequestPath::parse(path), None, "{path}");
        }
        for (path, segments) in [
            ("/", vec![]),
            ("/a", vec!["a"]),
            ("/a/b/", vec!["a", "b"]),
            ("/%61;x=%2f/b;y", vec!["a", "b"]),
            ("/m%C3%BCnchen/a%20b", vec!["münchen", "a b"]),
            ("/a.b/...", vec!["a.b", "..."]),
        ] {
            assert_eq!(RequestPath::parse(path).unwrap().segments, segments, "{path}");
        }
    }

    #[test]
    fn what_lies_below_is_handed_on_as_it_was_sent() {
        let path = RequestPath::parse("/a/b%20c;x/d/").unwrap();
        let below = [0, 1, 2, 3, 4].map(|depth| path.below(depth));
        assert_eq!(below, ["/a/b%20c;x/d/", "/b%20c;x/d/", "/d/", "/", ""]);
        assert_eq!(RequestPath::parse("/a").unwrap().below(1), "");
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_made_of_names(text in "/([a-c.%;/\\\\2eEfF5]{0,12}|\\PC{0,12})") {
            if let Some(path) = RequestPath::parse(&text) {
                prop_assert!(path.segments.iter().all(|name| !name.is_empty() && name != "." && name != ".."));
                prop_assert!(path.segments.iter().all(|name| !name.contains(['/', '\\', '%'])));
                prop_assert!(RoutePath::parse("/").unwrap().covers(&path));
            }
        }
    }
}
