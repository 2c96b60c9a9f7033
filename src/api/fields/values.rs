//! Parsers for the values of our domain, each from the text or the JSON a client sends.
//!
//! Those from a text serve bodies (through [`text`]) and query parameters alike. The rules themselves live in `domain`;
//! here every failure gets the code that clients switch on. What the domain's error enums say echoes nothing.

use std::fmt::Display;
use std::net::IpAddr;

use super::plain::{list, text};
use super::{FieldCode, FieldError, FieldErrors};
use crate::api::json::Json;
use crate::domain::domain_name::DomainName;
use crate::domain::environment::Environment;
use crate::domain::ip_network::{IpAllowList, IpNetwork, MAX_NETWORKS};
use crate::domain::permission::{MAX_PERMISSIONS, Permission, PermissionPreset, Permissions};
use crate::domain::text::{ExternalId, Name, Reason, Tag, TextError};
use crate::domain::timestamp::{Timestamp, TimestampError};

/// How many tags one verification may carry.
pub const TAGS_MAX: usize = 20;

/// A date and time, RFC 3339 as `domain::timestamp` narrows it.
pub fn timestamp(text: &str) -> Result<Timestamp, FieldError> {
    Timestamp::parse(text).map_err(|error| {
        let code = match error {
            TimestampError::Shape | TimestampError::Calendar => FieldCode::InvalidFormat,
            TimestampError::Year => FieldCode::OutOfRange,
        };
        FieldError::explained(code, &error)
    })
}

/// A date and time after `now`.
pub fn timestamp_after(now: Timestamp) -> impl Fn(&str) -> Result<Timestamp, FieldError> {
    move |text| {
        let time = timestamp(text)?;
        if time > now { Ok(time) } else { Err(FieldError::new(FieldCode::InThePast, "must lie in the future")) }
    }
}

/// A name for people.
pub fn name(text: &str) -> Result<Name, FieldError> {
    Name::parse(text).map_err(wrong_text)
}

/// The name the client's own system has for the owner of a key.
pub fn external_id(text: &str) -> Result<ExternalId, FieldError> {
    ExternalId::parse(text).map_err(wrong_text)
}

/// Why something was done.
pub fn reason(text: &str) -> Result<Reason, FieldError> {
    Reason::parse(text).map_err(wrong_text)
}

/// A list of tags.
pub fn tags(json: &Json) -> Result<Vec<Tag>, FieldErrors> {
    list(TAGS_MAX, "tags", |tag| text(|text| Tag::parse(text).map_err(wrong_text))(tag))(json)
}

fn wrong_text(error: TextError) -> FieldError {
    let code = match error {
        TextError::Empty => FieldCode::TooShort,
        TextError::TooLong => FieldCode::TooLong,
        TextError::Control | TextError::Direction | TextError::Invisible => FieldCode::InvalidFormat,
    };
    FieldError::explained(code, &error)
}

fn wrong_format(error: impl Display) -> FieldError {
    FieldError::explained(FieldCode::InvalidFormat, &error)
}

/// One of the environments; whether `null` is allowed is for `Fields` to say.
pub fn environment(text: &str) -> Result<Environment, FieldError> {
    Environment::parse(text).map_err(wrong_format)
}

/// A domain, in any spelling that IDNA maps to one.
pub fn domain(text: &str) -> Result<DomainName, FieldError> {
    DomainName::parse(text).map_err(wrong_format)
}

/// One permission.
pub fn permission(text: &str) -> Result<Permission, FieldError> {
    Permission::parse(text).map_err(wrong_format)
}

/// The name of a preset of permissions.
pub fn permission_preset(text: &str) -> Result<PermissionPreset, FieldError> {
    let known = PermissionPreset::ALL.map(PermissionPreset::as_str);
    PermissionPreset::parse(text).ok_or_else(|| FieldError::one_of(known.into_iter()))
}

/// A list of permissions, as a set.
pub fn permissions(json: &Json) -> Result<Permissions, FieldErrors> {
    let listed = permission_list(json)?;
    Permissions::new(listed).map_err(|error| FieldError::explained(FieldCode::TooMany, &error).into())
}

/// One permission, or a list of them in the order given: what a verification demands.
pub fn one_or_more_permissions(json: &Json) -> Result<Vec<Permission>, FieldErrors> {
    match json {
        Json::String(text) => Ok(vec![permission(text)?]),
        Json::Array(_) => permission_list(json),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => {
            Err(FieldError::new(FieldCode::InvalidType, "must be a string or a list of strings").into())
        }
    }
}

fn permission_list(json: &Json) -> Result<Vec<Permission>, FieldErrors> {
    list(MAX_PERMISSIONS, "permissions", |element| text(permission)(element))(json)
}

/// An IP address; an IPv4 address in IPv6 clothes becomes plain.
pub fn ip(text: &str) -> Result<IpAddr, FieldError> {
    let address = text.parse::<IpAddr>().map(|address| address.to_canonical());
    address.map_err(|_| FieldError::new(FieldCode::InvalidFormat, "must be an IP address"))
}

