//! Packets in hex: one as an argument, or dumps as xxd, hexdump, tcpdump and tshark print them.
//!
//! A line has an offset or none. Where it has one, the packet begins at 0, and the letters behind the bytes are passed
//! over; without one, an empty line ends a packet. What stands between the dumps of packets, such as tcpdump's line of
//! each, is passed over too.

use std::fmt;

use crate::report::escape::escape;

/// The longest packet that is taken, as in capture files.
const MOST: usize = 262_144;

/// What is said of one that has more than [`MOST`].
const TOO_LONG: &str = "a packet of more than 262144 bytes";

/// How many bytes a line of a dump has at most, where letters may follow it.
const LINE: usize = 16;

/// Why a text is no dump.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoDump {
    line: usize,
    reason: &'static str,
    text: String,
}

impl fmt::Display for NoDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.reason, self.text)
    }
}

/// The packet that an argument is: digits, in pairs, with spaces, colons or `0x` between; none where it is no such.
pub(super) fn packet(text: &str) -> Option<Vec<u8>> {
    let bytes = plain(text)?;
    (!bytes.is_empty()).then_some(bytes)
}

/// The packets of a dump.
pub(super) fn dump(text: &[u8]) -> Result<Vec<Vec<u8>>, NoDump> {
    let mut dump = Dump::default();
    for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
        let fault = |reason| NoDump { line: number, reason, text: escape(line, 40).to_string() };
        // What is no ASCII is no dump, and a line of letters may hold anything.
        let text = String::from_utf8_lossy(line);
        dump.line(text.trim_end()).map_err(fault)?;
    }
    dump.end();
    if !dump.packets.is_empty() {
        return Ok(dump.packets);
    }
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let text = escape(first, 40).to_string();
    Err(NoDump { line: 1, reason: "neither a capture file nor a hex dump", text })
}

/// The packets so far, and the one that is being read.
#[derive(Default)]
struct Dump {
    packets: Vec<Vec<u8>>,
    bytes: Vec<u8>,
    /// Whether its lines have offsets.
    has_offsets: bool,
    /// A line `*` stands for those like the one before.
    repeats: bool,
}

impl Dump {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        if line.trim().is_empty() {
            if !self.has_offsets {
                self.end();
            }
            return Ok(());
        }
        if line == "*" && self.has_offsets {
            self.repeats = true;
            return Ok(());
        }
        if let Some((offset, rest)) = self.offset(line) {
            return self.at(offset, rest);
        }
        match plain(line) {
            Some(bytes) if !self.has_offsets => self.add(&bytes),
            // What stands between packets.
            _ if self.has_offsets || self.bytes.is_empty() => Ok(()),
            _ => Err("no hex"),
        }
    }

    /// The offset before a line's bytes: with a colon behind it, or two spaces and the number that is due.
    fn offset<'l>(&self, line: &'l str) -> Option<(usize, &'l str)> {
        let line = line.trim_start();
        let end = line.find([':', ' ']).unwrap_or(line.len());
        let digits = line[..end].strip_prefix("0x").unwrap_or(&line[..end]);
        let offset = usize::from_str_radix(digits, 16).ok().filter(|_| (4..=8).contains(&digits.len()))?;
        let rest = &line[end..];
        if let Some(rest) = rest.strip_prefix(':') {
            // Digits with colons between have no space behind the first.
            return rest.starts_with(' ').then_some((offset, rest));
        }
        let is_due = offset == 0 || self.has_offsets && (offset == self.bytes.len() || self.repeats);
        (is_due && (rest.starts_with("  ") || rest.is_empty() && self.has_offsets)).then_some((offset, rest))
    }

    fn at(&mut self, offset: usize, rest: &str) -> Result<(), &'static str> {
        if offset == 0 {
            self.end();
            self.has_offsets = true;
        }
        if offset > MOST {
            return Err(TOO_LONG);
        }
        if std::mem::take(&mut self.repeats) {
            let last = self.bytes.len().saturating_sub(LINE)..self.bytes.len();
            let line = self.bytes[last].to_vec();
            while !line.is_empty() && self.bytes.len() < offset {
                self.add(&line)?;
            }
        }
        if offset != self.bytes.len() {
            return Err("an offset that does not follow");
        }
        self.add(&columns(rest))
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        if self.bytes.len() + bytes.len() > MOST {
            return Err(TOO_LONG);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) {
        if !self.bytes.is_empty() {
            self.packets.push(std::mem::take(&mut self.bytes));
        }
        self.has_offsets = false;
        self.repeats = false;
    }
}

