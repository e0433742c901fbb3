//! Any text as a filter.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/filter.rs"]
mod properties;

fuzz_target!(|input: &str| {
    properties::text(input);
});
