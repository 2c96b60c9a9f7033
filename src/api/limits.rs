//! Every limit in one table: everything a client or an object can make us do has an end (H14).
//!
//! Each is decided where it is kept; here they stand side by side. `docs/API.md` shows this table, and a test
//! compares the two.

use super::around::CLIENT_CHARACTERS_MAX;
use super::body::{BATCH_BYTES_MAX, BODY_BYTES_MAX};
use super::bulk::BULK_BYTES_MAX;
use super::callers::FAILURE_PAUSE_MS;
use super::credentials::CREDENTIAL_BYTES_MAX;
use super::envelope::URI_BYTES_MAX;
use super::fields::error::VIOLATIONS_MAX;
use super::fields::values::TAGS_MAX;
use super::idempotency::IDEMPOTENCY_KEY_CHARACTERS;
use super::imports::IMPORT_BYTES_MAX;
use super::json::DEPTH_MAX;
use super::key_requests::OVERLAP_SECONDS_MAX;
use super::leaks::{GITHUB_BYTES_MAX, GITHUB_TOKENS_MAX, PLACE_CHARACTERS_MAX};
use super::operator::CUSTOM_LIMIT_MAX;
use super::outcomes::{OUTCOME_ID_CHARACTERS_MAX, OUTCOMES_MAX};
use super::pages::{FILTER_CHARACTERS_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use super::usage::STEPS_MAX;
use super::verification::COST_MAX;
use super::webhook_body::EVENTS_MAX;
use crate::account::{gates, memberships, resets, sign_ins};
use crate::app::{
    ATTEMPTS_AT_ONCE_MAX, ATTEMPTS_OF_ONE_MAX, BULK_MAX, FAILURE_FLOOR_MS, GATEWAY_OUTCOMES_MAX,
    GATEWAY_REPORT_WITHIN_MS, IMPORT_MAX, LONGEST_WAIT_MS, MEMBERSHIPS_MAX, PATIENCE_MS, PREFIXES_MS, REPORT_WITHIN_MS,
    RETRIES, TOMBSTONE_PATIENCE_MS,
};
use crate::directory::users::SETUP_ATTEMPT_MS;
use crate::domain::credits::CREDITS_MAX;
use crate::domain::egress::URL_CHARACTERS_MAX;
use crate::domain::email;
use crate::domain::gateway;
use crate::domain::imported_key::{ForeignPrefix, PLAINTEXT_CHARACTERS};
use crate::domain::ip_network::MAX_NETWORKS;
use crate::domain::keyring::MAX_ROOTS;
use crate::domain::lease::book;
use crate::domain::metadata::{MAX_METADATA_BYTES, MAX_METADATA_DEPTH, MAX_METADATA_KEYS};
use crate::domain::owned_domain;
use crate::domain::password;
use crate::domain::permission::{MAX_PERMISSIONS, MAX_SEGMENT};
use crate::domain::rate_limit::{RATE_LIMITS_MAX, RateLimit};
use crate::domain::text::{ExternalId, Name, Reason, Tag};
use crate::domain::usage::latency::LATENCY_MS_MAX;
use crate::domain::usage::outcomes::{AHEAD_MS, LATE_MS};
use crate::domain::usage::series::Grain;
use crate::domain::usage::tallies;
use crate::domain::webhook;
use crate::object::{outbox, places, shell};
use crate::organization::alerts::{keys, mail, rows};
use crate::organization::gateway as routes;
use crate::organization::imports::PREFIXES_MAX;
use crate::organization::invitations::{INVITATION_LIFE_MS, INVITATIONS_MAX, MEMBERS_MAX};
use crate::organization::policy::LEASE_MS;
use crate::organization::projection as directory;
use crate::organization::webhooks::store::{DELIVERIES_MAX, KEPT_MS};
use crate::session::alerts::COUNTRIES_MAX;
use crate::session::outcomes::MARKS_MAX;
use crate::session::{idempotency as claims, projection, usage};

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub name: &'static str,
    /// How much is allowed.
    pub value: u64,
    /// Of what.
    pub unit: &'static str,
    /// What happens beyond it, or what it is for.
    pub beyond: &'static str,
}

