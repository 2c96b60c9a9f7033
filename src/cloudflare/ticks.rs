//! The timer of an object.
//!
//! Of a timer that was stopped before it rang, the runtime keeps some hundred bytes for as long as the object lives: stopping
//! takes away what it would call, and only ringing takes it off the list. Nearly all of ours are stopped, since they wait beside
//! a call that answers, and an object that is busy day and night is never evicted. So all who wait in an object share one
//! timer of the runtime's. It is set for a moment, always rings, and is set again while anybody waits.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use wasm_bindgen::prelude::*;
use worker::send::{SendFuture, SendWrapper};

use super::timer::{SystemTimer, set_timeout};
use crate::ports::Timer;

/// What the timer is set for (ms). A wait may take so much longer, and an object is kept from hibernating so long for nobody.
const TICK_MS: u32 = 250;

/// The timer of one object. What rings in it belongs to that object's invocations, so no two may share it.
pub(super) struct ObjectTimer(SendWrapper<Rc<Ticks>>);

impl ObjectTimer {
    pub(super) fn new() -> Self {
        Self(SendWrapper::new(Rc::default()))
    }
}

#[async_trait]
impl Timer for ObjectTimer {
    async fn sleep(&self, ms: u64) {
        // Nobody stops a wait as short as this.
        if ms < u64::from(TICK_MS) {
            return SystemTimer.sleep(ms).await;
        }
        SendFuture::new(Wait::new(Rc::clone(&self.0), ms)).await;
    }
}

/// Until when (ms of the ticks) somebody waits, and who it is.
type Place = (u64, u64);

#[derive(Default)]
struct Ticks {
    /// Milliseconds that have rung.
    now: Cell<u64>,
    /// What the runtime's timer is set for (ms), while it is.
    set: Cell<Option<u32>>,
    waiting: RefCell<BTreeMap<Place, Option<Waker>>>,
    places: Cell<u64>,
    /// What the runtime calls.
    bell: OnceCell<Closure<dyn FnMut()>>,
}

impl Ticks {
    /// Whoever begins while the timer runs counts from its end: nobody waits too short a time.
    fn begin(self: &Rc<Self>, ms: u64) -> Place {
        let from = self.now.get().saturating_add(self.set.get().unwrap_or(0).into());
        let place = (from.saturating_add(ms), self.places.get());
        self.places.set(place.1.wrapping_add(1));
        self.waiting.borrow_mut().insert(place, None);
        self.wind();
        place
    }

    fn wind(self: &Rc<Self>) {
        if self.set.get().is_some() {
            return;
        }
        let Some((until, _)) = self.waiting.borrow().keys().next().copied() else { return };
        let ms = u32::try_from(until.saturating_sub(self.now.get())).unwrap_or(u32::MAX).min(TICK_MS);
        self.set.set(Some(ms));
        let bell = self.bell.get_or_init(|| {
            let ticks = Rc::downgrade(self);
            Closure::new(move || {
                if let Some(ticks) = ticks.upgrade() {
                    ticks.ring();
                }
            })
        });
        set_timeout(bell.as_ref(), ms.into());
    }

    fn ring(self: &Rc<Self>) {
        let now = self.now.get().saturating_add(self.set.take().unwrap_or(0).into());
        self.now.set(now);
        let later = self.waiting.borrow_mut().split_off(&(now.saturating_add(1), 0));
        let due = self.waiting.replace(later);
        for waker in due.into_values().flatten() {
            waker.wake();
        }
        self.wind();
    }
}

/// Over as soon as its place is gone.
struct Wait {
    ticks: Rc<Ticks>,
    place: Place,
}

impl Wait {
    fn new(ticks: Rc<Ticks>, ms: u64) -> Self {
        let place = ticks.begin(ms);
        Self { ticks, place }
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        // Dropped after the borrow: with a waker may go a task that waits here as well.
        let before = self.ticks.waiting.borrow_mut().get_mut(&self.place).map(|place| place.replace(waker));
        if before.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let left = self.ticks.waiting.borrow_mut().remove(&self.place);
        drop(left);
    }
}
