//! `…/webhook_endpoints`: where an organization has its events sent, and what was sent there.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::request::Parts;

use super::body::JsonBody;
use super::callers::{By, ReadWebhooks, WriteWebhooks};
use super::fields::plain::one_of;
use super::fields::{FieldCode, FieldError};
use super::idempotency;
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, Pagination, limit, no_parameters};
use super::paths::{DeliveryPath, EndpointPath};
use super::problem::Problem;
use super::query::Query;
use super::reply::{NoContent, Reply};
use super::webhook_body::{
    ReadWebhookDeliveryBody, SecretWebhookEndpointBody, WebhookDeliveryBody, WebhookEndpointBody, endpoint_change,
    new_endpoint,
};
use crate::app::{App, ShownEndpoint};
use crate::domain::webhook::DeliveryStatus;
use crate::organization::webhooks::protocol::DeliveryQuery;

/// The host that a request was sent to, with its port.
pub(super) struct SentTo(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for SentTo {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let host = parts.headers.get(HOST).and_then(|value| value.to_str().ok());
        let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str);
        Ok(Self(authority.or(host).unwrap_or_default().to_owned()))
    }
}

/// Creates an endpoint. Its secret is shown this once.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, mount, ..): By<WriteWebhooks>,
    SentTo(host): SentTo,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<SecretWebhookEndpointBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let endpoint = new_endpoint(body.json(), app.allows_loopback_webhooks(&host))?;
    let (endpoint, secret) = app.create_webhook(&caller, endpoint).await?;
    let path = mount.path(&format!("/webhook_endpoints/{}", endpoint.id));
    Ok(Reply::created(path, with_secret(&app, (endpoint, secret))))
}

fn with_secret(app: &App, (endpoint, secret): ShownEndpoint) -> SecretWebhookEndpointBody {
    SecretWebhookEndpointBody::new(&endpoint, secret.map_or_else(String::new, |secret| secret.0), app.now())
}

/// Lists the endpoints, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadWebhooks>,
    mut query: Query,
) -> Result<Reply<PageBody<WebhookEndpointBody>>, Problem> {
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "webhook_endpoints", owner };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let (endpoints, more) = app.list_webhooks(&caller, page).await?;
    let last = endpoints.last().map(|endpoint| (endpoint.created_at, endpoint.id.as_str()));
    let pagination = cursors.pagination(more, last);
    let now = app.now();
    let data = endpoints.iter().map(|endpoint| WebhookEndpointBody::new(endpoint, now)).collect();
    Ok(Reply::ok(PageBody { data, pagination }))
}

/// Reads an endpoint.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadWebhooks>,
    EndpointPath(id): EndpointPath,
    query: Query,
) -> Result<Reply<WebhookEndpointBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(WebhookEndpointBody::new(&app.read_webhook(&caller, &id).await?, app.now())))
}

/// Changes an endpoint, or switches it off and on again.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteWebhooks>,
    EndpointPath(id): EndpointPath,
    SentTo(host): SentTo,
    query: Query,
    body: JsonBody,
) -> Result<Reply<WebhookEndpointBody>, Problem> {
    no_parameters(query)?;
    let change = endpoint_change(body.json(), app.allows_loopback_webhooks(&host))?;
    Ok(Reply::ok(WebhookEndpointBody::new(&app.change_webhook(&caller, &id, change).await?, app.now())))
}

/// Deletes an endpoint, with all that is still to be sent to it.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteWebhooks>,
    EndpointPath(id): EndpointPath,
    query: Query,
) -> Result<NoContent, Problem> {
    no_parameters(query)?;
    app.delete_webhook(&caller, &id).await?;
    Ok(NoContent::default())
}

/// Makes a new secret, shown this once. The one before goes on to sign beside it for 24 hours.
pub(super) async fn rotate_secret(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteWebhooks>,
    EndpointPath(id): EndpointPath,
    query: Query,
) -> Result<Reply<SecretWebhookEndpointBody>, Problem> {
    no_parameters(query)?;
    let rotated = app.rotate_webhook_secret(&caller, &id).await?;
    Ok(Reply::ok(with_secret(&app, rotated)))
}

/// Sends `webhook.test` to an endpoint, whatever that is told otherwise.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteWebhooks>,
    EndpointPath(id): EndpointPath,
    query: Query,
) -> Result<Reply<WebhookDeliveryBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::accepted(WebhookDeliveryBody::new(&app.test_webhook(&caller, &id).await?)))
}

/// Lists what was sent to an endpoint and what is still to be, the newest event first.
pub(super) async fn deliveries(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadWebhooks>,
    EndpointPath(id): EndpointPath,
    mut query: Query,
) -> Result<Reply<PageBody<WebhookDeliveryBody>>, Problem> {
    let cursors = Cursors { keyring: app.keyring(), list: "webhook_deliveries", owner: id.as_str() };
    let status = query.optional("status", one_of(&DeliveryStatus::ALL.map(|status| (status.as_str(), status))));
    let before = query.optional("cursor", |text| {
        let refused = |_| FieldError::new(FieldCode::InvalidFormat, "is not a cursor of this list");
        cursors.read(text)?.parse().map_err(refused)
    });
    let limit = limit(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let wanted = DeliveryQuery { id: id.clone(), status, before, limit };
    let (deliveries, more) = app.list_webhook_deliveries(&caller, wanted).await?;
    let last = deliveries.last().filter(|_| more).map(|delivery| cursors.write(&delivery.seq.to_string()));
    let pagination = Pagination { has_more: more, next_cursor: last };
    Ok(Reply::ok(PageBody { data: deliveries.iter().map(WebhookDeliveryBody::new).collect(), pagination }))
}

/// Reads a delivery, with what it says.
pub(super) async fn delivery(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadWebhooks>,
    EndpointPath(id): EndpointPath,
    DeliveryPath(delivery_id): DeliveryPath,
    query: Query,
) -> Result<Reply<ReadWebhookDeliveryBody>, Problem> {
    no_parameters(query)?;
    let (delivery, payload) = app.read_webhook_delivery(&caller, &id, &delivery_id).await?;
    Ok(Reply::ok(ReadWebhookDeliveryBody::new(&delivery, &payload)))
}

/// Sends an event once more, whatever has become of it, under the same `webhook-id`.
pub(super) async fn replay(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteWebhooks>,
    EndpointPath(id): EndpointPath,
    DeliveryPath(delivery_id): DeliveryPath,
    query: Query,
) -> Result<Reply<WebhookDeliveryBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::accepted(WebhookDeliveryBody::new(&app.replay_webhook(&caller, &id, &delivery_id).await?)))
}
