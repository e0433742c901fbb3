//! Certificates, good and bad: each bad one is refused, and the refusal says whose it is and why.

mod bad;
mod reload;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    NameConstraints, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::Connection;

use super::*;
use crate::exit::Exit;

const HOST: &str = "good.example";

/// A folder of files, which goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("sock-tls-{}-{number}", process::id()));
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("room for it");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An authority: what it signs with, and itself in PEM.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

type Change = fn(&mut CertificateParams);

fn authority(name: &str, above: Option<&Authority>, change: Change) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    let made = match above {
        Some(above) => params.signed_by(&key, &above.issuer),
        None => params.self_signed(&key),
    };
    let pem = made.expect("a certificate").pem();
    Authority { issuer: Issuer::new(params, key), pem }
}

/// A host's certificate, of good.example unless it is changed, and its key.
fn leaf(above: &Authority, change: Change) -> (String, String) {
    leaf_with(above, &KeyPair::generate().expect("a key"), change)
}

fn leaf_with(above: &Authority, key: &KeyPair, change: Change) -> (String, String) {
    let mut params = CertificateParams::new(vec![HOST.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, "the leaf");
    params.serial_number = Some(SerialNumber::from(7_u64));
    change(&mut params);
    (params.signed_by(key, &above.issuer).expect("a certificate").pem(), key.serialize_pem())
}

/// A list that revokes number 7, unless it is changed.
fn list(of: &Authority, change: fn(&mut CertificateRevocationListParams)) -> String {
    let mut params = CertificateRevocationListParams {
        this_update: date_time_ymd(2020, 1, 1),
        next_update: date_time_ymd(4000, 1, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from(7_u64),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    change(&mut params);
    params.signed_by(&of.issuer).expect("a list").pem().expect("PEM")
}

/// Lets both talk until neither has anything to say; gives each one's failure, the client's first.
fn agree(mut ends: [Connection; 2]) -> [Option<(Exit, String)>; 2] {
    let mut failures = [None, None];
    // A handshake takes four turns.
    for turn in 0..20 {
        let (from, to) = (turn % 2, (turn + 1) % 2);
        let mut sent = Vec::new();
        while ends[from].wants_write() {
            ends[from].write_tls(&mut sent).expect("a vector takes all");
        }
        let mut rest = &sent[..];
        while !rest.is_empty() && failures[to].is_none() {
            ends[to].read_tls(&mut rest).expect("room");
            if let Err(error) = ends[to].process_new_packets() {
                let failure = failure(&error, "peer", take_seen().refusal);
                failures[to] = Some((failure.exit, failure.message));
            }
        }
    }
    failures
}

fn client(options: &Options, host: &str) -> Connection {
    Client::new(options, host).expect("a client").connection().expect("a connection")
}

fn server(options: &Options) -> Connection {
    Server::new(options, &[]).expect("a server").connection().expect("a connection")
}

fn root() -> Authority {
    authority("the root", None, |_| ())
}

/// What a client that knows `root` says of a server's chain and key.
fn verdict(root: &Authority, chain: &str, key: &str, host: &str, crl: Option<&str>) -> Option<String> {
    let folder = Folder::new();
    let ca = Some(folder.file("ca.pem", &root.pem));
    let crl = crl.map(|text| folder.file("crl.pem", text));
    let own = Options {
        cert: Some(folder.file("cert.pem", chain)),
        key: Some(folder.file("key.pem", key)),
        ..Options::default()
    };
    let options = Options { ca, crl, ..Options::default() };
    let [failure, _] = agree([client(&options, host), server(&own)]);
    failure.map(|(exit, message)| {
        assert_eq!(exit, Exit::Tls, "{message}");
        message
    })
}

#[track_caller]
fn assert_refused(verdict: Option<String>, words: &str) {
    let message = verdict.unwrap_or_else(|| panic!("it is accepted, and not refused: {words}"));
    assert!(message.contains(words), "{words:?} is wanted: {message}");
}

#[test]
fn good_certificates_are_accepted() {
    let root = root();
    let between = authority("the middle", Some(&root), |_| ());
    let allowed = authority("the narrow", Some(&root), |params| {
        let permitted_subtrees = vec![GeneralSubtree::DnsName("example".to_owned())];
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    });
    let rows: [(&str, &Authority, Change, &str); 6] = [
        ("plain", &root, |_| (), HOST),
        ("through another", &between, |_| (), HOST),
        ("within a name constraint", &allowed, |_| (), HOST),
        ("a wildcard", &root, |it| it.subject_alt_names = names(&["*.example.org"]), "a.example.org"),
        ("an address", &root, |it| it.subject_alt_names = names(&["192.0.2.1"]), "192.0.2.1"),
        ("for servers", &root, |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth], HOST),
    ];
    for (what, above, change, host) in rows {
        let (cert, key) = leaf(above, change);
        let chain = if std::ptr::eq(above, &raw const root) { cert } else { cert + &above.pem };
        assert_eq!(verdict(&root, &chain, &key, host, None), None, "{what}");
    }
    for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let (cert, key) = leaf_with(&root, &key, |_| ());
        assert_eq!(verdict(&root, &cert, &key, HOST, None), None, "{algorithm:?}");
    }
    let (cert, key) = leaf(&root, |it| it.serial_number = Some(SerialNumber::from(8_u64)));
    assert_eq!(verdict(&root, &cert, &key, HOST, Some(&list(&root, |_| ()))), None, "another is revoked");
}

fn names(of: &[&str]) -> Vec<rcgen::SanType> {
    let of: Vec<_> = of.iter().map(|&name| name.to_owned()).collect();
    CertificateParams::new(of).expect("names").subject_alt_names
}

#[test]
fn a_bad_certificate_of_a_host_is_refused_in_its_own_words() {
    let root = root();
    let rows: [(Change, &str); 12] = [
        (|it| it.not_after = date_time_ymd(2021, 5, 4), "expired since 2021-05-04"),
        (|it| it.not_before = date_time_ymd(3000, 1, 1), "not valid until 3000-01-01"),
        (
            |it| {
                it.not_before = date_time_ymd(2022, 1, 1);
                it.not_after = date_time_ymd(2021, 1, 1);
            },
            "validity ends before it begins",
        ),
        (|it| it.subject_alt_names = names(&["evil.example"]), "wrong host: it is for evil.example, and not"),
        (|it| it.subject_alt_names = names(&["*.example.org"]), "wrong host: it is for *.example.org"),
        (|it| it.subject_alt_names = names(&["192.0.2.1"]), "wrong host: it is for 192.0.2.1"),
        (|it| it.subject_alt_names = Vec::new(), "it is for no host at all"),
        (
            |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            "it is for clients, and not for servers",
        ),
        (|it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning], "it is for signing code"),
        (|it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection], "it is for mail"),
        (
            |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning],
            "it is for signing OCSP answers",
        ),
        (|it| it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), "it is a certificate authority's"),
    ];
    for (change, words) in rows {
        let (cert, key) = leaf(&root, change);
        let verdict = verdict(&root, &cert, &key, HOST, None);
        assert!(verdict.as_ref().is_some_and(|it| it.contains("CN=the leaf")), "{words}: {verdict:?}");
        assert_refused(verdict, words);
    }
}

