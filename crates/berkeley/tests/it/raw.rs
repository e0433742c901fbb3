//! Raw sockets: packets with the headers of the protocol below.

use std::net::Ipv4Addr;

use berkeley::{Family, Protocol, Socket, Type};

use crate::skip;
use crate::support::{LIMIT, LONG, within};

/// The internet checksum (RFC 1071): what makes the one's complement sum of all words zero.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|word| u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
    let sum = words.map(u32::from).sum::<u32>();
    let folded = (sum & 0xffff) + (sum >> 16);
    !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap()
}

#[test]
fn a_raw_icmp_socket_is_answered_by_the_loopback() {
    let socket = match Socket::new(Family::INET, Type::RAW, Protocol::ICMP) {
        Ok(socket) => socket,
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "{error}");
            return skip::skip("raw::a_raw_icmp_socket_is_answered_by_the_loopback", "CAP_NET_RAW");
        }
    };
    within(LIMIT, move || {
        socket.set_timeout(Some(LONG)).unwrap();
        // Type 8, code 0, the checksum, an identifier of this process's, sequence 1 (RFC 792).
        let [.., high, low] = std::process::id().to_be_bytes();
        let mut request = [8, 0, 0, 0, high, low, 0, 1, b'h', b'e', b'l', b'l', b'o', b'!'];
        let sum = checksum(&request);
        request[2..4].copy_from_slice(&sum.to_be_bytes());
        socket.send_to(&request, (Ipv4Addr::LOCALHOST, 0)).unwrap();

        let mut buffer = [0; 1500];
        loop {
            // Every echo of this machine arrives here, our request too: the reply is the one of type 0 with our words.
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            let header = usize::from(buffer[0] & 0xf) * 4;
            let message = &buffer[header..length];
            if message[0] == 0 && message[4..] == request[4..] {
                assert_eq!(from.ip(), Some(Ipv4Addr::LOCALHOST.into()));
                assert_eq!(checksum(message), 0);
                break;
            }
        }
    });
}
