//! [`interfaces`]: the network interfaces of this namespace with their addresses, asked of the kernel (rtnetlink(7)).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::netlink::{Message, attributes, dump_request, messages};
use crate::bytes::{u16_at, u32_at};
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::socket::Socket;
use crate::sys::constants as c;
use crate::sys::{self, Errno, alloc};

/// How often the list is asked for where it changes while it is read.
const ATTEMPTS: u32 = 16;

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interface {
    /// Its number: the scope of an IPv6 address, and what options and messages carry.
    pub index: u32,
    /// Its name; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// What it is and whether it is up.
    pub flags: InterfaceFlags,
    /// The longest packet that it carries, in bytes.
    pub mtu: u32,
    /// The kind of its hardware (`ARPHRD_*`, such as 1, Ethernet, and 772, loopback).
    #[doc(alias = "ifi_type")]
    pub hardware: u16,
    /// Its address on the link, such as the six bytes of Ethernet; empty where it has none.
    pub hardware_address: Vec<u8>,
    /// Its addresses, in the kernel's order.
    pub addresses: Vec<InterfaceAddress>,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterfaceAddress {
    /// The address.
    pub ip: IpAddr,
    /// How many of its leading bits name the network.
    pub prefix: u8,
    /// The other end of a point-to-point link; `None` where there is none.
    pub peer: Option<IpAddr>,
    /// The address that reaches all of the network; `None` where there is none, as with IPv6.
    pub broadcast: Option<Ipv4Addr>,
}

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $constant:ident, $text:literal;)*) => {
        /// What an interface is, and how it is (`IFF_*`, netdevice(7)).
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct InterfaceFlags(u32);

        impl InterfaceFlags {
            $($(#[$doc])* #[doc(alias = $text)] pub const $name: Self = Self(c::$constant.unsigned_abs());)*

            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$name, $text),)*];
        }
    };
}

flags! {
    /// It has been set up.
    UP = IFF_UP, "IFF_UP";
    /// It has a broadcast address.
    BROADCAST = IFF_BROADCAST, "IFF_BROADCAST";
    /// It leads back to this machine.
    LOOPBACK = IFF_LOOPBACK, "IFF_LOOPBACK";
    /// It leads to one other machine.
    POINTOPOINT = IFF_POINTOPOINT, "IFF_POINTOPOINT";
    /// It can carry packets now.
    RUNNING = IFF_RUNNING, "IFF_RUNNING";
    /// It asks nobody for link addresses.
    NOARP = IFF_NOARP, "IFF_NOARP";
    /// It receives every packet of the link.
    PROMISC = IFF_PROMISC, "IFF_PROMISC";
    /// It receives every multicast packet.
    ALLMULTI = IFF_ALLMULTI, "IFF_ALLMULTI";
    /// It carries multicast.
    MULTICAST = IFF_MULTICAST, "IFF_MULTICAST";
}

impl InterfaceFlags {
    /// The flags that the kernel calls `raw`.
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The kernel's number.
    pub const fn as_raw(self) -> u32 {
        self.0
    }

    /// Whether it has all of `other`.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The C names of its flags; one that has no name here is left out.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| *name)
    }
}

impl fmt::Debug for InterfaceFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InterfaceFlags({:#x}", self.0)?;
        self.names().try_for_each(|name| write!(f, " {name}"))?;
        f.write_str(")")
    }
}

/// The network interfaces of this namespace with their addresses, by rising index (rtnetlink(7), `RTM_GETLINK` and
/// `RTM_GETADDR`).
///
/// Needs no right.
///
/// # Errors
///
/// Fails with `EAGAIN` where they change again and again while they are read, at the limit of descriptors, and where
/// the kernel has no routing netlink.
///
/// # Examples
///
/// ```
/// use berkeley::interface::{InterfaceFlags, interfaces};
///
/// for interface in interfaces()? {
///     println!("{} {} {:?}", interface.index, interface.name, interface.addresses);
///     assert_eq!(interface.name == "lo", interface.flags.contains(InterfaceFlags::LOOPBACK));
/// }
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "if_nameindex")]
#[doc(alias = "getifaddrs")]
#[doc(alias = "freeifaddrs")]
#[doc(alias = "if_freenameindex")]
pub fn interfaces() -> Result<Vec<Interface>> {
    let listed = (0..ATTEMPTS).find_map(|_| list().transpose()).unwrap_or_else(|| {
        // So many changes in a row: busy, and not for long.
        Err(Error::kernel(Operation::Interfaces, Errno::AGAIN))
    });
    listed.map_err(|error| error.during(Operation::Interfaces).on("netlink"))
}

