//! When packets are to leave: `SO_TXTIME` (`include/uapi/linux/net_tstamp.h`).

use std::fmt;

use super::Field;
use super::content::{Content, Encoded, Misfit};
use crate::bytes::{i32_at, u32_at};
use crate::kinds::named_integer;
use crate::sys::constants as c;

named_integer! {
    /// One of the system's clocks (`clock_gettime(2)`).
    Clock;
    /// The time of day, which may jump.
    REALTIME = CLOCK_REALTIME, "CLOCK_REALTIME";
    /// The time since the start, which never jumps.
    MONOTONIC = CLOCK_MONOTONIC, "CLOCK_MONOTONIC";
    /// International atomic time: the time of day without leap seconds.
    TAI = CLOCK_TAI, "CLOCK_TAI";
}

const WORDS: [(&str, Clock); 3] =
    [("realtime", Clock::REALTIME), ("monotonic", Clock::MONOTONIC), ("tai", Clock::TAI)];
const DEADLINE: u32 = 1;
const REPORT_ERRORS: u32 = 2;

/// How the time that a packet is sent with (`SCM_TXTIME`) is meant (`SO_TXTIME`, Linux 4.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sock_txtime")]
#[non_exhaustive]
pub struct TransmitTime {
    /// The clock that the times are of: `MONOTONIC` for the queue `fq`, `TAI` for `etf`.
    pub clock: Clock,
    /// The packet leaves at that time at the latest, not exactly then.
    #[doc(alias = "SOF_TXTIME_DEADLINE_MODE")]
    pub deadline: bool,
    /// Packets that missed their time are reported in the error queue.
    #[doc(alias = "SOF_TXTIME_REPORT_ERRORS")]
    pub report_errors: bool,
}

impl TransmitTime {
    /// Packets leave at exactly the time by `clock` that they are sent with; none is reported.
    pub const fn new(clock: Clock) -> Self {
        Self { clock, deadline: false, report_errors: false }
    }

    /// Whether they leave at that time at the latest.
    #[must_use]
    pub const fn deadline(self, deadline: bool) -> Self {
        Self { deadline, ..self }
    }

    /// Whether those that missed their time are reported in the error queue.
    #[must_use]
    pub const fn report_errors(self, report_errors: bool) -> Self {
        Self { report_errors, ..self }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let whole = (bytes.len() == 8).then_some(bytes)?;
        let flags = u32_at(whole, 4)?;
        Some(Self {
            clock: Clock::from_raw(i32_at(whole, 0)?),
            deadline: flags & DEADLINE != 0,
            report_errors: flags & REPORT_ERRORS != 0,
        })
    }

    fn encode(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        let flags = u32::from(self.deadline) * DEADLINE + u32::from(self.report_errors) * REPORT_ERRORS;
        bytes[..4].copy_from_slice(&self.clock.as_raw().to_ne_bytes());
        bytes[4..].copy_from_slice(&flags.to_ne_bytes());
        bytes
    }

    /// `tai`, `monotonic+deadline`, `11+errors`.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split('+');
        let clock = words.next()?;
        let named = WORDS.iter().find(|(word, _)| clock.eq_ignore_ascii_case(word));
        let clock = match named {
            Some((_, clock)) => *clock,
            None => Clock::from_raw(clock.parse().ok()?),
        };
        let mut time = Self::new(clock);
        for word in words {
            match word {
                "deadline" => time.deadline = true,
                "errors" => time.report_errors = true,
                _ => return None,
            }
        }
        Some(time)
    }
}

impl Content for TransmitTime {
    const ROOM: usize = 8;
    const WANTED: &'static str = "realtime, monotonic or tai, and +deadline or +errors behind it";

    fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, Misfit> {
        Ok(Self::decode(bytes))
    }

    fn to_bytes(&self) -> Option<Result<Encoded, Misfit>> {
        Some(Encoded::new(&self.encode()).map_err(Into::into))
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn parts(&self) -> Option<Vec<Field>> {
        Some(vec![
            Field::of_text("clock", format!("{:?}", self.clock), "The clock that the times are of."),
            Field::of_number("deadline", self.deadline, "The packet leaves at that time at the latest."),
            Field::of_number(
                "report_errors",
                self.report_errors,
                "Packets that missed their time are reported.",
            ),
        ])
    }
}

impl fmt::Display for TransmitTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match WORDS.iter().find(|(_, clock)| *clock == self.clock) {
            Some((word, _)) => f.write_str(word)?,
            None => write!(f, "{}", self.clock.as_raw())?,
        }
        f.write_str(if self.deadline { "+deadline" } else { "" })?;
        f.write_str(if self.report_errors { "+errors" } else { "" })
    }
}
