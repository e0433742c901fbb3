//! Any text for the endpoint parser.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/endpoint.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        properties::check(text);
    }
});
