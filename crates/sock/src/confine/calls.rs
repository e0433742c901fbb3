//! Seccomp's wall: the system calls that reading packets, waiting and writing need (memory, clocks, signals, threads,
//! and what is open), and no others.

use std::env::consts::ARCH;
use std::io;

use libc as c;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};

/// Raises it: what is not on the list fails with `EPERM`. Those that open files are on it where `opens` says so. False
/// where filters are not made for this processor.
pub(super) fn limit(opens: bool) -> io::Result<bool> {
    let Ok(target) = TargetArch::try_from(ARCH) else { return Ok(false) };
    let opening: &[i64] = if opens { OPENING } else { &[] };
    let whole = NEEDED.iter().chain(OLDER).chain(opening).map(|call| (*call, Vec::new()));
    let controls = CONTROLS.iter().map(|request| control(*request)).collect::<Result<_, _>>();
    let rules = whole.chain([(c::SYS_ioctl, controls.map_err(io::Error::other)?)]).collect();
    let refused = SeccompAction::Errno(EPERM);
    let program: BpfProgram = SeccompFilter::new(rules, refused, SeccompAction::Allow, target)
        .and_then(TryInto::try_into)
        .map_err(io::Error::other)?;
    apply_filter(&program).map_err(io::Error::other)?;
    Ok(true)
}

/// The rule that lets an ioctl(2) through by its request.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "musl has the same 32 bits as a signed number"
)]
fn control(request: c::Ioctl) -> Result<SeccompRule, seccompiler::BackendError> {
    // The kernel looks at the lower half alone.
    let request = u64::from(request as u32);
    let is_it = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request)?;
    SeccompRule::new(vec![is_it])
}

/// What may be asked of what is open: the size and the modes of a terminal, and not to wait. Not `TIOCSTI`, which types
/// into the terminal what its shell then runs.
const CONTROLS: &[c::Ioctl] = &[
    c::TIOCGWINSZ,
    c::TCGETS,
    c::TCSETS,
    c::TCSETSW,
    c::TCSETSF,
    c::TCGETS2,
    c::TCSETS2,
    c::TCSETSW2,
    c::TCSETSF2,
    c::FIONBIO,
];

/// What a call that is not on the list fails with.
#[allow(clippy::cast_sign_loss, reason = "a small positive number")]
const EPERM: u32 = c::EPERM as u32;

/// The calls that open files, ask what they are, make and remove them, which landlock has to watch.
#[cfg(target_arch = "x86_64")]
const OPENING: &[i64] = &[c::SYS_openat, c::SYS_open, c::SYS_statx, c::SYS_unlinkat, c::SYS_unlink];
#[cfg(not(target_arch = "x86_64"))]
const OPENING: &[i64] = &[c::SYS_openat, c::SYS_statx, c::SYS_unlinkat];

/// Calls that only this processor still has beside the newer ones.
#[cfg(target_arch = "x86_64")]
const OLDER: &[i64] = &[c::SYS_poll, c::SYS_epoll_wait];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[i64] = &[];

/// What is needed all the time.
const NEEDED: &[i64] = &[
    // What is open: read, written, waited for, closed.
    c::SYS_read,
    c::SYS_readv,
    c::SYS_write,
    c::SYS_writev,
    c::SYS_lseek,
    c::SYS_ftruncate,
    c::SYS_fsync,
    c::SYS_fdatasync,
    c::SYS_fstat,
    c::SYS_fcntl,
    c::SYS_close,
    c::SYS_ppoll,
    c::SYS_epoll_pwait,
    c::SYS_epoll_ctl,
    // The ring's counters, and the pair of sockets that tells of signals.
    c::SYS_getsockopt,
    c::SYS_recvfrom,
    c::SYS_sendto,
    // Memory.
    c::SYS_mmap,
    c::SYS_munmap,
    c::SYS_mremap,
    c::SYS_mprotect,
    c::SYS_madvise,
    c::SYS_brk,
    // Time, chance, and who we are.
    c::SYS_clock_gettime,
    c::SYS_clock_nanosleep,
    c::SYS_nanosleep,
    c::SYS_getrandom,
    c::SYS_getpid,
    c::SYS_gettid,
    // Signals.
    c::SYS_rt_sigaction,
    c::SYS_rt_sigprocmask,
    c::SYS_rt_sigreturn,
    c::SYS_sigaltstack,
    c::SYS_tgkill,
    c::SYS_restart_syscall,
    // Threads, and the end.
    c::SYS_clone,
    c::SYS_clone3,
    c::SYS_set_robust_list,
    c::SYS_rseq,
    c::SYS_prctl,
    c::SYS_futex,
    c::SYS_sched_getaffinity,
    c::SYS_sched_yield,
    c::SYS_exit,
    c::SYS_exit_group,
];
