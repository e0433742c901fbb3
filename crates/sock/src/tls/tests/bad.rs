//! Bad certificates, a row each: what is wrong with what a server shows, and the words with which it is refused.
//!
//! The server is one that shows anything, so that what no honest server would show is tried too.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::string::Ia5String;
use rcgen::{CidrSubnet, SanType, SigningKey as _};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Connection, ServerConfig, ServerConnection};

use super::*;

/// What a server shows, and to whom.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    /// The host that is asked for.
    host: &'static str,
    crl: Option<String>,
    /// What the client knows in place of the root.
    known: Option<String>,
}

impl Shown {
    /// A chain in PEM, and the key of its first.
    fn new((chain, key): (String, String)) -> Self {
        Self {
            chain: ders(&chain),
            key: KeyPair::from_pem(&key).expect("a key"),
            host: HOST,
            crl: None,
            known: None,
        }
    }

    fn at(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    fn known_by(self, roots: String) -> Self {
        Self { known: Some(roots), ..self }
    }

    /// Another root that the client knows too.
    fn and_known(mut self, pem: &str) -> Self {
        self.known.get_or_insert_default().push_str(pem);
        self
    }

    fn with_list(self, list: String) -> Self {
        Self { crl: Some(list), ..self }
    }

    /// The first certificate changed, whatever its signature then is.
    fn changed(mut self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        self.chain[0] = change(self.chain[0].to_vec()).into();
        self
    }
}

fn ders(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).map(|it| it.expect("PEM")).collect()
}

/// Shows one certificate to all.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn hostile(shown: &Shown) -> Connection {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(shown.key.serialize_der()));
    let key = provider().key_provider.load_private_key(key).expect("a key");
    let always = Always(Arc::new(CertifiedKey::new(shown.chain.clone(), key)));
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(always));
    ServerConnection::new(Arc::new(config)).expect("a connection").into()
}

/// Why a client that knows `root` refuses it.
fn refusal(root: &Authority, shown: &Shown) -> Option<String> {
    let folder = Folder::new();
    let ca = Some(folder.file("ca.pem", shown.known.as_ref().unwrap_or(&root.pem)));
    let crl = shown.crl.as_ref().map(|list| folder.file("crl.pem", list));
    let options = Options { ca, crl, ..Options::default() };
    let [failure, _] = agree([client(&options, shown.host), hostile(shown)]);
    failure.map(|(exit, message)| {
        assert_eq!(exit, Exit::Tls, "{message}");
        message
    })
}

/// A value of DER: its tag, its length, its content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short @ ..=127) => out.push(short),
        Ok(longer) => out.extend([0x81, longer]),
        Err(_) => {
            let length = u16::try_from(length).expect("short").to_be_bytes();
            out.extend([0x82, length[0], length[1]]);
        }
    }
    out.extend(content);
    out
}

/// The values that a value holds, whole.
fn parts(value: &[u8]) -> Vec<Vec<u8>> {
    let (_, mut rest) = value.split_at(header(value));
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (one, after) = rest.split_at(header(rest) + length(rest));
        found.push(one.to_vec());
        rest = after;
    }
    found
}

fn header(value: &[u8]) -> usize {
    if value[1] < 0x80 { 2 } else { 2 + usize::from(value[1] & 0x7f) }
}

fn length(value: &[u8]) -> usize {
    let more = &value[2..header(value)];
    if more.is_empty() {
        value[1].into()
    } else {
        more.iter().fold(0, |all, byte| all << 8 | usize::from(*byte))
    }
}

/// A certificate whose parts are changed, and signed anew by `issuer`.
fn resigned(of: &[u8], issuer: &Authority, change: impl FnOnce(Vec<Vec<u8>>) -> Vec<Vec<u8>>) -> Vec<u8> {
    let [own, algorithm, _] = parts(of).try_into().expect("a certificate");
    let own = der(0x30, &change(parts(&own)).concat());
    let signature = [&[0][..], &issuer.issuer.key().sign(&own).expect("a signature")].concat();
    der(0x30, &[own, algorithm, der(3, &signature)].concat())
}

fn subjects(of: &[&str]) -> Vec<SanType> {
    of.iter().map(|&name| SanType::DnsName(Ia5String::try_from(name).expect("ASCII"))).collect()
}

