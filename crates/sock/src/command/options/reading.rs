//! One option of the socket, read; or the reason, in words, why it cannot be.

use berkeley::option::{Access, Description, Level, Value};
use berkeley::{Cause, Error};
use rustix::io::Errno;

use super::subject::Subject;
use crate::report::escape::escape;

/// An option and what came of reading it.
pub(super) struct Reading {
    pub(super) option: &'static Description,
    /// The value, or why there is none.
    pub(super) value: Result<Value, String>,
}

impl Reading {
    pub(super) fn new(option: &'static Description, subject: &Subject) -> Self {
        let value = if option.access == Access::Write {
            Err("it can only be set".to_owned())
        } else {
            subject.socket().get_value(option).map_err(|error| reason(&error, option.level, &subject.levels))
        };
        Self { option, value }
    }

    /// What the value counts, where it is a quantity: `s` for every duration.
    pub(super) fn unit(&self) -> Option<&'static str> {
        match self.option.kind.unit() {
            Some("ms" | "us") => Some("s"),
            unit => unit,
        }
    }

    /// The value as a person reads it, its unit included; `None` where it could not be read.
    pub(super) fn text(&self) -> Option<String> {
        self.value.as_ref().ok().map(|value| in_words(value, self.unit()))
    }
}

/// What an option or a field means, without the marks of the library's documentation.
pub(super) fn meaning(about: &str) -> String {
    about.replace('`', "")
}

/// A value with its unit; a duration prints its own.
pub(super) fn in_words(value: &Value, unit: Option<&str>) -> String {
    let text = match value {
        // The name of an interface may hold anything.
        Value::Text(text) if text.is_empty() => "none".to_owned(),
        Value::Text(text) => escape(text.as_bytes(), usize::MAX).to_string(),
        Value::Octets(bytes) if bytes.is_empty() => "none".to_owned(),
        Value::Unsigned(u64::MAX) if unit == Some("bytes/s") => return "no limit".to_owned(),
        value => value.to_string(),
    };
    match (value, unit) {
        (Value::Unsigned(1), Some(unit)) => {
            format!("1 {}", unit.replacen("bytes", "byte", 1).replacen("segments", "segment", 1))
        }
        (Value::Integer(_) | Value::Unsigned(_), Some(unit)) => format!("{text} {unit}"),
        _ => text,
    }
}

/// Why the kernel did not give it.
fn reason(error: &Error, level: Level, levels: &[Level]) -> String {
    const EPERM: i32 = Errno::PERM.raw_os_error();
    const EACCES: i32 = Errno::ACCESS.raw_os_error();
    const EINVAL: i32 = Errno::INVAL.raw_os_error();
    const ENODATA: i32 = Errno::NODATA.raw_os_error();
    const ENOPROTOOPT: i32 = Errno::NOPROTOOPT.raw_os_error();
    const EOPNOTSUPP: i32 = Errno::OPNOTSUPP.raw_os_error();
    const ENOTCONN: i32 = Errno::NOTCONN.raw_os_error();
    let Cause::Kernel(errno) = error.cause() else { return error.to_string() };
    let words = match errno {
        ENOPROTOOPT | EOPNOTSUPP if !levels.contains(&level) => {
            format!("it belongs to sockets of {}", level.name())
        }
        ENOPROTOOPT => "this kernel, or this kind of socket, has none".to_owned(),
        EOPNOTSUPP => "this kind of socket has none".to_owned(),
        EPERM | EACCES => "it needs a right, such as CAP_NET_ADMIN".to_owned(),
        ENOTCONN => "there is one only once connected".to_owned(),
        EINVAL | ENODATA => "there is none in this state of the socket".to_owned(),
        _ => return error.to_string(),
    };
    format!("{words} (os error {errno})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn values_read_as_a_person_says_them() {
        let rows = [
            (Value::Unsigned(1), Some("bytes"), "1 byte"),
            (Value::Unsigned(0), Some("bytes"), "0 bytes"),
            (Value::Unsigned(1), Some("segments"), "1 segment"),
            (Value::Unsigned(7), None, "7"),
            (Value::Unsigned(u64::MAX), Some("bytes/s"), "no limit"),
            (Value::Duration(Duration::from_millis(1500)), Some("s"), "1500ms"),
            (Value::Linger(None), Some("s"), "off"),
            (Value::Text(String::new()), None, "none"),
            (Value::Text("\u{1b}[2J".to_owned()), None, "\\x1b[2J"),
            (Value::Octets(Vec::new()), None, "none"),
            (Value::Octets(vec![0xab, 1]), None, "ab01"),
        ];
        for (value, unit, want) in rows {
            assert_eq!(in_words(&value, unit), want, "{value:?}");
        }
    }
}
