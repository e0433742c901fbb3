//! Any bytes for the decoder of addresses, and any text for their parser.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/address.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
