//! The rooms of each crate, as tables, and what breaks their rules.

use crate::source::{Token, references, tokens};

/// What one crate's source must keep to.
pub(crate) struct House {
    /// The crate's folder in `crates/`.
    pub(crate) folder: &'static str,
    /// The rooms, a line a floor, the front door first. A room may name every room on a floor below its own.
    pub(crate) floors: &'static [&'static [&'static str]],
    /// The arrows along a floor: the first room may name the second.
    pub(crate) beside: &'static [(&'static str, &'static str)],
    /// The rooms that may say `unsafe`.
    pub(crate) may_be_unsafe: &'static [&'static str],
    /// The other crates that only some rooms may name.
    pub(crate) outside: &'static [(&'static str, &'static [&'static str])],
    /// The file that may write to standard error; none where nothing is printed.
    pub(crate) console: Option<&'static str>,
}

/// One row a crate. A room is a file or a folder in `src/`; a new one gets its place in `floors`.
pub(crate) const HOUSES: &[House] = &[
    House {
        folder: "berkeley",
        floors: &[
            &["lib"],
            // Doors for the fuzz targets, and for bindings to other languages.
            &["decoders", "bindings"],
            &["tokio"],
            &["connect", "resolve", "interface", "batch", "ring", "send_file", "splice", "zero_copy"],
            &["socket", "netdb"],
            &["option", "control", "address"],
            &["error"],
            // The kernel's small integers: families, types, protocols, flags.
            &["kinds"],
            &["sys"],
            // Numbers out of bytes.
            &["bytes"],
        ],
        beside: &[
            // A connection to a name starts with its addresses.
            ("connect", "resolve"),
            // Some options and control messages carry an address.
            ("option", "address"),
            ("control", "address"),
        ],
        may_be_unsafe: &["sys"],
        outside: &[("libc", &["sys"]), ("tracing", &["sys"]), ("tokio", &["tokio", "lib"])],
        console: None,
    },
    House {
        folder: "berkeley-packet",
        floors: &[
            &["lib"],
            // What packets are turned into, and made from; what many of them add up to.
            &["craft", "show", "stream"],
            // Capture files, and which packets are wanted.
            &["file", "filter"],
            // A file for each protocol, and the numbers by which they are found.
            &["protocol"],
            // Layers and fields, whatever the protocol.
            &["layer"],
            &["link", "name", "problem"],
            // A faulty text with a caret under the fault; numbers out of bytes, and as text.
            &["fault", "bits", "digits"],
        ],
        beside: &[],
        may_be_unsafe: &[],
        outside: &[("libc", &[]), ("berkeley", &[])],
        console: None,
    },
    House {
        folder: "berkeley-python",
        floors: &[
            &["lib"],
            &["extra"],
            &["function", "constant"],
            &["socket"],
            // Python's shapes of addresses, and of what waits.
            &["address", "wait", "timeout"],
            &["fd", "gil"],
            &["error"],
            // Where CPython is called by pointers: it knows nothing of ours but how to copy what may be large.
            &["ffi"],
            &["memory", "version"],
        ],
        beside: &[],
        may_be_unsafe: &["ffi"],
        outside: &[("libc", &[])],
        console: None,
    },
    House {
        folder: "sock",
        floors: &[
            &["main", "lib"],
            // From the arguments to the exit code.
            &["run"],
            &["command", "misuse"],
            &["cli"],
            // A server of whatever is a service, the pump between two streams, a browser of packets.
            &["server", "relay", "browse"],
            // From an endpoint to what is connected, or listens.
            &["open"],
            // What moves bytes.
            &["stream"],
            // The grammar of addresses: it has no socket.
            &["endpoint", "packet", "probe"],
            // TLS without a socket: what rustls needs, and its refusals in words; and what is said before a stream, to
            // proxies and to servers that start TLS.
            &["tls", "preamble"],
            // The signals that end a command, with the exit code of each; programs that are started.
            &["signal", "program"],
            // What commands and endpoints have in common: how they fail, and what is answered.
            &["exit", "reply"],
            &["quantity", "rate", "access", "confine", "explain", "notify"],
            &["report", "file"],
        ],
        beside: &[],
        may_be_unsafe: &[],
        // The numbers of system calls, and nothing unsafe.
        outside: &[("libc", &["confine"])],
        console: Some("report/console.rs"),
    },
];

/// The most lines that a file may have; past it, split it by noun.
pub(crate) const LONGEST: usize = 800;

/// The most columns of a line; rustfmt wraps code sooner, and leaves comments alone, rows of macros and long texts.
pub(crate) const WIDEST: usize = 120;

impl House {
    /// What is wrong with the file `path` (such as `address/inet.rs`, in the crate's `src/`), a line a fault.
    pub(crate) fn faults(&self, path: &str, text: &str) -> Vec<String> {
        let tokens = tokens(text);
        let module = module(path);
        let room = room(path);
        if self.floor(room).is_none() {
            return vec![format!("no floor for the room {room}: add it to HOUSES in layers/rules.rs")];
        }
        let mut faults = self.arrows(room, &module, &tokens);
        faults.extend(self.crates(room, &tokens));
        if !self.may_be_unsafe.contains(&room) {
            faults.extend(unsafe_words(&tokens));
        }
        if self.console != Some(path) {
            faults.extend(standard_error(&tokens));
        }
        faults
    }