fn extension(number: &[u64], critical: bool, content: Vec<u8>) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(number, content);
    extension.set_criticality(critical);
    extension
}

/// A chain from a leaf through these authorities, the nearest first.
fn through(between: &[&Authority], change: Change) -> Shown {
    let (mut chain, key) = leaf(between[0], change);
    for it in between {
        chain += &it.pem;
    }
    Shown::new((chain, key))
}

/// A leaf below an authority that is changed.
fn below(root: &Authority, change: Change) -> Shown {
    through(&[&authority("the middle", Some(root), change)], |_| ())
}

fn constrained(permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>) -> NameConstraints {
    NameConstraints { permitted_subtrees: permitted, excluded_subtrees: excluded }
}

fn subnet(of: [u8; 4]) -> GeneralSubtree {
    GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix(of, 8))
}

/// A leaf below a root that is changed, which the client knows, with what `beside` makes of it.
fn of_root(change: Change, beside: fn(&Authority) -> String) -> Shown {
    let root = authority("a root", None, change);
    let known = root.pem.clone() + &beside(&root);
    Shown::new(leaf(&root, |_| ())).known_by(known)
}

/// The same authority for longer: its key, with other dates.
fn renewed(of: &Authority) -> String {
    let mut params = signs_all("a root");
    params.not_after = date_time_ymd(3000, 1, 1);
    params.self_signed(&key_of(of)).expect("a certificate").pem()
}

/// What is shown for a name that a certificate has, where another is asked for.
fn named(root: &Authority, change: Change, host: &'static str) -> Shown {
    Shown::new(leaf(root, change)).at(host)
}

type Row = (&'static str, fn(&Authority) -> Shown, &'static str);

#[rustfmt::skip]
const NAMES: &[Row] = &[
    ("a wildcard is for one label",
     |root| named(root, |it| it.subject_alt_names = subjects(&["*.good.example"]), "a.b.good.example"),
     "wrong host: it is for *.good.example, and not for a.b.good.example"),
    ("a wildcard is not for the domain itself",
     |root| named(root, |it| it.subject_alt_names = subjects(&["*.good.example"]), HOST),
     "wrong host: it is for *.good.example, and not for good.example"),
    ("a wildcard stands for a whole label",
     |root| named(root, |it| it.subject_alt_names = subjects(&["g*.example"]), HOST),
     "wrong host: it is for g*.example"),
    ("a wildcard stands first",
     |root| named(root, |it| it.subject_alt_names = subjects(&["www.*.example"]), "www.good.example"),
     "wrong host: it is for www.*.example"),
    ("a wildcard alone",
     |root| named(root, |it| it.subject_alt_names = subjects(&["*"]), HOST),
     "wrong host: it is for *, and not for good.example"),
    ("a name behind which a NUL hides another",
     |root| named(root, |it| it.subject_alt_names = subjects(&["good.example\0.evil.example"]), HOST),
     "wrong host: it is for good.example\\0.evil.example"),
    ("a name that drives a terminal",
     |root| named(root, |it| it.subject_alt_names = subjects(&["\x1b[2Jevil.example"]), HOST),
     "wrong host: it is for \\x1b[2Jevil.example"),
    ("an address, of which there is none",
     |root| named(root, |_| (), "192.0.2.1"),
     "wrong host: it is for good.example, and not for 192.0.2.1"),
    ("an address as a name",
     |root| named(root, |it| it.subject_alt_names = subjects(&["192.0.2.1"]), "192.0.2.1"),
     "wrong host: it is for the name 192.0.2.1, and not for 192.0.2.1"),
    ("another address",
     |root| named(root, |it| it.subject_alt_names = names(&["2001:db8::1"]), "2001:db8::2"),
     "wrong host: it is for 2001:db8::1, and not for 2001:db8::2"),
    ("a name in the subject alone",
     |root| named(root, |it| {
         it.subject_alt_names.clear();
         it.distinguished_name.push(DnType::CommonName, HOST);
     }, HOST),
     "it is for no host at all (it has no subjectAltName)"),
    ("an address of mail alone",
     |root| named(root, |it| {
         it.subject_alt_names = vec![SanType::Rfc822Name(Ia5String::try_from("x@good.example").expect("ASCII"))];
     }, HOST),
     "it is for no host at all"),
    ("an international name in letters that no certificate has",
     |root| named(root, |it| it.subject_alt_names = subjects(&["bucher.example"]), "bücher.example"),
     "wrong host: it is for bucher.example, and not for xn--bcher-kva.example"),
];

