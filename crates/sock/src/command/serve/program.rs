//! `--exec` and `--sh`: a program for each client, whose input and output are the connection.
//!
//! Its bytes go through the pump, as those of `sock relay` do, and not to the client's socket itself: so they are
//! counted, idle ones are seen, each direction ends by itself, TLS is as good as TCP, and the `O_NONBLOCK` that our
//! side needs is none of the program's.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::super::door::Door;
use super::super::host::{self, Ready};
use super::super::relay::outcome;
use crate::cli::{AnswerArgs, ServeArgs};
use crate::exit::{Exit, Failure};
use crate::open::{Surroundings, started};
use crate::program::{DESCRIPTORS, Line, ucspi};
use crate::relay::{Rules, relay};
use crate::server::connection::Connection;
use crate::server::front::Front;
use crate::server::gate::Gate;
use crate::server::journal::Journal;
use crate::server::once::Once;
use crate::server::shared::{Manner, Shared};
use crate::server::{Server, Service};
use crate::stream::Stream;

/// What is run for each client.
#[derive(Debug)]
pub(super) struct Programs {
    line: Line,
    /// Where standard error goes; `None` for ours.
    stderr: Option<File>,
    front: Front,
    idle: Option<Duration>,
    once: Once,
}

/// The command line that was asked for, which is known to be one.
pub(super) fn asked(args: &AnswerArgs) -> Result<Option<Line>, Failure> {
    let line = match (&args.exec, &args.sh) {
        (Some(text), _) => {
            Line::exec(text).map_err(|error| Failure::misuse(format_args!("--exec {text}: {error}")))?
        }
        (None, Some(text)) => Line::sh(text),
        (None, None) => return Ok(None),
    };
    if !line.is_there() {
        return Err(line.failure(&std::io::ErrorKind::NotFound.into()));
    }
    Ok(Some(line))
}

/// Opens the sockets and serves them, a program for each client.
pub(super) async fn serve_at(
    args: &ServeArgs,
    ready: Ready,
    door: Door,
    gate: Gate,
    line: Line,
    journal: &Journal,
) -> Result<Exit, Failure> {
    let stderr = args.exec_stderr.as_deref().map(opened).transpose()?;
    let mut signals = super::super::signals()?;
    let listeners = door.open_to_programs("--exec", &args.host.access, &mut signals, journal).await?;
    let idle = args.host.idle_timeout.map(|period| period.0);
    let once = Once::new(args.host.once);
    let service = Programs { line, stderr, front: Front::of(&listeners), idle, once };
    // The pump sees to the idle, by what moves either way.
    let shared =
        Shared::new(journal.clone(), None, false, Manner::Answers).behind(gate).sparing(DESCRIPTORS)?;
    host::serve_by(&args.host, ready, signals, listeners, Server { service, shared }).await
}

fn opened(path: &Path) -> Result<File, Failure> {
    let file = File::options().append(true).create(true).open(path);
    file.map_err(|error| Failure::io(format_args!("--exec-stderr {}", path.display()), &error))
}

impl Programs {
    /// Starts the program of a client.
    async fn start(&self, connection: &Connection) -> Result<Stream, Failure> {
        let tls = !self.front.is_plain();
        let variables = ucspi::variables(connection.socket.socket(), connection.behind(), tls);
        let stderr = self.stderr.as_ref().map(File::try_clone).transpose();
        let stderr = stderr.map_err(|error| Failure::io("--exec-stderr", &error))?;
        started(&self.line, Surroundings { variables, stderr }).await
    }

    async fn run(&self, connection: &Arc<Connection>, shared: &Shared) -> Result<(), Failure> {
        let near = tokio::select! {
            near = self.front.stream(connection) => near.inspect_err(|_| connection.stream().reset())?,
            () = shared.until_cut_off() => return Ok(()),
        };
        connection.notice_when_gone();
        let far = shared.opening(connection, || self.start(connection)).await;
        let far = far.inspect_err(|failure| {
            // An end would say that the answer is whole, and empty.
            near.reset();
            if !self.once.is_it() {
                shared.journal.error(failure);
            }
        })?;
        let rules = Rules { idle: self.idle, ..Rules::between(near.nature(), far.nature()) };
        let report = relay(&near, &far, rules, connection.bytes(), shared.until_cut_off()).await;
        outcome(report, &near, &far)
    }
}

impl Service for Programs {
    async fn serve(&self, connection: &Arc<Connection>, shared: &Shared) -> Result<(), Failure> {
        let outcome = Box::pin(self.run(connection, shared)).await;
        self.once.note(&outcome);
        outcome
    }

    fn take_failure(&self) -> Option<Failure> {
        self.once.take()
    }

    fn has_files(&self) -> bool {
        self.front.has_files()
    }

    fn reload(&self) -> Result<(), Failure> {
        self.front.reload()
    }

    fn answer(&self, _: &[u8], _: &mut Vec<u8>) -> bool {
        false
    }
}
