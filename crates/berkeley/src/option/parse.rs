//! Values from text, as a person types them.

use std::time::Duration;

use super::codec::check_text;
use super::content::{Misfit, VALUE_MAX};
use super::value::{MtuDiscover, PortRange};
use super::{Description, Kind, Value, addresses};
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::{self, Errno, alloc};

impl Description {
    /// Reads a value of this option from text; `None`, where the option was named without a value, turns a flag on and
    /// gives a command.
    ///
    /// | value | text |
    /// |---|---|
    /// | flag | `on off true false yes no 1 0` |
    /// | number | `-1`, `46`, `0x2e` |
    /// | size | `4096`, `64K`, `1MiB`: K, M and G are powers of 1024, with or without `iB` |
    /// | duration | `500ms`, `2s`, `1m`; `ns us ms s m h`; a bare number in the option's unit |
    /// | linger | `off`, or a duration |
    /// | ports | `4000-4999` |
    /// | bytes | in hexadecimal |
    /// | command | `now` |
    /// | types of ICMP messages | `all`, `none`, or those that pass: `0,3,8` |
    /// | filters of CAN frames | `none`, or identifiers and masks in hexadecimal: `123:7ff,400:700` |
    /// | times of packets to be sent | `realtime`, `monotonic`, `tai` or a number; `+deadline`, `+errors` behind it |
    /// | group of TIPC sockets | `type:instance:scope:flags` |
    /// | addresses | `192.0.2.1:80,[2001:db8::1]:80` |
    /// | filters of J1939 messages | `none`, or numbers and their masks: `name:mask:pgn:mask:address:mask,...` |
    /// | several numbers | in decimal, in the order of the structure's fields: `10:10:0:0` |
    ///
    /// Fails, and says what it wants, for any other text, for a number out of the option's range, and for an option
    /// that cannot be set.
    ///
    /// ```
    /// use berkeley::option::{self, Value};
    ///
    /// let nodelay = option::tcp::NODELAY.description();
    /// assert_eq!(nodelay.parse(None)?, Value::Flag(true));
    /// assert_eq!(option::RCVBUF.description().parse(Some("64K"))?, Value::Unsigned(65536));
    /// assert_eq!(
    ///     option::ip::TTL.description().parse(Some("256")).unwrap_err().to_string(),
    ///     "set ip.ttl: takes -1 to 255, got 256"
    /// );
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn parse(&self, text: Option<&str>) -> Result<Value> {
        let fail =
            |explanation: String| Error::invalid(Operation::SetOption, explanation).on(self.to_string());
        if !self.access.writes() {
            return Err(fail("cannot be set, only read".to_owned()));
        }
        match text {
            None if self.kind == Kind::Flag => Ok(Value::Flag(true)),
            None if self.kind == Kind::Signal => Ok(Value::Signal),
            None => Err(fail(format!("takes {}", self.kind.wanted()))),
            Some(text) => {
                let value = self.parse_text(text).map_err(|misfit| match misfit {
                    Misfit::Words(words) => fail(words),
                    Misfit::NoMemory => {
                        Error::kernel(Operation::SetOption, Errno::NOMEM).on(self.to_string())
                    }
                })?;
                self.check(&value)?;
                Ok(value)
            }
        }
    }

