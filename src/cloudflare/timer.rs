//! The runtime's timer.
//!
//! Not `worker::Delay`: under the newest compatibility dates `setTimeout` returns an object, as in Node, where
//! that type unwraps a number and panics.

use async_trait::async_trait;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use worker::send::SendFuture;

use crate::ports::Timer;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, ms: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

/// The runtime's timer.
pub(super) struct SystemTimer;

#[async_trait]
impl Timer for SystemTimer {
    async fn sleep(&self, ms: u64) {
        // Beyond 32 bits the runtime would fire at once.
        let ms = f64::from(u32::try_from(ms).unwrap_or(u32::MAX / 2));
        SendFuture::new(async move {
            let mut handle = JsValue::UNDEFINED;
            let promise = js_sys::Promise::new(&mut |resolve, _| handle = set_timeout(&resolve, ms));
            let _clears = Handle(handle);
            // The promise is never rejected.
            let _ = JsFuture::from(promise).await;
        })
        .await;
    }
}

/// Clears the timer when nobody waits for it any more: a pending one would keep an object from hibernating.
struct Handle(JsValue);

impl Drop for Handle {
    fn drop(&mut self) {
        clear_timeout(&self.0);
    }
}
