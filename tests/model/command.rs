//! What may happen: to keys, sessions, organizations and people, and to the platform beneath them.
//!
//! Every number is taken modulo what there is, so that a list goes on meaning something while it shrinks. A list can be
//! written as JSON lines, which is how `regressions` keeps those that once failed.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde::{Deserialize, Serialize};

use crate::support::{Fault, Mood};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// Who asks: a person through the routes of an organization, or a key for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    Person(usize, usize),
    Key(usize),
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grants {
    Send,
    Manage,
    Everything,
}

/// What has become of the text of a key on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Twist {
    Whole,
    Truncated,
    OtherPrefix,
    LastLetter,
    Garbage,
}

/// From where a key was used, as whoever asks about it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Unknown,
    Inside,
    Outside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Viewer,
    Member,
    Admin,
    Owner,
}

/// Who may decide on the keys of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Strict,
    Leased,
    Edge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Environment {
    Production,
    Staging,
    Development,
    None,
}

/// A field of a change: left out, null, or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field<T> {
    Keep,
    Clear,
    Set(T),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Active(bool),
    Name,
    Grants(Grants),
    Expires(Field<i64>),
    Bound(Field<()>),
}

/// How KV is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weather {
    Well,
    Down,
    Hanging,
    StoreThenFail,
    Losing,
    Late,
    /// Reads show what was there a minute ago.
    Stale,
}

impl Weather {
    pub(crate) fn mood(self) -> Mood {
        match self {
            Self::Well | Self::Stale => Mood::Well,
            Self::Down => Mood::Down,
            Self::Hanging => Mood::Hanging,
            Self::StoreThenFail => Mood::StoreThenFail,
            Self::Losing => Mood::Losing,
            Self::Late => Mood::Late,
        }
    }
}

/// How calls to an object go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trouble {
    Unreachable,
    AnswerLost,
    Hanging,
    Overloaded,
}

