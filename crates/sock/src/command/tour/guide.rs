//! The guide: has calls made, tells them, and keeps the pace.

use std::fmt::Display;
use std::thread::sleep;
use std::time::Duration;

use berkeley::Error;
use berkeley_packet::stream::Side;

use super::actor::{Actor, Pending};
use super::call::{Call, Done, Gave, python};
use super::keys::Keys;
use super::leftovers::Leftovers;
use super::outlet::Outlet;
use super::teller::{Teller, Waited};
use super::texts::{Texts, Values};
use crate::exit::{Exit, Failure};
use crate::report::errno;

/// How long a call may take before the tour gives it up.
const LIMIT: Duration = Duration::from_secs(10);

/// A call that has not returned after this time waits.
pub(super) const MOMENT: Duration = Duration::from_millis(5);

/// The pauses between what is told, on a terminal: together with the waits of the scenes some ten seconds.
pub(super) const AT_ONCE: Duration = Duration::ZERO;
pub(super) const GLANCE: Duration = Duration::from_millis(30);
pub(super) const STEP: Duration = Duration::from_millis(70);
pub(super) const PARAGRAPH: Duration = Duration::from_millis(110);
pub(super) const SCENE: Duration = Duration::from_millis(220);

/// The failure of a scene that needs the loopback; the texts have it in each language.
pub(super) const DOWN: &str = "the loopback interface, lo, is down";

/// Why a scene, or the tour, ends early.
pub(super) enum Stop {
    /// Nobody reads it any more.
    Closed,
    /// The person has had enough.
    Quit,
    /// This machine does not do what the scene needs.
    Failed(Box<Failure>),
    /// Standard output cannot be written.
    Unwritten(Box<Failure>),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Failure::from(error).into()
    }
}

/// The two sides of a scene.
pub(super) struct Sides {
    pub(super) client: Actor,
    pub(super) server: Actor,
}

/// A call under way.
pub(super) struct Begun<T> {
    call: Call,
    pending: Pending<Result<T, Error>>,
    early: Option<(Result<T, Error>, Duration)>,
}

/// A call that has returned, before it is told.
pub(super) struct Made {
    call: Call,
    took: Duration,
    waited: bool,
}

/// Leads through the tour.
pub(super) struct Guide<'t> {
    pub(super) texts: &'t Texts,
    teller: Box<dyn Teller + 't>,
    paced: bool,
    keys: Option<Keys>,
    pub(super) leftovers: Leftovers,
    outlet: Outlet,
    scene: &'static str,
    waited: Vec<Waited>,
    /// How long the calls to the kernel took that had nobody to wait for.
    quick: Vec<Duration>,
}

impl<'t> Guide<'t> {
    pub(super) fn new(
        texts: &'t Texts,
        teller: Box<dyn Teller + 't>,
        paced: bool,
        keys: Option<Keys>,
        leftovers: Leftovers,
        outlet: Outlet,
    ) -> Self {
        Self {
            texts,
            teller,
            paced,
            keys,
            leftovers,
            outlet,
            scene: "",
            waited: Vec::new(),
            quick: Vec::new(),
        }
    }

    /// Whether there are pauses between the steps.
    pub(super) fn is_paced(&self) -> bool {
        self.paced
    }

    /// The calls that waited, the longest first, and how long the others took.
    pub(super) fn times(&self) -> (Vec<Waited>, Vec<Duration>) {
        let (mut waited, mut quick) = (self.waited.clone(), self.quick.clone());
        waited.sort_by_key(|it| std::cmp::Reverse(it.took));
        quick.sort();
        (waited, quick)
    }

    /// Says what the tour is, and how its drawings are read.
    pub(super) fn begin_tour(&mut self) -> Result<(), Stop> {
        self.scene = "tour";
        self.teller.scene(self.scene, self.texts.get("tour.title"));
        self.says("tour.intro", &[])?;
        let legend = self.texts.get("tour.legend");
        self.teller.legend(legend);
        self.show(SCENE)
    }

    /// Says that a scene cannot go on.
    pub(super) fn stopped(&mut self, failure: &Failure) -> Result<(), Stop> {
        let (reason, advice) = if failure.message == DOWN {
            (self.texts.get("tour.reason.down").to_owned(), "tour.advice.unreachable")
        } else {
            (self.reason(failure), "tour.advice.other")
        };
        self.teller.closes();
        let advice = self.texts.get(advice);
        self.says("tour.stopped", &[("reason", &reason), ("advice", &advice)])
    }

    /// Why a scene cannot go on, in the language of the tour.
    fn reason(&self, failure: &Failure) -> String {
        let what = failure.operation.as_deref().unwrap_or_default();
        match failure.errno.and_then(|number| Some((number, errno::name(number)?))) {
            Some((number, name)) => {
                let words = errno::words(number);
                let values: Values<'_> = &[("what", &what), ("errno", &name), ("words", &words)];
                self.texts.fill("tour.reason.call", values)
            }
            None if failure.exit == Exit::Timeout => {
                self.texts.fill("tour.reason.late", &[("seconds", &LIMIT.as_secs())])
            }
            None => self.texts.get("tour.reason.other").to_owned(),
        }
    }

    /// Begins a scene; with a key of the person's before it.
    pub(super) fn scene(&mut self, scene: &'static str, title: &str) -> Result<(), Stop> {
        self.key()?;
        self.scene = scene;
        self.teller.scene(scene, self.texts.get(title));
        self.show(SCENE)
    }

