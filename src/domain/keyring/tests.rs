//! The published vectors, and keys under two roots.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The published test vectors; they were computed by an independent program.
pub(in crate::domain) fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/secret_key.json")).unwrap()
}

/// The keyring of the test vectors: two roots, newest first.
pub(in crate::domain) fn keyring() -> Keyring {
    let roots = &vectors()["rootSecrets"];
    keyring_of(&[text(&roots[0]), text(&roots[1])])
}

pub(in crate::domain) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(in crate::domain) fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    hex::decode(text(value)).unwrap().try_into().unwrap()
}

fn keyring_of(roots: &[&str]) -> Keyring {
    Keyring::parse(&roots.join(",")).unwrap()
}

fn root(byte: u8) -> String {
    hex::encode([byte; 32])
}

const KINDS: [TagKind; 9] = [
    TagKind::SecretKey,
    TagKind::Organization,
    TagKind::Session,
    TagKind::ApiKey,
    TagKind::User,
    TagKind::AccessToken,
    TagKind::PasswordReset,
    TagKind::Invitation,
    TagKind::Cursor,
];

#[test]
fn roots_are_separated_by_commas_or_white_space() {
    for separator in [",", " ", "\n", ", ", " ,\t\r\n"] {
        let keyring = Keyring::parse(&format!(" {}{separator}{}\n", root(1), root(2))).unwrap();
        assert_eq!(keyring.newest_version(), 2);
    }
}

#[test]
fn every_way_to_misconfigure_roots_is_named() {
    let nine: Vec<_> = (1..=9).map(root).collect();
    let short = hex::encode([7; 31]);
    for (text, error) in [
        ("", KeyringError::Empty),
        (" ,\n", KeyringError::Empty),
        (nine.join(" ").as_str(), KeyringError::TooMany),
        ("correct horse battery staple", KeyringError::Encoding),
        (&root(1)[1..], KeyringError::Encoding),
        (&short, KeyringError::TooShort),
        (&[root(10), root(2), root(10).to_uppercase()].join(","), KeyringError::Duplicate),
    ] {
        let refused = Keyring::parse(text).unwrap_err();
        assert_eq!(refused, error);
        assert!(text.trim().is_empty() || !refused.to_string().contains(text));
    }
    assert!(Keyring::parse(&nine[..8].join(" ")).is_ok());
}

#[test]
fn a_keyring_does_not_show_its_secrets() {
    assert_eq!(format!("{:?}", keyring()), "Keyring(…)");
}

#[test]
fn tags_of_one_kind_are_worth_nothing_for_another() {
    let keyring = keyring();
    for made in KINDS {
        let tag = keyring.tag(made, b"message");
        assert_eq!(tag.len(), TAG_CHARACTERS);
        for asked in KINDS {
            assert_eq!(keyring.accepts_tag(asked, b"message", &tag), made == asked);
        }
        assert!(!keyring.accepts_tag(made, b"massage", &tag));
    }
}

#[test]
fn tags_of_past_roots_stay_accepted_and_those_of_strangers_do_not() {
    let (old, new) = (root(1), root(2));
    let tag = keyring_of(&[&old]).tag(TagKind::Session, b"m");
    assert!(keyring_of(&[&new, &old]).accepts_tag(TagKind::Session, b"m", &tag));
    assert_ne!(keyring_of(&[&new, &old]).tag(TagKind::Session, b"m"), tag);
    assert!(!keyring_of(&[&new]).accepts_tag(TagKind::Session, b"m", &tag));
    for malformed in ["", &tag[1..], &format!("{tag}0"), "éééé"] {
        assert!(!keyring_of(&[&old]).accepts_tag(TagKind::Session, b"m", malformed));
    }
}

