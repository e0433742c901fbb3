//! An endpoint, read: the scheme first, then the place, then the options.

use std::net::Ipv6Addr;

use super::error::ParseError;
use super::group::refuse_unheard;
use super::inet::{self, inet_without_port, is_bare_port};
use super::nearest::nearest;
use super::own::{self, Context};
use super::piece::{Fault, Piece};
use super::place::{Host, Place, Port};
use super::proxy;
use super::scheme::{self, Layer, Row, Scheme};
use super::setting::{Options, settings};
use super::shape::Shape;
use super::source::Source;
use super::vocabulary::Vocabulary;
use super::{Endpoint, Role};

/// What people used to socat write before the colon, in lower case, and the scheme that means the same.
const HABITS: [(&str, Scheme, bool); 20] = [
    ("tcp-connect", Scheme::Tcp, false),
    ("tcp4", Scheme::Tcp, false),
    ("tcp6", Scheme::Tcp, false),
    ("tcp4-connect", Scheme::Tcp, false),
    ("tcp6-connect", Scheme::Tcp, false),
    ("tcp4-listen", Scheme::Tcp, true),
    ("tcp6-listen", Scheme::Tcp, true),
    ("tcp-l", Scheme::Tcp, true),
    ("udp4", Scheme::Udp, false),
    ("udp6", Scheme::Udp, false),
    ("udp-connect", Scheme::Udp, false),
    ("udp-sendto", Scheme::Udp, false),
    ("udp-recvfrom", Scheme::Udp, true),
    ("udp4-listen", Scheme::Udp, true),
    ("udp6-listen", Scheme::Udp, true),
    ("unix-connect", Scheme::Unix, false),
    ("unix-client", Scheme::Unix, false),
    ("system", Scheme::Sh, false),
    ("open", Scheme::File, false),
    ("gopen", Scheme::File, false),
];

/// The most layers over one stream.
const MOST_LAYERS: usize = 4;

/// What the text before the options starts with.
pub(super) struct Start<'a> {
    pub(super) layers: Vec<Layer>,
    pub(super) scheme: Scheme,
    listen: bool,
    /// The scheme as written; empty if none is.
    pub(super) name: Piece<'a>,
    pub(super) place: Piece<'a>,
}

/// Reads a whole endpoint. Each step looks at every byte a bounded number of times, so the cost is linear.
pub(super) fn parse(text: &str, vocabulary: &dyn Vocabulary, role: Role) -> Result<Endpoint, ParseError> {
    if role == Role::Proxy {
        proxy::refuse_password(text)?;
    }
    read(Piece::whole(text), vocabulary, role).map_err(|fault| ParseError::new(text, fault))
}

/// Reads a host, and the port after it if there is one.
pub(super) fn host(text: &str) -> Result<(Host, Port), ParseError> {
    // An address with its zone is one that only brackets tell from a port.
    let is_v6 = text.split_once('%').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    let bracketed = if is_v6 { &format!("[{text}]") } else { text };
    if text.is_empty() {
        return Err(ParseError::at(text, 0..0, "wants a host, as in localhost, or a port, as in :80"));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        let message = "wants a host and a port alone, as in example.org:https";
        return Err(ParseError::at(text, 0..scheme.len() + 3, message));
    }
    match inet_without_port(Piece::whole(bracketed)) {
        Ok((Place::Inet { host, port }, _)) => Ok((host, port)),
        Ok(_) => Err(ParseError::at(bracketed, 0..bracketed.len(), "wants a host")),
        Err(fault) => Err(ParseError::new(bracketed, fault)),
    }
}

