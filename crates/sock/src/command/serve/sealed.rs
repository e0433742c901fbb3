//! What happens on one connection over TLS: the answers are those of [`stream`](super::stream), which a stream seals.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::timeout;

use super::answer::{Answer, Answers, CYCLE, SharedFile, chargen};
use super::stream::{HOLD, Held, part};
use crate::exit::Failure;
use crate::reply::{Template, incomplete_tail};
use crate::server::buffers::PIECE;
use crate::server::connection::Connection;
use crate::server::shared::Shared;
use crate::stream::{Broken, Stream};

/// Agrees with one client, and serves it until it is done or cannot be served any more.
pub(super) async fn serve(
    answers: &Answers,
    connection: &Arc<Connection>,
    shared: &Shared,
) -> Result<(), Failure> {
    let stream = match answers.front.stream(connection).await {
        Ok(stream) => stream,
        // We have shut it down, before there was anything to answer.
        Err(_) if shared.is_draining() => return Ok(()),
        Err(failure) => return Err(failure),
    };
    let client = Client { stream, connection, shared };
    match &answers.answer {
        Answer::Reply(template) => client.converse(Some(template)).await?,
        Answer::Echo => client.converse(None).await?,
        Answer::Discard => client.swallow().await?,
        Answer::Chargen => client.generate().await?,
        Answer::SendFile(file) => client.send_file(file).await?,
    }
    client.part().await
}

/// A client that is agreed with.
struct Client<'a> {
    stream: Stream,
    connection: &'a Arc<Connection>,
    shared: &'a Shared,
}

impl Client<'_> {
    /// Receives one piece and lends it to `take`; `None` at the end, which is ours to say while the server drains.
    async fn receive<R>(&self, mut take: impl FnMut(&[u8]) -> R) -> Result<Option<R>, Failure> {
        let taken = |piece: &[u8]| {
            self.shared.received(self.connection, piece);
            take(piece)
        };
        match self.stream.receive(PIECE, taken).await {
            // The receiving side was shut down, and so no close_notify came.
            Err(_) if self.shared.is_draining() => Ok(None),
            received => received,
        }
    }

    /// Answers each piece, with a template or as it is.
    async fn converse(&self, template: Option<&Template>) -> Result<(), Failure> {
        let mut held = Held::default();
        loop {
            let waits = !held.is_empty();
            let next = self.receive(|piece| self.answer(template, &mut held, piece));
            let owed = if waits {
                match timeout(HOLD, next).await {
                    Ok(received) => received?,
                    // The rest of the letter did not come.
                    Err(_) => Some(self.answer_held(template, &mut held)),
                }
            } else {
                next.await?
            };
            match owed {
                Some(owed) => self.pay(&owed?).await?,
                None => return self.pay(&self.answer_held(template, &mut held)?).await,
            }
        }
    }

    /// Answers a piece, but for the beginning of a letter at its end; gives what is owed.
    fn answer(&self, template: Option<&Template>, held: &mut Held, piece: &[u8]) -> Result<Vec<u8>, Failure> {
        let Some(template) = template else { return self.send(piece) };
        let input = [held.as_bytes(), piece].concat();
        let (whole, tail) = input.split_at(input.len() - incomplete_tail(&input));
        held.keep(tail);
        self.reply(template, whole)
    }

    fn answer_held(&self, template: Option<&Template>, held: &mut Held) -> Result<Vec<u8>, Failure> {
        let Some(template) = template else { return Ok(Vec::new()) };
        let rest = held.as_bytes().to_vec();
        held.keep(&[]);
        self.reply(template, &rest)
    }

    fn reply(&self, template: &Template, to: &[u8]) -> Result<Vec<u8>, Failure> {
        if to.is_empty() {
            return Ok(Vec::new());
        }
        let mut answer = Vec::new();
        template.fill(to, &mut answer);
        self.send(&answer)
    }

    /// Sends what there is room for; gives the rest, which is to be sent next.
    fn send(&self, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
        let sent = self.stream.try_send(bytes).map_err(why)?.unwrap_or(0);
        self.shared.sent(self.connection, sent);
        Ok(bytes[sent..].to_vec())
    }

    /// Sends what is owed, as the client makes room.
    async fn pay(&self, mut owed: &[u8]) -> Result<(), Failure> {
        while !owed.is_empty() {
            let sent = self.stream.send(owed).await.map_err(why)?;
            self.shared.sent(self.connection, sent);
            owed = &owed[sent..];
        }
        Ok(())
    }

    /// Reads until the client is done, and answers nothing.
    async fn swallow(&self) -> Result<(), Failure> {
        while self.receive(|_| ()).await?.is_some() {}
        Ok(())
    }

    /// Sends characters until the client is gone or the server is to end; what comes in is forgotten (RFC 864).
    async fn generate(&self) -> Result<(), Failure> {
        let pattern = chargen();
        let (mut offset, mut listening) = (0, true);
        // Asked for before looking, so that a drain in between is not missed.
        let mut drained = pin!(self.shared.drained.notified());
        while !self.shared.is_draining() {
            tokio::select! {
                () = &mut drained => return Ok(()),
                received = self.receive(|_| ()), if listening => listening = received?.is_some(),
                sent = self.stream.send(&pattern[offset..]) => {
                    let sent = sent.map_err(why)?;
                    self.shared.sent(self.connection, sent);
                    offset = (offset + sent) % CYCLE;
                }
            }
        }
        Ok(())
    }

    /// Sends the file, then the end; then waits for the client's end, so that nothing it was sent is lost to a reset.
    async fn send_file(&self, file: &SharedFile) -> Result<(), Failure> {
        let (mut piece, mut offset) = (vec![0; PIECE], 0);
        loop {
            match file.read_at(&mut piece, offset) {
                Ok(0) => break,
                Ok(length) => {
                    self.pay(&piece[..length]).await?;
                    offset += length as u64;
                }
                Err(error) => {
                    let doing = format_args!("read {} for {}", file.path().display(), self.connection.peer());
                    self.shared.journal.error(&Failure::io(doing, &error));
                    return Ok(());
                }
            }
        }
        drop(piece);
        let mut drained = pin!(self.shared.drained.notified());
        self.connection.said_all.store(true, Ordering::SeqCst);
        if self.shared.is_draining() {
            return Ok(());
        }
        self.stream.end().await.map_err(why)?;
        tokio::select! {
            swallowed = self.swallow() => swallowed,
            () = &mut drained => Ok(()),
        }
    }

    /// Says that nothing more comes. While the server drains the socket stays open for sending until the client has all
    /// of it: with both directions shut the kernel answers what comes with a reset.
    async fn part(&self) -> Result<(), Failure> {
        let Stream::Tls(tls) = &self.stream else { return Ok(()) };
        if self.shared.is_draining() && self.connection.may_lose_what_was_sent() {
            tls.say_end().await?;
            return Ok(part(self.connection).await?);
        }
        // A client that is done need not listen to our end.
        let _ = self.stream.end().await;
        Ok(())
    }
}

fn why(broken: Broken) -> Failure {
    match broken {
        Broken::Failed(failure) | Broken::Unwritable(failure) => failure,
        Broken::Closed => Failure::new(crate::exit::Exit::Reset, "nobody takes what is sent"),
    }
}
