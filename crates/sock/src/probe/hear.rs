//! What comes back to the socket of probes: answers, many in a call, and what its error queue says.

use std::io::IoSliceMut;
use std::time::{Duration, UNIX_EPOCH};

use berkeley::batch::RecvBatch;
use berkeley::control::{ControlBuffer, ControlMessage, ExtendedError, ip, ipv6, socket as any, space};
use berkeley::{Flags, ReceivedMessage, Socket};

use super::reason::Reason;

/// How many answers are received in one call.
const BATCH: usize = 16;

/// The room for the control messages of one: when it came, and its TTL, with some to spare.
const CONTROL: usize = space(16) + 2 * space(4);

/// How many errors are taken from the error queue at a time.
const MOST_ERRORS: usize = 64;

/// What came beside the bytes of an answer, or of an entry of the error queue.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// What failed, and who says so; of the error queue alone.
    pub error: Option<ExtendedError>,
    /// When the kernel got it, since 1970; `None` where it does not say.
    pub stamp: Option<Duration>,
    /// How many hops it could still have taken; `None` where the kernel does not say.
    pub ttl: Option<u8>,
}

impl Beside {
    /// That of control messages.
    pub fn of<'m>(messages: impl Iterator<Item = ControlMessage<'m>>) -> Self {
        let mut beside = Self::default();
        for message in messages {
            match message {
                ControlMessage::Ip(ip::Message::Error(error))
                | ControlMessage::Ipv6(ipv6::Message::Error(error)) => beside.error = Some(error),
                ControlMessage::Ip(ip::Message::Ttl(ttl))
                | ControlMessage::Ipv6(ipv6::Message::HopLimit(ttl)) => beside.ttl = Some(ttl),
                ControlMessage::Socket(any::Message::TimestampNs(time)) => {
                    beside.stamp = time.duration_since(UNIX_EPOCH).ok();
                }
                _ => {}
            }
        }
        beside
    }
}

/// What a receive came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// Answers are in the batch.
    Answers,
    /// Nothing is; the error queue has something.
    Errors,
    /// A signal came first.
    Nothing,
}

/// A batch of answers of which so many bytes are looked at.
///
/// # Errors
///
/// Fails where there is no memory.
pub fn batch(looked_at: usize) -> berkeley::Result<RecvBatch> {
    RecvBatch::with_control(BATCH, looked_at, CONTROL)
}

/// Receives once from a socket that is ready. True if more may wait.
///
/// # Errors
///
/// Fails where receiving does, but for the errors of earlier probes.
pub fn take(socket: &Socket, batch: &mut RecvBatch) -> berkeley::Result<(Taken, bool)> {
    match socket.try_recv_many(batch, Flags::NONE) {
        Ok(count) => Ok((Taken::Answers, count == BATCH)),
        Err(error) if error.is_interrupted() => Ok((Taken::Nothing, true)),
        // Ready, and nothing there: what waits is in the error queue, whose error a send may have taken.
        Err(error) if error.is_would_block() => Ok((Taken::Errors, false)),
        Err(error) if is_of_a_probe(&error) => Ok((Taken::Errors, true)),
        Err(error) => Err(error),
    }
}

/// Takes what waits in the error queue, 64 entries at most, and clears the error that goes with it. `tell` gets what
/// ICMP says of a probe: what was received, as much of the probe as fits in `quote`, what came beside it, and why.
///
/// # Errors
///
/// Fails where receiving does.
pub fn errors(
    socket: &Socket,
    control: &mut ControlBuffer,
    quote: &mut [u8],
    mut tell: impl FnMut(&ReceivedMessage, &[u8], &Beside, Reason),
) -> berkeley::Result<()> {
    for _ in 0..MOST_ERRORS {
        let received = socket.try_recv_msg(&mut [IoSliceMut::new(quote)], control, Flags::ERRQUEUE);
        let received = match received {
            Ok(received) => received,
            Err(error) if error.is_would_block() => break,
            Err(error) => return Err(error),
        };
        let beside = Beside::of(control.messages());
        if let Some(reason) = beside.error.as_ref().and_then(Reason::of) {
            tell(&received, &quote[..received.length.min(quote.len())], &beside, reason);
        }
    }
    socket.take_error().map(drop)
}

/// Whether an error may be what an earlier probe has brought, rather than this call.
///
/// `EPERM` never is: it says that this machine's own firewall has dropped this packet.
pub fn is_of_a_probe(error: &berkeley::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(error.kind(), Kind::ConnectionRefused | Kind::HostUnreachable | Kind::NetworkUnreachable)
        || error.raw_os_error().is_some_and(|errno| OF_ICMP.contains(&errno))
}

/// Errors of ICMP that std has no kind of their own for: `EACCES`, `EPROTO`, `EMSGSIZE`, `ENOPROTOOPT`, `EHOSTDOWN`,
/// `ENONET`, `EOPNOTSUPP`.
const OF_ICMP: [i32; 7] = [
    rustix::io::Errno::ACCESS.raw_os_error(),
    rustix::io::Errno::PROTO.raw_os_error(),
    rustix::io::Errno::MSGSIZE.raw_os_error(),
    rustix::io::Errno::NOPROTOOPT.raw_os_error(),
    rustix::io::Errno::HOSTDOWN.raw_os_error(),
    rustix::io::Errno::NONET.raw_os_error(),
    rustix::io::Errno::OPNOTSUPP.raw_os_error(),
];
