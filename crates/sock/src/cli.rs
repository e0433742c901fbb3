//! The command line: one definition, from which the help, the completions and the man page are made.

use std::path::PathBuf;

use berkeley::Family;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::endpoint;
use crate::exit::Exit;
use crate::quantity::{Period, Size};
use crate::reply::Template;

const EXAMPLES: &str = "\
Examples:
  sock serve                             serve TCP on 127.0.0.1:12345
  sock connect 127.0.0.1:12345           talk to it; Ctrl-D ends
  echo hi | sock connect example.org:7   send, then read to the end
  sock serve udp://:9000 --echo          echo datagrams, on this machine
  sock connect unix:/run/app.sock        talk to a Unix socket
  sock resolve example.org:https         the addresses of a name
  sock options 127.0.0.1:80              every option of a connection";

// Lines of at most 72 columns: a man page indents them, and neither it nor clap may break them.
fn endpoints() -> String {
    format!(
        "Endpoints:
  scheme://place?option=value&flag
  :9000, *:9000                   to listen: locally, on every address
{}
Times: 500ms, 2s, 1m, 1h; a bare number is seconds.
Sizes: 64K, 1MiB (1024 each); a bare number is bytes.",
        endpoint::help()
    )
}

fn after_help() -> String {
    format!("{}\n\n{}", endpoints(), Exit::TABLE)
}

/// Serve, connect to and inspect sockets
#[derive(Debug, Parser)]
#[command(
    name = "sock",
    version,
    before_help = EXAMPLES,
    after_help = after_help(),
    arg_required_else_help = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Listen, and answer what clients send
    Serve(Box<ServeArgs>),
    /// Connect standard input and output to a socket
    Connect(Box<ConnectArgs>),
    /// Accept one client, like nc -l: what is typed goes to it
    Listen(Box<ListenArgs>),
    /// Wait until servers accept connections
    Wait(WaitArgs),
    /// Look up the addresses of names, the names of addresses
    Resolve(ResolveArgs),
    /// Show every option of a socket: value, unit, meaning
    Options(OptionsArgs),
    /// Show this machine's network interfaces
    Interfaces(InterfacesArgs),
    /// Print a shell's completion script
    Completions(CompletionsArgs),
    /// Print a man page
    Man(ManArgs),
}

const SERVE_EXAMPLES: &str = "\
Examples:
  sock serve                                  TCP on 127.0.0.1:12345
  sock serve :0 --echo --ready-fd 3 3>ready   a free port, told to a file
  sock serve unix:/tmp/app.sock?mode=660 --reply 'you said {data}'
  sock serve udp://*:9000 --discard --json    an event a datagram";

/// Where `sock serve` listens unless told otherwise.
pub const DEFAULT_ENDPOINT: &str = "127.0.0.1:12345";

/// `sock serve`.
#[derive(Args, Debug)]
#[command(before_help = SERVE_EXAMPLES, after_help = after_help())]
pub struct ServeArgs {
    /// Where to listen; a number alone is a port of this
    /// machine [default: 127.0.0.1:12345, or the sockets
    /// that systemd has opened]
    #[arg(value_name = "ENDPOINT", verbatim_doc_comment)]
    pub endpoint: Option<String>,
    /// Over which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How to answer.
    #[command(flatten)]
    pub answer: AnswerArgs,
    /// Serve one connection or datagram, then exit
    #[arg(long, conflicts_with = "max_connections")]
    pub once: bool,
    /// Serve N clients at a time; the others wait
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,
    /// Close a connection that is silent for so long
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub idle_timeout: Option<Period>,
    /// Time for pending replies after a signal
    /// [default: 10s]
    #[arg(long, value_name = "TIME", verbatim_doc_comment)]
    pub grace: Option<Period>,
    /// Once listening, write the addresses there
    #[arg(long, value_name = "FD", value_parser = descriptor)]
    pub ready_fd: Option<u32>,
    /// Worker threads [default: one a core, at most 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: Option<u16>,
    /// Print errors alone
    #[arg(long, short, conflicts_with = "json")]
    pub quiet: bool,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// How `sock serve` answers; one of these, by default a reply.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct AnswerArgs {
    /// Answer each piece with this; {data} is the piece
    /// [default: Server received your data: {data}]
    #[arg(long, value_name = "TEMPLATE", allow_hyphen_values = true, verbatim_doc_comment)]
    pub reply: Option<Template>,
    /// Send back what comes (RFC 862)
    #[arg(long)]
    pub echo: bool,
    /// Answer nothing (RFC 863)
    #[arg(long)]
    pub discard: bool,
    /// Send lines of characters without end (RFC 864)
    #[arg(long)]
    pub chargen: bool,
    /// Send each client this file, then the end
    #[arg(long, value_name = "PATH")]
    pub send_file: Option<PathBuf>,
}

