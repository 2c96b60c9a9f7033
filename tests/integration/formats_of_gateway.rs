//! What is stored of routes of the gateway, and what is said about them between the edge and an organization, byte by byte.

use latchkey::domain::audit::Actor;
use latchkey::domain::change::Change;
use latchkey::domain::consistency::Mode;
use latchkey::domain::environment::Environment;
use latchkey::domain::gateway::path::RoutePath;
use latchkey::domain::gateway::{Origin, Route, RouteTable, Terms};
use latchkey::domain::id::{RouteId, SessionId};
use latchkey::domain::permission::Permission;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::webhook::SecretSource;
use latchkey::object::Authority;
use latchkey::organization::gateway::protocol::{GatewayCommand, GatewayReply, RouteChange};
use latchkey::organization::protocol::{Command, OneTime, Page, Reply};

use crate::formats::pin;
use crate::support::*;

fn full() -> Route {
    let terms = Terms {
        path: RoutePath::parse("/orders").unwrap(),
        origin: Origin::parse("https://orders.example.com/base", false).unwrap(),
        description: Some(name("Orders")),
        permissions: vec![Permission::parse("orders:read").unwrap()],
        session_id: Some(SessionId::from_trusted("ses_1".to_owned())),
        environment: Some(Environment::Production),
        cost: 2,
        consistency: Mode::Leased,
        strip_path: true,
        active: false,
        timeout_ms: 5_000,
    };
    Route {
        id: RouteId::from_trusted("gwr_1".to_owned()),
        terms,
        secrets: vec![
            SecretSource { root: 2, nonce: "0b".repeat(16), until: None },
            SecretSource { root: 1, nonce: "0a".repeat(16), until: Some(Timestamp::from_millis(9)) },
        ],
        created_by: Actor::Operator,
        created_at: Timestamp::from_millis(1),
        updated_at: Timestamp::from_millis(4),
    }
}

fn bare() -> Route {
    let Route { terms, .. } = full();
    let terms = Terms { description: None, permissions: Vec::new(), session_id: None, environment: None, ..terms };
    Route { terms, secrets: Vec::new(), ..full() }
}

#[test]
fn routes_of_the_gateway_are_pinned() {
    pin("gateway_routes.json", vec![full(), bare()]);
}

#[test]
fn what_is_said_about_routes_is_pinned() {
    let (caller, page) = (crate::formats::samples().caller, Page { after: None, limit: 2 });
    let (authority, id) = (Authority::Operator, full().id);
    let change = RouteChange {
        path: Some(full().terms.path),
        description: Change::Clear,
        environment: Change::Set(Environment::Staging),
        cost: Some(0),
        ..RouteChange::default()
    };
    let commands = [
        GatewayCommand::Create { authority: authority.clone(), terms: Box::new(full().terms) },
        GatewayCommand::List { caller: caller.clone(), page },
        GatewayCommand::Read { caller, id: id.clone() },
        GatewayCommand::Change { authority: authority.clone(), id: id.clone(), change: Box::new(change) },
        GatewayCommand::Delete { authority: authority.clone(), id: id.clone() },
        GatewayCommand::RotateSecret { authority, id },
        GatewayCommand::Table,
    ];
    let wrapped = commands.map(|command| Command::Gateway { gateway: Box::new(command) });
    pin("organization_commands_about_gateway.json", wrapped.to_vec());
    let table = Box::new(RouteTable { session_id: SessionId::from_trusted("ses_1".to_owned()), routes: vec![bare()] });
    let replies = [
        GatewayReply::Done,
        GatewayReply::Route { route: Box::new(full()), secret: Some(OneTime("gwsec_1".to_owned())) },
        GatewayReply::Routes { routes: vec![bare()], more: true },
        GatewayReply::Table { table, ttl_ms: 3_000 },
    ];
    let wrapped = replies.map(|reply| Reply::Gateway { gateway: Box::new(reply) });
    pin("organization_replies_about_gateway.json", wrapped.to_vec());
}
