//! The runtime's timer, as requests have it; objects wait by ticks (ticks.rs).
//!
//! Not `worker::Delay`: under the newest compatibility dates `setTimeout` returns an object, as in Node, where
//! that type unwraps a number and panics. And not a promise: most timers are dropped before they ring, and a promise that
//! is never settled keeps whatever waits for it in memory for ever.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use wasm_bindgen::prelude::*;
use worker::send::SendFuture;

use crate::ports::Timer;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(callback: &JsValue, ms: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

/// The runtime's timer. What it keeps of one that was stopped goes with the request.
pub(super) struct SystemTimer;

#[async_trait]
impl Timer for SystemTimer {
    async fn sleep(&self, ms: u64) {
        // Beyond 32 bits the runtime would fire at once.
        let ms = f64::from(u32::try_from(ms).unwrap_or(u32::MAX / 2));
        SendFuture::new(Sleep::new(ms)).await;
    }
}

/// Rings once, unless it is dropped before.
struct Sleep {
    bell: Rc<Bell>,
    handle: JsValue,
    /// What the runtime calls; it has to live as long as the timer.
    _ring: Closure<dyn FnMut()>,
}

#[derive(Default)]
struct Bell {
    has_rung: Cell<bool>,
    waiting: Cell<Option<Waker>>,
}

impl Sleep {
    fn new(ms: f64) -> Self {
        let bell = Rc::<Bell>::default();
        let rung = Rc::clone(&bell);
        let ring = Closure::<dyn FnMut()>::new(move || {
            rung.has_rung.set(true);
            if let Some(waker) = rung.waiting.take() {
                waker.wake();
            }
        });
        Self { bell, handle: set_timeout(ring.as_ref(), ms), _ring: ring }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.bell.has_rung.get() {
            return Poll::Ready(());
        }
        self.bell.waiting.set(Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    /// Nobody waits for it any more.
    fn drop(&mut self) {
        clear_timeout(&self.handle);
    }
}
