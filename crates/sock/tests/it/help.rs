//! What the command says of itself: help, completions, man pages, all made from one definition.

use std::process::{Command, Stdio};

use crate::kit::{Process, TempDir, run, run_sock, sock, text};
use crate::skip;

/// The command itself, and those of its subcommands that do the work.
const COMMANDS: [&[&str]; 6] = [&[], &["serve"], &["connect"], &["resolve"], &["options"], &["interfaces"]];

#[test]
fn every_help_starts_with_examples_and_goes_to_standard_output() {
    for command in COMMANDS {
        for flag in ["--help", "-h"] {
            let help = text(&run_sock(&[command, &[flag]].concat()).quietly_done());
            assert!(help.starts_with("Examples:\n  "), "{help}");
            assert!(help.contains("Usage: sock") && help.contains("Exit codes:\n"), "{help}");
            let takes_endpoints = ![&["resolve"][..], &["interfaces"]].contains(&command);
            assert_eq!(help.contains("Endpoints:\n"), takes_endpoints, "{help}");
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        }
    }
}

#[test]
fn the_version_is_the_packages() {
    let version = text(&run_sock(&["--version"]).quietly_done());
    assert_eq!(version, format!("sock {}\n", env!("CARGO_PKG_VERSION")));
}

/// Every example of the help is a line that the command itself can read.
#[test]
fn the_examples_of_the_help_name_options_that_exist() {
    for (command, least) in [("serve", 3), ("connect", 3), ("resolve", 3), ("options", 3), ("interfaces", 1)]
    {
        let help = text(&run_sock(&[command, "--help"]).quietly_done());
        let (examples, rest) = help.split_once("\n\n").expect("a blank line after the examples");
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
        if !skip::need("help::completions_are_scripts_that_their_shells_can_read", shell) {
            continue;
        }
        let path = folder.file(shell, &script);
        let finished = run(Command::new(shell).args(["-n", &path]), b"");
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{shell}");
    }
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
        assert!(finished.out().contains("SYNOPSIS"), "{}", finished.out());
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
