//! Packets: `berkeley.decode`, `berkeley.craft`, `berkeley.pcap`.
//!
//! A packet keeps its bytes, and is taken apart where it is asked for a field: that takes less than to keep the layers.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use berkeley_packet::file::{Fault, FileError, Reader, Record};
use berkeley_packet::{Item, Layer, LinkType, NoLinkType, Value, Visit, craft, show};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::fd::open_file;
use crate::ffi::buffer::ReadBuffer;
use crate::ffi::capi::guarded;
use crate::ffi::new;

pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Packet>()?;
    module.add_class::<PacketLayer>()?;
    module.add_class::<Pcap>()?;
    module.add_function(wrap_pyfunction!(decode, module)?)?;
    module.add_function(wrap_pyfunction!(craft_packet, module)?)?;
    module.add_function(wrap_pyfunction!(pcap, module)?)
}

/// Takes a packet apart, which begins as `link` says: a name such as "ethernet" or "raw", or a number.
///
/// Where `data` is the beginning of a longer packet, `length` is that of the whole one.
#[pyfunction]
#[pyo3(signature = (data, link=None, *, length=None))]
fn decode(
    data: &Bound<'_, PyAny>,
    link: Option<&Bound<'_, PyAny>>,
    length: Option<usize>,
) -> PyResult<Packet> {
    guarded(|| {
        let link = link.map_or(Ok(LinkType::ETHERNET), link_type)?;
        let bytes = match data.cast_exact::<PyBytes>() {
            Ok(bytes) => bytes.clone(),
            Err(_) => {
                new::bytes(data.py(), &ReadBuffer::of(data)?.bytes(data.py())?)?.cast_into::<PyBytes>()?
            }
        };
        let length = length.unwrap_or_default().max(bytes.as_bytes().len());
        Ok(Packet::new(bytes, link, length))
    })
}

/// The bytes of the packet that `text` describes, such as `ip(dst=127.0.0.1)/icmp(type=8)/"hello"`.
#[pyfunction]
#[pyo3(name = "craft", signature = (text))]
fn craft_packet<'py>(text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let recipe = craft::parse(text.to_str()?).map_err(|error| invalid(&error))?;
        new::bytes(text.py(), &recipe.build())
    })
}

/// The packets of a capture file, pcap or pcapng, one after the other.
#[pyfunction]
#[pyo3(signature = (path))]
fn pcap(path: &Bound<'_, PyAny>) -> PyResult<Pcap> {
    guarded(|| {
        let input = Input(open_file(path)?.into());
        let reader = Reader::new(input).map_err(unreadable)?;
        Ok(Pcap { state: Mutex::new(State::Open(Box::new(reader))) })
    })
}

/// A file that may let its reader wait: meanwhile other threads run, and signal handlers.
struct Input(File);

impl Read for Input {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Python::attach(|py| {
            loop {
                match py.detach(|| self.0.read(room)) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {
                        py.check_signals().map_err(io::Error::other)?;
                    }
                    ended => return ended,
                }
            }
        })
    }
}

/// A packet.
#[pyclass(frozen, module = "berkeley")]
pub(super) struct Packet {
    bytes: Py<PyBytes>,
    link: LinkType,
    /// How long it was on the wire.
    #[pyo3(get)]
    length: usize,
    time: Option<Duration>,
    interface: Option<String>,
}

impl Packet {
    fn new(bytes: Bound<'_, PyBytes>, link: LinkType, length: usize) -> Self {
        Self { bytes: bytes.unbind(), link, length, time: None, interface: None }
    }

    /// One that was captured at `time`, at that interface.
    pub(super) fn captured(
        bytes: Bound<'_, PyAny>,
        link: LinkType,
        length: usize,
        time: Option<Duration>,
        interface: Option<String>,
    ) -> PyResult<Self> {
        Ok(Self { time, interface, ..Self::new(bytes.cast_into()?, link, length) })
    }

    /// The packet, taken apart.
    fn decoded<'a>(&'a self, py: Python<'a>) -> berkeley_packet::Packet<'a> {
        berkeley_packet::Packet::decode_cut(self.link, self.bytes.as_bytes(py), self.length)
    }
}