/// `None` where something has changed meanwhile.
fn list() -> Result<Option<Vec<Interface>>> {
    let socket = Socket::new(Family::NETLINK, Type::RAW, Protocol::DEFAULT)?;
    let mut listing = Listing::new();
    // The kernel makes its messages no longer than 32 KiB.
    let mut buffer: Vec<u8> = alloc::zeroed(65_536).map_err(no_memory)?;
    for (kind, sequence) in QUESTIONS {
        socket.send(&dump_request(kind, sequence))?;
        loop {
            let length = socket.recv(&mut buffer)?;
            if listing.take(&buffer[..length], sequence)? {
                break;
            }
        }
    }
    Ok(listing.finish())
}

fn no_memory(errno: Errno) -> Error {
    Error::kernel(Operation::Interfaces, errno)
}

/// What is asked, and the sequence number by which its answer is known.
const QUESTIONS: [(u16, u32); 2] = [(c::RTM_GETLINK, 1), (c::RTM_GETADDR, 2)];

/// The interfaces in `bytes`, which hold the answers to both questions, as far as they go; fails as the list does.
#[cfg(feature = "fault")]
pub(crate) fn decode_interfaces(bytes: &[u8]) -> Result<Option<Vec<Interface>>> {
    let mut listing = Listing::new();
    for (_, sequence) in QUESTIONS {
        listing.take(bytes, sequence)?;
    }
    Ok(listing.finish())
}

/// What the answers have told so far.
struct Listing {
    found: Vec<Interface>,
    /// Whether the answers are of one piece.
    whole: bool,
}

impl Listing {
    fn new() -> Self {
        Self { found: Vec::new(), whole: true }
    }

    /// Takes some messages of the answer to a question; gives whether that was the end of it.
    fn take(&mut self, bytes: &[u8], sequence: u32) -> Result<bool> {
        // What is not an answer to this question is somebody else's.
        for message in messages(bytes).filter(|message| message.sequence == sequence) {
            self.whole &= !message.interrupted;
            match i32::from(message.kind) {
                // A list that broke off ends with its errno, as an error has it.
                c::NLMSG_DONE if errno(message.body) == 0 => return Ok(true),
                c::NLMSG_DONE | c::NLMSG_ERROR => {
                    return Err(Error::kernel(Operation::Interfaces, Errno::from_raw(errno(message.body))));
                }
                _ => self.add(&message).map_err(no_memory)?,
            }
        }
        Ok(false)
    }

