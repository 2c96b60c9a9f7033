//! The least that this runtime can do in Rust, in the styles there are: what `npm run bench` measures Latchkey against.
//!
//! `fetch` is the documented style; `web` the same with the types of `web_sys`; `constant` is called by a JavaScript
//! shell, synchronously (shells/shell.js); `hop` asks an object. `hot` is the work of a verification behind such a shell.

mod hot;

use wasm_bindgen::prelude::wasm_bindgen;
use worker::js_sys::Uint8Array;
use worker::{
    Context, DurableObject, Env, Method, Request, RequestInit, Response, Result, State, durable_object, event,
};

/// A constant answer, with the types of the `worker` crate.
#[event(fetch)]
async fn fetch(_request: Request, _env: Env, _context: Context) -> Result<Response> {
    Response::ok("ok")
}

/// A constant answer, with the types of `web_sys`.
#[wasm_bindgen]
pub async fn web(_request: web_sys::Request) -> std::result::Result<web_sys::Response, wasm_bindgen::JsValue> {
    web_sys::Response::new_with_opt_str(Some("ok"))
}

/// A constant answer for a shell in JavaScript, which makes the response.
#[wasm_bindgen]
pub fn constant() -> String {
    "ok".to_owned()
}

/// An answer that an object gives, called as Latchkey calls its own: bytes there, bytes back.
#[wasm_bindgen]
pub async fn hop(
    _request: web_sys::Request,
    env: Env,
) -> std::result::Result<web_sys::Response, wasm_bindgen::JsValue> {
    match asked(&env).await {
        Ok(bytes) => Ok(Response::from_bytes(bytes).map_err(worker::Error::from)?.into()),
        Err(error) => Err(error.into()),
    }
}

async fn asked(env: &Env) -> Result<Vec<u8>> {
    let stub = env.durable_object("HOPS")?.get_by_name("one")?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(Uint8Array::from(b"what?".as_slice()).into()));
    stub.fetch_with_request(Request::new_with_init("https://object/", &init)?).await?.bytes().await
}

/// An object that answers a constant.
#[durable_object(fetch)]
pub struct HopObject;

impl DurableObject for HopObject {
    fn new(_state: State, _env: Env) -> Self {
        Self
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        request.bytes().await?;
        Response::from_bytes(b"ok".to_vec())
    }
}
