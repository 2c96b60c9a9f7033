//! Leases: a promise that what was said holds for a time, and the knowledge of who may still rely on it
//! (Gray & Cheriton, "Leases", 1989).
//!
//! The same machines serve twice: an organization grants its sessions the policy and tokens of its pools; a session
//! grants isolates the decision on a key and tokens of its limits. The holder counts from the moment it *asked*, by its
//! own clock; the grantor from the moment it answered, by its own. Only durations are compared. Clocks may differ in
//! speed and step within `margin_ms`, which holders take off and grantors add.
//!
//! `held`, `bank` and `book` are the holder's side, `askers`, `granted`, `grantor`, `lending` and `Banks` the grantor's.

pub mod askers;
pub mod bank;
pub mod book;
pub mod grant;
mod granted;
pub mod grantor;
mod held;
pub mod lending;

pub use granted::Granted;
pub use held::Held;

/// How far (ms) the end of a lease may be off: 250 ms, and 0.1 % of its length.
#[must_use]
pub fn margin_ms(ttl_ms: i64) -> i64 {
    250_i64.saturating_add(ttl_ms / 1_000)
}

#[cfg(test)]
mod tests;
