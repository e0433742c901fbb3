//! The options of DHCP (IANA, DHCP parameters).

use Data::{All, Each, First, Flag, One, Pairs, Text, Walk};

use super::fields::*;
use super::{more, options};
use crate::layer::field::Field;
use crate::layer::walk::{Walked, Walker};
use crate::protocol::cursor::Cursor;

/// What an option holds.
#[derive(Clone, Copy)]
pub(super) enum Data {
    /// One value of so many bytes.
    One(&'static Field, usize),
    /// Values of so many bytes.
    Each(&'static Field, usize),
    /// The first byte; what follows has no meaning.
    First(&'static Field),
    /// Pairs of addresses.
    Pairs(&'static Field, &'static Field),
    /// A number of one byte that says yes or no.
    Flag(&'static Field),
    /// A text.
    Text(&'static Field),
    /// Bytes.
    All(&'static Field),
    /// As its own function tells it.
    Walk(fn(&mut Walker<'_, '_>, &mut Cursor) -> Walked),
}

/// What the option of that code holds.
pub(super) fn data(code: u64) -> Option<Data> {
    CODES.binary_search_by_key(&code, |row| row.0).ok().map(|index| CODES[index].1)
}

static CODES: &[(u64, Data)] = &[
    (1, One(&SUBNET_MASK, 4)),
    (2, One(&TIME_OFFSET, 4)),
    (3, Each(&ROUTER, 4)),
    (4, Each(&TIME_SERVER, 4)),
    (5, Each(&NAME_SERVER, 4)),
    (6, Each(&DOMAIN_NAME_SERVER, 4)),
    (7, Each(&LOG_SERVER, 4)),
    (8, Each(&QUOTES_SERVER, 4)),
    (9, Each(&LPR_SERVER, 4)),
    (10, Each(&IMPRESS_SERVER, 4)),
    (11, Each(&RESOURCE_LOCATION_SERVER, 4)),
    (12, Text(&HOSTNAME)),
    (13, One(&BOOT_FILE_SIZE, 2)),
    (14, Text(&MERIT_DUMP_FILE)),
    (15, Text(&DOMAIN_NAME)),
    (16, One(&SWAP_SERVER, 4)),
    (17, Text(&ROOT_PATH)),
    (18, Text(&EXTENSION_PATH)),
    (19, Flag(&IP_FORWARDING)),
    (20, Flag(&NON_LOCAL_SOURCE_ROUTING)),
    (21, Pairs(&POLICY_FILTER_IP, &POLICY_FILTER_SUBNET_MASK)),
    (22, One(&MAX_DATAGRAM_REASSEMBLY_SIZE, 2)),
    (23, One(&DEFAULT_IP_TTL, 1)),
    (24, One(&PATH_MTU_AGING_TIMEOUT, 4)),
    (25, Each(&PATH_MTU_PLATEAU_TABLE_ITEM, 2)),
    (26, One(&INTERFACE_MTU, 2)),
    (27, Flag(&ALL_SUBNETS_ARE_LOCAL)),
    (28, One(&BROADCAST_ADDRESS, 4)),
    (29, Flag(&PERFORM_MASK_DISCOVERY)),
    (30, Flag(&MASK_SUPPLIER)),
    (31, Flag(&PERFORM_ROUTER_DISCOVER)),
    (32, One(&ROUTER_SOLICITATION_ADDRESS, 4)),
    (33, Pairs(&STATIC_ROUTE_IP, &STATIC_ROUTE_ROUTER)),
    (34, Flag(&TRAILER_ENCAPSULATION)),
    (35, One(&ARP_CACHE_TIMEOUT, 4)),
    (36, Flag(&ETHERNET_ENCAPSULATION)),
    (37, One(&TCP_DEFAULT_TTL, 1)),
    (38, One(&TCP_KEEPALIVE_INTERVAL, 4)),
    (39, Flag(&TCP_KEEPALIVE_GARBAGE)),
    (40, Text(&NIS_DOMAIN)),
    (41, Each(&NIS_SERVER, 4)),
    (42, Each(&NTP_SERVER, 4)),
    (43, All(&VENDOR_VALUE)),
    (44, Each(&NETBIOS_OVER_TCPIP_NAME_SERVER, 4)),
    (45, Each(&NETBIOS_OVER_TCPIP_DD_NAME_SERVER, 4)),
    (46, One(&NETBIOS_OVER_TCPIP_NODE_TYPE, 1)),
    (47, Text(&NETBIOS_OVER_TCPIP_SCOPE)),
    (48, Each(&XWINDOWS_SYSTEM_FONT_SERVER, 4)),
    (49, Each(&XWINDOWS_SYSTEM_DISPLAY_MANAGER, 4)),
    (50, One(&REQUESTED_IP_ADDRESS, 4)),
    (51, One(&IP_ADDRESS_LEASE_TIME, 4)),
    (52, First(&OPTION_OVERLOAD)),
    (53, First(&MESSAGE_TYPE)),
    (54, One(&DHCP_SERVER_ID, 4)),
    (55, Each(&REQUEST_LIST_ITEM, 1)),
    (56, Text(&MESSAGE)),
    (57, One(&DHCP_MAX_MESSAGE_SIZE, 2)),
    (58, One(&RENEWAL_TIME_VALUE, 4)),
    (59, One(&REBINDING_TIME_VALUE, 4)),
    (60, Text(&VENDOR_CLASS_ID)),
    (61, Walk(options::client_identifier)),
    (63, Walk(more::novell)),
    (64, Text(&NIS_PLUS_DOMAIN)),
    (65, Each(&NIS_PLUS_SERVER, 4)),
    (66, Text(&TFTP_SERVER_NAME)),
    (67, Text(&BOOTFILE_NAME)),
    (68, Each(&MOBILE_IP_HOME_AGENT, 4)),
    (69, Each(&SMTP_SERVER, 4)),
    (70, Each(&POP3_SERVER, 4)),
    (71, Each(&NNTP_SERVER, 4)),
    (72, Each(&DEFAULT_WWW_SERVER, 4)),
    (73, Each(&DEFAULT_FINGER_SERVER, 4)),
    (74, Each(&DEFAULT_IRC_SERVER, 4)),
    (75, Each(&STREETTALK_SERVER, 4)),
    (76, Each(&STREETTALK_DA_SERVER, 4)),
    (77, Walk(options::user_class)),
    (78, Walk(more::directory_agents)),
    (79, Walk(more::service_scopes)),
    (81, Walk(options::client_name)),
    (82, Walk(options::relay_agent)),
    (85, Each(&NOVELL_DSS_IP, 4)),
    (86, Text(&NOVELL_DS_TREE_NAME)),
    (87, Text(&NOVELL_DS_CONTEXT)),
    (90, Walk(more::authentication)),
    (91, One(&CLIENT_LAST_TRANSACTION_TIME, 4)),
    (92, Each(&ASSOCIATED_IP_OPTION, 4)),
    (93, Each(&CLIENT_SYSTEM_ARCHITECTURE, 2)),
    (94, Walk(options::network_interface)),
    (97, Walk(more::machine)),
    (99, Walk(more::place)),
    (100, Text(&TZ_PCODE)),
    (101, Text(&TZ_TCODE)),
    (112, Each(&NETINFO_PARENT_SERVER_ADDRESS, 4)),
    (113, Text(&NETINFO_PARENT_SERVER_TAG)),
    (114, Text(&CAPTIVE_PORTAL)),
    (116, One(&DHCP_AUTO_CONFIGURATION, 1)),
    (118, Each(&SUBNET_SELECTION_OPTION, 4)),
    (119, Walk(options::search_list)),
    (120, Walk(more::sip_servers)),
    (121, Walk(options::routes)),
    (124, Walk(options::vendor_class)),
    (125, Walk(options::vendor_information)),
    (136, Each(&PANA_AGENT, 4)),
    (137, Text(&LOST_SERVER_DOMAIN_NAME)),
    (138, Each(&CAPWAP_ACCESS_CONTROLLER, 4)),
    (142, Each(&ANDSF_SERVER, 4)),
    (145, Each(&FORCERENEW_NONCE_ALGORITHM, 1)),
    (150, Each(&TFTP_SERVER_ADDRESS, 4)),
    (151, Walk(more::status)),
    (153, One(&BULK_LEASE_START_TIME_OF_STATE, 4)),
    (156, One(&BULK_LEASE_DHCP_STATE, 1)),
    (157, Flag(&BULK_LEASE_DATA_SOURCE)),
    (159, Walk(more::ports)),
    (160, Text(&CAPTIVE_PORTAL)),
    (161, Text(&MUDURL)),
    (209, Text(&PXE_CONFIG_FILE)),
    (210, Text(&PXE_PATH_PREFIX)),
    (212, Walk(more::rapid_deployment)),
    (249, Walk(options::routes)),
    (252, Text(&PRIVATE_PROXY_AUTODISCOVERY)),
];

/// How a message is authenticated (RFC 3118, 6).
pub(super) fn authentication(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "configuration token",
        1 => "delayed authentication",
        3 => "reconfigure key",
        _ => return None,
    })
}

/// The types of messages (RFC 2132, 9.6).
pub(super) fn message(kind: u64) -> Option<&'static str> {
    Some(match kind {
        1 => "Discover",
        2 => "Offer",
        3 => "Request",
        4 => "Decline",
        5 => "ACK",
        6 => "NAK",
        7 => "Release",
        8 => "Inform",
        9 => "Force renew",
        _ => return None,
    })
}

/// The names of options that are met often.
pub(super) fn option(code: u64) -> Option<&'static str> {
    Some(match code {
        1 => "subnet mask",
        2 => "time offset",
        3 => "routers",
        6 => "domain name servers",
        12 => "host name",
        15 => "domain name",
        26 => "interface MTU",
        28 => "broadcast address",
        33 => "static routes",
        42 => "NTP servers",
        43 => "vendor-specific",
        44 => "NetBIOS name servers",
        50 => "requested address",
        51 => "lease time",
        52 => "option overload",
        53 => "message type",
        54 => "server",
        55 => "parameters wanted",
        56 => "message",
        57 => "largest message",
        58 => "renewal time",
        59 => "rebinding time",
        60 => "vendor class",
        61 => "client identifier",
        63 => "NetWare over IP",
        66 => "TFTP server",
        67 => "boot file",
        77 => "user class",
        78 => "SLP directory agents",
        79 => "SLP scopes",
        80 => "rapid commit",
        81 => "client name",
        82 => "relay agent",
        90 => "authentication",
        93 => "client architecture",
        94 => "client network interface",
        97 => "client machine",
        99 => "civic location",
        108 => "IPv6 only",
        114 => "captive portal",
        119 => "domain search list",
        120 => "SIP servers",
        121 => "classless routes",
        150 => "TFTP server addresses",
        255 => "end",
        _ => return None,
    })
}
