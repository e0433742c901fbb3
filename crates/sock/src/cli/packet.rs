//! The words in which packets are shown, for each command that shows them.

use clap::{Args, ValueEnum};

use crate::packet::{Look, Times};
use crate::report::table::width_of_output;

/// How packets are shown.
#[derive(Args, Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub struct PacketArgs {
    /// Show each layer as a box in the one that carries it
    ///
    /// Each field has its name, value, meaning and bytes.
    #[arg(long, conflicts_with = "json")]
    pub layers: bool,
    /// Show all bytes as a hex dump
    #[arg(long, conflicts_with = "json")]
    pub hex: bool,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// The time before each packet [default: relative]
    ///
    /// relative: seconds since the first packet; delta: since the packet before; absolute: the time of day (UTC); none.
    #[arg(long, value_name = "TIME", conflicts_with = "json", hide_possible_values = true)]
    pub time: Option<TimeWord>,
}

/// The words of `--time`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TimeWord {
    /// Seconds since the first packet
    Relative,
    /// The time of day, UTC
    Absolute,
    /// Seconds since the packet before
    Delta,
    /// No time
    None,
}

impl PacketArgs {
    /// What they come to.
    pub fn look(&self) -> Look {
        let times = match self.time {
            None | Some(TimeWord::Relative) => Times::Relative,
            Some(TimeWord::Absolute) => Times::Absolute,
            Some(TimeWord::Delta) => Times::Delta,
            Some(TimeWord::None) => Times::None,
        };
        Look { layers: self.layers, hex: self.hex, json: self.json, times, width: width_of_output() }
    }
}
