//! Where `CPython` is called by pointers, and calls us by them: all the `unsafe` of the Python door.

mod allocator;
pub(crate) mod buffer;
pub(crate) mod capi;
pub(crate) mod clock;
pub(crate) mod fastcall;
pub(crate) mod fd;
pub(crate) mod left_behind;
pub(crate) mod new;
pub(crate) mod record;
