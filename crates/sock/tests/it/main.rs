//! The command's integration tests, a file per room.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at its first surprise")]

#[path = "../../../berkeley/tests/it/bounded.rs"]
mod bounded;
#[path = "../kit/mod.rs"]
mod kit;
#[path = "../../../berkeley/tests/it/limit.rs"]
mod limit;
#[path = "../../../berkeley/tests/it/skip.rs"]
mod skip;

mod access;
mod browse;
mod capture;
mod connect_datagram;
mod connect_endings;
mod connect_stream;
mod connect_terminal;
mod console;
mod conversation;
mod corpus;
mod craft;
mod decode;
mod endpoint;
mod exit_codes;
mod explain;
mod failing;
mod families;
mod handshakes;
mod help;
mod inspect;
mod interfaces;
mod interop;
mod join;
mod json;
mod listen;
mod load;
mod local;
mod local_relay;
mod misuse;
mod notify;
mod options;
mod ping;
mod proxy_from;
mod readme;
mod relay;
mod relay_datagrams;
mod relay_descriptors;
mod relay_pipes;
mod relay_server;
mod relay_tee;
mod relay_unanswered;
mod resolve;
mod retry;
mod serve_beyond;
mod serve_datagram;
mod serve_exec;
mod serve_limits;
mod serve_log;
mod serve_places;
mod serve_signals;
mod serve_stream;
mod serve_tls;
mod serve_unix_path;
mod signals;
mod tls;
mod tour;
mod trace;
mod via;
