//! What sessions and organizations tell each other about alerts, leaks and evidence, and what the edge asks of the audit log,
//! byte by byte (H11).

use latchkey::account::protocol as account;
use latchkey::domain::alert::record::{Alert, AlertStatus};
use latchkey::domain::alert::rules::{RuleChange, Rules};
use latchkey::domain::alert::{Kind, Severity, Sighting, Signal};
use latchkey::domain::audit::{Action, Actor, AuditEntry, ChainedEntry, Trace};
use latchkey::domain::email::Email;
use latchkey::domain::environment::Environment;
use latchkey::domain::evidence::{Client, Evidence};
use latchkey::domain::id::{AlertId, AuditEntryId, SessionId, SignInId, UserId};
use latchkey::domain::key_hash::KeyHash;
use latchkey::domain::organization::Organization;
use latchkey::domain::session::{LeakPolicy, Session};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::{Origin, Used};
use latchkey::object::Authority;
use latchkey::object::audit_log::{Chain, Head, StoredEntry};
use latchkey::organization::protocol as organization;
use latchkey::session::protocol as session;

use crate::formats::{Samples, pin, samples};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn sighting(session_id: Option<SessionId>) -> Sighting {
    let facts = vec![("percent".to_owned(), "81".to_owned()), ("limit".to_owned(), "key.hour".to_owned())];
    let (kind, subject, severity) = (Kind::NearLimit, "key_1".to_owned(), Severity::Warning);
    let signal = Signal { kind, subject, session_id, is_open: true, severity, at: at(7), facts };
    Sighting { signal, opened_at: at(5), version: 3 }
}

fn rules() -> Rules {
    let mut rules = Rules::default();
    let change = RuleChange {
        threshold: Some(9),
        days: vec![(Some(Environment::Staging), Some(60)), (None, None)],
        ..RuleChange::default()
    };
    rules.set(Kind::RotationDue, Some(change.apply(rules.of(Kind::RotationDue))));
    rules.set(Kind::TrafficSpike, Some(change.apply(rules.of(Kind::TrafficSpike))));
    rules
}

fn alert() -> Alert {
    Alert {
        id: AlertId::from_trusted("alr_1".to_owned()),
        kind: Kind::NewCountry,
        subject: "key_1".to_owned(),
        session_id: Some(SessionId::from_trusted("ses_1".to_owned())),
        severity: Severity::Critical,
        opened_at: at(1),
        updated_at: at(2),
        resolved_at: Some(at(3)),
        acknowledged: Some((Actor::Operator, at(2))),
        facts: vec![("country".to_owned(), "DE".to_owned())],
    }
}

fn bare() -> Alert {
    Alert { session_id: None, resolved_at: None, acknowledged: None, facts: Vec::new(), ..alert() }
}

fn trace() -> Trace {
    let (country, client) = (Some("DE".to_owned()), Some("curl/8".to_owned()));
    Trace { request_id: "req_1".to_owned(), ip: "10.0.0.1".parse().ok(), country, client }
}

#[test]
fn what_is_said_about_alerts_is_pinned() {
    let Samples { session, caller, credential, .. } = samples();
    let authority = || Authority::Key(credential.clone());
    let id = || AlertId::from_trusted("alr_1".to_owned());
    let alerts = vec![sighting(Some(session.id.clone())), sighting(None)];
    let feed = organization::Feed {
        session: session.clone(),
        keys: vec![],
        audit: vec![],
        usage: None,
        alerts,
        imported: vec![],
    };
    let query = organization::AlertQuery {
        status: Some(AlertStatus::Open),
        kind: Some(Kind::KeyLeaked),
        severity: Some(Severity::Info),
        subject: Some("key_1".to_owned()),
        session_id: Some(session.id.clone()),
        page: organization::Page { after: None, limit: 50 },
    };
    let change = RuleChange { enabled: Some(false), minimum: Some(5), ..RuleChange::default() };
    pin(
        "organization_commands_about_alerts.json",
        vec![
            organization::Command::Feed(Box::new(feed)),
            organization::Command::Draw { session_id: session.id.clone(), draw: None, rules: 4, domains: 0 },
            organization::Command::ReadAlertRules { caller: caller.clone() },
            organization::Command::ChangeAlertRule {
                authority: authority(),
                kind: Kind::ErrorRate,
                change: Some(change),
            },
            organization::Command::ChangeAlertRule { authority: authority(), kind: Kind::ErrorRate, change: None },
            organization::Command::ListAlerts { caller: caller.clone(), query },
            organization::Command::ReadAlert { caller, id: id() },
            organization::Command::AcknowledgeAlert { authority: authority(), id: id() },
        ],
    );
    let policy = samples().home.organization.policy;
    let rules = || Box::new(rules());
    let grant = organization::Grant {
        policy,
        policy_by: None,
        ttl_ms: 60_000,
        pool: None,
        rules: Some(rules()),
        domains: None,
    };
    pin(
        "organization_replies_about_alerts.json",
        vec![
            organization::Reply::Granted { grant: Box::new(grant) },
            organization::Reply::AlertRules { rules: rules() },
            organization::Reply::AlertRules { rules: Box::default() },
            organization::Reply::Alert { alert: Box::new(alert()) },
        ],
    );
    pin("alerts.json", vec![alert(), bare()]);
    // Never rename one.
    pin("alert_kinds.json", Kind::ALL.to_vec());
}

