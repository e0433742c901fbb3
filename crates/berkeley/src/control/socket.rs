//! Control messages of any socket, and of Unix sockets: `SOL_SOCKET` (socket(7), unix(7)).

use std::fmt;
use std::os::fd::BorrowedFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Descriptors, Outgoing};
use crate::bytes::{i32_at, i64_at, int, u32_at, unsigned};
use crate::sys::constants as c;
use crate::sys::identity;
use crate::sys::layout::ucred;

/// What came with a message on any socket.
#[derive(Debug)]
#[non_exhaustive]
pub enum Message<'b> {
    /// Descriptors that the sender passed (unix(7)); fewer than were sent where the control buffer was too small.
    #[doc(alias = "SCM_RIGHTS")]
    Rights(Descriptors<'b>),
    /// A descriptor of the sender's process (`PASSPIDFD`, since Linux 6.5); none where the process is gone.
    #[doc(alias = "SCM_PIDFD")]
    Pidfd(Descriptors<'b>),
    /// The sender's process, user and group (`PASSCRED`), which the kernel has checked.
    #[doc(alias = "SCM_CREDENTIALS")]
    Credentials(Credentials),
    /// The sender's security label (`PASSSEC`), as the security module writes it.
    #[doc(alias = "SCM_SECURITY")]
    SecurityLabel(&'b [u8]),
    /// When it came, in microseconds (`TIMESTAMP`).
    #[doc(alias = "SCM_TIMESTAMP")]
    Timestamp(SystemTime),
    /// When it came, in nanoseconds (`TIMESTAMPNS`).
    #[doc(alias = "SCM_TIMESTAMPNS")]
    TimestampNs(SystemTime),
    /// When it came or went, by the clocks that `TIMESTAMPING` asked for.
    #[doc(alias = "SCM_TIMESTAMPING")]
    Timestamping(Timestamping),
    /// What the card's timestamp belongs to (`TIMESTAMPING` with `SOF_TIMESTAMPING_OPT_PKTINFO`).
    #[doc(alias = "SCM_TIMESTAMPING_PKTINFO")]
    TimestampedPacket(TimestampedPacket),
    /// How many messages were dropped since the socket was made, for want of room (`RXQ_OVFL`); it wraps around.
    #[doc(alias = "SO_RXQ_OVFL")]
    DropCount(u32),
    /// The mark that the packet carries (`RCVMARK`).
    #[doc(alias = "SO_MARK")]
    Mark(u32),
    /// The priority that the packet carries (`SO_RCVPRIORITY`, since Linux 6.14).
    #[doc(alias = "SO_PRIORITY")]
    Priority(u32),
    /// How many bytes are left in the queue of a Unix stream (`INQ`, since Linux 6.17).
    #[doc(alias = "SCM_INQ")]
    Inq(u32),
    /// Whether the frame was acknowledged, on wireless packet sockets (`WIFI_STATUS`).
    #[doc(alias = "SCM_WIFI_STATUS")]
    WifiStatus(bool),
}

/// Those that carry no descriptor; `None` where the type is unknown or the data has the wrong length.
pub(super) fn decode(kind: i32, data: &[u8]) -> Option<Message<'_>> {
    Some(match kind {
        c::SCM_CREDENTIALS => Message::Credentials(Credentials::decode(data)?),
        c::SCM_SECURITY => Message::SecurityLabel(data),
        c::SCM_TIMESTAMP => Message::Timestamp(system_time(duration(data, 1000)?)?),
        c::SCM_TIMESTAMPNS => Message::TimestampNs(system_time(duration(data, 1)?)?),
        c::SCM_TIMESTAMPING => Message::Timestamping(Timestamping::decode(data)?),
        c::SCM_TIMESTAMPING_PKTINFO => Message::TimestampedPacket(TimestampedPacket::decode(data)?),
        c::SO_RXQ_OVFL => Message::DropCount(unsigned(data)?),
        c::SO_MARK => Message::Mark(unsigned(data)?),
        c::SO_PRIORITY => Message::Priority(unsigned(data)?),
        c::SO_INQ => Message::Inq(int(data)?.try_into().ok()?),
        c::SCM_WIFI_STATUS => Message::WifiStatus(int(data)? != 0),
        _ => return None,
    })
}

/// The process, user and group of a sender (`struct ucred`, unix(7)).
///
/// ```
/// use berkeley::control::{ControlBuffer, ControlMessage, socket};
/// use berkeley::{Family, Protocol, Socket, Type, option};
/// use std::io::IoSliceMut;
///
/// let (left, right) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
/// right.set(option::PASSCRED, true)?;
/// left.send(b"who am I?")?;
///
/// let mut bytes = [0; 16];
/// let mut control = ControlBuffer::new();
/// right.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control)?;
/// let Some(ControlMessage::Socket(socket::Message::Credentials(sender))) = control.messages().next() else {
///     panic!("the kernel names the sender");
/// };
/// assert_eq!(sender, socket::Credentials::own());
/// # Ok::<(), berkeley::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "ucred")]
#[non_exhaustive]
pub struct Credentials {
    /// The process; 0 where it is of another namespace.
    pub pid: i32,
    /// The user; 65534 where the namespace here has no number for it.
    pub uid: u32,
    /// The group; 65534 where the namespace here has no number for it.
    pub gid: u32,
}

impl Credentials {
    /// Those of a process, a user and a group; the kernel lets only the privileged send others than their own.
    pub const fn new(pid: i32, uid: u32, gid: u32) -> Self {
        Self { pid, uid, gid }
    }

    /// This process's own: its number, its real user and its real group.
    pub fn own() -> Self {
        let (pid, uid, gid) = identity::own();
        Self { pid, uid, gid }
    }

    fn decode(data: &[u8]) -> Option<Self> {
        let data: &[u8; ucred::SIZE] = data.try_into().ok()?;
        Some(Self {
            pid: i32_at(data, ucred::PID)?,
            uid: u32_at(data, ucred::UID)?,
            gid: u32_at(data, ucred::GID)?,
        })
    }

    fn encode(self) -> [u8; ucred::SIZE] {
        let mut data = [0; ucred::SIZE];
        data[ucred::PID..][..4].copy_from_slice(&self.pid.to_ne_bytes());
        data[ucred::UID..][..4].copy_from_slice(&self.uid.to_ne_bytes());
        data[ucred::GID..][..4].copy_from_slice(&self.gid.to_ne_bytes());
        data
    }
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} uid {} gid {}", self.pid, self.uid, self.gid)
    }
}

