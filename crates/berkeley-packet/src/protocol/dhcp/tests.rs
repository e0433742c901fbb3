use super::*;
use crate::layer::packet::Packet;
use crate::protocol::testing::{breaks, hex, holds, line, survives};

/// A message with these options.
fn with(options: &str) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    bytes[4..8].copy_from_slice(&[0x12, 0x34, 0x56, 0x78]);
    bytes[10] = 0x80;
    bytes[19] = 9;
    bytes[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
    bytes[44..48].copy_from_slice(b"boot");
    bytes.extend(hex(options));
    bytes
}

#[test]
fn a_message_is_told_with_its_options() {
    let bytes = with(
        "350101 3d0701020000000001 3204c0a80101 0c04686f7374 37020103 5108010000686f737400 0000 ff 0000",
    );
    let fields = [
        "dhcp.type=1",
        "dhcp.hw.type=1",
        "dhcp.id=305419896",
        "dhcp.flags.bc=1",
        "dhcp.ip.your=0.0.0.9",
        "dhcp.hw.mac_addr=02:00:00:00:00:01",
        "dhcp.hw.addr_padding=00000000000000000000",
        "dhcp.server=boot",
        "dhcp.file=",
        "dhcp.cookie=99.130.83.99",
        "dhcp.option.type=53",
        "dhcp.option.length=1",
        "dhcp.option.value=01",
        "dhcp.option.dhcp=1",
        "dhcp.hw.mac_addr=02:00:00:00:00:01",
        "dhcp.option.requested_ip_address=192.168.1.1",
        "dhcp.option.hostname=host",
        "dhcp.option.request_list_item=3",
        "dhcp.fqdn.s=1",
        "dhcp.fqdn.name=host",
        "dhcp.option.padding=0000",
        "dhcp.option.type=0",
        "dhcp.option.end=255",
        "dhcp.option.padding=0000",
    ];
    holds(&DHCP, &bytes, &fields);
    survives(&DHCP, &bytes, &["dhcp.option.padding", "dhcp.option.value", "dhcp.client_id"]);
    let packet = Packet::decode_as(&DHCP, &bytes, bytes.len());
    assert_eq!(line(&packet), "dhcp Discover from 02:00:00:00:00:01 your 0.0.0.9");
}

#[test]
fn options_have_their_fields() {
    let rows: &[(&str, &[&str])] = &[
        ("0104ffffff00", &["dhcp.option.subnet_mask=255.255.255.0"]),
        ("0304c0a80101", &["dhcp.option.router=192.168.1.1"]),
        (
            "06080808080808080404",
            &["dhcp.option.domain_name_server=8.8.8.8", "dhcp.option.domain_name_server=8.8.4.4"],
        ),
        ("1a0205dc", &["dhcp.option.interface_mtu=1500"]),
        ("330400015180", &["dhcp.option.ip_address_lease_time=86400"]),
        ("3c046d736674", &["dhcp.option.vendor_class_id=msft"]),
        ("0204fffff1f0", &["dhcp.option.time_offset=-3600"]),
        ("130101", &["dhcp.option.ip_forwarding=1"]),
        (
            "21080a000000c0a80101",
            &["dhcp.option.static_route.ip=10.0.0.0", "dhcp.option.static_route.router=192.168.1.1"],
        ),
        ("520801026162 02026566", &["dhcp.option.agent_information_option.agent_circuit_id=6162"]),
        (
            "3d0fff010203040003000102000000 0001",
            &["dhcp.client_id.iaid=01020304", "dhcp.client_id.duid_type=3"],
        ),
        ("3d050061626364", &["dhcp.client_id.undef=abcd"]),
        (
            "77150365 6e67 07 6578616d706c6503636f6d00 016ec004",
            &["dhcp.option.dhcp_dns_domain_search_list_fqdn=eng.example.com"],
        ),
        ("4d03026162", &["dhcp.option.user_class=0", "dhcp.option.user_class.data=6162"]),
        ("4d026162", &["dhcp.option.user_class.text=ab"]),
        ("7c0700000137026162", &["dhcp.option.vi_class.enterprise=311", "dhcp.option.vi_class.data=ab"]),
        ("790d18c0a80ac0a8010100c0a80102", &["dhcp.option.classless_static_route=18c0a80ac0a80101"]),
        ("5000", &["dhcp.option.type=80", "dhcp.option.value="]),
    ];
    for (options, fields) in rows {
        let bytes = with(&format!("{options} ff"));
        holds(&DHCP, &bytes, fields);
    }
}

#[test]
fn what_is_of_another_kind_of_hardware_has_its_address() {
    let mut bytes = with("ff");
    (bytes[1], bytes[2]) = (6, 16);
    holds(&DHCP, &bytes, &["dhcp.hw.addr=02000000000100000000000000000000", "dhcp.option.end=255"]);
}

#[test]
fn a_message_breaks_where_it_breaks() {
    breaks(&DHCP, &with("350501"), "dhcp.option.length");
    breaks(&DHCP, &with("35"), "dhcp.option.length");
    breaks(&DHCP, &with("ff")[..20], "dhcp.ip.server");
    breaks(&DHCP, &with("ff")[..100], "dhcp.server");
    breaks(&DHCP, &with("5203010561"), "dhcp.option.suboption_length");
}
