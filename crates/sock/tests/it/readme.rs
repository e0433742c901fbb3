//! README.md and docs/, in English and in Chinese: their transcripts are played again, their figures counted, and their
//! links followed.
//!
//! A block that opens with ` ```console terminal-1 ` is a part of that terminal's transcript. `$ ` opens a command,
//! `> ` continues it, all else is what the terminal shows. A program goes on running after its block: a later block of
//! its terminal, without a command, is what it showed since; `^C` and `^D` are keys. To `sock connect` and
//! `sock listen`, a line is typed that neither `sock` has printed nor the other terminal has typed before. Ports,
//! processes and seconds differ from run to run, and are not compared.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use berkeley::Address;
use berkeley::option::{self, Level};
use clap::Parser as _;
use sock::cli::{self, Cli};

use crate::kit::{Process, Reader, SOCK, TempDir, has_ipv6, terminal};
use crate::skip;

/// The port of a server that is told no place.
const PORT: &str = "12345";

#[test]
fn the_transcripts_come_out_again() {
    let test = "readme::the_transcripts_come_out_again";
    if !["script", "python3", "nc.openbsd"].into_iter().all(|tool| skip::need(test, tool)) {
        return;
    }
    for page in pages("docs").into_iter().chain(["README.md".to_owned()]) {
        let mut stage = Stage::new(&page);
        for block in blocks(&read(&page)) {
            if let Some(terminal) = block.info.strip_prefix("console terminal-") {
                stage.play(terminal, &block.lines);
            }
        }
        assert!(page != "README.md" || stage.played > 0, "{page} has no transcript");
        for (terminal, program) in std::mem::take(&mut stage.running) {
            program.ends_well(&format!("{page}: the program of terminal {terminal}"));
        }
    }
}

#[test]
fn a_page_in_chinese_shows_the_code_of_the_english_one() {
    let pairs = pages("docs/zh-CN").into_iter().map(|chinese| (chinese.replace("zh-CN/", ""), chinese));
    let mut compared = 0;
    for (one, other) in pairs.chain([("README.md".to_owned(), "README.zh-CN.md".to_owned())]) {
        let (english, chinese) = (blocks(&read(&one)), blocks(&read(&other)));
        for (one, other) in english.iter().zip(&chinese) {
            assert_eq!(one, other);
        }
        assert_eq!(english.len(), chinese.len(), "{other}");
        compared += english.len();
    }
    assert!(compared > 0, "no page shows code");
}

#[test]
fn a_front_page_has_200_lines_at_most() {
    for readme in ["README.md", "README.zh-CN.md"] {
        let lines = read(readme).lines().count();
        assert!(lines <= 200, "{readme} has {lines}");
    }
}

#[test]
fn the_figures_are_counted() {
    let of = |level: Level| option::all().filter(|option| option.level == level).count();
    let each: Vec<String> =
        Level::ALL.iter().map(|level| format!("`{}` {}", level.name(), of(*level))).collect();
    let count = option::all().count().to_string();
    let rust = ["berkeley", "sock"].map(|krate| {
        let manifest = read(&format!("crates/{krate}/Cargo.toml"));
        let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
        version.expect("a rust-version").trim_matches('"').to_owned()
    });
    let each = each.join(", ");
    for (page, figures) in [
        ("README.md", rust.each_ref().map(String::as_str)),
        ("README.zh-CN.md", rust.each_ref().map(String::as_str)),
        ("docs/options.md", [&count, &each]),
        ("docs/zh-CN/options.md", [&count, &each]),
        ("docs/comparison.md", [&count, ""]),
        ("docs/zh-CN/comparison.md", [&count, ""]),
    ] {
        let text = read(page);
        for figure in figures {
            assert!(text.contains(figure), "{page} should say {figure}");
        }
    }
}

#[test]
fn the_addresses_of_the_families_read_as_they_are_written() {
    let english = family_addresses("docs/families.md");
    assert!(english.len() >= 19, "{english:?}");
    for text in &english {
        let address: Address = text.parse().expect("an address");
        assert_eq!(address.to_string(), *text);
    }
    assert_eq!(english, family_addresses("docs/zh-CN/families.md"));
}

