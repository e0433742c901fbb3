//! Numbers and addresses as text, without the machinery of `fmt`: lines are made of them by the million.

use std::fmt;
use std::net::Ipv6Addr;

/// A short text on the stack.
pub(super) struct Short {
    bytes: [u8; ROOM],
    length: usize,
}

/// Room for two IPv4 addresses with ports, or one of IPv6.
const ROOM: usize = 64;

impl Short {
    pub(super) fn new() -> Self {
        Self { bytes: [0; ROOM], length: 0 }
    }

    /// What does not fit is left out; nothing here is so long.
    pub(super) fn push(&mut self, text: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.length..self.length + text.len()) {
            room.copy_from_slice(text);
            self.length += text.len();
        }
    }

    pub(super) fn number(&mut self, number: u16) {
        let mut digits = [0; 5];
        let (mut start, mut left) = (digits.len(), number);
        loop {
            start -= 1;
            digits[start] = b'0' + u8::try_from(left % 10).unwrap_or(0);
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.push(&digits[start..]);
    }

    pub(super) fn ipv4(&mut self, address: [u8; 4]) {
        for (index, byte) in address.into_iter().enumerate() {
            if index > 0 {
                self.push(b".");
            }
            self.number(byte.into());
        }
    }

    pub(super) fn write(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str(str::from_utf8(&self.bytes[..self.length]).unwrap_or_default())
    }
}

/// An address of IP, by its bytes, and a port.
pub(super) fn endpoint(address: &[u8], port: Option<u16>, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut short = Short::new();
    if let Ok(address) = <[u8; 4]>::try_from(address) {
        short.ipv4(address);
    } else if let Ok(address) = <[u8; 16]>::try_from(address) {
        match port {
            Some(_) => write!(out, "[{}]", Ipv6Addr::from(address))?,
            None => write!(out, "{}", Ipv6Addr::from(address))?,
        }
    }
    if let Some(port) = port {
        short.push(b":");
        short.number(port);
    }
    short.write(out)
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
            let mut out = String::new();
            endpoint(address, *port, &mut out).unwrap();
            assert_eq!(out, *want);
        }
    }
}
