//! A host alone, as ping and trace ask for one: read from the command line, and looked up.

use std::time::Duration;

use berkeley::resolve::{Hints, resolve_within};
use berkeley::{Address, Deadline, Family, Type};

use super::{host_text, interfaces};
use crate::endpoint::{Host, Port, parse_host};
use crate::exit::{Exit, Failure};
use crate::report::escape::escape;
use crate::tls::a_label;

/// How long a lookup may take.
const LOOKUP: Duration = Duration::from_secs(10);

/// A host without a port, that is one host.
#[derive(Clone, Debug)]
pub struct LoneHost {
    /// As the resolver takes it, but for international names.
    name: String,
    family: Family,
}

impl LoneHost {
    /// Reads a host of the command line, of `family` where one is asked for. `port_hint` says where ports go. A
    /// link-local address needs an interface behind it, unless the sockets have one: `is_bound`.
    ///
    /// # Errors
    ///
    /// Fails for a URL, a port, what is not one host, an address of another family, and one of no link that is known.
    pub fn read(
        text: &str,
        family: Option<Family>,
        port_hint: &str,
        is_bound: bool,
    ) -> Result<Self, Failure> {
        let wanted = || {
            let shown = escape(text.as_bytes(), usize::MAX);
            let form = "a host is expected, as in example.org or 192.0.2.1, without a port";
            Failure::misuse(format_args!("\"{shown}\": {form}"))
        };
        if text.is_empty() {
            return Err(wanted());
        }
        if text.contains("://") {
            return Err(wanted().hint(port_hint));
        }
        let (mut host, port) = parse_host(text).map_err(Failure::misuse)?;
        if port != Port::Number(0) {
            return Err(wanted().hint(port_hint));
        }
        if matches!(host, Host::Loopback | Host::Every) {
            return Err(Failure::misuse(format_args!("\"{text}\" is no host that can be asked")));
        }
        if let Host::V6 { address, zone: None } = &host
            && let Some(mapped) = address.to_ipv4_mapped()
        {
            // The kernel sends nothing to it by sockets of ICMPv6.
            host = Host::V4(mapped);
        }
        check_family(&host, family, text)?;
        interfaces::check_host(&host, is_bound)?;
        Ok(Self { name: host_text(&host), family: family.unwrap_or(Family::UNSPECIFIED) })
    }

    /// Its name, safe to print.
    pub fn shown(&self) -> String {
        escape(self.name.as_bytes(), usize::MAX).to_string()
    }

    /// The address, where no lookup is needed for it.
    pub fn at_once(&self, service: &str, kind: Type) -> Option<Address> {
        let digits = self.hints(kind).numeric_host(true).numeric_service(true);
        let found = resolve_within(&self.name, service, &digits, Deadline::NEVER).ok()?;
        found.first().map(|found| found.address)
    }

    /// The first address of the name, in the order in which connecting tries them. It waits for the resolver, 10
    /// seconds at most.
    ///
    /// # Errors
    ///
    /// As the lookup, and for what is no international name.
    pub fn address(&self, service: &str, kind: Type) -> Result<Address, Failure> {
        let name = a_label(&self.name)?;
        let found = resolve_within(&name, service, &self.hints(kind), Deadline::after(LOOKUP))
            .map_err(|error| without_port(error.into()))?;
        let first = found.first().map(|found| found.address);
        first.ok_or_else(|| Failure::new(Exit::NameUnknown, format_args!("{}: it has no address", self.name)))
    }

    fn hints(&self, kind: Type) -> Hints {
        Hints::new().family(self.family).kind(kind)
    }
}

/// Refuses an address, written as `text`, that is not of the family that is asked for.
///
/// # Errors
///
/// Fails where it is of the other one.
pub fn check_family(host: &Host, family: Option<Family>, text: &str) -> Result<(), Failure> {
    let wanted = match (host, family) {
        (Host::V4(_), Some(Family::INET6)) => "IPv6",
        (Host::V6 { .. }, Some(Family::INET)) => "IPv4",
        _ => return Ok(()),
    };
    Err(Failure::misuse(format_args!("{text} is not an address of {wanted}")))
}

