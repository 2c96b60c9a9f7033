//! Routes of the gateway, as those who manage them see them. All of it is about the whole organization.

use crate::app::call::unexpected;
use crate::app::{App, Error, Principal};
use crate::domain::gateway::{Route, Terms};
use crate::domain::id::RouteId;
use crate::domain::operation::Operation;
use crate::organization::gateway::protocol::{GatewayCommand, GatewayReply, RouteChange};
use crate::organization::protocol::{Command, OneTime, Page, Reply};

/// A route, with its secret where that was just made.
pub type ShownRoute = (Route, Option<OneTime>);

impl App {
    /// Creates a route; its secret is shown this once. It returns when nobody gets through any more who should not.
    ///
    /// # Errors
    /// `SessionNotFound`, `GatewayPathTaken`, `TooManyGatewayRoutes`, `OutsideReach`, `RoleInsufficient`, `OrganizationDeleted`.
    pub async fn create_gateway_route(&self, by: &Principal, terms: Terms) -> Result<ShownRoute, Error> {
        self.route(
            by,
            GatewayCommand::Create {
                authority: by.authority_over_all(Operation::WriteGatewayRoutes)?,
                terms: Box::new(terms),
            },
        )
        .await
    }

    /// A page of routes, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `OutsideReach`; `Unavailable` if the organization cannot be reached.
    pub async fn list_gateway_routes(&self, by: &Principal, page: Page) -> Result<(Vec<Route>, bool), Error> {
        let command = GatewayCommand::List { caller: by.reader_of_all()?, page };
        let GatewayReply::Routes { routes, more } = self.gateway_routes(by, command).await? else {
            return unexpected();
        };
        Ok((routes, more))
    }

    /// Reads a route.
    ///
    /// # Errors
    /// `GatewayRouteNotFound`, `OutsideReach`.
    pub async fn read_gateway_route(&self, by: &Principal, id: &RouteId) -> Result<Route, Error> {
        Ok(self.route(by, GatewayCommand::Read { caller: by.reader_of_all()?, id: id.clone() }).await?.0)
    }

    /// Changes a route: when this returns, nobody acts on what it was.
    ///
    /// # Errors
    /// `GatewayRouteNotFound`, and as for creating one.
    pub async fn change_gateway_route(
        &self,
        by: &Principal,
        id: &RouteId,
        change: RouteChange,
    ) -> Result<Route, Error> {
        let (authority, id) = (by.authority_over_all(Operation::WriteGatewayRoutes)?, id.clone());
        Ok(self.route(by, GatewayCommand::Change { authority, id, change: Box::new(change) }).await?.0)
    }

    /// Deletes a route: when this returns, nobody gets through on it.
    ///
    /// # Errors
    /// `GatewayRouteNotFound`, and as for creating one.
    pub async fn delete_gateway_route(&self, by: &Principal, id: &RouteId) -> Result<(), Error> {
        let command =
            GatewayCommand::Delete { authority: by.authority_over_all(Operation::WriteGatewayRoutes)?, id: id.clone() };
        self.gateway_routes(by, command).await.map(drop)
    }

    /// Makes a new secret, shown this once; the one before goes on to sign for a day.
    ///
    /// # Errors
    /// `GatewayRouteNotFound`, and as for creating one.
    pub async fn rotate_gateway_route_secret(&self, by: &Principal, id: &RouteId) -> Result<ShownRoute, Error> {
        self.route(
            by,
            GatewayCommand::RotateSecret {
                authority: by.authority_over_all(Operation::WriteGatewayRoutes)?,
                id: id.clone(),
            },
        )
        .await
    }

    async fn route(&self, by: &Principal, command: GatewayCommand) -> Result<ShownRoute, Error> {
        let GatewayReply::Route { route, secret } = self.gateway_routes(by, command).await? else {
            return unexpected();
        };
        Ok((*route, secret))
    }

    async fn gateway_routes(&self, by: &Principal, command: GatewayCommand) -> Result<GatewayReply, Error> {
        let command = Command::Gateway { gateway: Box::new(command) };
        let Reply::Gateway { gateway } = self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(*gateway)
    }
}
