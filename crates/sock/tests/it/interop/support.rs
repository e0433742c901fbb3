//! Processes that cannot outlive their test, places that nobody else has, and the kernel's word on both.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bounded::{RunInTime, WaitInTime};

/// How long a process may run; then it is killed, and what waits for it or reads from it goes on.
const LIMIT: Duration = Duration::from_secs(60);

/// How long to wait before looking again at what the kernel does not tell of itself.
const LOOK: Duration = Duration::from_millis(2);

/// A number that no other place or folder of this process has.
fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A folder that goes with the test.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Self {
        let folder = env::temp_dir().join(format!("sock-interop-{}-{}", process::id(), number()));
        fs::create_dir(&folder).expect("a folder that nobody has");
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A new file with these bytes, opened for reading.
    pub(super) fn file(&self, name: &str, bytes: &[u8]) -> File {
        fs::write(self.path(name), bytes).expect("write a file");
        File::open(self.path(name)).expect("open the file")
    }

    /// A new file, opened for writing.
    pub(super) fn create(&self, name: &str) -> File {
        File::create(self.path(name)).expect("create a file")
    }

    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("read a file")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the temporary folder harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Unix,
    Udp,
    UnixDgram,
}

/// Where a server is to be: an address and port, or a path.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) transport: Transport,
    address: SocketAddrV4,
    path: PathBuf,
    peer: PathBuf,
}

impl Place {
    /// A place that is free, and stays so: the loopback network is large, and each place has an address of its own, so
    /// that no other socket takes the port between its choice and its use.
    pub(super) fn free(transport: Transport, scratch: &Scratch) -> Self {
        let ([_, high, middle, low], [.., third]) = (process::id().to_be_bytes(), number().to_be_bytes());
        let host = Ipv4Addr::new(127, 1 + middle % 127 + high, low, 1 + third % 254);
        let port = match transport {
            Transport::Tcp => TcpListener::bind((host, 0)).expect("a free port").local_addr(),
            _ => UdpSocket::bind((host, 0)).expect("a free port").local_addr(),
        };
        let port = port.expect("its number").port();
        let (path, peer) = (scratch.path("server"), scratch.path("client"));
        Self { transport, address: SocketAddrV4::new(host, port), path, peer }
    }

    /// The place as ours are told it.
    pub(super) fn endpoint(&self) -> String {
        match self.transport {
            Transport::Tcp => format!("tcp://{}", self.address),
            Transport::Udp => format!("udp://{}", self.address),
            Transport::Unix => format!("unix:{}", self.path.display()),
            Transport::UnixDgram => format!("unix-dgram:{}", self.path.display()),
        }
    }

    /// The place as our client is told it where the server knows the path of its client.
    pub(super) fn endpoint_from_peer(&self) -> String {
        format!("{}?bind={}", self.endpoint(), self.peer.display())
    }

    /// A row's arguments, with this place in them.
    pub(super) fn arguments(&self, template: &str) -> Vec<String> {
        let fill = |word: &str| {
            word.replace("{host}", &self.address.ip().to_string())
                .replace("{port}", &self.address.port().to_string())
                .replace("{path}", &self.path.to_string_lossy())
                .replace("{peer}", &self.peer.to_string_lossy())
        };
        template.split_whitespace().map(fill).collect()
    }

    /// Waits until `server` listens here; nothing connects, since many a server takes one client alone.
    pub(super) fn wait_until_listening(&self, server: &Process) {
        wait_until(&format!("{} listens", server.name), || {
            assert!(server.is_running(), "{} ended: {}", server.name, server.errors());
            self.is_listening()
        });
    }

    fn is_listening(&self) -> bool {
        const UNCONNECTED: &str = "07";
        match self.transport {
            Transport::Tcp => self.states("/proc/net/tcp").iter().any(|state| state == "0A"),
            Transport::Udp => self.states("/proc/net/udp").iter().any(|state| state == UNCONNECTED),
            // The flag of a listening socket: its path is there before it listens.
            Transport::Unix => self.flags().is_some_and(|flags| flags == "00010000"),
            Transport::UnixDgram => self.flags().is_some(),
        }
    }

    /// The states of the sockets whose local address is this one. proc(5).
    fn states(&self, table: &str) -> Vec<String> {
        let ip = u32::from_ne_bytes(self.address.ip().octets());
        let local = format!("{ip:08X}:{:04X}", self.address.port());
        let lines = fs::read_to_string(table).expect("the kernel's table of sockets");
        let fields = lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        fields
            .filter(|fields| fields.get(1) == Some(&local.as_str()))
            .filter_map(|fields| fields.get(3).map(ToString::to_string))
            .collect()
    }

    /// The flags of the Unix socket that is bound to the path.
    fn flags(&self) -> Option<String> {
        let lines = fs::read_to_string("/proc/net/unix").expect("the kernel's table of sockets");
        let line = lines.lines().find(|line| line.ends_with(&*self.path.to_string_lossy()))?;
        line.split_whitespace().nth(3).map(str::to_owned)
    }

    /// Waits until the server has the end of its client. Of a Unix socket the kernel does not tell it.
    pub(super) fn wait_for_the_clients_end(&self) {
        self.wait_for_state("08", "the client has ended its side");
    }

    /// Waits until the client has the end of the server.
    pub(super) fn wait_for_the_servers_end(&self) {
        self.wait_for_state("05", "the server has ended its side");
    }

    fn wait_for_state(&self, wanted: &str, what: &str) {
        if self.transport == Transport::Tcp {
            wait_until(what, || self.states("/proc/net/tcp").iter().any(|state| state == wanted));
        }
    }
}