fn read(text: Piece<'_>, vocabulary: &dyn Vocabulary, role: Role) -> Result<Endpoint, Fault> {
    let (address, options) = text.split_once('?').map_or((text, None), |(head, tail)| (head, Some(tail)));
    let bare_port = role == Role::Listen && is_bare_port(address.text());
    refuse_option_before_the_colon(address, options)?;
    let start = if bare_port { bare(address) } else { start(address, role)? };
    let (start, user) = proxy::start(start, role)?;
    let listens = listens(&start, role)?;
    refuse_layers_of_messages(&start)?;
    let (place, options) = match start.scheme.row().shape {
        shape if shape.is_literal() => literal(text, &start, listens),
        _ => (start.place, options),
    };
    let Start { layers, scheme, listen, .. } = start;
    let (place, written) =
        if bare_port { inet::bare_port(place)? } else { scheme.row().shape.read(place)? };
    let context = Context { scheme, layers: &layers, place: &place, listens };
    let mut options = match options {
        Some(options) => settings(options, context, vocabulary)?,
        None => Options::default(),
    };
    if let Some(user) = user {
        proxy::set_user(&mut options.own.login, user)?;
    }
    if let Some((_, written)) = options.written.iter().find(|(name, _)| *name == "join") {
        refuse_unheard(&options.own, context, written)?;
    }
    let source = Source::new(text.text(), written, options.written);
    let Options { own, settings, .. } = options;
    Ok(Endpoint { layers, listen, own, settings, source, ..Endpoint::new(scheme, place) })
}

/// Whether the endpoint will listen; None if that is not known yet.
fn listens(start: &Start<'_>, role: Role) -> Result<Option<bool>, Fault> {
    let Start { scheme, listen, name, .. } = start;
    let shown = name.shown();
    let listens = match role {
        Role::Connect if *listen => {
            let message = format!("\"{shown}\" listens; wanted here is an endpoint to connect to");
            return Err(name.fault(message).suggest(scheme));
        }
        Role::Connect | Role::Proxy => Some(false),
        Role::Listen => Some(true),
        Role::AsWritten => Some(*listen),
        Role::Either => listen.then_some(true),
    };
    match listens {
        Some(true) if scheme.row().listening.is_none() => {
            let is_program = scheme.row().shape.is_literal();
            let instead =
                if is_program { "; sock serve --exec starts a program for each client" } else { "" };
            Err(name.fault(format_args!("\"{shown}\" cannot be listened at{instead}")))
        }
        Some(false) if !scheme.row().connects => {
            Err(name.fault(format_args!("\"{shown}\" cannot be connected to")))
        }
        listens => Ok(listens),
    }
}

/// A layer makes a stream of a stream; messages have none to give.
fn refuse_layers_of_messages(start: &Start<'_>) -> Result<(), Fault> {
    let Row { nature, socket, .. } = start.scheme.row();
    let Some(layer) = start.layers.last() else { return Ok(()) };
    if socket.is_none() {
        return Err(start
            .name
            .fault(format_args!("{layer} goes over a socket, and {} is none", start.scheme)));
    }
    if nature.connected && !nature.messages {
        return Ok(());
    }
    Err(start.name.fault(format_args!("{layer} goes over a stream, and {} is none", start.scheme)))
}

/// What a literal place takes: all that stands after its scheme, but for known options behind the last `?`.
fn literal<'a>(text: Piece<'a>, start: &Start<'a>, listens: Option<bool>) -> (Piece<'a>, Option<Piece<'a>>) {
    let (_, rest) = text.split_at(start.place.span().start);
    let context = Context { scheme: start.scheme, layers: &start.layers, place: &Place::Alone, listens };
    match rest.rsplit_once('?') {
        Some((place, options)) if own::are_options(options, context) => (place, Some(options)),
        _ => (rest, None),
    }
}

