//! Durable Objects: calling them, and being them.

use std::rc::Rc;

use async_trait::async_trait;
use worker::js_sys::{Reflect, Uint8Array};
use worker::send::SendFuture;
use worker::{
    DurableObject, Env, Method, ObjectNamespace, Request, RequestInit, Response, State, durable_object, wasm_bindgen,
};

use super::storage::ObjectStorage;
use super::world;
use crate::account::AccountObject as AccountRules;
use crate::directory::DirectoryObject as DirectoryRules;
use crate::domain::session::Region;
use crate::object::Object;
use crate::object::shell::Shell;
use crate::organization::OrganizationObject as OrganizationRules;
use crate::ports::{Address, Objects, PortError};
use crate::session::SessionObject as SessionRules;

/// The four namespaces.
pub(super) struct Namespaces {
    sessions: ObjectNamespace,
    organizations: ObjectNamespace,
    accounts: ObjectNamespace,
    directory: ObjectNamespace,
}

impl Namespaces {
    pub(super) fn new(env: &Env) -> Result<Self, String> {
        let namespace = |name: &str| env.durable_object(name).map_err(|error| error.to_string());
        Ok(Self {
            sessions: namespace("SESSIONS")?,
            organizations: namespace("ORGANIZATIONS")?,
            accounts: namespace("ACCOUNTS")?,
            directory: namespace("DIRECTORY")?,
        })
    }

    async fn fetch(&self, address: &Address, region: Option<Region>, request: Vec<u8>) -> worker::Result<Vec<u8>> {
        let (namespace, name) = match address {
            Address::Session(locator) => (&self.sessions, locator.to_string()),
            Address::Organization(locator) => (&self.organizations, locator.to_string()),
            Address::Account(locator) => (&self.accounts, locator.to_string()),
            Address::Directory => (&self.directory, "directory".to_owned()),
        };
        let stub = match region {
            Some(region) => namespace.get_by_name_with_location_hint(&name, region.as_str())?,
            None => namespace.get_by_name(&name)?,
        };
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_body(Some(Uint8Array::from(request.as_slice()).into()));
        // The host means nothing: the stub has chosen the receiver.
        let request = Request::new_with_init("https://object/", &init)?;
        stub.fetch_with_request(request).await?.bytes().await
    }
}

#[async_trait]
impl Objects for Namespaces {
    async fn call(&self, address: &Address, region: Option<Region>, request: Vec<u8>) -> Result<Vec<u8>, PortError> {
        SendFuture::new(self.fetch(address, region, request)).await.map_err(|error| failure(&error))
    }
}

/// What the platform says of a failed call, with its advice on trying again.
fn failure(error: &worker::Error) -> PortError {
    let flag = |name: &str| {
        let worker::Error::UnknownJsError { original, .. } = error else { return false };
        Reflect::get(original, &name.into()).is_ok_and(|value| value.is_truthy())
    };
    let retryable = flag("retryable") && !flag("overloaded");
    PortError { retryable, ..PortError::new("object call", error.to_string()) }
}

/// When (ms) an object of a deployment that is not configured looks whether it is by now.
const UNCONFIGURED_ALARM_MS: i64 = 60_000;

/// An object of the platform around the rules of one of our rooms.
struct Host<O: Object> {
    state: Rc<State>,
    shell: Result<Rc<Shell<O, ObjectStorage>>, String>,
}

impl<O: Object> Host<O> {
    fn new(state: State, env: &Env) -> Self {
        let shell = world(env).map(|(world, _)| Rc::new(Shell::new(ObjectStorage::new(&state), world)));
        Self { state: Rc::new(state), shell }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let shell = self.shell.as_ref().map_err(|reason| worker::Error::RustError(reason.clone()))?;
        let served = shell.serve(&request.bytes().await?).await;
        if !served.follow_up.is_empty() {
            let shell = Rc::clone(shell);
            self.state.wait_until(async move { shell.afterwards(served.follow_up).await });
        }
        Response::from_bytes(served.response)
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
