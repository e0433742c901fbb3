//! What `sock connect` and `sock listen` have in common: what is sent, and how what comes is shown.

use std::num::NonZeroU64;

use clap::Args;

use super::values::{datagram_size, positive};
use crate::quantity::{Period, Size};

/// What `sock connect` and `sock listen` send, and how they show what comes.
#[derive(Args, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub struct TalkArgs {
    /// Send TEXT, as it is, instead of standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "receive_only")]
    pub send: Option<String>,
    /// Send nothing, not even the end: only read
    #[arg(long, conflicts_with = "send_only")]
    pub receive_only: bool,
    /// Print nothing: send, then wait for the peer's end
    #[arg(long, hide_short_help = true)]
    pub send_only: bool,
    /// Send each newline as CR LF
    #[arg(long, conflicts_with = "receive_only")]
    pub crlf: bool,
    /// End when the peer does, though the input goes on
    #[arg(long)]
    pub end_with_peer: bool,
    /// Give up when nothing has moved for TIME
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub idle_timeout: Option<Period>,
    /// Datagrams: the most bytes of one [default: 1200]
    ///
    /// Each read of the input is sent as one.
    #[arg(long, value_name = "SIZE", value_parser = datagram_size, hide_short_help = true)]
    pub datagram_size: Option<Size>,
    /// Print what comes as a hex dump
    #[arg(long, conflicts_with_all = ["json", "send_only"])]
    pub hex: bool,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Print control characters even to a terminal
    #[arg(long, conflicts_with_all = ["json", "hex", "send_only"], hide_short_help = true)]
    pub raw: bool,
    /// Print only errors
    #[arg(long, short, conflicts_with = "json")]
    pub quiet: bool,
    /// The most bytes a second each way: what `sock relay --rate` has for its own standard input and output.
    #[arg(skip)]
    pub rate: Option<NonZeroU64>,
}
