//! What stands after `?`: the endpoint's own options, read to typed values, and the socket's, left to their table.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use super::inet::{inet_without_port, interface};
use super::nearest::nearest;
use super::percent::{Encoded, decode_text};
use super::piece::{Fault, Piece};
use super::place::{Host, Place, unix};
use super::scheme::Scheme;
use super::vocabulary::{Meaning, Vocabulary};
use crate::quantity::Period;

/// The options that are the endpoint's own, not the socket's. None is "not written".
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Own {
    /// `timeout=2s`: how long connecting may take, more than zero.
    pub timeout: Option<Duration>,
    /// `bind=192.0.2.1:5000`: the local address to connect from; port 0 if none is written. The host is an address or
    /// [`Host::Every`], never a name. For Unix sockets, the client's own path or abstract name.
    pub bind: Option<Place>,
    /// `interface=eth0`: the interface that carries the traffic.
    pub interface: Option<String>,
    /// `mode=660`: the permission bits of the path that listening creates, at most 0o777.
    pub mode: Option<u32>,
}

/// A socket option as written: its full name, and its value before the option's type is known.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The full name, as the vocabulary has it.
    pub name: String,
    /// What stands after `=`; None for a flag, `?tcp.nodelay`.
    pub value: Option<String>,
    /// The bytes of the endpoint's text that it was read from; no part of what makes two settings equal.
    pub span: Range<usize>,
}

/// What decides which of the own options apply.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) scheme: Scheme,
    pub(super) place: &'a Place,
    /// True if the endpoint listens, false if it connects, None if that is not known yet.
    pub(super) listens: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OwnName {
    Timeout,
    Bind,
    Interface,
    Mode,
}

/// Each own option with an example of its use.
const OWN: [(&str, OwnName, &str); 4] = [
    ("timeout", OwnName::Timeout, "timeout=2s"),
    ("bind", OwnName::Bind, "bind=192.0.2.1"),
    ("interface", OwnName::Interface, "interface=eth0"),
    ("mode", OwnName::Mode, "mode=660"),
];

/// The highest permission bits.
const HIGHEST_MODE: u32 = 0o777;

impl Setting {
    /// A setting that was not read from a text.
    pub fn new(name: impl Into<String>, value: Option<String>) -> Self {
        Self { name: name.into(), value, span: 0..0 }
    }
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

impl Eq for Setting {}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, "={}", Encoded(value.as_bytes())))
    }
}

impl Own {
    /// Each option that is written, as it is printed.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        let timeout = self.timeout.map(|timeout| format!("timeout={}", Period(timeout)));
        let bind = self.bind.as_ref().map(|bind| format!("bind={bind}"));
        let interface = self.interface.as_ref().map(|name| format!("interface={}", Encoded(name.as_bytes())));
        let mode = self.mode.map(|mode| format!("mode={mode:03o}"));
        [timeout, bind, interface, mode].into_iter().flatten()
    }

    /// Reads one option's value; false if it was there already.
    fn set(&mut self, name: OwnName, value: Piece<'_>, context: Context<'_>) -> Result<bool, Fault> {
        Ok(match name {
            OwnName::Timeout => self.timeout.replace(timeout(value)?).is_none(),
            OwnName::Bind => self.bind.replace(bind(value, context.scheme)?).is_none(),
            OwnName::Interface => self.interface.replace(interface(value)?).is_none(),
            OwnName::Mode => self.mode.replace(mode(value)?).is_none(),
        })
    }
}

/// Reads what stands after `?`.
pub(super) fn settings(
    options: Piece<'_>,
    context: Context<'_>,
    vocabulary: &dyn Vocabulary,
) -> Result<(Own, Vec<Setting>), Fault> {
    let (mut own, mut settings) = (Own::default(), Vec::new());
    let mut rest = Some(options);
    while let Some(piece) = rest {
        let (option, tail) = piece.split_once('&').map_or((piece, None), |(head, tail)| (head, Some(tail)));
        rest = tail;
        let (name, value) =
            option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        match OWN.iter().find(|(own, ..)| *own == name.text()) {
            Some((_, own_name, example)) => {
                refuse_unfit(*own_name, name, context)?;
                let value =
                    value.filter(|value| !value.is_empty()).ok_or_else(|| wants_value(option, example))?;
                let is_first = own.set(*own_name, value, context)?;
                if !is_first {
                    return Err(twice(name));
                }
            }
            None => settings.push(setting(option, name, value, &settings, context.scheme, vocabulary)?),
        }
    }
    Ok((own, settings))
}