    /// Whether a value of the option's kind is one that the kernel takes as it is; it cuts some others without a word.
    ///
    /// [`parse`](Self::parse) and [`Socket::set`](crate::Socket::set) ask it too. Fails, and says what the option
    /// takes, for a number or a duration out of its [`range`](Self::range), or else out of what its kind can hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::option::{Value, ip};
    ///
    /// let tos = ip::TOS.description();
    /// tos.check(&Value::Integer(255))?;
    /// assert_eq!(tos.check(&Value::Integer(300)).unwrap_err().to_string(), "set ip.tos: takes 0 to 255, got 300");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn check(&self, value: &Value) -> Result<()> {
        let number = match value {
            Value::Integer(number) => i128::from(*number),
            Value::Unsigned(number) => i128::from(*number),
            Value::Duration(duration) | Value::Linger(Some(duration)) => self.units(*duration),
            _ => return Ok(()),
        };
        let (low, high) = self.bounds();
        if (low..=high).contains(&number) {
            return Ok(());
        }
        Err(Error::invalid(Operation::SetOption, self.beyond(number)).on(self.to_string()))
    }

    fn parse_text(&self, text: &str) -> std::result::Result<Value, Misfit> {
        match self.kind {
            Kind::Octets => octets(text)?.map(Value::Octets),
            Kind::SocketAddresses => addresses::parse(text)?.map(Value::SocketAddresses),
            _ => return Ok(self.parse_plain(text)?),
        }
        .ok_or_else(|| self.unfit(text).into())
    }

    fn unfit(&self, text: &str) -> String {
        /// As much of a wrong text as is worth showing.
        const SHOWN: usize = 64;
        let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(end, _)| end);
        let more = if end < text.len() { "..." } else { "" };
        format!("takes {}, got {:?}{more}", self.kind.wanted(), &text[..end])
    }

    /// As [`parse_text`](Self::parse_text), of what is short.
    fn parse_plain(&self, text: &str) -> std::result::Result<Value, String> {
        let unfit = || self.unfit(text);
        match self.kind {
            Kind::Flag => flag(text).map(Value::Flag).ok_or_else(unfit),
            Kind::Text => check_text(text).map(|()| Value::Text(text.to_owned())),
            Kind::Address => text.parse().map(Value::Address).map_err(|_| unfit()),
            Kind::PortRange => ports(text).map(Value::PortRange).ok_or_else(unfit),
            Kind::Family => family(text).map(Value::Family).ok_or_else(unfit),
            Kind::MtuDiscover => mtu_discover(text).map(Value::MtuDiscover).ok_or_else(unfit),
            Kind::Linger if text.eq_ignore_ascii_case("off") => Ok(Value::Linger(None)),
            Kind::Linger => self.duration(text).map(|duration| Value::Linger(Some(duration))),
            Kind::Seconds | Kind::Milliseconds | Kind::Microseconds | Kind::TimeValue => {
                self.duration(text).map(Value::Duration)
            }
            Kind::Bytes | Kind::WideBytes | Kind::Rate => self.unsigned(size(text).ok_or_else(unfit)?),
            Kind::Unsigned | Kind::Wide | Kind::Length | Kind::Interface => {
                self.unsigned(number(text).ok_or_else(unfit)?)
            }
            Kind::InterfaceBigEndian | Kind::BigEndian => self.unsigned(number(text).ok_or_else(unfit)?),
            Kind::Integer | Kind::Errno => {
                let number = number(text).ok_or_else(unfit)?;
                i32::try_from(number).map(Value::Integer).map_err(|_| self.beyond(number))
            }
            Kind::Signal => text.eq_ignore_ascii_case("now").then_some(Value::Signal).ok_or_else(unfit),
            // Nothing sets the others.
            kind => kind.parse_content(text).ok_or_else(unfit),
        }
    }

    fn unsigned(&self, number: i128) -> std::result::Result<Value, String> {
        u64::try_from(number).map(Value::Unsigned).map_err(|_| self.beyond(number))
    }

    /// The words for a number out of the bounds.
    fn beyond(&self, number: i128) -> String {
        let (low, high) = self.bounds();
        let unit = self.kind.nanoseconds().and(self.kind.unit()).unwrap_or_default();
        format!("takes {low}{unit} to {high}{unit}, got {number}{unit}")
    }

    /// A duration in the unit of the bounds, rounded up; those of a timeval are in seconds, as its bare numbers are.
    fn units(&self, duration: Duration) -> i128 {
        let step =
            if self.kind == Kind::TimeValue { 1_000_000_000 } else { self.kind.nanoseconds().unwrap_or(1) };
        // Nanoseconds of a duration are below 2^94.
        i128::try_from(duration.as_nanos().div_ceil(step.into())).unwrap_or(i128::MAX)
    }

    fn bounds(&self) -> (i128, i128) {
        if let Some(range) = &self.range {
            return ((*range.start()).into(), (*range.end()).into());
        }
        match self.kind {
            Kind::Integer | Kind::Errno => (i32::MIN.into(), i32::MAX.into()),
            Kind::Wide | Kind::WideBytes | Kind::Rate => (0, u64::MAX.into()),
            Kind::Seconds | Kind::Milliseconds | Kind::Microseconds | Kind::Linger => (0, i32::MAX.into()),
            // The kernel keeps these in ticks and takes what is beyond its count for "no limit": ask for that by 0.
            Kind::TimeValue => (0, i128::from(u32::MAX)),
            _ => (0, u32::MAX.into()),
        }
    }

    fn duration(&self, text: &str) -> std::result::Result<Duration, String> {
        let unfit = || format!("takes {}, got {text:?}", self.kind.wanted());
        let nanos = nanoseconds(text, self.kind.unit().unwrap_or("s")).ok_or_else(unfit)?;
        let seconds = u64::try_from(nanos / 1_000_000_000).map_err(|_| unfit())?;
        let rest = u32::try_from(nanos % 1_000_000_000).map_err(|_| unfit())?;
        Ok(Duration::new(seconds, rest))
    }
}

