//! Formats that outlive a deployment: what objects say to each other, what stands in rows and in KV.
//!
//! `golden/*.json` holds one example of each. A test that fails here has found a change of format: add
//! fields with defaults, or a new version, and leave the old examples readable. `BLESS=1` writes the files
//! anew, except `v1_rows.json` and `before_people.json`, which are written once and decode for ever.

use std::path::PathBuf;

use latchkey::directory::protocol::{Command as DirectoryCommand, Reply as DirectoryReply};
use latchkey::domain::api_key::ApiKey;
use latchkey::domain::audit::Actor;
use latchkey::domain::caller::Bearer;
use latchkey::domain::consistency::Consistency;
use latchkey::domain::id::{ApiKeyId, OrganizationId, SessionId};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::locator::Locator;
use latchkey::domain::metadata::Metadata;
use latchkey::domain::operation::Operation;
use latchkey::domain::rate_limit::RateLimits;
use latchkey::domain::session::{Policy, Session, SessionStatus};
use latchkey::domain::text::{ExternalId, Reason};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::Origin;
use latchkey::domain::verification::{Check, Code, Demand, Outcome};
use latchkey::hash_index;
use latchkey::object::{Answer, Authority, Credential, Rejection};
use latchkey::organization::protocol as organization;
use latchkey::ports::Address;
use latchkey::session::protocol as session;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::formats_of_limits::{limit, limit_use};
use crate::support::dumps::quoted;
use crate::support::house::Home;
use crate::support::*;

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/integration/golden").join(file)
}

pub fn golden(file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(file)).unwrap()).unwrap()
}

/// Every example must encode to its golden form, and every golden form decode to its example.
pub fn pin<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(file: &str, examples: Vec<T>) {
    let encoded: Vec<Value> = examples.iter().map(|example| serde_json::to_value(example).unwrap()).collect();
    if std::env::var_os("BLESS").is_some() {
        let text = serde_json::to_string_pretty(&encoded).unwrap();
        std::fs::write(path(file), text + "\n").unwrap();
    }
    let pinned = golden(file);
    let pinned = pinned.as_array().unwrap();
    assert_eq!(pinned.len(), encoded.len(), "{file}");
    for ((pinned, encoded), example) in pinned.iter().zip(&encoded).zip(&examples) {
        assert_eq!(pinned, encoded, "{file}");
        assert_eq!(&serde_json::from_value::<T>(pinned.clone()).unwrap(), example, "{file}");
    }
}

pub struct Samples {
    pub home: Home,
    pub key: ApiKey,
    pub session: Session,
    pub credential: Credential,
    pub caller: latchkey::domain::caller::Caller,
    pub new_key: session::NewKey,
}

