//! Programs: `exec:` and `sh:`.
//!
//! A program has a pipe for each direction rather than one socket for both: so each ends by itself, whoever ends it
//! first, and `/dev/stdin` and `/dev/stdout` can be opened.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

use rustix::termios::{tcgetwinsize, tcsetwinsize};

use super::opened;
use super::terminal::Pty;
use crate::endpoint::{Endpoint, Nature, Place, Scheme};
use crate::exit::Failure;
use crate::open::worker::{Connected, on_a_worker};
use crate::program::ucspi::Variable;
use crate::program::{Line, start};
use crate::stream::{LocalStream, Parts, Program, Source, Stream, Terminal};

/// What is said of what no program is behind, which does not happen.
const REFUSAL: &str = "the program has no input";

/// What a program has around it, beside its input and output.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Variables of its environment.
    pub variables: Vec<Variable>,
    /// Standard error; `None` for ours.
    pub stderr: Option<File>,
}

/// Starts a program; its input and output are the stream.
///
/// # Errors
///
/// Fails where it cannot be started.
pub async fn started(line: &Line, around: Surroundings) -> Result<Stream, Failure> {
    let (line, name) = (line.clone(), line.name.clone());
    let mut child = on_a_worker("start a program", move || on_pipes(&line, around)).await?;
    let reader = child.stdout.take().map(|pipe| Source::Own(pipe.into()));
    let writer = child.stdin.take().map(|pipe| Source::Own(pipe.into()));
    // Before anything can fail: what is dropped ends it.
    let program = Program::new(name.clone(), child);
    let parts = Parts { name, nature: Nature::STREAM, reader, writer, refusal: REFUSAL };
    Ok(Stream::Local(Box::new(LocalStream::new(parts)?.of_program(program))))
}

pub(super) async fn connected(endpoint: Endpoint) -> Result<Connected, Failure> {
    let line = line(&endpoint)?;
    let (name, pty) = (line.name.clone(), endpoint.own.local.pty);
    if pty {
        let (child, master) = on_a_worker("start a program", move || on_a_terminal(&line)).await?;
        return of_terminal(name, child, master);
    }
    let stream = started(&line, Surroundings::default()).await?;
    Ok(Connected { stream, peer: name, warnings: Vec::new(), notes: Vec::new() })
}

/// What a person may want to know of a program before it is started.
pub(super) fn note(endpoint: &Endpoint) -> Option<String> {
    let name = line(endpoint).ok().filter(|_| endpoint.own.local.pty)?.name;
    Some(format!(
        "{name}: a terminal has no half-close; the end of the input goes as Ctrl-D where lines are read"
    ))
}

/// The command line that an endpoint stands for.
fn line(endpoint: &Endpoint) -> Result<Line, Failure> {
    let Place::Literal(text) = &endpoint.place else {
        return Err(Failure::misuse(format_args!("{endpoint}: wants a command")));
    };
    if endpoint.scheme == Scheme::Sh { Ok(Line::sh(text)) } else { Line::exec(text).map_err(Failure::misuse) }
}

fn on_pipes(line: &Line, around: Surroundings) -> Result<Child, Failure> {
    let mut command = line.command();
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    if let Some(stderr) = around.stderr {
        command.stderr(stderr);
    }
    for (name, value) in around.variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    start(&mut command, false).map_err(|error| line.failure(&error))
}

/// Starts it on a new terminal, standard error too: a prompt goes there. The terminal is as wide as ours.
fn on_a_terminal(line: &Line) -> Result<(Child, OwnedFd), Failure> {
    let pty = Pty::new()?;
    let slave = pty.slave()?;
    let master = pty.master;
    if let Ok(size) = tcgetwinsize(std::io::stdin()) {
        // It is as it is otherwise.
        let _ = tcsetwinsize(&master, size);
    }
    let failed = |error: &std::io::Error| Failure::io("open a terminal", error);
    let second = || slave.try_clone().map_err(|error| failed(&error));
    let mut command = line.command();
    command.stdin(second()?).stdout(second()?).stderr(second()?);
    let child = start(&mut command, true).map_err(|error| line.failure(&error))?;
    Ok((child, master))
}

fn of_terminal(name: String, child: Child, master: OwnedFd) -> Result<Connected, Failure> {
    let program = Program::new(name.clone(), child);
    let [read, write, mode] = super::terminal::three(master)?;
    let parts = Parts {
        name: name.clone(),
        nature: Nature::ON_A_TERMINAL,
        reader: Some(Source::Own(read)),
        writer: Some(Source::Own(write)),
        refusal: REFUSAL,
    };
    let stream = LocalStream::new(parts)?.of_program(program).of_terminal(Terminal::new(mode));
    Ok(opened(stream, name, Vec::new()))
}
