//! Standard input and output as one stream: what is typed goes out, what comes is shown.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Broken;
use super::handle::Writer;
use super::input::Input;
use super::output::Output;
use crate::exit::Failure;

/// Standard input and output.
pub struct Standard {
    /// What is sent.
    pub input: Input,
    output: Mutex<Output>,
    writer: Writer,
    /// What is still to be written: where a write is given up midway, the next one begins with it.
    unwritten: Mutex<Vec<u8>>,
}

impl Standard {
    /// What `input` gives, and standard output, on which received bytes are shown as `output` has them.
    ///
    /// # Errors
    ///
    /// Fails where the reactor cannot have standard output.
    pub fn new(input: Input, output: Output) -> Result<Self, Failure> {
        let writer = Writer::new(io::stdout().as_fd()).map_err(|error| unwritten(&error))?;
        Ok(Self { input, output: Mutex::new(output), writer, unwritten: Mutex::default() })
    }

    pub(super) async fn receive<R>(
        &self,
        most: usize,
        take: impl FnMut(&[u8]) -> R,
    ) -> Result<Option<R>, Failure> {
        self.input.receive(most, take).await
    }

    /// `None` where there is no room now, and where it is to be shown otherwise than it is.
    pub(super) fn try_send(&self, bytes: &[u8]) -> Result<Option<usize>, Broken> {
        if !matches!(*held(&self.output), Output::Bytes) || !held(&self.unwritten).is_empty() {
            return Ok(None);
        }
        match self.writer.try_write(bytes) {
            Err(error) if is_passing(&error) => Ok(None),
            result => result.map(Some).map_err(|error| broken(&error)),
        }
    }

    pub(super) async fn send(&self, bytes: &[u8]) -> Result<(), Broken> {
        let shown = held(&self.output).show(bytes);
        self.write(&shown).await
    }

    /// Shows what was held back.
    pub(super) async fn end(&self) -> Result<(), Broken> {
        let rest = held(&self.output).rest();
        self.write(&rest).await
    }

    async fn write(&self, bytes: &[u8]) -> Result<(), Broken> {
        held(&self.unwritten).extend_from_slice(bytes);
        loop {
            self.writer.ready().await.map_err(|error| broken(&error))?;
            let mut unwritten = held(&self.unwritten);
            if unwritten.is_empty() {
                return Ok(());
            }
            match self.writer.try_write(&unwritten) {
                Ok(written) => drop(unwritten.drain(..written)),
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(broken(&error)),
            }
            if unwritten.is_empty() {
                return Ok(());
            }
        }
    }
}

/// What only one task has at a time, as a rule: nobody waits.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn broken(error: &io::Error) -> Broken {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Broken::Closed,
        _ => Broken::Unwritable(unwritten(error)),
    }
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::io("write standard output", error)
}
