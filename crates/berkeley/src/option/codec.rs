//! How each kind of value is laid out, encoded and decoded byte by byte; structures and lists as their [`Content`]
//! says.
//!
//! [`Content`]: super::content::Content

use std::net::Ipv4Addr;
use std::time::Duration;

use super::content::{Encoded, Misfit, VALUE_MAX};
use super::value::{MtuDiscover, PeerCredentials, PortRange};
use super::{Kind, Value, addresses};
use crate::bytes::{field, i32_at, i64_at, int, u32_at, unsigned, whole};
use crate::kinds::{Family, Protocol, Type};
use crate::sys::layout::{inet6, linger, timeval, ucred};
use crate::sys::{self, alloc};

/// Room for a structure, with some for what kernels will add to it.
const STRUCTURE_MAX: usize = 512;
/// The room that suffices for any value but the longest lists.
pub(crate) const ROOM_MAX: usize = STRUCTURE_MAX;
/// The room that suffices for all: 65536 groups (`NGROUPS_MAX`).
pub(crate) const LIST_MAX: usize = 65536 * 4;
/// The longest name that can be set: the kernel's buffers hold 16 bytes with the NUL (`IFNAMSIZ`, `TCP_CA_NAME_MAX`,
/// `TCP_ULP_NAME_MAX`) and a longer name would be cut without a word.
const NAME_MAX: usize = 15;

