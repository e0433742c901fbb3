//! `AF_BLUETOOTH`, where the interpreter was built with its headers; each protocol has a shape of its own.

use std::ffi::CStr;

use berkeley::address::{BluetoothAddress, BluetoothDevice};
use berkeley::{Address, Protocol};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use super::Kind;
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::{Slot, is_index, parse_item, parse_tuple};
use crate::version;

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

pub(super) fn read(socket: Kind, value: &Bound<'_, PyAny>, caller: &str) -> PyResult<Address> {
    let wrong = || PyOSError::new_err(format!("{caller}(): wrong format"));
    let address = match socket.protocol {
        L2CAP => {
            let (device, psm, cid, kind) = l2cap_parts(value).ok_or_else(wrong)?;
            BluetoothAddress::L2cap { device: device_of(&device)?, psm, cid, kind }
        }
        RFCOMM => {
            let (device, channel) = rfcomm_parts(value).ok_or_else(wrong)?;
            BluetoothAddress::Rfcomm { device: device_of(&device)?, channel }
        }
        HCI => {
            let (index, channel) = hci_parts(value)?.ok_or_else(wrong)?;
            BluetoothAddress::Hci { index, channel }
        }
        SCO => BluetoothAddress::Sco { device: device_of(&sco_part(value)?.ok_or_else(wrong)?)? },
        _ => return Err(PyOSError::new_err(format!("{caller}(): unknown Bluetooth protocol"))),
    };
    Ok(address.into())
}

/// `(device, psm)`; since 3.14 `(device, psm[, cid[, kind]])`.
fn l2cap_parts(value: &Bound<'_, PyAny>) -> Option<(String, u16, u16, u8)> {
    if !version::SINCE_3_14 {
        let (device, psm) = device_and_number(value)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as C cuts it")]
        return Some((device, psm as u16, 0, 0));
    }
    let (mut device, mut psm, mut cid, mut kind) = (String::new(), 0, 0, 0);
    let slots =
        &mut [Slot::Text(&mut device), Slot::Short(&mut psm), Slot::Short(&mut cid), Slot::Byte(&mut kind)];
    parse(value, c"sH|HB", slots)?;
    Some((device, psm, cid, kind))
}

/// `(device, channel)`
fn rfcomm_parts(value: &Bound<'_, PyAny>) -> Option<(String, u8)> {
    if !version::SINCE_3_14 {
        let (device, channel) = device_and_number(value)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as C cuts it")]
        return Some((device, channel as u8));
    }
    let (mut device, mut channel) = (String::new(), 0);
    parse(value, c"sB", &mut [Slot::Text(&mut device), Slot::Byte(&mut channel)])?;
    Some((device, channel))
}

/// `(index,)`; since 3.14 `index` or `(index[, channel])`.
fn hci_parts(value: &Bound<'_, PyAny>) -> PyResult<Option<(u16, u16)>> {
    if !version::SINCE_3_14 {
        let mut number = 0;
        let parsed = parse(value, c"i", &mut [Slot::Int(&mut number)]);
        // C writes all 32 bits where the index has 16, and so into the channel behind it.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as C cuts it")]
        return Ok(parsed.map(|()| (number as u16, (number >> 16) as u16)));
    }
    let (mut index, mut channel) = (0, 0);
    if is_index(value) {
        parse_item(value, c"H", &mut [Slot::Short(&mut index)])?;
        return Ok(Some((index, channel)));
    }
    let parsed = parse(value, c"H|H", &mut [Slot::Short(&mut index), Slot::Short(&mut channel)]);
    Ok(parsed.map(|()| (index, channel)))
}

/// The device as bytes; since 3.14 as text too, and neither with a NUL inside: before, it ended there.
fn sco_part(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if let Ok(device) = value.cast::<PyBytes>() {
        let (device, mut parts) = (device.as_bytes(), device.as_bytes().split(|byte| *byte == 0));
        let before = parts.next().unwrap_or_default();
        if version::SINCE_3_14 && before != device {
            return Err(PyValueError::new_err("embedded null byte"));
        }
        return Ok(Some(String::from_utf8_lossy(before).into_owned()));
    }
    if version::SINCE_3_14 && value.is_instance_of::<PyString>() {
        let mut device = String::new();
        let items = PyTuple::new(value.py(), [value])?;
        parse_tuple(&items, None, c"s", &mut [Slot::Text(&mut device)])?;
        return Ok(Some(device));
    }
    Ok(None)
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
        // What is 0 is left out, as before 3.14 always.
        BluetoothAddress::L2cap { device, psm, cid, kind } if version::SINCE_3_14 && kind != 0 => {
            Ok((text(device), psm, cid, kind).into_pyobject(py)?.into_any())
        }
        BluetoothAddress::L2cap { device, psm, cid, .. } if version::SINCE_3_14 && cid != 0 => {
            Ok((text(device), psm, cid).into_pyobject(py)?.into_any())
        }
        BluetoothAddress::L2cap { device, psm, .. } => Ok((text(device), psm).into_pyobject(py)?.into_any()),
        BluetoothAddress::Rfcomm { device, channel } => {
            Ok((text(device), channel).into_pyobject(py)?.into_any())
        }
        BluetoothAddress::Hci { index, channel } if version::SINCE_3_14 && channel != 0 => {
            Ok((index, channel).into_pyobject(py)?.into_any())
        }
        BluetoothAddress::Hci { index, .. } => Ok(index.into_pyobject(py)?.into_any()),
        BluetoothAddress::Sco { device } => Ok(PyString::new(py, &text(device)).into_any()),
        _ => super::shown_unknown(py, &Address::from(*address)),
    }
}

fn text(device: BluetoothDevice) -> String {
    device.to_string().to_uppercase()
}
