//! What the tests share: the command as a process, a server of it, streams with time limits, and temporary folders.

#![allow(dead_code, reason = "each room uses its own part")]

pub(crate) mod namespace;

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use berkeley::{Family, Protocol, Socket, Type, UnixAddress};

use crate::bounded::{RunInTime, WaitInTime};

/// Longer than anything here takes, on a slow and busy machine too.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// How often a process or a file in /proc, which nobody can wait on, is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// The program under test.
pub(crate) const SOCK: &str = env!("CARGO_BIN_EXE_sock");

/// The program under test, with these arguments.
pub(crate) fn sock(args: &[&str]) -> Command {
    let mut command = Command::new(SOCK);
    command.args(args);
    command
}

/// The program under test, started by a shell that first does `before`, such as `ulimit -n 64` or `umask 0`.
pub(crate) fn sock_after(before: &str, args: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), SOCK]).args(args);
    command
}

/// A process whose output is collected as it comes; it is killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// `None` once it is closed.
    stdin: Option<ChildStdin>,
    pub(crate) stdout: Captured,
    pub(crate) stderr: Captured,
}

/// What a process printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Process {
    /// Starts it with its three streams as pipes; a stream that `command` already set stays as it is.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::start_as_it_is(command)
    }

    /// Starts it with the streams that `command` sets, and collects those that are pipes.
    #[track_caller]
    pub(crate) fn start_as_it_is(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = child.stdout.take().map_or_else(Captured::nothing, Captured::start);
        let stderr = child.stderr.take().map_or_else(Captured::nothing, Captured::start);
        Self { stdin: child.stdin.take(), child, stdout, stderr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes to its standard input.
    #[track_caller]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        stdin.write_all(bytes).unwrap_or_else(|error| panic!("write to the input: {error}"));
    }

    /// Ends its standard input.
    pub(crate) fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Its standard input, for a thread that writes it.
    pub(crate) fn take_input(&mut self) -> ChildStdin {
        self.stdin.take().expect("its input is open")
    }

    /// Sends it a signal, by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", name, &self.pid().to_string()])
            .status_in_time()
            .expect("every system has sh");
        assert!(sent.success(), "kill -s {name}: {sent}");
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Waits until it has ended, and until all it printed is here.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let status = self.ended();
        Finished { status, stdout: self.stdout.all(), stderr: text(&self.stderr.all()) }
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            let so_far = || text(&self.stderr.so_far());
            assert!(Instant::now() < end, "still running after {LIMIT:?}; it has said: {}", so_far());
            thread::sleep(LOOK);
        }
    }

    /// The processor time that it has used, user's and kernel's, in clock ticks of 10 ms (proc(5), `stat`).
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it is running");
        // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th words after it.
        let (_, after) = stat.rsplit_once(") ").expect("proc(5)");
        let ticks: u64 =
            after.split(' ').skip(11).take(2).map(|word| word.parse::<u64>().expect("proc(5)")).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Its proportional share of memory, in KiB (proc(5), `smaps_rollup`).
    pub(crate) fn memory(&self) -> u64 {
        let path = format!("/proc/{}/smaps_rollup", self.pid());
        let rollup = fs::read_to_string(path).expect("it is running");
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("proc(5)");
        line.trim().trim_end_matches(" kB").parse().expect("proc(5)")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed, and is already waited for.
        let _ = self.child.kill();
        let _ = self.child.wait_in_time();
    }
}

impl Finished {
    /// The exit code; for a death by a signal the code that a shell reports.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().or_else(|| self.status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
    }

    pub(crate) fn out(&self) -> String {
        text(&self.stdout)
    }

    /// Asserts that it ended well, and said nothing on standard error.
    #[track_caller]
    pub(crate) fn quietly_done(self) -> Vec<u8> {
        assert_eq!((self.code(), self.stderr.as_str()), (0, ""), "{}", self.out());
        self.stdout
    }
}

/// Runs `command` to its end with `input` as its standard input.
#[track_caller]
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Finished {
    let mut process = Process::start(command);
    let (mut stdin, input) = (process.take_input(), input.to_vec());
    // On a thread of its own: it may print before it reads. It may also end before it has read all.
    thread::spawn(move || stdin.write_all(&input));
    process.finish()
}

/// Runs `sock` with these arguments and nothing to read.
#[track_caller]
pub(crate) fn run_sock(args: &[&str]) -> Finished {
    run(&mut sock(args), b"")
}

/// Bytes as text; what is no UTF-8 shows as `�`.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What comes out of a stream, collected by a thread so that nobody ever waits for us to read.
#[derive(Clone)]
pub(crate) struct Captured(Arc<(Mutex<Capture>, Condvar)>);

#[derive(Default)]
struct Capture {
    bytes: Vec<u8>,
    ended: bool,
}

