//! The options of TLS, a row each: what stands behind `?` and what the flags of the same names say.

use std::path::{Path, PathBuf};

use super::error::ParseError;
use super::own::{Context, OwnRow};
use super::percent::{Encoded, decode_text};
use super::piece::{Fault, Piece};
use super::scheme::{Layer, Row, Scheme};
use super::setting::read_one;
use super::source::Written;
use super::{Endpoint, Host, Place, Port, own};
use crate::tls::Pin;

/// The rows, in the order in which they are printed.
pub(super) const ROWS: &[OwnRow] = &[
    OwnRow {
        name: "ca",
        example: "ca=FILE",
        meaning: "roots in place of the system's",
        has_value: true,
        fits: over_tls,
        read: |own, value, _| file(&mut own.tls.ca, value),
        print: |own| print_file("ca", own.tls.ca.as_deref()),
    },
    OwnRow {
        name: "cert",
        example: "cert=FILE",
        meaning: "our certificate, PEM",
        has_value: true,
        fits: over_tls,
        read: |own, value, _| file(&mut own.tls.cert, value),
        print: |own| print_file("cert", own.tls.cert.as_deref()),
    },
    OwnRow {
        name: "key",
        example: "key=FILE",
        meaning: "its key, where not in its file",
        has_value: true,
        fits: over_tls,
        read: |own, value, _| file(&mut own.tls.key, value),
        print: |own| print_file("key", own.tls.key.as_deref()),
    },
    OwnRow {
        name: "crl",
        example: "crl=FILE",
        meaning: "certificates that were revoked",
        has_value: true,
        fits: over_tls,
        read: |own, value, _| file(&mut own.tls.crl, value),
        print: |own| print_file("crl", own.tls.crl.as_deref()),
    },
    OwnRow {
        name: "server-name",
        example: "server-name=NAME",
        meaning: "whom the certificate names",
        has_value: true,
        fits: |context| connects(context),
        read: |own, value, _| Ok(set(&mut own.tls.server_name, value, decode_text(value)?)),
        print: |own| own.tls.server_name.as_ref().map(|name| word("server-name", name)),
    },
    OwnRow {
        name: "alpn",
        example: "alpn=NAMES",
        meaning: "names of protocols, as h2,http/1.1",
        has_value: true,
        fits: over_tls,
        read: |own, value, _| {
            own.tls.alpn = alpn(value)?;
            Ok(Written::whole(value))
        },
        print: |own| (!own.tls.alpn.is_empty()).then(|| word("alpn", &own.tls.alpn.join(","))),
    },
    OwnRow {
        name: "tls-min",
        example: "tls-min=VERSION",
        meaning: "the lowest version, 1.2 or 1.3",
        has_value: true,
        fits: over_tls,
        read: |own, value, _| {
            let min = value.text().parse().map_err(|error| value.fault(error))?;
            Ok(set(&mut own.tls.min, value, min))
        },
        print: |own| own.tls.min.map(|min| format!("tls-min={min}")),
    },
    OwnRow {
        name: "pin",
        example: "pin=HASH",
        meaning: "the peer's key, instead of a root",
        has_value: true,
        fits: over_tls,
        read: |own, value, _| {
            own.tls.pins = pins(value)?;
            Ok(Written::whole(value))
        },
        print: |own| {
            let pins: Vec<_> = own.tls.pins.iter().map(ToString::to_string).collect();
            (!pins.is_empty()).then(|| format!("pin={}", pins.join(",")))
        },
    },
    OwnRow {
        name: "insecure",
        example: "insecure",
        meaning: "take any certificate",
        has_value: false,
        fits: |context| connects(context),
        read: |own, name, _| {
            own.tls.insecure = true;
            Ok(Written::whole(name))
        },
        print: |own| own.tls.insecure.then(|| "insecure".to_owned()),
    },
    OwnRow {
        name: "starttls",
        example: "starttls=PROTOCOL",
        meaning: "start as smtp, imap, pop3 or postgres",
        has_value: true,
        fits: |context| connects(context),
        read: |own, value, _| {
            let protocol = value.text().parse().map_err(|error| value.fault(error))?;
            Ok(set(&mut own.starttls, value, protocol))
        },
        print: |own| own.starttls.map(|protocol| format!("starttls={protocol}")),
    },
    OwnRow {
        name: "self-signed",
        example: "self-signed=FILE",
        meaning: "keep a certificate of our own there",
        has_value: true,
        fits: |context| match context.listens {
            Some(false) => Err("belongs to listening; this endpoint connects"),
            _ => over_tls(context),
        },
        read: |own, value, _| file(&mut own.tls.self_signed, value),
        print: |own| print_file("self-signed", own.tls.self_signed.as_deref()),
    },
];