impl Kind {
    /// What a bare number counts, and what is printed behind it: `bytes`, `s`; `None` for what is no quantity.
    pub const fn unit(self) -> Option<&'static str> {
        match self {
            Self::Bytes | Self::WideBytes | Self::PathMtu => Some("bytes"),
            Self::Rate => Some("bytes/s"),
            Self::Seconds | Self::TimeValue | Self::Linger => Some("s"),
            Self::Milliseconds => Some("ms"),
            Self::Microseconds => Some("us"),
            _ => None,
        }
    }

    /// The nanoseconds in one of the kernel's units, where the value is a duration.
    pub(super) const fn nanoseconds(self) -> Option<u32> {
        match self {
            Self::Seconds | Self::Linger => Some(1_000_000_000),
            Self::Milliseconds => Some(1_000_000),
            Self::Microseconds | Self::TimeValue => Some(1_000),
            _ => None,
        }
    }

    /// How many bytes a read asks for.
    pub(crate) const fn room(self) -> usize {
        match self {
            Self::Text | Self::Octets => VALUE_MAX,
            Self::Groups | Self::Memberships | Self::SocketAddresses | Self::SctpAddresses => STRUCTURE_MAX,
            Self::Wide | Self::WideBytes | Self::Rate => 8,
            Self::PathMtu => inet6::SIZE + 4,
            Self::TimeValue => timeval::SIZE,
            Self::Linger => linger::SIZE,
            Self::Credentials => ucred::SIZE,
            kind => match kind.content_room() {
                Some(room) => room,
                None => 4,
            },
        }
    }

    /// Whether the value may be a longer list than `room` says, which a kernel refuses to give in part.
    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::Groups | Self::SctpAddresses) || self.content_is_list()
    }

    /// The part of `room` that holds the value, of which the kernel says that it has `length` bytes.
    pub(crate) fn part(self, room: &[u8], length: usize) -> &[u8] {
        match self {
            // Of bound addresses the kernel leaves the header out of the length; they are counted in it.
            Self::SctpAddresses => room,
            _ => &room[..length],
        }
    }

    /// The value in the kernel's bytes; fails, in words, where they are not as many as the value has.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<Value, Misfit> {
        let value = match self.content_room() {
            Some(_) => self.decode_content(bytes)?,
            None => self.decode_list(bytes)?.or_else(|| self.decode_whole(bytes)),
        };
        value.ok_or_else(|| match self {
            Self::Text => Misfit::Words("the kernel gave a text that is not UTF-8".to_owned()),
            _ => format!("the kernel gave {} bytes, wanted {}", bytes.len(), self.room()).into(),
        })
    }

    /// A value that is as long as the kernel makes it; `None` also for the other kinds.
    fn decode_list(self, bytes: &[u8]) -> sys::Result<Option<Value>> {
        Ok(match self {
            Self::Text => decode_text(bytes)?.map(Value::Text),
            Self::Octets => Some(Value::Octets(alloc::copy(bytes)?)),
            Self::Groups => decode_numbers(bytes)?.map(Value::Numbers),
            Self::Memberships => decode_bits(bytes)?.map(Value::Numbers),
            Self::SocketAddresses => addresses::decode(bytes)?.map(Value::SocketAddresses),
            Self::SctpAddresses => addresses::decode_counted(bytes)?.map(Value::SocketAddresses),
            _ => None,
        })
    }

    fn decode_whole(self, bytes: &[u8]) -> Option<Value> {
        Some(match self {
            Self::Flag => Value::Flag(int(bytes)? != 0),
            Self::Integer | Self::Errno => Value::Integer(int(bytes)?),
            Self::Unsigned | Self::Bytes | Self::Interface => Value::Unsigned(unsigned(bytes)?.into()),
            Self::InterfaceBigEndian => Value::Unsigned(u32::from_be(unsigned(bytes)?).into()),
            // Of a list, which a kernel may give, the first.
            Self::BigEndian => Value::Unsigned(field(bytes, 0).map(u32::from_be_bytes)?.into()),
            Self::Wide | Self::WideBytes => Value::Unsigned(u64::from_ne_bytes(bytes.try_into().ok()?)),
            Self::Rate => Value::Unsigned(decode_rate(bytes)?),
            Self::Seconds => Value::Duration(Duration::from_secs(count(bytes)?)),
            Self::Milliseconds => Value::Duration(Duration::from_millis(count(bytes)?)),
            Self::Microseconds => Value::Duration(Duration::from_micros(count(bytes)?)),
            Self::TimeValue => Value::Duration(decode_time_value(bytes)?),
            Self::Linger => decode_linger(bytes)?,
            Self::Address => Value::Address(Ipv4Addr::from(whole::<4>(bytes)?)),
            Self::PortRange => Value::PortRange(decode_ports(unsigned(bytes)?)),
            Self::Family => Value::Family(Family::from_raw(int(bytes)?)),
            Self::Type => Value::Type(Type::from_raw(int(bytes)?)),
            Self::Protocol => Value::Protocol(Protocol::from_raw(int(bytes)?)),
            Self::MtuDiscover => Value::MtuDiscover(MtuDiscover::from_raw(int(bytes)?)),
            Self::Credentials => Value::Credentials(decode_credentials(bytes)?),
            Self::Length => Value::Unsigned(bytes.len().try_into().ok()?),
            Self::Signal => Value::Signal,
            Self::PathMtu => Value::Unsigned(u32_at(bytes, inet6::SIZE)?.into()),
            // Lists are decoded above, structures by what they are.
            _ => return None,
        })
    }

    /// The kernel's bytes for a value; fails, in words, where the value is of another kind or does not fit.
    pub(crate) fn encode(self, value: &Value) -> Result<Encoded, Misfit> {
        if let Some(encoded) = self.encode_content(value) {
            return encoded;
        }
        match (self, value) {
            (Self::SocketAddresses, Value::SocketAddresses(list)) => {
                Ok(Encoded::list(addresses::encode(list)?))
            }
            _ => Ok(self.encode_plain(value)?),
        }
    }

    /// As [`encode`](Self::encode), of what is no list.
    fn encode_plain(self, value: &Value) -> Result<Encoded, String> {
        match (self, value) {
            (Self::Flag, Value::Flag(on)) => Encoded::new(&i32::from(*on).to_ne_bytes()),
            (Self::Integer | Self::Errno, Value::Integer(number)) => Encoded::new(&number.to_ne_bytes()),
            (Self::Unsigned | Self::Bytes | Self::Interface, Value::Unsigned(number)) => {
                Encoded::new(&narrow(*number)?.to_ne_bytes())
            }
            (Self::InterfaceBigEndian | Self::BigEndian, Value::Unsigned(number)) => {
                Encoded::new(&narrow(*number)?.to_be_bytes())
            }
            (Self::Wide | Self::WideBytes | Self::Rate, Value::Unsigned(number)) => {
                Encoded::new(&number.to_ne_bytes())
            }
            (Self::TimeValue, Value::Duration(duration)) => encode_time_value(*duration),
            (Self::Linger, Value::Linger(duration)) => encode_linger(*duration),
            (Self::Text, Value::Text(text)) => encode_text(text),
            (Self::Octets, Value::Octets(bytes)) => Encoded::new(bytes),
            (Self::Address, Value::Address(address)) => Encoded::new(&address.octets()),
            (Self::PortRange, Value::PortRange(range)) => {
                Encoded::new(&(u32::from(range.high) << 16 | u32::from(range.low)).to_ne_bytes())
            }
            (Self::Family, Value::Family(family)) => Encoded::new(&family.as_raw().to_ne_bytes()),
            (Self::MtuDiscover, Value::MtuDiscover(mode)) => Encoded::new(&mode.as_raw().to_ne_bytes()),
            (kind, Value::Duration(duration)) => match kind.nanoseconds() {
                Some(_) if kind != Self::Linger => Encoded::new(&units(*duration, kind)?.to_ne_bytes()),
                _ => Err(kind.refusal(value)),
            },
            (Self::Length, Value::Unsigned(length)) => {
                let zeros = usize::try_from(*length).ok().and_then(|length| [0; VALUE_MAX].get(..length));
                Encoded::new(zeros.ok_or_else(|| format!("takes 0 to {VALUE_MAX}, got {length}"))?)
            }
            (Self::Signal, Value::Signal) => Encoded::new(&0_i32.to_ne_bytes()),
            (kind, value) => Err(kind.refusal(value)),
        }
    }

    fn refusal(self, value: &Value) -> String {
        format!("takes {}, got {value}", self.wanted())
    }

    /// What text or value the kind takes, in words.
    pub(super) const fn wanted(self) -> &'static str {
        match self {
            Self::Flag => "on or off",
            Self::Integer | Self::Errno | Self::Unsigned | Self::Wide | Self::Length | Self::BigEndian => {
                "a number"
            }
            Self::Bytes | Self::WideBytes | Self::PathMtu => "a size such as 4096, 64K or 1MiB",
            Self::Rate => "bytes per second such as 125000 or 1MiB",
            Self::Seconds => "a duration such as 30s or 2m, or a number of seconds",
            Self::Milliseconds => "a duration such as 500ms or 2s, or a number of milliseconds",
            Self::Microseconds => "a duration such as 50us or 2ms, or a number of microseconds",
            Self::TimeValue => "a duration such as 500ms or 2s, or a number of seconds",
            Self::Linger => "off, a duration such as 5s, or a number of seconds",
            Self::Text => "a name",
            Self::Octets => "bytes in hexadecimal",
            Self::Address => "an IPv4 address",
            Self::PortRange => "ports such as 4000-4999",
            Self::Interface | Self::InterfaceBigEndian => "an interface's index",
            Self::Family => "AF_INET or AF_INET6",
            Self::Type => "a type of socket",
            Self::Protocol => "a protocol",
            Self::MtuDiscover => "dont, want, do, probe, interface or omit",
            Self::Credentials => "credentials",
            Self::Signal => "now, or no value",
            Self::Groups | Self::Memberships => "groups",
            Self::SocketAddresses | Self::SctpAddresses => "addresses such as 192.0.2.1:80,[2001:db8::1]:80",
            kind => kind.content_wanted(),
        }
    }
}

