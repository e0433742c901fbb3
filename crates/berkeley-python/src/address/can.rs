//! `(interface,)` of `AF_CAN`, `(interface, rx, tx)` of ISO-TP, `(interface, name, pgn, addr)` of J1939.

use berkeley::address::{CanAddress, J1939Address};
use berkeley::{Address, Protocol};
use pyo3::exceptions::{PyOSError, PySystemError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::{Kind, interface_index, interface_name, tuple};
use crate::ffi::fastcall::{Slot, file_name, parse_tuple};

/// The room for an interface's name and its NUL.
const NAME: usize = 16;

/// `CAN_RAW`, `CAN_BCM`, `CAN_ISOTP`, `CAN_J1939`
const RAW: i32 = Protocol::CAN_RAW.as_raw();
const BCM: i32 = Protocol::CAN_BCM.as_raw();
const ISOTP: i32 = Protocol::CAN_ISOTP.as_raw();
const J1939: i32 = Protocol::CAN_J1939.as_raw();

pub(super) fn read(
    py: Python<'_>,
    socket: Kind,
    value: &Bound<'_, PyAny>,
    caller: &str,
) -> PyResult<Address> {
    match socket.protocol {
        RAW | BCM => {
            let items = tuple(value, caller, "AF_CAN")?;
            let name = first_name(items, 1)?;
            let format = c"O;AF_CAN address must be a tuple (interface, )";
            parse_tuple(items, None, format, &mut [Slot::Object(&mut None)])?;
            Ok(CanAddress::new(index(py, socket, &name)?).into())
        }
        ISOTP => {
            let items = bare(value)?;
            let (name, mut rx, mut tx) = (first_name(items, 3)?, 0, 0);
            let slots = &mut [Slot::Object(&mut None), Slot::Long(&mut rx), Slot::Long(&mut tx)];
            parse_tuple(items, None, c"Okk", slots)?;
            let [rx, tx] = [rx, tx].map(low);
            Ok(CanAddress::isotp(index(py, socket, &name)?, rx, tx).into())
        }
        J1939 => {
            let items = bare(value)?;
            let (name, mut node, mut pgn, mut address) = (first_name(items, 4)?, 0, 0, 0);
            let slots = &mut [
                Slot::Object(&mut None),
                Slot::Wide(&mut node),
                Slot::Unsigned(&mut pgn),
                Slot::Byte(&mut address),
            ];
            parse_tuple(items, None, c"OKIB", slots)?;
            let node = J1939Address { name: node, pgn, address };
            Ok(CanAddress::j1939(index(py, socket, &name)?, node).into())
        }
        _ => Err(PyOSError::new_err(format!("{caller}(): unsupported CAN protocol"))),
    }
}

/// The low half of C's `long`, which has no other on machines of 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "as C cuts it")]
fn low(number: impl Into<u64>) -> u32 {
    number.into() as u32
}

/// The tuple, whose absence C takes for a mistake of its own.
fn bare<'a, 'py>(value: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyTuple>> {
    value
        .cast::<PyTuple>()
        .map_err(|_| PySystemError::new_err("new style getargs format but argument is not a tuple"))
}

/// The interface's name, which C reads before the other items; empty where their number is wrong, of which the parser
/// tells.
fn first_name(items: &Bound<'_, PyTuple>, count: usize) -> PyResult<String> {
    match items.as_slice() {
        [name, ..] if items.len() == count => {
            Ok(String::from_utf8_lossy(file_name(name)?.as_bytes()).into_owned())
        }
        _ => Ok(String::new()),
    }
}

/// The index of the interface; 0, every one, where the name is empty.
fn index(py: Python<'_>, socket: Kind, name: &str) -> PyResult<u32> {
    match name.len() {
        0 => Ok(0),
        length if length < NAME => interface_index(py, socket, name),
        _ => Err(PyOSError::new_err("AF_CAN interface name too long")),
    }
}

pub(super) fn shown<'py>(
    py: Python<'py>,
    protocol: i32,
    address: &CanAddress,
) -> PyResult<Bound<'py, PyAny>> {
    let name = interface_name(address.interface());
    match protocol {
        ISOTP => {
            let (rx, tx) = address.as_isotp();
            Ok((name, rx, tx).into_pyobject(py)?.into_any())
        }
        J1939 => {
            let node = address.as_j1939();
            Ok((name, node.name, node.pgn, node.address).into_pyobject(py)?.into_any())
        }
        _ => Ok((name,).into_pyobject(py)?.into_any()),
    }
}
