//! Two streams, and what each gives passed on to the other.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::{sleep_until, timeout};

use super::ending::{End, Ending, Event, Moved, Rules, Side};
use crate::exit::Failure;
use crate::stream::{Broken, Stream};

/// How long the last of what came may take to be shown.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a relay came to.
#[derive(Debug)]
pub struct Report<T> {
    /// How it ended; `Err` where it was interrupted, and by what.
    pub end: Result<End, T>,
    /// How many bytes of each side the other has taken, those of [`Side::Near`] first.
    pub bytes: [u64; 2],
    /// How many pieces or messages the far side has given.
    pub replies: u64,
    /// How many bytes that the near side gave have not reached the far side's system.
    pub undelivered: u64,
}

/// Passes on what each of the two streams gives, until `rules` say that it is over, or until `interrupted` ends.
///
/// One read of the near stream takes at most `most` bytes. Nothing is read from a stream while what it gave last has
/// not been taken by the other. What the near stream gave and the far one never took is given back to the former.
pub async fn relay<T>(
    near: &Stream,
    far: &Stream,
    rules: Rules,
    most: usize,
    interrupted: impl Future<Output = T>,
) -> Report<T> {
    let traffic = Traffic::new();
    let end = run(near, far, rules, most, interrupted, &traffic).await;
    // However it ended, what was held back is shown; a reader that has stalled is not waited for.
    let _ = timeout(LAST_WORDS, near.end()).await;
    let rest = traffic.rest.take();
    let undelivered = far.undelivered() + rest.len() as u64;
    if let Stream::Standard(standard) = near {
        standard.input.keep(&rest);
    }
    let [given, came] = [traffic.bytes[0].get(), traffic.bytes[1].get()];
    Report { end, bytes: [given - rest.len() as u64, came], replies: traffic.replies.get(), undelivered }
}

async fn run<T>(
    near: &Stream,
    far: &Stream,
    rules: Rules,
    most: usize,
    interrupted: impl Future<Output = T>,
    traffic: &Traffic,
) -> Result<End, T> {
    let mut ending = Ending::new(rules);
    let mut out = pin!(carry(near, far, Side::Near, most, None, traffic));
    let mut back = pin!(carry(far, near, Side::Far, usize::MAX, rules.replies, traffic));
    let (mut gone, mut arrival) = (pin!(far.gone()), pin!(arrive(near, far, traffic)));
    let mut interrupted = pin!(interrupted);
    let (mut out_is_over, mut back_is_over, mut is_gone) = (false, false, false);
    loop {
        let delivers = ending.is_delivering();
        // Behind what the peer did last: what it can still be given shows whether it takes it.
        let (side, event) = tokio::select! {
            biased;
            signal = &mut interrupted => return Err(signal),
            event = &mut out, if !out_is_over && (!delivers || traffic.has_rest()) => {
                out_is_over = true;
                (Side::Near, event)
            }
            event = &mut back, if !back_is_over => {
                back_is_over = true;
                (Side::Far, event)
            }
            why = &mut gone, if ending.has_ended(Side::Far) && !is_gone && !delivers => {
                is_gone = true;
                (Side::Far, Event::Gone(why))
            }
            event = &mut arrival, if delivers && !traffic.has_rest() => (Side::Near, event),
            () = until(ending.deadline(traffic.moved())) => {
                if let Some(end) = ending.at(Instant::now(), traffic.moved()) {
                    return Ok(end);
                }
                continue;
            }
        };
        let now = Instant::now();
        if let Some(end) = ending.after(side, event, now).or_else(|| ending.at(now, traffic.moved())) {
            return Ok(end);
        }
    }
}

