//! What is in use, and can be exchanged meanwhile: those who have it go on with what they have.

use std::sync::{Arc, PoisonError, RwLock};

/// What is in use, and can be exchanged meanwhile.
#[derive(Debug)]
pub(super) struct Live<T>(RwLock<Arc<T>>);

impl<T> Live<T> {
    pub(super) fn new(first: T) -> Self {
        Self(RwLock::new(Arc::new(first)))
    }

    pub(super) fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set(&self, next: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }
}
