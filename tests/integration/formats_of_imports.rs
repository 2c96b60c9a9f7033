//! What is said about keys of another system between the edge, an organization and its sessions, byte by byte.

use latchkey::domain::id::ApiKeyId;
use latchkey::domain::imported_key::ForeignPrefix;
use latchkey::domain::key_hash::KeyHash;
use latchkey::object::Authority;
use latchkey::organization::imports::protocol::{Claimed, ImportCommand, ImportReply, Place};
use latchkey::organization::protocol::{Command, Reply};
use latchkey::session::protocol::{
    Command as SessionCommand, Fate, Import, ImportedKey, NewKey, NewSecret, NotImported, Reply as SessionReply,
};

use crate::formats::pin;
use crate::support::settings;

fn id(number: u8) -> ApiKeyId {
    ApiKeyId::from_trusted(format!("key_{number}"))
}

fn hash(version: u8) -> KeyHash {
    KeyHash::parse(&format!("h{version}:{}", "0a".repeat(32))).unwrap()
}

fn prefix() -> ForeignPrefix {
    ForeignPrefix::parse("mist_").unwrap()
}

#[test]
fn what_a_session_is_told_of_imports_and_answers_is_pinned() {
    let secret =
        NewSecret { id: id(1), hash: hash(2), start: "mist_".to_owned(), last4: String::new(), environment: None };
    let key = NewKey { secret, settings: settings(&["emails:send"]), unnamed: true, credits: Some(5) };
    let keys = [true, false].map(|disabled| ImportedKey { key: key.clone(), hashes: vec![hash(1), hash(2)], disabled });
    let import = Import { dry_run: true, prefix: prefix(), keys: keys.into() };
    pin(
        "session_commands_about_imports.json",
        vec![SessionCommand::Import { authority: Authority::Operator, import: Box::new(import) }],
    );
    let refused = [
        NotImported::Quota,
        NotImported::ExceedsOwnPermissions,
        NotImported::EmptyLifetime,
        NotImported::DomainNotVerified,
    ];
    let fates = [Fate::Imported(id(1)), Fate::Exists(id(2))].into_iter().chain(refused.map(Fate::Refused)).collect();
    pin("session_replies_about_imports.json", vec![SessionReply::Imported { fates }]);
}

#[test]
fn what_an_organization_is_told_of_imports_and_answers_is_pinned() {
    let told = |imports| Command::Imports { imports: Box::new(imports) };
    let keys = vec![Claimed { hashes: vec![hash(1), hash(2)], id: id(1) }];
    let authority = Authority::Operator;
    pin(
        "organization_commands_about_imports.json",
        vec![
            told(ImportCommand::Claim { authority, prefix: prefix(), keys, dry_run: false }),
            told(ImportCommand::Route { hashes: vec![hash(1)] }),
            told(ImportCommand::Prefixes),
        ],
    );
    let answered = |imports| Reply::Imports { imports: Box::new(imports) };
    pin(
        "organization_replies_about_imports.json",
        vec![
            answered(ImportReply::Places { places: vec![Place { id: id(1), is_taken: true }] }),
            answered(ImportReply::Route { id: Some(id(1)) }),
            answered(ImportReply::Route { id: None }),
            answered(ImportReply::Prefixes { prefixes: vec![prefix()] }),
        ],
    );
}
