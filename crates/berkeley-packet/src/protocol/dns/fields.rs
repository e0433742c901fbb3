//! The fields of DNS that its walk finds.

use super::rows;
use crate::layer::field::{Field, Kind, parts};

const fn number(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Decimal)
}

const fn hex(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Hex)
}

const fn flag(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Flag)
}

const fn name(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Name)
}

const fn text(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Text)
}

const fn data(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Bytes)
}

const fn ipv4(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Ipv4)
}

const fn ipv6(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Ipv6)
}

const fn time(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Time)
}

const fn length(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Decimal).unit("bytes")
}

const fn seconds(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Decimal).unit("seconds")
}

parts! {
    // The sections, as tshark heads them.
    QUERIES = Field::group("Queries", "Questions");
    ANSWERS = Field::group("Answers", "Answers");
    AUTHORITIES = Field::group("Authoritative nameservers", "Authorities");
    ADDITIONAL = Field::group("Additional records", "Additional records");
    RECORD = Field::group("Record", "Record");

    // A question.
    QRY_NAME = name("dns.qry.name", "Name");
    QRY_NAME_LEN = number("dns.qry.name.len", "Length of the name, as text");
    QRY_LABELS = number("dns.count.labels", "Labels of the name");
    QRY_TYPE = number("dns.qry.type", "Type").words(rows::kind);
    QRY_CLASS = hex("dns.qry.class", "Class").words(rows::class);
    QRY_QU = flag("dns.qry.qu", "Answer wanted by unicast");

    // A record.
    RESP_NAME = name("dns.resp.name", "Name");
    SRV_SERVICE = text("dns.srv.service", "Service");
    SRV_PROTO = text("dns.srv.proto", "Protocol");
    SRV_NAME = name("dns.srv.name", "Domain");
    RESP_TYPE = number("dns.resp.type", "Type").words(rows::kind);
    RESP_CLASS = hex("dns.resp.class", "Class").words(rows::class);
    RESP_FLUSH = flag("dns.resp.cache_flush", "Replaces what is cached");
    RESP_TTL = seconds("dns.resp.ttl", "Time to live");
    RESP_LEN = length("dns.resp.len", "Length of the data");
    DATA = data("dns.data", "Data");
    EXTRANEOUS = data("dns.extraneous.data", "Bytes behind the message");
    EXTRANEOUS_LEN = length("dns.extraneous.length", "Length of what stands behind the message");

    // The data of each type.
    A = ipv4("dns.a", "Address");
    NS = name("dns.ns", "Name server");
    MD = name("dns.md", "Mail destination");
    MF = name("dns.mf", "Mail forwarder");
    CNAME = name("dns.cname", "Canonical name");
    SOA_MNAME = name("dns.soa.mname", "Primary name server");
    SOA_RNAME = name("dns.soa.rname", "Mailbox of who is responsible");
    SOA_SERIAL = number("dns.soa.serial_number", "Serial number");
    SOA_REFRESH = seconds("dns.soa.refresh_interval", "Refresh interval");
    SOA_RETRY = seconds("dns.soa.retry_interval", "Retry interval");
    SOA_EXPIRE = seconds("dns.soa.expire_limit", "Expire limit");
    SOA_MINIMUM = seconds("dns.soa.minimum_ttl", "Time to live of what does not exist");
    MB = name("dns.mb", "Mailbox");
    MG = name("dns.mg", "Member of a mail group");
    MR = name("dns.mr", "New name of a mailbox");
    NULL = data("dns.null", "Data");
    WKS_ADDRESS = ipv4("dns.wks.address", "Address");
    WKS_PROTOCOL = number("dns.wks.protocol", "Protocol");
    WKS_BITS = hex("dns.wks.bits", "Ports");
    PTR = name("dns.ptr.domain_name", "Name");
    HINFO_CPU_LEN = length("dns.hinfo.cpu_length", "Length of the processor's name");
    HINFO_CPU = text("dns.hinfo.cpu", "Processor");
    HINFO_OS_LEN = length("dns.hinfo.os_length", "Length of the system's name");
    HINFO_OS = text("dns.hinfo.os", "Operating system");
    MINFO_R = name("dns.minfo.r", "Responsible mailbox");
    MINFO_E = name("dns.minfo.e", "Mailbox for errors");
    MX_PREFERENCE = number("dns.mx.preference", "Preference");
    MX_EXCHANGE = name("dns.mx.mail_exchange", "Mail exchange");
    TXT_LEN = length("dns.txt.length", "Length of the text");
    TXT = text("dns.txt", "Text");
    RP_MAILBOX = name("dns.rp.mailbox", "Mailbox");
    RP_TXT = name("dns.rp.txt_rr", "Where the text is");
    AFSDB_SUBTYPE = number("dns.afsdb.subtype", "Subtype");
    AFSDB_HOSTNAME = name("dns.afsdb.hostname", "Host");
    X25_LEN = length("dns.x25.length", "Length of the address");
    X25_ADDRESS = text("dns.x25.psdn_address", "Address");
    ISDN_LEN = length("dns.idsn.length", "Length of the address");
    ISDN_ADDRESS = text("dns.idsn.address", "Address");
    ISDN_SUB_LEN = length("dns.idsn.sa.length", "Length of the subaddress");
    ISDN_SUB = text("dns.idsn.sa.address", "Subaddress");
    RT_PREFERENCE = number("dns.rt.subtype", "Preference");
    RT_HOST = name("dns.rt.intermediate_host", "Host in between");
    NSAP = data("dns.nsap.rdata", "Address");
    NSAP_OWNER = name("dns.nsap_ptr.owner", "Owner");
    RRSIG_COVERED = number("dns.rrsig.type_covered", "Type that is signed").words(rows::kind);
    RRSIG_ALGORITHM = number("dns.rrsig.algorithm", "Algorithm");
    RRSIG_LABELS = number("dns.rrsig.labels", "Labels");
    RRSIG_TTL = seconds("dns.rrsig.original_ttl", "Original time to live");
    RRSIG_EXPIRATION = time("dns.rrsig.signature_expiration", "End of the signature's time");
    RRSIG_INCEPTION = time("dns.rrsig.signature_inception", "Begin of the signature's time");
    RRSIG_TAG = number("dns.rrsig.key_tag", "Tag of the key");
    RRSIG_SIGNER = name("dns.rrsig.signers_name", "Name of the signer");
    RRSIG_SIGNATURE = data("dns.rrsig.signature", "Signature");
    KEY_FLAGS = hex("dns.key.flags", "Flags");
    KEY_PROTOCOL = number("dns.key.protocol", "Protocol");
    KEY_ALGORITHM = number("dns.key.algorithm", "Algorithm");
    KEY_ID = number("dns.key.key_id", "Tag of the key");
    KEY_PUBLIC = data("dns.key.public_key", "Public key");
    PX_PREFERENCE = number("dns.px.preference", "Preference");
    PX_MAP822 = name("dns.px.map822", "Name of RFC 822");
    PX_MAP400 = name("dns.px.map400", "Name of X.400");
    GPOS_LONGITUDE_LEN = length("dns.gpos.longitude_length", "Length of the longitude");
    GPOS_LONGITUDE = text("dns.gpos.longitude", "Longitude");
    GPOS_LATITUDE_LEN = length("dns.gpos.latitude_length", "Length of the latitude");
    GPOS_LATITUDE = text("dns.gpos.latitude", "Latitude");
    GPOS_ALTITUDE_LEN = length("dns.gpos.altitude_length", "Length of the altitude");
    GPOS_ALTITUDE = text("dns.gpos.altitude", "Altitude");
    AAAA = ipv6("dns.aaaa", "Address");
    LOC_VERSION = number("dns.loc.version", "Version");
    LOC_SIZE = number("dns.loc.size", "Size");
    LOC_HORIZONTAL = number("dns.loc.horizontal_precision", "Horizontal precision");
    LOC_VERTICAL = number("dns.loc.vertical_precision", "Vertical precision");
    LOC_LATITUDE = number("dns.loc.latitude", "Latitude");
    LOC_LONGITUDE = number("dns.loc.longitude", "Longitude");
    LOC_ALTITUDE = number("dns.loc.altitude", "Altitude");
    LOC_UNKNOWN = data("dns.loc.unknown_data", "Data of another version");
    NXT_NEXT = name("dns.nxt.next_domain_name", "Next name");
    SRV_PRIORITY = number("dns.srv.priority", "Priority");
    SRV_WEIGHT = number("dns.srv.weight", "Weight");
    SRV_PORT = number("dns.srv.port", "Port");
    SRV_TARGET = name("dns.srv.target", "Host");
    NAPTR_ORDER = number("dns.naptr.order", "Order");
    NAPTR_PREFERENCE = number("dns.naptr.preference", "Preference");
    NAPTR_FLAGS_LEN = length("dns.naptr.flags_length", "Length of the flags");
    NAPTR_FLAGS = text("dns.naptr.flags", "Flags");
    NAPTR_SERVICE_LEN = length("dns.naptr.service_length", "Length of the service");
    NAPTR_SERVICE = text("dns.naptr.service", "Service");
    NAPTR_REGEX_LEN = length("dns.naptr.regex_length", "Length of the expression");
    NAPTR_REGEX = text("dns.naptr.regex", "Regular expression");
    NAPTR_REPLACEMENT_LEN = number("dns.naptr.replacement_length", "Length of the replacement, as text");
    NAPTR_REPLACEMENT = name("dns.naptr.replacement", "Replacement");
    KX_PREFERENCE = number("dns.kx.preference", "Preference");
    KX_EXCHANGE = name("dns.kx.key_exchange", "Key exchange");
    CERT_TYPE = number("dns.cert.type", "Type of the certificate");
    CERT_TAG = hex("dns.cert.key_tag", "Tag of the key");
    CERT_ALGORITHM = number("dns.cert.algorithm", "Algorithm");
    CERT_DATA = data("dns.cert.certificate", "Certificate");
    DNAME = name("dns.dname", "Name that takes its place");
    APL_FAMILY = number("dns.apl.address_family", "Address family");
    APL_PREFIX = number("dns.apl.coded_prefix", "Length of the prefix").unit("bits");
    APL_NEGATION = flag("dns.apl.negation", "Negated");
    APL_LEN = length("dns.apl.afdlength", "Length of the address");
    APL_IPV4 = ipv4("dns.apl.afdpart.ipv4", "Address");
    APL_IPV6 = ipv6("dns.apl.afdpart.ipv6", "Address");
    APL_DATA = data("dns.apl.afdpart.data", "Address");
    DS_TAG = hex("dns.ds.key_id", "Tag of the key");
    DS_ALGORITHM = number("dns.ds.algorithm", "Algorithm");
    DS_DIGEST_TYPE = number("dns.ds.digest_type", "Type of the digest");
    DS_DIGEST = data("dns.ds.digest", "Digest");
    SSHFP_ALGORITHM = number("dns.sshfp.algorithm", "Algorithm");
    SSHFP_TYPE = number("dns.sshfp.fingerprint.type", "Type of the fingerprint");
    SSHFP_FINGERPRINT = data("dns.sshfp.fingerprint", "Fingerprint");
    A6_LENGTH = number("dns.a6.prefix_len", "Length of the prefix").unit("bits");
    A6_SUFFIX = ipv6("dns.a6.address_suffix", "Behind the prefix");
    A6_NAME = name("dns.a6.prefix_name", "Name of the prefix");
    HIP_TAG_LENGTH = number("dns.hip.hit.length", "Length of the identity tag").unit("bytes");
    HIP_ALGORITHM = number("dns.hip.hit.pk.algo", "Algorithm of the key");
    HIP_KEY_LENGTH = number("dns.hip.pk.length", "Length of the key").unit("bytes");
    HIP_TAG = data("dns.hip.hit", "Host identity tag");
    HIP_KEY = data("dns.hip.pk", "Public key");
    HIP_SERVER = name("dns.hip.rendezvous_server", "Rendezvous server");
    IPSECKEY_PRECEDENCE = number("dns.ipseckey.gateway_precedence", "Precedence");
    IPSECKEY_TYPE = number("dns.ipseckey.gateway_type", "Type of the gateway");
    IPSECKEY_ALGORITHM = number("dns.ipseckey.gateway_algorithm", "Algorithm");
    IPSECKEY_IPV4 = ipv4("dns.ipseckey.gateway_ipv4", "Gateway");
    IPSECKEY_IPV6 = ipv6("dns.ipseckey.gateway_ipv6", "Gateway");
    IPSECKEY_NAME = name("dns.ipseckey.gateway_dns", "Gateway");
    IPSECKEY_KEY = data("dns.ipseckey.public_key", "Public key");
    NSEC_NEXT = name("dns.nsec.next_domain_name", "Next name");
    DNSKEY_FLAGS = hex("dns.dnskey.flags", "Flags");
    DNSKEY_ZONE = flag("dns.dnskey.flags.zone_key", "Key of the zone");
    DNSKEY_REVOKED = flag("dns.dnskey.flags.key_revoked", "Revoked");
    DNSKEY_ENTRY = flag("dns.dnskey.flags.secure_entry_point", "Key that signs keys");
    DNSKEY_RESERVED = hex("dns.dnskey.flags.reserved", "Reserved");
    DNSKEY_PROTOCOL = number("dns.dnskey.protocol", "Protocol");
    DNSKEY_ALGORITHM = number("dns.dnskey.algorithm", "Algorithm");
    DNSKEY_ID = number("dns.dnskey.key_id", "Tag of the key");
    DNSKEY_PUBLIC = data("dns.dnskey.public_key", "Public key");
    DHCID = data("dns.dhcid.rdata", "Identity of a DHCP client");
    NSEC3_ALGORITHM = number("dns.nsec3.algo", "Algorithm of the hash");
    NSEC3_FLAGS = number("dns.nsec3.flags", "Flags");
    NSEC3_OPT_OUT = flag("dns.nsec3.flags.opt_out", "Opt-out");
    NSEC3_ITERATIONS = number("dns.nsec3.iterations", "Iterations");
    NSEC3_SALT_LEN = length("dns.nsec3.salt_length", "Length of the salt");
    NSEC3_SALT = data("dns.nsec3.salt_value", "Salt");
    NSEC3_HASH_LEN = length("dns.nsec3.hash_length", "Length of the hash");
    NSEC3_HASH = Field::walked("dns.nsec3.hash_value", "Hash of the next name", Kind::Base32);
    TLSA_USAGE = number("dns.tlsa.certificate_usage", "Usage of the certificate");
    TLSA_SELECTOR = number("dns.tlsa.selector", "Selector");
    TLSA_MATCHING = number("dns.tlsa.matching_type", "Type of the match");
    TLSA_DATA = data("dns.tlsa.certificate_association_data", "Data to match");
    OPENPGPKEY = text("dns.openpgpkey", "Key of OpenPGP");
    CSYNC_SOA = number("dns.csync.soa", "Serial number");
    CSYNC_FLAGS = hex("dns.csync.flags", "Flags");
    CSYNC_IMMEDIATE = flag("dns.csync.flags.immediate", "At once");
    CSYNC_MINIMUM = flag("dns.csync.flags.soaminimum", "From this serial number on");
    CSYNC_BITMAP = data("dns.csync.type_bitmap", "Types");
    ZONEMD_SERIAL = number("dns.zonemd.serial", "Serial number");
    ZONEMD_SCHEME = number("dns.zonemd.scheme", "Scheme");
    ZONEMD_ALGORITHM = number("dns.zonemd.hash_algo", "Algorithm of the hash");
    ZONEMD_DIGEST = data("dns.zonemd.digest", "Digest");
    SVCB_PRIORITY = number("dns.svcb.svcpriority", "Priority");
    SVCB_TARGET = name("dns.svcb.targetname", "Host");
    SVCB_PARAM = Field::group("dns.svcb.svcparam", "Parameter");
    SVCB_KEY = number("dns.svcb.svcparam.key", "Key").words(rows::service_key);
    SVCB_LEN = length("dns.svcb.svcparam.value.length", "Length of the value");
    SVCB_VALUE = data("dns.svcb.svcparam.value", "Value");
    SVCB_MANDATORY =
        number("dns.svcb.svcparam.mandatory.key", "Key that must be understood").words(rows::service_key);
    SVCB_ALPN_LEN = length("dns.svcb.svcparam.alpn.length", "Length of the protocol");
    SVCB_ALPN = text("dns.svcb.svcparam.alpn", "Application protocol");
    SVCB_PORT = number("dns.svcb.svcparam.port", "Port");
    SVCB_IPV4 = ipv4("dns.svcb.svcparam.ipv4hint.ip", "Address");
    SVCB_IPV6 = ipv6("dns.svcb.svcparam.ipv6hint.ip", "Address");
    SVCB_ECH = data("dns.svcb.svcparam.echconfig", "Keys of Encrypted Client Hello");
    SPF_LEN = length("dns.spf.length", "Length of the text");
    SPF = text("dns.spf", "Text");
    NID_PREFERENCE = number("dns.ilnp.nid.preference", "Preference");
    NID = data("dns.ilnp.nid", "Node identifier");
    L32_PREFERENCE = number("dns.ilnp.l32.preference", "Preference");
    L32 = ipv4("dns.ilnp.l32", "Locator of 32 bits");
    L64_PREFERENCE = number("dns.ilnp.l64.preference", "Preference");
    L64 = data("dns.ilnp.l64", "Locator of 64 bits");
    LP_PREFERENCE = number("dns.ilnp.lp.preference", "Preference");
    LP = name("dns.ilnp.lp", "Name of the locators");
    EUI48 = Field::walked("dns.eui48", "Address", Kind::Mac);
    EUI64 = data("dns.eui64", "Address");
    TKEY_ALGORITHM = name("dns.tkey.algo_name", "Algorithm");
    TKEY_INCEPTION = time("dns.tkey.signature_inception", "Begin of the key's time");
    TKEY_EXPIRATION = time("dns.tkey.signature_expiration", "End of the key's time");
    TKEY_MODE = number("dns.tkey.mode", "Mode");
    TKEY_ERROR = number("dns.tkey.error", "Error");
    TKEY_KEY_LEN = length("dns.tkey.key_size", "Length of the key");
    TKEY_KEY = data("dns.tkey.key_data", "Key");
    TKEY_OTHER_LEN = length("dns.tkey.other_size", "Length of other data");
    TKEY_OTHER = data("dns.tkey.other_data", "Other data");
    TSIG_ALGORITHM = name("dns.tsig.algorithm_name", "Algorithm");
    TSIG_TIME = time("dns.tsig.time_signed", "Time of the signature");
    TSIG_FUDGE = seconds("dns.tsig.fudge", "How far clocks may differ");
    TSIG_MAC_LEN = length("dns.tsig.mac_size", "Length of the code");
    TSIG_MAC = Field::group("dns.tsig.mac", "Message authentication code");
    TSIG_ID = number("dns.tsig.original_id", "Original transaction ID");
    TSIG_ERROR = number("dns.tsig.error", "Error");
    TSIG_OTHER_LEN = length("dns.tsig.other_len", "Length of other data");
    TSIG_OTHER = data("dns.tsig.other_data", "Other data");
    CAA_FLAGS = hex("dns.caa.flags", "Flags");
    CAA_CRITICAL = flag("dns.caa.flags.issuer_critical", "Must be understood");
    CAA_ISSUE = text("dns.caa.issue", "Who may issue");
    CAA_ISSUEWILD = text("dns.caa.issuewild", "Who may issue for wildcards");
    CAA_IODEF = text("dns.caa.iodef", "Where to report");
    CAA_UNKNOWN = text("dns.caa.unknown", "Unknown tag");
    CAA_TAG_LEN = length("dns.caa.tag_length", "Length of the tag");
    CAA_TAG = text("dns.caa.tag", "Tag");
    CAA_VALUE = text("dns.caa.value", "Value");

    // EDNS.
    UDP_SIZE = number("dns.rr.udp_payload_size", "Largest message over UDP").unit("bytes");
    EXT_RCODE = hex("dns.resp.ext_rcode", "Upper bits of the reply code");
    EDNS_VERSION = number("dns.resp.edns0_version", "Version of EDNS");
    EDNS_Z = hex("dns.resp.z", "Flags");
    EDNS_DO = flag("dns.resp.z.do", "DNSSEC wanted");
    EDNS_RESERVED = hex("dns.resp.z.reserved", "Reserved");
    OPT = Field::group("dns.opt", "Option");
    OPT_CODE = number("dns.opt.code", "Code").words(rows::option);
    OPT_LEN = length("dns.opt.len", "Length");
    OPT_DATA = data("dns.opt.data", "Data");
    OPT_DAU = number("dns.opt.dau", "Algorithm that is understood");
    OPT_DHU = number("dns.opt.dhu", "Digest that is understood");
    OPT_N3U = number("dns.opt.n3u", "Hash of NSEC3 that is understood");
    OPT_FAMILY = number("dns.opt.client.family", "Address family");
    OPT_NETMASK = number("dns.opt.client.netmask", "Length of the prefix").unit("bits");
    OPT_SCOPE = number("dns.opt.client.scope", "Length of the scope").unit("bits");
    OPT_ADDR4 = ipv4("dns.opt.client.addr4", "Network of the client");
    OPT_ADDR6 = ipv6("dns.opt.client.addr6", "Network of the client");
    OPT_ADDR = data("dns.opt.client.addr", "Network of the client");
    OPT_COOKIE_CLIENT = data("dns.opt.cookie.client", "Cookie of the client");
    OPT_COOKIE_SERVER = data("dns.opt.cookie.server", "Cookie of the server");
    OPT_TIMEOUT =
        number("dns.opt.edns_tcp_keepalive.timeout", "Idle timeout").unit("units of 100 milliseconds");
    OPT_PADDING = data("dns.opt.padding", "Padding");
    OPT_CHAIN = text("dns.opt.chain.fqdn", "Closest trust point");
    OPT_ERROR = number("dns.opt.ext_error.info_code", "Code of the error");
    OPT_ERROR_TEXT = text("dns.opt.ext_error.extra_text", "Text of the error");
}
