//! When a packet came, as text.

use std::time::Duration;

use crate::report::time;

/// Which time stands before a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// Seconds since the first packet.
    #[default]
    Relative,
    /// The time of day, UTC.
    Absolute,
    /// Seconds since the packet before.
    Delta,
    /// None.
    None,
}

/// Tells the times of packets, one after the other.
#[derive(Clone, Debug)]
pub struct Clock {
    times: Times,
    first: Option<Duration>,
    before: Option<Duration>,
}

impl Clock {
    /// One that tells them so.
    pub fn new(times: Times) -> Self {
        Self { times, first: None, before: None }
    }

    /// Remembers the time of a packet that is not shown: others are told from it.
    pub fn pass(&mut self, time: Option<Duration>) {
        self.first = self.first.or(time);
        self.before = time.or(self.before);
    }

    /// Appends the time and a space; nothing where there is none.
    pub fn push(&mut self, moment: Option<Duration>, out: &mut String) {
        let since = match self.times {
            Times::Relative => self.first,
            Times::Delta => self.before,
            Times::Absolute | Times::None => None,
        };
        self.pass(moment);
        let Some(moment) = moment else { return };
        match self.times {
            Times::None => return,
            Times::Absolute => time::push(moment, out),
            Times::Relative | Times::Delta => push_seconds(moment, since.unwrap_or(moment), out),
        }
        out.push(' ');
    }
}

/// Appends the seconds from `since` to `moment`, which may lie before it: a capture of several interfaces need not be
/// in order.
fn push_seconds(moment: Duration, since: Duration, out: &mut String) {
    if moment < since {
        out.push('-');
    }
    let seconds = moment.abs_diff(since);
    push_number(seconds.as_secs(), out);
    let nanoseconds = seconds.subsec_nanos();
    let is_fine = !nanoseconds.is_multiple_of(1_000);
    let (mut left, digits) = if is_fine { (nanoseconds, 9) } else { (nanoseconds / 1_000, 6) };
    let mut text = [b'0'; 10];
    text[0] = b'.';
    for digit in text[1..=digits].iter_mut().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
    }
    out.push_str(str::from_utf8(&text[..=digits]).unwrap_or_default());
}

/// Appends a number, without the machinery of `fmt`: there is one a packet.
pub(super) fn push_number(number: u64, out: &mut String) {
    let mut digits = [0; 20];
    let (mut start, mut left) = (digits.len(), number);
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.push_str(str::from_utf8(&digits[start..]).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_the_first_packet_or_the_one_before() {
        let moments = [(5, 0), (5, 1_500_000), (4, 999_999_999), (15, 0)];
        let moments = moments.map(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds));
        let rows = [
            (Times::Relative, "0.000000 0.001500 -0.000000001 10.000000 "),
            (Times::Delta, "0.000000 0.001500 -0.001500001 10.000000001 "),
            (Times::None, ""),
            (
                Times::Absolute,
                "1970-01-01T00:00:05.000000Z 1970-01-01T00:00:05.001500Z 1970-01-01T00:00:04.999999999Z \
                 1970-01-01T00:00:15.000000Z ",
            ),
        ];
        for (times, want) in rows {
            let mut clock = Clock::new(times);
            let mut out = String::new();
            for moment in moments {
                clock.push(Some(moment), &mut out);
                clock.push(None, &mut out);
            }
            assert_eq!(out, want);
        }
    }
}
