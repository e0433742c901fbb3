//! Any bytes as what comes back to a probe.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/probe.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
