//! The bytes of a file that are not yet taken.

use std::io::{self, Read};

/// How much is read at once: small enough for a processor's cache.
const PIECE: usize = 256 * 1024;

/// A window on what `input` gives. It grows with the bytes that are there, never by what they claim.
pub(super) struct Buffer<R> {
    input: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Where `start` is in the file.
    offset: u64,
    ended: bool,
}

impl<R> Buffer<R> {
    /// Where what was not yet taken begins, in bytes from the file's first.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }
}

impl<R: Read> Buffer<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, bytes: vec![0; PIECE], start: 0, end: 0, offset: 0, ended: false }
    }

    /// What was read and not yet taken.
    pub(super) fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Reads until there are `wanted` bytes. False where the file ends before.
    #[inline]
    pub(super) fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        if self.end - self.start >= wanted { Ok(true) } else { self.fill_up(wanted) }
    }

    fn fill_up(&mut self, wanted: usize) -> io::Result<bool> {
        while self.end - self.start < wanted {
            if self.ended {
                return Ok(false);
            }
            self.make_room(wanted);
            self.read()?;
        }
        Ok(true)
    }

    /// Moves what is there to the front where `wanted` bytes do not fit behind it, and doubles a room that is full.
    fn make_room(&mut self, wanted: usize) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.start + wanted > self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.bytes.len() {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
    }

    fn read(&mut self) -> io::Result<()> {
        loop {
            match self.input.read(&mut self.bytes[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(got) => self.end += got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    /// Takes the first `taken` bytes, and gives them.
    pub(super) fn take(&mut self, taken: usize) -> &[u8] {
        let before = self.start;
        self.start = (self.start + taken).min(self.end);
        self.offset += (self.start - before) as u64;
        &self.bytes[before..self.start]
    }

    /// Reads over the next `length` bytes. False where the file ends before.
    pub(super) fn skip(&mut self, length: u64) -> io::Result<bool> {
        let end = self.offset + length;
        while self.offset < end {
            if !self.fill(1)? {
                return Ok(false);
            }
            let left = usize::try_from(end - self.offset).unwrap_or(usize::MAX);
            self.take(left);
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_for_bytes_that_are_there_alone() {
        let input = vec![7; PIECE + 1];
        let mut buffer = Buffer::new(input.as_slice());
        assert!(!buffer.fill(1 << 40).unwrap());
        assert_eq!((buffer.data().len(), buffer.bytes.len()), (PIECE + 1, PIECE * 2));
        assert_eq!((buffer.take(PIECE).len(), buffer.offset()), (PIECE, PIECE as u64));
        assert!(!buffer.skip(2).unwrap(), "one byte is left");
    }

    #[test]
    fn a_read_that_is_interrupted_is_made_again() {
        struct Interrupted(u8);
        impl Read for Interrupted {
            fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    2 => Err(io::ErrorKind::Interrupted.into()),
                    _ => (&[self.0][..]).read(room),
                }
            }
        }
        let mut buffer = Buffer::new(Interrupted(0));
        assert!(buffer.fill(2).unwrap());
        assert_eq!(buffer.data(), [1, 3]);
    }
}