/// An option of TLS as a flag of the command line.
#[derive(Clone, Copy, Debug)]
pub struct TlsFlag {
    /// The name, of the option and of the flag.
    pub name: &'static str,
    /// What stands for the value in the help; `None` where there is none.
    pub value: Option<&'static str>,
    /// What it does, in a few words.
    pub meaning: &'static str,
}

/// Those of an end that listens, of one that connects, or of either.
pub fn tls_flags(listens: Option<bool>) -> impl Iterator<Item = TlsFlag> {
    let place = Place::Inet { host: Host::Every, port: Port::Number(0) };
    let fits = move |row: &&OwnRow| {
        let context = Context { scheme: Scheme::Tcp, layers: &[Layer::Tls], place: &place, listens };
        (row.fits)(context).is_ok()
    };
    ROWS.iter().filter(fits).map(|row| {
        let value = row.example.split_once('=').map(|(_, value)| value);
        TlsFlag { name: row.name, value, meaning: row.meaning }
    })
}

impl Endpoint {
    /// Puts TLS over it, unless it is there already.
    ///
    /// # Errors
    ///
    /// Fails where the endpoint is no stream of a socket.
    pub fn put_tls(&mut self) -> Result<(), ParseError> {
        let Row { nature, socket, .. } = self.scheme.row();
        if socket.is_none() || !nature.connected || nature.messages {
            let message = format!("--tls goes over a stream of a socket, and {} is none", self.scheme);
            return Err(self.source.fault(self.source.place().whole.clone(), message));
        }
        if !self.layers.contains(&Layer::Tls) {
            self.layers.push(Layer::Tls);
        }
        Ok(())
    }

    /// Sets an option of TLS as the flag of its name says.
    ///
    /// # Errors
    ///
    /// Fails as the option would behind `?`, and where it stands there too.
    pub fn set_tls(&mut self, name: &str, value: Option<&str>, listens: bool) -> Result<(), ParseError> {
        let text = match value {
            Some(value) => format!("--{name} {}", Encoded(value.as_bytes())),
            None => format!("--{name}"),
        };
        let faulty = |fault| ParseError::new(&text, fault);
        let (flag, value) = Piece::whole(&text)
            .split_once(' ')
            .map_or((Piece::whole(&text), None), |(flag, value)| (flag, Some(value)));
        let Some(row) = own::row(name) else { return Err(faulty(flag.fault("is no option of TLS"))) };
        if (row.print)(&self.own).is_some() {
            return Err(faulty(flag.fault(format_args!("is given twice: the endpoint has ?{name} too"))));
        }
        let place = self.place.clone();
        let context =
            Context { scheme: self.scheme, layers: &self.layers, place: &place, listens: Some(listens) };
        read_one(row, &mut self.own, (flag, flag, value), context).map(drop).map_err(faulty)
    }
}

fn over_tls(context: Context<'_>) -> Result<(), &'static str> {
    if context.layers.contains(&Layer::Tls) { Ok(()) } else { Err("belongs to TLS, as in tls://host:443") }
}

fn connects(context: Context<'_>) -> Result<(), &'static str> {
    match context.listens {
        Some(true) => Err("belongs to connecting; this endpoint listens"),
        _ => over_tls(context),
    }
}

fn set<T>(slot: &mut Option<T>, value: Piece<'_>, read: T) -> Written {
    *slot = Some(read);
    Written::whole(value)
}

fn file(slot: &mut Option<PathBuf>, value: Piece<'_>) -> Result<Written, Fault> {
    Ok(set(slot, value, PathBuf::from(decode_text(value)?)))
}

fn word(name: &str, value: &str) -> String {
    format!("{name}={}", Encoded(value.as_bytes()))
}

fn print_file(name: &str, path: Option<&Path>) -> Option<String> {
    Some(word(name, &path?.to_string_lossy()))
}

fn alpn(value: Piece<'_>) -> Result<Vec<String>, Fault> {
    let names: Vec<_> = decode_text(value)?.split(',').map(str::to_owned).collect();
    if names.iter().any(|name| name.is_empty() || name.len() > 255) {
        return Err(value.fault("wants names of protocols of 1 to 255 bytes, as in h2,http/1.1"));
    }
    Ok(names)
}

fn pins(value: Piece<'_>) -> Result<Vec<Pin>, Fault> {
    let text = decode_text(value)?;
    text.split(',').map(|pin| pin.parse().map_err(|error| value.fault(error))).collect()
}
