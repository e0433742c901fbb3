//! Proxies, which `--via` takes: their place among the layers, and the options that say who asks.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use super::error::ParseError;
use super::nearest::nearest;
use super::own::{Context, OwnRow};
use super::parse::Start;
use super::percent::{Encoded, decode, decode_text};
use super::piece::{Fault, Piece};
use super::scheme::{Layer, Scheme};
use super::shape::Shape;
use super::source::Written;
use super::{Endpoint, Role, own};
use crate::preamble::proxy::Version;

/// What stands in an error in place of a password.
const HIDDEN: &str = "***";

/// Who asks a proxy, as an endpoint says it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Login {
    /// `user@` before the host, or `?user=`.
    pub user: Option<String>,
    /// `password-file=FILE`: whose first line is the password.
    pub password_file: Option<PathBuf>,
    /// `password-env=NAME`: the variable that holds the password.
    pub password_env: Option<String>,
    /// The password, once it is known: it came with the proxy, as in `ALL_PROXY`, or has been read. It is no part of
    /// an endpoint's text.
    pub password: Option<Secret>,
}

/// What is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The rows, in the order in which they are printed.
pub(super) const ROWS: &[OwnRow] = &[
    OwnRow {
        name: "user",
        example: "user=NAME",
        meaning: "who asks; also NAME@ before the host",
        has_value: true,
        fits: of_proxies,
        read: |own, value, _| {
            set_user(&mut own.login, value)?;
            Ok(Written::whole(value))
        },
        print: |own| own.login.user.as_ref().map(|user| format!("user={}", Encoded(user.as_bytes()))),
    },
    OwnRow {
        name: "password-file",
        example: "password-file=FILE",
        meaning: "whose first line is the password",
        has_value: true,
        fits: with_passwords,
        read: |own, value, _| {
            own.login.password_file = Some(decode_text(value)?.into());
            Ok(Written::whole(value))
        },
        print: |own| {
            let path = own.login.password_file.as_ref()?;
            Some(format!("password-file={}", Encoded(path.to_string_lossy().as_bytes())))
        },
    },
    OwnRow {
        name: "password-env",
        example: "password-env=NAME",
        meaning: "the variable with the password",
        has_value: true,
        fits: with_passwords,
        read: |own, value, _| {
            own.login.password_env = Some(variable(value)?);
            Ok(Written::whole(value))
        },
        print: |own| {
            let name = own.login.password_env.as_ref()?;
            Some(format!("password-env={}", Encoded(name.as_bytes())))
        },
    },
];

impl OwnRow {
    /// Whether it belongs to proxies alone.
    #[cfg(test)]
    pub(super) fn is_of_proxies(&self) -> bool {
        ROWS.iter().any(|row| row.name == self.name)
    }
}

impl Endpoint {
    /// Sets `?proxy-protocol=` as the flag of its name says.
    ///
    /// # Errors
    ///
    /// Fails as the option would behind `?`, and where it stands there too.
    pub fn set_proxy_protocol(&mut self, version: Version) -> Result<(), ParseError> {
        let text = format!("--proxy-protocol {version}");
        if self.own.proxy_protocol.replace(version).is_some() {
            let message = "is given twice: the endpoint has ?proxy-protocol= too";
            return Err(ParseError::at(&text, 0..text.len(), message));
        }
        let place = self.place.clone();
        let context =
            Context { scheme: self.scheme, layers: &self.layers, place: &place, listens: Some(self.listen) };
        let Some(row) = own::row("proxy-protocol") else { return Ok(()) };
        (row.fits)(context)
            .map_err(|why| ParseError::at(&text, 0..text.len(), format!("option \"{}\" {why}", row.name)))
    }
}

/// Whether the endpoint is a proxy.
pub(super) fn is_one(context: Context<'_>) -> bool {
    context.layers.first().is_some_and(|layer| layer.row().proxy)
}

