//! Issues a key, verifies it, and ends it.

use latchkey_client::{CreateKey, Demand, Latchkey};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let latchkey = Latchkey::new(&std::env::var("LATCHKEY_URL")?, &std::env::var("LATCHKEY_KEY")?)?;

    let wanted = CreateKey {
        permission: Some("sending_access".to_owned()),
        external_id: Some("user-7".to_owned()),
        ..CreateKey::named("Newsletter")
    };
    let issued = latchkey.keys().create(&wanted).await?;
    let key = issued.key.expose();

    let decision = latchkey.verify(key, &Demand::new().permission("emails:send")).await?;
    if decision.valid {
        println!("{} may send", decision.external_id.as_deref().unwrap_or("nobody"));
    }
    // → user-7 may send

    println!("{}", latchkey.verify(key, &Demand::new().permission("emails:read")).await?.code);
    // → INSUFFICIENT_PERMISSIONS

    latchkey.keys().revoke(&issued.record.id, Some("end of the example")).await?;
    println!("{}", latchkey.verify(key, &Demand::new()).await?.code);
    // → REVOKED

    if let Err(refused) = latchkey.keys().create(&CreateKey::named("")).await {
        for violation in refused.violations() {
            println!("{} {}", refused.code(), violation.code);
        }
    }
    // → invalid_request too_short
    Ok(())
}
