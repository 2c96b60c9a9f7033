//! Commands as requests. They name what was created earlier by its number (`{k3}`), so that the same list can be sent to
//! any deployment: to this house, or over HTTP to a worker (`tests/proof/replay.spec.ts`).

use serde_json::{Value, json};

use crate::command::{By, Change, Command, Environment, Field, Mode, Place, Twist};
use crate::model::{Model, PEOPLE, QUOTA};

/// The networks of a key that is bound to some.
const NETWORK: &str = "203.0.113.0/24";

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Request {
    /// Who sends it: a name in braces.
    pub(crate) sender: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Value,
    /// Members of the answer that are needed later: a pointer, and the name.
    pub(crate) keeps: Vec<(&'static str, String)>,
}

impl Request {
    fn new(sender: &str, method: &'static str, path: String, body: Value) -> Self {
        Self { sender: sender.to_owned(), method, path, body, keeps: Vec::new() }
    }

    fn keeping(mut self, kept: &[(&'static str, String)]) -> Self {
        self.keeps.extend_from_slice(kept);
        self
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut all = json!({ "as": self.sender, "method": self.method, "path": self.path });
        if !self.body.is_null() {
            all["body"] = self.body.clone();
        }
        if !self.keeps.is_empty() {
            all["keeps"] = self.keeps.iter().map(|(pointer, name)| ((*name).to_owned(), json!(pointer))).collect();
        }
        all
    }
}

/// What is there before a list begins.
pub(crate) fn beginning() -> Vec<Request> {
    let mut all = Vec::new();
    let plan = json!({ "name": "enterprise", "keysPerSession": QUOTA });
    for number in 0..2 {
        let body = json!({ "name": format!("Organization {number}"), "plan": plan });
        let found = Request::new("{operator}", "POST", "/operator/organizations".to_owned(), body);
        all.push(found.keeping(&[
            ("/organization/id", format!("o{number}")),
            ("/organization/defaultSessionId", format!("s{number}")),
            ("/apiKey/id", format!("k{number}")),
            ("/apiKey/key", format!("k{number}.text")),
        ]));
    }
    for number in 0..2 {
        let body = json!({ "name": "Customer", "environment": "staging" });
        let create = Request::new(&format!("{{k{number}.text}}"), "POST", "/v1/sessions".to_owned(), body);
        all.push(create.keeping(&[("/id", format!("s{}", number + 2))]));
    }
    for (person, organization, role) in [(0, 0, "owner"), (1, 1, "owner"), (2, 0, "admin"), (3, 1, "viewer")] {
        let path = format!("/operator/organizations/{{o{organization}}}/invitations");
        let invite = Request::new("{operator}", "POST", path, json!({ "role": role }));
        all.push(invite.keeping(&[("/token", format!("first{person}"))]));
        let body = json!({ "token": format!("{{first{person}}}") });
        all.push(Request::new(&format!("{{p{person}}}"), "POST", "/auth/invitations/accept".to_owned(), body));
    }
    all
}

/// Who sends it, and below which path.
fn place(model: &Model, by: By) -> (String, String) {
    match by {
        By::Person(person, organization) => {
            (format!("{{p{}}}", person % PEOPLE), format!("/organizations/{{o{organization}}}"))
        }
        By::Key(key) => (format!("{{k{}.text}}", model.key(key)), "/v1".to_owned()),
    }
}

fn presented(key: usize, twist: Twist) -> String {
    match twist {
        Twist::Whole => format!("{{k{key}.text}}"),
        Twist::Truncated => format!("{{k{key}.text|truncated}}"),
        Twist::OtherPrefix => format!("{{k{key}.text|other_prefix}}"),
        Twist::LastLetter => format!("{{k{key}.text|last_letter}}"),
        Twist::Garbage => "garbage".to_owned(),
    }
}

fn moment(model: &Model, after: i64) -> String {
    format!("{{at:{}}}", model.now.hi + after)
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Strict => "strict",
        Mode::Leased => "leased",
        Mode::Edge => "edge",
    }
}

fn changed(model: &Model, change: Change) -> Value {
    match change {
        Change::Active(active) => json!({ "active": active }),
        Change::Name => json!({ "name": "Renamed" }),
        Change::Grants(grants) => json!({ "permissions": [grants.words()] }),
        Change::Expires(Field::Set(after)) => json!({ "expiresAt": moment(model, after) }),
        Change::Expires(Field::Clear | Field::Keep) => json!({ "expiresAt": null }),
        Change::Bound(Field::Set(())) => json!({ "ipAllowList": [NETWORK] }),
        Change::Bound(Field::Clear | Field::Keep) => json!({ "ipAllowList": null }),
    }
}

impl Model {
    /// The request of a command, if it is one.
    pub(crate) fn request(&self, command: &Command) -> Option<Request> {
        let placed = |by: By, method, rest: String, body: Value| {
            let (sender, below) = place(self, by);
            Some(Request::new(&sender, method, format!("{below}{rest}"), body))
        };
        let of_key = |key: usize| format!("/api_keys/{{k{}}}", self.key(key));
        let of_session = |session: usize| format!("/sessions/{{s{}}}", self.session(session));
        let new_key = || {
            let number = self.keys.len();
            [("/id", format!("k{number}")), ("/key", format!("k{number}.text"))]
        };
        match *command {
            Command::Create { by, session, grants, expires, bound } => {
                let mut body = json!({ "name": "Key", "permissions": [grants.words()] });
                if let Some(after) = expires {
                    body["expiresAt"] = moment(self, after).into();
                }
                if bound {
                    body["ipAllowList"] = json!([NETWORK]);
                }
                let request = placed(by, "POST", format!("{}/api_keys", of_session(session)), body)?;
                Some(request.keeping(&new_key()))
            }
            Command::Gate { key, twist, .. } => {
                let sender = presented(self.key(key), twist);
                Some(Request::new(&sender, "GET", "/v1/whoami".to_owned(), Value::Null))
            }
            Command::Verify { by, key, twist, wants, from, .. } => {
                let mut body = json!({ "key": presented(self.key(key), twist) });
                if let Some(wants) = wants {
                    body["permissions"] = json!([wants.wish()]);
                }
                match from {
                    Place::Unknown => {}
                    Place::Inside => body["ip"] = "203.0.113.9".into(),
                    Place::Outside => body["ip"] = "198.51.100.7".into(),
                }
                placed(by, "POST", "/keys/verify".to_owned(), body)
            }
            Command::Revoke { by, key } => placed(by, "DELETE", of_key(key), Value::Null),
            Command::Rotate { by, key, overlap } => {
                let body = json!({ "overlapSeconds": overlap / 1_000 });
                Some(placed(by, "POST", format!("{}/rotate", of_key(key)), body)?.keeping(&new_key()))
            }
            Command::Patch { by, key, change } => placed(by, "PATCH", of_key(key), changed(self, change)),
            Command::Read { by, key } => placed(by, "GET", of_key(key), Value::Null),
            Command::List { by, limit } => placed(by, "GET", format!("/api_keys?limit={limit}"), Value::Null),
            Command::CreateSession { by, environment, mode } => {
                let environment = match environment {
                    Environment::Production => json!("production"),
                    Environment::Staging => json!("staging"),
                    Environment::Development => json!("development"),
                    Environment::None => Value::Null,
                };
                let consistency = json!({ "mode": mode_word(mode) });
                let body = json!({ "name": "Session", "environment": environment, "consistency": consistency });
                let request = placed(by, "POST", "/sessions".to_owned(), body)?;
                Some(request.keeping(&[("/id", format!("s{}", self.sessions.len()))]))
            }
            Command::Connect { by, session, connected } => {
                let status = if connected { "connected" } else { "disconnected" };
                placed(by, "PATCH", of_session(session), json!({ "status": status }))
            }
            Command::Relax { by, session, mode } => {
                placed(by, "PATCH", of_session(session), json!({ "consistency": { "mode": mode_word(mode) } }))
            }
            Command::DeleteSession { by, session } => placed(by, "DELETE", of_session(session), Value::Null),
            Command::Suspend { organization, suspended } => {
                let verb = if suspended { "suspend" } else { "resume" };
                let path = format!("/operator/organizations/{{o{organization}}}/{verb}");
                Some(Request::new("{operator}", "POST", path, Value::Null))
            }
            Command::Plan { organization, keys } => {
                let body = json!({ "plan": { "name": "enterprise", "keysPerSession": keys } });
                let path = format!("/operator/organizations/{{o{organization}}}");
                Some(Request::new("{operator}", "PATCH", path, body))
            }
            Command::Invite { by, role } => {
                let request = placed(by, "POST", "/invitations".to_owned(), json!({ "role": role.word() }))?;
                Some(request.keeping(&[("/token", format!("i{}", self.invitations.len()))]))
            }
            Command::Accept { person, invitation } if !self.invitations.is_empty() => {
                let body = json!({ "token": format!("{{i{}}}", invitation % self.invitations.len()) });
                Some(Request::new(&format!("{{p{person}}}"), "POST", "/auth/invitations/accept".to_owned(), body))
            }
            Command::Promote { by, person, role } => {
                placed(by, "PATCH", format!("/members/{{u{person}}}"), json!({ "role": role.word() }))
            }
            Command::Remove { by, person } => placed(by, "DELETE", format!("/members/{{u{person}}}"), Value::Null),
            _ => None,
        }
    }
}
