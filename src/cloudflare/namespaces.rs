//! Durable Objects, called.
//!
//! What the `worker` crate offers for this builds a request first and reads the answer as a stream, which costs more than
//! most objects take to answer: here are the two calls of the platform as they are.

use async_trait::async_trait;
use wasm_bindgen::prelude::{JsCast as _, JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::Env;
use worker::js_sys::{Object, Promise, Reflect, Uint8Array};
use worker::send::SendFuture;

use crate::domain::session::Region;
use crate::ports::{Address, Objects, PortError};

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type Namespace;

    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &str, options: &JsValue) -> Result<Stub, JsValue>;

    type Stub;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Stub, url: &str, init: &Object) -> Result<Promise, JsValue>;

    type Answer;

    #[wasm_bindgen(method, catch, js_name = arrayBuffer)]
    fn array_buffer(this: &Answer) -> Result<Promise, JsValue>;
}

/// The four namespaces.
pub(super) struct Namespaces {
    sessions: Namespace,
    organizations: Namespace,
    accounts: Namespace,
    directory: Namespace,
}

impl Namespaces {
    pub(super) fn new(env: &Env) -> Result<Self, String> {
        let namespace = |name: &str| match Reflect::get(env, &name.into()) {
            Ok(binding) if binding.is_object() => Ok(binding.unchecked_into()),
            _ => Err(format!("there is no binding {name}")),
        };
        Ok(Self {
            sessions: namespace("SESSIONS")?,
            organizations: namespace("ORGANIZATIONS")?,
            accounts: namespace("ACCOUNTS")?,
            directory: namespace("DIRECTORY")?,
        })
    }

    async fn fetch(&self, address: &Address, region: Option<Region>, request: Vec<u8>) -> Result<Vec<u8>, JsValue> {
        let (namespace, name) = match address {
            Address::Session(locator) => (&self.sessions, locator.to_string()),
            Address::Organization(locator) => (&self.organizations, locator.to_string()),
            Address::Account(locator) => (&self.accounts, locator.to_string()),
            Address::Directory => (&self.directory, "directory".to_owned()),
        };
        let options = match region {
            Some(region) => record("locationHint", &region.as_str().into())?.into(),
            None => JsValue::UNDEFINED,
        };
        let init = record("method", &"POST".into())?;
        Reflect::set(&init, &"body".into(), &Uint8Array::from(request.as_slice()))?;
        // The host means nothing: the stub has chosen the receiver.
        let answering = namespace.get_by_name(&name, &options)?.fetch("https://object/", &init)?;
        let answer: Answer = JsFuture::from(answering).await?.unchecked_into();
        Ok(Uint8Array::new(&JsFuture::from(answer.array_buffer()?).await?).to_vec())
    }
}

fn record(name: &str, value: &JsValue) -> Result<Object, JsValue> {
    let record = Object::new();
    Reflect::set(&record, &name.into(), value)?;
    Ok(record)
}

#[async_trait]
impl Objects for Namespaces {
    async fn call(&self, address: &Address, region: Option<Region>, request: Vec<u8>) -> Result<Vec<u8>, PortError> {
        SendFuture::new(self.fetch(address, region, request)).await.map_err(|error| failure(&error))
    }
}

/// What the platform says of a failed call, with its advice on trying again.
fn failure(error: &JsValue) -> PortError {
    let field = |name: &str| Reflect::get(error, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let retryable = field("retryable").is_truthy() && !field("overloaded").is_truthy();
    let detail = field("message").as_string().unwrap_or_else(|| format!("{error:?}"));
    PortError { retryable, ..PortError::new("object call", detail) }
}
