//! Two streams, and what each gives passed on to the other.

use std::borrow::Cow;
use std::future::{Future, pending};
use std::num::NonZeroU64;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::consume_budget;
use tokio::time::{sleep_until, timeout};

use super::ending::{End, Ending, Event, Moved, Rules, Side};
use super::later::Later;
use super::splice::{Came, Going, PIPES, Pipe, Pool, SMALL, Splice};
use crate::exit::Failure;
use crate::rate::Bucket;
use crate::stream::{Broken, PIECE, Stream, Tap};

/// How long the last of what came may take to be shown.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How often it is looked whether what the near side is given has been taken.
const LOOK: Duration = Duration::from_millis(50);

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
    /// Whether all that came was shown.
    pub shown: bool,
}

/// What is told of a relay while it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Meter<'a> {
    /// Counts the bytes that each side has given, those of [`Side::Near`] first.
    pub bytes: &'a [AtomicU64; 2],
    /// Hears them too. With it all bytes pass through the program.
    pub tap: Option<&'a Tap>,
}

impl<'a> From<&'a [AtomicU64; 2]> for Meter<'a> {
    fn from(bytes: &'a [AtomicU64; 2]) -> Self {
        Self { bytes, tap: None }
    }
}

/// Passes on what each of the two streams gives, until `rules` say that it is over, or until `interrupted` ends.
///
/// Nothing is read from a stream while what it gave last has not been taken by the other. What the near stream gave and
/// the far one never took is given back to the former. `meter` hears what each has given, while it goes on.
///
/// Where it fails, neither side takes what it got for whole: no end is told that has not come, and both connections are
/// reset once the streams are dropped.
pub fn relay<'a, T>(
    near: &'a Stream,
    far: &'a Stream,
    rules: Rules,
    meter: impl Into<Meter<'a>>,
    interrupted: impl Future<Output = T>,
) -> impl Future<Output = Report<T>> {
    relay_by(&PIPES, near, far, rules, meter, interrupted)
}

/// As [`relay`], with pipes of this pool.
pub(super) async fn relay_by<'a, T>(
    pipes: &'static Pool,
    near: &Stream,
    far: &Stream,
    rules: Rules,
    meter: impl Into<Meter<'a>>,
    interrupted: impl Future<Output = T>,
) -> Report<T> {
    let _going = Going::begin();
    let traffic = Traffic::new(meter.into(), pipes, rules.rate);
    let mut interrupted = pin!(interrupted);
    let end = run(near, far, rules, interrupted.as_mut(), &traffic).await;
    if let Ok(End::Failed(_) | End::Left(_)) = &end {
        settle(near, far, rules, interrupted, &traffic).await;
    }
    // However it ended, what was held back is shown; a reader that has stalled is not waited for.
    let last = async {
        if matches!(end, Ok(End::Done | End::Left(_))) { near.end().await } else { near.show().await }
    };
    let shown = matches!(timeout(LAST_WORDS, last).await, Ok(Ok(())));
    if let Ok(End::Failed(_)) = &end {
        near.reset();
        far.reset();
    }
    let rest = traffic.take_rest();
    let left = |side: Side| traffic.left[side as usize].load(Relaxed);
    let undelivered = far.undelivered() + left(Side::Near);
    if undelivered == 0 && matches!(end, Ok(End::Done | End::Left(_))) {
        // Where our end was not told, as nothing was sent: TLS would take the close for a connection that was cut off.
        let _ = timeout(LAST_WORDS, far.end()).await;
    }
    if let Stream::Standard(standard) = near {
        standard.input.keep(&rest);
    }
    let end = finished(end, near, far).await;
    let taken = |side: Side| traffic.bytes[side as usize].load(Relaxed) - left(side);
    Report {
        end,
        bytes: [taken(Side::Near), taken(Side::Far)],
        replies: traffic.replies.load(Relaxed),
        undelivered,
        shown,
    }
}

/// Ends the programs that are behind the streams; one that failed is the failure of a relay that went well.
async fn finished<T>(end: Result<End, T>, near: &Stream, far: &Stream) -> Result<End, T> {
    let regular = matches!(end, Ok(End::Done | End::Left(_)));
    let failure = match far.finish(regular).await {
        None => near.finish(regular).await,
        failure => failure,
    };
    failure.map_or(end, |failure| Ok(End::Failed(failure)))
}

