//! Routes of the gateway: created, changed and deleted by those who may, and told to gateways under a lease.
//!
//! A gateway acts on the table that it was told for `LEASE_MS`. Whatever takes something away from somebody (a change, a
//! deletion, a new route below another) is answered when the last lease on the table before has ended, and so is every
//! answer that shows it meanwhile. Nobody has to be called: a lease is shorter than anybody would wait.

pub mod protocol;
pub mod store;

use crate::domain::audit::Action;
use crate::domain::caller::{Caller, Reach};
use crate::domain::gateway::signature::Secret;
use crate::domain::gateway::{ROUTES_MAX, Route, RouteTable, Terms};
use crate::domain::id::RouteId;
use crate::domain::lease::Granted;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::{OVERLAP_MS, SECRETS_MAX, SecretSource};
use crate::object::{Abort, Authority, Context, Done, Effect, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::changes::{require_open, require_organization};
use super::lists::Filter;
use super::members::{Admission, admit};
use super::policy::Memory;
use super::protocol::{OneTime, Page, Reply};
use super::store as directory;
use super::{OrganizationObject, events};
use protocol::{GatewayCommand, GatewayReply};

/// How long (ms) a gateway may act on a table before it asks again.
pub(crate) const LEASE_MS: i64 = 3_000;

/// Until when gateways may act on what they have heard.
#[derive(Default)]
pub struct Leases {
    /// None before the first look at the horizon.
    granted: Option<Granted<()>>,
    /// Whether this step has raised the horizon.
    raised: bool,
}

impl Leases {
    /// A step begins.
    pub fn begin(&mut self) {
        self.raised = false;
    }

    /// The step has been taken back, and with it the row of the horizon if it has raised that.
    pub fn roll_back(&mut self) {
        if self.raised {
            self.granted = None;
        }
    }

    fn granted(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<&mut Granted<()>, SqlError> {
        let granted = match self.granted.take() {
            Some(granted) => granted,
            None => Granted::restore(store::horizon(sql)?, LEASE_MS, now),
        };
        Ok(self.granted.insert(granted))
    }

    /// How long (ms) an answer has to wait that shows the table as it stands.
    fn wait_ms(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<u64, SqlError> {
        let last = self.granted(sql, now)?.last_former_end();
        Ok(u64::try_from(last.millis_since(now)).unwrap_or(0))
    }
}

/// What a command may do to the rows.
pub fn effect(command: &GatewayCommand) -> Effect {
    match command {
        GatewayCommand::List { .. } | GatewayCommand::Read { .. } => Effect::Reads,
        // It may raise the horizon.
        GatewayCommand::Table => Effect::Counts,
        GatewayCommand::Create { .. }
        | GatewayCommand::Change { .. }
        | GatewayCommand::Delete { .. }
        | GatewayCommand::RotateSecret { .. } => Effect::Writes,
    }
}

/// Carries out a command about routes.
pub fn handle(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    command: &GatewayCommand,
) -> Result<Step<OrganizationObject>, Abort> {
    match command {
        GatewayCommand::Table => table(sql, memory, context),
        GatewayCommand::List { caller, page } => {
            require_reach(caller)?;
            let reply = list(sql, page)?;
            done(sql, memory, context, reply)
        }
        GatewayCommand::Read { caller, id } => {
            require_reach(caller)?;
            let route = Box::new(require(sql, id)?);
            done(sql, memory, context, GatewayReply::Route { route, secret: None })
        }
        GatewayCommand::Create { authority, terms } => {
            admitted(sql, memory, context, authority, |leases| create(sql, leases, context, authority, terms))
        }
        GatewayCommand::Change { authority, id, change } => admitted(sql, memory, context, authority, |leases| {
            let mut route = require(sql, id)?;
            let fields = change.fields();
            route.terms = change.clone().applied(route.terms);
            require_session(sql, &route.terms)?;
            require_free(sql, &route.terms, Some(id))?;
            route.updated_at = context.now;
            store::save(sql, &route)?;
            leases.granted(sql, context.now)?.change(context.now);
            note(sql, context, authority, Action::GatewayRouteUpdated, id, &fields)?;
            Ok(GatewayReply::Route { route: Box::new(route), secret: None })
        }),
        GatewayCommand::Delete { authority, id } => admitted(sql, memory, context, authority, |leases| {
            require(sql, id)?;
            store::delete(sql, id)?;
            leases.granted(sql, context.now)?.change(context.now);
            note(sql, context, authority, Action::GatewayRouteDeleted, id, &[])?;
            Ok(GatewayReply::Done)
        }),
        GatewayCommand::RotateSecret { authority, id } => {
            admitted(sql, memory, context, authority, |_| rotate_secret(sql, context, authority, id))
        }
    }
}

/// Tells a gateway the routes, for a time. Whether keys are good is for their sessions to say, also of an organization that
/// is suspended or deleted.
fn table(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_organization(sql)?;
    let leases = &mut memory.routes;
    if let Some(horizon) = leases.granted(sql, context.now)?.grant((), LEASE_MS, context.now) {
        leases.raised = true;
        store::save_horizon(sql, horizon)?;
    }
    let mut routes = store::all(sql)?;
    routes.retain(|route| route.terms.active);
    let table = Box::new(RouteTable { session_id: organization.default_session_id, routes });
    Ok(Step::done(Reply::Gateway { gateway: Box::new(GatewayReply::Table { table, ttl_ms: LEASE_MS }) }))
}

fn done(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    reply: GatewayReply,
) -> Result<Step<OrganizationObject>, Abort> {
    let wait_ms = memory.routes.wait_ms(sql, context.now)?;
    let reply = Reply::Gateway { gateway: Box::new(reply) };
    Ok(Step::Done(Done { reply, wait_ms, awaiting: Vec::new(), follow_up: None }))
}

/// Checks the authority first: nobody learns which routes there are by failing.
fn admitted(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    work: impl FnOnce(&mut Leases) -> Result<GatewayReply, Abort>,
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_open(sql)?;
    match admit(sql, context, &organization, authority)? {
        Admission::Granted(_) => {
            let reply = work(&mut memory.routes)?;
            done(sql, memory, context, reply)
        }
        Admission::Ask(question) => Ok(Step::Confirm(question)),
    }
}

fn create(
    sql: &dyn Sql,
    leases: &mut Leases,
    context: &Context<'_>,
    authority: &Authority,
    terms: &Terms,
) -> Result<GatewayReply, Abort> {
    require_session(sql, terms)?;
    let routes = store::all(sql)?;
    if routes.len() >= ROUTES_MAX as usize {
        return Err(Rejection::TooManyGatewayRoutes.into());
    }
    require_free(sql, terms, None)?;
    let route = Route {
        id: RouteId::from_seed(&events::seed_of(&[b"gateway_route", &context.draw(1)])),
        terms: terms.clone(),
        secrets: vec![new_source(context)],
        created_by: authority.actor(),
        created_at: context.now,
        updated_at: context.now,
    };
    // Where nothing led before, nobody can get through who should not any more.
    if terms.active && routes.iter().any(|other| other.terms.active && other.terms.path.covers_route(&terms.path)) {
        leases.granted(sql, context.now)?.change(context.now);
    }
    store::save(sql, &route)?;
    note(sql, context, authority, Action::GatewayRouteCreated, &route.id, &[])?;
    shown_once(context, route)
}

fn rotate_secret(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    id: &RouteId,
) -> Result<GatewayReply, Abort> {
    let mut route = require(sql, id)?;
    let until = context.now.plus_millis(OVERLAP_MS);
    route.secrets.retain(|secret| secret.until.is_none_or(|until| until > context.now));
    for secret in &mut route.secrets {
        secret.until = Some(secret.until.map_or(until, |before| before.min(until)));
    }
    route.secrets.insert(0, new_source(context));
    route.secrets.truncate(SECRETS_MAX);
    route.updated_at = context.now;
    store::save(sql, &route)?;
    note(sql, context, authority, Action::GatewayRouteSecretRotated, id, &[])?;
    shown_once(context, route)
}

fn new_source(context: &Context<'_>) -> SecretSource {
    SecretSource { root: context.keyring.newest_version(), nonce: hex::encode(context.draw(2)), until: None }
}

fn shown_once(context: &Context<'_>, route: Route) -> Result<GatewayReply, Abort> {
    let source = route.secrets.first();
    let secret = source.and_then(|source| Secret::derive(context.keyring, &route.id, source));
    let secret = secret.ok_or_else(|| SqlError("a secret cannot be derived".to_owned()))?;
    Ok(GatewayReply::Route { route: Box::new(route), secret: Some(OneTime(secret.shown())) })
}

fn list(sql: &dyn Sql, page: &Page) -> Result<GatewayReply, Abort> {
    let mut filter = Filter::default();
    filter.after(page);
    let select = "SELECT record FROM gateway_routes";
    let (rows, more) = filter.page(sql, select, "created_at DESC, id DESC", page.limit)?;
    Ok(GatewayReply::Routes { routes: rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?, more })
}

/// Routes are the whole organization's: who is bound to one session has no part in them.
fn require_reach(caller: &Caller) -> Result<(), Abort> {
    match caller.reach {
        Reach::Organization => Ok(()),
        Reach::Session => Err(Rejection::OutsideReach.into()),
    }
}

fn require(sql: &dyn Sql, id: &RouteId) -> Result<Route, Abort> {
    store::route(sql, id)?.ok_or(Abort::Rejected(Rejection::GatewayRouteNotFound))
}

/// A session of somebody else is none.
fn require_session(sql: &dyn Sql, terms: &Terms) -> Result<(), Abort> {
    match &terms.session_id {
        Some(id) if !directory::has_session(sql, id)? => Err(Rejection::SessionNotFound.into()),
        _ => Ok(()),
    }
}

fn require_free(sql: &dyn Sql, terms: &Terms, own: Option<&RouteId>) -> Result<(), Abort> {
    match store::by_path(sql, &terms.path)? {
        Some(id) if own != Some(&id) => Err(Rejection::GatewayPathTaken.into()),
        _ => Ok(()),
    }
}

fn note(
    sql: &dyn Sql,
    context: &Context<'_>,
    authority: &Authority,
    action: Action,
    id: &RouteId,
    details: &[&str],
) -> Result<(), SqlError> {
    audit_log::record(sql, context, authority.actor(), action, id.as_str(), details).map(drop)
}
