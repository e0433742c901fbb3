//! The fields that the walk over TCP's options finds, and the payload.

use crate::layer::field::{Field, Kind, parts};

parts! {
    LEN = Field::walked("tcp.len", "Length of the payload", Kind::Decimal).unit("bytes");
    PAYLOAD = Field::walked("tcp.payload", "Payload", Kind::Bytes);
    OPTIONS = Field::walked("tcp.options", "Options", Kind::Bytes).forms(super::options::FORMS);
    OPTION_KIND = Field::walked("tcp.option_kind", "Kind", Kind::Decimal);
    OPTION_LEN = Field::walked("tcp.option_len", "Length of the option", Kind::Decimal).unit("bytes");
    EOL = Field::walked("tcp.options.eol", "End of the options", Kind::Bytes);
    NOP = Field::walked("tcp.options.nop", "No operation", Kind::Bytes);
    MSS = Field::walked("tcp.options.mss", "Maximum segment size", Kind::Bytes);
    MSS_VAL = Field::walked("tcp.options.mss_val", "Maximum segment size", Kind::Decimal).unit("bytes");
    WSCALE = Field::walked("tcp.options.wscale", "Window scale", Kind::Bytes);
    WSCALE_SHIFT =
        Field::walked("tcp.options.wscale.shift", "Shift of the window", Kind::Decimal).unit("bits");
    WSCALE_MULTIPLIER = Field::walked("tcp.options.wscale.multiplier", "Factor of the window", Kind::Decimal);
    SACK_PERM = Field::walked("tcp.options.sack_perm", "Selective acknowledgment permitted", Kind::Bytes);
    SACK = Field::walked("tcp.options.sack", "Selective acknowledgment", Kind::Bytes);
    SACK_LE = Field::walked("tcp.options.sack_le", "First sequence number of a block", Kind::Decimal);
    SACK_RE = Field::walked("tcp.options.sack_re", "Sequence number behind a block", Kind::Decimal);
    SACK_COUNT = Field::walked("tcp.options.sack.count", "Blocks", Kind::Decimal);
    ECHO = Field::walked("tcp.options.echo", "Echo", Kind::Bytes);
    ECHO_VALUE = Field::walked("tcp.options.echo_value", "Value to echo", Kind::Decimal);
    TIMESTAMP = Field::walked("tcp.options.timestamp", "Timestamps", Kind::Bytes);
    TSVAL = Field::walked("tcp.options.timestamp.tsval", "The sender's timestamp", Kind::Decimal);
    TSECR = Field::walked("tcp.options.timestamp.tsecr", "The receiver's timestamp, echoed", Kind::Decimal);
    CC = Field::walked("tcp.options.cc", "Connection count", Kind::Bytes);
    CC_ECHO = Field::walked("tcp.options.ccecho", "Connection count, echoed", Kind::Bytes);
    CC_VALUE = Field::walked("tcp.options.cc_value", "Connection count", Kind::Decimal);
    MD5 = Field::walked("tcp.options.md5", "MD5 signature", Kind::Bytes);
    MD5_DIGEST = Field::walked("tcp.options.md5.digest", "MD5 digest", Kind::Bytes);
    SCPS = Field::walked("tcp.options.scps", "SCPS capabilities", Kind::Bytes);
    QS = Field::walked("tcp.options.qs", "Quick-Start", Kind::Bytes);
    QS_RATE = Field::walked("tcp.options.qs.rate", "Rate", Kind::Decimal);
    QS_TTL_DIFF = Field::walked("tcp.options.qs.ttl_diff", "Difference of times to live", Kind::Decimal);
    USER_TO = Field::walked("tcp.options.user_to", "User timeout", Kind::Bytes);
    USER_TO_GRANULARITY = Field::walked("tcp.options.user_to_granularity", "Counted in minutes", Kind::Flag);
    USER_TO_VAL = Field::walked("tcp.options.user_to_val", "User timeout", Kind::Decimal);
    AO = Field::walked("tcp.options.ao", "Authentication option", Kind::Bytes);
    AO_KEYID = Field::walked("tcp.options.ao.keyid", "Key", Kind::Decimal);
    AO_RNEXTKEYID = Field::walked("tcp.options.ao.rnextkeyid", "Key to receive with next", Kind::Decimal);
    AO_MAC = Field::walked("tcp.options.ao.mac", "Message authentication code", Kind::Bytes);
    TFO = Field::walked("tcp.options.tfo", "Fast open", Kind::Bytes);
    TFO_REQUEST = Field::group("tcp.options.tfo.request", "A cookie is asked for");
    TFO_COOKIE = Field::walked("tcp.options.tfo.cookie", "Cookie", Kind::Bytes);
    ACC_ECN = Field::walked("tcp.options.acc_ecn", "Accurate ECN", Kind::Bytes);
    ACC_ECN_E0B = Field::walked("tcp.options.acc_ecn.ee0b", "Bytes with ECT(0)", Kind::Decimal).unit("bytes");
    ACC_ECN_CEB = Field::walked("tcp.options.acc_ecn.eceb", "Bytes with CE", Kind::Decimal).unit("bytes");
    ACC_ECN_E1B = Field::walked("tcp.options.acc_ecn.ee1b", "Bytes with ECT(1)", Kind::Decimal).unit("bytes");
    EXPERIMENTAL = Field::walked("tcp.options.experimental", "Experiment", Kind::Bytes);
    EXPERIMENTAL_EXID = Field::walked("tcp.options.experimental.exid", "Experiment identifier", Kind::Hex);
    EXPERIMENTAL_DATA = Field::walked("tcp.options.experimental.data", "Data", Kind::Bytes);
    UNKNOWN = Field::walked("tcp.options.unknown", "Unknown option", Kind::Bytes);
    UNKNOWN_PAYLOAD = Field::walked("tcp.options.unknown.payload", "Data of the option", Kind::Bytes);
    MPTCP = Field::group("mptcp", "Multipath TCP");
    SUBTYPE =
        Field::walked("tcp.options.mptcp.subtype", "Subtype", Kind::Decimal).words(super::mptcp::subtype);
    MP_VERSION = Field::walked("tcp.options.mptcp.version", "Version", Kind::Decimal);
    MP_FLAGS = Field::walked("tcp.options.mptcp.flags", "Flags", Kind::Hex);
    MP_CHECKSUM_REQUIRED =
        Field::walked("tcp.options.mptcp.checksumreq.flags", "Checksum required", Kind::Decimal);
    MP_EXTENSIBILITY = Field::walked("tcp.options.mptcp.extensibility.flag", "Extensibility", Kind::Decimal);
    MP_NO_MORE =
        Field::walked("tcp.options.mptcp.nomoresubflows.flag", "No more subflows here", Kind::Decimal);
    MP_SHA1 = Field::walked("tcp.options.mptcp.sha1.flag", "HMAC-SHA1", Kind::Decimal);
    MP_SHA256 = Field::walked("tcp.options.mptcp.sha256.flag", "HMAC-SHA256", Kind::Decimal);
    MP_RESERVED_FLAGS = Field::walked("tcp.options.mptcp.reserved.flag", "Reserved flags", Kind::Hex);
    MP_SENDKEY = Field::walked("tcp.options.mptcp.sendkey", "The sender's key", Kind::Decimal);
    MP_RECVKEY = Field::walked("tcp.options.mptcp.recvkey", "The receiver's key", Kind::Decimal);
    MP_RECVTOK = Field::walked("tcp.options.mptcp.recvtok", "The receiver's token", Kind::Decimal);
    MP_SENDRAND = Field::walked("tcp.options.mptcp.sendrand", "The sender's random number", Kind::Decimal);
    MP_TRUNCATED_MAC =
        Field::walked("tcp.options.mptcp.sendtrunchmac", "The sender's short HMAC", Kind::Decimal);
    MP_HMAC = Field::walked("tcp.options.mptcp.sendhmac", "The sender's HMAC", Kind::Bytes);
    MP_BACKUP = Field::walked("tcp.options.mptcp.backup.flag", "Backup", Kind::Decimal);
    MP_ADDRID = Field::walked("tcp.options.mptcp.addrid", "Identifier of the address", Kind::Decimal);
    MP_RESERVED = Field::walked("tcp.options.mptcp.reserved", "Reserved", Kind::Hex);
    MP_DATA_FIN = Field::walked("tcp.options.mptcp.datafin.flag", "End of the data", Kind::Decimal);
    MP_DSEQN8 = Field::walked("tcp.options.mptcp.dseqn8.flag", "Sequence number of 8 bytes", Kind::Decimal);
    MP_DSEQN_PRESENT = Field::walked("tcp.options.mptcp.dseqnpresent.flag", "Mapping present", Kind::Decimal);
    MP_DATA_ACK8 =
        Field::walked("tcp.options.mptcp.dataack8.flag", "Acknowledgment of 8 bytes", Kind::Decimal);
    MP_DATA_ACK_PRESENT =
        Field::walked("tcp.options.mptcp.dataackpresent.flag", "Acknowledgment present", Kind::Decimal);
    MP_DATA_ACK = Field::walked("tcp.options.mptcp.rawdataack", "Acknowledgment of data", Kind::Decimal);
    MP_DATA_SEQ = Field::walked("tcp.options.mptcp.rawdataseqno", "Sequence number of data", Kind::Decimal);
    MP_SUBFLOW_SEQ =
        Field::walked("tcp.options.mptcp.subflowseqno", "Sequence number in the subflow", Kind::Decimal);
    MP_DATA_LEN =
        Field::walked("tcp.options.mptcp.datalvllen", "Length of the data", Kind::Decimal).unit("bytes");
    MP_CHECKSUM = Field::walked("tcp.options.mptcp.checksum", "Checksum", Kind::Hex);
    MP_IPVER = Field::walked("tcp.options.mptcp.ipver", "IP version", Kind::Decimal);
    MP_ECHO = Field::walked("tcp.options.mptcp.echo", "Echo", Kind::Decimal);
    MP_IPV4 = Field::walked("tcp.options.mptcp.ipv4", "Address", Kind::Ipv4);
    MP_IPV6 = Field::walked("tcp.options.mptcp.ipv6", "Address", Kind::Ipv6);
    MP_PORT = Field::walked("tcp.options.mptcp.port", "Port", Kind::Decimal);
    MP_ADD_HMAC = Field::walked("tcp.options.mptcp.addaddrtrunchmac", "Short HMAC", Kind::Decimal);
    MP_RM_COUNT = Field::walked("mptcp.rm_addr.count", "Addresses removed", Kind::Decimal);
    MP_FLAG_U = Field::walked("tcp.options.mptcp.flag_U.flag", "Flag U", Kind::Flag);
    MP_FLAG_V = Field::walked("tcp.options.mptcp.flag_V.flag", "Flag V", Kind::Flag);
    MP_FLAG_W = Field::walked("tcp.options.mptcp.flag_W.flag", "Flag W", Kind::Flag);
    MP_FLAG_T = Field::walked("tcp.options.mptcp.flag_T.flag", "May work later", Kind::Flag);
    MP_RST_REASON = Field::walked("tcp.options.mptcp.rst_reason", "Reason of the reset", Kind::Hex);
}
