//! The schemas of what people send about sessions.

use serde_json::{Value, json};

use super::{Field, NotNull, Optional, Required, body, change, limits, text};
use crate::api::openapi::answers::{environment, mode, one_of, region};
use crate::domain::consistency::Consistency;
use crate::domain::session::LeakPolicy;
use crate::domain::text::Name;

/// The schemas of the bodies of sessions' routes.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("CreateSession", body("A new session.", new(), &json!({ "name": "Shop", "environment": "production" }))),
        ("ChangeSession", change(body("Changes to a session.", changed(), &json!({ "status": "disconnected" })))),
    ]
}

fn new() -> Vec<Field> {
    vec![
        ("name", Required, text(Name::MAX_CHARACTERS), "A name for people, on one line."),
        ("environment", Optional, environment(), "The environment of its keys; null gives plain `sk_` keys."),
        ("region", Optional, region(), "Where to place its object, by Cloudflare's location hints."),
        limits("How often its keys may be verified, all together."),
        consistency("How long a decision on its keys may be relied on; null for what holds without a choice."),
        ("leakPolicy", Optional, leak_policy(), "What happens to a key that was found elsewhere; null is `notify`."),
    ]
}

fn changed() -> Vec<Field> {
    vec![
        ("name", NotNull, text(Name::MAX_CHARACTERS), "A new name."),
        ("status", NotNull, one_of(["connected", "disconnected"]), "Whether its keys are let through."),
        limits("How often its keys may be verified, all together; null clears."),
        consistency("How long a decision on its keys may be relied on; what is left out stays, null resets."),
        ("leakPolicy", NotNull, leak_policy(), "What happens to a key that was found elsewhere."),
    ]
}

fn leak_policy() -> Value {
    one_of(LeakPolicy::ALL.map(LeakPolicy::as_str))
}

fn consistency(description: &'static str) -> Field {
    let standard = Consistency::default();
    let up_to = |max: u32| json!({ "type": "integer", "minimum": 0, "maximum": max });
    let fields = vec![
        (
            "mode",
            Optional,
            mode(),
            "Who may decide: `strict`, the authority alone; `leased`, also a location to which it has given a lease; `edge`, also a record in KV until its end.",
        ),
        ("ttlMs", Optional, up_to(Consistency::TTL_MS_MAX), "How long a lease may last; 0 is the same as `strict`."),
        (
            "staleSeconds",
            Optional,
            up_to(Consistency::STALE_SECONDS_MAX),
            "How much longer a decision may be used while the authority cannot be reached.",
        ),
    ];
    let example = json!({ "mode": standard.mode.as_str(), "ttlMs": standard.ttl_ms, "staleSeconds": 0 });
    ("consistency", Optional, change(body("Consistency.", fields, &example)), description)
}
