//! What happens on one connection: pieces in, answers out, until the peer is done.
//!
//! The shared buffers are borrowed only between readiness and the end of the answer. What the socket does not take at
//! once is owed: it waits in a vector of its own, and nothing more is read from that client until it is gone.

use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use berkeley::{AsyncSocket, Error, Flags, ReadReady, Result, Socket};
use tokio::time::{sleep, timeout};

use super::answer::{Answer, Answers, CYCLE, SharedFile, chargen};
use super::sealed;
use crate::exit::Failure;
use crate::reply::{Template, incomplete_tail};
use crate::server::buffers::{Buffers, PIECE, with_buffers};
use crate::server::connection::{Connection, Received};
use crate::server::shared::Shared;

/// How long the beginning of a letter waits for its rest.
pub(super) const HOLD: Duration = Duration::from_millis(100);

/// How often it is looked whether a client has all that it was sent, once the server is to end.
const LOOK: Duration = Duration::from_millis(10);

/// Serves one client until it is done, or cannot be served any more.
pub(super) async fn serve(
    answers: &Answers,
    connection: &Arc<Connection>,
    shared: &Shared,
) -> std::result::Result<(), Failure> {
    if !answers.front.is_plain() {
        // On the heap: a plain connection is not to carry the room that TLS takes.
        return Box::pin(sealed::serve(answers, connection, shared)).await;
    }
    match &answers.answer {
        Answer::Reply(template) => converse(connection, shared, Some(template)).await?,
        Answer::Echo => converse(connection, shared, None).await?,
        Answer::Discard => return Ok(swallow(connection, shared).await?),
        // On the heap: these need more room than an idle conversation should take. An endless answer is owed to nobody.
        Answer::Chargen => return Ok(Box::pin(generate(connection, shared)).await?),
        Answer::SendFile(file) => Box::pin(send_file(connection, shared, file)).await?,
    }
    if shared.is_draining() && connection.may_lose_what_was_sent() {
        Box::pin(part(connection)).await?;
    }
    Ok(())
}

/// Ends a conversation that the client goes on with: not before its kernel has all that was sent.
///
/// Closed earlier, the kernel would answer whatever comes with a reset, and a reset takes back what waits in the send
/// queue; so it does when both directions are shut down, so neither is shut here. What comes is read and forgotten.
/// There is no event to wait for: a receiving side that is shut is always ready, and an empty send queue tells nobody.
pub(super) async fn part(connection: &Connection) -> Result<()> {
    let socket = connection.socket.socket();
    while socket.unsent()? > 0 {
        // A client that has reset the connection leaves its send queue as it was.
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        forget(socket)?;
        sleep(LOOK).await;
    }
    forget(socket)
}

/// Receives and forgets what is there, though no more than others can wait for.
fn forget(socket: &Socket) -> Result<()> {
    const PIECES: usize = 16;
    with_buffers(|buffers| {
        for _ in 0..PIECES {
            match socket.try_recv(&mut buffers.input, Flags::NONE) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.is_would_block() || error.is_interrupted() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })
}

/// What one piece came to.
enum Step {
    /// Answered, as far as it is to be.
    Answered,
    /// These bytes of the answer are owed.
    Owed(Vec<u8>),
    /// The peer is done.
    End,
}

/// Answers each piece, with a template or as it is.
async fn converse(connection: &Connection, shared: &Shared, template: Option<&Template>) -> Result<()> {
    let mut talk = Talk { connection, shared, template, held: Held::default() };
    loop {
        let step = if talk.held.is_empty() {
            connection.socket.recv_ready(|ready| talk.take(ready)).await?
        } else {
            let next = connection.socket.recv_ready(|ready| talk.take(ready));
            match Box::pin(timeout(HOLD, next)).await {
                Ok(step) => step?,
                Err(_) => talk.answer_held()?,
            }
        };
        match step {
            Step::Answered => {}
            // On the heap: no client that takes its answers is to carry the room for one that does not.
            Step::Owed(rest) => Box::pin(pay(connection, shared, &rest)).await?,
            Step::End => {
                if let Step::Owed(rest) = talk.answer_held()? {
                    Box::pin(pay(connection, shared, &rest)).await?;
                }
                return Ok(());
            }
        }
    }
}

/// The beginning of a letter whose rest has not come: at most 3 bytes.
#[derive(Default)]
pub(super) struct Held {
    bytes: [u8; 3],
    length: usize,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub(super) fn keep(&mut self, tail: &[u8]) {
        self.length = tail.len();
        self.bytes[..tail.len()].copy_from_slice(tail);
    }
}

struct Talk<'a> {
    connection: &'a Connection,
    shared: &'a Shared,
    template: Option<&'a Template>,
    held: Held,
}

