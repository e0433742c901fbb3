//! What the command says of itself: help, completions, man pages, all made from one definition.

use std::process::{Command, Stdio};

use crate::kit::{Process, TempDir, run, run_sock, sock, text};
use crate::skip;

/// The command itself, and those of its subcommands that do the work.
const COMMANDS: [&[&str]; 12] = [
    &[],
    &["serve"],
    &["connect"],
    &["listen"],
    &["wait"],
    &["resolve"],
    &["inspect"],
    &["ping"],
    &["options"],
    &["interfaces"],
    &["decode"],
    &["craft"],
];

#[test]
fn the_short_help_fits_24_lines_and_the_long_one_ends_with_examples() {
    for command in COMMANDS {
        let short = text(&run_sock(&[command, &["-h"]].concat()).quietly_done());
        assert!(short.contains("Usage: sock") && short.lines().count() <= 24, "{short}");
        let long = text(&run_sock(&[command, &["--help"]].concat()).quietly_done());
        assert!(long.contains("Usage: sock") && long.contains("Exit codes:\n"), "{long}");
        assert!(long.rsplit("\n\n").next().is_some_and(|last| last.starts_with("Examples:\n  ")), "{long}");
        let takes_endpoints =
            ![&["resolve"][..], &["ping"], &["interfaces"], &["decode"], &["craft"]].contains(&command);
        assert_eq!(long.contains("Endpoints:\n"), takes_endpoints, "{long}");
        assert!([short, long].concat().lines().all(|line| line.chars().count() <= 80), "{command:?}");
    }
}

#[test]
fn help_is_found_by_the_word_too() {
    for command in COMMANDS {
        let asked = text(&run_sock(&[&["help"], command].concat()).quietly_done());
        assert_eq!(asked, text(&run_sock(&[command, &["--help"]].concat()).quietly_done()));
    }
}

#[test]
fn the_long_version_tells_the_commit_and_the_features_too() {
    let short = text(&run_sock(&["-V"]).quietly_done());
    assert_eq!(short, format!("sock {}\n", env!("CARGO_PKG_VERSION")));
    let long = text(&run_sock(&["--version"]).quietly_done());
    let lines: Vec<&str> = long.lines().collect();
    assert_eq!(lines[0], short.trim_end());
    let commit = lines[1].strip_prefix("commit: ").expect("a commit");
    assert!(
        commit == "unknown" || commit.len() == 12 && commit.bytes().all(|it| it.is_ascii_hexdigit()),
        "{long}"
    );
    assert!(lines[2].starts_with("features: ") && lines.len() == 3, "{long}");
}

/// Every example of the help is a line that the command itself can read.
#[test]
fn the_examples_of_the_help_name_options_that_exist() {
    for (command, least) in
        [("serve", 3), ("connect", 3), ("resolve", 3), ("options", 3), ("interfaces", 1), ("decode", 3)]
    {
        let help = text(&run_sock(&[command, "--help"]).quietly_done());
        let (rest, examples) = help.rsplit_once("\n\n").expect("a blank line before the examples");
        let words = examples.split_whitespace().filter(|word| word.starts_with("--"));
        let mut count = 0;
        for word in words {
            count += 1;
            assert!(rest.contains(&format!(" {word}")), "{word} stands in an example of {command} alone");
        }
        assert!(count >= least, "{examples}");
    }
}

#[test]
fn completions_are_scripts_that_their_shells_can_read() {
    let folder = TempDir::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = run_sock(&["completions", shell]).quietly_done();
        for word in [
            "serve",
            "connect",
            "send-file",
            "datagram-size",
            "resolve",
            "connect-order",
            "no-connect",
            "interfaces",
        ] {
            assert!(text(&script).contains(word), "{shell} is not told of {word}");
        }
        // Where an endpoint stands, how it may begin; fish is told of options and subcommands alone.
        let begins = ["udp://", "tcp-listen://", "unix:", "tls://"];
        assert!(shell == "fish" || begins.iter().all(|begin| is_completed(&text(&script), begin)), "{shell}");
        if !skip::need("help::completions_are_scripts_that_their_shells_can_read", shell) {
            continue;
        }
        let path = folder.file(shell, &script);
        let finished = run(Command::new(shell).args(["-n", &path]), b"");
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{shell}");
    }
}

/// zsh wants a colon escaped.
fn is_completed(script: &str, begin: &str) -> bool {
    script.contains(begin) || script.contains(&begin.replace(':', "\\:"))
}

#[test]
fn every_man_page_is_read_by_man_without_a_warning() {
    let folder = TempDir::new();
    for page in COMMANDS.into_iter().chain([&["completions"][..], &["man"]]) {
        let roff = run_sock(&[&["man"], page].concat()).quietly_done();
        assert!(text(&roff).contains(".TH sock"), "{}", text(&roff));
        if !skip::need("help::every_man_page_is_read_by_man_without_a_warning", "man") {
            continue;
        }
        let path = folder.file("sock.1", &roff);
        let mut man = Command::new("man");
        man.args(["--warnings", "-l", &path])
            .env("LC_ALL", "C.UTF-8")
            .env("MANROFFSEQ", "")
            .env("MANWIDTH", "80");
        let finished = run(&mut man, b"");
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{page:?}");
        let shown = finished.out();
        for heading in ["SYNOPSIS", "DESCRIPTION"] {
            assert!(shown.contains(heading), "{page:?} has no {heading}");
        }
        assert!(!shown.contains("[--") && shown.contains("Print help"), "{shown}");
        let has_examples = COMMANDS.contains(&page);
        for heading in ["EXIT STATUS", "EXAMPLES"] {
            assert_eq!(shown.contains(heading), has_examples, "{page:?}: {heading}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for args in [
        &["--help"][..],
        &["completions", "bash"],
        &["man", "serve"],
        &["options", "--all"],
        &["interfaces", "--json"],
        &["resolve", "127.0.0.1:80", "localhost", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = sock(args);
        command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let finished = Process::start_as_it_is(&mut command).finish();
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{args:?}");
    }
}
