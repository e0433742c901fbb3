//! Opening off the reactor: a lookup or a connection may take its time, and signals and other streams go on meanwhile.

use std::future::Future;
use std::sync::Once;
use std::time::{Duration, Instant};

use berkeley::{Family, Socket};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::backoff::Backoff;
pub(super) use super::connect::CONNECT_TIMEOUT;
use super::connect::{self, Opened, connect_timeout};
use super::dialogue::Behalf;
use super::listen::{self, Listener, check_family, needs_lookup};
use super::{local, tls};
use crate::endpoint::{Endpoint, Nature, Scheme};
use crate::exit::{Exit, Failure};
use crate::quantity::Period;
use crate::report::console;
use crate::stream::{DatagramStream, SocketStream, Stream};
use crate::tls::Client;

/// How long looking up the name may take where it is listened.
const LOOKUP: Duration = Duration::from_secs(10);

/// The pauses of `?retry=`, at first and at most.
const RETRY: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));

/// The pauses of who waits for a server that is about to start.
const WAIT: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));

/// What the command line says of an endpoint, beside its own options.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    /// The one family of IP.
    pub family: Option<Family>,
    /// How long connecting may take, each time it is tried.
    pub timeout: Option<Period>,
    /// Whom the endpoint is told of, where it has `?proxy-protocol=`.
    pub client: Behalf,
}

/// An endpoint that has been connected to.
#[derive(Debug)]
pub struct Connected {
    /// What it gives and takes.
    pub stream: Stream,
    /// Who is there, for people.
    pub peer: String,
    /// What a person has to know of it, a line each: what is not safe.
    pub warnings: Vec<String>,
    /// What a person may want to know of it, a line each.
    pub notes: Vec<String>,
}

/// Connects: all addresses of a name together, or those of one family.
///
/// Each try has `?timeout=` or the command's; `?retry=` says for how long another one follows a failure. To drop this
/// lets go of a try.
///
/// # Errors
///
/// Fails as the last try did, and where the endpoint and `terms` contradict each other.
pub async fn connected(endpoint: Endpoint, terms: Terms) -> Result<Connected, Failure> {
    let target = Target::new(endpoint).await?;
    let connected = target.connected(terms).await?;
    let notes = [target.notes(), connected.notes.clone()].concat();
    Ok(Connected { warnings: target.warnings().to_vec(), notes, ..connected })
}

/// An endpoint to connect to again and again: its TLS is set up once.
#[derive(Clone, Debug)]
pub struct Target {
    endpoint: Endpoint,
    client: Option<Client>,
}

impl Target {
    /// Sets up what can be before there is a connection.
    ///
    /// # Errors
    ///
    /// Fails where a file of TLS cannot be read or is none of its kind.
    pub async fn new(endpoint: Endpoint) -> Result<Self, Failure> {
        if endpoint.layers.is_empty() {
            return Ok(Self { endpoint, client: None });
        }
        on_a_worker("set TLS up", move || {
            let client = tls::client(&endpoint)?;
            Ok(Self { endpoint, client })
        })
        .await
    }

    /// The endpoint.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What makes its TLS; none without.
    pub(super) const fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// Whether its TLS is made of files.
    pub fn has_files(&self) -> bool {
        self.client.as_ref().is_some_and(Client::has_files)
    }

    /// Reads the files of TLS again, for the connections that are made from now on.
    ///
    /// # Errors
    ///
    /// Fails where one is bad. What was read before stays in use then.
    pub fn reload(&self) -> Result<(), Failure> {
        self.client.as_ref().filter(|client| client.has_files()).map_or(Ok(()), Client::reload)
    }

    /// What a person should know of it, a line each.
    pub fn warnings(&self) -> &[String] {
        self.client.as_ref().map_or(&[], |client| &client.warnings)
    }

    /// What a person may want to know of it before it is connected to, a line each.
    pub fn notes(&self) -> Vec<String> {
        local::notes(&self.endpoint).into_iter().chain(no_half_close(self.endpoint.scheme)).collect()
    }

    /// Connects, as [`connected`] does; the warnings and the notes that are known before are the target's own.
    ///
    /// # Errors
    ///
    /// As [`connected`].
    pub async fn connected(&self, terms: Terms) -> Result<Connected, Failure> {
        connected_to(&self.endpoint, self.client.as_ref(), terms).await
    }
}

