//! What is stored of domains, and what is said about them between the edge, an organization and its sessions, byte by byte.

use latchkey::domain::audit::Actor;
use latchkey::domain::domain_name::DomainName;
use latchkey::domain::id::DomainId;
use latchkey::domain::owned_domain::book::{Book, Entry};
use latchkey::domain::owned_domain::{DomainStatus, Finding, OnLoss, OwnedDomain};
use latchkey::domain::session::{DomainPolicy, Policy};
use latchkey::domain::timestamp::Timestamp;
use latchkey::object::Authority;
use latchkey::organization::domains::protocol::{DomainChange, DomainCommand, DomainReply, NewDomain};
use latchkey::organization::protocol::{Command, Grant, Page};
use latchkey::session::protocol::{Command as SessionCommand, Initialize};

use crate::formats::pin;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn owned() -> OwnedDomain {
    OwnedDomain {
        id: DomainId::from_trusted("dom_1".to_owned()),
        name: name("example.com"),
        token: "token".to_owned(),
        include_subdomains: true,
        on_loss: OnLoss::Refuse,
        status: DomainStatus::Lost,
        verified_at: Some(at(2)),
        lost_at: Some(at(6)),
        checked_at: Some(at(7)),
        finding: Some(Finding::Missing),
        missing: 3,
        missing_since: Some(at(5)),
        due_at: Some(at(9)),
        created_by: Actor::Service,
        created_at: at(1),
        updated_at: at(6),
    }
}

fn bare() -> OwnedDomain {
    OwnedDomain {
        include_subdomains: false,
        on_loss: OnLoss::Warn,
        status: DomainStatus::Pending,
        verified_at: None,
        lost_at: None,
        checked_at: None,
        finding: None,
        missing: 0,
        missing_since: None,
        due_at: None,
        ..owned()
    }
}

fn book() -> Book {
    let entry = |text, subdomains, lost| Entry { name: name(text), subdomains, lost };
    let entries = vec![
        entry("a.example", false, None),
        entry("b.example", true, Some(OnLoss::Warn)),
        entry("c.example", false, Some(OnLoss::Refuse)),
    ];
    Book { version: 7, entries }
}

fn policy() -> Policy {
    let domains = DomainPolicy { version: 7, narrowed: 2, refusing: true };
    Policy { version: 8, domains, ..crate::formats::samples().home.organization.policy }
}

#[test]
fn rows_of_domains_are_pinned() {
    pin("domains.json", vec![owned(), bare()]);
    pin("domain_findings.json", Finding::ALL.to_vec());
    pin("domain_statuses.json", DomainStatus::ALL.to_vec());
    pin("domain_book.json", vec![Book::default(), book()]);
    pin("domain_policy.json", vec![policy()]);
}

#[test]
fn commands_and_answers_about_domains_are_pinned() {
    let caller = crate::formats::samples().caller;
    let id = owned().id;
    let authority = || Authority::Operator;
    let new = NewDomain { name: name("example.com"), include_subdomains: true, on_loss: OnLoss::Refuse };
    let change = DomainChange { include_subdomains: Some(false), on_loss: Some(OnLoss::Warn) };
    let commands = vec![
        DomainCommand::Create { authority: authority(), domain: new },
        DomainCommand::List { caller: caller.clone(), page: Page { after: None, limit: 5 } },
        DomainCommand::Read { caller, id: id.clone() },
        DomainCommand::Change { authority: authority(), id: id.clone(), change },
        DomainCommand::Delete { authority: authority(), id: id.clone() },
        DomainCommand::Note { authority: authority(), id, finding: Finding::Found },
    ];
    pin(
        "organization_commands_about_domains.json",
        commands.into_iter().map(|command| Command::Domains { domains: Box::new(command) }).collect(),
    );
    pin(
        "organization_replies_about_domains.json",
        vec![
            DomainReply::Domain { domain: Box::new(owned()) },
            DomainReply::Domains { domains: vec![bare()], more: true },
        ],
    );
}

#[test]
fn what_sessions_are_told_of_domains_is_pinned() {
    let session = crate::formats::samples().session;
    let draw = Command::Draw { session_id: session.id.clone(), draw: None, rules: 0, domains: 3 };
    pin("draw_of_domains.json", vec![draw]);
    let domains = Some(Box::new(book()));
    let grant =
        Grant { policy: policy(), policy_by: None, ttl_ms: 60_000, pool: None, rules: None, domains: domains.clone() };
    pin("grant_of_domains.json", vec![grant]);
    let told =
        Initialize { session, policy: policy(), policy_by: None, domains, actor: Actor::Operator, first_key: None };
    pin("initialize_with_domains.json", vec![SessionCommand::Initialize(Box::new(told))]);
}
