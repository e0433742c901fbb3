//! What a server says before TLS.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "a target of its own for each property")]
#[path = "../properties/preamble.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::starttls(bytes);
});
