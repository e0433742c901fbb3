//! README.md and README.zh-CN.md: their transcripts are played again, their figures counted, their links followed.
//!
//! A block that opens with ` ```console terminal-1 ` is a part of that terminal's transcript. `$ ` opens a command,
//! `> ` continues it, all else is what it printed. `sock serve` goes on running: a later block of its terminal, without
//! a command, is what it printed since, and `^C` is the key. Ports, processes and seconds differ from run to run, and
//! are not compared.

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use berkeley::Address;
use berkeley::option::{self, Level};
use clap::Parser as _;
use sock::cli::{self, Cli};

use crate::bounded::{RunInTime, WaitInTime};
use crate::skip;

/// Longer than anything here takes, on a slow and busy machine too.
const LIMIT: Duration = Duration::from_secs(30);

/// The port of the transcripts, for which the kernel's choice stands in.
const PORT: &str = "12345";

/// Runs a command line at a terminal, as a reader does: what `sock` prints depends on it.
const AT_A_TERMINAL: &str =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(['sh', '-c', sys.argv[1]])))";

#[test]
fn the_transcripts_come_out_again() {
    let test = "readme::the_transcripts_come_out_again";
    if !skip::need(test, "python3") || !skip::need(test, "nc.openbsd") {
        return;
    }
    let mut stage = Stage::new();
    let blocks = blocks(&read("README.md"));
    let mut played = 0;
    for block in &blocks {
        if let Some(terminal) = block.info.strip_prefix("console terminal-") {
            stage.play(terminal, &block.lines);
            played += 1;
        }
    }
    assert!(played > 0, "README.md has no transcript");
    for (terminal, server) in stage.servers.drain() {
        server.ends_well(&format!("the server of terminal {terminal}"));
    }
}

#[test]
fn both_readmes_show_the_same_code() {
    let (english, chinese) = (blocks(&read("README.md")), blocks(&read("README.zh-CN.md")));
    for (one, other) in english.iter().zip(&chinese) {
        assert_eq!(one, other);
    }
    assert_eq!(english.len(), chinese.len());
}

#[test]
fn the_figures_are_counted() {
    let of = |level: Level| option::all().filter(|option| option.level == level).count();
    let each: Vec<String> =
        Level::ALL.iter().map(|level| format!("`{}` {}", level.name(), of(*level))).collect();
    let mut figures = vec![option::all().count().to_string(), each.join(", ")];
    for krate in ["berkeley", "sock"] {
        let manifest = read(&format!("crates/{krate}/Cargo.toml"));
        let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
        figures.push(version.expect("a rust-version").trim_matches('"').to_owned());
    }
    for readme in ["README.md", "README.zh-CN.md"] {
        let text = read(readme);
        for figure in &figures {
            assert!(text.contains(figure), "{readme} should say {figure}");
        }
    }
}

#[test]
fn the_addresses_of_the_families_read_as_they_are_written() {
    let english = family_addresses("README.md", "### Families");
    assert!(english.len() >= 19, "{english:?}");
    for text in &english {
        let address: Address = text.parse().expect("an address");
        assert_eq!(address.to_string(), *text);
    }
    assert_eq!(english, family_addresses("README.zh-CN.md", "### 地址族"));
}

/// The code in the second column of the table under `heading`.
fn family_addresses(readme: &str, heading: &str) -> Vec<String> {
    let text = read(readme);
    let section = text.split_once(heading).expect("a heading").1.split("\n## ").next().unwrap_or_default();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn the_server_is_where_the_readme_says() {
    let cli = Cli::try_parse_from(["sock", "serve"]).expect("a command line");
    let cli::Command::Serve(args) = cli.command else { unreachable!("serve was asked for") };
    assert_eq!((args.endpoint, cli::DEFAULT_ENDPOINT), (None, format!("127.0.0.1:{PORT}").as_str()));
}

#[test]
fn documents_link_to_what_is_there() {
    let mut followed = 0;
    for folder in ["", "bench"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("text");
            for target in links(&text) {
                let there = path.parent().expect("a folder").join(target.split('#').next().unwrap_or(target));
                assert!(there.exists(), "{} links to {target}", path.display());
                followed += 1;
            }
        }
    }
    assert!(followed > 0, "no document has a link");
}

/// The targets of a document's links that are files of ours.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.starts_with('#') && !target.contains("://"))
}

/// What stands between fences.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    info: String,
    lines: Vec<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let lines = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
            blocks.push(Block { info: info.to_owned(), lines });
        }
    }
    blocks
}

/// Where the transcripts are played: a folder of their own, the program on the `PATH`, the servers that run.
struct Stage {
    folder: PathBuf,
    path: OsString,
    servers: HashMap<String, Server>,
    /// The port that stands in for [`PORT`].
    port: String,
}

impl Stage {
    fn new() -> Self {
        let folder = env::temp_dir().join(format!("sock-readme-{}", process::id()));
        let programs = folder.join("bin");
        fs::create_dir_all(&programs).expect("a folder");
        symlink(env!("CARGO_BIN_EXE_sock"), programs.join("sock")).expect("a link");
        // The transcript uses an option that only OpenBSD's has; another's may have the name.
        symlink(which("nc.openbsd"), programs.join("nc")).expect("a link");
        let rest = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([programs].into_iter().chain(env::split_paths(&rest))).expect("a PATH");
        Self { folder, path, servers: HashMap::new(), port: PORT.to_owned() }
    }

