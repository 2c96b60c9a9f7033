//! JSON as it is written, so that it can be wrong in ways that no value can: twice the same member, a number of a thousand
//! digits, an escape that is none.

use serde_json::Value;

/// A piece of a body.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// As it stands.
    Plain(String),
    List(Vec<Node>),
    /// The names as they stand, in quotes.
    Object(Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Array(elements) => Self::List(elements.iter().map(Self::of).collect()),
            Value::Object(members) => {
                Self::Object(members.iter().map(|(name, value)| (quoted(name), Self::of(value))).collect())
            }
            plain => Self::Plain(plain.to_string()),
        }
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Plain(quoted(text))
    }

    pub(crate) fn write(&self, out: &mut String) {
        let (open, close) = match self {
            Self::Plain(text) => return out.push_str(text),
            Self::List(_) => ('[', ']'),
            Self::Object(_) => ('{', '}'),
        };
        out.push(open);
        match self {
            Self::Plain(_) => {}
            Self::List(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
            }
            Self::Object(members) => {
                for (at, (name, member)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    out.push_str(name);
                    out.push(':');
                    member.write(out);
                }
            }
        }
        out.push(close);
    }

    /// How many pieces there are, this one included.
    pub(crate) fn count(&self) -> usize {
        1 + match self {
            Self::Plain(_) => 0,
            Self::List(elements) => elements.iter().map(Self::count).sum(),
            Self::Object(members) => members.iter().map(|(_, member)| member.count()).sum(),
        }
    }

    /// The n-th piece, in the order in which they are written.
    pub(crate) fn nth(&mut self, n: usize) -> Option<&mut Self> {
        if n == 0 {
            return Some(self);
        }
        let mut left = n - 1;
        let inner: Vec<&mut Self> = match self {
            Self::Plain(_) => Vec::new(),
            Self::List(elements) => elements.iter_mut().collect(),
            Self::Object(members) => members.iter_mut().map(|(_, member)| member).collect(),
        };
        for piece in inner {
            let count = piece.count();
            if left < count {
                return piece.nth(left);
            }
            left -= count;
        }
        None
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
