//! A place in a header, from which one field after the other is read.

use std::ops::Range;

use crate::layer::field::Field;
use crate::layer::walk::{Stop, Walked, Walker};
use crate::problem::Trouble;

/// Where the next field begins, and where the part ends that they stand in. It counts from the header's start.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    pub(crate) at: usize,
    pub(crate) end: usize,
}

impl Cursor {
    pub(crate) fn new(at: Range<usize>) -> Self {
        Self { at: at.start, end: at.end }
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// The bytes that are left.
    pub(crate) fn rest(&self) -> Range<usize> {
        self.at..self.end.max(self.at)
    }

    /// The next `length` bytes, which belong to `field`.
    pub(crate) fn skip(&mut self, field: &'static Field, length: usize) -> Result<Range<usize>, Stop> {
        if length > self.left() {
            let trouble = Trouble::Ends { wanted: length, got: self.left() };
            return Err(Walker::broken(field, self.at, trouble));
        }
        let start = self.at;
        self.at += length;
        Ok(start..self.at)
    }

    /// Tells `field`, in the next `length` bytes.
    pub(crate) fn take(
        &mut self,
        walker: &mut Walker<'_, '_>,
        field: &'static Field,
        length: usize,
    ) -> Walked {
        let at = self.skip(field, length)?;
        walker.bytes(field, at)
    }

    /// Tells `field`, in the next `length` bytes, and returns the number that they are.
    pub(crate) fn number(
        &mut self,
        walker: &mut Walker<'_, '_>,
        field: &'static Field,
        length: usize,
    ) -> Result<u64, Stop> {
        let at = self.skip(field, length)?;
        let number = walker.number(field, at.clone())?;
        walker.bytes(field, at)?;
        Ok(number)
    }

    /// Tells `field`, which is a length in the next `bytes` bytes, and returns the part behind it that is as long. None
    /// is longer than what is left.
    pub(crate) fn sized(
        &mut self,
        walker: &mut Walker<'_, '_>,
        field: &'static Field,
        bytes: usize,
    ) -> Result<Self, Stop> {
        let at = self.at;
        let length = self.number(walker, field, bytes)?;
        self.part(field, at, length)
    }

    /// The next `length` bytes as a part of their own, where the length is in `field`, at the byte `at`.
    pub(crate) fn part(&mut self, field: &'static Field, at: usize, length: u64) -> Result<Self, Stop> {
        let most = self.left();
        match usize::try_from(length).ok().filter(|length| *length <= most) {
            Some(length) => {
                let start = self.at;
                self.at += length;
                Ok(Self { at: start, end: self.at })
            }
            None => Err(Walker::broken(field, at, Trouble::TooLarge { most: most as u64, got: length })),
        }
    }

    /// Tells `field`, in all bytes that are left, if any are.
    pub(crate) fn tell_rest(&mut self, walker: &mut Walker<'_, '_>, field: &'static Field) -> Walked {
        match self.left() {
            0 => Ok(()),
            left => self.take(walker, field, left),
        }
    }
}
