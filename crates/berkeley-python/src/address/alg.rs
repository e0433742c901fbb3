//! `(type, name[, feat[, mask]])` of `AF_ALG`.

use berkeley::address::{AlgAddress, OtherAddress};
use berkeley::{Address, Family};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::tuple;
use crate::error::raised;
use crate::ffi::fastcall::{Slot, parse_tuple};

/// The room for a type and for a name, each with its NUL, as C has it.
const TYPE: usize = 14;
const NAME: usize = 64;
/// All that stands behind the family.
const DATA: usize = 86;

pub(super) fn read(value: &Bound<'_, PyAny>, caller: &str) -> PyResult<Address> {
    let items = tuple(value, caller, "AF_ALG")?;
    let (mut kind, mut name, mut features, mut mask) = (String::new(), String::new(), 0, 0);
    parse_tuple(
        items,
        None,
        c"ss|HH;AF_ALG address must be a tuple (type, name[, feat[, mask]])",
        &mut [
            Slot::Text(&mut kind),
            Slot::Text(&mut name),
            Slot::Short(&mut features),
            Slot::Short(&mut mask),
        ],
    )?;
    if kind.len() >= TYPE {
        return Err(PyValueError::new_err("AF_ALG type too long."));
    }
    if name.len() >= NAME {
        return Err(PyValueError::new_err("AF_ALG name too long."));
    }
    if let Ok(address) = AlgAddress::new(&kind, &name) {
        return Ok(address.with_features(features.into(), mask.into()).into());
    }
    // An empty type or name, which is the kernel's to refuse.
    let mut data = [0; DATA];
    data[..kind.len()].copy_from_slice(kind.as_bytes());
    data[TYPE..TYPE + 4].copy_from_slice(&u32::from(features).to_ne_bytes());
    data[TYPE + 4..TYPE + 8].copy_from_slice(&u32::from(mask).to_ne_bytes());
    data[TYPE + 8..TYPE + 8 + name.len()].copy_from_slice(name.as_bytes());
    let other = OtherAddress::new(Family::ALG, &data).map_err(|error| raised(value.py(), &error))?;
    Ok(other.into())
}

/// The features and the mask are shown by their low 16 bits, as C reads them.
pub(super) fn shown<'py>(py: Python<'py>, address: &AlgAddress) -> PyResult<Bound<'py, PyAny>> {
    let text = |bytes| PyString::from_encoded_object(&PyBytes::new(py, bytes), None, None);
    let (kind, name) = (text(address.kind())?, text(address.name())?);
    let numbers = [address.features(), address.mask()].map(|number| number & 0xffff);
    Ok((kind, name, numbers[0], numbers[1]).into_pyobject(py)?.into_any())
}
