//! The kernel's digests and ciphers. What `accept` gives has no address, and asking for one undoes the accept.

use std::io::IoSlice;

use berkeley::address::AlgAddress;
use berkeley::control::{Outgoing, alg};
use berkeley::{Family, Flags, Protocol, Result, SendMessage, Socket, Type, option};

use super::{adopted, socket_or_skip};
use crate::support::{LIMIT, LONG, within};

const EBADMSG: i32 = 74;

/// The algorithm, ready for its key; `None` where the kernel has no `AF_ALG`.
fn algorithm(test: &str, kind: &str, name: &str) -> Option<Socket> {
    let test = format!("alg::{test}");
    let socket = socket_or_skip(&test, Family::ALG, Type::SEQPACKET, Protocol::DEFAULT)?;
    socket.bind(AlgAddress::new(kind, name).unwrap()).unwrap();
    Some(socket)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// SHA-256 of "abc" (FIPS 180-2, B.1).
const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

type Accept = fn(&Socket) -> Result<(Socket, berkeley::Address)>;

#[test]
fn a_digest_is_worked_out_by_the_socket_that_accept_gives() {
    let test = "a_digest_is_worked_out_by_the_socket_that_accept_gives";
    let ways: [(&str, Accept); 3] = [
        ("accept", Socket::accept),
        ("try_accept", Socket::try_accept),
        ("try_accept_nonblocking", Socket::try_accept_nonblocking),
    ];
    for (way, accept) in ways {
        for adopts in [false, true] {
            let Some(listener) = algorithm(test, "hash", "sha256") else { return };
            within(LIMIT, move || {
                let listener = if adopts { adopted(listener) } else { listener };
                // Twice: what the first has learned holds for the second.
                for _ in 0..2 {
                    let (digest, peer) = accept(&listener).unwrap_or_else(|error| panic!("{way}: {error}"));
                    assert!(peer.is_unnamed(), "{way}: {peer:?}");
                    digest.send_with(b"a", Flags::MORE).unwrap();
                    digest.send_all(b"bc").unwrap();
                    assert_eq!(digest.recv_vec(64).unwrap(), hex(DIGEST), "{way}, adopted {adopts}");
                }
            });
        }
    }
}

#[test]
fn a_timeout_does_not_keep_accept_from_its_socket() {
    let Some(listener) = algorithm("a_timeout_does_not_keep_accept_from_its_socket", "hash", "sha256") else {
        return;
    };
    within(LIMIT, move || {
        listener.set_timeout(Some(LONG)).unwrap();
        let (digest, _) = listener.accept().unwrap();
        digest.send_all(b"abc").unwrap();
        assert_eq!(digest.recv_vec(64).unwrap(), hex(DIGEST));
    });
}

#[cfg(feature = "tokio")]
#[test]
fn a_digest_is_awaited() {
    let Some(listener) = algorithm("a_digest_is_awaited", "hash", "sha256") else { return };
    within(LIMIT, move || {
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = berkeley::AsyncSocket::from_socket(listener).unwrap();
            let (digest, peer) = listener.accept().await.unwrap();
            assert!(peer.is_unnamed(), "{peer:?}");
            digest.send_all(b"abc").await.unwrap();
            assert_eq!(digest.recv_vec(64).await.unwrap(), hex(DIGEST));
        });
    });
}

/// Sends `text` with these control messages, and receives what becomes of it.
fn crypt(cipher: &Socket, control: &[Outgoing<'_>], text: &[u8], room: usize) -> Result<Vec<u8>> {
    let buffers = [IoSlice::new(text)];
    let message = SendMessage::new(&buffers).control(control);
    assert_eq!(cipher.send_msg(&message)?, text.len());
    cipher.recv_vec(room)
}

#[test]
fn a_cipher_heeds_its_control_messages() {
    let Some(cipher) = algorithm("a_cipher_heeds_its_control_messages", "skcipher", "cbc(aes)") else {
        return;
    };
    within(LIMIT, move || {
        // NIST SP 800-38A, F.2.1.
        let text = hex("6bc1bee22e409f96e93d7e117393172a");
        let vector = hex("000102030405060708090a0b0c0d0e0f");
        cipher.set(option::alg::KEY, &hex("2b7e151628aed2a6abf7158809cf4f3c")).unwrap();
        let (work, _) = cipher.accept().unwrap();
        let control = |direction| [alg::operation(direction), alg::initialization_vector(&vector)];
        let crypted = crypt(&work, &control(alg::Direction::Encrypt), &text, 16).unwrap();
        assert_eq!(crypted, hex("7649abac8119b246cee98e9b12e9197d"));
        assert_eq!(crypt(&work, &control(alg::Direction::Decrypt), &crypted, 16).unwrap(), text);
    });
}

#[test]
fn an_authenticated_cipher_knows_what_was_changed() {
    let test = "an_authenticated_cipher_knows_what_was_changed";
    let Some(cipher) = algorithm(test, "aead", "gcm(aes)") else { return };
    within(LIMIT, move || {
        let (vector, plain) = ([7; 12], b"authenticated, then secret text.");
        cipher.set(option::alg::KEY, &[3; 16]).unwrap();
        cipher.set(option::alg::AEAD_AUTHSIZE, 16).unwrap();
        let (work, _) = cipher.accept().unwrap();
        let control = |direction| {
            [alg::operation(direction), alg::initialization_vector(&vector), alg::associated_length(16)]
        };
        let mut sealed = crypt(&work, &control(alg::Direction::Encrypt), plain, 48).unwrap();
        assert_eq!(sealed.len(), 48, "the text, and a tag of 16 bytes");
        let opened = crypt(&work, &control(alg::Direction::Decrypt), &sealed, 32).unwrap();
        assert_eq!(opened[16..], plain[16..]);
        sealed[20] ^= 1;
        let error = crypt(&work, &control(alg::Direction::Decrypt), &sealed, 32).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(EBADMSG), "{error}");
    });
}
