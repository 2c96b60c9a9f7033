//! People: how a test lets them register, sign in and join, and acts as them over HTTP.

use latchkey::domain::id::{OrganizationId, SessionId, UserId};
use latchkey::ports::Address;
use serde_json::{Value, json};

use super::cluster::Rest;
use super::house::House;
use super::http::Response;

/// The password of everybody.
pub const PASSWORD: &str = "a lamp, a ladder, a lemon";

/// Somebody who has an account, as the test remembers them.
#[derive(Debug, Clone)]
pub struct Someone {
    pub email: String,
    pub user_id: String,
    /// An access token.
    pub token: String,
    /// The organization founded along with the account; empty for who came by invitation.
    pub organization: String,
    /// Its first key.
    pub key: String,
}

/// A text in a body.
pub fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

/// A field of every row of a list.
pub fn ids(page: &Value, field: &str) -> Vec<String> {
    let rows = page.as_array().or(page["data"].as_array()).unwrap_or_else(|| panic!("no list: {page}"));
    rows.iter().map(|row| text(row, field)).collect()
}

/// What a refusal may leave behind: that somebody who is known was refused.
pub const DENIED: [&str; 1] = ["audit_log"];

/// Insists that two dumps are equal, and shows the first line that is not.
pub fn assert_same(before: &str, after: &str, what: &str) {
    let difference = before.lines().zip(after.lines()).find(|(before, after)| before != after);
    assert_eq!(difference, None, "{what}");
    assert_eq!(before.lines().count(), after.lines().count(), "{what}");
}

/// Status, headers and body.
pub type Timeless = (u16, Vec<(String, String)>, String);

/// A response without what belongs to the request alone.
pub fn timeless(response: &Response) -> Timeless {
    let request_id = response.header("x-request-id").unwrap().to_owned();
    let headers = response.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    (response.status, headers, String::from_utf8(response.body.clone()).unwrap().replace(&request_id, ""))
}

impl Someone {
    /// A path below the own organization.
    pub fn path(&self, rest: &str) -> String {
        format!("/organizations/{}{rest}", self.organization)
    }

    /// The membership of somebody, or of this one, in the own organization.
    pub fn member(&self, who: &Self) -> String {
        self.path(&format!("/members/{}", who.user_id))
    }
}

impl House {
    /// Sends a request as nobody in particular.
    pub fn visit(&self, path: &str, body: &Value) -> Response {
        let headers = [("content-type", "application/json"), ("cf-connecting-ip", "192.0.2.1")];
        self.request("POST", path, &headers, &body.to_string())
    }

    /// What somebody sends to register; `email` is also what they are called.
    pub fn registration(email: &str) -> Value {
        json!({ "email": email, "password": PASSWORD, "firstName": "Ada", "lastName": "Byron" })
    }

    /// Registers somebody with an organization of their own.
    pub fn register(&self, name: &str) -> Someone {
        let mut body = Self::registration(&format!("{name}@people.test"));
        body["organizationName"] = json!(format!("Organization of {name}"));
        let response = self.visit("/auth/register", &body);
        assert_eq!(response.status, 201, "{}", response.json());
        someone(&response.json())
    }

    /// Signs somebody in once more.
    pub fn login(&self, email: &str, password: &str) -> Response {
        self.visit("/auth/login", &json!({ "email": email, "password": password }))
    }

    /// Signs somebody in from another address than everybody else's.
    pub fn login_from(&self, ip: &str, email: &str, password: &str) -> Response {
        let headers = [("content-type", "application/json"), ("cf-connecting-ip", ip)];
        let body = json!({ "email": email, "password": password });
        self.request("POST", "/auth/login", &headers, &body.to_string())
    }

    /// Makes a link with which a member of somebody's organization sets a new password.
    pub fn ask_reset(&self, by: &Someone, whom: &Someone) -> Response {
        self.call(&by.token, "POST", &format!("{}/password_reset", by.member(whom)), &Value::Null)
    }

    /// Uses such a link.
    pub fn reset(&self, token: &str, new: &str) -> Response {
        self.visit("/auth/password/reset", &json!({ "token": token, "newPassword": new }))
    }

    /// Uses an invitation as somebody who has an account.
    pub fn accept(&self, who: &Someone, token: &str) -> Response {
        self.call(&who.token, "POST", "/auth/invitations/accept", &json!({ "token": token }))
    }

    /// A further access token of somebody.
    pub fn another_token(&self, who: &Someone) -> String {
        text(&self.login(&who.email, PASSWORD).json(), "accessToken")
    }

    /// Makes an invitation into somebody's own organization: its id and its token.
    pub fn invite(&self, by: &Someone, role: &str) -> (String, String) {
        let response = self.call(&by.token, "POST", &by.path("/invitations"), &json!({ "role": role }));
        assert_eq!(response.status, 201, "{}", response.json());
        let body = response.json();
        (text(&body["invitation"], "id"), text(&body, "token"))
    }

    /// Registers somebody who belongs to the owner's organization and to no other.
    pub fn hire(&self, owner: &Someone, name: &str, role: &str) -> Someone {
        let mut body = Self::registration(&format!("{name}@people.test"));
        body["invitation"] = json!(self.invite(owner, role).1);
        let response = self.visit("/auth/register", &body);
        assert_eq!(response.status, 201, "{}", response.json());
        someone(&response.json())
    }

    /// Lets somebody who has an account join.
    pub fn join(&self, owner: &Someone, who: &Someone, role: &str) {
        let (_, token) = self.invite(owner, role);
        let response = self.call(&who.token, "POST", "/auth/invitations/accept", &json!({ "token": token }));
        assert_eq!(response.status, 200, "{}", response.json());
    }

    /// Reads something as somebody, who may.
    pub fn see(&self, by: &Someone, path: &str) -> Value {
        let response = self.call(&by.token, "GET", path, &Value::Null);
        assert_eq!(response.status, 200, "{path}: {}", response.json());
        response.json()
    }

    /// A request of somebody that another one is interrupted by.
    pub fn meanwhile(&self, token: &str, method: &str, path: &str, body: &Value) -> Rest {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let headers = if body.is_null() { &headers[..1] } else { &headers[..] };
        let sent = self.sent(method, path, headers, &text);
        Box::pin(async move {
            let response = sent.await;
            assert!(response.status < 300, "the interruption failed: {response:?}");
        })
    }

    /// The account of somebody.
    pub fn account_of(&self, user_id: &str) -> Address {
        Address::Account(UserId::parse(user_id, self.app.keyring()).unwrap().locator())
    }

    /// The object of an organization.
    pub fn organization_at(&self, id: &str) -> Address {
        Address::Organization(OrganizationId::parse(id, self.app.keyring()).unwrap().locator())
    }

    /// The object of a session.
    pub fn session_at(&self, id: &str) -> Address {
        Address::Session(SessionId::parse(id, self.app.keyring()).unwrap().locator())
    }
}

/// Somebody who has just registered.
pub fn someone(registered: &Value) -> Someone {
    let optional = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Someone {
        email: text(&registered["user"], "email"),
        user_id: text(&registered["user"], "id"),
        token: optional(&registered["accessToken"]),
        organization: optional(&registered["organization"]["id"]),
        key: optional(&registered["apiKey"]["key"]),
    }
}
