//! The library's tests, a file for each room of it.

mod tokio;
