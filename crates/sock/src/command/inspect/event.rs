//! What `sock inspect` found, for programs.

use super::Found;
use crate::report::json::Event;
use crate::tls::Description;

/// The session, and then each certificate.
pub(super) fn of(found: &Found) -> String {
    let session = &found.session;
    let mut lines = Event::new("tls")
        .field("endpoint", found.endpoint.as_str())
        .field("peer", found.peer.as_str())
        .field("verified", session.refusal.is_none())
        .field("reason", session.refusal.as_ref().map(ToString::to_string))
        .field("protocol", session.protocol.as_str())
        .field("cipher", session.cipher.as_str())
        .field("key_exchange", session.key_exchange.as_deref())
        .field("alpn", session.alpn.as_deref())
        .field("ocsp_bytes", session.ocsp)
        .field("certificates", session.chain.len())
        .into_line();
    for (index, certificate) in session.chain.iter().enumerate() {
        lines += &one(index + 1, certificate.as_ref(), found.now);
    }
    lines
}

/// One that cannot be read has its number alone.
fn one(number: usize, certificate: Option<&Description>, now: i64) -> String {
    let event = Event::new("certificate").field("number", number);
    let Some(it) = certificate else { return event.into_line() };
    let [from, until] = it.validity().map(|moment| moment.replace(" UTC", "Z").replace(' ', "T"));
    event
        .field("subject", it.subject.as_str())
        .field("issuer", it.issuer.as_str())
        .field("hosts", it.hosts.as_slice())
        .field("not_before", from)
        .field("not_after", until)
        .field("seconds_left", it.not_after.saturating_sub(now))
        .field("key", it.key.as_str())
        .field("signature", it.signature.as_str())
        .field("weak", it.weak.as_deref())
        .field("authority", it.is_authority)
        .field("usages", it.usages.as_slice())
        .field("serial", it.serial.as_str())
        .field("pin", it.pin.map(|pin| pin.to_string()))
        .into_line()
}
