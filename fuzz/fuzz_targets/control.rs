//! Any bytes as a buffer of control messages, which owns no descriptors.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/control.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
