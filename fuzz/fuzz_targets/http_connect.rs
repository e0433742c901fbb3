//! A proxy's answer to HTTP's CONNECT.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "a target of its own for each property")]
#[path = "../properties/preamble.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::http_connect(bytes);
});
