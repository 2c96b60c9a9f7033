//! Pages of lists: whatever is written meanwhile, a key that exists during the whole scan appears once.

use latchkey::app::Principal;
use latchkey::domain::api_key::ApiKey;
use latchkey::domain::environment::Environment;
use latchkey::domain::key_change::KeyChange;
use latchkey::organization::protocol::{EnvironmentFilter, KeyQuery, Page};
use proptest::prelude::*;

use crate::support::*;

fn next_page(keys: &[ApiKey], limit: u32) -> Page {
    Page { after: keys.last().map(|key| (key.created_at, key.id.to_string())), limit }
}

fn list(house: &House, by: &Principal, query: KeyQuery) -> Vec<ApiKey> {
    house.run(house.app.list_keys(by, query)).unwrap().0
}

#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    Issue,
    Revoke(usize),
    Rename(usize),
    Wait(i64),
}

fn meanwhile() -> impl Strategy<Value = Meanwhile> {
    prop_oneof![
        Just(Meanwhile::Issue),
        (0..30_usize).prop_map(Meanwhile::Revoke),
        (0..30_usize).prop_map(Meanwhile::Rename),
        (0..3_i64).prop_map(Meanwhile::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_key_that_exists_during_the_whole_scan_appears_exactly_once(
        pauses in proptest::collection::vec(0..2_i64, 1..30),
        limit in 1..6_u32,
        between in proptest::collection::vec(meanwhile(), 0..40),
    ) {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let mut held = Vec::new();
        for pause in pauses {
            house.advance(pause); // often none: keys of the same millisecond
            held.push(house.issue(&admin, key(&["emails:send"])).unwrap());
        }
        let from_the_start: Vec<_> = held.iter().map(|held| held.id().clone()).chain([home.key_id.clone()]).collect();
        house.advance(1);
        let (mut seen, mut cursor, mut between) = (Vec::new(), page(limit), between.into_iter());
        loop {
            let (keys, more) = house.run(house.app.list_keys(&admin, all_keys(cursor))).unwrap();
            prop_assert!(keys.len() <= usize::try_from(limit).unwrap());
            cursor = next_page(&keys, limit);
            seen.extend(keys);
            if !more {
                break;
            }
            match between.next() {
                Some(Meanwhile::Issue) => drop(house.issue(&admin, key(&["emails:send"])).unwrap()),
                Some(Meanwhile::Revoke(index)) => drop(house.revoke(&admin, held[index % held.len()].id())),
                Some(Meanwhile::Rename(index)) => {
                    let change = KeyChange { name: Some(name("Renamed")), ..KeyChange::default() };
                    drop(house.change(&admin, held[index % held.len()].id(), change));
                }
                Some(Meanwhile::Wait(ms)) => house.advance(ms),
                None => {}
            }
        }
        for id in &from_the_start {
            prop_assert_eq!(seen.iter().filter(|key| key.id == *id).count(), 1, "{}", id);
        }
        let order: Vec<_> = seen.iter().map(|key| (key.created_at, key.id.clone())).collect();
        prop_assert!(order.is_sorted_by(|one, other| one > other), "newest first, without a tie");
    }
}

#[test]
fn filters_find_exactly_what_they_name() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let mut billing = settings(&["emails:send"]);
    billing.name = name("Billing");
    billing.external_id = Some(latchkey::domain::text::ExternalId::parse("cus_42").unwrap());
    let billing = house.issue(&admin, with(billing)).unwrap();
    let staging = house.issue(&admin, key_for(Environment::Staging, &["emails:send"])).unwrap();
    let dead = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.revoke(&admin, dead.id()).unwrap();
    let query = || all_keys(page(100));
    let cases: Vec<(&str, KeyQuery, usize)> = vec![
        ("all", query(), 4),
        ("active", KeyQuery { status: Some("active".into()), ..query() }, 3),
        ("revoked", KeyQuery { status: Some("revoked".into()), ..query() }, 1),
        ("expired", KeyQuery { status: Some("expired".into()), ..query() }, 0),
        ("staging", KeyQuery { environment: Some(EnvironmentFilter::Of(Environment::Staging)), ..query() }, 1),
        ("no environment", KeyQuery { environment: Some(EnvironmentFilter::None), ..query() }, 0),
        ("session", KeyQuery { session_id: Some(staging.key.session_id.clone()), ..query() }, 1),
        ("external id", KeyQuery { external_id: Some("cus_42".into()), ..query() }, 1),
        ("name", KeyQuery { search: Some("bILL".into()), ..query() }, 1),
        ("id", KeyQuery { search: Some(billing.id().to_string()), ..query() }, 1),
        ("last four", KeyQuery { search: Some(billing.key.last4.clone()), ..query() }, 1),
        ("nothing", KeyQuery { search: Some("no such thing".into()), ..query() }, 0),
    ];
    for (what, query, found) in cases {
        assert_eq!(list(&house, &admin, query).len(), found, "{what}");
    }
}

#[test]
fn a_search_text_is_only_ever_a_text() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let before = house.dump(&[]);
    let long = "x".repeat(100);
    for text in ["%", "_", "\\", "'", "' OR 1=1 --", "\"; DROP TABLE api_keys; --", "*", "[a-z]", "\u{0}", &long] {
        let query = KeyQuery { search: Some(text.to_owned()), ..all_keys(page(100)) };
        // "_" stands in every id.
        assert_eq!(list(&house, &admin, query).len(), usize::from(text == "_"), "{text}");
        let query =
            KeyQuery { external_id: Some(text.to_owned()), status: Some(text.to_owned()), ..all_keys(page(100)) };
        assert!(list(&house, &admin, query).is_empty(), "{text}");
    }
    assert_eq!(house.dump(&[]), before);
}

#[test]
fn a_page_reads_no_more_the_more_keys_there_are() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let disk = house.objects.disk(&home.address());
    let cost = || {
        let before = disk.statements();
        list(&house, &admin, all_keys(page(10)));
        disk.statements() - before
    };
    for _ in 0..20 {
        house.issue(&admin, key(&["emails:send"])).unwrap();
    }
    let few = cost();
    for _ in 0..200 {
        house.issue(&admin, key(&["emails:send"])).unwrap();
    }
    assert_eq!(cost(), few);
    for statement in [
        "SELECT record FROM api_keys ORDER BY created_at DESC, id DESC LIMIT 10",
        "SELECT record FROM api_keys WHERE session_id = 'x' ORDER BY created_at DESC, id DESC LIMIT 10",
    ] {
        let plan = format!("{:?}", disk.rows(&format!("EXPLAIN QUERY PLAN {statement}")));
        assert!(plan.contains("USING INDEX") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
