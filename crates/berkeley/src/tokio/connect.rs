//! From a name, or an address, to an `AsyncSocket` that is ready to be used.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ::tokio::time::timeout;

use super::{AsyncSocket, check_runtime};
use crate::address::{Address, ToAddress};
use crate::connect::{Connector, Contest, ServerOptions, Stop, Turn, create_from, interleave, room};
use crate::error::Result;
use crate::resolve::{Lookup, Resolved, Service};
use crate::socket::{Deadline, Socket};

/// Connects to `service` at `host` over TCP, as [`create_connection`](crate::create_connection) does, without blocking.
///
/// [`Connector`] has what may be chosen, a timeout among it. Cancel-safe: dropped before it is done, it leaves nothing
/// open.
///
/// # Errors
///
/// Fails as [`Connector::connect_async`] does.
///
/// # Examples
///
/// ```
/// use berkeley::{Connector, create_connection_async, create_server_async};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> berkeley::Result<()> {
/// let server = create_server_async("127.0.0.1:0")?;
/// let port = server.local_address()?.port().unwrap_or_default();
///
/// let client = create_connection_async("127.0.0.1", port).await?;
/// client.send_all(b"hello").await?;
/// let (peer, _) = server.accept().await?;
/// assert_eq!(peer.recv_vec(64).await?, b"hello");
///
/// // The same within 5 seconds.
/// Connector::new().timeout(Some(Duration::from_secs(5))).connect_async("127.0.0.1", port).await?;
/// # Ok(())
/// # }
/// ```
#[doc(alias = "create_connection")]
#[doc(alias = "open_connection")]
pub async fn create_connection_async<'s>(host: &str, service: impl Into<Service<'s>>) -> Result<AsyncSocket> {
    Connector::new().connect_async(host, service).await
}

/// As [`create_server`](crate::create_server), for [`AsyncSocket::accept`]; nothing in it waits.
///
/// # Errors
///
/// Fails as it does, and outside a tokio runtime.
///
/// # Examples
///
/// ```
/// use berkeley::create_server_async;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> berkeley::Result<()> {
/// let server = create_server_async("127.0.0.1:0")?;
/// println!("listening on {}", server.local_address()?);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "create_server")]
#[doc(alias = "start_server")]
pub fn create_server_async(address: impl ToAddress) -> Result<AsyncSocket> {
    ServerOptions::new().create_server_async(address)
}

/// As [`create_servers`](crate::create_servers), the lookup awaited.
///
/// Cancel-safe.
///
/// # Errors
///
/// Fails as it does, and outside a tokio runtime.
///
/// # Examples
///
/// ```
/// use berkeley::create_servers_async;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> berkeley::Result<()> {
/// for server in create_servers_async("localhost", 0).await? {
///     println!("listening on {}", server.local_address()?);
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias = "create_server")]
#[doc(alias = "start_server")]
pub async fn create_servers_async<'s>(
    host: &str,
    service: impl Into<Service<'s>>,
) -> Result<Vec<AsyncSocket>> {
    ServerOptions::new().create_servers_async(host, service).await
}

/// The same, awaited (feature `tokio`).
impl ServerOptions<'_> {
    /// As [`create_server`](Self::create_server), for [`AsyncSocket::accept`]; nothing in it waits.
    ///
    /// # Errors
    ///
    /// Fails as it does, and outside a tokio runtime.
    pub fn create_server_async(&self, address: impl ToAddress) -> Result<AsyncSocket> {
        check_runtime()?;
        AsyncSocket::from_socket(self.create_server(address)?)
    }

    /// As [`create_servers`](Self::create_servers), the lookup awaited. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Fails as it does, and outside a tokio runtime.
    pub async fn create_servers_async<'s>(
        &self,
        host: &str,
        service: impl Into<Service<'s>>,
    ) -> Result<Vec<AsyncSocket>> {
        check_runtime()?;
        let answers = Lookup::start(host, service, &self.hints())?.await?;
        create_from(&answers, self)?.into_iter().map(AsyncSocket::from_socket).collect()
    }
}

