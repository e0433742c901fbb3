//! The fields of DHCP that its walk finds.

use super::rows;
use crate::layer::field::{Field, Kind, parts};

parts! {
    HW_ADDR = Field::walked("dhcp.hw.addr", "Hardware address of the client", Kind::Bytes);
    HW_PADDING = Field::walked("dhcp.hw.addr_padding", "Bytes behind the hardware address", Kind::Bytes);
    SERVER = Field::walked("dhcp.server", "Name of the server", Kind::Text);
    FILE = Field::walked("dhcp.file", "Name of the boot file", Kind::Text);
    COOKIE_FIELD = Field::walked("dhcp.cookie", "Magic cookie", Kind::Ipv4);
    REST = Field::walked("dhcp.option.value", "Value", Kind::Bytes);
    OPTION = Field::walked("dhcp.option.type", "Option", Kind::Decimal).words(rows::option);
    LENGTH = Field::walked("dhcp.option.length", "Length of the option", Kind::Decimal).unit("bytes");
    END = Field::walked("dhcp.option.end", "End of the options", Kind::Decimal);
    PADDING = Field::walked("dhcp.option.padding", "Padding", Kind::Bytes);
    OPTION_OVERLOAD = Field::walked("dhcp.option.option_overload", "Options elsewhere", Kind::Decimal);
    MESSAGE_TYPE =
        Field::walked("dhcp.option.dhcp", "Type of the message", Kind::Decimal).words(rows::message);
    VENDOR_VALUE = Field::walked("dhcp.option.vendor.value", "Value of the vendor", Kind::Bytes);
    HW_TYPE = Field::walked("dhcp.hw.type", "Type of the hardware", Kind::Hex);
    MAC = Field::walked("dhcp.hw.mac_addr", "Hardware address", Kind::Mac);
    CLIENT_TYPE = Field::walked("dhcp.client_id.type", "Type of the identifier", Kind::Decimal);
    CLIENT_TEXT = Field::walked("dhcp.client_id.undef", "Identifier", Kind::Text);
    CLIENT_IAID = Field::walked("dhcp.client_id.iaid", "Identifier of the association", Kind::Bytes);
    DUID_TYPE = Field::walked("dhcp.client_id.duid_type", "Type of the unique identifier", Kind::Decimal);
    DUID_LLT_HW = Field::walked("dhcp.client_id.duid_llt_hw_type", "Type of the hardware", Kind::Decimal);
    DUID_TIME = Field::walked("dhcp.client_id.time", "Time of the identifier", Kind::Decimal).unit("seconds");
    DUID_LL_HW = Field::walked("dhcp.client_id.duid_ll_hw_type", "Type of the hardware", Kind::Decimal);
    DUID_ADDRESS = Field::walked("dhcp.client_id.link_layer_address", "Hardware address", Kind::Mac);
    DUID_ENTERPRISE = Field::walked("dhcp.client_id.enterprise_num", "Enterprise", Kind::Decimal);
    USER_CLASS = Field::walked("dhcp.option.user_class", "Instance of a class", Kind::Decimal);
    USER_CLASS_LENGTH = Field::walked("dhcp.option.user_class.length", "Length of the class", Kind::Decimal);
    USER_CLASS_DATA = Field::walked("dhcp.option.user_class.data", "Class of the user", Kind::Bytes);
    USER_CLASS_TEXT = Field::walked("dhcp.option.user_class.text", "Class of the user", Kind::Text);
    FQDN_FLAGS = Field::walked("dhcp.fqdn.flags", "Flags of the name", Kind::Hex);
    FQDN_MBZ = Field::walked("dhcp.fqdn.mbz", "Reserved", Kind::Hex);
    FQDN_N = Field::walked("dhcp.fqdn.n", "The server shall not update", Kind::Flag);
    FQDN_E = Field::walked("dhcp.fqdn.e", "In the form of DNS", Kind::Flag);
    FQDN_O = Field::walked("dhcp.fqdn.o", "The server overrides", Kind::Flag);
    FQDN_S = Field::walked("dhcp.fqdn.s", "The server shall update", Kind::Flag);
    FQDN_RCODE1 = Field::walked("dhcp.fqdn.rcode1", "Result for the address", Kind::Decimal);
    FQDN_RCODE2 = Field::walked("dhcp.fqdn.rcode2", "Result for the pointer", Kind::Decimal);
    FQDN_NAME = Field::walked("dhcp.fqdn.name", "Name of the client", Kind::Text);
    SUBOPTION = Field::walked("dhcp.option.agent_information_option.suboption", "Suboption", Kind::Decimal);
    SUBOPTION_LENGTH =
        Field::walked("dhcp.option.suboption_length", "Length of the suboption", Kind::Decimal);
    SUBOPTION_VALUE = Field::walked("dhcp.option.agent_information_option.value", "Value", Kind::Bytes);
    CIRCUIT = Field::walked("dhcp.option.agent_information_option.agent_circuit_id", "Circuit", Kind::Bytes);
    REMOTE =
        Field::walked("dhcp.option.agent_information_option.agent_remote_id", "Remote host", Kind::Bytes);
    LINK_SELECTION =
        Field::walked("dhcp.option.agent_information_option.link_selection", "Link that is chosen", Kind::Ipv4);
    SUBSCRIBER =
        Field::walked("dhcp.option.agent_information_option.subscriber_id", "Subscriber", Kind::Text);
    SERVER_OVERRIDE =
        Field::walked("dhcp.option.agent_information_option.server_id_override", "Other server", Kind::Ipv4);
    CLIENT_SYSTEM_ARCHITECTURE =
        Field::walked("dhcp.option.client_system_architecture", "Architecture of the client", Kind::Decimal);
    NETWORK_MAJOR =
        Field::walked("dhcp.client_network_id_major", "Major version of the interface", Kind::Decimal);
    NETWORK_MINOR =
        Field::walked("dhcp.client_network_id_minor", "Minor version of the interface", Kind::Decimal);
    SEARCH_NAME =
        Field::walked("dhcp.option.dhcp_dns_domain_search_list_fqdn", "Domain to search", Kind::Name);
    ROUTE = Field::walked("dhcp.option.classless_static_route", "Width, network and router", Kind::Bytes);
    FORCERENEW_NONCE_ALGORITHM =
        Field::walked("dhcp.option.forcerenew_nonce.algorithm", "Algorithm of the nonce", Kind::Decimal);
    NOVELL = Field::walked("dhcp.option.novell_options.suboption", "Suboption", Kind::Decimal);
    NOVELL_VALUE = Field::walked("dhcp.option.novell_options.value", "Value", Kind::Bytes);
    NOVELL_BROADCAST = Field::walked("dhcp.option.novell_options.broadcast", "Broadcast", Kind::Flag);
    NOVELL_PREFERRED =
        Field::walked("dhcp.option.novell_options.preferred_dss_server", "Preferred server", Kind::Ipv4);
    NOVELL_NEAREST =
        Field::walked("dhcp.option.novell_options.nearest_nwip_server", "Nearest server", Kind::Ipv4);
    NOVELL_RETRIES = Field::walked("dhcp.option.novell_options.autoretries", "Retries", Kind::Decimal);
    NOVELL_DELAY =
        Field::walked("dhcp.option.novell_options.autoretry_delay", "Delay of retries", Kind::Decimal)
            .unit("seconds");
    NOVELL_OLD =
        Field::walked("dhcp.option.novell_options.support_netware_v1_1", "Version 1.1 supported", Kind::Flag);
    NOVELL_PRIMARY = Field::walked("dhcp.option.novell_options.primary_dss", "Primary server", Kind::Ipv4);
    SLP_AGENT_MANDATORY =
        Field::walked("dhcp.option.slp_directory_agent.value", "Only these agents", Kind::Decimal);
    SLP_AGENT = Field::walked("dhcp.option.slp_directory_agent.slpda_address", "Directory agent", Kind::Ipv4);
    SLP_SCOPE_MANDATORY =
        Field::walked("dhcp.option.slp_service_scope.value", "Only these scopes", Kind::Decimal);
    SLP_SCOPE = Field::walked("dhcp.option.slp_service_scope.string", "Scopes", Kind::Text);
    AUTH_PROTOCOL =
        Field::walked("dhcp.option.dhcp_authentication.protocol", "Authentication protocol", Kind::Decimal)
            .words(rows::authentication);
    AUTH_DELAYED =
        Field::walked("dhcp.option.dhcp_authentication.alg_delay", "Algorithm", Kind::Decimal);
    AUTH_ALGORITHM =
        Field::walked("dhcp.option.dhcp_authentication.algorithm", "Algorithm", Kind::Decimal);
    AUTH_RDM =
        Field::walked("dhcp.option.dhcp_authentication.rdm", "Method against replays", Kind::Decimal);
    AUTH_COUNTER =
        Field::walked("dhcp.option.dhcp_authentication.rdm_replay_detection", "Counter against replays", Kind::Hex);
    AUTH_OTHER_COUNTER =
        Field::walked("dhcp.option.dhcp_authentication.rdm_rdv", "Value against replays", Kind::Text);
    AUTH_SECRET = Field::walked("dhcp.option.dhcp_authentication.secret_id", "Secret", Kind::Hex);
    AUTH_HASH = Field::walked("dhcp.option.dhcp_authentication.hmac_md5_hash", "HMAC-MD5", Kind::Bytes);
    AUTH_INFORMATION =
        Field::walked("dhcp.option.dhcp_authentication.information", "Information", Kind::Text);
    MACHINE = Field::walked("dhcp.client_id.uuid", "Identifier of the machine", Kind::Guid);
    CIVIC_WHAT = Field::walked("dhcp.option.civic_location.what", "Whose place it is", Kind::Decimal);
    CIVIC_COUNTRY = Field::walked("dhcp.option.civic_location.country", "Country", Kind::Text);
    CIVIC_TYPE = Field::walked("dhcp.option.civic_location.ca_type", "Part of the address", Kind::Decimal);
    CIVIC_LENGTH =
        Field::walked("dhcp.option.civic_location.ca_length", "Length of the part", Kind::Decimal).unit("bytes");
    CIVIC_VALUE = Field::walked("dhcp.option.civic_location.ca_value", "Value", Kind::Text);
    SIP_ENCODING = Field::walked("dhcp.option.sip_server.encoding", "Names or addresses", Kind::Decimal);
    SIP_NAME = Field::walked("dhcp.option.sip_server.name", "SIP server", Kind::Name);
    SIP_ADDRESS = Field::walked("dhcp.option.sip_server.address", "SIP server", Kind::Ipv4);
    STATUS_CODE = Field::walked("dhcp.option.bulk_lease.status_code", "Status", Kind::Decimal);
    STATUS_MESSAGE =
        Field::walked("dhcp.option.bulk_lease.status_code_message", "Message of the status", Kind::Text);
    PORTS_OFFSET = Field::walked("dhcp.option.portparams.offset", "Offset of the ports", Kind::Decimal);
    PORTS_LENGTH =
        Field::walked("dhcp.option.portparams.psid_length", "Length of the ports' set", Kind::Decimal).unit("bits");
    PORTS_SET = Field::walked("dhcp.option.portparams.psid", "Set of ports", Kind::Bytes);
    SIX_MASK = Field::walked("dhcp.option.6RD.ipv4_mask_len", "Length of the IPv4 mask", Kind::Decimal).unit("bits");
    SIX_LENGTH = Field::walked("dhcp.option.6RD.prefix_len", "Length of the prefix", Kind::Decimal).unit("bits");
    SIX_PREFIX = Field::walked("dhcp.option.6RD.prefix", "Prefix", Kind::Ipv6);
    SIX_RELAY = Field::walked("dhcp.option.6RD.border_relay_ip", "Border relay", Kind::Ipv4);
    VENDOR_ENTERPRISE = Field::walked("dhcp.option.vi_class.enterprise", "Enterprise", Kind::Decimal);
    VENDOR_LENGTH = Field::walked("dhcp.option.vi_class.length", "Length of the data", Kind::Decimal);
    VENDOR_DATA = Field::walked("dhcp.option.vi_class.data", "Data", Kind::Text);
    INFORMATION_ENTERPRISE = Field::walked("dhcp.option.vi.enterprise", "Enterprise", Kind::Decimal);
    INFORMATION_LENGTH = Field::walked("dhcp.option.vi.length", "Length of the data", Kind::Decimal);
    INFORMATION_VALUE = Field::walked("dhcp.option.vi.value", "Data", Kind::Bytes);

    // The options that are one field.
    SUBNET_MASK = Field::walked("dhcp.option.subnet_mask", "Subnet mask", Kind::Ipv4);
    TIME_OFFSET = Field::walked("dhcp.option.time_offset", "Time offset", Kind::Signed).unit("seconds");
    ROUTER = Field::walked("dhcp.option.router", "Router", Kind::Ipv4);
    TIME_SERVER = Field::walked("dhcp.option.time_server", "Time server", Kind::Ipv4);
    NAME_SERVER = Field::walked("dhcp.option.name_server", "Name server", Kind::Ipv4);
    DOMAIN_NAME_SERVER = Field::walked("dhcp.option.domain_name_server", "Domain name server", Kind::Ipv4);
    LOG_SERVER = Field::walked("dhcp.option.log_server", "Log server", Kind::Ipv4);
    QUOTES_SERVER = Field::walked("dhcp.option.quotes_server", "Quotes server", Kind::Ipv4);
    LPR_SERVER = Field::walked("dhcp.option.lpr_server", "LPR server", Kind::Ipv4);
    IMPRESS_SERVER = Field::walked("dhcp.option.impress_server", "Impress server", Kind::Ipv4);
    RESOURCE_LOCATION_SERVER =
        Field::walked("dhcp.option.resource_location_server", "Resource location server", Kind::Ipv4);
    HOSTNAME = Field::walked("dhcp.option.hostname", "Host name", Kind::Text);
    BOOT_FILE_SIZE = Field::walked("dhcp.option.boot_file_size", "Boot file size", Kind::Decimal);
    MERIT_DUMP_FILE = Field::walked("dhcp.option.merit_dump_file", "Merit dump file", Kind::Text);
    DOMAIN_NAME = Field::walked("dhcp.option.domain_name", "Domain name", Kind::Text);
    SWAP_SERVER = Field::walked("dhcp.option.swap_server", "Swap server", Kind::Ipv4);
    ROOT_PATH = Field::walked("dhcp.option.root_path", "Root path", Kind::Text);
    EXTENSION_PATH = Field::walked("dhcp.option.extension_path", "Extensions path", Kind::Text);
    IP_FORWARDING = Field::walked("dhcp.option.ip_forwarding", "IP forwarding", Kind::Flag);
    NON_LOCAL_SOURCE_ROUTING =
        Field::walked("dhcp.option.non_local_source_routing", "Non-Local source routing", Kind::Flag);
    POLICY_FILTER_IP = Field::walked("dhcp.option.policy_filter.ip", "IP address", Kind::Ipv4);
    POLICY_FILTER_SUBNET_MASK =
        Field::walked("dhcp.option.policy_filter.subnet_mask", "Subnet mask", Kind::Ipv4);
    MAX_DATAGRAM_REASSEMBLY_SIZE =
        Field::walked(
            "dhcp.option.max_datagram_reassembly_size",
            "Maximum datagram reassembly size",
            Kind::Decimal,
        );
    DEFAULT_IP_TTL =
        Field::walked("dhcp.option.default_ip_ttl", "Default IP Time-to-Live", Kind::Decimal).unit("hops");
    PATH_MTU_AGING_TIMEOUT =
        Field::walked("dhcp.option.path_mtu_aging_timeout", "Path MTU aging timeout", Kind::Decimal);
    PATH_MTU_PLATEAU_TABLE_ITEM =
        Field::walked("dhcp.option.path_mtu_plateau_table_item", "Path MTU plateau table item", Kind::Decimal);
    INTERFACE_MTU = Field::walked("dhcp.option.interface_mtu", "Interface MTU", Kind::Decimal).unit("bytes");
    ALL_SUBNETS_ARE_LOCAL =
        Field::walked("dhcp.option.all_subnets_are_local", "All subnets are local", Kind::Flag);
    BROADCAST_ADDRESS = Field::walked("dhcp.option.broadcast_address", "Broadcast address", Kind::Ipv4);
    PERFORM_MASK_DISCOVERY =
        Field::walked("dhcp.option.perform_mask_discovery", "Perform mask discovery", Kind::Flag);
    MASK_SUPPLIER = Field::walked("dhcp.option.mask_supplier", "Mask supplier", Kind::Flag);
    PERFORM_ROUTER_DISCOVER =
        Field::walked("dhcp.option.perform_router_discover", "Perform router discover", Kind::Flag);
    ROUTER_SOLICITATION_ADDRESS =
        Field::walked("dhcp.option.router_solicitation_address", "Router solicitation address", Kind::Ipv4);
    STATIC_ROUTE_IP = Field::walked("dhcp.option.static_route.ip", "Destination IP address", Kind::Ipv4);
    STATIC_ROUTE_ROUTER = Field::walked("dhcp.option.static_route.router", "Destination router", Kind::Ipv4);
    TRAILER_ENCAPSULATION =
        Field::walked("dhcp.option.trailer_encapsulation", "Trailer encapsulation", Kind::Flag);
    ARP_CACHE_TIMEOUT =
        Field::walked("dhcp.option.arp_cache_timeout", "ARP cache timeout", Kind::Decimal).unit("seconds");
    ETHERNET_ENCAPSULATION =
        Field::walked("dhcp.option.ethernet_encapsulation", "Ethernet encapsulation", Kind::Flag);
    TCP_DEFAULT_TTL =
        Field::walked("dhcp.option.tcp_default_ttl", "TCP default TTL", Kind::Decimal).unit("hops");
    TCP_KEEPALIVE_INTERVAL =
        Field::walked("dhcp.option.tcp_keepalive_interval", "TCP keepalive interval", Kind::Decimal);
    TCP_KEEPALIVE_GARBAGE =
        Field::walked("dhcp.option.tcp_keepalive_garbage", "TCP keepalive garbage", Kind::Flag);
    NIS_DOMAIN = Field::walked("dhcp.option.nis_domain", "Network information service domain", Kind::Text);
    NIS_SERVER = Field::walked("dhcp.option.nis_server", "Network information service server", Kind::Ipv4);
    NTP_SERVER = Field::walked("dhcp.option.ntp_server", "Network time protocol server", Kind::Ipv4);
    NETBIOS_OVER_TCPIP_NAME_SERVER =
        Field::walked("dhcp.option.netbios_over_tcpip_name_server", "NetBIOS over TCP/IP name server", Kind::Ipv4);
    NETBIOS_OVER_TCPIP_DD_NAME_SERVER =
        Field::walked(
            "dhcp.option.netbios_over_tcpip_dd_name_server",
            "NetBIOS over TCP/IP datagram distribution name server",
            Kind::Ipv4,
        );
    NETBIOS_OVER_TCPIP_NODE_TYPE =
        Field::walked("dhcp.option.netbios_over_tcpip_node_type", "NetBIOS over TCP/IP node type", Kind::Decimal);
    NETBIOS_OVER_TCPIP_SCOPE =
        Field::walked("dhcp.option.netbios_over_tcpip_scope", "NetBIOS over TCP/IP scope", Kind::Text);
    XWINDOWS_SYSTEM_FONT_SERVER =
        Field::walked("dhcp.option.xwindows_system_font_server", "X window system font server", Kind::Ipv4);
    XWINDOWS_SYSTEM_DISPLAY_MANAGER =
        Field::walked(
            "dhcp.option.xwindows_system_display_manager",
            "X window system display manager",
            Kind::Ipv4,
        );
    REQUESTED_IP_ADDRESS =
        Field::walked("dhcp.option.requested_ip_address", "Requested IP address", Kind::Ipv4);
    IP_ADDRESS_LEASE_TIME =
        Field::walked("dhcp.option.ip_address_lease_time", "IP address lease time", Kind::Decimal).unit("seconds");
    DHCP_SERVER_ID = Field::walked("dhcp.option.dhcp_server_id", "DHCP server identifier", Kind::Ipv4);
    REQUEST_LIST_ITEM =
        Field::walked("dhcp.option.request_list_item", "Parameter that is wanted", Kind::Decimal).words(rows::option);
    MESSAGE = Field::walked("dhcp.option.message", "Message", Kind::Text);
    DHCP_MAX_MESSAGE_SIZE =
        Field::walked("dhcp.option.dhcp_max_message_size", "Maximum DHCP message size", Kind::Decimal).unit("bytes");
    RENEWAL_TIME_VALUE =
        Field::walked("dhcp.option.renewal_time_value", "Renewal time value", Kind::Decimal).unit("seconds");
    REBINDING_TIME_VALUE =
        Field::walked("dhcp.option.rebinding_time_value", "Rebinding time value", Kind::Decimal).unit("seconds");
    VENDOR_CLASS_ID = Field::walked("dhcp.option.vendor_class_id", "Vendor class identifier", Kind::Text);
    NIS_PLUS_DOMAIN =
        Field::walked("dhcp.option.nis_plus_domain", "Network information service+ domain", Kind::Text);
    NIS_PLUS_SERVER =
        Field::walked("dhcp.option.nis_plus_server", "Network information service+ server", Kind::Ipv4);
    TFTP_SERVER_NAME = Field::walked("dhcp.option.tftp_server_name", "TFTP server name", Kind::Text);
    BOOTFILE_NAME = Field::walked("dhcp.option.bootfile_name", "Bootfile name", Kind::Text);
    MOBILE_IP_HOME_AGENT =
        Field::walked("dhcp.option.mobile_ip_home_agent", "Mobile IP home agent", Kind::Ipv4);
    SMTP_SERVER = Field::walked("dhcp.option.smtp_server", "SMTP server", Kind::Ipv4);
    POP3_SERVER = Field::walked("dhcp.option.pop3_server", "POP3 server", Kind::Ipv4);
    NNTP_SERVER = Field::walked("dhcp.option.nntp_server", "NNTP server", Kind::Ipv4);
    DEFAULT_WWW_SERVER = Field::walked("dhcp.option.default_www_server", "Default WWW server", Kind::Ipv4);
    DEFAULT_FINGER_SERVER =
        Field::walked("dhcp.option.default_finger_server", "Default Finger server", Kind::Ipv4);
    DEFAULT_IRC_SERVER = Field::walked("dhcp.option.default_irc_server", "Default IRC server", Kind::Ipv4);
    STREETTALK_SERVER = Field::walked("dhcp.option.streettalk_server", "StreetTalk server", Kind::Ipv4);
    STREETTALK_DA_SERVER =
        Field::walked("dhcp.option.streettalk_da_server", "StreetTalk directory assistance server", Kind::Ipv4);
    NOVELL_DSS_IP = Field::walked("dhcp.option.novell_dss.ip", "IP address", Kind::Ipv4);
    NOVELL_DS_TREE_NAME =
        Field::walked("dhcp.option.novell_ds_tree_name", "Novell directory services tree name", Kind::Text);
    NOVELL_DS_CONTEXT =
        Field::walked("dhcp.option.novell_ds_context", "Novell directory services context", Kind::Text);
    CLIENT_LAST_TRANSACTION_TIME =
        Field::walked("dhcp.option.client_last_transaction_time", "Client last transaction time", Kind::Decimal);
    ASSOCIATED_IP_OPTION =
        Field::walked("dhcp.option.associated_ip_option", "Associated IP option", Kind::Ipv4);
    TZ_PCODE = Field::walked("dhcp.option.tz_pcode", "TZ PCode", Kind::Text);
    TZ_TCODE = Field::walked("dhcp.option.tz_tcode", "TZ TCode", Kind::Text);
    NETINFO_PARENT_SERVER_ADDRESS =
        Field::walked("dhcp.option.netinfo_parent_server_address", "NetInfo parent server address", Kind::Ipv4);
    NETINFO_PARENT_SERVER_TAG =
        Field::walked("dhcp.option.netinfo_parent_server_tag", "NetInfo parent server tag", Kind::Text);
    CAPTIVE_PORTAL = Field::walked("dhcp.option.captive_portal", "Captive portal", Kind::Text);
    DHCP_AUTO_CONFIGURATION =
        Field::walked("dhcp.option.dhcp_auto_configuration", "DHCP Auto-Configuration", Kind::Decimal);
    SUBNET_SELECTION_OPTION =
        Field::walked("dhcp.option.subnet_selection_option", "Subnet selection option", Kind::Ipv4);
    PANA_AGENT = Field::walked("dhcp.option.pana_agent", "PAA IPv4 address", Kind::Ipv4);
    LOST_SERVER_DOMAIN_NAME =
        Field::walked("dhcp.option.lost_server_domain_name", "LoST server domain name", Kind::Text);
    CAPWAP_ACCESS_CONTROLLER =
        Field::walked("dhcp.option.capwap_access_controller", "CAPWAP access controllers", Kind::Ipv4);
    ANDSF_SERVER = Field::walked("dhcp.option.andsf_server", "ANDSF server", Kind::Ipv4);
    TFTP_SERVER_ADDRESS = Field::walked("dhcp.option.tftp_server_address", "TFTP server address", Kind::Ipv4);
    BULK_LEASE_START_TIME_OF_STATE =
        Field::walked("dhcp.option.bulk_lease.start_time_of_state", "Start time of state", Kind::Decimal);
    BULK_LEASE_DHCP_STATE = Field::walked("dhcp.option.bulk_lease.dhcp_state", "Dhcp state", Kind::Decimal);
    BULK_LEASE_DATA_SOURCE = Field::walked("dhcp.option.bulk_lease.data_source", "Data source", Kind::Flag);
    MUDURL = Field::walked("dhcp.option.mudurl", "MUDURL", Kind::Text);
    PXE_CONFIG_FILE = Field::walked("dhcp.option.pxe_config_file", "PXELINUX configuration file", Kind::Text);
    PXE_PATH_PREFIX = Field::walked("dhcp.option.pxe_path_prefix", "PXELINUX path prefix", Kind::Text);
    PRIVATE_PROXY_AUTODISCOVERY =
        Field::walked("dhcp.option.private_proxy_autodiscovery", "Private/Proxy autodiscovery", Kind::Text);
}
