//! Addresses that are numbers: `AF_NETLINK`, `AF_VSOCK`, `AF_QIPCRTR`, `AF_TIPC`.

use std::ffi::CStr;

use berkeley::Address;
use berkeley::address::{NetlinkAddress, QipcrtrAddress, TipcAddress, TipcName, VsockAddress};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::{not_a_tuple, tuple};
use crate::ffi::fastcall::{Slot, parse_tuple};

/// `(pid, groups)`
pub(super) fn read_netlink(value: &Bound<'_, PyAny>, caller: &str) -> PyResult<Address> {
    let items = tuple(value, caller, "AF_NETLINK")?;
    let (pid, groups) = two(items, c"II;AF_NETLINK address must be a pair (pid, groups)")?;
    Ok(NetlinkAddress { pid, groups }.into())
}

/// `(cid, port)`
pub(super) fn read_vsock(value: &Bound<'_, PyAny>) -> PyResult<Address> {
    let (cid, port) = two_of(value, "AF_VSOCK")?;
    Ok(VsockAddress::new(cid, port).into())
}

/// `(node, port)`
pub(super) fn read_qipcrtr(value: &Bound<'_, PyAny>) -> PyResult<Address> {
    let (node, port) = two_of(value, "AF_QIPCRTR")?;
    Ok(QipcrtrAddress { node, port }.into())
}

/// Two numbers, of the families whose errors do not name the method.
fn two_of(value: &Bound<'_, PyAny>, family: &str) -> PyResult<(u32, u32)> {
    match value.cast::<PyTuple>() {
        Ok(items) => two(items, c"II:getsockaddrarg"),
        Err(_) => Err(not_a_tuple("getsockaddrarg:", family, value)),
    }
}

fn two(items: &Bound<'_, PyTuple>, format: &CStr) -> PyResult<(u32, u32)> {
    let (mut first, mut second) = (0, 0);
    parse_tuple(items, None, format, &mut [Slot::Unsigned(&mut first), Slot::Unsigned(&mut second)])?;
    Ok((first, second))
}

/// `TIPC_ADDR_NAMESEQ`, `TIPC_ADDR_NAME`, `TIPC_ADDR_ID`
const RANGE: u32 = 1;
const SERVICE: u32 = 2;
const SOCKET: u32 = 3;
/// `TIPC_CLUSTER_SCOPE`
const CLUSTER: u32 = 2;

/// `(addr_type, v1, v2, v3[, scope])`
pub(super) fn read_tipc(value: &Bound<'_, PyAny>, caller: &str) -> PyResult<Address> {
    let items = tuple(value, caller, "AF_TIPC")?;
    let (mut kind, mut first, mut second, mut third, mut scope) = (0, 0, 0, 0, CLUSTER);
    parse_tuple(
        items,
        None,
        c"IIII|I;AF_TIPC address must be a tuple (addr_type, v1, v2, v3[, scope])",
        &mut [
            Slot::Unsigned(&mut kind),
            Slot::Unsigned(&mut first),
            Slot::Unsigned(&mut second),
            Slot::Unsigned(&mut third),
            Slot::Unsigned(&mut scope),
        ],
    )?;
    let name = match kind {
        RANGE => TipcName::Range { service: first, lower: second, upper: third },
        SERVICE => TipcName::Service { service: first, instance: second, domain: 0 },
        SOCKET => TipcName::Socket { reference: second, node: first },
        _ => return Err(PyTypeError::new_err("Invalid address type")),
    };
    #[expect(clippy::cast_possible_truncation, reason = "as C cuts it")]
    let scope = scope.cast_signed() as i8;
    Ok(TipcAddress { name, scope }.into())
}

pub(super) fn shown_tipc<'py>(py: Python<'py>, address: &TipcAddress) -> PyResult<Bound<'py, PyAny>> {
    let scope = i32::from(address.scope).cast_unsigned();
    let items = match address.name {
        TipcName::Range { service, lower, upper } => [RANGE, service, lower, upper, scope],
        // C shows the instance twice.
        TipcName::Service { service, instance, .. } => [SERVICE, service, instance, instance, scope],
        TipcName::Socket { reference, node } => [SOCKET, node, reference, 0, scope],
        _ => return super::shown_unknown(py, &Address::from(*address)),
    };
    Ok(PyTuple::new(py, items)?.into_any())
}
