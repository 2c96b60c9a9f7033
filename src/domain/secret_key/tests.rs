//! The form of keys, against the published vectors.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::Value;
use sha2::Sha512;

use super::super::keyring::tests::{bytes, keyring, text, vectors};
use super::*;

fn prefix(environment: Option<Environment>) -> KeyPrefix {
    KeyPrefix { word: PrefixWord::default(), environment }
}

fn seed(counter: u32) -> [u8; 64] {
    Sha512::digest(counter.to_be_bytes()).into()
}

fn live_key() -> String {
    let prefix = prefix(Some(Environment::Production));
    let key = SecretKey::generate(&prefix, Locator::from_seed(&[7; 8]), &seed(0), &keyring()).unwrap();
    key.expose().to_owned()
}

fn refusal(text: &str) -> Option<ParseKeyError> {
    SecretKey::parse(text, &PrefixWord::default(), &keyring()).err()
}

#[test]
fn a_prefix_is_stored_as_its_word() {
    for word in ["sk", "acme"] {
        let parsed = PrefixWord::parse(word).unwrap();
        assert_eq!((parsed.as_str(), String::from(parsed.clone())), (word, word.to_owned()));
    }
}

#[test]
fn checksums_are_those_of_github_and_of_the_published_vectors() {
    for vector in vectors()["checksums"].as_array().unwrap() {
        let parts: String = vector["parts"].as_array().unwrap().iter().map(text).collect();
        assert_eq!(checksum(&parts), text(&vector["checksum"]));
    }
    assert_eq!(base62::encode(u128::from(u32::MAX), CHECKSUM_CHARACTERS), "4gfFC3");
    assert_eq!(checksum(""), "000000");
}

#[test]
fn keys_and_hashes_are_those_of_the_published_vectors() {
    let keyring = keyring();
    for vector in vectors()["secretKeys"].as_array().unwrap() {
        let environment: Option<Environment> = serde_json::from_value(vector["environment"].clone()).unwrap();
        let word = PrefixWord::parse(text(&vector["word"])).unwrap();
        let locator = Locator::from_seed(&bytes(&vector["locatorSeed"]));
        let prefix = KeyPrefix { word, environment };
        let key = SecretKey::generate(&prefix, locator, &bytes(&vector["seed"]), &keyring).unwrap();
        let parts = ["prefix", "random", "locator", "tag", "checksum"].map(|part| text(&vector[part]));
        assert_eq!(key.expose(), parts.concat());

        let parsed = SecretKey::parse(key.expose(), &prefix.word, &keyring).unwrap();
        for key in [key, parsed] {
            assert_eq!(key.locator(), locator);
            assert_eq!(key.environment(), environment);
            assert_eq!(key.start(), text(&vector["start"]));
            assert_eq!(key.last4(), text(&vector["last4"]));
            assert_eq!(key.digest(), bytes(&vector["digest"]));
            let hashes: Vec<_> = key.hashes(&keyring).iter().map(ToString::to_string).collect();
            assert_eq!(Value::from(hashes), vector["hashes"]);
        }
    }
}

#[test]
fn a_secret_key_does_not_show_itself() {
    let key = SecretKey::parse(&live_key(), &PrefixWord::default(), &keyring()).unwrap();
    assert_eq!(format!("{key:?} {key:#?}"), "SecretKey(…) SecretKey(…)");
}

#[test]
fn every_way_to_be_malformed_is_named() {
    let key = live_key();
    let body = key.strip_prefix("sk_live_").unwrap();
    let retagged = |tag: &str| {
        let forged = format!("{}{tag}", &key[..key.len() - 14]);
        format!("{forged}{}", checksum(&forged))
    };
    for (text, error) in [
        (String::new(), ParseKeyError::Prefix),
        ("sk".to_owned(), ParseKeyError::Prefix),
        (body.to_owned(), ParseKeyError::Prefix),
        (format!("pk_live_{body}"), ParseKeyError::Prefix),
        (format!("SK_live_{body}"), ParseKeyError::Prefix),
        (format!("sk-live-{body}"), ParseKeyError::Prefix),
        (format!("sk_test_{body}"), ParseKeyError::Prefix),
        (format!("sk_production_{body}"), ParseKeyError::Prefix),
        (format!("sk__{body}"), ParseKeyError::Prefix),
        (format!("sk_live_live_{body}"), ParseKeyError::Prefix),
        (format!(" {key}"), ParseKeyError::Prefix),
        (format!("Bearer {key}"), ParseKeyError::Prefix),
        ("sk_".to_owned(), ParseKeyError::Length),
        ("sk_live_".to_owned(), ParseKeyError::Length),
        (format!("{key} "), ParseKeyError::Length),
        (format!("{key}\n"), ParseKeyError::Length),
        (format!("{key}0"), ParseKeyError::Length),
        (key[..key.len() - 1].to_owned(), ParseKeyError::Length),
        (format!("sk_live_{}", "z".repeat(1_000_000)), ParseKeyError::Length),
        (format!("sk_live_\t{}", &body[1..]), ParseKeyError::Alphabet),
        (format!("sk_live_{}+", &body[1..]), ParseKeyError::Alphabet),
        (format!("sk_live_é{}", &body[2..]), ParseKeyError::Alphabet),
        (format!("sk_live_{}\u{200b}", &body[3..]), ParseKeyError::Alphabet),
        (format!("sk_live_{}", "z".repeat(48)), ParseKeyError::Checksum),
        (retagged("00000000"), ParseKeyError::Tag),
    ] {
        assert_eq!(refusal(&text), Some(error), "{:?}", text.get(..30));
    }
    assert_eq!(refusal(&key), None);
}

