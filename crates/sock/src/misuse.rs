//! An invalid command line: the fault under a caret, and the nearest valid word.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::Cli;
use crate::exit::Failure;
use crate::report::escape::escape;

/// The most of a command line that is shown, in bytes.
const SHOWN: usize = 200;

/// What is said about a fault that clap found. `args` is the command line without the program's name.
pub fn failure(error: &clap::Error, args: &[String]) -> Failure {
    let message = summary(error);
    let failure = Failure::misuse(
        match fault(error).and_then(|fault| underline(args, &fault, option(error).as_deref())) {
            Some(lines) => format!("{message}\n{lines}"),
            None => message,
        },
    );
    habits(args).into_iter().fold(failure, Failure::hint).hint(match subcommand(args) {
        Some(name) => format!("sock {name} --help shows its options and examples"),
        None => "sock --help shows examples, and sock COMMAND --help each command's options".to_owned(),
    })
}

/// The subcommand that was given.
fn subcommand(args: &[String]) -> Option<String> {
    let first = args.first().filter(|first| *first != "help")?;
    Some(Cli::command().find_subcommand(first)?.get_name().to_owned())
}

/// A letter that another tool has for an option, and what ours has for it.
type Habit = (char, &'static str);

/// The commands that do what nc does.
const LIKE_NC: [&str; 5] = ["connect", "serve", "listen", "relay", "wait"];

/// The options of nc and ncat that ours has by another name, and which that is.
const HABITS: [Habit; 14] = [
    ('l', "-l: `sock listen PORT` takes one client, `sock serve` answers many"),
    ('k', "-k: `sock listen --keep` takes one client after another"),
    ('z', "-z: `sock wait HOST:PORT --timeout 1s` sees whether a server accepts"),
    ('w', "-w: --timeout is for connecting, --idle-timeout for what comes after"),
    ('u', "-u: UDP is part of the endpoint, udp://HOST:PORT"),
    ('U', "-U: a Unix socket is an endpoint, unix:PATH"),
    ('p', "-p: the port is part of the endpoint; ?bind=ADDRESS:PORT says from where to connect"),
    ('s', "-s: HOST:PORT?bind=ADDRESS says from where to connect"),
    ('N', "-N: the end of the input is always passed on"),
    ('C', "-C: --crlf"),
    ('e', "-e: `sock serve --exec CMD` runs a program for each client"),
    ('c', "-c: `sock serve --sh CMD` runs a line of the shell's for each client"),
    ('x', "-x: --hex prints what comes as a hex dump"),
    ('v', "-v: at a terminal what happens is told, unless --quiet"),
];

/// What they are where one listens.
const HABITS_OF_LISTENERS: [Habit; 3] = [
    ('l', "-l: it listens without"),
    ('p', "-p: the port is the endpoint, as in `sock listen 9000`"),
    ('s', "-s: the address is part of the endpoint, as in `sock listen 127.0.0.1:9000`"),
];

/// The options of ping(8) and fping(8) that `sock ping` has by another name, or does not need.
const HABITS_OF_PING: [Habit; 8] = [
    ('n', "-n: no names are looked up; addresses are shown as they are"),
    ('f', "-f: --interval 0.001 sends a thousand probes a second"),
    ('C', "-C: --count N, with --csv for a row a probe"),
    ('p', "-p: --interval is the time between probes; patterns cannot be set"),
    ('v', "-v: --json shows everything that is known of an answer"),
    ('D', "-D: --json has the time of each answer"),
    ('a', "-a: --quiet prints the summary alone, with a row for each host"),
    ('M', "-M: `sock trace HOST` measures the path MTU"),
];

/// The options of traceroute(8), tracepath(8) and mtr(8) that `sock trace` has by another name, or does not need.
const HABITS_OF_TRACE: [Habit; 8] = [
    ('w', "-w: -W is how long to wait for an answer"),
    ('U', "-U: UDP is what it does without an option"),
    ('u', "-u: UDP is what it does without an option"),
    ('c', "-c: -q is the number of probes for each hop"),
    ('N', "-N: all hops are probed at once"),
    ('z', "-z: autonomous systems are not looked up"),
    ('A', "-A: autonomous systems are not looked up"),
    ('F', "-F: the path MTU is measured without an option"),
];

/// The tables for a command, the one that counts first.
fn tables(command: Option<&str>) -> &'static [&'static [Habit]] {
    match command {
        None => &[&HABITS],
        Some("listen" | "serve") => &[&HABITS_OF_LISTENERS, &HABITS],
        Some("ping") => &[&HABITS_OF_PING],
        Some("trace") => &[&HABITS_OF_TRACE],
        Some(name) if LIKE_NC.contains(&name) => &[&HABITS],
        Some(_) => &[],
    }
}

