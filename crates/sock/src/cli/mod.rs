//! The command line: one definition, from which the help, the completions and the man pages are made.
//!
//! A file holds the words of a subcommand; what several have in common has its own.

mod access;
mod capture;
mod connect;
mod craft;
mod decode;
mod family;
mod help;
mod host;
mod inspect;
mod interfaces;
mod listen;
mod options;
mod packet;
mod pages;
mod ping;
mod relay;
mod resolve;
mod serve;
mod talk;
mod tls;
mod tour;
mod trace;
mod values;
mod via;
mod wait;

use clap::{ArgAction, Parser, Subcommand};

pub use access::AccessArgs;
pub use capture::CaptureArgs;
pub use connect::ConnectArgs;
pub use craft::CraftArgs;
pub use decode::DecodeArgs;
pub use family::FamilyArgs;
pub use host::HostArgs;
pub use inspect::InspectArgs;
pub use interfaces::InterfacesArgs;
pub use listen::ListenArgs;
pub use options::OptionsArgs;
pub use packet::PacketArgs;
pub use pages::{CompletionsArgs, ManArgs};
pub use ping::PingArgs;
pub use relay::RelayArgs;
pub use resolve::ResolveArgs;
pub use serve::{AnswerArgs, DEFAULT_ENDPOINT, ServeArgs};
pub use talk::TalkArgs;
pub use tls::{EitherTlsArgs, TlsArgs};
pub use tour::{Language, TourArgs};
pub use trace::TraceArgs;
pub use via::ViaArgs;
pub use wait::WaitArgs;

const EXAMPLES: &str = "\
Examples:
  sock tour                              sockets explained, in ten seconds
  sock serve                             serve TCP on 127.0.0.1:12345
  sock connect 127.0.0.1:12345           talk to it; Ctrl-D ends
  echo hi | sock connect example.org:7   send, then read to the end
  sock serve udp://:9000 --echo          echo datagrams, on this machine
  sock connect unix:/run/app.sock        talk to a Unix socket
  sock resolve example.org:https         the addresses of a name
  sock options 127.0.0.1:80              every option of a connection
  sock man serve | man -l -              a man page
  sock completions bash                  what a shell completes";