const CONNECT_EXAMPLES: &str = "\
Examples:
  sock connect 127.0.0.1:12345             type and read; Ctrl-D ends
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | sock connect example.org:80
  sock connect udp://127.0.0.1:9000 --send hi --wait 200ms
  sock connect unix:/run/app.sock --receive-only > log";

/// `sock connect`.
#[derive(Args, Debug)]
#[command(before_help = CONNECT_EXAMPLES, after_help = after_help())]
pub struct ConnectArgs {
    /// Where to connect to
    #[arg(value_name = "ENDPOINT")]
    pub endpoint: String,
    /// The port, where ENDPOINT is a host alone
    #[arg(value_name = "PORT")]
    pub port: Option<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How long connecting may take, to all addresses
    /// of a name together [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = positive, verbatim_doc_comment)]
    pub timeout: Option<Period>,
    /// Datagrams: how long to wait for an answer after
    /// the end of input [default: 1s]
    #[arg(long, verbatim_doc_comment, value_name = "TIME", conflicts_with = "receive_only")]
    pub wait: Option<Period>,
    /// Datagrams: end when so many answers have come
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub replies: Option<u64>,
    /// What is sent and shown.
    #[command(flatten)]
    pub talk: TalkArgs,
}

/// What `sock connect` and `sock listen` send, and how they show what comes.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
pub struct TalkArgs {
    /// Send TEXT, as it is, instead of standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "receive_only")]
    pub send: Option<String>,
    /// Send nothing, not even the end: only read
    #[arg(long, conflicts_with = "send_only")]
    pub receive_only: bool,
    /// Print nothing: send, then wait for the peer's end
    #[arg(long)]
    pub send_only: bool,
    /// Send each newline as CR LF
    #[arg(long, conflicts_with = "receive_only")]
    pub crlf: bool,
    /// End when the peer does, though the input goes on
    #[arg(long)]
    pub end_with_peer: bool,
    /// Give up when nothing has moved for so long
    #[arg(long, value_name = "TIME", value_parser = positive)]
    pub idle_timeout: Option<Period>,
    /// Datagrams: one for each read of the input, of at
    /// most SIZE bytes [default: 1200]
    #[arg(long, verbatim_doc_comment, value_name = "SIZE", value_parser = datagram_size)]
    pub datagram_size: Option<Size>,
    /// Print what comes as a hex dump
    #[arg(long, conflicts_with_all = ["json", "send_only"])]
    pub hex: bool,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Print control characters even to a terminal
    #[arg(long, conflicts_with_all = ["json", "hex", "send_only"])]
    pub raw: bool,
    /// Print errors alone
    #[arg(long, short, conflicts_with = "json")]
    pub quiet: bool,
}

const LISTEN_EXAMPLES: &str = "\
Examples:
  sock listen 9000              one client, as nc -l 9000: type and read
  sock listen '*:9000' > file   from other machines too; what it sends
  sock listen :9000 < file      what it is sent
  sock listen unix:/tmp/app.sock --keep   one client after another";

