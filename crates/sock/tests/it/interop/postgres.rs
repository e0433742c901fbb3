//! A cluster of `PostgreSQL` of the test's own.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::support::ours;
use crate::kit::{Finished, Place, Process, TempDir, Transport, eventually, run};
use crate::skip;

/// Where Debian keeps the server, off the path, with `initdb` beside it.
const FOLDERS: [&str; 2] = ["/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/17/bin"];

fn bin() -> Option<&'static str> {
    FOLDERS.into_iter().find(|bin| Path::new(bin).exists())
}

/// Whether its programs are there; if not, the skip of `test` is noted.
#[track_caller]
pub(super) fn need(test: &str) -> bool {
    if bin().is_none() {
        skip::skip(test, "PostgreSQL's server");
        return false;
    }
    skip::need(test, "psql") && skip::need(test, "unshare")
}

/// A cluster, not running yet.
pub(super) struct Cluster {
    bin: &'static str,
    folder: TempDir,
}

impl Cluster {
    /// Makes one.
    #[track_caller]
    pub(super) fn new() -> Self {
        let bin = bin().expect("what was asked for");
        let cluster = Self { bin, folder: TempDir::new() };
        let words = ["-D", &cluster.data(), "-U", "tester", "-A", "trust", "--no-sync"];
        let made = run(&mut cluster.program("initdb", &words), b"");
        assert_eq!(made.code(), 0, "{}", made.stderr);
        cluster
    }

    /// Starts its server at a place of its own, with these arguments beside; gives the place too.
    #[track_caller]
    pub(super) fn start(&self, arguments: &str) -> (Process, String) {
        let place = Place::free(Transport::Tcp, &self.folder);
        let template = format!("-h {{host}} -p {{port}} -F -c unix_socket_directories= {arguments}");
        let (data, arguments) = (self.data(), place.arguments(&template));
        let words: Vec<&str> =
            ["-D", &data].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let mut command = self.program("postgres", &words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = Process::start_as_it_is(&mut command);
        place.wait_until_listening(&mut server);
        (server, place.arguments("{host}:{port}").remove(0))
    }

    /// A relay of ours to `to`, at the socket in `near` where psql looks, once the server answers there.
    #[track_caller]
    pub(super) fn relay(&self, near: &TempDir, to: &str) -> Process {
        // As PostgreSQL names its sockets.
        let socket = near.join(".s.PGSQL.5432");
        let words = ["relay", &format!("unix:{socket}"), to, "--quiet"];
        let relay = ours(&words, Stdio::null(), Stdio::piped());
        eventually("the relay listens", || fs::exists(&socket).is_ok_and(|there| there));
        eventually("it answers", || self.ask(near, "select 1").out().trim() == "1");
        relay
    }

    /// What the server behind the socket in `near` says to a query.
    #[track_caller]
    pub(super) fn ask(&self, near: &TempDir, query: &str) -> Finished {
        let mut command = Command::new("psql");
        command.args(["-h", &near.path().to_string_lossy(), "-U", "tester", "-d", "postgres"]);
        command.args(["-X", "-A", "-t", "-c", query]).current_dir(self.folder.path());
        run(&mut command, b"")
    }

    fn data(&self) -> String {
        self.folder.join("data")
    }

    /// The server refuses to be root: it is started as another user of a user namespace then, who still owns our files.
    fn program(&self, name: &str, words: &[&str]) -> Command {
        let program = format!("{}/{name}", self.bin);
        let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        if !root {
            let mut command = Command::new(program);
            command.args(words);
            return command;
        }
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-user=1000", "--map-group=1000", &program]).args(words);
        command
    }
}
