//! Options of the kernel's ciphers: `SOL_ALG` (the kernel's `Documentation/crypto/userspace-if.rst`).
//!
//! They are set on the socket that is bound to an algorithm, before `accept` gives the one that works.

use super::options;

options! {
    ALG, "Documentation/crypto/userspace-if.rst";

    /// The length of the tag by which an authenticated cipher knows what was changed, in bytes.
    AEAD_AUTHSIZE: u32, Length in 0..=256, "set_aead_authsize", ALG_SET_AEAD_AUTHSIZE, "ALG_SET_AEAD_AUTHSIZE", Write, BeforeConnect;
    /// What feeds a generator of random numbers; needs `CAP_SYS_ADMIN`.
    DRBG_ENTROPY: Vec<u8>, Octets, "set_drbg_entropy", ALG_SET_DRBG_ENTROPY, "ALG_SET_DRBG_ENTROPY", Write, BeforeConnect;
    /// The key.
    KEY: Vec<u8>, Octets, "set_key", ALG_SET_KEY, "ALG_SET_KEY", Write, BeforeConnect;
    /// The key, by its number in the kernel's keyring (keyrings(7)).
    KEY_BY_KEY_SERIAL: i32, Integer, "set_key_by_key_serial", ALG_SET_KEY_BY_KEY_SERIAL, "ALG_SET_KEY_BY_KEY_SERIAL", Write, BeforeConnect;
}
