//! The words of `sock listen`.

use clap::Args;

use super::access::AccessArgs;
use super::family::FamilyArgs;
use super::help::{self, LISTENS};
use super::talk::TalkArgs;
use super::tls::TlsArgs;
use super::values::{EndpointText, positive};
use crate::quantity::Period;

const LISTEN_EXAMPLES: &str = "\
Examples:
  sock listen 9000              one client, as nc -l 9000: type and read
  sock listen '*:9000' > file   from other machines too; what it sends
  sock listen :9000 < file      what it is sent
  sock listen unix:/tmp/app.sock --keep   one client after another";

/// `sock listen`.
#[derive(Args, Debug)]
#[command(after_help = help::more("listen"), after_long_help = help::of_endpoints(LISTENS, "", LISTEN_EXAMPLES))]
pub struct ListenArgs {
    /// Where to listen [default: 127.0.0.1:12345]
    ///
    /// A number alone is a port of this machine. Without ENDPOINT, sockets that systemd passes are used.
    #[arg(value_name = "ENDPOINT", value_parser = EndpointText, hide_possible_values = true)]
    pub endpoint: Option<String>,
    /// The port, where ENDPOINT is a host alone
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// Take the next client when one is done
    #[arg(long, short)]
    pub keep: bool,
    /// How long to wait for a client
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub timeout: Option<Period>,
    /// Who may come.
    #[command(flatten)]
    pub access: AccessArgs,
    /// What is sent and shown.
    #[command(flatten)]
    pub talk: TalkArgs,
    /// How TLS is set up.
    #[command(flatten)]
    pub tls: TlsArgs<true>,
}
