//! Addresses that name another socket by its descriptor: the descriptor is borrowed, never believed as a number.

use std::os::fd::{AsFd, AsRawFd};

use super::Socket;
use crate::address::{Address, L2tpAddress, PppoxAddress, XdpAddress};
use crate::error::{Error, Operation, Result};
use crate::sys::socket;

/// `XDP_SHARED_UMEM`, of `linux/if_xdp.h`.
const SHARED_UMEM: u16 = 1;

impl<F: AsFd> Socket<F> {
    /// As [`bind`](Self::bind), of an `AF_XDP` socket that shares the memory of `umem`, another such socket: with
    /// `XDP_SHARED_UMEM`, and with its descriptor in the place of [`XdpAddress::shared_umem_fd`].
    ///
    /// The kernel keeps the memory for as long as it needs it.
    ///
    /// # Errors
    ///
    /// Fails as [`bind`](Self::bind) does, with `EBADF` where `umem` has no memory, and with `ENOTSOCK` where it is no
    /// socket.
    #[doc(alias = "XDP_SHARED_UMEM")]
    pub fn bind_sharing(&self, address: XdpAddress, umem: impl AsFd) -> Result<()> {
        let umem = umem.as_fd();
        let shared_umem_fd = umem.as_raw_fd().unsigned_abs();
        let address = XdpAddress { flags: address.flags | SHARED_UMEM, shared_umem_fd, ..address };
        let address = Address::Xdp(address);
        socket::bind(self.fd.as_fd(), address.encode().as_bytes())
            .map_err(|errno| self.fail(Operation::Bind, errno, Some(&address)))
    }

    /// As [`connect`](Self::connect), of an L2TP socket to a session in the tunnel that `tunnel`, a UDP or IP socket,
    /// carries: with its descriptor in the place of [`L2tpAddress::fd`].
    ///
    /// # Errors
    ///
    /// Fails as [`connect`](Self::connect) does, and where `tunnel` carries no such tunnel.
    #[doc(alias = "PX_PROTO_OL2TP")]
    pub fn connect_through(&self, address: L2tpAddress, tunnel: impl AsFd) -> Result<()> {
        let tunnel = tunnel.as_fd();
        let address = L2tpAddress { fd: tunnel.as_raw_fd(), ..address };
        let address = Address::Pppox(PppoxAddress::L2tp(address));
        // Nobody is asked over the network: there is nothing to wait for.
        socket::connect(self.fd.as_fd(), address.encode().as_bytes())
            .map_err(|errno| self.fail(Operation::Connect, errno, Some(&address)))
    }
}

/// Refuses an address in which the kernel would take a number for a descriptor: it may be anybody's.
#[inline]
pub(super) fn refuse_lent(operation: Operation, address: &Address) -> Result<()> {
    match address.lent() {
        None => Ok(()),
        Some(number) => Err(refusal(operation, address, number)),
    }
}

#[cold]
fn refusal(operation: Operation, address: &Address, number: i32) -> Error {
    let instead = if operation == Operation::Bind { "bind_sharing" } else { "connect_through" };
    let why = format!("the address has descriptor {number} by its number: {instead} takes it borrowed");
    Error::invalid(operation, why).on(address.to_string())
}