/// A list of addresses and networks.
pub fn ip_allow_list(json: &Json) -> Result<IpAllowList, FieldErrors> {
    let network = |text: &str| IpNetwork::parse(text).map_err(wrong_format);
    let networks = list(MAX_NETWORKS, "networks", |element| text(network)(element))(json)?;
    IpAllowList::new(networks).map_err(|error| FieldError::explained(FieldCode::TooMany, &error).into())
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use futures_executor::block_on;

    use super::super::Fields;
    use super::super::ids::{api_key_id, session_id};
    use super::super::metadata::metadata;
    use super::super::plain::{boolean, integer};
    use super::*;
    use crate::api::problem::Problem;
    use crate::api::problem::rendering::{Form, render};
    use crate::domain::keyring::Keyring;

    fn keyring() -> Keyring {
        Keyring::parse(&"0f".repeat(32)).unwrap()
    }

    /// Every field of every parser here, read from one body.
    fn read(body: &str) -> Result<(), FieldErrors> {
        let (json, keyring) = (Json::parse(body.as_bytes()).unwrap(), keyring());
        let mut fields = Fields::of(&json);
        fields.optional("name", text(name));
        fields.optional("externalId", text(external_id));
        fields.optional("reason", text(reason));
        fields.optional("tags", tags);
        fields.optional("expiresAt", text(timestamp_after(Timestamp::from_millis(1_700_000_000_000))));
        fields.nullable("environment", text(environment));
        fields.optional("domain", text(domain));
        fields.optional("permission", text(permission_preset));
        fields.optional("permissions", permissions);
        fields.optional("demand", one_or_more_permissions);
        fields.optional("ip", text(ip));
        fields.optional("ipAllowList", ip_allow_list);
        fields.optional("sessionId", text(session_id(&keyring)));
        fields.optional("keyId", text(api_key_id(&keyring)));
        fields.optional("metadata", metadata);
        fields.optional("active", boolean);
        fields.optional("cost", integer(0..=10));
        fields.finish()
    }

    fn violations(body: &str) -> Vec<String> {
        let errors = read(body).err().unwrap_or_default();
        errors.iter().map(|error| error.to_value().to_string()).collect()
    }

    const FIELDS: [&str; 17] = [
        "name",
        "externalId",
        "reason",
        "tags",
        "expiresAt",
        "environment",
        "domain",
        "permission",
        "permissions",
        "demand",
        "ip",
        "ipAllowList",
        "sessionId",
        "keyId",
        "metadata",
        "active",
        "cost",
    ];

    #[test]
    fn each_violation_has_its_place_and_code() {
        for (body, place, code) in [
            (r#"{"name":"\u200b"}"#, "/name", "too_short"),
            (r#"{"expiresAt":"2001-01-01T00:00:00Z"}"#, "/expiresAt", "in_the_past"),
            (r#"{"expiresAt":"1999-01-01T00:00:00Z"}"#, "/expiresAt", "out_of_range"),
            (r#"{"expiresAt":"tomorrow"}"#, "/expiresAt", "invalid_format"),
            (r#"{"environment":"prod"}"#, "/environment", "invalid_format"),
            (r#"{"domain":"localhost"}"#, "/domain", "invalid_format"),
            (r#"{"permission":"all"}"#, "/permission", "invalid_format"),
            (r#"{"permissions":["emails:send","",1]}"#, "/permissions/1", "invalid_format"),
            (r#"{"permissions":["emails:send","a:b",1]}"#, "/permissions/2", "invalid_type"),
            (r#"{"demand":{"a":1}}"#, "/demand", "invalid_type"),
            (r#"{"demand":["x"]}"#, "/demand/0", "invalid_format"),
            (r#"{"ip":"1.2.3"}"#, "/ip", "invalid_format"),
            (r#"{"ipAllowList":["192.0.2.1","192.0.2.1/24"]}"#, "/ipAllowList/1", "invalid_format"),
            (r#"{"sessionId":"key_x"}"#, "/sessionId", "invalid_format"),
        ] {
            let first = violations(body).into_iter().next().unwrap();
            let (pointer, code) = (format!("\"pointer\":\"{place}\""), format!("\"code\":\"{code}\""));
            assert!(first.contains(&pointer) && first.contains(&code), "{body}: {first}");
        }
    }

    #[test]
    fn what_is_right_passes() {
        let body = r#"{"name":"Ci","externalId":"u-1","tags":["a"],"expiresAt":"2099-01-01T00:00:00+05:00","environment":null,
            "domain":"Example.com","permission":"full_access","permissions":["emails:send","*"],"demand":"a:b","ip":"::ffff:192.0.2.1",
            "ipAllowList":["192.0.2.0/24"],"metadata":{"a":[1.5,null,{"b":-9007199254740991}]},"active":true,"cost":0}"#;
        assert_eq!(violations(body), Vec::<String>::new());
    }

    #[test]
    fn a_secret_in_any_field_is_not_repeated() {
        let key = ["sk_live_", &"Zq7".repeat(16)].concat();
        for field in FIELDS {
            let in_object = format!("{{\"{key}\":\"{key}\",\"a\":[{{\"{key}\":1e300}}]}}");
            for value in
                [format!("\"{key}\""), format!("[\"{key}\",[\"{key}\"]]"), in_object, format!("\"{}\"", key.repeat(9))]
            {
                let body = format!("{{\"{field}\":{value},\"{key}\":{value}}}");
                let problem = Problem::from(read(&body).unwrap_err());
                for form in [Form::Own, Form::ProblemDetails] {
                    let rendered = render(&problem, "req_0", form);
                    let headers = format!("{:?}", rendered.headers());
                    let text = block_on(to_bytes(rendered.into_body(), usize::MAX)).unwrap();
                    let text = String::from_utf8(text.to_vec()).unwrap();
                    assert!(text.contains("\"errors\"") && !(text + &headers).contains("Zq7"), "{field}");
                }
            }
        }
    }
}