    fn arrows(&self, room: &str, module: &[String], tokens: &[Token]) -> Vec<String> {
        references(tokens, module)
            .iter()
            .filter_map(|reference| {
                let door = self.floors[0][0];
                let target = reference.path.first().map_or(door, String::as_str);
                // What is no room is an item of the front door.
                let target = if self.floor(target).is_some() { target } else { door };
                let hint = if target == door { ", the front door: name the room itself" } else { "" };
                let (line, name) = (reference.line, reference.path.join("::"));
                (!self.may_name(room, target))
                    .then(|| format!("line {line}: {room} may not name {target} (crate::{name}){hint}"))
            })
            .collect()
    }

    fn may_name(&self, room: &str, target: &str) -> bool {
        room == target || self.floor(room) < self.floor(target) || self.beside.contains(&(room, target))
    }

    fn floor(&self, room: &str) -> Option<usize> {
        self.floors.iter().position(|floor| floor.contains(&room))
    }

    /// Names of other crates outside the rooms that may have them.
    fn crates(&self, room: &str, tokens: &[Token]) -> Vec<String> {
        let text =
            |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |token| token.text.as_str());
        let mut faults = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let rooms = self.outside.iter().find(|(name, _)| *name == token.text).map(|(_, rooms)| *rooms);
            // `sys::libc` and `self.libc` are something of ours, `::libc` is the crate.
            let ours = match text(at.checked_sub(1)) {
                "::" => text(at.checked_sub(2)).chars().any(char::is_alphanumeric),
                before => before == ".",
            };
            if !ours && rooms.is_some_and(|rooms| !rooms.contains(&room)) {
                faults.push(format!("line {}: {room} may not name the crate {}", token.line, token.text));
            }
        }
        faults
    }

    /// The dependencies in the text of the crate's `Cargo.toml` for which `outside` has no row.
    pub(crate) fn unknown_dependencies(&self, manifest: &str) -> Vec<String> {
        manifest
            .lines()
            .map(str::trim)
            .skip_while(|line| *line != "[dependencies]")
            .skip(1)
            .take_while(|line| !line.starts_with('['))
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty()))
            .filter(|name| !self.outside.iter().any(|(known, _)| known == name))
            .map(str::to_owned)
            .collect()
    }
}

/// The lines that name standard error. A method or a field of that name is a child's: `command.stderr(pipe)`.
fn standard_error(tokens: &[Token]) -> Vec<String> {
    let text = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |token| &*token.text);
    let names = |at: usize| match &*tokens[at].text {
        "eprintln" | "eprint" | "dbg" => text(Some(at + 1)) == "!",
        "stderr" | "Stderr" | "dup2_stderr" => {
            let (before, after) = (text(at.checked_sub(1)), text(Some(at + 1)));
            ![".", "fn", "let"].contains(&before) && (before == "::" || after == "(" || before == "{")
        }
        _ => false,
    };
    (0..tokens.len())
        .filter(|at| names(*at))
        .map(|at| format!("line {}: standard error outside the console", tokens[at].line))
        .collect()
}

/// The lines that say `unsafe`, or that allow it.
pub(crate) fn unsafe_words(tokens: &[Token]) -> Vec<String> {
    let allowed = tokens.windows(3).filter_map(|three| {
        let [lint, open, name] = three else { return None };
        let says =
            ["allow", "expect"].contains(&&*lint.text) && open.text == "(" && name.text == "unsafe_code";
        says.then_some(name)
    });
    let mut lines: Vec<_> = tokens.iter().filter(|token| token.text == "unsafe").chain(allowed).collect();
    lines.sort_by_key(|token| token.line);
    lines
        .iter()
        .map(|token| format!("line {}: unsafe outside the rooms that may hold it", token.line))
        .collect()
}

/// The fault of a file that is too long.
pub(crate) fn too_long(text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LONGEST).then(|| format!("{lines} lines, {LONGEST} at most: split it by noun"))
}

/// The lines of comments alone that are wider than [`WIDEST`] columns, counted as characters.
pub(crate) fn too_wide_comments(text: &str) -> Vec<String> {
    too_wide_among(text, |line| line.trim_start().starts_with("//"))
}

/// The lines that are wider than [`WIDEST`] columns.
pub(crate) fn too_wide(text: &str) -> Vec<String> {
    too_wide_among(text, |_| true)
}

/// The lines beyond [`WIDEST`] among those that count.
fn too_wide_among(text: &str, counts: impl Fn(&str) -> bool) -> Vec<String> {
    text.lines()
        .zip(1..)
        .filter(|(line, _)| counts(line))
        .map(|(line, number)| (number, line.chars().count()))
        .filter(|(_, width)| *width > WIDEST)
        .map(|(number, width)| format!("line {number}: {width} columns, {WIDEST} at most: wrap it"))
        .collect()
}

/// `address/inet.rs` is in the room `address`, `error.rs` is the room `error`.
fn room(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or(path);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// `address/inet.rs` is the module `address::inet`; `address/mod.rs` is `address`; `lib.rs` is the root.
pub(crate) fn module(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let own = |name: &&str| !["lib", "main", "mod"].contains(name);
    path.split('/').filter(own).map(str::to_owned).collect()
}
