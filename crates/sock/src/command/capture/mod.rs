//! `sock capture`: the packets of an interface, shown while they come, or written to a file.
//!
//! The ring is opened and the file made; then the process gives up its rights, and only then is the first packet read.

mod browse;
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
use crate::signal::Signals;

use self::browse::Browse;
use self::source::Source;
use self::taken::Taken;

/// How long standard output is waited for at the end, while nothing moves.
const MOMENT: Duration = Duration::from_secs(1);

/// How often the kernel's counters are read for who browses.
const COUNTED: Duration = Duration::from_millis(500);

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
    let mut browse = Browse::open(args)?;
    let mut source = Source::open(args, interface.as_ref())?;
    let mut taken = Taken::new(args, browse.as_ref().map(Browse::keeper))?;
    // Behind the file: to open a FIFO waits for its reader, and Ctrl-C ends that.
    let mut signals = super::signals()?;
    if let Some(browse) = &mut browse {
        browse.listen()?;
    }
    let ready = source.descriptor()?;
    let walls = confine(taken.folder()).map_err(|error| Failure::io("give up rights", &error))?;
    if !(walls.files && walls.calls) {
        console::note(walls);
    }
    taken.start()?;
    if let Some(browse) = &mut browse {
        browse.start()?;
    } else if !args.packets.json {
        let place = interface.as_ref().map_or("every interface", |interface| &interface.name);
        console::note(format_args!("capturing on {place}; Ctrl-C ends it"));
    }
    let end = args.duration.map(|duration| Instant::now() + duration.on_a_clock());
    let ended = tokio::select! {
        outcome = take(ready, &mut source, &mut taken) => outcome,
        // A capture is ended by a signal as a matter of course: that is no failure.
        _ = signals.next() => Ok(()),
        () = until(end) => Ok(()),
        left = left(browse.as_mut()) => left,
    };
    if let Some(browse) = browse {
        return browsed(browse, ended, &mut source, &mut taken, &mut signals).await;
    }
    printed(ended, &mut source, &mut taken, &mut signals).await
}

/// Ends a capture that is printed or written.
async fn printed(
    ended: Result<(), Failure>,
    source: &mut Source,
    taken: &mut Taken,
    signals: &mut Signals,
) -> Result<Exit, Failure> {
    if ended.is_err() {
        // Nothing more is written behind what could not be.
        taken.say(source.counted()?);
        return ended.map(|()| Exit::Done);
    }
    // What came before the end is told, too, and a second signal ends that.
    let told = tokio::select! {
        told = finish(source, taken) => told,
        signal = signals.next() => return Ok(signal.exit()),
    };
    taken.say(source.counted()?);
    told.map(|()| Exit::Done)
}

/// Ends a capture that is browsed: what came is written, and stays on the screen until it is left.
async fn browsed(
    mut browse: Browse,
    ended: Result<(), Failure>,
    source: &mut Source,
    taken: &mut Taken,
    signals: &mut Signals,
) -> Result<Exit, Failure> {
    let ended = match ended {
        Ok(()) => finish(source, taken).await,
        failed => failed,
    };
    browse.complete(ended.as_ref().err());
    let left = tokio::select! {
        left = browse.ended() => left,
        // The browser hears of it too, and gives the terminal back, if that takes anything.
        _ = signals.next() => timeout(MOMENT, browse.ended()).await.unwrap_or(Ok(())),
    };
    taken.say(source.counted()?);
    ended.and(left).map(|()| Exit::Done)
}

/// Waits until the browser is left; for ever where there is none.
async fn left(browse: Option<&mut Browse>) -> Result<(), Failure> {
    match browse {
        Some(browse) => browse.ended().await,
        None => std::future::pending().await,
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// Takes packets, block by block, until there are enough.
async fn take(ring: OwnedFd, source: &mut Source, taken: &mut Taken) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::io("wait for packets", &error);
    // An error alone, such as that the interface has gone, makes no socket readable.
    let interest = Interest::READABLE | Interest::ERROR;
    let watched = registered(ring, interest).map_err(failed)?;
    let mut counted = Instant::now();
    loop {
        tell_counted(source, taken, &mut counted)?;
        let ready = if taken.is_browsed() {
            let Ok(ready) = timeout(COUNTED, watched.ready(interest)).await else { continue };
            ready
        } else {
            watched.ready(interest).await
        };
        let mut ready = ready.map_err(failed)?;
        while source.block(taken)? {
            taken.flush().await?;
            if taken.is_enough() {
                return Ok(());
            }
            tell_counted(source, taken, &mut counted)?;
        }
        ready.clear_ready();
        source.refused()?;
    }
}

/// Shows the kernel's counters to who browses, now and then.
fn tell_counted(source: &mut Source, taken: &Taken, last: &mut Instant) -> Result<(), Failure> {
    if taken.is_browsed() && last.elapsed() >= COUNTED {
        taken.counted(source.counted()?);
        *last = Instant::now();
    }
    Ok(())
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
    taken.counted(counted);
    // Here too, where nothing was left in the ring.
    timeout(MOMENT, taken.end(counted)).await.unwrap_or(Ok(()))
}
