//! `(ifname, proto[, pkttype[, hatype[, addr]]])` of `AF_PACKET`.

use berkeley::Address;
use berkeley::address::{HardwareAddress, PacketAddress};
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

use super::{Kind, interface_index, interface_name, tuple};
use crate::error::raised;
use crate::ffi::buffer::ReadBuffer;
use crate::ffi::fastcall::{Slot, parse_tuple};
use crate::ffi::new;

/// The longest name of an interface, which C cuts a longer one to.
const NAME: usize = 15;
/// The most bytes of a hardware address, as C has it.
const HARDWARE: usize = 8;

pub(super) fn read(
    py: Python<'_>,
    socket: Kind,
    value: &Bound<'_, PyAny>,
    caller: &str,
) -> PyResult<Address> {
    let items = tuple(value, caller, "AF_PACKET")?;
    let (mut name, mut protocol, mut kind, mut hardware_type) = (String::new(), 0, 0, 0);
    let mut hardware = ReadBuffer::empty();
    let parsed = parse_tuple(
        items,
        None,
        c"si|iiy*;AF_PACKET address must be a tuple of two to five elements",
        &mut [
            Slot::Text(&mut name),
            Slot::Int(&mut protocol),
            Slot::Int(&mut kind),
            Slot::Int(&mut hardware_type),
            Slot::Read(&mut hardware),
        ],
    );
    match parsed {
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
            return Err(PyOverflowError::new_err(format!("{caller}(): address argument out of range")));
        }
        parsed => parsed?,
    }
    let interface = interface_index(py, socket, cut(&name))?;
    if hardware.len() > HARDWARE {
        return Err(PyValueError::new_err("Hardware address must be 8 bytes or less"));
    }
    let Ok(protocol) = u16::try_from(protocol) else {
        return Err(PyOverflowError::new_err(format!("{caller}(): proto must be 0-65535.")));
    };
    let hardware = HardwareAddress::new(&hardware.bytes(py)?).map_err(|error| raised(py, &error))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as C cuts them")]
    let (packet_type, hardware_type) = (kind as u8, hardware_type as u16);
    Ok(PacketAddress { interface, protocol, packet_type, hardware_type, hardware }.into())
}

/// The name as far as C reads it.
fn cut(name: &str) -> &str {
    let end = (0..=name.len().min(NAME)).rev().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

pub(super) fn shown<'py>(py: Python<'py>, address: &PacketAddress) -> PyResult<Bound<'py, PyAny>> {
    let name = interface_name(address.interface);
    // C hands its 16 bits over as a `short`, and the `char` of the packet's kind likewise.
    let protocol = address.protocol.cast_signed();
    let hardware = new::bytes(py, address.hardware.as_bytes())?;
    let kind = address.packet_type.cast_signed();
    let hardware_type = address.hardware_type.cast_signed();
    Ok((name, protocol, kind, hardware_type, hardware).into_pyobject(py)?.into_any())
}
