//! IPv4 addresses in the older forms of digits: `127.1`, `0x7f.1`, `2130706433`.

use std::net::Ipv4Addr;

/// The address that `text` is to inet_aton(3), which is what getaddrinfo(3) takes for an address too.
///
/// It has one to four numbers between points, each decimal, octal (`017`) or hexadecimal (`0xf`); the last fills all the
/// bytes that are left. Text behind white space is ignored, as by the C library. `None` where it is no address.
///
/// Where people write addresses, parse an [`Ipv4Addr`]: it takes no `010.0.0.1`, in which programs read different
/// numbers.
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
    let end = text.find(is_blank).unwrap_or(text.len());
    let mut parts = text[..end].split('.');
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