#[test]
fn a_key_is_refused_under_any_other_prefix_even_with_a_mended_checksum() {
    let key = live_key();
    let body = key.strip_prefix("sk_live_").unwrap();
    for swapped in ["sk_dev_", "sk_staging_", "sk_"] {
        assert_eq!(refusal(&format!("{swapped}{body}")), Some(ParseKeyError::Checksum));
        let forged = format!("{swapped}{}", &body[..42]);
        assert_eq!(refusal(&format!("{forged}{}", checksum(&forged))), Some(ParseKeyError::Tag));
    }
}

#[test]
fn another_deployment_refuses_the_key() {
    let stranger = Keyring::parse(&"5a".repeat(32)).unwrap();
    let error = SecretKey::parse(&live_key(), &PrefixWord::default(), &stranger).unwrap_err();
    assert_eq!(error, ParseKeyError::Tag);
    let word = PrefixWord::parse("acme").unwrap();
    assert_eq!(SecretKey::parse(&live_key(), &word, &keyring()).unwrap_err(), ParseKeyError::Prefix);
}

#[test]
fn a_tagged_locator_beyond_64_bits_is_refused() {
    let mut text = format!("sk_{}{}", "0".repeat(RANDOM_CHARACTERS), "z".repeat(LOCATOR_CHARACTERS));
    text += &keyring().tag(TagKind::SecretKey, text.as_bytes());
    text += &checksum(&text);
    assert_eq!(refusal(&text), Some(ParseKeyError::Tag));
}

#[test]
fn keys_do_not_repeat_and_a_poor_seed_gives_none() {
    let (prefix, locator, keyring) = (prefix(None), Locator::from_seed(&[1; 8]), keyring());
    let digests: HashSet<_> = (0..200_000)
        .map(|counter| SecretKey::generate(&prefix, locator, &seed(counter), &keyring).unwrap().digest())
        .collect();
    assert_eq!(digests.len(), 200_000);
    assert!(SecretKey::generate(&prefix, locator, &[255; 64], &keyring).is_none());
}

#[test]
fn a_million_forgeries_are_refused() {
    // One root: the number of accepted tags grows with the roots, the time of this test as well.
    let keyring = Keyring::parse(&"5a".repeat(32)).unwrap();
    let word = PrefixWord::default();
    let tagged = format!("sk_live_{}", "0".repeat(RANDOM_CHARACTERS + LOCATOR_CHARACTERS));
    for counter in 0_u64..1_000_000 {
        let tag = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 62_u64.pow(8);
        let tag = base62::encode(u128::from(tag), TAG_CHARACTERS);
        let mut forged = format!("{tagged}{tag}");
        forged += &checksum(&forged);
        let refused = SecretKey::parse(&forged, &word, &keyring).unwrap_err();
        assert_eq!(refused, ParseKeyError::Tag);
    }
}

#[test]
fn prefix_words_are_short_and_plain() {
    for word in ["sk", "a", "acme7", "abcdefghijklmnop"] {
        assert_eq!(PrefixWord::parse(word).unwrap().as_str(), word);
    }
    for refused in ["", "7up", "Sk", "s_k", "s-k", "sé", "abcdefghijklmnopq"] {
        assert_eq!(PrefixWord::parse(refused), Err(PrefixWordError), "{refused}");
    }
}

proptest! {
    #[test]
    fn every_key_made_is_recognised(
        seed in prop::array::uniform32(0_u8..248),
        locator: [u8; 8],
        environment in prop::option::of(prop::sample::select(&Environment::ALL[..])),
    ) {
        let mut long = [0; 64];
        long[..32].copy_from_slice(&seed);
        let locator = Locator::from_seed(&locator);
        let key = SecretKey::generate(&prefix(environment), locator, &long, &keyring()).unwrap();
        let parsed = SecretKey::parse(key.expose(), &PrefixWord::default(), &keyring()).unwrap();
        prop_assert_eq!(parsed.locator(), locator);
        prop_assert_eq!(parsed.environment(), environment);
        prop_assert_eq!(parsed.digest(), key.digest());
        prop_assert_eq!(key.expose().len(), prefix(environment).to_string().len() + 48);
    }

    #[test]
    fn one_wrong_character_is_refused(position in 0_usize..56, replacement: char) {
        let key = live_key();
        let wrong: String = key
            .chars()
            .enumerate()
            .map(|(index, character)| if index == position { replacement } else { character })
            .collect();
        prop_assert_eq!(refusal(&wrong).is_some(), wrong != key);
    }

    #[test]
    fn no_text_is_accepted_or_panics(
        text: String,
        body in "[ -~é\u{200b}]{40,50}",
        bytes in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let bytes = String::from_utf8_lossy(&bytes).into_owned();
        for text in [&text, &body, &bytes] {
            for prefix in ["", "sk_", "sk_live_"] {
                let presented = format!("{prefix}{text}");
                prop_assert!(refusal(&presented).is_some());
            }
        }
    }
}
