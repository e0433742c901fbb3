//! A future that is made, on the heap, only when it is first polled.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is made when it is first polled, and that nobody carries the room for before.
pub(super) struct Later<M, F> {
    make: M,
    made: Option<Pin<Box<F>>>,
}

impl<M: FnMut() -> F, F: Future> Later<M, F> {
    pub(super) const fn new(make: M) -> Self {
        Self { make, made: None }
    }
}

impl<M: FnMut() -> F + Unpin, F: Future> Future for Later<M, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { make, made } = &mut *self;
        made.get_or_insert_with(|| Box::pin(make())).as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn what_is_never_polled_is_never_made() {
        let count = Cell::new(0);
        let make = || {
            count.set(count.get() + 1);
            async { 7 }
        };
        let mut later = Later::new(make);
        assert_eq!(count.get(), 0);
        assert_eq!((&mut later).await, 7);
        assert_eq!(count.get(), 1);
    }
}
