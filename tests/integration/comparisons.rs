//! Secrets are compared in constant time, and in these places: read off the source, so that a new comparison is a decision.
//!
//! What `subtle` compares takes the same time wherever the first difference lies. Whether it really does is measured by
//! `tests/isolation/timing.rs`.

use std::collections::BTreeMap;

use crate::house_rules::{code, none, sources};

/// Words in the names of what is secret, or would lead to it.
const SECRET: [&str; 12] =
    ["hash", "hashes", "digest", "mac", "secret", "token", "signature", "password", "pepper", "nonce", "tag", "expose"];

/// Comparisons of what has such a name and is none of it, or is compared in constant time by its type.
const KNOWN: [(&str, &str); 5] = [
    // Names of a value's members.
    ("src/domain/tagged/node.rs", "name == tag"),
    // Numbers of tokens in a bucket.
    ("src/session/banking.rs", "tokens == 0"),
    ("src/organization/policy.rs", "tokens == 0"),
    // `KeyHash`, whose comparison is one of those below.
    ("src/session/issue.rs", "hash == secret.hash"),
    // Of a body that the same caller has sent before; behind a keyed hash that only that caller can name.
    ("src/session/idempotency.rs", "!= claim.request_hash"),
];

/// The operands around `==` and `!=` in a line.
fn operands(line: &str) -> Vec<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_.()&*[]:".contains(letter);
    let mut found = Vec::new();
    for (at, _) in line.match_indices("==").chain(line.match_indices("!=")) {
        let before: String = line[..at].trim_end().chars().rev().take_while(|letter| is_part(*letter)).collect();
        found.push(before.chars().rev().collect());
        found.push(line[at + 2..].trim_start().chars().take_while(|letter| is_part(*letter)).collect());
    }
    found
}

/// Whether the last name of an operand says that it is a secret.
fn is_secret(operand: &str) -> bool {
    let names = operand.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let mut names =
        names.filter(|name| !name.is_empty() && !["as_str", "as_bytes", "as_ref", "to_string"].contains(name));
    names.next_back().is_some_and(|name| name.split('_').any(|word| SECRET.contains(&word)))
}

fn compared(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files {
        for (number, line) in code(text) {
            let known = KNOWN.iter().any(|(file, part)| name == file && line.contains(part));
            if !known && operands(line).iter().any(|operand| is_secret(operand)) {
                found.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    found
}

#[test]
fn secrets_are_compared_in_constant_time_in_these_places() {
    let mut places = BTreeMap::new();
    for (name, text) in sources() {
        let count = code(&text).filter(|(_, line)| line.contains(".ct_eq(")).count();
        if count > 0 {
            places.insert(name, count);
        }
    }
    let expected = [
        // The token of the operator, and of the set-up.
        ("src/app/settings.rs", 1),
        // Hashes of keys, access tokens, links and recovery codes.
        ("src/domain/key_hash.rs", 1),
        // Tags of keys, ids, tokens and cursors.
        ("src/domain/keyring.rs", 1),
        // A password with another one, and with its hash.
        ("src/domain/password.rs", 2),
        // Codes of a second factor.
        ("src/domain/totp.rs", 1),
    ];
    assert_eq!(
        places,
        expected.map(|(name, count)| (name.to_owned(), count)).into(),
        "each new place is measured, too"
    );
}

#[test]
fn nothing_else_compares_what_has_the_name_of_a_secret() {
    none(&compared(&sources()), "compare it with `ct_eq`, or say in KNOWN why not");
    for (file, part) in KNOWN {
        assert!(sources()[file].contains(part), "{file}: {part} is gone; so may be its exception");
    }
}

#[test]
fn a_comparison_that_ends_early_is_found() {
    for planted in [
        "    if expected_tag == presented {",
        "    presented.hash != row.hash",
        "    (hex::encode(digest) == *expected)",
        "    if token.as_str() == known { return true; }",
        "    known == &secret.expose()",
    ] {
        let files = BTreeMap::from([("src/planted.rs".to_owned(), planted.to_owned())]);
        assert_eq!(compared(&files).len(), 1, "{planted}");
    }
    for harmless in
        ["    if tags.len() == 3 {", "    code == Code::Valid", "    hashes.is_empty() == token_is_missing()"]
    {
        let files = BTreeMap::from([("src/planted.rs".to_owned(), harmless.to_owned())]);
        assert_eq!(compared(&files).len(), usize::from(harmless.contains("token_is")), "{harmless}");
    }
}

/// What may not be compared at all, and what is compared by hand.
#[test]
fn types_that_hold_a_secret_do_not_derive_a_comparison() {
    for (file, name) in [
        ("src/domain/secret_key.rs", "pub struct SecretKey"),
        ("src/domain/token.rs", "pub struct Token"),
        ("src/domain/totp.rs", "pub struct TotpSecret"),
        ("src/domain/totp.rs", "pub struct RecoveryCode"),
        ("src/domain/password.rs", "pub struct Password("),
        ("src/domain/key_hash.rs", "pub struct KeyHash"),
        ("src/domain/keyring.rs", "pub struct Keyring"),
        ("src/domain/keyring.rs", "struct RootKeys"),
        ("src/domain/keyring.rs", "pub struct IdempotentSeed"),
        ("src/domain/webhook/signature.rs", "pub struct Secret("),
        ("src/domain/link_hook.rs", "pub struct LinkHook"),
    ] {
        let text = &sources()[file];
        let before =
            text.split(name).next().filter(|before| before.len() < text.len()).unwrap_or_else(|| panic!("{name}"));
        let attributes = before.rsplit("\n\n").next().unwrap();
        assert!(!attributes.contains("PartialEq"), "{name} derives a comparison");
    }
}