impl Trouble {
    pub(crate) fn fault(self) -> Fault {
        match self {
            Self::Unreachable => Fault::Unreachable,
            Self::AnswerLost => Fault::AnswerLost,
            Self::Hanging => Fault::Hanging,
            Self::Overloaded => Fault::Overloaded,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    Create { by: By, session: usize, grants: Grants, expires: Option<i64>, bound: bool },
    Gate { at: usize, key: usize, twist: Twist },
    Verify { at: usize, by: By, key: usize, twist: Twist, wants: Option<Grants>, from: Place },
    Revoke { by: By, key: usize },
    Rotate { by: By, key: usize, overlap: i64 },
    Patch { by: By, key: usize, change: Change },
    Read { by: By, key: usize },
    List { by: By, limit: usize },
    CreateSession { by: By, environment: Environment, mode: Mode },
    Connect { by: By, session: usize, connected: bool },
    DeleteSession { by: By, session: usize },
    Relax { by: By, session: usize, mode: Mode },
    Suspend { organization: usize, suspended: bool },
    Plan { organization: usize, keys: u32 },
    Invite { by: By, role: Role },
    Accept { person: usize, invitation: usize },
    Promote { by: By, person: usize, role: Role },
    Remove { by: By, person: usize },
    Wait(i64),
    Crash,
    Evict { at: usize },
    Ring { session: usize },
    Kv(Weather),
    Propagate,
    Breaks { session: usize, trouble: Trouble },
    Heal,
    NewRoot,
}

impl Command {
    /// Whether it is a request that any deployment can be sent, and none that is about the platform or the clock.
    pub(crate) fn is_portable(&self) -> bool {
        !matches!(
            self,
            Self::Wait(_)
                | Self::Crash
                | Self::Evict { .. }
                | Self::Ring { .. }
                | Self::Kv(_)
                | Self::Propagate
                | Self::Breaks { .. }
                | Self::Heal
                | Self::NewRoot
        )
    }

    /// Whether it only looks.
    pub(crate) fn only_looks(&self) -> bool {
        matches!(self, Self::Gate { .. } | Self::Verify { .. } | Self::Read { .. } | Self::List { .. })
    }
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![
        6 => (0..4_usize, 0..2_usize).prop_map(|(person, through)| By::Person(person, through)),
        3 => (0..12_usize).prop_map(By::Key),
        // Those who may nearly everything, so that something comes of most lists.
        9 => (0..2_usize).prop_map(|owner| By::Person(owner, owner)),
    ]
}

/// Somebody who acts as a member: keys look after no people.
fn member() -> impl Strategy<Value = By> {
    let anybody = (0..4_usize, 0..2_usize).prop_map(|(person, through)| By::Person(person, through));
    prop_oneof![1 => anybody, 1 => (0..2_usize).prop_map(|owner| By::Person(owner, owner))]
}

fn twist() -> impl Strategy<Value = Twist> {
    prop_oneof![
        8 => Just(Twist::Whole),
        1 => select(vec![Twist::Truncated, Twist::OtherPrefix, Twist::LastLetter, Twist::Garbage]),
    ]
}

/// Moments at which a key ends; those over HTTP are too far away to matter there.
fn ends(is_portable: bool) -> BoxedStrategy<i64> {
    if is_portable { (HOUR..9 * HOUR).boxed() } else { prop_oneof![MINUTE..HOUR, 1_000..MINUTE].boxed() }
}

fn change(is_portable: bool) -> impl Strategy<Value = Change> {
    let field = prop_oneof![Just(Field::Clear), ends(is_portable).prop_map(Field::Set)];
    prop_oneof![
        4 => any::<bool>().prop_map(Change::Active),
        1 => Just(Change::Name),
        2 => grants().prop_map(Change::Grants),
        4 => field.prop_map(Change::Expires),
        2 => select(vec![Field::Clear, Field::Set(())]).prop_map(Change::Bound),
    ]
}

fn grants() -> impl Strategy<Value = Grants> {
    select(vec![Grants::Send, Grants::Manage, Grants::Everything])
}

fn modes() -> impl Strategy<Value = Mode> {
    select(vec![Mode::Strict, Mode::Leased, Mode::Edge, Mode::Edge])
}

fn roles() -> impl Strategy<Value = Role> {
    select(vec![Role::Viewer, Role::Member, Role::Admin, Role::Owner])
}

/// Any command, of those that are portable or of all.
pub(crate) fn commands(is_portable: bool) -> BoxedStrategy<Command> {
    use Command::*;
    let (key, session, at) = (0..12_usize, 0..6_usize, 0..3_usize);
    let places = select(vec![Place::Unknown, Place::Inside, Place::Outside]);
    let wants = option::of(grants());
    let keys = prop_oneof![
        9 => (by(), session.clone(), grants(), option::weighted(0.3, ends(is_portable)), prop::bool::weighted(0.2))
            .prop_map(|(by, session, grants, expires, bound)| Create { by, session, grants, expires, bound }),
        4 => (at.clone(), key.clone(), twist()).prop_map(|(at, key, twist)| Gate { at, key, twist }),
        6 => (at.clone(), by(), key.clone(), twist(), wants, places)
            .prop_map(|(at, by, key, twist, wants, from)| Verify { at, by, key, twist, wants, from }),
        4 => (by(), key.clone()).prop_map(|(by, key)| Revoke { by, key }),
        4 => (by(), key.clone(), select(vec![0, MINUTE, 10 * MINUTE]))
            .prop_map(|(by, key, overlap)| Rotate { by, key, overlap }),
        6 => (by(), key.clone(), change(is_portable)).prop_map(|(by, key, change)| Patch { by, key, change }),
        2 => (by(), key).prop_map(|(by, key)| Read { by, key }),
        2 => (by(), 1..6_usize).prop_map(|(by, limit)| List { by, limit }),
    ];
    let environments =
        select(vec![Environment::Production, Environment::Staging, Environment::Development, Environment::None]);
    let others = prop_oneof![
        2 => (by(), environments, modes())
            .prop_map(|(by, environment, mode)| CreateSession { by, environment, mode }),
        5 => (by(), session.clone(), prop::bool::weighted(0.3))
            .prop_map(|(by, session, connected)| Connect { by, session, connected }),
        1 => (by(), session.clone()).prop_map(|(by, session)| DeleteSession { by, session }),
        3 => (by(), session.clone(), modes()).prop_map(|(by, session, mode)| Relax { by, session, mode }),
        2 => (0..2_usize, any::<bool>())
            .prop_map(|(organization, suspended)| Suspend { organization, suspended }),
        1 => (0..2_usize, 1..6_u32).prop_map(|(organization, keys)| Plan { organization, keys }),
        2 => (member(), roles()).prop_map(|(by, role)| Invite { by, role }),
        2 => (0..4_usize, 0..4_usize).prop_map(|(person, invitation)| Accept { person, invitation }),
        2 => (member(), 0..4_usize, roles()).prop_map(|(by, person, role)| Promote { by, person, role }),
        1 => (member(), 0..4_usize).prop_map(|(by, person)| Remove { by, person }),
    ];
    if is_portable {
        return prop_oneof![3 => keys, 1 => others].boxed();
    }
    let weather = select(vec![
        Weather::Well,
        Weather::Down,
        Weather::Hanging,
        Weather::StoreThenFail,
        Weather::Losing,
        Weather::Late,
        Weather::Stale,
    ]);
    let troubles = vec![Trouble::Unreachable, Trouble::AnswerLost, Trouble::Hanging, Trouble::Overloaded];
    let platform = prop_oneof![
        6 => prop_oneof![1_000..2 * MINUTE, MINUTE..2 * HOUR].prop_map(Wait),
        2 => Just(Crash),
        2 => at.prop_map(|at| Evict { at }),
        1 => session.clone().prop_map(|session| Ring { session }),
        3 => weather.prop_map(Kv),
        1 => Just(Propagate),
        2 => (session, select(troubles)).prop_map(|(session, trouble)| Breaks { session, trouble }),
        2 => Just(Heal),
        1 => Just(NewRoot),
    ];
    prop_oneof![12 => keys, 5 => others, 5 => platform].boxed()
}
