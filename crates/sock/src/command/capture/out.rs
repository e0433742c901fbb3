//! Where bytes go in the end: a file, or what somebody reads, for whom nothing here stands still.

use std::fs::File;
use std::io::{self, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Sender, channel};

use crate::report::patience;

/// How many batches may wait for a reader. While they do, no packet is taken from the ring.
const WAITING: usize = 4;

/// A file, or a stream that may stall.
pub(super) enum Out {
    /// A file, and how much of it is whole packets.
    File(File, u64),
    /// What a thread of its own writes to.
    Stream(Stream),
}

/// A pipe, a terminal, standard output.
pub(super) struct Stream {
    batches: Option<Sender<Vec<u8>>>,
    writer: Option<JoinHandle<()>>,
    failed: Arc<Mutex<Option<io::Error>>>,
}

impl Out {
    /// A regular file, or else what is written to from a thread.
    pub(super) fn file(mut file: File) -> io::Result<Self> {
        if !file.metadata()?.is_file() {
            return Ok(Self::Stream(Stream::start(file)?));
        }
        let begun = file.stream_position()?;
        Ok(Self::File(file, begun))
    }

    /// Writes the batch, and leaves it empty. Given up halfway, it keeps what was not taken.
    pub(super) async fn write(&mut self, batch: &mut Vec<u8>) -> io::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        match self {
            Self::File(..) => self.write_to_file(batch),
            Self::Stream(stream) => stream.send(batch).await,
        }
    }

    /// The same where it need not be waited for, as it is a file; else it is left for later.
    pub(super) fn write_to_file(&mut self, batch: &mut Vec<u8>) -> io::Result<()> {
        let Self::File(file, whole) = self else { return Ok(()) };
        if let Err(error) = file.write_all(batch) {
            // Half a packet would spoil the file; a failure to cut it off is told by the first.
            let _ = file.set_len(*whole).and_then(|()| file.seek(SeekFrom::Start(*whole)).map(drop));
            return Err(error);
        }
        *whole += u64::try_from(batch.len()).unwrap_or(u64::MAX);
        batch.clear();
        Ok(())
    }

    /// Waits until all is written, for `limit` at most.
    pub(super) fn close(&mut self, limit: Duration) -> io::Result<()> {
        match self {
            Self::File(..) => Ok(()),
            Self::Stream(stream) => stream.close(limit),
        }
    }
}

impl Stream {
    /// Starts the thread.
    pub(super) fn start(mut out: impl io::Write + AsFd + Send + 'static) -> io::Result<Self> {
        let (batches, mut waiting) = channel::<Vec<u8>>(WAITING);
        let failed = Arc::new(Mutex::new(None));
        let told = Arc::clone(&failed);
        let write = move || {
            while let Some(batch) = waiting.blocking_recv() {
                if let Err(error) = patience::write(&mut out, &batch) {
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return;
                }
            }
        };
        let writer = thread::Builder::new().name("write".to_owned()).spawn(write)?;
        Ok(Self { batches: Some(batches), writer: Some(writer), failed })
    }

    async fn send(&mut self, batch: &mut Vec<u8>) -> io::Result<()> {
        let Some(batches) = &self.batches else { return Err(ErrorKind::BrokenPipe.into()) };
        match batches.reserve().await {
            Ok(place) => {
                place.send(std::mem::take(batch));
                Ok(())
            }
            Err(_) => Err(self.failure()),
        }
    }

    fn failure(&self) -> io::Error {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.unwrap_or_else(|| ErrorKind::BrokenPipe.into())
    }

    fn close(&mut self, limit: Duration) -> io::Result<()> {
        self.batches = None;
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let end = Instant::now() + limit;
        while !writer.is_finished() && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or(Ok(()), Err)
    }
}
