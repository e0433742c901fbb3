//! What must hold for any host and service in digits. The fuzz target and the replay of its corpus share it.

use berkeley::resolve::{Hints, Service};
use berkeley::{Family, Protocol, Type, decoders};

/// Reads two bytes as hints, then `host service` as text. What is answered without the C library must be what the C
/// library answers. Gives how many answers there are; `None` where the C library alone is asked.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> Option<usize> {
    let ([sockets, flags], text) = bytes.split_first_chunk()?;
    let text = std::str::from_utf8(text).ok()?;
    let (host, service) = text.split_once(' ').unwrap_or((text, ""));
    let (ours, theirs) = decoders::literal(host, Service::Name(service), hints(*sockets, *flags))?;
    assert!(!ours.is_empty());
    assert_eq!(Some(&ours), theirs.as_ref().ok(), "{text:?}: {theirs:?}");
    Some(ours.len())
}

/// The family, the type and the protocol from the one byte, a flag from each bit of the other.
fn hints(sockets: u8, flags: u8) -> Hints {
    let families = [Family::UNSPECIFIED, Family::INET, Family::INET6, Family::UNIX];
    let types = [Type::from_raw(0), Type::STREAM, Type::DGRAM, Type::RAW];
    let protocols = [Protocol::DEFAULT, Protocol::TCP, Protocol::UDP, Protocol::SCTP];
    let part = |shift: u8| usize::from(sockets >> shift & 3);
    let is_set = |bit: u8| flags >> bit & 1 != 0;
    Hints::new()
        .family(families[part(0)])
        .kind(types[part(2)])
        .protocol(protocols[part(4)])
        .passive(is_set(0))
        .canonical_name(is_set(1))
        .numeric_host(is_set(2))
        .numeric_service(is_set(3))
        .v4_mapped(is_set(4))
        .address_config(is_set(5))
}
