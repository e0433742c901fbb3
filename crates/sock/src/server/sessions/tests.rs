use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use berkeley::{Family, Protocol, Socket, Type};

use super::*;
use crate::endpoint::Nature;
use crate::server::connection::Connection;
use crate::server::journal::Journal;
use crate::server::shared::Manner;
use crate::stream::SocketStream;

/// A socket at a free port.
fn bound() -> (Socket, Address) {
    let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).expect("a socket");
    socket.bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_address().expect("a bound socket");
    (socket, address)
}

/// A service whose TO never answers.
struct Silent;

impl Service for Silent {
    async fn serve(&self, _: &Arc<Connection>, _: &Shared) -> std::result::Result<(), Failure> {
        Ok(())
    }

    fn answer(&self, _: &[u8], _: &mut Vec<u8>) -> bool {
        false
    }
}

impl Leads for Silent {
    async fn connected(&self) -> std::result::Result<Connected, Failure> {
        std::future::pending().await
    }

    fn limits(&self) -> Limits {
        Limits { sessions: 1_024, idle: Duration::from_secs(60), rate: None, amplifies: true }
    }

    fn tap(&self, _: Peer<'_>, _: &str, _: bool) -> Option<Tap> {
        None
    }
}

#[tokio::test]
async fn what_finds_no_room_while_others_wait_for_their_connection_is_counted() {
    let (socket, address) = bound();
    let socket = Arc::new(AsyncSocket::from_socket(socket).expect("a place"));
    let journal = Journal::start(true, false).expect("no thread to start");
    let shared = Shared::new(journal, None, false, Manner::Relays);
    let server = Arc::new(Server { service: Silent, shared });
    let mut serving = pin!(serve(Arc::clone(&server), socket, Scheme::Udp));
    let seen = || {
        let totals = server.shared.totals();
        totals.bytes_in + totals.lost.unwrap_or_default()[1]
    };
    let opening = u32::try_from(OPENING).expect("a small number");
    for number in 1..=opening + 3 {
        // From an address of its own, as a port may be had again.
        let sender = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).expect("a socket");
        sender.bind((Ipv4Addr::from(0x7f00_0100 + number), 0)).expect("all of 127/8 is ours");
        sender.send_to(b"x", address).expect("room");
        let taken = async {
            while seen() < u64::from(number) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            _ = &mut serving => panic!("it serves"),
            () = taken => {}
        }
    }
    let totals = server.shared.totals();
    assert_eq!((totals.open, totals.lost), (OPENING, Some([0, 3])));
}

#[tokio::test]
async fn who_sends_more_than_can_be_passed_on_leaves_the_thread_to_others() {
    let [(ours, our_address), (theirs, their_address), (shared_socket, _), (_sender, sender)] =
        [(); 4].map(|()| bound());
    ours.connect(their_address).expect("a loopback address");
    theirs.connect(our_address).expect("a loopback address");
    let stream = Stream::Socket(SocketStream::new(ours, Nature::of(Scheme::Udp)).expect("a place"));
    let shared_socket = AsyncSocket::from_socket(shared_socket).expect("a place");
    let back = Mutex::new(Back::new(Arc::new(shared_socket), true).expect("memory"));
    let session = Session::new(1, (sender, None), sender.to_string(), false, None);
    let journal = Journal::start(true, false).expect("no thread to start");
    let shared = Shared::new(journal, None, false, Manner::Relays);
    // Once, so that the reactor knows that there is something.
    theirs.send(b"first").expect("room");
    pass_back(&stream, &session, &shared, &back).await.expect("a live socket");
    let passed = poll_fn(|context| {
        // There is always one more.
        let passes = |_: &usize| {
            theirs.send(b"more").expect("room");
            pin!(pass_back(&stream, &session, &shared, &back)).poll(context).is_ready()
        };
        Poll::Ready((0..1_000).take_while(passes).count())
    });
    assert!((1..1_000).contains(&passed.await), "the task's budget is spent before");
}
