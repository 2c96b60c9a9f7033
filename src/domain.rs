//! The nouns of the service and every rule that can be decided from values alone.
//!
//! No I/O, no `async`, no clock and no randomness in here (H2): `now` and seeds arrive as arguments.
//! The serialised forms in this room are the stored and internal ones; what clients see is in `api`.

pub mod alert;
pub mod api_key;
pub mod audit;
pub mod base62;
pub mod caller;
pub mod change;
pub mod consistency;
pub mod credits;
pub mod dns;
pub mod domain_name;
pub mod egress;
pub mod email;
pub mod environment;
pub mod event;
pub mod evidence;
#[cfg(test)]
mod figures;
pub mod gateway;
pub mod health;
pub mod id;
pub mod imported_key;
pub mod invitation;
pub mod ip_network;
pub mod key_change;
pub mod key_hash;
pub mod keyring;
pub mod leak_place;
pub mod lease;
pub mod ledger;
pub mod link_hook;
pub mod locator;
pub mod metadata;
pub mod operation;
pub mod organization;
pub mod owned_domain;
pub mod password;
pub mod permission;
pub mod plan;
pub mod rate_limit;
pub mod role;
#[cfg(test)]
pub(crate) mod sample;
pub mod secret_key;
pub mod session;
pub mod tagged;
pub mod text;
mod tightening;
pub mod timestamp;
pub mod token;
pub mod totp;
pub mod usage;
pub mod user;
pub mod verification;
pub mod webhook;
pub mod window;