/// When a packet came or went (`SO_TIMESTAMPING`, the kernel's `networking/timestamping`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "scm_timestamping")]
pub struct Timestamping {
    /// By the system's clock; `None` where the kernel took no such timestamp.
    pub software: Option<SystemTime>,
    /// By the clock of the network card, since that clock's own beginning; `None` where the card took no timestamp.
    pub hardware: Option<Duration>,
}

impl Timestamping {
    /// Three times: the system's, one that is no longer used, and the card's. Zero stands for none.
    fn decode(data: &[u8]) -> Option<Self> {
        let size = data.len() / 3;
        if data.len() % 3 != 0 {
            return None;
        }
        let software = duration(data.get(..size)?, 1)?;
        let hardware = duration(data.get(2 * size..)?, 1)?;
        let software = if software.is_zero() { None } else { Some(system_time(software)?) };
        Some(Self { software, hardware: (!hardware.is_zero()).then_some(hardware) })
    }
}

/// The packet that a card's timestamp belongs to (`struct scm_ts_pktinfo`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TimestampedPacket {
    /// The index of the card that received it; 0 where it is not known.
    pub interface: u32,
    /// The length of the packet with its link's header, in bytes.
    pub length: u32,
}

impl TimestampedPacket {
    fn decode(data: &[u8]) -> Option<Self> {
        // Two numbers, and two that are reserved.
        let data: &[u8; 16] = data.try_into().ok()?;
        let number = |offset| u32_at(data, offset);
        Some(Self { interface: number(0)?, length: number(4)? })
    }
}

/// `struct timeval` or `struct timespec`, as wide as the kernel made it; `unit` is the fraction's, in nanoseconds.
fn duration(data: &[u8], unit: u32) -> Option<Duration> {
    let (seconds, fraction) = match data.len() {
        16 => (i64_at(data, 0)?, i64_at(data, 8)?),
        8 => (i32_at(data, 0)?.into(), i32_at(data, 4)?.into()),
        _ => return None,
    };
    let nanoseconds = u32::try_from(fraction).ok()?.checked_mul(unit).filter(|it| *it < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(seconds).ok()?, nanoseconds))
}

fn system_time(since_1970: Duration) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(since_1970)
}

/// Passes descriptors to the peer of a Unix socket, which gets its own of the same open files (unix(7)).
///
/// At most 253 in one message, and on a stream only beside at least one byte; else the kernel answers `EINVAL` or
/// passes nothing. `ETOOMANYREFS` says that more are on their way than this process may have open.
///
/// On the other side [`ControlBuffer::descriptors`](super::ControlBuffer::descriptors) has them; the example there does
/// both.
#[doc(alias = "SCM_RIGHTS")]
#[doc(alias = "send_fds")]
pub const fn rights<'a>(descriptors: &'a [BorrowedFd<'a>]) -> Outgoing<'a> {
    Outgoing::descriptors(c::SOL_SOCKET, c::SCM_RIGHTS, descriptors)
}

/// Says who sends, to a Unix peer that has set `PASSCRED`; others than one's own need privileges, else `EPERM`.
#[doc(alias = "SCM_CREDENTIALS")]
pub fn credentials(credentials: Credentials) -> Outgoing<'static> {
    Outgoing::fixed(c::SOL_SOCKET, c::SCM_CREDENTIALS, credentials.encode())
}

/// Marks this packet, in place of the socket's `MARK`; needs `CAP_NET_ADMIN` or `CAP_NET_RAW`.
#[doc(alias = "SO_MARK")]
pub fn mark(mark: u32) -> Outgoing<'static> {
    Outgoing::fixed(c::SOL_SOCKET, c::SO_MARK, mark.to_ne_bytes())
}

