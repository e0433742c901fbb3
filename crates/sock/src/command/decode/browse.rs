//! The packets in a browser.

use std::sync::Arc;

use berkeley_packet::LinkType;

use super::input::{Content, Opened, fault, guess};
use crate::browse::{Batch, Browser, Capture, Left, MOST_MEMORY, Screen, Store};
use crate::cli::DecodeArgs;
use crate::exit::{Exit, Failure};
use crate::packet::filter;

/// Shows the packets until a person has had enough.
pub(super) fn run(args: &DecodeArgs) -> Result<Exit, Failure> {
    let filter = args.filter.clone().unwrap_or_default();
    filter::check(&filter)?;
    let mut screen = Screen::open()?;
    let Opened { name, content, file } = Opened::open(&args.input)?;
    // Behind the input: the first bytes of a pipe may take long, and Ctrl-C ends that.
    screen.listen()?;
    let size = file.as_ref().and_then(|file| file.metadata().ok()).map(|metadata| metadata.len());
    // What comes while it is read, as from a capture under way, is looked at as it comes.
    let follows = file.is_none() && matches!(content, Content::Capture(_));
    let store = Arc::new(Store::new(file, MOST_MEMORY, Arc::clone(&screen.wake)));
    store.note(|facts| facts.read = size.map(|size| (0, size)));
    match content {
        Content::Hex(packets) => keep(&packets, args.link, &store),
        Content::Capture(input) => Capture::new(input, Arc::clone(&store))
            .map_err(|error| fault(&name, &error))?
            .start(args.link)
            .map_err(|error| Failure::io("start a thread", &error))?,
    }
    let times = args.packets.look().times;
    let title = title(&name);
    match (Browser { title, times, filter, follows, store }).run(&screen)? {
        Left::ByKey => Ok(Exit::Done),
        Left::BySignal(signal) => Ok(signal.exit()),
    }
}

/// The last part of a path, as there is little room.
fn title(name: &str) -> String {
    name.rsplit('/').find(|part| !part.is_empty()).unwrap_or(name).to_owned()
}

/// Keeps the packets of a hex dump.
fn keep(packets: &[Vec<u8>], link: Option<LinkType>, store: &Store) {
    let mut batch = Batch::default();
    for bytes in packets {
        let origin = store.origin(link.unwrap_or_else(|| guess(bytes)), "");
        batch.push(origin, None, bytes.len(), bytes);
    }
    store.take(&mut batch);
    store.note(|facts| facts.is_complete = true);
}
