//! The errno of a failed call, and its text.

use std::fmt;

use super::words;

/// An error number of the kernel, as errno(3) lists them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Errno(i32);

impl Errno {
    pub(crate) const ADDRINUSE: Self = Self(libc::EADDRINUSE);
    pub(crate) const ADDRNOTAVAIL: Self = Self(libc::EADDRNOTAVAIL);
    pub(crate) const AFNOSUPPORT: Self = Self(libc::EAFNOSUPPORT);
    pub(crate) const AGAIN: Self = Self(libc::EAGAIN);
    pub(crate) const ALREADY: Self = Self(libc::EALREADY);
    pub(crate) const BADF: Self = Self(libc::EBADF);
    pub(crate) const CONNABORTED: Self = Self(libc::ECONNABORTED);
    pub(crate) const INVAL: Self = Self(libc::EINVAL);
    pub(crate) const INPROGRESS: Self = Self(libc::EINPROGRESS);
    pub(crate) const INTR: Self = Self(libc::EINTR);
    pub(crate) const IO: Self = Self(libc::EIO);
    pub(crate) const ISCONN: Self = Self(libc::EISCONN);
    pub(crate) const MSGSIZE: Self = Self(libc::EMSGSIZE);
    pub(crate) const NOPROTOOPT: Self = Self(libc::ENOPROTOOPT);
    pub(crate) const NOTCONN: Self = Self(libc::ENOTCONN);
    pub(crate) const NOTSOCK: Self = Self(libc::ENOTSOCK);
    pub(crate) const NOSYS: Self = Self(libc::ENOSYS);
    pub(crate) const NOBUFS: Self = Self(libc::ENOBUFS);
    pub(crate) const NOMEM: Self = Self(libc::ENOMEM);
    pub(crate) const OPNOTSUPP: Self = Self(libc::EOPNOTSUPP);
    pub(crate) const RANGE: Self = Self(libc::ERANGE);

    pub(crate) const fn from_raw(errno: i32) -> Self {
        Self(errno)
    }

    pub(crate) const fn as_raw(self) -> i32 {
        self.0
    }

    /// The errno that the last call of this thread left.
    pub(super) fn last() -> Self {
        // std reads the thread's errno; no call of ours stands between the system call and this line.
        Self(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    }

    /// Leaves it as a failed call would.
    #[cfg(feature = "fault")]
    pub(super) fn set(self) {
        // SAFETY: the call takes nothing.
        let place = unsafe { libc::__errno_location() };
        // SAFETY: it is the place of this thread's errno, an int that lives as long as the thread.
        unsafe { place.write(self.0) };
    }

    /// Its words, in lower case as error chains are written: `connection refused`.
    pub(crate) fn message(self) -> String {
        words::errno(self.0).map_or_else(|| format!("unknown error {}", self.0), lower_first_word)
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Errno({}: {})", self.0, self.message())
    }
}

/// Lowers the first letter unless the first word is an acronym (`RPC struct is bad` stays).
pub(crate) fn lower_first_word(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    if chars.clone().next().is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    first.to_lowercase().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_lower_case_but_for_acronyms() {
        assert_eq!(Errno(libc::ECONNREFUSED).message(), "connection refused");
        assert_eq!(Errno(100_000).message(), "unknown error 100000");
        assert_eq!(lower_first_word("RPC struct is bad"), "RPC struct is bad");
        assert_eq!(lower_first_word(""), "");
    }
}
