//! Any bytes as what a router quotes of a trace's probe, and as the target's answer.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/trace_mark.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