    fn play(&mut self, terminal: &str, lines: &[String]) {
        let mut rest = lines;
        if rest.first().is_some_and(|line| !line.starts_with("$ ")) {
            let server = self.servers.remove(terminal).expect("a server in this terminal");
            rest = self.watch(terminal, server, rest);
        }
        while let Some(first) = rest.first() {
            let mut command = first.strip_prefix("$ ").expect("a command").to_owned();
            rest = &rest[1..];
            while let Some(more) = rest.first().and_then(|line| line.strip_prefix("> ")) {
                command = format!("{command}\n{more}");
                rest = &rest[1..];
            }
            if command.starts_with("sock serve") {
                let server = self.serve(&command);
                rest = self.watch(terminal, server, rest);
            } else {
                let (want, later) = rest.split_at(until_command(rest));
                let got = self.run(&command.replace(PORT, &self.port));
                self.compare(&command, got.lines().map(str::to_owned).collect(), want);
                rest = later;
            }
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", &self.path).current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    /// Starts a server, at a port of the kernel's choice where it is not told one.
    fn serve(&self, command: &str) -> Server {
        let place = if command == "sock serve" { " 127.0.0.1:0" } else { "" };
        let mut shell = self.command("sh");
        let mut child = shell.args(["-c", &format!("exec {command}{place} 2>&1")]).spawn().expect("sh");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Server { child, lines }
    }

    /// Compares what a server prints up to the next command; gives what follows.
    fn watch<'a>(&mut self, terminal: &str, server: Server, lines: &'a [String]) -> &'a [String] {
        let (want, rest) = lines.split_at(until_command(lines));
        let key = want.iter().position(|line| line.starts_with("^C")).unwrap_or(want.len());
        let (before, after) = want.split_at(key);
        let got = server.next(before.len());
        if let Some(port) = got.first().and_then(|line| line.strip_prefix("listening on tcp 127.0.0.1:")) {
            port.clone_into(&mut self.port);
        }
        self.compare("sock serve", got, before);
        if after.is_empty() {
            self.servers.insert(terminal.to_owned(), server);
            return rest;
        }
        server.interrupt();
        let after: Vec<String> = after.iter().map(|line| line.trim_start_matches("^C").to_owned()).collect();
        self.compare("sock serve, interrupted", server.next(after.len()), &after);
        server.ends_well("the interrupted server");
        rest
    }

    /// Runs a command to its end; gives what the terminal showed.
    fn run(&self, command: &str) -> String {
        let mut terminal = self.command("python3");
        let mut child = terminal.args(["-c", AT_A_TERMINAL, command]).spawn().expect("python3");
        let mut output = child.stdout.take().expect("a pipe");
        let (sender, shown) = channel();
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = output.read_to_end(&mut text);
            let _ = sender.send(text);
        });
        let shown = shown.recv_timeout(LIMIT);
        // Done already, or it never will be.
        let _ = child.kill();
        let _ = child.wait_in_time();
        let text = shown.unwrap_or_else(|_| panic!("took longer than {LIMIT:?}: {command}"));
        String::from_utf8(text).expect("UTF-8").replace("\r\n", "\n")
    }

    #[track_caller]
    fn compare(&self, what: &str, mut got: Vec<String>, want: &[String]) {
        let mut want = want.to_vec();
        for line in got.iter_mut().chain(&mut want) {
            *line = self.comparable(line);
        }
        // The end of one connection and the start of the next are told by different threads.
        got.sort_by_key(|line| connection(line));
        want.sort_by_key(|line| connection(line));
        assert_eq!(got, want, "{what}");
    }

    /// The line with the transcript's port for ours, and without what differs from run to run.
    fn comparable(&self, line: &str) -> String {
        let port = |digits: &str| if digits == self.port || digits == PORT { PORT } else { "…" }.to_owned();
        let line = replace_number(line, "127.0.0.1:", port);
        let line = replace_number(&line, "bytes out, ", |_| "…".to_owned());
        let line = replace_number(&line, "unnamed (pid ", |_| "…".to_owned());
        let line = replace_number(&line, ", uid ", |_| "…".to_owned());
        replace_number(&line, "\"seconds\":", |_| "…".to_owned())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A server that runs; it is killed when dropped.
struct Server {
    child: Child,
    lines: Receiver<String>,
}

impl Server {
    fn next(&self, count: usize) -> Vec<String> {
        (0..count).map_while(|_| self.lines.recv_timeout(LIMIT).ok()).collect()
    }

    fn interrupt(&self) {
        let sent =
            Command::new("sh").args(["-c", &format!("kill -INT {}", self.child.id())]).status_in_time();
        assert!(sent.is_ok_and(|status| status.success()), "kill");
    }

    /// It says nothing more, and exits 0.
    fn ends_well(mut self, name: &str) {
        assert_eq!(self.next(1), [""; 0], "{name} says more");
        let status = self.child.wait_in_time().expect("a child");
        assert!(status.success(), "{name}: {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait_in_time();
    }
}

fn until_command(lines: &[String]) -> usize {
    lines.iter().position(|line| line.starts_with("$ ")).unwrap_or(lines.len())
}

/// Replaces the number that follows each `prefix`.
fn replace_number(line: &str, prefix: &str, new: impl Fn(&str) -> String) -> String {
    let mut parts = line.split(prefix);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
        replaced.extend([prefix, &new(&part[..end]), &part[end..]]);
    }
    replaced
}

/// The number of the connection that a line of the log is about, 0 for what is about none.
fn connection(line: &str) -> u32 {
    let number = line.strip_prefix('#').and_then(|rest| rest.split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn which(program: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.expect("a program that was asked for")
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}
