//! What many packets add up to: fragments put together, streams, conversations.
