//! `sock decode`: the packets of a capture file, or of a hex dump, shown.
//!
//! [`input`] finds out what is given, [`hex`] reads the dumps of other tools, and each way to show it has its file.

mod browse;
mod conversations;
mod filter;
mod follow;
mod hex;
mod input;
mod packets;

use std::time::Duration;

use berkeley_packet::stream::Assembled;
use berkeley_packet::{LinkType, Packet};

use crate::cli::DecodeArgs;
use crate::command::print;
use crate::exit::{Exit, Failure};
use filter::Filter;
use input::Input;

/// A packet of the input.
struct Entry<'a> {
    number: u64,
    link: LinkType,
    time: Option<Duration>,
    interface: Option<&'a str>,
    packet: Packet<'a>,
    /// What it and the fragments before it come to, where it is the last of them.
    assembled: Option<&'a Assembled>,
}

/// What is made of packets.
trait View {
    /// Takes the next packet. False where nothing more is wanted.
    fn packet(&mut self, entry: &Entry<'_>) -> Result<bool, Failure>;

    /// Knows of a packet that the filter does not want.
    fn pass(&mut self, entry: &Entry<'_>) {
        let _ = entry;
    }

    /// Shows what is left at the end; `failure` is why the input ended early.
    fn end(&mut self, failure: Option<&Failure>) -> Result<(), Failure>;
}

/// Runs the command.
pub fn run(args: &DecodeArgs) -> Result<Exit, Failure> {
    if args.browse {
        return browse::run(args);
    }
    let filter = args.filter.as_deref().map(Filter::new).transpose();
    let opened = filter.and_then(|filter| Ok((filter, Input::open(&args.input, args.link)?, view(args)?)));
    let (mut filter, mut input, mut view) = opened.inspect_err(|failure| tell(args, failure))?;
    // What could be read is shown, whatever comes then.
    let outcome = input.each(&mut |entry| {
        let is_wanted = filter.as_mut().map_or(Ok(true), |filter| filter.wants(entry))?;
        if !is_wanted {
            view.pass(entry);
            return Ok(true);
        }
        view.packet(entry)
    });
    if let Err(failure) = &outcome {
        tell(args, failure);
    }
    let ended = view.end(outcome.as_ref().err());
    outcome.and(ended).map(|()| Exit::Done)
}

fn view(args: &DecodeArgs) -> Result<Box<dyn View>, Failure> {
    Ok(match &args.follow {
        Some(stream) => Box::new(follow::Following::new(stream, args)?),
        None if args.conversations => Box::new(conversations::Table::new(args.packets.json)),
        None => Box::new(packets::Packets::new(args)),
    })
}

/// The failure as an event, where events were asked for.
fn tell(args: &DecodeArgs, failure: &Failure) {
    if args.packets.json {
        print::tell(failure);
    }
}
