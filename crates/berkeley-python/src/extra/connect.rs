//! What `berkeley.create_connection` is made of: a lookup that may be left, and the race between the addresses.
//!
//! The package's `_connect.py` makes the sockets and waits, so that signal handlers run and audit hooks hear of it all.

use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use berkeley::resolve::{self, Hints, RawHints, Resolved};
use berkeley::{Family, Flags, Protocol, Socket, Type, interleave, race};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::address;
use crate::error::{lookup_failed, raised};
use crate::fd;
use crate::function::Question;

/// The addresses of a host, which may have to be waited for.
#[pyclass(frozen, module = "berkeley._extra")]
pub(super) struct Lookup {
    state: Mutex<State>,
    /// Becomes readable when the resolver has answered; `None` where the answer was there at once.
    bell: Option<Socket>,
}

enum State {
    Answered(Py<PyAny>),
    Asked(resolve::Lookup, Waker),
    Fetched,
}

#[pymethods]
impl Lookup {
    /// Asks for the addresses of a host for streams: host and port as `socket.getaddrinfo` takes them.
    ///
    /// Only a name is looked up in a thread of its own.
    #[new]
    #[pyo3(signature = (host, port, /))]
    fn new(host: &Bound<'_, PyAny>, port: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = host.py();
        let hints = RawHints { kind: Type::STREAM.as_raw(), ..RawHints::default() };
        let question = Question::new(py, host, port, hints)?;
        let Some((name, service)) = question.names() else {
            let state = State::Answered(question.answers(py)?.unbind());
            return Ok(Self { state: Mutex::new(state), bell: None });
        };
        let pair = Socket::pair(Family::UNIX, Type::STREAM.nonblocking(), Protocol::DEFAULT);
        let (bell, rope) = pair.map_err(|error| raised(py, &error))?;
        let asked = resolve::Lookup::start(name, service, &Hints::new().kind(Type::STREAM));
        let asked = asked.map_err(|error| lookup_failed(py, &error))?;
        let waker = Waker::from(Arc::new(Rope(rope)));
        Ok(Self { state: Mutex::new(State::Asked(asked, waker)), bell: Some(bell) })
    }

    /// The descriptor that becomes readable when the answers are there.
    fn fileno(&self) -> i32 {
        self.bell.as_ref().map_or(-1, |bell| bell.as_fd().as_raw_fd())
    }

    /// The answers, as `socket.getaddrinfo` gives them and in the order in which they are to be tried; `None` while
    /// they are not there.
    fn answers(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match std::mem::replace(&mut *state, State::Fetched) {
            State::Answered(answers) => return Ok(Some(answers)),
            State::Fetched => return Ok(None),
            State::Asked(mut lookup, waker) => {
                match Pin::new(&mut lookup).poll(&mut Context::from_waker(&waker)) {
                    Poll::Ready(found) => found,
                    Poll::Pending => {
                        *state = State::Asked(lookup, waker);
                        return Ok(None);
                    }
                }
            }
        };
        drop(state);
        shown(py, &found.map_err(|error| lookup_failed(py, &error))?).map(Some)
    }
}

/// Wakes who polls the other end.
struct Rope(Socket);

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        // Nobody listens any more where it fails.
        drop(self.0.try_send(b"\0", Flags::default()));
    }
}

fn shown(py: Python<'_>, found: &[Resolved]) -> PyResult<Py<PyAny>> {
    let answers = PyList::empty(py);
    for address in interleave(found) {
        let numbers = (address.family().as_raw(), Type::STREAM.as_raw(), Protocol::TCP.as_raw());
        answers.append((numbers.0, numbers.1, numbers.2, "", address::shown(py, 0, &address)?))?;
    }
    Ok(answers.into_any().unbind())
}

/// Which address is tried when (RFC 8305); moments are seconds since the beginning.
#[pyclass(frozen, module = "berkeley._extra")]
pub(super) struct Race(Mutex<race::Race>);

#[pymethods]
impl Race {
    #[new]
    #[pyo3(signature = (count, limit, /))]
    fn new(count: usize, limit: Option<f64>) -> Self {
        Self(Mutex::new(race::Race::new(count, limit.map(duration))))
    }

    /// What to do at that moment: `("start", index)`, `("wait", moment or None)`, or `("end", timed out)`.
    #[pyo3(signature = (now, /))]
    fn next<'py>(&self, py: Python<'py>, now: f64) -> PyResult<Bound<'py, PyAny>> {
        let step = self.0.lock().unwrap_or_else(PoisonError::into_inner).next(duration(now));
        let step = match step {
            race::Step::Start(index) => ("start", index).into_pyobject(py)?,
            race::Step::Wait(until) => ("wait", until.map(|until| until.as_secs_f64())).into_pyobject(py)?,
            race::Step::Exhausted => ("end", false).into_pyobject(py)?,
            race::Step::TimedOut => ("end", true).into_pyobject(py)?,
        };
        Ok(step.into_any())
    }

    /// The index of the failure that says most, of attempts by their errnos; None for a time that was over.
    #[staticmethod]
    #[pyo3(signature = (errnos, /))]
    fn most_useful(errnos: Vec<Option<i32>>) -> Option<usize> {
        race::most_useful(errnos)
    }

    /// An attempt has failed.
    fn failed(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failed();
    }
}

/// How a connection under way has ended, once its socket is writable: 0, or the errno; `EINPROGRESS` where it has not.
#[pyfunction]
#[pyo3(signature = (descriptor, /))]
pub(super) fn finish_connect(py: Python<'_>, descriptor: i32) -> PyResult<i32> {
    let Err(error) = fd::borrowed(py, descriptor)?.finish_connect() else {
        return Ok(0);
    };
    error.raw_os_error().ok_or_else(|| raised(py, &error))
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}
