//! What to send: the examples of the description, and bodies where it has none.

use serde_json::{Value, json};

use crate::party::{NULL, Party};
use crate::places::{Kind, Route};
use crate::support::PASSWORD;

/// A body that the operation takes, about what belongs to this party; null for one that takes none.
pub fn body(route: &Route, party: &Party) -> Value {
    let Some((name, schema)) = route.body() else { return NULL };
    let id = |kind: Kind| party.ids[&kind].as_str();
    match name {
        "AcceptInvitation" => json!({ "token": party.gone[&Kind::Token] }),
        "ChangePassword" => json!({ "currentPassword": "not the one it is", "newPassword": "another one, as long" }),
        // What leaves everything as it is for the rest of the matrix.
        "ChangeApiKey" | "ChangeOwnOrganization" | "ChangeSession" => json!({ "name": "Renamed" }),
        "ConfirmPassword" => json!({ "password": PASSWORD }),
        "Login" => json!({ "email": party.owner.email, "password": PASSWORD }),
        "Register" => {
            json!({ "email": "new@people.test", "password": PASSWORD, "firstName": "N", "lastName": "N", "organizationName": "N" })
        }
        "ResetPassword" => json!({ "token": party.gone[&Kind::Token], "newPassword": PASSWORD }),
        "RevokeApiKeys" => json!({ "ids": [] }),
        "TransferOrganization" => json!({ "userId": id(Kind::User) }),
        _ => {
            let example = &schema["examples"][0];
            assert!(!example.is_null(), "{name} has no example, neither in the description nor here");
            let text = example.to_string();
            let text =
                text.replace("KEY_ID", id(Kind::ApiKey)).replace("\"KEY\"", &format!("{:?}", id(Kind::SecretKey)));
            serde_json::from_str(&text).unwrap()
        }
    }
}

/// Puts something at a place of a body, and takes away what may not stand beside it.
pub fn put(body: &mut Value, pointer: &str, value: Value) {
    match pointer {
        "/ids/0" => return *body = json!({ "ids": [value] }),
        "/ids" => return *body = json!({ "ids": [value] }),
        // As a dry run shows what it finds; the same with `confirm` would end it.
        _ if pointer.starts_with("/filter/") => {
            return *body = json!({ "dryRun": true, "filter": { &pointer["/filter/".len()..]: value } });
        }
        "/outcomes/0/verificationId" => {
            return *body = json!({ "outcomes": [{ "verificationId": value, "status": 200, "latencyMs": 1 }] });
        }
        _ => {}
    }
    let (above, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(above).unwrap_or_else(|| panic!("no {above} in the example"));
    parent[name] = value;
}