/// Reads a socket option.
fn setting(
    option: Piece<'_>,
    name: Piece<'_>,
    value: Option<Piece<'_>>,
    before: &[Setting],
    scheme: Scheme,
    vocabulary: &dyn Vocabulary,
) -> Result<Setting, Fault> {
    let full = match vocabulary.look_up(name.text()) {
        Meaning::One(full) => full,
        Meaning::Several(names) => {
            let names = names.join(" and ");
            return Err(
                name.fault(format_args!("option \"{}\" could be {names}; write one in full", name.shown()))
            );
        }
        Meaning::Unknown => return Err(unknown(name, vocabulary)),
    };
    if !vocabulary.applies(full, scheme) {
        return Err(name.fault(format_args!("option \"{full}\" does not apply to {scheme}")));
    }
    if before.iter().any(|setting| setting.name == full) {
        return Err(twice(name));
    }
    let value = value.map(decode_text).transpose()?;
    Ok(Setting { name: full.to_owned(), value, span: option.span() })
}

/// Refuses an own option that this endpoint cannot act on: ignoring it would be a lie.
fn refuse_unfit(own: OwnName, name: Piece<'_>, context: Context<'_>) -> Result<(), Fault> {
    let Context { scheme, place, listens } = context;
    let reason = match own {
        OwnName::Timeout | OwnName::Bind if listens == Some(true) => {
            "belongs to connecting; this endpoint listens"
        }
        OwnName::Mode if !scheme.is_unix() => "belongs to a Unix socket's path",
        OwnName::Mode if !matches!(place, Place::Path(_)) => {
            "belongs to a path; an abstract name has no permissions"
        }
        OwnName::Mode if listens == Some(false) => "belongs to listening; this endpoint connects",
        OwnName::Interface if scheme.is_unix() => "belongs to tcp and udp",
        _ => return Ok(()),
    };
    Err(name.fault(format_args!("option \"{}\" {reason}", name.text())))
}

fn timeout(value: Piece<'_>) -> Result<Duration, Fault> {
    match value.text().parse::<Period>() {
        Ok(Period(Duration::ZERO)) => Err(value.fault("a timeout of zero leaves no time to connect")),
        Ok(Period(timeout)) => Ok(timeout),
        Err(error) => {
            let (_, tail) = value.split_at(error.span().start);
            Err(tail.split_at(error.span().len()).0.fault(error))
        }
    }
}

fn bind(value: Piece<'_>, scheme: Scheme) -> Result<Place, Fault> {
    if scheme.is_unix() {
        return unix(value);
    }
    match inet_without_port(value)? {
        Place::Inet { host: Host::Loopback, .. } => {
            let fault = value.fault("wants an address of this machine before the port");
            Err(fault.suggest(format_args!("*{}", value.text())))
        }
        Place::Inet { host: Host::Name(_), .. } => {
            Err(value.fault("wants an address of this machine, not a name, as in bind=192.0.2.1"))
        }
        place => Ok(place),
    }
}

fn mode(value: Piece<'_>) -> Result<u32, Fault> {
    let is_octal = value.text().bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let bits = u32::from_str_radix(value.text(), 8).ok().filter(|bits| is_octal && *bits <= HIGHEST_MODE);
    let shown = value.shown();
    bits.ok_or_else(|| {
        value.fault(format_args!("a mode is octal, 000-777, as in mode=660; found \"{shown}\""))
    })
}

fn unknown(name: Piece<'_>, vocabulary: &dyn Vocabulary) -> Fault {
    if name.is_empty() {
        return name.fault("wants an option's name here");
    }
    if let Some(sign) = name.find_char(|c| matches!(c, ',' | ';' | ' ')) {
        return sign.fault(format_args!("options are joined by \"&\"; found \"{}\"", sign.text()));
    }
    let known = OWN.iter().map(|(own, ..)| *own).chain(vocabulary.names());
    let fault = name.fault(format_args!("unknown option \"{}\"", name.shown()));
    fault.suggest_nearest(nearest(name.text(), known))
}

fn wants_value(option: Piece<'_>, example: &str) -> Fault {
    option.fault(format_args!("wants a value, as in {example}"))
}

fn twice(name: Piece<'_>) -> Fault {
    name.fault(format_args!("option \"{}\" stands here twice", name.shown()))
}