/// The code in the second column of the page's table.
fn family_addresses(page: &str) -> Vec<String> {
    let text = read(page);
    let cells = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1));
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
    for folder in ["", "bench", "docs", "docs/zh-CN"] {
        for page in pages(folder) {
            let path = root().join(&page);
            for target in links(&read(&page)) {
                let (file, heading) = target.split_once('#').unwrap_or((target, ""));
                let there = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
                assert!(there.exists(), "{page} links to {target}");
                if !heading.is_empty() && there.extension().is_some_and(|extension| extension == "md") {
                    let text = fs::read_to_string(&there).expect("text");
                    assert!(anchors(&text).any(|anchor| anchor == heading), "{page} links to {target}");
                }
                followed += 1;
            }
        }
    }
    assert!(followed > 0, "no document has a link");
}

/// The documents of a folder.
fn pages(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let pages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let name =
        |path: PathBuf| path.strip_prefix(root()).expect("it is below").to_str().expect("text").to_owned();
    pages.map(name).collect()
}

/// The targets of a document's links that are files or headings of ours.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

/// What a link to each heading says after `#`, as GitHub makes it.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings.map(move |line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        title.chars().filter(kept).collect::<String>().replace(' ', "-")
    })
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

/// Where a page's transcripts are played: a folder of their own, the programs on the `PATH`, what runs.
struct Stage {
    page: String,
    folder: TempDir,
    path: OsString,
    /// By terminal.
    running: HashMap<String, Program>,
    /// The ports of the page, and those that the kernel has chosen in their place.
    ports: BTreeMap<String, String>,
    /// What has been typed: the terminal, and the line.
    typed: Vec<(String, String)>,
    played: usize,
}

impl Stage {
    fn new(page: &str) -> Self {
        let folder = TempDir::new();
        let programs = folder.path().join("bin");
        fs::create_dir(&programs).expect("a folder");
        symlink(SOCK, programs.join("sock")).expect("a link");
        // The transcript uses an option that only OpenBSD's has; another's may have the name.
        symlink(which("nc.openbsd"), programs.join("nc")).expect("a link");
        let rest = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([programs].into_iter().chain(env::split_paths(&rest))).expect("a PATH");
        let (running, ports) = (HashMap::new(), BTreeMap::new());
        Self { page: page.to_owned(), folder, path, running, ports, typed: Vec::new(), played: 0 }
    }

    fn play(&mut self, terminal: &str, lines: &[String]) {
        self.played += 1;
        let mut rest = lines;
        if rest.first().is_some_and(|line| !line.starts_with("$ ")) {
            let mut program = self.running.remove(terminal).expect("a program in this terminal");
            rest = self.watch(terminal, &mut program, rest);
            self.running.insert(terminal.to_owned(), program);
        }
        while let Some(first) = rest.first() {
            if let Some(program) = self.running.remove(terminal) {
                let name = program.command.clone();
                program.ends_well(&name);
            }
            let mut command = first.strip_prefix("$ ").expect("a command").to_owned();
            rest = &rest[1..];
            while let Some(more) = rest.first().and_then(|line| line.strip_prefix("> ")) {
                command = format!("{command}\n{more}");
                rest = &rest[1..];
            }
            let mut program = self.start(&command);
            rest = self.watch(terminal, &mut program, rest);
            self.running.insert(terminal.to_owned(), program);
        }
    }

    /// Starts a command line at a terminal; one that listens does so at a port of the kernel's choice.
    fn start(&mut self, command: &str) -> Program {
        let mut line = command.to_owned();
        let listens = ["sock serve", "sock listen"].iter().any(|words| command.starts_with(words));
        let wanted = listens.then(|| port_of(command)).flatten();
        if command == "sock serve" {
            line.push_str(" 127.0.0.1:0");
        } else if let Some(port) = &wanted {
            line = line.replace(port, "0");
        } else {
            for (port, chosen) in &self.ports {
                line = line.replace(port, chosen);
            }
        }
        // A key's signal is for the program alone: a shell would end before it.
        if !command.contains(['|', ';', '\n']) {
            line = format!("exec {line}");
        }
        let mut shell = terminal::command(&line);
        shell.env("PATH", &self.path).env("NO_COLOR", "1").current_dir(self.folder.path());
        let process = Process::start(&mut shell);
        let shown = process.stdout.reader();
        Program { command: command.to_owned(), process, shown, wanted }
    }