/// A process that we started: killed when it takes too long, and when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    name: String,
    child: Arc<Mutex<Child>>,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    errors: PathBuf,
    /// Gone with this, it tells the watch that there is nothing left to watch.
    _watched: mpsc::Sender<()>,
}

impl Process {
    /// Starts `program`; what it says on standard error is shown when it is missed.
    pub(super) fn start(
        scratch: &Scratch,
        program: &str,
        arguments: &[String],
        stdin: impl Into<Stdio>,
        stdout: impl Into<Stdio>,
    ) -> Self {
        let errors = scratch.path(&format!("errors-{}", number()));
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(stdin)
            .stdout(stdout)
            .stderr(File::create(&errors).expect("a file for the errors"))
            .spawn()
            .expect("start a program");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let child = Arc::new(Mutex::new(child));
        let (watched, watch) = mpsc::channel();
        let late = Arc::clone(&child);
        thread::spawn(move || {
            if watch.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                kill(&late);
            }
        });
        let name = format!("{program} {}", arguments.join(" "));
        Self { name, child, stdin, stdout, errors, _watched: watched }
    }

    /// Starts `sock` with these words.
    pub(super) fn ours(
        scratch: &Scratch,
        words: &[&str],
        stdin: impl Into<Stdio>,
        stdout: impl Into<Stdio>,
    ) -> Self {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        Self::start(scratch, env!("CARGO_BIN_EXE_sock"), &words, stdin, stdout)
    }

    /// Waits for the end.
    pub(super) fn end(&self) -> ExitStatus {
        loop {
            if let Some(status) = lock(&self.child).try_wait().expect("ask for the end of a process") {
                return status;
            }
            thread::sleep(LOOK);
        }
    }

    /// Waits for the end, which must be a success.
    pub(super) fn succeed(&self) {
        let status = self.end();
        assert!(status.success(), "{}: {status}: {}", self.name, self.errors());
    }

    fn is_running(&self) -> bool {
        lock(&self.child).try_wait().expect("ask for the end of a process").is_none()
    }

    fn errors(&self) -> String {
        fs::read_to_string(&self.errors).unwrap_or_default()
    }

    /// Stops it where it stands, until [`resume`](Self::resume).
    pub(super) fn pause(&self) {
        self.signal("STOP");
        let stat = format!("/proc/{}/stat", lock(&self.child).id());
        wait_until("it has stopped", || {
            let stat = fs::read_to_string(&stat).unwrap_or_default();
            // The state follows the name, which may hold anything.
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        });
    }

    pub(super) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let id = lock(&self.child).id();
        let sent = Command::new("sh").args(["-c", &format!("kill -s {name} {id}")]).status_in_time();
        assert!(sent.expect("start a shell").success(), "signal {name} to {}", self.name);
    }

    /// The next `length` bytes of its output.
    pub(super) fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let stdout = self.stdout.as_mut().expect("its output is a pipe");
        let came = stdout.read_exact(&mut bytes);
        assert!(came.is_ok(), "{}: {came:?}: {}", self.name, self.errors());
        bytes
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        kill(&self.child);
    }
}

fn lock(child: &Mutex<Child>) -> std::sync::MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kill(child: &Mutex<Child>) {
    let mut child = lock(child);
    // One that has ended already needs no end.
    let _ = child.kill();
    let _ = child.wait_in_time();
}

/// Looks until `done`, for 20 seconds at most.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        thread::sleep(LOOK);
    }
}

/// The events that ours prints with `--json`.
#[derive(Debug)]
pub(super) struct Events(BufReader<ChildStdout>);

impl Events {
    pub(super) fn of(process: &mut Process) -> Self {
        Self(BufReader::new(process.stdout.take().expect("its output is a pipe")))
    }

    /// The next event of one of these names.
    pub(super) fn next(&mut self, names: &[&str]) -> Value {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("read an event");
            assert!(!line.is_empty(), "the events ended before one of {names:?}");
            let event: Value = serde_json::from_str(&line).expect("an event is JSON");
            if names.iter().any(|name| event["event"] == *name) {
                return event;
            }
        }
    }

    /// The payload of the next datagram or piece that was received.
    pub(super) fn received(&mut self) -> Vec<u8> {
        payload(&self.next(&["received"]))
    }
}

/// The bytes that an event carries.
pub(super) fn payload(event: &Value) -> Vec<u8> {
    let data = event["data"].as_str().expect("the event carries data");
    data_encoding::BASE64.decode(data.as_bytes()).expect("data is base64")
}

/// Our server at a place of its own, listening, with these options.
pub(super) fn serve(scratch: &Scratch, transport: Transport, options: &[&str]) -> (Process, Place) {
    let place = Place::free(transport, scratch);
    let endpoint = place.endpoint();
    // Events are told instead of lines.
    let quiet = if options.contains(&"--json") { &[][..] } else { &["--quiet"] };
    let words: Vec<&str> = ["serve", &endpoint].iter().chain(quiet).chain(options).copied().collect();
    let server = Process::ours(scratch, &words, Stdio::null(), Stdio::piped());
    place.wait_until_listening(&server);
    (server, place)
}

/// Bytes without a pattern that chance could repeat, the same in every run.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// The SHA-256 of all that comes, by the tool that comes with every Linux.
pub(super) struct Digest(Process);

impl Digest {
    pub(super) fn of(scratch: &Scratch, input: impl Into<Stdio>) -> Self {
        Self(Process::start(scratch, "sha256sum", &[], input, Stdio::piped()))
    }

    pub(super) fn finish(mut self) -> String {
        String::from_utf8(self.0.read(64)).expect("a digest is text")
    }
}

/// A path of a file that has none: for as long as we hold it, others can open it too.
pub(super) fn path_of(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd as _;
    Path::new("/proc").join(process::id().to_string()).join("fd").join(file.as_raw_fd().to_string())
}
