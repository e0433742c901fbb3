//! Any bytes as a block of a capture ring.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/ring_block.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
