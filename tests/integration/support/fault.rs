//! What may go wrong with calls to objects, and with which.

use latchkey::ports::Address;
use serde_json::{Map, Value};

/// What goes wrong with a call to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives.
    Unreachable,
    /// It is carried out, but the answer is lost.
    AnswerLost,
    /// Nothing ever comes back, and it never arrives.
    Hanging,
    /// It is turned away: too many at once.
    Overloaded,
    /// It never arrives, and the platform says that a second attempt may do.
    Retryable,
    /// It arrives twice; the second answer counts.
    Doubled,
    /// It seems lost, and arrives when `deliver_late` says.
    Late,
    /// It is carried out, and half of the answer comes back.
    Garbled,
    /// It never arrives, and what comes back is an answer to something else.
    Strange,
    /// It never arrives, and what comes back is the last answer to a command of that name: as if whoever asks took a
    /// failure for what it was told before. No platform does this; it shows that a test would notice.
    Believed,
}

/// Which calls a fault meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// All of them.
    Everybody,
    /// Those to one object.
    One(Address),
    /// Those to objects of a kind.
    Kind(Kind),
    /// Those that tell one object this command: whoever sends other commands reaches it.
    Command(Address, &'static str),
}

impl Whom {
    pub(super) fn is_met(&self, address: &Address, request: &[u8]) -> bool {
        match self {
            Self::Everybody => true,
            Self::One(one) => one == address,
            Self::Kind(kind) => *kind == Kind::of(address),
            Self::Command(one, command) => one == address && command_in(request) == *command,
        }
    }
}

/// The command in a request: its tag comes first.
pub(super) fn command_in(request: &[u8]) -> &str {
    let text = std::str::from_utf8(request).unwrap_or_default();
    text.strip_prefix("{\"command\":\"").and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

/// The kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Session,
    Organization,
    Account,
    Directory,
}

impl Kind {
    /// The kind of an address.
    pub fn of(address: &Address) -> Self {
        match address {
            Address::Session(_) => Self::Session,
            Address::Organization(_) => Self::Organization,
            Address::Account(_) => Self::Account,
            Address::Directory => Self::Directory,
        }
    }
}

/// A message as a neighbour of the next version would write it: with members that nobody here has heard of.
pub(super) fn later(message: &[u8]) -> Vec<u8> {
    let Ok(mut message) = serde_json::from_slice::<Value>(message) else { return message.to_vec() };
    let extend = |members: &mut Map<String, Value>| {
        members.insert("of_a_later_version".to_owned(), serde_json::json!({ "since": [2] }));
    };
    for pointer in ["/done/reply", "/done"] {
        if let Some(Value::Object(members)) = message.pointer_mut(pointer) {
            extend(members);
        }
    }
    if let Some(members) = message.as_object_mut().filter(|members| members.contains_key("command")) {
        extend(members);
    }
    serde_json::to_vec(&message).unwrap()
}
