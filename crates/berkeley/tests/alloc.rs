//! What allocates and what does not: an allocator that counts, alone in its own binary.

#![allow(
    unsafe_code,
    reason = "a global allocator is an unsafe trait; this one counts and hands on to the system's"
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "it/limit.rs"]
mod limit;
#[path = "alloc/refused.rs"]
mod refused;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::time::Duration;

use berkeley::batch::{Datagram, RecvBatch, Segments, SendBatch};
use berkeley::control::{self, ControlBuffer};
use berkeley::fault::{self, Plan};
use berkeley::{Family, Flags, Protocol, SendMessage, Socket, Type, UnixAddress};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// The most bytes that this thread is given in one piece.
    static LONGEST: Cell<usize> = const { Cell::new(usize::MAX) };
}

struct Counting;

// SAFETY: every call is handed on to the system's allocator as it came, or gives null, as where there is no
// memory; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        if LONGEST.try_with(Cell::get).is_ok_and(|longest| layout.size() > longest) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, which is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Asserts that `action` allocates `want` times.
#[track_caller]
fn assert_allocations<T>(want: usize, what: &str, action: impl Fn() -> T) {
    // Once unmeasured: what is set up at the first use is not the call's.
    drop(action());
    let before = ALLOCATIONS.get();
    let result = action();
    let made = ALLOCATIONS.get() - before;
    drop(result);
    assert_eq!(made, want, "allocations of {what}");
}

fn pair() -> (Socket, Socket) {
    Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).unwrap()
}

#[test]
fn the_allocator_counts() {
    assert_allocations(1, "a box", || Box::new(7_u64));
}

#[test]
fn an_error_that_asks_for_patience_allocates_nothing() {
    const EINTR: i32 = 4;
    let (left, right) = pair();
    left.set_timeout(Some(Duration::ZERO)).unwrap();
    assert_allocations(0, "recv", || assert!(left.recv(&mut [0; 8]).unwrap_err().is_would_block()));
    assert_allocations(0, "try_recv", || {
        assert!(right.try_recv(&mut [0; 8], Flags::NONE).unwrap_err().is_would_block());
    });
    assert_allocations(0, "try_recv_from", || right.try_recv_from(&mut [0; 8], Flags::NONE).unwrap_err());
    while left.send(b"x").is_ok() {}
    assert_allocations(0, "send", || assert!(left.send(b"x").unwrap_err().is_would_block()));
    assert_allocations(0, "send_all", || assert!(left.send_all(b"x").unwrap_err().is_would_block()));
    assert_allocations(0, "io::Error", || std::io::Error::from(left.send(b"x").unwrap_err()));

    let listener = Socket::new(Family::INET, Type::STREAM.nonblocking(), Protocol::DEFAULT).unwrap();
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(1).unwrap();
    assert_allocations(0, "accept", || {
        let error = listener.accept().unwrap_err();
        assert!(error.is_would_block() && error.target().is_none());
    });
    assert_allocations(0, "an interruption", || {
        let _armed = fault::arm(Plan::fail("recv", 1, EINTR));
        assert!(right.try_recv(&mut [0; 8], Flags::NONE).unwrap_err().is_interrupted());
    });
}

#[test]
fn moving_bytes_allocates_nothing() {
    let (left, right) = pair();
    for timeout in [None, Some(Duration::from_secs(5))] {
        left.set_timeout(timeout).unwrap();
        right.set_timeout(timeout).unwrap();
        assert_allocations(0, "send and recv", || {
            left.send(b"hello").unwrap();
            right.recv(&mut [0; 8]).unwrap()
        });
        assert_allocations(0, "send_all and peek and try_recv", || {
            left.send_all(b"hello").unwrap();
            right.peek(&mut [0; 8]).unwrap();
            right.try_recv(&mut [0; 8], Flags::NONE).unwrap()
        });
        assert_allocations(0, "recv_uninit", || {
            left.send(b"hello").unwrap();
            right.recv_uninit(&mut [MaybeUninit::uninit(); 8]).unwrap().len()
        });
        assert_allocations(1, "recv_vec: the vector", || {
            left.send(b"hello").unwrap();
            right.recv_vec(8).unwrap()
        });
    }
}

#[test]
fn addresses_allocate_nothing() {
    let receiver = Socket::new(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).unwrap();
    receiver.bind(UnixAddress::UNNAMED).unwrap();
    let address = receiver.local_address().unwrap();
    assert_allocations(0, "send_to and recv_from", || {
        receiver.send_to(b"to myself", address).unwrap();
        assert_eq!(receiver.recv_from(&mut [0; 16]).unwrap(), (9, address));
    });
}

#[test]
fn messages_allocate_nothing_but_their_buffer() {
    let (left, right) = pair();
    let passed = [left.as_fd()];
    let own = control::socket::Credentials::own();
    let messages = [control::socket::rights(&passed), control::socket::credentials(own)];
    let parts = [IoSlice::new(b"hello")];
    let control = RefCell::new(ControlBuffer::new());
    assert_allocations(0, "send_msg and recv_msg", || {
        left.send_msg(&SendMessage::new(&parts).control(&messages)).unwrap();
        let mut control = control.borrow_mut();
        right.recv_msg(&mut [IoSliceMut::new(&mut [0; 8])], &mut control).unwrap();
        assert_eq!(control.messages().count(), 1);
    });
    assert_allocations(2, "a control buffer: its bytes and its descriptors", ControlBuffer::new);
}

#[test]
fn batches_allocate_as_they_are_made_and_no_more() {
    let receiver = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    receiver.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    receiver.set_timeout(Some(Duration::from_secs(5))).unwrap();
    let address = receiver.local_address().unwrap();
    let sender = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
    let buffer = [7; 1000];
    let mut datagrams = vec![Datagram::new(&buffer[..100]).to(&address); 5];
    datagrams.extend([Datagram::new(&buffer[..7]).to(&address); 3]);
    let segments = Segments::new(&buffer, 100).unwrap().to(&address);
    for gso in [true, false] {
        let sending = RefCell::new(SendBatch::new().gso(gso));
        let receiving = RefCell::new(RecvBatch::gro(&receiver, 8).unwrap());
        assert_allocations(0, "send_many and recv_many", || {
            sender.send_many(&datagrams, &mut sending.borrow_mut()).unwrap();
            sender.send_many(&segments, &mut sending.borrow_mut()).unwrap();
            let (mut batch, mut count) = (receiving.borrow_mut(), 0);
            while count < 18 {
                count += receiver.recv_many(&mut batch).unwrap();
                assert!(batch.iter().all(|datagram| !datagram.address().is_unnamed()));
            }
        });
    }
}

#[test]
fn a_batch_of_descriptors_allocates_no_more() {
    let (left, right) = pair();
    let (passed, parts) = ([left.as_fd(); 3], [IoSlice::new(b"hello")]);
    let batch = RefCell::new(RecvBatch::with_control(4, 16, control::space(3 * 4)).unwrap());
    assert_allocations(0, "descriptors that arrive", || {
        for _ in 0..4 {
            left.send_msg(&SendMessage::new(&parts).control(&[control::socket::rights(&passed)])).unwrap();
        }
        let mut batch = batch.borrow_mut();
        assert_eq!(right.recv_many(&mut batch).unwrap(), 4);
        assert_eq!(batch.arrivals().map(|mut arrival| arrival.control().count()).sum::<usize>(), 4);
    });
}