/// The first words of ip(8) and ifconfig(8), which show what one of our commands does.
const INTERFACES: [&str; 6] = ["ip", "ifconfig", "link", "addr", "address", "interface"];

/// What somebody who knows nc, ncat, socat or ip may have meant; the first two things at most.
fn habits(args: &[String]) -> Vec<String> {
    if args.first().is_some_and(|first| INTERFACES.contains(&first.as_str())) {
        return vec!["to see network interfaces and their addresses: sock interfaces".to_owned()];
    }
    if let Some(first) = args.first().filter(|first| !first.starts_with('-'))
        && Cli::command().find_subcommand(first).is_none()
        && (first.contains([':', '.']) || first == "localhost")
    {
        return vec![of_address(first, args.get(1))];
    }
    let sock = Cli::command();
    let command = args.first().and_then(|first| sock.find_subcommand(first));
    let is_own = |letter: char| {
        command.is_some_and(|command| command.get_arguments().any(|it| it.get_short() == Some(letter)))
    };
    let tables = tables(command.map(clap::Command::get_name));
    let known = |letter| {
        let mut rows = tables.iter().copied().flatten().filter(|_| !is_own(letter));
        rows.find(|(habit, _)| *habit == letter).map(|(_, hint)| (*hint).to_owned())
    };
    let takes_value = |letter: char| {
        let arg = command.and_then(|it| it.get_arguments().find(|arg| arg.get_short() == Some(letter)));
        arg.is_some_and(|arg| arg.get_action().takes_values())
    };
    let mut hints: Vec<String> = Vec::new();
    for word in clusters(args) {
        // What stands behind a letter that takes a value is its value.
        let end = word.find(takes_value).unwrap_or(word.len());
        for hint in word[..end].chars().filter_map(known) {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
    }
    hints.truncate(2);
    hints
}

/// The words that are options of one letter each, as in `-lk`. A word with two hyphens, or one that is no cluster of
/// letters, is something else.
fn clusters(args: &[String]) -> impl Iterator<Item = &str> {
    let words = args.iter().take_while(|arg| *arg != "--").filter_map(|arg| arg.strip_prefix('-'));
    words.filter(|word| (1..=4).contains(&word.len()) && word.chars().all(|c| c.is_ascii_alphabetic()))
}

/// An address without a command: to be connected to, as a rule.
fn of_address(first: &str, second: Option<&String>) -> String {
    let listens = first.to_ascii_lowercase().contains("listen");
    let port = second.filter(|word| word.parse::<u16>().is_ok());
    // socat's options stand behind a comma.
    let place = first.split(',').next().unwrap_or(first);
    let place = if listens { place.rsplit(':').next().unwrap_or(place) } else { place };
    let words = [Some(place.to_owned()), port.cloned()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let words = escape(words.as_bytes(), SHOWN);
    if listens {
        format!("to listen: sock listen {words}, or sock serve {words}")
    } else {
        format!("to connect: sock connect {words}")
    }
}

/// What is said about an argument that is not UTF-8.
pub fn not_utf8(arg: &OsStr) -> Failure {
    let shown = escape(arg.as_bytes(), SHOWN);
    Failure::misuse(format_args!("the argument \"{shown}\" is not UTF-8"))
        .hint("in an endpoint any byte may be written by its number, as %FF")
}

/// clap's first sentence without its `error: `, and its suggestion, if any.
fn summary(error: &clap::Error) -> String {
    if let Some(message) = missing(error) {
        return message;
    }
    let rendered = error.to_string();
    let mut paragraph = rendered.lines().take_while(|line| !line.is_empty());
    let first = paragraph.next().unwrap_or("invalid command line");
    let mut message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    for line in paragraph {
        message.push(' ');
        message.push_str(line.trim());
    }
    if error.kind() == ErrorKind::ValueValidation {
        message = of_number(&message).unwrap_or(message);
    }
    if let Some(nearest) = suggestion(error) {
        message.push_str("; did you mean ");
        message.push_str(&nearest);
        message.push('?');
    }
    message
}

/// What is missing; of an option, that another one works only with it.
fn missing(error: &clap::Error) -> Option<String> {
    let ContextValue::Strings(words) =
        error.get(ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::MissingRequiredArgument)?
    else {
        return None;
    };
    let verb = if words.len() == 1 { "is" } else { "are" };
    let message = format!("{} {verb} missing", words.join(" and "));
    let is_option = words.iter().all(|word| word.starts_with('-'));
    let with = if words.len() == 1 { "it" } else { "them" };
    Some(if is_option { format!("{message}: another option works only with {with}") } else { message })
}

/// What the standard library says of a text that is no number or address, and what is wanted instead.
const WANTED: [(&str, &str); 6] = [
    ("invalid digit found in string", "wants a whole number"),
    ("cannot parse integer from empty string", "wants a whole number"),
    ("number would be zero for non-zero type", "must be at least 1"),
    ("number too large to fit in target type", "the number is too large"),
    ("number too small to fit in target type", "the number is too small"),
    ("invalid IP address syntax", "wants an IP address, as in 192.0.2.1 or 2001:db8::1"),
];

/// The message in the words of people, where its end is in those of the standard library or of clap's ranges:
/// `0 is not in 1..=255`.
fn of_number(message: &str) -> Option<String> {
    if let Some((start, wanted)) =
        WANTED.iter().find_map(|(theirs, wanted)| Some((message.strip_suffix(theirs)?, wanted)))
    {
        return Some(format!("{start}{wanted}"));
    }
    let (before, range) = message.rsplit_once(" is not in ")?;
    let start = &before[..=before.rfind(' ')?];
    let (least, most) = range.split_once("..")?;
    match most.strip_prefix('=') {
        Some(most) => Some(format!("{start}must be from {least} to {most}")),
        None => Some(format!("{start}must be at least {least}")),
    }
}

fn suggestion(error: &clap::Error) -> Option<String> {
    [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| match error.get(kind)? {
            ContextValue::String(word) => Some(word.clone()),
            // clap sorts them, the nearest last.
            ContextValue::Strings(words) => words.last().cloned(),
            _ => None,
        })
}

/// The word at fault, as it was written.
fn fault(error: &clap::Error) -> Option<String> {
    let kinds: &[ContextKind] = match error.kind() {
        ErrorKind::InvalidSubcommand => &[ContextKind::InvalidSubcommand],
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            &[ContextKind::InvalidValue, ContextKind::InvalidArg]
        }
        _ => &[ContextKind::InvalidArg],
    };
    kinds.iter().find_map(|kind| match error.get(*kind)? {
        ContextValue::String(word) if !word.is_empty() => Some(word.clone()),
        _ => None,
    })
}

/// The option whose value is at fault, without its placeholder: clap shows it as `--grace <TIME>`.
fn option(error: &clap::Error) -> Option<String> {
    match (error.get(ContextKind::InvalidValue)?, error.get(ContextKind::InvalidArg)?) {
        (ContextValue::String(_), ContextValue::String(arg)) => arg.split(' ').next().map(str::to_owned),
        _ => None,
    }
}

/// The command line with carets under `fault`, a whole word or the end of one (`--option=fault`).
fn underline(args: &[String], fault: &str, option: Option<&str>) -> Option<String> {
    // clap shows an option with its placeholder, `--grace <TIME>`: the option is what was written.
    let fault = fault.split(' ').next().unwrap_or(fault);
    let index = position(args, fault, option)?;
    let mut line = String::from("  sock");
    let (mut start, mut width) = (0, 0);
    for (number, arg) in args.iter().enumerate() {
        line.push(' ');
        let shown = escape(arg.as_bytes(), SHOWN).to_string();
        if number == index {
            let inside = shown.find(fault).unwrap_or(0);
            start = columns(&line) + columns(&shown[..inside]);
            width = columns(if shown[inside..].starts_with(fault) { fault } else { &shown });
        }
        line.push_str(&shown);
        if line.len() > SHOWN && number >= index {
            break;
        }
    }
    Some(format!("{line}\n{}{}", " ".repeat(start), "^".repeat(width.max(1))))
}

/// Where `fault` stands: as the value of `option`, else where it stands last, since the same word may be another
/// option's good value before.
fn position(args: &[String], fault: &str, option: Option<&str>) -> Option<usize> {
    let of_option = |option: &str| {
        let joined = format!("{option}={fault}");
        let apart = args.windows(2).position(|pair| pair[0] == option && pair[1] == fault);
        args.iter().position(|arg| *arg == joined).or(apart.map(|before| before + 1))
    };
    let names = |arg: &String| {
        arg == fault || arg.split_once('=').is_some_and(|(name, value)| name == fault || value == fault)
    };
    option.and_then(of_option).or_else(|| args.iter().rposition(names))
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[test]
    fn the_last_hint_names_the_help_of_the_command_that_was_given() {
        for (line, want) in [
            ("connect --no-such", "sock connect --help shows"),
            ("resolve --no-such", "sock resolve --help shows"),
            ("no-such", "sock --help shows examples"),
        ] {
            let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let error =
                Cli::try_parse_from(std::iter::once("sock".to_owned()).chain(args.clone())).unwrap_err();
            let hints = failure(&error, &args).hints;
            assert!(hints.last().is_some_and(|hint| hint.starts_with(want)), "{line}: {hints:?}");
        }
    }

    fn message(line: &str) -> String {
        let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let error = Cli::try_parse_from(std::iter::once("sock".to_owned()).chain(args.clone())).unwrap_err();
        failure(&error, &args).message
    }

    #[test]
    fn the_fault_stands_over_a_caret_beside_the_nearest_word() {
        let rows = [
            ("serve --ech", "--echo", "  sock serve --ech\n             ^^^^^"),
            // `resolve` is near enough too, though not the nearest.
            ("serv", "mean serve?", "  sock serv\n       ^^^^"),
            ("conect x:1", "connect", "  sock conect x:1\n       ^^^^^^"),
            ("serve --grace=5x", "ns, us, ms, s, m or h", "  sock serve --grace=5x\n                     ^^"),
            ("completions bsh", "bash", "  sock completions bsh\n                   ^^^"),
            // The same word before, or after, as a value that nothing is wrong with.
            (
                "connect x:1 --send 5x --wait 5x",
                "ns, us, ms, s, m or h",
                "  sock connect x:1 --send 5x --wait 5x\n                                    ^^",
            ),
            (
                "connect x:1 --wait=5x --send 5x",
                "ns, us, ms, s, m or h",
                "  sock connect x:1 --wait=5x --send 5x\n                          ^^",
            ),
            ("connect eco --eco", "--eco", "  sock connect eco --eco\n                   ^^^^^"),
            (
                "connect x:1 --send --eco --eco",
                "--eco",
                "  sock connect x:1 --send --eco --eco\n                                ^^^^^",
            ),
        ];
        for (line, nearest, caret) in rows {
            let message = message(line);
            assert!(message.contains(nearest), "{message}");
            assert!(message.ends_with(caret), "{message}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let rows = [
            ("trace", "<HOST> is missing"),
            ("ping", "<HOST>... is missing"),
            ("capture --rotate-time 1s", "--write <FILE> is missing: another option works only with it"),
            (
                "craft ip --timeout 1s",
                "--send and --answers <N> are missing: another option works only with them",
            ),
        ];
        for (line, want) in rows {
            assert_eq!(message(line), want, "{line}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_in_the_words_of_people() {
        let rows = [
            ("ping x -c abc", "'--count <N>': wants a whole number"),
            ("ping x --count=", "'--count <N>': wants a whole number"),
            ("ping x -c 0", "'--count <N>': must be at least 1"),
            ("ping x -c 99999999999999999999", "'--count <N>': the number is too large"),
            ("capture -c 0", "'--count <N>': must be at least 1"),
            ("capture --write x --rotate-size 0", "'--rotate-size <SIZE>': must be more than zero"),
            ("trace x -m 0", "'--max <N>': must be from 1 to 255"),
            ("trace x -p 70000", "'--port <PORT>': must be from 1 to 65535"),
            ("trace x -s here", "'--source <ADDRESS>': wants an IP address, as in"),
        ];
        for (line, want) in rows {
            let message = message(line);
            assert!(message.contains(want), "{line}: {message}");
        }
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let message = message("serve --echo --discard");
        assert!(message.contains("cannot be used with"), "{message}");
    }

    #[test]
    fn what_is_told_of_a_letter_is_of_a_command_that_lacks_it() {
        let sock = Cli::command();
        for name in LIKE_NC.into_iter().chain(["ping", "trace"]) {
            assert!(sock.find_subcommand(name).is_some(), "{name}");
        }
        for name in ["ping", "trace"] {
            let command = sock.find_subcommand(name).unwrap();
            for (letter, hint) in tables(Some(name)).iter().copied().flatten() {
                assert!(hint.starts_with(&format!("-{letter}: ")), "{hint}");
                let mut own = command.get_arguments().filter_map(clap::Arg::get_short);
                assert!(!own.any(|it| it == *letter), "{name} has -{letter} itself");
            }
        }
    }

    #[test]
    fn habits_of_other_tools_get_an_answer() {
        let rows: [(&str, &[&str]); 25] = [
            ("ping localhost -c x", &[]),
            // What stands behind a letter that takes a value is its value.
            ("ping localhost -cfn", &[]),
            ("trace localhost -qcN", &[]),
            ("trace -NN localhost", &["-N: all hops"]),
            ("ping -v localhost", &["-v: --json shows"]),
            ("ping -nf localhost", &["-n: no names", "-f: --interval 0.001"]),
            ("ping -p ff localhost", &["-p: --interval is the time"]),
            // What nc has and no ping.
            ("ping -lke localhost", &[]),
            ("trace -w 1 localhost", &["-w: -W is how long"]),
            ("trace -U localhost", &["-U: UDP is what it does"]),
            ("trace -c 10 -z localhost", &["-c: -q is the number", "-z: autonomous systems"]),
            ("trace -n -x localhost", &[]),
            ("decode -x -l file", &[]),
            ("-l 9000", &["-l: `sock listen PORT`"]),
            ("-lk 9000", &["-l: ", "-k: `sock listen --keep`"]),
            ("connect -z localhost 80", &["-z: `sock wait HOST:PORT"]),
            ("connect x:1 -w 5", &["-w: --timeout"]),
            ("localhost 80", &["to connect: sock connect localhost 80"]),
            ("example.org:80", &["to connect: sock connect example.org:80"]),
            ("TCP-LISTEN:6142,fork -", &["to listen: sock listen 6142, or sock serve 6142"]),
            ("connect --no-such", &[]),
            ("listen -p 9000", &["-p: the port is the endpoint, as in `sock listen 9000`"]),
            ("serve -l 9000", &["-l: it listens without"]),
            ("ip link", &["to see network interfaces and their addresses: sock interfaces"]),
            ("address", &["to see network interfaces and their addresses: sock interfaces"]),
        ];
        for (line, want) in rows {
            let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let error =
                Cli::try_parse_from(std::iter::once("sock".to_owned()).chain(args.clone())).unwrap_err();
            let hints = failure(&error, &args).hints;
            assert_eq!(hints.len(), want.len() + 1, "{line}: {hints:?}");
            assert!(hints.iter().zip(want).all(|(hint, want)| hint.starts_with(want)), "{line}: {hints:?}");
        }
    }
}