#[rustfmt::skip]
const USAGES: &[Row] = &[
    ("any usage", |root| named(root, |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any], HOST),
     "CN=the leaf: wrong usage: it is for any usage, and not for servers"),
    ("a usage that nobody knows",
     |root| named(root, |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(vec![1, 2, 3])], HOST),
     "it is for the usage 1.2.3, and not for servers"),
    ("time stamps",
     |root| named(root, |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping], HOST),
     "it is for time stamps"),
    ("no usage",
     |root| named(root, |it| it.custom_extensions = vec![extension(&[2, 5, 29, 37], false, vec![0x30, 0])], HOST),
     "wrong usage: it is for nothing"),
    ("an authority for clients alone",
     |root| below(root, |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
     "CN=the middle: wrong usage: it is for clients, and not for servers"),
    ("an authority that may not sign",
     |root| below(root, |it| it.key_usages = vec![KeyUsagePurpose::CrlSign]),
     "CN=the middle: wrong usage: it may sign no certificates (keyUsage without keyCertSign)"),
    ("an authority without the CA bit",
     |root| below(root, |it| it.is_ca = IsCa::NoCa),
     "no certificate authority (basicConstraints)"),
    ("a host's certificate that has issued one",
     |root| below(root, |it| {
         *it = CertificateParams::new(vec![HOST.to_owned()]).expect("a name");
         it.distinguished_name.push(DnType::CommonName, "the middle");
     }),
     "no certificate authority"),
    ("a key that may not sign",
     |root| named(root, |it| it.key_usages = vec![KeyUsagePurpose::KeyEncipherment], HOST),
     "CN=the leaf: wrong usage: its key may not sign what TLS asks it to"),
    ("a key that may only agree on keys",
     |root| named(root, |it| it.key_usages = vec![KeyUsagePurpose::KeyAgreement], HOST),
     "keyUsage without digitalSignature"),
    ("an unknown critical extension",
     |root| named(root, |it| it.custom_extensions = vec![extension(&[1, 2, 3, 4], true, vec![5, 0])], HOST),
     "CN=the leaf: it has a critical extension that is not known here (1.2.3.4)"),
    ("an unknown critical extension of an authority",
     |root| below(root, |it| it.custom_extensions = vec![extension(&[1, 2, 3, 5], true, vec![5, 0])]),
     "CN=the middle: it has a critical extension that is not known here (1.2.3.5)"),
];

