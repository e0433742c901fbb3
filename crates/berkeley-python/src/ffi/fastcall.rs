//! Where `CPython`'s calling convention (`METH_FASTCALL` and its kin) meets safe functions.
#![allow(unsafe_code, reason = "CPython hands over its arguments as pointers")]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_ulong, c_void};
use std::ptr::{self, null_mut};
use std::slice;

use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::ffi::buffer::{ReadBuffer, WriteBuffer};
use crate::ffi::capi::{SocketObject, answer};
use crate::memory::{copied, until_nul};

/// The arguments of one call, borrowed from the caller.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a, 'py> {
    /// The positional ones.
    items: &'a [*mut ffi::PyObject],
    /// The values of those given by name.
    values: &'a [*mut ffi::PyObject],
    /// The names of these, a tuple of `str`; null where there are none.
    names: *mut ffi::PyObject,
    py: Python<'py>,
}

impl<'a, 'py> Args<'a, 'py> {
    /// How many positional ones there are.
    pub(crate) fn len(self) -> usize {
        self.items.len()
    }

    /// Whether any was given by name.
    pub(crate) fn has_names(self) -> bool {
        !self.values.is_empty()
    }

    /// The positional argument at `index`, from 0.
    #[inline]
    pub(crate) fn get(self, index: usize) -> Option<Borrowed<'a, 'py, PyAny>> {
        let item = *self.items.get(index)?;
        // SAFETY: the caller of the method keeps its arguments alive for the call, and none of them is null.
        Some(unsafe { Borrowed::from_ptr(self.py, item) })
    }

    /// Refuses arguments by name where there are none, in the words of C's `METH_VARARGS`; `CPython` itself would put
    /// the class before the name.
    #[inline]
    fn fit(self, convention: Convention, name: &CStr) -> PyResult<()> {
        if self.has_names() && convention == Convention::Positional {
            let text = format!("{}() takes no keyword arguments", name.to_string_lossy());
            return Err(PyTypeError::new_err(text));
        }
        Ok(())
    }

    /// The argument of [`Convention::One`].
    pub(crate) fn only(self) -> PyResult<Borrowed<'a, 'py, PyAny>> {
        self.get(0).ok_or_else(|| PySystemError::new_err("called without its argument"))
    }

    /// The bytes of the positional argument at `index`, where it is exactly a `bytes`.
    #[inline]
    pub(crate) fn bytes(self, index: usize) -> Option<&'a [u8]> {
        let bytes = self.get(index)?.cast_exact::<PyBytes>().ok()?;
        let bytes = bytes.as_bytes();
        // SAFETY: bytes do not change, and the caller keeps the object alive for `'a`.
        Some(unsafe { slice::from_raw_parts(bytes.as_ptr(), bytes.len()) })
    }

    /// The text of the positional argument at `index` in UTF-8, where it is exactly a `str` and holds no NUL.
    #[inline]
    pub(crate) fn text(self, index: usize) -> Option<&'a CStr> {
        let text = self.get(index)?.cast_exact::<PyString>().ok()?;
        let mut length = 0;
        // SAFETY: an exact `str`, alive; only `length` is written.
        let start = unsafe { ffi::PyUnicode_AsUTF8AndSize(text.as_ptr(), &raw mut length) };
        if start.is_null() {
            // SAFETY: the thread is attached; the text holds surrogates, of which an exception is set.
            unsafe { ffi::PyErr_Clear() };
            return None;
        }
        let length = usize::try_from(length).ok()?;
        // SAFETY: `CPython` keeps the bytes, and a NUL behind them, beside the `str`, which lives for `'a`.
        let bytes = unsafe { slice::from_raw_parts(start.cast::<u8>(), length + 1) };
        CStr::from_bytes_with_nul(bytes).ok()
    }

    /// The positional argument at `index`, where it is exactly an `int` and fits a C `int`.
    #[inline]
    pub(crate) fn int(self, index: usize) -> Option<i32> {
        self.long(index).and_then(|value| i32::try_from(value).ok())
    }

    /// As [`int`](Self::int), 0 where the argument was not given.
    #[inline]
    pub(crate) fn int_or_zero(self, index: usize) -> Option<i32> {
        if index >= self.len() { Some(0) } else { self.int(index) }
    }

    /// The positional argument at `index`, where it is exactly an `int` and fits a `Py_ssize_t`.
    #[inline]
    pub(crate) fn size(self, index: usize) -> Option<isize> {
        self.long(index).and_then(|value| isize::try_from(value).ok())
    }

    /// As [`size`](Self::size), 0 where the argument was not given.
    #[inline]
    pub(crate) fn size_or_zero(self, index: usize) -> Option<isize> {
        if index >= self.len() { Some(0) } else { self.size(index) }
    }

    /// The positional argument at `index`, where it is exactly an `int` and fits 64 bits.
    #[inline]
    pub(crate) fn long(self, index: usize) -> Option<i64> {
        exact_long(&*self.get(index)?)
    }

    /// The positional argument at `index`, where it is exactly an `int` and fits 32 bits without a sign.
    #[inline]
    pub(crate) fn word(self, index: usize) -> Option<u32> {
        let item = *self.items.get(index)?;
        // SAFETY: the argument is alive for the call.
        if unsafe { ffi::PyLong_CheckExact(item) } == 0 {
            return None;
        }
        // SAFETY: an exact `int` runs no Python code.
        let value = unsafe { ffi::PyLong_AsUnsignedLong(item) };
        if value == c_ulong::MAX {
            // SAFETY: the thread is attached; where it does not fit, an exception is set.
            unsafe { ffi::PyErr_Clear() };
        }
        u32::try_from(value).ok()
    }

    /// All the positional ones as a tuple.
    pub(crate) fn tuple(self) -> PyResult<Bound<'py, PyTuple>> {
        let items: Vec<_> = (0..self.len()).filter_map(|index| self.get(index)).collect();
        PyTuple::new(self.py, items)
    }

    /// Those given by name; `None` where there are none.
    pub(crate) fn dict(self) -> PyResult<Option<Bound<'py, PyDict>>> {
        if self.names.is_null() || self.values.is_empty() {
            return Ok(None);
        }
        // SAFETY: the caller's tuple of names lives as long as the call.
        let names = unsafe { Borrowed::from_ptr(self.py, self.names) };
        let names = names.cast::<PyTuple>()?;
        let dict = PyDict::new(self.py);
        for (name, value) in names.iter().zip(self.values) {
            // SAFETY: as of the positional ones.
            dict.set_item(name, unsafe { Borrowed::from_ptr(self.py, *value) })?;
        }
        Ok(Some(dict))
    }
}

