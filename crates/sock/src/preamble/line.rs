//! A line at a time, of a bounded length.

/// The most of a line that an error repeats.
pub(super) const SHOWN: usize = 120;

/// A line that is being read, of at most so many bytes with its end.
#[derive(Debug)]
pub(super) struct Line {
    kept: Vec<u8>,
    most: usize,
}

/// A line is longer than it may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TooLong;

impl Line {
    pub(super) const fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most }
    }

    /// Takes bytes up to the line's end; gives how many, and the line without its end, LF or CR LF, once it is whole.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(usize, Option<Vec<u8>>), TooLong> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let used = end.map_or(bytes.len(), |at| at + 1);
        if self.kept.len() + used > self.most {
            return Err(TooLong);
        }
        self.kept.extend_from_slice(&bytes[..used]);
        if end.is_none() {
            return Ok((used, None));
        }
        let mut line = std::mem::take(&mut self.kept);
        line.pop();
        line.pop_if(|last| *last == b'\r');
        Ok((used, Some(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_with_lf_or_crlf_and_is_bounded() {
        let mut line = Line::new(6);
        assert_eq!(line.take(b"ab"), Ok((2, None)));
        assert_eq!(line.take(b"c\r\nrest"), Ok((3, Some(b"abc".to_vec()))));
        assert_eq!(line.take(b"\n"), Ok((1, Some(Vec::new()))));
        assert_eq!(line.take(b"abcd\r\n"), Ok((6, Some(b"abcd".to_vec()))));
        assert_eq!(line.take(b"abcdef\n"), Err(TooLong));
        assert_eq!(line.take(b"abcdef"), Ok((6, None)));
        assert_eq!(line.take(b"g"), Err(TooLong));
    }
}
