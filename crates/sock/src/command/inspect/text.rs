//! What `sock inspect` found, for people.

use std::fmt::Write as _;

use super::Found;
use crate::report::escape::escape;
use crate::tls::Description;

/// How many of the hosts of a certificate are shown.
const HOSTS: usize = 20;

/// The whole text.
pub(super) fn of(found: &Found) -> String {
    let session = &found.session;
    let mut text = format!("{} at {}\n", safe(&found.endpoint), safe(&found.peer));
    let verdict = match &session.refusal {
        Some(refusal) => format!("NO: {refusal}"),
        None => format!("yes, by {}", safe(&found.by)),
    };
    row(&mut text, "verified", &verdict);
    row(&mut text, "protocol", &session.protocol);
    row(&mut text, "cipher", &session.cipher);
    row(&mut text, "key exchange", session.key_exchange.as_deref().unwrap_or("unknown"));
    row(&mut text, "ALPN", session.alpn.as_deref().unwrap_or("none"));
    let ocsp = match session.ocsp {
        0 => "not stapled".to_owned(),
        bytes => format!("stapled, {bytes} bytes (not verified)"),
    };
    row(&mut text, "OCSP", &ocsp);
    let count = session.chain.len();
    for (index, certificate) in session.chain.iter().enumerate() {
        let place = format!("certificate {} of {count}", index + 1);
        match certificate {
            Some(it) => one(&mut text, &place, it, found.now),
            None => {
                // Writing to a String never fails.
                let _ = writeln!(text, "{place}: it cannot be read");
            }
        }
    }
    text
}

fn one(text: &mut String, place: &str, it: &Description, now: i64) {
    let _ = writeln!(text, "{place}: {}", it.subject);
    row(text, "issuer", &it.issuer);
    row(text, "for", &hosts(&it.hosts));
    let [from, until] = it.validity();
    row(text, "valid", &format!("{from} to {until} ({})", it.state(now)));
    row(text, "key", &it.key);
    row(text, "signature", &it.signature);
    if let Some(weak) = &it.weak {
        row(text, "WEAK", weak);
    }
    let authority = it.is_authority.then(|| "issuing certificates".to_owned());
    let usages: Vec<_> = authority.into_iter().chain(it.usages.iter().cloned()).collect();
    row(text, "usage", &if usages.is_empty() { "not said".to_owned() } else { usages.join(", ") });
    row(text, "serial", &it.serial);
    if let Some(pin) = &it.pin {
        row(text, "pin", &pin.to_string());
    }
}

fn hosts(all: &[String]) -> String {
    let shown = all.iter().take(HOSTS).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len() {
        0 => "no host".to_owned(),
        count if count > HOSTS => format!("{shown} and {} more", count - HOSTS),
        _ => shown,
    }
}

fn row(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "    {name:<12} {value}");
}

fn safe(text: &str) -> String {
    escape(text.as_bytes(), usize::MAX).to_string()
}
