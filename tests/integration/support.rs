//! The second composition root, and the words in which tests are written.

pub mod account_room;
pub mod cluster;
pub mod contract;
pub mod disk;
pub mod domains;
pub mod dumps;
pub mod edges;
pub mod fault;
pub mod held;
pub mod house;
pub mod http;
pub mod isolates;
pub mod kv;
pub mod leases;
pub mod limits;
pub mod people;
pub mod ports;
pub mod proof;
pub mod webhooks;
pub mod words;

pub use edges::wanting;
pub use fault::{Fault, Kind, Whom};
pub use house::{Held, House};
pub use http::Response;
pub use kv::Mood;
pub use limits::*;
pub use people::{PASSWORD, Someone, text};
pub use proof::{as_many, is_full};
pub use words::*;
