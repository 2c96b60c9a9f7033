//! How much room usage takes: verifications and what became of them, as a session and its organization keep them.
//!
//! The quick form runs with all tests. The large one takes minutes:
//! `cargo test --release --test integration -- --ignored ten_million --nocapture`

use latchkey::domain::lease::grant::IsolateId;
use latchkey::domain::operation::Operation;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::usage::outcomes::Outcome;
use latchkey::domain::usage::series::Grain;
use latchkey::domain::usage::{Origin, Report, Tally, Used};
use latchkey::domain::verification::Code;
use latchkey::object::Answer;
use latchkey::ports::{Address, Objects};
use latchkey::session::protocol::{Command, Renewal, Reply};
use serde_json::Value;

use crate::support::*;

/// How far apart (ms) the commands are, until it becomes fine: hours and days are the same as with one a minute.
const COARSE_MS: i64 = 20 * MINUTE;

/// What a run has led to.
struct Sizes {
    session: i64,
    organization: i64,
    /// Bytes of the session by table.
    tables: Vec<(String, i64)>,
}

/// Numbers that look like chance, and are the same in every run (Marsaglia's xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// Of requests of a web service: most take 16 to 200 ms, one of a hundred some seconds.
    fn latency_ms(&mut self) -> u32 {
        let octave = 4 + u32::try_from(self.next(3) + self.next(3)).unwrap();
        let octave = if self.next(100) == 0 { octave + 4 } else { octave };
        (1 << octave) + u32::try_from(self.next(1 << octave)).unwrap()
    }

    fn status(&mut self) -> u16 {
        match self.next(200) {
            0 => 500,
            1 => 503,
            2 => 401,
            3..=6 => 404,
            7..=8 => 422,
            9..=20 => 201,
            _ => 200,
        }
    }
}

/// So many verifications by so many keys of one session within so many days, each with its outcome: spread over every
/// minute of the last `fine_hours`, of which minutes are kept, and over every hour before.
fn run(total: u64, keys: usize, days: i64, fine_hours: i64) -> Sizes {
    let house = House::timeless();
    let home = house.found_on("Acme", Plan::preset(PlanName::Enterprise));
    let admin = house.principal(&home.secret);
    let caller = (*house.authenticate(&home.secret, Operation::VerifyKeys).unwrap().caller).clone();
    let held: Vec<Held> = (0..keys).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    let at = home.session_address();
    let tell = |command: &Command| {
        let answer = house.run(house.objects.call(&at, None, serde_json::to_vec(command).unwrap())).unwrap();
        match serde_json::from_slice(&answer).unwrap() {
            Answer::<Reply>::Done { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    let pauses = |ms: i64, each: i64| vec![each; usize::try_from(ms / each).unwrap()];
    let fine_ms = fine_hours * 60 * MINUTE;
    let pauses = [pauses(days * DAY - fine_ms, COARSE_MS), pauses(fine_ms, MINUTE)].concat();
    let share = |ms: i64| u64::try_from(i128::from(total) * i128::from(ms) / i128::from(days * DAY)).unwrap();
    let (mut passed_ms, mut told) = (0, 0);
    let mut numbers = Numbers(88_172_645_463_325_252);
    for (batch, pause_ms) in pauses.into_iter().enumerate() {
        house.advance(pause_ms);
        passed_ms += pause_ms;
        let due = share(passed_ms) - told;
        told += due;
        let now = house.now();
        let mut used = vec![0_u64; keys];
        let mut outcomes = Vec::new();
        for place in 0..due {
            // Some keys are used much more than others.
            let chosen = usize::try_from(numbers.next(keys as u64).min(numbers.next(keys as u64))).unwrap();
            used[chosen] += 1;
            outcomes.push(Outcome {
                key_id: held[chosen].id().clone(),
                name: Some(format!("verification {batch} {place}")),
                verified_at: Some(now),
                at: None,
                status: numbers.status(),
                latency_ms: numbers.latency_ms(),
            });
        }
        let tallies = used.iter().zip(&held).filter(|(count, _)| **count > 0).map(|(count, held)| Tally {
            key_id: held.id().clone(),
            minute: Grain::Minute.start_of(now),
            counts: vec![(Code::Valid, *count)],
            recent: vec![],
            last: Some(Used { at: now, origin: Origin::default() }),
        });
        let report = Report { isolate: IsolateId(1), seq: batch as u64 + 1, tallies: tallies.collect() };
        tell(&Command::Renew(Box::new(Renewal { isolate: IsolateId(1), keys: vec![], reports: vec![report] })));
        tell(&Command::CountOutcomes { caller: caller.clone(), outcomes });
    }
    house.advance(5 * MINUTE);
    let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    let of = |address: &Address| {
        house.objects.disk(address).tamper("VACUUM");
        house.objects.disk(address).number(size)
    };
    let disk = house.objects.disk(&at);
    let columns = [("usage", "slab"), ("usage_heads", "record"), ("outcome_marks", "marks"), ("audit_log", "entry")];
    let tables = columns.map(|(table, column)| {
        (table.to_owned(), disk.number(&format!("SELECT coalesce(sum(length({column})), 0) FROM {table}")))
    });
    let body: Value =
        house.call(&home.secret, "GET", &format!("/v1/usage?from={}", house.after(-400 * DAY)), &Value::Null).json();
    let totals = &body["totals"];
    assert_eq!(totals["outcomes"]["totalRequests"], total, "nothing is lost on the way");
    assert_eq!(totals["valid"], total);
    let sizes = Sizes {
        session: of(&at),
        organization: of(&Address::Organization(home.organization.id.locator())),
        tables: tables.to_vec(),
    };
    println!(
        "{total} by {keys} keys in {days} days: session {} kB, organization {} kB, {:?}",
        sizes.session / 1_000,
        sizes.organization / 1_000,
        sizes.tables
    );
    sizes
}

#[test]
fn a_hundred_thousand_verifications_with_their_outcomes_take_little_room() {
    let sizes = run(100_000, 20, 3, 2);
    assert!(sizes.session <= 4_000_000, "{}", sizes.session);
    assert!(sizes.organization <= 500_000, "{}", sizes.organization);
}

#[test]
#[ignore = "takes minutes"]
fn ten_million_verifications_with_their_outcomes_stay_below_the_stated_size() {
    let sizes = run(10_000_000, 200, 30, 48);
    assert!(sizes.session <= 64_000_000, "{}", sizes.session);
    assert!(sizes.organization <= 1_000_000, "{}", sizes.organization);
}