pub fn samples() -> Samples {
    let house = House::new();
    let mut home = house.found("Acme");
    let by = house.principal(&home.secret);
    let mut full = settings(&["emails:send"]);
    full.ip_allow_list = networks(&["10.0.0.0/8"]);
    full.external_id = Some(ExternalId::parse("cus_42").unwrap());
    full.metadata = Metadata::new(serde_json::from_str(r#"{"team":{"name":"Ä"},"n":1}"#).unwrap()).unwrap();
    full.expires_at = Some(house.after(DAY));
    full.not_before = Some(house.after(HOUR));
    let old = house.issue(&by, with(full)).unwrap();
    house.rotate(&by, old.id(), 0).unwrap();
    let mut key = house.read(&by, old.id()).unwrap();
    key.settings.domain = Some(domain("mail.example.com"));
    let mut session = house.run(house.app.read_session(&by, &home.session_id)).unwrap().reply.0;
    let mut caller = (*by.caller).clone();
    // Names that no draw of chance decides, so that the examples stay when the number of draws changes.
    let (key_id, caller_id) = (ApiKeyId::from_trusted("key_1".into()), ApiKeyId::from_trusted("key_2".into()));
    let session_id = SessionId::mint(Locator::from_seed(b"session!"), house.app.keyring());
    let organization_id = OrganizationId::from_trusted("org_1".into());
    home.key_id = caller_id.clone();
    (home.organization.id, home.organization.default_session_id) = (organization_id.clone(), session_id.clone());
    (session.id, session.organization_id) = (session_id.clone(), organization_id.clone());
    (key.id, key.session_id, key.organization_id) = (key_id, session_id.clone(), organization_id.clone());
    (key.start, key.last4) = ("sk_live_Ab1d".into(), "Zz9x".into());
    key.rotated_to = Some(ApiKeyId::from_trusted("key_3".into()));
    key.created_by = Actor::ApiKey { id: caller_id.clone() };
    caller.bearer = Bearer::Key { key_id: caller_id };
    (caller.session_id, caller.organization_id) = (session_id, organization_id);
    let needs = Operation::WriteApiKeys.permission();
    let credential = Credential { key_id: home.key_id.clone(), needs, ip: "2001:db8::1".parse().ok() };
    let hash = latchkey::domain::key_hash::KeyHash::parse(&format!("h1:{}", "0f".repeat(32))).unwrap();
    let secret = session::NewSecret {
        id: key.id.clone(),
        hash,
        start: key.start.clone(),
        last4: key.last4.clone(),
        environment: key.environment,
    };
    let new_key = session::NewKey { secret, settings: key.settings.clone(), unnamed: true, credits: None };
    Samples { home, key, session, credential, caller, new_key }
}

fn policy(home: &Home) -> Policy {
    home.organization.policy
}

#[test]
fn commands_to_a_session_are_pinned() {
    let Samples { home, key, session, credential, caller, new_key } = samples();
    let authority = || Authority::Key(credential.clone());
    let hashes = || vec![new_key.secret.hash];
    let demand = Demand {
        permissions: vec![permission("emails:send")],
        domain: Some(domain("mail.example.com")),
        session_id: Some(session.id.clone()),
        environment: Some(None),
        ip: "10.0.0.1".parse().ok(),
    };
    let change = KeyChange {
        name: Some(name("Renamed")),
        domain: clear(),
        expires_at: set(Timestamp::from_millis(1_800_000_000_000)),
        active: Some(false),
        ..KeyChange::default()
    };
    let key_id = || key.id.clone();
    pin(
        "session_commands.json",
        vec![
            session::Command::Initialize(Box::new(session::Initialize {
                session: session.clone(),
                policy: policy(&home),
                policy_by: None,
                domains: None,
                actor: Actor::Operator,
                first_key: Some(new_key.clone()),
            })),
            session::Command::Authenticate {
                hashes: hashes(),
                ip: "10.0.0.1".parse().ok(),
                needs: Some(permission("emails:send")),
                call: session::Call::Manage,
                wish: None,
            },
            session::Command::Confirm { credential: credential.clone(), ends: false },
            session::Command::Verify(Box::new(session::Verify {
                hashes: hashes(),
                demand,
                caller: Some(caller.clone()),
                explain: true,
                dry_run: false,
                cost: 3,
                wish: None,
                id: None,
                origin: Origin::default(),
                tags: Vec::new(),
            })),
            session::Command::Flush,
            session::Command::Issue { authority: authority(), key: Box::new(new_key.clone()) },
            session::Command::ReadKey { caller: caller.clone(), key_id: key_id() },
            session::Command::ChangeKey { authority: Authority::Operator, key_id: key_id(), change: Box::new(change) },
            session::Command::RevokeKey {
                authority: authority(),
                key_id: key_id(),
                reason: Reason::parse("leaked").ok(),
            },
            session::Command::RotateKey {
                authority: authority(),
                key_id: key_id(),
                rotation: Box::new(session::Rotation {
                    secret: new_key.secret.clone(),
                    overlap_ms: 1,
                    expires_at: None,
                }),
            },
            session::Command::ReadSession { caller: caller.clone() },
            session::Command::ChangeSession {
                authority: authority(),
                change: session::SessionChange {
                    leak_policy: None,
                    name: Some(name("Renamed")),
                    status: Some(SessionStatus::Disconnected),
                    rate_limits: RateLimits::new(vec![limit()]).ok(),
                    consistency: None,
                },
            },
            session::Command::DeleteSession { authority: authority() },
            session::Command::Health { caller },
            session::Command::Claim(session::Claim {
                header_hash: "0a".repeat(32),
                request_hash: "0b".repeat(32),
                nonce: "0c".repeat(32),
                key_id: key.id.to_string(),
            }),
            session::Command::Release { header_hash: "0a".repeat(32) },
        ],
    );
}

#[test]
fn answers_of_a_session_are_pinned() {
    let Samples { key, session, caller, .. } = samples();
    let done = |reply| Answer::Done { reply, wait_ms: 250, settled: true };
    let check = Check { name: "known".to_owned(), outcome: Outcome::Passed };
    pin(
        "session_answers.json",
        vec![
            done(session::Reply::Acknowledged),
            done(session::Reply::Caller(Box::new(caller.clone()))),
            done(session::Reply::Verified(Box::new(session::Verified {
                code: Code::InsufficientPermissions,
                key: Some(key.clone()),
                trace: vec![check],
                limits: vec![limit_use(None)],
                credits: Some(7),
                reach: None,
                lease: None,
            }))),
            done(session::Reply::Key { key: Box::new(key.clone()), limits: vec![limit_use(None)], effective_at: None }),
            done(session::Reply::Rotated { successor: Box::new(key), effective_at: None }),
            done(session::Reply::Session { session: Box::new(session.clone()), usage: None, effective_at: None }),
            done(session::Reply::Session {
                session: Box::new(session.clone()),
                usage: Some(Box::new(session::SessionUsage { keys: 2, max_keys: Some(3), limits: Vec::new() })),
                effective_at: None,
            }),
            done(session::Reply::Authenticated {
                caller: Box::new(caller.clone()),
                pool: Some(Box::new(limit_use(None))),
                lease: None,
            }),
            done(session::Reply::Health(Box::new(session::Health {
                recent: None,
                session,
                keys: vec![1, 0, 0, 0, 1],
                last_used_at: None,
            }))),
            done(session::Reply::Claimed { nonce: "0c".to_owned(), key_id: "key_".to_owned() }),
            Answer::Rejected(Rejection::CallerRefused { code: Code::Revoked, needs: Some(permission("emails:send")) }),
            Answer::Rejected(Rejection::KeyQuotaReached { limit: 3 }),
            Answer::Rejected(Rejection::KeyAlreadyIssued),
            Answer::Failed { detail: "sql".to_owned() },
        ],
    );
}

#[test]
fn commands_to_organization_and_directory_are_pinned() {
    let Samples { home, key, session, credential, caller, new_key } = samples();
    let founding = || {
        Box::new(organization::Founding {
            trace: None,
            organization: home.organization.clone(),
            session: session.clone(),
            first_key: new_key.clone(),
            actor: Actor::Operator,
            owner: None,
        })
    };
    let first = || organization::Page { after: Some((Timestamp::from_millis(1), "key_1".to_owned())), limit: 50 };
    let new_session = || organization::NewSession {
        id: session.id.clone(),
        name: name("New"),
        environment: None,
        region: None,
        rate_limits: RateLimits::default(),
        consistency: Consistency::default(),
        leak_policy: Default::default(),
    };
    let feed = organization::Feed {
        session: session.clone(),
        keys: vec![key],
        audit: vec![],
        usage: None,
        alerts: vec![],
        imported: vec![],
    };
    let authority = || Authority::Key(credential.clone());
    let query = organization::AuditQuery { before: Some(9), action: None, target: None, actor: None, limit: 50 };
    pin(
        "organization_commands.json",
        vec![
            organization::Command::Found(founding()),
            organization::Command::Feed(Box::new(feed)),
            organization::Command::Read { caller: None },
            organization::Command::ListKeys { caller: caller.clone(), query: all_keys(first()) },
            organization::Command::ListSessions { caller: caller.clone(), page: first() },
            organization::Command::ListAudit { caller, query },
            organization::Command::CreateSession { authority: authority(), session: new_session() },
            organization::Command::DefaultSession { authority: authority(), session: new_session() },
            organization::Command::Change {
                change: organization::OrganizationChange { name: Some(name("New")), ..Default::default() },
                authority: Authority::Operator,
            },
            organization::Command::Suspend,
            organization::Command::Resume,
            organization::Command::Delete { authority: Authority::Operator },
        ],
    );
    pin(
        "directory_commands.json",
        vec![
            DirectoryCommand::Found(founding()),
            DirectoryCommand::Feed { organization: Box::new(home.organization.clone()) },
            DirectoryCommand::List { page: first() },
        ],
    );
    pin(
        "directory_replies.json",
        vec![
            DirectoryReply::Acknowledged,
            DirectoryReply::Organizations { organizations: vec![home.organization], more: true },
        ],
    );
}

#[test]
fn the_value_in_kv_is_pinned() {
    let Samples { key, .. } = samples();
    let value: Value = serde_json::from_slice(&hash_index::encode(&key, None).unwrap()).unwrap();
    pin("kv_values.json", vec![value.clone()]);
    assert_eq!(value["v"], json!("1"));
    let pinned = serde_json::to_vec(&golden("kv_values.json")[0]).unwrap();
    assert_eq!(hash_index::decode(&pinned), Some(key.clone()));
    assert_eq!(hash_index::tombstone(&pinned, key.session_id.locator()), Some(key));
}

/// Writes the rows of the first version; run once, by hand.
fn write_first_rows() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let dead = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.revoke(&admin, dead.id()).unwrap();
    let disk = house.objects.disk(&home.session_address());
    let columns = [
        ("session", "only, record, policy, keys_issued"),
        ("api_keys", "id, hash, hash_version, record, expires_at, counts, last_used_at"),
    ];
    let mut statements = Vec::new();
    for (table, columns) in columns {
        for row in disk.rows(&format!("SELECT {columns} FROM {table}")) {
            statements.push(format!("INSERT INTO {table} ({columns}) VALUES ({})", quoted(&row)));
        }
    }
    // In pieces, so that no key stands in the tree.
    let pieces = |text: &str| {
        text.as_bytes().chunks(10).map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    let rows = json!({ "statements": statements, "active": pieces(&home.secret), "revoked": pieces(&dead.text) });
    std::fs::write(path("v1_rows.json"), serde_json::to_string_pretty(&rows).unwrap() + "\n").unwrap();
}

#[test]
fn keys_and_rows_of_the_first_version_verify_for_ever() {
    if std::env::var_os("BLESS").is_some() && !path("v1_rows.json").exists() {
        write_first_rows();
    }
    let rows = golden("v1_rows.json");
    let text =
        |name: &str| rows[name].as_array().unwrap().iter().map(|piece| piece.as_str().unwrap()).collect::<String>();
    let house = House::new();
    let secret = text("active");
    let (keyring, _, settings) = settings_of(&root_secret(1));
    let locator =
        latchkey::domain::secret_key::SecretKey::parse(&secret, &settings.prefix, &keyring).unwrap().locator();
    assert_eq!(house.code(&secret), Code::NotFound, "the object is empty, and has its tables now");
    let organization_id = OrganizationId::from_trusted("org_9KHOsPRLFahlWXcKyIq".to_owned());
    assert!(house.run(house.app.inspect_organization(&organization_id)).is_err(), "and so has this one");
    for (address, statements) in
        [(Address::Session(locator), "statements"), (Address::Organization(organization_id.locator()), "organization")]
    {
        let disk = house.objects.disk(&address);
        for statement in rows[statements].as_array().unwrap() {
            disk.tamper(statement.as_str().unwrap());
        }
    }
    assert_eq!(house.code(&secret), Code::Valid);
    assert_eq!(house.code(&text("revoked")), Code::Revoked);
}
