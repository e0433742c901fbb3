//! Endpoints whose socket is made and set, and neither connected nor listening.

use berkeley::{Family, Socket};

use super::connect::local_address;
use super::{Endpoint, Host, Place, kind, prepare, protocol};
use crate::exit::Failure;

/// Makes the endpoint's socket, sets its options, and binds it where the endpoint says `?bind=`.
///
/// `family` is that of what goes over IP where the place is no address in digits.
pub fn create(endpoint: &Endpoint, family: Family) -> Result<Socket, Failure> {
    let family = match &endpoint.place {
        Place::Inet { host: Host::V4(_), .. } => Family::INET,
        Place::Inet { host: Host::V6 { .. }, .. } => Family::INET6,
        Place::Inet { .. } => family,
        Place::Vsock { .. } => Family::VSOCK,
        _ => Family::UNIX,
    };
    let socket = Socket::new(family, kind(endpoint.scheme), protocol(endpoint.scheme))?;
    prepare(endpoint, &socket)?;
    if endpoint.own.bind.is_some()
        && let Some(local) = local_address(endpoint)?
    {
        socket.bind(local)?;
    }
    Ok(socket)
}