async fn connected_to(
    endpoint: &Endpoint,
    client: Option<&Client>,
    terms: Terms,
) -> Result<Connected, Failure> {
    if endpoint.scheme.row().socket.is_none() {
        check_family(endpoint, terms.family)?;
        return Box::pin(local::connected(endpoint.clone(), terms)).await;
    }
    let (nature, place) = (Nature::of(endpoint.scheme), endpoint.place.to_string());
    let limit = connect_timeout(terms.timeout, endpoint)?;
    let (Opened { socket, others }, begun) = opened_to(endpoint.clone(), terms).await?;
    let peer = match socket.peer_address() {
        // Behind a proxy the address is the proxy's.
        Ok(peer) if endpoint.via.is_empty() => peer.to_string(),
        _ => place.clone(),
    };
    if !others.is_empty() {
        let others = connect::one_after_another(endpoint.clone(), others);
        let stream = Stream::Datagrams(DatagramStream::new(socket, nature, place, others)?);
        return Ok(Connected { stream, peer, warnings: Vec::new(), notes: Vec::new() });
    }
    let socket = SocketStream::new(socket, nature)?;
    let Some(client) = client else {
        return Ok(Connected {
            stream: Stream::Socket(socket),
            peer,
            warnings: Vec::new(),
            notes: Vec::new(),
        });
    };
    let stream = Box::pin(tls::connected(socket, client, &place, limit, begun)).await?;
    Ok(Connected { stream, peer, warnings: Vec::new(), notes: Vec::new() })
}

/// As [`connected`], where it is the socket that counts.
///
/// # Errors
///
/// As [`connected`].
pub async fn socket(endpoint: Endpoint, terms: Terms) -> Result<Socket, Failure> {
    Ok(opened_to(endpoint, terms).await?.0.socket)
}

/// Gives beside it when the try that succeeded began.
async fn opened_to(endpoint: Endpoint, terms: Terms) -> Result<(Opened, Instant), Failure> {
    check_family(&endpoint, terms.family)?;
    let limit = connect_timeout(terms.timeout, &endpoint)?;
    let (start, retry) = (Instant::now(), endpoint.own.retry);
    let mut tries = 0_u32;
    let tell = |failure: &Failure| tell_of_a_retry(failure, retry.unwrap_or_default());
    let outcome = keep_trying(start + retry.unwrap_or_default(), RETRY, tell, || {
        let endpoint = endpoint.clone();
        tries += 1;
        let begun = Instant::now();
        async move { Ok((attempt(endpoint, terms.family, terms.client, limit).await?, begun)) }
    });
    outcome.await.map_err(|mut failure| {
        if let (Some(retry), 2..) = (retry, tries) {
            failure.message = format!("{}; {tries} tries within {}", failure.message, Period(retry));
        }
        failure
    })
}

/// What a person has to know of the sockets of a scheme whose ends are not told each by itself.
pub fn no_half_close(scheme: Scheme) -> Option<String> {
    let name = scheme.name();
    (scheme == Scheme::Sctp).then(|| {
        format!("{name}: there is no half-close: once one side has ended, what the other still says is lost")
    })
}

/// Tries once: on the reactor, so that a thousand who wait for a peer that does not answer keep nobody waiting beside
/// them. A worker is for the name to which datagrams go.
async fn attempt(
    endpoint: Endpoint,
    family: Option<Family>,
    client: Behalf,
    limit: Duration,
) -> Result<Opened, Failure> {
    if connect::is_looked_up(&endpoint) {
        return on_a_worker("connect", move || connect::looked_up(&endpoint, family, limit)).await;
    }
    Box::pin(connect::connect(&endpoint, family, client, limit)).await
}

/// Waits until somebody accepts a connection, or fails at the deadline as the last try did.
///
/// # Errors
///
/// Fails at once where no try can succeed.
pub async fn accepted(endpoint: Endpoint, family: Option<Family>, deadline: Instant) -> Result<(), Failure> {
    let tell = |_: &Failure| ();
    keep_trying(deadline, WAIT, tell, || {
        let endpoint = endpoint.clone();
        // Zero would mean that there is no limit.
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        async move { attempt(endpoint, family, Behalf::Ourselves, left).await.map(drop) }
    })
    .await
}

