//! Packets as they come: the ring of `berkeley.capture`, of which the package's `_capture.py` makes iterators.

use std::collections::VecDeque;
use std::os::fd::AsRawFd as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use berkeley::interface::{Interface, InterfaceFlags, interfaces};
use berkeley::option::Filter;
use berkeley::ring::{Ring, RingBuilder};
use berkeley_packet::LinkType;
use berkeley_packet::filter::Live;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::packet::{Packet, invalid};
use crate::error::raised;
use crate::ffi::capi::guarded;
use crate::ffi::new;

/// A block of the ring, in bytes.
const BLOCK: usize = 1 << 20;

/// A capture that goes on until it is closed.
#[pyclass(frozen, name = "Ring", module = "berkeley._extra")]
pub(super) struct Capture {
    state: Mutex<State>,
    live: Live,
    interfaces: Vec<Interface>,
    descriptor: i32,
}

struct State {
    /// None once it is closed.
    ring: Option<Ring>,
    /// The packets of the last block, which was given back to the kernel.
    waiting: VecDeque<Py<Packet>>,
    received: u64,
    dropped: u64,
}

#[pymethods]
impl Capture {
    /// Opens the ring: packets arrive from now on, of one interface or of all.
    #[new]
    #[pyo3(signature = (interface, filter, snap, buffer, /))]
    fn new(
        py: Python<'_>,
        interface: Option<&str>,
        filter: Option<&str>,
        snap: u32,
        buffer: usize,
    ) -> PyResult<Self> {
        guarded(|| {
            let interfaces = interfaces().map_err(|error| raised(py, &error))?;
            let chosen = match interface {
                None => None,
                Some(name) => {
                    Some(interfaces.iter().find(|interface| interface.name == name).ok_or_else(|| {
                        PyValueError::new_err(format!("this machine has no interface {name:?}"))
                    })?)
                }
            };
            let link = chosen.map(|interface| LinkType::of_hardware(interface.hardware));
            let live = Live::new(filter, link, snap).map_err(|error| invalid(&error))?;
            let kernel = Filter::from_fields(live.kernel_fields()).map_err(|error| invalid(&error))?;
            let mut builder = RingBuilder::new().blocks(buffer.div_ceil(BLOCK).max(2));
            if let Some(interface) = chosen {
                let is_loopback = interface.flags.contains(InterfaceFlags::LOOPBACK);
                builder = builder.interface(&interface.name).ignore_outgoing(is_loopback);
            }
            let ring = builder
                .open_with(|socket| socket.attach_filter(&kernel))
                .map_err(|error| raised(py, &error))?;
            let descriptor = ring.socket().as_raw_fd();
            let state = State { ring: Some(ring), waiting: VecDeque::new(), received: 0, dropped: 0 };
            Ok(Self { state: Mutex::new(state), live, interfaces, descriptor })
        })
    }

    /// The descriptor that becomes readable when packets are there.
    fn fileno<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let is_open = self.state().ring.is_some();
        guarded(|| new::int(py, if is_open { self.descriptor } else { -1 }))
    }

    /// The next packet; None where none is there yet, or where it is closed.
    fn take(&self, py: Python<'_>) -> PyResult<Option<Py<Packet>>> {
        guarded(|| {
            let mut state = self.state();
            while state.waiting.is_empty() {
                if !self.block(py, &mut state)? {
                    return Ok(None);
                }
            }
            Ok(state.waiting.pop_front())
        })
    }

    /// How many packets the kernel has offered, and how many of these it has dropped for want of room.
    fn statistics(&self, py: Python<'_>) -> PyResult<(u64, u64)> {
        guarded(|| {
            let mut state = self.state();
            if let Some(ring) = &state.ring {
                let since = ring.statistics().map_err(|error| raised(py, &error))?;
                state.received += u64::from(since.packets);
                state.dropped += u64::from(since.drops);
            }
            Ok((state.received, state.dropped))
        })
    }

    /// Ends it. What was not taken is lost.
    fn close(&self) {
        let mut state = self.state();
        state.ring = None;
        state.waiting.clear();
    }
}

impl Capture {
    /// The state. Nobody who has it lets go of the GIL.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the packets of the next block; false where there is none.
    fn block(&self, py: Python<'_>, state: &mut State) -> PyResult<bool> {
        let Some(ring) = &state.ring else { return Ok(false) };
        let Some(block) = ring.try_next_block() else {
            return match ring.socket().take_error().map_err(|error| raised(py, &error))? {
                Some(error) => Err(raised(py, &error)),
                None => Ok(false),
            };
        };
        let mut room = Vec::new();
        for packet in block.packets() {
            let (link, bytes) = (LinkType::of_hardware(packet.hardware()), packet.tagged(&mut room));
            let length = packet.wire_length() + bytes.len() - packet.data().len();
            if packet.comes_again() || !self.live.wants(link, bytes, length) {
                continue;
            }
            let time = packet.timestamp().duration_since(SystemTime::UNIX_EPOCH).ok();
            let (bytes, name) = (new::bytes(py, bytes)?, self.name(packet.interface()));
            state.waiting.push_back(Py::new(py, Packet::captured(bytes, link, length, time, name)?)?);
        }
        Ok(true)
    }

    fn name(&self, index: u32) -> Option<String> {
        let known = self.interfaces.iter().find(|interface| interface.index == index);
        known.map(|interface| interface.name.clone())
    }
}