fn of_proxies(context: Context<'_>) -> Result<(), &'static str> {
    if is_one(context) { Ok(()) } else { Err("belongs to a proxy, as in --via socks5://host:1080") }
}

fn with_passwords(context: Context<'_>) -> Result<(), &'static str> {
    match context.layers.first() {
        Some(Layer::Socks4a) => Err("has no place in SOCKS 4A, which has no passwords"),
        _ => of_proxies(context),
    }
}

/// Refuses a proxy where none is wanted, and anything else where one is. Gives beside it the user before the host.
pub(super) fn start(mut start: Start<'_>, role: Role) -> Result<(Start<'_>, Option<Piece<'_>>), Fault> {
    let proxies = start.layers.iter().filter(|layer| layer.row().proxy).count();
    let outermost = start.layers.first().filter(|layer| layer.row().proxy);
    match (role, outermost) {
        (Role::Proxy, None) => return Err(no_proxy(&start)),
        (Role::Proxy, Some(layer)) if proxies > 1 => {
            let message = format!("{layer} is spoken to one proxy; a second --via names the next one");
            return Err(start.name.fault(message));
        }
        (Role::Proxy, Some(_)) => {}
        _ if proxies > 0 => {
            let message = format!("\"{}\" is a proxy's scheme, which --via takes", start.name.shown());
            return Err(start.name.fault(message));
        }
        _ => return Ok((start, None)),
    }
    if start.scheme.row().shape != Shape::Inet {
        return Ok((start, None));
    }
    let Some((user, place)) = start.place.rsplit_once('@') else { return Ok((start, None)) };
    start.place = place;
    Ok((start, Some(user)))
}

fn no_proxy(start: &Start<'_>) -> Fault {
    let names: Vec<_> = Layer::ALL.iter().filter(|layer| layer.row().proxy).map(|it| it.name()).collect();
    let fault =
        start.name.fault(format_args!("a proxy is one of {}, as in socks5://host:1080", names.join(", ")));
    fault.suggest_nearest(nearest(start.name.text(), names))
}

/// Sets the user, who is not there yet.
pub(super) fn set_user(login: &mut Login, user: Piece<'_>) -> Result<(), Fault> {
    if login.user.is_some() {
        return Err(user.fault("the user stands here twice"));
    }
    match decode_text(user)? {
        name if name.is_empty() => Err(user.fault("wants a user's name before the \"@\"")),
        name => {
            login.user = Some(name);
            Ok(())
        }
    }
}

fn variable(value: Piece<'_>) -> Result<String, Fault> {
    match decode_text(value)? {
        name if name.contains(['=', '\0']) => Err(value.fault("is no name of an environment variable")),
        name => Ok(name),
    }
}

/// Where the password stands in `scheme://user:password@host`; the slashes, or the scheme, may be missing.
pub(crate) fn password_in(text: &str) -> Option<Range<usize>> {
    let address = text.split('?').next()?;
    let start = behind_schemes(address)?;
    let user_info = &address[start..start + address[start..].rfind('@')?];
    let colon = user_info.find(':')?;
    Some(start + colon + 1..start + user_info.len())
}

/// Where a host begins, with the user before it; `None` for what has none, such as a path.
fn behind_schemes(address: &str) -> Option<usize> {
    let mut start = 0;
    while let Some((name, rest)) = address[start..].split_once(':') {
        let scheme = Scheme::from_name(name).map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| scheme.row().shape != Shape::Inet) {
            return None;
        }
        if rest.starts_with("//") {
            return Some(start + name.len() + "://".len());
        }
        if scheme.is_none() && Layer::from_name(name).is_none() {
            break;
        }
        start += name.len() + ":".len();
    }
    Some(start)
}

/// The bytes of a text in which `%` and two digits stand for a byte; `None` where they do not.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    decode(Piece::whole(text)).ok()
}

/// Every process of the machine can read a command line.
pub(super) fn refuse_password(text: &str) -> Result<(), ParseError> {
    let Some(password) = password_in(text) else { return Ok(()) };
    let shown = [&text[..password.start], HIDDEN, &text[password.end..]].concat();
    let span = password.start..password.start + HIDDEN.len();
    let message = "a password is not written here, where every process of this machine can read it: \
                   ?password-file=FILE and ?password-env=NAME say where it is";
    Err(ParseError::at(&shown, span, message))
}
