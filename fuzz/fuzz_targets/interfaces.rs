//! Any bytes as the kernel's list of interfaces (rtnetlink).

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/interfaces.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
