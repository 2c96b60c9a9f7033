//! Values as a schema of the description has them, with what the town really has in it where the name tells.

use serde_json::{Value, json};

use super::node::{Node, quoted};
use super::random::Random;
use super::support::PASSWORD;
use super::support::contract::CONTRACT;
use super::town::Town;

static NOTHING: Value = Value::Null;

/// A schema with what it refers to.
pub(crate) fn resolved(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(CONTRACT.0.pointer(reference.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// Something that fits, mostly.
pub(crate) fn make(town: &Town, random: &mut Random, schema: &Value, name: &str) -> Node {
    if let Some(prefix) = schema["$ref"].as_str().and_then(prefix_of) {
        return Node::text(&town.id(random, prefix));
    }
    let schema = resolved(schema);
    for choice in ["anyOf", "oneOf"] {
        if let Some(schemas) = schema[choice].as_array().filter(|_| schema["properties"].is_null()) {
            let chosen = random.pick(schemas);
            return make(town, random, chosen, name);
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return Node::of(random.pick(words));
    }
    if !schema["const"].is_null() {
        return Node::of(&schema["const"]);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let usual = types.iter().find(|kind| **kind != "null").copied();
    if types.contains(&"null") && (usual.is_none() || random.percent(12)) {
        return Node::Plain("null".to_owned());
    }
    match usual {
        Some("object") => object(town, random, schema),
        Some("array") => array(town, random, schema, name),
        Some("integer" | "number") => integer(random, schema),
        Some("boolean") => Node::Plain(random.percent(50).to_string()),
        _ => Node::text(&text(town, random, schema, name)),
    }
}

fn object(town: &Town, random: &mut Random, schema: &Value) -> Node {
    if let Some(example) = schema["examples"].as_array().filter(|_| random.percent(10)) {
        return Node::of(random.pick(example));
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    // One of several sets of members, of which each forbids the others.
    let choice = schema["oneOf"].as_array().map_or(&NOTHING, |choices| random.pick(choices));
    let chosen = |name: &String| choice["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let mut members = Vec::new();
    let often = *random.pick(&[0, 15, 40]);
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if choice["properties"][name]["type"] == "null" {
            continue;
        }
        if required.contains(&name.as_str()) || chosen(name) || random.percent(often) {
            members.push((quoted(name), make(town, random, member, name)));
        }
    }
    if schema["properties"].is_null() {
        for n in 0..random.below(4) {
            let value = random.pick(&[json!(1), json!("x"), json!([null, 1.5]), json!({ "b": true })]).clone();
            members.push((quoted(&format!("k{n}")), Node::of(&value)));
        }
    }
    if members.is_empty()
        && schema["minProperties"].as_u64() > Some(0)
        && let Some(properties) = schema["properties"].as_object()
    {
        let names: Vec<_> = properties.iter().collect();
        let (name, member) = random.pick(&names);
        members.push((quoted(name), make(town, random, member, name)));
    }
    Node::Object(members)
}

fn array(town: &Town, random: &mut Random, schema: &Value, name: &str) -> Node {
    let least = schema["minItems"].as_u64().unwrap_or(0);
    let most = schema["maxItems"].as_u64().unwrap_or(4).min(4);
    let count = random.within(i64::try_from(least).unwrap(), i64::try_from(most.max(least)).unwrap());
    Node::List((0..count).map(|_| make(town, random, &schema["items"], name)).collect())
}

fn integer(random: &mut Random, schema: &Value) -> Node {
    let least = schema["minimum"].as_i64().unwrap_or(0);
    let most = schema["maximum"].as_i64().unwrap_or(1_000_000);
    let number = match random.below(4) {
        0 => least,
        1 => most,
        2 => random.within(least, most),
        _ => random.within(least, most.min(least.saturating_add(200))),
    };
    Node::Plain(number.to_string())
}

/// Ids have schemas of their own.
fn prefix_of(reference: &str) -> Option<&'static str> {
    Some(match reference.rsplit('/').next()? {
        "ApiKeyId" => "key",
        "SessionId" => "ses",
        "OrganizationId" => "org",
        "UserId" => "usr",
        "AlertId" => "alr",
        "DomainId" => "dom",
        "InvitationId" => "inv",
        "SignInId" => "sgn",
        "VerificationId" => "ver",
        "WebhookEndpointId" => "whe",
        "WebhookDeliveryId" => "dlv",
        "GatewayRouteId" => "gwr",
        _ => return None,
    })
}

/// A text that fits its field.
pub(crate) fn text(town: &Town, random: &mut Random, schema: &Value, name: &str) -> String {
    match name {
        "sessionId" => return town.id(random, "ses"),
        "keyId" | "replacementId" => return town.id(random, "key"),
        "userId" => return town.id(random, "usr"),
        "cursor" if !town.cursors.is_empty() => return random.pick(&town.cursors).clone(),
        "key" if !town.secrets.is_empty() && random.percent(80) => return random.pick(&town.secrets).clone(),
        "token" | "invitation" if !town.tokens.is_empty() => return random.pick(&town.tokens).clone(),
        "password" | "currentPassword" | "newPassword" => return PASSWORD.to_owned(),
        "email" => return format!("{}@people.test", random.pick(&["owner", "spare", "helper", "new"])),
        "domain" => return (*random.pick(&["example.com", "mail.example.com", "b\u{fc}cher.example"])).to_owned(),
        "ip" | "ipAllowList" => {
            return (*random.pick(&["192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "::1"])).to_owned();
        }
        "permission" | "permissions" => {
            return (*random.pick(&["emails:send", "api_keys:read", "*:read", "*"])).to_owned();
        }
        "totp" => return format!("{:06}", random.below(1_000_000)),
        "time" => return town.house.after(random.within(-60_000, 0)).to_string(),
        "subject" | "target" => return town.id(random, "key"),
        _ => {}
    }
    let hours = random.within(-48, 9_000);
    match schema["format"].as_str() {
        Some("date-time") => return town.house.after(hours * 3_600_000).to_string(),
        Some("uri") => return format!("https://hooks.example.com/{}", random.word(4)),
        _ => {}
    }
    let least = schema["minLength"].as_u64().unwrap_or(1);
    let most = schema["maxLength"].as_u64().unwrap_or(40);
    let length = match random.below(6) {
        0 => least,
        1 => most.min(300),
        _ => random.within(least.try_into().unwrap(), most.min(least + 20).try_into().unwrap()).unsigned_abs(),
    };
    let mut text = random.word(usize::try_from(length).unwrap());
    if schema["pattern"].is_string() {
        text.make_ascii_lowercase();
        text.insert(0, 'a');
    }
    text
}