#[rustfmt::skip]
const CHAINS: &[Row] = &[
    ("addresses that are not allowed",
     |root| through(&[&authority("the middle", Some(root), |it| {
         it.name_constraints = Some(constrained(vec![subnet([10, 0, 0, 0])], vec![]));
     })], |it| it.subject_alt_names = names(&["192.0.2.1"])).at("192.0.2.1"),
     "a name constraint of an issuer of it does not allow 192.0.2.1"),
    ("addresses that are excluded",
     |root| through(&[&authority("the middle", Some(root), |it| {
         it.name_constraints = Some(constrained(vec![], vec![subnet([192, 0, 2, 0])]));
     })], |it| it.subject_alt_names = names(&["192.0.2.1"])).at("192.0.2.1"),
     "a name constraint of an issuer of it does not allow 192.0.2.1"),
    ("a root of ours that has expired", |_| of_root(|it| it.not_after = date_time_ymd(2021, 5, 4), |_| String::new()),
     "CN=a root: expired since 2021-05-04 00:00:00 UTC, and it is a root of --ca"),
    ("a root of ours that is not valid yet",
     |_| of_root(|it| it.not_before = date_time_ymd(3000, 1, 1), |_| String::new()),
     "CN=a root: not valid until 3000-01-01 00:00:00 UTC, and it is a root of --ca"),
    ("an expired root beside another one of ours",
     |root| of_root(|it| it.not_after = date_time_ymd(2021, 5, 4), |_| String::new()).and_known(&root.pem),
     "CN=a root: expired since 2021-05-04"),
    ("a second name that is not allowed",
     |root| through(&[&authority("the middle", Some(root), |it| {
         it.name_constraints = Some(constrained(vec![GeneralSubtree::DnsName("example".to_owned())], vec![]));
     })], |it| it.subject_alt_names = subjects(&[HOST, "good.test"])),
     "does not allow good.example, good.test"),
    ("an authority below one that allows none",
     |root| {
         let narrow = authority("the narrow", Some(root), |it| {
             it.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
         });
         through(&[&authority("below it", Some(&narrow), |_| ()), &narrow], |_| ())
     },
     "an authority above it allows fewer authorities below it (pathLenConstraint)"),
    ("a chain of eight", |root| {
         let mut between = vec![authority("the first", Some(root), |_| ())];
         for name in ["2nd", "3rd", "4th", "5th", "6th", "7th", "8th"] {
             between.insert(0, authority(name, between.first(), |_| ()));
         }
         through(&between.iter().collect::<Vec<_>>(), |_| ())
     },
     "its chain is too long"),
    ("the wrong one between",
     |root| {
         let (cert, key) = leaf(&authority("the middle", Some(root), |_| ()), |_| ());
         Shown::new((cert + &authority("another", Some(root), |_| ()).pem, key))
     },
     "CN=the leaf: its issuer is unknown here: CN=the middle"),
    ("the second of two is missing",
     |root| {
         let upper = authority("the upper", Some(root), |_| ());
         through(&[&authority("the lower", Some(&upper), |_| ())], |_| ())
     },
     "CN=the lower: its issuer is unknown here: CN=the upper"),
    ("authorities that have issued each other",
     |_| {
         let [one, other] = ["one", "the other"].map(|name| authority(name, None, |_| ()));
         let crossed = authority("one", Some(&other), |_| ());
         through(&[&one, &authority("the other", Some(&crossed), |_| ()), &crossed], |_| ())
     },
     "is no root that is known here"),
    ("an unknown root that is shown along",
     |_| through(&[&authority("a root of theirs", None, |_| ())], |_| ()),
     "CN=a root of theirs: it is signed by itself, and is no root that is known here"),
    ("an authority of the right name and another key",
     |root| {
         let (cert, key) = leaf(&authority("the middle", Some(root), |_| ()), |_| ());
         Shown::new((cert + &authority("the middle", Some(root), |_| ()).pem, key))
     },
     "CN=the leaf: bad signature: it was not made by the key of its issuer, CN=the middle"),
    ("a hundred and fifty authorities of one name", |root| {
         let name = "one of many";
         let (mut chain, key) = leaf(&authority(name, Some(root), |_| ()), |_| ());
         (0..150).for_each(|_| chain += &authority(name, Some(root), |_| ()).pem);
         Shown::new((chain, key))
     },
     "too many ways lead from it to a root"),
    ("an authority that was revoked",
     |root| {
         let middle = authority("the middle", Some(root), |it| it.serial_number = Some(9_u64.into()));
         let lists = list(&middle, |it| it.revoked_certs[0].serial_number = 1_u64.into())
             + &list(root, |it| it.revoked_certs[0].serial_number = 9_u64.into());
         through(&[&middle], |_| ()).with_list(lists)
     },
     "CN=the middle: revoked by its issuer, CN=the root"),
    ("an authority of whose issuer there is no list",
     |root| {
         let middle = authority("the middle", Some(root), |_| ());
         let lists = list(&middle, |it| it.revoked_certs[0].serial_number = 1_u64.into());
         through(&[&middle], |_| ()).with_list(lists)
     },
     "CN=the middle: no list of revoked certificates is of its issuer"),
    ("a list by one that may sign none",
     |root| {
         let middle = authority("the middle", Some(root), |it| it.key_usages = vec![KeyUsagePurpose::KeyCertSign]);
         let signer = authority("the middle", Some(root), |_| ());
         let signer = Authority { issuer: Issuer::new(signs_all("the middle"), key_of(&middle)), ..signer };
         through(&[&middle], |_| ()).with_list(list(&signer, |_| ()) + &list(root, |_| ()))
     },
     "its issuer may sign no list of revoked certificates (keyUsage)"),
];

