//! Nothing that is kept can bring a secret key back: no database, no KV value and no line of the log holds a
//! piece of one.

use latchkey::app::RotateKey;
use latchkey::domain::key_change::KeyChange;

use crate::support::*;

/// The pieces of 12 characters of the random part.
fn pieces(text: &str) -> Vec<String> {
    let random = text.rsplit('_').next().unwrap().get(..23).unwrap().to_owned();
    (0..=11).map(|from| random[from..from + 12].to_owned()).collect()
}

#[test]
fn no_database_no_value_in_kv_and_no_line_of_the_log_holds_a_piece_of_a_secret() {
    let house = House::on_disk("canary");
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let mut secrets = vec![home.secret.clone()];
    for number in 0..12 {
        let idempotency = header(&format!("request-number-{number}"), "{}");
        let held = house.issue_under(&admin, key_in(&session.id, &["emails:send"]), Some(&idempotency)).unwrap();
        secrets.push(held.text.clone());
        let request = RotateKey { key_id: held.id().clone(), overlap_ms: HOUR, expires_at: None };
        let successor = house.rotate_under(&admin, request, Some(&header(&format!("rotate-{number}"), "{}"))).unwrap();
        house.code(&successor.text);
        secrets.push(successor.text);
        match number % 3 {
            0 => drop(house.revoke(&admin, held.id()).unwrap()),
            1 => house.kv.is(if number % 2 == 0 { Mood::Down } else { Mood::Well }),
            _ => {
                let change = KeyChange { active: Some(false), ..KeyChange::default() };
                house.change(&admin, held.id(), change).unwrap();
            }
        }
        house.advance(10_000);
        house.crash();
    }
    house.redeployed(&format!("{},{}", root_secret(2), root_secret(1))).advance(HOUR);

    let mut places: Vec<(String, Vec<u8>)> =
        house.objects.disks().iter().map(|(address, disk)| (format!("{address:?}"), disk.bytes())).collect();
    places.extend(
        house.kv.latest().into_iter().map(|(name, value)| (format!("kv {name}"), [name.into_bytes(), value].concat())),
    );
    places.push(("log".to_owned(), house.log.lines().concat().into_bytes()));
    assert!(places.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 100_000, "there is something to look through");
    let texts: Vec<(String, String)> =
        places.into_iter().map(|(place, bytes)| (place, String::from_utf8_lossy(&bytes).into_owned())).collect();
    // The control: an id is found with the same search.
    assert!(texts.iter().any(|(_, text)| text.contains(home.key_id.as_str())));
    for secret in &secrets {
        for piece in pieces(secret) {
            for (place, text) in &texts {
                assert!(!text.contains(&piece), "a piece of a secret key stands in {place}");
            }
        }
    }
}

#[test]
fn two_hundred_keys_are_two_hundred_different_keys() {
    let house = House::seeded(11);
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held: Vec<_> = (0..200).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    let texts: std::collections::BTreeSet<_> = held.iter().map(|held| &held.text).collect();
    let ids: std::collections::BTreeSet<_> = held.iter().map(Held::id).collect();
    assert_eq!((texts.len(), ids.len()), (200, 200));
    assert!(held.iter().all(|held| held.key.last_used_at.is_none()));
}

#[test]
fn what_a_key_shows_of_itself_is_its_start_and_its_end() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    assert_eq!(held.key.start, held.text[..12]);
    assert_eq!(held.key.last4, held.text[held.text.len() - 4..]);
    assert_eq!(held.text.len(), "sk_live_".len() + 48);
    for shown in [format!("{:?}", held.key), serde_json::to_string(&held.key).unwrap()] {
        assert!(pieces(&held.text).iter().all(|piece| !shown.contains(piece)));
    }
}
