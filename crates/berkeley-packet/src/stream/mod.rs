//! What many packets add up to: fragments put together, streams, conversations.
//!
//! [`Follow`] puts the bytes of one stream together, [`Streams`] says which stream a packet belongs to,
//! [`Conversations`] counts what each pair of endpoints has said, and what went wrong. All number streams as Wireshark
//! does (`tcp.stream`, `udp.stream`), and take packets one by one, in the order of a capture. Their memory is
//! bounded: by the number of streams that they know, and by the bytes of one stream that wait for others before them.
//! [`Wrapped`] goes the other way, from what was said to packets.
//! [`Fragments`] puts the fragments of IPv4 and IPv6 together; what they come to is given to the others beside the
//! packets. [`Beginnings`] tells from where the numbers of a connection count.
//!
//! ```
//! use berkeley_packet::stream::{Conversations, Follow, Piece, Transport};
//! use berkeley_packet::{LinkType, Packet};
//!
//! let bytes = b"\x45\0\0\x1e\0\0\0\0\x40\x11\x7c\xcc\x7f\0\0\x01\x7f\0\0\x02\x30\x39\x27\x0f\0\x0a\0\0hi";
//! let packet = Packet::decode(LinkType::RAW, bytes);
//! let mut follow = Follow::new(Transport::Udp, 0);
//! follow.push(&packet, &mut |piece| assert_eq!(piece, Piece::Bytes { from_client: true, bytes: b"hi" }));
//! let mut conversations = Conversations::new();
//! conversations.push(&packet, None);
//! assert_eq!(conversations.rows()[0].client.to_string(), "127.0.0.1:12345");
//! ```

mod conversations;
mod follow;
mod fragments;
mod initial;
mod numbers;
mod segment;
mod side;
mod watch;
mod wrapped;

pub use conversations::{Conversation, Conversations, RoundTrip, Traffic};
pub use follow::{Follow, Piece};
pub use fragments::{Assembled, Fragments, MOST_BYTES, MOST_WAITING, PATIENCE, Refusal};
pub use initial::Beginnings;
pub use numbers::Streams;
pub use segment::Transport;
pub use wrapped::{Side, Wrapped};
