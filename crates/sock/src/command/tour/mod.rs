//! `sock tour`: what sockets do, shown by doing it: TCP, UDP, a Unix socket, packets, and what goes wrong.
//!
//! | file | holds |
//! |---|---|
//! | [`scene`] | the scenes: which calls are made, and what is said of them |
//! | [`guide`] | has calls made, tells them, and keeps the pace |
//! | [`actor`] | a side: a thread that makes calls |
//! | [`packets`] | the packets of an exchange, captured or built |
//! | [`mod@teller`] | what can be told; [`drawing`], [`plain`] and [`events`] tell it |
//! | [`outlet`] | standard output, up to the last words |
//! | [`texts`] | the texts, a file a language in `texts/` |
//! | [`leftovers`] | what is put back however the tour ends; [`keys`] a key of the person's |

mod actor;
mod call;
mod drawing;
mod events;
mod guide;
mod keys;
mod leftovers;
mod outlet;
mod packets;
mod plain;
mod scene;
mod teller;
mod texts;

use std::env;
use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use self::drawing::Drawing;
use self::events::Events;
use self::guide::{Guide, Stop};
use self::keys::Keys;
use self::leftovers::Leftovers;
use self::outlet::Outlet;
use self::plain::Plain;
use self::teller::{Names, Teller};
use self::texts::Texts;
use crate::cli::{Language, TourArgs};
use crate::exit::{Exit, Failure};
use crate::report::console;
use crate::report::json;

/// How long a reader may take for the last words, behind a signal.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How it is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Drawing,
    Plain,
    Events,
}

/// Runs the command.
pub fn run(args: &TourArgs) -> Result<Exit, Failure> {
    let language =
        args.lang.unwrap_or_else(|| texts::of_environment(|name| env::var_os(name)?.into_string().ok()));
    let form = match (args.json, args.plain) {
        (true, _) => Form::Events,
        (false, true) => Form::Plain,
        (false, false) => Form::Drawing,
    };
    let keys = if args.step { Keys::new() } else { None };
    if args.step && keys.is_none() {
        return Err(Failure::misuse("--step needs a terminal, to read keys from and to print to")
            .hint("without --step the tour goes on by itself"));
    }
    let leftovers = Leftovers::default();
    let put_back = leftovers.clone();
    let last = Last { begun: Instant::now(), outlet: Outlet::default(), form };
    let of_signal = last.clone();
    let tour = move || lead(language, &last, keys, leftovers);
    let outcome = super::on_a_runtime(until_a_signal(tour, of_signal));
    put_back.end();
    outcome
}

/// Plays the tour on a thread of its own: a signal ends it in whatever call it is.
async fn until_a_signal(
    tour: impl FnOnce() -> Result<Exit, Failure> + Send + 'static,
    last: Last,
) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let ended = on_a_thread(tour)?;
    let exit = tokio::select! {
        outcome = ended => return outcome.unwrap_or(Ok(Exit::Other)),
        signal = signals.next() => signal.exit(),
    };
    // Who reads it may have stopped, and then there is no last word.
    let told = on_a_thread(move || last.words(exit))?;
    tokio::select! {
        _ = tokio::time::timeout(LAST_WORDS, told) => {}
        _ = signals.next() => {}
    }
    Ok(exit)
}

/// Does this on a thread of its own, and tells what it came to.
fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<oneshot::Receiver<T>, Failure> {
    let (done, ended) = oneshot::channel();
    let work = move || {
        // Nobody waits for it where a signal has come.
        let _ = done.send(work());
    };
    let started = thread::Builder::new().name("tour".to_owned()).spawn(work);
    started.map_err(|error| Failure::io("start a thread", &error))?;
    Ok(ended)
}

/// What is said at the end, once, however it comes.
#[derive(Clone)]
struct Last {
    begun: Instant,
    outlet: Outlet,
    form: Form,
}

impl Last {
    fn words(&self, exit: Exit) -> Result<(), Failure> {
        if self.form != Form::Events {
            return Ok(());
        }
        let summary =
            json::Event::new("summary").seconds(self.begun.elapsed()).field("exit_code", exit as u8);
        self.outlet.close(&summary.into_line())
    }
}

/// Leads through all scenes, and ends as they end.
fn lead(language: Language, last: &Last, keys: Option<Keys>, leftovers: Leftovers) -> Result<Exit, Failure> {
    let texts = Texts::of(language);
    let is_terminal = io::stdout().is_terminal();
    let is_events = last.form == Form::Events;
    let teller = teller(&texts, last.form, console::wants_colours(is_terminal));
    let paced = is_terminal && !is_events;
    let mut guide = Guide::new(&texts, teller, paced, keys, leftovers, last.outlet.clone());
    let outcome = match through(&mut guide) {
        Ok(None) | Err(Stop::Closed | Stop::Quit) => Ok(Exit::Done),
        Ok(Some(failure)) | Err(Stop::Failed(failure) | Stop::Unwritten(failure)) => Err(*failure),
    };
    if is_events && let Err(failure) = &outcome {
        // Where it cannot be written, the exit code tells it too.
        let _ = last.outlet.write(&failure.event().into_line());
    }
    last.words(outcome.as_ref().map_or_else(|failure| failure.exit, |exit| *exit))?;
    outcome
}

/// Plays all scenes. One that cannot go on says so, and the others come all the same; the first failure is given back.
fn through(guide: &mut Guide<'_>) -> Result<Option<Box<Failure>>, Stop> {
    let mut first = None;
    guide.begin_tour()?;
    for scene in scene::ALL {
        let outcome = scene(guide);
        guide.leftovers.remove_folder();
        match outcome {
            Ok(()) => {}
            Err(Stop::Failed(failure)) => {
                guide.stopped(&failure)?;
                first.get_or_insert(failure);
            }
            Err(stop) => return Err(stop),
        }
    }
    scene::LAST(guide)?;
    Ok(first)
}

fn teller<'t>(texts: &'t Texts, form: Form, coloured: bool) -> Box<dyn Teller + 't> {
    match form {
        Form::Drawing => {
            let [client, server, waited] =
                ["client", "server", "waited"].map(|key| texts.get(key).to_owned());
            let names = Names { client, server, waited };
            Box::new(Drawing::new(names, coloured))
        }
        Form::Plain => Box::new(Plain::new(texts)),
        Form::Events => Box::new(Events::default()),
    }
}
