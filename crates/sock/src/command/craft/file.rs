//! A capture file of what was sent, and of what came back.

use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::time::Duration;

use berkeley_packet::LinkType;
use berkeley_packet::file::Writer;

use crate::exit::Failure;
use crate::report::escape::escape;

/// The most bytes of a packet, as capture files state it.
const SNAP: u32 = 262_144;

pub(super) struct File {
    writer: Writer<BufWriter<fs::File>>,
    interface: u32,
    path: PathBuf,
}

impl File {
    /// A new file, of packets that begin as `link` says.
    pub(super) fn create(path: &Path, interface: &str, link: LinkType) -> Result<Self, Failure> {
        let open = || {
            let mut writer = Writer::pcapng(BufWriter::new(fs::File::create(path)?))?;
            let interface = writer.interface(interface, link, SNAP)?;
            Ok((writer, interface))
        };
        let (writer, interface) = open().map_err(|error| failed(path, &error))?;
        Ok(Self { writer, interface, path: path.to_owned() })
    }

    pub(super) fn packet(&mut self, time: Duration, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.writer.packet(self.interface, time, bytes.len(), bytes);
        written.map_err(|error| failed(&self.path, &error))
    }

    pub(super) fn close(mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let shown = escape(path.as_os_str().as_encoded_bytes(), usize::MAX);
    Failure::io(format_args!("write {shown}"), error)
}