    pub(super) fn part(&mut self, title: &str) -> Result<(), Stop> {
        self.teller.part(self.texts.get(title));
        self.show(PARAGRAPH)
    }

    pub(super) fn says(&mut self, key: &str, values: Values<'_>) -> Result<(), Stop> {
        self.teller.says(&self.texts.fill(key, values));
        self.show(PARAGRAPH)
    }

    /// Both sides come on.
    pub(super) fn opens(&mut self) -> Result<Sides, Stop> {
        self.teller.opens();
        let start = |name| Actor::start(name).map_err(|error| Failure::io("start a thread", &error));
        Ok(Sides { client: start("client")?, server: start("server")? })
    }

    pub(super) fn closes(&mut self) -> Result<(), Stop> {
        self.teller.closes();
        self.show(AT_ONCE)
    }

    /// Begins a call that is to wait; it is told where it does.
    pub(super) fn begin<T: Send + 'static>(
        &mut self,
        sides: &Sides,
        call: Call,
        key: &str,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<Begun<T>, Stop> {
        let pending = sides.of(call.side).begin(work);
        let early = pending.wait(MOMENT);
        if early.is_none() {
            self.teller.waits(&call, self.texts.get(key));
            self.show(STEP)?;
        }
        Ok(Begun { call, pending, early })
    }

    /// Waits until the call has returned.
    pub(super) fn returned<T>(&mut self, begun: Begun<T>) -> Result<(Result<T, Error>, Made), Stop> {
        let waited = begun.early.is_none();
        let Some((outcome, took)) = begun.early.or_else(|| begun.pending.wait(LIMIT)) else {
            let message = format!("{} has not returned within {} s", begun.call.text(), LIMIT.as_secs());
            return Err(Failure::new(Exit::Timeout, message).into());
        };
        if waited {
            self.waited.push(Waited { scene: self.scene, call: begun.call.clone(), took });
        } else if begun.call.is_of_kernel() {
            self.quick.push(took);
        }
        Ok((outcome, Made { call: begun.call, took, waited }))
    }

    /// The same of a call that is to succeed.
    pub(super) fn end<T>(&mut self, begun: Begun<T>) -> Result<(T, Made), Stop> {
        let (outcome, made) = self.returned(begun)?;
        match outcome {
            Ok(value) => Ok((value, made)),
            Err(error) => {
                self.failed(made, &error, "")?;
                Err(error.into())
            }
        }
    }

    /// Makes a call that returns at once, whatever it gives.
    pub(super) fn make_or_fail<T: Send + 'static>(
        &mut self,
        sides: &Sides,
        call: Call,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<(Result<T, Error>, Made), Stop> {
        let pending = sides.of(call.side).begin(work);
        let early = pending.wait(LIMIT);
        self.returned(Begun { call, pending, early })
    }

    /// Makes a call that returns at once and is to succeed.
    pub(super) fn make<T: Send + 'static>(
        &mut self,
        sides: &Sides,
        call: Call,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<(T, Made), Stop> {
        let pending = sides.of(call.side).begin(work);
        let early = pending.wait(LIMIT);
        self.end(Begun { call, pending, early })
    }

    /// Tells a call that has succeeded: what it returned, and what came with it.
    pub(super) fn tell(
        &mut self,
        made: Made,
        returned: impl TryInto<i64>,
        with: impl Display,
        key: &str,
        values: Values<'_>,
    ) -> Result<(), Stop> {
        let gave = Gave::Returned(returned.try_into().unwrap_or_default(), with.to_string());
        let meaning = self.texts.fill(key, values);
        self.done(made, gave, &meaning)
    }

    /// Tells a call that has failed.
    pub(super) fn failed(&mut self, made: Made, error: &Error, meaning: &str) -> Result<(), Stop> {
        let gave = Gave::Failed { errno: error.raw_os_error(), python: python(error) };
        self.done(made, gave, meaning)
    }

    fn done(&mut self, made: Made, gave: Gave, meaning: &str) -> Result<(), Stop> {
        let Made { call, took, waited } = made;
        self.teller.done(&Done { call, gave, took, waited }, meaning);
        self.show(STEP)
    }

    pub(super) fn travels(&mut self, from: Side, what: &str) -> Result<(), Stop> {
        self.teller.travels(from, what);
        self.show(GLANCE)
    }

    /// What can be told without a pause.
    pub(super) fn teller(&mut self) -> &mut dyn Teller {
        &mut *self.teller
    }

    /// Writes what was told, and gives the reader a pause.
    pub(super) fn show(&mut self, pause: Duration) -> Result<(), Stop> {
        let told = self.teller.take();
        self.outlet.write(&told)?;
        if self.paced {
            sleep(pause);
        }
        Ok(())
    }

    /// Waits for a key, where the person wants that.
    fn key(&mut self) -> Result<(), Stop> {
        let Some(keys) = &mut self.keys else { return Ok(()) };
        let outlet = &self.outlet;
        let asked = || outlet.write(&format!("\n{}", self.texts.get("tour.any_key")));
        let goes_on = keys.wait(&self.leftovers, asked)?;
        // The line of the question is cleared: the tour reads as one without it.
        outlet.write("\r\x1b[K")?;
        let goes_on = goes_on.map_err(|error| Failure::io("read a key", &error))?;
        if goes_on { Ok(()) } else { Err(Stop::Quit) }
    }
}

impl Sides {
    fn of(&self, side: Side) -> &Actor {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }
}