/// An address without a scheme's name, which is TCP's.
fn bare(address: Piece<'_>) -> Start<'_> {
    let name = address.split_at(0).0;
    Start { layers: Vec::new(), scheme: Scheme::Tcp, listen: false, name, place: address }
}

/// Tells the layers, the scheme and the place apart.
fn start(address: Piece<'_>, role: Role) -> Result<Start<'_>, Fault> {
    let (mut layers, mut rest) = (Vec::new(), address);
    while let Some((name, after)) = rest.split_once(':') {
        let Some((layer, listen)) = Layer::from_name(name.text()) else { break };
        layers.push(layer);
        if layers.len() > MOST_LAYERS {
            return Err(name.fault(format_args!("at most {MOST_LAYERS} layers go over one stream")));
        }
        match after.strip_prefix("//") {
            Some(place) => return Ok(Start { layers, scheme: Scheme::Tcp, listen, name, place }),
            None if listen => {
                let message = format!(
                    "\"{layer}-listen\" takes a host and a port; over another scheme that one listens, as in \
                     {layer}:unix-listen:/path"
                );
                return Err(name.fault(message));
            }
            None => rest = after,
        }
    }
    Ok(Start { layers, ..carrier(rest, role)? })
}

/// Tells the scheme from the place. A bare `host:port` is TCP; all but hosts may leave out the slashes.
///
/// A path is a file's, but where it is listened: there a Unix socket's is meant.
fn carrier(address: Piece<'_>, role: Role) -> Result<Start<'_>, Fault> {
    if role != Role::Listen && is_path(address.text()) {
        return Ok(Start { scheme: Scheme::File, ..bare(address) });
    }
    let Some((name, rest)) = address.split_once(':') else {
        return match Scheme::from_name(address.text()) {
            Some((scheme, listen)) if scheme.row().shape == Shape::Nothing => {
                Ok(Start { layers: Vec::new(), scheme, listen, name: address, place: address.end() })
            }
            Some((scheme, listen)) => Err(wants_place(address, scheme, listen)),
            None => Ok(bare(address)),
        };
    };
    let slashed = rest.strip_prefix("//");
    let Some((scheme, listen)) = Scheme::from_name(name.text()) else {
        return match habit(name.text()) {
            _ if slashed.is_some() => Err(unknown_scheme(name, role)),
            Some((scheme, listen)) => Err(wants_slashes(address, rest, scheme, listen)),
            None => Ok(bare(address)),
        };
    };
    let place = match (scheme.row().shape, slashed) {
        (shape, _) if shape.is_literal() => rest,
        (_, Some(place)) => place,
        (shape, None) if shape.has_slashes() => return Err(wants_slashes(address, rest, scheme, listen)),
        (_, None) => rest,
    };
    Ok(Start { layers: Vec::new(), scheme, listen, name, place })
}

/// Whether a text is a path as a shell knows one.
fn is_path(text: &str) -> bool {
    ["/", "./", "../"].iter().any(|start| text.starts_with(start))
}

/// `exec?pty:bash`: options stand last.
fn refuse_option_before_the_colon(address: Piece<'_>, options: Option<Piece<'_>>) -> Result<(), Fault> {
    let Some((scheme, options)) = Scheme::from_name(address.text()).zip(options) else { return Ok(()) };
    let Some((option, place)) = options.split_once(':') else { return Ok(()) };
    let name = scheme.0.written(scheme.1);
    let fault = option.fault(format_args!("options stand last, as in {name}:...?{}", option.shown()));
    Err(fault.suggest(format_args!("{name}:{}?{}", place.text(), option.text())))
}

fn unknown_scheme(name: Piece<'_>, role: Role) -> Fault {
    let shown = name.shown();
    // Who writes the scheme of a web page means TLS by it, and "http" is near to it: a proxy.
    let means_tls = role != Role::Proxy && name.text().eq_ignore_ascii_case("https");
    let near = if means_tls { Some("tls") } else { nearest(name.text(), scheme::names()) };
    match near {
        Some(word) => name.fault(format_args!("unknown scheme \"{shown}\"")).suggest(word),
        None => name.fault(format_args!("unknown scheme \"{shown}\"; this build knows {}", scheme::list())),
    }
}

/// `udp`, which is half an endpoint.
fn wants_place(address: Piece<'_>, scheme: Scheme, listen: bool) -> Fault {
    let (name, example) = (scheme.written(listen), scheme.row().shape.example());
    address.fault(format_args!("wants a place after the scheme, as in {name}{example}"))
}

/// `TCP-LISTEN:6142,fork` and `udp:53`: rewrites the address as it is written here.
fn wants_slashes(address: Piece<'_>, rest: Piece<'_>, scheme: Scheme, listen: bool) -> Fault {
    let fault = address.fault("an endpoint is written scheme://host:port?option&option");
    let place = rest.split_once(',').map_or(rest, |(place, _)| place).text();
    let shape = scheme.row().shape;
    let colon = if shape.has_slashes() && !place.contains(':') { ":" } else { "" };
    fault.suggest(format_args!("{}{}{colon}{place}", scheme.written(listen), shape.separator()))
}

fn habit(name: &str) -> Option<(Scheme, bool)> {
    let row = HABITS.iter().find(|(habit, ..)| habit.eq_ignore_ascii_case(name))?;
    Some((row.1, row.2))
}
