//! The parts of a value that is a structure, for those who show any value: name, value, unit, meaning.

use std::net::SocketAddr;
use std::time::Duration;

use super::value::PeerCredentials;
use super::{CongestionState, SctpState, TcpState, Value};

/// One part of a value that is a structure, such as the round trip in [`TcpInfo`](super::TcpInfo).
///
/// [`Value::fields`] gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name of the field: `rtt`.
    pub name: &'static str,
    /// What it holds: a number, a duration, a flag, or the C name of a state; `None` where this kernel does not give
    /// it.
    pub value: Option<Value>,
    /// What a number counts, `s` for every duration; `None` for what is no quantity.
    pub unit: Option<&'static str>,
    /// What it means, in one sentence.
    pub about: &'static str,
}

impl Field {
    /// `reader` is the name of the function that reads the field, which tells its unit.
    pub(super) fn new<T: Into<Part>>(
        name: &'static str,
        value: Option<T>,
        reader: &str,
        about: &'static str,
    ) -> Self {
        let value = value.map(|value| value.into().0);
        Self { name, value, unit: unit(reader), about: about.trim_ascii() }
    }

    /// A number, or a flag.
    pub(super) fn of_number(name: &'static str, value: impl Into<Part>, about: &'static str) -> Self {
        Self::new(name, Some(value), "number", about)
    }

    /// A word.
    pub(super) fn of_text(name: &'static str, text: String, about: &'static str) -> Self {
        Self { name, value: Some(Value::Text(text)), unit: None, about }
    }
}

/// The unit that a reader of `structure.rs` gives its field.
fn unit(reader: &str) -> Option<&'static str> {
    match reader {
        "micros" | "known_micros" | "wide_micros" | "millis" => Some("s"),
        "octets" | "wide_octets" => Some("bytes"),
        "wide_rate" => Some("bytes/s"),
        "segments" => Some("segments"),
        _ => None,
    }
}

/// What a field holds, as a value.
pub(super) struct Part(Value);

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl From<$type> for Part {
            fn from(number: $type) -> Self {
                Self(Value::Unsigned(number.into()))
            }
        }
    )*};
}
numbers! { u8 u16 u32 u64 }

impl From<bool> for Part {
    fn from(on: bool) -> Self {
        Self(Value::Flag(on))
    }
}

impl From<i32> for Part {
    fn from(number: i32) -> Self {
        Self(Value::Integer(number))
    }
}

impl From<Duration> for Part {
    fn from(duration: Duration) -> Self {
        Self(Value::Duration(duration))
    }
}

impl From<TcpState> for Part {
    fn from(state: TcpState) -> Self {
        Self(Value::Text(format!("{state:?}")))
    }
}

impl From<SctpState> for Part {
    fn from(state: SctpState) -> Self {
        Self(Value::Text(format!("{state:?}")))
    }
}

impl From<SocketAddr> for Part {
    fn from(address: SocketAddr) -> Self {
        Self(Value::SocketAddresses(vec![address]))
    }
}

impl From<CongestionState> for Part {
    fn from(state: CongestionState) -> Self {
        Self(Value::Text(format!("{state:?}")))
    }
}

impl Value {
    /// The parts of a value that is a structure, in the kernel's order; `None` for a value that is of one piece.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type, option};
    ///
    /// let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    /// let value = socket.get_value(option::tcp::INFO.description())?;
    /// let fields = value.fields().unwrap();
    /// let rto = fields.iter().find(|field| field.name == "rto").unwrap();
    /// assert_eq!((rto.unit, rto.about), (Some("s"), "How long a resend waits."));
    /// assert!(socket.get_value(option::tcp::NODELAY.description())?.fields().is_none());
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn fields(&self) -> Option<Vec<Field>> {
        match self {
            Self::Credentials(credentials) => Some(of_credentials(*credentials)),
            _ => self.content_fields(),
        }
    }
}

fn of_credentials(credentials: PeerCredentials) -> Vec<Field> {
    vec![
        Field::of_number("pid", credentials.pid, "The process; 0 where there is none to be seen."),
        Field::of_number("uid", credentials.uid, "The user; 4294967295 where there is no peer."),
        Field::of_number("gid", credentials.gid, "The group; 4294967295 where there is no peer."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::option::{
        Clock, MemoryInfo, MptcpInfo, PacketStatistics, SctpStatus, TcpInfo, TipcGroup, TransmitTime,
        XdpOffsets, XdpStatistics,
    };

    /// A value of each structure, and how many fields it has.
    fn structures() -> Vec<(Value, usize)> {
        let bytes = [1; 512];
        let tcp = TcpInfo::decode(&bytes).map(Box::new).map(Value::TcpInfo);
        let mptcp = MptcpInfo::decode(&bytes).map(Box::new).map(Value::MptcpInfo);
        let memory = MemoryInfo::decode(&bytes).map(Value::MemoryInfo);
        let packets = PacketStatistics::decode(&bytes).map(Value::PacketStatistics);
        let xdp = XdpStatistics::decode(&bytes).map(Box::new).map(Value::XdpStatistics);
        let offsets = XdpOffsets::decode(&bytes[..128]).map(Box::new).map(Value::XdpOffsets);
        let credentials = Value::Credentials(PeerCredentials { pid: 1, uid: 2, gid: 3 });
        let time =
            Value::TransmitTime(TransmitTime { clock: Clock::TAI, deadline: true, report_errors: false });
        let sctp = SctpStatus::decode(&bytes).map(Box::new).map(Value::SctpStatus);
        let group = TipcGroup::decode(&bytes[..16]).map(Value::TipcGroup);
        let counted = [
            (sctp, 14),
            (group, 4),
            (tcp, 61),
            (mptcp, 23),
            (memory, 9),
            (packets, 3),
            (xdp, 6),
            (offsets, 16),
        ];
        let decoded = counted.into_iter().map(|(value, count)| (value.unwrap(), count));
        decoded.chain([(credentials, 3), (time, 3)]).collect()
    }

    #[test]
    fn every_field_has_a_name_of_its_own_and_a_meaning() {
        for (value, count) in structures() {
            let fields = value.fields().unwrap();
            assert_eq!(fields.len(), count, "{value}");
            for (index, field) in fields.iter().enumerate() {
                assert!(fields[..index].iter().all(|other| other.name != field.name), "{field:?}");
                assert!(field.about.ends_with('.') && field.about.trim() == field.about, "{field:?}");
                let is_duration = matches!(field.value, Some(Value::Duration(_)));
                assert_eq!(field.unit == Some("s"), is_duration, "{field:?}");
            }
        }
    }

    #[test]
    fn fields_that_the_kernel_does_not_give_are_named_without_a_value() {
        let oldest = Value::TcpInfo(Box::new(TcpInfo::decode(&[1; 104]).unwrap()));
        let fields = oldest.fields().unwrap();
        assert_eq!(fields[0].value, Some(Value::Text("TCP_ESTABLISHED".to_owned())));
        let rate = fields.iter().find(|field| field.name == "pacing_rate").unwrap();
        assert_eq!((&rate.value, rate.unit), (&None, Some("bytes/s")));
    }
}
