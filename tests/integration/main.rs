//! The house with other doors: the production `App`, shells and objects over SQLite and fakes that fail in
//! every way the platform's may, so that a fault takes a line and a day takes a microsecond.
//!
//! Test names are sentences. Each file holds one theme; `support` is the second composition root.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic, and its name is its documentation"
)]

mod support;

mod account_links;
mod accounts;
mod alert_mail;
mod alerts;
mod alerts_of_uses;
mod alerts_over_time;
mod audit;
mod audit_trail;
mod authentication;
mod banks;
mod browsers;
mod clock_jumps;
mod comparisons;
mod credits;
mod databases;
mod deletion;
mod deliveries;
mod deploy_skew;
mod domain_limits;
mod domains;
mod edge_changes;
mod edge_http;
mod edge_kv;
mod edge_leases;
mod evidence;
mod faults;
mod faults_anywhere;
mod formats;
mod formats_of_alerts;
mod formats_of_domains;
mod formats_of_gateway;
mod formats_of_imports;
mod formats_of_leases;
mod formats_of_limits;
mod formats_of_outcomes;
mod formats_of_people;
mod formats_of_upkeep;
mod formats_of_usage;
mod formats_of_webhooks;
mod gate;
mod gateway;
mod health;
mod house_rules;
mod http;
mod idempotency;
mod imports;
mod imports_refused;
mod in_flight;
mod isolation;
mod leaks;
mod leases;
mod leases_at_the_edge;
mod leases_fenced;
mod leases_recalled;
mod lent_tokens;
mod lifecycle;
mod limit_answers;
mod limits;
mod limits_model;
mod limits_over_time;
mod many_keys;
mod members;
mod openapi;
mod organizations;
mod outbox;
mod outcomes;
mod outcomes_size;
mod pagination;
mod passwords;
mod people;
mod people_faults;
mod people_log;
mod peppers;
mod policy_leases;
mod policy_model;
mod quota;
mod registration;
mod regressions;
mod regressions_of_alerts;
mod regressions_of_erasure;
mod regressions_of_leaks;
mod regressions_of_people;
mod regressions_of_sign_in;
mod regressions_of_usage;
mod regressions_of_webhooks;
mod republishing;
mod request_log;
mod roles;
mod rollout;
mod secrets;
mod sessions;
mod sign_in;
mod stale_kv;
mod storage_full;
mod transactions;
mod usage;
mod usage_reports;
mod verification;
mod webhook_endpoints;
mod webhooks;
