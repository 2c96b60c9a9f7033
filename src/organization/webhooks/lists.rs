//! What can be read of webhooks. Who is bound to one session reads nothing: it is told what happens in others.

use super::protocol::{DeliveryQuery, WebhookReply};
use super::store;
use crate::domain::caller::{Caller, Reach};
use crate::domain::id::{DeliveryId, EndpointId};
use crate::object::{Abort, Rejection};
use crate::organization::lists::Filter;
use crate::organization::protocol::Page;
use crate::ports::Sql;

fn require_reach(caller: &Caller) -> Result<(), Abort> {
    match caller.reach {
        Reach::Organization => Ok(()),
        Reach::Session => Err(Rejection::OutsideReach.into()),
    }
}

/// A page of endpoints, the newest first.
pub fn endpoints(sql: &dyn Sql, caller: &Caller, page: &Page) -> Result<WebhookReply, Abort> {
    require_reach(caller)?;
    let mut filter = Filter::default();
    filter.after(page);
    let select = "SELECT record FROM webhook_endpoints";
    let (rows, more) = filter.page(sql, select, "created_at DESC, id DESC", page.limit)?;
    Ok(WebhookReply::Endpoints { endpoints: rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?, more })
}

/// One endpoint.
pub fn endpoint(sql: &dyn Sql, caller: &Caller, id: &EndpointId) -> Result<WebhookReply, Abort> {
    require_reach(caller)?;
    let endpoint = store::endpoint(sql, id)?.ok_or(Rejection::WebhookNotFound)?;
    Ok(WebhookReply::Endpoint { endpoint: Box::new(endpoint), secret: None })
}

/// A page of what was sent to an endpoint, the newest event first.
pub fn deliveries(sql: &dyn Sql, caller: &Caller, wanted: &DeliveryQuery) -> Result<WebhookReply, Abort> {
    require_reach(caller)?;
    store::endpoint(sql, &wanted.id)?.ok_or(Rejection::WebhookNotFound)?;
    let mut filter = Filter::default();
    filter.and("endpoint_id = ?", [wanted.id.as_str().into()]);
    if let Some(status) = wanted.status {
        filter.and("status = ?", [status.as_str().into()]);
    }
    if let Some(before) = wanted.before {
        filter.and("seq < ?", [before.into()]);
    }
    let (rows, more) = filter.page(sql, "SELECT record FROM webhook_deliveries", "seq DESC", wanted.limit)?;
    Ok(WebhookReply::Deliveries { deliveries: rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?, more })
}

/// One delivery, with what it says.
pub fn delivery(
    sql: &dyn Sql,
    caller: &Caller,
    id: &EndpointId,
    delivery_id: &DeliveryId,
) -> Result<WebhookReply, Abort> {
    require_reach(caller)?;
    store::endpoint(sql, id)?.ok_or(Rejection::WebhookNotFound)?;
    let (delivery, payload) = store::delivery(sql, id, delivery_id)?.ok_or(Rejection::WebhookDeliveryNotFound)?;
    Ok(WebhookReply::Delivery { delivery: Box::new(delivery), payload: Some(payload) })
}
