//! The words of `sock serve`.

use std::path::PathBuf;

use clap::Args;

use super::family::FamilyArgs;
use super::help;
use super::host::HostArgs;
use super::tls::TlsArgs;
use super::values::EndpointText;
use crate::reply::Template;

const SERVE_EXAMPLES: &str = "\
Examples:
  sock serve                                  TCP on 127.0.0.1:12345
  sock serve :0 --echo --ready-fd 3 3>ready   a free port, told to a file
  sock serve unix:/tmp/app.sock?mode=660 --reply 'you said {data}'
  sock serve tls://*:443 --cert own.pem       TLS; without --cert self-signed
  sock serve unix:/tmp/date.sock --exec date  a program for each client
  sock serve udp://*:9000 --discard --json    an event a datagram";

/// Where `sock serve` listens unless told otherwise.
pub const DEFAULT_ENDPOINT: &str = "127.0.0.1:12345";

/// `sock serve`.
#[derive(Args, Debug)]
#[command(after_help = help::more("serve"), after_long_help = help::of_endpoints(help::LISTENS, "", SERVE_EXAMPLES))]
pub struct ServeArgs {
    /// Where to listen [default: 127.0.0.1:12345]
    ///
    /// A number alone is a port of this machine. Without ENDPOINT, sockets that systemd passes are used.
    #[arg(value_name = "ENDPOINT", value_parser = EndpointText, hide_possible_values = true)]
    pub endpoint: Option<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How to answer.
    #[command(flatten)]
    pub answer: AnswerArgs,
    /// Where --exec and --sh write errors, in place of ours
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub exec_stderr: Option<PathBuf>,
    /// For how many, how long, and what is told.
    #[command(flatten)]
    pub host: HostArgs,
    /// How TLS is set up.
    #[command(flatten)]
    pub tls: TlsArgs<true>,
}

/// How `sock serve` answers; one of these, by default a reply.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct AnswerArgs {
    /// Answer each piece with this; {data} is the piece
    ///
    /// [default: Server received your data: {data}]
    #[arg(long, value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub reply: Option<Template>,
    /// Send back what comes (RFC 862)
    #[arg(long)]
    pub echo: bool,
    /// Answer nothing (RFC 863)
    #[arg(long)]
    pub discard: bool,
    /// Send lines of characters without end (RFC 864)
    #[arg(long, hide_short_help = true)]
    pub chargen: bool,
    /// Send each client this file, then the end
    #[arg(long, value_name = "PATH")]
    pub send_file: Option<PathBuf>,
    /// Run a program for each client
    ///
    /// Its input and output are the connection. Words are split as a shell splits them; nothing is expanded.
    #[arg(long, value_name = "CMD", allow_hyphen_values = true)]
    pub exec: Option<String>,
    /// Run a line of the shell's for each client
    #[arg(long, value_name = "CMD", allow_hyphen_values = true, hide_short_help = true)]
    pub sh: Option<String>,
}
