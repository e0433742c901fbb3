//! `sock tour`: what sockets do, shown by doing it: TCP, UDP, a Unix socket, packets, and what goes wrong.
//!
//! | file | holds |
//! |---|---|
//! | [`scene`] | the scenes: which calls are made, and what is said of them |
//! | [`guide`] | has calls made, tells them, and keeps the pace |
//! | [`actor`] | a side: a thread that makes calls |
//! | [`packets`] | the packets of an exchange, captured or built |
//! | [`mod@teller`] | what can be told; [`drawing`], [`plain`] and [`events`] tell it |
//! | [`texts`] | the texts, a file a language in `texts/` |
//! | [`leftovers`] | what is put back however the tour ends; [`keys`] a key of the person's |

mod actor;
mod call;
mod drawing;
mod events;
mod guide;
mod keys;
mod leftovers;
mod packets;
mod plain;
mod scene;
mod teller;
mod texts;

use std::env;
use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

use self::drawing::Drawing;
use self::events::Events;
use self::guide::{Guide, Stop};
use self::keys::Keys;
use self::leftovers::Leftovers;
use self::plain::Plain;
use self::teller::{Names, Teller};
use self::texts::Texts;
use crate::cli::{Language, TourArgs};
use crate::command::print;
use crate::exit::{Exit, Failure};
use crate::report::console;
use crate::report::json;

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
    let outcome = super::on_a_runtime(until_a_signal(move || lead(language, form, keys, leftovers)));
    put_back.end();
    outcome
}

/// Plays the tour on a thread of its own: a signal ends it in whatever call it is.
async fn until_a_signal(
    tour: impl FnOnce() -> Result<Exit, Failure> + Send + 'static,
) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let (done, ended) = oneshot::channel();
    let play = move || {
        // Nobody waits for it where a signal has come.
        let _ = done.send(tour());
    };
    let started = thread::Builder::new().name("tour".to_owned()).spawn(play);
    started.map_err(|error| Failure::io("start a thread", &error))?;
    tokio::select! {
        outcome = ended => outcome.unwrap_or(Ok(Exit::Other)),
        signal = signals.next() => Ok(signal.exit()),
    }
}

/// Leads through all scenes, and ends as they end.
fn lead(language: Language, form: Form, keys: Option<Keys>, leftovers: Leftovers) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let texts = Texts::of(language);
    let is_terminal = io::stdout().is_terminal();
    let teller = teller(&texts, form, console::wants_colours(is_terminal));
    let paced = is_terminal && form != Form::Events;
    let mut guide = Guide::new(&texts, teller, paced, keys, leftovers);
    let outcome = match through(&mut guide) {
        Ok(None) | Err(Stop::Closed | Stop::Quit) => Ok(Exit::Done),
        Ok(Some(failure)) | Err(Stop::Failed(failure) | Stop::Unwritten(failure)) => Err(*failure),
    };
    if form == Form::Events {
        if let Err(failure) = &outcome {
            print::tell(failure);
        }
        let exit = outcome.as_ref().map_or_else(|failure| failure.exit, |exit| *exit);
        let summary = json::Event::new("summary").seconds(begun.elapsed()).field("exit_code", exit as u8);
        print::print(summary.into_line().as_bytes())?;
    }
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
