//! Endpoints behind proxies: which ones, who asks them, and what they are asked for.

use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::time::Instant;

use berkeley::netdb::service_by_name;
use berkeley::{AsyncSocket, Family};

use super::connect;
use super::dialogue::speak;
use super::worker::on_a_worker;
use crate::endpoint::{Endpoint, Host, Layer, Place, Port, Role, Scheme, Secret, decoded, password_in};
use crate::exit::{Exit, Failure};
use crate::file::{When, open};
use crate::preamble::{Dialogue, HttpConnect, Login, Refusal, Socks4a, Socks5, Target};
use crate::program;
use crate::tls::a_label;

/// What `--via` takes for the proxy that the environment names.
const ENVIRONMENT: &str = "env";

/// The variables that name it, the first one first, as curl has them.
const VARIABLES: [&str; 2] = ["all_proxy", "ALL_PROXY"];

/// The longest password in a file, in bytes.
const LONGEST_PASSWORD: u64 = 4_096;

/// Reads the proxies, and of each the password that stays the same: once, however many endpoints are behind them.
///
/// # Errors
///
/// Fails for what is no proxy, and where a password cannot be read.
pub fn proxies(texts: &[String]) -> Result<Vec<Endpoint>, Failure> {
    texts.iter().map(|text| proxy(text)).collect()
}

/// Has an endpoint reached through these proxies, the nearest first.
///
/// # Errors
///
/// Fails where the endpoint is none that a proxy can reach, or has options that could not act.
pub fn set(endpoint: &mut Endpoint, proxies: &[Endpoint]) -> Result<(), Failure> {
    if proxies.is_empty() {
        return Ok(());
    }
    endpoint.via = proxies.to_vec();
    if endpoint.scheme != Scheme::Tcp {
        let message = format!("--via connects through a proxy by TCP alone, and this is {}", endpoint.scheme);
        return Err(Failure::misuse(endpoint.source.fault(endpoint.source.place().whole.clone(), message)));
    }
    refuse_idle(endpoint)?;
    endpoint.via.iter().skip(1).try_for_each(refuse_idle)?;
    for hop in endpoint.via.iter().skip(1).chain([&*endpoint]) {
        target(hop)?;
    }
    for (proxy, hop) in hops(endpoint) {
        // What it could not be asked for is told before anything is opened.
        let (target, port) = target(hop)?;
        let login = proxy.own.login.user.as_ref().map(|user| Login { user: user.clone(), password: None });
        dialogue(proxy, &target, port, login.as_ref()).map_err(|refusal| refused(proxy, hop, &refusal))?;
    }
    Ok(())
}

fn proxy(text: &str) -> Result<Endpoint, Failure> {
    if text == ENVIRONMENT {
        return from_environment();
    }
    let proxy = super::parse(text, Role::Proxy).map_err(Failure::misuse)?;
    checked(proxy)
}

/// The proxy that the environment names. There a password may stand in the text: only this user's processes see it.
fn from_environment() -> Result<Endpoint, Failure> {
    let set = |name| Some((name, env::var(name).ok().filter(|value| !value.is_empty())?));
    let Some((name, text)) = VARIABLES.into_iter().find_map(set) else {
        return Err(Failure::misuse("--via env: neither all_proxy nor ALL_PROXY is set"));
    };
    let text = text.trim_end_matches('/');
    if text.split_once('?').is_some_and(|(_, options)| options.contains('@')) {
        // The rest of a password would be read as options, and be shown in what is said of them.
        return Err(Failure::misuse(format_args!("{name}: a ? before the @ is written %3F")));
    }
    let password = password_in(text);
    let plain = match &password {
        Some(span) => [&text[..span.start - 1], &text[span.end..]].concat(),
        None => text.to_owned(),
    };
    let read = super::parse(&plain, Role::Proxy);
    let mut proxy = read.map_err(|error| Failure::misuse(format_args!("{name}: {error}")))?;
    if let Some(span) = password {
        let Some(bytes) = decoded(&text[span]) else {
            return Err(Failure::misuse(format_args!("{name}: a % in a password is written %25")));
        };
        proxy.own.login.password = Some(Secret(bytes));
    }
    checked(proxy)
}