/// Serve, connect to and inspect sockets
///
/// One command for what nc, ncat and socat are used for, over TCP, UDP and Unix sockets. Payload goes to standard
/// output, all else to standard error. Each command explains itself: sock COMMAND --help.
#[derive(Debug, Parser)]
#[command(
    name = "sock",
    version,
    long_version = help::VERSION,
    max_term_width = 80,
    // Without the blank line that clap puts before the usage: so all commands fit in 24 lines.
    help_template = "{about-with-newline}{usage-heading} {usage}\n\n{all-args}{after-help}",
    after_help = "Also: completions, man. More: sock --help; of a command: sock COMMAND --help",
    after_long_help = help::of_endpoints(help::EITHER, "", EXAMPLES),
    arg_required_else_help = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub struct Cli {
    // These two are here so that the short help, where they stand at the end, has room for what there is to do.
    /// Print help; a summary with -h
    #[arg(long, short, global = true, action = ArgAction::Help, hide_short_help = true)]
    help: Option<bool>,
    /// Print version
    #[arg(long, short = 'V', action = ArgAction::Version, hide_short_help = true)]
    version: Option<bool>,
    /// Tell each system call as it happens, in plain words
    ///
    /// On standard error, as strace(1) shows it, and behind it what it comes to; with --json as events. Calls that find
    /// nothing to do are left out, and so is what is sent and received.
    #[arg(long, global = true, hide_short_help = true)]
    pub explain: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See sockets at work, explained: begin here
    ///
    /// A server and a client talk over TCP, UDP and a Unix socket, on this machine. Each system call is told as it
    /// happens, with who waits for whom; then come the packets of it, and what goes wrong. About ten seconds.
    Tour(TourArgs),
    /// Listen, and answer what clients send
    ///
    /// A server to try things out and to test with: it takes many clients at once and answers each piece or datagram
    /// that comes with a text, with itself, or with nothing. SIGINT, SIGTERM and SIGHUP stop it: no new clients, and
    /// pending replies are still sent; a second SIGINT or SIGTERM ends it at once. Where it has no terminal, SIGHUP has
    /// lists and certificates read again instead.
    Serve(Box<ServeArgs>),
    /// Connect standard input and output to a socket
    ///
    /// What standard input gives is sent, and what comes is written to standard output. The end of the input is passed
    /// on, and what the peer sends is received until it is done too, so that no byte is lost.
    Connect(Box<ConnectArgs>),
    /// Accept one client, like nc -l: what is typed goes to it
    ///
    /// One client is taken: what standard input gives goes to it, and what it sends goes to standard output. With UDP
    /// the first sender is the client.
    Listen(Box<ListenArgs>),
    /// Pass clients of one endpoint on to another
    ///
    /// Each client that comes to FROM gets a connection of its own to TO, and what either gives goes to the other. The
    /// end of one side is passed on, and the other may go on; where one fails, the other is reset, so that it does not
    /// take for whole what it has got. SIGINT, SIGTERM and SIGHUP stop it: no new clients, and those that are there may
    /// come to their end; a second SIGINT or SIGTERM resets them. Where it has no terminal, SIGHUP has lists and
    /// certificates read again instead.
    Relay(Box<RelayArgs>),
    /// Wait until servers accept connections
    ///
    /// Each endpoint is connected to, again and again, until all have accepted, or until the timeout. For scripts
    /// that start a server and then use it.
    Wait(WaitArgs),
    /// Look up the addresses of names, the names of addresses
    ///
    /// The lookup is the system's own, by getaddrinfo(3) and getnameinfo(3): its answers are what a program connects
    /// to.
    Resolve(ResolveArgs),
    /// Show what a server of TLS presents, and what is wrong
    ///
    /// Its certificates, with their names, dates and keys, what was agreed on, and whether it verifies. It connects
    /// without trust, to look, and sends no data. What does not verify is shown too: exit code 6.
    Inspect(Box<InspectArgs>),
    /// See whether hosts answer, and how fast
    ///
    /// Probes by ICMP, TCP, UDP, ARP or TLS, many hosts at once. Shows each answer or, for several hosts, one table:
    /// loss, duplicates, late and reordered answers, and the distribution of times. Ctrl-C ends it.
    Ping(Box<PingArgs>),
    /// Show every option of a socket: value, unit, meaning
    ///
    /// The socket is a new one, one that is connected, or one that listens.
    Options(OptionsArgs),
    /// Show the packets of this machine as they come
    ///
    /// A line for each packet, or boxes of its layers, or a file for other programs. The process gives up its
    /// privileges before it reads the first packet.
    Capture(CaptureArgs),
    /// Show this machine's network interfaces
    Interfaces(InterfacesArgs),
    /// Show the packets of a capture file, or of a hex dump
    ///
    /// A line for each packet, with its number, its time, its addresses and ports, and what each protocol says; with
    /// --layers every field. Names of fields are those of Wireshark and tshark. What is wrong with a packet is told at
    /// the field where it breaks. It needs no privilege and opens no socket.
    Decode(Box<DecodeArgs>),
    /// Build a packet from text, show it, send it
    ///
    /// Layers as text, the outermost first: 'ip(dst=127.0.0.1,ttl=3)/icmp(type=8)/"hello"'. Lengths, checksums and
    /// the numbers of protocols are filled in; every field can be set, to a wrong value too. Its layers are
    /// shown, unless it is sent or written to a file.
    Craft(Box<CraftArgs>),
    /// Show the routers on the way to a host, and what they say
    ///
    /// Who they are, how long each takes to answer, how many packets are lost, where the path's MTU becomes smaller,
    /// and what silence means, in words. All are asked together. UDP is the default, and needs no
    /// privilege.
    Trace(Box<TraceArgs>),
    /// Print a shell's completion script
    #[command(hide = true)]
    Completions(CompletionsArgs),
    /// Print a man page
    #[command(hide = true)]
    Man(ManArgs),
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
        assert_eq!((args.answer.reply, args.host.once), ("-x".parse().ok(), true));
        let connect = Cli::try_parse_from(["sock", "connect", ":1", "--send", "--json"]).expect("a text");
        let Command::Connect(args) = connect.command else { panic!("connect is what was asked for") };
        assert_eq!((args.talk.send.as_deref(), args.talk.json), (Some("--json"), false));
    }

    /// The command itself and each of its subcommands, as they are asked.
    fn commands() -> Vec<clap::Command> {
        let mut sock = Cli::command();
        sock.build();
        let subcommands: Vec<_> =
            sock.get_subcommands().filter(|it| it.get_name() != "help").cloned().collect();
        [sock].into_iter().chain(subcommands).collect()
    }

    #[test]
    fn the_short_help_fits_a_terminal_of_24_lines_and_80_columns() {
        for mut command in commands() {
            let help = command.render_help().to_string();
            let lines = help.lines().count();
            assert!(lines <= 24, "sock {}: {lines} lines\n{help}", command.get_name());
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "sock {}: {line}", command.get_name());
            }
        }
    }

    #[test]
    fn the_long_help_names_every_option_and_ends_with_examples() {
        for mut command in commands() {
            let help = command.render_long_help().to_string();
            for option in command.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(help.contains(&format!("--{option}")), "sock {}: --{option}", command.get_name());
            }
            let has_examples = !["completions", "man"].contains(&command.get_name());
            let last = help.rsplit("\n\n").next().unwrap_or_default();
            assert_eq!(last.starts_with("Examples:\n"), has_examples, "sock {}: {last}", command.get_name());
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "sock {}: {line}", command.get_name());
            }
        }
    }
}
