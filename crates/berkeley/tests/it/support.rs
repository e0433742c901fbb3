//! What the tests share: connected pairs of every kind, time limits, temporary folders, clocks, and child processes.

use std::any::type_name;
use std::env;
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};
use std::panic;
use std::path::PathBuf;
use std::process::{self, Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use berkeley::{Address, Family, Protocol, Socket, Type, UnixAddress};

use crate::bounded::{JoinInTime, WaitInTime};

/// Longer than anything here takes, on a slow and busy machine too; shorter than a person's patience.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A timeout that is to run out.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// A timeout that is not to run out.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// One kind of socket, as a row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) family: Family,
    pub(crate) socket_type: Type,
}

pub(crate) const TCP: Kind = Kind { name: "tcp v4", family: Family::INET, socket_type: Type::STREAM };
pub(crate) const TCP6: Kind = Kind { name: "tcp v6", family: Family::INET6, socket_type: Type::STREAM };
pub(crate) const UDP: Kind = Kind { name: "udp v4", family: Family::INET, socket_type: Type::DGRAM };
pub(crate) const UNIX: Kind = Kind { name: "unix stream", family: Family::UNIX, socket_type: Type::STREAM };
pub(crate) const UNIX_DGRAM: Kind =
    Kind { name: "unix dgram", family: Family::UNIX, socket_type: Type::DGRAM };
pub(crate) const UNIX_SEQPACKET: Kind =
    Kind { name: "unix seqpacket", family: Family::UNIX, socket_type: Type::SEQPACKET };

/// Every kind that can be connected in pairs on any machine.
pub(crate) const KINDS: [Kind; 6] = [TCP, TCP6, UDP, UNIX, UNIX_DGRAM, UNIX_SEQPACKET];

/// Those that carry a stream of bytes.
pub(crate) const STREAMS: [Kind; 3] = [TCP, TCP6, UNIX];

/// Those that keep the boundaries of messages.
pub(crate) const MESSAGES: [Kind; 3] = [UDP, UNIX_DGRAM, UNIX_SEQPACKET];

/// Those that listen and accept.
pub(crate) const LISTENERS: [Kind; 4] = [TCP, TCP6, UNIX, UNIX_SEQPACKET];

impl Kind {
    /// A socket of this kind, without a timeout.
    pub(crate) fn socket(&self) -> Socket {
        Socket::new(self.family, self.socket_type, Protocol::DEFAULT)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// A socket of this kind, bound to an address that the kernel chose.
    pub(crate) fn bound(&self) -> (Socket, Address) {
        let socket = self.socket();
        match self.family {
            Family::INET => socket.bind((Ipv4Addr::LOCALHOST, 0)),
            Family::INET6 => socket.bind((Ipv6Addr::LOCALHOST, 0)),
            _ => socket.bind(UnixAddress::UNNAMED),
        }
        .unwrap();
        let address = socket.local_address().unwrap();
        (socket, address)
    }

    /// A socket of this kind that listens.
    pub(crate) fn listener(&self, backlog: u32) -> (Socket, Address) {
        let (listener, address) = self.bound();
        listener.listen(backlog).unwrap();
        (listener, address)
    }

    /// Two sockets connected to each other, without timeouts.
    pub(crate) fn pair(&self) -> (Socket, Socket) {
        if self.family == Family::UNIX {
            return Socket::pair(self.family, self.socket_type, Protocol::DEFAULT).unwrap();
        }
        if self.socket_type == Type::STREAM {
            let (listener, address) = self.listener(1);
            let client = self.socket();
            client.connect(address).unwrap();
            return (client, listener.accept().unwrap().0);
        }
        let ((left, left_address), (right, right_address)) = (self.bound(), self.bound());
        left.connect(right_address).unwrap();
        right.connect(left_address).unwrap();
        (left, right)
    }
}

/// Runs `body` on a thread of its own; panics with the test's name where it takes longer than `limit`.
pub(crate) fn within<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(limit: Duration, body: F) -> T {
    let name = test_name::<F>();
    let (done, finished) = channel();
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let result = body();
            let _ = done.send(());
            result
        })
        .unwrap();
    let outcome = finished.recv_timeout(limit);
    assert_ne!(outcome, Err(RecvTimeoutError::Timeout), "{name} took longer than {limit:?}");
    thread.join_in_time().unwrap_or_else(|panic| panic::resume_unwind(panic))
}

/// The name of the test whose closure has the type `F`, as libtest knows it.
pub(crate) fn test_name<F>() -> &'static str {
    let path = type_name::<F>();
    let path = path.split_once("::").map_or(path, |(_binary, rest)| rest);
    path.split_once("::{{closure}}").map_or(path, |(test, _)| test)
}

/// Runs `body` in a process of its own, where no other test opens descriptors or changes signals.
///
/// The test binary is started again with this one test's name; there `body` runs, here its success is awaited.
pub(crate) fn alone<F: FnOnce() + Send + 'static>(body: F) {
    const MARK: &str = "BERKELEY_TEST_ALONE";
    let name = test_name::<F>();
    if env::var(MARK).is_ok_and(|marked| marked == name) {
        body();
        return;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([name, "--exact", "--nocapture", "--test-threads=1"]).env(MARK, name);
    let output = finish(start(&mut command), LIMIT);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "{name} did not run in the child\n{out}\n{err}");
}

