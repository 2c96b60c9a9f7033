//! What is stored of webhooks, and what is said about them between the edge and an organization, byte by byte.

use latchkey::domain::audit::Actor;
use latchkey::domain::change::Change;
use latchkey::domain::egress::ReceiverUrl;
use latchkey::domain::event::EventKind;
use latchkey::domain::id::{DeliveryId, EndpointId, EventId};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::webhook::{Dead, Delivery, DeliveryStatus, Endpoint, EventFilter, Failure, SecretSource};
use latchkey::object::Authority;
use latchkey::organization::protocol::{Command, Page};
use latchkey::organization::webhooks::protocol::{
    DeliveryQuery, EndpointChange, NewEndpoint, WebhookCommand, WebhookReply,
};

use crate::formats::pin;
use crate::support::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn url() -> ReceiverUrl {
    ReceiverUrl::parse("https://hooks.example.com/x", false).unwrap()
}

fn endpoint() -> Endpoint {
    Endpoint {
        id: EndpointId::from_trusted("whe_1".to_owned()),
        url: url(),
        events: EventFilter::only(vec![EventKind::KeyRevoked, EventKind::KeyCreated]),
        description: Some(name("Ours")),
        active: false,
        dead: Some(Dead::Failing),
        secrets: vec![
            SecretSource { root: 2, nonce: "0b".repeat(16), until: None },
            SecretSource { root: 1, nonce: "0a".repeat(16), until: Some(at(9)) },
        ],
        failing_since: Some(at(3)),
        given_up: 5,
        delivered_at: Some(at(2)),
        created_by: Actor::Operator,
        created_at: at(1),
        updated_at: at(4),
    }
}

fn delivery() -> Delivery {
    Delivery {
        id: DeliveryId::from_trusted("dlv_1".to_owned()),
        endpoint_id: endpoint().id,
        event_id: EventId::from_trusted("evt_1".to_owned()),
        seq: 7,
        kind: EventKind::KeyRotated,
        created_at: at(1),
        deadline_at: at(86_400_001),
        status: DeliveryStatus::Pending,
        attempts: 3,
        tried: 1,
        attempted_at: Some(at(5)),
        answered: Some(503),
        failure: Some(Failure::Status),
        due_at: Some(at(6)),
        delivered_at: None,
    }
}

fn bare() -> Endpoint {
    Endpoint {
        events: EventFilter::All,
        description: None,
        active: true,
        dead: None,
        secrets: Vec::new(),
        failing_since: None,
        given_up: 0,
        delivered_at: None,
        ..endpoint()
    }
}

#[test]
fn rows_of_webhooks_are_pinned() {
    pin("webhook_endpoints.json", vec![endpoint(), bare()]);
    let untried = Delivery {
        attempts: 0,
        tried: 0,
        attempted_at: None,
        answered: None,
        failure: None,
        status: DeliveryStatus::Delivered,
        due_at: None,
        delivered_at: Some(at(8)),
        ..delivery()
    };
    pin("webhook_deliveries.json", vec![delivery(), untried]);
    pin("webhook_words.json", EventKind::ALL.to_vec());
    pin("webhook_failures.json", Failure::ALL.to_vec());
}

#[test]
fn commands_and_answers_about_webhooks_are_pinned() {
    let caller = crate::formats::samples().caller;
    let (id, delivery_id) = (endpoint().id, delivery().id);
    let authority = || Authority::Operator;
    let new = NewEndpoint { url: url(), events: EventFilter::All, description: None, active: true };
    let change = EndpointChange {
        url: Some(url()),
        events: Some(EventFilter::All),
        description: Change::Clear,
        active: Some(false),
    };
    let query = DeliveryQuery { id: id.clone(), status: Some(DeliveryStatus::Failed), before: Some(3), limit: 5 };
    let commands = vec![
        WebhookCommand::Create { authority: authority(), endpoint: new },
        WebhookCommand::List { caller: caller.clone(), page: Page { after: None, limit: 5 } },
        WebhookCommand::Read { caller: caller.clone(), id: id.clone() },
        WebhookCommand::Change { authority: authority(), id: id.clone(), change },
        WebhookCommand::Delete { authority: authority(), id: id.clone() },
        WebhookCommand::RotateSecret { authority: authority(), id: id.clone() },
        WebhookCommand::Test { authority: authority(), id: id.clone() },
        WebhookCommand::Deliveries { caller: caller.clone(), query },
        WebhookCommand::Delivery { caller, id: id.clone(), delivery_id: delivery_id.clone() },
        WebhookCommand::Replay { authority: authority(), id, delivery_id },
    ];
    pin(
        "organization_commands_about_webhooks.json",
        commands.into_iter().map(|command| Command::Webhooks { webhooks: Box::new(command) }).collect(),
    );
    pin(
        "organization_replies_about_webhooks.json",
        vec![
            WebhookReply::Done,
            WebhookReply::Endpoint { endpoint: Box::new(endpoint()), secret: None },
            WebhookReply::Endpoints { endpoints: vec![bare()], more: true },
            WebhookReply::Delivery { delivery: Box::new(delivery()), payload: Some("{}".to_owned()) },
            WebhookReply::Deliveries { deliveries: Vec::new(), more: false },
        ],
    );
}
