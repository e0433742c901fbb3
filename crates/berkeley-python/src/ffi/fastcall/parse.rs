//! Arguments parsed by `CPython`'s own parser (`PyArg_Parse` and its kin), whose error texts are therefore C's.
#![allow(unsafe_code, reason = "CPython takes and gives objects as pointers")]

use std::ffi::{CStr, CString, c_char, c_ulong, c_void};
use std::ptr::{self, null_mut};

use pyo3::exceptions::PySystemError;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::call::Args;
use crate::ffi::buffer::{ReadBuffer, WriteBuffer};
use crate::memory::{copied, until_nul};

/// Where [`parse`] puts the value of one unit of a format.
pub(crate) enum Slot<'s, 'py> {
    /// `i`
    Int(&'s mut i32),
    /// `I`, which takes any integer, cut to its size
    Unsigned(&'s mut u32),
    /// `K`, which takes any integer, cut to its size
    Wide(&'s mut u64),
    /// `n`
    Size(&'s mut isize),
    /// `B`, which takes any integer, cut to its size
    Byte(&'s mut u8),
    /// `H`, which takes any integer, cut to its size
    Short(&'s mut u16),
    /// `k`, which takes any integer, cut to its size
    Long(&'s mut c_ulong),
    /// `s`
    Text(&'s mut String),
    /// `O`
    Object(&'s mut Option<Bound<'py, PyAny>>),
    /// `O!`, of the type `int`
    Integer(&'s mut Option<Bound<'py, PyAny>>),
    /// `O!`, of the type of `None`
    Nothing,
    /// `y*`
    Read(&'s mut ReadBuffer<'py>),
    /// `w*`
    Write(&'s mut WriteBuffer<'py>),
}

impl Slot<'_, '_> {
    const fn unit(&self) -> &'static str {
        match self {
            Self::Int(_) => "i",
            Self::Unsigned(_) => "I",
            Self::Wide(_) => "K",
            Self::Size(_) => "n",
            Self::Byte(_) => "B",
            Self::Short(_) => "H",
            Self::Long(_) => "k",
            Self::Text(_) => "s",
            Self::Object(_) => "O",
            Self::Integer(_) | Self::Nothing => "O!",
            Self::Read(_) => "y*",
            Self::Write(_) => "w*",
        }
    }

    /// The type of which an object of `O!` has to be.
    fn class(&self) -> Option<*mut ffi::PyTypeObject> {
        match self {
            Self::Integer(_) => Some(&raw mut ffi::PyLong_Type),
            Self::Nothing => {
                // SAFETY: a pointer to what lives for ever.
                let none = unsafe { ffi::Py_None() };
                // SAFETY: alive, as said.
                Some(unsafe { ffi::Py_TYPE(none) })
            }
            _ => None,
        }
    }
}

/// The most pointers that the units of a format may need.
const UNITS: usize = 8;

/// What the parser puts the values of the units into, in their order.
type Rooms = [*mut c_void; UNITS];

/// Parses positional arguments by `CPython`'s own parser (`PyArg_ParseTuple`), whose error texts are therefore C's.
///
/// For what a body does not take apart itself: the first arguments that are not plain. What an optional unit has no
/// argument for is left as it was.
#[cold]
pub(crate) fn parse<'py>(args: Args<'_, 'py>, format: &CStr, slots: &mut [Slot<'_, 'py>]) -> PyResult<()> {
    parse_tuple(&args.tuple()?, None, format, slots)
}

/// Refuses too few and too many arguments, as what C's generator makes does; the format tells the function's name.
#[cold]
pub(crate) fn count(args: Args<'_, '_>, format: &CStr, least: usize, most: usize) -> PyResult<()> {
    let given = args.len();
    let (bound, wanted) = if given < least {
        ("least", least)
    } else if given > most {
        ("most", most)
    } else {
        return Ok(());
    };
    let format = format.to_string_lossy();
    let name = format.split_once(':').map_or("", |(_, name)| name);
    let plural = if wanted == 1 { "" } else { "s" };
    let text = format!("{name} expected at {bound} {wanted} argument{plural}, got {given}");
    Err(PyTypeError::new_err(text))
}

/// As [`parse`], with arguments by name too (`PyArg_ParseTupleAndKeywords`): `names` are those of all the units.
#[cold]
pub(crate) fn parse_named<'py>(
    args: Args<'_, 'py>,
    format: &CStr,
    names: &[&CStr],
    slots: &mut [Slot<'_, 'py>],
) -> PyResult<()> {
    parse_tuple(&args.tuple()?, Some((args.dict()?, names)), format, slots)
}

/// What is given by name, and the names that there are.
type Named<'n, 'py> = (Option<Bound<'py, PyDict>>, &'n [&'n CStr]);

/// As [`parse`] and [`parse_named`], of a tuple.
pub(crate) fn parse_tuple<'py>(
    tuple: &Bound<'py, PyTuple>,
    named: Option<Named<'_, 'py>>,
    format: &CStr,
    slots: &mut [Slot<'_, 'py>],
) -> PyResult<()> {
    if named.as_ref().is_some_and(|(_, names)| names.len() != slots.len()) {
        return Err(misfit());
    }
    fill(tuple.py(), format, slots, |rooms| run_parser(tuple, named, format, rooms))
}

/// As [`parse`], of one object that is no argument of its own (`PyArg_Parse`); its format may have no `O` and
/// no `s`, since what a sequence gives may be alive for the parser alone.
#[cold]
pub(crate) fn parse_item<'py>(
    item: &Bound<'py, PyAny>,
    format: &CStr,
    slots: &mut [Slot<'_, 'py>],
) -> PyResult<()> {
    if slots.iter().any(|slot| matches!(slot, Slot::Object(_) | Slot::Integer(_) | Slot::Text(_))) {
        return Err(misfit());
    }
    fill(item.py(), format, slots, |r| {
        let (item, format) = (item.as_ptr(), format.as_ptr());
        // SAFETY: each unit of the format has a room of its type, as `fits` has said; those left over are not read.
        unsafe { ffi::PyArg_Parse(item, format, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]) != 0 }
    })
}

/// Runs a parser with room for what it finds, and fills the slots.
fn fill<'py>(
    py: Python<'py>,
    format: &CStr,
    slots: &mut [Slot<'_, 'py>],
    run: impl FnOnce(Rooms) -> bool,
) -> PyResult<()> {
    let mut objects = [null_mut::<ffi::PyObject>(); UNITS];
    if !fits(format, slots) {
        return Err(misfit());
    }
    if !run(rooms(slots, &mut objects)) {
        return Err(PyErr::fetch(py));
    }
    slots.iter_mut().zip(objects).try_for_each(|(slot, object)| store(py, slot, object))
}

/// Where the parser puts the values: into the slots themselves, or into `objects`, of which a slot takes its own later.
#[allow(clippy::match_same_arms)] // two of C's types are one of Rust's on some machines, and two on others
fn rooms(slots: &mut [Slot<'_, '_>], objects: &mut [*mut ffi::PyObject; UNITS]) -> Rooms {
    let (mut rooms, mut used) = ([null_mut::<c_void>(); UNITS], 0);
    for (slot, object) in slots.iter_mut().zip(objects) {
        if let Some(class) = slot.class() {
            rooms[used] = class.cast();
            used += 1;
        }
        rooms[used] = match slot {
            Slot::Int(value) => (&raw mut **value).cast(),
            Slot::Unsigned(value) => (&raw mut **value).cast(),
            Slot::Wide(value) => (&raw mut **value).cast(),
            Slot::Size(value) => (&raw mut **value).cast(),
            Slot::Byte(value) => (&raw mut **value).cast(),
            Slot::Short(value) => (&raw mut **value).cast(),
            Slot::Long(value) => ptr::from_mut::<c_ulong>(value).cast(),
            Slot::Text(_) | Slot::Object(_) | Slot::Integer(_) | Slot::Nothing => (&raw mut *object).cast(),
            Slot::Read(buffer) => buffer.room(),
            Slot::Write(buffer) => buffer.room(),
        };
        used += 1;
    }
    rooms
}

/// Puts what the parser has found into a slot that holds an object or a text.
fn store<'py>(py: Python<'py>, slot: &mut Slot<'_, 'py>, object: *mut ffi::PyObject) -> PyResult<()> {
    match slot {
        Slot::Object(value) | Slot::Integer(value) => {
            // SAFETY: null where the argument is missing, else borrowed from the tuple or the dictionary, both alive.
            **value = unsafe { Bound::from_borrowed_ptr_or_opt(py, object) };
        }
        Slot::Text(value) if !object.is_null() => {
            // SAFETY: the parser has put the text of a `str` there, with its NUL, which lives as long as the `str`.
            let text = unsafe { CStr::from_ptr(object.cast_const().cast()) };
            // Always UTF-8.
            **value = String::from_utf8(copied(text.to_bytes())?).unwrap_or_default();
        }
        _ => {}
    }
    Ok(())
}

fn misfit() -> PyErr {
    PySystemError::new_err("an argument format and its slots do not fit each other")
}

/// Whether each unit of the format has a slot of its type.
fn fits(format: &CStr, slots: &[Slot<'_, '_>]) -> bool {
    let units = format.to_bytes().iter().take_while(|unit| !matches!(unit, b':' | b';'));
    let units = units.filter(|unit| !matches!(unit, b'|' | b'$' | b'(' | b')'));
    let pointers: usize = slots.iter().map(|slot| 1 + usize::from(slot.class().is_some())).sum();
    pointers <= UNITS && units.eq(slots.iter().flat_map(|slot| slot.unit().as_bytes()))
}

/// Whether the parser has filled the rooms; else it has set an exception.
fn run_parser<'py>(
    tuple: &Bound<'py, PyTuple>,
    named: Option<Named<'_, 'py>>,
    format: &CStr,
    r: Rooms,
) -> bool {
    let (tuple, format) = (tuple.as_ptr(), format.as_ptr());
    let Some((dict, list)) = named else {
        // SAFETY: each unit of the format has a room of its type, as `fits` has said; those left over are not read.
        return unsafe {
            ffi::PyArg_ParseTuple(tuple, format, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]) != 0
        };
    };
    let dict = dict.as_ref().map_or(null_mut(), Bound::as_ptr);
    let mut pointers = [null_mut::<c_char>(); UNITS + 1];
    for (pointer, name) in pointers.iter_mut().zip(list.iter().take(UNITS)) {
        *pointer = name.as_ptr().cast_mut();
    }
    let list = pointers.as_mut_ptr().cast();
    // SAFETY: as above; the names end with a null.
    unsafe {
        ffi::PyArg_ParseTupleAndKeywords(
            tuple, dict, format, list, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7],
        ) != 0
    }
}

/// The only argument as a host's name (`et`, encoding `idna`): the text of a `str` encoded, or bytes as they are.
#[cold]
pub(crate) fn idna(args: Args<'_, '_>, format: &CStr) -> PyResult<CString> {
    if !format.to_bytes().starts_with(b"et:") {
        return Err(PySystemError::new_err("an argument format that takes no name"));
    }
    let tuple = args.tuple()?;
    let mut name = null_mut::<c_char>();
    // SAFETY: the one unit of the format takes the encoding and a room for the pointer.
    if unsafe { ffi::PyArg_ParseTuple(tuple.as_ptr(), format.as_ptr(), c"idna".as_ptr(), &raw mut name) } == 0
    {
        return Err(PyErr::fetch(args.py()));
    }
    // SAFETY: the parser has put a text of its own there, which ends with a NUL.
    let copy = until_nul(unsafe { CStr::from_ptr(name) }.to_bytes());
    // SAFETY: the text is this function's to free, once, and nothing of it is left in use.
    unsafe { ffi::PyMem_Free(name.cast()) };
    copy
}
