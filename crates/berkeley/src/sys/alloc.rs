//! Memory whose size a caller or a peer sets: an error where there is not so much, not the end of the process.

use std::alloc::{Layout, alloc_zeroed};
use std::ffi::{CStr, CString};

use super::{Errno, Result};

/// An empty vector with room for `length`. `ENOMEM` where there is not so much memory.
pub(crate) fn with_room<T>(length: usize) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(length).map_err(|_| Errno::NOMEM)?;
    Ok(vector)
}

/// Adds `item`. `ENOMEM` where there is no room for one more and none can be made.
#[inline]
pub(crate) fn push<T>(vector: &mut Vec<T>, item: T) -> Result<()> {
    vector.try_reserve(1).map_err(|_| Errno::NOMEM)?;
    vector.push(item);
    Ok(())
}

/// The items in a vector, as [`with_room`].
pub(crate) fn collect<T>(items: impl ExactSizeIterator<Item = T>) -> Result<Vec<T>> {
    let mut vector = with_room(items.len())?;
    vector.extend(items);
    Ok(vector)
}

/// As [`collect`], of as many as there are.
pub(crate) fn collect_any<T>(items: impl Iterator<Item = T>) -> Result<Vec<T>> {
    let mut vector = with_room(items.size_hint().0)?;
    for item in items {
        push(&mut vector, item)?;
    }
    Ok(vector)
}

/// As [`collect_any`], of what there may be none of: `None` where one is missing.
pub(crate) fn collect_all<T>(items: impl Iterator<Item = Option<T>>) -> Result<Option<Vec<T>>> {
    let mut vector = with_room(items.size_hint().0)?;
    for item in items {
        let Some(item) = item else { return Ok(None) };
        push(&mut vector, item)?;
    }
    Ok(Some(vector))
}

/// A copy of items, as [`with_room`].
pub(crate) fn copy<T: Copy>(items: &[T]) -> Result<Vec<T>> {
    let mut copy = with_room(items.len())?;
    copy.extend_from_slice(items);
    Ok(copy)
}

/// A copy of bytes as text, those that are no UTF-8 replaced, as [`with_room`].
pub(crate) fn copy_lossy(bytes: &[u8]) -> Result<String> {
    let mut copy = String::new();
    for chunk in bytes.utf8_chunks() {
        let replaced = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        copy.try_reserve(chunk.valid().len() + replaced.len()).map_err(|_| Errno::NOMEM)?;
        copy.push_str(chunk.valid());
        copy.push_str(replaced);
    }
    Ok(copy)
}

/// A copy of a text, as [`with_room`].
pub(crate) fn copy_text(text: &CStr) -> Result<CString> {
    let bytes = text.to_bytes_with_nul();
    let mut copy = with_room(bytes.len())?;
    copy.extend_from_slice(bytes);
    CString::from_vec_with_nul(copy).map_err(|_| Errno::INVAL)
}

/// A copy of a string, as [`with_room`].
pub(crate) fn copy_str(text: &str) -> Result<String> {
    let mut copy = String::new();
    copy.try_reserve_exact(text.len()).map_err(|_| Errno::NOMEM)?;
    copy.push_str(text);
    Ok(copy)
}

/// Integers of 0, of which a large piece is taken from the system only as it is touched; as [`with_room`].
pub(crate) fn zeroed<T: Zeroable>(length: usize) -> Result<Vec<T>> {
    let layout = Layout::array::<T>(length).map_err(|_| Errno::NOMEM)?;
    if layout.size() == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the size is not 0.
    let start = unsafe { alloc_zeroed(layout) }.cast::<T>();
    if start.is_null() {
        return Err(Errno::NOMEM);
    }
    // SAFETY: the global allocator has just given this memory, of that layout, and zeros are integers.
    Ok(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, length)) }.into_vec())
}

/// Integers: any bytes are values of theirs.
pub(crate) trait Zeroable {}
impl Zeroable for u8 {}
impl Zeroable for usize {}
