//! Keys, tokens, ids and what else nobody can make up: only what was made here is read, to the letter.

use latchkey::app::Settings;
use latchkey::domain::base62;
use latchkey::domain::id::{ApiKeyId, OrganizationId, SessionId, UserId, VerificationId};
use latchkey::domain::imported_key::{ForeignKey, ForeignPrefix};
use latchkey::domain::key_hash::KeyHash;
use latchkey::domain::keyring::Keyring;
use latchkey::domain::leak_place::{PLACE_CHARACTERS_MAX, kept};
use latchkey::domain::locator::Locator;
use latchkey::domain::secret_key::{PrefixWord, SecretKey};
use latchkey::domain::token::{Token, TokenKind};
use latchkey::domain::totp::{RecoveryCode, TotpSecret};

use super::{Kit, Target, text, texts};

pub(super) const TARGETS: &[Target] = &[
    Target { name: "secret_key", seeds: keys, read: secret_key, cost: 1 },
    Target { name: "token", seeds: tokens, read: token, cost: 1 },
    Target { name: "id", seeds: ids, read: id, cost: 1 },
    Target {
        name: "key_hash",
        seeds: |_| texts(&[&format!("h1:{}", "0a".repeat(32)), "00000000000", "zzzzzzzzzzz", "LygHa16AHYF", "sk"]),
        read: key_hash,
        cost: 1,
    },
    Target {
        name: "recovery_code",
        seeds: |_| texts(&["k7m2p-q9x4t", "K7M2PQ9X4T", "ooooo-iiiii", "123 456", "000000"]),
        read: recovery_code,
        cost: 4,
    },
    Target {
        name: "settings",
        seeds: |_| texts(&[&"0a".repeat(32), "next:", "30", "https://x.example"]),
        read: settings,
        cost: 1,
    },
    Target {
        name: "imported_key",
        seeds: |_| texts(&[&"0a".repeat(32), "mist_0123456789abcdefghijklmnop", "mist_", &"A".repeat(43), ""]),
        read: imported_key,
        cost: 1,
    },
    Target { name: "leak_place", seeds: places, read: leak_place, cost: 1 },
];

fn keys(kit: &Kit) -> Vec<Vec<u8>> {
    [&kit.town.root, &kit.town.bait, &kit.town.owner.key].map(|key| key.as_bytes().to_vec()).into()
}

fn secret_key(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    match SecretKey::parse(&read, &PrefixWord::default(), &kit.keyring) {
        Ok(key) => {
            assert_eq!(key.expose(), read);
            assert!(keys(kit).contains(&read.clone().into_bytes()), "a key that nobody issued");
            assert!(!format!("{key:?}").contains(&read[8..20]));
        }
        Err(error) => kit.error(error),
    }
    // What is no key of ours is still looked at where keys are reported.
    assert!(kit.town.house.app.leak_report(&read, Some(&read)).is_none() || keys(kit).contains(&read.into_bytes()));
}

fn tokens(kit: &Kit) -> Vec<Vec<u8>> {
    let tokens = [&kit.town.owner.token, &kit.town.spare.token].into_iter().chain(&kit.town.tokens);
    tokens.map(|token| token.as_bytes().to_vec()).collect()
}

fn token(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    for kind in [TokenKind::Access, TokenKind::PasswordReset, TokenKind::Invitation] {
        if let Some(token) = Token::parse(kind, &read, &kit.keyring) {
            assert_eq!(token.expose(), read);
            assert!(tokens(kit).contains(&read.clone().into_bytes()), "a token that nobody made");
        }
    }
}

fn ids(kit: &Kit) -> Vec<Vec<u8>> {
    let (now, owner) = (kit.town.house.now(), &kit.town.owner);
    let key = ApiKeyId::parse(&kit.town.known("key"), &kit.keyring).unwrap();
    let verification = VerificationId::new(now, &[9; 64]).of(&key);
    let texts = [
        key.to_string(),
        kit.town.known("ses"),
        owner.organization.clone(),
        owner.user_id.clone(),
        verification.to_string(),
    ];
    texts.map(String::into_bytes).into()
}

fn id(kit: &Kit, bytes: &[u8]) {
    let (read, keyring) = (text(bytes), &kit.keyring);
    let parsed = [
        ApiKeyId::parse(&read, keyring).map(|id| (id.to_string(), id.locator())),
        SessionId::parse(&read, keyring).map(|id| (id.to_string(), id.locator())),
        OrganizationId::parse(&read, keyring).map(|id| (id.to_string(), id.locator())),
        UserId::parse(&read, keyring).map(|id| (id.to_string(), id.locator())),
    ];
    for one in parsed {
        match one {
            Ok((id, locator)) => {
                assert_eq!(id, read);
                assert!(read.contains(&locator.to_string()) && ids(kit).contains(&read.clone().into_bytes()), "{read}");
            }
            Err(error) => kit.error(error),
        }
    }
    match VerificationId::parse(&read, keyring) {
        Ok((key, _, rest)) => assert!(read.contains(&key.as_str()[4..]) && read.ends_with(&rest)),
        Err(error) => kit.error(error),
    }
}

