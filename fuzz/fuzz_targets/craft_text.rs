//! Any text as a packet that is to be built.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "the targets share what must hold, and each checks a part")]
#[path = "../properties/packet.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        properties::craft_text(text);
    }
});
