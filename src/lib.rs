//! Latchkey: an API-key service for the edge.
//!
//! A synchronous core that decides, a thin asynchronous shell that carries, and one room with a door to
//! Cloudflare. Read the modules in this order; `docs/ARCHITECTURE.md` walks through them.
//!
//! `request ──► api ──► app ──► ports ◄── session · organization · directory ──► domain`: an arrow means
//! "may name", and none points back.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test may panic"
    )
)]

pub mod domain;
pub mod hash_index;
pub mod ports;

pub mod object;

pub mod account;
pub mod directory;
pub mod organization;
pub mod session;

pub mod delivery;
pub mod resolver;

pub mod app;

pub mod api;

#[cfg(target_arch = "wasm32")]
mod cloudflare;
