//! One user: password, second factor, sign-ins, and a copy of the memberships.

pub mod protocol;
