//! Network interfaces: `if_nameindex`, `if_nametoindex`, `if_indextoname`.

use std::ffi::{CStr, CString};

use berkeley::interface::{interface_index, interface_name_bytes, interface_names};
use pyo3::exceptions::{PyOSError, PyOverflowError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::machine::one;
use crate::error::raised;
use crate::ffi::fastcall::{Args, Convention, Function, add_function, file_name, natural, unsigned};
use crate::ffi::new;
use crate::version::{self, doc};

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<IfNameIndex>(module)?;
    add_function::<IfNameToIndex>(module)?;
    add_function::<IfIndexToName>(module)
}

struct IfNameIndex;

impl Function for IfNameIndex {
    const NAME: &'static CStr = c"if_nameindex";
    const DOC: &'static CStr = c"if_nameindex()\n\nThe interfaces of this machine: a list of (index, name).";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let names = interface_names().map_err(|error| raised(py, &error))?;
        let items = names.iter().map(|(index, name)| item(py, *index, name).map(Bound::into_any));
        Ok(new::list_of(py, items)?.into_any())
    }
}

fn item<'py>(py: Python<'py>, index: u32, name: &CString) -> PyResult<Bound<'py, PyTuple>> {
    new::tuple(py, [new::int(py, index)?, shown(py, name)?])
}

struct IfNameToIndex;

impl Function for IfNameToIndex {
    const NAME: &'static CStr = c"if_nametoindex";
    // As C has it, whose generator takes the function for a method.
    const DOC: &'static CStr = doc::IF_NAMETOINDEX;
    const CONVENTION: Convention = Convention::SINGLE;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = file_name(&one(args, c"O:if_nametoindex")?)?;
        match interface_index(name.as_bytes()) {
            Ok(index) => new::int(py, index),
            Err(error) if version::SINCE_3_14 => Err(raised(py, &error)),
            Err(_) => Err(PyOSError::new_err("no interface with this name")),
        }
    }
}

struct IfIndexToName;

impl Function for IfIndexToName {
    const NAME: &'static CStr = c"if_indextoname";
    const DOC: &'static CStr = doc::IF_INDEXTONAME;
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = interface_name_bytes(index(args)?).map_err(|error| raised(py, &error))?;
        shown(py, &name)
    }
}

/// The index that is asked for.
fn index(args: Args<'_, '_>) -> PyResult<u32> {
    if version::SINCE_3_14 {
        return args.word(0).map_or_else(|| natural(&*args.only()?, "unsigned int"), Ok);
    }
    u32::try_from(unsigned(&*args.only()?)?).map_err(|_| PyOverflowError::new_err("index is too large"))
}

/// A name in the file system's encoding.
fn shown<'py>(py: Python<'py>, name: &CStr) -> PyResult<Bound<'py, PyAny>> {
    new::file_system_text(py, name.to_bytes())
}
