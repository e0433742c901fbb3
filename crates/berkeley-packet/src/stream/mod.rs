//! What many packets add up to: fragments put together, streams, conversations.

mod wrapped;

pub use wrapped::{Side, Wrapped};
