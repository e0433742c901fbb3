//! Any text for the option table: a name alone, or `name=value`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/option_parse.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        properties::check(text);
    }
});