/// Listens at every address that the endpoint stands for, or at those of one family.
///
/// # Errors
///
/// Fails where one of them cannot be listened at, and where looking up the name takes longer than 10 s.
pub async fn listening(endpoint: Endpoint, family: Option<Family>) -> Result<Vec<Listener>, Failure> {
    check_family(&endpoint, family)?;
    let tls = if endpoint.layers.is_empty() {
        None
    } else {
        let endpoint = endpoint.clone();
        on_a_worker("set TLS up", move || tls::server(&endpoint)).await?.map(Box::new)
    };
    let mut listeners = opened(endpoint, family).await?;
    for listener in &mut listeners {
        listener.tls.clone_from(&tls);
    }
    Ok(listeners)
}

async fn opened(endpoint: Endpoint, family: Option<Family>) -> Result<Vec<Listener>, Failure> {
    if !needs_lookup(&endpoint) {
        // At once, so that no signal comes between a path that is made and the listener that removes it.
        return listen::listen(&endpoint, family);
    }
    let name = endpoint.scheme.at(&endpoint.place.to_string());
    let listening = on_a_worker("listen", move || listen::listen(&endpoint, family));
    timeout(LOOKUP, listening).await.unwrap_or_else(|_| {
        let message = format!("listen on {name}: no answer came to its name within {}", Period(LOOKUP));
        Err(Failure::new(Exit::Timeout, message).hint("an address in digits needs no lookup"))
    })
}

/// Says once why nothing happens: the first of many failures, and for how long another try may follow.
fn tell_of_a_retry(failure: &Failure, retry: Duration) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        console::aside(format_args!("{}; trying again for up to {}", failure.message, Period(retry)));
    });
}

/// Tries again while a failure may pass, until one try succeeds or `until` has come; gives the last failure then.
/// `tell` hears each failure that another try follows.
async fn keep_trying<T, Try>(
    until: Instant,
    mut backoff: Backoff,
    tell: impl Fn(&Failure),
    mut attempt: impl FnMut() -> Try,
) -> Result<T, Failure>
where
    Try: Future<Output = Result<T, Failure>>,
{
    loop {
        match attempt().await {
            // What speaks no TLS is not asked again.
            Err(failure) if !matches!(failure.exit, Exit::Misuse | Exit::Tls) && Instant::now() < until => {
                let left = until.saturating_duration_since(Instant::now());
                tell(&failure);
                sleep(backoff.pause().min(left)).await;
            }
            outcome => return outcome,
        }
    }
}

pub(super) async fn on_a_worker<T: Send + 'static>(
    doing: &str,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Failure::new(Exit::Other, format_args!("{doing}: {error}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(2));

    type Tried = (Result<(), Exit>, usize);

    /// The outcome of trying what fails with these codes one after another, and how often it was tried.
    async fn tried(until: Instant, codes: &[Exit]) -> Tried {
        let mut tries = 0;
        let outcome = keep_trying(
            until,
            QUICK,
            |_| (),
            || {
                let code = codes.get(tries).copied().unwrap_or(Exit::Done);
                tries += 1;
                async move { if code == Exit::Done { Ok(()) } else { Err(Failure::new(code, "no")) } }
            },
        );
        let outcome = outcome.await.map_err(|failure| failure.exit);
        (outcome, tries)
    }

    #[tokio::test]
    async fn that_a_scheme_has_no_half_close_is_told_before_it_is_connected_to() {
        for (text, told) in [("sctp://h:9", 1), ("tcp://h:9", 0), ("tls:sctp://h:9?insecure", 1)] {
            let endpoint = super::super::parse(text, crate::endpoint::Role::Connect).expect(text);
            let notes = Target::new(endpoint).await.expect("no files but the roots").notes();
            assert_eq!(notes.len(), told, "{text}: {notes:?}");
            assert!(notes.iter().all(|note| note.contains("no half-close")), "{notes:?}");
        }
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again_until_the_end() {
        let (past, far) = (Instant::now(), Instant::now() + Duration::from_secs(60));
        let rows: [(Instant, &[Exit], Tried); 4] = [
            (past, &[Exit::Refused], (Err(Exit::Refused), 1)),
            (far, &[Exit::Refused, Exit::NameUnknown, Exit::Timeout], (Ok(()), 4)),
            (far, &[Exit::Refused, Exit::Misuse], (Err(Exit::Misuse), 2)),
            (far, &[], (Ok(()), 1)),
        ];
        for (until, codes, want) in rows {
            assert_eq!(tried(until, codes).await, want, "{codes:?}");
        }
        let soon = Instant::now() + Duration::from_millis(20);
        let (outcome, tries) = tried(soon, &[Exit::Refused; 10_000]).await;
        assert_eq!(outcome, Err(Exit::Refused));
        assert!((2..100).contains(&tries), "{tries}");
    }
}
