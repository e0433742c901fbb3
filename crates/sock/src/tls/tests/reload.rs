//! Files that are read again: what is good comes into use, what is bad leaves what there was, and no connection is
//! lost.

use std::io::{Read as _, Write as _};
use std::thread;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

/// Moves what each has to say to the other.
fn exchange(ends: &mut [Connection; 2]) {
    for from in [0, 1, 0, 1] {
        let mut sent = Vec::new();
        while ends[from].wants_write() {
            ends[from].write_tls(&mut sent).expect("a vector takes all");
        }
        let mut rest = &sent[..];
        while !rest.is_empty() {
            ends[1 - from].read_tls(&mut rest).expect("room");
            ends[1 - from].process_new_packets().expect("an open connection");
        }
    }
}

#[test]
fn a_new_certificate_comes_into_use_and_a_bad_one_does_not() {
    let (folder, one, other) = (Folder::new(), root(), authority("another root", None, |_| ()));
    let [knows_one, knows_other] = [("one.pem", &one), ("other.pem", &other)]
        .map(|(name, root)| Options { ca: Some(folder.file(name, &root.pem)), ..Options::default() });
    let (cert, key) = leaf(&one, |_| ());
    let path = folder.file("server.pem", &(cert + &key));
    let server = Server::new(&Options { cert: Some(path), ..Options::default() }, &[]).expect("a server");
    assert!(server.has_files());
    let clone = server.clone();
    let ask = |options| agree([client(options, HOST), clone.connection().expect("a connection")]);
    assert_eq!(ask(&knows_one), [None, None]);
    // A connection from before the change.
    let mut ends = [client(&knows_one, HOST), clone.connection().expect("a connection")];
    exchange(&mut ends);
    exchange(&mut ends);
    assert!(!ends[0].is_handshaking() && !ends[1].is_handshaking());

    let (cert, key) = leaf(&other, |_| ());
    folder.file("server.pem", &(cert + &key));
    server.reload().expect("a good file");
    assert_eq!(ask(&knows_other), [None, None]);
    assert_refused(ask(&knows_one)[0].take().map(|it| it.1), "its issuer is unknown here: CN=another root");
    for bad in ["", "nonsense", &leaf(&one, |_| ()).0, &(leaf(&one, |_| ()).0 + &key)] {
        folder.file("server.pem", bad);
        assert_eq!(server.reload().expect_err("a bad file").exit, Exit::Tls, "{bad}");
        assert_eq!(ask(&knows_other), [None, None], "what was read before stays");
    }
    ends[0].writer().write_all(b"still here").expect("room");
    exchange(&mut ends);
    let mut got = [0; 10];
    ends[1].reader().read_exact(&mut got).expect("what was sent");
    assert_eq!(&got, b"still here");
}

/// Nobody writes to it, so to open it as it was opened first would have no end, and no later reload would come to
/// anything.
#[test]
fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    let (folder, root) = (Folder::new(), root());
    let (cert, key) = leaf(&root, |_| ());
    let pem = cert + &key;
    let path = folder.file("server.pem", &pem);
    let options = Options { cert: Some(path.clone()), ..Options::default() };
    let server = Server::new(&options, &[]).expect("a server");
    fs::remove_file(&path).expect("it is there");
    mknodat(CWD, &path, FileType::Fifo, Mode::from(0o600), 0).expect("a folder");
    let again = server.clone();
    let reload = thread::spawn(move || again.reload());
    let failure = reload.join().expect("no panic").expect_err("a pipe");
    assert!(failure.message.contains("not a regular file"), "{}", failure.message);
}

/// A pipe gives what it holds once.
#[test]
fn a_certificate_and_its_key_may_come_out_of_one_pipe() {
    let (folder, root) = (Folder::new(), root());
    let (cert, key) = leaf(&root, |_| ());
    let path = folder.0.join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::from(0o600), 0).expect("a folder");
    let options = Options { cert: Some(path.clone()), ..Options::default() };
    let server = thread::spawn(move || Server::new(&options, &[]).map(drop));
    let writing = thread::spawn(move || fs::write(path, cert + &key));
    writing.join().expect("no panic").expect("it is read");
    server.join().expect("no panic").expect("both are there");
}

#[test]
fn a_new_list_revokes_from_then_on() {
    let (folder, root) = (Folder::new(), root());
    let (cert, key) = leaf(&root, |_| ());
    let own = Options { cert: Some(folder.file("server.pem", &(cert + &key))), ..Options::default() };
    let nobody = list(&root, |it| it.revoked_certs.clear());
    let options = Options {
        ca: Some(folder.file("ca.pem", &root.pem)),
        crl: Some(folder.file("crl.pem", &nobody)),
        ..Options::default()
    };
    let client = Client::new(&options, HOST).expect("a client");
    let ask = || agree([client.connection().expect("a connection"), server(&own)])[0].take().map(|it| it.1);
    assert_eq!(ask(), None);
    folder.file("crl.pem", &list(&root, |_| ()));
    assert_eq!(ask(), None, "not before it is read");
    client.reload().expect("a good list");
    assert_refused(ask(), "revoked by its issuer");
    folder.file("crl.pem", "nonsense");
    client.reload().expect_err("a bad list");
    assert_refused(ask(), "revoked by its issuer");
}

#[test]
fn a_certificate_of_our_own_making_stays() {
    let folder = Folder::new();
    let path = folder.0.join("own.pem");
    for self_signed in [None, Some(path.clone())] {
        let server = Server::new(&Options { self_signed, ..Options::default() }, &[]).expect("a server");
        let pin = server.pin.as_ref().expect("one of our own making").parse().expect("a pin");
        let options = Options { pins: vec![pin], ..Options::default() };
        server.reload().expect("nothing is wrong with it");
        assert_eq!(agree([client(&options, HOST), server.connection().expect("a connection")]), [None, None]);
    }
    let server = Server::new(&Options { self_signed: Some(path.clone()), ..Options::default() }, &[]);
    fs::remove_file(&path).expect("the file of before");
    server.expect("a server").reload().expect_err("it is gone");
    assert!(!path.exists(), "a new one would have another key");
}
