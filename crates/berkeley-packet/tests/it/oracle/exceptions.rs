//! What is not compared, and why.

/// The protocols of which every field is told that tshark tells.
pub(super) const HELD: &[&str] = &[
    "eth",
    "vlan",
    "ieee8021ad",
    "arp",
    "ip",
    "ipv6",
    "icmp",
    "icmpv6",
    "tcp",
    "udp",
    "dns",
    "dhcp",
    "ntp",
    "tls.handshake",
];

/// tshark's preferences, so that it tells of the packet itself, not of what several add up to.
pub(super) const EXTRA: &[&str] = &[
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
    "tcp.analyze_sequence_numbers:FALSE",
    "tcp.relative_sequence_numbers:FALSE",
    "tcp.calculate_timestamps:FALSE",
];

/// Fields of ours that tshark has not, and why.
pub(super) const OURS_ALONE: &[(&str, &str)] =
    &[("ieee8021ad.etype", "tshark tells what follows, but not by which number")];

/// Fields of tshark's that are no fields of a header: names in whole, and why.
const GENERATED: &[(&str, &str)] = &[
    ("eth.addr", "eth.dst and eth.src again"),
    ("eth.addr.oui", "of eth.addr"),
    ("eth.lg", "eth.dst.lg and eth.src.lg again"),
    ("eth.ig", "eth.dst.ig and eth.src.ig again"),
    ("ip.addr", "ip.src and ip.dst again"),
    ("ip.src_host", "the name of ip.src"),
    ("ip.dst_host", "the name of ip.dst"),
    ("ip.host", "ip.src_host and ip.dst_host again"),
    ("ipv6.addr", "ipv6.src and ipv6.dst again"),
    ("ipv6.src_host", "the name of ipv6.src"),
    ("ipv6.dst_host", "the name of ipv6.dst"),
    ("ipv6.host", "ipv6.src_host and ipv6.dst_host again"),
    ("icmpv6.opt.linkaddr", "icmpv6.opt.src_linkaddr or target_linkaddr again"),
    ("ipv6.routing.rpl.addr_count", "computed from the length"),
    ("ipv6.routing.rpl.full_address", "an address put together from two headers"),
    ("arp.isprobe", "computed from the addresses"),
    ("arp.isgratuitous", "computed from the addresses"),
    ("arp.isannouncement", "computed from the addresses"),
    ("udp.port", "udp.srcport and udp.dstport again"),
    ("tcp.port", "tcp.srcport and tcp.dstport again"),
    ("udp.stream", "a number that tshark gives"),
    ("tcp.stream", "a number that tshark gives"),
    ("udp.payload", "what the header carries: the layer inside"),
    ("tcp.payload", "what the header carries: the layer inside"),
    ("tcp.len", "the length of what the header carries"),
    ("tcp.nxtseq", "tcp.seq and tcp.len added"),
    ("tcp.seq", "tcp.seq_raw, counted from the connection's first where tshark knows that"),
    ("tcp.ack", "tcp.ack_raw, counted in the same way"),
    ("tcp.window_size", "tcp.window_size_value times the scale of the connection"),
    ("tcp.window_size_scalefactor", "the scale of the connection"),
    ("tcp.completeness", "of the connection"),
    ("tcp.pdu.size", "of a message of what it carries"),
    ("tcp.flags.str", "tcp.flags in letters"),
    ("dns.response_in", "another packet"),
    ("dns.response_to", "another packet"),
    ("dns.time", "the time between two packets"),
    ("dns.unsolicited", "the lack of another packet"),
    ("dns.retransmission", "another packet"),
    ("dns.retransmit_request_in", "another packet"),
    ("dns.retransmit_response_in", "another packet"),
    ("dhcp.bootp", "the lack of a message's type"),
    ("tls.handshake.session_id_hit", "of the session"),
];

/// Remarks of tshark's on a packet, which are no fields.
const REMARKS: &[&str] = &[
    "dns.retransmit_request",
    "dns.retransmit_response",
    "dns.undecoded.type",
    "eth.len.past_end",
    "icmpv6.undecoded.option",
    "icmpv6.undecoded.type",
    "ip.ttl.lncb",
    "ip.ttl.too_small",
    "ipv6.opt.header_mismatch",
    "ipv6.routing.deprecated",
    "ipv6.routing.undecoded",
    "tcp.ack.nonzero",
    "tcp.options.mss.absent",
    "tcp.options.mss.present",
    "udp.checksum.zero",
];

/// Parts of names of generated fields, and why.
const GENERATED_PARTS: &[(&str, &str)] = &[
    ("_resolved", "the name of an address"),
    ("_host", "the name of an address"),
    (".status", "what tshark thinks of a checksum"),
    (".expert", "a remark of tshark's"),
    ("tcp.connection.", "a remark of tshark's"),
    ("tcp.analysis", "what tshark thinks of the connection"),
    (".ja3", "a sum over the hello"),
    ("checksum_bad", "a remark of tshark's"),
    ("checksum_calculated", "what tshark would have sent"),
    ("slaac_mac", "computed from an address"),
    ("6to4_", "computed from an address"),
    ("isatap_ipv4", "computed from an address"),
    ("_ts_ipv4", "computed from an address"),
    ("_tc_", "computed from an address"),
    ("embed_ipv4", "computed from an address"),
    (".len_oct", "the length before it, in bytes"),
    ("arp.duplicate", "another packet"),
    ("arp.seconds-since", "another packet"),
    (".time_delta", "the time between two packets"),
    (".time_relative", "the time between two packets"),
    (".resp_in", "another packet"),
    (".resp_to", "another packet"),
    (".resptime", "the time between two packets"),
    (".no_resp", "the lack of another packet"),
];

pub(super) fn is_generated(name: &str) -> bool {
    REMARKS.contains(&name)
        || GENERATED.iter().any(|(whole, _)| *whole == name)
        || GENERATED_PARTS.iter().any(|(part, _)| name.contains(part))
}
