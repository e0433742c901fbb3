//! Reading and setting options: getsockopt(2) and setsockopt(2) by the rows of [`option`](crate::option).

use std::os::fd::AsFd;

use super::{Socket, claim, describe};
use crate::error::{Error, Operation, Result};
use crate::option::{
    self as options, Description, LIST_MAX, Misfit, OptionValue, ROOM_MAX, SocketOption, Value,
};
use crate::sys::{self, Errno, alloc, option};

impl<F: AsFd> Socket<F> {
    /// Reads an option (getsockopt(2)).
    ///
    /// # Errors
    ///
    /// Fails with `ENOPROTOOPT` or `EOPNOTSUPP` where the kernel, or a socket of this kind, has no such option, and in
    /// words where the option can only be set.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type, option};
    ///
    /// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// assert_eq!(socket.get(option::TYPE)?, Type::DGRAM);
    /// let error = socket.get(option::tcp::NODELAY).unwrap_err();
    /// assert_eq!(error.to_string(), "get tcp.nodelay of udp: operation not supported (os error 95)");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "getsockopt")]
    pub fn get<T: OptionValue>(&self, option: SocketOption<T>) -> Result<T> {
        let value = self.get_value(option.description())?;
        T::from_value(value).ok_or_else(|| {
            // A row's type fits its kind, or it would not have compiled; this is for the next row's author.
            invalid(Operation::GetOption, option.description(), "has a value of another type")
        })
    }

    /// Sets an option (setsockopt(2)).
    ///
    /// Text and bytes are taken by reference.
    ///
    /// # Errors
    ///
    /// Fails as [`get`](Self::get) does, with `EPERM` for what is the administrator's to set, with `EINVAL` for a value
    /// that the kernel does not take (now, or at all), and in words for a value out of the option's range
    /// ([`Description::check`]), or that does not fit the kernel's field.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type, option};
    /// use std::time::Duration;
    ///
    /// let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    /// socket.set(option::LINGER, Some(Duration::from_secs(5)))?;
    /// socket.set(option::tcp::CONGESTION, "reno")?;
    /// assert_eq!(socket.get(option::tcp::CONGESTION)?, "reno");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "setsockopt")]
    pub fn set<T: OptionValue>(&self, option: SocketOption<T>, value: T::Input<'_>) -> Result<()> {
        let description = option.description();
        let value = T::into_value(value).ok_or_else(|| unstored(Operation::SetOption, description))?;
        self.set_value(description, &value)
    }

    /// Reads an option that is known at run time; fails as [`get`](Self::get) does.
    pub fn get_value(&self, option: &Description) -> Result<Value> {
        let operation = Operation::GetOption;
        if !option.access.reads() {
            return Err(invalid(operation, option, "cannot be read, only set"));
        }
        let mut buffer = [0; ROOM_MAX];
        match self.read_option(option, &mut buffer[..option.kind.room()]) {
            // Few lists are that long: only these cost an allocation.
            Err(errno) if [Errno::RANGE, Errno::NOMEM].contains(&errno) && option.kind.is_list() => {
                alloc::zeroed(LIST_MAX).and_then(|mut room| self.read_option(option, &mut room))
            }
            read => read,
        }
        .map_err(|errno| self.refused(operation, option, errno))?
        .map_err(|misfit| match misfit {
            Misfit::Words(words) => Error::unexpected(operation, words).on(option.to_string()),
            Misfit::NoMemory => unstored(operation, option),
        })
    }

    /// The kernel's refusal outside, what is wrong with its bytes inside.
    fn read_option(
        &self,
        option: &Description,
        room: &mut [u8],
    ) -> sys::Result<std::result::Result<Value, Misfit>> {
        let length = option::option(self.fd.as_fd(), option.level.as_raw(), option.number, room)?;
        Ok(option.kind.decode(option.kind.part(room, length)))
    }

    /// Sets an option that is known at run time; fails as [`set`](Self::set) does, and in words where the value is not
    /// of the option's kind.
    pub fn set_value(&self, option: &Description, value: &Value) -> Result<()> {
        let operation = Operation::SetOption;
        if !option.access.writes() {
            return Err(invalid(operation, option, "cannot be set, only read"));
        }
        let encoded = option.kind.encode(value).map_err(|misfit| match misfit {
            Misfit::Words(words) => invalid(operation, option, words),
            Misfit::NoMemory => unstored(operation, option),
        })?;
        // Last, since it takes the value to be of the option's kind.
        option.check(value)?;
        if let Some(why) = claim::objection(self.fd.as_fd(), option, value) {
            return Err(invalid(operation, option, why));
        }
        option::set_option(self.fd.as_fd(), option.level.as_raw(), option.number, encoded.as_bytes())
            .map_err(|errno| self.refused(operation, option, errno))?;
        self.lent.note_option(option);
        let mark = options::RCVLOWAT.description();
        if (option.level, option.number) == (mark.level, mark.number) {
            let bytes = encoded.as_bytes().first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
            self.mark.set(bytes);
        }
        Ok(())
    }

    /// The kernel's refusal: `set tcp.nodelay of udp 127.0.0.1:53: ...`.
    pub(crate) fn refused(&self, operation: Operation, option: &Description, errno: Errno) -> Error {
        let target = describe::target(self.fd.as_fd(), None);
        Error::kernel(operation, errno).on(format!("{option} of {target}"))
    }
}

/// There is no memory for the value.
fn unstored(operation: Operation, option: &Description) -> Error {
    Error::kernel(operation, Errno::NOMEM).on(option.to_string())
}

fn invalid(operation: Operation, option: &Description, explanation: impl Into<Box<str>>) -> Error {
    Error::invalid(operation, explanation).on(option.to_string())
}
