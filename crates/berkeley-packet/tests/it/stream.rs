//! Fragments, streams and conversations.
