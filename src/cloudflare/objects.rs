//! Durable Objects of the platform around the rules of our rooms.

use std::rc::Rc;
use std::sync::Arc;

use worker::{DurableObject, Env, Request, Response, ResponseBuilder, State, durable_object, wasm_bindgen};

use super::storage::ObjectStorage;
use super::ticks::ObjectTimer;
use super::world;
use crate::account::AccountObject as AccountRules;
use crate::directory::DirectoryObject as DirectoryRules;
use crate::object::Object;
use crate::object::shell::Shell;
use crate::organization::OrganizationObject as OrganizationRules;
use crate::session::SessionObject as SessionRules;

/// When (ms) an object of a deployment that is not configured looks whether it is by now.
const UNCONFIGURED_ALARM_MS: i64 = 60_000;

/// An object of the platform around the rules of one of our rooms.
struct Host<O: Object> {
    state: Rc<State>,
    shell: Result<Rc<Shell<O, ObjectStorage>>, String>,
}

impl<O: Object> Host<O> {
    fn new(state: State, env: &Env) -> Self {
        let shell = world(env, Arc::new(ObjectTimer::new()))
            .map(|(world, _)| Rc::new(Shell::new(ObjectStorage::new(&state), world)));
        Self { state: Rc::new(state), shell }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let shell = self.shell.as_ref().map_err(|reason| worker::Error::RustError(reason.clone()))?;
        let served = shell.serve(&request.bytes().await?).await;
        if !served.follow_up.is_empty() {
            let shell = Rc::clone(shell);
            self.state.wait_until(async move { shell.afterwards(served.follow_up).await });
        }
        // Without a header, which only another of our own would read.
        Ok(ResponseBuilder::new().fixed(served.response))
    }

    async fn alarm(&self) -> worker::Result<Response> {
        match &self.shell {
            Ok(shell) => shell.wake().await,
            // Not configured at the moment: look again, or what is waiting here would wait for ever.
            Err(_) => self.state.storage().set_alarm(UNCONFIGURED_ALARM_MS).await?,
        }
        Response::empty()
    }
}

macro_rules! host {
    ($(#[$doc:meta])* $name:ident, $rules:ty) => {
        $(#[$doc])*
        #[durable_object(alarm)]
        pub struct $name(Host<$rules>);

        impl DurableObject for $name {
            fn new(state: State, env: Env) -> Self {
                Self(Host::new(state, &env))
            }

            async fn fetch(&self, request: Request) -> worker::Result<Response> {
                self.0.fetch(request).await
            }

            async fn alarm(&self) -> worker::Result<Response> {
                self.0.alarm().await
            }
        }
    };
}

host!(
    /// A session.
    SessionObject,
    SessionRules
);
host!(
    /// An organization.
    OrganizationObject,
    OrganizationRules
);
host!(
    /// A user's account.
    AccountObject,
    AccountRules
);
host!(
    /// The directory.
    DirectoryObject,
    DirectoryRules
);