/// The bytes of a line without an offset; none where it has anything but digits in pairs and what stands between them.
fn plain(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for word in line.split(|c: char| c.is_ascii_whitespace() || [',', ':', '-'].contains(&c)) {
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("\\x")).unwrap_or(word);
        bytes.extend(pairs(&digits.replace("\\x", ""))?);
    }
    (bytes.len() <= MOST).then_some(bytes)
}

/// The bytes of a line behind its offset: groups of digits, up to what is none, or a gap of two spaces and more, behind
/// which the letters stand. A gap of two in the middle of a line belongs to it.
fn columns(rest: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = rest.trim_start();
    loop {
        let end = rest.find(' ').unwrap_or(rest.len());
        let Some(group) = pairs(&rest[..end]).filter(|group| group.len() <= LINE) else { return bytes };
        bytes.extend(group);
        let behind = rest[end..].trim_start();
        let gap = rest.len() - end - behind.len();
        let is_middle = gap == 2 && bytes.len() == LINE / 2 && end == 2;
        if behind.is_empty() || gap > 1 && !is_middle {
            return bytes;
        }
        rest = behind;
    }
}

/// The bytes that digits are, two each.
fn pairs(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_a_packet_in_hex() {
        let rows: [(&str, Option<&[u8]>); 10] = [
            ("4500", Some(b"\x45\0")),
            ("45 00 0a", Some(b"\x45\0\n")),
            ("45:00:0A", Some(b"\x45\0\n")),
            ("0x45, 0x00", Some(b"\x45\0")),
            ("\\x45\\x00", Some(b"\x45\0")),
            ("", None),
            (" ", None),
            ("450", None),
            ("45zz", None),
            ("capture.pcap", None),
        ];
        for (text, want) in rows {
            assert_eq!(packet(text).as_deref(), want, "{text}");
        }
    }

    /// Bytes 0 to 19, and letters that would be digits.
    const BYTES: &[u8] = b"\0\x01\x02\x03\x04\x05\x06\x07abcdef01beef";

    #[test]
    fn dumps_of_all_tools_are_read() {
        let rows = [
            // xxd, xxd -p, hexdump -C
            "00000000: 0001 0203 0405 0607 6162 6364 6566 3031  ........abcdef01\n\
                00000010: 6265 6566                                beef\n",
            "0001020304050607616263646566\n303162656566\n",
            "00000000  00 01 02 03 04 05 06 07  61 62 63 64 65 66 30 31  |........abcdef01|\n\
                00000010  62 65 65 66                                       |beef|\n\
                00000014\n",
            // tcpdump -x, tcpdump -X, tshark -x
            "12:00:00.000000 IP 127.0.0.1 > 127.0.0.1: ICMP\n\
                \t0x0000:  0001 0203 0405 0607 6162 6364 6566 3031\n\
                \t0x0010:  6265 6566\n",
            "12:00:00.000000 IP\n\
                \t0x0000:  0001 0203 0405 0607 6162 6364 6566 3031  ........abcdef01\n\
                \t0x0010:  6265 6566                                beef\n",
            "0000  00 01 02 03 04 05 06 07 61 62 63 64 65 66 30 31   ........abcdef01\n\
                0010  62 65 65 66                                       beef\n",
        ];
        for text in rows {
            assert_eq!(dump(text.as_bytes()), Ok(vec![BYTES.to_vec()]), "{text}");
            let again = if text.contains("  ") { "" } else { "\n" };
            let twice = [text, again, text].concat();
            assert_eq!(dump(twice.as_bytes()), Ok(vec![BYTES.to_vec(); 2]), "{twice}");
        }
    }

    #[test]
    fn lines_that_repeat_are_counted() {
        let text = "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n\
            *\n\
            00000030  01                                                |.|\n\
            00000031\n";
        assert_eq!(dump(text.as_bytes()), Ok(vec![[vec![0; 48], vec![1]].concat()]));
        let text = "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\nffffffff  01\n";
        assert_eq!(
            dump(text.as_bytes()).unwrap_err().to_string(),
            "line 3: a packet of more than 262144 bytes: ffffffff  01"
        );
    }

    #[test]
    fn what_is_no_dump_is_refused_with_its_line() {
        let rows = [
            ("hello\n", "line 1: neither a capture file nor a hex dump: hello"),
            ("4500\nhello\n", "line 2: no hex: hello"),
            ("00000000: 4500\n00000010: 4500\n", "line 2: an offset that does not follow: 00000010: 4500"),
        ];
        for (text, want) in rows {
            assert_eq!(dump(text.as_bytes()).unwrap_err().to_string(), want);
        }
    }
}
