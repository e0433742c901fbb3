//! Descriptors that this process was started with: `fd:N`.

use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};

use berkeley::{Socket, inherit, option};
use rustix::fs::{OFlags, fcntl_getfl};

use super::opened;
use crate::endpoint::{Endpoint, Nature, Place};
use crate::exit::Failure;
use crate::open::scheme_of;
use crate::open::worker::Connected;
use crate::stream::{LocalStream, Parts, SocketStream, Source, Stream};

pub(super) fn connected(endpoint: &Endpoint) -> Result<Connected, Failure> {
    let Place::Descriptor(number) = endpoint.place else {
        return Err(Failure::misuse(format_args!("{endpoint}: wants a number")));
    };
    let refused = |message: String| {
        let span = endpoint.source.place().whole.clone();
        Failure::misuse(endpoint.source.fault(span, message)).hint("a shell opens one, as in 3<>file")
    };
    let fd = inherit(number).map_err(|error| refused(error.to_string()))?;
    let file = File::from(fd);
    let is_socket = std::os::unix::fs::FileTypeExt::is_socket(
        &file.metadata().map_err(|error| Failure::io(format_args!("fd:{number}"), &error))?.file_type(),
    );
    if is_socket {
        let connected = of_socket(OwnedFd::from(file).into(), number)?;
        return connected.ok_or_else(|| {
            refused("this socket is no stream or datagram socket that is connected".to_owned())
        });
    }
    let flags =
        fcntl_getfl(&file).map_err(|error| Failure::io(format_args!("fd:{number}"), &error.into()))?;
    let access = flags & OFlags::ACCMODE;
    let given = |may: bool| may.then(|| file.as_fd().try_clone_to_owned().map(Source::Given)).transpose();
    let failed = |error: &std::io::Error| Failure::io(format_args!("fd:{number}"), error);
    let parts = Parts {
        name: endpoint.to_string(),
        nature: Nature::STREAM,
        reader: given(access != OFlags::WRONLY).map_err(|error| failed(&error))?,
        writer: given(access != OFlags::RDONLY).map_err(|error| failed(&error))?,
        refusal: "it is open to be read alone",
    };
    Ok(opened(LocalStream::new(parts)?, endpoint.to_string(), Vec::new()))
}

/// A connected socket; `None` for one that is no such.
fn of_socket(socket: Socket, number: u32) -> Result<Option<Connected>, Failure> {
    let scheme = scheme_of(&socket, socket.get(option::DOMAIN)?)?;
    let (Some(scheme), Ok(peer)) = (scheme, socket.peer_address()) else {
        return Ok(None);
    };
    let peer = if peer.is_unnamed() { format!("fd:{number}") } else { scheme.at(&peer.to_string()) };
    let stream = Stream::Socket(SocketStream::new(socket, Nature::of(scheme))?);
    Ok(Some(Connected { stream, peer, warnings: Vec::new(), notes: Vec::new() }))
}