async fn run<T>(
    near: &Stream,
    far: &Stream,
    rules: Rules,
    mut interrupted: Pin<&mut impl Future<Output = T>>,
    traffic: &Traffic<'_>,
) -> Result<End, T> {
    let mut ending = Ending::new(rules);
    let [most_near, most_far] = rules.most.map(|most| most.min(near.share(far)));
    let mut out = pin!(carry(near, far, Side::Near, most_near, None, traffic));
    let mut back = pin!(carry(far, near, Side::Far, most_far, rules.replies, traffic));
    // What only an end asks for is made then: an idle relay is mostly the room for what it may have to do.
    let (mut far_gone, mut near_gone) = (Later::new(|| far.gone()), Later::new(|| near.gone()));
    let mut arrival = Later::new(|| arrive(near, far, traffic));
    let (mut near_forgotten, mut far_forgotten) = (Later::new(|| forget(near)), Later::new(|| forget(far)));
    let (mut out_is_over, mut back_is_over) = (false, false);
    // Whether a stream still gives what the other does not take any more.
    let [mut forgets_near, mut forgets_far] = [false; 2];
    let [mut near_is_gone, mut far_is_gone] = [false; 2];
    loop {
        let delivers = ending.is_delivering();
        let watches_far = ending.has_ended(Side::Far) && !far_is_gone && (!delivers || traffic.has_pending());
        let watches_near = ending.has_ended(Side::Near) && !near_is_gone && !delivers;
        let sends = !out_is_over && (!delivers || traffic.has_pending());
        traffic.stops.store(delivers, Relaxed);
        // Behind what the peer did last: what it can still be given shows whether it takes it.
        let (side, event) = tokio::select! {
            biased;
            signal = &mut interrupted => return Err(signal),
            (side, event) = either((out.as_mut(), sends), (back.as_mut(), !back_is_over)) => {
                let (is_over, forgets) = match side {
                    Side::Near => (&mut out_is_over, &mut forgets_near),
                    Side::Far => (&mut back_is_over, &mut forgets_far),
                };
                *is_over = true;
                *forgets = matches!(event, Event::WriteFailed(_));
                (side, event)
            }
            event = &mut near_forgotten, if forgets_near => {
                forgets_near = false;
                (Side::Near, event)
            }
            event = &mut far_forgotten, if forgets_far => {
                forgets_far = false;
                (Side::Far, event)
            }
            why = &mut far_gone, if watches_far => {
                far_is_gone = true;
                (Side::Far, Event::Gone(why))
            }
            why = &mut near_gone, if watches_near => {
                near_is_gone = true;
                (Side::Near, Event::Gone(why))
            }
            event = &mut arrival, if delivers && !traffic.has_pending() => {
                // What was lost has been noted, and where.
                if let Some(end) = ending.after(Side::Near, event, Instant::now()) {
                    return Ok(end);
                }
                continue;
            }
            () = until(deadline(&ending, traffic.moved())) => {
                if let Some(end) = ending.at(Instant::now(), traffic.moved()) {
                    return Ok(end);
                }
                continue;
            }
        };
        let now = Instant::now();
        traffic.note(side, &event);
        if let Some(end) = ending.after(side, event, now).or_else(|| ending.at(now, traffic.moved())) {
            return Ok(end);
        }
    }
}

/// Reads what a peer still says, to nobody: one that writes before it reads gets to read what it was sent.
async fn forget(from: &Stream) -> Event {
    if !from.is_socket() {
        // What was not taken is another's, or nobody's to read.
        return pending().await;
    }
    loop {
        match from.receive(PIECE, |_| ()).await {
            Ok(Some(())) => {}
            Ok(None) => return Event::Ended,
            Err(failure) => return Event::ReadFailed(failure),
        }
    }
}