impl Talk<'_> {
    /// Receives one piece and answers it.
    fn take(&mut self, ready: &mut ReadReady<'_>) -> Result<Step> {
        with_buffers(|buffers| {
            let held = self.held.length;
            buffers.input[..held].copy_from_slice(self.held.as_bytes());
            let Received::Piece(length) = self.connection.receive(ready, buffers, held)? else {
                return Ok(Step::End);
            };
            self.shared.received(self.connection, &buffers.input[held..held + length]);
            self.answer(buffers, held + length)
        })
    }

    /// Answers the first `length` bytes of the input, but for the beginning of a letter at their end.
    fn answer(&mut self, buffers: &mut Buffers, length: usize) -> Result<Step> {
        let Buffers { input, output, .. } = buffers;
        let Some(template) = self.template else { return self.send(&input[..length]) };
        // A message is whole as it is.
        let tail = if self.connection.keeps_messages() { 0 } else { incomplete_tail(&input[..length]) };
        let (piece, tail) = input[..length].split_at(length - tail);
        self.held.keep(tail);
        if piece.is_empty() && !self.connection.keeps_messages() {
            return Ok(Step::Answered);
        }
        template.fill(piece, output);
        self.send(output)
    }

    /// Answers what was held back: its rest did not come.
    fn answer_held(&mut self) -> Result<Step> {
        let (Some(template), false) = (self.template, self.held.is_empty()) else {
            return Ok(Step::Answered);
        };
        let mut answer = Vec::new();
        template.fill(self.held.as_bytes(), &mut answer);
        self.held.keep(&[]);
        self.send(&answer)
    }

    fn send(&self, answer: &[u8]) -> Result<Step> {
        if answer.is_empty() && !self.connection.keeps_messages() {
            return Ok(Step::Answered);
        }
        // A message is taken whole, or not at all.
        let Some(sent) = send_now(&self.connection.socket, answer)? else {
            return Ok(Step::Owed(answer.to_vec()));
        };
        self.shared.sent(self.connection, sent);
        Ok(if sent < answer.len() { Step::Owed(answer[sent..].to_vec()) } else { Step::Answered })
    }
}

/// Sends what there is room for at once; `None` where there is none.
fn send_now(socket: &AsyncSocket, bytes: &[u8]) -> Result<Option<usize>> {
    match socket.socket().try_send(bytes, Flags::NONE) {
        Err(error) if error.is_would_block() || error.is_interrupted() => Ok(None),
        result => result.map(Some),
    }
}

/// Sends the pending reply, as the client makes room.
async fn pay(connection: &Connection, shared: &Shared, owed: &[u8]) -> Result<()> {
    let mut rest = owed;
    loop {
        // A message that is empty is sent too.
        let sent = connection.socket.send(rest).await?;
        shared.sent(connection, sent);
        rest = &rest[sent..];
        if rest.is_empty() {
            return Ok(());
        }
    }
}

/// Reads until the peer is done, and answers nothing.
async fn swallow(connection: &Connection, shared: &Shared) -> Result<()> {
    while swallow_one(connection, shared).await? != Received::End {}
    Ok(())
}

/// Receives and forgets one piece.
async fn swallow_one(connection: &Connection, shared: &Shared) -> Result<Received> {
    connection
        .socket
        .recv_ready(|ready| {
            with_buffers(|buffers| {
                let received = connection.receive(ready, buffers, 0)?;
                if let Received::Piece(length) = received {
                    shared.received(connection, &buffers.input[..length]);
                }
                Ok(received)
            })
        })
        .await
}