    fn add(&mut self, message: &Message<'_>) -> sys::Result<()> {
        match message.kind {
            c::RTM_NEWLINK => {
                if let Some(interface) = link(message.body)? {
                    alloc::push(&mut self.found, interface)?;
                }
            }
            c::RTM_NEWADDR => {
                let Some((index, address)) = address(message.body) else { return Ok(()) };
                if let Some(owner) = self.found.iter_mut().find(|interface| interface.index == index) {
                    alloc::push(&mut owner.addresses, address)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Option<Vec<Interface>> {
        // A stable sort would allocate; no two have one index.
        self.found.sort_unstable_by_key(|interface| interface.index);
        self.whole.then_some(self.found)
    }
}

/// The code that opens `struct nlmsgerr`, which is the errno with a minus sign; 0 where there is none.
fn errno(body: &[u8]) -> i32 {
    let code = u32_at(body, 0).unwrap_or_default().wrapping_neg();
    i32::try_from(code).unwrap_or_default()
}

/// `struct ifinfomsg` and its attributes; `None` where they do not make an interface.
fn link(body: &[u8]) -> sys::Result<Option<Interface>> {
    let (Some(hardware), Some(index), Some(flags)) = (u16_at(body, 2), u32_at(body, 4), u32_at(body, 8))
    else {
        return Ok(None);
    };
    let mut interface = Interface {
        index,
        name: String::new(),
        flags: InterfaceFlags(flags),
        mtu: 0,
        hardware,
        hardware_address: Vec::new(),
        addresses: Vec::new(),
    };
    let Some(rest) = body.get(16..) else { return Ok(None) };
    for (kind, value) in attributes(rest) {
        match kind {
            c::IFLA_IFNAME => {
                let name = value.split(|byte| *byte == 0).next().unwrap_or_default();
                interface.name = alloc::copy_lossy(name)?;
            }
            c::IFLA_MTU => {
                let Some(mtu) = u32_at(value, 0) else { return Ok(None) };
                interface.mtu = mtu;
            }
            c::IFLA_ADDRESS => interface.hardware_address = alloc::copy(value)?,
            _ => {}
        }
    }
    Ok(Some(interface))
}

/// `struct ifaddrmsg` and its attributes: the interface's index and the address; `None` for what is neither IPv4 nor
/// IPv6.
fn address(body: &[u8]) -> Option<(u32, InterfaceAddress)> {
    let (mut address, mut local, mut broadcast) = (None, None, None);
    for (kind, value) in attributes(body.get(8..)?) {
        match kind {
            c::IFA_ADDRESS => address = ip(value),
            c::IFA_LOCAL => local = ip(value),
            c::IFA_BROADCAST => broadcast = value.try_into().ok().map(<[u8; 4]>::into),
            _ => {}
        }
    }
    // Where the two differ, the one that is not local is the peer's; IPv6 gives the local one only if it has a peer.
    let ip = local.or(address)?;
    let peer = address.filter(|address| *address != ip);
    Some((u32_at(body, 4)?, InterfaceAddress { ip, prefix: *body.get(1)?, peer, broadcast }))
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|bytes| Ipv4Addr::from(bytes).into()),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|bytes| Ipv6Addr::from(bytes).into()),
        _ => None,
    }
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    /// `RTM_NEWLINK` of loopback: type 772, index 1, flags 0x10049; "lo", an MTU of 65,536, an address of zeros.
    const LINK: &[u8] = &[
        0, 0, 4, 3, 1, 0, 0, 0, 0x49, 0, 1, 0, 0, 0, 0, 0, // ifinfomsg
        7, 0, 3, 0, b'l', b'o', 0, 0, // IFLA_IFNAME
        8, 0, 4, 0, 0, 0, 1, 0, // IFLA_MTU
        10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, // IFLA_ADDRESS
    ];

    /// `RTM_NEWADDR`: 10.0.0.2/24 on 7, its peer 10.0.0.9, broadcast to 10.0.0.255.
    const ADDRESS: &[u8] = &[
        2, 24, 0x80, 0, 7, 0, 0, 0, // ifaddrmsg
        8, 0, 1, 0, 10, 0, 0, 9, // IFA_ADDRESS
        8, 0, 2, 0, 10, 0, 0, 2, // IFA_LOCAL
        8, 0, 4, 0, 10, 0, 0, 255, // IFA_BROADCAST
    ];

    #[test]
    fn golden_bytes_make_an_interface_and_its_address() {
        let lo = link(LINK).unwrap().unwrap();
        assert_eq!(lo.hardware, 772);
        assert_eq!(
            (lo.index, lo.name.as_str(), lo.mtu, lo.hardware_address.as_slice()),
            (1, "lo", 65_536, &[0; 6][..])
        );
        assert_eq!(format!("{:?}", lo.flags), "InterfaceFlags(0x10049 IFF_UP IFF_LOOPBACK IFF_RUNNING)");
        let (index, found) = address(ADDRESS).unwrap();
        let ip = |last| Ipv4Addr::new(10, 0, 0, last);
        assert_eq!((index, found.ip, found.prefix), (7, ip(2).into(), 24));
        assert_eq!((found.peer, found.broadcast), (Some(ip(9).into()), Some(ip(255))));
    }

    /// A message of the answer to the first question; the length and the sequence number are right.
    fn message(kind: i32, flags: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + body.len()).unwrap();
        let kind = u16::try_from(kind).unwrap();
        let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &flags.to_ne_bytes()].concat();
        bytes.extend(QUESTIONS[0].1.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn an_answer_ends_where_the_kernel_says_so_and_one_that_breaks_off_is_an_error() {
        let (code, none) = ((-12_i32).to_ne_bytes(), 0_i32.to_ne_bytes());
        let whole = message(c::NLMSG_DONE, 2, &none);
        let rows = [
            (whole.clone(), Ok(true)),
            (message(c::NLMSG_DONE, 2, &[]), Ok(true)),
            (message(c::NLMSG_DONE, 2, &code), Err(Some(12))),
            (message(c::NLMSG_ERROR, 0, &code), Err(Some(12))),
            (message(c::RTM_NEWLINK.into(), 2, LINK), Ok(false)),
            (whole[..15].to_vec(), Ok(false)),
        ];
        for (bytes, want) in rows {
            let got = Listing::new().take(&bytes, QUESTIONS[0].1);
            assert_eq!(got.map_err(|error| error.raw_os_error()), want, "{bytes:?}");
            assert_eq!(Listing::new().take(&bytes, 9).ok(), Some(false), "somebody else's");
        }
        let mut listing = Listing::new();
        assert!(listing.take(&message(c::NLMSG_DONE, 0x12, &none), QUESTIONS[0].1).unwrap());
        assert_eq!(listing.finish(), None, "changed while it was read");
    }

    #[test]
    fn bytes_that_are_cut_or_changed_panic_nowhere() {
        for bytes in [LINK, ADDRESS] {
            for length in 0..bytes.len() {
                let _ = (link(&bytes[..length]), address(&bytes[..length]));
            }
            for place in 0..bytes.len() {
                for value in [0, 1, 4, 127, 255] {
                    let mut changed = bytes.to_vec();
                    changed[place] = value;
                    let _ = (link(&changed), address(&changed));
                }
            }
        }
        assert_eq!((link(&LINK[..15]), address(&ADDRESS[..7])), (Ok(None), None));
    }
}
