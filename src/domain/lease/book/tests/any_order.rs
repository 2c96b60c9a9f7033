//! Questions, answers, uses and reports in any order, under a clock that sometimes runs backwards.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// One step of an isolate's life.
#[derive(Debug, Clone)]
enum Event {
    /// Time passes; a little of it backwards.
    Passes(i64),
    Asks,
    /// The answer to an earlier question, in any order.
    Granted {
        question: usize,
        key: i64,
        tokens: u32,
        renews: bool,
    },
    Refused {
        question: usize,
        code: usize,
    },
    Uses(u32),
    Reports,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (0_i64..1_500).prop_map(Event::Passes),
        1 => (-400_i64..0).prop_map(Event::Passes),
        4 => Just(Event::Asks),
        6 => (0_usize..8, 1_i64..4, 0_u32..6, any::<bool>())
            .prop_map(|(question, key, tokens, renews)| Event::Granted { question, key, tokens, renews }),
        1 => (0_usize..8, 0_usize..15).prop_map(|(question, code)| Event::Refused { question, code }),
        12 => (0_u32..4).prop_map(Event::Uses),
        2 => Just(Event::Reports),
    ];
    prop::collection::vec(event, 1..120)
}

proptest! {
    /// Whatever comes in whatever order: nothing is decided after the end of every lease that was taken, no token is
    /// spent twice or reported twice, and nothing earlier is said than was said before.
    #[test]
    fn nothing_is_decided_beyond_what_was_granted(events in events()) {
        let mut book = Book::default();
        let (mut now, mut next, mut end, mut edition) = (0_i64, 0_u64, i64::MIN, 0_i64);
        let mut questions: Vec<(Question, i64, usize)> = Vec::new();
        let (mut given, mut spent, mut reported) = (BTreeMap::new(), 0_u32, BTreeMap::new());
        let mut life = 0;
        let mut latest = 0;
        for event in events {
            match event {
                Event::Passes(ms) => {
                    now += ms;
                    // The book has to be shown the clock to see it step.
                    book.ask(at(now));
                    if ms < 0 {
                        life += 1;
                        (end, edition) = (i64::MIN, 0);
                    }
                }
                Event::Asks => questions.push((book.ask(at(now)), now, life)),
                Event::Granted { question, key: generation, tokens, renews } => {
                    let Some((question, asked, of)) = questions.get(question).copied() else { continue };
                    next += 1;
                    let (mut record, mut grant) = ((*key()).clone(), counting(next, tokens));
                    record.generation = generation;
                    grant.edition.key = generation;
                    given.insert(next, tokens);
                    if of == life {
                        end = end.max(asked + TTL - margin_ms(TTL));
                        latest = latest.max(generation);
                    }
                    if renews {
                        grant.key = Some(Box::new(record));
                        book.renewed(hash(0), Some(&grant), question, at(now));
                    } else {
                        book.take(hash(0), Arc::new(record), &grant, question, at(now));
                    }
                }
                Event::Refused { question, code } => {
                    let Some((question, ..)) = questions.get(question).copied() else { continue };
                    if Code::ALL[code] != Code::Revoked {
                        book.note(hash(0), &key(), Code::ALL[code], question, at(now));
                        edition = 0;
                    }
                }
                Event::Uses(cost) => if let Some(decision) = spending(&mut book, cost, now) {
                    prop_assert!(now < end, "decided at {} by a lease that ended at {}", now, end);
                    prop_assert_eq!(decision.code, Code::Valid);
                    prop_assert_eq!(now + i64::try_from(decision.rest_ms).unwrap() <= end, true);
                    let generation = decision.key.unwrap().generation;
                    prop_assert!(generation >= edition && generation <= latest.max(edition));
                    edition = generation;
                    spent += cost;
                    prop_assert!(spent <= given.values().sum::<u32>());
                },
                Event::Reports => {
                    for report in book.wish(&hash(0), 0, at(now)).1 {
                        prop_assert!(report.spent <= given[&report.id]);
                        prop_assert_eq!(reported.insert(report.id, report.spent), None, "reported twice");
                    }
                    prop_assert!(reported.values().sum::<u32>() <= spent);
                }
            }
            prop_assert!(book.size().0 <= 1);
        }
    }
}
