//! What must hold for any bytes decoded as control messages. The fuzz target and the replay of its corpus share it.

use berkeley::control::{ControlMessage, decode, encode, raw, raw_messages};

/// Decodes the bytes, typed and not: both must see the same messages, within the bytes, and what is encoded again must
/// decode to the same. Gives how many messages have a type, and how many have none.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> (usize, usize) {
    let untyped: Vec<_> = raw_messages(bytes).collect();
    let typed: Vec<String> = decode(bytes).map(|message| format!("{message:?}")).collect();
    assert_eq!(typed.len(), untyped.len());
    let data: usize = untyped.iter().map(|message| message.data.len()).sum();
    assert!(data <= bytes.len(), "{data} bytes of data in {}", bytes.len());

    let mut messages = decode(bytes);
    let mut rest = bytes.len();
    let mut others = 0;
    while let Some(message) = messages.next() {
        assert!(messages.rest().len() < rest, "no step ahead: {message:?}");
        rest = messages.rest().len();
        others += usize::from(matches!(message, ControlMessage::Other(_)));
    }

    for (message, printed) in untyped.iter().zip(&typed) {
        // Those that lend descriptors or memory are not made from bytes.
        let Ok(outgoing) = raw(message.level, message.kind, message.data) else { continue };
        let again = encode(&[outgoing]).unwrap();
        let same: Vec<String> = decode(&again).map(|message| format!("{message:?}")).collect();
        assert_eq!(&same, std::slice::from_ref(printed));
    }
    (typed.len() - others, others)
}
