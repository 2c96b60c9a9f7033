//! What is wrong on purpose is found within a few lists, or the model is worth nothing against it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::flaw::Flaw;
use crate::lists::{list_of, live};

/// Within so many lists.
const FOUND_WITHIN: u64 = 60;

fn is_found(flaw: Flaw) {
    let found = (1_000..1_000 + FOUND_WITHIN).find_map(|seed| {
        let outcome = catch_unwind(AssertUnwindSafe(|| live(list_of(seed), Some(flaw))));
        let reason = outcome.err()?;
        // The list itself is in order.
        live(list_of(seed), None);
        let text = reason.downcast_ref::<String>().cloned().unwrap_or_default();
        Some((seed - 1_000, text.chars().take(300).collect::<String>()))
    });
    match found {
        Some((lists, reason)) => println!("{flaw:?} is found after {lists} lists: {reason}"),
        None => panic!("{flaw:?} is not found within {FOUND_WITHIN} lists"),
    }
}

macro_rules! flaws {
    ($($name:ident: $flaw:ident,)*) => {
        $(#[test]
        fn $name() {
            is_found(Flaw::$flaw);
        })*
    };
}

flaws! {
    the_model_finds_expiry_ignored: ExpiryIgnored,
    the_model_finds_quota_unchecked: QuotaUnchecked,
    the_model_finds_viewers_may_write: ViewersMayWrite,
    the_model_finds_neighbours_visible: NeighboursVisible,
    the_model_finds_rotation_spares_the_old: RotationSparesTheOld,
    the_model_finds_suspension_forgotten: SuspensionForgotten,
    the_model_finds_disconnecting_forgotten: DisconnectingForgotten,
    the_model_finds_last_owner_may_go: LastOwnerMayGo,
    the_model_finds_leases_never_end: LeasesNeverEnd,
    the_model_finds_old_record_written_back: OldRecordWrittenBack,
    the_model_finds_entry_lost: EntryLost,
    the_model_finds_neighbour_touched: NeighbourTouched,
    the_model_finds_stranger_in_kv: StrangerInKv,
    the_model_finds_text_written_down: TextWrittenDown,
    the_model_finds_revoked_forgotten: RevokedForgotten,
    the_model_finds_counted_twice: CountedTwice,
}
