//! Control messages: sent and received over real sockets, decoded from any bytes, and never leaking a descriptor.

mod codec;
mod network;
mod queue;
mod rights;
mod round_trip;

use std::fmt::Debug;
use std::io::{IoSlice, IoSliceMut};

use berkeley::control::{ControlBuffer, Outgoing};
use berkeley::{Flags, ReceivedMessage, SendMessage, Socket};

/// Sends `bytes` with `messages` to the peer.
#[track_caller]
fn send(socket: &Socket, bytes: &[u8], messages: &[Outgoing<'_>]) -> usize {
    let buffers = [IoSlice::new(bytes)];
    socket.send_msg(&SendMessage::new(&buffers).control(messages)).unwrap_or_else(|error| panic!("{error}"))
}

/// Receives what is there into a buffer of 64 KiB; gives the bytes too.
#[track_caller]
fn receive(socket: &Socket, control: &mut ControlBuffer, flags: Flags) -> (ReceivedMessage, Vec<u8>) {
    let mut bytes = vec![0; 1 << 16];
    let received = socket
        .recv_msg_with(&mut [IoSliceMut::new(&mut bytes)], control, flags)
        .unwrap_or_else(|error| panic!("{error}"));
    bytes.truncate(received.length);
    (received, bytes)
}

/// The messages in `control` as `Debug` prints them, one a line.
fn printed(control: &mut ControlBuffer) -> Vec<String> {
    control.messages().map(|message| text(&message)).collect()
}

fn text(value: &impl Debug) -> String {
    format!("{value:?}")
}
