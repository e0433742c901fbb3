//! Records with named fields, as `os.stat_result` is one: `PyStructSequence`.
#![allow(unsafe_code, reason = "CPython makes its types and objects")]

use std::ffi::{CStr, CString, c_int};
use std::ptr::null;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// One field of a record: its name and its meaning.
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) doc: String,
}

/// A type of records. The first `visible` fields are those of the tuple; the rest is reached by name alone, so that
/// there may be more one day.
pub(crate) fn class<'py>(
    py: Python<'py>,
    name: &'static CStr,
    doc: &'static CStr,
    fields: &[Named<'_>],
    visible: usize,
) -> PyResult<Bound<'py, PyType>> {
    let mut rows = Vec::with_capacity(fields.len() + 1);
    for field in fields {
        rows.push(ffi::PyStructSequence_Field { name: kept(field.name)?, doc: kept(&field.doc)? });
    }
    rows.push(ffi::PyStructSequence_Field { name: null(), doc: null() });
    let mut description = ffi::PyStructSequence_Desc {
        name: name.as_ptr(),
        doc: doc.as_ptr(),
        fields: rows.as_mut_ptr(),
        n_in_sequence: c_int::try_from(visible)?,
    };
    // SAFETY: the rows end with a null, and their texts live for ever, as the type's members keep them.
    let class = unsafe { ffi::PyStructSequence_NewType(&raw mut description) };
    // SAFETY: a new reference to a type, or null with an exception set.
    let class = unsafe { Bound::from_owned_ptr_or_err(py, class.cast())? };
    Ok(class.cast_into()?)
}

/// A text that is never freed: a type's members point to it.
fn kept(text: &str) -> PyResult<*const std::ffi::c_char> {
    Ok(CString::new(text)?.into_raw().cast_const())
}

/// A record of a type that [`class`] has made, from as many values as it has fields.
pub(crate) fn record<'py>(
    class: &Bound<'py, PyType>,
    values: impl ExactSizeIterator<Item = PyResult<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: a type of `PyStructSequence_NewType`'s making.
    let record = unsafe { ffi::PyStructSequence_New(class.as_type_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    let record = unsafe { Bound::from_owned_ptr_or_err(class.py(), record)? };
    for (index, value) in (0..).zip(values) {
        // SAFETY: the record is new, has a place for each value, and takes over the reference.
        unsafe { ffi::PyStructSequence_SetItem(record.as_ptr(), index, value?.into_ptr()) };
    }
    Ok(record)
}