/// The value of what is exactly an `int` and fits 64 bits.
#[inline]
pub(crate) fn exact_long(item: &Bound<'_, PyAny>) -> Option<i64> {
    let item = item.as_ptr();
    // SAFETY: the object is alive.
    if unsafe { ffi::PyLong_CheckExact(item) } == 0 {
        return None;
    }
    let mut overflow = 0;
    // SAFETY: an exact `int` runs no Python code, and only `overflow` is written.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(item, &raw mut overflow) };
    (overflow == 0).then_some(value)
}

/// The items of an iterable, taken once: what holds them may change while each is asked for its own.
///
/// Raises `TypeError` of `refusal` where it is none.
pub(crate) fn sequence<'py>(
    object: &Bound<'py, PyAny>,
    refusal: &'static str,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = object.py();
    if let Ok(list) = object.cast_exact::<PyList>() {
        return Ok(list.to_tuple());
    }
    let items = object.try_iter().map_err(|error| {
        if error.is_instance_of::<PyTypeError>(py) { PyTypeError::new_err(refusal) } else { error }
    })?;
    // The iterator of a released memoryview comes with an exception (CPython 3.11).
    if let Some(error) = PyErr::take(py) {
        return Err(error);
    }
    // By Python's own `tuple`: there may be no end of them.
    Ok(py.get_type::<PyTuple>().call1((items,))?.cast_into()?)
}

/// How `CPython` calls a method or function, which also says what it makes of a wrong number of arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Convention {
    /// No argument: `socket.fileno() takes no arguments (1 given)`.
    Nothing,
    /// Just one: `socket.listen() takes exactly one argument (0 given)`.
    One,
    /// Positional ones, as many as the body takes.
    Positional,
    /// Positional ones and some by name.
    Keywords,
}

/// A method of the socket type.
pub(crate) trait Method {
    const NAME: &'static CStr;
    /// What it is called where it refuses arguments by name.
    const CALLED: &'static CStr = Self::NAME;
    const DOC: &'static CStr;
    const CONVENTION: Convention = Convention::Positional;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>>;
}

/// A function of the module.
pub(crate) trait Function {
    const NAME: &'static CStr;
    const DOC: &'static CStr;
    const CONVENTION: Convention = Convention::Positional;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>>;
}