/// Waits until a side that has been told its end has all that came before it, as far as nothing stalls: what failed is
/// the other direction.
async fn settle<T>(
    near: &Stream,
    far: &Stream,
    rules: Rules,
    interrupted: Pin<&mut impl Future<Output = T>>,
    traffic: &Traffic<'_>,
) {
    let settled = async {
        if traffic.is_owed(Side::Near) {
            let _ = near.delivered(|| traffic.moves()).await;
        }
        if traffic.is_owed(Side::Far) {
            let _ = far.delivered(|| traffic.moves()).await;
        }
    };
    let stalled = async {
        let Some(idle) = rules.idle else { return pending().await };
        loop {
            let end = traffic.moved().last + idle;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end.into()).await;
        }
    };
    let forgotten = async {
        tokio::join!(forget(near), forget(far));
        pending::<()>().await;
    };
    tokio::select! {
        () = settled => {}
        () = forgotten => {}
        () = stalled => {}
        _ = interrupted => {}
    }
}

/// What happens first in the two directions, of those that are to go on. Neither comes first: one that always has
/// something to do would leave the other nothing of the task's turn.
async fn either(
    (out, sends): (Pin<&mut impl Future<Output = Event>>, bool),
    (back, receives): (Pin<&mut impl Future<Output = Event>>, bool),
) -> (Side, Event) {
    tokio::select! {
        event = out, if sends => (Side::Near, event),
        event = back, if receives => (Side::Far, event),
        else => pending().await,
    }
}

/// Passes on what `from` gives until it ends or something fails; says how it went. With `most_pieces` so many are all.
async fn carry(
    from: &Stream,
    to: &Stream,
    side: Side,
    most: usize,
    most_pieces: Option<u64>,
    traffic: &Traffic<'_>,
) -> Event {
    // What is spliced passes the tap by.
    let splice = if traffic.tap.is_none() { Splice::between(from, to, traffic.pipes, most) } else { None };
    let mut bucket = traffic.rate.map(|rate| Bucket::new(rate, Instant::now()));
    loop {
        let outcome = match step(from, to, side, most, splice.as_ref(), bucket.as_mut(), traffic).await {
            Ok(outcome) => outcome,
            Err(event) => return event,
        };
        if let Some(event) = told(outcome) {
            if matches!(event, Event::WriteFailed(_)) {
                // Where the connection is alive all the same, the peer learns that nothing more comes.
                let _ = to.end().await;
            }
            return event;
        }
        // The other side is done, and this was what waited for room.
        if side == Side::Near && traffic.stops.load(Relaxed) {
            return Event::Ended;
        }
        if most_pieces.is_some_and(|most| traffic.replies.load(Relaxed) >= most) {
            return Event::Ended;
        }
    }
}

/// Passes on one piece, or all that goes at once without a copy; says whether it could be written. `Err` where the
/// source has come to an end.
async fn step(
    from: &Stream,
    to: &Stream,
    side: Side,
    most: usize,
    splice: Option<&Splice<'_>>,
    mut bucket: Option<&mut Bucket>,
    traffic: &Traffic<'_>,
) -> Result<Result<(), Broken>, Event> {
    if traffic.tap.is_none() && from.passes(to) {
        let allowed = traffic.allowed(side, bucket.as_deref_mut()).await;
        return match from.pass(to, allowed).await {
            Ok(Some(bytes)) => {
                traffic.received(side, bytes);
                spend(bucket, usize::try_from(bytes).unwrap_or(usize::MAX));
                Ok(Ok(()))
            }
            Ok(None) => Err(told(to.end().await).unwrap_or(Event::Ended)),
            Err(broken) => Ok(Err(broken)),
        };
    }
    // At a lower rate the wait for as much as is worth a pipe would hold an end back.
    let is_fast = bucket.as_ref().is_none_or(|bucket| bucket.slice() >= SMALL);
    if let Some(splice) = splice.filter(|splice| is_fast && splice.is_due()) {
        let allowed = traffic.allowed(side, bucket.as_deref_mut()).await;
        match splice.fill(allowed).await {
            Err(error) => return Err(unread(error.into(), to).await),
            Ok(Came::End) => return Err(told(to.end().await).unwrap_or(Event::Ended)),
            Ok(Came::Bytes(pipe, length)) => {
                traffic.received(side, length as u64);
                spend(bucket, length);
                return Ok(drain(splice, pipe, Left::new(side, traffic)).await);
            }
            Ok(Came::Other) => {}
        }
    }
    let most = bucket.as_ref().map_or(most, |bucket| most.min(bucket.slice()));
    let take = |piece: &[u8]| {
        if let Some(splice) = splice {
            splice.copied(piece.len());
        }
        pass_on(piece, from, to, side, bucket.as_deref_mut(), traffic)
    };
    match from.receive(most, take).await {
        Err(failure) => Err(unread(failure, to).await),
        Ok(None) => Err(told(to.end().await).unwrap_or(Event::Ended)),
        Ok(Some(Step::Sent)) => Ok(Ok(())),
        Ok(Some(Step::Pending(rest))) => Ok(send(rest, to).await),
        Ok(Some(Step::Early(rest))) => Ok(send_in_time(rest, to, bucket, traffic).await),
        Ok(Some(Step::Broken(broken, _rest))) => Ok(Err(broken)),
    }
}

