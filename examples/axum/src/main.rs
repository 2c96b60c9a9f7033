//! An axum server whose handlers run for good keys only.
//!
//! `LATCHKEY_URL=… LATCHKEY_KEY=… cargo run -- 127.0.0.1:3000`, then `curl -H "Authorization: Bearer KEY" localhost:3000/hello`.

use axum::routing::{get, post};
use axum::{Json, Router};
use latchkey_client::{Demand, Latchkey, Verified, VerifyLayer};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let latchkey = Latchkey::new(&std::env::var("LATCHKEY_URL")?, &std::env::var("LATCHKEY_KEY")?)?;
    let needs = |permission: &str| VerifyLayer::new(latchkey.clone(), Demand::new().permission(permission));

    let app = Router::new()
        .route("/hello", get(hello).layer(needs("hello:say")))
        .route("/emails", post(send).layer(needs("emails:send")))
        .route("/open", get(|| async { "open" }));

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn hello(caller: Verified) -> Json<Value> {
    println!("said hello to {:?}", caller.key_id);
    Json(json!({ "hello": caller.external_id, "repeated": caller.is_repeated }))
}

async fn send(caller: Verified) -> Json<Value> {
    Json(json!({ "sentFor": caller.external_id }))
}
