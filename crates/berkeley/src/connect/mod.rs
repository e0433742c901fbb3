//! From a name, or an address, to a socket that is ready to be used: [`create_connection`] and [`create_server`].
//!
//! | file | what it holds |
//! |---|---|
//! | `activation` | [`inherit`] and [`listen_fds`]: what the parent process or a service manager has opened |
//! | `connector` | [`Connector`]: how a connection is made |
//! | `contest` | one run over a list of addresses: what was tried, what came of it |
//! | `driver` | the blocking driver: [`create_connection`], `Connector::connect` |
//! | `race` | which address is tried when (RFC 8305), without a socket and without a clock; public |
//! | `server` | [`ServerOptions`], and one server |
//! | `servers` | several at once: of a name, or of a list |

mod activation;
mod connector;
mod contest;
mod driver;
pub mod race;
mod server;
mod servers;

use crate::kinds::Type;
use crate::sys::constants as c;

#[cfg(feature = "fault")]
pub(crate) use activation::count_for as promised_sockets;
pub use activation::{inherit, listen_fds, listen_fds_with_names};
pub use connector::Connector;
#[cfg(feature = "tokio")]
pub(crate) use contest::{Contest, Stop, Turn, room};
pub use driver::create_connection;
pub use race::interleave;
pub use server::{ServerOptions, create_server, has_dual_stack};
#[cfg(feature = "tokio")]
pub(crate) use servers::create_from;
pub use servers::{create_servers, create_servers_at};

/// What a caller does to a socket before it is connected or bound.
type Prepare<'a> = Box<dyn Fn(&crate::socket::Socket) -> crate::error::Result<()> + Send + Sync + 'a>;

/// The type without `SOCK_NONBLOCK`.
const fn blocking(kind: Type) -> Type {
    Type::from_raw(kind.as_raw() & !c::SOCK_NONBLOCK)
}
