//! `sock serve`: listen, and answer what clients send.
//!
//! The server is in [`crate::server`]; here is what it answers ([`answer`], [`stream`]) or runs ([`program`]), and what
//! of that may go beyond this machine ([`guard`]).

mod answer;
mod guard;
mod program;
mod sealed;
mod stream;

use super::door::Door;
use super::host::{self, Ready};
use crate::cli::ServeArgs;
use crate::exit::{Exit, Failure};
use crate::server::Server;
use crate::server::front::Front;
use crate::server::gate::Gate;
use crate::server::journal::Journal;
use crate::server::shared::{Manner, Shared};
use answer::{Answer, Answers};

/// Runs the command.
pub fn run(args: &ServeArgs) -> Result<Exit, Failure> {
    host::run(&args.host, |ready, inherited, journal| {
        let mut door = Door::new(args.endpoint.as_deref(), args.family.chosen(), inherited)?;
        door.set_tls(&args.tls)?;
        let line = program::asked(&args.answer)?;
        refuse_what_cannot_be(args, &door)?;
        let gate = door.gate(&args.host.access)?;
        if let Some(line) = line {
            return host::serve(program::serve_at(args, ready, door, gate, line, journal), journal);
        }
        let answer = Answer::new(&args.answer)?;
        host::serve(serve_at(args, ready, door, gate, answer, journal), journal)
    })
}

/// Opens the sockets and serves them; the signals are listened for before anything is opened, so that none leaves a
/// socket's file behind.
async fn serve_at(
    args: &ServeArgs,
    ready: Ready,
    door: Door,
    gate: Gate,
    answer: Answer,
    journal: &Journal,
) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let listeners = door.open(&mut signals).await?;
    let silent_beyond = guard::guard(args, &listeners, &answer, journal)?;
    let idle = args.host.idle_timeout.map(|period| period.0);
    let shared = Shared::new(journal.clone(), idle, silent_beyond, Manner::Answers).behind(gate);
    let service = Answers::new(answer, Front::of(&listeners));
    host::serve_by(&args.host, ready, signals, listeners, Server { service, shared }).await
}

/// Options that cannot act are refused, never ignored.
fn refuse_what_cannot_be(args: &ServeArgs, door: &Door) -> Result<(), Failure> {
    if args.exec_stderr.is_some() && args.answer.exec.is_none() && args.answer.sh.is_none() {
        return Err(Failure::misuse("--exec-stderr needs --exec or --sh, whose standard error it is"));
    }
    let Some(scheme) = door.without_connections() else { return Ok(()) };
    let given = [
        (args.answer.exec.is_some(), "--exec"),
        (args.answer.sh.is_some(), "--sh"),
        (args.answer.send_file.is_some(), "--send-file"),
        (args.host.max_connections.is_some(), "--max-connections"),
        (args.host.idle_timeout.is_some(), "--idle-timeout"),
        (args.host.threads.is_some(), "--threads"),
        (args.host.grace.is_some(), "--grace"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, option)) => {
            let message = format!("{option} needs connections, and {scheme} has none");
            Err(Failure::misuse(message).hint("use tcp, unix or unix-seqpacket, or leave the option out"))
        }
        None => Ok(()),
    }
}
