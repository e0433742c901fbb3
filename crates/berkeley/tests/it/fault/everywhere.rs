//! Every operation that makes a system call, struck at each of its calls in turn; and a look at the source, so that no
//! call is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use berkeley::fault::{self, Plan};

use super::scenarios as s;
use super::{EAGAIN, EINTR, ERRNOS, Scenario, rights, tcp, udp, unix};
use crate::namespace::in_namespace;
use crate::support::{LIMIT, alone, open_descriptors};

/// A row an operation, or a few that go together. A new system call of `sys` wants its row here.
const OPERATIONS: [(&str, Scenario); 25] = [
    ("tcp", tcp),
    ("udp", udp),
    ("unix", unix),
    ("rights", rights),
    ("send_file", s::send_file),
    ("send_file copied", s::send_file_copied),
    ("splice", s::splice_through),
    ("zero_copy", s::zero_copy),
    ("resolve", s::resolve_numbers),
    ("entries", s::entries),
    ("interfaces", s::list_interfaces),
    ("multicast", s::multicast),
    ("filter", s::filter),
    ("clones", s::clones),
    ("close", s::close),
    ("options", s::options),
    ("questions", s::questions),
    ("tries", s::tries),
    ("batch", s::batch),
    ("pidfd", s::pidfd),
    ("connector", s::connector),
    ("servers", s::servers),
    ("async stream", s::async_stream),
    ("async messages", s::async_messages),
    ("async connection", s::async_connection),
];

/// Those that want the rights of an administrator.
const PRIVILEGED: [(&str, Scenario); 3] =
    [("ring", s::ring), ("link", s::link), ("host name", s::name_the_machine)];

/// The calls that those alone make.
const PRIVILEGED_CALLS: [&str; 2] = ["mmap", "sethostname"];

/// What a library call survives: the row, the call, the errnos, why.
const SURVIVED: [(&str, &str, &[i32], &str); 8] = [
    ("send_file", "sendfile", &[libc::EINVAL], "the bytes are copied instead"),
    ("zero_copy", "send", &[libc::ENOBUFS], "without room for a note the kernel copies"),
    ("splice", "fcntl", &ERRNOS, "a pipe of the usual size does as well"),
    ("splice", "ioctl", &ERRNOS, "a socket that has no urgent data knows of no mark"),
    (
        "batch",
        "getsockopt",
        &[libc::EINVAL],
        "so says a family that cuts no long sends: each datagram goes alone",
    ),
    (
        "async stream",
        "getsockopt",
        &ERRNOS,
        "whether a clone lingers is asked as it is dropped, which has nobody to tell",
    ),
    ("options", "getsockopt", &[libc::ENOMEM], "a list that has no room is asked for again with more"),
    ("send_file copied", "sendfile", &[libc::EINVAL], "that is what the kernel says of this file"),
];

/// The names of the calls that run through `sys::call`, read from its source.
fn calls_in_the_source() -> BTreeSet<&'static str> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../berkeley/src/sys");
    let mut calls = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text: &'static str = fs::read_to_string(entry.unwrap().path()).unwrap().leak();
        for opening in [
            "run(\"",
            "run_int(\"",
            "lookup(\"",
            "Call::one(\"",
            "Call::two(\"",
            "Call::three(\"",
            "Call::from(\"",
        ] {
            let names = text.split(opening).skip(1).filter_map(|rest| rest.split('"').next());
            calls.extend(names);
        }
    }
    if !cfg!(target_env = "gnu") {
        // musl has no such call: the library reads protocols(5) itself.
        assert!(calls.remove("getprotobyname_r"));
    }
    calls
}