/// `sock listen`.
#[derive(Args, Debug)]
#[command(before_help = LISTEN_EXAMPLES, after_help = after_help())]
pub struct ListenArgs {
    /// Where to listen; a bare port: locally
    #[arg(default_value = "127.0.0.1:12345", value_name = "ENDPOINT")]
    pub endpoint: String,
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
    /// What is sent and shown.
    #[command(flatten)]
    pub talk: TalkArgs,
}

const WAIT_EXAMPLES: &str = "\
Examples:
  sock wait 127.0.0.1:5432                  until a server accepts
  sock wait :80 unix:/run/app.sock --timeout 1m && ./start";

/// `sock wait`.
#[derive(Args, Debug)]
#[command(before_help = WAIT_EXAMPLES, after_help = after_help())]
pub struct WaitArgs {
    /// What is to accept connections, each of them
    #[arg(required = true, value_name = "ENDPOINT")]
    pub endpoints: Vec<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How long to wait for all of them together
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive)]
    pub timeout: Period,
    /// Print events, one JSON object a line
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print errors alone
    #[arg(long, short)]
    pub quiet: bool,
}

const RESOLVE_EXAMPLES: &str = "\
Examples:
  sock resolve example.org                its addresses, a line each
  sock resolve example.org:https -6       with a service's port, IPv6 alone
  sock resolve 192.0.2.1 [::1]:443        the names of two addresses
  sock resolve example.org --canonical --timeout 2s --json";

const RESOLVE_NOTES: &str = "\
Names:
  example.org                     a name: its addresses, best first
  example.org:https, :80          with a port; no host: this machine
  *:80                            what a server would listen on
  192.0.2.1, ::1, [fe80::1%eth0]  an address: its name

With several names each line starts with the name that it answers.
The names come from wherever the system looks: /etc/hosts, DNS, ...";

/// `sock resolve`.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
#[command(before_help = RESOLVE_EXAMPLES, after_help = format!("{RESOLVE_NOTES}\n\n{}", Exit::TABLE))]
pub struct ResolveArgs {
    /// A name, or an address to find the name of, and :PORT
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// Print each name's canonical name first
    #[arg(long)]
    pub canonical: bool,
    /// Print addresses in the order in which connecting
    /// tries them: the families in turn (RFC 8305)
    #[arg(long, verbatim_doc_comment)]
    pub connect_order: bool,
    /// The names of ports are UDP's, not TCP's
    #[arg(long)]
    pub udp: bool,
    /// How long all lookups may take together
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = positive)]
    pub timeout: Period,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Which of the two families of IP; neither for both.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub struct FamilyArgs {
    /// IPv4 alone
    #[arg(long, short = '4')]
    pub ipv4: bool,
    /// IPv6 alone
    #[arg(long, short = '6')]
    pub ipv6: bool,
}

impl FamilyArgs {
    /// The one that was asked for.
    pub fn chosen(self) -> Option<Family> {
        match self {
            Self { ipv4: true, .. } => Some(Family::INET),
            Self { ipv6: true, .. } => Some(Family::INET6),
            _ => None,
        }
    }
}

const OPTIONS_EXAMPLES: &str = "\
Examples:
  sock options                           a new TCP socket, as it is made
  sock options udp --only ip,rcvbuf      some options of a new UDP socket
  sock options example.org:80 --only tcp.info    a connection's figures
  sock options '127.0.0.1:80?rcvbuf=64K' --no-connect --json";

const KINDS: &str = "\
Kinds:
  tcp udp unix unix-dgram unix-seqpacket mptcp udplite sctp dccp icmp
  icmpv6 packet netlink vsock can isotp j1939 alg tipc xdp
  A kind alone is a new socket of it; tcp, udp and others of IP are
  over IPv4 unless -6 is given. tcp://?nodelay sets options on one.";