#[rustfmt::skip]
const FORMS: &[Row] = &[
    ("garbage", |root| named(root, |_| (), HOST).changed(|_| b"no certificate".to_vec()),
     "that the peer sent: it is no certificate that can be read"),
    ("nothing but a head", |root| named(root, |_| (), HOST).changed(|it| it[..4].to_vec()),
     "it is no certificate that can be read"),
    ("half a certificate", |root| named(root, |_| (), HOST).changed(|it| it[..it.len() / 2].to_vec()),
     "it is no certificate that can be read"),
    ("an empty certificate", |root| named(root, |_| (), HOST).changed(|_| Vec::new()),
     "it is no certificate that can be read"),
    ("bytes behind its end", |root| named(root, |_| (), HOST).changed(|it| [&it[..], &[0]].concat()),
     "badly encoded"),
    ("garbage in the place of an authority", |root| {
         let mut shown = below(root, |_| ());
         shown.chain[1] = vec![0x30, 0x82, 0xff, 0xff].into();
         shown
     },
     "it is no certificate that can be read"),
    ("a chain of more than 64 KiB", |root| {
         let (cert, key) = leaf(root, |_| ());
         Shown::new((cert + &authority("another", None, |_| ()).pem.repeat(250), key))
     },
     "a message of the peer is too long: its certificates"),
    ("no certificate at all", |root| Shown { chain: Vec::new(), ..named(root, |_| (), HOST) },
     "the peer has no certificate, and needs one here"),
    ("a changed name", |root| named(root, |_| (), HOST).changed(|mut it| {
         let at = it.windows(8).position(|it| it == b"the leaf").expect("the subject");
         it[at] ^= 1;
         it
     }),
     "bad signature: it was not made by the key of its issuer, CN=the root"),
    ("a changed signature", |root| named(root, |_| (), HOST).changed(|mut it| {
         *it.last_mut().expect("a signature") ^= 1;
         it
     }),
     "CN=the leaf: bad signature"),
    ("version 1", |root| {
         let shown = named(root, |_| (), HOST);
         shown.changed(|it| resigned(&it, root, |parts| parts[1..7].to_vec()))
     },
     "it is no certificate of version 3"),
    ("version 2", |root| {
         let shown = named(root, |_| (), HOST);
         shown.changed(|it| resigned(&it, root, |mut parts| {
             parts[0] = vec![0xa0, 3, 2, 1, 1];
             parts
         }))
     },
     "it is no certificate of version 3"),
    ("two kinds of signature", |root| {
         let shown = named(root, |_| (), HOST);
         shown.changed(|it| resigned(&it, root, |mut parts| {
             // ecdsa-with-SHA384, and the other says SHA256.
             parts[2] = vec![0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
             parts
         }))
     },
     "it names two different kinds of signature"),
    ("an extension twice", |root| named(root, |it| {
         it.key_usages = vec![KeyUsagePurpose::DigitalSignature];
         it.custom_extensions = vec![extension(&[2, 5, 29, 15], true, vec![3, 2, 7, 0x80])];
     }, HOST),
     "an extension cannot be read, or is there twice"),
    ("names that cannot be read",
     |root| named(root, |it| {
         it.subject_alt_names.clear();
         it.custom_extensions = vec![extension(&[2, 5, 29, 17], false, vec![0x30, 0x82, 1])];
     }, HOST),
     "badly encoded"),
    ("a date that is none", |root| {
         let shown = named(root, |_| (), HOST);
         shown.changed(|it| resigned(&it, root, |mut parts| {
             parts[4] = der(0x30, &[der(0x17, b"990230000000Z"), der(0x17, b"491301000000Z")].concat());
             parts
         }))
     },
     "it is no certificate that can be read"),
    ("another certificate's key",
     |root| Shown { key: KeyPair::generate().expect("a key"), ..named(root, |_| (), HOST) },
     "CN=the leaf: the peer could not prove that it has its key"),
];

fn signs_all(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn key_of(authority: &Authority) -> KeyPair {
    KeyPair::from_pem(&authority.issuer.key().serialize_pem()).expect("a key")
}

#[test]
fn each_bad_certificate_is_refused_in_its_own_words() {
    let root = root();
    let mut wrong = Vec::new();
    for (what, made, words) in [NAMES, USAGES, CHAINS, FORMS].concat() {
        let shown = made(&root);
        match refusal(&root, &shown) {
            Some(message) if message.contains(words) => {}
            other => wrong.push(format!("{what}: wanted {words:?}, got {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn beside_an_expired_one(root: &Authority) -> Shown {
    let old = authority("a root", None, |it| it.not_after = date_time_ymd(2021, 5, 4));
    named(root, |_| (), HOST).known_by(old.pem + &root.pem)
}

#[test]
fn what_only_looks_bad_is_accepted() {
    let root = root();
    let rows: &[Row] = &[
        ("the name in capitals", |root| named(root, |_| (), "GOOD.Example"), ""),
        (
            "an expired root whose key a current one has",
            |_| of_root(|it| it.not_after = date_time_ymd(2021, 5, 4), renewed),
            "",
        ),
        ("a current root beside an expired one", beside_an_expired_one, ""),
        ("a trailing dot", |root| named(root, |_| (), "good.example."), ""),
        (
            "an international name",
            |root| {
                let change: Change = |it| it.subject_alt_names = subjects(&["xn--bcher-kva.example"]);
                named(root, change, "Bücher.example")
            },
            "",
        ),
        (
            "an IPv6 address",
            |root| named(root, |it| it.subject_alt_names = names(&["2001:db8::1"]), "2001:db8::1"),
            "",
        ),
        (
            "the root and a stranger shown along",
            |root| {
                let (cert, key) = leaf(root, |_| ());
                Shown::new((
                    cert.clone() + &authority("a stranger", None, |_| ()).pem + &root.pem + &cert,
                    key,
                ))
            },
            "",
        ),
        (
            "six authorities between, in no order",
            |root| {
                let mut between = vec![authority("1st", Some(root), |_| ())];
                for name in ["2nd", "3rd", "4th", "5th"] {
                    between.insert(0, authority(name, between.first(), |_| ()));
                }
                let mut shown = through(&between.iter().collect::<Vec<_>>(), |_| ());
                shown.chain[1..].reverse();
                shown
            },
            "",
        ),
        (
            "an authority that may not sign beside one of its name that may",
            |root| {
                let able = authority("the middle", Some(root), |_| ());
                let unable =
                    authority("the middle", Some(root), |it| it.key_usages = vec![KeyUsagePurpose::CrlSign]);
                let mut shown = through(&[&able], |_| ());
                shown.chain.insert(1, ders(&unable.pem).remove(0));
                shown
            },
            "",
        ),
        (
            "a key for signing and more",
            |root| {
                let change: Change = |it| {
                    it.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
                };
                named(root, change, HOST)
            },
            "",
        ),
        (
            "an unknown extension that is not critical",
            |root| {
                named(
                    root,
                    |it| it.custom_extensions = vec![extension(&[1, 2, 3, 4], false, vec![5, 0])],
                    HOST,
                )
            },
            "",
        ),
        (
            "a number that another's list revokes",
            |root| {
                let middle = authority("the middle", Some(root), |_| ());
                let lists = list(&middle, |it| it.revoked_certs[0].serial_number = 1_u64.into())
                    + &list(root, |it| it.revoked_certs[0].serial_number = 7_u64.into());
                through(&[&middle], |_| ()).with_list(lists)
            },
            "",
        ),
    ];
    for (what, made, _) in rows {
        assert_eq!(refusal(&root, &made(&root)), None, "{what}");
    }
}

#[test]
fn versions_that_have_nothing_in_common_are_told_so() {
    let root = root();
    let shown = named(&root, |_| (), HOST);
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(shown.key.serialize_der()));
    let old = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .expect("a version")
        .with_no_client_auth()
        .with_single_cert(shown.chain.clone(), key)
        .expect("a certificate");
    let options = Options { insecure: true, min: Some(Version::Tls13), ..Options::default() };
    let server = ServerConnection::new(Arc::new(old)).expect("a connection").into();
    let [at_client, _] = agree([client(&options, HOST), server]);
    assert_refused(
        at_client.map(|(_, message)| message),
        "it speaks other versions of TLS (protocol_version)",
    );
}

#[test]
fn an_address_is_asked_for_by_no_name() {
    for (host, sent) in [("192.0.2.1", false), ("2001:db8::1", false), (HOST, true), ("GOOD.example.", true)]
    {
        let mut connection = client(&Options { insecure: true, ..Options::default() }, host);
        let mut hello = Vec::new();
        connection.write_tls(&mut hello).expect("a vector takes all");
        let has_name = hello.windows(HOST.len()).any(|it| it.eq_ignore_ascii_case(HOST.as_bytes()));
        assert_eq!(has_name, sent, "{host}");
        assert_eq!(host.parse::<IpAddr>().is_err(), sent);
    }
}