#[pymethods]
impl Packet {
    /// The value of the first field of that name, such as `ip.ttl`.
    fn __getitem__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| match self.decoded(py).field(name.to_str()?) {
            Some(value) => object(py, &value),
            None => Err(PyKeyError::new_err(name.clone().unbind())),
        })
    }

    /// The same; `default` where it has no such field.
    #[pyo3(signature = (name, default=None, /))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| match self.decoded(py).field(name) {
            Some(value) => object(py, &value),
            None => Ok(default.unwrap_or_else(|| py.None().into_bound(py))),
        })
    }

    /// The values of all fields of that name, in order.
    #[pyo3(signature = (name, /))]
    fn all<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        guarded(|| {
            let found = PyList::empty(py);
            for layer in self.decoded(py).layers() {
                each(layer, &mut |item| {
                    if item.field.name == name { found.append(object(py, &item.value)?) } else { Ok(()) }
                })?;
            }
            Ok(found)
        })
    }

    /// Whether it has a layer, or a field, of that name.
    fn __contains__(&self, py: Python<'_>, name: &str) -> bool {
        let packet = self.decoded(py);
        packet.layer(name).is_some() || packet.field(name).is_some()
    }

    /// Its layers, the outermost first.
    #[getter]
    fn layers<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        guarded(|| {
            let py = slf.py();
            let layers = PyList::empty(py);
            for index in 0..slf.get().decoded(py).layers().count() {
                layers.append(Bound::new(py, PacketLayer { packet: slf.clone().unbind(), index })?)?;
            }
            Ok(layers)
        })
    }

    /// Its bytes, as far as they were captured.
    #[getter]
    fn bytes(&self, py: Python<'_>) -> Py<PyBytes> {
        self.bytes.clone_ref(py)
    }

    /// When it was captured, in seconds since 1970; None where nobody knows.
    #[getter]
    fn time(&self) -> Option<f64> {
        self.time.map(|time| time.as_secs_f64())
    }

    /// The same in nanoseconds.
    #[getter]
    fn time_ns<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        guarded(|| self.time.map(|time| new::int(py, nanoseconds(time))).transpose())
    }

    /// The interface that it was captured at; None where nobody knows.
    #[getter]
    fn interface(&self) -> Option<&str> {
        self.interface.as_deref()
    }

    /// What it begins with, by the number that capture files have for it (`LINKTYPE_`).
    #[getter]
    fn link(&self) -> u16 {
        self.link.as_raw()
    }

    /// Where it breaks, in words; None where it is whole.
    #[getter]
    fn problem(&self, py: Python<'_>) -> Option<String> {
        self.decoded(py).problem().map(ToString::to_string)
    }

    /// The packet in the language of `craft`.
    fn craft(&self, py: Python<'_>) -> String {
        craft::text(&self.decoded(py))
    }

    /// Each layer as a box in the one that carries it.
    #[pyo3(signature = (width=100))]
    fn boxes(&self, py: Python<'_>, width: usize) -> String {
        let mut text = String::new();
        // Writing to a String never fails.
        let _ = show::boxes(&self.decoded(py), width, &mut text);
        text
    }

    /// All fields, as JSON.
    fn json(&self, py: Python<'_>) -> String {
        let mut text = String::new();
        show::json(&self.decoded(py), &mut text);
        text
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.bytes.as_bytes(py).len()
    }

    fn __bytes__(&self, py: Python<'_>) -> Py<PyBytes> {
        self.bytes.clone_ref(py)
    }

    /// One line, as `sock decode` prints it.
    fn __str__(&self, py: Python<'_>) -> String {
        let mut text = String::new();
        let _ = show::line(&self.decoded(py), &mut text);
        text
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<berkeley.Packet {}>", self.__str__(py))
    }
}

/// A layer of a packet.
#[pyclass(frozen, name = "Layer", module = "berkeley")]
pub(super) struct PacketLayer {
    packet: Py<Packet>,
    index: usize,
}

impl PacketLayer {
    /// Does `with` to the layer, taken apart.
    fn with<T>(&self, py: Python<'_>, with: impl FnOnce(Layer<'_>) -> PyResult<T>) -> PyResult<T> {
        guarded(|| {
            let packet = self.packet.get().decoded(py);
            let layer = packet.layers().nth(self.index);
            // It was counted when it was made, and the bytes have not changed.
            layer.map_or_else(|| Err(PyKeyError::new_err(())), with)
        })
    }
}

#[pymethods]
impl PacketLayer {
    /// The protocol's name, which its fields' names begin with: `ip`, `tcp`.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.with(py, |layer| Ok(layer.protocol().name))
    }

    /// The protocol's name in full.
    #[getter]
    fn title(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.with(py, |layer| Ok(layer.protocol().title))
    }

    /// Its fields by name, in order; a list of values where a name has several.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.with(py, |layer| {
            let fields = PyDict::new(py);
            each(layer, &mut |item| add_field(&fields, item.field.name, object(py, &item.value)?))?;
            Ok(fields)
        })
    }

    /// The value of its first field of that name, such as `ip.ttl`, or `ttl`.
    fn __getitem__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.with(py, |layer| {
            let short = name.to_str()?;
            let full = || format!("{}.{short}", layer.protocol().name);
            match layer.field(short).or_else(|| layer.field(&full())) {
                Some(value) => object(py, &value),
                None => Err(PyKeyError::new_err(name.clone().unbind())),
            }
        })
    }

    /// The bytes of its header.
    #[getter]
    fn header<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.with(py, |layer| new::bytes(py, layer.header()))
    }

    /// The bytes that it carries.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.with(py, |layer| new::bytes(py, layer.payload()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |layer| Ok(format!("<berkeley.Layer {}>", layer.protocol().name)))
    }
}

