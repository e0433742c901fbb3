//! The machine: its processors, its clocks, and what it says of itself.

use std::fs;
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Binds this thread, and those that it makes, to one processor.
pub fn pin(core: usize) {
    let mut set = empty_set();
    // SAFETY: the set is initialised, and the number is one of a set that the kernel gave.
    unsafe { libc::CPU_SET(core, &mut set) };
    // SAFETY: the pointer and the size describe the set; 0 is this thread.
    let failed = unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) };
    assert_eq!(failed, 0, "sched_setaffinity: {}", io::Error::last_os_error());
}

/// The last two processors that this thread may use; the same one twice where there is one alone.
///
/// The last ones: the first is where the kernel puts what must run somewhere.
pub fn two_cores() -> [usize; 2] {
    let mut set = empty_set();
    // SAFETY: the pointer and the size describe the set; 0 is this thread.
    let failed = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    assert_eq!(failed, 0, "sched_getaffinity: {}", io::Error::last_os_error());
    // SAFETY: the set is initialised, and the numbers are within it.
    let mut cores =
        (0..libc::CPU_SETSIZE as usize).rev().filter(|core| unsafe { libc::CPU_ISSET(*core, &set) });
    let last = cores.next().unwrap_or(0);
    [last, cores.next().unwrap_or(last)]
}

fn empty_set() -> libc::cpu_set_t {
    // SAFETY: a cpu_set_t is an array of integers, of which all zero is the empty set.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// What this thread has had of the processors, by its clock.
pub fn thread_time() -> Duration {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// What this program has had of them, with all its threads.
pub(crate) fn process_time() -> Duration {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn clock(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is that of a timespec, which the call fills.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What these processors did not idle away since boot, stolen time included; in ticks of 10 ms.
pub(crate) fn busy_time(cores: [usize; 2]) -> Duration {
    let names = cores.map(|core| format!("cpu{core}"));
    let ticks: u64 = fs::read_to_string("/proc/stat")
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(' ').filter(|(name, _)| names.iter().any(|it| it == name)))
        .map(|(_, fields)| busy_ticks(fields))
        .sum();
    Duration::from_millis(10 * ticks)
}

/// All but idle and iowait of `user nice system idle iowait irq softirq steal guest guest_nice`; guests are in user.
fn busy_ticks(fields: &str) -> u64 {
    let fields = fields.split(' ').map(|ticks| ticks.parse().unwrap_or(0));
    fields
        .take(8)
        .enumerate()
        .filter(|(place, _)| ![3, 4].contains(place))
        .map(|(_, ticks): (_, u64)| ticks)
        .sum()
}

/// Gives a TCP socket the congestion control that every kernel has. BBR paces: on loopback its timers would be measured.
pub fn congestion(socket: &impl AsFd) {
    const RENO: &[u8] = b"reno";
    let fd = socket.as_fd().as_raw_fd();
    let length = RENO.len() as libc::socklen_t;
    // SAFETY: the pointer and the length describe RENO, which the kernel only reads.
    let failed = unsafe {
        libc::setsockopt(fd, libc::IPPROTO_TCP, libc::TCP_CONGESTION, RENO.as_ptr().cast(), length)
    };
    assert_eq!(failed, 0, "TCP_CONGESTION: {}", io::Error::last_os_error());
}

/// What is kept with the raw runs, and printed above the table.
pub(crate) fn describe() -> Value {
    let read = |path| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let model = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|model| model.trim_start_matches(['\t', ' ', ':']).to_owned());
    json!({
        "kernel": read("/proc/sys/kernel/osrelease"),
        "processor": model,
        "processors": thread::available_parallelism().map_or(0, usize::from),
        "load": read("/proc/loadavg"),
        "congestion control of the system": read("/proc/sys/net/ipv4/tcp_congestion_control"),
        "congestion control of the bench": "reno",
        "rustc": said("rustc", &["--version"]),
        "commit": said("git", &["describe", "--always", "--dirty", "--abbrev=12"]),
    })
}

/// The date and time, as the names of files have it.
pub(crate) fn date() -> String {
    said("date", &["+%Y-%m-%d-%H%M%S"]).unwrap_or_else(|| "undated".to_owned())
}

/// The first line that a program says; `None` where it is not there, or fails.
fn said(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
}
