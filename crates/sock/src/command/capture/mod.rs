//! `sock capture`: the packets of an interface, shown while they come, or written to a file.
//!
//! The ring is opened and the file made; then the process gives up its rights, and only then is the first packet read.

mod files;
mod out;
mod source;
mod taken;

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::stream::registered;
use berkeley::interface::{Interface, InterfaceFlags, interfaces};
use tokio::io::Interest;
use tokio::time::{Instant, sleep_until, timeout};

use crate::cli::CaptureArgs;
use crate::confine::confine;
use crate::exit::{Exit, Failure};
use crate::report::console;

use self::source::Source;
use self::taken::Taken;

/// How long standard output is waited for at the end, while nothing moves.
const MOMENT: Duration = Duration::from_secs(1);

/// Runs the command.
pub fn run(args: &CaptureArgs) -> Result<Exit, Failure> {
    let interface = args.interface.as_deref().map(found).transpose()?;
    if args.dump_filter {
        return source::dump(args, interface.as_ref());
    }
    super::on_a_runtime(capture(args, interface))
}

/// The interface of that name.
fn found(name: &str) -> Result<Interface, Failure> {
    let all = interfaces()?;
    let unknown = super::interfaces::unknown(name, &all);
    let interface = all.into_iter().find(|interface| interface.name == name).ok_or(unknown)?;
    if !interface.flags.contains(InterfaceFlags::UP) {
        console::note(format_args!("{name} is down: no packets come until it is up"));
    }
    Ok(interface)
}

async fn capture(args: &CaptureArgs, interface: Option<Interface>) -> Result<Exit, Failure> {
    let mut source = Source::open(args, interface.as_ref())?;
    let mut taken = Taken::new(args)?;
    // Behind the file: to open a FIFO waits for its reader, and Ctrl-C ends that.
    let mut signals = super::signals()?;
    let ready = source.descriptor()?;
    let walls = confine(taken.folder()).map_err(|error| Failure::io("give up rights", &error))?;
    if !(walls.files && walls.calls) {
        console::note(walls);
    }
    taken.start()?;
    if !args.packets.json {
        let place = interface.as_ref().map_or("every interface", |interface| &interface.name);
        console::note(format_args!("capturing on {place}; Ctrl-C ends it"));
    }
    let end = args.duration.map(|duration| Instant::now() + duration.0);
    let ended = tokio::select! {
        outcome = take(ready, &source, &mut taken) => outcome,
        // A capture is ended by a signal as a matter of course: that is no failure.
        _ = signals.next() => Ok(()),
        () = until(end) => Ok(()),
    };
    if ended.is_err() {
        // Nothing more is written behind what could not be.
        taken.say(source.counted()?);
        return ended.map(|()| Exit::Done);
    }
    // What came before the end is told, too, and a second signal ends that.
    let told = tokio::select! {
        told = finish(&mut source, &mut taken) => told,
        signal = signals.next() => return Ok(signal.exit()),
    };
    told.map(|()| Exit::Done)
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// Takes packets, block by block, until there are enough.
async fn take(ring: OwnedFd, source: &Source, taken: &mut Taken) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::io("wait for packets", &error);
    let watched = registered(ring, Interest::READABLE).map_err(failed)?;
    loop {
        let mut ready = watched.readable().await.map_err(failed)?;
        while source.block(taken)? {
            taken.flush().await?;
            if taken.is_enough() {
                return Ok(());
            }
        }
        ready.clear_ready();
        source.refused()?;
    }
}

/// Tells what is left in the ring, and the counters. A reader that takes nothing for a moment is not waited for.
async fn finish(source: &mut Source, taken: &mut Taken) -> Result<(), Failure> {
    while !taken.is_enough() && source.block(taken)? {
        let Ok(flushed) = timeout(MOMENT, taken.flush()).await else {
            console::note("the last packets are not shown: nobody reads standard output");
            break;
        };
        flushed?;
    }
    let counted = source.counted()?;
    // Here too, where nothing was left in the ring.
    let ended = timeout(MOMENT, taken.end(counted)).await.unwrap_or(Ok(()));
    taken.say(counted);
    ended
}
