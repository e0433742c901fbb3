//! A header of the PROXY protocol.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../properties/preamble.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::proxy_header(bytes);
});