/// What was held back is shown before the failure is told; the failure is what counts. The other side is told of no
/// end, or it would take what it got for whole.
async fn unread(failure: Failure, to: &Stream) -> Event {
    let _ = to.show().await;
    Event::ReadFailed(failure)
}

/// Moves out of a pipe what it holds.
async fn drain(splice: &Splice<'_>, mut pipe: Pipe, mut left: Left<'_>) -> Result<(), Broken> {
    let length = pipe.held();
    left.bytes = length;
    splice.try_drain(&mut pipe)?;
    while pipe.held() > 0 {
        left.waits(pipe.held());
        // The other direction may wait for what only the reactor tells.
        let is_other_held = left.traffic.pending[left.side.other() as usize].load(Relaxed);
        if is_other_held || !splice.drain_alone(&mut pipe).await? {
            splice.drain(&mut pipe).await?;
        }
        left.traffic.moves();
    }
    left.bytes = 0;
    drop(left);
    pipe.give_back();
    // Counted as so many pieces, so that no other task of the thread waits longer than for a copy.
    for _ in 0..length / PIECE {
        consume_budget().await;
    }
    Ok(())
}

/// What became of a piece.
enum Step<'a> {
    Sent,
    /// So much of it waits for room.
    Pending(Pending<'a>),
    /// It came sooner than the rate lets it go.
    Early(Pending<'a>),
    /// Nothing more can be sent; this was not, and is kept when it is dropped.
    Broken(Broken, Pending<'a>),
}

/// Passes on what `to` takes of a piece at once.
fn pass_on<'a>(
    piece: &[u8],
    from: &Stream,
    to: &Stream,
    side: Side,
    bucket: Option<&mut Bucket>,
    traffic: &'a Traffic<'a>,
) -> Step<'a> {
    traffic.hear(side, piece);
    traffic.received(side, piece.len() as u64);
    if let Some(bucket) = bucket {
        let now = Instant::now();
        if bucket.at(piece.len(), now) > now {
            return Step::Early(Pending::new(piece.to_vec().into(), side, traffic));
        }
        bucket.spend(piece.len());
    }
    match to.try_send(piece) {
        Ok(Some(sent)) if sent >= piece.len() => Step::Sent,
        Ok(sent) => {
            let rest = &piece[sent.unwrap_or(0)..];
            let held = HELD.get(..rest.len()).filter(|_| to.held() >= rest.len() && !from.takes_back());
            Step::Pending(Pending::new(held.map_or_else(|| rest.to_vec().into(), Cow::from), side, traffic))
        }
        Err(broken) => Step::Broken(broken, Pending::new(piece.to_vec().into(), side, traffic)),
    }
}

/// Stands for bytes that a stream holds already, of which only the number counts.
static HELD: [u8; PIECE] = [0; PIECE];

async fn send(mut pending: Pending<'_>, to: &Stream) -> Result<(), Broken> {
    loop {
        let sent = to.send(pending.rest()).await?;
        pending.advance(sent);
        // A message goes whole or not at all, an empty one too.
        if pending.rest().is_empty() || to.nature().messages {
            pending.advance(usize::MAX);
            return Ok(());
        }
    }
}