/// A capture file that is read.
#[pyclass(frozen, module = "berkeley")]
pub(super) struct Pcap {
    state: Mutex<State>,
}

enum State {
    Open(Box<Reader<Input>>),
    /// A thread reads, and may wait.
    Busy,
    Ended,
}

#[pymethods]
impl Pcap {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Packet>> {
        guarded(|| {
            let Some(mut reader) = self.begin()? else { return Ok(None) };
            let found = reader.next().map(|record| record.map(|record| packet_of(py, &record)));
            let goes_on = matches!(found, Ok(Some(_)));
            *self.state() = if goes_on { State::Open(reader) } else { State::Ended };
            found.map_err(unreadable)?.transpose()
        })
    }
}

impl Pcap {
    /// Nobody who has it lets go of the GIL.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the reader out; `None` behind the end.
    fn begin(&self) -> PyResult<Option<Box<Reader<Input>>>> {
        let mut state = self.state();
        match mem::replace(&mut *state, State::Busy) {
            State::Open(reader) => Ok(Some(reader)),
            State::Busy => Err(PyValueError::new_err("the file is being read already")),
            State::Ended => {
                *state = State::Ended;
                Ok(None)
            }
        }
    }
}

fn packet_of(py: Python<'_>, record: &Record<'_>) -> PyResult<Packet> {
    let name = (!record.interface_name.is_empty()).then(|| record.interface_name.to_owned());
    let bytes = new::bytes(py, record.bytes)?;
    Packet::captured(bytes, record.link, record.length, record.time, name)
}

/// Hands each field of the layer to `take`, which ends it by an exception.
fn each<'a>(layer: Layer<'a>, take: &mut dyn FnMut(&Item<'a>) -> PyResult<()>) -> PyResult<()> {
    struct Each<'t, 'a> {
        take: &'t mut dyn FnMut(&Item<'a>) -> PyResult<()>,
        outcome: PyResult<()>,
    }
    impl<'a> Visit<'a> for Each<'_, 'a> {
        fn field(&mut self, item: Item<'a>) -> bool {
            self.outcome = (self.take)(&item);
            self.outcome.is_ok()
        }
    }
    let mut visit = Each { take, outcome: Ok(()) };
    layer.visit(&mut visit);
    visit.outcome
}

/// Adds the value; the second one of a name makes a list of the first.
fn add_field(fields: &Bound<'_, PyDict>, name: &str, value: Bound<'_, PyAny>) -> PyResult<()> {
    match fields.get_item(name)? {
        None => fields.set_item(name, value),
        Some(known) => match known.cast::<PyList>() {
            Ok(list) => list.append(value),
            Err(_) => fields.set_item(name, PyList::new(fields.py(), [known, value])?),
        },
    }
}

/// The value as Python has it: a number is an `int`, a flag a `bool`, an address, a name and a text a `str`.
fn object<'py>(py: Python<'py>, value: &Value<'_>) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Number(number) => new::int(py, *number),
        Value::Signed(number) => Ok(number.into_pyobject(py)?.into_any()),
        Value::Flag(set) => Ok(set.into_pyobject(py)?.to_owned().into_any()),
        Value::Bytes(bytes) => new::bytes(py, bytes),
        Value::Seconds(seconds) => Ok(seconds.into_pyobject(py)?.into_any()),
        other => Ok(PyString::new(py, &other.to_string()).into_any()),
    }
}

/// A link type, by its name or its number.
fn link_type(link: &Bound<'_, PyAny>) -> PyResult<LinkType> {
    if let Ok(number) = link.extract::<u16>() {
        return Ok(LinkType::from_raw(number));
    }
    link.extract::<&str>()?.parse().map_err(|error: NoLinkType| invalid(&error))
}

pub(super) fn invalid(error: &dyn Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// What the system refuses is an `OSError`, what the file does not hold a `ValueError`.
fn unreadable(error: FileError) -> PyErr {
    match error.fault {
        Fault::Io(error) => error.into(),
        _ => invalid(&error),
    }
}
