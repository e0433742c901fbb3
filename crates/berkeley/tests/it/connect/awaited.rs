//! The same connections, awaited: the results and the errors of the calls that block.

use std::future::Future;
use std::time::Duration;

use berkeley::{
    Address, AsyncSocket, Cause, Connector, Operation, Socket, Type, create_connection_async, create_server,
};

use super::{LONG, assert_talks, listening, patient, port, refusing, shown, silent};
use crate::support::{LIMIT, SHORT, TempDir, alone, assert_kept, open_descriptors, timed};

/// Runs `work` on a runtime of this thread, within the time limit.
pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LIMIT, work).await.expect("the time limit") })
}

fn into_blocking(socket: AsyncSocket) -> Socket {
    let socket = socket.into_socket();
    socket.set_timeout(Some(LONG)).unwrap();
    socket
}

#[test]
fn a_name_leads_to_a_connection() {
    let (server, address) = listening();
    for (host, within) in [("localhost", Some(LONG)), ("localhost", None), ("127.0.0.1", Some(LONG))] {
        let client = run(Connector::new().timeout(within).connect_async(host, port(address))).unwrap();
        assert_eq!(client.peer_address().unwrap(), address);
        assert_eq!(client.socket().timeout(), Some(Duration::ZERO));
        assert_talks(&into_blocking(client), &server);
    }
}

#[test]
fn a_silent_address_holds_the_next_up_for_a_quarter_of_a_second() {
    let (_full, silent) = silent();
    let (server, address) = listening();
    let connector = patient();
    let (client, took) = timed(|| run(connector.connect_to_async(&[silent, silent, address])).unwrap());
    assert_kept(Duration::from_millis(500), took, "two steps");
    assert_talks(&into_blocking(client), &server);
}

#[test]
fn the_errors_are_those_of_the_calls_that_block() {
    let (_full, silent) = silent();
    let (_first, one) = refusing();
    let (_second, two) = refusing();
    let lists: [&[Address]; 4] = [&[], &[one], &[one, two], &[silent, one]];
    let connectors = [
        Connector::new().timeout(Some(SHORT)),
        Connector::new().timeout(Some(Duration::ZERO)),
        Connector::new().timeout(Some(SHORT)).prepare(|socket| socket.peer_address().map(drop)),
    ];
    for addresses in lists {
        for connector in &connectors[..] {
            let awaited = run(connector.connect_to_async(addresses)).unwrap_err();
            let blocking = connector.connect_to(addresses).unwrap_err();
            assert_eq!(awaited.to_string(), blocking.to_string());
            assert_eq!(shown(awaited.attempts()), shown(blocking.attempts()));
        }
    }
    let within = |host: &'static str, limit| {
        run(Connector::new().timeout(limit).connect_async(host, port(one))).unwrap_err()
    };
    assert_eq!(
        within("127.0.0.1", Some(LONG)).to_string(),
        format!("create_connection {one} (tried tcp {one}): connection refused (os error 111)")
    );
    let error = within("localhost", Some(Duration::ZERO));
    assert_eq!((error.operation(), error.cause()), (Operation::Resolve, Cause::TimedOut));
    let error = run(Connector::new().timeout(Some(LONG)).connect_async("127.0.0.1", "nosuch")).unwrap_err();
    assert_eq!(error.to_string(), "resolve 127.0.0.1:nosuch: no TCP service is called \"nosuch\"");
}

#[test]
fn datagrams_and_unix_sockets_need_no_time() {
    let folder = TempDir::new();
    let door = Address::from(folder.unix("door"));
    let server = create_server(door).unwrap();
    server.set_timeout(Some(LONG)).unwrap();
    let never = Connector::new().timeout(Some(Duration::ZERO));
    assert_talks(&into_blocking(run(never.connect_to_async(&[door])).unwrap()), &server);
    let (_server, address) = listening();
    let never = never.kind(Type::DGRAM);
    let client = run(never.connect_async("127.0.0.1", port(address))).unwrap();
    assert_eq!(client.peer_address().unwrap(), address);
}

#[test]
fn what_is_dropped_on_the_way_leaves_nothing_open() {
    alone(|| {
        let (_full, silent) = silent();
        let (_server, address) = listening();
        let connector = patient();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let before = open_descriptors();
            let addresses = [silent, silent];
            let connecting = connector.connect_to_async(&addresses);
            tokio::time::timeout(Duration::from_millis(300), connecting).await.unwrap_err();
            assert_eq!(open_descriptors(), before, "the caller's own time limit");
            let client = connector.connect_to_async(&[silent, address]).await.unwrap();
            assert_eq!(open_descriptors(), before + 1, "the loser is closed");
            drop(client);
        });
    });
}

#[test]
fn a_connection_may_be_awaited_on_any_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (_server, address) = listening();
    let connecting = is_send(create_connection_async("127.0.0.1", port(address)));
    run(async { ::tokio::time::timeout(LONG, connecting).await }).unwrap().unwrap();
}