/// The failure of a lookup, without the port 0: the library tells each lookup with a port, and whoever gave none reads
/// none.
pub fn without_port(failure: Failure) -> Failure {
    let Some(address) = failure.address.clone().filter(|address| address.ends_with(":0")) else {
        return failure;
    };
    let host = portless(&address);
    Failure {
        message: failure.message.replacen(&address, host, 1),
        address: Some(host.to_owned()),
        ..failure
    }
}

/// The host of `host:0` or `[host]:0`; what has another port, or none, stays as it is.
pub fn portless(text: &str) -> &str {
    match text.strip_suffix(":0") {
        Some(host) => host.trim_start_matches('[').trim_end_matches(']'),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_one_host_is_refused() {
        let expected = "a host is expected, as in example.org or 192.0.2.1, without a port";
        let rows = [
            ("", None, expected),
            ("http://127.0.0.1/", None, expected),
            ("x://\x1b[2J", None, "\"x://\\x1b[2J\": a host is expected"),
            ("127.0.0.1:80", None, "\"127.0.0.1:80\": a host is expected"),
            ("[::1]:http", None, expected),
            (":80", None, expected),
            ("*", None, "\"*\" is no host that can be asked"),
            ("::1", Some(Family::INET), "::1 is not an address of IPv4"),
            ("127.0.0.1", Some(Family::INET6), "127.0.0.1 is not an address of IPv6"),
            ("::ffff:127.0.0.1", Some(Family::INET6), "::ffff:127.0.0.1 is not an address of IPv6"),
            ("fe80::1", None, "a link-local address wants its interface, as in fe80::1%eth0"),
            ("fe80::1%no-such", None, "this machine has no interface \"no-such\""),
            ("::1%lo", None, "::1 is no link-local address"),
            ("a b", None, "a host's name has letters"),
        ];
        for (text, family, want) in rows {
            let failure = LoneHost::read(text, family, "ports go there", false).expect_err(text);
            assert_eq!(failure.exit, Exit::Misuse, "{text}");
            assert!(failure.message.contains(want), "{text}: {}", failure.message);
        }
        let failure = LoneHost::read("127.0.0.1:80", None, "ports go there", false).expect_err("a port");
        assert_eq!(failure.hints, ["ports go there"]);
    }

    #[test]
    fn digits_need_no_lookup_and_names_do() {
        let rows = [
            ("127.0.0.1", "0", Some("127.0.0.1:0")),
            ("[::1]", "80", Some("[::1]:80")),
            ("::ffff:192.0.2.1", "80", Some("192.0.2.1:80")),
            ("fe80::1", "80", Some("[fe80::1]:80")),
            ("localhost", "0", None),
            ("bücher.invalid", "0", None),
        ];
        for (text, service, want) in rows {
            let host = LoneHost::read(text, None, "", true).expect(text);
            let found = host.at_once(service, Type::DGRAM).map(|address| address.to_string());
            assert_eq!(found.as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_failure_tells_no_port_that_nobody_gave() {
        let rows = [
            ("resolve", "no.invalid:0", "resolve no.invalid: unknown", "no.invalid"),
            ("resolve", "[fe80::1%no]:0", "resolve fe80::1%no: unknown", "fe80::1%no"),
            ("resolve", "no.invalid:80", "resolve no.invalid:80: unknown", "no.invalid:80"),
        ];
        for (operation, address, message, host) in rows {
            let failure = Failure::new(Exit::NameUnknown, format_args!("{operation} {address}: unknown"));
            let failure = without_port(failure.done_to(operation, address));
            assert_eq!((failure.message.as_str(), failure.address.as_deref()), (message, Some(host)));
        }
    }
}
