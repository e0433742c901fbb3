//! Numbers and addresses as text, without the machinery of `fmt`: lines are made of them by the million.

use std::fmt;
use std::net::Ipv6Addr;

/// A short text on the stack.
pub(crate) struct Short {
    bytes: [u8; ROOM],
    length: usize,
}

/// Room for two addresses of IPv6 with ports, and for all numbers that are told of a TCP header.
const ROOM: usize = 128;

impl Short {
    pub(crate) fn new() -> Self {
        Self { bytes: [0; ROOM], length: 0 }
    }

    /// What does not fit is left out; nothing here is so long.
    #[inline]
    pub(crate) fn push<const N: usize>(&mut self, text: &[u8; N]) {
        if let Some(room) = self.bytes.get_mut(self.length..self.length + N) {
            room.copy_from_slice(text);
            self.length += N;
        }
    }

    #[inline]
    pub(crate) fn number(&mut self, number: u64) {
        let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1);
        let Some(room) = self.bytes.get_mut(self.length..self.length + digits) else { return };
        let mut left = number;
        let (first, pairs) = room.as_rchunks_mut();
        for pair in pairs.iter_mut().rev() {
            *pair = PAIRS[usize::try_from(left % 100).unwrap_or(0)];
            left /= 100;
        }
        if let [first] = first {
            *first = digit(left);
        }
        self.length += digits;
    }

    fn ipv4(&mut self, address: [u8; 4]) {
        for (index, byte) in address.into_iter().enumerate() {
            if index > 0 {
                self.push(b".");
            }
            self.byte(byte);
        }
    }

    /// A number of one byte: its digits stand in a table.
    #[inline]
    fn byte(&mut self, byte: u8) {
        let (digits, length) = BYTES[usize::from(byte)];
        if let Some(room) = self.bytes.get_mut(self.length..self.length + digits.len()) {
            room.copy_from_slice(&digits);
            self.length += usize::from(length);
        }
    }

    /// The address of IP that these bytes are, and a port behind it.
    pub(crate) fn endpoint(&mut self, address: &[u8], port: Option<u16>) {
        if let Ok(address) = <[u8; 4]>::try_from(address) {
            self.ipv4(address);
        } else if let Ok(address) = <[u8; 16]>::try_from(address) {
            let address = Ipv6Addr::from(address);
            // It has room for the longest.
            let _ = match port {
                Some(_) => fmt::write(self, format_args!("[{address}]")),
                None => fmt::write(self, format_args!("{address}")),
            };
        }
        if let Some(port) = port {
            self.push(b":");
            self.number(port.into());
        }
    }

    #[inline]
    pub(crate) fn write(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str(str::from_utf8(&self.bytes[..self.length]).unwrap_or_default())
    }
}

/// What does not fit is left out, as a whole.
impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if let Some(room) = self.bytes.get_mut(self.length..self.length + text.len()) {
            room.copy_from_slice(text.as_bytes());
            self.length += text.len();
        }
        Ok(())
    }
}

/// Writes `text`, and the number behind it.
pub(crate) fn labelled<const N: usize>(text: &[u8; N], number: u64, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut short = Short::new();
    short.push(text);
    short.number(number);
    short.write(out)
}

/// The digits of each byte, and how many there are.
static BYTES: [([u8; 3], u8); 256] = {
    let mut all = [([b'0'; 3], 1); 256];
    let mut byte: u8 = 0;
    loop {
        let [a, b, c] = [b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10];
        all[byte as usize] = match byte {
            0..10 => ([c, b'0', b'0'], 1),
            10..100 => ([b, c, b'0'], 2),
            100.. => ([a, b, c], 3),
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    all
};

/// The two digits of each number below 100.
static PAIRS: [[u8; 2]; 100] = {
    let mut all = [[b'0'; 2]; 100];
    let mut number: u8 = 0;
    while number < 100 {
        all[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    all
};

fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_those_of_std() {
        let rows: &[(&[u8], Option<u16>, &str)] = &[
            (&[127, 0, 0, 1], None, "127.0.0.1"),
            (&[255, 10, 0, 99], Some(65_535), "255.10.0.99:65535"),
            (&[0, 0, 0, 0], Some(0), "0.0.0.0:0"),
            (&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], Some(53), "[::1]:53"),
            (&[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], None, "fe80::1"),
            (&[1, 2, 3], None, ""),
        ];
        for (address, port, want) in rows {
            let (mut out, mut short) = (String::new(), Short::new());
            short.endpoint(address, *port);
            short.write(&mut out).unwrap();
            assert_eq!(out, *want);
        }
    }

    #[test]
    fn numbers_are_those_of_std() {
        let edges = (0..20).map(|power| 10_u64.pow(power)).flat_map(|ten| [ten - 1, ten, ten + 1]);
        for number in edges.chain(0..=255).chain([u64::MAX]) {
            let mut out = String::new();
            labelled(b"n ", number, &mut out).unwrap();
            assert_eq!(out, format!("n {number}"));
        }
        for byte in 0..=255 {
            let (mut out, mut short) = (String::new(), Short::new());
            short.ipv4([byte; 4]);
            short.write(&mut out).unwrap();
            assert_eq!(out, std::net::Ipv4Addr::from([byte; 4]).to_string());
        }
    }

    #[test]
    fn what_has_no_room_is_left_out() {
        let (mut out, mut short) = (String::new(), Short::new());
        for _ in 0..ROOM {
            short.endpoint(&[0x10; 16], Some(65_535));
            short.endpoint(&[255; 4], None);
            short.push(b"text");
        }
        short.write(&mut out).unwrap();
        assert!((1..=ROOM).contains(&out.len()), "{out}");
    }
}
