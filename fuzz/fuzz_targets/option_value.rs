//! Any bytes for the decoders of options' values, of every kind.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/option_value.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