impl Captured {
    /// Starts to collect `stream` until its end.
    pub(crate) fn start(mut stream: impl Read + Send + 'static) -> Self {
        let captured = Self(Arc::default());
        let shared = Arc::clone(&captured.0);
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                // A connection that is reset has ended too; the test sees what came before.
                let length = stream.read(&mut buffer).unwrap_or(0);
                let mut capture = shared.0.lock().expect("nobody panics with it");
                capture.bytes.extend_from_slice(&buffer[..length]);
                capture.ended = length == 0;
                shared.1.notify_all();
                if capture.ended {
                    return;
                }
            }
        });
        captured
    }

    fn nothing() -> Self {
        Self(Arc::new((Mutex::new(Capture { ended: true, ..Capture::default() }), Condvar::new())))
    }

    /// What has come so far.
    pub(crate) fn so_far(&self) -> Vec<u8> {
        self.0.0.lock().expect("nobody panics with it").bytes.clone()
    }

    /// Waits until `found` finds in all that has come what it looks for.
    #[track_caller]
    pub(crate) fn until<T>(&self, what: &str, found: impl Fn(&[u8]) -> Option<T>) -> T {
        let end = Instant::now() + LIMIT;
        let mut capture = self.0.0.lock().expect("nobody panics with it");
        loop {
            if let Some(found) = found(&capture.bytes) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            if capture.ended || left.is_zero() {
                let why = if capture.ended { "ended" } else { "took too long" };
                let shown = text(&capture.bytes[..capture.bytes.len().min(4_000)]);
                drop(capture);
                panic!("waited for {what}, but the stream {why}: {shown}");
            }
            capture = self.0.1.wait_timeout(capture, left).expect("nobody panics with it").0;
        }
    }

    /// Waits for a whole line that `wanted` accepts, the first of them.
    #[track_caller]
    pub(crate) fn line(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.until(what, |bytes| {
            let text = text(bytes);
            let whole = &text[..=text.rfind('\n')?];
            whole.lines().find(|line| wanted(line)).map(str::to_owned)
        })
    }

    /// Waits for so many bytes, and gives all that have come by then.
    #[track_caller]
    pub(crate) fn at_least(&self, length: usize) -> Vec<u8> {
        self.until(&format!("{length} bytes"), |bytes| (bytes.len() >= length).then(|| bytes.to_vec()))
    }

    /// Waits for the end, and gives all that came.
    #[track_caller]
    pub(crate) fn all(&self) -> Vec<u8> {
        let end = Instant::now() + LIMIT;
        let mut capture = self.0.0.lock().expect("nobody panics with it");
        while !capture.ended {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the stream did not end within {LIMIT:?}");
            capture = self.0.1.wait_timeout(capture, left).expect("nobody panics with it").0;
        }
        std::mem::take(&mut capture.bytes)
    }
}

/// `sock serve`, listening.
pub(crate) struct Server {
    pub(crate) process: Process,
    /// What stands after `listening on `, such as `tcp 127.0.0.1:40000`.
    listening: Vec<String>,
}

impl Server {
    /// Starts `sock serve` with these arguments, and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(sock(&["serve"]).args(args))
    }

    /// Starts a whole command line that ends in `sock serve`.
    #[track_caller]
    pub(crate) fn start_with(command: &mut Command) -> Self {
        Self::await_listening(Process::start(command), 1)
    }

    /// Starts a server at `:0`, which listens on both loopback addresses, or on IPv4's alone where there is no IPv6.
    #[track_caller]
    pub(crate) fn start_on_both(args: &[&str]) -> Self {
        let count = if has_ipv6() { 2 } else { 1 };
        Self::await_listening(Process::start(sock(&["serve", ":0"]).args(args)), count)
    }

    #[track_caller]
    fn await_listening(process: Process, count: usize) -> Self {
        let listening = process.stderr.until("the line `listening on`", |bytes| {
            let text = text(bytes);
            let whole = &text[..=text.rfind('\n')?];
            let lines = whole.lines().filter_map(|line| line.strip_prefix("listening on "));
            let lines: Vec<String> = lines.map(str::to_owned).collect();
            (lines.len() >= count).then_some(lines)
        });
        Self { process, listening }
    }

    /// Where it listens, as it says.
    pub(crate) fn listening(&self) -> &[String] {
        &self.listening
    }

    /// The addresses that it listens on, of IP.
    #[track_caller]
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let address = |line: &String| line.split_once(' ').and_then(|(_, address)| address.parse().ok());
        self.listening.iter().map(|line| address(line).unwrap_or_else(|| panic!("{line}"))).collect()
    }

    /// The first address.
    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses()[0]
    }

    /// The first address as an endpoint.
    pub(crate) fn endpoint(&self) -> String {
        self.listening[0].replacen(' ', "://", 1)
    }

    /// A connection to the first address.
    #[track_caller]
    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address())
    }

    /// Waits for a line of its log that has this text in it.
    #[track_caller]
    pub(crate) fn line(&self, part: &str) -> String {
        self.process.stderr.line(part, |line| line.contains(part))
    }

    /// Sends a signal and waits for the end.
    #[track_caller]
    pub(crate) fn end(self, signal: &str) -> Finished {
        self.process.signal(signal);
        self.process.finish()
    }
}

