//! Whole databases as former versions have written them: they open, take the steps that they lack, verify their keys, and
//! go on. `golden/databases/` has files by the number of steps that sessions had taken; files are added and never changed.
//!
//! `BLESS=1` writes that of this version, if there is none with as many steps as it has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use latchkey::app::VerifyKey;
use latchkey::domain::consistency::Mode;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::verification::Code;
use latchkey::object::Object;
use latchkey::ports::Address;
use latchkey::session::SessionObject;
use serde_json::{Value, json};

use crate::audit::verify_chain;
use crate::support::disk::Disk;
use crate::support::dumps::{dump, load};
use crate::support::*;

/// One file: every database of a deployment, and the secrets that belong to it.
struct Golden {
    name: String,
    databases: Vec<(Address, Vec<String>)>,
    secrets: BTreeMap<String, String>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/integration/golden/databases")
}

fn all() -> Vec<Golden> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(read).collect()
}

fn read(path: &PathBuf) -> Golden {
    let whole: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let databases = whole["databases"].as_object().unwrap().iter();
    let secrets = whole["secrets"].as_object().unwrap().iter();
    Golden {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        databases: databases.map(|(at, rows)| (serde_json::from_str(at).unwrap(), texts(rows))).collect(),
        secrets: secrets.map(|(name, pieces)| (name.clone(), texts(pieces).concat())).collect(),
    }
}

impl Golden {
    /// A deployment of this version over these databases, two hours after they were written.
    fn opened(&self) -> House {
        // With other draws than those that the databases were written with.
        let house = House::seeded(99);
        house.clock.set(house.after(2 * HOUR));
        for (address, statements) in &self.databases {
            // Makes the disk, with today's tables, which go.
            drop(house.run(house.app.world().objects.call(address, None, b"{}".to_vec())));
            load(&house.objects.disk(address), statements);
        }
        house.objects.restart();
        house
    }

    fn steps(&self) -> usize {
        let session = self.databases.iter().find(|(address, _)| Kind::of(address) == Kind::Session).unwrap();
        session.1.iter().filter(|statement| statement.starts_with("INSERT INTO schema_version")).count()
    }

    fn secret(&self, name: &str) -> &str {
        &self.secrets[name]
    }
}

fn strictly(house: &House, secret: &str) -> Code {
    house.edge().verify_for(secret, VerifyKey { mode: Mode::Strict, ..VerifyKey::default() }).unwrap().code
}

fn codes(house: &House, golden: &Golden) -> Vec<(String, Code)> {
    golden.secrets.iter().map(|(name, secret)| (name.clone(), strictly(house, secret))).collect()
}

fn expected(golden: &Golden) -> Vec<(String, Code)> {
    let code = |name: &str| match name {
        "revoked" => Code::Revoked,
        // Its overlap is over by now.
        "old" => Code::Expired,
        _ => Code::Valid,
    };
    golden.secrets.keys().map(|name| (name.clone(), code(name))).collect()
}

fn version(disk: &Disk) -> i64 {
    disk.number("SELECT max(version) FROM schema_version")
}

