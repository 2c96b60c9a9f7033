//! Asks the DNS over HTTPS (RFC 8484) whether a proof stands there.
//!
//! Whatever goes wrong on the way is no finding about the domain.

use futures_util::future::{Either, select};

use crate::domain::dns;
use crate::domain::owned_domain::{Finding, Proof};
use crate::ports::World;

/// How long (ms) the resolver may take.
const PATIENCE_MS: u64 = 5_000;
/// How large (bytes) its answer may be.
const ANSWER_BYTES_MAX: usize = 16 * 1_024;

/// Looks for a proof.
pub async fn look_up(world: &World, proof: &Proof) -> Finding {
    let asking = Box::pin(ask(world, &proof.name));
    let texts = match select(asking, world.timer.sleep(PATIENCE_MS)).await {
        Either::Left((texts, _)) => texts,
        Either::Right(_) => None,
    };
    match texts {
        None => Finding::Unknown,
        Some(texts) if texts.iter().any(|text| text == proof.text.as_bytes()) => Finding::Found,
        Some(_) => Finding::Missing,
    }
}

async fn ask(world: &World, name: &str) -> Option<Vec<Vec<u8>>> {
    let resolver = &world.rules.resolver_url;
    let joint = if resolver.contains('?') { '&' } else { '?' };
    let url = format!("{resolver}{joint}dns={}", dns::question(name)?);
    let headers = [("accept", "application/dns-message".to_owned())];
    match world.outbound.get(&url, &headers, ANSWER_BYTES_MAX).await {
        Ok(answer) if answer.status == 200 => dns::texts(name, &answer.body),
        Ok(answer) => complain(world, &format!("the resolver answered {}", answer.status)),
        Err(error) => complain(world, &error.to_string()),
    }
}

fn complain<T>(world: &World, detail: &str) -> Option<T> {
    let line = serde_json::json!({ "level": "error", "event": "the DNS could not be asked", "detail": detail });
    world.log.line(&line.to_string());
    None
}
