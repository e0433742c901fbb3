//! [`ToAddress`]: what the methods that take an address accept, which is said here alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::text::{NO_NAME, wrong};
use super::{
    Address, AlgAddress, BluetoothAddress, CanAddress, Ieee802154Address, LlcAddress, NetlinkAddress,
    NfcAddress, OtherAddress, PacketAddress, PhonetAddress, PppoxAddress, QipcrtrAddress, TipcAddress,
    UnixAddress, VsockAddress, X25Address, XdpAddress,
};
use crate::error::{Operation, Result};

/// What can be given for an address: an [`Address`], std's socket addresses, the address of a family, an IP address
/// with a port, or a text in digits; each by value or by reference.
///
/// Nothing is looked up: a text is read as [`Address`] reads one, and the IP address of a pair such as
/// `("127.0.0.1", 80)` as std does. From a host's name goes [`create_connection`](crate::create_connection), and
/// [`resolve`](crate::resolve()) gives its addresses. Port 0 lets the kernel choose.
///
/// # Examples
///
/// ```
/// use berkeley::{Family, Protocol, Socket, ToAddress, Type};
/// use std::net::{Ipv4Addr, SocketAddr};
///
/// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
/// socket.bind("127.0.0.1:0")?;
/// let address = socket.local_address()?;
/// socket.send_to(b"by reference", &address)?;
/// socket.send_to(b"as std has it", SocketAddr::try_from(address)?)?;
/// if let Some(port) = address.port() {
///     socket.send_to(b"in two parts", ("127.0.0.1", port))?;
///     assert_eq!((Ipv4Addr::LOCALHOST, port).to_address()?, address);
/// }
///
/// let error = socket.send_to(b"to whom?", "localhost").unwrap_err();
/// assert!(error.to_string().starts_with("send_to: a port is missing: "));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a socket address: give an `Address`, a `SocketAddr`, a text such as \"127.0.0.1:80\", or \
               `(ip, port)`",
    label = "not an address"
)]
#[doc(alias = "ToSocketAddrs")]
#[doc(alias = "SockAddr")]
pub trait ToAddress {
    /// The address.
    ///
    /// # Errors
    ///
    /// Fails where a text is no address, as [`Address`] says; nothing else fails.
    fn to_address(&self) -> Result<Address>;

    /// Lends the address to what `operation` does with it: one that is there already is not copied first.
    #[doc(hidden)]
    #[inline]
    fn with_address<T>(&self, operation: Operation, call: impl FnOnce(&Address) -> Result<T>) -> Result<T> {
        match self.to_address() {
            Ok(address) => call(&address),
            Err(error) => Err(error.during(operation)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl ToAddress for Address {
    #[inline]
    fn to_address(&self) -> Result<Address> {
        Ok(*self)
    }

    #[inline]
    fn with_address<T>(&self, _: Operation, call: impl FnOnce(&Address) -> Result<T>) -> Result<T> {
        call(self)
    }
}

#[diagnostic::do_not_recommend]
impl<A: ToAddress + ?Sized> ToAddress for &A {
    #[inline]
    fn to_address(&self) -> Result<Address> {
        (**self).to_address()
    }

    #[inline]
    fn with_address<T>(&self, operation: Operation, call: impl FnOnce(&Address) -> Result<T>) -> Result<T> {
        (**self).with_address(operation, call)
    }
}

macro_rules! converted {
    ($($source:ty,)*) => { $(
        #[diagnostic::do_not_recommend]
        impl ToAddress for $source {
            #[inline]
            fn to_address(&self) -> Result<Address> {
                Ok((*self).into())
            }

            #[inline]
            fn with_address<T>(&self, _: Operation, call: impl FnOnce(&Address) -> Result<T>) -> Result<T> {
                call(&(*self).into())
            }
        }
    )* };
}

converted! {
    SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16),
    UnixAddress, AlgAddress, BluetoothAddress, CanAddress, Ieee802154Address, LlcAddress, NetlinkAddress,
    NfcAddress, OtherAddress, PacketAddress, PhonetAddress, PppoxAddress, QipcrtrAddress, TipcAddress,
    VsockAddress, X25Address, XdpAddress,
}

/// As [`Address`] reads it: `127.0.0.1:80`, `[::1]:80`, `/run/app.sock`, `@abstract`, ...
#[diagnostic::do_not_recommend]
impl ToAddress for str {
    fn to_address(&self) -> Result<Address> {
        self.parse()
    }
}

#[diagnostic::do_not_recommend]
impl ToAddress for String {
    fn to_address(&self) -> Result<Address> {
        self.parse()
    }
}

/// An IP address in digits, an IPv6 one without brackets, its zone as an index (`fe80::1%2`); and a port.
#[diagnostic::do_not_recommend]
impl ToAddress for (&str, u16) {
    fn to_address(&self) -> Result<Address> {
        let (host, port) = *self;
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok((ip, port).into());
        }
        let zoned = || host.contains('%').then(|| format!("[{host}]:{port}").parse::<SocketAddrV6>().ok());
        match zoned().flatten() {
            Some(address) => Ok(address.into()),
            None => Err(wrong("host", NO_NAME, host)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl ToAddress for (String, u16) {
    fn to_address(&self) -> Result<Address> {
        (self.0.as_str(), self.1).to_address()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_an_address_is_taken_by_value_and_by_reference() {
        let want = Address::from((Ipv4Addr::LOCALHOST, 80));
        let socket_address: SocketAddr = "127.0.0.1:80".parse().unwrap();
        let text = String::from("127.0.0.1:80");
        assert_eq!(want.to_address().unwrap(), want);
        assert_eq!(socket_address.to_address().unwrap(), want);
        assert_eq!((&&socket_address).to_address().unwrap(), want);
        assert_eq!(text.to_address().unwrap(), want);
        assert_eq!("127.0.0.1:80".to_address().unwrap(), want);
        assert_eq!((Ipv4Addr::LOCALHOST, 80).to_address().unwrap(), want);
        assert_eq!((IpAddr::from(Ipv4Addr::LOCALHOST), 80).to_address().unwrap(), want);
        assert_eq!(("127.0.0.1", 80).to_address().unwrap(), want);
        assert_eq!((String::from("127.0.0.1"), 80).to_address().unwrap(), want);
        assert_eq!(("::1", 80).to_address().unwrap(), (Ipv6Addr::LOCALHOST, 80).into());
        assert_eq!(("fe80::1%2", 80).to_address().unwrap(), "[fe80::1%2]:80".parse().unwrap());
        assert_eq!("@door".to_address().unwrap(), UnixAddress::from_abstract(b"door").unwrap().into());
    }

    #[test]
    fn a_name_is_not_looked_up_and_the_error_names_the_operation() {
        let call = |address: &dyn Fn() -> Result<()>| address().unwrap_err().to_string();
        let nothing = |_: &Address| Ok(());
        let rows = [
            (
                call(&|| "localhost:80".with_address(Operation::Bind, nothing)),
                "bind: host: wanted an IP address",
            ),
            (
                call(&|| ("localhost", 80).with_address(Operation::Bind, nothing)),
                "bind: host: wanted an IP address",
            ),
            (
                call(&|| ("[::1]", 80).with_address(Operation::Bind, nothing)),
                "bind: host: wanted an IP address",
            ),
            (
                call(&|| ("", 80).with_address(Operation::Connect, nothing)),
                "connect: host: wanted an IP address",
            ),
            (call(&|| "127.0.0.1".with_address(Operation::Connect, nothing)), "connect: a port is missing"),
        ];
        for (message, words) in rows {
            assert!(message.starts_with(words), "{message}");
        }
    }
}