#[test]
fn databases_of_every_former_version_open_verify_their_keys_and_go_on() {
    if std::env::var_os("BLESS").is_some() {
        write();
    }
    let all = all();
    assert!(all.len() >= 2, "{}", all.len());
    let steps: Vec<usize> = all.iter().map(Golden::steps).collect();
    assert!(
        steps.is_sorted() && steps.last() == Some(&SessionObject::MIGRATIONS.len()),
        "{steps:?}: write the new one"
    );
    for golden in all {
        let house = golden.opened();
        assert_eq!(codes(&house, &golden), expected(&golden), "{}", golden.name);
        // Everything that was written goes on: lists, changes, new keys, the log.
        let admin = house.principal(golden.secret("home"));
        let get = |path: &str| house.call(golden.secret("home"), "GET", path, &Value::Null).json();
        if get("/v1/api_keys").as_array().unwrap().is_empty() {
            // `session_09_rows` has the rows of `v1_rows.json` alone: the list is a copy, and can be made anew.
            let id = text(&get("/v1/organization"), "id");
            let path = format!("/operator/organizations/{id}/republish");
            assert_eq!(house.operate("POST", &path, &Value::Null).status, 200);
            house.advance(MINUTE);
        }
        let listed = get("/v1/api_keys");
        assert_eq!(listed.as_array().unwrap().len(), golden.secrets.len(), "{}: {listed}", golden.name);
        let made = house.issue(&admin, key(&["emails:send"])).unwrap();
        let id = |name: &str| {
            let hint = &golden.secret(name)[golden.secret(name).len() - 4..];
            let found = listed.as_array().unwrap().iter().find(|key| key["last4"] == hint).unwrap();
            latchkey::domain::id::ApiKeyId::from_trusted(found["id"].as_str().unwrap().to_owned())
        };
        // That one has fewer keys, too.
        let changed = if golden.secrets.contains_key("new") { "new" } else { "home" };
        house.change(&admin, &id(changed), KeyChange { name: Some(name("Anew")), ..KeyChange::default() }).unwrap();
        let ended = golden.secrets.get("inner").unwrap_or(&made.text);
        let ended_id = if golden.secrets.contains_key("inner") { id("inner") } else { made.id().clone() };
        house.revoke(&admin, &ended_id).unwrap();
        house.advance(10 * MINUTE);
        assert_eq!(house.undelivered(), 0, "{}", golden.name);
        assert_eq!((strictly(&house, golden.secret(changed)), strictly(&house, ended)), (Code::Valid, Code::Revoked));
        let log = get("/v1/audit_log?limit=100");
        let actions: Vec<&str> =
            log["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        assert!(actions.starts_with(&["api_key.revoked", "api_key.updated", "api_key.created"]), "{actions:?}");
        let written = golden.databases.iter().flat_map(|(_, statements)| statements);
        let logged = written.filter(|statement| statement.contains("organization.created")).count() > 0;
        assert_eq!(actions.contains(&"organization.created"), logged, "{}: {actions:?}", golden.name);
        for (address, _) in &golden.databases {
            let disk = house.objects.disk(address);
            if *address != Address::Directory && disk.tables().contains(&"audit_log".to_owned()) {
                assert!(verify_chain(&disk).is_ok(), "{} {address:?}", golden.name);
            }
        }
        if golden.databases.iter().any(|(address, _)| Kind::of(address) == Kind::Account) {
            assert_eq!(house.login("owner@people.test", PASSWORD).status, 200, "{}: a person signs in", golden.name);
        }
        // And what this version has made of it opens again.
        let again = House::seeded(98);
        again.clock.set(house.now());
        for (address, disk) in house.objects.disks() {
            drop(again.run(again.app.world().objects.call(&address, None, b"{}".to_vec())));
            load(&again.objects.disk(&address), &dump(&disk));
        }
        again.objects.restart();
        assert_eq!(
            (strictly(&again, golden.secret(changed)), strictly(&again, golden.secret("revoked"))),
            (Code::Valid, Code::Revoked)
        );
    }
}

#[test]
fn steps_that_are_broken_off_at_any_statement_are_taken_again_and_lead_to_the_same() {
    for golden in all() {
        for (address, _) in golden.databases.iter().filter(|(address, _)| Kind::of(address) == Kind::Session) {
            let schema = |house: &House| {
                let rows = house.objects.disk(address).rows("SELECT name, sql FROM sqlite_master ORDER BY name");
                (version(&house.objects.disk(address)), format!("{rows:?}"))
            };
            let flush = |house: &House| -> String {
                let call = house.app.world().objects.call(address, None, br#"{"command":"flush"}"#.to_vec());
                String::from_utf8(house.run(call).unwrap()).unwrap()
            };
            let straight = golden.opened();
            flush(&straight);
            let mut statements = 0;
            for n in 1_i64.. {
                let house = golden.opened();
                let disk = house.objects.disk(address);
                let before = dump(&disk);
                disk.fail_statement(n);
                let answer = flush(&house);
                if !disk.has_failed() {
                    break;
                }
                statements = n;
                if answer.contains("as ordered") && version(&disk) < version(&straight.objects.disk(address)) {
                    assert_eq!(dump(&disk), before, "{}: a step that is broken off leaves nothing", golden.name);
                }
                // The process dies there, and another begins; or it goes on.
                if n % 2 == 0 {
                    house.crash();
                }
                flush(&house);
                assert_eq!(codes(&house, &golden), expected(&golden), "{} at statement {n}", golden.name);
                assert_eq!(schema(&house), schema(&straight), "{} at statement {n}", golden.name);
            }
            assert!(statements >= 2, "{}: {statements}", golden.name);
        }
    }
}

/// Writes the databases of this version, as the files of former ones were written.
fn write() {
    let number = SessionObject::MIGRATIONS.len();
    let path = folder().join(format!("session_{number}.json"));
    if path.exists() {
        return;
    }
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let dead = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.revoke(&admin, dead.id()).unwrap();
    let old = house.issue(&admin, key(&["emails:send"])).unwrap();
    let new = house.rotate(&admin, old.id(), HOUR).unwrap();
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let inner = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    (0..3).for_each(|_| drop(house.verify(&inner.text).unwrap()));
    house.register("owner");
    house.advance(MINUTE);
    // In pieces, so that no key stands in the tree.
    let pieces = |text: &str| {
        text.as_bytes().chunks(10).map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    let secrets = [
        ("home", &home.secret),
        ("revoked", &dead.text),
        ("old", &old.text),
        ("new", &new.text),
        ("inner", &inner.text),
    ];
    let secrets: BTreeMap<_, _> = secrets.into_iter().map(|(name, text)| (name, pieces(text))).collect();
    let databases: BTreeMap<_, _> = house
        .objects
        .disks()
        .into_iter()
        .map(|(address, disk)| (serde_json::to_string(&address).unwrap(), dump(&disk)))
        .collect();
    let whole = json!({ "secrets": secrets, "databases": databases });
    std::fs::write(path, serde_json::to_string_pretty(&whole).unwrap() + "\n").unwrap();
}
