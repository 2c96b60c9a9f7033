//! The times and sizes that documents promise, as they are written there.

use super::usage::series::Grain;
use super::{alert, egress, evidence, health, lease, owned_domain, secret_key, usage, webhook};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 86_400_000;

#[test]
fn times_are_what_documents_say() {
    for (what, ms, documented) in [
        ("an event is an open alert", alert::EVENT_LASTS_MS, 26 * HOUR),
        ("a leak is open", alert::Kind::KeyLeaked.lasts_ms().unwrap_or(i64::MAX), 7 * DAY),
        ("an episode ends early", alert::EPISODE_MARGIN_MS, HOUR),
        ("a condition lasts until it is an alert", alert::machine::OPEN_MS_MIN, 10 * MINUTE),
        ("an alert pauses between updates", alert::machine::UPDATE_PAUSE_MS, 10 * MINUTE),
        ("traffic before is usual", alert::readings::BASELINE_MS, DAY),
        ("a key is quiet", evidence::QUIET_MS, DAY),
        ("a key is idle", evidence::IDLE_MS, 30 * DAY),
        ("health looks back", health::LOOKS_BACK_MS, 5 * MINUTE),
        ("a domain has to be missing", owned_domain::LOSS_MS, DAY),
        ("an old secret of a webhook signs", webhook::OVERLAP_MS, DAY),
        ("a message is tried", webhook::schedule::LIFE_MS, DAY),
        ("an outcome may be late", usage::outcomes::LATE_MS, HOUR),
        ("an outcome may be ahead", usage::outcomes::AHEAD_MS, 30 * SECOND),
        ("a minute", Grain::Minute.ms(), MINUTE),
        ("an hour", Grain::Hour.ms(), HOUR),
        ("a day", Grain::Day.ms(), DAY),
        ("minutes are kept", Grain::Minute.kept_ms(), DAY),
        ("hours are kept", Grain::Hour.kept_ms(), 30 * DAY),
        ("days are kept", Grain::Day.kept_ms(), 400 * DAY),
    ] {
        assert_eq!(ms, documented, "{what}");
    }
}

#[test]
fn sizes_are_what_documents_say() {
    for (what, size, documented) in [
        ("a domain that is owned", owned_domain::NAME_CHARACTERS_MAX, 243),
        ("a secret key behind its prefix", secret_key::BODY_CHARACTERS, 48),
        ("the leases of an isolate", lease::book::BYTES_MAX, 33_554_432),
        ("the URL of a webhook", egress::URL_CHARACTERS_MAX, 2_048),
    ] {
        assert_eq!(size, documented, "{what}");
    }
}