/// Plays each row, once for each of its calls and each errno; gives the names of the calls that were struck.
fn strike_all(rows: &[(&'static str, Scenario)]) -> BTreeSet<&'static str> {
    let calls = calls_in_the_source();
    let (mut struck, mut faults) = (BTreeSet::new(), Vec::new());
    for &(row, scenario) in rows {
        let play = || scenario().unwrap_or_else(|error| panic!("{row} without a fault: {error}"));
        // Once without a count: the C library may keep what it opens at first.
        let want = play();
        for call in &calls {
            // A plan that never strikes counts.
            let counted = fault::arm(Plan::fail(call, u32::MAX, 0));
            play();
            let times = counted.seen();
            drop(counted);
            for (nth, errno) in (1..=times).flat_map(|nth| errnos(row, call).map(move |errno| (nth, errno))) {
                faults.extend(strike(row, scenario, &want, (call, nth, errno)));
                struck.insert(*call);
            }
        }
    }
    // All of them: one round shows every fault.
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    struck
}

/// What `call` may fail with, but for two that only the kernel can play. A connect that seems interrupted has not been
/// made. A reactor that was told EAGAIN waits for news, and epoll(7) tells what is there already only once.
fn errnos(row: &str, call: &str) -> impl Iterator<Item = i32> + use<> {
    let (awaited, connects) = (row.starts_with("async"), call == "connect");
    ERRNOS.into_iter().filter(move |errno| !(awaited && *errno == EAGAIN)).chain((!connects).then_some(EINTR))
}

/// Plays the row with one call failing, and then with that call failing from there on; gives what is wrong, where that
/// is neither the same result nor an error that tells, or a descriptor is left.
fn strike(
    row: &str,
    scenario: Scenario,
    want: &[u8],
    (call, nth, errno): (&'static str, u32, i32),
) -> Vec<String> {
    let descriptors = open_descriptors();
    let mut faults = Vec::new();
    // Those two may be waited out, for ever.
    let times: &[u32] = if [EAGAIN, EINTR].contains(&errno) { &[1] } else { &[1, u32::MAX] };
    for times in times {
        let armed = fault::arm(Plan::fail(call, nth, errno).times(*times));
        let result = scenario();
        let struck = armed.struck();
        drop(armed);
        let case = format!("{row}: {call} {nth}, errno {errno}, {times} times");
        match result {
            Ok(_) if struck && !is_survived(row, call, errno) => {
                faults.push(format!("{case}: failed unseen"));
            }
            Ok(received) if received != want => faults.push(format!("{case}: another result")),
            Ok(_) => {}
            Err(error) if error.raw_os_error() == Some(errno) => {}
            Err(error) => faults.push(format!("{case}: {error}")),
        }
        let left = open_descriptors();
        if left != descriptors {
            faults.push(format!("{case}: {left} descriptors, {descriptors} before"));
        }
    }
    faults
}

fn is_survived(row: &str, call: &str, errno: i32) -> bool {
    let known = |(in_row, of_call, errnos, _): &(&str, &str, &[i32], &str)| {
        (*in_row, *of_call) == (row, call) && errnos.contains(&errno)
    };
    [EAGAIN, EINTR].contains(&errno) || SURVIVED.iter().any(known)
}

#[test]
fn no_operation_leaks_whichever_of_its_calls_fails_and_no_call_is_left_out() {
    alone(|| {
        let mut want = calls_in_the_source();
        assert!(want.len() >= 25, "{want:?}");
        for call in PRIVILEGED_CALLS {
            assert!(want.remove(call), "{call} is no call of sys");
        }
        let struck = strike_all(&OPERATIONS);
        let missing: Vec<_> = want.difference(&struck).collect();
        assert!(missing.is_empty(), "no row of OPERATIONS makes these calls: {missing:?}");
    });
}

#[test]
fn no_operation_of_an_administrator_leaks_whichever_of_its_calls_fails() {
    in_namespace(LIMIT, || {
        let struck = strike_all(&PRIVILEGED);
        for call in PRIVILEGED_CALLS {
            assert!(struck.contains(call), "no row of PRIVILEGED makes the call {call}");
        }
    });
}
