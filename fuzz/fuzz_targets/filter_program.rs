//! Any bytes as a program of classic BPF, and a packet.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/filter.rs"]
mod properties;

fuzz_target!(|input: &[u8]| {
    properties::program(input);
});
