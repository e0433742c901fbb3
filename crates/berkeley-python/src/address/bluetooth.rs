//! `AF_BLUETOOTH`, where the interpreter was built with its headers; each protocol has a shape of its own.

use std::ffi::CStr;

use berkeley::{Address, BluetoothAddress, BluetoothDevice, Protocol};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use super::Kind;
use crate::capi::SocketObject;
use crate::fastcall::{Slot, parse_tuple};

const L2CAP: i32 = Protocol::BTPROTO_L2CAP.as_raw();
const RFCOMM: i32 = Protocol::BTPROTO_RFCOMM.as_raw();
const HCI: i32 = Protocol::BTPROTO_HCI.as_raw();
const SCO: i32 = Protocol::BTPROTO_SCO.as_raw();

/// Refuses a protocol whose addresses C has no room for.
pub(super) fn check(socket: &SocketObject) -> PyResult<()> {
    match socket.protocol() {
        L2CAP | RFCOMM | HCI | SCO => Ok(()),
        _ => Err(PyOSError::new_err("getsockaddrlen: unknown BT protocol")),
    }
}

/// Numbers are cut to their fields, as C cuts them.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as C cuts them")]
pub(super) fn read(socket: Kind, value: &Bound<'_, PyAny>, caller: &str) -> PyResult<Address> {
    let wrong = || PyOSError::new_err(format!("{caller}(): wrong format"));
    let address = match socket.protocol {
        L2CAP => {
            let (device, psm) = device_and_number(value).ok_or_else(wrong)?;
            BluetoothAddress::L2cap { device: device_of(&device)?, psm: psm as u16, cid: 0, kind: 0 }
        }
        RFCOMM => {
            let (device, channel) = device_and_number(value).ok_or_else(wrong)?;
            BluetoothAddress::Rfcomm { device: device_of(&device)?, channel: channel as u8 }
        }
        HCI => {
            let mut number = 0;
            parse(value, c"i", &mut [Slot::Int(&mut number)]).ok_or_else(wrong)?;
            // C writes all 32 bits where the index has 16, and so into the channel behind it.
            BluetoothAddress::Hci { index: number as u16, channel: (number >> 16) as u16 }
        }
        SCO => {
            let device = value.cast::<PyBytes>().map_err(|_| wrong())?.as_bytes();
            // As far as its NUL.
            let device = device.split(|byte| *byte == 0).next().unwrap_or_default();
            BluetoothAddress::Sco { device: device_of(&String::from_utf8_lossy(device))? }
        }
        _ => return Err(PyOSError::new_err(format!("{caller}(): unknown Bluetooth protocol"))),
    };
    Ok(address.into())
}

fn device_and_number(value: &Bound<'_, PyAny>) -> Option<(String, i32)> {
    let (mut device, mut number) = (String::new(), 0);
    parse(value, c"si", &mut [Slot::Text(&mut device), Slot::Int(&mut number)])?;
    Some((device, number))
}

/// `None` where the parser refuses, for which C has an error of its own.
fn parse<'py>(value: &Bound<'py, PyAny>, format: &CStr, slots: &mut [Slot<'_, 'py>]) -> Option<()> {
    let items = value.cast::<PyTuple>().ok()?;
    parse_tuple(items, None, format, slots).ok()
}

/// The device written `AA:BB:CC:DD:EE:FF`, of one digit or more each.
fn device_of(text: &str) -> PyResult<BluetoothDevice> {
    let mut parts = text.split(':');
    let mut octets = [0; 6];
    let read = octets.iter_mut().try_for_each(|octet| {
        let part = parts.next()?;
        *octet = octet_of(part)?;
        Some(())
    });
    match (read, parts.next()) {
        (Some(()), None) => Ok(BluetoothDevice(octets)),
        _ => Err(PyOSError::new_err("bad bluetooth address")),
    }
}

/// One octet as scanf(3) reads `%X`: blanks before it, a sign and `0x` are taken.
fn octet_of(text: &str) -> Option<u8> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

pub(super) fn shown<'py>(
    py: Python<'py>,
    protocol: i32,
    address: &BluetoothAddress,
) -> PyResult<Bound<'py, PyAny>> {
    if !matches!(protocol, L2CAP | RFCOMM | HCI | SCO) {
        return Err(PyValueError::new_err("Unknown Bluetooth protocol"));
    }
    match *address {
        BluetoothAddress::L2cap { device, psm, .. } => Ok((text(device), psm).into_pyobject(py)?.into_any()),
        BluetoothAddress::Rfcomm { device, channel } => {
            Ok((text(device), channel).into_pyobject(py)?.into_any())
        }
        BluetoothAddress::Hci { index, .. } => Ok(index.into_pyobject(py)?.into_any()),
        BluetoothAddress::Sco { device } => Ok(PyString::new(py, &text(device)).into_any()),
        _ => super::shown_unknown(py, &Address::from(*address)),
    }
}

fn text(device: BluetoothDevice) -> String {
    device.to_string().to_uppercase()
}