/// As [`send`], as the rate has it: a message goes whole, and what a stream gave in a piece that is larger than that
/// goes in several. It was read, so that an end which follows it is found at once.
async fn send_in_time(
    mut pending: Pending<'_>,
    to: &Stream,
    bucket: Option<&mut Bucket>,
    traffic: &Traffic<'_>,
) -> Result<(), Broken> {
    let Some(bucket) = bucket else { return send(pending, to).await };
    let is_message = to.nature().messages;
    loop {
        let rest = pending.rest();
        let length = if is_message { rest.len() } else { rest.len().min(bucket.slice()) };
        traffic.pause(pending.left.side, bucket.at(length, Instant::now())).await;
        let sent = to.send(&pending.rest()[..length]).await?;
        bucket.spend(if is_message { length } else { sent });
        pending.advance(if is_message { usize::MAX } else { sent });
        if pending.rest().is_empty() {
            return Ok(());
        }
    }
}

fn spend(bucket: Option<&mut Bucket>, bytes: usize) {
    if let Some(bucket) = bucket {
        bucket.spend(bytes);
    }
}

/// How many bytes were read and have not been taken yet; where they never are, they are counted.
struct Left<'a> {
    bytes: usize,
    side: Side,
    traffic: &'a Traffic<'a>,
}

impl<'a> Left<'a> {
    const fn new(side: Side, traffic: &'a Traffic<'a>) -> Self {
        Self { bytes: 0, side, traffic }
    }

    /// So many wait for room.
    fn waits(&mut self, bytes: usize) {
        self.bytes = bytes;
        self.traffic.pending[self.side as usize].store(true, Relaxed);
    }
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.traffic.pending[self.side as usize].store(false, Relaxed);
        self.traffic.left[self.side as usize].fetch_add(self.bytes as u64, Relaxed);
    }
}

/// What was read and has not been taken yet. Of the near side it is kept where it never is.
struct Pending<'a> {
    bytes: Cow<'static, [u8]>,
    sent: usize,
    left: Left<'a>,
}

