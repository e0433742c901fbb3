//! What `berkeley.create_connection` is made of: a lookup that may be left, and the race between the addresses.
//!
//! The package's `_connect.py` makes the sockets and waits, so that signal handlers run and audit hooks hear of it all.

use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use berkeley::bindings::{self, RawHints};
use berkeley::resolve::{self, Resolved};
use berkeley::{Family, Flags, Protocol, Socket, Type, interleave, race};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyTuple};

use crate::address;
use crate::error::{allocated, lookup_failed, raised};
use crate::fd;
use crate::ffi::capi::guarded;
use crate::ffi::new;
use crate::function::Question;

/// The addresses of a host, which may have to be waited for.
#[pyclass(frozen, module = "berkeley._extra")]
pub(super) struct Lookup {
    state: Mutex<State>,
    /// Becomes readable when the resolver has answered; `None` where the answer was there at once.
    ready: Option<Socket>,
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
    /// What may have to be waited for is looked up in a thread of its own, whatever its bytes; digits need none.
    #[new]
    #[pyo3(signature = (host, port, /))]
    fn new(host: &Bound<'_, PyAny>, port: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(|| Self::start(host, port))
    }

    /// The descriptor that becomes readable when the answers are there.
    fn fileno<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| new::int(py, self.ready.as_ref().map_or(-1, |ready| ready.as_fd().as_raw_fd())))
    }

    /// The answers, as `socket.getaddrinfo` gives them and in the order in which they are to be tried; `None` while
    /// they are not there.
    fn answers(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        guarded(|| self.fetch(py))
    }
}

impl Lookup {
    fn start(host: &Bound<'_, PyAny>, port: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = host.py();
        let hints = RawHints { kind: Type::STREAM.as_raw(), ..RawHints::default() };
        let question = Question::new(py, host, port, hints)?;
        if question.is_literal() {
            let state = State::Answered(question.answers(py)?.unbind());
            return Ok(Self { state: Mutex::new(state), ready: None });
        }
        let (name, service) = question.into_names()?;
        let pair = Socket::pair(Family::UNIX, Type::STREAM.nonblocking(), Protocol::DEFAULT);
        let (ready, notifier) = pair.map_err(|error| raised(py, &error))?;
        let asked = bindings::start_lookup(name.as_deref(), service.as_deref(), hints);
        let asked = asked.map_err(|error| lookup_failed(py, &error))?;
        let waker = Waker::from(Arc::new(Notifier(notifier)));
        Ok(Self { state: Mutex::new(State::Asked(asked, waker)), ready: Some(ready) })
    }

    fn fetch(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        if let Some(ready) = &self.ready {
            // What woke the caller is used up before the lookup is asked: a wake without an answer wakes once.
            drop(ready.try_recv(&mut [0; 64], Flags::NONE));
        }
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

/// Makes the descriptor readable when the lookup has ended.
struct Notifier(Socket);

impl Wake for Notifier {
    fn wake(self: Arc<Self>) {
        // Fails where the lookup was dropped, or bytes are there already.
        drop(self.0.try_send(b"\0", Flags::default()));
    }
}

fn shown(py: Python<'_>, found: &[Resolved]) -> PyResult<Py<PyAny>> {
    let order = interleave(found).map_err(|error| allocated(py, &error))?;
    let answers: Bound<'_, PyList> = new::list_of(
        py,
        order.into_iter().map(|address| {
            let numbers = [address.family().as_raw(), Type::STREAM.as_raw(), Protocol::TCP.as_raw()];
            let [family, kind, protocol] = new::ints(py, numbers)?;
            let parts = [family, kind, protocol, new::text(py, "")?, address::shown(py, 0, &address)?];
            Ok(new::tuple(py, parts)?.into_any())
        }),
    )?;
    Ok(answers.into_any().unbind())
}

/// Which address is tried when (RFC 8305); moments are seconds since the beginning.
#[pyclass(frozen, module = "berkeley._extra")]
pub(super) struct Race(Mutex<race::Race>);

#[pymethods]
impl Race {
    #[new]
    #[pyo3(signature = (count, limit, /))]
    fn new(count: &Bound<'_, PyAny>, limit: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(|| {
            let limit: Option<f64> = limit.extract()?;
            Ok(Self(Mutex::new(race::Race::new(count.extract()?, limit.map(duration)))))
        })
    }

    /// What to do at that moment: `("start", index)`, `("wait", moment or None)`, or `("end", timed out)`.
    #[pyo3(signature = (now, /))]
    fn next<'py>(&self, now: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
        let py = now.py();
        guarded(|| {
            let now = duration(now.extract()?);
            let step = self.0.lock().unwrap_or_else(PoisonError::into_inner).next(now);
            let end = |timed_out| PyBool::new(py, timed_out).to_owned().into_any();
            let (word, value) = match step {
                race::Step::Start(index) => ("start", new::int(py, index)?),
                race::Step::Wait(Some(until)) => ("wait", new::float(py, until.as_secs_f64())?),
                race::Step::Wait(None) => ("wait", py.None().into_bound(py)),
                race::Step::Exhausted => ("end", end(false)),
                race::Step::TimedOut => ("end", end(true)),
            };
            new::tuple(py, [new::text(py, word)?, value])
        })
    }

    /// The index of the failure that says most, of attempts by their errnos; None for a time that was over.
    #[staticmethod]
    #[pyo3(signature = (errnos, /))]
    fn most_useful<'py>(errnos: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = errnos.py();
        guarded(|| match race::most_useful(errnos.extract::<Vec<Option<i32>>>()?) {
            Some(index) => new::int(py, index),
            None => Ok(py.None().into_bound(py)),
        })
    }

    /// An attempt has failed.
    fn failed(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failed();
    }
}

/// How a connection under way stands, once its socket is writable: 0, or the errno; `EINPROGRESS` while it goes on.
#[pyfunction]
#[pyo3(signature = (descriptor, /))]
pub(super) fn finish_connect<'py>(descriptor: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = descriptor.py();
    guarded(|| match fd::borrowed(py, descriptor.extract()?)?.finish_connect() {
        Ok(()) => new::int(py, 0),
        Err(error) => new::int(py, error.raw_os_error().ok_or_else(|| raised(py, &error))?),
    })
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}