#[test]
fn a_chain_that_is_broken_is_refused_where_it_breaks() {
    let root = root();
    let rows: [(&str, Change, &str); 5] = [
        (
            "it has expired",
            |it| it.not_after = date_time_ymd(2021, 1, 1),
            "CN=the middle: expired since 2021-01-01",
        ),
        ("it is none", |it| it.is_ca = IsCa::ExplicitNoCa, "no certificate authority"),
        (
            "it allows other names",
            |it| {
                let permitted_subtrees = vec![GeneralSubtree::DnsName("other".to_owned())];
                it.name_constraints =
                    Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
            },
            "a name constraint of an issuer of it does not allow good.example",
        ),
        (
            "it excludes the name",
            |it| {
                let excluded_subtrees = vec![GeneralSubtree::DnsName("example".to_owned())];
                it.name_constraints =
                    Some(NameConstraints { permitted_subtrees: Vec::new(), excluded_subtrees });
            },
            "a name constraint of an issuer of it does not allow good.example",
        ),
        (
            "it is not yet valid",
            |it| it.not_before = date_time_ymd(3000, 1, 1),
            "CN=the middle: not valid until 3000",
        ),
    ];
    for (what, change, words) in rows {
        let between = authority("the middle", Some(&root), change);
        let (cert, key) = leaf(&between, |_| ());
        println!("{what}");
        assert_refused(verdict(&root, &(cert + &between.pem), &key, HOST, None), words);
    }
    let between = authority("the middle", Some(&root), |_| ());
    let (cert, key) = leaf(&between, |_| ());
    assert_refused(verdict(&root, &cert, &key, HOST, None), "its issuer is unknown here: CN=the middle");
    let other = authority("another root", None, |_| ());
    assert_refused(
        verdict(&other, &(cert + &between.pem), &key, HOST, None),
        "its issuer is unknown here: CN=the root",
    );
    let narrow = authority("the narrow", Some(&root), |it| {
        it.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below = authority("below it", Some(&narrow), |_| ());
    let (cert, key) = leaf(&below, |_| ());
    let chain = cert + &below.pem + &narrow.pem;
    assert_refused(verdict(&root, &chain, &key, HOST, None), "allows fewer authorities below it");
    let made = rcgen::generate_simple_self_signed(vec![HOST.to_owned()]).expect("a certificate");
    let key = made.signing_key.serialize_pem();
    assert_refused(verdict(&root, &made.cert.pem(), &key, HOST, None), "signed by itself");
    // Of the same name, and with another key.
    let (cert, key) = leaf(&authority("the root", None, |_| ()), |_| ());
    assert_refused(verdict(&root, &cert, &key, HOST, None), "bad signature");
}

#[test]
fn a_revoked_certificate_is_refused_and_so_is_a_list_that_says_nothing() {
    let root = root();
    let (cert, key) = leaf(&root, |_| ());
    let judge = |list: &str| verdict(&root, &cert, &key, HOST, Some(list));
    assert_refused(judge(&list(&root, |_| ())), "CN=the leaf: revoked by its issuer, CN=the root");
    let old = list(&root, |it| {
        it.next_update = date_time_ymd(2021, 1, 1);
        it.revoked_certs.clear();
    });
    assert_refused(judge(&old), "the list of revoked certificates is out of date since 2021-01-01");
    let others = list(&authority("another root", None, |_| ()), |_| ());
    assert_refused(judge(&others), "whether it was revoked is unknown");
    let forged = list(&authority("the root", None, |_| ()), |_| ());
    assert_refused(judge(&forged), "was not signed by its issuer");
}

#[test]
fn a_client_is_asked_for_a_certificate_where_its_authorities_are_given() {
    let (root, folder) = (root(), Folder::new());
    let (cert, key) = leaf(&root, |_| ());
    let ca = folder.file("ca.pem", &root.pem);
    let own = Options {
        ca: Some(ca.clone()),
        crl: Some(
            folder.file("crl.pem", &list(&root, |it| it.revoked_certs[0].serial_number = 9_u64.into())),
        ),
        cert: Some(folder.file("server.pem", &(cert + &key))),
        ..Options::default()
    };
    let judge = |shown: Option<(String, String)>| {
        let shown = shown.map(|(cert, key)| folder.file("client.pem", &(cert + &key)));
        let options = Options { ca: Some(ca.clone()), cert: shown, ..Options::default() };
        agree([client(&options, HOST), server(&own)])
    };
    let other = authority("another root", None, |_| ());
    let rows: [(&Authority, Change, Option<&str>); 5] = [
        (&root, |_| (), None),
        (&root, |it| it.not_after = date_time_ymd(2021, 1, 1), Some("expired since 2021-01-01")),
        (
            &root,
            |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
            Some("it is for servers, and not for clients"),
        ),
        (&root, |it| it.serial_number = Some(SerialNumber::from(9_u64)), Some("revoked by its issuer")),
        (&other, |_| (), Some("its issuer is unknown here: CN=another root")),
    ];
    for (above, change, words) in rows {
        let [at_client, at_server] = judge(Some(leaf(above, change)));
        match words {
            None => assert_eq!((at_client, at_server), (None, None)),
            Some(words) => {
                assert_refused(at_server.map(|(_, message)| message), words);
                assert_refused(at_client.map(|(_, message)| message), "the peer refuses: ");
            }
        }
    }
    let old = authority("an old root", None, |it| it.not_after = date_time_ymd(2021, 1, 1));
    let aged =
        Options { ca: Some(folder.file("ca.pem", &(old.pem.clone() + &root.pem))), crl: None, ..own.clone() };
    for (above, words) in [(&old, Some("CN=an old root: expired since 2021-01-01")), (&root, None)] {
        let (cert, key) = leaf(above, |_| ());
        let shown = Some(folder.file("client.pem", &(cert + &key)));
        let options = Options { insecure: true, cert: shown, ..Options::default() };
        let [_, at_server] = agree([client(&options, HOST), server(&aged)]);
        match words {
            None => assert_eq!(at_server, None),
            Some(words) => assert_refused(at_server.map(|(_, message)| message), words),
        }
    }
    folder.file("ca.pem", &root.pem);
    let [at_client, at_server] = judge(None);
    assert_refused(at_server.map(|(_, message)| message), "the peer has no certificate, and needs one here");
    assert_refused(at_client.map(|(_, message)| message), "it wants a certificate of ours");
}

#[test]
fn protocols_and_versions_are_agreed_on_or_refused() {
    let (root, folder) = (root(), Folder::new());
    let (cert, key) = leaf(&root, |_| ());
    let cert = Some(folder.file("server.pem", &(cert + &key)));
    let ca = Some(folder.file("ca.pem", &root.pem));
    let alpn = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let own = Options { cert, alpn: alpn(&["h2", "http/1.1"]), ..Options::default() };
    let asking = |names: &[&str]| Options { ca: ca.clone(), alpn: alpn(names), ..Options::default() };
    assert_eq!(agree([client(&asking(&["http/1.1"]), HOST), server(&own)]), [None, None]);
    let [at_client, at_server] = agree([client(&asking(&["gopher"]), HOST), server(&own)]);
    assert_refused(at_server.map(|(_, message)| message), "none of the protocols of --alpn");
    assert_refused(at_client.map(|(_, message)| message), "it speaks none of our protocols");
    // The name of the certificate in place of the host's, and the lowest version.
    let named = Options { server_name: Some(HOST.to_owned()), min: Some(Version::Tls13), ..asking(&[]) };
    assert_eq!(agree([client(&named, "127.0.0.1"), server(&own)]), [None, None]);
}

#[test]
fn an_option_that_could_do_nothing_is_refused() {
    let file = || Some(PathBuf::from("/nowhere"));
    let pins = || vec![Pin::of(b"").expect("a hash")];
    let rows = [
        (Options { key: file(), ..Options::default() }, [Some("key"), Some("key")]),
        (
            Options { insecure: true, pins: pins(), ..Options::default() },
            [Some("insecure"), Some("insecure")],
        ),
        (Options { insecure: true, ca: file(), ..Options::default() }, [Some("ca"), Some("ca")]),
        (Options { insecure: true, crl: file(), ..Options::default() }, [Some("crl"), Some("crl")]),
        (Options { pins: pins(), crl: file(), ..Options::default() }, [Some("crl"), Some("crl")]),
        (Options { crl: file(), ..Options::default() }, [None, Some("crl")]),
        (Options { self_signed: file(), cert: file(), ..Options::default() }, [Some("self-signed"); 2]),
        (Options { ca: file(), crl: file(), pins: pins(), ..Options::default() }, [None, None]),
    ];
    for (options, want) in rows {
        let idle = [false, true].map(|listens| options.idle(listens).map(|(option, _)| option));
        assert_eq!(idle, want, "{options:?}");
    }
    let options = Options { key: file(), ..Options::default() };
    assert_eq!(Client::new(&options, HOST).expect_err("a key alone").exit, Exit::Misuse);
    assert_eq!(Server::new(&options, &[]).expect_err("a key alone").exit, Exit::Misuse);
}

#[test]
fn a_certificate_of_ours_that_cannot_be_used_is_told_at_once() {
    let (root, folder) = (root(), Folder::new());
    let judge = |(cert, key): (String, String)| {
        let (cert, key) = (folder.file("cert.pem", &cert), folder.file("key.pem", &key));
        let options = Options { cert: Some(cert), key: Some(key), ..Options::default() };
        [Client::new(&options, HOST).err(), Server::new(&options, &[]).err()]
            .map(|it| it.map(|it| it.message))
    };
    let strange: Change = |it| {
        let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        unknown.set_criticality(true);
        it.custom_extensions = vec![unknown];
    };
    let (cert, _) = leaf(&root, |_| ());
    let (_, other) = leaf(&root, |_| ());
    for message in judge((cert, other)) {
        assert_refused(message, "the key is another certificate's");
    }
    for message in judge(leaf(&root, strange)) {
        assert_refused(message, "a critical extension that is not known here");
    }
}

#[test]
fn a_file_without_an_end_is_no_certificate() {
    let options = Options { ca: Some("/dev/zero".into()), ..Options::default() };
    let failure = Client::new(&options, HOST).expect_err("it never ends");
    assert!(failure.message.contains("longer than"), "{}", failure.message);
}
