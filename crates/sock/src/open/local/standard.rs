//! Standard input and output: `-`.

use std::io::{self, IsTerminal as _};

use crate::exit::Failure;
use crate::open::worker::Connected;
use crate::report::terminal::TerminalFilter;
use crate::stream::{Input, Output, Standard, Stream};

pub(super) fn connected() -> Result<Connected, Failure> {
    // A terminal is shown what prints.
    let output =
        if io::stdout().is_terminal() { Output::Terminal(TerminalFilter::new()) } else { Output::Bytes };
    let stream = Stream::Standard(Standard::new(Input::standard()?, output)?);
    let peer = "standard input and output".to_owned();
    Ok(Connected { stream, peer, warnings: Vec::new(), notes: Vec::new() })
}