/// `sock options`.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one flag of the command line")]
#[command(before_help = OPTIONS_EXAMPLES, after_help = format!("{KINDS}\n\n{}", after_help()))]
pub struct OptionsArgs {
    /// A kind of socket, or an endpoint: it is connected,
    /// or made to listen (tcp-listen://...), and its ?options
    /// are set before [default: tcp]
    #[arg(value_name = "ENDPOINT", verbatim_doc_comment)]
    pub endpoint: Option<String>,
    /// Only these: a level (tcp), an option (tcp.nodelay or
    /// nodelay, or its name in C), or several with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',', verbatim_doc_comment)]
    pub only: Vec<String>,
    /// Every option there is, those of other sockets too
    #[arg(long, conflicts_with = "only")]
    pub all: bool,
    /// Neither connect nor listen: show the socket as made
    #[arg(long)]
    pub no_connect: bool,
    /// Which family.
    #[command(flatten)]
    pub family: FamilyArgs,
    /// How long connecting may take [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = positive, conflicts_with = "no_connect")]
    pub timeout: Option<Period>,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

const INTERFACES_EXAMPLES: &str = "\
Examples:
  sock interfaces            every interface of this machine
  sock interfaces eth0       one of them
  sock interfaces --json     an object each, for programs";

/// `sock interfaces`.
#[derive(Args, Debug)]
#[command(before_help = INTERFACES_EXAMPLES, after_help = Exit::TABLE)]
pub struct InterfacesArgs {
    /// The interface [default: all]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Print events, one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `sock completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `sock man`.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The subcommand [default: the page of sock itself]
    #[arg(value_name = "SUBCOMMAND")]
    pub subcommand: Option<String>,
}

/// The number of a descriptor that the parent process has left open.
fn descriptor(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "wants the number of an open descriptor, as in --ready-fd 3 3>ready".to_owned())
}

/// A time of more than zero.
fn positive(text: &str) -> Result<Period, String> {
    match text.parse::<Period>() {
        Ok(period) if period.0.is_zero() => Err("a time of zero would end before it began".to_owned()),
        Ok(period) => Ok(period),
        Err(error) => Err(error.to_string()),
    }
}

/// The largest payload of a UDP datagram over IPv4, in bytes.
const LARGEST_DATAGRAM: u64 = 65_507;

fn datagram_size(text: &str) -> Result<Size, String> {
    match text.parse::<Size>() {
        Ok(size) if (1..=LARGEST_DATAGRAM).contains(&size.0) => Ok(size),
        Ok(_) => Err(format!("a datagram holds 1 to {LARGEST_DATAGRAM} bytes")),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_text_may_begin_with_a_hyphen() {
        let serve = Cli::try_parse_from(["sock", "serve", "--reply", "-x", "--once"]).expect("a template");
        let Command::Serve(args) = serve.command else { panic!("serve is what was asked for") };
        assert_eq!((args.answer.reply, args.once), ("-x".parse().ok(), true));
        let connect = Cli::try_parse_from(["sock", "connect", ":1", "--send", "--json"]).expect("a text");
        let Command::Connect(args) = connect.command else { panic!("connect is what was asked for") };
        assert_eq!((args.talk.send.as_deref(), args.talk.json), (Some("--json"), false));
    }

    #[test]
    fn the_help_of_each_command_starts_with_examples() {
        for mut command in [Cli::command()].into_iter().chain(
            Cli::command()
                .get_subcommands()
                .filter(|c| !["completions", "man"].contains(&c.get_name()))
                .cloned(),
        ) {
            let help = command.render_help().to_string();
            assert!(help.starts_with("Examples:\n"), "{help}");
        }
    }

    #[test]
    fn the_help_fits_a_terminal_of_80_columns() {
        let mut sock = Cli::command();
        sock.build();
        for command in std::iter::once(&sock).chain(sock.get_subcommands()) {
            for line in command.clone().render_help().to_string().lines() {
                assert!(line.chars().count() <= 80, "sock {}: {line}", command.get_name());
            }
        }
    }
}
