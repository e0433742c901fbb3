//! `poll` over several sockets.

use std::time::Duration;

use berkeley::{Deadline, Family, Interest, PollEntry, Protocol, Socket, Type, poll};

use crate::support::{LIMIT, LONG, within};

fn pair() -> (Socket, Socket) {
    Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap()
}

#[test]
fn each_entry_says_what_held() {
    within(LIMIT, || {
        let ((_a, quiet), (b, loud), (c, gone)) = (pair(), pair(), pair());
        b.send(b"x").unwrap();
        drop(c);
        let both = Interest::READABLE | Interest::WRITABLE;
        let mut entries = [
            PollEntry::new(&quiet, Interest::READABLE),
            PollEntry::new(&loud, both),
            PollEntry::new(&gone, Interest::NONE),
        ];
        assert!(entries.iter().all(|entry| !entry.is_ready()));
        assert_eq!(poll(&mut entries, Deadline::after(LONG)).unwrap(), 2);
        assert!(!entries[0].is_ready());
        assert_eq!(entries[1].ready(), both);
        assert!(entries[2].is_ready(), "a hang-up counts without any interest");
        assert!(!entries[2].ready().contains(Interest::READABLE));

        loud.recv(&mut [0; 8]).unwrap();
        entries[1].set_interest(Interest::READABLE);
        assert_eq!(entries[1].interest(), Interest::READABLE);
        assert_eq!(poll(&mut entries[..2], Deadline::after(Duration::ZERO)).unwrap(), 0);
        assert!(!entries[1].is_ready(), "what held before is forgotten");
        assert_eq!(poll(&mut [], Deadline::after(Duration::ZERO)).unwrap(), 0);
    });
}

#[cfg(feature = "fault")]
#[test]
fn an_interruption_ends_no_wait() {
    use berkeley::fault;
    const EINTR: i32 = 4;
    let (left, right) = pair();
    left.send(b"x").unwrap();
    let mut entries = [PollEntry::new(&right, Interest::READABLE)];
    let armed = fault::arm(fault::Plan::fail("ppoll", 1, EINTR));
    assert_eq!(poll(&mut entries, Deadline::after(LONG)).unwrap(), 1);
    assert!(armed.struck());
}
