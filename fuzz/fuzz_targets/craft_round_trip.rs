//! Any bytes as a packet, told as text, and built from that again.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "the targets share what must hold, and each checks a part")]
#[path = "../properties/packet.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::round_trip(bytes);
});
