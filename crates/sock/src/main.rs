//! `sock`: serve, connect to and inspect sockets from a shell.
fn main() {}
