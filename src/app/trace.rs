//! The request behind what is being done, for whoever writes down who did what from where.
//!
//! It goes along with the future of a request, not through the signatures of everything that it calls: while that
//! future runs, and only then, its trace is the current one. An isolate works on many requests at once.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use crate::domain::audit::Trace;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Trace>>> = const { RefCell::new(None) };
}

/// Runs a future as that of a request.
pub(crate) async fn within<T>(trace: Arc<Trace>, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|context| {
        let before = CURRENT.replace(Some(Arc::clone(&trace)));
        let polled = future.as_mut().poll(context);
        CURRENT.set(before);
        polled
    })
    .await
}

/// The request whose future runs; none outside of any, and where nobody wants to know.
pub(crate) fn current() -> Option<Arc<Trace>> {
    CURRENT.with_borrow(Option::clone)
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use futures_util::future::join;

    use super::*;

    #[test]
    fn each_request_has_its_own_trace_however_they_take_turns() {
        let name = || current().map(|trace| trace.request_id.clone());
        let request = |id: &str| {
            let trace = Arc::new(Trace { request_id: id.to_owned(), ..Trace::default() });
            within(trace, async move {
                let first = name();
                let mut turns = 0;
                poll_fn(|context| {
                    turns += 1;
                    context.waker().wake_by_ref();
                    if turns < 3 { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
                })
                .await;
                (first, name())
            })
        };
        let (one, other) = block_on(join(request("a"), request("b")));
        let both = |id: &str| (Some(id.to_owned()), Some(id.to_owned()));
        assert_eq!((one, other, name()), (both("a"), both("b"), None));
    }
}
