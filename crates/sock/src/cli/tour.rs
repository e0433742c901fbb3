//! The words of `sock tour`.

use clap::{Args, ValueEnum};

use super::help;

const TOUR_EXAMPLES: &str = "\
Examples:
  sock tour                    about ten seconds; nothing is left behind
  sock tour --step             a key at a time
  sock tour --lang zh          in Chinese
  sock tour --plain | less     sentences, without drawings
  sudo sock tour               with its packets, captured as they come
  sock tour --explain          with every system call below";

const TOUR_NOTES: &str = "\
It needs no privilege, and no network but the loopback. With CAP_NET_RAW its
packets are captured; without, they are built from what the sockets
report, and it says so.";

/// `sock tour`.
#[derive(Args, Debug)]
#[command(after_help = help::more("tour"), after_long_help = help::of(TOUR_NOTES, TOUR_EXAMPLES))]
pub struct TourArgs {
    /// The language: en or zh [default: that of LANG]
    #[arg(long, value_name = "LANGUAGE", hide_possible_values = true)]
    pub lang: Option<Language>,
    /// Wait for a key between scenes; q ends
    #[arg(long, conflicts_with = "json")]
    pub step: bool,
    /// Sentences in place of drawings, as a screen reader wants
    #[arg(long, conflicts_with = "json")]
    pub plain: bool,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// The languages of the tour.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Language {
    /// English
    #[value(name = "en")]
    English,
    /// Chinese
    #[value(name = "zh")]
    Chinese,
}
