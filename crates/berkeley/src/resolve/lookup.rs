//! [`Lookup`] and [`resolve_within`]: a question to the resolver that may be let go.

use std::ffi::CStr;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::answer::{Answers, NoAnswer, Resolved, copy};
use super::forward::{Question, resolve};
use super::hints::Hints;
use super::literal;
use super::pool::Pool;
use super::raw::{self, RawHints};
use super::service::{Service, place};
use super::slot::{Shared, Ticket};
use crate::error::{Error, Operation, Result};
use crate::socket::Deadline;
use crate::sys::Errno;
use crate::sys::process::PerProcess;

/// The helper threads of all lookups of this process.
static HELPERS: PerProcess<Pool<Arc<Question>, Answers>> = PerProcess::new();

fn helpers() -> &'static Pool<Arc<Question>, Answers> {
    HELPERS.get(Pool::of_lookups)
}

/// As [`resolve`](crate::resolve()), but no longer than until `deadline`.
///
/// Fails as `resolve` does, and with [`Cause::TimedOut`](crate::Cause::TimedOut). Waiting for a helper thread counts,
/// as [`Lookup`] says; where the deadline has passed already, only an address in digits is answered. Without an end it
/// asks on the caller's own thread.
///
/// # Examples
///
/// ```
/// use berkeley::Deadline;
/// use berkeley::resolve::{Hints, resolve_within};
/// use std::time::Duration;
///
/// let deadline = Deadline::after(Duration::from_secs(5));
/// for answer in resolve_within("localhost", 80, &Hints::new(), deadline)? {
///     println!("{}", answer.address);
/// }
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getaddrinfo")]
pub fn resolve_within<'s>(
    host: &str,
    service: impl Into<Service<'s>>,
    hints: &Hints,
    deadline: Deadline,
) -> Result<Vec<Resolved>> {
    if deadline == Deadline::NEVER {
        return resolve(host, service, hints);
    }
    Lookup::start_within(host, service.into(), hints, deadline)?.wait(deadline)
}

/// A lookup that has begun, and may be waited for, awaited or dropped.
///
/// getaddrinfo(3) cannot be cut short, so a helper thread asks it: 32 of them at most, made when they are needed and
/// gone ten seconds after. Where all of them hang, further lookups queue, each under its own deadline. Dropping a
/// `Lookup` lets go of it: one that is still in the queue never begins, and the answer of one that hangs is dropped
/// when it comes. Those who ask the same while it is being asked share one helper and its answer. An address in digits
/// needs no helper, and is answered at once.
///
/// A child after fork(2) has helpers of its own. A `Lookup` that its parent began fails there.
///
/// It is a future of no particular runtime.
///
/// ```
/// use berkeley::Deadline;
/// use berkeley::resolve::{Hints, Lookup};
/// use std::time::Duration;
///
/// let lookups = [
///     Lookup::start("localhost", 80, &Hints::new())?,
///     Lookup::start("127.0.0.1", 80, &Hints::new())?,
/// ];
/// let deadline = Deadline::after(Duration::from_secs(5));
/// for lookup in lookups {
///     println!("{:?}", lookup.wait(deadline)?);
/// }
/// # Ok::<(), berkeley::Error>(())
/// ```
#[must_use = "a lookup that is dropped is let go"]
pub struct Lookup {
    state: State,
    place: String,
}

enum State {
    Asked(Ticket<Answers>),
    Answered(Result<Vec<Resolved>>),
    Fetched,
}

impl Lookup {
    /// Asks for the addresses of `service` at `host`, as [`resolve`](crate::resolve()) takes them, and does not wait.
    ///
    /// # Errors
    ///
    /// Fails where they could not be asked for, and with `EAGAIN` where there is no helper thread and none can be made.
    pub fn start<'s>(host: &str, service: impl Into<Service<'s>>, hints: &Hints) -> Result<Self> {
        Self::start_within(host, service.into(), hints, Deadline::NEVER)
    }

    /// As [`start`](Self::start), where there is still time to ask.
    pub(crate) fn start_within(
        host: &str,
        service: Service<'_>,
        hints: &Hints,
        deadline: Deadline,
    ) -> Result<Self> {
        let place = place(host, service, hints.is_passive());
        match begin(host, service, *hints, deadline) {
            Ok(state) => Ok(Self { state, place }),
            Err(error) => Err(error.on(place)),
        }
    }

    /// As [`start`](Self::start), with the names and numbers that [`resolve_raw`](raw::resolve_raw) takes.
    pub(crate) fn start_raw(host: Option<&CStr>, service: Option<&CStr>, hints: RawHints) -> Result<Self> {
        let place = raw::place(host, service, hints);
        match Question::raw(host, service, hints).and_then(|question| submit(question, Deadline::NEVER)) {
            Ok(state) => Ok(Self { state, place }),
            Err(error) => Err(error.on(place)),
        }
    }

    /// Waits for the answer until `deadline`, and lets go of the lookup then.
    ///
    /// # Errors
    ///
    /// Fails as [`resolve`](crate::resolve()) does, and with [`Cause::TimedOut`](crate::Cause::TimedOut).
    pub fn wait(self, deadline: Deadline) -> Result<Vec<Resolved>> {
        let Self { state, place } = self;
        let answer = match state {
            State::Asked(ticket) => own(ticket.wait(deadline)),
            State::Answered(answer) => answer,
            State::Fetched => Err(fetched()),
        };
        answer.map_err(|error| error.on(place))
    }

    /// The error of a lookup whose time is over.
    #[cfg(feature = "tokio")]
    pub(crate) fn late(self) -> Error {
        Error::timed_out(Operation::Resolve).on(self.place)
    }
}

fn begin(host: &str, service: Service<'_>, hints: Hints, deadline: Deadline) -> Result<State> {
    if let Some(answer) = literal::answer(host, service, hints) {
        return Ok(State::Answered(answer));
    }
    submit(Question::new(host, service, hints)?, deadline)
}

/// Has a helper ask, where somebody has to be asked.
fn submit(question: Question, deadline: Deadline) -> Result<State> {
    if question.asks_nobody() {
        return Ok(State::Answered(question.ask()));
    }
    if deadline.has_passed() {
        return Err(Error::timed_out(Operation::Resolve));
    }
    let question = Arc::new(question);
    let asked = helpers().submit(Arc::clone(&question), move || question.answers());
    asked.map(State::Asked).map_err(|error| {
        let errno = error.raw_os_error().map_or(Errno::AGAIN, Errno::from_raw);
        Error::kernel(Operation::Resolve, errno)
    })
}

/// One's own of an answer that others may share.
fn own(answer: Shared<Answers>) -> Result<Vec<Resolved>> {
    let shared = answer.map_err(|lost| lost.into_error(Operation::Resolve))?;
    let answers = Arc::try_unwrap(shared).unwrap_or_else(|shared| copy(&shared));
    answers.map_err(NoAnswer::into_error)
}

fn fetched() -> Error {
    Error::invalid(Operation::Resolve, "the answer of this lookup has been fetched already")
}

impl Future for Lookup {
    type Output = Result<Vec<Resolved>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Asked(ticket) = &self.state {
            match ticket.poll(context) {
                Poll::Ready(answer) => self.state = State::Answered(own(answer)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let answer = match std::mem::replace(&mut self.state, State::Fetched) {
            State::Answered(answer) => answer,
            State::Asked(_) | State::Fetched => Err(fetched()),
        };
        Poll::Ready(answer.map_err(|error| error.on(self.place.as_str())))
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lookup").field(&self.place).finish()
    }
}
