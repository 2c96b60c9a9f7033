//! The one room with a door to Cloudflare (H1): entry points, and one adapter for each port.
//!
//! No rules and no formats in here. Whatever comes in leaves as a response of ours, even when the platform
//! fails, because an error thrown at the runtime would reach the client as it is.

mod direct;
mod doors;
mod gateway;
mod namespaces;
mod objects;
mod storage;
mod ticks;
mod timer;

use std::cell::OnceCell;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use tower_service::Service as _;
use worker::js_sys::Reflect;
use worker::{Context, Env, HttpRequest, Request, event};

use crate::api;
use crate::api::around::Colo;
use crate::app::{App, Background, Settings};
use crate::ports::{Timer, World};

/// The service of one isolate.
#[derive(Clone)]
struct Service {
    router: Router,
    /// None in a deployment that is not configured.
    app: Option<Arc<App>>,
    /// Where the isolate runs, if the platform has said so.
    colo: Option<Colo>,
}

thread_local! {
    /// Built once per isolate; a panic's reset leaves it empty, never wrong.
    static SERVICE: OnceCell<Service> = const { OnceCell::new() };
}

/// Every request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response<Body>> {
    let mut service = SERVICE.with(|cell| cell.get_or_init(|| service(&env, &request)).clone());
    let background = Background::default();
    let mut request = readable(request).map_or_else(|_| unreadable(), |request| request.map(Body::new));
    request.extensions_mut().insert(background.clone());
    if let Some(colo) = service.colo.take() {
        request.extensions_mut().insert(colo);
    }
    let response = service.router.call(request).await.unwrap_or_else(|never| match never {});
    carry_out(service.app, &background, &context);
    Ok(response)
}

/// Has the platform wait for what goes on after an answer, in the name of the request that has begun it.
fn carry_out(app: Option<Arc<App>>, background: &Background, context: &Context) {
    let Some(app) = app else { return };
    for job in background.take() {
        let app = Arc::clone(&app);
        context.wait_until(async move { app.carry_out(job).await });
    }
}

/// Where the platform says that the request has come to. Not every runtime says so, and `worker::Cf` insists on it.
fn colo(request: &Request) -> Option<Colo> {
    let cf = Reflect::get(request.inner(), &"cf".into()).ok()?;
    let colo = Reflect::get(&cf, &"colo".into()).ok()?.as_string()?;
    Some(Colo(colo.into()))
}

/// An isolate stays where it is, so the first request tells for all.
fn service(env: &Env, request: &Request) -> Service {
    let colo = colo(request);
    match world(env, Arc::new(timer::SystemTimer)) {
        Ok((world, settings)) => {
            let limiter = Arc::new(doors::Failures::new(env));
            let assets = Arc::new(doors::StaticAssets::new(env));
            let app = Arc::new(App::new(world, limiter, assets, settings));
            Service { router: api::router(Arc::clone(&app)), app: Some(app), colo }
        }
        Err(reason) => {
            worker::console_error!(
                "{}",
                serde_json::json!({ "level": "error", "event": "not configured", "detail": reason })
            );
            let router = api::unconfigured(Arc::new(doors::SystemEntropy), Arc::new(doors::Console));
            Service { router, app: None, colo }
        }
    }
}

/// The doors of this deployment, and its settings.
fn world(env: &Env, timer: Arc<dyn Timer>) -> Result<(World, Settings), String> {
    let text = |name: &str| env.var(name).ok().map(|value| value.to_string());
    let (keyring, rules, settings) = Settings::parse(text).map_err(|error| error.to_string())?;
    let world = World {
        kv: Arc::new(doors::Keys::new(env)?),
        objects: Arc::new(namespaces::Namespaces::new(env)?),
        clock: Arc::new(doors::SystemClock),
        timer,
        entropy: Arc::new(doors::SystemEntropy),
        log: Arc::new(doors::Console),
        outbound: Arc::new(doors::Web),
        keyring: Arc::new(keyring),
        rules: Arc::new(rules),
    };
    Ok((world, settings))
}

/// Headers of which a value outside ASCII is an error; that of any other header is nothing to us.
const OURS: [&str; 7] =
    ["authorization", "x-api-key", "idempotency-key", "content-type", "content-encoding", "origin", "sec-fetch-site"];

/// The request in HTTP types. Those take ASCII only, while a proxy passes on whatever a browser sent it (a cookie,
/// a referrer, the name of a city): such headers are left out.
fn readable(request: Request) -> worker::Result<HttpRequest> {
    let odd = |(name, value): &(String, String)| !value.is_ascii() && !OURS.contains(&name.as_str());
    let odd: Vec<(String, String)> = request.headers().entries().filter(odd).collect();
    if odd.is_empty() {
        return HttpRequest::try_from(request);
    }
    let mut request = request.clone_mut()?;
    for (name, value) in odd {
        // Of the cookies that a browser sends, ours is ASCII, and the others are nothing to us.
        let ascii: Vec<&str> = value.split(';').filter(|pair| pair.is_ascii()).collect();
        match name.as_str() {
            "cookie" => request.headers_mut()?.set(&name, &ascii.join(";"))?,
            _ => request.headers_mut()?.delete(&name)?,
        }
    }
    HttpRequest::try_from(request)
}

/// A request that no route answers, in place of one that cannot be represented.
fn unreadable() -> axum::http::Request<Body> {
    let mut request = axum::http::Request::new(Body::empty());
    request.extensions_mut().insert(api::Unreadable);
    request
}
