//! Which sockets can be sent on without copies: those whose notices are understood, and whose numbers are known.

use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::option;
use crate::socket::{Claim, Socket};
use crate::sys::Errno;

/// Claims the socket, and turns `SO_ZEROCOPY` on.
pub(super) fn prepare(socket: &Socket) -> Result<Claim> {
    let fail = |error: Error| {
        let target = error.target().unwrap_or_default().to_owned();
        error.during(Operation::ZeroCopy).on(target)
    };
    let claim = Claim::new(socket.as_fd()).map_err(|errno| socket.fail(Operation::ZeroCopy, errno, None))?;
    let Some(claim) = claim else {
        return Err(socket.unfit(Operation::ZeroCopy, "another ZeroCopy sends on the same socket"));
    };
    if socket.get(option::ZEROCOPY).map_err(fail)? {
        let why = "SO_ZEROCOPY is on already, so that others may send without copies; leave it off and let ZeroCopy set it";
        return Err(socket.unfit(Operation::ZeroCopy, why));
    }
    if !is_tcp(socket).map_err(fail)? {
        return Err(fail(socket.refused(
            Operation::ZeroCopy,
            option::ZEROCOPY.description(),
            Errno::OPNOTSUPP,
        )));
    }
    if has_sent(socket).map_err(fail)? {
        let why = "the socket has sent bytes before, and if some were sent without copies, the kernel's numbers do \
                   not begin at 0; make the ZeroCopy first, and send what is to be copied by its `socket()`";
        return Err(socket.unfit(Operation::ZeroCopy, why));
    }
    socket.set(option::ZEROCOPY, true).map_err(fail)?;
    Ok(claim)
}

/// Whether it is TCP itself. Other families have notices of another form (RDS, vsock), Multipath TCP has none, and of
/// UDP nothing tells whether it has sent before.
fn is_tcp(socket: &Socket) -> Result<bool> {
    let family = socket.get(option::DOMAIN)?;
    let (kind, protocol) = (socket.get(option::TYPE)?, socket.get(option::PROTOCOL)?);
    Ok([Family::INET, Family::INET6].contains(&family) && kind == Type::STREAM && protocol == Protocol::TCP)
}

/// Whether bytes have been given to the socket since it connected.
///
/// The option may have been on and off again by then. The figures are those of kernels that have it.
fn has_sent(socket: &Socket) -> Result<bool> {
    let info = socket.get(option::tcp::INFO)?;
    let queued = info.notsent_bytes.is_none_or(|bytes| bytes > 0);
    let sent = info.data_segs_out.is_none_or(|segments| segments > 0);
    Ok(queued || sent || info.bytes_sent.is_some_and(|bytes| bytes > 0))
}