fn flag(text: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is(["on", "true", "yes", "1"]) => Some(true),
        () if is(["off", "false", "no", "0"]) => Some(false),
        () => None,
    }
}

/// A decimal or hexadecimal number, of at most 64 bits beside its sign.
fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) => digits_only(hex, 16)?,
        None => digits_only(digits, 10)?,
    };
    Some(sign * i128::from(magnitude))
}

/// As `from_str_radix`, which would also take a sign.
fn digits_only(text: &str, radix: u32) -> Option<u64> {
    text.chars().all(|digit| digit.is_digit(radix)).then(|| u64::from_str_radix(text, radix).ok())?
}

fn size(text: &str) -> Option<i128> {
    let (digits, suffix) = split_number(text);
    let shift = match suffix.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        _ => return None,
    };
    Some(i128::from(digits_only(digits, 10)?) << shift)
}

fn nanoseconds(text: &str, bare_unit: &str) -> Option<u128> {
    let (digits, suffix) = split_number(text);
    let scale: u64 = match if suffix.is_empty() { bare_unit } else { suffix } {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    Some(u128::from(digits_only(digits, 10)?) * u128::from(scale))
}

/// The digits that open the text, and what stands behind them.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn octets(text: &str) -> sys::Result<Option<Vec<u8>>> {
    if text.len() % 2 != 0 || text.len() / 2 > VALUE_MAX {
        return Ok(None);
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks_exact(2);
    alloc::collect_all(pairs.map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)))
}

fn ports(text: &str) -> Option<PortRange> {
    let (low, high) = text.split_once('-')?;
    let port = |text: &str| u16::try_from(digits_only(text, 10)?).ok();
    Some(PortRange { low: port(low)?, high: port(high)? })
}

fn family(text: &str) -> Option<Family> {
    [Family::INET, Family::INET6].into_iter().find(|family| {
        text.eq_ignore_ascii_case(&format!("{family:?}")) || text == family.as_raw().to_string()
    })
}

/// By its word, by its C name, or by its number.
fn mtu_discover(text: &str) -> Option<MtuDiscover> {
    let named = MtuDiscover::WORDS.into_iter().find(|(word, mode)| {
        text.eq_ignore_ascii_case(word) || text.eq_ignore_ascii_case(&format!("{mode:?}"))
    });
    match named {
        Some((_, mode)) => Some(mode),
        None => i32::try_from(number(text)?).ok().map(MtuDiscover::from_raw),
    }
}
