//! `…/gateway_routes`: what the gateway lets through, to where, and on which terms.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::body::JsonBody;
use super::callers::{By, ReadGatewayRoutes, WriteGatewayRoutes};
use super::gateway_body::{GatewayRouteBody, SecretGatewayRouteBody, new_route, route_change};
use super::idempotency;
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, no_parameters};
use super::paths::RoutePath;
use super::problem::Problem;
use super::query::Query;
use super::reply::{NoContent, Reply};
use super::webhooks::SentTo;
use crate::app::{App, ShownRoute};

/// Creates a route. Its secret is shown this once. A route below another one is answered once nobody takes the other.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, mount, ..): By<WriteGatewayRoutes>,
    SentTo(host): SentTo,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<SecretGatewayRouteBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let terms = new_route(body.json(), app.keyring(), app.allows_loopback_webhooks(&host))?;
    let (route, secret) = app.create_gateway_route(&caller, terms).await?;
    let path = mount.path(&format!("/gateway_routes/{}", route.id));
    Ok(Reply::created(path, with_secret(&app, (route, secret))))
}

fn with_secret(app: &App, (route, secret): ShownRoute) -> SecretGatewayRouteBody {
    SecretGatewayRouteBody::new(&route, secret.map_or_else(String::new, |secret| secret.0), app.now())
}

/// Lists the routes, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadGatewayRoutes>,
    mut query: Query,
) -> Result<Reply<PageBody<GatewayRouteBody>>, Problem> {
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "gateway_routes", owner };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let (routes, more) = app.list_gateway_routes(&caller, page).await?;
    let last = routes.last().map(|route| (route.created_at, route.id.as_str()));
    let pagination = cursors.pagination(more, last);
    let now = app.now();
    let data = routes.iter().map(|route| GatewayRouteBody::new(route, now)).collect();
    Ok(Reply::ok(PageBody { data, pagination }))
}

/// Reads a route.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadGatewayRoutes>,
    RoutePath(id): RoutePath,
    query: Query,
) -> Result<Reply<GatewayRouteBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(GatewayRouteBody::new(&app.read_gateway_route(&caller, &id).await?, app.now())))
}

/// Changes a route. It is answered once nobody acts on what the route was.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteGatewayRoutes>,
    RoutePath(id): RoutePath,
    SentTo(host): SentTo,
    query: Query,
    body: JsonBody,
) -> Result<Reply<GatewayRouteBody>, Problem> {
    no_parameters(query)?;
    let change = route_change(body.json(), app.keyring(), app.allows_loopback_webhooks(&host))?;
    Ok(Reply::ok(GatewayRouteBody::new(&app.change_gateway_route(&caller, &id, change).await?, app.now())))
}

/// Deletes a route. It is answered once nobody gets through on it.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteGatewayRoutes>,
    RoutePath(id): RoutePath,
    query: Query,
) -> Result<NoContent, Problem> {
    no_parameters(query)?;
    app.delete_gateway_route(&caller, &id).await?;
    Ok(NoContent::default())
}

/// Makes a new secret, shown this once. The one before goes on to sign beside it for 24 hours.
pub(super) async fn rotate_secret(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteGatewayRoutes>,
    RoutePath(id): RoutePath,
    query: Query,
) -> Result<Reply<SecretGatewayRouteBody>, Problem> {
    no_parameters(query)?;
    let rotated = app.rotate_gateway_route_secret(&caller, &id).await?;
    Ok(Reply::ok(with_secret(&app, rotated)))
}