/// The same, awaited (feature `tokio`): [`connect`](Self::connect) and [`connect_to`](Self::connect_to), which say what
/// fails. The timeout bounds the whole, and is not left on the socket: an `AsyncSocket` has none. Dropped before they
/// are done, they leave nothing open.
impl Connector<'_> {
    /// Connects to `service` at `host`, over TCP or over what [`kind`](Self::kind) makes of it.
    ///
    /// # Errors
    ///
    /// Fails as [`connect`](Self::connect) does, and where the runtime shuts down.
    pub async fn connect_async<'s>(
        &self,
        host: &str,
        service: impl Into<Service<'s>>,
    ) -> Result<AsyncSocket> {
        let service = service.into();
        let deadline = self.deadline();
        let found = answer(Lookup::start_within(host, service, &self.hints(), deadline)?, deadline).await?;
        let addresses = interleave(&found)?;
        race(self, &addresses, deadline).await.map_err(|stop| stop.of_name(host, service))
    }

    /// Connects to the one of `addresses`, of any family, that answers first; they begin in the order given.
    ///
    /// # Errors
    ///
    /// Fails as [`connect_to`](Self::connect_to) does, and where the runtime shuts down.
    pub async fn connect_to_async(&self, addresses: &[Address]) -> Result<AsyncSocket> {
        race(self, addresses, self.deadline()).await.map_err(|stop| stop.of_addresses(self, addresses))
    }
}

/// Awaits the answer until `deadline`, and lets go of the lookup then.
async fn answer(mut lookup: Lookup, deadline: Deadline) -> Result<Vec<Resolved>> {
    let Some(left) = deadline.remaining() else { return lookup.await };
    match timeout(left, &mut lookup).await {
        Ok(answer) => answer,
        Err(_) => Err(lookup.late()),
    }
}

/// An attempt under way.
struct Attempt<'a> {
    index: usize,
    connecting: Pin<Box<dyn Future<Output = Result<AsyncSocket>> + Send + 'a>>,
}

/// The driver that waits on the reactor: begins what the contest says, and polls what is under way.
async fn race(
    connector: &Connector<'_>,
    addresses: &[Address],
    deadline: Deadline,
) -> std::result::Result<AsyncSocket, Stop> {
    let mut contest = Contest::new(connector, addresses, deadline)?;
    let mut running: Vec<Attempt<'_>> = room(addresses)?;
    loop {
        let ended = match contest.next()? {
            Turn::Connect(index, socket) => {
                let connecting = Box::pin(connect(socket, contest.address(index)));
                running.push(Attempt { index, connecting });
                // A look without a wait: with a timeout of zero it is the only one.
                poll_fn(|context| Poll::Ready(first_end(&mut running, context))).await
            }
            Turn::Wait(limit) => wait_for_any(&mut running, limit).await,
        };
        match ended {
            Some((_, Ok(socket))) => return Ok(socket),
            Some((index, Err(error))) => contest.failed(index, error),
            None => {}
        }
    }
}

async fn connect(socket: Socket, address: &Address) -> Result<AsyncSocket> {
    let socket = AsyncSocket::from_socket(socket)?;
    socket.connect(address).await?;
    Ok(socket)
}

/// What one attempt came to: its address's index, and the connection or why there is none.
type End = (usize, Result<AsyncSocket>);

/// Waits until an attempt has ended, and no longer than `limit`.
async fn wait_for_any(running: &mut Vec<Attempt<'_>>, limit: Option<Duration>) -> Option<End> {
    let any = poll_fn(|context| match first_end(running, context) {
        Some(end) => Poll::Ready(end),
        None => Poll::Pending,
    });
    match limit {
        Some(limit) => timeout(limit, any).await.ok(),
        None => Some(any.await),
    }
}

/// Polls every attempt once, up to the first that has ended, which is taken out.
fn first_end(running: &mut Vec<Attempt<'_>>, context: &mut Context<'_>) -> Option<End> {
    for place in 0..running.len() {
        if let Poll::Ready(result) = running[place].connecting.as_mut().poll(context) {
            return Some((running.remove(place).index, result));
        }
    }
    None
}
