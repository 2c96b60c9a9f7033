//! A new root secret: old keys go on, stored hashes move to the new pepper in the background, and nothing
//! needs a plaintext.

use latchkey::domain::verification::Code;
use latchkey::hash_index;
use latchkey::ports::Address;

use crate::support::house::Afterwards;
use crate::support::*;

fn hashes_of_version(house: &House, address: &Address, version: u8) -> i64 {
    house.objects.disk(address).number(&format!("SELECT count(*) FROM api_keys WHERE hash LIKE 'h{version}:%'"))
}

fn roots(numbers: &[u8]) -> String {
    numbers.iter().map(|number| root_secret(*number)).collect::<Vec<_>>().join(",")
}

#[test]
fn keys_of_the_old_root_secret_verify_at_once_and_their_hashes_move_while_nobody_waits() {
    let old = House::new();
    let home = old.found("Acme");
    let admin = old.principal(&home.secret);
    let held: Vec<_> = (0..450).map(|_| old.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    let revoked = old.issue(&admin, key(&["emails:send"])).unwrap();
    old.revoke(&admin, revoked.id()).unwrap();
    let address = home.session_address();
    assert_eq!(hashes_of_version(&old, &address, 1), 452);

    let new = old.redeployed(&roots(&[2, 1]));
    new.set_afterwards(Afterwards::Lost);
    assert_eq!(new.code(&held[0].text), Code::Valid);
    assert_eq!(new.code(&revoked.text), Code::Revoked);
    assert_eq!(hashes_of_version(&new, &address, 1), 452, "a verification moves nothing");
    new.set_afterwards(Afterwards::AtOnce);
    new.advance(10_000);
    assert_eq!((hashes_of_version(&new, &address, 1), hashes_of_version(&new, &address, 2)), (0, 452));
    new.advance(70_000);
    assert_eq!(new.undelivered(), 0);
    for held in &held[..5] {
        assert_eq!(new.code(&held.text), Code::Valid);
    }
    let names = new.kv.latest();
    let tombstone = names.iter().find(|(name, value)| {
        name.starts_with("key/h2:") && hash_index::decode(value).is_some_and(|record| record.id == *revoked.id())
    });
    assert!(tombstone.is_some(), "KV knows the revoked key under its new name");

    new.crash();
    assert_eq!(new.code(&held[449].text), Code::Valid);
    let fresh = new.issue(&new.principal(&home.secret), key(&["emails:send"])).unwrap();
    assert_eq!(new.code(&fresh.text), Code::Valid);
    new.advance(3 * 60_000);
    assert_eq!(new.next_work().map(|(_, address)| address), None, "nothing is left to tidy");
}

#[test]
fn ids_and_keys_of_every_past_root_secret_still_lead_to_their_objects() {
    let first = House::new();
    let home = first.found("Acme");
    let second = first.redeployed(&roots(&[2, 1]));
    second.advance(70_000);
    let third = second.redeployed(&roots(&[3, 2, 1]));
    third.advance(70_000);
    assert_eq!(third.code(&home.secret), Code::Valid);
    assert_eq!(
        hashes_of_version(&third, &home.session_address(), 3),
        1,
        "from the first pepper to the third in one go"
    );
    let admin = third.principal(&home.secret);
    let id = latchkey::domain::id::ApiKeyId::parse(home.key_id.as_str(), third.app.keyring()).unwrap();
    third.read(&admin, &id).unwrap();
}

#[test]
fn a_root_secret_that_never_was_opens_nothing() {
    let house = House::new();
    let home = house.found("Acme");
    let stranger = house.redeployed(&roots(&[9]));
    let calls = stranger.objects.all_calls();
    assert_eq!(stranger.code(&home.secret), Code::NotFound);
    assert_eq!(stranger.objects.all_calls(), calls);
}

#[test]
fn moving_the_hashes_is_cut_short_anywhere_and_goes_on() {
    for n in 1..20 {
        let old = House::new();
        let home = old.found("Acme");
        let admin = old.principal(&home.secret);
        let held = old.issue(&admin, key(&["emails:send"])).unwrap();
        let new = old.redeployed(&roots(&[2, 1]));
        new.objects.disk(&home.session_address()).fail_statement(n);
        drop(new.verify(&held.text));
        new.crash();
        new.objects.disk(&home.session_address()).no_failure();
        new.code(&held.text);
        new.advance(3 * 60_000);
        assert_eq!(hashes_of_version(&new, &home.session_address(), 2), 2, "statement {n}");
        assert_eq!(new.code(&held.text), Code::Valid);
    }
}