const fn limit(name: &'static str, value: u64, unit: &'static str, beyond: &'static str) -> Limit {
    Limit { name, value, unit, beyond }
}

const INVALID: &str = "400 `invalid_request`";

/// All limits, in the order of the documentation.
#[rustfmt::skip]
pub const LIMITS: &[Limit] = &[
    limit("Path and query", URI_BYTES_MAX as u64, "bytes", "414 `uri_too_long`"),
    limit("Credential", CREDENTIAL_BYTES_MAX as u64, "bytes", "401 `auth_invalid_key`"),
    limit("Body", BODY_BYTES_MAX as u64, "bytes", "413 `payload_too_large`"),
    limit("Body of a revocation of many keys", BULK_BYTES_MAX as u64, "bytes", "413 `payload_too_large`"),
    limit("Keys revoked at once", BULK_MAX as u64, "keys", "400 `invalid_request`; a filter has `hasMore`"),
    limit("Body of an import", IMPORT_BYTES_MAX as u64, "bytes", "413 `payload_too_large`"),
    limit("Keys imported at once", IMPORT_MAX as u64, "keys", INVALID),
    limit("Prefix of imported keys", ForeignPrefix::MAX_CHARACTERS as u64, "characters", INVALID),
    limit("Prefixes of imported keys of an organization", PREFIXES_MAX as u64, "entries", "409 `too_many_prefixes`"),
    limit("A key that is imported by its plaintext, at least", *PLAINTEXT_CHARACTERS.start() as u64, "characters", "it is `invalid`"),
    limit("A key that is imported by its plaintext, at most", *PLAINTEXT_CHARACTERS.end() as u64, "characters", "it is `invalid`"),
    limit("An isolate takes a prefix for not declared without asking again", PREFIXES_MS.unsigned_abs(), "ms", "it asks"),
    limit("Body of a report by GitHub", GITHUB_BYTES_MAX as u64, "bytes", "413 `payload_too_large`"),
    limit("Tokens in a report by GitHub", GITHUB_TOKENS_MAX as u64, "tokens", "413 `payload_too_large`"),
    limit("Place that a key was found in", PLACE_CHARACTERS_MAX as u64, "characters", INVALID),
    limit("Body of outcomes", BATCH_BYTES_MAX as u64, "bytes", "413 `payload_too_large`"),
    limit("JSON nesting", DEPTH_MAX as u64, "levels", "400 `invalid_json`"),
    limit("Violations told in one answer", VIOLATIONS_MAX as u64, "entries", "the rest is left out"),
    limit("Rows on a page", PAGE_ROWS_MAX as u64, "rows", "400 `invalid_request`; a bare array has `Link`"),
    limit("Rows on a page by default", PAGE_ROWS_DEFAULT as u64, "rows", "`nextCursor` goes on"),
    limit("Search or filter text", FILTER_CHARACTERS_MAX as u64, "characters", INVALID),
    limit("`Idempotency-Key`, at least", *IDEMPOTENCY_KEY_CHARACTERS.start() as u64, "characters", INVALID),
    limit("`Idempotency-Key`, at most", *IDEMPOTENCY_KEY_CHARACTERS.end() as u64, "characters", INVALID),
    limit("An `Idempotency-Key` is remembered", claims::CLAIM_LIFE_MS.unsigned_abs(), "ms", "it begins anew"),
    limit("A lost request keeps it busy", claims::BUSY_MS.unsigned_abs(), "ms", "a retry goes on after that"),
    limit("Name", Name::MAX_CHARACTERS as u64, "characters", INVALID),
    limit("External id", ExternalId::MAX_CHARACTERS as u64, "characters", INVALID),
    limit("Reason of a revocation", Reason::MAX_CHARACTERS as u64, "characters", INVALID),
    limit("Permissions of a key or a demand", MAX_PERMISSIONS as u64, "entries", INVALID),
    limit("Resource or action of a permission", MAX_SEGMENT as u64, "characters", INVALID),
    limit("Networks of a key", MAX_NETWORKS as u64, "entries", INVALID),
    limit("Metadata", MAX_METADATA_BYTES as u64, "bytes", INVALID),
    limit("Metadata keys, in all objects", MAX_METADATA_KEYS as u64, "keys", INVALID),
    limit("Metadata nesting", MAX_METADATA_DEPTH as u64, "levels", INVALID),
    limit("Overlap of a rotation", OVERLAP_SECONDS_MAX.unsigned_abs(), "seconds", INVALID),
    limit("Rate limits of a key, or of a session", RATE_LIMITS_MAX as u64, "entries", INVALID),
    limit("Tokens of a rate limit", RateLimit::LIMIT_MAX as u64, "tokens", INVALID),
    limit("Window of a rate limit, at least", RateLimit::WINDOW_MS_MIN as u64, "ms", INVALID),
    limit("Window of a rate limit, at most", RateLimit::WINDOW_MS_MAX as u64, "ms", INVALID),
    limit("Credits of a key, and of a refill", CREDITS_MAX, "units", INVALID),
    limit("Cost of a verification", COST_MAX.unsigned_abs(), "units", INVALID),
    limit("Tags of a verification", TAGS_MAX as u64, "entries", INVALID),
    limit("Tag", Tag::MAX_CHARACTERS as u64, "characters", INVALID),
    limit("A plan's own limit", CUSTOM_LIMIT_MAX.unsigned_abs(), "units", INVALID),
    limit("Password, at least", password::MIN_CHARACTERS as u64, "characters", INVALID),
    limit("Password, at most", password::MAX_CHARACTERS as u64, "characters", INVALID),
    limit("E-mail address", email::MAX_BYTES as u64, "bytes", INVALID),
    limit("Wrong passwords before an account is locked", gates::FAILURES_UNTIL_LOCK.unsigned_abs(), "times", "401 `sign_in_failed` for a while"),
    limit("Longest lock of an account", gates::LONGEST_LOCK_MS.unsigned_abs(), "ms", "then one more try"),
    limit("Addresses of earlier sign-ins that count apart", gates::KNOWN_SOURCES_MAX.unsigned_abs(), "addresses", "the oldest counts like any other"),
    limit("A failed sign-in is answered after", FAILURE_FLOOR_MS.unsigned_abs(), "ms", "whatever failed"),
    limit("Sign-ins under way for one address in an isolate", ATTEMPTS_OF_ONE_MAX as u64, "requests", "503 `sign_in_busy`"),
    limit("Sign-ins under way in an isolate", ATTEMPTS_AT_ONCE_MAX as u64, "requests", "503 `sign_in_busy`"),
    limit("Password hashes waiting in one account", places::HEAVY_COMMANDS_MAX as u64, "requests", "503 `sign_in_busy`"),
    limit("Sign-ins of one account", sign_ins::SIGN_INS_MAX.unsigned_abs(), "entries", "the least used one ends"),
    limit("A sign-in lives", sign_ins::LIFE_MS.unsigned_abs(), "ms", "401 `auth_invalid_key`"),
    limit("A sign-in lives unused", sign_ins::IDLE_MS.unsigned_abs(), "ms", "401 `auth_invalid_key`"),
    limit("A reset link that was sent can be used", resets::SENT_LIFE_MS.unsigned_abs(), "ms", "400 `link_invalid`"),
    limit("A reset link that was handed out can be used", resets::HANDED_LIFE_MS.unsigned_abs(), "ms", "400 `link_invalid`"),
    limit("Reset links of one account", resets::RESETS_MAX.unsigned_abs(), "entries", "the oldest ends"),
    limit("Pause between reset links that are sent", resets::SEND_PAUSE_MS.unsigned_abs(), "ms", "nothing is sent"),
    limit("Organizations that one user owns", memberships::OWNED_ORGANIZATIONS_MAX as u64, "entries", "409 `organization_limit_reached`"),
    limit("An attempt with the setup token keeps others out", SETUP_ATTEMPT_MS.unsigned_abs(), "ms", "409 `setup_done`; then the next may try"),
    limit("Members of an organization", MEMBERS_MAX as u64, "entries", "409 `too_many_members`"),
    limit("Organizations that one user belongs to", MEMBERSHIPS_MAX as u64, "entries", "409 `organization_limit_reached`"),
    limit("An invitation can be accepted", INVITATION_LIFE_MS.unsigned_abs(), "ms", "409 `invitation_ended`"),
    limit("Invitations pending, or made within a day", INVITATIONS_MAX.unsigned_abs(), "entries", "409 `too_many_invitations`"),
    limit("Pause after too many failed authentications", FAILURE_PAUSE_MS, "ms", "429 `auth_too_many_failures`"),
    limit("`lastUsedAt` and usage may lag in rows", usage::FLUSH_MS.unsigned_abs() + 1_000, "ms", "a crash of the session's object loses so much"),
    limit("Outcomes told at once", OUTCOMES_MAX as u64, "entries", INVALID),
    limit("Your own id of an outcome", OUTCOME_ID_CHARACTERS_MAX as u64, "characters", INVALID),
    limit("Longest time that an outcome tells", LATENCY_MS_MAX as u64, "ms", INVALID),
    limit("An outcome is counted for", LATE_MS.unsigned_abs(), "ms", "`too_late`"),
    limit("It may be ahead of our clock by", AHEAD_MS.unsigned_abs(), "ms", "`in_future`"),
    limit("Outcomes that a session remembers having counted", MARKS_MAX as u64, "entries", "`too_late`, for those that are older than the oldest of them"),
    limit("Steps of one answer about usage", STEPS_MAX.unsigned_abs(), "steps", INVALID),
    limit("Usage by minute is kept, at least", Grain::Minute.kept_ms().unsigned_abs(), "ms", "it becomes hours"),
    limit("Usage by hour is kept, at least", Grain::Hour.kept_ms().unsigned_abs(), "ms", "it becomes days"),
    limit("Usage by day is kept, at least", Grain::Day.kept_ms().unsigned_abs(), "ms", "it goes"),
    limit("Verifications of a key that can be listed", usage::RECENT_MAX as u64, "entries", "the oldest goes"),
    limit("Open alerts of an organization", rows::OPEN_MAX.unsigned_abs(), "entries", "the oldest of the least severe is resolved for a more severe one, or what is new is left out; counted as dropped"),
    limit("Alerts that are over and kept", rows::RESOLVED_MAX.unsigned_abs(), "entries", "the oldest goes"),
    limit("Addresses for alerts of an organization", mail::ADDRESSES_MAX as u64, "addresses", INVALID),
    limit("Alerts mailed of an organization in an hour", mail::MAILS_AN_HOUR.unsigned_abs(), "messages", "the alert is not mailed"),
    limit("An alert is kept after it is over", rows::KEPT_MS.unsigned_abs(), "ms", "it goes"),
    limit("Countries of a key that are remembered", COUNTRIES_MAX as u64, "entries", "nothing is said of further ones"),
    limit("Keys whose time has come that are looked at at once", keys::PORTION.unsigned_abs(), "entries", "another round"),
    limit("Usage that an isolate reports late is counted for", usage::LATE_MS.unsigned_abs(), "ms", "it is not counted"),
    limit("An isolate remembers what it has not reported", tallies::WEIGHT_MAX as u64, "tallies and verifications", "lists shrink, minutes merge, then sessions are dropped"),
    limit("Tallies in one report", tallies::TALLIES_MAX as u64, "entries", "the next report"),
    limit("Waiting for an object", PATIENCE_MS, "ms", "503 `service_unavailable`"),
    limit("Repeats of a read that the platform calls retryable", RETRIES as u64, "times", "503 `service_unavailable`"),
    limit("Waiting for KV when the authority fails", TOMBSTONE_PATIENCE_MS, "ms", "503 `verification_unavailable`"),
    limit("A session acts on a policy without asking again", LEASE_MS.unsigned_abs(), "ms", "it asks, or lets nothing through"),
    limit("Holding an answer back until a change is in force", LONGEST_WAIT_MS, "ms", "202"),
    limit("Waiting for those who must hear of a change", shell::DELIVERY_PATIENCE_MS, "ms", "202; they hear of it later"),
    limit("Waiting for one of them", shell::MESSAGE_PATIENCE_MS, "ms", "tried again later"),
    limit("First pause between tries", outbox::FIRST_PAUSE_MS.unsigned_abs(), "ms", "doubles"),
    limit("Longest pause between tries", outbox::MAX_PAUSE_MS.unsigned_abs(), "ms", "stays there until it works"),
    limit("Messages in one batch of a session", projection::BATCH.unsigned_abs(), "entries", "another batch"),
    limit("Messages in one batch of an organization", directory::BATCH.unsigned_abs(), "entries", "another batch"),
    limit("Records told to the directory at once", projection::FEED.unsigned_abs(), "entries", "another message"),
    limit("Hashes moved to a new pepper at once", projection::REHASH.unsigned_abs(), "entries", "another round"),
    limit("Leases in the memory of one isolate", book::ENTRIES_MAX as u64, "entries", "the ones used longest ago go; the next request asks"),
    limit("Memory that they take, about", book::BYTES_MAX as u64, "bytes", "the ones used longest ago go; the next request asks"),
    limit("Leases in one renewal", book::RENEWED_MAX as u64, "entries", "those that end first; the others wait for the next"),
    limit("What an isolate decides is reported within", REPORT_WITHIN_MS, "ms", "it is sent again until it is written down"),
    limit("What is kept of `User-Agent`", CLIENT_CHARACTERS_MAX as u64, "characters", "the rest is cut"),
    limit("Domains of an organization", owned_domain::DOMAINS_MAX as u64, "entries", "409 `too_many_domains`"),
    limit("Name of a domain of an organization", owned_domain::NAME_CHARACTERS_MAX as u64, "characters", INVALID),
    limit("Checks in a row in which the record of a domain is missing", owned_domain::MISSING_MAX as u64, "times", "after `DOMAIN_LOSS_HOURS` it is lost"),
    limit("Webhook endpoints of an organization", webhook::ENDPOINTS_MAX as u64, "entries", "409 `too_many_webhook_endpoints`"),
    limit("URL of a webhook endpoint", URL_CHARACTERS_MAX as u64, "bytes", INVALID),
    limit("Entries of `events`", EVENTS_MAX as u64, "entries", INVALID),
    limit("The secret before a new one goes on to sign", webhook::OVERLAP_MS.unsigned_abs(), "ms", "it signs no more"),
    limit("A webhook is tried for", webhook::schedule::LIFE_MS.unsigned_abs(), "ms", "it is `failed`"),
    limit("Events in a row that go past their time", webhook::schedule::GIVEN_UP_MAX as u64, "times", "the endpoint is switched off"),
    limit("Deliveries are kept", KEPT_MS.unsigned_abs(), "ms", "they go"),
    limit("Deliveries kept of an organization", DELIVERIES_MAX.unsigned_abs(), "entries", "the oldest go, sent or not"),
    limit("Routes of the gateway of an organization", gateway::ROUTES_MAX as u64, "entries", "409 `too_many_gateway_routes`"),
    limit("Path of a route of the gateway", gateway::path::PATH_CHARACTERS_MAX as u64, "characters", INVALID),
    limit("An origin may take until it begins to answer, at most", gateway::TIMEOUT_MS.end().unsigned_abs(), "ms", "504 `origin_timeout`"),
    limit("A gateway acts on its routes without asking again", routes::LEASE_MS.unsigned_abs(), "ms", "it asks, or lets nothing through"),
    limit("A request to an origin is signed for", gateway::signature::EXPIRES_SECONDS.unsigned_abs(), "seconds", "the origin refuses it"),
    limit("What the gateway has seen of origins is reported within", GATEWAY_REPORT_WITHIN_MS, "ms", "it is tried once more, then lost"),
    limit("Outcomes of one session that a gateway remembers", GATEWAY_OUTCOMES_MAX as u64, "entries", "further ones are not counted"),
    limit("Root secrets in use", MAX_ROOTS as u64, "entries", "503 `not_configured`"),
];