/// A child process, killed where its test fails before it has ended.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended and was waited for is gone: then neither does anything.
        let _ = self.0.kill();
        let _ = self.0.wait_in_time();
    }
}

/// Starts `command` with nothing to read, and its output kept.
pub(crate) fn start(command: &mut Command) -> Running {
    spawn(command.stdin(Stdio::null()))
}

/// Starts `command`, its output kept.
pub(crate) fn spawn(command: &mut Command) -> Running {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Running(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
}

/// What `child` printed and how it ended; kills it and panics where it takes longer than `limit`.
pub(crate) fn finish(mut running: Running, limit: Duration) -> Output {
    let child = &mut running.0;
    let end = Instant::now() + limit;
    let outputs = [child.stdout.take().map(drain), child.stderr.take().map(drain)];
    let [stdout, stderr] = outputs.map(|output| {
        let Some(output) = output else { return Some(Vec::new()) };
        output.recv_timeout(end.saturating_duration_since(Instant::now())).ok()
    });
    let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
        panic!("process {} took longer than {limit:?}", child.id());
    };
    Output { status: child.wait_in_time().unwrap(), stdout, stderr }
}

fn drain(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// Does `action` on a thread of its own after `delay`: a peer that is late.
pub(crate) fn later<T: Send + 'static>(
    delay: Duration,
    action: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    thread::spawn(move || {
        thread::sleep(delay);
        action()
    })
}

/// Runs `check` for all rows at once, each on a thread of its own: they wait, and need not wait for one another.
pub(crate) fn at_once<T: Send>(rows: impl IntoIterator<Item = T>, check: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for row in rows {
            let check = &check;
            scope.spawn(move || check(row));
        }
    });
}

/// What `action` gave, and how long it took.
pub(crate) fn timed<T>(action: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = action();
    (result, start.elapsed())
}

/// What `action` gave, and how many system calls this thread made in it; `None` where `fault`, which counts, is off.
pub(crate) fn counted<T>(action: impl FnOnce() -> T) -> (T, Option<u32>) {
    #[cfg(feature = "fault")]
    let armed = berkeley::fault::arm(berkeley::fault::Plan::count());
    let result = action();
    #[cfg(feature = "fault")]
    return (result, Some(armed.seen()));
    #[cfg(not(feature = "fault"))]
    (result, None)
}

/// Asserts that a wait bounded by `timeout` took at least that long, and not much longer.
#[track_caller]
pub(crate) fn assert_kept(timeout: Duration, took: Duration, what: &str) {
    assert!(took >= timeout, "{what}: {took:?}, before the timeout of {timeout:?}");
    // Room for a machine that is busy with other tests; a clock that is restarted or lost takes far longer.
    assert!(took < timeout + Duration::from_secs(8), "{what}: {took:?}, long after {timeout:?}");
}

/// The processor time that the calling thread has used (proc(5), `schedstat`, or `stat` where the kernel lacks it).
pub(crate) fn thread_cpu() -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    if let Ok(text) = fs::read_to_string("/proc/thread-self/schedstat") {
        return Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap());
    }
    let text = fs::read_to_string("/proc/thread-self/stat").unwrap();
    // Behind the name, which may hold anything: the state is field 3, the times are fields 14 and 15.
    let (_, fields) = text.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u32>().unwrap());
    TICK * ticks.sum::<u32>()
}

/// Whether the descriptor is closed by exec(2) (proc(5), `fdinfo`: `O_CLOEXEC` among the octal flags).
pub(crate) fn is_close_on_exec(fd: &impl AsFd) -> bool {
    const CLOEXEC: u32 = 0o2_000_000;
    status_flags(fd) & CLOEXEC != 0
}

/// Whether the descriptor has `O_NONBLOCK`.
pub(crate) fn is_nonblocking(fd: &impl AsFd) -> bool {
    const NONBLOCK: u32 = 0o4_000;
    status_flags(fd) & NONBLOCK != 0
}

fn status_flags(fd: &impl AsFd) -> u32 {
    let path = format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd());
    let text = fs::read_to_string(path).unwrap();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    u32::from_str_radix(flags.trim(), 8).unwrap()
}

/// How many descriptors this process has open; of use only where no other test runs ([`alone`]).
pub(crate) fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Bytes that repeat with no short period, so that a piece lost or moved shows.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    // Made once, and copied from then on: byte by byte, 64 MiB take a debug build seconds.
    const PERIOD: usize = 1_000_003;
    let made = |index: usize| u8::try_from((index * 31 + index / 251) % 251).unwrap();
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
        let path = env::temp_dir().join(format!("berkeley-{}-{count}", process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The path of `name` in this folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The address of a Unix socket in this folder.
    pub(crate) fn unix(&self, name: &str) -> UnixAddress {
        UnixAddress::from_path(self.path(name)).unwrap()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
