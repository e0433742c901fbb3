//! `sock wait`: returns once servers accept connections, all of them, or fails at the deadline.

use std::time::{Duration, Instant};

use berkeley::Socket;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::talk::joined;
use crate::cli::WaitArgs;
use crate::endpoint::{Endpoint, Role};
use crate::exit::{Exit, Failure};
use crate::open;
use crate::report::console;
use crate::report::json::Event;
use crate::report::log::error_lines;
use crate::stream::{Nature, print_soon};

/// How long to pause before the next attempt, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(500)];

/// Runs the command.
pub fn run(args: &WaitArgs) -> Result<Exit, Failure> {
    let outcome = super::on_a_runtime(wait(args));
    if let (Err(failure), true) = (&outcome, args.json) {
        print_soon(Event::new("error").field("message", failure.message.as_str()).into_line());
    }
    outcome
}

async fn wait(args: &WaitArgs) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let start = Instant::now();
    let mut attempts = JoinSet::new();
    for text in &endpoints(args)? {
        let endpoint = open::parse(text, Role::Connect).map_err(Failure::misuse)?;
        open::listen::check_family(&endpoint, args.family.chosen())?;
        if !Nature::of(endpoint.scheme).connected {
            let message = format!("{text}: wait needs connections, and {} has none", endpoint.scheme);
            return Err(Failure::misuse(message).hint("wait for tcp, unix or unix-seqpacket"));
        }
        if endpoint.own.timeout.is_some() {
            let message = format!("{text}: ?timeout= cannot act: --timeout bounds the whole wait");
            return Err(Failure::misuse(message).hint("leave ?timeout= out"));
        }
        let (text, family, deadline) = (text.clone(), args.family.chosen(), start + args.timeout.0);
        attempts.spawn(async move { (accepted(endpoint, family, deadline).await, text) });
    }
    loop {
        tokio::select! {
            attempt = attempts.join_next() => match attempt {
                None => return Ok(Exit::Done),
                Some(Ok((Ok(()), text))) => say(args, &text, start.elapsed()),
                Some(Ok((Err(failure), text))) => return Err(named(&text, failure, args)),
                Some(Err(error)) => return Err(Failure::new(Exit::Other, format_args!("wait: {error}"))),
            },
            signal = signals.next() => return Ok(signal.exit()),
        }
    }
}

/// Tries until the endpoint accepts a connection, or until `deadline`; gives the last failure then.
async fn accepted(
    endpoint: Endpoint,
    family: Option<berkeley::Family>,
    deadline: Instant,
) -> Result<(), Failure> {
    let mut pause = PAUSES[0];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let attempt = endpoint.clone();
        let outcome = tokio::task::spawn_blocking(move || {
            // Zero would mean that there was none.
            let timeout = left.max(Duration::from_millis(1));
            open::connect::connect(&attempt, family, timeout).and_then(|socket| met_another(&socket))
        });
        match outcome.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) if failure.exit == Exit::Misuse => return Err(failure),
            Ok(Err(failure)) if Instant::now() >= deadline => return Err(failure),
            Ok(Err(_)) => sleep(pause.min(deadline.saturating_duration_since(Instant::now()))).await,
            Err(error) => return Err(Failure::new(Exit::Other, format_args!("connect: {error}"))),
        }
        pause = (pause * 2).min(PAUSES[1]);
    }
}

/// Whether somebody else accepted: TCP connects to itself where the kernel's choice of a port is the one asked for.
fn met_another(socket: &Socket) -> Result<(), Failure> {
    let (local, peer) = (socket.local_address()?, socket.peer_address()?);
    if local == peer && !local.is_unnamed() {
        return Err(Failure::new(Exit::Refused, format_args!("connect {peer}: only this command is there")));
    }
    Ok(())
}

/// The endpoints; a host and a port in two words are one.
fn endpoints(args: &WaitArgs) -> Result<Vec<String>, Failure> {
    match &args.endpoints[..] {
        [host, port] if !host.contains(':') && port.parse::<u16>().is_ok() => {
            joined(host, Some(port)).map(|endpoint| vec![endpoint])
        }
        endpoints => Ok(endpoints.to_vec()),
    }
}

/// What did not accept, for how long, and why not.
fn named(text: &str, failure: Failure, args: &WaitArgs) -> Failure {
    if failure.exit == Exit::Misuse {
        return failure;
    }
    let message = format!("{text} did not accept within {}: {}", args.timeout, failure.message);
    Failure::new(Exit::Timeout, message).hint("--timeout sets how long that may be")
}

fn say(args: &WaitArgs, text: &str, after: Duration) {
    if args.json {
        print_soon(Event::new("accepts").field("endpoint", text).seconds(after).into_line());
    } else if !args.quiet && std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        let line = format!("{text} accepts, after {:.1} s", after.as_secs_f64());
        console::say(error_lines(line, &[]));
    }
}

#[cfg(test)]
mod tests {
    use berkeley::{Family, Protocol, Type};

    use super::*;

    #[test]
    fn a_socket_that_has_connected_to_itself_has_met_nobody() {
        let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
        socket.set_timeout(Some(Duration::from_secs(5))).expect("a limit");
        socket.bind("127.0.0.1:0").expect("a free port");
        socket.connect(socket.local_address().expect("a bound socket")).expect("TCP connects to itself");
        assert_eq!(met_another(&socket).expect_err("nobody else").exit, Exit::Refused);
        let (left, _right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
        assert!(met_another(&left).is_ok());
    }
}
