//! The schemas of what people send: about themselves, about each other, about their organizations.

use serde_json::{Value, json};

use super::{Field, NotNull, Optional, Required, body, change, text};
use crate::api::openapi::answers::{email, plan_name, reference, role};
use crate::domain::password::{MAX_CHARACTERS, MIN_CHARACTERS};
use crate::domain::text::Name;
use crate::organization::alerts::mail::ADDRESSES_MAX;

/// The schemas of the bodies of people's routes.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let register = apart(
        body("A new account.", registering(), &Value::Null),
        &[("setupToken", "invitation"), ("organizationName", "invitation")],
    );
    vec![
        ("Register", register),
        ("Login", apart(body("Who signs in.", signing_in(), &Value::Null), &[("totp", "recoveryCode")])),
        ("ChangeAccount", change(body("Changes to the own account.", named(NotNull), &json!({ "lastName": "King" })))),
        ("ChangePassword", body("The password, and a new one.", changing_password(), &Value::Null)),
        ("ForgetPassword", body("Who cannot sign in.", forgetting(), &json!({ "email": "ada@example.com" }))),
        ("ResetPassword", body("A one-time link, and a new password.", resetting(), &Value::Null)),
        ("ConfirmPassword", body("The own password, once more.", confirming(), &Value::Null)),
        ("ConfirmTotp", body("A first code of the second factor.", confirming_totp(), &json!({ "totp": "123456" }))),
        ("AcceptInvitation", body("An invitation.", accepting(), &Value::Null)),
        ("CreateOwnOrganization", body("A new organization.", founding(), &json!({ "name": "Acme" }))),
        ("ChangeOwnOrganization", change(body("Changes to the organization.", renaming(), &json!({ "plan": "pro" })))),
        ("TransferOrganization", body("Who shall own the organization.", handing_over(), &Value::Null)),
        ("ChangeMember", body("Another role.", with_role("What the member may do."), &json!({ "role": "admin" }))),
        ("CreateInvitation", body("A new invitation.", inviting(), &json!({ "role": "member" }))),
    ]
}

/// Fields that exclude each other: not both of a pair.
fn apart(mut schema: Value, pairs: &[(&str, &str)]) -> Value {
    let both = |(one, other): &(&str, &str)| {
        json!({
            "required": [one, other],
            "properties": { *one: { "type": "string" }, *other: { "type": "string" } },
        })
    };
    schema["not"] = json!({ "anyOf": pairs.iter().map(both).collect::<Vec<_>>() });
    schema
}

fn new_password() -> Value {
    json!({ "type": "string", "minLength": MIN_CHARACTERS, "maxLength": MAX_CHARACTERS })
}

fn any_text() -> Value {
    json!({ "type": "string" })
}

fn cookie() -> Field {
    (
        "cookie",
        Optional,
        json!({ "type": "boolean", "default": false }),
        "Whether the access token shall go into the cookie; only for pages of this origin.",
    )
}

fn named(presence: super::Presence) -> Vec<Field> {
    vec![
        ("firstName", presence, text(Name::MAX_CHARACTERS), "The first name, on one line."),
        ("lastName", presence, text(Name::MAX_CHARACTERS), "The last name, on one line."),
    ]
}

fn registering() -> Vec<Field> {
    let mut fields = named(Required);
    fields.extend([
        ("email", Required, email(), "The address to sign in with."),
        ("password", Required, new_password(), "Neither a common one nor a pattern, nor the address."),
        (
            "organizationName",
            Optional,
            text(Name::MAX_CHARACTERS),
            "What to call the organization that is founded along; named after the user if absent.",
        ),
        ("setupToken", Optional, any_text(), "The one-time token of a new deployment."),
        (
            "invitation",
            Optional,
            any_text(),
            "The token of an invitation: the user joins that organization, and none is founded.",
        ),
        cookie(),
    ]);
    fields
}

fn signing_in() -> Vec<Field> {
    vec![
        ("email", Required, any_text(), "The address the user registered with, in any case of letters."),
        ("password", Required, any_text(), "The password."),
        ("totp", Optional, any_text(), "A code of the authenticator, if a second factor is set up."),
        ("recoveryCode", Optional, any_text(), "A recovery code in its place; each is good once."),
        cookie(),
    ]
}

fn changing_password() -> Vec<Field> {
    vec![
        ("currentPassword", Required, any_text(), "The password so far."),
        ("newPassword", Required, new_password(), "The password from now on."),
    ]
}

fn forgetting() -> Vec<Field> {
    vec![("email", Required, email(), "Where the link shall be sent, if it is anybody's.")]
}

fn resetting() -> Vec<Field> {
    vec![
        ("token", Required, any_text(), "The token of the link."),
        ("newPassword", Required, new_password(), "The password from now on."),
    ]
}

fn confirming() -> Vec<Field> {
    vec![("password", Required, any_text(), "The password of the user who is signed in.")]
}

fn confirming_totp() -> Vec<Field> {
    vec![("totp", Required, any_text(), "The code that the authenticator shows.")]
}

fn accepting() -> Vec<Field> {
    vec![("token", Required, any_text(), "The token of the invitation.")]
}

fn founding() -> Vec<Field> {
    vec![("name", Required, text(Name::MAX_CHARACTERS), "A name for people, on one line.")]
}

fn renaming() -> Vec<Field> {
    vec![
        ("name", NotNull, text(Name::MAX_CHARACTERS), "A new name; for admins."),
        ("plan", NotNull, plan_name(), "Another plan; for owners, on deployments where they choose it."),
        (
            "alertEmails",
            NotNull,
            json!({ "type": "array", "maxItems": ADDRESSES_MAX, "items": email() }),
            "Whom alerts are mailed to, in place of all before; for owners, on deployments that send mail.",
        ),
    ]
}

fn handing_over() -> Vec<Field> {
    vec![("userId", Required, reference("UserId"), "The member who becomes an owner.")]
}

fn with_role(meaning: &'static str) -> Vec<Field> {
    vec![("role", Required, role(), meaning)]
}

fn inviting() -> Vec<Field> {
    let mut fields = with_role("What whoever accepts may do.");
    fields.push((
        "email",
        Optional,
        email(),
        "The only address that may accept, and where the link is sent if there is a hook; absent: whoever has the link.",
    ));
    fields
}
