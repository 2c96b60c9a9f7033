//! The schemas of what people send about domains.

use serde_json::{Value, json};

use super::{NotNull, Optional, Required, body, change};
use crate::api::openapi::answers::one_of;
use crate::domain::owned_domain::{NAME_CHARACTERS_MAX, OnLoss};

/// The schemas of the bodies of domains' routes.
pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let flag = json!({ "type": "boolean" });
    let on_loss = one_of(OnLoss::ALL.map(OnLoss::as_str));
    let below = "Whether keys may be bound to its subdomains as well; false by default.";
    let loss = "What its loss does to keys that are bound to it: `warn`, the default, or `refuse`.";
    let name = json!({ "type": "string", "maxLength": NAME_CHARACTERS_MAX });
    let create = vec![
        ("domain", Required, name, "The domain, in any script."),
        ("includeSubdomains", Optional, flag.clone(), below),
        ("onLoss", Optional, on_loss.clone(), loss),
    ];
    let changed = vec![("includeSubdomains", NotNull, flag, below), ("onLoss", NotNull, on_loss, loss)];
    vec![
        ("CreateDomain", body("A new domain.", create, &json!({ "domain": "example.com" }))),
        ("ChangeDomain", change(body("Changes to a domain.", changed, &json!({ "onLoss": "refuse" })))),
    ]
}
