//! The client of Latchkey: verifies the API keys that your customers present, manages them, and guards tower and axum
//! services with them.
//!
//! ```no_run
//! # async fn example() -> Result<(), latchkey_client::Error> {
//! use latchkey_client::{Demand, Latchkey};
//!
//! let latchkey = Latchkey::new("https://keys.example.com", &std::env::var("LATCHKEY_KEY").unwrap_or_default())?;
//! let decision = latchkey.verify("what was presented", &Demand::new().permission("emails:send")).await?;
//! if decision.valid {
//!     println!("{:?} may send", decision.external_id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Latchkey::verify`] decides on a key; [`VerifyLayer`] lets requests with a good one through to your service, and no
//! others; [`Latchkey::keys`] issues, reads, changes, rotates and revokes. It behaves as the client in TypeScript does, by
//! the same vectors: it gives up in time, repeats once what does no harm twice, answers again only what the service has
//! said still stands, and fails closed.
//!
//! All calls need a Tokio runtime with I/O and time. A call ends early if its future is dropped.

mod client;
mod clock;
mod demand;
mod error;
#[cfg(feature = "axum")]
mod extract;
mod gate;
mod keys;
mod layer;
mod leases;
mod records;
mod target;
mod transport;
mod verification;
mod verify;
mod wire;
mod words;

#[cfg(test)]
mod tests;

pub use client::{Builder, Latchkey, OnUnavailable};
pub use demand::{Consistency, Demand};
pub use error::{Error, Violation};
#[cfg(feature = "axum")]
pub use extract::NotGuarded;
pub use keys::Keys;
pub use layer::{Guard, Verified, VerifyLayer};
pub use records::{
    Actor, ApiKey, ChangedKey, CreateKey, Credits, IssuedKey, RateLimit, Refill, RotateKey, SecretKey, Status,
};
pub use verification::{Check, Freshness, LeftCredits, Level, LimitedBy, MetLimit, Mode, Verification};
pub use verify::Decision;
pub use words::{Code, Environment};

pub use http::Method;