/// Refuses what cannot be together.
fn checked(proxy: Endpoint) -> Result<Endpoint, Failure> {
    if proxy.layers.len() > 1 {
        let message = format!("a proxy is spoken to over TCP or a Unix socket, not over {}", proxy.layers[1]);
        return Err(Failure::misuse(proxy.source.fault(proxy.source.place().whole.clone(), message)));
    }
    let login = &proxy.own.login;
    if let Some(name) = &login.password_env {
        // Before any program is started, whichever end of a relay it is.
        program::conceal(name);
    }
    let given = [login.password_file.is_some(), login.password_env.is_some(), login.password.is_some()];
    match given.iter().filter(|given| **given).count() {
        1 if login.user.is_none() => {
            let message = "a password needs a user, as in socks5://USER@host:port";
            Err(Failure::misuse(proxy.source.fault_of("password-file", message)))
        }
        1 if proxy.layers.first() == Some(&Layer::Socks4a) => {
            Err(Failure::misuse("SOCKS 4A has no passwords; socks5:// has"))
        }
        0 | 1 => read_once(proxy),
        _ => Err(Failure::misuse(proxy.source.fault_of("password-env", "the password is given twice"))),
    }
}

/// Reads a password that stays the same, that of a variable or of a pipe such as the shell's `<(...)`: now, before
/// anything is opened, for whoever writes it is waited for. A file is read for each connection: it may have a new one.
fn read_once(mut proxy: Endpoint) -> Result<Endpoint, Failure> {
    let login = &proxy.own.login;
    let password = match (&login.password_file, &login.password_env) {
        (Some(path), _) if !path.is_file() => first_line(path, When::First)?,
        (None, Some(name)) => {
            let value = env::var_os(name).ok_or_else(|| {
                let message = format!("the variable {name} is not set");
                Failure::misuse(proxy.source.fault_of("password-env", message))
            })?;
            value.into_vec()
        }
        _ => return Ok(proxy),
    };
    proxy.own.login.password = Some(Secret(password));
    Ok(proxy)
}

/// Refuses the options of a socket where there is none: the one socket is the first proxy's.
fn refuse_idle(behind: &Endpoint) -> Result<(), Failure> {
    let own = &behind.own;
    let given = [(own.bind.is_some(), "bind"), (own.interface.is_some(), "interface")];
    let message = "cannot act: the socket is that of the first proxy, where such an option stands";
    if let Some((_, name)) = given.iter().find(|(given, _)| *given) {
        return Err(Failure::misuse(behind.source.fault_of(name, format!("?{name}= {message}"))));
    }
    match behind.settings.first() {
        Some(setting) => {
            let message = format!("\"{}\" {message}", setting.name);
            Err(Failure::misuse(behind.source.fault(setting.span.clone(), message)))
        }
        None => Ok(()),
    }
}

/// Each proxy and whom it is asked for: the next one, or the endpoint.
fn hops(endpoint: &Endpoint) -> impl Iterator<Item = (&Endpoint, &Endpoint)> {
    let targets = endpoint.via.iter().skip(1).chain([endpoint]);
    endpoint.via.iter().zip(targets)
}

/// What a proxy is asked for. A name goes to it as it is, in ASCII: only it looks it up.
fn target(hop: &Endpoint) -> Result<(Target, u16), Failure> {
    let (source, place) = (&hop.source, hop.source.place());
    let fault =
        |span: &std::ops::Range<usize>, message: &str| Failure::misuse(source.fault(span.clone(), message));
    let (Scheme::Tcp, Place::Inet { host, port }) = (hop.scheme, &hop.place) else {
        return Err(fault(&place.whole, "a proxy connects by TCP alone"));
    };
    let target = match host {
        Host::V4(address) => Target::V4(*address),
        Host::V6 { address, zone: None } => Target::V6(*address),
        Host::V6 { .. } => {
            return Err(fault(&place.zone, "an interface of this machine means nothing to a proxy"));
        }
        Host::Name(name) => Target::Name(a_label(name)?.into_owned()),
        Host::Loopback | Host::Every => {
            let message = "a proxy needs a host; localhost is the machine that the proxy is on";
            return Err(fault(&place.whole, message));
        }
    };
    let number = match port {
        Port::Number(0) => return Err(fault(&place.port, "port 0 is for listening")),
        Port::Number(number) => *number,
        Port::Name(name) => service_by_name(name, Some("tcp"))?.port,
    };
    Ok((target, number))
}