    /// Compares what a program shows up to the next command, and types what is typed; gives what follows.
    fn watch<'a>(&mut self, terminal: &str, program: &mut Program, lines: &'a [String]) -> &'a [String] {
        let (block, rest) = lines.split_at(until_command(lines));
        let mut want = Vec::new();
        for line in block.iter().filter(|line| !line.contains("tcp [::1]:") || has_ipv6()) {
            let keys = match line.get(..2) {
                Some("^C") => "\x03".to_owned(),
                Some("^D") => "\x04".to_owned(),
                _ if self.is_typed(terminal, program, line) => format!("{line}\n"),
                _ => String::new(),
            };
            if !keys.is_empty() {
                self.compare(program, &std::mem::take(&mut want));
                program.process.write(keys.as_bytes());
            }
            // A terminal shows the one key, and not the other.
            if line != "^D" {
                want.push(line.clone());
            }
        }
        self.compare(program, &want);
        rest
    }

    /// Whether the line is typed; it is then known to the other terminal.
    fn is_typed(&mut self, terminal: &str, program: &Program, line: &str) -> bool {
        let printed = line.starts_with("sock: ") || line.starts_with("listening on ");
        let came = self.typed.iter().any(|(other, typed)| other != terminal && typed == line);
        if !program.reads_the_terminal() || printed || came {
            return false;
        }
        self.typed.push((terminal.to_owned(), line.to_owned()));
        true
    }

    /// Waits for as many lines as are wanted, and compares them.
    #[track_caller]
    fn compare(&mut self, program: &mut Program, want: &[String]) {
        let mut got = program.next(want.len());
        if let Some(port) =
            got.iter().find_map(|line| line.split_once("listening on ").and_then(|(_, at)| port_of(at)))
        {
            let wanted = program.wanted.take().unwrap_or_else(|| PORT.to_owned());
            self.ports.insert(wanted, port);
        }
        let mut want = want.to_vec();
        for line in got.iter_mut().chain(&mut want) {
            *line = self.comparable(line);
        }
        // The end of one connection and the start of the next are told by different threads.
        got.sort_by_key(|line| connection(line));
        want.sort_by_key(|line| connection(line));
        assert_eq!(got, want, "{}: {}", self.page, program.command);
    }

    /// The line with the page's ports for ours, and without what differs from run to run.
    fn comparable(&self, line: &str) -> String {
        let port = |digits: &str| {
            let ours = self.ports.iter().find(|(page, ours)| *page == digits || *ours == digits);
            ours.map_or("…", |(page, _)| page).to_owned()
        };
        let line = replace_number(line, "127.0.0.1:", port);
        let line = replace_number(&line, "[::1]:", port);
        let line = replace_number(&line, "bytes out, ", |_| "…".to_owned());
        let line = replace_number(&line, "unnamed (pid ", |_| "…".to_owned());
        let line = replace_number(&line, ", uid ", |_| "…".to_owned());
        let line = without_time(&line);
        replace_number(&line, "\"seconds\":", |_| "…".to_owned())
    }
}

/// A command line that runs at a terminal of its own.
struct Program {
    command: String,
    process: Process,
    shown: Reader,
    /// The port of the page at which it listens.
    wanted: Option<String>,
}

impl Program {
    fn next(&mut self, count: usize) -> Vec<String> {
        let lines = (0..count).map_while(|_| self.shown.line());
        lines.map(|line| line.trim_end_matches('\r').to_owned()).collect()
    }

    /// Whether what is typed goes to a peer.
    fn reads_the_terminal(&self) -> bool {
        let one_of = |words: &[&str]| words.iter().any(|word| self.command.contains(word));
        (self.command.starts_with("sock connect") || self.command.starts_with("sock listen"))
            && !one_of(&["|", ";", "<", "--send", "--receive-only"])
    }

    /// It shows nothing more, and exits 0.
    #[track_caller]
    fn ends_well(mut self, name: &str) {
        assert_eq!(self.next(1), [""; 0], "{name} says more");
        let status = self.process.ended();
        assert!(status.success(), "{name}: {status}");
    }
}

/// The first number of four digits or more.
fn port_of(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() >= 4).map(str::to_owned)
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

/// The event without the time at which it happened.
fn without_time(line: &str) -> String {
    match line.split_once("\"time\":\"") {
        Some((before, rest)) => {
            format!("{before}{}", rest.split_once("\",").map_or(rest, |(_, after)| after))
        }
        None => line.to_owned(),
    }
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
