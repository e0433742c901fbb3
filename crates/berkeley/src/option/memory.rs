//! What a socket's buffers hold: `SO_MEMINFO` (`include/uapi/linux/sock_diag.h`).

use std::fmt;

use super::structure::{read, structure};

structure! {
    /// The memory that a socket takes (`SO_MEMINFO`, Linux 4.12), in bytes, the kernel's own needs included.
    MemoryInfo, 36, "information";
    /// Taken by what was received.
    #[doc(alias = "SK_MEMINFO_RMEM_ALLOC")]
    receiving: u32 = octets 0;
    /// The most that may be taken by it.
    #[doc(alias = "SK_MEMINFO_RCVBUF")]
    receive_buffer: u32 = octets 4;
    /// Taken by what is on its way out.
    #[doc(alias = "SK_MEMINFO_WMEM_ALLOC")]
    sending: u32 = octets 8;
    /// The most that may be taken by it.
    #[doc(alias = "SK_MEMINFO_SNDBUF")]
    send_buffer: u32 = octets 12;
    /// Set aside for what comes next.
    #[doc(alias = "SK_MEMINFO_FWD_ALLOC")]
    reserved: u32 = octets 16;
    /// Taken by what was sent and is not yet acknowledged, on TCP.
    #[doc(alias = "SK_MEMINFO_WMEM_QUEUED")]
    queued: u32 = octets 20;
    /// Taken by options and filters.
    #[doc(alias = "SK_MEMINFO_OPTMEM")]
    options: u32 = octets 24;
    /// Taken by what came while the program held the socket.
    #[doc(alias = "SK_MEMINFO_BACKLOG")]
    backlog: u32 = octets 28;
    /// Packets, not bytes: those dropped for want of room.
    #[doc(alias = "SK_MEMINFO_DROPS")]
    drops: u32 = number 32;
    => later;
}

impl fmt::Display for MemoryInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "receiving {} of {}", self.receiving, self.receive_buffer)?;
        write!(f, " sending {} of {} drops {}", self.sending, self.send_buffer, self.drops)
    }
}
