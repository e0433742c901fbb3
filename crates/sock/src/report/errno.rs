//! The names of error numbers, such as `ECONNREFUSED`, by this platform's numbers, and the words for them.

use std::io;

use rustix::io::Errno;

macro_rules! names {
    ($($short:ident $name:literal)*) => {
        /// The numbers that sockets, files and descriptors give, and their names.
        const NAMES: &[(Errno, &str)] = &[$((Errno::$short, $name)),*];
    };
}

names! {
    ACCESS "EACCES" ADDRINUSE "EADDRINUSE" ADDRNOTAVAIL "EADDRNOTAVAIL" AFNOSUPPORT "EAFNOSUPPORT" AGAIN "EAGAIN"
    ALREADY "EALREADY" BADF "EBADF" BUSY "EBUSY" CONNABORTED "ECONNABORTED" CONNREFUSED "ECONNREFUSED"
    CONNRESET "ECONNRESET" DESTADDRREQ "EDESTADDRREQ" EXIST "EEXIST" FAULT "EFAULT" HOSTDOWN "EHOSTDOWN"
    HOSTUNREACH "EHOSTUNREACH" INPROGRESS "EINPROGRESS" INTR "EINTR" INVAL "EINVAL" IO "EIO" ISCONN "EISCONN"
    ISDIR "EISDIR" LOOP "ELOOP" MFILE "EMFILE" MSGSIZE "EMSGSIZE" NAMETOOLONG "ENAMETOOLONG" NETDOWN "ENETDOWN"
    NETRESET "ENETRESET" NETUNREACH "ENETUNREACH" NFILE "ENFILE" NOBUFS "ENOBUFS" NODEV "ENODEV" NOENT "ENOENT"
    NOMEM "ENOMEM" NOPROTOOPT "ENOPROTOOPT" NOSPC "ENOSPC" NOSYS "ENOSYS" NOTCONN "ENOTCONN" NOTDIR "ENOTDIR"
    NOTSOCK "ENOTSOCK" NXIO "ENXIO" OPNOTSUPP "EOPNOTSUPP" PERM "EPERM" PIPE "EPIPE" PROTO "EPROTO"
    PROTONOSUPPORT "EPROTONOSUPPORT" PROTOTYPE "EPROTOTYPE" ROFS "EROFS" TIMEDOUT "ETIMEDOUT"
}

/// The name of an error number; `None` for one that no socket, file or descriptor gives.
pub fn name(number: i32) -> Option<&'static str> {
    NAMES.iter().find(|(errno, _)| errno.raw_os_error() == number).map(|(_, name)| *name)
}

/// What the system's library says of an error number, without the number.
pub fn words(number: i32) -> String {
    let words = io::Error::from_raw_os_error(number).to_string();
    words.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_platforms_names() {
        assert_eq!(name(Errno::CONNREFUSED.raw_os_error()), Some("ECONNREFUSED"));
        assert_eq!(name(Errno::ACCESS.raw_os_error()), Some("EACCES"));
        assert_eq!(name(0), None);
        assert!(words(Errno::CONNREFUSED.raw_os_error()).ends_with("refused"));
    }
}