#[test]
fn what_is_asked_of_the_audit_log_is_pinned() {
    let Samples { caller, credential, .. } = samples();
    let (code, route) = ("insufficient_permissions".to_owned(), "GET /v1/api_keys".to_owned());
    let user_id = UserId::from_trusted("usr_1".to_owned());
    pin(
        "organization_commands_about_audit.json",
        vec![
            organization::Command::ReadChain { caller, after: 9 },
            organization::Command::NoteDenial { user_id, code: code.clone(), route: route.clone() },
            organization::Command::NoteExport { authority: Authority::Key(credential) },
        ],
    );
    let hashes = ["h1:00", "h2:ff"].map(|text| KeyHash::parse(&format!("{text}{}", "0a".repeat(31))).unwrap()).to_vec();
    pin(
        "session_commands_about_leaks.json",
        vec![
            session::Command::NoteDenial { hashes: hashes.clone(), code, route },
            session::Command::ReportLeak { hashes: hashes.clone(), place: Some("https://paste.example/1".to_owned()) },
            session::Command::ReportLeak { hashes, place: None },
        ],
    );
    let head = |seq| Head { seq, hash: "0a".repeat(32) };
    let entry = AuditEntry {
        id: AuditEntryId::from_trusted("aud_1".to_owned()),
        at: at(1),
        actor: Actor::LeakReport,
        action: Action::KeyLeaked,
        target: "key_1".to_owned(),
        details: vec!["notify".to_owned()],
        trace: Some(trace()),
    };
    let stored = StoredEntry {
        seq: 2,
        hash: "0b".repeat(32),
        entry: serde_json::to_string(&entry).unwrap(),
        origin: Some("ses_1".to_owned()),
    };
    let chain = Chain { rows: vec![stored], before: head(1), head: head(2) };
    pin("organization_replies_about_audit.json", vec![organization::Reply::Chain(chain.clone())]);
    pin("account_replies_about_audit.json", vec![account::Reply::Chain(chain)]);
    let by = SignInId::from_trusted("sgn_1".to_owned());
    pin("account_commands_about_audit.json", vec![account::Command::ReadChain { by, after: 9 }]);
    let without = AuditEntry { trace: None, ..entry.clone() };
    let place = |seq, entry| ChainedEntry { seq, entry, hash: "0c".repeat(32) };
    pin("audit_entries_with_trace.json", vec![place(1, entry), place(2, without)]);
}

#[test]
fn what_is_told_of_leaks_evidence_and_addresses_is_pinned() {
    let Samples { home, key, session, caller, .. } = samples();
    let origin = Origin { country: Some("JP".to_owned()), colo: Some("NRT".to_owned()), client: None };
    let used = || Used { at: at(5), origin: origin.clone() };
    let client = Client { client: Some("cron/1".to_owned()), country: None, seen: 3, last_seen_at: at(5) };
    let (last, last_refused, clients) = (Some(used()), Some(used()), vec![client]);
    let presented_at = None;
    let evidence = Evidence { since: at(1), uses: 3, last, refused: 2, last_refused, presented_at, clients };
    let key_id = key.id.clone();
    pin("session_commands_about_evidence.json", vec![session::Command::ReadEvidence { caller, key_id }]);
    pin(
        "session_replies_about_leaks.json",
        vec![
            session::Reply::Leaked { known: true },
            session::Reply::Evidence { key: Box::new(key), evidence: Box::new(evidence) },
        ],
    );
    let choosing = |leak_policy| Session { leak_policy, ..session.clone() };
    pin("sessions_with_leak_policies.json", LeakPolicy::ALL.map(choosing).into());
    let alert_emails = vec![Email::parse("oncall@example.com").unwrap()];
    let change = organization::OrganizationChange { alert_emails: Some(alert_emails.clone()), ..Default::default() };
    pin("organizations_with_addresses.json", vec![Organization { alert_emails, ..home.organization }]);
    pin("changes_of_addresses.json", vec![change]);
}
