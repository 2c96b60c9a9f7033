//! What the steps of a verification cost natively: `latchkey-native` times each of them and writes JSON;
//! `latchkey-native <step> <times>` only repeats one, for a program that counts its instructions.

use std::collections::HashMap;
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::environment::Environment;
use latchkey::domain::id::SessionId;
use latchkey::domain::key_hash::KeyHash;
use latchkey::domain::keyring::{Keyring, TagKind};
use latchkey::domain::locator::Locator;
use latchkey::domain::permission::Permission;
use latchkey::domain::secret_key::{KeyPrefix, PrefixWord, SecretKey};
use latchkey::domain::session::{OrganizationStatus, SessionStatus};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::{Demand, Standing, decide};

type Step = (&'static str, Box<dyn FnMut()>);

/// How long (s) one sample of a step takes, about.
const SAMPLE_SECONDS: f64 = 0.03;
const SAMPLES: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let mut steps = steps()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, times] = arguments.as_slice() {
        let (_, step) = steps.iter_mut().find(|(known, _)| known == name).ok_or("no such step")?;
        (0..times.parse::<u64>()?).for_each(|_| step());
        return Ok(());
    }
    let rows = steps.iter_mut().map(|(name, step)| serde_json::json!({ "name": name, "nanos": nanos(step) }));
    println!("{}", serde_json::Value::from_iter(rows));
    Ok(())
}

/// The steps, in the order in which a verification takes them.
fn steps() -> Result<Vec<Step>, Box<dyn Error>> {
    let keyring = Keyring::parse(&"5e".repeat(32))?;
    let word = PrefixWord::parse("sk")?;
    let locator: Locator = Locator::parse("KTJlt58ymYl")?;
    let prefix = KeyPrefix { word: word.clone(), environment: Some(Environment::Production) };
    let secret = SecretKey::generate(&prefix, locator, &[7; 64], &keyring).ok_or("an unlucky seed")?;
    let text = secret.expose().to_owned();
    let mistyped = format!("{}{}", &text[..text.len() - 1], if text.ends_with('0') { '1' } else { '0' });
    let key = key(&keyring, locator)?;
    let standing = Standing { session: SessionStatus::Connected, organization: OrganizationStatus::Active };
    let demand = Demand { permissions: vec![Permission::parse("emails:send")?], ..Demand::default() };
    let now = Timestamp::from_millis(1_800_000_000_000);
    let held: HashMap<KeyHash, ApiKey> = secret.hashes(&keyring).into_iter().map(|hash| (hash, key.clone())).collect();
    let hash = secret.hashes(&keyring).pop().ok_or("a keyring without roots")?;

    let leaked: &'static Keyring = Box::leak(Box::new(keyring));
    let parse = move |text: String, word: PrefixWord| {
        move || drop(black_box(SecretKey::parse(black_box(&text), &word, leaked)))
    };
    let message = text.clone();
    Ok(vec![
        ("refuse a typing error (checksum)", Box::new(parse(mistyped, word.clone()))),
        ("parse, with checksum and tag", Box::new(parse(text, word))),
        ("tag", Box::new(move || drop(black_box(leaked.tag(TagKind::SecretKey, black_box(message.as_bytes())))))),
        ("hash", Box::new(move || drop(black_box(black_box(&secret).hashes(leaked))))),
        ("look up", Box::new(move || drop(black_box(held.get(black_box(&hash)))))),
        ("decide", Box::new(move || drop(black_box(decide(black_box(&key), standing, &demand, now))))),
        // A lease's spend belongs here: `domain::lease`, a token taken from what an isolate holds.
    ])
}

/// A key with a permission, an expiry and a limit.
fn key(keyring: &Keyring, locator: Locator) -> Result<ApiKey, Box<dyn Error>> {
    Ok(serde_json::from_value(serde_json::json!({
        "id": "key_iB0TB02IKHOXKTJlt58ymYl6iWFB1FR", "organization_id": "org_9Q0G3dwhfh3s5EaBR2K",
        "session_id": SessionId::mint(locator, keyring).as_str(), "environment": "production",
        "start": "sk_live_abcd", "last4": "wxyz",
        "settings": {
            "name": "Measured", "permissions": ["emails:send"], "domain": null, "ip_allow_list": [], "metadata": {},
            "external_id": null, "expires_at": 1_900_000_000_000_i64, "not_before": null,
            "rate_limits": [{ "name": "burst", "limit": 60, "window_ms": 60_000 }],
        },
        "disabled": false, "revocation": null, "rotated_from": null, "rotated_to": null,
        "created_at": 1_700_000_000_000_i64, "created_by": { "type": "operator" }, "updated_at": 1_700_000_000_000_i64,
        "last_used_at": null, "generation": 1,
    }))?)
}

/// Nanoseconds of one call: the quickest of the samples, which whatever else the machine does has disturbed least.
fn nanos(step: &mut dyn FnMut()) -> f64 {
    let mut seconds = |times: u32| {
        let started = Instant::now();
        (0..times).for_each(|_| step());
        started.elapsed().as_secs_f64()
    };
    let mut times = 16;
    while seconds(times) < SAMPLE_SECONDS / 2.0 {
        times *= 2;
    }
    (0..SAMPLES).map(|_| seconds(times) / f64::from(times)).fold(f64::INFINITY, f64::min) * 1e9
}