/// Sends characters until the client is gone or the server is to end; what comes in is forgotten (RFC 864).
async fn generate(connection: &Connection, shared: &Shared) -> Result<()> {
    let pattern = chargen();
    let (mut offset, mut listening) = (0, true);
    // Asked for before looking, so that a drain in between is not missed. The end of the input alone would not do: a
    // client that ended its side earlier, and reads nothing, would keep the server until the grace is over.
    let mut drained = pin!(shared.drained.notified());
    while !shared.is_draining() {
        tokio::select! {
            () = &mut drained => return Ok(()),
            received = swallow_one(connection, shared), if listening => listening = received? != Received::End,
            sent = connection.socket.send(&pattern[offset..]) => {
                let sent = sent?;
                shared.sent(connection, sent);
                offset = (offset + sent) % CYCLE;
            }
        }
    }
    Ok(())
}

/// Sends the file, then the end; then waits for the client's end, so that nothing it was sent is lost to a reset.
async fn send_file(connection: &Connection, shared: &Shared, file: &SharedFile) -> Result<()> {
    if !connection.keeps_messages() {
        send_parts(connection, shared, file).await?;
    } else if !send_messages(connection, shared, file).await? {
        return Ok(());
    }
    let mut drained = pin!(shared.drained.notified());
    connection.said_all.store(true, Ordering::SeqCst);
    if shared.is_draining() {
        return Ok(());
    }
    connection.socket.shutdown(Shutdown::Write)?;
    tokio::select! {
        swallowed = swallow(connection, shared) => swallowed,
        () = &mut drained => Ok(()),
    }
}

/// Sends the file to a stream without its bytes passing through the program (sendfile(2)).
async fn send_parts(connection: &Connection, shared: &Shared, file: &SharedFile) -> Result<()> {
    let mut offset = 0;
    loop {
        let part = connection.socket.send_file(file.file(), offset, Some(PIECE as u64));
        match while_it_moves(connection, shared, part).await {
            Ok(0) => return Ok(()),
            Ok(sent) => {
                shared.sent(connection, usize::try_from(sent).unwrap_or(usize::MAX));
                offset += sent;
                // A client that takes all at once must not keep the thread to itself.
                tokio::task::consume_budget().await;
            }
            Err(error) => {
                shared.sent(connection, error.bytes_sent());
                return Err(error);
            }
        }
    }
}

/// Waits for a part to be sent; a client that takes little of it at a time is not idle meanwhile.
async fn while_it_moves<T>(connection: &Connection, shared: &Shared, part: impl Future<Output = T>) -> T {
    let Some(idle) = shared.idle else { return part.await };
    let mut part = pin!(part);
    let mut waiting = connection.socket.socket().unsent().ok();
    loop {
        tokio::select! {
            biased;
            sent = &mut part => return sent,
            () = sleep(idle / 4) => {
                let now = connection.socket.socket().unsent().ok();
                if now != waiting {
                    connection.touch();
                    waiting = now;
                }
            }
        }
    }
}

/// Sends the file in messages, through the shared buffer; false where it cannot be read.
async fn send_messages(connection: &Connection, shared: &Shared, file: &SharedFile) -> Result<bool> {
    let mut offset = 0;
    loop {
        match send_chunk(connection, file, offset)? {
            Chunk::End => return Ok(true),
            Chunk::Sent(0) => connection.socket.writable().await?,
            Chunk::Sent(sent) => {
                shared.sent(connection, sent);
                offset += sent as u64;
                // A client that takes all at once must not keep the thread to itself.
                tokio::task::consume_budget().await;
            }
            Chunk::Unreadable(error) => {
                let path = file.path().display();
                let doing = format_args!("read {path} for {}", connection.peer());
                shared.journal.error(&Failure::io(doing, &error).done_to("read", path));
                return Ok(false);
            }
        }
    }
}

enum Chunk {
    End,
    Sent(usize),
    Unreadable(std::io::Error),
}

/// Sends a part of the file through the shared buffer; a slow client owns none, and its part is read again.
fn send_chunk(connection: &Connection, file: &SharedFile, offset: u64) -> std::result::Result<Chunk, Error> {
    with_buffers(|buffers| match file.read_at(&mut buffers.input[..PIECE], offset) {
        Ok(0) => Ok(Chunk::End),
        Ok(length) => match connection.socket.try_send(&buffers.input[..length]) {
            Err(error) if error.is_would_block() => Ok(Chunk::Sent(0)),
            result => result.map(Chunk::Sent),
        },
        Err(error) => Ok(Chunk::Unreadable(error)),
    })
}
