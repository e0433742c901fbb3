//! Any host and service in digits, beside getaddrinfo.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/literal.rs"]
mod properties;

fuzz_target!(|bytes: &[u8]| {
    properties::check(bytes);
});