/// The entry of a method in the type's table.
pub(crate) const fn method<M: Method>() -> ffi::PyMethodDef {
    let (pointer, flags) = match M::CONVENTION {
        Convention::Nothing => {
            (ffi::PyMethodDefPointer { PyCFunction: call_method_alone::<M> }, ffi::METH_NOARGS)
        }
        Convention::One => (ffi::PyMethodDefPointer { PyCFunction: call_method_alone::<M> }, ffi::METH_O),
        Convention::Positional | Convention::Keywords => (
            ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: call_method_named::<M> },
            ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ),
    };
    ffi::PyMethodDef { ml_name: M::NAME.as_ptr(), ml_meth: pointer, ml_flags: flags, ml_doc: M::DOC.as_ptr() }
}

/// The entry of a function in a module's table.
const fn function<F: Function>() -> ffi::PyMethodDef {
    let (pointer, flags) = match F::CONVENTION {
        Convention::Nothing => {
            (ffi::PyMethodDefPointer { PyCFunction: call_function_alone::<F> }, ffi::METH_NOARGS)
        }
        Convention::One => (ffi::PyMethodDefPointer { PyCFunction: call_function_alone::<F> }, ffi::METH_O),
        Convention::Positional | Convention::Keywords => (
            ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: call_function_named::<F> },
            ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ),
    };
    ffi::PyMethodDef { ml_name: F::NAME.as_ptr(), ml_meth: pointer, ml_flags: flags, ml_doc: F::DOC.as_ptr() }
}