fn imported_key(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    match ForeignPrefix::parse(&read) {
        Ok(prefix) => assert!(prefix.as_str() == read && ForeignPrefix::try_from(read.clone()) == Ok(prefix)),
        Err(error) => kit.error(error),
    }
    for prefix in ["", "mist_"].map(|prefix| ForeignPrefix::parse(prefix).unwrap()) {
        let keys = [
            ForeignKey::of_plaintext(&read, &prefix),
            ForeignKey::of_hash(&read, &prefix, None, None),
            ForeignKey::of_hash(&"0a".repeat(32), &prefix, Some(&read), Some(&read)),
        ];
        for key in keys {
            match key {
                Ok(key) => assert!(key.start.starts_with(prefix.as_str()) && key.last4.len() <= 4),
                Err(error) => kit.error(error),
            }
        }
    }
}

fn key_hash(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    match KeyHash::parse(&read) {
        Ok(hash) => {
            assert_eq!(hash.to_string(), read);
            assert!(read.parse() == Ok(hash) && KeyHash::try_from(read.clone()) == Ok(hash));
        }
        Err(error) => kit.error(error),
    }
    match Locator::parse(&read) {
        Ok(locator) => {
            assert_eq!(locator.to_string(), read);
            assert_eq!((read.parse(), Locator::try_from(read.clone())), (Ok(locator), Ok(locator)));
        }
        Err(error) => kit.error(error),
    }
    if let Some(value) = base62::decode(&read).filter(|_| read.len() <= 21) {
        assert_eq!(base62::encode(value, read.len()), read);
    }
    match PrefixWord::parse(&read) {
        Ok(word) => {
            assert_eq!(word.as_str(), read);
            assert!(
                read.parse().is_ok_and(|again: PrefixWord| again == word) && PrefixWord::try_from(read) == Ok(word)
            );
        }
        Err(error) => kit.error(error),
    }
}

fn recovery_code(kit: &Kit, bytes: &[u8]) {
    let read = text(bytes);
    if let Some(code) = RecoveryCode::parse(&read) {
        assert_eq!(RecoveryCode::parse(&code.expose()).map(|again| again.expose()), Some(code.expose()), "{read:?}");
    }
    let now = kit.town.house.now();
    if let Some(step) = TotpSecret::new([5; 20]).accept(&read, now, None) {
        assert_eq!(TotpSecret::new([5; 20]).accept(&read, now, Some(step)), None, "it is used once");
    }
}

fn settings(kit: &Kit, bytes: &[u8]) {
    const NAMES: [&str; 18] = [
        "ROOT_SECRETS",
        "OPERATOR_TOKEN_SHA256",
        "SETUP_TOKEN_SHA256",
        "KEY_PREFIX",
        "REGISTRATION",
        "PLAN_CHANGES",
        "LINK_HOOK_URL",
        "LINK_HOOK_SECRET",
        "DASHBOARD_URL",
        "ORGANIZATION_RETENTION_DAYS",
        "AUDIT_RETENTION_DAYS",
        "DNS_RESOLVER_URL",
        "DOMAIN_LOSS_HOURS",
        "LOG_REQUESTS",
        "LOG_ADDRESSES",
        "GITHUB_KEYS_URL",
        "DEFAULT_PLAN",
        "ALLOW_LOOPBACK_WEBHOOKS",
    ];
    let read = text(bytes);
    Keyring::parse(&read).map_or_else(|error| kit.error(error), drop);
    let root = super::super::support::root_secret(1);
    for name in NAMES {
        let settings = Settings::parse(|wanted| match wanted {
            wanted if wanted == name => Some(read.clone()),
            "ROOT_SECRETS" => Some(root.clone()),
            _ => None,
        });
        settings.map_or_else(|error| kit.error(error), drop);
    }
}

fn places(kit: &Kit) -> Vec<Vec<u8>> {
    let key = &kit.town.bait;
    let urls = [format!("https://{key}@a.test/{key}/x?{key}"), format!("on a wall:\n{key}"), key.replace('a', "%2561")];
    urls.map(String::into_bytes).into()
}

fn leak_place(kit: &Kit, bytes: &[u8]) {
    let Some(place) = kept(&text(bytes), &kit.town.bait) else { return };
    let body = kit.town.bait.rsplit('_').next().unwrap().to_ascii_lowercase();
    assert!(place.chars().count() <= PLACE_CHARACTERS_MAX && !place.chars().any(char::is_control));
    let lower = place.to_ascii_lowercase();
    let piece = (0..=body.len() - 8).map(|at| &body[at..at + 8]).find(|piece| lower.contains(piece));
    assert_eq!(piece, None, "{place}");
}
