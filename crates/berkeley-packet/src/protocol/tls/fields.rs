//! The fields of TLS, all of which a walk finds.

use super::words;
use crate::layer::field::{Field, Kind, parts};

const fn number(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Decimal)
}

const fn length(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Decimal).unit("bytes")
}

const fn hex(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Hex)
}

const fn text(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Text)
}

const fn data(name: &'static str, meaning: &'static str) -> Field {
    Field::walked(name, meaning, Kind::Bytes)
}

parts! {
    RECORD_PART = Field::group("tls.record", "Record");
    CONTENT_TYPE = number("tls.record.content_type", "Type of the content").words(words::content);
    OPAQUE_TYPE = number("tls.record.opaque_type", "Type of the content, as it seems").words(words::content);
    RECORD_VERSION = hex("tls.record.version", "Version").words(words::version);
    RECORD_LENGTH = length("tls.record.length", "Length of the content");
    CHANGE_CIPHER_SPEC_PART = Field::group("tls.change_cipher_spec", "Change of the cipher");
    ALERT_PART = Field::group("tls.alert_message", "Alert");
    ALERT_LEVEL = number("tls.alert_message.level", "Level");
    ALERT_DESC = number("tls.alert_message.desc", "Description").words(words::alert);
    APP_DATA = data("tls.app_data", "Application data");
    HANDSHAKE_PART = Field::group("tls.handshake", "Handshake message");
    TYPE = number("tls.handshake.type", "Type").words(words::message);
    LENGTH = length("tls.handshake.length", "Length of the message");
    VERSION = hex("tls.handshake.version", "Version").words(words::version);
    RANDOM = data("tls.handshake.random", "Random bytes");
    RANDOM_TIME = Field::walked("tls.handshake.random_time", "Time, in old versions", Kind::Time);
    RANDOM_BYTES = data("tls.handshake.random_bytes", "Random bytes behind the time");
    SESSION_ID_LENGTH = length("tls.handshake.session_id_length", "Length of the session's identifier");
    SESSION_ID = data("tls.handshake.session_id", "Identifier of the session");
    CIPHER_SUITES_LENGTH = length("tls.handshake.cipher_suites_length", "Length of the cipher suites");
    CIPHER_SUITES = Field::group("tls.handshake.ciphersuites", "Cipher suites");
    CIPHER_SUITE = hex("tls.handshake.ciphersuite", "Cipher suite").words(words::cipher_suite);
    COMP_METHODS_LENGTH = length("tls.handshake.comp_methods_length", "Length of the compression methods");
    COMP_METHODS = Field::group("tls.handshake.comp_methods", "Compression methods");
    COMP_METHOD = number("tls.handshake.comp_method", "Compression method");
    TICKET = Field::group("TLS Session Ticket", "Ticket of the session");
    TICKET_LIFETIME = number("tls.handshake.session_ticket_lifetime_hint", "Lifetime").unit("seconds");
    TICKET_LENGTH = length("tls.handshake.session_ticket_length", "Length of the ticket");
    TICKET_DATA = data("tls.handshake.session_ticket", "Ticket");
    CERTIFICATES_LENGTH = length("tls.handshake.certificates_length", "Length of the certificates");
    CERTIFICATES = Field::group("tls.handshake.certificates", "Certificates");
    CERTIFICATE_LENGTH = length("tls.handshake.certificate_length", "Length of the certificate");
    CERTIFICATE = data("tls.handshake.certificate", "Certificate");
    SERVER_PARAMS = Field::group("Server Params", "Parameters of the server's key");
    CURVE_TYPE = hex("tls.handshake.server_curve_type", "Type of the curve");
    NAMED_CURVE = hex("tls.handshake.server_named_curve", "Curve").words(words::group);
    SERVER_POINT_LENGTH = length("tls.handshake.server_point_len", "Length of the public key");
    SERVER_POINT = data("tls.handshake.server_point", "Public key");
    P_LENGTH = length("tls.handshake.p_len", "Length of p");
    P = data("tls.handshake.p", "p");
    G_LENGTH = length("tls.handshake.g_len", "Length of g");
    G = data("tls.handshake.g", "g");
    YS_LENGTH = length("tls.handshake.ys_len", "Length of the public key");
    YS = data("tls.handshake.ys", "Public key");
    SIGNATURE_LENGTH = length("tls.handshake.sig_len", "Length of the signature");
    SIGNATURE = data("tls.handshake.sig", "Signature");
    CLIENT_PARAMS = Field::group("Client Params", "Parameters of the client's key");
    CLIENT_POINT_LENGTH = length("tls.handshake.client_point_len", "Length of the public key");
    CLIENT_POINT = data("tls.handshake.client_point", "Public key");
    SECRET_LENGTH = length("tls.handshake.epms_len", "Length of the secret");
    SECRET = data("tls.handshake.epms", "Secret, encrypted");
    CERT_TYPES_COUNT = number("tls.handshake.cert_types_count", "Types of certificates");
    CERT_TYPES = Field::group("tls.handshake.cert_types", "Types of certificates");
    CERT_TYPE = number("tls.handshake.cert_type", "Type of certificate");
    DNAMES_LENGTH = length("tls.handshake.dnames_len", "Length of the issuers' names");
    DNAMES = Field::group("tls.handshake.dnames", "Names of issuers");
    VERIFY_LENGTH = length("tls.handshake.client_cert_vrfy.sig_len", "Length of the signature");
    VERIFY = data("tls.handshake.client_cert_vrfy.sig", "Signature");

    // Extensions.
    EXTENSIONS_LENGTH = length("tls.handshake.extensions_length", "Length of the extensions");
    EXTENSION = Field::group("Extension", "Extension");
    EXTENSION_TYPE = number("tls.handshake.extension.type", "Type").words(words::extension);
    EXTENSION_LEN = length("tls.handshake.extension.len", "Length of the extension");
    EXTENSION_DATA = data("tls.handshake.extension.data", "Data");
    SERVER_NAME_LIST_LEN = length("tls.handshake.extensions_server_name_list_len", "Length of the names");
    SERVER_NAME_TYPE = number("tls.handshake.extensions_server_name_type", "Type of the name");
    SERVER_NAME_LEN = length("tls.handshake.extensions_server_name_len", "Length of the name");
    SERVER_NAME = text("tls.handshake.extensions_server_name", "Name of the server");
    MAX_FRAGMENT = number("tls.handshake.max_fragment_length", "Largest fragment");
    STATUS_TYPE = number("tls.handshake.extensions_status_request_type", "Type of the status");
    STATUS_IDS_LEN =
        length("tls.handshake.extensions_status_request_responder_ids_len", "Length of the responders");
    STATUS_EXTS_LEN = length("tls.handshake.extensions_status_request_exts_len", "Length of the extensions");
    GROUPS_LENGTH = length("tls.handshake.extensions_supported_groups_length", "Length of the groups");
    GROUPS = Field::group("tls.handshake.extensions_supported_groups", "Groups");
    GROUP = hex("tls.handshake.extensions_supported_group", "Group").words(words::group);
    POINTS_LENGTH = length("tls.handshake.extensions_ec_point_formats_length", "Length of the formats");
    POINTS = Field::group("tls.handshake.extensions_ec_point_formats", "Formats of points");
    POINT = number("tls.handshake.extensions_ec_point_format", "Format of points");
    SIG_ALGS_LENGTH = length("tls.handshake.sig_hash_alg_len", "Length of the algorithms");
    SIG_ALGS = Field::group("tls.handshake.sig_hash_algs", "Signature algorithms");
    SIG_ALG = hex("tls.handshake.sig_hash_alg", "Signature algorithm").words(words::signature);
    SIG_ALG_HASH = number("tls.handshake.sig_hash_hash", "Hash");
    SIG_ALG_SIG = number("tls.handshake.sig_hash_sig", "Signature");
    ALPN_LEN = length("tls.handshake.extensions_alpn_len", "Length of the protocols");
    ALPN_LIST = Field::group("tls.handshake.extensions_alpn_list", "Application protocols");
    ALPN_STR_LEN = length("tls.handshake.extensions_alpn_str_len", "Length of the protocol");
    ALPN_STR = text("tls.handshake.extensions_alpn_str", "Application protocol");
    ALPS_LEN = length("tls.handshake.extensions_alps_len", "Length of the protocols");
    ALPS_LIST = Field::group("tls.handshake.extensions_alps_alpn_list", "Application protocols");
    ALPS_STR_LEN = length("tls.handshake.extensions_alps_alpn_str_len", "Length of the protocol");
    ALPS_STR = text("tls.handshake.extensions_alps_alpn_str", "Application protocol");
    PADDING = data("tls.handshake.extensions_padding_data", "Padding");
    COMPRESS_LEN = length("tls.compress_certificate.algorithms_length", "Length of the algorithms");
    COMPRESS = number("tls.compress_certificate.algorithm", "Compression of certificates");
    RECORD_SIZE = length("tls.record_size_limit", "Largest record");
    PSK_IDENTITIES_LEN = length("tls.handshake.extensions.psk.identities.length", "Length of the identities");
    PSK_IDENTITY = Field::group("PSK Identity", "Identity");
    PSK_IDENTITY_LEN =
        length("tls.handshake.extensions.psk.identity.identity_length", "Length of the identity");
    PSK_IDENTITY_DATA = data("tls.handshake.extensions.psk.identity.identity", "Identity");
    PSK_AGE =
        number("tls.handshake.extensions.psk.identity.obfuscated_ticket_age", "Age of the ticket, hidden");
    PSK_BINDERS_LEN = length("tls.handshake.extensions.psk.binders_len", "Length of the binders");
    PSK_BINDERS = Field::group("tls.handshake.extensions.psk.binders", "Binders");
    PSK_SELECTED = number("tls.handshake.extensions.psk.identity.selected", "Identity that is chosen");
    VERSIONS_LEN = length("tls.handshake.extensions.supported_versions_len", "Length of the versions");
    SUPPORTED_VERSION = hex("tls.handshake.extensions.supported_version", "Version").words(words::version);
    COOKIE_LEN = length("tls.handshake.extensions.cookie_len", "Length of the cookie");
    COOKIE = data("tls.handshake.extensions.cookie", "Cookie");
    KE_MODES_LEN = length("tls.extension.psk_ke_modes_length", "Length of the modes");
    KE_MODE = number("tls.extension.psk_ke_mode", "Mode of the key exchange");
    SHARES_LENGTH = length("tls.handshake.extensions_key_share_client_length", "Length of the shares");
    SHARE = Field::group("Key Share Entry", "Share of a key");
    SHARE_GROUP = number("tls.handshake.extensions_key_share_group", "Group").words(words::group);
    SHARE_LENGTH = length("tls.handshake.extensions_key_share_key_exchange_length", "Length of the share");
    SHARE_KEY = data("tls.handshake.extensions_key_share_key_exchange", "Public key");
    SHARE_SELECTED =
        number("tls.handshake.extensions_key_share_selected_group", "Group that is wanted").words(words::group);
    RENEGOTIATION_LEN = length("tls.handshake.extensions_reneg_info_len", "Length of the information");
    RENEGOTIATION = data("tls.handshake.extensions_reneg_info", "Information on renegotiation");
}