/// Adds a function to `module`.
pub(crate) fn add_function<F: Function>(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // The function keeps a pointer to its definition for ever.
    let definition = Box::leak(Box::new(function::<F>()));
    let name = module.name()?;
    // SAFETY: the definition is leaked, the module and its name are alive.
    let function = unsafe { ffi::PyCFunction_NewEx(definition, module.as_ptr(), name.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    let function = unsafe { Bound::from_owned_ptr_or_err(module.py(), function)? };
    module.add(function.getattr("__name__")?.cast_into()?, function)
}

unsafe extern "C" fn call_method_alone<M: Method>(
    socket: *mut ffi::PyObject,
    mut item: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let count = ffi::Py_ssize_t::from(!item.is_null());
    // SAFETY: `socket` is the call's, and its argument, where it has one, stands in `item`.
    unsafe { call_method_named::<M>(socket, &raw mut item, count, null_mut()) }
}

#[inline]
unsafe extern "C" fn call_method_named<M: Method>(
    socket: *mut ffi::PyObject,
    items: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls a method with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the method stands in the type's own table, so that `socket` is one of its instances, alive for the call.
    let socket = unsafe { &*socket.cast::<SocketObject>() };
    // SAFETY: `items`, `count` and `names` are those of the call.
    let args = unsafe { arguments(py, items, count, names) };
    answer(py, || {
        args.fit(M::CONVENTION, M::CALLED)?;
        M::call(py, socket, args)
    })
}

unsafe extern "C" fn call_function_alone<F: Function>(
    module: *mut ffi::PyObject,
    mut item: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let count = ffi::Py_ssize_t::from(!item.is_null());
    // SAFETY: the call's argument, where it has one, stands in `item`.
    unsafe { call_function_named::<F>(module, &raw mut item, count, null_mut()) }
}

#[inline]
unsafe extern "C" fn call_function_named<F: Function>(
    _module: *mut ffi::PyObject,
    items: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls a function with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: `items`, `count` and `names` are those of the call.
    let args = unsafe { arguments(py, items, count, names) };
    answer(py, || {
        args.fit(F::CONVENTION, F::NAME)?;
        F::call(py, args)
    })
}

/// # Safety
///
/// `items`, `count` and `names` are what `CPython` has called a `METH_FASTCALL | METH_KEYWORDS` function with.
#[inline]
unsafe fn arguments<'a>(
    py: Python<'_>,
    items: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> Args<'a, '_> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: where it is not null, it is a tuple.
    let more = if names.is_null() { 0 } else { unsafe { ffi::PyTuple_Size(names) } };
    let all = count + usize::try_from(more).unwrap_or(0);
    if all == 0 {
        // The pointer may be null.
        return Args { items: &[], values: &[], names, py };
    }
    // SAFETY: the caller's vector holds the positional arguments, and behind them those with names.
    let (items, values) = unsafe { slice::from_raw_parts(items, all) }.split_at(count);
    Args { items, values, names, py }
}

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
            Self::Integer(_) => "O!",
            Self::Read(_) => "y*",
            Self::Write(_) => "w*",
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
#[cfg(Py_3_15)]
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
#[allow(clippy::match_same_arms)] // two of C's types are one of Rust's on some machines, and two on others
fn fill<'py>(
    py: Python<'py>,
    format: &CStr,
    slots: &mut [Slot<'_, 'py>],
    run: impl FnOnce(Rooms) -> bool,
) -> PyResult<()> {
    let mut objects = [null_mut::<ffi::PyObject>(); UNITS];
    let (mut rooms, mut used) = ([null_mut::<c_void>(); UNITS], 0);
    if !fits(format, slots) {
        return Err(misfit());
    }
    for (slot, object) in slots.iter_mut().zip(&mut objects) {
        if matches!(slot, Slot::Integer(_)) {
            rooms[used] = (&raw mut ffi::PyLong_Type).cast();
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
            Slot::Text(_) | Slot::Object(_) | Slot::Integer(_) => (&raw mut *object).cast(),
            Slot::Read(buffer) => buffer.room(),
            Slot::Write(buffer) => buffer.room(),
        };
        used += 1;
    }
    if !run(rooms) {
        return Err(PyErr::fetch(py));
    }
    for (slot, object) in slots.iter_mut().zip(objects) {
        match slot {
            Slot::Object(value) | Slot::Integer(value) => {
                // SAFETY: null where the argument is missing, else borrowed from the tuple or the dictionary, both
                // alive.
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
    }
    Ok(())
}

/// Lets go of an error where the call goes on.
///
/// Merely dropped it would live until some thread's next wait or error: see `answer`.
fn forget(py: Python<'_>, error: PyErr) {
    error.restore(py);
    // SAFETY: the thread is attached.
    unsafe { ffi::PyErr_Clear() };
}

/// The text of a `str`; `None` where it has none in UTF-8, for it holds surrogates.
#[inline]
pub(crate) fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Option<&'a str> {
    text.to_str().map_err(|error| forget(text.py(), error)).ok()
}

/// Whether it went well; an error is let go.
#[cfg(not(Py_3_15))]
pub(crate) fn went_well(py: Python<'_>, result: PyResult<()>) -> bool {
    result.map_err(|error| forget(py, error)).is_ok()
}

fn misfit() -> PyErr {
    PySystemError::new_err("an argument format and its slots do not fit each other")
}

/// Whether each unit of the format has a slot of its type.
fn fits(format: &CStr, slots: &[Slot<'_, '_>]) -> bool {
    let units = format.to_bytes().iter().take_while(|unit| !matches!(unit, b':' | b';'));
    let units = units.filter(|unit| !matches!(unit, b'|' | b'$' | b'(' | b')'));
    let pointers: usize = slots.iter().map(|slot| 1 + usize::from(matches!(slot, Slot::Integer(_)))).sum();
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

unsafe extern "C" {
    // Exported by CPython, but not in pyo3-ffi.
    fn PySys_Audit(event: *const c_char, format: *const c_char, ...) -> c_int;
    // Private but exported, since C's `_socket` is a library of its own on some builds: its texts differ by version.
    fn _PyTime_FromSecondsObject(time: *mut i64, object: *mut ffi::PyObject, round: c_int) -> c_int;
    // Private before 3.13.
    #[cfg_attr(not(Py_3_13), link_name = "_PyLong_AsInt")]
    fn PyLong_AsInt(object: *mut ffi::PyObject) -> c_int;
}

/// Raises the audit event of a new socket.
pub(crate) fn audit_new(object: &Bound<'_, PyAny>, [family, kind, protocol]: [c_int; 3]) -> PyResult<()> {
    let (event, format) = (c"socket.__new__".as_ptr(), c"Oiii".as_ptr());
    // SAFETY: the format takes an object, which is alive, and three ints.
    if unsafe { PySys_Audit(event, format, object.as_ptr(), family, kind, protocol) } < 0 {
        return Err(PyErr::fetch(object.py()));
    }
    Ok(())
}

/// Raises an audit event with at most five arguments (`sys.audit`).
pub(crate) fn audit(py: Python<'_>, event: &CStr, arguments: &[&Bound<'_, PyAny>]) -> PyResult<()> {
    const FORMATS: [&CStr; 6] = [c"()", c"(O)", c"(OO)", c"(OOO)", c"(OOOO)", c"(OOOOO)"];
    let Some(format) = FORMATS.get(arguments.len()) else {
        return Err(PySystemError::new_err("an audit event of too many arguments"));
    };
    let at = |index: usize| arguments.get(index).map_or(null_mut(), |argument| argument.as_ptr());
    let a = [0, 1, 2, 3, 4].map(at);
    // SAFETY: the format takes as many objects as there are arguments, which are alive; the rest is not read.
    if unsafe { PySys_Audit(event.as_ptr(), format.as_ptr(), a[0], a[1], a[2], a[3], a[4]) } < 0 {
        return Err(PyErr::fetch(py));
    }
    Ok(())
}

/// The nanoseconds of a number of seconds, rounded up; with `CPython`'s own errors.
pub(crate) fn nanoseconds(seconds: &Bound<'_, PyAny>) -> PyResult<i64> {
    /// `_PyTime_ROUND_UP`: away from zero, as timeouts are rounded.
    const UP: c_int = 3;
    let mut time = 0;
    // SAFETY: the object is alive, and only `time` is written.
    if unsafe { _PyTime_FromSecondsObject(&raw mut time, seconds.as_ptr(), UP) } < 0 {
        return Err(PyErr::fetch(seconds.py()));
    }
    Ok(time)
}

/// The value of an integer, or of what has `__index__`, as a C `long`; with `CPython`'s own errors.
pub(crate) fn long(object: &Bound<'_, PyAny>) -> PyResult<c_long> {
    // SAFETY: the object is alive.
    let value = unsafe { ffi::PyLong_AsLong(object.as_ptr()) };
    match (value == -1).then(|| PyErr::take(object.py())).flatten() {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// The only argument, an integer without a sign, or what has `__index__`, as one of the type that C calls `kind`; with
/// the errors of `CPython`'s converters of 3.14.
#[cfg(Py_3_14)]
#[cold]
pub(crate) fn natural<T: TryFrom<i64>>(args: Args<'_, '_>, kind: &str) -> PyResult<T> {
    use pyo3::exceptions::{PyOverflowError, PyValueError};
    let object = args.only()?;
    let mut overflow = 0;
    // SAFETY: the object is alive, and only `overflow` is written.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
    if let (-1, 0, Some(error)) = (value, overflow, PyErr::take(args.py)) {
        return Err(error);
    }
    if overflow < 0 || value < 0 && overflow == 0 {
        return Err(PyValueError::new_err("Cannot convert negative int"));
    }
    let value = if overflow == 0 { T::try_from(value).ok() } else { None };
    value.ok_or_else(|| PyOverflowError::new_err(format!("Python int too large for C {kind}")))
}

/// As [`long`], without a sign.
#[cfg(not(Py_3_14))]
pub(crate) fn unsigned(object: &Bound<'_, PyAny>) -> PyResult<c_ulong> {
    // SAFETY: the object is alive.
    let value = unsafe { ffi::PyLong_AsUnsignedLong(object.as_ptr()) };
    match (value == c_ulong::MAX).then(|| PyErr::take(object.py())).flatten() {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// Whether the object is an integer, or has `__index__`.
pub(crate) fn is_index(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive.
    unsafe { ffi::PyIndex_Check(object.as_ptr()) != 0 }
}

/// The name of an object's type as C's texts have it: with its module where the type is one of C's own making.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    let class = object.get_type_ptr();
    // SAFETY: the type is alive as long as its object.
    let name = unsafe { (*class).tp_name };
    // SAFETY: a type's name ends with a NUL and lives as long as the type.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
}

/// As [`long`], as a C `int`, of which alone the errors speak.
pub(crate) fn int(object: &Bound<'_, PyAny>) -> PyResult<c_int> {
    // SAFETY: the object is alive.
    let value = unsafe { PyLong_AsInt(object.as_ptr()) };
    match (value == -1).then(|| PyErr::take(object.py())).flatten() {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// The bytes of a text as the file system's encoding has them (`os.fsencode`).
pub(crate) fn file_system_bytes<'py>(text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyBytes>> {
    // SAFETY: the object is alive.
    let bytes = unsafe { ffi::PyUnicode_EncodeFSDefault(text.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    let bytes = unsafe { Bound::from_owned_ptr_or_err(text.py(), bytes)? };
    Ok(bytes.cast_into()?)
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
        return Err(PyErr::fetch(args.py));
    }
    // SAFETY: the parser has put a text of its own there, which ends with a NUL.
    let copy = until_nul(unsafe { CStr::from_ptr(name) }.to_bytes());
    // SAFETY: the text is this function's to free, once, and nothing of it is left in use.
    unsafe { ffi::PyMem_Free(name.cast()) };
    copy
}

/// The bytes of a file's name, as `os.fsencode` gives them, without a NUL.
pub(crate) fn file_name<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut bytes = null_mut::<ffi::PyObject>();
    // SAFETY: the object is alive, and the converter puts a new reference into its room, or sets an exception.
    if unsafe { ffi::PyUnicode_FSConverter(object.as_ptr(), (&raw mut bytes).cast()) } == 0 {
        return Err(PyErr::fetch(object.py()));
    }
    // SAFETY: a new reference, as above.
    let bytes = unsafe { Bound::from_owned_ptr_or_err(object.py(), bytes)? };
    Ok(bytes.cast_into()?)
}
