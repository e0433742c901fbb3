//! Options of raw `ICMPv6` sockets: `IPPROTO_ICMPV6` (RFC 3542).

use super::{Icmpv6Filter, options};

options! {
    ICMPV6, "raw(7)";

    /// Which types of `ICMPv6` messages a raw socket of that protocol receives: all, at first.
    FILTER: Icmpv6Filter, Icmpv6Filter, "filter", ICMPV6_FILTER, "ICMPV6_FILTER", ReadWrite, Any;
}