fn decode_numbers(bytes: &[u8]) -> sys::Result<Option<Vec<u32>>> {
    alloc::collect_all(bytes.chunks(4).map(unsigned))
}

/// The numbers of the bits that are set, counted from 1 through words of 32 bits.
fn decode_bits(bytes: &[u8]) -> sys::Result<Option<Vec<u32>>> {
    let Some(words) = decode_numbers(bytes)? else { return Ok(None) };
    let bits = words.iter().zip(0_u32..).flat_map(|(word, index)| {
        (0..32).filter(move |bit| word >> bit & 1 != 0).map(move |bit| index * 32 + bit + 1)
    });
    alloc::collect_any(bits).map(Some)
}

/// A C `int` that counts a duration; the kernel's few negative ones ("as the system says") are none.
fn count(bytes: &[u8]) -> Option<u64> {
    int(bytes).map(|count| u64::try_from(count).unwrap_or(0))
}

/// A kernel of 32 bits gives four bytes, whose largest number is "no limit" as well.
fn decode_rate(bytes: &[u8]) -> Option<u64> {
    match unsigned(bytes) {
        Some(u32::MAX) => Some(u64::MAX),
        Some(rate) => Some(rate.into()),
        None => whole(bytes).map(u64::from_ne_bytes),
    }
}