fn dialogue(
    proxy: &Endpoint,
    target: &Target,
    port: u16,
    login: Option<&Login>,
) -> Result<Box<dyn Dialogue>, Refusal> {
    Ok(match proxy.layers.first() {
        Some(Layer::Socks4a) => Box::new(Socks4a::new(target, port, login.map(|login| &*login.user))?),
        Some(Layer::Http) => Box::new(HttpConnect::new(target, port, login)?),
        _ => Box::new(Socks5::new(target, port, login)?),
    })
}

/// Connects to the first proxy, and has each connect to the next one, the last to the endpoint, before `until`.
pub(super) async fn connected(
    endpoint: &Endpoint,
    family: Option<Family>,
    until: Instant,
) -> Result<AsyncSocket, Failure> {
    let Some(first) = endpoint.via.first() else { return Err(Failure::misuse("no proxy is given")) };
    let carrier = Endpoint { layers: Vec::new(), ..first.clone() };
    let left = until.saturating_duration_since(Instant::now());
    let opened = connect::direct(&carrier, family, left).await;
    let opened = opened.map_err(|failure| behind(first, endpoint, failure))?;
    let socket = AsyncSocket::from_socket(opened.socket)?;
    for (proxy, hop) in hops(endpoint) {
        let mut dialogue = begun(proxy, hop).await?;
        let spoken = speak(&socket, &mut *dialogue, until, Exit::Proxy, "the proxy").await;
        spoken.map_err(|failure| behind(proxy, hop, failure))?;
    }
    Ok(socket)
}

/// What a proxy is told of the one behind it: by a worker where a file is read for that, be it a password's or that of
/// the services.
async fn begun(proxy: &Endpoint, hop: &Endpoint) -> Result<Box<dyn Dialogue>, Failure> {
    let begin = |proxy: &Endpoint, hop: &Endpoint| {
        let (target, port) = target(hop)?;
        let login = login(proxy)?;
        dialogue(proxy, &target, port, login.as_ref()).map_err(|refusal| refused(proxy, hop, &refusal))
    };
    let login = &proxy.own.login;
    let reads = login.password.is_none() && login.password_file.is_some();
    if !reads && !matches!(hop.place, Place::Inet { port: Port::Name(_), .. }) {
        return begin(proxy, hop);
    }
    let (proxy, hop) = (proxy.clone(), hop.clone());
    on_a_worker("ask a proxy", move || begin(&proxy, &hop)).await
}

/// Who asks, the password of a file read now.
fn login(proxy: &Endpoint) -> Result<Option<Login>, Failure> {
    let login = &proxy.own.login;
    let Some(user) = &login.user else { return Ok(None) };
    let password = match (&login.password, &login.password_file) {
        (Some(Secret(bytes)), _) => Some(bytes.clone()),
        (None, Some(path)) => Some(first_line(path, When::Again)?),
        (None, None) => None,
    };
    Ok(Some(Login { user: user.clone(), password }))
}

fn first_line(path: &Path, when: When) -> Result<Vec<u8>, Failure> {
    let read = || {
        let mut line = Vec::new();
        // A byte at a time: what stands behind the line may be for others, as in /dev/stdin.
        let file = BufReader::with_capacity(1, open(path, when)?);
        file.take(LONGEST_PASSWORD + 2).read_until(b'\n', &mut line)?;
        Ok(line)
    };
    let doing = format!("read {}", path.display());
    let mut line = read().map_err(|error| Failure::io(&doing, &error))?;
    line.pop_if(|last| *last == b'\n');
    line.pop_if(|last| *last == b'\r');
    if line.len() as u64 > LONGEST_PASSWORD {
        let message = format!("{doing}: a password of more than {LONGEST_PASSWORD} bytes");
        return Err(Failure::new(Exit::Other, message));
    }
    Ok(line)
}

/// A failure on the way through a proxy.
fn behind(proxy: &Endpoint, hop: &Endpoint, failure: Failure) -> Failure {
    let name = proxy.layers.first().map_or("proxy", |layer| layer.name());
    let place = match &proxy.place {
        Place::Inet { .. } => proxy.place.to_string(),
        place => proxy.scheme.at(&place.to_string()),
    };
    let to = hop.place.to_string();
    let message = format!("connect tcp {to} through {name} {place}: {}", failure.message);
    let (operation, address) = (Some("connect".to_owned()), Some(to));
    Failure { message, operation, address, ..failure }
}

fn refused(proxy: &Endpoint, hop: &Endpoint, refusal: &Refusal) -> Failure {
    behind(proxy, hop, Failure::new(refusal.exit, &refusal.message))
}
