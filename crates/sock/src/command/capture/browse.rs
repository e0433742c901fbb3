//! The packets in a browser, while they are taken.
//!
//! The browser has threads of its own, which are started once the process has given up its rights: what they need was
//! opened before.

use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::source::Counted;
use super::taken::Captured;
use crate::browse::{Batch, Browser, Left, MOST_MEMORY, Screen, Store};
use crate::cli::CaptureArgs;
use crate::exit::Failure;

/// How many bytes of packets wait at most before they are shown.
const BATCH: usize = 256 * 1024;

/// Keeps the packets for the browser, the oldest of which go where they are too many.
pub(super) struct Keeper {
    store: Arc<Store>,
    batch: Batch,
    /// The interface and the kind of link of the packet before, and what the store calls them.
    known: Option<(u32, u32)>,
}

/// The browser before it is started, and then at work.
pub(super) struct Browse {
    screen: Option<Screen>,
    browser: Option<Browser>,
    store: Arc<Store>,
    ended: Option<oneshot::Receiver<thread::Result<Result<Left, Failure>>>>,
}

impl Browse {
    /// Opens the terminal, where a browser is asked for.
    pub(super) fn open(args: &CaptureArgs) -> Result<Option<Self>, Failure> {
        if !args.browse {
            return Ok(None);
        }
        let screen = Screen::open()?;
        let store = Arc::new(Store::new(None, MOST_MEMORY, Arc::clone(&screen.wake)));
        let place = args.interface.as_deref().unwrap_or("every interface");
        let browser = Browser {
            title: args.filter.as_ref().map_or(place.to_owned(), |filter| format!("{place}: {filter}")),
            times: args.packets.look().times,
            filter: String::new(),
            follows: true,
            store: Arc::clone(&store),
        };
        Ok(Some(Self { screen: Some(screen), browser: Some(browser), store, ended: None }))
    }

    /// What the packets are given to.
    pub(super) fn keeper(&self) -> Keeper {
        Keeper { store: Arc::clone(&self.store), batch: Batch::default(), known: None }
    }

    /// From here on a signal ends the browser rather than the process.
    pub(super) fn listen(&mut self) -> Result<(), Failure> {
        self.screen.as_mut().map_or(Ok(()), Screen::listen)
    }

    /// Starts to show them.
    pub(super) fn start(&mut self) -> Result<(), Failure> {
        let (Some(screen), Some(browser)) = (self.screen.take(), self.browser.take()) else { return Ok(()) };
        let (ended, waiting) = oneshot::channel();
        let show = move || {
            let shown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| browser.run(&screen)));
            // Also after a panic the terminal is given back before anybody hears of the end.
            drop(screen);
            let _ = ended.send(shown);
        };
        let started = thread::Builder::new().name("browse".to_owned()).spawn(show);
        started.map_err(|error| Failure::io("start a thread", &error))?;
        self.ended = Some(waiting);
        Ok(())
    }

    /// Says that no more packets come, and why.
    pub(super) fn complete(&self, failure: Option<&Failure>) {
        self.store.note(|facts| {
            facts.is_complete = true;
            let ended = || "the capture has ended; q quits".to_owned();
            facts.remark = Some(failure.map_or_else(ended, |failure| format!("! {}", failure.message)));
        });
    }

    /// Waits until the browser has ended. Given up, it can be waited for again.
    pub(super) async fn ended(&mut self) -> Result<(), Failure> {
        let Some(ended) = &mut self.ended else { return Ok(()) };
        let outcome = ended.await;
        self.ended = None;
        match outcome {
            Ok(Ok(left)) => left.map(drop),
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => Ok(()),
        }
    }
}

impl Keeper {
    pub(super) fn packet(&mut self, packet: &Captured<'_>) {
        let origin = match self.known {
            Some((interface, origin)) if interface == packet.interface => origin,
            _ => self.store.origin(packet.link, packet.name),
        };
        self.known = Some((packet.interface, origin));
        self.batch.push(origin, Some(packet.time), packet.length, packet.bytes);
        if self.batch.size() >= BATCH {
            self.show();
        }
    }

    /// Says what the kernel has counted.
    pub(super) fn counted(&self, counted: Counted) {
        self.store.note(|facts| facts.dropped = Some(counted.dropped));
    }

    /// Shows what waits.
    pub(super) fn show(&mut self) {
        self.store.take(&mut self.batch);
    }
}