fn decode_time_value(bytes: &[u8]) -> Option<Duration> {
    let whole_size = (bytes.len() == timeval::SIZE).then_some(bytes)?;
    let number = |offset| -> Option<u64> {
        let signed = match timeval::FIELD {
            8 => i64_at(whole_size, offset)?,
            _ => i32_at(whole_size, offset)?.into(),
        };
        Some(u64::try_from(signed).unwrap_or(0))
    };
    let seconds = Duration::from_secs(number(timeval::SECONDS)?);
    Some(seconds.saturating_add(Duration::from_micros(number(timeval::MICROSECONDS)?)))
}

fn encode_time_value(duration: Duration) -> Result<Encoded, String> {
    let micros = duration.as_nanos().div_ceil(1_000);
    let mut bytes = [0; timeval::SIZE];
    for (offset, part) in
        [(timeval::SECONDS, micros / 1_000_000), (timeval::MICROSECONDS, micros % 1_000_000)]
    {
        let too_long = |_| "takes a shorter duration".to_owned();
        match timeval::FIELD {
            8 => put(&mut bytes, offset, &i64::try_from(part).map_err(too_long)?.to_ne_bytes()),
            _ => put(&mut bytes, offset, &i32::try_from(part).map_err(too_long)?.to_ne_bytes()),
        }
    }
    Encoded::new(&bytes)
}

fn decode_linger(bytes: &[u8]) -> Option<Value> {
    let whole_size = (bytes.len() == linger::SIZE).then_some(bytes)?;
    let on = i32_at(whole_size, linger::ON)? != 0;
    let seconds = i32_at(whole_size, linger::SECONDS)?;
    let duration = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    Some(Value::Linger(on.then_some(duration)))
}

fn encode_linger(duration: Option<Duration>) -> Result<Encoded, String> {
    let seconds = duration.map_or(Ok(0), |duration| units(duration, Kind::Linger))?;
    let mut bytes = [0; linger::SIZE];
    put(&mut bytes, linger::ON, &i32::from(duration.is_some()).to_ne_bytes());
    put(&mut bytes, linger::SECONDS, &seconds.to_ne_bytes());
    Encoded::new(&bytes)
}

/// The text up to its NUL, where the kernel counts one.
fn decode_text(bytes: &[u8]) -> sys::Result<Option<String>> {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    std::str::from_utf8(text).ok().map(alloc::copy_str).transpose()
}

fn encode_text(text: &str) -> Result<Encoded, String> {
    check_text(text)?;
    Encoded::new(text.as_bytes())
}

/// The rules of a name that can be set.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    if text.len() > NAME_MAX {
        return Err(format!("takes a name of at most {NAME_MAX} bytes, got {}", text.len()));
    }
    if text.contains('\0') {
        return Err("takes a name without NUL".to_owned());
    }
    Ok(())
}

fn decode_ports(ports: u32) -> PortRange {
    let [a, b, c, d] = ports.to_be_bytes();
    PortRange { low: u16::from_be_bytes([c, d]), high: u16::from_be_bytes([a, b]) }
}

fn decode_credentials(bytes: &[u8]) -> Option<PeerCredentials> {
    let whole_size = (bytes.len() == ucred::SIZE).then_some(bytes)?;
    Some(PeerCredentials {
        pid: i32_at(whole_size, ucred::PID)?,
        uid: u32_at(whole_size, ucred::UID)?,
        gid: u32_at(whole_size, ucred::GID)?,
    })
}

/// A duration in the kernel's units, rounded up so that nothing ends early and nothing short becomes "none".
fn units(duration: Duration, kind: Kind) -> Result<i32, String> {
    let units = duration.as_nanos().div_ceil(kind.nanoseconds().unwrap_or(1).into());
    i32::try_from(units).map_err(|_| {
        let unit = kind.unit().unwrap_or_default();
        format!("takes 0{unit} to {}{unit}", i32::MAX)
    })
}

fn narrow(number: u64) -> Result<u32, String> {
    u32::try_from(number).map_err(|_| format!("takes 0 to {}, got {number}", u32::MAX))
}

