//! Any bytes for the decoder of `TCP_INFO`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/tcp_info.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
