//! Options of the sockets between a virtual machine and its host: `AF_VSOCK` (vsock(7)).

use std::time::Duration;

use super::options;

options! {
    VSOCK, "vsock(7)";

    /// The largest that `BUFFER_SIZE` may be; a smaller one makes that smaller too.
    BUFFER_MAX_SIZE: u64, WideBytes, "buffer_max_size", SO_VM_SOCKETS_BUFFER_MAX_SIZE, "SO_VM_SOCKETS_BUFFER_MAX_SIZE", ReadWrite, BeforeConnect;
    /// The smallest that `BUFFER_SIZE` may be; a larger one makes that larger too.
    BUFFER_MIN_SIZE: u64, WideBytes, "buffer_min_size", SO_VM_SOCKETS_BUFFER_MIN_SIZE, "SO_VM_SOCKETS_BUFFER_MIN_SIZE", ReadWrite, BeforeConnect;
    /// How much may be received and not yet read.
    BUFFER_SIZE: u64, WideBytes, "buffer_size", SO_VM_SOCKETS_BUFFER_SIZE, "SO_VM_SOCKETS_BUFFER_SIZE", ReadWrite, BeforeConnect;
    /// How long connect waits, where the socket blocks.
    CONNECT_TIMEOUT: Duration, TimeValue, "connect_timeout", SO_VM_SOCKETS_CONNECT_TIMEOUT, "SO_VM_SOCKETS_CONNECT_TIMEOUT", ReadWrite, BeforeConnect;
}