impl<'a> Pending<'a> {
    fn new(bytes: Cow<'static, [u8]>, side: Side, traffic: &'a Traffic<'a>) -> Self {
        let mut left = Left::new(side, traffic);
        left.waits(bytes.len());
        Self { bytes, sent: 0, left }
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    fn advance(&mut self, sent: usize) {
        self.sent = self.sent.saturating_add(sent).min(self.bytes.len());
        self.left.bytes = self.bytes.len() - self.sent;
        self.left.traffic.moves();
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.left.side == Side::Near {
            self.left.traffic.keep(self.rest().to_vec());
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
async fn arrive(near: &Stream, far: &Stream, traffic: &Traffic<'_>) -> Event {
    for (side, stream) in [(Side::Far, far), (Side::Near, near)] {
        if let Err(failure) = stream.delivered(|| traffic.moves()).await {
            traffic.broken[side as usize].store(true, Relaxed);
            return Event::Lost(failure);
        }
    }
    Event::Delivered
}

/// When to look at the clock again. While a piece is held it is looked whether it still is: nobody tells.
fn deadline(ending: &Ending, moved: Moved) -> Option<Instant> {
    if moved.held { Some(Instant::now() + LOOK) } else { ending.deadline(moved) }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => pending().await,
    }
}

/// What has moved.
struct Traffic<'a> {
    pipes: &'static Pool,
    rate: Option<NonZeroU64>,
    begun: Instant,
    /// Microseconds after `begun` at which a byte last moved, either way.
    last: AtomicU64,
    bytes: &'a [AtomicU64; 2],
    tap: Option<&'a Tap>,
    replies: AtomicU64,
    /// Which sides have been told the end of the other.
    told: [AtomicBool; 2],
    /// Which sides have failed: nothing arrives there any more.
    broken: [AtomicBool; 2],
    /// Whether something that each side gave waits for room on the other.
    pending: [AtomicBool; 2],
    /// Whether the direction that begins with each side waits for the rate to let it go on.
    paused: [AtomicBool; 2],
    /// What the near side gives is not read any more.
    stops: AtomicBool,
    /// How many bytes that each side gave the other never took.
    left: [AtomicU64; 2],
    /// Those of the near side, where they are ours.
    rest: Mutex<Vec<u8>>,
}

impl<'a> Traffic<'a> {
    fn new(Meter { bytes, tap }: Meter<'a>, pipes: &'static Pool, rate: Option<NonZeroU64>) -> Self {
        Self {
            pipes,
            rate,
            tap,
            begun: Instant::now(),
            last: AtomicU64::new(0),
            bytes,
            replies: AtomicU64::new(0),
            told: Default::default(),
            broken: Default::default(),
            pending: Default::default(),
            paused: Default::default(),
            stops: AtomicBool::new(false),
            left: Default::default(),
            rest: Mutex::default(),
        }
    }

    fn hear(&self, side: Side, piece: &[u8]) {
        match (self.tap, side) {
            (None, _) => {}
            (Some(tap), Side::Near) => tap.sent(piece),
            (Some(tap), Side::Far) => tap.received(piece),
        }
    }

    fn received(&self, side: Side, length: u64) {
        self.bytes[side as usize].fetch_add(length, Relaxed);
        if side == Side::Far {
            self.replies.fetch_add(1, Relaxed);
        }
        self.moves();
    }

    /// Remembers what the direction that begins with `side` has come to.
    fn note(&self, side: Side, event: &Event) {
        let (of, which) = match event {
            Event::Ended => (&self.told, side.other()),
            Event::ReadFailed(_) | Event::Gone(_) => (&self.broken, side),
            Event::WriteFailed(_) | Event::Lost(_) => (&self.broken, side.other()),
            Event::Closed | Event::Delivered => return,
        };
        of[which as usize].store(true, Relaxed);
    }

    /// Whether a side has been told its end, and may still get what came before.
    fn is_owed(&self, side: Side) -> bool {
        self.told[side as usize].load(Relaxed) && !self.broken[side as usize].load(Relaxed)
    }

    fn moves(&self) {
        let passed = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.last.store(passed, Relaxed);
    }

    /// Waits until so much may go that it is worth it; gives how much.
    async fn allowed(&self, side: Side, bucket: Option<&mut Bucket>) -> usize {
        let Some(bucket) = bucket else { return usize::MAX };
        self.pause(side, bucket.at(bucket.slice(), Instant::now())).await;
        bucket.allowed(Instant::now()).max(1)
    }

    /// Waits as the rate has it, which is not to be idle.
    async fn pause(&self, side: Side, until: Instant) {
        if until <= Instant::now() {
            return;
        }
        self.paused[side as usize].store(true, Relaxed);
        sleep_until(until.into()).await;
        self.paused[side as usize].store(false, Relaxed);
        self.moves();
    }

    fn keep(&self, rest: Vec<u8>) {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = rest;
    }

    fn take_rest(&self) -> Vec<u8> {
        std::mem::take(&mut *self.rest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether something of the near side waits for room.
    fn has_pending(&self) -> bool {
        self.pending[Side::Near as usize].load(Relaxed)
    }

    fn moved(&self) -> Moved {
        let is_paused = self.paused.iter().any(|paused| paused.load(Relaxed));
        let last = self.begun + Duration::from_micros(self.last.load(Relaxed));
        let last = if is_paused { Instant::now() } else { last };
        let held = self.pending[Side::Far as usize].load(Relaxed);
        Moved { last, replies: self.replies.load(Relaxed), held }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    /// A file into a fast socket is always ready, and what comes back has its turn all the same.
    #[tokio::test]
    async fn neither_direction_comes_first_where_both_are_ready() {
        let mut counts = [0_u32; 2];
        for _ in 0..1_000 {
            let (out, back) = (pin!(async { Event::Ended }), pin!(async { Event::Ended }));
            let (side, _) = either((out, true), (back, true)).await;
            counts[usize::from(side == Side::Far)] += 1;
        }
        // By chance alone it is less than one in 10 to the 30.
        assert!(counts.iter().all(|count| *count > 300), "{counts:?}");
    }
}
