//! A call that a side makes, and what it came to.

use std::io::ErrorKind;
use std::time::Duration;

use berkeley::Error;
use berkeley_packet::stream::Side;

/// The one call of the tour that the kernel does not learn of: the library keeps the time limit.
pub(super) const SETTIMEOUT: &str = "settimeout";

/// A call, as it is about to be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) side: Side,
    pub(super) name: &'static str,
    pub(super) arguments: String,
}

/// What a call gave.
#[derive(Clone, Debug)]
pub(super) enum Gave {
    /// A number, and what came with it, such as an address or bytes; empty where nothing did.
    Returned(i64, String),
    /// A failure.
    Failed {
        errno: Option<i32>,
        /// The exception that Python makes of it.
        python: &'static str,
    },
}

/// A call that has been made.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) call: Call,
    pub(super) gave: Gave,
    pub(super) took: Duration,
    /// Whether it was seen to wait for the other side.
    pub(super) waited: bool,
}

impl Call {
    pub(super) fn client(name: &'static str, arguments: impl Into<String>) -> Self {
        Self { side: Side::Client, name, arguments: arguments.into() }
    }

    /// Whether it is a call to the kernel.
    pub(super) fn is_of_kernel(&self) -> bool {
        self.name != SETTIMEOUT
    }

    pub(super) fn text(&self) -> String {
        format!("{}({})", self.name, self.arguments)
    }
}

/// The exception of Python's that this failure is there.
pub(super) fn python(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::ConnectionRefused => "ConnectionRefusedError",
        ErrorKind::ConnectionReset => "ConnectionResetError",
        ErrorKind::ConnectionAborted => "ConnectionAbortedError",
        ErrorKind::BrokenPipe => "BrokenPipeError",
        ErrorKind::TimedOut => "TimeoutError",
        ErrorKind::PermissionDenied => "PermissionError",
        ErrorKind::NotFound => "FileNotFoundError",
        _ => "OSError",
    }
}

/// How long something took, in the unit that suits it.
pub(super) fn time(took: Duration) -> String {
    let micros = took.as_micros();
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", took.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", took.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_unit_that_suits_it() {
        let rows =
            [(7, "7 µs"), (999, "999 µs"), (1_250, "1.2 ms"), (999_000, "999.0 ms"), (1_500_000, "1.50 s")];
        for (micros, want) in rows {
            assert_eq!(time(Duration::from_micros(micros)), want);
        }
    }
}