#[test]
fn a_hash_moves_to_a_newer_pepper_without_the_plaintext() {
    let roots = [root(1), root(2), root(3)];
    let first = keyring_of(&[&roots[0]]);
    let third = keyring_of(&[&roots[2], &roots[1], &roots[0]]);
    let digest = [9; 32];
    let hashes = third.hashes(&digest);
    assert_eq!(hashes.iter().map(KeyHash::version).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(first.hashes(&digest), hashes[..1]);
    assert_eq!(first.newest_version(), 1);
    assert_eq!(third.advance(&hashes[0]), Some(hashes[2]));
    assert_eq!(third.advance(&hashes[1]), Some(hashes[2]));
    assert_eq!(third.advance(&hashes[2]), None);
    assert_eq!(first.advance(&hashes[2]), None, "a hash of a later keyring is not touched");
}

#[test]
fn idempotent_seeds_and_header_hashes_are_those_of_the_published_vectors() {
    let vectors = vectors();
    for vector in vectors["idempotentSeeds"].as_array().unwrap() {
        let input = IdempotentSeed {
            credential_digest: &bytes(&vector["credentialDigest"]),
            nonce: &bytes::<16>(&vector["nonce"]),
            credential_id: text(&vector["credentialId"]),
            session_id: text(&vector["sessionId"]),
            route: text(&vector["route"]),
            header: text(&vector["header"]),
            body_digest: &bytes(&vector["bodyDigest"]),
            purpose: text(&vector["purpose"]),
        };
        assert_eq!(keyring().idempotent_seed(&input), bytes::<64>(&vector["derived"]));
    }
    for vector in vectors["headerHashes"].as_array().unwrap() {
        assert_eq!(keyring().header_hash(text(&vector["header"])), text(&vector["hash"]));
    }
}

#[test]
fn what_is_derived_for_a_purpose_is_that_of_the_published_vectors() {
    let vectors = vectors();
    for vector in vectors["derived"].as_array().unwrap() {
        let version = u8::try_from(vector["version"].as_u64().unwrap()).unwrap();
        let purpose = match text(&vector["purpose"]) {
            "password" => Purpose::Password,
            "totp" => Purpose::Totp,
            "webhook" => Purpose::Webhook,
            "gateway" => Purpose::Gateway,
            _ => Purpose::Link,
        };
        let salt = hex::decode(text(&vector["salt"])).unwrap();
        let derived = keyring().derived(version, purpose, &salt, text(&vector["info"]).as_bytes());
        assert_eq!(derived, Some(bytes(&vector["derived"])));
    }
}

#[test]
fn what_is_derived_stays_the_same_under_newer_roots_and_unknown_versions_give_nothing() {
    let (old, new) = (root(1), root(2));
    let derived = |keyring: &Keyring, version| keyring.derived(version, Purpose::Link, b"nonce", b"info");
    let (before, after) = (keyring_of(&[&old]), keyring_of(&[&new, &old]));
    let between = Keyring::parse(&format!("next:{new},{old}")).unwrap();
    assert!(derived(&before, 1).is_some() && derived(&after, 2).is_some());
    assert_eq!(derived(&after, 1), derived(&before, 1));
    assert_ne!(derived(&after, 2), derived(&after, 1));
    assert_eq!(derived(&between, 2), derived(&after, 2), "others may use an upcoming root already");
    for (keyring, version) in [(&before, 0), (&before, 2), (&between, 3), (&after, 3), (&after, 255)] {
        assert_eq!(derived(keyring, version), None);
    }
}

#[test]
fn purposes_salts_and_infos_give_unrelated_bytes() {
    let keyring = keyring();
    let derived = |purpose, salt: &[u8], info: &[u8]| keyring.derived(1, purpose, salt, info).unwrap();
    let all = [
        derived(Purpose::Password, b"s", b"i"),
        derived(Purpose::Totp, b"s", b"i"),
        derived(Purpose::Link, b"s", b"i"),
        derived(Purpose::Webhook, b"s", b"i"),
        derived(Purpose::Gateway, b"s", b"i"),
        derived(Purpose::Link, b"t", b"i"),
        derived(Purpose::Link, b"s", b"j"),
        derived(Purpose::Link, b"", b"si"),
    ];
    assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
}

#[test]
fn a_seed_depends_on_every_field_and_on_where_fields_end() {
    let same = IdempotentSeed {
        credential_digest: &[1; 32],
        nonce: b"nonce",
        credential_id: "credential",
        session_id: "session",
        route: "route",
        header: "header",
        body_digest: &[2; 32],
        purpose: "secret key",
    };
    let others = [
        same,
        IdempotentSeed { credential_digest: &[3; 32], ..same },
        IdempotentSeed { nonce: b"other", ..same },
        IdempotentSeed { credential_id: "other", ..same },
        IdempotentSeed { session_id: "other", ..same },
        IdempotentSeed { route: "other", ..same },
        IdempotentSeed { header: "other", ..same },
        IdempotentSeed { body_digest: &[3; 32], ..same },
        IdempotentSeed { purpose: "key id", ..same },
        IdempotentSeed { credential_id: "credentials", session_id: "ession", ..same },
    ];
    let keyring = keyring_of(&[&root(1)]);
    let seeds: std::collections::HashSet<_> = others.iter().map(|it| keyring.idempotent_seed(it)).collect();
    assert_eq!(seeds.len(), others.len());
    assert!(seeds.contains(&keyring.idempotent_seed(&same)));
    assert!(!seeds.contains(&keyring_of(&[&root(2), &root(1)]).idempotent_seed(&same)));
}

#[test]
fn the_row_of_a_header_is_found_again_under_a_new_root() {
    let before = keyring_of(&[&root(1)]).header_hash("header");
    assert_eq!(keyring_of(&[&root(2), &root(1)]).header_hash("header"), before);
    assert_ne!(keyring_of(&[&root(2)]).header_hash("header"), before);
}

proptest! {
    #[test]
    fn every_tag_made_is_accepted(message: Vec<u8>) {
        let keyring = keyring();
        let tag = keyring.tag(TagKind::Cursor, &message);
        prop_assert!(keyring.accepts_tag(TagKind::Cursor, &message, &tag));
    }

    #[test]
    fn no_text_makes_parsing_panic(text: String) {
        let _ = Keyring::parse(&text);
    }
}

#[test]
fn an_upcoming_root_is_accepted_and_signs_nothing() {
    let (old, new) = (root(1), root(2));
    let before = Keyring::parse(&old).unwrap();
    let between = Keyring::parse(&format!("next:{new},{old}")).unwrap();
    let after = Keyring::parse(&format!("{new},{old}")).unwrap();
    let tag = after.tag(TagKind::Session, b"message");
    assert!(!before.accepts_tag(TagKind::Session, b"message", &tag), "who does not know the root refuses");
    assert!(between.accepts_tag(TagKind::Session, b"message", &tag));
    assert_eq!(between.tag(TagKind::Session, b"message"), before.tag(TagKind::Session, b"message"));
    assert_eq!(between.hashes(&[7; 32]), before.hashes(&[7; 32]));
    assert_eq!(between.newest_version(), 1);
    let [first] = before.hashes(&[7; 32])[..] else { panic!("one root, one hash") };
    assert_eq!(between.advance(&first), None, "nothing moves to an upcoming pepper");
    assert_eq!(between.later(&first), after.hashes(&[7; 32])[1..], "but what has moved is found");
    assert_eq!(after.later(&first), after.hashes(&[7; 32])[1..]);
    assert!(before.later(&first).is_empty());
}

#[test]
fn an_upcoming_root_stands_in_front_of_another() {
    for text in [format!("next:{}", root(1)), format!("{},next:{}", root(1), root(2))] {
        assert_eq!(Keyring::parse(&text).unwrap_err(), KeyringError::Upcoming);
    }
}
