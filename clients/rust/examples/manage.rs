//! What else there is to do with keys, and any other operation of the API.

use latchkey_client::{CreateKey, Latchkey, Method, RateLimit, RotateKey};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let latchkey = Latchkey::new(&std::env::var("LATCHKEY_URL")?, &std::env::var("LATCHKEY_KEY")?)?;
    println!("{}", latchkey.whoami().await?.code);
    // → VALID

    let session = json!({ "name": "Customer A", "environment": "development" });
    let session = latchkey.request(Method::POST, "/v1/sessions", Some(&session)).await?;
    let wanted = CreateKey {
        session_id: session.get("id").and_then(|id| id.as_str()).map(str::to_owned),
        rate_limits: Some(vec![RateLimit::new("burst", 10, 1_000)]),
        ..CreateKey::named("First")
    };
    let first = latchkey.keys().create(&wanted).await?.record;

    let changed = latchkey.keys().update(&first.id, &json!({ "name": "Renamed" })).await?;
    println!("{} {}", changed.record.name, changed.record.rate_limits.len());
    // → Renamed 1

    let overlap = RotateKey { overlap_seconds: 3600, expires_at: None };
    let successor = latchkey.keys().rotate(&first.id, &overlap).await?.record;
    println!("{:?} {}", successor.environment, successor.rotated_from.as_ref() == Some(&first.id));
    // → Some(Development) true

    println!("{}", latchkey.keys().get(&first.id).await?.status);
    // → active
    Ok(())
}
