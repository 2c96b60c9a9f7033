//! Carries messages out of an object: the only writer of KV (H4), the one way to call another object, and the post
//! to the hook for links.
//!
//! It decides nothing: what to send is the outbox's, when to try again is the shell's.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::IgnoredAny;

use crate::domain::audit::Trace;
use crate::domain::webhook::{Attempt, Failure};
use crate::object::outbox::{Message, Post};
use crate::object::{Answer, behind};
use crate::ports::{Address, Objects, PortError, World};

/// Sends one message. `Ok` means that the receiver has it for good, and how long (ms) it takes until nobody acts on what
/// was before there.
///
/// # Errors
/// Whatever the receiver or the way to it says; the message may have arrived all the same.
pub async fn send(world: &World, message: &Message) -> Result<u64, PortError> {
    match message {
        Message::Publish { name, value } => world.kv.put(name, value).await.map(|()| 0),
        Message::Notify { id, body } => {
            // Without a hook nobody is told any more: the operator has taken it away.
            let (Some(hook), Some(body)) = (&world.rules.link_hook, body) else { return Ok(0) };
            let headers = hook.headers(id, world.clock.now(), body);
            match world.outbound.post(hook.url(), &headers, body).await? {
                200..=299 => Ok(0),
                status => Err(PortError::new("link hook", format!("answered {status}"))),
            }
        }
        // What comes of these is the object's to note: see `post` and `resolver`.
        Message::Post(_) | Message::LookUp(_) => Ok(0),
        Message::Call { address, region, request } => {
            let response = world.objects.call(address, *region, request.clone()).await?;
            match decode::<IgnoredAny>(&response)? {
                Answer::Done { settled: true, wait_ms, .. } => Ok(wait_ms),
                Answer::Done { settled: false, .. } => Err(PortError::new("object call", "not settled yet")),
                Answer::Rejected(rejection) => Err(PortError::new("object call", format!("refused: {rejection:?}"))),
                Answer::Failed { detail } => Err(PortError::new("object call", detail)),
            }
        }
    }
}

/// Posts a message to a receiver that a client has chosen. Whatever comes back says something about the receiver and is
/// no failure of ours.
pub async fn post(world: &World, post: &Post) -> Attempt {
    let Some(url) = &post.url else { return Attempt::Failed(Failure::Forbidden) };
    if !leads_outside(url) {
        return Attempt::Failed(Failure::Forbidden);
    }
    match world.outbound.post(url, &post.headers, &post.body).await {
        Ok(status) => Attempt::Answered(status),
        Err(_) => Attempt::Failed(Failure::Unreachable),
    }
}

/// The door for looking up where a name leads, before something is sent there: addresses that are not public
/// (`egress::is_public`) are to be refused here. The platform resolves names itself and lets nothing out to private
/// networks (a self-hosted workerd by its default, `allow = ["public"]`), so without a resolver this refuses nothing.
fn leads_outside(_url: &str) -> bool {
    true
}

/// Calls an object and decodes its answer.
///
/// # Errors
/// When the object could not be reached, or what came back is not an answer.
pub async fn call<C: Serialize + Sync, R: DeserializeOwned>(
    objects: &dyn Objects,
    address: &Address,
    command: &C,
) -> Result<Answer<R>, PortError> {
    call_for(objects, address, command, None).await
}

/// The same, for the request behind it.
///
/// # Errors
/// As those of `call`.
pub async fn call_for<C: Serialize + Sync, R: DeserializeOwned>(
    objects: &dyn Objects,
    address: &Address,
    command: &C,
    trace: Option<&Trace>,
) -> Result<Answer<R>, PortError> {
    let request = behind::name(encode(command)?, trace);
    decode(&objects.call(address, None, request).await?)
}

/// Encodes a command.
///
/// # Errors
/// Never for the commands of this crate.
pub fn encode<C: Serialize>(command: &C) -> Result<Vec<u8>, PortError> {
    serde_json::to_vec(command).map_err(|_| PortError::new("encode", "the command does not encode"))
}

fn decode<R: DeserializeOwned>(response: &[u8]) -> Result<Answer<R>, PortError> {
    serde_json::from_slice(response).map_err(|_| PortError::new("decode", "the answer does not decode"))
}