/// A connection whose every read and write has a limit.
#[track_caller]
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream =
        TcpStream::connect_timeout(&address, LIMIT).unwrap_or_else(|error| panic!("{address}: {error}"));
    bounded(stream)
}

/// Gives a connection its limits.
pub(crate) fn bounded(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(LIMIT)).expect("a limit of more than zero");
    stream.set_write_timeout(Some(LIMIT)).expect("a limit of more than zero");
    stream
}

/// A client of a Unix socket, whose waits have a limit.
#[track_caller]
pub(crate) fn unix(path: &str, kind: Type) -> Socket {
    let socket = Socket::new(Family::UNIX, kind, Protocol::DEFAULT).expect("a socket");
    socket.set_timeout(Some(LIMIT)).expect("a limit");
    socket.connect(UnixAddress::from_path(path).expect("a short path")).expect("a live server");
    socket
}

/// Reads exactly as many bytes as `want` has, and compares.
#[track_caller]
pub(crate) fn expect(mut stream: impl Read, want: &[u8]) {
    let mut got = vec![0; want.len()];
    stream.read_exact(&mut got).unwrap_or_else(|error| panic!("waiting for {:?}: {error}", text(want)));
    assert!(got == want, "wanted {:?}, got {:?}", text(want), text(&got));
}

/// Reads to the end.
#[track_caller]
pub(crate) fn read_all(mut stream: impl Read) -> Vec<u8> {
    let mut got = Vec::new();
    stream.read_to_end(&mut got).unwrap_or_else(|error| panic!("after {} bytes: {error}", got.len()));
    got
}

/// Asserts that nothing comes for `time`: that which is not to happen has no event to wait for.
#[track_caller]
pub(crate) fn expect_silence(stream: &TcpStream, time: Duration) {
    stream.set_read_timeout(Some(time)).expect("a limit of more than zero");
    let mut byte = [0];
    match stream.peek(&mut byte) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
        other => panic!("wanted silence, got {other:?}"),
    }
    stream.set_read_timeout(Some(LIMIT)).expect("a limit of more than zero");
}

/// Looks at something that cannot be waited on until it holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < end, "not within {LIMIT:?}: {what}");
        thread::sleep(LOOK);
    }
}

/// A listener whose backlog is full, so that the kernel drops every further SYN; and what fills it.
pub(crate) fn full_backlog() -> (Socket, SocketAddr, Vec<Socket>) {
    let listener = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    listener.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.listen(0).expect("a bound socket");
    let address = listener.local_address().expect("a bound socket");
    let place = (Ipv4Addr::LOCALHOST, address.port().expect("an address of IP"));
    let mut clients = Vec::new();
    loop {
        let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
        client.set_timeout(Some(Duration::from_millis(200))).expect("a limit");
        let connected = client.connect(place).is_ok();
        clients.push(client);
        if !connected {
            return (listener, place.into(), clients);
        }
        assert!(clients.len() < 10, "a backlog of none is full by now");
    }
}

/// Whether this machine has an IPv6 loopback; if not, the skip of the test's part that wants it is noted.
pub(crate) fn has_ipv6() -> bool {
    let found = std::net::TcpListener::bind("[::1]:0").is_ok();
    if !found {
        crate::skip::skip(thread::current().name().unwrap_or("a part"), "IPv6");
    }
    found
}

/// Bytes that repeat with no short period, every value among them, so that a piece lost or moved shows.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    // Made once, and copied from then on: byte by byte, 64 MiB take a debug build seconds.
    const PERIOD: usize = 1_000_003;
    let made =
        |index: usize| u8::try_from((index * 31 + index / 251 + index / 65_536) % 256).expect("below 256");
    let mut bytes: Vec<u8> = (0..length.min(PERIOD)).map(made).collect();
    while bytes.len() < length {
        bytes.extend_from_within(..PERIOD.min(length - bytes.len()));
    }
    bytes
}

/// A folder that is removed with what it holds when dropped.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("sock-test-{}-{count}", process::id()));
        fs::create_dir(&path).expect("a new name");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A path in this folder, as text.
    pub(crate) fn join(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a plain path").to_owned()
    }

    /// A file in this folder; gives its path.
    pub(crate) fn file(&self, name: &str, contents: &[u8]) -> String {
        let path = self.join(name);
        fs::write(&path, contents).expect("a writable folder");
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
