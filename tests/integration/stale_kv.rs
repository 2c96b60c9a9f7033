//! KV as five places see it: each its own moment of up to two minutes ago, what was not there included. A key is good in all
//! of them from the answer that makes it on, and dead in all of them from the answer that ends it on, in every mode.

use latchkey::app::Basis;
use latchkey::domain::consistency::{ConsistencyChange, Mode};
use latchkey::domain::verification::Code;
use latchkey::session::protocol::SessionChange;

use crate::support::*;

const PLACES: usize = 5;
const LAG_MS: u64 = 120_000;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }

    fn ms(&mut self, most: u64) -> i64 {
        i64::try_from(self.below(most)).unwrap()
    }
}

/// How many verifications after an answer to a revocation were accepted, and how many there were of what kind.
fn run(mode: Mode, verifications: usize, seed: u64) {
    let house = House::seeded(seed);
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let consistency = Some(ConsistencyChange { mode: set(mode), ..ConsistencyChange::default() });
    let change = SessionChange { consistency, ..SessionChange::default() };
    house.run(house.app.change_session(&admin, &session.id, change)).unwrap();
    let mut dice = Dice(seed);
    let mut places: Vec<_> = (0..PLACES).map(|_| house.edge()).collect();
    let (mut alive, mut dead): (Vec<Held>, Vec<Held>) = (Vec::new(), Vec::new());
    let (mut of_dead, mut firsts, mut accepted_late, mut by_kv) = (0, 0, 0, 0);
    for done in 0..verifications {
        let place = dice.index(PLACES);
        let lag_ms = if dice.below(2) == 0 { LAG_MS } else { LAG_MS / 40 };
        house.kv.lags_by(dice.ms(lag_ms));
        match dice.below(40) {
            0 => {
                let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
                // Everywhere at the first request, also where it has been looked for in vain.
                for place in &places {
                    house.kv.lags_by(dice.ms(LAG_MS) + 1);
                    assert_eq!(place.code(&held.text), Code::Valid, "{mode:?}, seed {seed}, {done}");
                    firsts += 1;
                }
                alive.push(held);
            }
            1 | 2 if alive.len() > 3 => {
                let held = alive.swap_remove(dice.index(alive.len()));
                for place in &places {
                    let _ = place.verify_for(&held.text, wanting(mode));
                }
                let outcome = house.run(house.app.revoke_key(&admin, held.id(), None)).unwrap();
                assert!(outcome.settled);
                dead.push(held);
            }
            3 => places[place] = house.edge(),
            4 if dice.below(10) == 0 => house.crash(),
            5..=8 => house.advance(dice.ms(4_000)),
            roll => {
                let ended = !dead.is_empty() && roll % 2 == 0;
                let from = if ended { &dead } else { &alive };
                let Some(held) = (!from.is_empty()).then(|| &from[dice.index(from.len())]) else { continue };
                // Else the authority would always be faster than KV, and KV would decide nothing.
                let away = dice.below(3) == 0;
                if away {
                    house.objects.fault(Whom::Kind(Kind::Session), Fault::Unreachable);
                }
                let decided = places[place].verify_for(&held.text, wanting(mode));
                house.objects.heal();
                of_dead += usize::from(ended);
                let Ok(decided) = decided else {
                    assert!(away, "{mode:?}, seed {seed}, {done}: place {place}");
                    continue;
                };
                let (code, expected) = (decided.code, if ended { Code::Revoked } else { Code::Valid });
                by_kv += usize::from(decided.freshness.basis == Basis::Edge && code == Code::Valid);
                accepted_late += usize::from(ended && code == Code::Valid);
                assert_eq!(code, expected, "{mode:?}, seed {seed}, {done}: place {place}");
                if dice.below(3) > 0 {
                    places[place].settle();
                }
            }
        }
    }
    assert!(of_dead > verifications / 4 && firsts > 20, "{of_dead}, {firsts}: nothing was proven");
    assert_eq!(by_kv > 0, mode == Mode::Edge, "{mode:?}: KV has let in {by_kv}");
    println!("FIGURE {{\"name\":\"verifications of revoked keys over stale KV, {mode:?}\",\"value\":{of_dead}}}");
    println!("FIGURE {{\"name\":\"let in by KV alone, {mode:?}\",\"value\":{by_kv}}}");
    println!("FIGURE {{\"name\":\"accepted after the answer, {mode:?}\",\"value\":{accepted_late}}}");
}

#[test]
fn over_kv_of_up_to_two_minutes_ago_no_place_accepts_a_key_after_the_answer_that_ends_it() {
    let verifications = as_many(4_000, 100_000);
    for mode in [Mode::Strict, Mode::Leased, Mode::Edge] {
        run(mode, verifications, 8);
    }
}
