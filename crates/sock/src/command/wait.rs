//! `sock wait`: returns once servers accept connections, all of them, or fails at the deadline.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::talk::joined;
use crate::cli::WaitArgs;
use crate::endpoint::Role;
use crate::exit::{Exit, Failure};
use crate::open;
use crate::report::console;
use crate::report::json::Event;
use crate::stream::{Nature, print_soon};

/// Runs the command.
pub fn run(args: &WaitArgs) -> Result<Exit, Failure> {
    let outcome = super::on_a_runtime(wait(args));
    if let (Err(failure), true) = (&outcome, args.json) {
        print_soon(failure.event().into_line());
    }
    outcome
}

async fn wait(args: &WaitArgs) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let start = Instant::now();
    let Some(deadline) = start.checked_add(args.timeout.0) else {
        let message = format!("--timeout {}: no clock goes so far", args.timeout);
        return Err(Failure::misuse(message).hint("leave it out for 30s"));
    };
    let proxies = open::via::proxies(&args.via)?;
    let mut attempts = JoinSet::new();
    for text in &endpoints(args)? {
        let mut endpoint = open::parse(text, Role::Connect).map_err(Failure::misuse)?;
        open::via::set(&mut endpoint, &proxies)?;
        open::listen::check_family(&endpoint, args.family.chosen())?;
        if !Nature::of(endpoint.scheme).connected {
            let message = format!("{text}: wait needs connections, and {} has none", endpoint.scheme);
            return Err(Failure::misuse(message).hint("wait for tcp, unix or unix-seqpacket"));
        }
        super::refuse_layers(&endpoint, "wait", "wait for what carries it, as in tcp://HOST:PORT")?;
        let given = [(endpoint.own.timeout.is_some(), "timeout"), (endpoint.own.retry.is_some(), "retry")];
        if let Some((_, option)) = given.iter().find(|(given, _)| *given) {
            let message = format!("{text}: ?{option}= cannot act: --timeout bounds the whole wait");
            return Err(Failure::misuse(message).hint(format!("leave ?{option}= out")));
        }
        let (text, family) = (text.clone(), args.family.chosen());
        attempts.spawn(async move { (open::accepted(endpoint, family, deadline).await, text) });
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
    let hints = vec!["--timeout sets how long that may be".to_owned()];
    Failure { exit: Exit::Timeout, message, hints, ..failure }
}

fn say(args: &WaitArgs, text: &str, after: Duration) {
    if args.json {
        print_soon(Event::new("accepts").field("endpoint", text).seconds(after).into_line());
    } else if !args.quiet && console::is_terminal() {
        let line = format!("{text} accepts, after {:.1} s", after.as_secs_f64());
        console::note(line);
    }
}
