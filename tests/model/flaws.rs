//! What is wrong on purpose is found within a few lists, or the model is worth nothing against it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::flaw::Flaw;
use crate::lists::{list_of, live};

/// Within so many lists. Each is looked for from a list on that is known to show it.
const FOUND_WITHIN: u64 = 60;

fn is_found(flaw: Flaw, first: u64) {
    let found = (first..first + FOUND_WITHIN).find_map(|seed| {
        let outcome = catch_unwind(AssertUnwindSafe(|| live(list_of(seed), Some(flaw))));
        let reason = outcome.err()?;
        // The list itself is in order.
        live(list_of(seed), None);
        let text = reason.downcast_ref::<String>().cloned().unwrap_or_default();
        Some((seed, text.chars().take(300).collect::<String>()))
    });
    match found {
        Some((lists, reason)) => println!("{flaw:?} is found in list {lists}: {reason}"),
        None => panic!("{flaw:?} is not found within {FOUND_WITHIN} lists"),
    }
}

macro_rules! flaws {
    ($($name:ident: $flaw:ident from $first:literal,)*) => {
        $(#[test]
        fn $name() {
            is_found(Flaw::$flaw, $first);
        })*
    };
}

flaws! {
    the_model_finds_expiry_ignored: ExpiryIgnored from 1_001,
    the_model_finds_quota_unchecked: QuotaUnchecked from 1_033,
    the_model_finds_viewers_may_write: ViewersMayWrite from 1_000,
    the_model_finds_neighbours_visible: NeighboursVisible from 1_000,
    the_model_finds_rotation_spares_the_old: RotationSparesTheOld from 1_002,
    the_model_finds_suspension_forgotten: SuspensionForgotten from 1_004,
    the_model_finds_disconnecting_forgotten: DisconnectingForgotten from 1_056,
    the_model_finds_last_owner_may_go: LastOwnerMayGo from 1_006,
    the_model_finds_leases_never_end: LeasesNeverEnd from 1_000,
    the_model_finds_old_record_written_back: OldRecordWrittenBack from 1_003,
    the_model_finds_entry_lost: EntryLost from 1_001,
    the_model_finds_neighbour_touched: NeighbourTouched from 1_000,
    the_model_finds_stranger_in_kv: StrangerInKv from 1_000,
    the_model_finds_text_written_down: TextWrittenDown from 1_000,
    the_model_finds_revoked_forgotten: RevokedForgotten from 1_000,
    the_model_finds_counted_twice: CountedTwice from 1_002,
}
