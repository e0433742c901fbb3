//! IPv4 addresses in the older forms of digits: `127.1`, `0x7f.1`, `2130706433`.

use std::net::Ipv4Addr;

/// The address that `text` is to `inet_aton(3)`, which is what getaddrinfo(3) takes for an address too.
///
/// It has one to four numbers between points, each decimal, octal (`017`) or hexadecimal (`0xf`); the last fills all
/// the bytes that are left. Text behind white space is ignored, as by the C library. `None` where it is no address.
///
/// Where people write addresses, parse an [`Ipv4Addr`]: it takes no `010.0.0.1`, in which programs read different
/// numbers.
///
/// # Examples
///
/// ```
/// use berkeley::resolve::ipv4_in_digits;
/// use std::net::Ipv4Addr;
///
/// assert_eq!(ipv4_in_digits("127.1"), Some(Ipv4Addr::LOCALHOST));
/// assert_eq!(ipv4_in_digits("0xc0.0.0x201"), Some(Ipv4Addr::new(192, 0, 2, 1)));
/// assert_eq!(ipv4_in_digits("localhost"), None);
/// ```
#[doc(alias = "inet_aton")]
#[doc(alias = "inet_addr")]
pub fn ipv4_in_digits(text: &str) -> Option<Ipv4Addr> {
    match exactly(text) {
        Some(address) => Some(address),
        None => text.split_once(is_blank).and_then(|(digits, _ignored)| exactly(digits)),
    }
}

/// As [`ipv4_in_digits`], of a text that has nothing behind the digits: how getaddrinfo(3) reads a host.
#[inline]
pub(super) fn exactly(text: &str) -> Option<Ipv4Addr> {
    // Four decimal numbers without leading zeros mean the same to both, and are what mostly comes.
    text.parse().ok().or_else(|| of_parts(text))
}

fn of_parts(text: &str) -> Option<Ipv4Addr> {
    // As most names are told.
    if !text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let mut parts = text.split('.');
    let last = number(parts.next_back()?)?;
    let (mut address, mut left) = (0_u32, 32);
    for part in parts {
        left -= 8;
        // A fourth point leaves no bits for the number behind it.
        if left == 0 {
            return None;
        }
        address |= u32::from(u8::try_from(number(part)?).ok()?) << left;
    }
    let fits = left == 32 || last >> left == 0;
    fits.then(|| Ipv4Addr::from_bits(address | last))
}

/// isspace(3) in the C locale, which counts the vertical tab in.
fn is_blank(letter: char) -> bool {
    letter.is_ascii_whitespace() || letter == '\x0b'
}

/// A number as strtoul(3) reads it, where it is all digits and fits 32 bits.
fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // Neither a sign, which Rust's own would take, nor nothing.
    let plain = !digits.starts_with(['+', '-']);
    plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_inet_aton_is_read() {
        let rows = [
            ("1.2.3.4", Some([1, 2, 3, 4])),
            ("255.255.255.255", Some([255; 4])),
            ("0", Some([0; 4])),
            ("4294967295", Some([255; 4])),
            ("4294967296", None),
            ("127.1", Some([127, 0, 0, 1])),
            ("127.16777215", Some([127, 255, 255, 255])),
            ("127.16777216", None),
            ("1.2.65535", Some([1, 2, 255, 255])),
            ("1.2.65536", None),
            ("1.2.3.256", None),
            ("256.1", None),
            ("0x7f.0X1", Some([127, 0, 0, 1])),
            ("017700000001", Some([127, 0, 0, 1])),
            ("010.08", None),
            ("1.2.3.4.5", None),
            ("1.2.3.4 and more", Some([1, 2, 3, 4])),
            ("1.2.3.4\u{b}", Some([1, 2, 3, 4])),
            (" 1.2.3.4", None),
            ("", None),
            (".", None),
            ("1.", None),
            ("0x", None),
            ("+1", None),
            ("0x-1", None),
            ("1.2.3.4\u{a0}", None),
            ("99999999999999999999", None),
        ];
        for (text, want) in rows {
            assert_eq!(ipv4_in_digits(text), want.map(Ipv4Addr::from), "{text:?}");
        }
    }

    /// getaddrinfo(3) reads hosts as `inet_aton(3)` does, but for the white space.
    #[test]
    #[cfg(target_env = "gnu")]
    fn the_c_library_reads_the_same() {
        use crate::kinds::{Family, Type};
        use crate::resolve::{Hints, resolve};

        const PARTS: [&str; 12] =
            ["0", "1", "255", "256", "0x7f", "0x", "017", "08", "65535", "16777216", "4294967295", ""];
        let hints = Hints::new().family(Family::INET).kind(Type::STREAM).numeric_host(true);
        let mut taken = 0;
        for first in PARTS {
            for second in PARTS {
                for text in [
                    format!("{first}.{second}"),
                    format!("{first}.1.{second}"),
                    format!("1.{first}.1.{second}"),
                ] {
                    let read = ipv4_in_digits(&text);
                    let asked = resolve(&text, 80, &hints).ok().map(|answers| answers[0].address);
                    assert_eq!(read.map(|ip| (ip, 80).into()), asked, "{text:?}");
                    taken += u32::from(read.is_some());
                }
            }
        }
        assert!(taken > 50, "{taken}");
    }
}
