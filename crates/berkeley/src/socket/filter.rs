//! Filters of a socket, attached and taken off again (socket(7)): classic BPF, and programs that the kernel has loaded.

use std::os::fd::{AsFd, AsRawFd};

use super::Socket;
use crate::error::{Operation, Result};
use crate::option::{self, Filter};
use crate::sys::{constants as c, filter, option as sys_option};

impl<F: AsFd> Socket<F> {
    /// Lets only those packets come in that a filter keeps; one that was attached before is replaced.
    ///
    /// What came in earlier stays in the queue.
    ///
    /// # Errors
    ///
    /// Fails with `EPERM` where the filter is locked, and with `EINVAL` where the kernel sees more wrong with it than
    /// [`Filter::new`] can.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::option::{Filter, Instruction};
    /// use berkeley::{Family, Protocol, Socket, Type};
    /// use std::net::Ipv4Addr;
    ///
    /// // The byte behind UDP's header decides.
    /// let only_a = Filter::new([
    ///     Instruction::statement(0x30, 8),
    ///     Instruction::jump(0x15, u32::from(b'a'), 0, 1),
    ///     Instruction::statement(0x06, u32::MAX),
    ///     Instruction::statement(0x06, 0),
    /// ]).unwrap();
    /// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// socket.attach_filter(&only_a)?;
    /// socket.send_to(b"bee", socket.local_address()?)?;
    /// socket.send_to(b"ant", socket.local_address()?)?;
    /// assert_eq!(socket.recv_vec(64)?, b"ant");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "SO_ATTACH_FILTER")]
    pub fn attach_filter(&self, filter: &Filter) -> Result<()> {
        self.attach(Operation::AttachFilter, c::SO_ATTACH_FILTER, filter)
    }

    /// Takes the socket's filter off.
    ///
    /// # Errors
    ///
    /// Fails with `ENOENT` where there is none, with `EPERM` where it is locked.
    #[doc(alias = "SO_DETACH_FILTER")]
    #[doc(alias = "SO_DETACH_BPF")]
    pub fn detach_filter(&self) -> Result<()> {
        self.detach(Operation::DetachFilter, c::SO_DETACH_FILTER)
    }

    /// Keeps the socket's filter as it is, for good: a program that then gives up its rights hears no more than this.
    ///
    /// The same as setting [`option::LOCK_FILTER`].
    ///
    /// # Errors
    ///
    /// Fails only where the descriptor is no socket.
    #[doc(alias = "SO_LOCK_FILTER")]
    pub fn lock_filter(&self) -> Result<()> {
        self.set(option::LOCK_FILTER, true)
    }

    /// Lets a filter choose which of the sockets that share a port by `SO_REUSEPORT` gets what comes in.
    ///
    /// What it gives is the socket's number, in the order in which they were bound; one that is too large leaves the
    /// choice to the kernel.
    ///
    /// # Errors
    ///
    /// Fails with `EINVAL` where `SO_REUSEPORT` is off.
    #[doc(alias = "SO_ATTACH_REUSEPORT_CBPF")]
    pub fn attach_reuseport_filter(&self, filter: &Filter) -> Result<()> {
        self.attach(Operation::AttachReuseportFilter, c::SO_ATTACH_REUSEPORT_CBPF, filter)
    }

    /// Takes that filter off (Linux 5.3).
    ///
    /// # Errors
    ///
    /// Fails with `ENOENT` where there is none.
    #[doc(alias = "SO_DETACH_REUSEPORT_BPF")]
    pub fn detach_reuseport_filter(&self) -> Result<()> {
        self.detach(Operation::DetachReuseportFilter, c::SO_DETACH_REUSEPORT_BPF)
    }

    /// As [`attach_filter`](Self::attach_filter), with a program that the kernel has loaded and checked (bpf(2),
    /// `BPF_PROG_TYPE_SOCKET_FILTER`); the socket keeps it, also when its descriptor is closed.
    ///
    /// # Errors
    ///
    /// Fails with `EINVAL` where the descriptor is no such program, and with `EPERM` where the filter is locked.
    #[doc(alias = "SO_ATTACH_BPF")]
    pub fn attach_program(&self, program: impl AsFd) -> Result<()> {
        self.attach_loaded(Operation::AttachProgram, c::SO_ATTACH_BPF, &program)
    }

    /// As [`attach_reuseport_filter`](Self::attach_reuseport_filter), with a program that the kernel has loaded
    /// (bpf(2), `BPF_PROG_TYPE_SK_REUSEPORT` or `BPF_PROG_TYPE_SOCKET_FILTER`).
    ///
    /// # Errors
    ///
    /// Fails with `EINVAL` where the descriptor is no such program, or `SO_REUSEPORT` is off.
    #[doc(alias = "SO_ATTACH_REUSEPORT_EBPF")]
    pub fn attach_reuseport_program(&self, program: impl AsFd) -> Result<()> {
        self.attach_loaded(Operation::AttachReuseportProgram, c::SO_ATTACH_REUSEPORT_EBPF, &program)
    }

    fn attach_loaded(&self, operation: Operation, name: i32, program: &impl AsFd) -> Result<()> {
        let number = program.as_fd().as_raw_fd();
        sys_option::set_option(self.fd.as_fd(), c::SOL_SOCKET, name, &number.to_ne_bytes())
            .map_err(|errno| self.fail(operation, errno, None))
    }

    fn attach(&self, operation: Operation, name: i32, filter: &Filter) -> Result<()> {
        filter
            .encode()
            .and_then(|instructions| filter::attach(self.fd.as_fd(), name, &instructions))
            .map_err(|errno| self.fail(operation, errno, None))
    }

    fn detach(&self, operation: Operation, name: i32) -> Result<()> {
        // The kernel wants a C int and does not look at it.
        sys_option::set_option(self.fd.as_fd(), c::SOL_SOCKET, name, &0_i32.to_ne_bytes())
            .map_err(|errno| self.fail(operation, errno, None))
    }
}
