//! Any bytes for the parser of lists of networks.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/networks.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