/// Passes on what `from` gives until it ends or something fails; says how it went. With `most_pieces` so many are all.
async fn carry(
    from: &Stream,
    to: &Stream,
    side: Side,
    most: usize,
    most_pieces: Option<u64>,
    traffic: &Traffic,
) -> Event {
    loop {
        let step = from.receive(most, |piece| pass_on(piece, to, side, traffic)).await;
        let (rest, broken) = match step {
            Err(failure) => {
                // What was held back is shown before the failure is told; the failure is what counts.
                let _ = to.end().await;
                return Event::ReadFailed(failure);
            }
            Ok(None) => return told(to.end().await).unwrap_or(Event::Ended),
            Ok(Some(step)) => step,
        };
        if let Some(broken) = broken {
            return told(Err(broken)).unwrap_or(Event::Ended);
        }
        if let Some(rest) = rest
            && let Err(broken) = send(&rest, to, side, traffic).await
        {
            return told(Err(broken)).unwrap_or(Event::Ended);
        }
        if most_pieces.is_some_and(|most| traffic.replies.get() >= most) {
            return Event::Ended;
        }
    }
}

/// Passes on what `to` takes of a piece at once; gives what is left to be sent, and why nothing more can be.
fn pass_on(piece: &[u8], to: &Stream, side: Side, traffic: &Traffic) -> (Option<Vec<u8>>, Option<Broken>) {
    traffic.received(side, piece.len());
    match to.try_send(piece) {
        Ok(Some(sent)) if sent >= piece.len() => (None, None),
        Ok(sent) => {
            let rest = piece[sent.unwrap_or(0)..].to_vec();
            traffic.keep(side, &rest);
            (Some(rest), None)
        }
        Err(broken) => {
            traffic.keep(side, piece);
            (None, Some(broken))
        }
    }
}

async fn send(piece: &[u8], to: &Stream, side: Side, traffic: &Traffic) -> Result<(), Broken> {
    let mut rest = piece;
    loop {
        let sent = to.send(rest).await?;
        traffic.moves();
        rest = &rest[sent.min(rest.len())..];
        traffic.keep(side, rest);
        // A message goes whole or not at all, an empty one too.
        if rest.is_empty() || to.nature().messages {
            traffic.keep(side, &[]);
            return Ok(());
        }
    }
}

/// What a write that failed means; `None` where it did not.
fn told(outcome: Result<(), Broken>) -> Option<Event> {
    match outcome.err()? {
        Broken::Closed => Some(Event::Closed),
        Broken::Failed(failure) => Some(Event::WriteFailed(failure)),
        Broken::Unwritable(failure) => Some(Event::Lost(failure)),
    }
}

/// Waits until each stream has all that the other gave it.
async fn arrive(near: &Stream, far: &Stream, traffic: &Traffic) -> Event {
    let progress = || traffic.moves();
    let arrived = async {
        far.delivered(progress).await?;
        near.delivered(progress).await?;
        Ok::<(), Failure>(())
    };
    match arrived.await {
        Ok(()) => Event::Delivered,
        Err(failure) => Event::Lost(failure),
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => pending().await,
    }
}

/// What has moved.
struct Traffic {
    last: Cell<Instant>,
    bytes: [Cell<u64>; 2],
    replies: Cell<u64>,
    /// What the near side gave and the far side has not taken yet.
    rest: RefCell<Vec<u8>>,
}

impl Traffic {
    fn new() -> Self {
        Self {
            last: Cell::new(Instant::now()),
            bytes: <[Cell<u64>; 2]>::default(),
            replies: Cell::new(0),
            rest: RefCell::default(),
        }
    }

    fn received(&self, side: Side, length: usize) {
        let bytes = &self.bytes[side as usize];
        bytes.set(bytes.get() + length as u64);
        if side == Side::Far {
            self.replies.set(self.replies.get() + 1);
        }
        self.moves();
    }

    fn moves(&self) {
        self.last.set(Instant::now());
    }

    fn keep(&self, side: Side, rest: &[u8]) {
        if side == Side::Near {
            let mut kept = self.rest.borrow_mut();
            // Mostly it is the end of what is kept.
            if kept.ends_with(rest) {
                let gone = kept.len() - rest.len();
                kept.drain(..gone);
            } else {
                *kept = rest.to_vec();
            }
        }
    }

    fn has_rest(&self) -> bool {
        !self.rest.borrow().is_empty()
    }

    fn moved(&self) -> Moved {
        Moved { last: self.last.get(), replies: self.replies.get() }
    }
}
