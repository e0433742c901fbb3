//! Any bytes as the notices of zero-copy sends.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/sends_done.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
