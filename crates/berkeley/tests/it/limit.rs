//! A limit of time for every test of the binary that includes this file: one that hangs is named, and fails the run.
//!
//! libtest has no such limit. A thread that starts before `main` looks at the age of the threads of this process. The
//! threads of tests bear their names; the one that has lived too long is told by a signal to say its name and where
//! it is, and the process ends with status 101, as libtest's does where tests fail. No test has to ask for it.

#![allow(unsafe_code, reason = "what runs before main, and signals, are had from C alone")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at its first surprise")]

use std::backtrace::Backtrace;
use std::env;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::process::{Command, Stdio};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any test takes, on a slow and busy machine too.
const LIMIT: Duration = Duration::from_secs(180);

/// Another limit, in seconds: that of the test of this file.
const SHORTER: &str = "BERKELEY_TEST_SECONDS";

/// How often the threads are looked at, once one of them can be too old.
const PERIOD: Duration = Duration::from_secs(1);

/// How long a thread that is told to report may take: a debug build's backtrace is slow.
const REPORT: Duration = Duration::from_secs(20);

/// What the thread that was last told to report has answered.
static ANSWER: AtomicU8 = AtomicU8::new(SILENT);
const SILENT: u8 = 0;
const OTHER: u8 = 1;
const TEST: u8 = 2;

/// The names of the tests in this binary.
static TESTS: OnceLock<Vec<String>> = OnceLock::new();

// SAFETY: the section holds addresses of functions that the C library calls once, before `main`, as this one may be.
#[unsafe(link_section = ".init_array")]
#[used]
static START: extern "C" fn() = start;

extern "C" fn start() {
    // Miri has neither the files of /proc nor signals.
    if !cfg!(miri) {
        let _ = thread::Builder::new().name("limit of time".to_owned()).spawn(watch);
    }
}

fn watch() {
    block_signals();
    let limit = limit();
    // Nobody can be too old before, and a short run is not disturbed by open files of ours.
    thread::sleep(limit);
    loop {
        let hanging = old_threads(limit).into_iter().filter(|thread| hangs(*thread, limit)).count();
        if hanging > 0 {
            // SAFETY: ends the process; nothing of Rust's or C's runs any more.
            unsafe { libc::_exit(101) };
        }
        thread::sleep(PERIOD);
    }
}

fn limit() -> Duration {
    let set = env::var(SHORTER).ok().and_then(|text| text.parse().ok());
    set.map_or(LIMIT, Duration::from_secs)
}

/// Signals that are sent to the process are for the threads of tests.
fn block_signals() {
    let mut all = MaybeUninit::uninit();
    // SAFETY: `all` has room for a set of signals.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: `all` was filled above; no old set is asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), ptr::null_mut()) };
}

/// The threads of this process, but for the main one, that were started longer ago than `limit` (proc(5), `stat`).
fn old_threads(limit: Duration) -> Vec<libc::pid_t> {
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let uptime: f64 = uptime.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let main = libc::pid_t::try_from(std::process::id()).unwrap();
    let is_old = |thread: &libc::pid_t| {
        let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).unwrap_or_default();
        // The name, in parentheses, may hold spaces; the start, in ticks of 10 ms, is the 20th word after it.
        let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
        let began: Option<f64> = after.split(' ').nth(19).and_then(|text| text.parse().ok());
        *thread != main && began.is_some_and(|ticks| uptime - ticks / 100.0 > limit.as_secs_f64())
    };
    let entries = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_old).collect()
}

/// Whether the thread is a test's, which has then said where it is; one that says nothing at all is taken for a test's.
fn hangs(thread: libc::pid_t, limit: Duration) -> bool {
    // SAFETY: asks for the own thread's number.
    if thread == unsafe { libc::gettid() } {
        return false;
    }
    TESTS.get_or_init(tests);
    listen();
    ANSWER.store(SILENT, Ordering::SeqCst);
    // SAFETY: gives the own process's number.
    let process = unsafe { libc::getpid() };
    // SAFETY: a system call of three integers.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGRTMAX()) };
    // It has ended in the meantime.
    if sent != 0 {
        return false;
    }
    let end = Instant::now() + REPORT;
    while ANSWER.load(Ordering::SeqCst) == SILENT && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
    match ANSWER.load(Ordering::SeqCst) {
        OTHER => return false,
        TEST => {}
        _ => say(&format!("hanging: thread {thread}, {}, which answers nothing\n", comm(thread))),
    }
    say(&format!("a test may take {} s\n", limit.as_secs()));
    true
}

/// What the kernel has kept of the thread's name: 15 bytes.
fn comm(thread: libc::pid_t) -> String {
    fs::read_to_string(format!("/proc/self/task/{thread}/comm")).unwrap_or_default().trim().to_owned()
}

/// The names of the tests in this binary, as it lists them.
fn tests() -> Vec<String> {
    let list = Command::new(env::current_exe().expect("/proc is there"))
        .args(["--list", "--format", "terse"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .expect("it runs already");
    let text = String::from_utf8_lossy(&list.stdout).into_owned();
    text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

/// Sets what a thread does that is told to report.
fn listen() {
    // SAFETY: all zeroes is a `sigaction`: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = report as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: `action` was set above; the old one is not asked for.
    unsafe { libc::sigaction(libc::SIGRTMAX(), &raw const action, ptr::null_mut()) };
}

/// Runs on the thread that is told to report. It takes locks, which a signal handler should not: where the thread holds
/// one of them, it is named without its place.
extern "C" fn report(_signal: libc::c_int) {
    let thread = thread::current();
    let name = thread.name().unwrap_or_default();
    if !TESTS.get().is_some_and(|tests| tests.iter().any(|test| test == name)) {
        return ANSWER.store(OTHER, Ordering::SeqCst);
    }
    say(&format!("\nhanging: {name}\n"));
    say(&format!("{}\n", Backtrace::force_capture()));
    ANSWER.store(TEST, Ordering::SeqCst);
}

/// Not `eprint!`, which libtest keeps back.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// In a process of its own, for it ends with the test.
#[test]
fn a_test_that_hangs_is_named_and_ends_the_run() {
    const PATIENCE: Duration = Duration::from_secs(60);
    const HANG: &str = "BERKELEY_TEST_HANG";
    if env::var_os(HANG).is_some() {
        thread::sleep(4 * PATIENCE);
        return;
    }
    let this = thread::current().name().expect("libtest names the threads of tests").to_owned();
    let mut child = Command::new(env::current_exe().expect("/proc is there"));
    child.args([&*this, "--exact", "--test-threads=1"]).env(SHORTER, "1").env(HANG, "1");
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs already");
    let end = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        if Instant::now() > end {
            let _ = child.kill();
        }
        thread::sleep(Duration::from_millis(10));
    };
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(status.code(), Some(101), "{said}");
    for part in [&*format!("hanging: {this}\n"), "a_test_that_hangs", "a test may take 1 s\n"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
