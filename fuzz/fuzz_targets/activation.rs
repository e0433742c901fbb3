//! Any text in the variables of socket activation.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/activation.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        properties::check(text);
    }
});