/// Writes a field at one of the layout's offsets, which lie within `bytes`.
fn put(bytes: &mut [u8], offset: usize, field: &[u8]) {
    bytes[offset..offset + field.len()].copy_from_slice(field);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_size_is_an_error_in_words() {
        assert_eq!(Kind::Flag.decode(&[1]).unwrap_err().to_string(), "the kernel gave 1 bytes, wanted 4");
        for kind in [Kind::Linger, Kind::TimeValue, Kind::Credentials, Kind::Wide, Kind::Address] {
            for length in (0..VALUE_MAX).filter(|length| *length != kind.room()) {
                assert!(kind.decode(&[0; VALUE_MAX][..length]).is_err(), "{kind:?} of {length} bytes");
            }
        }
    }

    /// `sctp_getsockopt_local_addrs` of Linux: the length that it gives is that of the addresses alone.
    #[test]
    fn bound_addresses_are_read_whole_though_the_kernel_says_8_bytes_less() {
        let mut room = [0; 64];
        room[4..8].copy_from_slice(&1_u32.to_ne_bytes());
        room[8..10].copy_from_slice(&2_u16.to_ne_bytes());
        room[10..16].copy_from_slice(&[0, 80, 192, 0, 2, 1]);
        let want = Value::SocketAddresses(vec!["192.0.2.1:80".parse().unwrap()]);
        for length in [16, 24] {
            assert_eq!(Kind::SctpAddresses.decode(Kind::SctpAddresses.part(&room, length)), Ok(want.clone()));
        }
        assert_eq!(Kind::Octets.part(&room, 5), [0, 0, 0, 0, room[4]]);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_go_both_ways() {
        let rows: [(Kind, Value, &[u8]); 9] = [
            (Kind::Flag, Value::Flag(true), &[1, 0, 0, 0]),
            (Kind::Integer, Value::Integer(-2), &[0xfe, 0xff, 0xff, 0xff]),
            (Kind::InterfaceBigEndian, Value::Unsigned(3), &[0, 0, 0, 3]),
            (Kind::BigEndian, Value::Unsigned(0x4543_484f), b"ECHO"),
            (Kind::Seconds, Value::Duration(Duration::from_secs(300)), &[44, 1, 0, 0]),
            (Kind::Linger, Value::Linger(Some(Duration::from_secs(5))), &[1, 0, 0, 0, 5, 0, 0, 0]),
            (Kind::Linger, Value::Linger(None), &[0; 8]),
            (Kind::Text, Value::Text("cubic".to_owned()), b"cubic"),
            (Kind::PortRange, Value::PortRange(PortRange { low: 1, high: 2 }), &[1, 0, 2, 0]),
        ];
        for (kind, value, bytes) in rows {
            assert_eq!(kind.encode(&value).map(|encoded| encoded.as_bytes().to_vec()), Ok(bytes.to_vec()));
            assert_eq!(kind.decode(bytes), Ok(value));
        }
    }

    #[test]
    fn a_duration_is_rounded_up_to_the_unit() {
        let encode = |kind: Kind, duration| kind.encode(&Value::Duration(duration));
        let short = encode(Kind::Seconds, Duration::from_millis(1)).unwrap();
        assert_eq!(short.as_bytes(), 1_i32.to_ne_bytes());
        let short = encode(Kind::TimeValue, Duration::from_nanos(1)).unwrap();
        assert_eq!(Kind::TimeValue.decode(short.as_bytes()), Ok(Value::Duration(Duration::from_micros(1))));
        let long = encode(Kind::Seconds, Duration::MAX).err();
        assert_eq!(long.map(|misfit| misfit.to_string()).as_deref(), Some("takes 0s to 2147483647s"));
    }

    #[test]
    fn a_value_of_another_kind_is_refused_in_words() {
        let refused = |kind: Kind, value: Value| kind.encode(&value).err().unwrap().to_string();
        assert_eq!(refused(Kind::Flag, Value::Integer(5)), "takes on or off, got 5");
        assert_eq!(refused(Kind::Bytes, Value::Unsigned(1 << 32)), "takes 0 to 4294967295, got 4294967296");
        assert_eq!(
            refused(Kind::Text, Value::Text("sixteen bytes ..".to_owned())),
            "takes a name of at most 15 bytes, got 16"
        );
    }
}
