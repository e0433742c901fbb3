//! `sock connect`: standard input to a socket, the socket to standard output, byte for byte.
//!
//! It is the one pump ([`relay`](crate::relay)) between standard input and output and a stream. The end of the input is
//! passed on, and reading goes on until the peer is done, so that no byte is lost whatever the order of closing.

use berkeley::Socket;

use super::talk::{Answers, Talk, check, failed, joined};
use crate::cli::ConnectArgs;
use crate::endpoint::{Endpoint, Role};
use crate::exit::{Exit, Failure};
use crate::open;
use crate::signal::Signals;
use crate::stream::{Nature, SocketStream, Stream};

/// Runs the command.
pub fn run(args: &ConnectArgs) -> Result<Exit, Failure> {
    let outcome = super::on_a_runtime(connect(args));
    if let Err(failure) = &outcome {
        failed(&args.talk, failure);
    }
    outcome
}

/// Connects, and passes bytes until it is over.
async fn connect(args: &ConnectArgs) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let text = joined(&args.endpoint, args.port.as_deref())?;
    let endpoint = open::parse(&text, Role::Connect).map_err(Failure::misuse)?;
    open::listen::check_family(&endpoint, args.family.chosen())?;
    let scheme = endpoint.scheme;
    check(&args.talk, scheme, &[(args.wait.is_some(), "--wait"), (args.replies.is_some(), "--replies")])?;
    let place = endpoint.place.to_string();
    let socket = match opened(args, endpoint, &mut signals).await? {
        Ok(socket) => socket,
        Err(exit) => return Ok(exit),
    };
    let peer = socket.peer_address().map_or(place, |peer| peer.to_string());
    let far = Stream::Socket(SocketStream::new(socket, Nature::of(scheme))?);
    let mut talk = Talk::new(&args.talk, &mut signals)?;
    talk.announce(scheme, &peer, "connected to");
    talk.with(&far, Answers::new(args.wait, args.replies)).await
}

/// Opens the socket on a worker, so that a signal ends the wait; gives the exit code where one does.
async fn opened(
    args: &ConnectArgs,
    endpoint: Endpoint,
    signals: &mut Signals,
) -> Result<Result<Socket, Exit>, Failure> {
    let timeout = open::connect::connect_timeout(args.timeout, &endpoint)?;
    let family = args.family.chosen();
    let opening = tokio::task::spawn_blocking(move || open::connect::connect(&endpoint, family, timeout));
    tokio::select! {
        outcome = opening => match outcome {
            Ok(outcome) => outcome.map(Ok),
            Err(error) => Err(Failure::new(Exit::Other, format_args!("connect: {error}"))),
        },
        signal = signals.next() => Ok(Err(signal.exit())),
    }
}
