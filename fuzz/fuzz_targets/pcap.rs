//! Any bytes as a file of pcap.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/capture_file.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
