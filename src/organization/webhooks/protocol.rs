//! What an organization can be told about webhooks, and what it answers.

use serde::{Deserialize, Serialize};

use crate::domain::caller::Caller;
use crate::domain::change::Change;
use crate::domain::egress::ReceiverUrl;
use crate::domain::id::{DeliveryId, EndpointId};
use crate::domain::tagged::tagged;
use crate::domain::text::Name;
use crate::domain::webhook::{Delivery, DeliveryStatus, Endpoint, EventFilter};
use crate::object::Authority;
use crate::organization::protocol::{OneTime, Page};

/// A command about webhooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum WebhookCommand {
    /// Create an endpoint; the answer has its secret.
    Create { authority: Authority, endpoint: NewEndpoint },
    /// A page of endpoints, the newest first.
    List { caller: Caller, page: Page },
    /// One endpoint.
    Read { caller: Caller, id: EndpointId },
    /// Change an endpoint.
    Change { authority: Authority, id: EndpointId, change: EndpointChange },
    /// Delete an endpoint with all that was sent to it.
    Delete { authority: Authority, id: EndpointId },
    /// Make a new secret; the one before goes on to sign for a day.
    RotateSecret { authority: Authority, id: EndpointId },
    /// Send an event that says nothing.
    Test { authority: Authority, id: EndpointId },
    /// A page of what was sent to an endpoint, the newest first.
    Deliveries { caller: Caller, query: DeliveryQuery },
    /// One delivery, with what it says.
    Delivery { caller: Caller, id: EndpointId, delivery_id: DeliveryId },
    /// Send an event once more.
    Replay { authority: Authority, id: EndpointId, delivery_id: DeliveryId },
}
tagged!(WebhookCommand);

/// An endpoint to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewEndpoint {
    /// Where it listens.
    pub url: ReceiverUrl,
    /// What it is told.
    pub events: EventFilter,
    /// What people call it.
    pub description: Option<Name>,
    /// Whether it is told anything from the beginning.
    pub active: bool,
}

/// What a `PATCH` asks for. What it does not name stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the setting it is named after")]
pub struct EndpointChange {
    pub url: Option<ReceiverUrl>,
    pub events: Option<EventFilter>,
    pub description: Change<Name>,
    pub active: Option<bool>,
}

impl EndpointChange {
    /// The names of the fields it sets, as the audit log shows them.
    pub fn fields(&self) -> Vec<&'static str> {
        [
            ("url", self.url.is_some()),
            ("events", self.events.is_some()),
            ("description", !self.description.is_keep()),
            ("active", self.active.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, set)| set.then_some(name))
        .collect()
    }
}

/// Which deliveries to list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveryQuery {
    /// To which endpoint.
    pub id: EndpointId,
    /// Only those that stand so.
    pub status: Option<DeliveryStatus>,
    /// Only those of events before this number.
    pub before: Option<i64>,
    /// How many.
    pub limit: u32,
}

/// An answer about webhooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum WebhookReply {
    /// Done, and there is nothing to say about it.
    Done,
    /// An endpoint; with its secret where that was just made.
    Endpoint { endpoint: Box<Endpoint>, secret: Option<OneTime> },
    /// A page of endpoints.
    Endpoints { endpoints: Vec<Endpoint>, more: bool },
    /// A delivery; with what it says where that was asked for.
    Delivery { delivery: Box<Delivery>, payload: Option<String> },
    /// A page of deliveries.
    Deliveries { deliveries: Vec<Delivery>, more: bool },
}
tagged!(WebhookReply);
