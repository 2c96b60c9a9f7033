//! Endpoints for webhooks, and what was sent to them. All of it is about the whole organization.

use super::call::unexpected;
use super::{App, Error, Principal};
use crate::domain::id::{DeliveryId, EndpointId};
use crate::domain::operation::Operation;
use crate::domain::webhook::{Delivery, Endpoint};
use crate::organization::protocol::{Command, OneTime, Page, Reply};
use crate::organization::webhooks::protocol::{
    DeliveryQuery, EndpointChange, NewEndpoint, WebhookCommand, WebhookReply,
};

/// An endpoint, with its secret where that was just made.
pub type ShownEndpoint = (Endpoint, Option<OneTime>);

impl App {
    /// Whether webhooks may be sent to this very machine, as asked through this host.
    pub fn allows_loopback_webhooks(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        self.world.rules.loopback_webhooks && ["localhost", "127.0.0.1", "[::1]"].contains(&name)
    }

    /// Creates an endpoint; its secret is shown this once.
    ///
    /// # Errors
    /// `TooManyWebhooks`, `OutsideReach`, `RoleInsufficient`, `OrganizationDeleted`.
    pub async fn create_webhook(&self, by: &Principal, endpoint: NewEndpoint) -> Result<ShownEndpoint, Error> {
        let authority = by.authority_over_all(Operation::WriteWebhooks)?;
        self.webhook(by, WebhookCommand::Create { authority, endpoint }).await
    }

    /// A page of endpoints, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `OutsideReach`; `Unavailable` if the organization cannot be reached.
    pub async fn list_webhooks(&self, by: &Principal, page: Page) -> Result<(Vec<Endpoint>, bool), Error> {
        let WebhookReply::Endpoints { endpoints, more } =
            self.webhooks(by, WebhookCommand::List { caller: by.reader_of_all()?, page }).await?
        else {
            return unexpected();
        };
        Ok((endpoints, more))
    }

    /// Reads an endpoint.
    ///
    /// # Errors
    /// `WebhookNotFound`, `OutsideReach`.
    pub async fn read_webhook(&self, by: &Principal, id: &EndpointId) -> Result<Endpoint, Error> {
        let command = WebhookCommand::Read { caller: by.reader_of_all()?, id: id.clone() };
        Ok(self.webhook(by, command).await?.0)
    }

    /// Changes an endpoint.
    ///
    /// # Errors
    /// `WebhookNotFound`, and as for creating one.
    pub async fn change_webhook(
        &self,
        by: &Principal,
        id: &EndpointId,
        change: EndpointChange,
    ) -> Result<Endpoint, Error> {
        let command = WebhookCommand::Change {
            authority: by.authority_over_all(Operation::WriteWebhooks)?,
            id: id.clone(),
            change,
        };
        Ok(self.webhook(by, command).await?.0)
    }

    /// Deletes an endpoint with all that was sent to it.
    ///
    /// # Errors
    /// `WebhookNotFound`, and as for creating one.
    pub async fn delete_webhook(&self, by: &Principal, id: &EndpointId) -> Result<(), Error> {
        let command =
            WebhookCommand::Delete { authority: by.authority_over_all(Operation::WriteWebhooks)?, id: id.clone() };
        self.webhooks(by, command).await.map(drop)
    }

    /// Makes a new secret, shown this once; the one before goes on to sign for a day.
    ///
    /// # Errors
    /// `WebhookNotFound`, and as for creating one.
    pub async fn rotate_webhook_secret(&self, by: &Principal, id: &EndpointId) -> Result<ShownEndpoint, Error> {
        let command = WebhookCommand::RotateSecret {
            authority: by.authority_over_all(Operation::WriteWebhooks)?,
            id: id.clone(),
        };
        self.webhook(by, command).await
    }

    /// Sends an event that says nothing.
    ///
    /// # Errors
    /// `WebhookNotFound`, `WebhookDisabled`, and as for creating one.
    pub async fn test_webhook(&self, by: &Principal, id: &EndpointId) -> Result<Delivery, Error> {
        let command =
            WebhookCommand::Test { authority: by.authority_over_all(Operation::WriteWebhooks)?, id: id.clone() };
        Ok(self.webhook_delivery(by, command).await?.0)
    }

    /// A page of what was sent to an endpoint, the newest event first, and whether there is another page.
    ///
    /// # Errors
    /// `WebhookNotFound`, `OutsideReach`.
    pub async fn list_webhook_deliveries(
        &self,
        by: &Principal,
        query: DeliveryQuery,
    ) -> Result<(Vec<Delivery>, bool), Error> {
        let WebhookReply::Deliveries { deliveries, more } =
            self.webhooks(by, WebhookCommand::Deliveries { caller: by.reader_of_all()?, query }).await?
        else {
            return unexpected();
        };
        Ok((deliveries, more))
    }

    /// Reads a delivery, with what it says.
    ///
    /// # Errors
    /// `WebhookNotFound`, `WebhookDeliveryNotFound`, `OutsideReach`.
    pub async fn read_webhook_delivery(
        &self,
        by: &Principal,
        id: &EndpointId,
        delivery_id: &DeliveryId,
    ) -> Result<(Delivery, String), Error> {
        let (id, delivery_id) = (id.clone(), delivery_id.clone());
        let command = WebhookCommand::Delivery { caller: by.reader_of_all()?, id, delivery_id };
        let (delivery, payload) = self.webhook_delivery(by, command).await?;
        Ok((delivery, payload.unwrap_or_default()))
    }

    /// Sends an event once more.
    ///
    /// # Errors
    /// `WebhookNotFound`, `WebhookDeliveryNotFound`, `WebhookDisabled`, and as for creating an endpoint.
    pub async fn replay_webhook(
        &self,
        by: &Principal,
        id: &EndpointId,
        delivery_id: &DeliveryId,
    ) -> Result<Delivery, Error> {
        let (id, delivery_id) = (id.clone(), delivery_id.clone());
        let command =
            WebhookCommand::Replay { authority: by.authority_over_all(Operation::WriteWebhooks)?, id, delivery_id };
        Ok(self.webhook_delivery(by, command).await?.0)
    }

    async fn webhook(&self, by: &Principal, command: WebhookCommand) -> Result<ShownEndpoint, Error> {
        let WebhookReply::Endpoint { endpoint, secret } = self.webhooks(by, command).await? else {
            return unexpected();
        };
        Ok((*endpoint, secret))
    }

    async fn webhook_delivery(
        &self,
        by: &Principal,
        command: WebhookCommand,
    ) -> Result<(Delivery, Option<String>), Error> {
        let WebhookReply::Delivery { delivery, payload } = self.webhooks(by, command).await? else {
            return unexpected();
        };
        Ok((*delivery, payload))
    }

    async fn webhooks(&self, by: &Principal, command: WebhookCommand) -> Result<WebhookReply, Error> {
        let command = Command::Webhooks { webhooks: Box::new(command) };
        let Reply::Webhooks { webhooks } = self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(*webhooks)
    }
}