/// The priority of this packet, in place of the socket's `PRIORITY` (since Linux 6.14); above 6 needs
/// `CAP_NET_ADMIN`.
#[doc(alias = "SO_PRIORITY")]
pub fn priority(priority: u32) -> Outgoing<'static> {
    Outgoing::fixed(c::SOL_SOCKET, c::SO_PRIORITY, priority.to_ne_bytes())
}

/// Which timestamps to take of this packet, by the flags `SOF_TIMESTAMPING_TX_*`, whatever the socket's own are.
#[doc(alias = "SO_TIMESTAMPING")]
pub fn timestamping(flags: u32) -> Outgoing<'static> {
    Outgoing::fixed(c::SOL_SOCKET, c::SCM_TIMESTAMPING, flags.to_ne_bytes())
}

/// When this packet is to go out, by the clock that `SO_TXTIME` named.
///
/// Counts as never, `u64::MAX` nanoseconds, where it is more than 584 years.
#[doc(alias = "SCM_TXTIME")]
pub fn transmit_time(time: Duration) -> Outgoing<'static> {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Outgoing::fixed(c::SOL_SOCKET, c::SCM_TXTIME, nanoseconds.to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three times, as the kernel of a 64-bit machine lays them out.
    fn times(times: [(i64, i64); 3]) -> Vec<u8> {
        times.iter().flat_map(|(s, f)| [s.to_ne_bytes(), f.to_ne_bytes()]).flatten().collect()
    }

    #[test]
    fn timestamps_of_the_system_and_of_the_card_are_told_apart() {
        let system = |seconds, nanoseconds| UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        let rows = [
            ([(1_700_000_000, 5), (0, 0), (0, 0)], Some(system(1_700_000_000, 5)), None),
            ([(0, 0), (7, 7), (3, 999_999_999)], None, Some(Duration::new(3, 999_999_999))),
            ([(1, 0), (0, 0), (2, 0)], Some(system(1, 0)), Some(Duration::from_secs(2))),
            ([(0, 0); 3], None, None),
        ];
        for (given, software, hardware) in rows {
            let data = times(given);
            let Some(Message::Timestamping(found)) = decode(c::SCM_TIMESTAMPING, &data) else {
                panic!("{given:?}");
            };
            assert_eq!(found, Timestamping { software, hardware });
        }
    }

    #[test]
    fn times_that_no_clock_shows_are_not_decoded() {
        for pair in [(-1, 0), (0, -1), (0, 1_000_000_000), (i64::MIN, i64::MAX)] {
            let data = times([pair, (0, 0), (0, 0)]);
            assert!(decode(c::SCM_TIMESTAMPING, &data).is_none(), "{pair:?}");
            assert!(decode(c::SCM_TIMESTAMPNS, &data[..16]).is_none(), "{pair:?}");
        }
        let second = times([(0, 999_999), (0, 1_000_000), (i64::MAX, 0)]);
        assert!(decode(c::SCM_TIMESTAMP, &second[..16]).is_some());
        assert!(decode(c::SCM_TIMESTAMP, &second[16..32]).is_none());
        // Later than SystemTime can say, yet no reason to panic.
        let _ = decode(c::SCM_TIMESTAMP, &second[32..]);
    }

    #[test]
    fn times_of_32_bit_kernels_are_read() {
        let data: Vec<u8> = [9_i32, 10].iter().flat_map(|number| number.to_ne_bytes()).collect();
        let want = UNIX_EPOCH + Duration::new(9, 10_000);
        assert!(matches!(decode(c::SCM_TIMESTAMP, &data), Some(Message::Timestamp(time)) if time == want));
    }

    #[test]
    fn golden_bytes_of_the_others() {
        let one = 1_u32.to_ne_bytes();
        assert!(matches!(decode(c::SO_RXQ_OVFL, &one), Some(Message::DropCount(1))));
        assert!(matches!(decode(c::SO_MARK, &one), Some(Message::Mark(1))));
        assert!(matches!(decode(c::SO_PRIORITY, &one), Some(Message::Priority(1))));
        assert!(matches!(decode(c::SO_INQ, &one), Some(Message::Inq(1))));
        assert!(decode(c::SO_INQ, &(-1_i32).to_ne_bytes()).is_none());
        assert!(matches!(decode(c::SCM_WIFI_STATUS, &one), Some(Message::WifiStatus(true))));
        assert!(matches!(
            decode(c::SCM_SECURITY, b"unconfined"),
            Some(Message::SecurityLabel(b"unconfined"))
        ));
        let packet: Vec<u8> = [2_u32, 1514, 0, 0].iter().flat_map(|number| number.to_ne_bytes()).collect();
        let want = TimestampedPacket { interface: 2, length: 1514 };
        let found = decode(c::SCM_TIMESTAMPING_PKTINFO, &packet);
        assert!(matches!(found, Some(Message::TimestampedPacket(found)) if found == want));
    }
}
